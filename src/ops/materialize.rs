//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::copy::{CAPTURE, copied};
use super::values::Resolver;
use super::{Error, Selection, Session};
use crate::audit::{self, Action, Event};
use crate::clock::Moment;
use crate::entry::{Content, Entry};
use crate::pointer::Pointer;
use crate::provider::{Fault, Resolved};
use crate::vault::{Batch, Held, Provenance, Stored};

/// What becomes of pointers that resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They are approved: their owner has now chosen them.
    Approve,
    /// Nothing. The values are read all the same, since to read one is the only sure answer to
    /// whether it may be read, and neither provider has a cheaper one.
    Check,
    /// Each is replaced by a literal, a copy of what it leads to now. The pointer stays beneath it
    /// as an earlier revision.
    Capture,
}

/// What to resolve, and what for.
pub struct Options {
    /// The entries; those that are no references are passed over.
    pub selection: Selection,
    /// What becomes of them.
    pub purpose: Purpose,
}

/// What came of one pointer. Its value has been dropped already.
pub struct Outcome {
    /// The entry, as it was.
    pub entry: Stored,
    /// Its pointer.
    pub pointer: Pointer,
    /// What was read, or why not.
    pub result: Result<Version, Fault>,
}

/// A version of a secret.
pub struct Version {
    /// As the provider names it; empty if it did not say.
    pub name: String,
    /// When it was made, if the provider said.
    pub created: Option<Moment>,
}

/// Resolves the references among the selected entries.
///
/// # Errors
/// Those of [`Selection::entries`]; [`Error::Nothing`] if no reference is selected; to capture, also
/// [`Error::Denied`] and [`Error::Declined`] before anything is read, and [`Error::Conflict`] if an
/// entry has changed meanwhile. A pointer that does not resolve is an outcome, not an error.
pub fn materialize(
    session: &mut Session<'_>,
    Options { selection, purpose }: &Options,
    resolver: &dyn Resolver,
) -> Result<Vec<Outcome>, Error> {
    let references: Vec<(Stored, Pointer)> = selection
        .entries(session.view())?
        .into_iter()
        .filter_map(|entry| match &entry.held {
            Held::Reference { pointer, .. } => Some((entry.clone(), pointer.clone())),
            Held::Literal(_) => None,
        })
        .collect();
    if references.is_empty() {
        return Err(Error::Nothing("no pointer is among the selected entries".into()));
    }
    let mut allowed = vec![audit::Outcome::Allowed; references.len()];
    if *purpose == Purpose::Capture {
        let entries: Vec<&Stored> = references.iter().map(|(entry, _)| entry).collect();
        allowed = session.authorize(&entries, CAPTURE)?;
    }
    let pointers: Vec<Pointer> = references.iter().map(|(_, pointer)| pointer.clone()).collect();
    let results: Vec<_> = references.into_iter().zip(resolver.resolve(&pointers)).collect();
    let events = events(session, *purpose, &allowed, &results);
    let now = session.now;
    match purpose {
        Purpose::Check => {
            session.vault.record(&events)?;
            Ok(results.into_iter().map(outcome).collect())
        }
        Purpose::Approve => {
            let outcomes: Vec<Outcome> = results.into_iter().map(outcome).collect();
            let fresh = |o: &&Outcome| {
                o.result.is_ok() && matches!(o.entry.held, Held::Reference { approved: false, .. })
            };
            let fresh: Vec<&Outcome> = outcomes.iter().filter(fresh).collect();
            if fresh.is_empty() {
                session.vault.record(&events)?;
            } else {
                session.vault.write(|batch| {
                    batch.audit(&events)?;
                    fresh.iter().try_for_each(|o| approve(batch, o, now))
                })?;
            }
            Ok(outcomes)
        }
        Purpose::Capture => session.vault.write(|batch| {
            batch.audit(&events)?;
            results.into_iter().map(|result| capture(batch, result, now)).collect()
        }),
    }
}

/// An entry, its pointer, and what came of it.
type Answer = ((Stored, Pointer), Result<Resolved, Fault>);

/// One row for each pointer.
fn events(
    session: &Session<'_>,
    purpose: Purpose,
    allowed: &[audit::Outcome],
    results: &[Answer],
) -> Vec<Event> {
    let action = match purpose {
        Purpose::Capture => Action::Capture,
        Purpose::Approve | Purpose::Check => Action::Materialize,
    };
    let event = |(((entry, _), result), allowed): (&Answer, &audit::Outcome)| {
        let outcome = if result.is_ok() { *allowed } else { audit::Outcome::Failed };
        session.event(action, outcome).about(&entry.coordinate)
    };
    results.iter().zip(allowed).map(event).collect()
}

fn outcome(((entry, pointer), result): Answer) -> Outcome {
    let result = result.map(|read| Version { name: read.version, created: read.created });
    Outcome { entry, pointer, result }
}

fn approve(batch: &Batch<'_>, outcome: &Outcome, now: Moment) -> Result<(), Error> {
    // Between reading and now another process may have redirected it.
    let current = batch.view().entry(&outcome.entry.origin, &outcome.entry.coordinate)?;
    if current.as_ref() == Some(&outcome.entry) {
        batch.approve(&outcome.entry, now)?;
    }
    Ok(())
}

/// Replaces a reference by a copy of what it leads to, if it leads anywhere.
fn capture(
    batch: &Batch<'_>,
    ((entry, pointer), result): Answer,
    now: Moment,
) -> Result<Outcome, Error> {
    let (version, value) = match result.and_then(|read| {
        let version = Version { name: read.version, created: read.created };
        Ok((version, copied(read.value)?))
    }) {
        Ok(read) => read,
        Err(fault) => return Ok(Outcome { entry, pointer, result: Err(fault) }),
    };
    if batch.view().entry(&entry.origin, &entry.coordinate)?.as_ref() != Some(&entry) {
        let what = format!("{} changed meanwhile; nothing was captured", entry.coordinate);
        return Err(Error::Conflict(what));
    }
    let literal = Entry {
        coordinate: entry.coordinate.clone(),
        content: Content::Literal(value),
        sensitivity: entry.sensitivity,
        description: entry.description.clone(),
    };
    let provenance = Provenance::Copy { of: pointer.to_string() };
    batch.put_entry(&entry.origin, &literal, Some(provenance), now)?;
    Ok(Outcome { entry, pointer, result: Ok(version) })
}
