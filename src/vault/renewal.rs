//! New keys for a vault: every row is sealed again, at its new lookup, and the trail is linked again.
//! `spec/vault.md` 11.4.

use super::custody::{Custody, Kek};
use super::entry_record;
use super::keys::{Keys, Lock, MasterKeys, Nonce};
use super::name::Name;
use super::place::{Kind, Lookup, Place};
use super::rows::Table;
use super::sealed::{Row, insert, seal};
use super::trail::{self, Head};
use super::{Batch, Error, state};
use crate::secret::Secret;
use rusqlite::Connection;

/// A row, open.
pub(super) struct Plain {
    place: Place,
    metadata: Vec<u8>,
    value: Secret,
    lock: Lock,
}

impl Batch<'_> {
    /// Draws both keys anew, under this custody, and for each way back in.
    ///
    /// # Errors
    /// [`Error::Guarded`] without the guard key, [`Error::Later`] for what this kovra could not seal again,
    /// [`Error::Damaged`] for what does not open.
    pub fn renew_keys(&mut self, custody: Custody, kek: &Kek) -> Result<(), Error> {
        self.renew_keys_as(self.keys.id, custody, kek)
    }

    /// The same, for a vault that is another from then on: beside the one that this was, which lives on.
    pub fn renew_keys_as(
        &mut self,
        id: [u8; 16],
        custody: Custody,
        kek: &Kek,
    ) -> Result<(), Error> {
        self.check_guard()?;
        let new = Keys::derive(MasterKeys::generate()?, id);
        *self.ways = self.ways.renew(custody, kek, &new)?;
        let head = trail::seal_again(self.db, self.view().trail_head()?, self.keys, &new)?;
        let renewal = Renewal { old: self.keys, new: &new, head };
        let mut rows = Vec::with_capacity(self.table.len());
        self.table.each_with_value(self.db, |place, nonce, metadata, value| {
            rows.push(renewal.row(place, nonce, metadata, value)?);
            Ok(())
        })?;
        *self.table = write(self.db, rows)?;
        let old = std::mem::replace(self.keys, new);
        self.before.get_or_insert(old);
        Ok(())
    }

    /// The same keys under another custody.
    pub fn rewrap_keys(&mut self, custody: Custody, kek: &Kek) -> Result<(), Error> {
        self.check_guard()?;
        *self.ways = self.ways.rewrap(custody, kek, self.keys)?;
        Ok(())
    }
}

/// Puts `rows` in place of all that are there.
fn write(db: &Connection, mut rows: Vec<Row>) -> Result<Table, Error> {
    rows.sort_by_key(|row| (row.place.kind, row.place.lookup, row.place.revision));
    db.execute("DELETE FROM sealed", [])?;
    let mut table = Table::default();
    rows.into_iter().try_for_each(|row| insert(db, &mut table, row))?;
    Ok(table)
}

struct Renewal<'a> {
    old: &'a Keys,
    new: &'a Keys,
    /// Of the trail from now on, which one of the states is about.
    head: Head,
}

impl Renewal<'_> {
    fn row(
        &self,
        place: Place,
        nonce: &Nonce,
        metadata: &[u8],
        value: &[u8],
    ) -> Result<Row, Error> {
        let mut plain = open(self.old, place, nonce, metadata, value)?;
        let trail = Name::State(state::TRAIL).lookup(self.old);
        if place.kind == Kind::STATE && place.lookup == trail {
            plain.metadata = self.head.encode();
        }
        plain.place.lookup = self.lookup(&plain)?;
        let Plain { place, metadata, value, lock } = plain;
        seal(self.new, place, lock, &metadata, value.expose())
    }

    /// Where the row is to stand.
    fn lookup(&self, plain: &Plain) -> Result<Lookup, Error> {
        let Place { kind, lookup, .. } = plain.place;
        let states = || state::ALL.into_iter().map(Name::State);
        let name = match kind {
            Kind::STATE => states().find(|state| state.lookup(self.old) == lookup),
            _ => Name::read(kind, &plain.metadata)?,
        };
        name.map(|name| name.lookup(self.new)).ok_or(Error::Later(kind.name()))
    }
}

pub(super) fn open(
    keys: &Keys,
    place: Place,
    nonce: &Nonce,
    sealed: &[u8],
    value: &[u8],
) -> Result<Plain, Error> {
    let damaged = || place.changed();
    let metadata = keys.open_metadata(place, nonce, sealed).ok_or_else(damaged)?;
    let lock = lock(place, &metadata)?;
    let value = keys.open_value(lock, (place, nonce), sealed, value)?.ok_or_else(damaged)?;
    Ok(Plain { place, metadata, value, lock })
}

/// What the value is sealed under.
fn lock(place: Place, metadata: &[u8]) -> Result<Lock, Error> {
    match place.kind {
        Kind::ENTRY => entry_record::lock(metadata),
        _ => Ok(Lock::Vault),
    }
}
