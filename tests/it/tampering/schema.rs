//! What the schema says. Each of these changes what a query reads or writes, while every
//! row is as kovra wrote it.

use super::Victim;
use crate::vault_file::{COLUMNS, KEY, TABLES, open};
use rusqlite::params;

/// An index answers in place of the table that it is on.
#[test]
fn an_index_is_damage() {
    let victim = Victim::new();
    for [unique, on] in [
        ["", "sealed (kind, lookup, revision, nonce)"],
        ["UNIQUE", "sealed (kind, lookup, revision, nonce)"],
        ["", "sealed (kind, lookup, revision DESC)"],
        ["", "sealed (length(value))"],
        ["", "sealed (revision) WHERE revision > 1"],
        ["", "trail (number, nonce, sealed, link)"],
        ["UNIQUE", "trail (link)"],
        ["UNIQUE", "meta (value)"],
    ] {
        let sql = format!("CREATE {unique} INDEX intruder ON {on}");
        victim.edited(&sql).is_damaged(&sql, &["1 index is none"]);
    }
}

/// The table is changed while the index is out of the schema, so that the index has it as it was.
#[test]
fn a_stale_index_hides_no_change_of_its_table() {
    let victim = Victim::new();
    let Victim { url, old, peer, .. } = &victim;
    let sealed = "sealed (kind, lookup, revision, nonce)";
    let changes = [
        (sealed, format!("DELETE FROM sealed WHERE lookup = {old} AND revision = 2")),
        (sealed, format!("DELETE FROM sealed WHERE lookup = {url}")),
        (sealed, format!("DELETE FROM sealed WHERE lookup = {peer}")),
        (sealed, format!("UPDATE sealed SET kind = 3 WHERE lookup = {url}")),
        ("trail (number, nonce, sealed, link)", "DELETE FROM trail WHERE number > 5".to_owned()),
        ("meta (number, value)", "UPDATE meta SET value = randomblob(32)".to_owned()),
    ];
    for (on, change) in changes {
        stale_index(&victim, on, &change);
        victim.is_damaged(&change, &["1 index is none"]);
    }
}

