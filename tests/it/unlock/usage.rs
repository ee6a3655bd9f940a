//! What an unlocked vault gives, and what it asks about.

use super::{ASKED, FILE, Owner, needs_kernel};
use crate::policy::script;
use forge::people::{OPENS, PASSPHRASE, Person, kovra_path};

#[test]
fn a_passphrase_is_typed_once() {
    needs_kernel!();
    let owner = Owner::new();
    owner.fails(&["list"], 40);
    let session = owner.at_terminal(&["unlock"], &[(OPENS, PASSPHRASE)]);
    assert!(session.code == 0 && session.screen.contains("Unlocked until "), "{}", session.screen);
    assert!(session.screen.contains("takes it each time"), "{}", session.screen);
    assert!(owner.ok(&["list"]).stdout.contains("dev/a/high"));
    assert_eq!(owner.ok(&["show", "dev/a/low"]).stdout, "marker-low");
    assert_eq!(owner.ok(&["show", "dev/a/medium"]).stdout, "marker-medium");
    let ran = owner.ok(&["run", "--refs", "env", "--", "sh", "-c", "echo $A $B"]);
    assert_eq!(ran.stdout.trim(), "marker-low marker-inj");
    owner.set("dev/a/low", "another");
    owner.ok(&["rm", "dev/a/medium"]);
    assert_eq!(owner.ok(&["lock"]).stdout, "Locked.\n");
    assert!(owner.fails(&["list"], 40).contains("`kovra unlock` at a terminal"));
    assert!(owner.ok(&["lock"]).stdout.starts_with("Nothing was kept"));
    let unlocked = owner.with_file(&["audit", "--action", "unlock"]).stdout;
    assert!(unlocked.contains("person") && unlocked.contains("allowed"), "{unlocked}");
}

#[test]
fn the_rest_takes_the_passphrase_at_a_terminal() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    let show = ["show", "dev/a/high"];
    let session = owner.at_terminal(&show, &[(ASKED, "guess")]);
    assert!(session.code == 20 && !session.screen.contains("marker"), "{}", session.screen);
    let session = owner.at_terminal(&show, &[(ASKED, PASSPHRASE)]);
    assert!(session.code == 0 && session.screen.contains("marker-high"), "{}", session.screen);
    assert!(
        !session.screen.contains("y/N"),
        "what is kept was never just typed: {}",
        session.screen
    );
    let add = ["add", "dev/a/new", "--sensitivity", "high"];
    let session = owner.at_terminal(&add, &[("(hidden): ", "marker-new"), (ASKED, PASSPHRASE)]);
    assert!(session.code == 0 && session.screen.contains(WHY), "{}", session.screen);
    assert!(owner.ok(&["list"]).stdout.contains("dev/a/new"));
}

/// What is kept does not open all of it, and the doctor opens all.
#[test]
fn the_doctor_takes_the_passphrase() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    let session = owner.at_terminal(&["doctor"], &[(OPENS, PASSPHRASE)]);
    assert!(session.code == 1 && session.screen.contains("no backup"), "{}", session.screen);
    owner.fails(&["doctor"], 40);
}

/// A backup has every value, so it takes the passphrase, though nobody is asked about it otherwise.
#[test]
fn a_backup_takes_the_passphrase() {
    needs_kernel!();
    let owner = Owner::new();
    let secret = kovra::identity::AgreementSecret::from_bytes(&[7; 32]);
    let to = secret.public().to_age();
    let add = ["recovery", "add", "--to", &to, FILE[0], FILE[1]];
    assert_eq!(owner.at_terminal(&add, &[(ASKED, PASSPHRASE)]).code, 0);
    owner.with_file(&["unlock", "--for", "10m"]);
    owner.fails(&["backup", "b.age"], 40);
    assert!(!owner.home().join("b.age").exists());
    let session = owner.at_terminal(&["backup", "b.age"], &[(ASKED, PASSPHRASE)]);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(session.screen.contains("copy the whole vault"), "{}", session.screen);
    assert!(owner.home().join("b.age").exists());
}

