//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::copy::{CAPTURE, empty};
use super::source::with_content;
use super::values::Resolver;
use super::{Error, Listed, Selection, Session, Source};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::entry::Content;
use crate::pointer::Pointer;
use crate::policy::Subject;
use crate::provider::{Fault, Resolved};
use crate::secret::Secret;
use crate::vault::{Batch, NewEntry, Provenance, Stored};

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
    selection: &Selection,
    purpose: Purpose,
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
        .map(|((entry, pointer), result)| Read::new(entry, pointer, result))
        .collect();
    match purpose {
        Purpose::Check => {
            let events = events(session, Action::Materialize, &read, allowed);
            session.vault.record(&events)?;
        }
        Purpose::Choose => choose(session, &read, allowed)?,
        Purpose::Capture => return capture(session, read, allowed),
    }
    Ok(read.into_iter().map(|read| read.found).collect())
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

/// What came of one pointer, its value not dropped yet.
struct Read {
    found: Materialized,
    value: Option<Secret>,
}

impl Read {
    fn new(entry: Stored, pointer: Pointer, result: Result<Resolved, Fault>) -> Self {
        let (result, value) = match result {
            Ok(Resolved { value, version: name, created }) => {
                (Ok(Version { name, created }), Some(value))
            }
            Err(fault) => (Err(fault), None),
        };
        Self { found: Materialized { entry, pointer, result }, value }
    }
}

fn events(
    session: &Session<'_>,
    action: Action,
    read: &[Read],
    allowed: Vec<Outcome>,
) -> Vec<Event> {
    let event = |(read, allowed): (&Read, Outcome)| {
        let outcome = if read.value.is_some() { allowed } else { Outcome::Failed };
        session.event(action, outcome).about(&read.found.entry.coordinate)
    };
    read.iter().zip(allowed).map(event).collect()
}

/// Marks what resolved for the first time as chosen, and puts every pointer on record.
fn choose(session: &mut Session<'_>, read: &[Read], allowed: Vec<Outcome>) -> Result<(), Error> {
    let events = events(session, Action::Materialize, read, allowed);
    let resolved = read.iter().filter(|read| read.value.is_some()).map(|read| &read.found.entry);
    let fresh: Vec<&Stored> = resolved.filter(|entry| !entry.subject().chosen).collect();
    if fresh.is_empty() {
        return Ok(session.vault.record(&events)?);
    }
    let now = session.now();
    session.vault.write(|batch| {
        batch.audit(&events)?;
        Ok(fresh.iter().try_for_each(|entry| batch.choose(entry, now))?)
    })
}

/// Replaces each reference by a copy of what it leads to, where it leads anywhere.
fn capture(
    session: &mut Session<'_>,
    mut read: Vec<Read>,
    allowed: Vec<Outcome>,
) -> Result<Vec<Materialized>, Error> {
    for Read { found, value } in &mut read {
        if value.take_if(|value| value.is_empty()).is_some() {
            found.result = Err(empty());
        }
    }
    let events = events(session, Action::Capture, &read, allowed);
    let now = session.now();
    session.vault.write(|batch| {
        batch.audit(&events)?;
        read.into_iter().map(|read| capture_one(batch, read, now)).collect()
    })
}

fn capture_one(batch: &mut Batch<'_>, read: Read, now: Moment) -> Result<Materialized, Error> {
    let Read { found, value } = read;
    let Some(value) = value else { return Ok(found) };
    let entry = &found.entry;
    let literal = with_content(entry, Content::Literal(value));
    let provenance = Provenance::Copy { of: found.pointer.to_string() };
    let new = NewEntry { origin: &entry.origin, entry: &literal, provenance: Some(provenance) };
    batch.put_entry(entry.basis(), new, now)?;
    Ok(found)
}
