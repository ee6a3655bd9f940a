//! The real program, command by command: what it answers, what it refuses, and with which code.

use forge::people::{OPENS, Person, kovra_path};

fn alice_and_bob() -> (Person, Person) {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    (alice, bob)
}

/// Seals all of dev for bob and hands the file over.
#[track_caller]
fn hand_over(alice: &Person, bob: &Person, file: &str, more: &[&str]) {
    let arguments = [&["seal", "--env", "dev", "--to", "bob", "-o", file], more].concat();
    if more.is_empty() {
        alice.ok(&arguments);
    } else {
        let session = alice.at_terminal(&arguments, &[("Go on? [y/N]", "y")]);
        assert_eq!(session.code, 0, "{}", session.screen);
    }
    alice.hand(bob, file);
}

/// The vault's file, to be compared with itself later.
fn snapshot(person: &Person) -> String {
    person.ok(&["list", "--json"]).stdout
}

#[test]
fn init_makes_a_vault_once() {
    let person = Person::new("alice");
    let made = person.ok(&["init", "--key-file", "vault.key"]);
    assert!(made.stdout.starts_with("kovra1"));
    assert!(made.stderr.contains("Fingerprint: "));
    assert_eq!(person.ok(&["id", "--short"]).stdout, made.stdout);
    let again = person.fails(&["init", "--key-file", "other.key"], 21);
    assert!(again.contains("already"), "{again}");
    assert!(!person.home().join("other.key").exists());
}

#[test]
fn init_without_a_terminal_says_which_flag_to_give() {
    let person = Person::new("alice");
    let said = person.fails(&["init"], 2);
    assert!(said.contains("--passphrase-file") && said.contains("KOVRA_KEY_FILE"), "{said}");
    assert!(!person.vault().exists());
}

#[test]
fn a_passphrase_from_a_file_and_a_wrong_one() {
    let person = Person::new("alice");
    person.write("pass", "correct horse\n");
    person.write("wrong", "battery staple\n");
    person.ok(&["init", "--passphrase-file", "pass"]);
    person.ok(&["list", "--passphrase-file", "pass"]);
    let said = person.fails(&["list", "--passphrase-file", "wrong"], 40);
    assert!(said.contains("passphrase"), "{said}");
    let said = person.fails(&["list"], 40);
    assert!(said.contains("KOVRA_PASSPHRASE_FILE"), "{said}");
}

