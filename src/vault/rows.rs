//! Sealed rows, as one scan read them: everything that the vault answers comes from here.
//!
//! The scan proves the rows' order and types, and the digest that none is missing, added or older than
//! it was. What was not digested is never used: a later query fetches a value alone, which opens only
//! under the nonce and the metadata of the row that was scanned.

use super::Error;
use super::keys::{Digest, Keys, Lock, Nonce};
use super::meta::Meta;
use crate::secret::Secret;
use crate::text::hex;
use hmac::Mac;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::ops::Deref;

/// What a row is about, by the number in the file. A number that is not here is of a later kovra, and
/// its rows are digested and left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind(i64);

impl Kind {
    pub(super) const TRAIL: Self = Self(0);
    pub(super) const ENTRY: Self = Self(1);
    pub(super) const PEER: Self = Self(2);
    pub(super) const PACKAGE: Self = Self(3);
    pub(super) const PROGRAM: Self = Self(4);
    pub(super) const SHARE: Self = Self(5);
    pub(super) const STATE: Self = Self(6);
    pub(super) const LEDGER: Self = Self(7);

    fn name(self) -> &'static str {
        match self {
            Self::TRAIL => "the trail",
            Self::ENTRY => "an entry",
            Self::PEER => "a peer",
            Self::PACKAGE => "an imported package",
            Self::PROGRAM => "an allowed program",
            Self::SHARE => "a share",
            Self::STATE => "the vault's state",
            Self::LEDGER => "a sender's ledger",
            Self(_) => "a kind of a later kovra",
        }
    }

    pub(super) fn number(self) -> i64 {
        self.0
    }
}

/// What a row is named by.
pub(super) type Lookup = [u8; 32];

/// Where a row stands. It is part of what both its blobs are sealed with, so that a row which is moved
/// does not open.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) lookup: Lookup,
    pub(super) revision: u64,
    /// Whether it is changed only with the owner's proof.
    pub(super) guarded: bool,
}

impl Place {
    pub(super) fn to_bytes(self) -> [u8; 56] {
        let mut bytes = [0; 56];
        bytes[..8].copy_from_slice(&self.kind.0.to_be_bytes());
        bytes[8..40].copy_from_slice(&self.lookup);
        bytes[40..48].copy_from_slice(&self.revision.to_be_bytes());
        bytes[55] = self.guarded.into();
        bytes
    }
}

/// The state of a row when it was looked at: which revision was the latest, or that there was none. A
/// change is made on one, and is refused if the row has moved since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub(super) kind: Kind,
    pub(super) lookup: Lookup,
    /// A nonce is drawn for each revision, so no two have the same, not even after a row was erased.
    latest: Option<Nonce>,
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
    pub(super) metadata: Vec<u8>,
}

/// A row as it stands in the file, less its value.
pub(super) struct Row {
    pub(super) guarded: bool,
    pub(super) nonce: Nonce,
    /// Sealed.
    pub(super) metadata: Vec<u8>,
}

type Id = (Kind, Lookup, u64);

/// All rows of one state of the vault.
#[derive(Default)]
pub(super) struct Table(BTreeMap<Id, Row>);

impl Table {
    /// Reads the whole table. `most` is how many bytes the file and its log have: rows that claim more
    /// are one page told many times.
    pub(super) fn scan(db: &Connection, most: u64) -> Result<Self, Error> {
        let mut query = db.prepare_cached(
            "SELECT kind, lookup, revision, guarded, nonce, metadata FROM sealed
             ORDER BY kind, lookup, revision",
        )?;
        let mut found = query.query([])?;
        let (mut rows, mut bytes): (Vec<(Id, Row)>, u64) = (Vec::new(), 0);
        while let Some(row) = found.next()? {
            let (id, row) = read(row)?;
            bytes += row.metadata.len() as u64;
            if bytes > most || rows.last().is_some_and(|(last, _)| *last >= id) {
                return Err(Error::Damaged("its rows are out of order".into()));
            }
            rows.push((id, row));
        }
        Ok(Self(rows.into_iter().collect()))
    }

    /// The digests over all rows and over the guarded ones, with `meta` before them.
    pub(super) fn digests(&self, keys: &Keys, meta: &Meta) -> [Digest; 2] {
        let [mut all, mut guard] = keys.digests();
        let head = meta.digested();
        all.update(&head);
        guard.update(&head);
        for (id, row) in &self.0 {
            let mut bytes = [0; 80];
            bytes[..56].copy_from_slice(&place(id, row).to_bytes());
            bytes[56..].copy_from_slice(&row.nonce);
            all.update(&bytes);
            if row.guarded {
                guard.update(&bytes);
            }
        }
        [all, guard]
    }

