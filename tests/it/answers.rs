//! Answers that are true and useful: what failed, where, and what to do next.

use bech32::Bech32m;
use bech32::primitives::decode::CheckedHrpstring;
use forge::people::{OPENS, Person};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_was_removed_and_what_only_a_project_has_is_said() {
    let person = Person::with_vault("alice");
    person.add("dev/a/gone", "x", &[]);
    person.ok(&["rm", "dev/a/gone"]);
    person.add("dev/a/shop", "x", &["--project", "shop"]);
    for command in ["show", "edit", "rm"] {
        let more: &[&str] = if command == "edit" { &["--description", "x"] } else { &[] };
        let said = person.fails(&[&[command, "dev/a/gone"], more].concat(), 1);
        assert!(said.contains("dev/a/gone was removed"), "{said}");
        assert!(said.contains("`kovra restore dev/a/gone 1` brings it back"), "{said}");
        let said = person.fails(&[&[command, "dev/a/shop"], more].concat(), 1);
        assert!(said.contains("project shop has it") && said.contains("--project shop"), "{said}");
        let said = person.fails(&[&[command, "dev/no/such"], more].concat(), 1);
        assert!(said.contains("is not in the vault") && said.contains("kovra list"), "{said}");
    }
}

#[test]
fn a_name_that_nobody_has_or_had_is_an_error_and_no_filter() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/b", "x", &[]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
    for typo in [
        &["shared", "--peer", "bobb"][..],
        &["audit", "--peer", "bobb"],
        &["audit", "--coordinate", "dev/a/bb"],
    ] {
        let said = alice.fails(typo, 1);
        assert!(said.contains("hint: "), "{said}");
    }
    alice.ok(&["peer", "rm", "bob"]);
    alice.ok(&["rm", "dev/a/b"]);
    alice.ok(&["shared", "--peer", "bob"]);
    alice.ok(&["audit", "--peer", "bob"]);
    alice.ok(&["audit", "--coordinate", "dev/a/b"]);
}

/// Each unlocking is a passphrase.
#[test]
fn the_trail_is_asked_for_one_passphrase() {
    let person = Person::new("alice");
    let typed = [("New passphrase: ", "the passphrase"), ("The same again: ", "the passphrase")];
    assert_eq!(
        person.at_terminal(&["init", "--custody", "passphrase", "--no-recovery-code"], &typed).code,
        0
    );
    for typo in [["--peer", "bobb"], ["--coordinate", "dev/a/bb"]] {
        let audit = [&["audit"], &typo[..]].concat();
        let asked = [(OPENS, "the passphrase")];
        let session = person.at_terminal(&audit, &asked);
        assert_eq!(session.code, 1, "{}", session.screen);
        assert_eq!(session.screen.matches("Passphrase of the vault").count(), 1);
    }
}

#[test]
fn a_package_by_another_peer_than_was_asked_for_says_by_whom() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    let carol = Person::with_vault("carol");
    alice.pin(&bob);
    alice.pin(&carol);
    bob.pin(&alice);
    bob.add("dev/a/b", "x", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "p.kovra"]);
    bob.hand(&alice, "p.kovra");
    let ran = alice.run(&["verify", "p.kovra", "--from", "carol"]).expect(&["verify"], 14);
    let refused = "error: untrusted sender: it was sealed by bob, not by carol\n";
    assert!(ran.stderr.starts_with(refused), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("not by whom you asked for: it was sealed by bob."),
        "{}",
        ran.stdout
    );
}

/// Nobody was asked for, and so nobody else was found.
#[test]
fn a_package_by_a_peer_who_was_never_confirmed_says_so() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    bob.pin(&alice);
    bob.add("dev/a/b", "x", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "p.kovra"]);
    bob.hand(&alice, "p.kovra");
    alice.ok(&["peer", "add", "bob", &bob.id()]);
    let ran = alice.run(&["verify", "p.kovra"]).expect(&["verify"], 14);
    assert!(ran.stdout.starts_with("Intact, but sealed by bob, who was never confirmed.\n"));
    assert!(ran.stderr.contains("bob was never confirmed as a sender"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`kovra peer confirm bob`"), "{}", ran.stderr);
    alice.owner_ok(&["peer", "confirm", "bob"]);
    alice.ok(&["verify", "p.kovra"]);
}

#[test]
fn prod_is_sealed_without_its_values_if_that_is_wanted() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("prod/a/b", "x", &[]);
    alice.ok(&["add", "prod/a/c", "--reference", "aws-sm://x"]);
    let seal = ["seal", "--env", "prod", "--to", "bob", "-o", "p.kovra", "--token-out", "t"];
    let said = alice.fails(&seal, 20);
    assert!(said.contains("--pointers-only"), "{said}");
    let ran = alice.ok(&[&seal[..], &["--pointers-only"]].concat());
    assert!(ran.stdout.contains("prod/a/c") && !ran.stdout.contains("prod/a/b"), "{}", ran.stdout);
    alice.fails(&["seal", "prod/a/b", "--to", "bob", "-o", "q", "--pointers-only"], 1);
}

