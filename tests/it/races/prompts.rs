//! A question is open while what it is about changes. And many who guess a PIN
//! at once.

use crate::vault_file::fold;
use forge::people::Person;
use std::path::Path;

const PIN: &str = "2468-owner";
const ASKED: &str = "PIN of the vault, or nothing for no: ";

#[test]
fn a_value_that_became_more_secret_is_not_shown() {
    for (other, code) in [
        (&["edit", "dev/a/b", "--sensitivity", "inject-only"][..], &[20, 21][..]),
        (&["rm", "dev/a/b"], &[1, 21]),
    ] {
        let person = Person::with_vault("alice");
        person.add("dev/a/b", "marker", &["--sensitivity", "high"]);
        let waits = person.waits_at(&["show", "dev/a/b"], "[y/N]");
        person.owner_ok(other);
        let session = waits.then_answers("y");
        assert!(code.contains(&session.code), "{other:?}: {}", session.screen);
        assert!(!session.screen.contains("marker"), "{other:?}: {}", session.screen);
    }
}

#[test]
fn a_value_that_was_rotated_is_not_given_to_a_process_or_a_package() {
    let bob = Person::with_vault("bob");
    let seal = ["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    for (waiting, code) in [(&["run", "--", "sh", "-c", "echo $A"][..], 125), (&seal[..], 21)] {
        let person = Person::with_vault("alice");
        person.pin(&bob);
        person.add("dev/a/b", "marker", &["--sensitivity", "high"]);
        person.write(".env.refs", "A=secret:dev/a/b\n");
        let waits = person.waits_at(waiting, "[y/N]");
        person.owner_ok(&["edit", "dev/a/b", "--sensitivity", "inject-only"]);
        person.owner_sets("dev/a/b", "rotated");
        let session = waits.then_answers("y");
        assert_eq!(session.code, code, "{waiting:?}: {}", session.screen);
        assert!(!session.screen.contains("marker"), "{waiting:?}: {}", session.screen);
        let there = ["p.kovra", "p.token"].map(|file| person.home().join(file).exists());
        assert_eq!(there, [false; 2]);
    }
}

/// It is asked about one entry, and another that goes with it is made anew: with the same number, if all
/// before was erased.
#[test]
fn an_entry_that_was_made_anew_is_not_given_to_a_process() {
    for again in [&[][..], &["--sensitivity", "high"]] {
        let person = Person::with_vault("alice");
        person.add("dev/a/low", "marker-low", &["--sensitivity", "low"]);
        person.add("dev/a/high", "marker-high", &["--sensitivity", "high"]);
        person.write(".env.refs", "A=secret:dev/a/low\nB=secret:dev/a/high\n");
        let run = ["run", "--", "sh", "-c", "echo started $A $B"];
        let waits = person.waits_at(&run, "[y/N]");
        person.ok(&["rm", "dev/a/low"]);
        let session = person.at_terminal(&["prune", "dev/a/low"], &[("[y/N]", "y")]);
        assert_eq!(session.code, 0, "{}", session.screen);
        person.add("dev/a/low", "marker-anew", again);
        let session = waits.then_answers("y");
        assert_eq!(session.code, 125, "{again:?}: {}", session.screen);
        let said = ["started", "marker-", "damaged"].map(|word| {
            session
                .screen
                .lines()
                .skip_while(|line| !line.contains("[y/N]"))
                .any(|l| l.contains(word))
        });
        assert_eq!(said, [false; 3], "{again:?}: {}", session.screen);
        assert_eq!(person.ok(&["list", "--json"]).stderr, "");
        person.ok(&["audit", "--verify"]);
    }
}

