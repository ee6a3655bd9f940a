//! The age vectors of C2SP's CCTV (`testdata/cctv-age`), through the pre-scan and the decryption.
//!
//! All of them run. A vector ends as age says, unless packages are stricter than age, and then
//! [`KINDS`] or [`STRICTER`] has the reason: each of those is malformed to the pre-scan. Three that
//! open here are over 16 MiB, and as part of a package would be over its limit.

use super::stanza::Scan;
use super::{Class, Error, age_layer};
use crate::identity::{AgeIdentity, AgreementSecret, HybridSecret};
use crate::secret::Secret;
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A vector, as far as it is needed here. Its README says what else is in the file.
struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: Vec<String>,
    passphrase: bool,
    armored: bool,
    age: Vec<u8>,
}

/// How a vector ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The plaintext's SHA-256.
    Opens(String),
    /// Before the age crate sees it.
    PreScan(Class),
    /// By [`age_layer::decrypt`], which then releases nothing at all: its plaintext is in its `Ok`.
    Decryption(Class),
}

/// Why packages refuse them whatever age makes of them, which they are, and how many.
type Kind = (&'static str, fn(&Vector) -> bool, usize);

const KINDS: [Kind; 2] = [
    ("armor is not read, be it good or bad (5.2.1)", |v| v.armored, 33),
    ("scrypt is never run (5.3)", |v| v.passphrase && !v.armored, 25),
];

/// Why packages refuse what age reads further, and which they are.
const STRICTER: [(&str, &[&str]); 4] = [
    (
        "a stanza of a kind that packages do not use, though age passes over it (5.3)",
        &["stanza_empty_body", "stanza_empty_last_line", "stanza_valid_characters"],
    ),
    (
        "two stanzas of grease, whose word does not end in `-grease` (5.3)",
        &["x25519_grease", "hybrid_grease"],
    ),
    (
        "the kind is `X25519` or `mlkem768x25519`, in this case; to age it is an unknown one (5.3)",
        &["x25519_lowercase", "hybrid_uppercase"],
    ),
    (
        "a body of less than 33 bytes: no payload is empty (5.2.4)",
        &["stream_empty_payload", "stream_missing_tag", "stream_no_chunks", "stream_short_chunk"],
    ),
];

/// All of them, sorted. A file that is no vector is an error.
static CORPUS: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cctv-age");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let mut names: Vec<String> = files.map(|f| f.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.remove(0), "README.md");
    names.into_iter().map(|name| Vector::read(format!("{folder}/{name}"), name)).collect()
});

impl Vector {
    fn read(path: String, name: String) -> Self {
        let file = std::fs::read(path).unwrap();
        let end = file.windows(2).position(|w| w == b"\n\n").unwrap();
        let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for line in std::str::from_utf8(&file[..end]).unwrap().lines() {
            let (key, value) = line.split_once(": ").unwrap();
            fields.entry(key).or_default().push(value.to_owned());
        }
        let mut many = |key: &str| fields.remove(key).unwrap_or_default();
        let [expect] = many("expect").try_into().unwrap();
        let age = match many("compressed").first().map(String::as_str) {
            None => file[end + 2..].to_vec(),
            Some("zlib") => miniz_oxide::inflate::decompress_to_vec_zlib(&file[end + 2..]).unwrap(),
            Some(other) => panic!("{name}: compressed with {other}"),
        };
        let vector = Self {
            expect,
            payload: many("payload").pop(),
            identities: many("identity"),
            passphrase: !many("passphrase").is_empty(),
            armored: many("armored") == ["yes"],
            age,
            name,
        };
        // They are there for people.
        let _ = (many("file key"), many("comment"));
        assert!(fields.is_empty(), "{}: unknown {:?}", vector.name, fields.keys());
        vector
    }

    /// Through the product.
    fn end(&self) -> End {
        if let Err(e) = Scan::of(&self.age, "sealed", 2) {
            return End::PreScan(e.class);
        }
        match self.decrypt() {
            Ok(plaintext) => End::Opens(hex(&Sha256::digest(plaintext.expose()))),
            Err(e) => End::Decryption(e.class),
        }
    }

