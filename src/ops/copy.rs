//! `import` of one value: a one-time copy of what a pointer or a 1Password reference leads to.

use super::add::{Destination, Slot, check_content};
use super::session::Use;
use super::values::Resolver;
use super::{Error, Session};
use crate::audit::{Action, Outcome};
use crate::entry::{Content, Entry, Mode};
use crate::pointer::Pointer;
use crate::policy::{Operation, Subject};
use crate::provider::{Fault, FaultKind, onepassword};
use crate::secret::Secret;
use crate::vault::{NewEntry, Provenance, Stored};
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

/// A copy of what a pointer leads to, as policy and the trail see it.
pub(super) const CAPTURE: Use<'static> =
    Use { operation: Operation::Capture, action: Action::Capture, program: None };

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
    let outcome = match source {
        Original::OnePassword(_) => Outcome::Allowed,
        Original::Pointer(_) => {
            let coordinate = &coordinate;
            let mode = Mode::Reference;
            let subject = Subject { coordinate, sensitivity, mode, chosen: true };
            session.authorize(&[subject], CAPTURE)?[0]
        }
    };
    let value = match read(source, resolver) {
        Ok(value) => value,
        Err(fault) => {
            let failed = session.event(Action::Capture, Outcome::Failed).about(&coordinate);
            session.vault.record(&[failed])?;
            return Err(Error::Unresolved(vec![(coordinate, fault)]));
        }
    };
    let content = Content::Literal(value);
    check_content(&content)?;
    let event = session.event(Action::Capture, outcome).about(&coordinate);
    let entry = Entry { coordinate, content, sensitivity, description: None };
    let provenance = Some(Provenance::Copy { of: source.to_string() });
    let new = NewEntry { origin: &origin, entry: &entry, provenance };
    session.write(event, |batch, now| batch.put_entry(&basis, new, now))
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