const WHY: &str = "the vault is unlocked for a time, and this takes your passphrase";

/// What nobody is asked about otherwise is asked about then, in words of its own, and done once the owner has
/// answered.
#[test]
fn what_is_guarded_is_asked_about() {
    needs_kernel!();
    let owner = Owner::new();
    script(&owner, "tool");
    let bob = Person::with_vault("bob");
    let id = bob.id();
    for change in [
        &["allow", "add", "./tool"][..],
        &["refs", "trust", "high.refs"],
        &["peer", "add", "bob", &id],
    ] {
        let change = [change, &FILE].concat();
        assert_eq!(owner.at_terminal(&change, &[(ASKED, PASSPHRASE)]).code, 0, "{change:?}");
    }
    owner.with_file(&["edit", "dev/a/medium", "--sensitivity", "inject-only"]);
    let lower = ["edit", "dev/a/medium", "--sensitivity", "medium", FILE[0], FILE[1]];
    assert_eq!(owner.at_terminal(&lower, &[(ASKED, PASSPHRASE)]).code, 0);
    owner.with_file(&["unlock", "--for", "10m"]);
    let seal = ["seal", "dev/a/high", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let carol = Person::with_vault("carol").id();
    let guarded: [&[&str]; 9] = [
        &["run", "--refs", "high.refs", "--", "./tool"],
        &["set", "dev/a/medium", "--reference", "aws-sm://medium"],
        &["edit", "dev/a/low", "--sensitivity", "inject-only"],
        &["add", "prod/a/b", "--reference", "aws-sm://prod"],
        &["cp", "dev/a/medium", "dev/b/medium"],
        &["peer", "add", "carol", &carol, "--unconfirmed"],
        &["allow", "rm", "./tool"],
        &["refs", "distrust", "high.refs"],
        &["peer", "rm", "carol"],
    ];
    for arguments in guarded {
        let code = if arguments[0] == "run" { 125 } else { 40 };
        if arguments != guarded[8] {
            let said = owner.fails(arguments, code);
            assert!(said.contains("unlocked for what is neither high"), "{arguments:?}: {said}");
        }
        let session = owner.at_terminal(arguments, &[(ASKED, "")]);
        let no = if arguments[0] == "run" { 125 } else { 20 };
        assert!(
            session.code == no && session.screen.contains(WHY),
            "{arguments:?}: {}",
            session.screen
        );
        let session = owner.at_terminal(arguments, &[(ASKED, PASSPHRASE)]);
        assert_eq!(session.code, 0, "{arguments:?}: {}", session.screen);
    }
    let session = owner.at_terminal(&seal, &[(ASKED, PASSPHRASE)]);
    assert!(session.code == 0 && owner.home().join("p.kovra").exists(), "{}", session.screen);
    owner.hand(&bob, "p.kovra");
    owner.hand(&bob, "p.token");
    let vault = owner.with_file(&["id"]).stdout;
    bob.pin_key("alice", vault.trim());
    bob.ok(&["import", "p.kovra", "--token", "p.token"]);
}

/// A package for an unlocked vault: what is low goes in, what is high is asked about.
#[test]
fn an_import_asks_where_it_brings_what_is_protected() {
    needs_kernel!();
    let (owner, bob) = (Owner::new(), Person::with_vault("bob"));
    let add = ["peer", "add", "bob", &bob.id(), FILE[0], FILE[1]];
    assert_eq!(owner.at_terminal(&add, &[(ASKED, PASSPHRASE)]).code, 0);
    bob.pin_key("alice", owner.with_file(&["id"]).stdout.trim());
    bob.add("dev/b/low", "theirs", &["--sensitivity", "low"]);
    bob.add("dev/a/high", "marker-high", &["--sensitivity", "high"]);
    bob.add("dev/b/high", "marker-high", &["--sensitivity", "high"]);
    bob.ok(&["seal", "dev/b/low", "--to", "alice", "-o", "low.kovra"]);
    let high = ["seal", "dev/a/high", "dev/b/high", "--to", "alice", "-o", "high.kovra"];
    let high = [&high[..], &["--token-out", "high.token"]].concat();
    assert_eq!(bob.at_terminal(&high, &[("[y/N] ", "y")]).code, 0);
    for file in ["low.kovra", "high.kovra", "high.token"] {
        bob.hand(&owner, file);
    }
    owner.with_file(&["unlock", "--for", "10m"]);
    owner.ok(&["import", "low.kovra"]);
    let import = ["import", "high.kovra", "--token", "high.token"];
    owner.fails(&import, 40);
    let session = owner.at_terminal(&import, &[(ASKED, PASSPHRASE)]);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(session.screen.contains("same        dev/a/high"), "{}", session.screen);
    assert!(
        session.screen.contains("is unlocked for a time\n  dev/a/high\nGo on?"),
        "{}",
        session.screen
    );
    assert_eq!(session.screen.matches(ASKED).count(), 1, "{}", session.screen);
}

#[test]
fn an_agent_uses_what_is_unlocked_and_unlocks_nothing() {
    needs_kernel!();
    let mut owner = Owner::new();
    owner.0.env.insert("KOVRA_AGENT".into(), "1".into());
    assert_eq!(super::with_file(&owner, &["unlock"]).code, 20);
    let session = owner.sit(kovra_path(), &["unlock"]).end();
    assert!(session.code == 40 && !session.screen.contains(OPENS), "{}", session.screen);
    owner.fails(&["list"], 40);
    owner.0.env.remove("KOVRA_AGENT");
    owner.with_file(&["unlock", "--for", "10m"]);
    owner.0.env.insert("KOVRA_AGENT".into(), "1".into());
    let ran = owner.ok(&["run", "--refs", "env", "--", "sh", "-c", "echo $A"]);
    assert_eq!(ran.stdout.trim(), "marker-low");
    owner.fails(&["show", "dev/a/low"], 20);
    owner.fails(&["run", "--refs", "high.refs", "--", "true"], 125);
    assert_eq!(owner.at_terminal(&["show", "dev/a/high"], &[]).code, 20);
}

#[test]
fn a_time_is_a_minute_to_a_week() {
    let owner = Owner::new();
    for life in ["59s", "8d", "0s"] {
        let said = owner.fails(&["unlock", "--for", life, "--passphrase-file", "pass"], 2);
        assert!(said.contains("for 1 minute to 7 days"), "{said}");
    }
}

#[test]
fn what_opens_by_itself_needs_no_unlocking() {
    let person = Person::with_vault("alice");
    let ran = person.ok(&["unlock"]);
    assert!(ran.stderr.contains("a key file opens this vault for each command"), "{}", ran.stderr);
    assert!(person.ok(&["lock"]).stdout.starts_with("Nothing was kept"));
    assert_eq!(Person::new("bob").run(&["unlock"]).code, 1);
}

/// Nobody is asked for a secret where none is needed.
#[test]
fn what_needs_no_key_asks_for_none() {
    let (owner, bob) = (Owner::new(), Person::with_vault("bob"));
    bob.pin_key("alice", owner.with_file(&["id"]).stdout.trim());
    bob.add("dev/b/low", "theirs", &[]);
    bob.ok(&["seal", "dev/b/low", "--to", "alice", "-o", "p.kovra"]);
    bob.hand(&owner, "p.kovra");
    let id = bob.id();
    for arguments in [
        &["verify", "p.kovra", "--from", &id][..],
        &["inspect", "p.kovra", "--diag"],
        &["help"],
        &["show", "--help"],
        &["--version"],
        &["lock"],
    ] {
        let session = owner.sit(kovra_path(), arguments).end();
        assert_eq!(session.code, 0, "{arguments:?}: {}", session.screen);
        assert!(!session.screen.contains("assphrase of the vault"), "{}", session.screen);
    }
    let ran = owner.ok(&["inspect", "p.kovra"]);
    assert!(ran.stdout.contains("intact, signed by"), "{}", ran.stdout);
    assert!(ran.stderr.contains("the vault is locked by a passphrase"), "{}", ran.stderr);
}
