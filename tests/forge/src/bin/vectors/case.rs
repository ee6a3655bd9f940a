//! One vector: what it is, how it is made, and its text.

use base64::{Engine, prelude::BASE64_STANDARD};
use forge::{ALICE, CREATED, Forge, Keys};
use std::fmt::Write;

pub(crate) const MALFORMED: &str = "malformed";
pub(crate) const LIMIT: &str = "limit";
pub(crate) const UNSUPPORTED: &str = "unsupported";
pub(crate) const UNTRUSTED: &str = "untrusted";
pub(crate) const TIME: &str = "time";
pub(crate) const NOT_FOR_ME: &str = "not-for-me";
pub(crate) const TOKEN: &str = "token";
pub(crate) const BINDING: &str = "binding";
pub(crate) const POLICY: &str = "policy";

/// The stage that refuses, with the class; or none does.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Parse(&'static str),
    Verify,
    Trust(&'static str),
    Open(&'static str),
    Good,
}

/// A vector before it is made.
pub(crate) struct Case {
    /// The clause, a hyphen, and what it is.
    pub(crate) name: String,
    at: At,
    rows: &'static [u8],
    note: String,
    make: Box<dyn Fn() -> Made>,
}

/// A package, and who reads it when.
pub(crate) struct Made {
    file: Vec<u8>,
    now: u64,
    trust: Vec<[u8; 32]>,
    reader: &'static str,
    token: &'static str,
    entries: Vec<String>,
}

/// `make` makes a package that gets `at`.
pub(crate) fn case<M: Into<Made>>(
    name: impl Into<String>,
    at: At,
    note: impl Into<String>,
    make: impl Fn() -> M + 'static,
) -> Case {
    let make = Box::new(move || make().into());
    Case { name: name.into(), at, rows: &[], note: note.into(), make }
}

impl Case {
    /// The rows of the list of attacks that this is one of.
    pub(crate) fn rows(mut self, rows: &'static [u8]) -> Self {
        self.rows = rows;
        self
    }

    pub(crate) fn is_good(&self) -> bool {
        matches!(self.at, At::Good)
    }

    /// The package alone.
    pub(crate) fn package(&self) -> Vec<u8> {
        (self.make)().file
    }

    /// The file of it.
    pub(crate) fn text(&self) -> String {
        let (class, stage) = match self.at {
            At::Parse(class) => (class, "parse"),
            At::Verify => ("signature", "verify"),
            At::Trust(class) => (class, "trust"),
            At::Open(class) => (class, "open"),
            At::Good => ("ok", "open"),
        };
        let clause = self.name.split_once('-').unwrap().0;
        let made = (self.make)();
        assert_eq!(class == "ok", !made.entries.is_empty(), "{}", self.name);
        let mut text = format!("clause: {clause}\n");
        for row in self.rows {
            writeln!(text, "row: {row}").unwrap();
        }
        writeln!(text, "class: {class}\nstage: {stage}\nnow: {}", made.now).unwrap();
        for key in &made.trust {
            writeln!(text, "trust: {}", hex(key)).unwrap();
        }
        writeln!(text, "reader: {}\ntoken: {}", made.reader, made.token).unwrap();
        writeln!(text, "note: {}", self.note).unwrap();
        for entry in &made.entries {
            writeln!(text, "entry: {entry}").unwrap();
        }
        text.push('\n');
        write_bytes(&mut text, &made.file);
        text
    }
}

impl Made {
    /// At another time, in Unix seconds.
    pub(crate) fn now(self, now: u64) -> Self {
        Self { now, ..self }
    }

    /// With other keys pinned.
    pub(crate) fn trust(self, people: &[Keys]) -> Self {
        Self { trust: people.iter().map(Keys::ed).collect(), ..self }
    }

    /// Read by one of the people in the README.
    pub(crate) fn reader(self, reader: &'static str) -> Self {
        Self { reader, ..self }
    }

    /// With the token `yes` or `other`, with `no` token, or with slot 1 left closed: `skip`.
    pub(crate) fn token(self, token: &'static str) -> Self {
        Self { token, ..self }
    }

    /// Other bytes, which the same comes out of.
    pub(crate) fn file(self, file: Vec<u8>) -> Self {
        Self { file, ..self }
    }

    /// With these entries coming out.
    pub(crate) fn entries(self, entries: Vec<String>) -> Self {
        Self { entries, ..self }
    }
}

/// Bytes as Bob reads them, who has pinned Alice and has the token, an hour after they were made.
impl From<Vec<u8>> for Made {
    fn from(file: Vec<u8>) -> Self {
        let trust = vec![ALICE.ed()];
        Self { file, now: CREATED + 3600, trust, reader: "bob", token: "yes", entries: vec![] }
    }
}

impl From<Forge> for Made {
    fn from(forge: Forge) -> Self {
        forge.file().into()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A run of one byte that is at least this long is written as a `repeat` line.
const RUN: usize = 512;
/// More bytes than this outside of runs are written as base64.
const SHORT: usize = 16 << 10;

/// Hex or base64 lines, with `repeat COUNT BYTE` lines between them.
pub(crate) fn write_bytes(text: &mut String, bytes: &[u8]) {
    let mut parts: Vec<(bool, &[u8])> = Vec::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        let is_run = run.len() >= RUN;
        match parts.last_mut() {
            Some((false, last)) if !is_run => {
                // Both are parts of `bytes`, one behind the other.
                let start = last.as_ptr() as usize - bytes.as_ptr() as usize;
                *last = &bytes[start..start + last.len() + run.len()];
            }
            _ => parts.push((is_run, run)),
        }
    }
    let dense: usize = parts.iter().filter(|(is_run, _)| !is_run).map(|(_, p)| p.len()).sum();
    for (is_run, part) in parts {
        if is_run {
            writeln!(text, "repeat {} {:02x}", part.len(), part[0]).unwrap();
        } else if dense > SHORT {
            for line in part.chunks(96) {
                writeln!(text, "base64 {}", BASE64_STANDARD.encode(line)).unwrap();
            }
        } else {
            for line in part.chunks(48) {
                writeln!(text, "{}", hex(line)).unwrap();
            }
        }
    }
}