#[test]
fn what_other_tools_call_it_gets_our_word_for_it() {
    let person = Person::new("alice");
    let home = person.vault();
    let home = home.to_str().unwrap();
    for (typed, meant, code) in [
        (&["get", "dev/a/b"][..], "`kovra show`", 2),
        (&["delete", "dev/a/b"], "`kovra rm`", 2),
        (&["exec", "ls"], "`kovra run -- COMMAND`", 2),
        (&["ls"], "`kovra list`", 2),
        (&["trust", "x"], "`kovra refs trust`", 2),
        (&["peer", "ls"], "`kovra peer list`", 2),
        (&["peer", "remove", "bob"], "`kovra peer rm`", 2),
        (&["peer", "mv", "bob", "b"], "`kovra peer rename`", 2),
        (&["run", "./server"], "`kovra run -- COMMAND`", 125),
        (&["--home", home, "run", "ls", "-l"], "`kovra run -- COMMAND`", 125),
        (&["run", "--", "ls", "--env"], "--refs names another file", 125),
        (&["run", "--jsn", "--", "ls"], "unexpected argument --jsn found", 125),
        (&["run"], "kovra run -- <COMMAND>...", 125),
        (&["lst"], "did you mean list?", 2),
        (&["list", "--jsn"], "did you mean --json?", 2),
        (&["list", "dev"], "`kovra list --env dev`", 2),
        (&["shared", "bob"], "`kovra shared --peer bob`", 2),
        (&["audit", "dev/a/b"], "`kovra audit --coordinate dev/a/b`", 2),
    ] {
        let said = person.fails(typed, code);
        assert!(said.contains(meant), "{typed:?}: {said}");
    }
}

