//! What a recipient says of a package (`spec/receipt.md`), and what is recorded of it.
//!
//! `testdata/receipt-v1/README.md` says what its vectors are; `tests/outside/receipt.py` reads them too.

use crate::vectors::python;
use forge::people::Person;
use forge::texts::Text;
use forge::vector::{clauses, root};
use kovra::clock::Moment;
use kovra::identity::{Identity, SigningSecret};
use kovra::limits;
use kovra::package::{Package, Receipt};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

fn corpus() -> Vec<Text> {
    forge::texts::corpus("receipt-v1")
}

#[test]
fn every_vector_gets_what_it_says() {
    let corpus = corpus();
    assert!(corpus.len() >= 100, "only {} vectors", corpus.len());
    let wrong: Vec<String> = corpus.iter().filter_map(|text| text.judge().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_signed_is_the_golden_receipt() {
    let secret = SigningSecret::from_bytes(&[3; 32]);
    let made = Receipt::sign(&secret, [7; 16], [9; 32], Moment::from_seconds(1_800_000_000));
    assert_eq!(corpus().iter().find(|v| v.name == "1.1-good").unwrap().bytes, made);
}

/// Clauses without a vector, and why.
const WITHOUT: [(&str, &str); 1] = [("2.2", "what is on record is state")];

#[test]
fn every_clause_has_its_vectors_and_every_class_too() {
    let (_, paragraphs) = clauses("receipt.md");
    let corpus = corpus();
    let of: BTreeMap<&str, &str> =
        corpus.iter().map(|v| (&v.name[..], v.name.split_once('-').unwrap().0)).collect();
    assert!(corpus.iter().all(|v| of[&v.name[..]] == v.clause));
    let used: BTreeSet<&str> = of.into_values().collect();
    let wanted = paragraphs.iter().map(|c| &c[..]).filter(|c| WITHOUT.iter().all(|(w, _)| w != c));
    assert_eq!(used, wanted.collect());
    let classes: BTreeSet<&str> =
        corpus.iter().filter_map(|v| v.wanted.as_ref().err()).map(|class| &class[..]).collect();
    assert_eq!(classes, BTreeSet::from(["limit", "malformed", "signature", "unsupported"]));
}

/// The same files, and a reader that was written from the specification alone.
#[test]
#[ignore = "needs python3 with cbor2 and cryptography"]
fn needs_programs_the_reader_in_python_agrees() {
    let printed = python("receipt.py", &[&root().join("testdata/receipt-v1")]);
    assert!(printed.ends_with(&format!("{} passed, 0 failed\n", corpus().len())), "{printed}");
}

#[test]
#[ignore = "needs python3 with cbor2, cryptography and cddl-verifier"]
fn needs_programs_the_cddl_says_the_same_of_structure() {
    let cddl = root().join("spec/receipt.cddl");
    let printed = python("cddl.py", &[&cddl, &root().join("testdata/receipt-v1")]);
    let count = corpus().iter().filter(|v| v.wanted != Err("signature".into())).count();
    assert!(printed.ends_with(&format!("{count} passed, 0 failed\n")), "{printed}");
}

#[test]
fn receipts_are_checked_against_peers_and_packages() {
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(Person::with_vault);
    alice.pin(&bob);
    bob.pin(&alice);
    carol.pin(&alice);
    alice.pin(&carol);
    alice.add("dev/db/url", "x", &[]);
    alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra"]);
    alice.hand(&bob, "p.kovra");
    bob.ok(&["import", "p.kovra", "--receipt", "r"]);
    bob.hand(&carol, "r");
    carol.fails(&["receipt", "r"], 14);
    carol.pin(&bob);
    assert!(carol.fails(&["receipt", "r"], 18).contains("not sealed here"));
    let receipt = std::fs::read(bob.home().join("r")).unwrap();
    let mut flipped = receipt.clone();
    flipped[100] ^= 1;
    alice.write("flipped", &flipped);
    alice.fails(&["receipt", "flipped"], 13);
    alice.write("cut", &receipt[..80]);
    alice.fails(&["receipt", "cut"], 10);
    alice.fails(&["receipt", "p.kovra"], 11);
    alice.write("r", &receipt);
    alice.ok(&["receipt", "r"]);
}

/// A package that Alice sealed to Bob, of whom there is no more than his keys.
struct Given {
    alice: Person,
    bob: Identity,
    package: [u8; 16],
    digest: [u8; 32],
}

impl Given {
    fn to_bob() -> Self {
        let (alice, bob) = (Person::with_vault("alice"), Identity::generate(forge::NOW).unwrap());
        alice.pin_key("bob", &bob.public().to_string());
        alice.add("dev/a/b", "x", &[]);
        alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
        let file = std::fs::read(alice.home().join("p.kovra")).unwrap();
        let package = Package::parse(&file).unwrap().verify().unwrap().header().id;
        let digest = Sha256::digest(&file).into();
        Self { alice, bob, package, digest }
    }
}

/// `spec/receipt.md` 2: a time that only a wrong clock has is not recorded.
#[test]
fn a_receipt_from_the_future_is_not_recorded() {
    let Given { alice, bob, package, digest } = Given::to_bob();
    let receipt = |seconds: u64| {
        alice.write(
            "r",
            Receipt::sign(&bob.signing, package, digest, Moment::from_seconds(seconds)),
        );
    };
    let now = Moment::from(std::time::SystemTime::now()).seconds();
    receipt(now + 400);
    assert!(alice.fails(&["receipt", "r"], 15).contains("compare the clocks"));
    receipt(limits::LATEST + 1);
    assert!(alice.fails(&["receipt", "r"], 10).contains("after the year 9999"));
    let shared: Value = serde_json::from_str(&alice.ok(&["shared", "--json"]).stdout).unwrap();
    assert!(shared[0]["imported"].is_null());
    receipt(now + 200);
    alice.ok(&["receipt", "r"]);
}

/// 2.2: the latest time stands, whichever receipt comes last; each is in the trail.
#[test]
fn the_latest_time_stands_in_whatever_order_receipts_come() {
    let Given { alice, bob, package, digest } = Given::to_bob();
    let now = Moment::from(std::time::SystemTime::now());
    for (earlier, stands) in [(60, 60), (90, 60), (60, 60), (30, 30), (60, 30)] {
        let seconds = |earlier| Moment::from_seconds(now.seconds() - earlier);
        alice.write("r", Receipt::sign(&bob.signing, package, digest, seconds(earlier)));
        let said = alice.ok(&["receipt", "r"]).stdout;
        assert!(said.contains(&format!("at {}.", seconds(earlier))), "{said}");
        let shared: Value = serde_json::from_str(&alice.ok(&["shared", "--json"]).stdout).unwrap();
        assert_eq!(shared[0]["imported"], seconds(stands).to_string(), "{earlier}");
    }
    let trail: Value = serde_json::from_str(&alice.ok(&["audit", "--json"]).stdout).unwrap();
    assert_eq!(trail.to_string().matches("\"receipt\"").count(), 5, "{trail}");
}
