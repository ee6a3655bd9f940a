//! The local vault: one SQLite file in which no name and no value stands in clear. `spec/vault.md` is
//! the reference.
//!
//! [`Locked`] is a file that has been opened, [`Vault`] one whose keys are known. Reading goes through
//! a [`View`], writing through a [`Batch`], which lands whole or not at all.

mod batch;
mod carve;
mod copied;
mod copy;
mod custody;
mod database;
mod entries;
mod entry_record;
mod erase;
mod error;
mod files;
mod image;
mod kept;
pub mod keyring;
mod keys;
mod ledger;
mod meta;
mod name;
mod packages;
mod peers;
mod place;
mod programs;
mod proof;
mod record;
mod recovery;
mod renewal;
mod repair;
mod rows;
mod salvage;
mod schema;
mod sealed;
mod shares;
mod state;
mod trail;
mod trusted;
mod ways;
mod whole;

pub use batch::Batch;
pub use copy::{Copy, KEY_FILE};
pub use custody::{Custody, Kek};
pub use entries::{Held, NewEntry, Origin, Provenance, Revision, Stored, Version};
pub use erase::Erased;
pub use error::Error;
pub use files::{FILE, medium_fault};
pub use kept::VaultKey;
pub use ledger::Ledger;
pub use packages::Seen;
pub use peers::{KnownPeer, Peer, PeerKey};
pub use programs::AllowedProgram;
pub use proof::{Pin, Proof};
pub use recovery::{RECOVERY_MAX, Recovery};
pub use repair::Foreign;
pub use rows::{Basis, Looked};
pub use salvage::{Salvage, Wreck};
pub use shares::{Given, Share, SharedEntry, SharedWith};
pub use trail::Trail;
pub use trusted::TrustedFile;

use crate::identity::AgreementSecret;
use crate::platform::NewFile;
use database::Database;
use keys::{Keys, MasterKeys, random};
use meta::{Digests, Meta};
use rows::{Rows, Table};
use std::path::Path;
use ways::Ways;

/// A vault file whose keys are not known yet.
pub struct Locked {
    db: Database,
    meta: Meta,
    digests: Digests,
    ways: Ways,
}

impl Locked {
    /// Opens the vault in `folder`. What is read of it now and after [`Locked::unlock`] is one snapshot.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::of(Database::open(folder)?)
    }

    fn of(mut db: Database) -> Result<Self, Error> {
        db.begin()?;
        let (meta, digests) = read_meta(&mut db)?;
        db.hide();
        let ways = Ways::decode(&meta.ways)?;
        Ok(Self { db, meta, digests, ways })
    }

    /// Random, one per vault.
    pub fn id(&self) -> &[u8; 16] {
        &self.meta.id
    }

    pub fn custody(&self) -> &Custody {
        self.ways.custody()
    }

    /// Unlocks by what has custody, and checks that no row was removed, added or put back from outside.
    pub fn unlock(self, kek: &Kek) -> Result<Vault, Error> {
        let master = self.ways.unwrap(kek, &self.meta.id)?;
        self.with_keys(master)
    }

    /// Unlocks by a way back in.
    ///
    /// # Errors
    /// [`Error::NoSuchWay`] if none is to this key.
    pub fn recover(self, secret: &AgreementSecret) -> Result<Vault, Error> {
        let master = self.ways.recover(secret, &self.meta.id)?;
        self.with_keys(master)
    }

    fn with_keys(self, master: MasterKeys) -> Result<Vault, Error> {
        let (vault, proved) = self.read(master)?;
        proved?;
        vault.db.fold_at_close()?;
        Ok(vault)
    }

    /// Reads the rows, and whether they are those that were digested.
    fn read(self, master: MasterKeys) -> Result<(Vault, Result<(), Error>), Error> {
        let Self { db, meta, digests, ways } = self;
        let keys = Keys::derive(master, meta.id);
        let table = Table::scan(&db, db.most())?;
        let proved = digests.check(&table, &keys, &meta);
        let version = Some(db.version()?);
        Ok((Vault { db, keys, meta, ways, table, version }, proved))
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
    db: Database,
    keys: Keys,
    meta: Meta,
    ways: Ways,
    table: Table,
    /// Of the file, when the table was read; `None` if the table may be another than the file's.
    version: Option<i64>,
}

