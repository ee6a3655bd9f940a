//! A vault whose schema somebody edited, and whose rows are as they were: `kovra doctor --fix` gives them a fresh
//! file, or leaves the old one as it is.

use crate::vault_file::{KEY, beside, bytes, edit, open};
use forge::people::{ASKED, OPENS, PASSPHRASE, PIN, Person, YES, kovra_path, terminal::Session};
use std::fs;
use std::time::Instant;

const FIX: [&str; 2] = ["doctor", "--fix"];
const INDEX: &str = "CREATE INDEX \"intruder; rm -rf ~\" ON sealed (revision)";
/// Longer than a page, so that it stands in pages of its own.
const LONG: usize = 60_000;

/// With rows in many pages, and one that goes on in others.
fn owner() -> Person {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    for n in 0..30 {
        alice.add(&format!("dev/many/k{n}"), &format!("value {n}"), &[]);
    }
    alice.add("prod/db/url", &"long ".repeat(LONG / 5), &[]);
    alice.set("dev/many/k0", "another");
    alice
}

/// Everything that a vault answers and nothing else about it.
fn answers(person: &Person) -> Vec<String> {
    let commands: [&[&str]; 4] =
        [&["list", "--json"], &["peer", "list", "--json"], &["id"], &["show", "dev/many/k0"]];
    commands.iter().map(|command| person.ok(command).stdout).collect()
}

/// What is in the schema, and in the file around the rows.
fn schema(person: &Person) -> Vec<(String, String, String)> {
    let db = open(person);
    let mut query = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn trail(person: &Person) -> usize {
    let rows = person.ok(&["audit", "--json"]).stdout;
    serde_json::from_str::<Vec<serde_json::Value>>(&rows).unwrap().len()
}

fn fixed(person: &Person) -> Session {
    person.at_terminal(&FIX, &[(ASKED, PIN)])
}

/// It answers what it did, from a file in which nothing is left of anybody's.
#[track_caller]
fn is_the_same(person: &Person, before: &[String], what: &str) {
    assert_eq!(answers(person), before, "{what}");
    person.ok(&["audit", "--verify"]);
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|at| at == word);
    assert!(!has(&bytes(person), b"intruder"), "{what}");
    let log = fs::read(beside(person, "-wal")).unwrap_or_default();
    assert!(!has(&log, b"intruder"), "{what}");
    let db = open(person);
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let mode: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!((said.as_str(), mode.as_str()), ("ok", "wal"), "{what}");
}

/// What is not fixed is left alone, to the byte.
#[track_caller]
fn is_left_alone(person: &Person, before: &[u8], what: &str) {
    assert!(bytes(person) == before, "{what}: the file was written");
    assert_eq!(fs::metadata(beside(person, "-wal")).map_or(0, |log| log.len()), 0, "{what}");
}

#[test]
fn what_is_foreign_is_counted_and_gone() {
    let alice = owner();
    let (before, ours, rows) = (answers(&alice), schema(&alice), trail(&alice));
    let text = |from: &str, to: &str| {
        format!(
            "UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'sealed'"
        )
    };
    let rebuilt = "CREATE TABLE intruder (kind, lookup, revision, guarded, nonce, metadata, value);
                   INSERT INTO intruder SELECT * FROM sealed; DROP TABLE sealed;
                   ALTER TABLE intruder RENAME TO sealed";
    let trigger = "CREATE TRIGGER intruder AFTER INSERT ON sealed BEGIN DELETE FROM trail; END";
    let cases = [
        (INDEX.to_owned(), "1 index is none of kovra's"),
        (format!("{trigger}; {INDEX}"), "1 index, 1 trigger are none of kovra's"),
        ("CREATE VIEW intruder AS SELECT randomblob(9)".into(), "1 view is none of kovra's"),
        ("ANALYZE".into(), "tables are none of kovra's"),
        ("CREATE VIRTUAL TABLE intruder USING fts5(x)".into(), "tables are none of kovra's"),
        ("ALTER TABLE sealed ADD COLUMN intruder BLOB".into(), "its table sealed is not"),
        (
            "ALTER TABLE trail ADD COLUMN intruder INTEGER AS (length(link))".into(),
            "its table trail is not",
        ),
        (text("nonce    BLOB ", "intruder INTEGER AS (1), nonce BLOB "), "sealed is not"),
        (
            text(KEY, "CHECK (revision < 0), PRIMARY KEY (kind, lookup COLLATE NOCASE, revision)"),
            "sealed is not",
        ),
        (text(") STRICT", ") /* intruder */ STRICT"), "sealed is not"),
        (rebuilt.into(), "its table sealed is not"),
    ];
    for (sql, counted) in cases {
        let person = alice.twin();
        edit(&person, &sql);
        let said = person.fails(&["doctor"], 41);
        assert!(said.contains(counted) && said.contains("kovra doctor --fix"), "{sql}: {said}");
        assert!(!said.contains("intruder") && !said.contains("CREATE"), "{sql}: {said}");
        let done = fixed(&person);
        assert_eq!(done.code, 1, "it wants a backup: {sql}: {}", done.screen);
        assert!(!done.screen.contains("intruder"), "{sql}: {}", done.screen);
        assert_eq!(trail(&person), rows + 1, "{sql}");
        is_the_same(&person, &before, &sql);
        assert_eq!(schema(&person), ours, "{sql}");
        assert_eq!(
            person.ok(&["audit", "--action", "repair"]).stdout.matches("confirmed").count(),
            1
        );
        // There is nothing left to be asked about.
        assert_eq!(person.at_terminal(&FIX, &[]).code, 1);
    }
    // What SQLite can't read, it quotes.
    edit(&alice, &text(KEY, "intruder"));
    let said = alice.fails(&["doctor"], 41);
    assert!(said.contains("its schema") && !said.contains("intruder"), "{said}");
}

