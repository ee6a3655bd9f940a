//! Pinning keys, and everything that may be wrong with one.

use super::book::Book;
use forge::people::Person;
use kovra::clock::Moment;
use kovra::identity::Identity;

pub(super) fn peers(book: &mut Book) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    book.knows(&alice);
    book.knows(&bob);
    keys(book, &alice, &bob);
    pin(book, &alice, &bob);
    known_before(book, &alice);
    senders(book);
}

fn keys(book: &mut Book, alice: &Person, bob: &Person) {
    book.section("Keys and names that are none");
    let id = bob.id();
    let cut = &id[..200];
    for (shown, key) in [
        ("kovra1<cut short>", cut.to_owned()),
        ("KOVRA1<in capitals>", id.to_ascii_uppercase()),
        ("kovra1<of something else>", identity_of(&[1; 5])),
        ("kovra1<of version 3>", identity_of(&[&[3][..], &[0; 128]].concat())),
        ("kovra1<of a bad key>", identity_of(&[&[1][..], &[0xff; 128]].concat())),
        ("kovra1<of another's part>", spliced(bob)),
        ("age1<cut short>", "age1qqqq".to_owned()),
        ("hello", "hello".to_owned()),
        ("age1pq1<cut short>", "age1pq1qqqq".to_owned()),
        ("ssh-rsa AAAA...", "ssh-rsa AAAAB3NzaC1yc2E= bob".to_owned()),
    ] {
        let ran = alice.run(&["peer", "add", "bob", &key]);
        let line = format!("kovra peer add bob '{shown}'");
        book.told(alice, &line, &ran.stderr, ran.code);
    }
    book.run(alice, "kovra peer add bob");
    for name in ["me", "Bob", "../bob"] {
        book.run(alice, &format!("kovra peer add {name} {id}"));
    }
}

/// A `kovra1...` string of these bytes.
fn identity_of(bytes: &[u8]) -> String {
    bech32(bytes)
}

fn bech32(bytes: &[u8]) -> String {
    let hrp = bech32::Hrp::parse("kovra").unwrap();
    bech32::encode::<bech32::Bech32m>(hrp, bytes).unwrap()
}

/// Somebody's signing key, with an X25519 key that it did not sign.
fn spliced(of: &Person) -> String {
    let identity = of.unlocked().view().identity().unwrap().public();
    let other = Identity::generate(forge::NOW).unwrap().public();
    let keys = [&identity.signing().as_bytes()[..], other.agreement().as_bytes()].concat();
    identity_of(&[&[1][..], &keys, &[7; 64]].concat())
}

fn pin(book: &mut Book, alice: &Person, bob: &Person) {
    book.section("Pinning");
    let id = bob.id();
    book.run(alice, &format!("kovra peer add bob {id}"));
    book.run(alice, &format!("kovra peer add bob {id}"));
    book.run(alice, &format!("kovra peer add robert {id}"));
    book.run(alice, "kovra peer confirm bob");
    book.no(alice, "kovra peer confirm bob");
    book.yes(alice, "kovra peer confirm bob");
    book.run(alice, "kovra peer confirm bob");
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    book.no(alice, &format!("kovra peer add carol {}", carol.id()));
    book.yes(alice, &format!("kovra peer add carol {}", carol.id()));
    book.run(alice, "kovra peer list");
    book.run(alice, "kovra peer show bob");
    book.run(alice, "kovra peer show dora");
    book.run(alice, &format!("kovra peer add bob {}", alice.id()));
    book.section("A new key of the same person");
    let identity = bob.unlocked().view().identity().unwrap();
    let rotated = identity.rotate(Moment::from_seconds(0)).unwrap().public().to_string();
    book.name(&rotated, "<bob's new id>");
    book.run(alice, &format!("kovra peer add bob {rotated}"));
    book.no(alice, &format!("kovra peer add bob {rotated}"));
    book.yes(alice, &format!("kovra peer add bob {rotated}"));
    let (signing, agreement) =
        (Identity::generate(forge::NOW).unwrap().signing, agreement_of(alice));
    let stolen = Identity::new(signing, agreement).public().to_string();
    book.name(&stolen, "<an id with alice's X25519 key>");
    book.run(alice, &format!("kovra peer add eve {stolen}"));
}

fn agreement_of(person: &Person) -> kovra::identity::AgreementSecret {
    person.unlocked().view().identity().unwrap().agreement
}

fn known_before(book: &mut Book, alice: &Person) {
    book.section("Who was known before");
    let mallory = Person::with_vault("mallory");
    book.knows(&mallory);
    book.run(alice, "kovra peer rename carol bob");
    book.run(alice, "kovra peer rename carol clara");
    book.no(alice, "kovra peer rename carol clara");
    book.yes(alice, "kovra peer rename carol clara");
    book.run(alice, "kovra peer rm bob");
    book.run(alice, &format!("kovra peer add bob {}", mallory.id()));
    book.no(alice, &format!("kovra peer add bob {}", mallory.id()));
    book.no(alice, "kovra peer rename clara bob");
    let id = mallory.id();
    book.say("by an agent");
    book.run(alice, &format!("KOVRA_AGENT=1 kovra peer add mallory {id}"));
    book.run(alice, "KOVRA_AGENT=1 kovra peer rm clara");
}

fn senders(book: &mut Book) {
    book.section("The sender of a package");
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    book.knows(&alice);
    book.knows(&bob);
    bob.pin(&alice);
    bob.add("dev/b/b", "x", &[]);
    bob.ok(&["seal", "dev/b/b", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    book.run(&alice, "kovra peer add bob --from b.kovra");
    let wrong = ["00000"; 8].join(" ");
    book.run(&alice, &format!("kovra peer add bob --from b.kovra --fingerprint '{wrong}'"));
    let right = bob.unlocked().view().identity().unwrap().signing.public().fingerprint();
    book.run(&alice, &format!("kovra peer add bob --from b.kovra --fingerprint '{right}'"));
    book.no(&alice, "kovra peer add bob --from b.kovra");
    book.yes(&alice, "kovra peer add bob --from b.kovra");
    book.run(&alice, "kovra peer list");
    alice.add("dev/a/b", "x", &[]);
    book.run(&alice, "kovra seal dev/a/b --to bob -o p.kovra");
    alice.ok(&["peer", "add", "backup", forge::BOB.age_recipient().as_str()]);
    book.run(&alice, "kovra verify b.kovra --from backup");
    let id = bob.id();
    book.run(&alice, &format!("kovra seal dev/a/b --to '{id}' -o p.kovra"));
    let stranger = Person::with_vault("carol").id();
    book.name(&stranger, "<carol's id>");
    book.run(&alice, &format!("kovra shared --peer '{stranger}'"));
    alice.write("bob.id", &id);
    book.run(&alice, "kovra peer add bob --from bob.id");
}
