//! Entries: what a coordinate names in this vault, with where it came from.

use super::batch::Content as Row;
use super::entry_record::{decode, encode, is_guarded, lock_of};
use super::keys::{Lock, Nonce, random};
use super::name::Name;
use super::place::{Kind, Lookup};
use super::rows::{Basis, Looked};
use super::{Batch, Error, View};
use crate::clock::Moment;
use crate::coordinate::{Coordinate, check_segment};
use crate::entry::{Content, Entry, Mode, Sensitivity};
use crate::identity::SigningPublic;
use crate::pointer::Pointer;
use crate::secret::Secret;
use crate::text::hex;
use std::fmt;

/// Which part of the vault an entry lives in. A project's entry wins over the global one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Global,
    Project(String),
}

impl Origin {
    /// The origin of a project: a name like a segment of a coordinate, other than `global`.
    pub fn project(name: &str) -> Option<Self> {
        let good = check_segment(name).is_ok() && name != "global";
        good.then(|| Self::Project(name.to_owned()))
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Global => "global",
            Self::Project(name) => name,
        }
    }

    /// From what a row says, which was checked when it was written.
    pub(super) fn stored(name: &str) -> Self {
        match name {
            "global" => Self::Global,
            project => Self::Project(project.to_owned()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// 8 hex digits, drawn when an entry gets a value that it never had, and its for as long as its history has that value.
/// They tell "changed", and nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub(super) [u8; 4]);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What is held at a coordinate, as far as it shows without opening the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Literal(Version),
    Reference {
        pointer: Pointer,
        /// Whether the owner of this vault added it, or has resolved it on purpose. One that came
        /// in a package starts as `false`.
        chosen: bool,
    },
}

impl Held {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Literal(_) => Mode::Literal,
            Self::Reference { .. } => Mode::Reference,
        }
    }
}

/// Where an entry came from, if it was not written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    Package {
        sender: SigningPublic,
        /// The package's id.
        package: [u8; 16],
        seq: u64,
    },
    /// Its owner copied it, once, from what this pointer or 1Password reference led to then.
    Copy {
        /// The pointer or reference as it was written.
        of: String,
    },
}

/// An entry of the vault, its value closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub origin: Origin,
    pub coordinate: Coordinate,
    pub held: Held,
    pub sensitivity: Sensitivity,
    pub description: Option<String>,
    /// `None` if it was added here.
    pub provenance: Option<Provenance>,
    /// When this revision was written.
    pub updated: Moment,
    /// Counts from 1.
    pub revision: u64,
    /// Of this revision, which `basis` is not if it is an earlier one.
    pub(super) nonce: Nonce,
    pub(super) basis: Basis,
}

impl Stored {
    /// The state of the entry when it was looked at.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// High, inject-only and production: only the owner's proof changes the entry.
    fn is_guarded(&self) -> bool {
        is_guarded(self.sensitivity, &self.coordinate)
    }

    /// What is inject-only is given to programs without a question, so a vault that was unlocked for a time
    /// gives it, too.
    fn lock(&self) -> Lock {
        lock_of(self.sensitivity, &self.coordinate)
    }
}

/// What is to be written as an entry.
pub struct NewEntry<'a> {
    pub origin: &'a Origin,
    pub entry: &'a Entry,
    /// `None` if its owner writes it here.
    pub provenance: Option<Provenance>,
}

/// One step of an entry's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Counts from 1.
    pub number: u64,
    pub written: Moment,
    /// `None` if this step removed it.
    pub entry: Option<Stored>,
}

