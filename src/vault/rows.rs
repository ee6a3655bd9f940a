//! Sealed rows, as one scan read them: everything that the vault answers comes from here.
//!
//! The scan proves the rows' order and types, and the digest that none is missing, added or older than
//! it was. What was not digested is never used: a later query fetches a value alone, which opens only
//! under the nonce and the metadata of the row that was scanned.

use super::Error;
use super::keys::{Digest, Keys, Lock, Nonce};
use super::place::{Kind, Lookup, Place};
use crate::secret::Secret;
use hmac::Mac;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::ops::{Deref, Range};

/// The state of a row when it was looked at: which revision was the latest, or that there was none. A
/// change is made on one, and is refused if the row has moved since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub(super) kind: Kind,
    pub(super) lookup: Lookup,
    /// A nonce is drawn for each revision, so no two have the same, not even after a row was erased.
    latest: Option<Nonce>,
}

impl Basis {
    /// [`Place::unguarded`], of a revision of this row.
    pub(super) fn unguarded(&self, revision: u64) -> Error {
        Place { kind: self.kind, lookup: self.lookup, revision, guarded: false }.unguarded()
    }
}

/// What was looked at, and the [`Basis`] for a change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked<T> {
    pub found: T,
    pub basis: Basis,
}

impl<T> Deref for Looked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.found
    }
}

/// A row whose metadata has been opened. Its value has not.
pub(super) struct Opened {
    pub(super) revision: u64,
    pub(super) nonce: Nonce,
    pub(super) guarded: bool,
    pub(super) metadata: Vec<u8>,
}

/// A row as it stands in the file, less its value.
#[derive(Clone)]
struct Row {
    guarded: bool,
    nonce: Nonce,
    /// Where its sealed metadata stands in the table's.
    metadata: Range<usize>,
}

type Id = (Kind, Lookup, u64);

/// About how many bytes a row of a short value has in the file, and its sealed metadata.
const ROW: u64 = 192;
const METADATA: usize = 96;
/// How many rows there is room for from the start, at most.
const ROOM: usize = 16_384;

/// All rows of one state of the vault.
#[derive(Clone, Default)]
pub(super) struct Table {
    rows: BTreeMap<Id, Row>,
    /// Of all rows, sealed: one piece of memory and not ten thousand.
    metadata: Vec<u8>,
}

impl Table {
    /// Reads the whole table. `most` is how many bytes the file and its log have: rows that claim more
    /// are one page told many times.
    pub(super) fn scan(db: &Connection, most: u64) -> Result<Self, Error> {
        let mut query = db.prepare_cached(
            "SELECT kind, lookup, revision, guarded, nonce, metadata FROM sealed
             ORDER BY kind, lookup, revision",
        )?;
        let mut found = query.query([])?;
        // What outgrows its room is copied, and the program's allocator wipes what it leaves.
        let room = |share: u64| usize::try_from(most / share).unwrap_or(ROOM).min(ROOM);
        let mut rows: Vec<(Id, Row)> = Vec::with_capacity(room(ROW));
        let mut metadata = Vec::with_capacity(room(ROW) * METADATA);
        while let Some(row) = found.next()? {
            let (id, row) = read(row, &mut metadata)?;
            let ordered = rows.last().is_none_or(|(last, _)| *last < id);
            if !ordered || metadata.len() as u64 > most {
                return Err(Error::Damaged("its rows are out of order".into()));
            }
            if !row.guarded && is_guarded(&id, rows.last()) {
                return Err(place(&id, &row).unguarded());
            }
            rows.push((id, row));
        }
        Ok(Self { rows: rows.into_iter().collect(), metadata })
    }

