//! Rows that are as kovra wrote them and stand elsewhere or no longer, and rows
//! that are not as kovra wrote them.

use super::{COMMANDS, MARKER, Victim, bounded};
use crate::vault_file::{
    COLUMNS, DIGEST, ENTRY, GUARD_DIGEST, ID, MORE_META, PEER, SEEN, STATE, WAYS, bytes, edit,
    fold, literal, put_back, row_made_by,
};
use forge::people::Person;

#[test]
fn a_row_that_is_gone_moved_or_copied_is_damage() {
    let victim = Victim::new();
    let Victim { url, old, peer, .. } = &victim;
    let copy_of_old = |column: &str, other: &str| {
        let columns = COLUMNS.replacen(column, other, 1);
        format!("INSERT INTO sealed SELECT {columns} FROM sealed WHERE lookup = {old}")
    };
    let changes = [
        format!("DELETE FROM sealed WHERE lookup = {url}"),
        format!("DELETE FROM sealed WHERE lookup = {old} AND revision = 2"),
        format!("DELETE FROM sealed WHERE lookup = {old} AND revision = 1"),
        format!("DELETE FROM sealed WHERE lookup = {peer}"),
        format!("DELETE FROM sealed WHERE kind = {SEEN}"),
        format!("DELETE FROM sealed WHERE kind = {STATE}"),
        format!("DELETE FROM sealed WHERE kind = {ENTRY}"),
        "DELETE FROM sealed".to_owned(),
        copy_of_old("lookup", "randomblob(32)"),
        copy_of_old("revision", "revision + 2"),
        format!("UPDATE sealed SET lookup = randomblob(32) WHERE lookup = {url}"),
        format!("UPDATE sealed SET revision = 7 WHERE lookup = {url}"),
        format!("UPDATE sealed SET revision = -1 WHERE lookup = {url}"),
        format!("UPDATE sealed SET revision = revision + 1 WHERE lookup = {old} AND revision = 2"),
        format!("UPDATE sealed SET kind = {PEER} WHERE lookup = {url}"),
        format!("UPDATE sealed SET kind = 99 WHERE lookup = {url}"),
        format!("UPDATE sealed SET nonce = randomblob(24) WHERE lookup = {url}"),
        format!("UPDATE sealed SET nonce = x'' WHERE lookup = {url}"),
        format!("UPDATE sealed SET lookup = zeroblob(31) WHERE lookup = {url}"),
        format!("UPDATE sealed SET lookup = zeroblob(1000000) WHERE lookup = {url}"),
        swapped(&format!("revision = 1 AND lookup IN ({url}, {old})")),
        swapped(&format!("lookup = {old}")),
    ];
    for sql in changes {
        victim.edited(&sql).is_damaged(&sql, &["damaged"]);
    }
}

/// All of two rows but their places, exchanged.
fn swapped(which: &str) -> String {
    let other = |column: &str| {
        format!(
            "{column} = (SELECT t.{column} FROM two t \
             WHERE (t.lookup, t.revision) <> (sealed.lookup, sealed.revision))"
        )
    };
    let columns = ["nonce", "metadata", "value"].map(other).join(", ");
    format!(
        "CREATE TEMP TABLE two AS SELECT * FROM sealed WHERE {which}; \
         UPDATE sealed SET {columns} WHERE {which}"
    )
}

/// What opens its value, and who may change it.
#[test]
fn a_guard_that_is_taken_off_or_put_on_is_damage() {
    let victim = Victim::new();
    for sql in [
        "UPDATE sealed SET guarded = 0 WHERE guarded = 1".to_owned(),
        format!("UPDATE sealed SET guarded = 0 WHERE lookup = {}", victim.peer),
        format!("UPDATE sealed SET guarded = 1 WHERE lookup = {}", victim.url),
        format!("UPDATE sealed SET guarded = 2 WHERE lookup = {}", victim.peer),
        format!("UPDATE sealed SET guarded = -1 WHERE lookup = {}", victim.peer),
    ] {
        victim.edited(&sql).is_damaged(&sql, &["damaged"]);
    }
}