/// The digest, a seal or a link says that a row is not as it was: nothing is written, whatever it looks like.
#[test]
fn what_is_not_proved_is_left_alone() {
    let alice = owner();
    let cases = [
        "DELETE FROM sealed WHERE kind = 2",
        "UPDATE sealed SET nonce = randomblob(24) WHERE kind = 1",
        "UPDATE sealed SET guarded = 0 WHERE kind = 1",
        "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1 AND guarded",
        "UPDATE sealed SET metadata = CAST(metadata || x'00' AS BLOB) WHERE kind = 1",
        "INSERT INTO sealed SELECT 1, randomblob(32), 1, 0, nonce, metadata, value FROM sealed LIMIT 1",
        "UPDATE meta SET value = zeroblob(32) WHERE number = 4",
        "DELETE FROM trail WHERE number = 3",
        "DELETE FROM trail WHERE number = (SELECT max(number) FROM trail)",
        "UPDATE trail SET link = zeroblob(32) WHERE number = 3",
        "DELETE FROM meta WHERE number = 3",
        "INSERT INTO meta VALUES (5, x'00')",
        "ALTER TABLE sealed ADD COLUMN more BLOB; UPDATE sealed SET more = x'01' WHERE kind = 2",
        "DROP TABLE trail",
        "ALTER TABLE trail RENAME TO intruder",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'trail') \
         WHERE name = 'sealed'",
        "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'trail'",
    ];
    for sql in cases {
        let person = alice.twin();
        edit(&person, &format!("{INDEX}; {sql}"));
        let before = bytes(&person);
        let done = person.at_terminal(&FIX, &[]);
        assert_eq!(done.code, 41, "{sql}: {}", done.screen);
        assert!(done.screen.contains("recover --salvage"), "{sql}: {}", done.screen);
        is_left_alone(&person, &before, sql);
    }
}

#[test]
fn only_its_owner_has_it_fixed() {
    let mut person = owner();
    edit(&person, INDEX);
    let before = bytes(&person);
    let said = person.fails(&FIX, 20);
    assert!(said.contains("nobody is here") || said.contains("terminal"), "{said}");
    for typed in ["", "not the PIN"] {
        let done = person.at_terminal(&FIX, &[(ASKED, typed)]);
        assert_eq!(done.code, 20, "{}", done.screen);
    }
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    assert_eq!(person.at_terminal(&FIX, &[]).code, 20);
    is_left_alone(&person, &before, "nobody said yes");
}

