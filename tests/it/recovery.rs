//! The owner gets back in, whatever was lost; and changes the lock, after which nothing of before opens.

use forge::people::{ASKED, PIN, Person, kovra_path, terminal::Seat};
use kovra::clock::Moment;
use kovra::identity::RecoveryCode;
use kovra::secret::Secret;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant, SystemTime};

const LONG: &str = "a long passphrase";
const OTHER: &str = "another passphrase";
const TYPE_IT: &str = "Then type its last group: ";

/// An age identity and its recipient, made by nobody in particular.
const SECRET: &str = "AGE-SECRET-KEY-1QYPQXPQPQGPSGQGZQVZQZQSRQSQSYQCYQYPQXPQPQGPSGQGZQVZQ5JZSWS";

fn recipient() -> String {
    let text = Secret::copy_of(SECRET.as_bytes());
    kovra::identity::AgreementSecret::of_file(&text).unwrap().public().to_age()
}

/// The last recovery code that a terminal shows.
fn code_on(screen: &str) -> String {
    let is_code = |word: &&str| RecoveryCode::parse(&Secret::copy_of(word.as_bytes())).is_ok();
    screen.split_whitespace().rfind(is_code).expect("a code").to_owned()
}

/// Takes the code that is shown now.
fn take_code(seat: &mut Seat) -> String {
    seat.wait(TYPE_IT);
    let code = code_on(seat.screen());
    seat.press_line(&code[code.len() - 5..].to_lowercase());
    code
}

fn answer(seat: &mut Seat, answers: &[(&str, &str)]) {
    for (prompt, typed) in answers {
        seat.wait(prompt);
        seat.press_line(typed);
    }
}

/// A vault of a passphrase, made at a terminal, with its recovery code.
fn with_passphrase() -> (Person, String) {
    let person = Person::new("alice");
    let mut seat = person.sit(kovra_path(), &["init", "--custody", "passphrase"]);
    let typed = [("New passphrase: ", LONG), ("again: ", LONG), ("Make one? [Y/n] ", "")];
    answer(&mut seat, &typed);
    let code = take_code(&mut seat);
    let done = seat.end();
    assert_eq!(done.code, 0, "{}", done.screen);
    assert!(done.screen.contains("`kovra recover` gets you back in"), "{}", done.screen);
    (person, code)
}

fn list_with(person: &mut Person, passphrase: &str) -> i32 {
    person.write("pass", passphrase);
    person.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    let code = person.run(&["list"]).code;
    person.env.remove("KOVRA_PASSPHRASE_FILE");
    code
}

#[test]
fn a_forgotten_passphrase_and_a_code_with_a_typo() {
    let (mut person, code) = with_passphrase();
    let mut typo = code.clone();
    typo.replace_range(12..13, if &code[12..13] == "7" { "8" } else { "7" });
    let mut seat = person.sit(kovra_path(), &["recover"]);
    answer(&mut seat, &[("Recovery code: ", &typo), ("group 3 is mistyped", "")]);
    let done = seat.end();
    assert!(
        done.code == 40 && done.screen.contains("no recovery code was typed"),
        "{}",
        done.screen
    );

    let mut seat = person.sit(kovra_path(), &["recover"]);
    let spoken = code.replace('-', " ").to_lowercase();
    answer(
        &mut seat,
        &[("Recovery code: ", &spoken), ("New passphrase: ", OTHER), ("again: ", OTHER)],
    );
    let new_code = take_code(&mut seat);
    let done = seat.end();
    assert!(done.code == 0 && done.screen.contains("You are in"), "{}", done.screen);
    assert_ne!(new_code, code);
    assert_eq!([list_with(&mut person, LONG), list_with(&mut person, OTHER)], [40, 0]);

    // The old code is of the old keys; the new one opens.
    let done = person.at_terminal(&["recover"], &[("Recovery code: ", &code)]);
    assert!(done.code == 40 && done.screen.contains("any way back"), "{}", done.screen);
    let mut seat = person.sit(kovra_path(), &["recover", "--new-key-file", "new.key"]);
    answer(&mut seat, &[("Recovery code: ", &new_code)]);
    take_code(&mut seat);
    answer(&mut seat, &[("(nothing for none): ", "")]);
    let done = seat.end();
    assert_eq!(done.code, 0, "{}", done.screen);
    person.ok(&["list"]);
}

