//! Golden vectors as files: lines `key: value`, an empty line, and bytes.

use base64::{Engine, prelude::BASE64_STANDARD};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One file.
pub struct File {
    /// Its name without `.txt`.
    pub name: String,
    fields: BTreeMap<String, Vec<String>>,
    /// What stands behind the empty line.
    pub bytes: Vec<u8>,
}

impl File {
    /// Reads one.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (head, body) = text.split_once("\n\n").unwrap_or_else(|| panic!("{name}: no body"));
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in head.lines() {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{name}: {line}"));
            fields.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Self { name, fields, bytes: bytes(body) }
    }

    /// The values of a key that may be there any number of times. Takes them out.
    pub fn many(&mut self, key: &str) -> Vec<String> {
        self.fields.remove(key).unwrap_or_default()
    }

    /// The value of a key that is there once. Takes it out.
    pub fn one(&mut self, key: &str) -> String {
        let found = self.many(key);
        let [value] = &found[..] else {
            panic!("{}: {key} is there {} times", self.name, found.len())
        };
        value.clone()
    }

    /// The name and the bytes, if every key was taken out: none is there that nobody looks at.
    pub fn finish(self) -> (String, Vec<u8>) {
        assert!(self.fields.is_empty(), "{}: unknown {:?}", self.name, self.fields.keys());
        (self.name, self.bytes)
    }
}

/// The folder of the repository.
pub fn root() -> &'static Path {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    ours.ancestors().nth(2).expect("this crate is in tests/forge")
}

/// Every file of a folder of `testdata`, in order.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("testdata").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Every vector of a folder of `testdata`. What is neither a vector nor the README is an error.
pub fn corpus(folder: &str) -> Vec<File> {
    let (vectors, rest): (Vec<_>, Vec<_>) =
        files(folder).into_iter().partition(|f| f.extension().is_some_and(|e| e == "txt"));
    assert_eq!(rest, [root().join("testdata").join(folder).join("README.md")]);
    vectors.iter().map(|file| File::read(file)).collect()
}

/// Lines of bytes: hex, `base64 TEXT`, `repeat COUNT BYTE`; and of text: `text` and `line`, which
/// has a line feed at its end.
pub fn bytes(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in body.lines() {
        match line.split_once(' ') {
            None => bytes.extend(unhex(line)),
            Some(("text", text)) => bytes.extend(text.as_bytes()),
            Some(("line", text)) => bytes.extend([text.as_bytes(), b"\n"].concat()),
            Some(("base64", text)) => bytes.extend(BASE64_STANDARD.decode(text).unwrap()),
            Some(("repeat", run)) => {
                let (count, byte) = run.split_once(' ').unwrap();
                let length = bytes.len() + count.parse::<usize>().unwrap();
                bytes.resize(length, unhex(byte)[0]);
            }
            Some(_) => panic!("{line}"),
        }
    }
    bytes
}

pub fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "{text}");
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// The numbers of a specification's clauses, as it writes them: `3.5` where a paragraph starts with
/// it, and `8` for a section, whose tables belong to none of its paragraphs.
pub fn clauses(spec: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let spec = std::fs::read_to_string(root().join("spec").join(spec)).unwrap();
    let (mut sections, mut paragraphs) = (BTreeSet::new(), BTreeSet::new());
    for line in spec.lines() {
        let title = line.strip_prefix("## ");
        let Some((number, _)) = title.unwrap_or(line).split_once(' ') else { continue };
        let is_number = |text: &str| text.parse::<u8>().is_ok();
        if title.is_some() && is_number(number) {
            sections.insert(number.to_owned());
        } else if title.is_none()
            && number.split_once('.').is_some_and(|(a, b)| is_number(a) && is_number(b))
        {
            paragraphs.insert(number.to_owned());
        }
    }
    (sections, paragraphs)
}
