//! `show`: one value, where policy lets it.

use super::select::origin;
use super::session::Use;
use super::values::{Resolver, obtain};
use super::{Error, Session, Source};
use crate::audit::Action;
use crate::coordinate::SecretUri;
use crate::policy::Operation;
use crate::secret::Secret;

/// The value of an entry; a pointer is resolved under the caller's own identity.
pub fn show(
    session: &mut Session<'_>,
    at: &SecretUri,
    project: Option<&str>,
    resolver: &dyn Resolver,
) -> Result<Secret, Error> {
    let entry = session.view().named(&origin(project)?, at)?;
    let purpose = Use { operation: Operation::Reveal, action: Action::Show, program: None };
    let mut values = obtain(session, &[&entry], purpose, resolver)?;
    values.pop().ok_or_else(|| Error::NoEntry(at.coordinate.clone()))
}