#[test]
fn a_passphrase_at_the_terminal() {
    let person = Person::new("alice");
    let custody = ["init", "--custody", "passphrase", "--no-recovery-code"];
    let typed = [("New passphrase: ", "the passphrase"), ("The same again: ", "the other one")];
    let session = person.at_terminal(&custody, &typed);
    assert_eq!(session.code, 2, "{}", session.screen);
    assert!(session.screen.contains("differ"));
    let typed = [("New passphrase: ", "the passphrase"), ("The same again: ", "the passphrase")];
    let session = person.at_terminal(&custody, &typed);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(!session.screen.contains("the passphrase\r\n"), "it was echoed");
    let session = person.at_terminal(&["list"], &[(OPENS, "the passphrase")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    let session = person.at_terminal(&["list"], &[(OPENS, "nope")]);
    assert_eq!(session.code, 40, "{}", session.screen);
}

#[test]
fn a_key_file_that_is_wrong_missing_or_damaged() {
    let person = Person::with_vault("alice");
    let other = Person::with_vault("other");
    let key = std::fs::read_to_string(person.home().join("vault.key")).unwrap();
    let theirs = std::fs::read(other.home().join("vault.key")).unwrap();
    person.write("theirs.key", theirs);
    person.fails(&["list", "--key-file", "theirs.key"], 40);
    person.fails(&["list", "--key-file", "nowhere.key"], 40);
    person.write("cut.key", &key[..key.len() / 2]);
    let said = person.fails(&["list", "--key-file", "cut.key"], 40);
    assert!(said.contains("not whole"), "{said}");
    person.ok(&["list"]);
}

#[test]
fn a_missing_or_damaged_vault() {
    let person = Person::new("alice");
    assert!(person.fails(&["list"], 1).contains("kovra init"));
    let person = Person::with_vault("alice");
    person.add("dev/db/url", "x", &[]);
    let whole = std::fs::read(person.vault()).unwrap();
    std::fs::write(person.vault(), &whole[..whole.len() / 2]).unwrap();
    assert!(person.fails(&["list"], 41).contains("damaged"));
    std::fs::write(person.vault(), b"not a database at all").unwrap();
    person.fails(&["list"], 41);
    std::fs::write(person.vault(), whole).unwrap();
    person.ok(&["list"]);
}

#[test]
fn add_answers_with_name_and_sensitivity() {
    let person = Person::with_vault("alice");
    let added = |arguments: &[&str]| person.pipe(arguments, b"value").expect(arguments, 0).stdout;
    assert_eq!(added(&["add", "dev/db/url", "--stdin"]), "Added dev/db/url (medium).\n");
    assert_eq!(added(&["add", "secret:prod/db/url", "--stdin"]), "Added prod/db/url (high).\n");
    let low = ["add", "dev/db/name", "--stdin", "--sensitivity", "low"];
    assert_eq!(added(&low), "Added dev/db/name (low).\n");
    let reference = ["add", "dev/pay/key", "--reference", "azure-kv://pay-kv/key"];
    assert_eq!(added(&reference), "Added dev/pay/key (medium).\n");
}

/// It can be used here, and no package takes it: better known now than at the hand-off.
#[test]
fn add_says_so_when_a_key_cannot_be_sealed() {
    let person = Person::with_vault("alice");
    let arguments = ["add", "dev/app/node-options", "--stdin"];
    let said = person.pipe(&arguments, b"value").expect(&arguments, 0);
    assert_eq!(said.stdout, "Added dev/app/node-options (medium).\n");
    assert!(said.stderr.contains("can't be sealed"), "{}", said.stderr);
    let arguments = ["add", "dev/app/options", "--stdin"];
    assert_eq!(person.pipe(&arguments, b"value").expect(&arguments, 0).stderr, "");
}

#[test]
fn add_refuses_bad_input_and_changes_nothing() {
    let person = Person::with_vault("alice");
    let before = snapshot(&person);
    for (arguments, code) in [
        (&["add", "dev/db", "--stdin"][..], 2),
        (&["add", "DEV/db/url", "--stdin"], 2),
        (&["add", "dev/db/..", "--stdin"], 2),
        (&["add", "dev/x/y", "--reference", "azure-kv://evil.example.com/x"], 2),
        (&["add", "dev/x/y", "--reference", "aws-sm://x?endpoint=http://e"], 2),
        (&["add", "dev/x/y", "--reference", "https://vault.azure.net/x"], 2),
        (&["add", "dev/x/y", "--stdin", "--sensitivity", "secret"], 2),
        (&["add", "prod/x/y", "--stdin", "--sensitivity", "low"], 20),
        (&["add", "dev/x/y", "--stdin", "--project", "global"], 2),
        (&["add", "dev/x/y", "--stdin", "--description", "a\u{1b}[2Jb"], 2),
        (&["add", "dev/x/y"], 2),
        (&["add", "dev/x/y", "--stdin", "value-in-argv"], 2),
    ] {
        person.pipe(arguments, b"value").expect(arguments, code);
    }
    person.pipe(&["add", "dev/x/y", "--stdin"], b"").expect(&["empty"], 2);
    person.pipe(&["add", "dev/x/y", "--stdin"], &vec![b'x'; 262_145]).expect(&["long"], 2);
    assert_eq!(snapshot(&person), before);
}

#[test]
fn an_entry_is_overwritten_only_on_purpose() {
    let person = Person::with_vault("alice");
    person.add("dev/db/url", "one", &["--sensitivity", "high"]);
    let again = ["add", "dev/db/url", "--stdin"];
    let said = person.pipe(&again, b"two").expect(&again, 21).stderr;
    assert!(said.contains("kovra set"), "{said}");
    let set = ["set", "dev/db/url", "--stdin"];
    person.pipe(&set, b"two").expect(&set, 20);
    person.owner_sets("dev/db/url", "two");
    let listed = snapshot(&person);
    assert!(listed.contains("\"revision\": 2") && listed.contains("\"high\""), "{listed}");
    let unknown = ["set", "dev/no/such", "--stdin"];
    person.pipe(&unknown, b"x").expect(&unknown, 1);
}

#[test]
fn add_at_the_terminal_hides_what_is_typed() {
    let person = Person::with_vault("alice");
    let typed = [("(hidden): ", "marker-typed")];
    let session = person.at_terminal(&["add", "dev/db/url"], &typed);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(!session.screen.contains("marker-typed"));
    assert_eq!(person.ok(&["show", "dev/db/url"]).stdout, "marker-typed");
}

#[test]
fn list_is_a_table_with_a_line_for_each_entry() {
    let person = Person::with_vault("alice");
    person.add("dev/db/url", "x", &[]);
    person.add("dev/db/url", "y", &["--project", "shop"]);
    let long = format!("aws-sm://{}", "long-name/".repeat(20));
    person.ok(&["add", "dev/mail/key", "--reference", &long]);
    let table = person.ok(&["list"]).stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 7, "header, three rows, the borders, and no wrapping:\n{table}");
    for heading in ["ORIGIN", "COORDINATE", "SENSITIVITY", "MODE", "VERSION"] {
        assert!(lines[1].contains(heading));
    }
    assert!(lines[0].starts_with('┌') && lines[2].starts_with('╞') && lines[6].starts_with('└'));
    assert!(table.contains("\u{2192} aws-sm://long-name/") && !table.contains('\u{1b}'));
    assert!(person.ok(&["list", "--project", "shop"]).stdout.contains("shop"));
    let json = person.ok(&["list", "--json", "--component", "mail"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["mode"], "reference");
    let none = person.ok(&["list", "--env", "staging"]);
    assert!(none.stdout.is_empty() && none.stderr.contains("Nothing matches"));
}

#[test]
fn peers_are_pinned_shown_and_forgotten() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    let id = bob.id();
    alice.ok(&["peer", "add", "bob", &id]);
    assert!(alice.ok(&["peer", "add", "bob", &id]).stdout.contains("Already pinned"));
    assert_eq!(alice.ok(&["peer", "show", "bob"]).stdout.trim(), id);
    alice.fails(&["peer", "add", "robert", &id], 21);
    let other = Person::with_vault("other").id();
    alice.fails(&["peer", "add", "bob", &other], 21);
    alice.fails(&["peer", "add", "../bob", &other], 2);
    let (string, key) = id.split_once(' ').unwrap();
    let last = if string.ends_with('q') { 'p' } else { 'q' };
    let swapped = format!("{}{last} {key}", &string[..string.len() - 1]);
    let said = alice.fails(&["peer", "add", "typo", &swapped], 10);
    assert!(said.contains("has a typo"), "{said}");
    alice.fails(&["peer", "add", "typo", "age1notakey"], 10);
    alice.fails(&["peer", "show", "nobody"], 1);
    alice.ok(&["peer", "rm", "bob"]);
    alice.fails(&["peer", "rm", "bob"], 1);
}

#[test]
fn a_sender_is_pinned_from_a_package_only_by_fingerprint() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/db/url", "x", &[]);
    hand_over(&alice, &bob, "p.kovra", &[]);
    let add = ["peer", "add", "alice", "--from", "p.kovra"];
    let said = bob.fails(&add, 14);
    assert!(said.contains("at a terminal"), "{said}");
    // Where nothing tells the owner from others, nobody vouches for a sender.
    let session = bob.at_terminal(&add, &[]);
    assert!(session.code == 20 && session.screen.contains("kovra pin set"), "{}", session.screen);
    bob.set_pin();
    let told = [("told you by another channel?\r\nPIN of the vault, or nothing for no: ", "")];
    let session = bob.at_terminal(&add, &told);
    assert_eq!(session.code, 20, "{}", session.screen);
    let wrong = "11111 22222 33333 44444 55555 66666 77777 88888";
    bob.fails(&[&add[..], &["--fingerprint", wrong]].concat(), 14);
    bob.fails(&["verify", "p.kovra"], 14);
    bob.owner_ok(&add);
    bob.ok(&["verify", "p.kovra"]);
    bob.ok(&["import", "p.kovra"]);
    let said = bob.fails(&["seal", "--env", "dev", "--to", "alice", "-o", "back.kovra"], 2);
    assert!(said.contains("only as a sender"), "{said}");
    let theirs = ["peer", "add", "alice", &alice.id()];
    bob.fails(&theirs, 14);
    assert!(bob.owner_ok(&theirs).screen.contains("Updated"));
    bob.ok(&["seal", "--env", "dev", "--to", "alice", "-o", "back.kovra"]);
}