/// Each was true once.
#[test]
fn rows_of_another_time_are_damage() {
    let mut victim = Victim::new();
    let older = victim.person.home().join("older.db");
    std::fs::write(&older, &victim.whole).unwrap();
    let person = &victim.person;
    person.set("dev/db/url", "rotated");
    person.ok(&["edit", "dev/db/old", "--sensitivity", "inject-only"]);
    person.ok(&["rm", "dev/many/k1"]);
    person.ok(&["peer", "rm", "bob"]);
    let pinned = [("New PIN: ", "2468"), ("The same again: ", "2468")];
    let pin = literal(&row_made_by(person, STATE, || {
        assert_eq!(person.at_terminal(&["pin", "set"], &pinned).code, 0);
    }));
    victim.listed = person.ok(&["list", "--json"]).stdout;
    fold(person);
    victim.whole = bytes(person);

    let older = older.display();
    let back = |which: &str| {
        format!(
            "ATTACH '{older}' AS older; DELETE FROM sealed WHERE {which}; \
             INSERT INTO sealed SELECT * FROM older.sealed WHERE {which}"
        )
    };
    let meta = |which: &str| {
        format!(
            "ATTACH '{older}' AS older; \
             INSERT OR REPLACE INTO meta SELECT * FROM older.meta WHERE {which}"
        )
    };
    for sql in [
        back(&format!("lookup = {}", victim.url)),
        back(&format!("lookup = {}", victim.old)),
        back(&format!("kind = {ENTRY}")),
        back(&format!("kind = {PEER}")),
        back(&format!("kind = {STATE}")),
        back("kind > 0"),
        format!("DELETE FROM sealed WHERE lookup = {pin}"),
        meta(DIGEST),
        meta(GUARD_DIGEST),
        format!(
            "{}; {}",
            back(&format!("kind = {PEER}")),
            meta(GUARD_DIGEST).split_once(';').unwrap().1
        ),
    ] {
        victim.edited(&sql).is_damaged(&sql, &["damaged"]);
    }
}

#[test]
fn a_row_of_meta_that_was_changed_is_refused() {
    let victim = Victim::new();
    let flip = |which: &str| {
        format!(
            "UPDATE meta SET value = CAST(substr(value, 1, length(value) - 1) || x'5a' AS BLOB) \
             WHERE {which}"
        )
    };
    for which in [DIGEST, GUARD_DIGEST] {
        for sql in [
            flip(which),
            format!("DELETE FROM meta WHERE {which}"),
            format!("UPDATE meta SET value = x'' WHERE {which}"),
            format!("UPDATE meta SET value = zeroblob(32) WHERE {which}"),
            format!("UPDATE meta SET value = zeroblob(50000000) WHERE {which}"),
        ] {
            victim.edited(&sql).is_damaged(&sql, &["damaged"]);
        }
    }
    let more = format!("INSERT INTO meta VALUES {MORE_META}");
    victim.edited(&more).is_damaged(&more, &["damaged"]);
    // These say which key opens it, so that it may as well be the key that is wrong.
    for which in [ID, WAYS] {
        for sql in [
            flip(which),
            format!("DELETE FROM meta WHERE {which}"),
            format!("UPDATE meta SET value = x'' WHERE {which}"),
            format!("UPDATE meta SET value = randomblob(length(value)) WHERE {which}"),
            format!("UPDATE meta SET value = CAST(value || x'00' AS BLOB) WHERE {which}"),
            format!("UPDATE meta SET value = zeroblob(50000000) WHERE {which}"),
        ] {
            victim.edited(&sql).is_refused(&sql, &[40, 41], &[]);
        }
    }
    let none = "DELETE FROM meta";
    victim.edited(none).is_damaged(none, &["damaged"]);
}