/// Who typed a secret where none belongs has it in the history of a shell; kovra does not add a log to it.
#[test]
fn a_value_that_is_typed_as_an_argument_is_not_shown_again() {
    let person = Person::new("alice");
    for typed in [
        &["add", "dev/a/b", "hunter2"][..],
        &["set", "dev/a/b", "hunter2"],
        &["add", "dev/a/b=hunter2"],
    ] {
        let said = person.fails(typed, 2);
        assert!(said.contains("--stdin") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn usage_does_not_demand_what_the_environment_has_set() {
    let mut person = Person::new("alice");
    for (variable, value) in
        [("KOVRA_HOME", "v"), ("KOVRA_KEY_FILE", "k"), ("KOVRA_AZURE_CLOUD", "public")]
    {
        person.env.insert(variable.into(), value.into());
    }
    for (typed, usage, code) in [
        (&["show"][..], "Usage: kovra show <COORD>\n", 2),
        (&["run"], "Usage: kovra run -- <COMMAND>...\n", 125),
        (&["mv", "dev/a/b"], "Usage: kovra mv <COORD> <NEW>\n", 2),
        (&["peer", "add"], "Usage: kovra peer add [OPTIONS] <NAME> <KEY|--from <FILE>>\n", 2),
        (
            &["edit", "dev/a/b"],
            "Usage: kovra edit <--sensitivity <LEVEL>|--description <TEXT>> <COORD>\n",
            2,
        ),
    ] {
        let said = person.fails(typed, code);
        assert!(said.contains(usage), "{said}");
    }
    assert!(person.ok(&["show", "--help"]).stdout.contains("KOVRA_HOME]"));
    person.env.insert("KOVRA_AZURE_CLOUD".into(), "mars".into());
    let said = person.fails(&["whoami"], 2);
    assert!(said.contains("an Azure cloud is public, china or usgov"), "{said}");
}

#[test]
fn who_else_has_an_entry_and_what_was_removed_elsewhere_is_said_as_theirs() {
    let person = Person::with_vault("alice");
    for project in ["shop", "other"] {
        person.add("dev/a/b", "x", &["--project", project]);
    }
    person.add("dev/a/c", "x", &[]);
    let show = |at: &str, project: &str| match project {
        "" => person.fails(&["show", at], 1),
        name => person.fails(&["show", at, "--project", name], 1),
    };
    let has = |said: String, what: &str, hint: &str| {
        assert!(said.contains(what) && said.contains(hint), "{said}");
    };
    has(show("dev/a/b", ""), "projects other, shop have it", "--project other names that one");
    let removed = person.ok(&["rm", "dev/a/b", "--project", "shop"]).stderr;
    has(
        removed,
        "`kovra restore dev/a/b 1 --project shop`",
        "`kovra history dev/a/b --project shop`",
    );
    has(show("dev/a/b", ""), "globally; project other has it", "--project other names that one");
    let said = show("dev/a/b", "shop");
    has(
        said,
        "was removed from project shop; project other has it",
        "restore dev/a/b 1 --project shop`",
    );
    person.ok(&["rm", "dev/a/b", "--project", "other"]);
    has(
        show("dev/a/b", ""),
        "is not in the vault; that of project other was removed",
        "1 --project other`",
    );
    has(show("qa/a/c", ""), "qa/a/c is not in the vault; dev has it", "`kovra list`");
    let target = |command: &str| person.fails(&[command, "dev/a/c", "--project", "shop"], 1);
    has(target("rm"), "for project shop; there is a global one", "without --project");
    has(target("history"), "for project shop; there is a global one", "without --project");
    person.ok(&["rm", "dev/a/c"]);
    has(
        target("prune"),
        "for project shop; the global one was removed",
        "`kovra restore dev/a/c 1`",
    );
    person.ok(&["restore", "dev/a/b", "1", "--project", "shop"]);
    person.ok(&["show", "dev/a/b", "--project", "shop"]);
}

#[test]
fn all_that_a_file_lacks_is_said_at_once() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "x", &[]);
    person.add("dev/a/gone", "x", &[]);
    person.ok(&["rm", "dev/a/gone"]);
    person.write(
        ".env.refs",
        "# lines\nA=secret:qa/a/b\nB=secret:dev/a/gone\nC=${env:NOT_SET}\nD=secret:dev/a/b\n",
    );
    let said = person.fails(&["run", "--", "true"], 125);
    let lines = [
        "A (line 2): qa/a/b is not in the vault; dev has it",
        "B (line 3): dev/a/gone was removed",
        "C (line 4): NOT_SET is not set and has no fallback",
    ];
    assert!(lines.iter().all(|line| said.contains(line)) && !said.contains("D ("), "{said}");
    person.write(".env.refs", "B=secret:dev/a/gone\n");
    let said = person.fails(&["run", "--", "true"], 125);
    assert!(said.contains("`kovra restore dev/a/gone 1`"), "{said}");
}

#[test]
fn what_has_a_name_already_is_said_by_what_can_be_done() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "x", &[]);
    person.add("dev/a/c", "x", &[]);
    assert!(person.fails(&["add", "dev/a/b"], 21).contains("`kovra set dev/a/b`"));
    for command in ["mv", "cp"] {
        let said = person.fails(&[command, "dev/a/b", "dev/a/c"], 21);
        assert!(said.contains("`kovra rm dev/a/c` first"), "{said}");
    }
    let said = person.fails(&["materialize", "--env", "dve"], 1);
    assert!(said.contains("env dve (there are dev)"), "{said}");
}

/// 200 entries, one reason.
#[test]
fn one_cause_is_said_once() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    for n in 0..30 {
        alice.add(&format!("dev/a/k{n:02}"), "x", &["--sensitivity", "high"]);
    }
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p", "--token-out", "t"];
    let said = alice.fails(&seal, 20);
    assert_eq!(said.matches("it needs a person's yes").count(), 1, "{said}");
    assert!(said.contains("dev/a/k00, dev/a/k01, dev/a/k02, dev/a/k03 and 26 more: "), "{said}");
}

#[test]
fn prod_literals_are_refused_before_a_token_is_asked_for() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("prod/a/b", "x", &[]);
    let said = alice.fails(&["seal", "--env", "prod", "--to", "bob", "-o", "p"], 20);
    assert!(said.contains("--pointers-only") && !said.contains("--token-out"), "{said}");
}

