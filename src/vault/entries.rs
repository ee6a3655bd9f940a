//! Entries: what a coordinate names in this vault, with where it came from.

use super::rows::{Kind, Row};
use super::{Batch, Error, View};
use crate::cbor::{Reader, Writer};
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

/// 8 hex digits of a MAC of a value under a key of the vault: tells "changed", cannot confirm a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub(super) [u8; 4]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What is held at a coordinate, as far as it shows without opening the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Literal(Fingerprint),
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

/// Stands in a row's metadata in place of a [`Mode`] once the entry was removed.
const REMOVED: u64 = 2;

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
        let rows = self.rows.all(Kind::Entry)?;
        let revisions = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let mut entries: Vec<Stored> = revisions.into_iter().filter_map(|r| r.entry).collect();
        entries.sort_by(|a, b| (&a.coordinate, &a.origin).cmp(&(&b.coordinate, &b.origin)));
        Ok(entries)
    }

    /// The entry at exactly this origin.
    pub fn entry(&self, origin: &Origin, at: &Coordinate) -> Result<Option<Stored>, Error> {
        let row = self.rows.get(Kind::Entry, &self.entry_lookup(origin, at))?;
        Ok(row.as_ref().map(decode).transpose()?.and_then(|revision| revision.entry))
    }

    /// The latest first.
    pub fn history(&self, origin: &Origin, at: &Coordinate) -> Result<Vec<Revision>, Error> {
        let rows = self.rows.revisions(Kind::Entry, &self.entry_lookup(origin, at))?;
        rows.iter().map(decode).collect()
    }

    /// The entry that `at` means for `project`: the project's own, else the global one.
    pub fn find(&self, project: &Origin, at: &Coordinate) -> Result<Option<Stored>, Error> {
        match self.entry(project, at)? {
            None if *project != Origin::Global => self.entry(&Origin::Global, at),
            found => Ok(found),
        }
    }

    /// Opens a literal's value, of the revision that `entry` is; for a reference, it is empty.
    pub fn value(&self, entry: &Stored) -> Result<Secret, Error> {
        let lookup = self.entry_lookup(&entry.origin, &entry.coordinate);
        let value = self.rows.value(Kind::Entry, &lookup, entry.revision)?;
        value.ok_or_else(|| Error::Damaged(format!("{} is gone", entry.coordinate)))
    }

    /// The fingerprint that `value` would have here.
    pub fn fingerprint(&self, value: &Secret) -> Fingerprint {
        Fingerprint(self.rows.keys.fingerprint(value))
    }

    fn entry_lookup(&self, origin: &Origin, at: &Coordinate) -> [u8; 32] {
        let origin = origin.to_string();
        self.rows.keys.lookup(&[b"entry", origin.as_bytes(), at.as_str().as_bytes()])
    }
}

