//! Every golden vector of `testdata/identity-v1`: public identities, recipients, token files and
//! statements about devices.
//!
//! `testdata/identity-v1/README.md` says what a vector is, and what makes them. The same files
//! are read by `tests/outside/identity.py`, which shares no code with this.

use crate::vectors::python;
use forge::texts::Text;
use forge::vector::{clauses, root};
use kovra::identity::{DeviceStatement, IdentityError, KeyError, PublicIdentity};
use std::collections::BTreeSet;
use std::str::FromStr;

fn corpus() -> Vec<Text> {
    forge::texts::corpus("identity-v1")
}

#[test]
fn every_vector_gets_what_it_says() {
    let corpus = corpus();
    assert!(corpus.len() >= 350, "only {} vectors", corpus.len());
    let wrong: Vec<String> = corpus.iter().filter_map(|text| text.judge().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of the malformed and the unsupported, what a person is told of it.
#[test]
fn a_refusal_says_what_is_wrong() {
    let says = [
        (IdentityError::Key(KeyError::SmallOrder), {
            "1.2-x25519-0 1.2-x25519-1 1.2-x25519-p-less-1 1.2-x25519-order-8 \
            1.2-x25519-order-8-too 1.2-ed25519-order-1 1.2-ed25519-order-2 1.2-ed25519-order-4"
        }),
        (IdentityError::Key(KeyError::NotCanonical), {
            "1.2-x25519-bit-255 1.2-x25519-p 1.2-x25519-p-and-1 1.2-x25519-18 1.2-x25519-ones"
        }),
        (IdentityError::Encoding, {
            "2.3-bech32 2.3-capitals 2.3-mixed-case 2.3-capital-k 2.3-empty 2.3-prefix-alone \
            2.3-space-before 2.3-line-feed-behind 2.3-version-3-1024-characters \
            2.3-second-bech32 2.3-second-capitals 2.3-second-padding-bits"
        }),
        (IdentityError::Shape, {
            "2.3-no-byte 2.3-another-prefix 2.3-prefix-age 2.3-prefix-kovradev 2.1-128-bytes 2.1-130-bytes \
            2.1-168-bytes 2.1-170-bytes 2.1-version-2-of-129-bytes 2.1-version-1-of-169-bytes"
        }),
        (IdentityError::Version(0), "2.3-version-0"),
        (IdentityError::Version(3), {
            "2.3-version-3 2.3-version-3-short 2.3-version-3-padding-bits \
            2.3-version-3-1023-characters 2.5-version-3 2.5-version-3-and-a-word"
        }),
        (IdentityError::Signature, "2.2-second-number-raised 2.5-signature-first"),
        (IdentityError::Hybrid, {
            "2.5-third-word 2.5-key-cut 2.5-x25519-recipient 2.5-version-1 \
            2.5-another-key-and-third-word 1.4-identity-3329-last"
        }),
        (IdentityError::OtherHybrid, "2.5-another-key"),
        (IdentityError::Version(255), "2.3-version-255"),
    ];
    let corpus = corpus();
    for (error, names) in says {
        for name in names.split_whitespace() {
            assert_eq!(refusal::<PublicIdentity>(&corpus, name), error, "{name}");
        }
    }
}

/// The same of statements: which key is meant, nobody is told.
#[test]
fn a_refused_statement_says_what_is_wrong() {
    let says = [
        (IdentityError::Key(KeyError::SmallOrder), {
            "1.2-device-first-order-1 1.2-device-first-mixed 1.2-device-second-order-8 \
            1.2-device-second-mixed"
        }),
        (IdentityError::Key(KeyError::NotCanonical), {
            "1.2-device-first-p 1.2-device-first-ones 1.2-device-second-p-and-1 \
            1.2-device-second-off-the-curve"
        }),
        (IdentityError::Encoding, {
            "7.4-bech32 7.4-capitals 7.4-empty 7.4-padding-bits 7.4-half-padding-bits \
            7.4-padding-before-signatures 7.4-a-character-more 7.4-version-2-1024-characters"
        }),
        (IdentityError::Shape, {
            "7.4-no-byte 7.4-another-prefix 7.4-prefix-kovra 7.4-an-identity 7.2-no-keys \
            7.2-65-bytes 7.2-128-bytes 7.2-130-bytes 7.2-161-bytes 7.2-192-bytes \
            7.2-194-bytes 7.2-257-bytes 7.4-same-key 7.4-same-key-half"
        }),
        (IdentityError::Version(2), "7.4-version-2-short 7.4-version-2-padding-bits"),
    ];
    let corpus = corpus();
    for (error, names) in says {
        for name in names.split_whitespace() {
            assert_eq!(refusal::<DeviceStatement>(&corpus, name), error, "{name}");
        }
    }
}

fn refusal<T: FromStr<Err = IdentityError>>(corpus: &[Text], name: &str) -> IdentityError {
    let vector = corpus.iter().find(|vector| vector.name == name).expect(name);
    std::str::from_utf8(&vector.bytes).unwrap().parse::<T>().err().expect(name)
}

/// Clauses without a vector, and why.
const WITHOUT: [(&str, &str); 15] = [
    ("1.1", "it defines words"),
    ("1.3", "what a key signs elsewhere is tried in 2.2, in 7.3, and in the package's clause 6.1"),
    ("2.4", "who else is pinned is state: `tests/it/consent.rs`"),
    ("3.4", "people do it"),
    ("4.1", "it says what is not there"),
    ("4.2", "the vectors of packages are encrypted so"),
    ("5.1", "the package's clause 5.5"),
    ("3.3", "a package shows it: `src/identity/recipient.rs`"),
    ("6.1", "what is known already is state: `tests/it/owner.rs`"),
    ("6.2", "which number was taken before is state: `tests/it/post_quantum.rs`"),
    ("6.3", "people do it"),
    ("6.4", "it is advice"),
    ("7.1", "it says what for"),
    ("7.5", "it says what is not there"),
    ("7.6", "who counts for whom is state"),
];

#[test]
fn every_clause_has_its_vectors_and_every_vector_its_clause() {
    let (sections, paragraphs) = clauses("identity.md");
    assert!(sections.len() == 7 && paragraphs.len() > 15, "the specification was not understood");
    let corpus = corpus();
    for vector in &corpus {
        let clause = &vector.clause;
        assert!(sections.contains(clause) || paragraphs.contains(clause), "{}", vector.name);
        assert_eq!(vector.name.split_once('-').unwrap().0, clause);
    }
    let used: BTreeSet<&str> = corpus.iter().map(|v| &v.clause[..]).collect();
    for clause in &paragraphs {
        let excused = WITHOUT.iter().any(|(c, _)| c == clause);
        assert_eq!(used.contains(&clause[..]), !excused, "clause {clause}");
    }
    // The table of 4 belongs to no paragraph.
    assert!(used.contains("4"));
    let rows: BTreeSet<u8> = corpus.into_iter().flat_map(|v| v.rows).collect();
    assert!(
        [24, 25, 26, 27, 41, 42, 43, 45, 71, 72].iter().all(|row| rows.contains(row)),
        "{rows:?}"
    );
}

/// The same files, and a reader that was written from the specification alone.
#[test]
#[ignore = "needs python3 with cryptography"]
fn needs_programs_the_reader_in_python_agrees() {
    let printed = python("identity.py", &[&root().join("testdata/identity-v1")]);
    assert!(printed.ends_with(&format!("{} passed, 0 failed\n", corpus().len())), "{printed}");
}