#[test]
fn a_dry_run_without_the_token_shows_what_can_be_shown() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    bob.set_pin();
    bob.add("dev/a/plain", "x", &[]);
    bob.add("dev/a/high", "x", &["--sensitivity", "high"]);
    bob.owner_ok(&["seal", "--env", "dev", "--to", "alice", "-o", "p.kovra", "--token-out", "t"]);
    bob.hand(&alice, "p.kovra");
    let ran = alice.ok(&["import", "p.kovra", "--dry-run"]);
    assert!(
        ran.stdout.contains("dev/a/plain") && !ran.stdout.contains("dev/a/high"),
        "{}",
        ran.stdout
    );
    let closed = "1 high literal stays closed (--token FILE opens what is high).";
    assert!(ran.stderr.contains(closed), "{}", ran.stderr);
    assert!(ran.stderr.contains("Nothing was changed"), "{}", ran.stderr);
    assert!(!alice.ok(&["list"]).stdout.contains("dev/a"));
    // It is no import without the token: that is refused as before.
    let said = alice.fails(&["import", "p.kovra"], 17);
    assert!(said.contains("--token FILE") && said.contains("--skip-high"), "{said}");
    bob.hand(&alice, "t");
    let ran = alice.ok(&["import", "p.kovra", "--dry-run", "--token", "t"]);
    assert!(ran.stdout.contains("dev/a/high"), "{}", ran.stdout);
    let ran = alice.ok(&["import", "p.kovra", "--dry-run", "--skip-high"]);
    assert!(ran.stderr.contains("closed (--skip-high)"), "{}", ran.stderr);
}

/// `spec/identity.md` 2.3, by whatever command a string comes in.
#[test]
fn a_key_that_is_wrong_has_the_class_of_the_spec() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.add("dev/a/b", "x", &[]);
    let good = bob.ok(&["id", "--short"]).stdout.trim().to_owned();
    let decoded = CheckedHrpstring::new::<Bech32m>(&good).unwrap();
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let flipped = |at: usize| {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        bech32::encode::<Bech32m>(decoded.hrp(), &changed).unwrap()
    };
    bob.add("dev/a/b", "x", &[]);
    bob.pin(&alice);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    for (string, code, hint) in [
        (good[..80].to_owned(), 10, "copy the whole of it"),
        (good.to_uppercase(), 10, "copy the whole of it"),
        (flipped(0), 12, "a newer kovra"),
        (flipped(128), 13, "by another channel"),
    ] {
        alice.write("key.txt", &string);
        for command in [
            &["peer", "add", "bob", &string][..],
            &["peer", "add", "bob", "--from", "key.txt"],
            &["peer", "show", &string],
            &["seal", "dev/a/b", "--to", &string, "-o", "p"],
            &["verify", "b.kovra", "--from", &string],
        ] {
            let said = alice.fails(command, code);
            assert!(said.contains(hint), "{command:?}: {said}");
        }
    }
    for (text, code) in [
        ("kovrb1qqq", 10),
        ("age1qqq", 10),
        ("bob's key", 10),
        ("ssh-rsa AAAA", 12),
        ("age1pq1qqq", 10),
        ("age1tagpq1qqq", 12),
    ] {
        for command in [&["peer", "add", "bob", text][..], &["recovery", "add", "--to", text]] {
            alice.fails(command, code);
        }
    }
    alice.write("key.txt", &good);
    let said = alice.fails(&["peer", "add", "bob", "--from", "key.txt"], 2);
    assert!(said.contains("holds a key, and no package"), "{said}");
    let to_key = ["seal", "dev/a/b", "--to", &good, "-o", "p"];
    assert!(alice.fails(&to_key, 2).contains("`kovra peer add NAME KEY`"));
    alice.pin(&bob);
    assert!(alice.fails(&to_key, 2).contains("it is pinned as bob"));
}