impl View<'_> {
    /// All entries, sorted by coordinate, then origin. No value is opened.
    pub fn entries(&self) -> Result<Vec<Stored>, Error> {
        let (entries, damage) = self.readable_entries();
        damage.into_iter().next().map_or(Ok(entries), Err)
    }

    /// All entries that can be read, sorted; and what is wrong with each of the others.
    pub fn readable_entries(&self) -> (Vec<Stored>, Vec<Error>) {
        let (mut entries, mut damage) = (Vec::new(), Vec::new());
        for (basis, row) in self.rows.each(Kind::ENTRY) {
            match row.and_then(|row| decode(&row, basis)) {
                Ok(revision) => entries.extend(revision.entry),
                Err(error) => damage.push(error),
            }
        }
        entries.sort_by_cached_key(|entry| (entry.coordinate.clone(), entry.origin.clone()));
        (entries, damage)
    }

    /// What stands beneath the entries, and what was removed: the latest first of each.
    pub fn earlier_entries(&self) -> Result<Vec<Stored>, Error> {
        let mut earlier = Vec::new();
        for (basis, row) in self.rows.each(Kind::ENTRY) {
            if row?.revision > 1 {
                for row in self.rows.revisions(Kind::ENTRY, &basis.lookup)?.iter().skip(1) {
                    earlier.extend(decode(row, basis.clone())?.entry);
                }
            }
        }
        Ok(earlier)
    }

    /// The entry at exactly this origin.
    pub fn entry(&self, origin: &Origin, at: &Coordinate) -> Result<Looked<Option<Stored>>, Error> {
        let basis = self.basis(self.entry_lookup(origin, at));
        let row = self.rows.get(Kind::ENTRY, &basis.lookup).map_err(|e| about(at, e))?;
        let revision = row.map(|row| decode(&row, basis.clone())).transpose()?;
        Ok(Looked { found: revision.and_then(|revision| revision.entry), basis })
    }

    /// The latest first.
    pub fn history(
        &self,
        origin: &Origin,
        at: &Coordinate,
    ) -> Result<Looked<Vec<Revision>>, Error> {
        let basis = self.basis(self.entry_lookup(origin, at));
        let rows = self.rows.revisions(Kind::ENTRY, &basis.lookup).map_err(|e| about(at, e))?;
        let revisions = rows.iter().map(|row| decode(row, basis.clone()));
        Ok(Looked { found: revisions.collect::<Result<_, _>>()?, basis })
    }

    /// The entry that `at` means for `project`: the project's own, else the global one.
    pub fn find(&self, project: &Origin, at: &Coordinate) -> Result<Option<Stored>, Error> {
        match self.entry(project, at)?.found {
            None if *project != Origin::Global => Ok(self.entry(&Origin::Global, at)?.found),
            found => Ok(found),
        }
    }

    /// Opens a literal's value, of the revision that `entry` is; for a reference, it is empty.
    pub fn value(&self, entry: &Stored) -> Result<Secret, Error> {
        let Basis { lookup, .. } = entry.basis;
        let at = (entry.revision, &entry.nonce);
        let value = self.rows.value(Kind::ENTRY, &lookup, at, entry.lock());
        let value = value.map_err(|e| about(&entry.coordinate, e))?;
        // Of the rows that were scanned, none is missing; this one was erased since it was looked at.
        value.ok_or_else(|| Error::Moved(entry.coordinate.to_string()))
    }

    /// Whether the keys that there are open a literal's value.
    pub fn opens(&self, entry: &Stored) -> bool {
        self.has_guard() || entry.lock() == Lock::Vault
    }

    /// Whether `value` is that of a literal.
    pub fn holds(&self, entry: &Stored, value: &Secret) -> Result<bool, Error> {
        let literal = matches!(entry.held, Held::Literal(_));
        Ok(literal && self.value(entry)?.expose() == value.expose())
    }

    /// The version of `value` on top of `history`: another than all that are there, unless it is one of their values. What
    /// was guarded is not compared with what is not, so that nobody learns by a guess what it was.
    fn version(
        &self,
        history: Vec<Revision>,
        guarded: bool,
        value: &Secret,
    ) -> Result<Version, Error> {
        let earlier = history.into_iter().filter_map(|step| step.entry);
        for entry in earlier.filter(|entry| guarded || !entry.is_guarded()) {
            let same = match self.holds(&entry, value) {
                // What is damaged may be replaced.
                Err(Error::Damaged(_)) => false,
                told => told?,
            };
            match entry.held {
                Held::Literal(version) if same => return Ok(version),
                _ => {}
            }
        }
        random().map(Version)
    }

    fn basis(&self, lookup: Lookup) -> Basis {
        self.rows.table.basis(Kind::ENTRY, &lookup)
    }

    fn entry_lookup(&self, origin: &Origin, at: &Coordinate) -> Lookup {
        let name = Name::Entry { origin: origin.name(), at: at.as_str() };
        name.lookup(self.rows.keys)
    }
}

/// Names the entry whose row does not open.
fn about(at: &Coordinate, error: Error) -> Error {
    match error {
        Error::Damaged(what) => Error::Damaged(format!("{at}: {what}")),
        other => other,
    }
}

