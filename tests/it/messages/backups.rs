//! Backups, and what is none.

use super::book::Book;
use crate::backup::way_back_in;
use forge::people::{ASKED, PIN, Person};
use forge::{BOB, CAROL};

const NEW: &str = "New passphrase of the backup: ";
const AGAIN: &str = "The same again: ";

pub(super) fn backups(book: &mut Book) {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "x", &[]);
    book.knows(&alice);
    book.name(&BOB.age_recipient(), "<age1... of the way back in>");
    book.name(&CAROL.age_recipient(), "<age1... of somebody>");
    let somebody = format!("kovra backup b.age --to {}", CAROL.age_recipient());
    book.section("There is no way back in, and no PIN");
    book.run(&alice, "kovra backup b.age");
    book.run(&alice, "kovra backup b.age --to bob");
    book.at(&alice, &somebody, &[]);
    way_back_in(&alice);
    alice.set_pin();
    book.section("To a way back in");
    book.run(&alice, "kovra backup b.age");
    book.run(&alice, "kovra backup b.age");
    book.run(&alice, "KOVRA_AGENT=1 kovra backup c.age");
    book.section("To somebody else");
    book.run(&alice, &somebody.replace("b.age", "c.age"));
    book.no(&alice, &somebody.replace("b.age", "c.age"));
    book.section("To a passphrase");
    let by_passphrase = "kovra backup c.age --passphrase";
    book.run(&alice, by_passphrase);
    book.at(&alice, by_passphrase, &[(NEW, "short")]);
    book.at(&alice, by_passphrase, &[(NEW, "a long one 1"), (AGAIN, "a long one 2")]);
    book.at(&alice, by_passphrase, &[(NEW, "a long one 1"), (AGAIN, "a long one 1"), (ASKED, PIN)]);
    book.section("Would it restore?");
    book.run(&alice, "kovra backup --verify b.age --identity bob.txt");
    book.at(
        &alice,
        "kovra backup --verify c.age",
        &[("Passphrase of the backup: ", "a long one 1")],
    );
    let bob = Person::with_vault("bob");
    alice.hand(&bob, "b.age");
    alice.hand(&bob, "bob.txt");
    book.at_home(&bob);
    book.run(&bob, "kovra backup --verify b.age --identity bob.txt");
    locked(book, &alice);
    odd(book, &alice);
    back(book, &alice);
}

fn back(book: &mut Book, alice: &Person) {
    book.section("A vault out of a backup");
    let from = "kovra recover --from b.age --identity bob.txt --new-key-file new.key";
    book.run(alice, from);
    let mut gone = Person::new("alice");
    gone.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    ["b.age", "bob.txt"].iter().for_each(|file| alice.hand(&gone, file));
    book.at_home(&gone);
    book.run(&gone, from);
    const ALIVE: &str = "or nothing to end: ";
    let pin = [("(nothing for none): ", PIN), ("The same again: ", PIN)];
    book.at(&gone, from, &[(ALIVE, "yes")]);
    let mut beside = gone.twin();
    beside.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    book.at(&gone, from, &[&[(ALIVE, "gone")], &pin[..]].concat());
    let typed = [&[(ALIVE, "lives on")], &pin[..]].concat();
    let session = beside.at_terminal(&[&words(from)[..]].concat(), &typed);
    book.knows(&beside);
    book.shown(&beside, from, &typed, session);
}

/// Without the program.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').skip(1).collect()
}

fn locked(book: &mut Book, alice: &Person) {
    book.section("What does not open it");
    alice.write("carol.txt", CAROL.age_identity());
    alice.write("none.txt", "# nothing\n");
    for key in ["carol.txt", "none.txt", "nowhere.txt"] {
        book.run(alice, &format!("kovra backup --verify b.age --identity {key}"));
    }
    book.run(alice, "kovra backup --verify c.age --identity bob.txt");
    book.run(alice, "kovra backup --verify b.age");
    book.at(
        alice,
        "kovra backup --verify b.age",
        &[("Recovery code: ", "00000-11111"), ("Recovery code: ", "")],
    );
    book.at(
        alice,
        "kovra backup --verify c.age",
        &[("Passphrase of the backup: ", "a long one 2")],
    );
}

fn odd(book: &mut Book, alice: &Person) {
    book.section("What is no backup");
    let whole = std::fs::read(alice.home().join("b.age")).unwrap();
    let archive = |bytes: &[u8]| {
        let recipient: age::x25519::Recipient = BOB.age_recipient().parse().unwrap();
        age::encrypt(&recipient, bytes).unwrap()
    };
    let files: [(&str, Vec<u8>); 6] = [
        ("hello", b"hello".to_vec()),
        ("cut short", whole[..whole.len() / 2].to_vec()),
        ("an age file of something else", archive(b"hello")),
        ("an archive of something else", archive(&[0; 1024])),
        ("a work factor of 30", with_stanza("scrypt AQEBAQEBAQEBAQEBAQEBAQ 30")),
        ("sealed to an SSH key", with_stanza(&format!("ssh-ed25519 AQEBAQ {KEY}"))),
    ];
    for (what, bytes) in files {
        book.say(what);
        alice.write("odd.age", bytes);
        book.run(alice, "kovra backup --verify odd.age --identity bob.txt");
    }
}

const KEY: &str = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn with_stanza(stanza: &str) -> Vec<u8> {
    let body = "x".repeat(64);
    format!("age-encryption.org/v1\n-> {stanza}\n{KEY}\n--- {KEY}\n{body}").into_bytes()
}
