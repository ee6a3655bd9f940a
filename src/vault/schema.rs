//! The file as SQLite sees it: a connection that trusts nothing in it, and the schema that it must have,
//! to the letter.

use super::Error;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// "kvra", so that `file` and SQLite know whose database it is.
const APPLICATION: i64 = 0x6b76_7261;
pub(super) const NUMBER: i64 = 2;
/// How long to wait for another process that is writing.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// No column is text: no encoding and no collation of the file decides what is equal or first.
const TABLES: [(&str, &str); 3] = [
    (
        "meta",
        "CREATE TABLE meta (
    number INTEGER PRIMARY KEY,
    value  BLOB NOT NULL
) STRICT",
    ),
    (
        "sealed",
        "CREATE TABLE sealed (
    kind     INTEGER NOT NULL,
    lookup   BLOB    NOT NULL,
    revision INTEGER NOT NULL,
    guarded  INTEGER NOT NULL,
    nonce    BLOB    NOT NULL,
    metadata BLOB    NOT NULL,
    value    BLOB    NOT NULL,
    PRIMARY KEY (kind, lookup, revision)
) STRICT, WITHOUT ROWID",
    ),
    (
        "trail",
        "CREATE TABLE trail (
    number INTEGER PRIMARY KEY,
    nonce  BLOB NOT NULL,
    sealed BLOB NOT NULL,
    link   BLOB NOT NULL
) STRICT",
    ),
];

/// Steps of SQLite's machine for reading a schema of three tables; a few hundred are enough.
const STEPS: i32 = 100_000;
/// The longest string or blob that is read, in bytes. The longest that is written is a sender's ledger.
const LONGEST: i32 = 64 << 20;

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens the file, and lets nothing in it act: no trigger, no view, no mapped memory, no function in a
/// schema; and no endless schema, until [`check`] has seen that it is ours.
pub(super) fn connect(path: &Path) -> Result<Connection, Error> {
    trusting_nothing(Connection::open_with_flags(path, FLAGS)?)
}

/// [`connect`], for as long as nobody else has the file open, nor comes to: [`Error::Busy`] if somebody has.
pub(super) fn connect_alone(path: &Path) -> Result<Connection, Error> {
    let db = Connection::open_with_flags(path, FLAGS)?;
    // Before the first read: from then on the lock is not given up.
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    trusting_nothing(db)
}

/// [`connect`], to a database in memory that `fill` puts there.
pub(super) fn connect_in_memory(
    fill: impl FnOnce(&mut Connection) -> rusqlite::Result<()>,
) -> Result<Connection, Error> {
    let mut db = Connection::open_in_memory_with_flags(FLAGS)?;
    fill(&mut db)?;
    trusting_nothing(db)
}

fn trusting_nothing(mut db: Connection) -> Result<Connection, Error> {
    bound(&mut db)?;
    db.busy_timeout(BUSY)?;
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in [
        DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER,
        DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW,
    ] {
        db.set_db_config(off, false)?;
    }
    db.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512; PRAGMA synchronous = FULL;",
    )?;
    Ok(db)
}

/// Starts to write. A scan needs each page once; many rows written at once need them again and again.
pub(super) fn begin_writing(db: &Connection) -> Result<(), Error> {
    Ok(db.execute_batch("PRAGMA cache_size = -16384; BEGIN IMMEDIATE")?)
}

/// Makes the tables of a new vault. From then on the schema is known to be ours, as after [`check`].
pub(super) fn create(db: &mut Connection) -> Result<(), Error> {
    db.progress_handler(0, None::<fn() -> bool>)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", NUMBER)?;
    Ok(TABLES.iter().try_for_each(|(_, text)| db.execute_batch(text))?)
}

/// Refuses a file whose schema is another than a vault's, in the transaction that is open.
pub(super) fn check(db: &mut Connection) -> Result<(), Error> {
    bound(db)?;
    if number(db, "application_id")? != APPLICATION {
        return Err(Error::Damaged("it is not a kovra vault".into()));
    }
    match number(db, "user_version")? {
        NUMBER => {}
        other => return Err(Error::Schema(other)),
    }
    check_tables(db)?;
    db.progress_handler(0, None::<fn() -> bool>)?;
    Ok(())
}

fn bound(db: &mut Connection) -> Result<(), Error> {
    Ok(db.progress_handler(STEPS, Some(|| true))?)
}

fn check_tables(db: &Connection) -> Result<(), Error> {
    let mut query = db.prepare_cached("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = query.query([])?;
    let (mut missing, mut foreign) = (TABLES.to_vec(), Vec::new());
    while let Some(row) = rows.next()? {
        let column = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
        let (kind, name, of, text) = (column(0)?, column(1)?, column(2)?, column(3)?);
        let ours = |(table, sql): &(&str, &str)| {
            kind == "table" && *table == name && *table == of && *sql == text
        };
        match missing.iter().position(ours) {
            Some(at) => drop(missing.swap_remove(at)),
            None => foreign.push(kind),
        }
    }
    let missing =
        missing.first().map(|(name, _)| format!("its table {name} is not as it should be"));
    let what: Vec<String> = none_of_ours(&foreign).into_iter().chain(missing).collect();
    if what.is_empty() { Ok(()) } else { Err(Error::Foreign(odd(&what.join(", and ")))) }
}

/// How many there are of each kind. What they are called, and what they say, is the words of who put them there.
fn none_of_ours(foreign: &[String]) -> Option<String> {
    const KINDS: [[&str; 2]; 4] =
        [["table", "tables"], ["index", "indexes"], ["trigger", "triggers"], ["view", "views"]];
    let counted = |[one, many]: [&str; 2]| match foreign.iter().filter(|kind| *kind == one).count()
    {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let all: Vec<String> = KINDS.into_iter().filter_map(counted).collect();
    let verb = if foreign.len() == 1 { "is" } else { "are" };
    match all.is_empty() {
        true if foreign.is_empty() => None,
        true => Some("what its schema has besides is none of kovra's".into()),
        false => Some(format!("{} {verb} none of kovra's", all.join(", "))),
    }
}

fn odd(what: &str) -> String {
    format!("{what}: it was edited from outside")
}

/// A pragma that is a number.
pub(super) fn number(db: &Connection, pragma: &str) -> Result<i64, Error> {
    Ok(db.pragma_query_value(None, pragma, |row| row.get(0))?)
}

/// A statement that has to change one row has changed this many.
pub(super) fn one(changed: usize) -> Result<(), Error> {
    match changed {
        1 => Ok(()),
        _ => Err(other_rows()),
    }
}

/// A statement has changed other rows than those that were scanned.
pub(super) fn other_rows() -> Error {
    Error::Damaged("a row was added or removed from outside".into())
}