#[test]
fn seal_writes_a_token_exactly_when_there_is_a_high_literal() {
    let (alice, _) = alice_and_bob();
    alice.add("dev/db/url", "x", &[]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://x", "--sensitivity", "high"]);
    let seal =
        |file, token| ["seal", "--env", "dev", "--to", "bob", "-o", file, "--token-out", token];
    alice.ok(&seal("a.kovra", "a.token"));
    assert!(!alice.home().join("a.token").exists(), "a high pointer needs no token");
    alice.add("dev/db/password", "x", &["--sensitivity", "inject-only"]);
    let confirm = [("Go on? [y/N]", "y")];
    let at_terminal = |arguments: &[&str], code| {
        let session = alice.at_terminal(arguments, &confirm);
        assert_eq!(session.code, code, "{}", session.screen);
        session.screen
    };
    alice.fails(&seal("b.kovra", "b.token"), 20);
    let without = ["seal", "--env", "dev", "--to", "bob", "-o", "b.kovra"];
    let unasked = |arguments: &[&str], code| {
        let session = alice.at_terminal(arguments, &[]);
        assert_eq!(session.code, code, "{}", session.screen);
        session.screen
    };
    assert!(unasked(&without, 2).contains("--token-out"));
    assert!(!alice.home().join("b.kovra").exists());
    let screen = at_terminal(&seal("b.kovra", "b.token"), 0);
    assert!(screen.contains("inject-only"), "{screen}");
    assert!(alice.home().join("b.token").exists());
    unasked(&seal("b.kovra", "c.token"), 21);
    unasked(&seal("c.kovra", "b.token"), 21);
    assert!(!alice.home().join("c.kovra").exists() && !alice.home().join("c.token").exists());
}

#[test]
fn seal_refuses_prod_literals_by_name_and_carries_prod_pointers() {
    let (alice, _) = alice_and_bob();
    alice.add("prod/db/url", "x", &[]);
    alice.ok(&["add", "prod/pay/key", "--reference", "aws-sm://x"]);
    let seal = ["seal", "--env", "prod", "--to", "bob", "-o", "p.kovra", "--token-out", "t"];
    let said = alice.fails(&seal, 20);
    assert!(said.contains("prod/db/url") && !said.contains("prod/pay/key"), "{said}");
    assert!(!alice.home().join("p.kovra").exists());
    alice.ok(&["seal", "prod/pay/key", "--to", "bob", "-o", "p.kovra"]);
}

#[test]
fn seal_refuses_what_it_cannot_select() {
    let (alice, _) = alice_and_bob();
    alice.add("dev/db/url", "x", &[]);
    alice.add("dev/tool/path", "x", &[]);
    alice.fails(&["seal", "dev/no/such", "--to", "bob", "-o", "p"], 1);
    alice.fails(&["seal", "--env", "staging", "--to", "bob", "-o", "p"], 1);
    alice.fails(&["seal", "--env", "prod", "dev/db/url", "--to", "bob", "-o", "p"], 2);
    alice.fails(&["seal", "dev/db/url", "--to", "nobody", "-o", "p"], 1);
    alice.fails(&["seal", "dev/db/url", "--to", "bob", "-o", "p", "--ttl", "367d"], 2);
    alice.fails(&["seal", "dev/db/url", "--to", "bob", "-o", "p", "--ttl", "soon"], 2);
    let said = alice.fails(&["seal", "dev/tool/path", "--to", "bob", "-o", "p"], 20);
    assert!(said.contains("changes how programs load"), "{said}");
    assert!(!alice.home().join("p").exists());
}

#[test]
fn verify_needs_neither_vault_nor_key() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/db/url", "x", &[]);
    hand_over(&alice, &bob, "p.kovra", &[]);
    let package = std::fs::read(bob.home().join("p.kovra")).unwrap();
    let anyone = Person::new("anyone");
    anyone.write("p.kovra", &package);
    let unknown = anyone.run(&["verify", "p.kovra"]).expect(&["verify"], 14);
    assert!(unknown.stdout.contains("Intact") && unknown.stderr.contains("untrusted"));
    let good = anyone.ok(&["verify", "p.kovra", "--from", &alice.id()]);
    assert!(good.stdout.starts_with("Good"));
    anyone.fails(&["verify", "p.kovra", "--from", &bob.id()], 14);
    let json = anyone.ok(&["verify", "p.kovra", "--from", &alice.id(), "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["verdict"], &json["entries"]["normal"]), (&"good".into(), &1.into()));
    assert!(bob.ok(&["verify", "p.kovra"]).stdout.contains("sealed by alice"));

    bob.write("p.kovra", &package);
    std::fs::remove_file(bob.home().join("vault.key")).unwrap();
    let locked = bob.run(&["verify", "p.kovra"]).expect(&["verify"], 14);
    assert!(locked.stdout.contains("Intact") && locked.stderr.contains("no peer is known"));
    bob.ok(&["verify", "p.kovra", "--from", &alice.id()]);
    bob.fails(&["verify", "p.kovra", "--from", "alice"], 40);

    let mut flipped = package.clone();
    *flipped.last_mut().unwrap() ^= 1;
    anyone.write("flipped", &flipped);
    anyone.fails(&["verify", "flipped", "--from", &alice.id()], 13);
    anyone.write("cut", &package[..package.len() / 2]);
    anyone.fails(&["verify", "cut"], 10);
    anyone.write("empty", b"");
    anyone.fails(&["verify", "empty"], 10);
    anyone.fails(&["verify", "nowhere"], 1);
    assert!(!anyone.vault().exists(), "verifying makes no vault");
}

#[test]
fn inspect_shows_all_but_the_values() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/db/url", "marker-value", &["--description", "the orders database"]);
    alice.add("dev/db/password", "marker-high", &["--sensitivity", "high"]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://key"]);
    hand_over(&alice, &bob, "p.kovra", &["--token-out", "p.token"]);
    alice.hand(&bob, "p.token");
    let closed = bob.ok(&["inspect", "p.kovra"]);
    for shown in ["intact, signed by", "dev/db/url", "aws-sm://key", "the orders database"] {
        assert!(closed.stdout.contains(shown), "{shown}\n{}", closed.stdout);
    }
    assert!(!closed.stdout.contains("password") && closed.stderr.contains("1 high literal stays"));
    let open = bob.ok(&["inspect", "p.kovra", "--token", "p.token"]).stdout;
    assert!(open.contains("dev/db/password") && !open.contains("marker"), "{open}");

    let anyone = Person::new("anyone");
    let package = std::fs::read(bob.home().join("p.kovra")).unwrap();
    anyone.write("p.kovra", &package);
    let outside = anyone.ok(&["inspect", "p.kovra"]).stdout;
    assert!(outside.contains("recipient") && !outside.contains("dev/db"), "{outside}");
    let diag = anyone.ok(&["inspect", "p.kovra", "--diag"]).stdout;
    assert!(diag.starts_with("55799([\"kovra-package\", 1, <<{0: h'"), "{diag}");
    let mut flipped = package;
    *flipped.last_mut().unwrap() ^= 1;
    anyone.write("flipped", &flipped);
    assert!(anyone.ok(&["inspect", "flipped"]).stdout.starts_with("NOT INTACT"));
    anyone.write("none", b"nothing");
    anyone.fails(&["inspect", "none"], 10);
    anyone.fails(&["inspect", "none", "--diag"], 10);
}

#[test]
fn endless_input_stops_at_the_limit() {
    let person = Person::new("anyone");
    let piped = r#"cat /dev/zero | "$0" verify /dev/stdin"#;
    let output = person.command("sh").args(["-c", piped, kovra_path()]).output().unwrap();
    assert_eq!(output.status.code(), Some(11), "{}", String::from_utf8_lossy(&output.stderr));
    let said = person.fails(&["verify", "/dev/zero"], 1);
    assert!(said.contains("it is a device, and not a file"), "{said}");
}

#[test]
fn import_shows_first_and_lands_whole() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/db/url", "one", &["--description", "the orders database"]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://one"]);
    alice.add("dev/mail/key", "one", &[]);
    hand_over(&alice, &bob, "one.kovra", &[]);
    let dry = bob.ok(&["import", "one.kovra", "--dry-run"]);
    assert_eq!(dry.stdout.matches("added").count(), 3);
    assert_eq!(snapshot(&bob).trim(), "[]");
    bob.ok(&["import", "one.kovra"]);
    let listed = snapshot(&bob);
    assert!(listed.contains("\"package\"") && listed.contains("the orders database"), "{listed}");
    bob.fails(&["import", "one.kovra"], 19);

    alice.set("dev/db/url", "two");
    alice.ok(&["set", "dev/pay/key", "--reference", "aws-sm://two"]);
    alice.ok(&["set", "dev/mail/key", "--reference", "aws-sm://mail"]);
    alice.add("dev/db/new", "new", &[]);
    hand_over(&alice, &bob, "two.kovra", &[]);
    let before = snapshot(&bob);
    let refused = bob.run(&["import", "two.kovra"]).expect(&["import"], 21);
    let effects = ["changed", "redirected", "replaced", "added"];
    for shown in effects.into_iter().chain(["was \u{2192} aws-sm://one", "was a literal"]) {
        assert!(refused.stdout.contains(shown), "{shown}:\n{}", refused.stdout);
    }
    assert_eq!(snapshot(&bob), before);
    let session = bob.at_terminal(&["import", "two.kovra"], &[("Go on? [y/N]", "n")]);
    assert_eq!(session.code, 20, "{}", session.screen);
    // A change of mode is more than that allows.
    let overwrite = ["import", "two.kovra", "--overwrite"];
    bob.fails(&overwrite, 20);
    assert_eq!(snapshot(&bob), before);
    let session = bob.at_terminal(&overwrite, &[("Go on? [y/N]", "y")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert_eq!(bob.ok(&["show", "dev/db/url"]).stdout, "two");
}

#[test]
fn tokens_open_what_they_belong_to() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/db/url", "x", &[]);
    alice.add("dev/db/password", "marker", &["--sensitivity", "high"]);
    hand_over(&alice, &bob, "a.kovra", &["--token-out", "a.token"]);
    hand_over(&alice, &bob, "b.kovra", &["--token-out", "b.token"]);
    for token in ["a.token", "b.token"] {
        alice.hand(&bob, token);
    }
    let said = bob.run(&["import", "a.kovra"]).expect(&["import"], 17);
    assert!(!format!("{}{}", said.stdout, said.stderr).contains("password"));
    bob.fails(&["import", "a.kovra", "--token", "b.token"], 17);
    bob.write("bad.token", "nothing");
    bob.fails(&["import", "a.kovra", "--token", "bad.token"], 17);
    assert_eq!(snapshot(&bob).trim(), "[]");
    bob.ok(&["import", "a.kovra", "--skip-high"]);
    assert!(!snapshot(&bob).contains("password"));
    bob.fails(&["import", "a.kovra", "--skip-high"], 19);
    bob.ok(&["import", "a.kovra", "--token", "a.token"]);
    assert!(snapshot(&bob).contains("dev/db/password"));
    bob.fails(&["import", "a.kovra", "--token", "a.token"], 19);
}

