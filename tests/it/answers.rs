//! Answers that are true and useful: what failed, where, and what to do next.

use forge::people::Person;

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
        assert!(said.contains("`kovra restore dev/a/gone REVISION`"), "{said}");
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
    assert_eq!(person.at_terminal(&["init", "--custody", "passphrase"], &typed).code, 0);
    for typo in [["--peer", "bobb"], ["--coordinate", "dev/a/bb"]] {
        let audit = [&["audit"], &typo[..]].concat();
        let asked = [("Passphrase of the vault: ", "the passphrase")];
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
    assert!(ran.stderr.starts_with("error: untrusted sender: "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("sender: sender"), "{}", ran.stderr);
    assert!(ran.stdout.contains("by another than you asked for: bob."), "{}", ran.stdout);
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
    for (typed, meant) in [
        (&["get", "dev/a/b"][..], "`kovra show`"),
        (&["delete", "dev/a/b"], "`kovra rm`"),
        (&["exec", "ls"], "`kovra run -- COMMAND`"),
        (&["ls"], "`kovra list`"),
        (&["run", "./server"], "`kovra run -- COMMAND`"),
        (&["lst"], "'list'"),
        (&["list", "--jsn"], "'--json'"),
    ] {
        let said = person.fails(typed, 2);
        assert!(said.contains(meant), "{typed:?}: {said}");
    }
}
