//! `show`: one value, where policy lets it.

use super::select::origin;
use super::session::Wish;
use super::values::{Resolver, fetch, obtain};
use super::{About, Error, Listed, Session, Source};
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
    let wish = Wish::of_entry(Operation::Reveal, entry.subject(), session.event(Action::Show))
        .on(entry.basis(), &entry.coordinate)
        .leading_to(entry.pointer());
    let consent = session.ask(vec![wish], &About::Show)?;
    let mut values = obtain(session, consent, None, |view| fetch(view, &[&entry], resolver))?;
    values.pop().ok_or_else(|| Error::Nothing(format!("no result came for {}", at.coordinate)))
}
