//! Races for what an owner decides: peers, the allowlist, the PIN, receipts.

use super::{rounds, succeeded};
use forge::people::{ASKED, PIN, Person, kovra_path};
use serde_json::Value;
use std::sync::Barrier;

/// Commands that are started at once, and how each ended.
fn at_once<const N: usize>(person: &Person, commands: [&[&str]; N]) -> [u32; N] {
    let barrier = Barrier::new(N);
    let (prompt, yes) = person.yes();
    let run = |arguments: &[&str]| {
        barrier.wait();
        person.sit(kovra_path(), arguments).answer_always(prompt, yes).code
    };
    std::thread::scope(|threads| {
        commands.map(|arguments| threads.spawn(move || run(arguments))).map(|t| t.join().unwrap())
    })
}

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

/// The peers' names and keys.
fn peers(person: &Person) -> Vec<(String, String)> {
    let listed = json(person, &["peer", "list", "--json"]);
    let name = |peer: &Value| peer["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = listed.as_array().unwrap().iter().map(name).collect();
    let key = |name: &String| person.ok(&["peer", "show", name]).stdout.trim().to_owned();
    names.iter().map(|name| (name.clone(), key(name))).collect()
}

/// Two with one name, one with two names: whoever is first keeps it.
#[test]
fn a_peer_is_never_exchanged_by_who_comes_second() {
    let alice = Person::with_vault("alice");
    let [bob, mallory] = ["bob", "mallory"].map(|name| Person::with_vault(name).id());
    for _ in 0..rounds() * 5 {
        let person = alice.twin();
        let codes =
            at_once(&person, [&["peer", "add", "bob", &bob], &["peer", "add", "bob", &mallory]]);
        let done = codes.map(|code| succeeded(code, "peer add"));
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{codes:?}");
        let key = if done[0] { &bob } else { &mallory };
        assert_eq!(peers(&person), [("bob".to_owned(), key.clone())]);

        let person = alice.twin();
        let codes =
            at_once(&person, [&["peer", "add", "bob", &bob], &["peer", "add", "robert", &bob]]);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
        assert_eq!(peers(&person).len(), 1);
    }
}

#[test]
fn peers_come_and_go_at_once() {
    let alice = Person::with_vault("alice");
    let [bob, carol] = ["bob", "carol"].map(|name| Person::with_vault(name).id());
    alice.ok(&["peer", "add", "bob", &bob]);
    for _ in 0..rounds() * 5 {
        let person = alice.twin();
        let codes = at_once(&person, [&["peer", "rm", "bob"], &["peer", "add", "carol", &carol]]);
        assert_eq!(codes, [0, 0], "they are two peers");
        assert_eq!(peers(&person), [("carol".to_owned(), carol.clone())]);

        let person = alice.twin();
        let codes = at_once(&person, [&["peer", "rm", "bob"], &["peer", "rm", "bob"]]);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
        assert_eq!(peers(&person), []);

        let person = alice.twin();
        at_once(&person, [&["peer", "rm", "bob"], &["peer", "add", "bob", &bob]]);
        assert!(peers(&person).iter().all(|(_, key)| *key == bob));
    }
}

/// The question was about the peer that was there.
#[test]
fn a_rotation_is_confirmed_of_the_peer_that_was_asked_about() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let mallory = Person::with_vault("mallory").id();
    alice.pin(&bob);
    bob.pin(&alice);
    bob.add("dev/a/b", "x", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "bob.kovra"]);
    bob.hand(&alice, "bob.kovra");
    let id = bob.id();
    alice.ok(&["peer", "rm", "bob"]);
    // The name is free, and is taken by another while the question is open.
    let from = ["peer", "add", "bob", "--from", "bob.kovra"];
    let waits = alice.waits_at(&from, ASKED);
    // The name was known, with another key.
    alice.fails(&["peer", "add", "bob", &mallory], 14);
    alice.owner_ok(&["peer", "add", "bob", &mallory]);
    let between = peers(&alice);
    let session = waits.then_answers(PIN);
    assert_eq!(session.code, 21, "{}", session.screen);
    assert_eq!(peers(&alice), between);
    // Its first key is shown to somebody who meanwhile has it gone.
    let person = Person::with_pin("alice");
    person.ok(&["peer", "add", "bob", &id]);
    let rotated = crate::owner::rotated_id(&bob);
    let waits = person.waits_at(&["peer", "add", "bob", &rotated], ASKED);
    person.ok(&["peer", "rm", "bob"]);
    let session = waits.then_answers(PIN);
    assert_eq!(session.code, 21, "{}", session.screen);
    assert_eq!(peers(&person), []);
}

fn program(person: &Person, name: &str) {
    let path = person.write(name, "#!/bin/sh\n");
    assert!(person.command("chmod").arg("+x").arg(path).status().unwrap().success());
}

fn allowed(person: &Person) -> usize {
    json(person, &["allow", "list", "--json"]).as_array().unwrap().len()
}

