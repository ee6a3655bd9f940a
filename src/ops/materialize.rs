//! `materialize`: resolve pointers under the caller's own cloud identity, and say what came of it.

use super::values::Resolver;
use super::{Error, Selection, Session};
use crate::audit::{self, Action};
use crate::pointer::Pointer;
use crate::provider::Fault;
use crate::vault::{Held, Stored};

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
    session: &mut Session<'_>,
    selection: &Selection,
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
    approve(session, &outcomes)?;
    Ok(outcomes)
}

/// Approves what resolved for the first time, and puts every pointer on record.
fn approve(session: &mut Session<'_>, outcomes: &[Outcome]) -> Result<(), Error> {
    let event = |o: &Outcome| {
        let outcome =
            if o.result.is_ok() { audit::Outcome::Allowed } else { audit::Outcome::Failed };
        session.event(Action::Materialize, outcome).about(&o.entry.coordinate)
    };
    let events: Vec<_> = outcomes.iter().map(event).collect();
    let fresh: Vec<&Outcome> = outcomes
        .iter()
        .filter(|o| {
            o.result.is_ok() && matches!(o.entry.held, Held::Reference { approved: false, .. })
        })
        .collect();
    if fresh.is_empty() {
        return Ok(session.vault.record(&events)?);
    }
    let now = session.now;
    session.vault.write(|batch| {
        batch.audit(&events)?;
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
