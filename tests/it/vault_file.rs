//! The vault's file, as it is for somebody who can write it and has no key. What the schema calls
//! things stands here alone.

use forge::people::Person;
use rusqlite::Connection;
use std::path::PathBuf;

/// A lookup is what stands in the file for a name.
pub(crate) type Lookup = Vec<u8>;

pub(crate) const TABLES: [&str; 3] = ["meta", "sealed", "trail"];
/// Kinds of sealed rows, as SQL has them.
pub(crate) const ENTRY: &str = "1";
pub(crate) const PEER: &str = "2";
pub(crate) const SEEN: &str = "3";
pub(crate) const STATE: &str = "6";
/// Rows of `meta`, as SQL finds them.
pub(crate) const ID: &str = "number = 1";
pub(crate) const WAYS: &str = "number = 2";
pub(crate) const DIGEST: &str = "number = 3";
pub(crate) const GUARD_DIGEST: &str = "number = 4";
/// A row of `meta` that no vault has, as SQL inserts it.
pub(crate) const MORE_META: &str = "(99, x'00')";
/// A part of the statement that made `sealed`, for another to be put in its place.
pub(crate) const KEY: &str = "PRIMARY KEY (kind, lookup, revision)";
/// The columns of `sealed`, in their order.
pub(crate) const COLUMNS: &str = "kind, lookup, revision, guarded, nonce, metadata, value";

pub(crate) fn open(person: &Person) -> Connection {
    let db = Connection::open(person.vault()).unwrap();
    db.execute_batch("PRAGMA writable_schema = ON").unwrap();
    db
}

/// Puts the log into the file, so that the file is all there is.
pub(crate) fn fold(person: &Person) {
    fold_through(open(person));
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(person, end));
    }
}

fn fold_through(db: Connection) {
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(db);
}

/// `vault.db` with another end to its name.
pub(crate) fn beside(person: &Person, end: &str) -> PathBuf {
    person.vault().with_file_name(format!("vault.db{end}"))
}

/// Changes the file by SQL, all in one connection: an edited schema may not be read again.
pub(crate) fn edit(person: &Person, sql: &str) {
    let db = open(person);
    db.execute_batch(sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    fold_through(db);
}

pub(crate) fn bytes(person: &Person) -> Vec<u8> {
    std::fs::read(person.vault()).unwrap()
}

/// Puts the file back as it was once, and leaves everything beside it.
pub(crate) fn put_back(person: &Person, bytes: &[u8]) {
    std::fs::write(person.vault(), bytes).unwrap();
}

/// The lookups of a kind.
pub(crate) fn lookups(person: &Person, kind: &str) -> Vec<Lookup> {
    let db = open(person);
    let sql = format!("SELECT DISTINCT lookup FROM sealed WHERE kind = {kind}");
    let mut query = db.prepare(&sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Which row something makes, as whoever watches the file finds it out.
#[track_caller]
pub(crate) fn row_made_by(person: &Person, kind: &str, make: impl FnOnce()) -> Lookup {
    let before = lookups(person, kind);
    make();
    let mut new = lookups(person, kind);
    new.retain(|lookup| !before.contains(lookup));
    assert_eq!(new.len(), 1, "one row is new");
    new.remove(0)
}

/// A lookup as SQL writes it.
pub(crate) fn literal(lookup: &Lookup) -> String {
    let hex: String = lookup.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{hex}'")
}

/// Removes what stands beside the file.
pub(crate) fn drop_logs(person: &Person) {
    for end in ["-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(person, end));
    }
}
