//! The golden vectors of `testdata/v1`, read and run. Its README says what is in a file.

// Each program uses another part of this.
#![allow(dead_code)]

use crate::forge::{ALICE, BOB, CAROL, Forge, MALLORY, Person, fixed_token};
use base64::{Engine, prelude::BASE64_STANDARD};
use kovra::clock::Moment;
use kovra::identity::SigningPublic;
use kovra::package::{Class, Contents, High, Package};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A vector as its file says it.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) clause: String,
    pub(crate) rows: Vec<u8>,
    pub(crate) class: String,
    pub(crate) stage: String,
    now: u64,
    trust: Vec<SigningPublic>,
    reader: String,
    pub(crate) token: String,
    pub(crate) entries: Vec<String>,
    pub(crate) package: Vec<u8>,
}

/// The folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything in `testdata/v1`, sorted.
pub(crate) fn files() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("testdata/v1")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// All of them. A file that is neither a vector nor the README is an error.
pub(crate) fn corpus() -> Vec<Vector> {
    let (vectors, rest): (Vec<_>, Vec<_>) =
        files().into_iter().partition(|f| f.extension().is_some_and(|e| e == "txt"));
    assert_eq!(rest, [root().join("testdata/v1/README.md")]);
    vectors.iter().map(|file| Vector::read(file)).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "{text}");
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

impl Vector {
    /// Reads the file of one.
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let (head, body) = text.split_once("\n\n").unwrap_or_else(|| panic!("{name}: no body"));
        let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in head.lines() {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{name}: {line}"));
            fields.entry(key).or_default().push(value);
        }
        let mut many = |key: &str| -> Vec<String> {
            fields.remove(key).into_iter().flatten().map(str::to_owned).collect()
        };
        let [rows, trust, entries] = [many("row"), many("trust"), many("entry")];
        let mut one = |key: &str| -> String {
            let found = many(key);
            let [value] = &found[..] else {
                panic!("{name}: {key} is there {} times", found.len())
            };
            value.clone()
        };
        let [clause, class, stage] = [one("clause"), one("class"), one("stage")];
        let [now, reader, token, _note] = [one("now"), one("reader"), one("token"), one("note")];
        assert!(fields.is_empty(), "{name}: unknown {:?}", fields.keys());
        let pinned = |key: &String| SigningPublic::from_bytes(&unhex(key).try_into().unwrap());
        Self {
            name,
            clause,
            rows: rows.iter().map(|row| row.parse().unwrap()).collect(),
            class,
            stage,
            now: now.parse().unwrap(),
            trust: trust.iter().map(|key| pinned(key).unwrap()).collect(),
            reader,
            token,
            entries,
            package: package(body),
        }
    }

    fn reader(&self) -> Person {
        match &self.reader[..] {
            "alice" => ALICE,
            "bob" => BOB,
            "carol" => CAROL,
            "mallory" => MALLORY,
            other => panic!("{}: nobody is called {other}", self.name),
        }
    }

    /// The stage that refuses with its class, or what comes out.
    pub(crate) fn run(&self) -> Result<Contents, (&'static str, Class, String)> {
        let refused = |stage| {
            move |e: kovra::package::Error| (stage, e.class, format!("{}: {}", e.place, e.what))
        };
        let intact = Package::parse(&self.package).map_err(refused("parse"))?;
        let intact = intact.verify().map_err(refused("verify"))?;
        let now = Moment::from_seconds(self.now);
        let verified = intact.trust(&self.trust, now).map_err(refused("trust"))?;
        let token = match &self.token[..] {
            "yes" => Some(Forge::good().token()),
            "other" => Some(Forge { token: fixed_token(0x71), ..Forge::good() }.token()),
            "no" | "skip" => None,
            other => panic!("{}: there is no token {other}", self.name),
        };
        let high = if self.token == "skip" { High::Skip } else { High::Open(token.as_ref()) };
        verified.open(&self.reader().identity(), high).map_err(refused("open"))
    }

    /// Whether nothing is wrong with it.
    pub(crate) fn is_good(&self) -> bool {
        self.class == "ok"
    }
}

/// The lines of bytes: hex, `base64 TEXT`, or `repeat COUNT BYTE`.
fn package(body: &str) -> Vec<u8> {
    let mut package = Vec::new();
    for line in body.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["repeat", count, byte] => {
                let length = package.len() + count.parse::<usize>().unwrap();
                package.resize(length, unhex(byte)[0]);
            }
            ["base64", text] => package.extend(BASE64_STANDARD.decode(text).unwrap()),
            [digits] => package.extend(unhex(digits)),
            _ => panic!("{line}"),
        }
    }
    package
}