    /// The digests over all rows and, with the guard key, over the guarded ones, with `head` before them.
    pub(super) fn digests(&self, keys: &Keys, head: &[u8]) -> (Digest, Option<Digest>) {
        let (mut all, mut guard) = keys.digests();
        all.update(head);
        guard.iter_mut().for_each(|guard| guard.update(head));
        for (id, row) in &self.rows {
            let mut bytes = [0; 80];
            bytes[..56].copy_from_slice(&place(id, row).to_bytes());
            bytes[56..].copy_from_slice(&row.nonce);
            all.update(&bytes);
            if let (true, Some(guard)) = (row.guarded, &mut guard) {
                guard.update(&bytes);
            }
        }
        (all, guard)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows in their order, each with its sealed metadata and its sealed value.
    pub(super) fn each_with_value(
        &self,
        db: &Connection,
        mut each: impl FnMut(Place, &Nonce, &[u8], &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut query =
            db.prepare_cached("SELECT value FROM sealed ORDER BY kind, lookup, revision")?;
        let mut values = query.query([])?;
        for (id, row) in &self.rows {
            let place = place(id, row);
            let value = values.next()?.ok_or_else(|| place.changed())?;
            let value = value.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            each(place, &row.nonce, &self.metadata[row.metadata.clone()], value)?;
        }
        Ok(())
    }

    /// Whether any row opens: under the keys of another vault, none does.
    pub(super) fn any_opens(&self, keys: &Keys) -> bool {
        self.rows.iter().any(|(id, row)| {
            let sealed = &self.metadata[row.metadata.clone()];
            keys.open_metadata(place(id, row), &row.nonce, sealed).is_some()
        })
    }

    fn revisions(
        &self,
        kind: Kind,
        lookup: &Lookup,
    ) -> impl DoubleEndedIterator<Item = (&Id, &Row)> {
        self.rows.range((kind, *lookup, 0)..=(kind, *lookup, u64::MAX))
    }

    /// The number of the next revision of a row.
    pub(super) fn next_revision(&self, kind: Kind, lookup: &Lookup) -> u64 {
        self.revisions(kind, lookup).next_back().map_or(1, |(id, _)| id.2 + 1)
    }

    /// Whether any revision of a row is guarded. Then a later one is guarded, too.
    pub(super) fn is_guarded(&self, kind: Kind, lookup: &Lookup) -> bool {
        self.revisions(kind, lookup).any(|(_, row)| row.guarded)
    }

    pub(super) fn basis(&self, kind: Kind, lookup: &Lookup) -> Basis {
        let latest = self.revisions(kind, lookup).next_back().map(|(_, row)| row.nonce);
        Basis { kind, lookup: *lookup, latest }
    }

    pub(super) fn insert(&mut self, place: Place, nonce: Nonce, metadata: &[u8]) {
        let metadata = append(&mut self.metadata, metadata);
        let row = Row { guarded: place.guarded, nonce, metadata };
        self.rows.insert((place.kind, place.lookup, place.revision), row);
    }

    /// Takes out the revisions below one. Gives how many there were.
    pub(super) fn remove_below(&mut self, kind: Kind, lookup: &Lookup, revision: u64) -> usize {
        let ids: Vec<Id> = self.revisions(kind, lookup).map(|(id, _)| *id).collect();
        let gone = ids.iter().filter(|id| id.2 < revision);
        gone.filter(|id| self.rows.remove(*id).is_some()).count()
    }
}

/// Whether a row has to be guarded, wherever the key of the vault alone may have put it: by its kind, or by the
/// revision before it.
fn is_guarded(id: &Id, last: Option<&(Id, Row)>) -> bool {
    let before = last.filter(|(last, _)| (last.0, last.1) == (id.0, id.1));
    id.0.is_guarded() || before.is_some_and(|(_, row)| row.guarded)
}

fn place(id: &Id, row: &Row) -> Place {
    Place { kind: id.0, lookup: id.1, revision: id.2, guarded: row.guarded }
}

/// A row's columns, of no other type and length than the format's.
fn read(row: &rusqlite::Row<'_>, metadata: &mut Vec<u8>) -> rusqlite::Result<(Id, Row)> {
    let guarded: i64 = row.get(3)?;
    let revision: i64 = row.get(2)?;
    let metadata = append(metadata, row.get_ref(5)?.as_blob()?);
    let revision = u64::try_from(revision)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, revision))?;
    if !(0..=1).contains(&guarded) {
        return Err(rusqlite::Error::IntegralValueOutOfRange(3, guarded));
    }
    let id = (Kind(row.get(0)?), row.get(1)?, revision);
    Ok((id, Row { guarded: guarded == 1, nonce: row.get(4)?, metadata }))
}

