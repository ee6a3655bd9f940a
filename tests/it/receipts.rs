//! What a recipient says of a package (`spec/receipt.md`), and what is recorded of it.

use forge::people::Person;
use kovra::clock::Moment;
use kovra::identity::Identity;
use kovra::limits;
use kovra::package::{Package, Receipt};
use serde_json::Value;
use sha2::{Digest, Sha256};

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

/// `spec/receipt.md` 2: a time that only a wrong clock has is not recorded.
#[test]
fn a_receipt_from_the_future_is_not_recorded() {
    let (alice, bob) = (Person::with_vault("alice"), Identity::generate().unwrap());
    alice.pin_key("bob", &bob.public().to_string());
    alice.add("dev/a/b", "x", &[]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
    let file = std::fs::read(alice.home().join("p.kovra")).unwrap();
    let package = Package::parse(&file).unwrap().verify().unwrap().header().id;
    let receipt = |seconds: u64| {
        let digest = Sha256::digest(&file).into();
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