impl Batch<'_> {
    /// Writes `entry` as a new revision; what was there is kept beneath it.
    ///
    /// A sensitivity below the coordinate's floor is raised to it: production is born high.
    pub fn put_entry(
        &mut self,
        on: &Basis,
        new: NewEntry<'_>,
        now: Moment,
    ) -> Result<Stored, Error> {
        let NewEntry { origin, entry, provenance } = new;
        let view = self.view();
        let sensitivity = entry.sensitivity.max(Sensitivity::floor(&entry.coordinate));
        let (held, value) = match &entry.content {
            Content::Literal(value) => {
                let guarded = is_guarded(sensitivity, &entry.coordinate);
                let history = view.history(origin, &entry.coordinate)?.found;
                (Held::Literal(view.version(history, guarded, value)?), value.expose())
            }
            Content::Reference(pointer) => {
                let (pointer, chosen) = (pointer.clone(), provenance.is_none());
                (Held::Reference { pointer, chosen }, &[][..])
            }
        };
        let stored = Stored {
            origin: origin.clone(),
            coordinate: entry.coordinate.clone(),
            held,
            sensitivity,
            description: entry.description.clone(),
            provenance,
            updated: now,
            revision: 0,
            nonce: Nonce::default(),
            basis: view.basis(view.entry_lookup(origin, &entry.coordinate)),
        };
        self.put_revision(on, stored, value)
    }

    /// Writes `entry` again with other labels, as a new revision on top of `on`. Its value is that of the
    /// revision `of`, which it was.
    pub fn relabel(
        &mut self,
        on: &Basis,
        of: &Stored,
        entry: Stored,
        now: Moment,
    ) -> Result<Stored, Error> {
        let value = self.view().value(of)?;
        self.put_revision(on, Stored { updated: now, ..entry }, value.expose())
    }

    /// Writes all revisions of an entry under another name, on top of what stands there: each is as old and
    /// as chosen as it was, and at least as sensitive as the name asks for.
    pub fn copy_entry(
        &mut self,
        history: &Looked<Vec<Revision>>,
        on: &Basis,
        (origin, at): (&Origin, &Coordinate),
    ) -> Result<Option<Stored>, Error> {
        let (mut on, mut latest) = (on.clone(), None);
        for entry in history.iter().rev().filter_map(|revision| revision.entry.as_ref()) {
            let value = self.view().value(entry)?;
            let copy = Stored {
                origin: origin.clone(),
                coordinate: at.clone(),
                sensitivity: entry.sensitivity.max(Sensitivity::floor(at)),
                basis: on.clone(),
                ..entry.clone()
            };
            let written = self.put_revision(&on, copy, value.expose())?;
            on = written.basis.clone();
            latest = Some(written);
        }
        Ok(latest)
    }

    /// Removes an entry: a new revision that holds nothing, on top of what was there.
    pub fn remove_entry(&mut self, entry: &Stored, now: Moment) -> Result<(), Error> {
        self.expect(&entry.basis, &entry.coordinate)?;
        let removed = Stored { updated: now, ..entry.clone() };
        let metadata = encode(&removed, true);
        let content = Row::of(&metadata, entry.is_guarded());
        self.add(Kind::ENTRY, entry.basis.lookup, &content).map(|_| ())
    }

    /// Erases for good what is beneath the latest revision of an entry, and the whole of a removed
    /// one. Gives how many revisions went.
    pub fn prune(
        &mut self,
        history: &Looked<Vec<Revision>>,
        at: &Coordinate,
    ) -> Result<usize, Error> {
        self.expect(&history.basis, at)?;
        let keep = match history.first() {
            None => return Ok(0),
            Some(latest) if latest.entry.is_some() => latest.number,
            Some(removal) => removal.number + 1,
        };
        self.erase_below(Kind::ENTRY, &history.basis.lookup, keep)
    }

    /// Marks a pointer as chosen by the owner of this vault. Does nothing to a literal.
    pub fn choose(&mut self, entry: &Stored, now: Moment) -> Result<(), Error> {
        let Held::Reference { pointer, .. } = &entry.held else { return Ok(()) };
        let held = Held::Reference { pointer: pointer.clone(), chosen: true };
        let chosen = Stored { held, updated: now, ..entry.clone() };
        self.put_revision(&entry.basis, chosen, &[]).map(|_| ())
    }

    /// Writes `entry` on top of what was looked at, and gives it as it stands now.
    fn put_revision(
        &mut self,
        on: &Basis,
        mut entry: Stored,
        value: &[u8],
    ) -> Result<Stored, Error> {
        if entry.basis.lookup != on.lookup {
            return Err(Error::Moved(entry.coordinate.to_string()));
        }
        self.expect(on, &entry.coordinate)?;
        let metadata = encode(&entry, false);
        let (lock, guarded) = (entry.lock(), entry.is_guarded());
        let content = Row { metadata: &metadata, value, lock, guarded };
        (entry.revision, entry.nonce) = self.add(Kind::ENTRY, on.lookup, &content)?;
        entry.basis = self.view().basis(on.lookup);
        Ok(entry)
    }
}