#[test]
fn a_code_that_nobody_wrote_down_is_none() {
    let person = Person::with_pin("alice");
    let mut seat = person.sit(kovra_path(), &["recovery", "add"]);
    answer(&mut seat, &[(ASKED, PIN), (TYPE_IT, "00000")]);
    let done = seat.end();
    assert!(done.code == 20 && done.screen.contains("thrown away"), "{}", done.screen);
    assert!(person.ok(&["recovery", "list", "--json"]).stdout.trim() == "[]");
    assert!(person.ok(&["audit"]).stdout.contains("failed"));
}

#[test]
fn a_lost_key_file_and_a_recipient_elsewhere() {
    let mut person = Person::new("alice");
    person.ok(&["init", "--key-file", "vault.key", "--recovery-recipient", &recipient()]);
    person.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    person.add("dev/a/b", "still here", &[]);
    person.add("prod/a/b", "and this", &[]);
    fs::remove_file(person.home().join("vault.key")).unwrap();
    person.fails(&["list"], 40);
    person.write("id.txt", format!("# created: today\n\n{SECRET}\n"));
    let recover = ["recover", "--identity", "id.txt", "--new-key-file", "new.key"];
    let pin = [("(nothing for none): ", PIN), ("again: ", PIN)];
    let done = person.at_terminal(&recover, &pin);
    assert_eq!(done.code, 0, "{}", done.screen);
    person.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "still here");
    let shown = person.at_terminal(&["show", "prod/a/b"], &[(ASKED, PIN)]);
    assert!(shown.screen.contains("and this"), "{}", shown.screen);
    // The recipient's secret half was not typed anywhere, so its way stays.
    let ways = person.ok(&["recovery", "list"]).stdout;
    assert!(ways.contains(&recipient()), "{ways}");
    assert!(person.ok(&["audit", "--json"]).stdout.contains("\"recover\""));
}

#[test]
fn a_forgotten_pin_its_waits_and_a_clock_that_was_ahead() {
    let mut person = Person::with_pin("alice");
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let code = add_code(&person);
    let ahead = Moment::from_seconds(Moment::from(SystemTime::now()).seconds() + 86_400 * 365);
    person.unlocked().write(|batch| batch.raise_clock_floor(ahead)).unwrap();
    let wrong = |person: &Person| person.at_terminal(&["show", "dev/a/high"], &[(ASKED, "0000")]);
    (0..6).for_each(|_| drop(wrong(&person)));
    let waits = wrong(&person);
    assert!(waits.screen.contains("too many wrong tries"), "{}", waits.screen);
    let mut seat = person.sit(kovra_path(), &["recover", "--new-key-file", "new.key"]);
    answer(&mut seat, &[("Recovery code: ", &code)]);
    take_code(&mut seat);
    answer(&mut seat, &[("(nothing for none): ", "1357"), ("again: ", "1357")]);
    let done = seat.end();
    assert_eq!(done.code, 0, "{}", done.screen);
    person.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    let shown = person.at_terminal(&["show", "dev/a/high"], &[(ASKED, "1357")]);
    assert!(shown.code == 0 && shown.screen.contains("marker"), "{}", shown.screen);
    let floor = *unlocked(&person, "new.key").view().clock_floor().unwrap();
    assert!(floor < ahead, "{floor}");
}

fn unlocked(person: &Person, key: &str) -> kovra::vault::Vault {
    let key = kovra::ops::files::read_key_file(&person.home().join(key)).unwrap();
    let folder = person.vault().parent().unwrap().to_owned();
    kovra::vault::Locked::open(&folder).unwrap().unlock(&key).unwrap()
}

