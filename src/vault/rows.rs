//! Sealed rows: the vault's one table, and the digest that guards it as a whole.
//!
//! A row is a kind, a lookup, a revision, a nonce, and two blobs sealed under that nonce by two
//! keys. A later revision hides an earlier one and does not erase it. Each row alone is bound to its
//! place; the digest, a MAC over every row's place and nonce, also catches a row that was removed,
//! or replaced by its own older self. Only putting back the whole file goes unnoticed.

use super::Error;
use super::keys::{Keys, Nonce, RowPlace, random};
use crate::secret::Secret;
use hmac::Mac;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) const SCHEMA: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE sealed (
        kind     TEXT    NOT NULL,
        lookup   BLOB    NOT NULL,
        revision INTEGER NOT NULL,
        nonce    BLOB    NOT NULL,
        metadata BLOB    NOT NULL,
        value    BLOB    NOT NULL,
        PRIMARY KEY (kind, lookup, revision)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        nonce  BLOB NOT NULL,
        sealed BLOB NOT NULL,
        link   BLOB NOT NULL
    ) STRICT;";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Entry,
    Peer,
    Package,
    Program,
    Share,
    State,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Peer => "peer",
            Self::Package => "package",
            Self::Program => "program",
            Self::Share => "share",
            Self::State => "state",
        }
    }
}

/// A row whose metadata has been opened. Its value has not.
pub(super) struct Row {
    pub(super) revision: u64,
    pub(super) metadata: Vec<u8>,
}

/// The table, through a connection or a transaction.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) db: &'a Connection,
    pub(super) keys: &'a Keys,
}

