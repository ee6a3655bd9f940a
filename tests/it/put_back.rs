//! A vault out of a backup: as who it was, or beside who it was.

use crate::backup::way_back_in;
use forge::people::terminal::Session;
use forge::people::{ASKED, PIN, Person, kovra_path};
use kovra::clock::Moment;
use kovra::identity::RecoveryCode;
use kovra::secret::Secret;
use kovra::vault::Recovery;
use serde_json::Value;
use std::time::Duration;

const ALIVE: &str = "or nothing to end: ";
const NEW_PIN: [(&str, &str); 2] = [("(nothing for none): ", PIN), ("The same again: ", PIN)];
const FROM: [&str; 7] =
    ["recover", "--from", "b.age", "--identity", "bob.txt", "--new-key-file", "new.key"];

/// Alice, who knows bob, has sealed and imported; and her backup.
fn alice_and_bob() -> (Person, Person) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    way_back_in(&alice);
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/db/url", "a value", &["--sensitivity", "low"]);
    alice.add("prod/db/password", "another", &[]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "early.kovra"]);
    bob.add("dev/b/b", "bob's", &["--sensitivity", "low"]);
    bob.ok(&["seal", "dev/b/b", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    alice.ok(&["backup", "b.age"]);
    (alice, bob)
}

/// Another disk, with the backup and what opens it.
fn new_disk(alice: &Person) -> Person {
    let mut new = Person::new("alice");
    ["b.age", "bob.txt"].iter().for_each(|file| alice.hand(&new, file));
    new.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    new
}

fn recovered(person: &Person, word: &str) -> Session {
    person.at_terminal(&FROM, &[&[(ALIVE, word)], &NEW_PIN[..]].concat())
}

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

fn actions(person: &Person) -> Vec<String> {
    let rows = json(person, &["audit", "--json"]);
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_vault_that_is_gone_comes_back_as_the_same_identity() {
    let (alice, bob) = alice_and_bob();
    // What the backup does not know of: a later package, and an import.
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "late.kovra"]);
    alice.ok(&["import", "b.kovra"]);
    alice.hand(&bob, "late.kovra");
    bob.ok(&["import", "late.kovra"]);
    let late = *alice.unlocked().view().last_seq().unwrap();
    let new = new_disk(&alice);
    let session = recovered(&new, "gone");
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(session.screen.contains("may be imported again"), "{}", session.screen);
    assert_eq!(new.id(), alice.id());
    assert_eq!(new.unlocked().view().id(), alice.unlocked().view().id());
    assert_eq!(new.ok(&["show", "dev/db/url"]).stdout, "a value");
    let show = new.at_terminal(&["show", "prod/db/password"], &[(ASKED, PIN)]);
    assert!(show.code == 0 && show.screen.contains("another"), "{}", show.screen);
    let made = new.unlocked().view().last_backup().unwrap().unwrap();
    let (seq, floor) = {
        let vault = new.unlocked();
        (*vault.view().last_seq().unwrap(), *vault.view().clock_floor().unwrap())
    };
    assert!(seq > late && seq >= made.millis() && floor >= made);
    new.ok(&["audit", "--verify"]);
    assert_eq!(actions(&new)[actions(&new).len() - 4..], ["backup", "recover", "show", "show"]);
    // It goes on from there: bob takes what is sealed now, and the import may repeat.
    new.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "later.kovra"]);
    new.hand(&bob, "later.kovra");
    bob.ok(&["import", "later.kovra", "--overwrite"]);
    alice.hand(&new, "b.kovra");
    new.ok(&["import", "b.kovra"]);
}

/// Two living vaults must not number their packages alike.
#[test]
fn beside_a_vault_that_lives_on_comes_another_identity_that_opens_what_was_sealed() {
    let (alice, _) = alice_and_bob();
    let new = new_disk(&alice);
    let session = recovered(&new, "lives on");
    assert!(session.code == 0 && session.screen.contains("a new identity"), "{}", session.screen);
    assert_ne!(new.id(), alice.id());
    assert_ne!(new.unlocked().view().id(), alice.unlocked().view().id());
    alice.hand(&new, "b.kovra");
    new.ok(&["import", "b.kovra"]);
    assert_eq!(new.ok(&["show", "dev/b/b"]).stdout, "bob's");
    assert_eq!(alice.ok(&["list"]).code, 0);
}

