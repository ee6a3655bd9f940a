//! The local vault: one SQLite file in which no name and no value stands in clear.
//!
//! [`Locked`] is a file that has been opened, [`Vault`] one whose key is known. Reading goes through
//! a [`View`], writing through a [`Batch`], which lands whole or not at all.

mod custody;
mod entries;
mod error;
pub mod keyring;
mod keys;
mod ledger;
mod peers;
mod programs;
mod proof;
mod rows;
mod shares;
mod trail;

pub use custody::{Custody, Kek};
pub use entries::{Fingerprint, Held, Origin, Provenance, Revision, Stored};
pub use error::Error;
pub use ledger::Seen;
pub use peers::{Peer, PeerKey};
pub use programs::AllowedProgram;
pub use proof::Proof;
pub use shares::{Given, Share, SharedEntry, SharedWith};

use crate::platform::{NewFile, Readers, private_folder};
use custody::Wrapped;
use keys::{Keys, random};
use rows::{Rows, SCHEMA, meta};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// The file's name in the vault's folder.
pub const FILE: &str = "vault.db";
/// "kvra", so that `file` and SQLite know whose database it is.
const APPLICATION_ID: i64 = 0x6b76_7261;
const FORMAT: i64 = 1;
/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(5);

/// A vault file whose key is not known yet.
pub struct Locked {
    db: Connection,
    id: [u8; 16],
    wrapped: Wrapped,
}

impl Locked {
    /// Opens the vault in `folder`.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(Error::Missing(path));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&path, flags)?;
        db.busy_timeout(BUSY)?;
        let application: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if application != APPLICATION_ID {
            return Err(Error::Damaged(format!("{} is not a kovra vault", path.display())));
        }
        // SQLite itself notices a missing page, but takes a part of one for a whole.
        let page: u64 = db.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))? as u64;
        let io = |source| Error::Io { path: path.clone(), source };
        if !fs::metadata(&path).map_err(io)?.len().is_multiple_of(page.max(1)) {
            return Err(Error::Damaged("the file is cut short".into()));
        }
        let format: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if format != FORMAT {
            return Err(Error::Newer(format));
        }
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let part = |name| meta(&db, name)?.ok_or(Error::Damaged(format!("its {name} is missing")));
        let id = part("id")?.try_into().map_err(|_| Error::Damaged("its id is damaged".into()))?;
        let wrapped = Wrapped::decode(&part("custody")?)?;
        Ok(Self { db, id, wrapped })
    }

    /// Random, one per vault.
    pub fn id(&self) -> &[u8; 16] {
        &self.id
    }

    pub fn custody(&self) -> &Custody {
        &self.wrapped.custody
    }

    /// Unlocks, and checks that no row was removed or put back from outside.
    pub fn unlock(self, kek: &Kek) -> Result<Vault, Error> {
        let vault_key = self.wrapped.unwrap(kek, &self.id)?;
        let keys = Keys::derive(&vault_key, self.id);
        let vault = Vault { keys, db: self.db, wrapped: self.wrapped };
        vault.take_snapshot()?;
        Ok(vault)
    }
}

/// A new vault's folder, custody and key, for [`Vault::create`].
pub struct NewVault<'a> {
    /// Where; made for its owner alone if it is not there.
    pub folder: &'a Path,
    /// Drawn by the caller, since a keyring wants to know it first.
    pub id: [u8; 16],
    pub custody: Custody,
    pub kek: &'a Kek,
}

/// An unlocked vault, as it was when it was unlocked or last written: everything that is read
/// comes from one snapshot, the one whose digest was checked.
pub struct Vault {
    db: Connection,
    keys: Keys,
    wrapped: Wrapped,
}

impl Vault {
    /// Random. The ids of packages come from here too.
    pub fn new_id() -> Result<[u8; 16], Error> {
        random()
    }

    /// Makes a vault, with `fill` as its first transaction. No file is left behind if any of it
    /// fails.
    ///
    /// # Errors
    /// [`Error::Exists`] if there is one, or has come to be meanwhile; those of `fill`.
    pub fn create(
        new: NewVault<'_>,
        fill: impl FnOnce(&Batch<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = new.folder.join(FILE);
        if path.exists() {
            return Err(Error::Exists(path));
        }
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        private_folder(new.folder).map_err(io(new.folder))?;
        // Another name until it is whole. SQLite opens it anew: whoever closes a file takes its locks.
        let unfinished = new.folder.join(format!("{FILE}.{}", std::process::id()));
        let (draft, _) = NewFile::create(&unfinished, Readers::Owner).map_err(io(new.folder))?;
        let vault_key = Zeroizing::new(random()?);
        let wrapped = Wrapped::wrap(new.custody, new.kek, &vault_key, &new.id)?;
        let db = Connection::open(&unfinished)?;
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
        db.pragma_update(None, "user_version", FORMAT)?;
        db.execute_batch(SCHEMA)?;
        let put = "INSERT INTO meta VALUES (?1, ?2)";
        db.execute(put, rusqlite::params!["id", new.id])?;
        db.execute(put, rusqlite::params!["custody", wrapped.encode()])?;
        let mut vault = Self { keys: Keys::derive(&vault_key, new.id), db, wrapped };
        vault.view().rows.store_digest()?;
        vault.take_snapshot()?;
        vault.write(fill)?;
        vault.db.close().map_err(|(_, e)| e)?;
        draft.keep_as(&path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(path),
            _ => Error::Io { path, source },
        })
    }

    pub fn view(&self) -> View<'_> {
        View { rows: Rows { db: &self.db, keys: &self.keys }, custody: &self.wrapped.custody }
    }

    /// Runs `change` in one transaction: it lands whole, or the vault is as it was.
    ///
    /// # Errors
    /// Those of `change`; [`Error::Busy`] if another process goes on writing for 5 s.
    pub fn write<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.execute_batch("COMMIT").map_err(Error::from)?;
        let done = self.commit(change);
        self.take_snapshot()?;
        done
    }

    fn commit<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::from)?;
        let batch = Batch { tx, keys: &self.keys, custody: &self.wrapped.custody };
        batch.view().rows.check_digest()?;
        let done = change(&batch)?;
        batch.view().rows.store_digest()?;
        batch.tx.commit().map_err(Error::from)?;
        Ok(done)
    }

    /// Opens the read transaction in which this vault lives, and checks its digest.
    fn take_snapshot(&self) -> Result<(), Error> {
        self.db.execute_batch("BEGIN")?;
        self.view().rows.check_digest()
    }
}

/// What can be read, in a vault or in a transaction. Its methods stand with what they read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    rows: Rows<'a>,
    custody: &'a Custody,
}

/// A transaction on a vault. Its methods stand with what they write.
pub struct Batch<'a> {
    tx: Transaction<'a>,
    keys: &'a Keys,
    custody: &'a Custody,
}

impl Batch<'_> {
    /// The vault as it is within this transaction.
    pub fn view(&self) -> View<'_> {
        View { rows: Rows { db: &self.tx, keys: self.keys }, custody: self.custody }
    }
}

#[cfg(test)]
mod tests;
