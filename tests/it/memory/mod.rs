//! What a command has in its memory once it has done with a value (`spec/threat-model.md` 6.1.1): nothing of
//! the value, of the keys that opened it, or of what was typed. Each is stopped there, by its first word,
//! which goes to a pipe that nobody reads.

#[cfg(all(feature = "aws", feature = "azure"))]
mod clouds;
mod keys;
mod process;

use forge::people::{ASKED, OPENS, PIN, Person, YES, kovra_path};
use process::{Needle, found_in, mute, mute_after_data, needle, nothing_is_left_at_terminal};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

const LOW: &str = "marker-of-a-low-value";
const HIGH: &str = "marker-of-a-high-value";
const OTHER: &str = "marker-of-another-value";
const PASSPHRASE: &str = "marker-of-a-passphrase";
const HIDDEN: &str = "(hidden): ";

/// Values and what is typed.
fn values() -> Vec<Needle> {
    let all = [LOW, HIGH, OTHER, PIN].into_iter().map(|value| needle(value, value));
    all.collect()
}

fn needles(person: &Person) -> Vec<Needle> {
    [values(), keys::of_key_file(person)].concat()
}

/// Alice with a PIN, two values and a peer; and Bob, who knows her.
fn two() -> (Person, Person) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_pin("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/a/low", LOW, &["--sensitivity", "low"]);
    alice.add("dev/a/high", HIGH, &["--sensitivity", "high"]);
    (alice, bob)
}