/// Makes a recovery code as the owner of a vault with a PIN.
fn add_code(person: &Person) -> String {
    let mut seat = person.sit(kovra_path(), &["recovery", "add"]);
    answer(&mut seat, &[(ASKED, PIN)]);
    let code = take_code(&mut seat);
    let done = seat.end();
    assert_eq!(done.code, 0, "{}", done.screen);
    code
}

#[test]
fn ways_are_listed_removed_and_no_more_than_eight() {
    let person = Person::with_pin("alice");
    let code = add_code(&person);
    let to = recipient();
    let add = ["recovery", "add", "--to", &to];
    let done = person.at_terminal(&add, &[(ASKED, PIN)]);
    assert_eq!(done.code, 0, "{}", done.screen);
    assert!(person.owner(&add).screen.contains("already"));
    let ways: Value =
        serde_json::from_str(&person.ok(&["recovery", "list", "--json"]).stdout).unwrap();
    assert_eq!((ways[0]["code"].clone(), ways[1]["recipient"].clone()), (true.into(), to.into()));
    person.owner_ok(&["recovery", "rm", "code"]);
    let done = person.at_terminal(&["recover"], &[("Recovery code: ", &code)]);
    assert_eq!(done.code, 40, "{}", done.screen);
    assert!(person.fails(&["recovery", "rm", "code"], 1).contains("kovra recovery list"));
    let mut vault = person.unlocked();
    for n in 0..7 {
        let recipient = kovra::identity::AgreementSecret::from_bytes(&[n + 100; 32]).public();
        let way =
            kovra::vault::Recovery { recipient, made: Moment::from_seconds(0), is_code: false };
        vault.write(|batch| batch.put_recovery(way, None)).unwrap();
    }
    drop(vault);
    let done = person.owner(&["recovery", "add"]);
    assert!(done.code == 21 && done.screen.contains("at most 8"), "{}", done.screen);
}

/// Neither somebody unattended nor an agent comes in, or changes the lock; and each try is on record.
#[test]
fn without_the_owner_nothing_of_it() {
    let mut person = Person::with_pin("alice");
    person.write("id.txt", SECRET);
    person.write("pass", OTHER);
    person.owner_ok(&["recovery", "add", "--to", &recipient()]);
    let to = kovra::identity::AgreementSecret::from_bytes(&[9; 32]).public().to_age();
    let way = recipient();
    let commands: [&[&str]; 7] = [
        &["recover", "--identity", "id.txt", "--new-passphrase-file", "pass"],
        &["recovery", "add", "--to", &to],
        &["recovery", "add"],
        &["recovery", "rm", &way],
        &["rekey", "--new-passphrase-file", "pass"],
        &["rekey", "--rewrap", "--new-key-file", "other.key"],
        &["id", "rotate"],
    ];
    let before = person.ok(&["id"]).stdout;
    for command in commands {
        person.fails(command, 20);
    }
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    for command in commands {
        let done = person.at_terminal(command, &[]);
        assert_eq!(done.code, 20, "{command:?}: {}", done.screen);
    }
    person.env.remove("KOVRA_AGENT");
    assert_eq!(person.ok(&["id"]).stdout, before);
    assert!(!person.home().join("other.key").exists());
    let trail: Value = serde_json::from_str(&person.ok(&["audit", "--json"]).stdout).unwrap();
    let denied = trail.as_array().unwrap().iter().filter(|row| row["outcome"] == "denied");
    assert_eq!(denied.count(), 2 * commands.len());
}