impl Batch<'_> {
    /// Writes `entry` as a new revision; what was there is kept beneath it.
    ///
    /// A sensitivity below the coordinate's floor is raised to it: production is born high.
    pub fn put_entry(
        &self,
        origin: &Origin,
        entry: &Entry,
        provenance: Option<Provenance>,
        now: Moment,
    ) -> Result<Stored, Error> {
        let view = self.view();
        let held = match &entry.content {
            Content::Literal(value) => Held::Literal(view.fingerprint(value)),
            Content::Reference(pointer) => {
                Held::Reference { pointer: pointer.clone(), chosen: provenance.is_none() }
            }
        };
        let stored = Stored {
            origin: origin.clone(),
            coordinate: entry.coordinate.clone(),
            held,
            sensitivity: entry.sensitivity.max(Sensitivity::floor(&entry.coordinate)),
            description: entry.description.clone(),
            provenance,
            updated: now,
            revision: 0,
        };
        let empty = Secret::empty();
        let value = match &entry.content {
            Content::Literal(value) => value,
            Content::Reference(_) => &empty,
        };
        self.put_stored(&stored, value)?;
        self.latest(&stored)
    }

    /// Writes `entry` again with other labels, as a new revision. Its value is that of the revision
    /// that `entry` is.
    pub fn relabel(&self, entry: &Stored, now: Moment) -> Result<Stored, Error> {
        let value = self.view().value(entry)?;
        let relabelled = Stored { updated: now, ..entry.clone() };
        self.put_stored(&relabelled, &value)?;
        self.latest(&relabelled)
    }

    /// Removes an entry: a new revision that holds nothing, on top of what was there.
    pub fn remove_entry(&self, entry: &Stored, now: Moment) -> Result<(), Error> {
        let removed = Stored { updated: now, ..entry.clone() };
        self.put_revision(&removed, &encode(&removed, true), &Secret::empty())
    }

    /// Erases for good what is beneath the latest revision of an entry, and the whole of a removed
    /// one. Gives how many revisions went.
    pub fn prune(&self, origin: &Origin, at: &Coordinate) -> Result<usize, Error> {
        let view = self.view();
        let history = view.history(origin, at)?;
        let keep = match history.first() {
            None => return Ok(0),
            Some(latest) if latest.entry.is_some() => latest.number,
            Some(removal) => removal.number + 1,
        };
        view.rows.erase_below(Kind::Entry, &view.entry_lookup(origin, at), keep)
    }

    /// Marks a pointer as chosen by the owner of this vault. Does nothing to a literal.
    pub fn choose(&self, entry: &Stored, now: Moment) -> Result<(), Error> {
        let mut entry = entry.clone();
        if let Held::Reference { chosen, .. } = &mut entry.held {
            *chosen = true;
            entry.updated = now;
            self.put_stored(&entry, &Secret::empty())?;
        }
        Ok(())
    }

    fn put_stored(&self, entry: &Stored, value: &Secret) -> Result<(), Error> {
        self.put_revision(entry, &encode(entry, false), value)
    }

    fn put_revision(&self, entry: &Stored, metadata: &[u8], value: &Secret) -> Result<(), Error> {
        let view = self.view();
        let lookup = view.entry_lookup(&entry.origin, &entry.coordinate);
        view.rows.put(Kind::Entry, &lookup, metadata, value)
    }

    /// What has just been written, with its revision.
    fn latest(&self, entry: &Stored) -> Result<Stored, Error> {
        let written = self.view().entry(&entry.origin, &entry.coordinate)?;
        written.ok_or_else(|| Error::Damaged(format!("{} was not written", entry.coordinate)))
    }
}

fn encode(entry: &Stored, removed: bool) -> Vec<u8> {
    let mut w = Writer::with_capacity(512);
    w.array(8).text(&entry.origin.to_string()).text(entry.coordinate.as_str());
    w.uint(entry.sensitivity as u64);
    w.text(entry.description.as_deref().unwrap_or_default());
    w.uint(entry.updated.millis());
    match &entry.held {
        _ if removed => w.uint(REMOVED).array(0),
        Held::Literal(print) => w.uint(Mode::Literal as u64).bytes(&print.0),
        Held::Reference { pointer, chosen } => {
            let chosen = (*chosen).into();
            w.uint(Mode::Reference as u64).array(2).text(pointer.as_str()).uint(chosen)
        }
    };
    match &entry.provenance {
        None => w.array(0),
        Some(Provenance::Package { sender, package, seq }) => {
            w.array(3).bytes(sender.as_bytes()).bytes(package).uint(*seq)
        }
        Some(Provenance::Copy { of }) => w.array(1).text(of),
    };
    w.finish()
}

fn decode(row: &Row) -> Result<Revision, Error> {
    let bad = |what: &str| Error::Damaged(format!("an entry has a bad {what}"));
    let mut r = Reader::new(&row.metadata, "entry");
    if r.array()? != 8 {
        return Err(bad("shape"));
    }
    let origin = Origin::stored(r.text()?);
    let coordinate = r.text()?.parse().map_err(|_| bad("coordinate"))?;
    let sensitivity = Sensitivity::from_number(r.uint()?).ok_or_else(|| bad("sensitivity"))?;
    let description = Some(r.text()?.to_owned()).filter(|d| !d.is_empty());
    let updated = Moment::from_millis(r.uint()?);
    let held = match r.uint()? {
        0 => Some(Held::Literal(Fingerprint(*r.fixed()?))),
        1 => {
            r.array()?;
            let pointer = r.text()?.parse().map_err(|_| bad("pointer"))?;
            Some(Held::Reference { pointer, chosen: r.uint()? == 1 })
        }
        REMOVED => {
            r.array()?;
            None
        }
        _ => return Err(bad("mode")),
    };
    let provenance = match r.array()? {
        0 => None,
        1 => Some(Provenance::Copy { of: r.text()?.to_owned() }),
        _ => Some(Provenance::Package {
            sender: SigningPublic::stored(r.fixed()?),
            package: *r.fixed()?,
            seq: r.uint()?,
        }),
    };
    r.finish()?;
    let (number, written) = (row.revision, updated);
    let entry = held.map(|held| Stored {
        origin,
        coordinate,
        held,
        sensitivity,
        description,
        provenance,
        updated,
        revision: number,
    });
    Ok(Revision { number, written, entry })
}
