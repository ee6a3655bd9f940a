//! A vector that is a text; and what is wrong with any Bech32m text that starts with a version, whatever
//! it says: `kovra1...` (2 of `spec/identity.md`) and `kovradev1...` (7).

use crate::case::{MALFORMED, UNSUPPORTED, hex, write_bytes};
use crate::receipt::RECEIPT;
use bech32::{Bech32, Bech32m, ByteIterExt, Checksum, Fe32, Fe32IterExt, Hrp};
use std::fmt::Write;

pub(crate) const SIGNATURE: &str = "signature";

/// A text, or a receipt, and what a reader makes of it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// What it is taken for.
    pub(crate) kind: &'static str,
    rows: &'static [u8],
    class: &'static str,
    note: String,
    /// What it says, if it is good.
    says: Vec<(&'static str, String)>,
    pub(crate) bytes: Vec<u8>,
}

/// A text that is taken for a `kind` and refused.
pub(crate) fn bad(
    kind: &'static str,
    name: impl Into<String>,
    class: &'static str,
    note: impl Into<String>,
    text: impl Into<Vec<u8>>,
) -> Case {
    let (name, note, bytes) = (name.into(), note.into(), text.into());
    Case { name, kind, rows: &[], class, note, says: vec![], bytes }
}

impl Case {
    /// The rows of the list of attacks that this is one of.
    pub(crate) fn rows(mut self, rows: &'static [u8]) -> Self {
        self.rows = rows;
        self
    }

    /// The same, taken, as saying this.
    pub(crate) fn good(self, says: Vec<(&'static str, String)>) -> Self {
        Self { class: "ok", says, ..self }
    }

    pub(crate) fn text(&self) -> String {
        let clause = self.name.split_once('-').unwrap().0;
        let mut text = format!("clause: {clause}\nkind: {}\n", self.kind);
        for row in self.rows {
            writeln!(text, "row: {row}").unwrap();
        }
        writeln!(text, "class: {}\nnote: {}", self.class, self.note).unwrap();
        for (key, value) in &self.says {
            writeln!(text, "{key}: {value}").unwrap();
        }
        text.push('\n');
        if self.kind == RECEIPT {
            write_bytes(&mut text, &self.bytes);
            return text;
        }
        for line in self.bytes.split_inclusive(|b| *b == b'\n') {
            let (word, shown) = match line.strip_suffix(b"\n") {
                Some(shown) => ("line", shown),
                None => ("text", line),
            };
            // What a person can read stands as it is.
            if !shown.is_empty() && shown.iter().all(|b| (32..127).contains(b)) {
                writeln!(text, "{word} {}", String::from_utf8_lossy(shown)).unwrap();
            } else {
                writeln!(text, "{}", hex(line)).unwrap();
            }
        }
        text
    }
}

pub(crate) fn encoded<C: Checksum>(hrp: &str, data: &[u8]) -> String {
    bech32::encode::<C>(Hrp::parse(hrp).unwrap(), data).unwrap()
}

/// The same with its characters changed before the checksum is made.
fn changed<C: Checksum>(hrp: &str, data: &[u8], change: impl Fn(&mut Vec<Fe32>)) -> String {
    let mut characters: Vec<Fe32> = data.iter().copied().bytes_to_fes().collect();
    change(&mut characters);
    characters.into_iter().with_checksum::<C>(&Hrp::parse(hrp).unwrap()).chars().collect()
}

/// The same with the last padding bit set.
pub(crate) fn with_padding<C: Checksum>(hrp: &str, data: &[u8]) -> String {
    changed::<C>(hrp, data, |characters| {
        let last = characters.last_mut().unwrap();
        *last = Fe32::try_from(last.to_u8() | 1).unwrap();
    })
}

/// The same with so many characters behind it that mean zeros.
pub(crate) fn with_zeros(hrp: &str, data: &[u8], count: usize) -> String {
    changed::<Bech32m>(hrp, data, |characters| {
        characters.extend(std::iter::repeat_n(Fe32::Q, count));
    })
}

/// One kind of Bech32m text that starts with a version.
pub(crate) struct Versioned {
    pub(crate) kind: &'static str,
    /// The clause with the order in which a reader checks.
    pub(crate) clause: &'static str,
    pub(crate) prefix: &'static str,
    /// A prefix that looks like it.
    pub(crate) another: &'static str,
    /// The prefix of the other kind.
    pub(crate) sibling: &'static str,
    /// The first version that is none yet.
    pub(crate) next: u8,
    /// A good one's bytes but for this version, which is signed, too.
    pub(crate) data: fn(u8) -> Vec<u8>,
}

impl Versioned {
    pub(crate) fn string(&self, data: &[u8]) -> String {
        encoded::<Bech32m>(self.prefix, data)
    }