#[test]
fn after_rekey_an_older_copy_opens_nothing_that_follows() {
    let mut person = Person::with_pin("alice");
    person.add("dev/a/b", "one", &[]);
    person.set("dev/a/b", "two");
    let old = fs::read(person.vault()).unwrap();
    let done = person.owner(&["rekey", "--new-key-file", "new.key"]);
    assert!(done.code == 0 && done.screen.contains("delete it"), "{}", done.screen);
    person.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    person.fails(&["list"], 40);
    person.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "two");
    assert!(person.ok(&["history", "dev/a/b"]).stdout.contains("1"));
    person.ok(&["audit"]);
    person.add("dev/a/c", "new", &[]);
    // Nothing of the old keys' rows is left in the files: not one sealed row of then is there now.
    let now = fs::read(person.vault()).unwrap();
    assert!(!shares_a_piece(&old, &now), "a row of before is there");
    // Back to the old file with the new key, and the reverse.
    fs::write(person.vault(), &old).unwrap();
    person.fails(&["list"], 40);
    person.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    person.ok(&["list"]);
}

/// Whether 24 bytes that are no zeros and no text of the schema stand in both.
fn shares_a_piece(a: &[u8], b: &[u8]) -> bool {
    let random = |piece: &&[u8]| piece.iter().filter(|byte| !byte.is_ascii()).count() > 6;
    let pieces: std::collections::HashSet<&[u8]> = a.windows(24).filter(random).collect();
    b.windows(24).filter(random).any(|piece| pieces.contains(piece))
}

#[test]
fn wrapped_again_an_older_copy_still_leads_to_the_keys_and_it_says_so() {
    let mut person = Person::with_pin("alice");
    person.add("dev/a/b", "one", &[]);
    let done = person.owner(&["rekey", "--rewrap", "--new-key-file", "new.key"]);
    assert!(done.code == 0 && done.screen.contains("still has its keys"), "{}", done.screen);
    person.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    person.fails(&["list"], 40);
    person.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    person.ok(&["list"]);
}

#[test]
fn what_a_lock_needs_is_said_before_anybody_is_asked() {
    let person = Person::with_pin("alice");
    person.write("short", "elevenchars");
    let said = |arguments: &[&str], code: u32| {
        let done = person.at_terminal(arguments, &[]);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.screen);
        done.screen
    };
    assert!(said(&["rekey"], 2).contains("--new-key-file"));
    assert!(said(&["rekey", "--new-key-file", "vault.key"], 21).contains("exists already"));
    assert!(said(&["rekey", "--new-passphrase-file", "short"], 2).contains("at least 12"));
    assert!(said(&["rekey", "--custody", "keyring", "--new-key-file", "k"], 2).contains("two"));
    let nobody = Person::new("bob");
    nobody.write("short", "elevenchars");
    let short = nobody.fails(&["init", "--passphrase-file", "short"], 2);
    assert!(short.contains("at least 12") && !nobody.vault().exists(), "{short}");
}

#[test]
fn who_waits_at_a_question_while_the_keys_change_goes_on_with_nothing() {
    let person = Person::with_pin("alice");
    person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let mut waits = person.waits_at(&["show", "dev/a/high"], ASKED);
    person.owner_ok(&["rekey", "--new-key-file", "new.key"]);
    waits.press_line(PIN);
    let done = waits.end();
    assert!(done.code == 21 && !done.screen.contains("marker"), "{}", done.screen);
}

#[test]
fn a_new_encryption_key_opens_what_was_sealed_to_the_old_one() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_pin("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/a/b", "before", &[]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "old.kovra"]);
    alice.hand(&bob, "old.kovra");
    let before = bob.id();
    let done = bob.owner(&["id", "rotate"]);
    assert!(done.code == 0 && done.screen.contains("peer add NAME FILE"), "{}", done.screen);
    assert_ne!(bob.id(), before);
    let print = |person: &Person| person.ok(&["id"]).stderr.lines().next().unwrap().to_owned();
    assert!(done.screen.contains(&bob.id()[..40]) && print(&bob).contains("Fingerprint"));
    bob.ok(&["import", "old.kovra"]);
    assert_eq!(bob.ok(&["show", "dev/a/b"]).stdout, "before");
    assert!(bob.ok(&["verify", "old.kovra"]).stdout.contains("you"));
    // Alice takes the new string as the same person's, with proof.
    alice.fails(&["peer", "add", "bob", &bob.id()], 14);
    alice.owner_ok(&["peer", "add", "bob", &bob.id()]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "new.kovra"]);
    alice.hand(&bob, "new.kovra");
    bob.ok(&["import", "new.kovra", "--overwrite"]);
    // A second turn keeps both.
    bob.owner_ok(&["id", "rotate"]);
    for file in ["old.kovra", "new.kovra"] {
        bob.ok(&["inspect", file]);
        assert!(bob.ok(&["inspect", file]).stdout.contains("dev/a/b"), "{file}");
    }
}

