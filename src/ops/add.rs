//! `add`: a literal or a pointer into the vault.

use super::select::origin;
use super::{Error, Session};
use crate::audit::{Action, Outcome};
use crate::coordinate::SecretUri;
use crate::entry::{Content, Entry, Sensitivity};
use crate::vault::{Basis, Looked, NewEntry, Origin, Stored, View};
use crate::{limits, text};

/// Refuses an empty or over-long value, and a sensitivity below what the entry is born with.
pub fn add(
    session: &mut Session<'_>,
    destination: &Destination<'_>,
    content: Content,
    description: Option<String>,
) -> Result<Stored, Error> {
    check_content(&content)?;
    if let Some(description) = &description {
        check_description(description)?;
    }
    let Slot { origin, sensitivity, basis } = destination.check(session.view())?;
    let entry =
        Entry { coordinate: destination.at.coordinate.clone(), content, sensitivity, description };
    let event = session.event(Action::Add, Outcome::Allowed).about(&entry.coordinate);
    let new = NewEntry { origin: &origin, entry: &entry, provenance: None };
    session.write(event, |batch, now| batch.put_entry(&basis, new, now))
}

/// Where a new entry is to go, and how.
pub struct Destination<'a> {
    pub at: &'a SecretUri,
    /// Global if none.
    pub project: Option<&'a str>,
    /// If not given: what is there, medium at the least; high for production.
    pub sensitivity: Option<Sensitivity>,
    /// Whether an entry that is there may get a new revision.
    pub overwrite: bool,
}

/// A destination that may be written, as it was looked at.
pub(super) struct Slot {
    pub(super) origin: Origin,
    pub(super) sensitivity: Sensitivity,
    pub(super) basis: Basis,
}

impl Destination<'_> {
    pub(super) fn check(&self, view: View<'_>) -> Result<Slot, Error> {
        let coordinate = &self.at.coordinate;
        let origin = origin(self.project.filter(|_| !self.at.global))?;
        let Looked { found: existing, basis } = view.entry(&origin, coordinate)?;
        if existing.is_some() && !self.overwrite {
            return Err(Error::Exists(coordinate.clone()));
        }
        let born = Sensitivity::floor(coordinate);
        let floor = existing.map_or(born, |entry| entry.sensitivity.max(born));
        let sensitivity = self.sensitivity.unwrap_or(floor.max(Sensitivity::Medium));
        if sensitivity < floor {
            let why = if floor == born { "of prod, and born" } else { "there already, as" };
            return Err(Error::Rule(format!("{coordinate} is {why} {floor}")));
        }
        Ok(Slot { origin, sensitivity, basis })
    }
}

pub(super) fn check_content(content: &Content) -> Result<(), Error> {
    match content {
        Content::Literal(value) if value.is_empty() => {
            Err(Error::Usage("the value is empty, so nothing was added".into()))
        }
        Content::Literal(value) if value.len() > limits::LITERAL => {
            let most = limits::size(limits::LITERAL);
            Err(Error::Usage(format!("a literal is at most {most}")))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_description(description: &str) -> Result<(), Error> {
    let good = !description.is_empty()
        && description.len() <= limits::DESCRIPTION
        && text::is_plain(description);
    let most = limits::size(limits::DESCRIPTION);
    let what = || Error::Usage(format!("a description is 1 to {most} of plain text on one line"));
    if good { Ok(()) } else { Err(what()) }
}
