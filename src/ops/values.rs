//! Getting at values: policy first, then the vault or the clouds.

use super::{Approver, Error, Program, Question};
use crate::coordinate::Coordinate;
use crate::pointer::Pointer;
use crate::policy::{self, Decision, Operation, Request};
use crate::provider::{self, Fault, Resolved};
use crate::secret::Secret;
use crate::vault::{Held, Stored, View};

/// The clouds, as operations see them.
pub trait Resolver {
    /// Resolves `pointers` with one result each, in their order. Not called for none.
    fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>>;
}

impl Resolver for provider::Settings {
    fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>> {
        provider::resolve(self, pointers)
    }
}

/// What policy needs to know of an entry.
pub(super) fn request(entry: &Stored, operation: Operation, approver: &dyn Approver) -> Request {
    Request {
        operation,
        sensitivity: entry.sensitivity,
        prod: entry.coordinate.is_prod(),
        mode: entry.held.mode(),
        approved: !matches!(entry.held, Held::Reference { approved: false, .. }),
        asker: approver.asker(),
    }
}

/// Asks policy about all `entries`, and the person once about those that need it.
///
/// # Errors
/// [`Error::Denied`] with every entry that is denied, [`Error::Declined`].
pub(super) fn authorize(
    entries: &[&Stored],
    operation: Operation,
    program: Option<Program<'_>>,
    approver: &mut dyn Approver,
) -> Result<(), Error> {
    let (mut denied, mut to_confirm) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = || -> Coordinate { entry.coordinate.clone() };
        match policy::decide(request(entry, operation, approver)) {
            Decision::Allow => {}
            Decision::Confirm(reason) => to_confirm.push((at(), entry.sensitivity, reason)),
            Decision::Deny(reason) => denied.push((at(), reason)),
        }
    }
    if !denied.is_empty() {
        return Err(Error::Denied(denied));
    }
    let question = Question::Use { operation, entries: &to_confirm, program };
    if to_confirm.is_empty() || approver.approve(&question) { Ok(()) } else { Err(Error::Declined) }
}

/// The values of `entries`, in their order. Nothing cloud-related is touched unless one of them is
/// a reference.
///
/// # Errors
/// [`Error::Unresolved`] with every pointer that failed, [`Error::Vault`].
pub(super) fn fetch(
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