    pub(crate) fn cases(&self) -> Vec<Case> {
        [self.encodings(), self.prefixes(), self.versions()].into_iter().flatten().collect()
    }

    fn bad(&self, name: &str, class: &'static str, note: &str, text: impl Into<Vec<u8>>) -> Case {
        bad(self.kind, format!("{}-{name}", self.clause), class, note, text)
    }

    fn encodings(&self) -> Vec<Case> {
        let data = (self.data)(1);
        let text = self.string(&data);
        let typo = |at: usize| {
            let mut typo = text.clone().into_bytes();
            typo[at] = if typo[at] == b'q' { b'p' } else { b'q' };
            typo
        };
        let bad = |name, note, text: Vec<u8>| self.bad(name, MALFORMED, note, text).rows(&[45]);
        let mixed = text.replacen('q', "Q", 1);
        let hyphens = format!("{}-{}", &text[..50], &text[50..]);
        let no_ascii = text.replacen('a', "\u{430}", 1);
        let padded = with_padding::<Bech32m>(self.prefix, &data);
        vec![
            bad("bech32", "The checksum of Bech32.", encoded::<Bech32>(self.prefix, &data).into()),
            bad("capitals", "In capitals, which BIP 173 allows.", text.to_uppercase().into()),
            bad("mixed-case", "One letter is a capital.", mixed.into()),
            bad("capital-k", "The first letter is a capital.", format!("K{}", &text[1..]).into()),
            bad("typo", "One character is another.", typo(100)),
            bad("typo-in-the-checksum", "The last character is another.", typo(text.len() - 1)),
            bad("typo-in-the-prefix", "The first character is another.", typo(0)),
            bad("cut", "The last character is missing.", text[..text.len() - 1].into()),
            bad("empty", "Nothing.", vec![]),
            bad("prefix-alone", "Nothing behind the prefix.", format!("{}1", self.prefix).into()),
            bad("space-before", "A space before it.", format!(" {text}").into()),
            bad("line-feed-behind", "A line feed behind it.", format!("{text}\n").into()),
            bad("hyphens", "A hyphen in it.", hyphens.into()),
            bad("no-ascii", "A letter that only looks like an a.", no_ascii.into()),
            bad("padding-bits", "A bit is set behind the last byte.", padded.into()),
        ]
    }

    fn prefixes(&self) -> Vec<Case> {
        let data = (self.data)(1);
        let of = |name: &str, note, prefix| {
            self.bad(name, MALFORMED, note, encoded::<Bech32m>(prefix, &data))
        };
        let sibling = format!("prefix-{}", self.sibling);
        vec![
            self.bad("no-byte", MALFORMED, "No byte at all.", self.string(&[])),
            of("another-prefix", "Another prefix.", self.another),
            of("prefix-age", "The prefix of an age key.", "age"),
            of(&sibling, "The prefix of the other kind that has a version.", self.sibling),
        ]
    }

    /// The version is looked at as soon as there is one, whatever follows.
    fn versions(&self) -> Vec<Case> {
        let next = self.next;
        let data = (self.data)(next);
        let of = |name: &str, class, note: &str, text: String| {
            self.bad(&format!("version-{name}"), class, &format!("Version {note}."), text)
        };
        let plain = |version: u8| {
            let name = version.to_string();
            of(&name, UNSUPPORTED, &name, self.string(&(self.data)(version)))
        };
        let more = |name: &str, class, note: &str, text: String| {
            of(&format!("{next}-{name}"), class, &format!("{next}, {note}"), text)
        };
        let long = |length| with_zeros(self.prefix, &data, length - self.string(&data).len());
        let too_long = "of more characters than the checksum is made for";
        vec![
            plain(0),
            plain(next),
            plain(255),
            more("short", UNSUPPORTED, "of another length", self.string(&data[..10])),
            more("padding-bits", UNSUPPORTED, "with a bit behind the last byte", {
                with_padding::<Bech32m>(self.prefix, &data)
            }),
            more("1023-characters", UNSUPPORTED, "of 1023 characters", long(1023)),
            more("1024-characters", MALFORMED, too_long, long(1024)),
        ]
    }
}