impl View<'_> {
    /// Random, one per vault.
    pub fn id(&self) -> &[u8; 16] {
        &self.rows.keys.id
    }

    /// Who keeps the vault's keys.
    pub fn custody(&self) -> &Custody {
        self.ways.custody()
    }
}

/// What a transaction does, and whether it is to land.
type Change<'a> = &'a mut dyn FnMut(&mut Batch<'_>) -> bool;

impl Vault {
    /// Random, for a vault or the salt of its passphrase.
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
        fill: impl FnOnce(&mut Batch<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = files::place_for_new(new.folder)?;
        let taken = files::not_new(&path);
        // Another name until it is whole.
        let draft = NewFile::named(&path).map_err(&taken)?;
        let unfinished = draft.draft_path().unwrap_or(&path).to_owned();
        let made = Database::create(unfinished.clone())
            .and_then(|database| Self::draft(new, database))
            .and_then(|vault| vault.fill(fill));
        if made.is_err() {
            files::remove_log(&unfinished);
        }
        made.and_then(|()| draft.keep().map_err(&taken))
    }

    /// A vault without rows, in a file without anything.
    fn draft(new: NewVault<'_>, mut db: Database) -> Result<Self, Error> {
        let keys = MasterKeys::generate()?;
        let ways = Ways::new(new.custody, new.kek, &keys, &new.id)?;
        let meta = Meta { id: new.id, ways: ways.encode() };
        schema::create(&mut db)?;
        meta.create(&db)?;
        let (keys, table) = (Keys::derive(keys, new.id), Table::default());
        let version = Some(db.version()?);
        Ok(Self { db, keys, meta, ways, table, version })
    }

    fn fill(mut self, fill: impl FnOnce(&mut Batch<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.write(fill)?;
        self.db.end("COMMIT")?;
        self.db.fold().map(|_| ())
    }

    /// Whether anything can be put on record here: [`Error::ReadOnly`] if not.
    pub fn check_writable(&self) -> Result<(), Error> {
        self.db.writable()
    }

    pub fn view(&self) -> View<'_> {
        let rows = Rows { db: &self.db, keys: &self.keys, table: &self.table };
        View { rows, ways: &self.ways }
    }

    /// Runs `change` in one transaction: it lands whole, or the vault is as it was.
    ///
    /// # Errors
    /// Those of `change`; [`Error::Busy`] if another process goes on writing for 5 s.
    pub fn write<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_granted(None, change)
    }

    /// [`Vault::write`], where entries and what only the owner's proof changes may be changed on the rows
    /// `on` alone.
    pub fn write_on<T, E: From<Error>>(
        &mut self,
        on: &[Basis],
        change: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_granted(Some(on), change)
    }

    fn write_granted<T, E: From<Error>>(
        &mut self,
        granted: Option<&[Basis]>,
        change: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.end_snapshot()?;
        let done = self.commit(granted, change);
        self.settle();
        done
    }

    /// Ends the read transaction in which this vault lives, to write.
    fn end_snapshot(&self) -> Result<(), Error> {
        self.db.writable()?;
        self.db.end("COMMIT")
    }

    /// Goes on after a transaction. What has landed has landed: the table is that of the transaction, with a
    /// snapshot or without. What has not is an error, whose caller goes on with nothing before the next
    /// snapshot.
    fn settle(&mut self) {
        if self.take_snapshot().is_err() {
            self.version = None;
        }
    }

    /// Takes the guard key where it was away, and checks what only it can.
    fn take_keys(&mut self, master: MasterKeys) -> Result<(), Error> {
        if self.keys.has_guard() {
            return Ok(());
        }
        let keys = Keys::derive(master, self.meta.id);
        let (meta, digests) = read_meta(&mut self.db)?;
        digests.check(&self.table, &keys, &meta)?;
        self.keys = keys;
        Ok(())
    }

    /// Takes the vault as it is now: a question may have been open for long.
    fn look_again(&mut self) -> Result<(), Error> {
        self.db.end("COMMIT")?;
        self.take_snapshot()
    }

    #[expect(clippy::expect_used, reason = "what did not fail has called it")]
    fn commit<T, E: From<Error>>(
        &mut self,
        granted: Option<&[Basis]>,
        change: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut change, mut outcome) = (Some(change), None);
        self.transact(granted, &mut |batch| {
            outcome = change.take().map(|change| change(batch));
            matches!(outcome, Some(Ok(_)))
        })?;
        outcome.expect("an outcome")
    }

    /// A transaction of whatever change, once for all kinds of them: it lands if that says so.
    fn transact(&mut self, granted: Option<&[Basis]>, change: Change<'_>) -> Result<(), Error> {
        schema::begin_writing(&self.db)?;
        let landed = self.change(granted, change);
        if !matches!(landed, Ok(true)) {
            self.version = None;
            self.db.end("ROLLBACK")?;
        }
        landed.map(|_| ())
    }

    /// The transaction, on the rows as they are in it. Gives whether it landed.
    fn change(&mut self, granted: Option<&[Basis]>, change: Change<'_>) -> Result<bool, Error> {
        self.db.check_names()?;
        self.refresh()?;
        let (ways, mut before) = (self.ways.clone(), None);
        let landed = self.land(granted, &mut before, change);
        if !matches!(landed, Ok(true)) {
            self.ways = ways;
            before.into_iter().for_each(|keys| self.keys = keys);
        }
        landed
    }

    /// Changes, and seals what has changed under digests. Keys that are drawn anew leave those `before`.
    fn land(
        &mut self,
        granted: Option<&[Basis]>,
        before: &mut Option<Keys>,
        change: Change<'_>,
    ) -> Result<bool, Error> {
        let changed = change(&mut Batch {
            db: &self.db,
            keys: &mut self.keys,
            table: &mut self.table,
            ways: &mut self.ways,
            before,
            granted,
        });
        if !changed {
            return Ok(false);
        }
        let meta = Meta { id: self.keys.id, ways: self.ways.encode() };
        if meta != self.meta {
            meta.store(&self.db)?;
        }
        Digests::store(&self.db, &self.table, &self.keys, &meta)?;
        self.db.end("COMMIT")?;
        self.meta = meta;
        Ok(true)
    }

    /// Opens the read transaction in which this vault lives.
    fn take_snapshot(&mut self) -> Result<(), Error> {
        self.db.begin()?;
        self.refresh()
    }

    /// Reads the rows of the transaction that is open, and checks their digests, unless they are those
    /// that are known.
    fn refresh(&mut self) -> Result<(), Error> {
        let version = Some(self.db.version()?);
        if version == self.version {
            return Ok(());
        }
        self.version = None;
        let (meta, digests) = read_meta(&mut self.db)?;
        if meta != self.meta {
            return Err(Error::Moved("the way to the vault's keys".into()));
        }
        let table = Table::scan(&self.db, self.db.most())?;
        digests.check(&table, &self.keys, &meta)?;
        (self.table, self.version) = (table, version);
        Ok(())
    }
}

/// What the transaction that is open shows without a key, if it is a vault.
fn read_meta(db: &mut Database) -> Result<(Meta, Digests), Error> {
    schema::check(db)?;
    Meta::read(db)
}

/// What can be read, in a vault or in a transaction. Its methods stand with what they read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    rows: Rows<'a>,
    ways: &'a Ways,
}

#[cfg(test)]
mod tests;