fn stale_index(victim: &Victim, on: &str, change: &str) {
    victim.edited(&format!("CREATE INDEX intruder ON {on}"));
    let find = "SELECT tbl_name, rootpage, sql FROM sqlite_schema WHERE name = 'intruder'";
    let (table, root, sql): (String, i64, String) = open(&victim.person)
        .query_row(find, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    victim.edited("DELETE FROM sqlite_schema WHERE name = 'intruder'").edited(change);
    let put_in = "INSERT INTO sqlite_schema VALUES ('index', 'intruder', ?1, ?2, ?3)";
    open(&victim.person).execute(put_in, params![table, root, sql]).unwrap();
    victim.edited("PRAGMA user_version");
}

/// Kovra itself would carry out what a trigger says, and put its name to it.
#[test]
fn a_trigger_is_damage() {
    let victim = Victim::new();
    for table in TABLES {
        for when in ["BEFORE", "AFTER"] {
            for event in ["INSERT", "UPDATE", "DELETE"] {
                let sql = format!(
                    "CREATE TRIGGER intruder {when} {event} ON {table} BEGIN SELECT RAISE(IGNORE); END"
                );
                victim.edited(&sql).is_damaged(&sql, &["1 trigger is none"]);
            }
        }
    }
    let takes_the_pin_away = "CREATE TRIGGER intruder AFTER INSERT ON sealed \
                              BEGIN DELETE FROM sealed WHERE lookup <> NEW.lookup; END";
    victim.edited(takes_the_pin_away).is_damaged(takes_the_pin_away, &["1 trigger is none"]);
}

#[test]
fn a_view_in_place_of_a_table_is_damage() {
    let victim = Victim::new();
    for table in TABLES {
        let honest = format!("SELECT * FROM {table}_hidden");
        let writable =
            format!("CREATE TRIGGER intruder INSTEAD OF INSERT ON {table} BEGIN SELECT 1; END");
        let endless = format!(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
             SELECT {table}_hidden.* FROM {table}_hidden, n"
        );
        for (query, more) in [(&honest, ""), (&honest, &writable), (&endless, "")] {
            let sql = format!(
                "ALTER TABLE {table} RENAME TO {table}_hidden; CREATE VIEW {table} AS {query}; {more}"
            );
            victim.edited(&sql).is_damaged(&sql, &["1 view", table]);
        }
    }
}

#[test]
fn whatever_else_is_in_the_schema_is_damage() {
    let victim = Victim::new();
    let changes = [
        ("CREATE TABLE intruder (x)", "1 table is none"),
        ("CREATE VIEW intruder AS SELECT 1", "1 view is none"),
        ("CREATE VIRTUAL TABLE intruder USING fts5(x)", "tables are none"),
        ("ANALYZE", "tables are none"),
        ("CREATE TABLE intruder (x INTEGER PRIMARY KEY AUTOINCREMENT)", "2 tables are none"),
        ("ALTER TABLE sealed ADD COLUMN intruder BLOB", "sealed"),
        ("ALTER TABLE trail ADD COLUMN intruder BLOB DEFAULT x'00'", "trail"),
        ("ALTER TABLE meta ADD COLUMN intruder INTEGER AS (length(value)) VIRTUAL", "meta"),
        ("ALTER TABLE sealed RENAME COLUMN revision TO intruder", "sealed"),
        ("ALTER TABLE trail RENAME TO intruder", "1 table is none"),
        ("DROP TABLE trail", "trail"),
        ("DELETE FROM sqlite_schema WHERE name = 'meta'", "meta"),
    ];
    for (sql, word) in changes {
        victim.edited(sql).is_damaged(sql, &[word]);
    }
}

/// The same tables in other words. Some mean the same, and some do not.
#[test]
fn a_table_in_other_words_is_damage() {
    let victim = Victim::new();
    let changes = [
        (KEY, "PRIMARY KEY (kind, lookup COLLATE NOCASE, revision)"),
        (KEY, "PRIMARY KEY (kind, lookup, revision DESC)"),
        (KEY, "PRIMARY KEY (lookup, kind, revision)"),
        (KEY, "PRIMARY KEY (kind, lookup, revision) ON CONFLICT IGNORE"),
        (KEY, "PRIMARY KEY (kind, lookup, revision), CHECK (length(value) > 0)"),
        (KEY, "UNIQUE (nonce), PRIMARY KEY (kind, lookup, revision)"),
        (KEY, "primary key (kind, lookup, revision)"),
        (KEY, "PRIMARY KEY (kind, lookup, revision) /* */"),
        (") STRICT, WITHOUT ROWID", ") WITHOUT ROWID, STRICT"),
        (") STRICT, WITHOUT ROWID", ") WITHOUT ROWID"),
    ];
    for (from, to) in changes {
        let sql = format!(
            "UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'sealed'"
        );
        victim.edited(&sql).is_damaged(to, &["sealed"]);
    }
}

/// The schema is exactly kovra's, and leads elsewhere.
#[test]
fn a_table_whose_root_is_another_page_is_damage() {
    let victim = Victim::new();
    let root = |table: &str| format!("(SELECT rootpage FROM roots WHERE name = '{table}')");
    let roots = "CREATE TEMP TABLE roots AS SELECT name, rootpage FROM sqlite_schema;";
    let leads = |table: &str, to: &str| {
        format!("UPDATE sqlite_schema SET rootpage = {} WHERE name = '{table}';", root(to))
    };
    for [one, other] in [["meta", "trail"], ["sealed", "trail"], ["meta", "sealed"]] {
        let swapped = format!("{roots} {} {}", leads(one, other), leads(other, one));
        victim.edited(&swapped).is_damaged(&swapped, &["damaged"]);
        let both = format!("{roots} {}", leads(one, other));
        victim.edited(&both).is_damaged(&both, &["damaged"]);
    }
    for page in ["0", "1", "-1", "2147483647"] {
        let sql = format!("UPDATE sqlite_schema SET rootpage = {page} WHERE name = 'sealed'");
        victim.edited(&sql).is_damaged(&sql, &["damaged"]);
    }
}

/// A copy of the table from which rows were left out takes its place.
#[test]
fn a_copy_of_a_table_in_its_place_is_damage() {
    let victim = Victim::new();
    let Victim { url, old, .. } = &victim;
    for left_out in [format!("lookup = {url}"), format!("lookup = {old} AND revision = 2")] {
        let sql = format!(
            "CREATE TEMP TABLE kept AS SELECT * FROM sealed WHERE NOT ({left_out}); \
             CREATE TABLE copy_of_it ({COLUMNS}, {KEY}) WITHOUT ROWID; \
             INSERT INTO copy_of_it SELECT * FROM kept; \
             CREATE TEMP TABLE roots AS SELECT name, rootpage FROM sqlite_schema; \
             UPDATE sqlite_schema SET rootpage = \
             (SELECT rootpage FROM roots WHERE name = 'copy_of_it') WHERE name = 'sealed'; \
             DELETE FROM sqlite_schema WHERE name = 'copy_of_it'"
        );
        victim.edited(&sql).is_damaged(&left_out, &["damaged"]);
    }
}
