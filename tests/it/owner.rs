//! The owner's yes, the record of it, and what can be taken back: PIN, allowlist, history, audit
//! trail, shares.

use forge::people::{ASKED, OPENS, PIN, Person, kovra_path};
use kovra::clock::Moment;
use rusqlite::Connection;
use serde_json::Value;

/// A person whose vault has a PIN.
fn owner(name: &'static str) -> Person {
    let person = Person::with_vault(name);
    let typed = [("New PIN: ", PIN), ("The same again: ", PIN)];
    let session = person.at_terminal(&["pin", "set"], &typed);
    assert_eq!(session.code, 0, "{}", session.screen);
    person
}

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

fn alice_and_bob() -> (Person, Person) {
    let (alice, bob) = (owner("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    (alice, bob)
}

#[test]
fn init_at_a_terminal_offers_a_pin() {
    let person = Person::new("alice");
    let init = ["init", "--key-file", "vault.key", "--no-recovery-code"];
    let typed = [("(nothing for none): ", PIN), ("The same again: ", PIN)];
    let session = person.at_terminal(&init, &typed);
    assert_eq!(session.code, 0, "{}", session.screen);
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let session = person.at_terminal(&["show", "dev/a/high"], &[(ASKED, PIN)]);
    assert!(session.code == 0 && session.screen.contains("marker"), "{}", session.screen);
    assert!(!session.screen.contains(PIN), "it was echoed");
}

#[test]
fn a_passphrase_is_its_own_proof() {
    let mut person = Person::new("alice");
    person.write("pass", "the passphrase");
    person.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    person.ok(&["init"]);
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let asked = "Passphrase of the vault, or nothing for no: ";
    let session = person.at_terminal(&["show", "dev/a/high"], &[(asked, "another")]);
    assert!(session.code == 20 && !session.screen.contains("marker"), "{}", session.screen);
    let session = person.at_terminal(&["show", "dev/a/high"], &[(asked, "the passphrase")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    let session = person.at_terminal(&["pin", "set"], &[]);
    assert!(session.code == 2 && !session.screen.contains("New PIN"), "{}", session.screen);
}

#[test]
fn a_passphrase_typed_to_unlock_is_not_asked_for_again() {
    let person = Person::new("alice");
    let unlock = (OPENS, "the passphrase");
    let typed = [("New passphrase: ", "the passphrase"), ("The same again: ", "the passphrase")];
    assert_eq!(
        person.at_terminal(&["init", "--custody", "passphrase", "--no-recovery-code"], &typed).code,
        0
    );
    let add = ["add", "dev/a/high", "--sensitivity", "high"];
    let session = person.at_terminal(&add, &[unlock, ("(hidden): ", "marker")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    let show = ["show", "dev/a/high"];
    let session = person.at_terminal(&show, &[unlock, ("Go on? [y/N]", "n")]);
    assert!(session.code == 20 && !session.screen.contains("marker"), "{}", session.screen);
    let session = person.at_terminal(&show, &[unlock, ("Go on? [y/N]", "y")]);
    assert!(session.code == 0 && session.screen.contains("marker"), "{}", session.screen);
}

/// Somebody with the same user, a terminal of their own, and neither passphrase nor PIN tries every
/// command that asks.
#[test]
fn nobody_says_yes_for_the_owner() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/a/high", "marker-high", &["--sensitivity", "high"]);
    alice.add("dev/a/other", "other", &[]);
    alice.set("dev/a/other", "later");
    alice.add("prod/a/b", "marker-prod", &[]);
    alice.ok(&["add", "dev/p/high", "--reference", "aws-sm://x", "--sensitivity", "high"]);
    alice.write(".env.refs", "A=secret:dev/a/high\n");
    alice.write("prod.refs", "A=secret:prod/a/b\n");
    bob.add("dev/a/other", "from bob", &[]);
    bob.ok(&["seal", "dev/a/other", "--to", "alice", "-o", "bob.kovra"]);
    let carol = Person::with_vault("carol");
    carol.pin(&alice);
    carol.add("dev/c/d", "x", &[]);
    carol.ok(&["seal", "dev/c/d", "--to", "alice", "-o", "carol.kovra"]);
    bob.hand(&alice, "bob.kovra");
    carol.hand(&alice, "carol.kovra");
    let entries = alice.ok(&["list", "--json"]).stdout;
    let peers = alice.ok(&["peer", "list", "--json"]).stdout;

    let token = ["seal", "dev/a/high", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let copy = ["import", "aws-sm://x", "--as", "dev/p/copy", "--sensitivity", "high"];
    let attempts: [(&[&str], i32); 13] = [
        (&["show", "dev/a/high"], 20),
        (&["show", "prod/a/b"], 20),
        (&["run", "--", "env"], 125),
        (&["show", "dev/p/high"], 20),
        (&["materialize", "--capture", "dev/p/high"], 20),
        (&copy, 20),
        (&token, 20),
        (&["allow", "add", "sh"], 20),
        (&["edit", "dev/a/high", "--sensitivity", "low"], 20),
        (&["prune", "dev/a/other"], 20),
        (&["import", "bob.kovra"], 20),
        (&["peer", "add", "carol", "--from", "carol.kovra"], 20),
        (&["run", "--refs", "prod.refs", "--", "env"], 125),
    ];
    for (arguments, code) in attempts {
        for guess in ["y", ""] {
            // Five wrong tries in a row would make the vault wait, and hide what is tested here.
            let show = ["show", "dev/a/high"];
            assert_eq!(alice.at_terminal(&show, &[(ASKED, PIN)]).code, 0);
            let asks = arguments[..2] != ["run", "--refs"];
            let typed: &[(&str, &str)] = if asks { &[(ASKED, guess)] } else { &[] };
            let session = alice.at_terminal(arguments, typed);
            assert_eq!(session.code as i32, code, "{arguments:?}\n{}", session.screen);
            assert!(!session.screen.contains("marker"), "{arguments:?}\n{}", session.screen);
        }
    }
    let typed = [("New PIN: ", "0000"), ("The same again: ", "0000"), (ASKED, "0000")];
    let session = alice.at_terminal(&["pin", "set"], &typed);
    assert_eq!(session.code, 20, "{}", session.screen);

    assert_eq!(alice.ok(&["list", "--json"]).stdout, entries);
    assert_eq!(alice.ok(&["peer", "list", "--json"]).stdout, peers);
    assert_eq!(json(&alice, &["allow", "list", "--json"]), serde_json::json!([]));
    assert!(!alice.home().join("p.kovra").exists() && !alice.home().join("p.token").exists());
    let denied = json(&alice, &["audit", "--json"]);
    let denied = denied.as_array().unwrap().iter().filter(|e| e["outcome"] == "denied").count();
    assert!(denied >= 25, "each refusal is on record, not {denied}");
}

/// What a peer gives with the key that was pinned and other keys, as after a rotation.
pub(crate) fn rotated_id(of: &Person) -> String {
    use kovra::ops::files::read_key_file;
    use kovra::vault::Locked;
    let kek = read_key_file(&of.home().join("vault.key")).unwrap();
    let vault = Locked::open(of.vault().parent().unwrap()).unwrap().unlock(&kek).unwrap();
    let identity = vault.view().identity().unwrap();
    identity.rotate(Moment::from_seconds(0)).unwrap().public().to_string()
}

/// The questions that no other test here answers with yes.
#[test]
fn the_owner_says_yes_and_no_to_every_question() {
    let (alice, bob) = alice_and_bob();
    let answered = |arguments: &[&str], answer: &str, words: &str, code: u32| {
        let session = alice.at_terminal(arguments, &[(ASKED, answer)]);
        assert_eq!(session.code, code, "{arguments:?}\n{}", session.screen);
        assert!(session.screen.contains(words), "{arguments:?}\n{}", session.screen);
        assert!(session.screen.contains("kovra, asked by "), "{}", session.screen);
    };
    let rotated = rotated_id(&bob);
    let rotation = ["peer", "add", "bob", &rotated];
    alice.fails(&rotation, 14);
    answered(&rotation, "", "new encryption keys", 20);
    assert_ne!(alice.ok(&["peer", "show", "bob"]).stdout.trim(), rotated);
    answered(&rotation, PIN, "new encryption keys", 0);
    assert_eq!(alice.ok(&["peer", "show", "bob"]).stdout.trim(), rotated);

    let carol = Person::with_vault("carol");
    carol.pin(&alice);
    carol.add("dev/a/b", "carol's", &[]);
    carol.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "carol.kovra"]);
    carol.hand(&alice, "carol.kovra");
    let pin_carol = ["peer", "add", "carol", "--from", "carol.kovra"];
    answered(&pin_carol, "", "take this key for carol's", 20);
    answered(&pin_carol, PIN, "take this key for carol's", 0);

    alice.add("dev/a/b", "mine", &[]);
    answered(&["import", "carol.kovra"], "", "would overwrite", 20);
    answered(&["import", "carol.kovra"], PIN, "would overwrite", 0);
    bob.add("dev/a/b", "bob's", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "bob.kovra"]);
    bob.hand(&alice, "bob.kovra");
    let theirs = ["import", "bob.kovra", "--overwrite"];
    answered(&theirs, "", "another sender sealed", 20);
    answered(&theirs, PIN, "another sender sealed", 0);
    assert_eq!(alice.ok(&["show", "dev/a/b"]).stdout, "bob's");

    alice.ok(&["edit", "dev/a/b", "--sensitivity", "high"]);
    let seal = ["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    answered(&seal, PIN, "seal 1 entry (1 with a value, 1 of them high", 0);
    let new = [("New PIN: ", "1357-new"), ("The same again: ", "1357-new"), (ASKED, PIN)];
    assert_eq!(alice.at_terminal(&["pin", "set"], &new).code, 0);
    answered(&["show", "dev/a/b"], PIN, "not the vault's PIN", 20);
    answered(&["show", "dev/a/b"], "1357-new", "bob's", 0);
}

#[test]
fn wrong_pins_make_the_vault_wait() {
    let person = owner("alice");
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let show = ["show", "dev/a/high"];
    for _ in 0..5 {
        let session = person.at_terminal(&show, &[(ASKED, "wrong")]);
        assert!(session.screen.contains("not the vault's PIN"), "{}", session.screen);
    }
    let session = person.at_terminal(&show, &[(ASKED, PIN)]);
    assert_eq!(session.code, 20, "even the right one: {}", session.screen);
    assert!(session.screen.contains("too many wrong tries"), "{}", session.screen);
    assert!(!session.screen.contains("marker"));
}

#[test]
fn without_a_terminal_what_needs_a_yes_is_denied_at_once() {
    let (alice, _) = alice_and_bob();
    alice.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let start = std::time::Instant::now();
    alice.fails(&["show", "dev/a/high"], 20);
    alice.fails(&["edit", "dev/a/high", "--sensitivity", "low"], 20);
    alice.fails(&["allow", "add", "sh"], 20);
    alice.fails(&["prune", "dev/a/high"], 20);
    alice.fails(&["pin", "set"], 20);
    alice.fails(&["seal", "dev/a/high", "--to", "bob", "-o", "p", "--token-out", "t"], 20);
    assert!(start.elapsed().as_secs() < 10, "nothing waited");
}

#[test]
fn an_allowed_program_gets_high_values_until_it_changes() {
    let person = owner("alice");
    person.add("dev/a/high", "value", &["--sensitivity", "high"]);
    person.write(".env.refs", "A=secret:dev/a/high\n");
    let tool = person.write("tool", "#!/bin/sh\necho got $A\n");
    person.command("chmod").arg("+x").arg(&tool).status().unwrap();
    let run = ["run", "--", "./tool"];
    person.fails(&run, 125);
    let session = person.at_terminal(&["allow", "add", "./tool"], &[(ASKED, PIN)]);
    assert_eq!(session.code, 0, "{}", session.screen);
    let said = person.fails(&run, 125);
    assert!(said.contains("`kovra refs trust` does"), "{said}");
    person.owner_ok(&["refs", "trust"]);
    assert_eq!(person.ok(&run).stdout, "got value\n");
    let also = person.at_terminal(&run, &[]);
    assert!(also.screen.contains("got value"), "{}", also.screen);
    person.write("tool", "#!/bin/sh\necho stole $A\n");
    let said = person.fails(&run, 125);
    assert!(said.contains("the program has changed since it was allowed"), "{said}");
    assert!(person.ok(&["allow", "list"]).stdout.contains("changed since"));
    person.ok(&["allow", "rm", "./tool"]);
    person.fails(&["allow", "rm", "./tool"], 1);
}

#[test]
fn what_was_overwritten_or_removed_comes_back_until_it_is_pruned() {
    let person = owner("alice");
    person.add("dev/db/url", "one", &[]);
    person.set("dev/db/url", "two");
    person.ok(&["edit", "dev/db/url", "--sensitivity", "high", "--description", "a note"]);
    person.fails(&["rm", "dev/db/url"], 20);
    person.owner_ok(&["rm", "dev/db/url"]);
    person.fails(&["show", "dev/db/url"], 1);
    assert_eq!(json(&person, &["list", "--json"]), serde_json::json!([]));
    let history = json(&person, &["history", "dev/db/url", "--json"]);
    assert_eq!(history.as_array().unwrap().len(), 4);
    assert_eq!((&history[0]["removed"], &history[3]["revision"]), (&true.into(), &1.into()));
    assert!(person.ok(&["history", "dev/db/url"]).stdout.contains("removed"));

    person.fails(&["restore", "dev/db/url", "4"], 1);
    person.fails(&["restore", "dev/db/url", "9"], 1);
    person.fails(&["restore", "dev/db/url", "1"], 20);
    let restored = person.owner_ok(&["restore", "dev/db/url", "1"]).screen;
    assert!(restored.contains("(high)"), "restoring never lowers: {restored}");
    let session = person.at_terminal(&["show", "dev/db/url"], &[(ASKED, PIN)]);
    assert!(session.screen.contains("one"), "{}", session.screen);

    let session = person.at_terminal(&["prune", "dev/db/url"], &[(ASKED, PIN)]);
    assert!(session.screen.contains("Erased 4 earlier revisions"), "{}", session.screen);
    person.fails(&["restore", "dev/db/url", "2"], 1);
    person.fails(&["history", "dev/no/such"], 1);
}

#[test]
fn lowering_a_sensitivity_is_confirmed() {
    let person = owner("alice");
    person.add("dev/a/b", "value", &["--sensitivity", "inject-only"]);
    person.add("prod/a/b", "value", &[]);
    person.fails(&["edit", "prod/a/b", "--sensitivity", "medium"], 20);
    let lower = ["edit", "dev/a/b", "--sensitivity", "low"];
    let session = person.at_terminal(&lower, &[(ASKED, PIN)]);
    assert!(session.screen.contains("becomes  dev/a/b (low) the same"), "{}", session.screen);
    assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "value");
}

#[test]
fn generated_values_are_random_and_never_shown() {
    let person = Person::with_vault("alice");
    let made = person.ok(&["generate", "dev/a/b", "--length", "40"]);
    assert_eq!(made.stdout, "Generated dev/a/b (medium).\n");
    let value = person.ok(&["show", "dev/a/b"]).stdout;
    assert!(value.len() == 40 && value.bytes().all(|b| b.is_ascii_alphanumeric()));
    person.fails(&["generate", "dev/a/b"], 21);
    person.ok(&["generate", "dev/a/b", "--replace", "--alphabet", "hex"]);
    let other = person.ok(&["show", "dev/a/b"]).stdout;
    assert!(other.len() == 32 && other.bytes().all(|b| b.is_ascii_hexdigit()));
    person.fails(&["generate", "dev/a/c", "--length", "4"], 2);
}

#[test]
fn the_trail_says_what_was_done_and_refused() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/a/high", "marker-high", &["--sensitivity", "high"]);
    alice.add("prod/a/b", "marker-prod", &[]);
    alice.add("dev/a/b", "marker", &[]);
    alice.fails(&["show", "dev/a/high"], 20);
    alice.at_terminal(&["show", "dev/a/high"], &[(ASKED, PIN)]);
    alice.ok(&["show", "dev/a/b"]);
    alice.write(".env.refs", "A=secret:dev/a/b\n");
    alice.ok(&["run", "--", "true"]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
    let rows = json(&alice, &["audit", "--json"]);
    let seen: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            let text = |name: &str| e[name].as_str().unwrap_or("-").to_owned();
            let parts = ["action", "outcome", "coordinate", "asker"].map(text);
            parts.join(" ")
        })
        .collect();
    for expected in [
        "pin-set allowed - person",
        "add allowed dev/a/high unattended",
        "show denied dev/a/high unattended",
        "show confirmed dev/a/high person",
        "show allowed dev/a/b unattended",
        "run allowed dev/a/b unattended",
        "seal allowed dev/a/b unattended",
    ] {
        assert!(seen.iter().any(|row| row == expected), "{expected}\n{seen:#?}");
    }
    let text = alice.ok(&["audit"]).stdout;
    assert!(!text.contains("marker"), "{text}");
    assert!(text.contains("/true") && text.contains("bob"));

    let count = |arguments: &[&str]| {
        let all = [&["audit", "--json"], arguments].concat();
        json(&alice, &all).as_array().unwrap().len()
    };
    assert_eq!(count(&["--coordinate", "dev/a/b"]), 4);
    assert_eq!(count(&["--env", "prod"]), 1);
    assert_eq!(count(&["--action", "show"]), 3);
    assert_eq!(count(&["--peer", "bob"]), 1);
    assert_eq!(count(&["--since", "1h"]), rows.as_array().unwrap().len());
    assert_eq!(count(&["--until", "2020-01-01T00:00:00Z"]), 0);
    alice.fails(&["audit", "--action", "nonsense"], 2);
    alice.fails(&["audit", "--since", "whenever"], 2);
    assert!(alice.ok(&["audit", "--verify"]).stdout.starts_with("The trail is whole: "));
    alice.hand(&bob, "p.kovra");
    bob.ok(&["import", "p.kovra"]);
    let imported = json(&bob, &["audit", "--json", "--action", "import"]);
    assert_eq!((&imported[0]["peer"], imported[0]["package"].is_string()), (&"alice".into(), true));
}

/// Each is done by somebody who can write the file and does not have the key.
#[test]
fn the_chain_finds_what_was_done_to_it() {
    let person = Person::with_vault("alice");
    for n in 0..8 {
        person.add(&format!("dev/a/k{n}"), "value", &[]);
    }
    let whole = std::fs::read(person.vault()).unwrap();
    let swap = |column: &str| {
        format!(
            "UPDATE trail SET {column} = (SELECT t.{column} FROM trail t WHERE t.number = 9 - trail.number) \
             WHERE number IN (4, 5)"
        )
    };
    let (swap_sealed, swap_nonce, swap_link) = (swap("sealed"), swap("nonce"), swap("link"));
    let ways: [(&str, &str); 12] = [
        ("an edited row", "UPDATE trail SET sealed = randomblob(length(sealed)) WHERE number = 3"),
        ("an edited nonce", "UPDATE trail SET nonce = randomblob(24) WHERE number = 3"),
        ("an edited link", "UPDATE trail SET link = randomblob(32) WHERE number = 3"),
        ("a row removed", "DELETE FROM trail WHERE number = 4"),
        ("the first row removed", "DELETE FROM trail WHERE number = 1"),
        ("the last row removed", "DELETE FROM trail WHERE number = 8"),
        ("the end cut off", "DELETE FROM trail WHERE number > 5"),
        ("all of it removed", "DELETE FROM trail"),
        ("two rows exchanged", &swap_sealed),
        ("two rows exchanged by nonce", &swap_nonce),
        ("two rows exchanged by link", &swap_link),
        (
            "a row added",
            "INSERT INTO trail SELECT 9, nonce, sealed, link FROM trail WHERE number = 8",
        ),
    ];
    for (what, sql) in ways {
        std::fs::write(person.vault(), &whole).unwrap();
        person.ok(&["audit", "--verify"]);
        let db = Connection::open(person.vault()).unwrap();
        assert!(db.execute(sql, []).unwrap() > 0, "{what}");
        drop(db);
        let said = person.fails(&["audit", "--verify"], 41);
        assert!(said.contains("the audit trail"), "{what}: {said}");
        let rest = person.run(&["audit", "--json"]);
        assert_eq!(rest.code, 41, "{what}");
        let rest: serde_json::Value = serde_json::from_str(&rest.stdout).unwrap();
        assert_eq!(rest.as_array().unwrap().is_empty(), sql == "DELETE FROM trail", "{what}");
    }
    // The head is not with the rows, so shortening it along with them does not help.
    std::fs::write(person.vault(), &whole).unwrap();
    let db = Connection::open(person.vault()).unwrap();
    db.execute("DELETE FROM trail", []).unwrap();
    db.execute("DELETE FROM sealed WHERE kind = 6", []).unwrap();
    drop(db);
    person.fails(&["audit", "--verify"], 41);
}

#[test]
fn a_run_of_many_secrets_is_one_transaction() {
    const MANY: usize = 500;
    let person = Person::with_vault("alice");
    let kovra = kovra_path();
    let mut refs = String::new();
    let script: String = (0..MANY)
        .map(|n| {
            refs += &format!("K{n}=secret:dev/many/k{n}\n");
            format!("printf v | {kovra} add dev/many/k{n} --stdin >/dev/null\n")
        })
        .collect();
    assert!(person.command("sh").args(["-c", &script]).status().unwrap().success());
    person.write(".env.refs", refs);
    let wal = person.vault().with_file_name("vault.db-wal");
    // A reader that stays keeps the log, so that what one run adds to it can be counted.
    let reader = Connection::open(person.vault()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sealed").unwrap();
    let commits_before = commits(&wal);
    person.ok(&["run", "--", "true"]);
    assert_eq!(commits(&wal) - commits_before, 1);
    let rows = json(&person, &["audit", "--json", "--action", "run"]);
    assert_eq!(rows.as_array().unwrap().len(), MANY);
}

/// The log is left for the next process, which must not inherit an ever longer one.
#[test]
fn the_log_of_uses_stays_short() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "value", &[]);
    let mut longest = 0;
    for _ in 0..60 {
        person.ok(&["show", "dev/a/b"]);
        let log = std::fs::metadata(person.vault().with_file_name("vault.db-wal"));
        longest = longest.max(log.map_or(0, |log| log.len()));
    }
    assert!((1..512 * 1024).contains(&longest), "{longest} bytes");
    let rows = json(&person, &["audit", "--json", "--action", "show"]);
    assert_eq!(rows.as_array().unwrap().len(), 60);
}

/// Counts commit frames of a write-ahead log (SQLite file format, §4.1: the second field of a
/// frame's header is not zero in the last frame of a transaction).
fn commits(wal: &std::path::Path) -> usize {
    let Ok(bytes) = std::fs::read(wal) else { return 0 };
    let (Some(header), true) = (bytes.get(..32), bytes.len() > 32) else { return 0 };
    let field = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let (page, salt) = (field(header, 8) as usize, &header[16..24]);
    bytes[32..]
        .chunks_exact(24 + page)
        .filter(|frame| frame[8..16] == *salt && field(frame, 4) != 0)
        .count()
}

#[test]
fn what_was_shared_says_what_a_removal_costs() {
    let (alice, bob) = alice_and_bob();
    alice.add("dev/db/url", "kept", &[]);
    alice.add("dev/db/old", "before", &[]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://key"]);
    alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra"]);
    alice.set("dev/db/old", "after");
    let shared = json(&alice, &["shared", "--peer", "bob", "--json"]);
    let upshot = |name: &str| {
        let found = shared.as_array().unwrap().iter().find(|item| item["coordinate"] == name);
        found.unwrap()["upshot"].as_str().unwrap().to_owned()
    };
    assert_eq!(upshot("dev/db/url"), "rotate");
    assert_eq!(upshot("dev/db/old"), "changed");
    assert_eq!(upshot("dev/pay/key"), "revoke");
    alice.fails(&["shared", "--peer", "carol"], 1);

    alice.hand(&bob, "p.kovra");
    bob.ok(&["import", "p.kovra", "--receipt", "bob.receipt"]);
    bob.hand(&alice, "bob.receipt");
    assert!(alice.ok(&["receipt", "bob.receipt"]).stdout.starts_with("Recorded: bob imported"));
    assert!(json(&alice, &["shared", "--json"])[0]["imported"].is_string());

    let removed = alice.ok(&["peer", "rm", "bob"]);
    assert!(removed.stdout.contains("rotate") && removed.stdout.contains("revoke access"));
    assert!(removed.stderr.contains("rotate 1 value"), "{}", removed.stderr);
    assert!(!removed.stdout.contains("kept"));
}
