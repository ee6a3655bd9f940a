//! Another's vault in place of mine, another schema's number, and a lock that costs more
//! than any that kovra makes.

use super::{MARKER, Victim, bounded};
use crate::vault_file::{WAYS, bytes, edit, fold, open, put_back};
use forge::people::Person;
use std::time::{Duration, Instant};

#[test]
fn another_schema_is_refused_by_its_number() {
    let victim = Victim::new();
    victim.edited("PRAGMA user_version = 1").is_refused("schema 1", &[12, 41], &["schema 1"]);
    victim.edited("PRAGMA user_version = 3").is_refused("schema 3", &[12], &["schema 3"]);
    for number in ["0", "-1", "2147483647"] {
        let sql = format!("PRAGMA user_version = {number}");
        victim.edited(&sql).is_refused(&sql, &[12, 41], &[number]);
    }
    let other = "PRAGMA application_id = 1";
    victim.edited(other).is_damaged(other, &["not a kovra vault"]);
}

/// My passphrase or my key is given, and is of no use for what stands there: it is another's vault.
#[test]
fn anothers_vault_takes_no_secret_of_mine() {
    let mallory = Person::new("mallory");
    let key = mallory.home().join("vault.key");
    mallory.ok(&["init", "--key-file", key.to_str().unwrap()]);
    mallory.write("pass", "mallory's passphrase\n");
    fold(&mallory);
    let with_passphrase = Person::new("mallory");
    with_passphrase.write("pass", "mallory's passphrase\n");
    with_passphrase.ok(&["init", "--passphrase-file", "pass"]);
    fold(&with_passphrase);

    for theirs in [bytes(&mallory), bytes(&with_passphrase)] {
        for given in [["--passphrase-file", "pass"], ["--key-file", "vault.key"]] {
            let mine = Person::new("alice");
            mine.write("pass", "the passphrase\n");
            let init = [&["init"][..], &given].concat();
            mine.ok(&init);
            fold(&mine);
            let whole = bytes(&mine);
            put_back(&mine, &theirs);
            for command in [
                &["add", "dev/x/new", "--stdin"][..],
                &["set", "dev/x/new", "--stdin"],
                &["list"],
                &["id"],
                &["peer", "list"],
            ] {
                let ran = bounded(&mine, &[command, &given].concat());
                let told = format!("{given:?} {command:?}: {}\n{}", ran.code, ran.stderr);
                assert!(ran.code == 40 && ran.stdout.is_empty(), "{told}");
            }
            assert!(bytes(&mine) == theirs, "it took something");
            // At a terminal it is no other, and nothing more is typed into it.
            let session = mine.at_terminal(&[&["add", "dev/x/new"], &given[..]].concat(), &[]);
            assert_eq!(session.code, 40, "{}", session.screen);
            fold(&mine);
            put_back(&mine, &whole);
            mine.ok(&[&["list"], &given[..]].concat());
        }
    }
    assert_eq!(mallory.ok(&["list", "--json"]).stdout.trim(), "[]");
}

/// By an option or by a variable, given and of no use is an error.
#[test]
fn what_is_given_and_not_used_is_an_error() {
    let mut person = Person::with_vault("alice");
    person.write("pass", "the passphrase\n");
    person.add("dev/db/url", MARKER, &[]);
    let said = person.fails(&["list", "--passphrase-file", "pass"], 40);
    assert!(said.contains("passphrase"), "{said}");
    person.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    person.fails(&["list"], 40);
    person.fails(&["show", "dev/db/url"], 40);
    let ran = person.pipe(&["add", "dev/x/y", "--stdin"], b"secret");
    assert_eq!(ran.code, 40, "{}{}", ran.stdout, ran.stderr);
    person.env.remove("KOVRA_PASSPHRASE_FILE");
    person.ok(&["list", "--key-file", "vault.key"]);
}

/// kovra makes locks of 64 MiB and three passes, and reads no other.
#[test]
fn a_lock_that_costs_more_is_refused_at_once() {
    const MEMORY: &[u8] = &[0x1a, 0, 1, 0, 0];
    let person = Person::new("alice");
    person.write("pass", "the passphrase\n");
    person.ok(&["init", "--passphrase-file", "pass"]);
    fold(&person);
    let whole = bytes(&person);
    let sql = format!("SELECT value FROM meta WHERE {WAYS}");
    let ways: Vec<u8> = open(&person).query_row(&sql, [], |row| row.get(0)).unwrap();
    let at = ways.windows(MEMORY.len()).position(|w| w == MEMORY).expect("65,536 KiB");
    assert_eq!(ways[at + MEMORY.len()], 3, "three passes");
    for (memory, passes) in [
        ([0x1a, 0, 0x10, 0, 0], 0x10),
        ([0x1a, 0, 0x10, 0, 0], 3),
        ([0x1a, 0xff, 0xff, 0xff, 0xff], 3),
        ([0x1a, 0, 1, 0, 0], 0x17),
        ([0x1a, 0, 1, 0, 0], 4),
        ([0x1a, 0, 1, 0, 0], 1),
        ([0x1a, 0, 1, 0, 0], 0),
    ] {
        let mut changed = ways.clone();
        changed[at..at + 5].copy_from_slice(&memory);
        changed[at + 5] = passes;
        let hex: String = changed.iter().map(|byte| format!("{byte:02x}")).collect();
        edit(&person, &format!("UPDATE meta SET value = x'{hex}' WHERE {WAYS}"));
        let start = Instant::now();
        let ran = bounded(&person, &["list", "--passphrase-file", "pass"]);
        assert!(start.elapsed() < Duration::from_secs(2), "{memory:x?}: {:?}", start.elapsed());
        assert!([40, 41].contains(&ran.code), "{memory:x?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("Argon2"), "{memory:x?}: {}", ran.stderr);
        put_back(&person, &whole);
        person.ok(&["list", "--passphrase-file", "pass"]);
        fold(&person);
    }
}
