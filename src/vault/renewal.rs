//! New keys for a vault: every row is sealed again, at its new lookup, and the trail is linked again.
//! `spec/vault.md` 11.4.

use super::custody::{Custody, Kek};
use super::entries;
use super::keys::{Keys, Lock, MasterKeys, Nonce};
use super::name::Name;
use super::place::{Kind, Lookup, Place};
use super::rows::Table;
use super::sealed::{Row, insert, seal};
use super::trail::{self, Head};
use super::{Batch, Error, shares, state};
use crate::secret::Secret;
use rusqlite::Connection;
use std::collections::BTreeMap;

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
        self.check_guard()?;
        let new = Keys::derive(MasterKeys::generate()?, self.keys.id);
        *self.ways = self.ways.renew(custody, kek, &new)?;
        let head = trail::seal_again(self.db, self.view().trail_head()?, self.keys, &new)?;
        let mut renewal = Renewal::new(self.keys, &new, head);
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

/// A walk over all rows, in their order: entries come before the shares that name their fingerprints.
pub(super) struct Renewal<'a> {
    old: &'a Keys,
    new: &'a Keys,
    /// Of the trail, which one of the states is about.
    head: Head,
    /// Of each literal, by the old lookup of its entry and its old fingerprint.
    prints: BTreeMap<(Lookup, [u8; 4]), [u8; 4]>,
}

impl<'a> Renewal<'a> {
    /// `head` is the trail's from now on.
    pub(super) fn new(old: &'a Keys, new: &'a Keys, head: Head) -> Self {
        Self { old, new, head, prints: BTreeMap::new() }
    }

    pub(super) fn row(
        &mut self,
        place: Place,
        nonce: &Nonce,
        metadata: &[u8],
        value: &[u8],
    ) -> Result<Row, Error> {
        let mut plain = open(self.old, place, nonce, metadata, value)?;
        match place.kind {
            Kind::ENTRY => self.print(&mut plain)?,
            Kind::SHARE => self.print_share(&mut plain)?,
            Kind::STATE if place.lookup == Name::State(state::TRAIL).lookup(self.old) => {
                plain.metadata = self.head.encode();
            }
            _ => {}
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

    /// Exchanges the fingerprint of a literal.
    fn print(&mut self, plain: &mut Plain) -> Result<(), Error> {
        let Some(at) = entries::print_at(&plain.metadata)? else { return Ok(()) };
        let (old, new) = (take(&plain.metadata, at), self.new.fingerprint(&plain.value));
        self.prints.insert((plain.place.lookup, old), new);
        plain.metadata[at..at + 4].copy_from_slice(&new);
        Ok(())
    }

    /// Exchanges the fingerprints of a share; one whose value is gone stays, as that of no value here.
    fn print_share(&self, plain: &mut Plain) -> Result<(), Error> {
        for (entry, at) in shares::prints_at(&plain.metadata, self.old)? {
            if let Some(new) = self.prints.get(&(entry, take(&plain.metadata, at))) {
                plain.metadata[at..at + 4].copy_from_slice(new);
            }
        }
        Ok(())
    }
}

/// The four bytes that stand at a place.
fn take(bytes: &[u8], at: usize) -> [u8; 4] {
    std::array::from_fn(|n| bytes[at + n])
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
        Kind::ENTRY => entries::lock(metadata),
        _ => Ok(Lock::Vault),
    }
}