impl Rows<'_> {
    /// The latest revision of one row.
    pub(super) fn get(&self, kind: Kind, lookup: &[u8; 32]) -> Result<Option<Row>, Error> {
        let mut query = self.db.prepare_cached(
            "SELECT lookup, revision, nonce, metadata FROM sealed
             WHERE kind = ?1 AND lookup = ?2 ORDER BY revision DESC LIMIT 1",
        )?;
        let row = query.query_row(params![kind.name(), lookup], SealedRow::read).optional()?;
        row.map(|row| self.opened(kind, row)).transpose()
    }

    /// All revisions of one row, the latest first.
    pub(super) fn revisions(&self, kind: Kind, lookup: &[u8; 32]) -> Result<Vec<Row>, Error> {
        let mut query = self.db.prepare_cached(
            "SELECT lookup, revision, nonce, metadata FROM sealed
             WHERE kind = ?1 AND lookup = ?2 ORDER BY revision DESC",
        )?;
        let rows = query.query_map(params![kind.name(), lookup], SealedRow::read)?;
        rows.map(|row| self.opened(kind, row?)).collect()
    }

    /// The latest revisions of all rows of a kind.
    pub(super) fn all(&self, kind: Kind) -> Result<Vec<Row>, Error> {
        // SQLite takes the bare columns from the row that has the maximum.
        let mut query = self.db.prepare_cached(
            "SELECT lookup, max(revision), nonce, metadata FROM sealed
             WHERE kind = ?1 GROUP BY lookup",
        )?;
        let rows = query.query_map([kind.name()], SealedRow::read)?;
        rows.map(|row| self.opened(kind, row?)).collect()
    }

    fn opened(&self, kind: Kind, row: SealedRow) -> Result<Row, Error> {
        let SealedRow { lookup, revision, nonce, metadata } = row;
        let place = RowPlace { kind: kind.name(), lookup: &lookup, revision };
        let metadata = self.keys.open_metadata(place, &nonce, &metadata)?;
        Ok(Row { revision, metadata })
    }

    /// Opens the value of one revision of one row, if there is such a revision.
    pub(super) fn value(
        &self,
        kind: Kind,
        lookup: &[u8; 32],
        revision: u64,
    ) -> Result<Option<Secret>, Error> {
        let mut query = self.db.prepare_cached(
            "SELECT nonce, value FROM sealed WHERE kind = ?1 AND lookup = ?2 AND revision = ?3",
        )?;
        let key = params![kind.name(), lookup, revision as i64];
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found: Option<(Nonce, Vec<u8>)> = query.query_row(key, read).optional()?;
        let place = RowPlace { kind: kind.name(), lookup, revision };
        found.map(|(nonce, sealed)| self.keys.open_value(place, &nonce, &sealed)).transpose()
    }

    /// Adds a revision on top of whatever is there.
    pub(super) fn put(
        &self,
        kind: Kind,
        lookup: &[u8; 32],
        metadata: &[u8],
        value: &Secret,
    ) -> Result<(), Error> {
        let revision = self.get(kind, lookup)?.map_or(1, |row| row.revision + 1);
        let place = RowPlace { kind: kind.name(), lookup, revision };
        let nonce = random()?;
        let metadata = self.keys.seal_metadata(place, &nonce, metadata);
        let value = self.keys.seal_value(place, &nonce, value);
        self.db
            .prepare_cached("INSERT INTO sealed VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![kind.name(), lookup, revision as i64, nonce, metadata, value])?;
        Ok(())
    }

    /// Replaces a row and its earlier revisions, for what has no history worth keeping.
    pub(super) fn replace(
        &self,
        kind: Kind,
        lookup: &[u8; 32],
        metadata: &[u8],
        value: &Secret,
    ) -> Result<(), Error> {
        self.erase(kind, lookup)?;
        self.put(kind, lookup, metadata, value)
    }

    /// Erases the revisions of a row below `revision`. Gives how many there were.
    pub(super) fn erase_below(
        &self,
        kind: Kind,
        lookup: &[u8; 32],
        revision: u64,
    ) -> Result<usize, Error> {
        Ok(self
            .db
            .prepare_cached("DELETE FROM sealed WHERE kind = ?1 AND lookup = ?2 AND revision < ?3")?
            .execute(params![kind.name(), lookup, revision as i64])?)
    }

    /// Erases a row and its earlier revisions.
    pub(super) fn erase(&self, kind: Kind, lookup: &[u8; 32]) -> Result<(), Error> {
        self.db
            .prepare_cached("DELETE FROM sealed WHERE kind = ?1 AND lookup = ?2")?
            .execute(params![kind.name(), lookup])?;
        Ok(())
    }

    fn digest(&self) -> Result<hmac::Hmac<sha2::Sha256>, Error> {
        let mut mac = self.keys.digest();
        let mut query = self.db.prepare_cached(
            "SELECT kind, lookup, revision, nonce FROM sealed ORDER BY kind, lookup, revision",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let kind: String = row.get(0)?;
            mac.update(&(kind.len() as u64).to_be_bytes());
            mac.update(kind.as_bytes());
            mac.update(&row.get::<_, [u8; 32]>(1)?);
            mac.update(&row.get::<_, i64>(2)?.to_be_bytes());
            mac.update(&row.get::<_, Nonce>(3)?);
        }
        Ok(mac)
    }

    pub(super) fn store_digest(&self) -> Result<(), Error> {
        let digest: [u8; 32] = self.digest()?.finalize().into_bytes().into();
        self.db.execute("INSERT OR REPLACE INTO meta VALUES ('digest', ?1)", params![digest])?;
        Ok(())
    }

    /// Compares the rows with the digest that was written with them.
    pub(super) fn check_digest(&self) -> Result<(), Error> {
        let stored: Option<Vec<u8>> = meta(self.db, "digest")?;
        self.digest()?.verify_slice(&stored.unwrap_or_default()).map_err(|_| {
            Error::Damaged("rows were removed, added or put back from outside".to_owned())
        })
    }
}

/// A row as it stands in the file.
struct SealedRow {
    lookup: [u8; 32],
    revision: u64,
    nonce: Nonce,
    metadata: Vec<u8>,
}

impl SealedRow {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            lookup: row.get(0)?,
            revision: row.get::<_, i64>(1)? as u64,
            nonce: row.get(2)?,
            metadata: row.get(3)?,
        })
    }
}

/// A value of the table of what must be known before the vault is unlocked.
pub(super) fn meta(db: &Connection, name: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(db
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()?)
}