/// The trail is read by who asks for it. Until then nobody adds to it in a way that covers the edit.
#[test]
fn a_trail_that_was_cut_stays_damaged() {
    let victim = Victim::new();
    let older = victim.person.home().join("older.db");
    std::fs::write(&older, &victim.whole).unwrap();
    for sql in [
        "DELETE FROM trail WHERE number > 5",
        "DELETE FROM trail WHERE number = (SELECT max(number) FROM trail)",
        "DELETE FROM trail WHERE number = 3",
        "DELETE FROM trail",
        "UPDATE trail SET number = -1 WHERE number = 1",
        "UPDATE trail SET sealed = zeroblob(50000000) WHERE number = 4",
    ] {
        victim.edited(sql);
        for command in [&["audit"][..], &["audit", "--json"], &["audit", "--verify"]] {
            let ran = bounded(&victim.person, command);
            assert_eq!(ran.code, 41, "{sql}: {command:?}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("trail"), "{sql}: {}", ran.stderr);
        }
        for command in COMMANDS {
            let ran = bounded(&victim.person, command);
            assert!([0, 1, 41].contains(&ran.code), "{sql}: {command:?}: {}", ran.stderr);
        }
        assert_eq!(
            bounded(&victim.person, &["audit", "--verify"]).code,
            41,
            "{sql}: it was covered"
        );
        fold(&victim.person);
        victim.undone(sql);
    }
}

/// Each row by itself: the others are shown, and nothing is missing.
#[test]
fn a_row_of_the_trail_that_is_none_is_named_and_the_rest_is_shown() {
    let victim = Victim::new();
    let shown = victim.person.ok(&["audit"]).stdout;
    fold(&victim.person);
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let foreign = "INSERT INTO trail SELECT -5, nonce, sealed, link FROM trail WHERE number = 4";
    for (sql, row, lost) in [
        (foreign, "row -5 ", 0),
        ("UPDATE trail SET link = x'00' WHERE number = 4", "row 4 ", 1),
        ("UPDATE trail SET nonce = x'0102' WHERE number = 4", "row 4 ", 1),
    ] {
        victim.edited(sql);
        let ran = bounded(&victim.person, &["audit"]);
        let told = format!("{sql}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
        assert!(ran.code == 41 && ran.stderr.contains(row), "{told}");
        let wrong = ["cut", "removed", "its end"].iter().any(|word| ran.stderr.contains(word));
        assert!(!wrong, "{told}");
        let (there, all) = (lines(&ran.stdout), lines(&shown));
        let missing = all.iter().filter(|line| !there.contains(line)).count();
        assert!(missing <= lost, "{missing} of {lost}\n{told}\nwas\n{shown}");
        fold(&victim.person);
        victim.undone(sql);
    }
}

/// The head of the trail, and all else but the trail, of another time.
#[test]
fn an_older_head_of_the_trail_is_damage() {
    let victim = Victim::new();
    let person = &victim.person;
    let head = row_of_the_trails_head(&victim);
    person.set("dev/db/url", "rotated");
    let older = person.home().join("older.db");
    std::fs::write(&older, &victim.whole).unwrap();
    fold(person);
    let older = older.display();
    edit(
        person,
        &format!(
            "ATTACH '{older}' AS older; DELETE FROM sealed WHERE lookup = {head}; \
             INSERT INTO sealed SELECT * FROM older.sealed WHERE lookup = {head}"
        ),
    );
    victim.is_damaged("an older head", &["damaged"]);
    // With all rows of that time, only the trail knows better.
    person.set("dev/db/url", "rotated");
    fold(person);
    edit(
        person,
        &format!(
            "ATTACH '{older}' AS older; DELETE FROM sealed; DELETE FROM meta; \
             INSERT INTO sealed SELECT * FROM older.sealed; INSERT INTO meta SELECT * FROM older.meta"
        ),
    );
    let said = person.fails(&["audit", "--verify"], 41);
    assert!(said.contains("trail"), "{said}");
}

/// The one state that a change of an entry changes, too.
fn row_of_the_trails_head(victim: &Victim) -> String {
    use rusqlite::Connection;
    let states = |person: &Person| -> Vec<(Vec<u8>, Vec<u8>)> {
        let db = Connection::open(person.vault()).unwrap();
        let sql = format!("SELECT lookup, nonce FROM sealed WHERE kind = {STATE}");
        let mut query = db.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let before = states(&victim.person);
    victim.person.set("dev/db/url", "changed");
    let mut changed = states(&victim.person);
    changed.retain(|state| !before.contains(state));
    assert_eq!(changed.len(), 1, "one state changes with each row of the trail");
    fold(&victim.person);
    put_back(&victim.person, &victim.whole);
    literal(&changed[0].0)
}

/// Flips the last bit of a part of a row. No digest covers those; their own seal does.
fn flipped(column: &str, lookup: &str) -> String {
    let flip = |digit: &str, to: &str| format!("WHEN '{digit}' THEN x'{to}'");
    let last = (0..=255u8).map(|n| flip(&format!("{n:02X}"), &format!("{:02x}", n ^ 1)));
    let cases: String = last.collect::<Vec<_>>().join(" ");
    format!(
        "UPDATE sealed SET {column} = CAST(substr({column}, 1, length({column}) - 1) || \
         CASE hex(substr({column}, -1)) {cases} END AS BLOB) WHERE lookup = {lookup}"
    )
}

/// One row that does not open is named, and hides no other.
#[test]
fn a_row_whose_names_do_not_open_is_told_and_the_rest_is_shown() {
    let victim = Victim::new();
    let person = &victim.person;
    victim.edited(&flipped("metadata", &victim.url));
    let edited = bytes(person);
    for command in [&["list"][..], &["list", "--json"]] {
        let ran = bounded(person, command);
        assert_eq!(ran.code, 41, "{}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stdout.contains("dev/db/old") && ran.stdout.contains("dev/many/k7"),
            "the rest"
        );
        assert!(
            !ran.stdout.contains("dev/db/url") && ran.stderr.contains("entry"),
            "{}",
            ran.stderr
        );
    }
    let ran = bounded(person, &["audit"]);
    assert!(ran.stdout.contains("dev/db/old"), "the trail is shown: {}", ran.stderr);
    assert!(bytes(person) == edited, "the file was written");
    for command in [
        &["show", "dev/db/url"][..],
        &["set", "dev/db/url", "--stdin"],
        &["add", "dev/db/url", "--stdin"],
        &["rm", "dev/db/url"],
        &["edit", "dev/db/url", "--description", "x"],
        &["seal", "--env", "dev", "--to", "bob", "-o", "all.kovra"],
    ] {
        let ran = bounded(person, command);
        assert_eq!(ran.code, 41, "{command:?}: {}{}", ran.stdout, ran.stderr);
        let told = ran.stderr.contains("dev/db/url") || ran.stderr.contains("entry");
        assert!(told && !ran.stdout.contains(MARKER), "{command:?}: {}", ran.stderr);
    }
    assert!(!person.home().join("all.kovra").exists());
    victim.undone("names flipped");
}

#[test]
fn a_value_that_does_not_open_is_told() {
    let victim = Victim::new();
    let person = &victim.person;
    person.write(".env.refs", "A=secret:dev/db/url\n");
    let swapped_values = format!(
        "UPDATE sealed SET value = (SELECT value FROM sealed t WHERE t.lookup = {} AND t.revision = 1) \
         WHERE lookup = {}",
        victim.old, victim.url
    );
    let emptied = format!("UPDATE sealed SET value = x'' WHERE lookup = {}", victim.url);
    for sql in [flipped("value", &victim.url), swapped_values, emptied] {
        victim.edited(&sql);
        let ran = bounded(person, &["show", "dev/db/url"]);
        assert_eq!(ran.code, 41, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("dev/db/url") && ran.stdout.is_empty(), "{}", ran.stderr);
        let ran = bounded(person, &["run", "--", "echo", "started"]);
        assert_eq!(ran.code, 125, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("dev/db/url") && ran.stdout.is_empty(), "{}", ran.stderr);
        let seal = ["seal", "dev/db/url", "--to", "bob", "-o", "one.kovra"];
        assert_eq!(bounded(person, &seal).code, 41);
        assert!(!person.home().join("one.kovra").exists());
        let ran = bounded(person, &["list"]);
        assert!([0, 41].contains(&ran.code) && ran.stdout.contains("dev/db/old"), "{}", ran.stderr);
        victim.undone("a value flipped");
    }
}

/// What stands behind a damaged row is never taken for it.
#[test]
fn nothing_takes_the_place_of_a_damaged_row() {
    let person = Person::with_vault("alice");
    person.add("dev/db/url", "the global one", &[]);
    let add = || person.add("dev/db/url", "the project's", &["--project", "shop"]);
    let shop = literal(&row_made_by(&person, ENTRY, add));
    let only = literal(&row_made_by(&person, ENTRY, || person.add("dev/db/only", "its own", &[])));
    fold(&person);
    let whole = bytes(&person);
    for column in ["metadata", "value"] {
        put_back(&person, &whole);
        edit(&person, &flipped(column, &shop));
        edit(&person, &flipped(column, &only));
        let said = person.fails(&["show", "dev/db/url", "--project", "shop"], 41);
        assert!(said.contains("dev/db/url") || said.contains("entry"), "{said}");
        person.fails(&["show", "dev/db/only"], 41);
        for refs in [
            "A=secret:dev/db/url\n",
            "A=secret:dev/db/url | fallback\n",
            "A=secret:dev/db/only | fallback\n",
            "B=${env:NONE | x}\nA=secret:dev/db/only | y\n",
        ] {
            person.write(".env.refs", refs);
            let run = ["run", "--project", "shop", "--", "sh", "-c", "echo started $A"];
            let ran = person.run(&run);
            assert_eq!(ran.code, 125, "{column}: {refs}{}{}", ran.stdout, ran.stderr);
            assert!(ran.stdout.is_empty() && ran.stderr.contains("damaged"), "{}", ran.stderr);
        }
    }
}