/// Who holds a terminal is not told that there is none.
#[test]
fn an_agent_at_a_terminal_is_told_that_nobody_is_asked_for_it() {
    let mut person = Person::with_vault("alice");
    person.add("prod/a/b", "x", &[]);
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    for (typed, code) in
        [(&["rm", "prod/a/b"][..], 20), (&["add", "dev/a/c"], 2), (&["pin", "set"], 20)]
    {
        let session = person.at_terminal(typed, &[]);
        assert_eq!(session.code, code, "{}", session.screen);
        assert!(
            session.screen.contains("nobody is asked on behalf of an agent"),
            "{}",
            session.screen
        );
        assert!(!session.screen.contains("no terminal"), "{}", session.screen);
    }
    let mut new = Person::new("carol");
    new.env.insert("KOVRA_AGENT".into(), "1".into());
    let session = new.at_terminal(&["init", "--custody", "passphrase"], &[]);
    assert_eq!(session.code, 2, "{}", session.screen);
    assert!(session.screen.contains("nobody is asked on behalf of an agent"), "{}", session.screen);
    let mut kept = Person::new("bob");
    let typed = [("New passphrase: ", "the passphrase"), ("The same again: ", "the passphrase")];
    assert_eq!(
        kept.at_terminal(&["init", "--custody", "passphrase", "--no-recovery-code"], &typed).code,
        0
    );
    kept.env.insert("KOVRA_AGENT".into(), "1".into());
    let session = kept.at_terminal(&["list"], &[]);
    assert_eq!(session.code, 40, "{}", session.screen);
    assert!(session.screen.contains("nobody is asked on behalf of an agent"), "{}", session.screen);
}

/// A program that was allowed and has changed is why nothing runs, and no missing terminal is.
#[test]
fn an_allowed_program_that_changed_is_said_to_have_changed() {
    let person = Person::with_pin("alice");
    person.add("dev/a/b", "x", &["--sensitivity", "high"]);
    person.write(".env.refs", "B=secret:dev/a/b\n");
    person.trust_refs(".env.refs");
    let program = person.write("program", "#!/bin/sh\nexit 0\n");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    person.owner_ok(&["allow", "add", "./program"]);
    person.ok(&["run", "--", "./program"]);
    fs::write(&program, "#!/bin/sh\nexit 1\n").unwrap();
    let said = person.fails(&["run", "--", "./program"], 125);
    assert!(said.contains("the program has changed since it was allowed"), "{said}");
    assert!(said.contains("`kovra allow add`"), "{said}");
}

/// Whoever seals is not told to ask the sender.
#[test]
fn what_stands_in_the_way_of_a_seal_is_said_to_its_sender() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/ld_preload", "x", &[]);
    let said = alice.owner(&["seal", "dev/a/ld_preload", "--to", "bob", "-o", "p"]);
    assert_ne!(said.code, 0, "{}", said.screen);
    assert!(!said.screen.contains("ask the sender"), "{}", said.screen);
    assert!(said.screen.contains("nothing was changed"), "{}", said.screen);
}

/// In JSON the owner of the vault is `me`, on a screen it is you; no peer can be called either.
#[test]
fn oneself_is_me_in_json_and_you_on_a_screen() {
    let alice = Person::with_vault("alice");
    let mine = alice.id();
    alice.add("dev/a/b", "x", &[]);
    alice.set_pin();
    alice.owner_ok(&["peer", "add", "laptop", &mine]);
    alice.ok(&["seal", "dev/a/b", "--to", "laptop", "-o", "p.kovra"]);
    let json: serde_json::Value =
        serde_json::from_str(&alice.ok(&["verify", "p.kovra", "--json"]).stdout).unwrap();
    assert_eq!(json["sender"]["known"], "me");
    assert_eq!(json["recipients"][0]["known"], "me");
    assert_eq!(json["recipients"][0]["name"], serde_json::Value::Null);
    assert!(alice.ok(&["verify", "p.kovra"]).stdout.contains("sealed by you"));
    assert!(alice.ok(&["import", "p.kovra", "--overwrite"]).stdout.contains("sealed by you"));
    for taken in ["me", "you"] {
        alice.fails(&["peer", "add", taken, &mine], 2);
    }
}

/// The command that is named is of the project that was asked about.
#[test]
fn a_revision_that_never_was_is_told_with_its_projects_history() {
    let alice = Person::with_vault("alice");
    alice.add("dev/a/b", "x", &["--project", "shop"]);
    let said = alice.fails(&["restore", "dev/a/b", "99", "--project", "shop"], 1);
    assert!(said.contains("`kovra history dev/a/b --project shop`"), "{said}");
    assert!(alice.ok(&["history", "dev/a/b", "--project", "shop"]).stdout.contains('1'));
}
