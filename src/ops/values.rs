//! Getting at values: from the vault, or from the clouds.

use super::Error;
use super::session::{Session, Use};
use crate::audit::{Event, Outcome};
use crate::coordinate::Coordinate;
use crate::pointer::Pointer;
use crate::provider::{Fault, Resolved};
use crate::secret::Secret;
use crate::vault::{Held, Stored, View};
use std::time::Duration;

/// The clouds, as operations see them.
pub trait Resolver {
    /// Resolves `pointers` with one result each, in their order. Not called for none.
    fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>>;

    /// How long that takes at most.
    fn timeout(&self) -> Duration;
}

/// The values of `entries`, in their order, once policy and the owner allow it. All of it is on
/// record, in one transaction, before a value is handed out.
///
/// # Errors
/// Those of [`Session::authorize`]; [`Error::Unresolved`] with every pointer that failed.
pub(super) fn obtain(
    session: &mut Session<'_>,
    entries: &[&Stored],
    purpose: Use<'_>,
    resolver: &dyn Resolver,
) -> Result<Vec<Secret>, Error> {
    let outcomes = session.authorize(entries, purpose)?;
    let fetched = fetch(session.view(), entries, resolver);
    let events: Vec<Event> = entries
        .iter()
        .zip(outcomes)
        .map(|(entry, outcome)| {
            let outcome = if fetched.is_ok() { outcome } else { Outcome::Failed };
            session.use_event(purpose, outcome, &entry.coordinate)
        })
        .collect();
    session.vault.record(&events)?;
    fetched
}

/// Nothing cloud-related is touched unless one of the entries is a reference.
fn fetch(
    view: View<'_>,
    entries: &[&Stored],
    resolver: &dyn Resolver,
) -> Result<Vec<Secret>, Error> {
    let mut resolved = resolve(entries, resolver)?.into_iter();
    let value = |entry: &&Stored| match &entry.held {
        Held::Literal(_) => Ok(view.value(entry)?),
        Held::Reference { .. } => {
            let missing = || Error::Nothing(format!("no result came for {}", entry.coordinate));
            resolved.next().map(|r| r.value).ok_or_else(missing)
        }
    };
    entries.iter().map(value).collect()
}

/// Resolves the references among `entries`: all of them, or none.
fn resolve(entries: &[&Stored], resolver: &dyn Resolver) -> Result<Vec<Resolved>, Error> {
    let references: Vec<(&Coordinate, Pointer)> = entries
        .iter()
        .filter_map(|entry| match &entry.held {
            Held::Reference { pointer, .. } => Some((&entry.coordinate, pointer.clone())),
            Held::Literal(_) => None,
        })
        .collect();
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let (names, pointers): (Vec<_>, Vec<_>) = references.into_iter().unzip();
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (name, result) in names.into_iter().zip(resolver.resolve(&pointers)) {
        match result {
            Ok(value) => values.push(value),
            Err(fault) => faults.push((name.clone(), fault)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(Error::Unresolved(faults)) }
}