#[test]
fn a_peer_that_is_exchanged_while_a_seal_is_asked_about_gets_nothing() {
    let (person, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    let mallory = Person::with_vault("mallory").id();
    person.pin(&bob);
    person.add("dev/a/b", "marker", &["--sensitivity", "high"]);
    let seal = ["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let waits = person.waits_at(&seal, "[y/N]");
    person.ok(&["peer", "rm", "bob"]);
    let _ = person.at_terminal(&["peer", "add", "bob", &mallory], &[]);
    let session = waits.then_answers("y");
    assert!([1, 21].contains(&session.code), "{}", session.screen);
    assert!(!person.home().join("p.kovra").exists() && !person.home().join("p.token").exists());
    let shared = person.ok(&["shared", "--json"]).stdout;
    assert_eq!(shared.trim(), "[]", "nothing is on record that is not there");
}

/// A package that came to be imported otherwise, while it was asked about.
#[test]
fn a_package_is_not_imported_twice_through_an_open_question() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    bob.add("dev/a/b", "theirs", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "p.kovra"]);
    bob.hand(&alice, "p.kovra");
    alice.add("dev/a/b", "mine", &[]);
    let waits = alice.waits_at(&["import", "p.kovra"], "[y/N]");
    alice.ok(&["import", "p.kovra", "--project", "shop"]);
    let session = waits.then_answers("y");
    assert!([19, 21].contains(&session.code), "{}", session.screen);
    assert_eq!(alice.ok(&["show", "dev/a/b"]).stdout, "mine");

    // Its sender is no peer any more.
    let alice = Person::with_vault("alice");
    alice.pin(&bob);
    bob.ok(&["peer", "rm", "alice"]);
    bob.pin(&alice);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "q.kovra"]);
    bob.hand(&alice, "q.kovra");
    alice.add("dev/a/b", "mine", &[]);
    let waits = alice.waits_at(&["import", "q.kovra"], "[y/N]");
    alice.ok(&["peer", "rm", "bob"]);
    let session = waits.then_answers("y");
    assert!([14, 21].contains(&session.code), "{}", session.screen);
    assert_eq!(alice.ok(&["show", "dev/a/b"]).stdout, "mine");
}

/// A person whose vault has a PIN, and a value behind it.
fn owner() -> Person {
    let person = Person::with_vault("alice");
    let typed = [("New PIN: ", PIN), ("The same again: ", PIN)];
    assert_eq!(person.at_terminal(&["pin", "set"], &typed).code, 0);
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    person
}

/// Opens so many prompts first, and types then; the guess of one is the PIN. Gives how many guesses
/// were judged, how many had to wait, and how many values were shown.
fn guess_at_once(prompts: usize, right: Option<usize>) -> [usize; 3] {
    let person = owner();
    let show = ["show", "dev/a/high"];
    let mut seated: Vec<_> = (0..prompts).map(|_| person.waits_at(&show, ASKED)).collect();
    for (n, seat) in seated.iter_mut().enumerate() {
        seat.press_line(if right == Some(n) { PIN } else { "guess" });
    }
    let mut counts = [0; 3];
    for seat in seated {
        let session = seat.end();
        let kinds = ["not the vault's PIN", "too many wrong tries", "marker"];
        let kind = kinds.iter().position(|words| session.screen.contains(words));
        counts[kind.unwrap_or_else(|| panic!("{}", session.screen))] += 1;
        assert_eq!(session.code == 0, kind == Some(2), "{}", session.screen);
    }
    counts
}

#[test]
fn forty_prompts_are_five_guesses() {
    let [judged, waited, shown] = guess_at_once(40, None);
    assert_eq!([judged, waited, shown], [5, 35, 0]);
}

/// If the right one is among the first, they start again from there.
#[test]
fn forty_prompts_with_the_right_one_are_at_most_nine_wrong_guesses() {
    for place in [0, 3, 30] {
        let [judged, waited, shown] = guess_at_once(40, Some(place));
        assert_eq!(judged + waited + shown, 40);
        assert!(
            shown <= 1 && judged <= if shown == 1 { 9 } else { 5 },
            "{judged} {waited} {shown}"
        );
    }
}

/// By a copy that is put back, say. What is written must not go to files that have lost their names, and be
/// called done.
#[test]
fn a_vault_that_is_replaced_while_something_is_asked_is_left_as_it_is() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "marker", &["--sensitivity", "high"]);
    person.add("dev/a/c", "earlier", &[]);
    person.set("dev/a/c", "marker-2");
    fold(&person);
    let whole = person.ok(&["list", "--json"]).stdout;
    for names in [&["vault.db"][..], &["vault.db-wal"], &["vault.db-shm"], &VAULT] {
        for command in [
            &["edit", "dev/a/b", "--sensitivity", "low"][..],
            &["prune", "dev/a/c"],
            &["show", "dev/a/b"],
        ] {
            let person = person.twin();
            let waits = person.waits_at(command, "[y/N]");
            names.iter().for_each(|name| replace(&person.vault().with_file_name(name)));
            let session = waits.then_answers("y");
            assert_eq!(session.code, 21, "{names:?} {command:?}: {}", session.screen);
            assert!(!session.screen.contains("marker"), "{}", session.screen);
            assert_eq!(person.ok(&["list", "--json"]).stdout, whole, "{names:?} {command:?}");
            person.ok(&["audit", "--verify"]);
        }
    }
}

const VAULT: [&str; 3] = ["vault.db", "vault.db-wal", "vault.db-shm"];

/// The same bytes in a new file of this name.
fn replace(path: &Path) {
    let copy = path.with_extension("copy");
    std::fs::copy(path, &copy).unwrap();
    std::fs::rename(&copy, path).unwrap();
}
