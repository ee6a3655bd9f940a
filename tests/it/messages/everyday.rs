//! From nothing to a vault, and what an empty one shows.

use super::book::Book;
use forge::people::Person;

const AGAIN: &str = "The same again: ";

pub(super) fn start(book: &mut Book) {
    by_key_file(book);
    by_passphrase(book);
    pins(book);
    empty(book);
}

fn by_key_file(book: &mut Book) {
    book.section("A vault whose key is in a file");
    let alice = Person::new("alice");
    book.at_home(&alice);
    book.run(&alice, "kovra list");
    book.run(&alice, "kovra init --custody key-file");
    alice.write("pass", "x");
    book.run(&alice, "kovra init --key-file vault.key --passphrase-file pass");
    alice.write("odd.key", "not a key");
    book.run(&alice, "kovra init --key-file odd.key");
    book.run(&alice, "kovra init --key-file no/such/folder/vault.key");
    book.run(&alice, "kovra init --key-file vault.key");
    book.knows(&alice);
    book.run(&alice, "kovra init --key-file vault.key");
    book.run(&alice, "kovra id");
    let prompt = "(nothing for none): ";
    let offer = ("Make one? [Y/n] ", "n");
    book.section("A PIN at the start");
    for typed in [
        &[(prompt, ""), offer][..],
        &[(prompt, "123"), offer],
        &[(prompt, "2468-owner"), (AGAIN, "other"), offer],
        &[(prompt, "2468-owner"), (AGAIN, "2468-owner"), offer],
    ] {
        let bob = Person::new("bob");
        let seat = bob.at_terminal(&["init", "--key-file", "vault.key"], typed);
        assert_eq!(seat.code, 0, "{}", seat.screen);
        book.knows(&bob);
        book.shown(&bob, "kovra init --key-file vault.key", typed, seat);
    }
}

fn by_passphrase(book: &mut Book) {
    book.section("A vault that a passphrase opens");
    let mut alice = Person::new("alice");
    book.at_home(&alice);
    book.say("no keyring is there, and no terminal");
    book.run(&alice, "kovra init");
    book.run(&alice, "kovra init --custody passphrase");
    book.run(&alice, "kovra init --custody keyring");
    alice.write("empty", "\n");
    alice.write("long", "x".repeat(5000));
    book.run(&alice, "kovra init --passphrase-file empty");
    book.run(&alice, "kovra init --passphrase-file long");
    book.run(&alice, "kovra init --passphrase-file none");
    let prompt = "New passphrase: ";
    let init = "kovra init --custody passphrase";
    book.at(&alice, init, &[(prompt, "")]);
    book.at(&alice, init, &[(prompt, "the passphrase"), (AGAIN, "another")]);
    let offer = ("Make one? [Y/n] ", "n");
    let typed = &[(prompt, "the passphrase"), (AGAIN, "the passphrase"), offer];
    let seat = alice.at_terminal(&["init", "--custody", "passphrase"], typed);
    alice.write("pass", "the passphrase");
    alice.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    book.knows(&alice);
    book.shown(&alice, init, typed, seat);
    book.at(&alice, "kovra pin set", &[]);
}

fn pins(book: &mut Book) {
    book.section("The PIN");
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    let prompt = "New PIN: ";
    book.run(&alice, "kovra pin set");
    book.at(&alice, "kovra pin set", &[(prompt, "2468-owner"), (AGAIN, "other")]);
    book.at(&alice, "kovra pin set", &[(prompt, "123")]);
    let set = [(prompt, "2468-owner"), (AGAIN, "2468-owner")];
    book.at(&alice, "kovra pin set", &set);
    let asked = (forge::people::ASKED, "");
    book.at(&alice, "kovra pin set", &[set[0], set[1], asked]);
}

fn empty(book: &mut Book) {
    book.section("Where nothing is yet");
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    for what in ["list", "peer list", "allow list", "refs list", "shared", "audit"] {
        book.run(&alice, &format!("kovra {what}"));
    }
    book.run(&alice, "kovra audit --verify");
}