#[test]
fn a_package_for_somebody_else() {
    let (alice, bob) = alice_and_bob();
    let carol = Person::with_vault("carol");
    carol.pin(&alice);
    alice.add("dev/db/url", "x", &[]);
    hand_over(&alice, &bob, "p.kovra", &[]);
    bob.hand(&carol, "p.kovra");
    carol.ok(&["verify", "p.kovra"]);
    let said = carol.fails(&["import", "p.kovra"], 16);
    assert!(said.contains("kovra id"), "{said}");
}

#[test]
fn policy_guards_what_is_shown() {
    let person = Person::with_vault("alice");
    person.add("dev/a/medium", "medium-value", &[]);
    person.add("dev/a/high", "high-value", &["--sensitivity", "high"]);
    person.add("dev/a/inject", "inject-value", &["--sensitivity", "inject-only"]);
    assert_eq!(person.ok(&["show", "dev/a/medium"]).stdout, "medium-value");
    let said = person.fails(&["show", "dev/a/high"], 20);
    assert!(said.contains("no terminal"), "{said}");
    person.fails(&["show", "dev/a/inject"], 20);
    person.fails(&["show", "dev/no/such"], 1);
    let show = ["show", "dev/a/high"];
    let session = person.at_terminal(&show, &[("Go on? [y/N]", "no")]);
    assert!(session.code == 20 && !session.screen.contains("high-value"), "{}", session.screen);
    let session = person.at_terminal(&show, &[("Go on? [y/N]", "y")]);
    assert!(session.code == 0 && session.screen.contains("high-value"), "{}", session.screen);
    let session = person.at_terminal(&["show", "dev/a/inject"], &[]);
    assert!(session.code == 20 && !session.screen.contains("inject-value"));
}

#[test]
fn an_agent_sees_and_seals_no_value() {
    let (mut alice, _) = alice_and_bob();
    alice.add("dev/a/b", "value", &[]);
    alice.ok(&["add", "dev/a/pointer", "--reference", "aws-sm://x"]);
    alice.env.insert("KOVRA_AGENT".into(), "1".into());
    alice.fails(&["show", "dev/a/b"], 20);
    alice.fails(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"], 20);
    alice.ok(&["seal", "dev/a/pointer", "--to", "bob", "-o", "p.kovra"]);
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let person = Person::with_vault("alice");
    person.add("dev/a/high", "high-value", &["--sensitivity", "high"]);
    person.write(".env.refs", "V=secret:dev/a/high\n");
    // The shell gives the terminal time to receive a premature yes before kovra asks.
    let typed = [("ready", "y"), ("Go on? [y/N]", "n")];
    let script = format!("echo ready; sleep 1; {} show dev/a/high", kovra_path());
    let session = person.program_at_terminal("sh", &["-c", &script], &typed);
    assert!(session.code == 20 && !session.screen.contains("high-value"), "{}", session.screen);
}
