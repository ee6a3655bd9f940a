//! `kovra doctor`: what is wrong and what is missing has a name and a remedy, and cron an exit code.

use forge::people::{PIN, Person};
use rusqlite::Connection;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const SECRET: &str = "AGE-SECRET-KEY-1QYPQXPQPQGPSGQGZQVZQZQSRQSQSYQCYQYPQXPQPQGPSGQGZQVZQ5JZSWS";

fn recipient() -> String {
    let text = kovra::secret::Secret::copy_of(SECRET.as_bytes());
    kovra::identity::AgreementSecret::of_file(&text).unwrap().public().to_age()
}

/// The subjects that are found, each with its level.
fn found(person: &Person, code: i32) -> Vec<String> {
    let ran = person.run(&["doctor", "--json"]).expect(&["doctor"], code);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    let word = |finding: &Value| {
        assert!(!finding["what"].as_str().unwrap().is_empty());
        format!("{} {}", finding["level"].as_str().unwrap(), finding["subject"].as_str().unwrap())
    };
    findings.as_array().unwrap().iter().map(word).collect()
}

/// With a PIN, a way back in and a backup of today.
fn healthy() -> Person {
    let person = Person::with_pin("alice");
    person.add("dev/a/b", "value", &[]);
    person.owner_ok(&["recovery", "add", "--to", &recipient()]);
    person.ok(&["backup", "first.age"]);
    person
}

#[test]
fn a_new_vault_wants_a_pin_a_second_way_in_and_a_backup() {
    let person = Person::with_vault("alice");
    assert_eq!(found(&person, 1), ["warning proof", "warning recovery", "warning backup"]);
    let said = person.run(&["doctor"]);
    assert!(said.stdout.contains("kovra recovery add") && said.stdout.contains("kovra pin set"));
    assert!(said.stderr.contains("3 things want doing"), "{}", said.stderr);
}

#[test]
fn of_a_healthy_vault_it_says_so() {
    let person = healthy();
    assert!(found(&person, 0).is_empty());
    assert!(person.ok(&["doctor"]).stderr.contains("Everything opens"));
    // Notes are no reason to wake anybody.
    let key = Person::with_vault("bob").id();
    person.ok(&["peer", "add", "bob", &key, "--unconfirmed"]);
    fs::set_permissions(person.vault(), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(found(&person, 0), ["note mode", "note peer"]);
}

#[test]
fn each_bad_row_is_named_and_the_rest_is_looked_at_too() {
    let person = healthy();
    person.add("dev/x/y", "another", &[]);
    let db = Connection::open(person.vault()).unwrap();
    let spoil = "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1";
    assert_eq!(db.execute(spoil, []).unwrap(), 2);
    db.execute("UPDATE trail SET sealed = zeroblob(8) WHERE number = 1", []).unwrap();
    drop(db);
    let all = found(&person, 41);
    assert_eq!(all, ["damage row", "damage row", "damage trail", "damage trail"][..all.len()]);
    let said = person.run(&["doctor"]);
    assert!(said.stdout.contains("dev/a/b (global)"), "{}", said.stdout);
    assert!(said.stdout.contains("dev/x/y (global)"), "{}", said.stdout);
    assert!(said.stdout.contains("kovra recover --salvage"), "{}", said.stdout);
}

#[test]
fn a_vault_that_does_not_open_is_a_finding_with_the_class_it_has() {
    let person = healthy();
    let db = Connection::open(person.vault()).unwrap();
    db.execute_batch("CREATE INDEX \"x; rm -rf ~\" ON sealed (revision)").unwrap();
    drop(db);
    assert_eq!(found(&person, 41), ["damage vault"]);
    let person = healthy();
    fs::rename(person.home().join("vault.key"), person.home().join("away.key")).unwrap();
    assert_eq!(found(&person, 40), ["warning vault"]);
}

#[test]
fn what_others_may_write_is_closed_if_the_owner_says_so() {
    let person = healthy();
    fs::set_permissions(person.vault(), Permissions::from_mode(0o666)).unwrap();
    person.fails(&["list"], 40);
    let done = person.at_terminal(&["doctor", "--fix"], &[("to others? [Y/n] ", "n")]);
    assert_eq!(done.code, 40, "{}", done.screen);
    let done = person.at_terminal(&["doctor", "--fix"], &[("to others? [Y/n] ", "y")]);
    assert_eq!(done.code, 0, "{}", done.screen);
    assert_eq!(fs::metadata(person.vault()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!done.screen.contains(PIN));
}