    /// With each identity, up to one that the file is for.
    fn decrypt(&self) -> Result<Secret, Error> {
        let not_mine = (Class::NotForMe, "not this identity");
        let mut end = Err(Error::new(Class::NotForMe, "sealed", "no identity"));
        for identity in &self.identities {
            end = match AgreementSecret::from_age(identity) {
                Some(key) => {
                    age_layer::decrypt(AgeIdentity::X25519(&key), &self.age, "sealed", not_mine)
                }
                None => {
                    let key = HybridSecret::from_age(identity).unwrap();
                    self.decrypt_at_each(&key)
                }
            };
            if !end.as_ref().is_err_and(|e| e.class == Class::NotForMe) {
                break;
            }
        }
        end
    }

    /// As for a recipient in each of two places: these files do not say in which it is.
    fn decrypt_at_each(&self, key: &HybridSecret) -> Result<Secret, Error> {
        let not_mine = (Class::NotForMe, "not this identity");
        let at = |place| {
            age_layer::decrypt(AgeIdentity::Hybrid(key, place), &self.age, "sealed", not_mine)
        };
        at(0).or_else(|first| match first.class {
            Class::NotForMe => at(1),
            _ => Err(first),
        })
    }

    /// The end that age gives it, in the classes of packages (5.6).
    fn end_of_age(&self) -> End {
        match &*self.expect {
            "success" => End::Opens(self.payload.clone().unwrap()),
            "no match" => End::Decryption(Class::NotForMe),
            "HMAC failure" | "payload failure" => End::Decryption(Class::Binding),
            "header failure" => End::PreScan(Class::Malformed),
            other => panic!("{}: expects {other}", self.name),
        }
    }
}

#[test]
fn every_vector_ends_as_age_says_or_as_a_reason_does() {
    assert_eq!(CORPUS.len(), 143);
    let mut as_age_says: BTreeMap<&str, usize> = BTreeMap::new();
    for vector in &*CORPUS {
        let name = &*vector.name;
        let kinds = KINDS.iter().filter(|(_, covers, _)| covers(vector)).map(|(why, ..)| *why);
        let names = STRICTER.iter().filter(|(_, names)| names.contains(&name)).map(|(why, _)| *why);
        let reasons: Vec<&str> = kinds.chain(names).collect();
        match reasons[..] {
            [] => {
                assert_eq!(vector.end(), vector.end_of_age(), "{name}");
                *as_age_says.entry(&vector.expect).or_default() += 1;
            }
            [why] => assert_eq!(vector.end(), End::PreScan(Class::Malformed), "{name}: {why}"),
            _ => panic!("{name}: {reasons:?}"),
        }
    }
    let wanted = [
        ("HMAC failure", 1),
        ("header failure", 40),
        ("no match", 6),
        ("payload failure", 15),
        ("success", 12),
    ];
    assert_eq!(as_age_says, BTreeMap::from(wanted));
}

#[test]
fn no_reason_is_stale() {
    for (why, covers, count) in KINDS {
        assert_eq!(CORPUS.iter().filter(|v| covers(v)).count(), count, "{why}");
    }
    let named = |name: &str| CORPUS.iter().find(|v| v.name == name).unwrap();
    for (why, names) in STRICTER {
        for name in names {
            let end = named(name).end_of_age();
            assert_ne!(end, End::PreScan(Class::Malformed), "{name} is no exception: {why}");
        }
    }
}

/// age tries the shape of a stanza with kinds that it does not know, which the pre-scan refuses for
/// their kind. Renamed to grease, they meet the rules on any stanza's words and body.
#[test]
fn unknown_stanzas_renamed_to_grease() {
    let (mut good, mut bad) = (0, 0);
    for vector in CORPUS.iter().filter(|v| v.name.starts_with("stanza_")) {
        let start = |kind: &[u8]| vector.age.windows(kind.len()).position(|w| w == kind);
        let kinds = [&b"\n-> stanza"[..], b"\n-> empty"];
        let Some((at, kind)) = kinds.iter().find_map(|kind| Some((start(kind)?, kind))) else {
            continue;
        };
        let (before, after) = (&vector.age[..at], &vector.age[at + kind.len()..]);
        let got = Scan::of(&[before, b"\n-> a-grease", after].concat(), "sealed", 0);
        if vector.expect == "success" {
            assert!(got.is_ok(), "{}", vector.name);
            good += 1;
        } else {
            assert_eq!(got.unwrap_err().class, Class::Malformed, "{}", vector.name);
            bad += 1;
        }
    }
    // Two more have no first word to rename, and one has two stanzas: `stanza_bad_start`,
    // `stanza_no_arguments`, `stanza_valid_characters`.
    assert_eq!((good, bad), (2, 9));
}
