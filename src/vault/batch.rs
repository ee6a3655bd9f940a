//! A transaction: rows in, on what was looked at.

use super::Error;
use super::keys::{Keys, Lock, Nonce};
use super::place::{Kind, Lookup, Place};
use super::rows::{Basis, Rows, Table};
use super::sealed::{insert, seal};
use super::ways::Ways;
use super::{View, schema};
use crate::text::escape;
use rusqlite::{Connection, params};

/// A transaction on a vault. Its methods stand with what they write.
pub struct Batch<'a> {
    pub(super) db: &'a Connection,
    pub(super) keys: &'a mut Keys,
    pub(super) table: &'a mut Table,
    pub(super) ways: &'a mut Ways,
    /// The keys before this transaction, if it has drawn others.
    pub(super) before: &'a mut Option<Keys>,
    /// The rows that were asked about. Nothing else of what is asked about may be changed; all of it where
    /// nobody asks, as when a vault is made.
    pub(super) granted: Option<&'a [Basis]>,
}

/// What is to stand in a row.
pub(super) struct Content<'a> {
    pub(super) metadata: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) lock: Lock,
    /// Whether it is changed only with the owner's proof. What once was is it for good.
    pub(super) guarded: bool,
}

impl<'a> Content<'a> {
    /// Of a row without a value.
    pub(super) fn of(metadata: &'a [u8], guarded: bool) -> Self {
        Self { metadata, value: &[], lock: Lock::Vault, guarded }
    }
}

impl Batch<'_> {
    /// The vault as it is within this transaction.
    pub fn view(&self) -> View<'_> {
        View { rows: Rows { db: self.db, keys: self.keys, table: self.table }, ways: self.ways }
    }

    /// Refuses to go on if what a decision was made on has moved since: [`Error::Moved`], with `what`
    /// it is.
    pub fn expect(&self, basis: &Basis, what: impl ToString) -> Result<(), Error> {
        let same = self.table.basis(basis.kind, &basis.lookup) == *basis;
        if same { Ok(()) } else { Err(Error::Moved(escape(&what.to_string()))) }
    }

    /// Refuses to go on without the guard key.
    pub(super) fn check_guard(&self) -> Result<(), Error> {
        if self.keys.has_guard() { Ok(()) } else { Err(Error::Guarded) }
    }

    /// Refuses a change of an entry, or of anything that only the owner's proof changes, that nobody was
    /// asked about; and of what is guarded without the guard key, whose digest could not follow.
    fn check_granted(&self, kind: Kind, lookup: &Lookup, guarded: bool) -> Result<(), Error> {
        if guarded {
            self.check_guard()?;
        }
        let is = |basis: &Basis| basis.kind == kind && basis.lookup == *lookup;
        match self.granted {
            Some(on) if (guarded || kind == Kind::ENTRY) && !on.iter().any(is) => {
                Err(Error::Moved(format!("{}, which nobody was asked about,", kind.name())))
            }
            _ => Ok(()),
        }
    }

    /// Adds a revision on top of what is there, and gives its number and its nonce.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        lookup: Lookup,
        content: &Content<'_>,
    ) -> Result<(u64, Nonce), Error> {
        let revision = self.table.next_revision(kind, &lookup);
        let guarded = content.guarded || self.table.is_guarded(kind, &lookup);
        self.check_granted(kind, &lookup, guarded)?;
        let place = Place { kind, lookup, revision, guarded };
        let row = seal(self.keys, place, content.lock, content.metadata, content.value)?;
        let nonce = row.nonce;
        insert(self.db, self.table, row)?;
        Ok((revision, nonce))
    }

    /// Replaces a row and its earlier revisions, for what has no history worth keeping.
    pub(super) fn replace(
        &mut self,
        kind: Kind,
        lookup: Lookup,
        content: &Content<'_>,
    ) -> Result<(), Error> {
        let (revision, _) = self.add(kind, lookup, content)?;
        self.erase_below(kind, &lookup, revision)?;
        Ok(())
    }

    /// Erases the revisions of a row below `revision`. Gives how many there were.
    pub(super) fn erase_below(
        &mut self,
        kind: Kind,
        lookup: &Lookup,
        revision: u64,
    ) -> Result<usize, Error> {
        self.check_granted(kind, lookup, self.table.is_guarded(kind, lookup))?;
        let known = self.table.remove_below(kind, lookup, revision);
        let mut delete = self.db.prepare_cached(
            "DELETE FROM sealed WHERE kind = ?1 AND lookup = ?2 AND revision < ?3",
        )?;
        let erased = delete.execute(params![kind.0, lookup, revision as i64])?;
        if erased == known { Ok(known) } else { Err(schema::other_rows()) }
    }

    /// Erases a row and its earlier revisions.
    pub(super) fn erase(&mut self, kind: Kind, lookup: &Lookup) -> Result<(), Error> {
        self.erase_below(kind, lookup, i64::MAX as u64).map(|_| ())
    }
}