/// What is kept of an unlocked vault has no part in it: it has not the guard key, which half of the proof takes.
#[test]
fn a_passphrase_is_typed_once() {
    let person = Person::with_passphrase("alice");
    person.at_terminal(&["unlock"], &[("Passphrase", PASSPHRASE)]);
    edit(&person, INDEX);
    let before = bytes(&person);
    person.fails(&FIX, 40);
    is_left_alone(&person, &before, "nobody is there to type it");
    let done = person.at_terminal(&FIX, &[(OPENS, PASSPHRASE), (YES, "y")]);
    assert!(done.code == 1 && done.screen.matches("Passphrase").count() == 1, "{}", done.screen);
    assert!(schema(&person).iter().all(|(kind, ..)| kind == "table"));
}

/// What was edited stands in the log alone, which nobody has folded into the file.
#[test]
fn the_log_is_part_of_the_file() {
    let alice = owner();
    let (before, whole) = (answers(&alice), bytes(&alice));
    let db = open(&alice);
    db.execute_batch(INDEX).unwrap();
    db.execute_batch("PRAGMA wal_autocheckpoint = 0; ANALYZE").unwrap();
    let person = alice.twin();
    assert!(bytes(&person) == whole && fs::metadata(beside(&person, "-wal")).unwrap().len() > 0);
    let said = person.fails(&["doctor"], 41);
    assert!(said.contains("2 tables, 1 index are none of kovra's"), "{said}");
    assert_eq!(fixed(&person).code, 1);
    is_the_same(&person, &before, "a log");
    // What is read from now on is the file alone.
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&person, end));
    }
    is_the_same(&person, &before, "without the log");
}

/// The file is nobody else's meanwhile; so nobody goes on with the old one.
#[test]
fn nobody_else_has_it_open() {
    let person = owner();
    let before = answers(&person);
    // Opened while it was whole, with a question that stays open.
    let mut other = person.waits_at(&["show", "prod/db/url"], ASKED);
    edit(&person, INDEX);
    let edited = bytes(&person);
    let done = person.at_terminal(&FIX, &[]);
    assert!(done.code == 1 && done.screen.contains("another process"), "{}", done.screen);
    assert!(bytes(&person) == edited);
    other.press_line(PIN);
    assert_eq!(other.end().code, 41);
    // And the other way around.
    let mut fixing = person.waits_at(&FIX, ASKED);
    assert!(person.fails(&["list"], 1).contains("another process"));
    fixing.press_line(PIN);
    assert_eq!(fixing.end().code, 1);
    is_the_same(&person, &before, "with others");
}

/// The old file or the new one, whole, and a next try that succeeds.
#[test]
fn a_kill_at_any_moment_leaves_one_of_both() {
    const KILLS: u32 = 24;
    let alice = owner();
    let before = answers(&alice);
    edit(&alice, INDEX);
    let started = |person: &Person| {
        let mut seat = person.waits_at(&FIX, ASKED);
        seat.press_line(PIN);
        seat
    };
    let asked = Instant::now();
    started(&alice.twin()).end();
    let took = asked.elapsed();
    let mut landed = [0; 2];
    for kill in 0..KILLS {
        let person = alice.twin();
        let mut seat = started(&person);
        std::thread::sleep(took.mul_f64(1.1) * kill / KILLS);
        seat.kill();
        let code = person.run(&["list"]).code;
        assert!([0, 41].contains(&code), "{kill}: {code}");
        landed[usize::from(code == 0)] += 1;
        if code == 41 {
            assert!(person.fails(&["list"], 41).contains("1 index is none of kovra's"));
            assert_eq!(fixed(&person).code, 1, "{kill}");
        }
        is_the_same(&person, &before, &format!("kill {kill}"));
    }
    assert!(landed.iter().all(|n| *n > 0), "the kills came at the wrong times: {landed:?}");
}

/// The log is as long as the vault: where that has no room, nothing has become of it.
#[test]
fn without_room_the_old_file_stays() {
    let person = owner();
    let before = answers(&person);
    edit(&person, INDEX);
    let old = bytes(&person);
    for blocks in [80, 120] {
        let limit = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let command = ["-c", &limit, kovra_path(), "doctor", "--fix"];
        let done = person.program_at_terminal("sh", &command, &[(ASKED, PIN)]);
        assert_eq!(done.code, 1, "{}", done.screen);
        assert!(!done.screen.contains("damaged"), "{}", done.screen);
        assert!(bytes(&person) == old, "{blocks}: {}", done.screen);
        assert!(person.fails(&["list"], 41).contains("1 index is none of kovra's"));
    }
    assert_eq!(fixed(&person).code, 1);
    is_the_same(&person, &before, "with room");
}
