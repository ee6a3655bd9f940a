//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::copy::{CAPTURE, empty};
use super::values::Resolver;
use super::{Error, Listed, Selection, Session, Source};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::entry::{Content, Entry};
use crate::pointer::Pointer;
use crate::policy::Subject;
use crate::provider::{Fault, Resolved};
use crate::vault::{Batch, Held, Provenance, Stored};

/// What becomes of pointers that resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Their owner has now chosen them.
    Choose,
    /// Nothing. The values are read all the same, since to read one is the only sure answer to
    /// whether it may be read, and neither provider has a cheaper one.
    Check,
    /// Each is replaced by a literal, a copy of what it leads to now. The pointer stays beneath it
    /// as an earlier revision.
    Capture,
}

pub struct Options {
    /// Those that are no references are passed over.
    pub selection: Selection,
    pub purpose: Purpose,
}

/// What came of one pointer. Its value has been dropped already.
pub struct Materialized {
    /// As it was.
    pub entry: Stored,
    pub pointer: Pointer,
    pub result: Result<Version, Fault>,
}

pub struct Version {
    /// As the provider names it; empty if it did not say.
    pub name: String,
    /// When it was made, if the provider said.
    pub created: Option<Moment>,
}

/// Resolves the references among the selected entries.
///
/// # Errors
/// [`Error::Nothing`] if no reference is selected; to capture, also [`Error::Denied`] and
/// [`Error::Declined`] before anything is read, and [`Error::Conflict`] if an entry has changed
/// meanwhile. A pointer that does not resolve is an outcome, not an error.
pub fn materialize(
    session: &mut Session<'_>,
    Options { selection, purpose }: &Options,
    resolver: &dyn Resolver,
) -> Result<Vec<Materialized>, Error> {
    let references = references(&session.view(), selection)?;
    let subjects: Vec<Subject<'_>> = references.iter().map(|(entry, _)| entry.subject()).collect();
    let allowed = match purpose {
        Purpose::Capture => session.authorize(&subjects, CAPTURE)?,
        Purpose::Choose | Purpose::Check => vec![Outcome::Allowed; subjects.len()],
    };
    let pointers: Vec<Pointer> = references.iter().map(|(_, pointer)| pointer.clone()).collect();
    let read: Vec<Read> = references
        .into_iter()
        .zip(resolver.resolve(&pointers))
        .map(|((entry, pointer), result)| Read { entry, pointer, result })
        .collect();
    match purpose {
        Purpose::Check => {
            let events = events(session, Action::Materialize, &read, allowed);
            session.vault.record(&events)?;
        }
        Purpose::Choose => choose(session, &read, allowed)?,
        Purpose::Capture => return capture(session, read, allowed),
    }
    Ok(read.into_iter().map(Read::without_value).collect())
}

fn references<S: Source>(
    source: &S,
    selection: &Selection,
) -> Result<Vec<(S::Item, Pointer)>, Error> {
    let with_pointer = |item: S::Item| item.pointer().cloned().map(|pointer| (item, pointer));
    let found: Vec<_> = selection.of(source)?.into_iter().filter_map(with_pointer).collect();
    let none = || Error::Nothing("no pointer is among the selected entries".into());
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// What was read for one entry, its value not dropped yet.
struct Read {
    entry: Stored,
    pointer: Pointer,
    result: Result<Resolved, Fault>,
}

impl Read {
    fn without_value(self) -> Materialized {
        let version = |read: Resolved| Version { name: read.version, created: read.created };
        Materialized { entry: self.entry, pointer: self.pointer, result: self.result.map(version) }
    }
}

fn events(
    session: &Session<'_>,
    action: Action,
    read: &[Read],
    allowed: Vec<Outcome>,
) -> Vec<Event> {
    let event = |(read, allowed): (&Read, Outcome)| {
        let outcome = if read.result.is_ok() { allowed } else { Outcome::Failed };
        session.event(action, outcome).about(&read.entry.coordinate)
    };
    read.iter().zip(allowed).map(event).collect()
}

/// Marks what resolved for the first time as chosen, and puts every pointer on record.
fn choose(session: &mut Session<'_>, read: &[Read], allowed: Vec<Outcome>) -> Result<(), Error> {
    let events = events(session, Action::Materialize, read, allowed);
    let fresh = |read: &&Read| {
        read.result.is_ok() && matches!(read.entry.held, Held::Reference { chosen: false, .. })
    };
    let fresh: Vec<&Read> = read.iter().filter(fresh).collect();
    if fresh.is_empty() {
        return Ok(session.vault.record(&events)?);
    }
    let now = session.now;
    session.vault.write(|batch| {
        batch.audit(&events)?;
        for Read { entry, .. } in &fresh {
            // Between reading and now another process may have redirected it.
            let current = batch.view().entry(&entry.origin, &entry.coordinate)?;
            if current.as_ref() == Some(entry) {
                batch.choose(entry, now)?;
            }
        }
        Ok(())
    })
}

/// Replaces each reference by a copy of what it leads to, where it leads anywhere.
fn capture(
    session: &mut Session<'_>,
    mut read: Vec<Read>,
    allowed: Vec<Outcome>,
) -> Result<Vec<Materialized>, Error> {
    for read in &mut read {
        if matches!(&read.result, Ok(resolved) if resolved.value.is_empty()) {
            read.result = Err(empty());
        }
    }
    let events = events(session, Action::Capture, &read, allowed);
    let now = session.now;
    session.vault.write(|batch| {
        batch.audit(&events)?;
        read.into_iter().map(|read| capture_one(batch, read, now)).collect()
    })
}

fn capture_one(batch: &Batch<'_>, read: Read, now: Moment) -> Result<Materialized, Error> {
    let Read { entry, pointer, result } = read;
    let resolved = match result {
        Ok(resolved) => resolved,
        Err(fault) => return Ok(Materialized { entry, pointer, result: Err(fault) }),
    };
    if batch.view().entry(&entry.origin, &entry.coordinate)?.as_ref() != Some(&entry) {
        let what = format!("{} changed meanwhile; nothing was captured", entry.coordinate);
        return Err(Error::Conflict(what));
    }
    let literal = Entry {
        coordinate: entry.coordinate.clone(),
        content: Content::Literal(resolved.value),
        sensitivity: entry.sensitivity,
        description: entry.description.clone(),
    };
    let provenance = Provenance::Copy { of: pointer.to_string() };
    batch.put_entry(&entry.origin, &literal, Some(provenance), now)?;
    let version = Version { name: resolved.version, created: resolved.created };
    Ok(Materialized { entry, pointer, result: Ok(version) })
}