/// A command, and what it asks and is told.
type Command = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// A kill at any moment of what changes the keys: one of the two opens everything.
#[test]
fn killed_anywhere_one_of_the_two_keys_opens_everything() {
    let alice = Person::with_pin("alice");
    alice.add("dev/a/b", "value", &[]);
    alice.add("prod/a/b", "value", &[]);
    alice.owner_ok(&["recovery", "add", "--to", &recipient()]);
    alice.write("id.txt", SECRET);
    let commands: [Command; 4] = [
        (&["rekey", "--new-key-file", "new.key"], &[(ASKED, PIN)]),
        (&["rekey", "--rewrap", "--new-key-file", "new.key"], &[(ASKED, PIN)]),
        (&["recover", "--identity", "id.txt", "--new-key-file", "new.key"], &[("for none): ", "")]),
        (&["id", "rotate"], &[(ASKED, PIN)]),
    ];
    let kills: usize = std::env::var("KOVRA_KILLS").map_or(24, |text| text.parse().unwrap());
    let mut landed = [0; 2];
    for (arguments, typed) in commands {
        let start = |person: &Person| {
            let mut seat = person.sit(kovra_path(), arguments);
            answer(&mut seat, typed);
            seat
        };
        let begun = Instant::now();
        assert_eq!(start(&alice.twin()).end().code, 0, "{arguments:?}");
        let took = begun.elapsed();
        for round in 0..kills.div_ceil(commands.len()) {
            let mut person = alice.twin();
            let mut seat = start(&person);
            let of = kills.div_ceil(commands.len()) as u32;
            std::thread::sleep(took.mul_f64(0.7) * round as u32 / of + Duration::from_micros(97));
            seat.kill();
            let key = ["vault.key", "new.key"].into_iter().find(|key| opens(&mut person, key));
            let key = key.unwrap_or_else(|| panic!("{arguments:?}: neither key opens"));
            landed[usize::from(key == "new.key")] += 1;
            assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "value");
            person.ok(&["audit"]);
            person.set("dev/a/b", "later");
            let vault = unlocked(&person, key);
            assert!(vault.view().entries().unwrap().iter().all(|e| vault.view().value(e).is_ok()));
        }
    }
    println!("{landed:?} left the old key and the new");
    assert!(landed.iter().all(|n| *n > 0), "the kills came at the wrong times: {landed:?}");
}

fn opens(person: &mut Person, key: &str) -> bool {
    person.env.insert("KOVRA_KEY_FILE".into(), key.into());
    let ran = person.run(&["list"]);
    assert!([0, 40].contains(&ran.code), "{}", ran.stderr);
    ran.code == 0
}

#[test]
fn recipients_that_a_vault_cannot_have_are_refused_before_anything_is_made() {
    let person = Person::new("alice");
    let to = |n: u8| kovra::identity::AgreementSecret::from_bytes(&[n; 32]).public().to_age();
    let init = |all: &[String]| {
        let mut arguments = vec!["init", "--key-file", "vault.key"];
        all.iter().for_each(|to| arguments.extend(["--recovery-recipient", to]));
        person.fails(&arguments, 21)
    };
    assert!(init(&[to(1), to(1)]).contains("this recipient already"));
    assert!(init(&(1..=9).map(to).collect::<Vec<_>>()).contains("at most 8"));
    assert!(!person.vault().exists() && !person.home().join("vault.key").exists());
}
