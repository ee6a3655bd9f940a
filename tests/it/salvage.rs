//! A byte that is another, in every page of the file: its owner gets back all but what stood there.

use forge::people::{ASKED, PIN, Person, kovra_path, terminal::Session};
use serde_json::Value;
use std::fs;

const NEW_PIN: [(&str, &str); 2] = [("(nothing for none): ", PIN), ("again: ", PIN)];
const SALVAGE: [&str; 5] = ["recover", "--salvage", "damaged", "--new-key-file", "new.key"];

fn entries(person: &Person) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&person.ok(&["list", "--json"]).stdout).unwrap();
    listed.as_array().unwrap().clone()
}

/// The vault's folder is moved away, and its key file stays where it was.
fn move_away(person: &Person) {
    let folder = person.vault().parent().unwrap().to_owned();
    fs::rename(folder, person.home().join("damaged")).unwrap();
}

const FROM: [&str; 7] =
    ["recover", "--from", "b.age", "--identity", "id.txt", "--new-key-file", "newer.key"];
const SECRET: &str = "AGE-SECRET-KEY-1QYPQXPQPQGPSGQGZQVZQZQSRQSQSYQCYQYPQXPQPQGPSGQGZQVZQ5JZSWS";

fn recipient() -> String {
    let text = kovra::secret::Secret::copy_of(SECRET.as_bytes());
    kovra::identity::AgreementSecret::of_file(&text).unwrap().public().to_age()
}

/// By the owner: with the PIN, or a yes where that is what was lost.
fn salvaged(person: &Person) -> Session {
    let mut seat = person.sit(kovra_path(), &SALVAGE);
    match seat.which(&[ASKED, "Go on? [y/N] "]) {
        Some(0) => seat.press_line(PIN),
        Some(_) => seat.press_line("y"),
        None => return seat.end(),
    }
    for (prompt, typed) in NEW_PIN {
        seat.wait(prompt);
        seat.press_line(typed);
    }
    seat.end()
}

#[test]
fn a_flipped_byte_in_any_page() {
    let alice = Person::with_pin("alice");
    for n in 0..30 {
        alice.add(&format!("dev/many/k{n}"), &format!("value {n}"), &[]);
    }
    alice.add("prod/db/url", "of prod", &[]);
    alice.write("id.txt", SECRET);
    alice.owner_ok(&["recovery", "add", "--to", &recipient()]);
    alice.ok(&["backup", "b.age"]);
    let identity = alice.id();
    let bytes = fs::read(alice.vault()).unwrap();
    let (mut saved, mut without_ways) = (Vec::new(), 0);
    for page in 0..bytes.len() / 4096 {
        let mut person = alice.twin();
        let mut damaged = bytes.clone();
        damaged[page * 4096 + 4000] ^= 1;
        fs::write(person.vault(), &damaged).unwrap();
        let ran = person.run(&["list"]);
        assert!([0, 41].contains(&ran.code), "page {page}: {}", ran.stderr);
        let helps = ["kovra recover --salvage", "kovra doctor"];
        let said = helps.iter().any(|helps| ran.stderr.contains(helps));
        assert!(ran.code == 0 || said, "{}", ran.stderr);
        move_away(&person);
        let done = salvaged(&person);
        if done.code == 21 {
            // Nothing stands where the byte was.
            assert!(ran.code == 0 && done.screen.contains("nothing to save"), "{}", done.screen);
            continue;
        }
        if done.code == 41 {
            // What leads to the keys stands there, once; a backup has it, too.
            assert!(done.screen.contains("the ways to its keys"), "{}", done.screen);
            let typed = [("nothing to end: ", "gone"), NEW_PIN[0], NEW_PIN[1]];
            let done = person.at_terminal(&FROM, &typed);
            assert_eq!(done.code, 0, "{}", done.screen);
            without_ways += 1;
            person.env.insert("KOVRA_KEY_FILE".into(), "newer.key".into());
            assert_eq!(entries(&person).len(), 31);
            continue;
        }
        assert_eq!(done.code, 0, "page {page}: {}", done.screen);
        person.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
        assert!(
            person.id() == identity || done.screen.contains("identity was lost"),
            "page {page}"
        );
        let found = entries(&person);
        for entry in found.iter().filter(|entry| entry["sensitivity"] == "medium") {
            let at = entry["coordinate"].as_str().unwrap();
            let value = format!("value {}", &at["dev/many/k".len()..]);
            assert_eq!(person.ok(&["show", at]).stdout, value, "page {page}");
            if saved.len() % 4 != 0 {
                break;
            }
        }
        person.ok(&["audit"]);
        person.add("dev/after/it", "goes on", &[]);
        saved.push(found.len());
    }
    println!("of 31 entries, by page: {saved:?}");
    assert!(without_ways < 2, "{without_ways} pages");
    assert!(saved.len() > 3 && saved.iter().all(|n| *n >= 30), "{saved:?}");
}

#[test]
fn by_a_recovery_code_and_what_is_lost_is_named() {
    let mut person = Person::new("alice");
    person.write("id.txt", SECRET);
    let to = recipient();
    person.ok(&["init", "--key-file", "vault.key", "--recovery-recipient", &to]);
    person.add("dev/a/b", "kept", &[]);
    person.add("dev/c/d", "lost", &[]);
    let db = rusqlite::Connection::open(person.vault()).unwrap();
    // The second row that was added, wherever it stands.
    let spoil = "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1 AND lookup = \
                 (SELECT max(lookup) FROM sealed WHERE kind = 1)";
    assert_eq!(db.execute(spoil, []).unwrap(), 1);
    drop(db);
    fs::remove_file(person.home().join("vault.key")).unwrap();
    let here = person.at_terminal(&["recover", "--salvage", "."], &[]);
    assert!(here.code == 21 && here.screen.contains("--home DIR"), "{}", here.screen);
    move_away(&person);
    // What kept it is gone, and an agent does not come in by what is left.
    let salvage = [&SALVAGE[..], &["--identity", "id.txt"]].concat();
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    person.fails(&salvage, 20);
    person.env.remove("KOVRA_AGENT");
    person.fails(&SALVAGE, 40);
    assert!(!person.vault().exists() && !person.home().join("new.key").exists());
    let done = person.at_terminal(&salvage, &NEW_PIN);
    assert_eq!(done.code, 0, "{}", done.screen);
    assert!(done.screen.contains("Lost: an entry, dev/"), "{}", done.screen);
    assert_eq!(entries(&person).len(), 1);
    assert!(person.ok(&["recovery", "list"]).stdout.contains(&to));
}

#[test]
fn without_a_way_to_its_keys_there_is_nothing_to_be_saved() {
    let person = Person::with_pin("alice");
    person.add("dev/a/b", "kept", &[]);
    let db = rusqlite::Connection::open(person.vault()).unwrap();
    db.execute("UPDATE meta SET value = zeroblob(length(value)) WHERE number = 2", []).unwrap();
    drop(db);
    person.fails(&["list"], 41);
    move_away(&person);
    let done = person.at_terminal(&SALVAGE, &[]);
    assert!(done.code == 41 && !person.vault().exists(), "{}", done.screen);
}
