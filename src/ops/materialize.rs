//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::copy::empty;
use super::session::{Consent, Wish};
use super::source::with_content;
use super::values::Resolver;
use super::{About, Error, Listed, Selection, Session, Source};
use crate::audit::Action;
use crate::clock::Moment;
use crate::entry::Content;
use crate::pointer::Pointer;
use crate::policy::Operation;
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
/// [`Error::Nothing`] if no reference is selected; [`Error::Denied`] and [`Error::Declined`] before anything
/// is read, and [`Error::Conflict`] if an entry has changed
/// meanwhile. A pointer that does not resolve is an outcome, not an error.
pub fn materialize(
    session: &mut Session<'_>,
    selection: &Selection,
    purpose: Purpose,
    resolver: &dyn Resolver,
) -> Result<Vec<Materialized>, Error> {
    let references = references(&session.view(), selection)?;
    let consent = ask(session, &references, purpose)?;
    let pointers: Vec<Pointer> = references.iter().map(|(_, pointer)| pointer.clone()).collect();
    let read: Vec<Read> = references
        .into_iter()
        .zip(resolver.resolve(&pointers))
        .map(|((entry, pointer), result)| Read::new(entry, pointer, result))
        .collect();
    match purpose {
        Purpose::Check => session.record(seen(consent, &read))?,
        Purpose::Choose => choose(session, &read, consent)?,
        Purpose::Capture => return capture(session, read, consent),
    }
    Ok(read.into_iter().map(|read| read.found).collect())
}

/// Asks about all pointers: none is followed before.
fn ask(
    session: &mut Session<'_>,
    references: &[(Stored, Pointer)],
    purpose: Purpose,
) -> Result<Consent, Error> {
    let (operation, action, about) = match purpose {
        Purpose::Capture => (Operation::Capture, Action::Capture, About::Capture),
        Purpose::Choose | Purpose::Check => {
            let chooses = purpose == Purpose::Choose;
            (Operation::Resolve, Action::Materialize, About::Resolve { chooses })
        }
    };
    let event = session.event(action);
    let wishes = references.iter().map(|(entry, pointer)| {
        Wish::of_entry(operation, entry.subject(), event.clone())
            .on(entry.basis(), &entry.coordinate)
            .leading_to(Some(pointer))
    });
    session.ask(wishes.collect(), &about)
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

/// What did not resolve has failed, for the trail.
fn seen(mut consent: Consent, read: &[Read]) -> Consent {
    let failed = read.iter().enumerate().filter(|(_, read)| read.value.is_none());
    failed.for_each(|(number, _)| consent.fail(number));
    consent
}

/// Marks what resolved for the first time as chosen, and puts every pointer on record.
fn choose(session: &mut Session<'_>, read: &[Read], consent: Consent) -> Result<(), Error> {
    let consent = seen(consent, read);
    let resolved = read.iter().filter(|read| read.value.is_some()).map(|read| &read.found.entry);
    let fresh: Vec<&Stored> = resolved.filter(|entry| !entry.subject().chosen).collect();
    if fresh.is_empty() {
        return session.record(consent);
    }
    session.write(consent, |batch, now| fresh.iter().try_for_each(|entry| batch.choose(entry, now)))
}

/// Replaces each reference by a copy of what it leads to, where it leads anywhere.
fn capture(
    session: &mut Session<'_>,
    mut read: Vec<Read>,
    consent: Consent,
) -> Result<Vec<Materialized>, Error> {
    for Read { found, value } in &mut read {
        if value.take_if(|value| value.is_empty()).is_some() {
            found.result = Err(empty());
        }
    }
    let consent = seen(consent, &read);
    session.write(consent, |batch, now| {
        read.into_iter()
            .map(|read| capture_one(batch, read, now))
            .collect::<Result<Vec<_>, Error>>()
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