/// Adds `bytes`, and says where they stand.
fn append(all: &mut Vec<u8>, bytes: &[u8]) -> Range<usize> {
    let start = all.len();
    all.extend_from_slice(bytes);
    start..all.len()
}

/// The rows, with what opens them.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) db: &'a Connection,
    pub(super) keys: &'a Keys,
    pub(super) table: &'a Table,
}

impl Rows<'_> {
    /// The latest revision of one row.
    pub(super) fn get(&self, kind: Kind, lookup: &Lookup) -> Result<Option<Opened>, Error> {
        self.table.revisions(kind, lookup).next_back().map(|row| self.open(row)).transpose()
    }

    /// The latest revision of one row, read by `decode`, with the basis for changing it.
    pub(super) fn look<T>(
        &self,
        kind: Kind,
        lookup: &Lookup,
        decode: impl FnOnce(&Opened) -> Result<T, Error>,
    ) -> Result<Looked<Option<T>>, Error> {
        let found = self.get(kind, lookup)?.as_ref().map(decode).transpose()?;
        Ok(Looked { found, basis: self.table.basis(kind, lookup) })
    }

    /// All revisions of one row, the latest first.
    pub(super) fn revisions(&self, kind: Kind, lookup: &Lookup) -> Result<Vec<Opened>, Error> {
        self.table.revisions(kind, lookup).rev().map(|row| self.open(row)).collect()
    }

    /// The latest revisions of all rows of a kind; where one does not open, why.
    pub(super) fn each(
        &self,
        kind: Kind,
    ) -> impl Iterator<Item = (Basis, Result<Opened, Error>)> + '_ {
        let all = self.table.rows.range((kind, [0; 32], 0)..=(kind, [0xff; 32], u64::MAX));
        let mut all = all.peekable();
        std::iter::from_fn(move || {
            let mut row = all.next()?;
            while let Some(later) = all.next_if(|(id, _)| id.1 == row.0.1) {
                row = later;
            }
            let basis = Basis { kind, lookup: row.0.1, latest: Some(row.1.nonce) };
            Some((basis, self.open(row)))
        })
    }

    /// The latest revisions of all rows of a kind.
    pub(super) fn all(&self, kind: Kind) -> Result<Vec<Opened>, Error> {
        self.each(kind).map(|(_, row)| row).collect()
    }

    fn open(&self, (id, row): (&Id, &Row)) -> Result<Opened, Error> {
        let metadata = self.keys.open_metadata(place(id, row), &row.nonce, self.metadata(row));
        let metadata = metadata.ok_or_else(|| place(id, row).changed())?;
        Ok(Opened { revision: id.2, nonce: row.nonce, guarded: row.guarded, metadata })
    }

    fn metadata(&self, row: &Row) -> &[u8] {
        &self.table.metadata[row.metadata.clone()]
    }

    /// Opens the value of a revision that was looked at, if it is still there. Numbers may come again after
    /// an erasure; nonces do not.
    pub(super) fn value(
        &self,
        kind: Kind,
        lookup: &Lookup,
        (revision, nonce): (u64, &Nonce),
        lock: Lock,
    ) -> Result<Option<Secret>, Error> {
        let id = (kind, *lookup, revision);
        let found = self.table.rows.get(&id).filter(|row| row.nonce == *nonce);
        let Some(row) = found else { return Ok(None) };
        let mut query = self.db.prepare_cached(
            "SELECT value FROM sealed WHERE kind = ?1 AND lookup = ?2 AND revision = ?3",
        )?;
        let key = params![kind.0, lookup, revision as i64];
        let sealed: Option<Vec<u8>> = query.query_row(key, |row| row.get(0)).optional()?;
        let at = (place(&id, row), &row.nonce);
        let open = |sealed: Vec<u8>| self.keys.open_value(lock, at, self.metadata(row), &sealed);
        let opened = sealed.map(open).transpose()?.flatten();
        opened.map(Some).ok_or_else(|| at.0.changed())
    }
}