    fn revisions(
        &self,
        kind: Kind,
        lookup: &Lookup,
    ) -> impl DoubleEndedIterator<Item = (&Id, &Row)> {
        self.0.range((kind, *lookup, 0)..=(kind, *lookup, u64::MAX))
    }

    /// The latest revision of one row.
    pub(super) fn latest(&self, kind: Kind, lookup: &Lookup) -> Option<(u64, &Row)> {
        self.revisions(kind, lookup).next_back().map(|(id, row)| (id.2, row))
    }

    /// Whether any revision of a row is guarded. Then a later one is guarded, too.
    pub(super) fn is_guarded(&self, kind: Kind, lookup: &Lookup) -> bool {
        self.revisions(kind, lookup).any(|(_, row)| row.guarded)
    }

    pub(super) fn basis(&self, kind: Kind, lookup: &Lookup) -> Basis {
        let latest = self.latest(kind, lookup).map(|(_, row)| row.nonce);
        Basis { kind, lookup: *lookup, latest }
    }

    pub(super) fn insert(&mut self, place: Place, row: Row) {
        self.0.insert((place.kind, place.lookup, place.revision), row);
    }

    /// Takes out the revisions below one. Gives how many there were.
    pub(super) fn remove_below(&mut self, kind: Kind, lookup: &Lookup, revision: u64) -> usize {
        let ids: Vec<Id> = self.revisions(kind, lookup).map(|(id, _)| *id).collect();
        let gone = ids.iter().filter(|id| id.2 < revision);
        gone.filter(|id| self.0.remove(*id).is_some()).count()
    }
}

fn place(id: &Id, row: &Row) -> Place {
    Place { kind: id.0, lookup: id.1, revision: id.2, guarded: row.guarded }
}

/// A row's columns, of no other type and length than the format's.
fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Id, Row)> {
    let guarded: i64 = row.get(3)?;
    let revision: i64 = row.get(2)?;
    let metadata = row.get_ref(5)?.as_blob()?.to_vec();
    let revision = u64::try_from(revision)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, revision))?;
    if !(0..=1).contains(&guarded) {
        return Err(rusqlite::Error::IntegralValueOutOfRange(3, guarded));
    }
    let id = (Kind(row.get(0)?), row.get(1)?, revision);
    Ok((id, Row { guarded: guarded == 1, nonce: row.get(4)?, metadata }))
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
    ) -> impl Iterator<Item = (Lookup, Result<Opened, Error>)> + '_ {
        let all = self.table.0.range((kind, [0; 32], 0)..=(kind, [0xff; 32], u64::MAX));
        let mut all = all.peekable();
        std::iter::from_fn(move || {
            let mut row = all.next()?;
            while let Some(later) = all.next_if(|(id, _)| id.1 == row.0.1) {
                row = later;
            }
            Some((row.0.1, self.open(row)))
        })
    }

    /// The latest revisions of all rows of a kind.
    pub(super) fn all(&self, kind: Kind) -> Result<Vec<Opened>, Error> {
        self.each(kind).map(|(_, row)| row).collect()
    }

    fn open(&self, (id, row): (&Id, &Row)) -> Result<Opened, Error> {
        let metadata = self.keys.open_metadata(place(id, row), &row.nonce, &row.metadata);
        Ok(Opened { revision: id.2, metadata: metadata.ok_or_else(|| changed(id))? })
    }

    /// Opens the value of one revision of one row, if there is such a revision.
    pub(super) fn value(
        &self,
        kind: Kind,
        lookup: &Lookup,
        revision: u64,
        lock: Lock,
    ) -> Result<Option<Secret>, Error> {
        let id = (kind, *lookup, revision);
        let Some(row) = self.table.0.get(&id) else { return Ok(None) };
        let mut query = self.db.prepare_cached(
            "SELECT value FROM sealed WHERE kind = ?1 AND lookup = ?2 AND revision = ?3",
        )?;
        let key = params![kind.0, lookup, revision as i64];
        let sealed: Option<Vec<u8>> = query.query_row(key, |row| row.get(0)).optional()?;
        let opened = sealed.and_then(|sealed| {
            self.keys.open_value(lock, (place(&id, row), &row.nonce), &row.metadata, &sealed)
        });
        opened.map(Some).ok_or_else(|| changed(&id))
    }
}

/// A row that the digest vouches for, and whose bytes are others.
fn changed(id: &Id) -> Error {
    let (kind, row, revision) = (id.0.name(), hex(&id.1[..4]), id.2);
    Error::Damaged(format!("{kind} (row {row}, revision {revision}) is not as it was written"))
}
