//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::values::Resolver;
use super::{Error, Selection};
use crate::clock::Moment;
use crate::pointer::Pointer;
use crate::provider::Fault;
use crate::vault::{Held, Stored, Vault};

/// What came of one pointer. Its value has been dropped already.
pub struct Outcome {
    /// The entry.
    pub entry: Stored,
    /// Its pointer.
    pub pointer: Pointer,
    /// The version that was read, or why not.
    pub result: Result<String, Fault>,
}

/// Resolves the references among the selected entries. A pointer that resolves is approved: its
/// owner has now chosen it.
///
/// # Errors
/// Those of [`Selection::entries`]; [`Error::Nothing`] if no reference is selected. A pointer that does not
/// resolve is an outcome, not an error.
pub fn materialize(
    vault: &mut Vault,
    selection: &Selection,
    resolver: &dyn Resolver,
    now: Moment,
) -> Result<Vec<Outcome>, Error> {
    let references: Vec<(Stored, Pointer)> = selection
        .entries(vault.view())?
        .into_iter()
        .filter_map(|entry| match &entry.held {
            Held::Reference { pointer, .. } => Some((entry.clone(), pointer.clone())),
            Held::Literal(_) => None,
        })
        .collect();
    if references.is_empty() {
        return Err(Error::Nothing("no pointer is among the selected entries".into()));
    }
    let pointers: Vec<Pointer> = references.iter().map(|(_, pointer)| pointer.clone()).collect();
    let results = resolver.resolve(&pointers);
    let outcomes: Vec<Outcome> = references
        .into_iter()
        .zip(results)
        .map(|((entry, pointer), result)| Outcome {
            entry,
            pointer,
            result: result.map(|resolved| resolved.version),
        })
        .collect();
    approve(vault, &outcomes, now)?;
    Ok(outcomes)
}

fn approve(vault: &mut Vault, outcomes: &[Outcome], now: Moment) -> Result<(), Error> {
    let fresh: Vec<&Outcome> = outcomes
        .iter()
        .filter(|o| {
            o.result.is_ok() && matches!(o.entry.held, Held::Reference { approved: false, .. })
        })
        .collect();
    if fresh.is_empty() {
        return Ok(());
    }
    vault.write(|batch| {
        for outcome in &fresh {
            // Between reading and now another process may have redirected it.
            let current = batch.view().entry(&outcome.entry.origin, &outcome.entry.coordinate)?;
            if current.as_ref() == Some(&outcome.entry) {
                batch.approve(&outcome.entry, now)?;
            }
        }
        Ok(())
    })
}
