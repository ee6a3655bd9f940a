//! Packages that are good but for one part, which is given: past signatures and encryption, where a fuzzer that turns
//! bytes of a whole file never gets. They are the same in every run.

use super::age::{self, Age};
use super::cbor::{array, bytes, cat, text, uint};
use super::{ALICE, BOB, CAROL, Forge, To, Value, entry, prefix, sign, sign_again};
use sha2::{Digest, Sha256};

/// What is given.
#[derive(Clone, Copy)]
pub enum Part {
    /// The file.
    File,
    /// The file, whose last 64 bytes become Alice's signature.
    Signed,
    /// The bytes of the header, which the payload is bound to.
    Header,
    /// The age file of slot 0.
    Sealed,
    /// The stanzas of slot 0 before the one that opens, under a MAC that holds, and in a package to Carol's SSH key
    /// as well.
    Stanzas,
    /// What follows the header hash in the payload of slot 0.
    Payload,
    /// The age file of slot 1.
    High,
    /// What slot 1 has in place of an age file to the token.
    Inner,
    /// What follows the header hash in the payload of slot 1.
    HighPayload,
    /// The stanza for Carol in a post-quantum package to her and to Bob, under a MAC that holds.
    Hybrid,
}

impl Part {
    pub const ALL: [Self; 10] = [
        Self::File,
        Self::Signed,
        Self::Header,
        Self::Sealed,
        Self::Stanzas,
        Self::Payload,
        Self::High,
        Self::Inner,
        Self::HighPayload,
        Self::Hybrid,
    ];

    /// The part that a byte says, by its low six bits.
    pub fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte & 0x3f)).copied()
    }

    /// The package of it.
    pub fn package(self, given: &[u8]) -> Vec<u8> {
        match self {
            Self::File => given.to_vec(),
            Self::Signed => signed(given),
            Self::Header => with_header(given),
            Self::Sealed => small(0).file_of(given, b""),
            Self::Stanzas => with_stanzas(given),
            Self::Payload => with_payload(0, given),
            Self::High => small(1).file_of(&small(1).sealed(), given),
            Self::Inner => small(1).file_of(&small(1).sealed(), &small(1).seal(given)),
            Self::HighPayload => with_payload(1, given),
            Self::Hybrid => with_hybrid(given),
        }
    }
}

/// Two entries in slot 0, and so many in slot 1.
fn small(high: usize) -> Forge {
    let high = (0..high).map(|_| entry("dev/a/c", Value::Literal(b"w"), 2)).collect();
    fixed(Forge::with(&[To::kovra(&BOB)], normal(), high))
}

fn normal() -> Vec<Vec<u8>> {
    let pointer = Value::Reference("azure-kv://orders/db-url");
    vec![entry("dev/a/b", Value::Literal(b"v"), 1), entry("prod/a/b", pointer, 2)]
}

fn fixed(forge: Forge) -> Forge {
    Forge { cipher: age::encrypt, pad: |_| 0, ..forge }
}

fn signed(given: &[u8]) -> Vec<u8> {
    let mut file = given.to_vec();
    if file.len() >= 64 {
        sign_again(&ALICE.signing(), &mut file);
    }
    file
}

fn with_header(given: &[u8]) -> Vec<u8> {
    let forge = small(0);
    let payload = super::payload(0, &Sha256::digest(given), &forge.entries[0], b"");
    sign(&ALICE.signing(), &prefix(), given, &forge.seal(&payload), b"")
}

fn with_stanzas(given: &[u8]) -> Vec<u8> {
    let forge = fixed(Forge::with(&[To::kovra(&BOB), To::ssh(&CAROL)], normal(), vec![]));
    let mut age = Age::of(&forge.keys, &forge.payload(0));
    // What is no text is no age header either: `Sealed` tries that.
    age.stanzas.insert(0, String::from_utf8_lossy(given).into_owned());
    forge.file_of(&age.file(), b"")
}

fn with_hybrid(given: &[u8]) -> Vec<u8> {
    let mut to = [To::hybrid(&BOB), To::hybrid(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let forge = fixed(Forge::with(&to, normal(), vec![]));
    let mut age = Age::of(&forge.keys, &forge.payload(0));
    let carols = to.iter().position(|one| one.key == CAROL.hybrid_recipient()).unwrap();
    age.stanzas[carols] = String::from_utf8_lossy(given).into_owned();
    forge.file_of(&age.file(), b"")
}

/// The header counts as many entries as the payload claims, if those are few: others are for `Header`.
fn with_payload(slot: usize, given: &[u8]) -> Vec<u8> {
    let claimed = given.first().filter(|head| (0x81..=0x97).contains(*head));
    let count = claimed.map_or(1, |head| u64::from(head - 0x80));
    let counts = [[count, 0], [2, count]][slot].map(uint).concat();
    let forge = small(slot).set(6, cat(&[&array(2), &counts]));
    let hash = bytes(&Sha256::digest(forge.header()));
    let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(slot as u64), &hash]);
    let payload = cat(&[&start, given]);
    match slot {
        0 => forge.file_of(&forge.seal(&payload), b""),
        _ => forge.file_of(&forge.sealed(), &forge.seal_high(&payload)),
    }
}