#[test]
fn programs_are_allowed_and_not_any_more_at_once() {
    let alice = Person::with_pin("alice");
    ["one", "two"].iter().for_each(|name| program(&alice, name));
    for _ in 0..rounds() * 5 {
        let person = alice.twin();
        let codes = at_once(&person, [&["allow", "add", "./one"], &["allow", "add", "./two"]]);
        assert_eq!((codes, allowed(&person)), ([0, 0], 2), "they are two programs");
        let codes = at_once(&person, [&["allow", "rm", "./one"], &["allow", "rm", "./one"]]);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
        assert_eq!(allowed(&person), 1);
        at_once(&person, [&["allow", "add", "./two"], &["allow", "rm", "./two"]]);
        assert!(allowed(&person) <= 1);
    }
}

/// What was shown is what is allowed, and a no in between stays a no.
#[test]
fn a_program_that_changes_while_it_is_asked_about_is_not_allowed() {
    let person = Person::with_pin("alice");
    program(&person, "tool");
    let add = ["allow", "add", "./tool"];
    let waits = person.waits_at(&add, ASKED);
    std::fs::write(person.home().join("tool"), "#!/bin/sh\necho stolen\n").unwrap();
    let session = waits.then_answers(PIN);
    assert_eq!((session.code, allowed(&person)), (21, 0), "{}", session.screen);

    let person = Person::with_pin("alice");
    program(&person, "tool");
    person.owner_ok(&add);
    std::fs::write(person.home().join("tool"), "#!/bin/sh\necho newer\n").unwrap();
    let waits = person.waits_at(&add, ASKED);
    person.ok(&["allow", "rm", "./tool"]);
    let session = waits.then_answers(PIN);
    assert_eq!((session.code, allowed(&person)), (21, 0), "{}", session.screen);
}

/// The first PIN was set by nobody's leave; the second one needs the first.
#[test]
fn a_pin_is_not_exchanged_by_who_did_not_know_it() {
    let person = Person::with_vault("alice");
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let mut waits = person.waits_at(&["pin", "set"], "New PIN: ");
    let mine = [("New PIN: ", "mine"), ("The same again: ", "mine")];
    assert_eq!(person.at_terminal(&["pin", "set"], &mine).code, 0);
    waits.press_line("theirs");
    waits.wait("The same again: ");
    waits.press_line("theirs");
    let session = waits.answer_always("for no: ", "theirs");
    assert!([20, 21].contains(&session.code), "{}", session.screen);
    let show = ["show", "dev/a/high"];
    let asked = "PIN of the vault, or nothing for no: ";
    let session = person.at_terminal(&show, &[(asked, "mine")]);
    assert!(session.code == 0 && session.screen.contains("marker"), "{}", session.screen);

    // An exchange that was proven by the PIN of before.
    let mut waits = person.waits_at(&["pin", "set"], "New PIN: ");
    waits.press_line("later");
    waits.wait("The same again: ");
    waits.press_line("later");
    waits.wait(asked);
    let first = [("New PIN: ", "first"), ("The same again: ", "first"), (asked, "mine")];
    assert_eq!(person.at_terminal(&["pin", "set"], &first).code, 0);
    let session = waits.then_answers("mine");
    assert!([20, 21].contains(&session.code), "{}", session.screen);
    let session = person.at_terminal(&show, &[(asked, "first")]);
    assert!(session.code == 0 && session.screen.contains("marker"), "{}", session.screen);
}

/// The question was whether anybody at this terminal agrees, and by then it takes the owner.
#[test]
fn a_yes_is_none_once_there_is_a_pin() {
    let person = Person::with_vault("alice");
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let waits = person.waits_at(&["show", "dev/a/high"], "[y/N]");
    let pin = [("New PIN: ", "2468"), ("The same again: ", "2468")];
    assert_eq!(person.at_terminal(&["pin", "set"], &pin).code, 0);
    let session = waits.then_answers("y");
    assert!(session.code == 21 && !session.screen.contains("marker"), "{}", session.screen);
    person.ok(&["audit", "--verify"]);
}

/// Both are in one row.
#[test]
fn two_receipts_of_one_package_are_both_recorded() {
    let alice = Person::with_vault("alice");
    let others = ["bob", "carol"].map(Person::with_vault);
    for other in &others {
        alice.pin(other);
        other.pin(&alice);
    }
    alice.add("dev/a/b", "x", &[]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "--to", "carol", "-o", "p.kovra"]);
    for other in &others {
        alice.hand(other, "p.kovra");
        let receipt = format!("{}.receipt", other.name);
        other.ok(&["import", "p.kovra", "--receipt", &receipt]);
        other.hand(&alice, &receipt);
    }
    for _ in 0..rounds() * 5 {
        let person = alice.twin();
        let receipts: [&[&str]; 2] = [&["receipt", "bob.receipt"], &["receipt", "carol.receipt"]];
        let codes = at_once(&person, receipts);
        for (code, arguments) in codes.into_iter().zip(receipts) {
            if !succeeded(code, "receipt") {
                person.ok(arguments);
            }
        }
        let shared = json(&person, &["shared", "--json"]);
        let items = shared.as_array().unwrap();
        assert!(
            items.len() == 2 && items.iter().all(|item| item["imported"].is_string()),
            "{shared:#}"
        );

        let person = alice.twin();
        let codes = at_once(&person, [&["receipt", "bob.receipt"], &["peer", "rm", "carol"]]);
        assert_eq!(codes[1], 0);
        assert!(codes[0] == 0 || codes[0] == 21, "{codes:?}");
        assert_eq!(peers(&person).len(), 1);
    }
}