#[test]
fn it_has_other_keys_and_the_ways_back_in() {
    let (alice, _) = alice_and_bob();
    let new = new_disk(&alice);
    assert_eq!(recovered(&new, "gone").code, 0);
    alice.hand(&new, "vault.key");
    new.fails(&["list", "--key-file", "vault.key"], 40);
    let unpacked =
        new.command("sh").args(["-c", "cp .local/share/kovra/vault.db copy.db"]).status();
    assert!(unpacked.unwrap().success());
    let again = ["recover", "--identity", "bob.txt", "--new-key-file", "newer.key"];
    let session = new.at_terminal(&again, &NEW_PIN);
    assert_eq!(session.code, 0, "{}", session.screen);
    new.ok(&["list", "--key-file", "newer.key"]);
}

/// A code that was typed is replaced by another, which its owner has to have.
#[test]
fn a_code_that_opened_it_opens_nothing_more() {
    let alice = Person::with_pin("alice");
    let code = RecoveryCode::generate().unwrap();
    let recipient = code.secret().public();
    let recovery = Recovery { recipient, made: Moment::from_seconds(0), is_code: true };
    alice.unlocked().write(|batch| batch.put_recovery(recovery, None)).unwrap();
    alice.ok(&["backup", "b.age"]);
    let text = |code: &RecoveryCode| String::from_utf8(code.to_text().expose().to_vec()).unwrap();
    let mut new = Person::new("alice");
    alice.hand(&new, "b.age");
    new.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    let from = ["recover", "--from", "b.age", "--new-key-file", "new.key"];
    let mut seat = new.waits_at(&from, "Recovery code: ");
    seat.press_line(&text(&code).to_lowercase());
    seat.wait(ALIVE);
    seat.press_line("gone");
    seat.wait("Then type its last group: ");
    let shown = seat.screen().lines().map(str::trim);
    let mut shown =
        shown.filter_map(|line| RecoveryCode::parse(&Secret::copy_of(line.as_bytes())).ok());
    let shown = shown.next_back().expect("another code");
    seat.press_line(text(&shown).rsplit('-').next().unwrap());
    for (prompt, answer) in NEW_PIN {
        seat.wait(prompt);
        seat.press_line(answer);
    }
    assert_eq!(seat.end().code, 0);
    let ways = new.unlocked().view().recovery();
    assert_eq!(ways.iter().map(|way| way.recipient).collect::<Vec<_>>(), [shown.secret().public()]);
}

#[test]
fn who_may_not_and_where_it_does_not_go() {
    let (alice, _) = alice_and_bob();
    let told = alice.fails(&FROM, 21);
    assert!(told.contains("where no vault is"), "{told}");
    let mut new = new_disk(&alice);
    new.fails(&FROM, 20);
    new.env.insert("KOVRA_AGENT".into(), "1".into());
    new.fails(&FROM, 20);
    new.env.remove("KOVRA_AGENT");
    assert_eq!(new.at_terminal(&FROM, &[(ALIVE, "")]).code, 20);
    assert_eq!(new.at_terminal(&FROM, &[(ALIVE, "yes")]).code, 20);
    assert!(!new.vault().exists() && !new.home().join("new.key").exists());
    let cut = std::fs::read(new.home().join("b.age")).unwrap();
    new.write("b.age", &cut[..cut.len() - 1]);
    new.fails(&FROM, 41);
}

/// The file has its name once it is whole, so there is the vault or none, and the next try works.
#[test]
fn a_kill_leaves_the_vault_or_none() {
    let (alice, _) = alice_and_bob();
    for round in 0..8 {
        let new = new_disk(&alice);
        let mut seat = new.sit(kovra_path(), &FROM);
        for (prompt, answer) in [&[(ALIVE, "gone")], &NEW_PIN[..]].concat() {
            seat.wait(prompt);
            seat.press_line(answer);
        }
        std::thread::sleep(Duration::from_millis(60 * round));
        seat.kill();
        if !new.vault().exists() {
            let _ = std::fs::remove_file(new.home().join("new.key"));
            let session = recovered(&new, "gone");
            assert_eq!(session.code, 0, "after {round}: {}", session.screen);
        }
        new.ok(&["audit", "--verify"]);
        assert_eq!(new.id(), alice.id());
    }
}
