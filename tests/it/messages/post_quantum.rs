//! What a quantum computer would open, and who prevents that.

use super::book::Book;
use forge::people::Person;
use forge::{CAROL, To};
use kovra::clock::Moment;
use kovra::identity::{HybridSecret, Identity};

pub(super) fn post_quantum(book: &mut Book) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    book.knows(&alice);
    book.knows(&bob);
    book.section("Giving one's identity, and taking one");
    book.run(&bob, "kovra id");
    book.run(&bob, "kovra id --short");
    book.run(&bob, "kovra id -o bob.kovra-id");
    book.run(&bob, "kovra id -o bob.kovra-id");
    bob.hand(&alice, "bob.kovra-id");
    book.yes(&alice, "kovra peer add bob bob.kovra-id");
    book.run(&alice, "kovra peer add bob bob.kovra");
    keys(book, &alice, &bob);
    sealing(book, &alice);
    book.section("Another identity of before there were hybrid keys");
    let old = Person::with_vault("old");
    let mut vault = old.unlocked();
    let Identity { signing, agreement, .. } = vault.view().identity().unwrap();
    vault.write(|batch| batch.put_identity(&Identity::new(signing, agreement))).unwrap();
    drop(vault);
    book.knows(&old);
    book.run(&old, "kovra id");
    book.run(&old, "kovra doctor");
}

fn keys(book: &mut Book, alice: &Person, bob: &Person) {
    book.section("Keys that do not go together, or are not the latest");
    let identity = bob.unlocked().view().identity().unwrap();
    let old = Identity::new(identity.signing, identity.agreement).public().to_string();
    book.name(&old, "<bob's id of before there were hybrid keys>");
    book.at(alice, &format!("kovra peer add bob {old}"), &[]);
    let string = bob.ok(&["id", "--short"]).stdout.trim().to_owned();
    let others = HybridSecret::from_bytes(&[7; 32]).public().to_age();
    for (shown, key) in [("age1pq1<of another>", others), ("age1<x25519>", CAROL.age_recipient())] {
        let ran = alice.run(&["peer", "add", "bob", &string, &key]);
        book.told(
            alice,
            &format!("kovra peer add bob 'kovra1<bob> {shown}'"),
            &ran.stderr,
            ran.code,
        );
    }
}

fn sealing(book: &mut Book, alice: &Person) {
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    let identity = carol.unlocked().view().identity().unwrap();
    let old = Identity::new(identity.signing, identity.agreement);
    alice.pin_key("carol", &old.public().to_string());
    alice.pin_key("dave", &To::ssh(&CAROL).key);
    alice.pin_key("frank", &CAROL.age_recipient());
    alice.pin_key("erin", &HybridSecret::from_bytes(&[7; 32]).public().to_age());
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    book.section("Sealing");
    book.run(alice, "kovra seal dev/db/url --to bob -o 1.kovra");
    book.run(alice, "kovra seal dev/db/url --to carol --to dave --to frank -o 2.kovra");
    book.run(alice, "kovra seal dev/db/url --to bob --to carol --to dave -o 3.kovra --require-pq");
    book.run(alice, "kovra seal dev/db/url --to carol --to erin -o 3.kovra");
    book.no(alice, "kovra seal dev/db/password --to carol -o 3.kovra --token-out 3.token");
    book.run(alice, "kovra require-pq");
    book.run(alice, "kovra require-pq on");
    book.no(alice, "kovra require-pq on");
    book.yes(alice, "kovra require-pq on");
    book.run(alice, "kovra seal dev/db/url --to carol -o 3.kovra");
    book.no(alice, "kovra require-pq off");
    book.yes(alice, "kovra require-pq off");
    book.run(alice, "kovra verify 1.kovra");
    book.run(alice, "kovra verify 2.kovra");
    book.run(alice, "kovra inspect 2.kovra");
    book.run(alice, "kovra shared");
    book.run(alice, "kovra doctor");
    let rotated = identity_after(&carol);
    book.name(&rotated, "<carol's new id>");
    book.yes(alice, &format!("kovra peer add carol {rotated}"));
}

fn identity_after(person: &Person) -> String {
    let identity = person.unlocked().view().identity().unwrap();
    identity.rotate(Moment::from_seconds(0)).unwrap().public().to_string()
}