/// Stops each command at its first word.
#[track_caller]
fn nothing_is_left(person: &Person, commands: &[(&str, &str)]) {
    let needles = needles(person);
    for (command, input) in commands {
        let arguments: Vec<&str> = command.split(' ').collect();
        let found = mute(person, &arguments, input.as_bytes()).found(&needles);
        assert!(found.is_empty(), "kovra {command}: found {found:?}");
    }
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn what_is_in_use_is_found() {
    let (alice, _) = two();
    let needles = needles(&alice);
    // It is about to write the value.
    assert_eq!(mute(&alice, &["show", "dev/a/low"], b"").found(&needles), [LOW]);
    // It holds what was typed, and the keys, for as long as the question is open.
    let mut seat = alice.waits_at(&["set", "dev/a/high"], HIDDEN);
    seat.press_line(OTHER);
    seat.wait(ASKED);
    let mut expected = open_vault();
    expected.insert(0, OTHER.to_owned());
    assert_eq!(found_in(&seat, &needles), expected);
    seat.kill();
}

/// The keys of a vault that is open, with the two that they come from. What opened those is gone by then.
fn open_vault() -> Vec<String> {
    let both = ["the vault key", "the guard key"];
    let all = both.iter().chain(&keys::OF_VAULT).chain(&keys::OF_GUARD);
    all.map(|name| (*name).to_owned()).collect()
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn while_a_program_or_a_screen_is_asked_about_nothing_is_held_for_it() {
    let (alice, _) = two();
    alice.write(".env.refs", "A=secret:dev/a/low\nB=secret:dev/a/high\n");
    let seal = ["seal", "dev/a/high", "--to", "bob", "-o", "q.kovra", "--token-out", "q.token"];
    for command in [&["run", "--", "true"][..], &["show", "dev/a/high"], &seal] {
        let mut seat = alice.waits_at(command, ASKED);
        assert_eq!(found_in(&seat, &needles(&alice)), open_vault(), "{command:?}");
        seat.kill();
    }
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_new_vault_nothing_is_left() {
    let person = Person::new("carol");
    let made = mute(&person, &["init", "--key-file", "vault.key"], b"");
    made.has_none_of(&keys::of_key_file(&person));

    let person = Person::new("carol");
    let typed = [("(nothing for none): ", PIN), ("The same again: ", PIN)];
    let init = ["init", "--key-file", "vault.key", "--no-recovery-code"];
    nothing_is_left_at_terminal(&person, &init, &typed, || needles(&person));
    let person = Person::new("carol");
    let other = "marker-of-another-pin";
    let typed = [("(nothing for none): ", PIN), ("The same again: ", other)];
    let typed_twice = || vec![needle(PIN, PIN), needle(other, other)];
    nothing_is_left_at_terminal(&person, &init, &typed, typed_twice);
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_the_keys_before_nothing_is_left_once_there_are_others() {
    let (alice, _) = two();
    let before = needles(&alice);
    let rekey = ["rekey", "--new-key-file", "new.key"];
    nothing_is_left_at_terminal(&alice, &rekey, &[(ASKED, PIN)], || before);
}

/// Of what leads back in, of what it opened, and of the copy.
#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_way_back_in_and_a_backup_nothing_is_left() {
    let (alice, _) = two();
    crate::backup::way_back_in(&alice);
    let way = std::fs::read_to_string(alice.home().join("bob.txt")).unwrap();
    let way = way.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap();
    let secret = bech32::decode(way).unwrap().1;
    let way = [needle("the way back in", way), needle("its bytes", secret)];
    let before = [&needles(&alice)[..], &way].concat();
    mute(&alice, &["backup", "b.age"], b"").has_none_of(&before);
    alice.ok(&["backup", "whole.age"]);
    let verify = ["backup", "--verify", "whole.age", "--identity", "bob.txt"];
    mute(&alice, &verify, b"").has_none_of(&before);
    let pins = [("(nothing for none): ", PIN), ("The same again: ", PIN)];
    let from = ["--home", "put-back", "recover", "--from", "whole.age", "--identity", "bob.txt"];
    let from = [&from[..], &["--new-key-file", "put-back.key"]].concat();
    let typed = [&[("or nothing to end: ", "lives on")], &pins[..]].concat();
    nothing_is_left_at_terminal(&alice, &from, &typed, || before.clone());
    let recover = ["recover", "--identity", "bob.txt", "--new-key-file", "new.key"];
    nothing_is_left_at_terminal(&alice, &recover, &pins, || before);
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_statement_about_a_device_nothing_is_left() {
    let (alice, bob) = two();
    let claim = ["id", "add-device", &bob.id()];
    nothing_is_left_at_terminal(&alice, &claim, &[(ASKED, PIN)], || needles(&alice));
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_what_is_written_nothing_is_left() {
    let (alice, _) = two();
    nothing_is_left(
        &alice,
        &[
            ("add dev/n/a --stdin", OTHER),
            ("add dev/n/a --stdin", OTHER),
            ("set dev/a/low --stdin", OTHER),
            ("set dev/a/high --stdin", OTHER),
            ("edit dev/a/low --description x", ""),
            ("cp dev/a/low dev/n/c", ""),
            ("mv dev/n/c dev/n/d", ""),
            ("history dev/a/low", ""),
            ("restore dev/a/low 1", ""),
            ("rm dev/n/d", ""),
            ("add dev/n/op --stdin --project shop", HIGH),
            ("id", ""),
            ("list", ""),
            ("audit", ""),
            ("shared", ""),
            ("peer list", ""),
            ("allow list", ""),
        ],
    );
    let generated = mute(&alice, &["generate", "dev/n/g"], b"");
    let vault = alice.unlocked();
    let entries = vault.view().entries().unwrap();
    let entry = entries.iter().find(|entry| entry.coordinate.as_str() == "dev/n/g").unwrap();
    let value = vault.view().value(entry).unwrap();
    generated.has_none_of(&[vec![needle("it", value.expose())], needles(&alice)].concat());
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_what_the_owner_agrees_to_nothing_is_left() {
    let (alice, _) = two();
    let all = || needles(&alice);
    let yes = (ASKED, PIN);
    for (command, typed) in [
        ("add dev/n/a", &[(HIDDEN, OTHER)][..]),
        ("set dev/a/high", &[(HIDDEN, OTHER), yes]),
        ("set dev/a/high", &[(HIDDEN, OTHER), (ASKED, "marker-of-no-pin")]),
        ("restore dev/a/high 1", &[yes]),
        ("edit dev/a/high --sensitivity medium", &[yes]),
        ("cp dev/a/low prod/a/low", &[]),
        ("prune dev/a/high", &[yes]),
        ("peer confirm bob", &[]),
        ("allow add true", &[yes]),
        ("pin set", &[("New PIN: ", OTHER), ("The same again: ", OTHER), yes]),
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let wrong = || [vec![needle("what was typed", "marker-of-no-pin")], all()].concat();
        nothing_is_left_at_terminal(&alice, &arguments, typed, wrong);
    }
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_passphrase_nothing_is_left() {
    let mut person = Person::new("carol");
    let typed = [("New passphrase: ", PASSPHRASE), ("The same again: ", PASSPHRASE)];
    let file = person.write("passphrase", PASSPHRASE).to_string_lossy().into_owned();
    let passphrase = vec![needle(PASSPHRASE, PASSPHRASE)];
    let init = ["init", "--custody", "passphrase", "--no-recovery-code"];
    nothing_is_left_at_terminal(&person, &init, &typed, || passphrase);
    person.env.insert("KOVRA_PASSPHRASE_FILE".into(), file);
    person.add("dev/a/high", HIGH, &["--sensitivity", "high"]);
    let all = [values(), keys::of_passphrase(&person, PASSPHRASE)].concat();
    mute(&person, &["list"], b"").has_none_of(&all);
    mute(&person, &["id"], b"").has_none_of(&all);
    let wrong = keys::of_wrong_passphrase(&person, OTHER);

    person.env.remove("KOVRA_PASSPHRASE_FILE");
    let unlock = (OPENS, PASSPHRASE);
    let set = [unlock, (HIDDEN, OTHER), (YES, "y")];
    nothing_is_left_at_terminal(&person, &["list"], &[unlock], || all.clone());
    nothing_is_left_at_terminal(&person, &["set", "dev/a/high"], &set, || all.clone());
    let no = [(unlock.0, OTHER)];
    nothing_is_left_at_terminal(&person, &["list"], &no, || wrong);
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_package_nothing_is_left() {
    let (alice, bob) = two();
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let sealed = || [needles(&alice), keys::of_token(&alice)].concat();
    nothing_is_left_at_terminal(&alice, &seal, &[(ASKED, PIN)], sealed);
    for file in ["p.kovra", "p.token"] {
        alice.hand(&bob, file);
    }
    let all = [needles(&bob), keys::of_token(&bob)].concat();
    let import = ["import", "p.kovra", "--token", "p.token"];
    let dry_run = [&import[..], &["--dry-run"]].concat();
    for arguments in [
        &["verify", "p.kovra"][..],
        &["inspect", "p.kovra"],
        &["inspect", "p.kovra", "--token", "p.token"],
        &["import", "p.kovra"],
        &dry_run,
    ] {
        let found = mute(&bob, arguments, b"").found(&all);
        assert!(found.is_empty(), "kovra {arguments:?}: found {found:?}");
    }
    // What it would write it has, while it says so. Then it says that it has written it.
    let first = bob.ok(&dry_run).stdout.len();
    let held = [vec![LOW.to_owned(), HIGH.to_owned()], open_vault()].concat();
    assert_eq!(mute(&bob, &import, b"").found(&all), held);
    mute_after_data(&bob, first, &import).has_none_of(&all);
    let again = [&import[..], &["--receipt", "r"]].concat();
    mute(&bob, &again, b"").has_none_of(&all);
    bob.hand(&alice, "r");
    mute(&alice, &["receipt", "r"], b"").has_none_of(&sealed());
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_what_a_program_was_to_get_nothing_is_left() {
    let (alice, _) = two();
    alice.write(".env.refs", "A=secret:dev/a/low\n");
    let bad = alice.write("bad", "\x7fELF, and no more");
    std::fs::set_permissions(bad, Permissions::from_mode(0o755)).unwrap();
    nothing_is_left(&alice, &[("run -- ./bad", ""), ("run -- ./none", "")]);
    // The program that kovra has become holds the value, in its environment, and no key.
    let program = mute(&alice, &["run", "--", "sh", "-c", "echo; sleep 60"], b"");
    program.has_none_of(&keys::of_key_file(&alice));
}

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_a_copy_nothing_is_left() {
    let (mut alice, _) = two();
    let op = alice.write("op", format!("#!/bin/sh\nprintf %s {OTHER}\n"));
    std::fs::set_permissions(op, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", alice.home().display());
    alice.env.insert("PATH".into(), path);
    nothing_is_left(&alice, &[("import op://team/db/password --as dev/n/op", "")]);
}

/// The value is written, and nothing is left to be done but to end.
#[test]
#[ignore = "needs root, to read another's memory, and strace, to hold it at its end"]
fn of_what_was_shown_nothing_is_left() {
    let (alice, _) = two();
    let hold = "inject=exit_group:delay_enter=60000000";
    let mut command = alice.command("strace");
    command.args(["-o", "trace", "-e", "trace=exit_group", "-e", hold, kovra_path()]);
    let shown = command.args(["show", "dev/a/low"]).stdout(Stdio::piped()).spawn();
    let mut strace = shown.unwrap();
    let mut out = [0; LOW.len()];
    std::io::Read::read_exact(strace.stdout.as_mut().unwrap(), &mut out).unwrap();
    assert_eq!(out, LOW.as_bytes());
    let process = process::held_at_its_end(strace.id(), Instant::now() + Duration::from_secs(60));
    let found = process::found(process, &needles(&alice));
    assert!(strace.kill().is_ok() && strace.wait().is_ok());
    assert!(found.is_empty(), "found {found:?}");
}
