//! `import` of one value: a one-time copy of what a pointer or a 1Password reference leads to.

use super::add::{Destination, Slot, check_content};
use super::session::Consent;
use super::values::Resolver;
use super::write::{Change, Kind, elsewhere};
use super::{About, Error, Session};
use crate::audit::Action;
use crate::entry::{Content, Entry, Mode, Sensitivity};
use crate::pointer::Pointer;
use crate::policy::{Operation, Subject};
use crate::provider::{Fault, FaultKind, onepassword};
use crate::secret::Secret;
use crate::vault::{NewEntry, Origin, Provenance, Stored};
use std::fmt;

/// Where a value is copied from.
pub enum Original {
    Pointer(Pointer),
    /// 1Password, by its own program.
    OnePassword(onepassword::Item),
}

impl fmt::Display for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointer(pointer) => pointer.fmt(f),
            Self::OnePassword(item) => item.fmt(f),
        }
    }
}

/// Copies a value into the vault. What stands in the way is known before anything is read.
///
/// Policy decides on a copy from a cloud, where a pointer would do as well; 1Password has no
/// pointers here, so a value from there is added like one that was typed.
pub fn copy(
    session: &mut Session<'_>,
    source: &Original,
    destination: &Destination<'_>,
    resolver: &dyn Resolver,
) -> Result<Stored, Error> {
    let coordinate = destination.at.coordinate.clone();
    let Slot { origin, sensitivity, basis } = destination.check(session.view())?;
    let consent = ask(session, source, destination, (&origin, sensitivity))?;
    let content = match read(source, resolver) {
        Ok(value) => Content::Literal(value),
        Err(fault) => {
            let unresolved = Error::Unresolved(vec![(coordinate, fault)]);
            return session.record_failure(consent, unresolved);
        }
    };
    if let Err(why) = check_content(&content) {
        return session.record_failure(consent, why);
    }
    let entry = Entry { coordinate, content, sensitivity, description: None };
    let provenance = Some(Provenance::Copy { of: source.to_string() });
    let new = NewEntry { origin: &origin, entry: &entry, provenance };
    session.write(consent, |batch, now| batch.put_entry(&basis, new, now))
}

/// Asks about the copy, and about what it would be written over.
fn ask(
    session: &mut Session<'_>,
    source: &Original,
    destination: &Destination<'_>,
    (origin, sensitivity): (&Origin, Sensitivity),
) -> Result<Consent, Error> {
    let pointer = match source {
        Original::OnePassword(_) => None,
        Original::Pointer(pointer) => Some(pointer),
    };
    let proposal = destination.proposal(origin, sensitivity, pointer);
    let change = Change::plan(session.view(), &proposal, Kind::Capture(source))?;
    let elsewhere = elsewhere(session.view(), &change)?;
    let mut wish = change.wish(elsewhere, session.event(Action::Capture));
    if pointer.is_some() {
        let (coordinate, mode) = (&change.at, Mode::Reference);
        let subject = Subject { coordinate, sensitivity, mode, chosen: true };
        wish = wish.also(Operation::Capture, subject);
    }
    session.ask(vec![wish], &About::Write(&change))
}

fn read(source: &Original, resolver: &dyn Resolver) -> Result<Secret, Fault> {
    match source {
        Original::OnePassword(item) => resolver.read(item),
        Original::Pointer(pointer) => {
            let mut results = resolver.resolve(std::slice::from_ref(pointer));
            let value = results.pop().ok_or_else(empty)??.value;
            if value.is_empty() { Err(empty()) } else { Ok(value) }
        }
    }
}

/// A literal is never empty, and a provider's value may be.
pub(super) fn empty() -> Fault {
    Fault {
        kind: FaultKind::Malformed,
        what: "the value is empty, and an empty literal cannot be kept".into(),
        hint: "keep the pointer, or ask its owner for a value".into(),
    }
}
