//! `add`: a literal or a pointer into the vault.

use super::select::origin;
use super::write::{Change, Kind, Proposal, elsewhere};
use super::{About, Error, Session};
use crate::audit::Action;
use crate::coordinate::SecretUri;
use crate::entry::{Content, Entry, Sensitivity};
use crate::pointer::Pointer;
use crate::vault::{Basis, Looked, NewEntry, Origin, Stored, View};
use crate::{limits, text};

/// What is to be added, but for its value.
pub struct Addition<'a> {
    pub destination: Destination<'a>,
    pub description: Option<String>,
}

/// Refuses what can be refused before a value is there: a name that is taken, a sensitivity below what the
/// entry is born with, a description that is none.
pub fn check(session: &Session<'_>, new: &Addition<'_>) -> Result<(), Error> {
    new.description.as_deref().map_or(Ok(()), check_description)?;
    new.destination.check(session.view()).map(|_| ())
}

/// Also refuses an empty or over-long value.
pub fn add(
    session: &mut Session<'_>,
    new: &Addition<'_>,
    content: Content,
) -> Result<Stored, Error> {
    let Addition { destination, description } = new;
    description.as_deref().map_or(Ok(()), check_description)?;
    check_content(&content)?;
    let Slot { origin, sensitivity, basis } = destination.check(session.view())?;
    let proposal = destination.proposal(&origin, sensitivity, content.pointer());
    let change = Change::plan(session.view(), &proposal, Kind::Content)?;
    let elsewhere = elsewhere(session.view(), &change)?;
    let wish = change.wish(elsewhere, session.event(Action::Add));
    let consent = session.ask(vec![wish], &About::Write(&change))?;
    let (coordinate, description) = (change.at, description.clone());
    let entry = Entry { coordinate, content, sensitivity, description };
    let new = NewEntry { origin: &origin, entry: &entry, provenance: None };
    session.write(consent, |batch, now| batch.put_entry(&basis, new, now))
}

/// Where a new entry is to go, and how.
pub struct Destination<'a> {
    pub at: &'a SecretUri,
    /// Global if none.
    pub project: Option<&'a str>,
    /// If not given: what is there or was last, medium at the least; high for production.
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
        let last = Change::plan(view, &self.proposal(&origin, born, None), Kind::Content)?.level();
        let most = [Some(Sensitivity::Medium), last, Some(born)].into_iter().flatten().max();
        let sensitivity = self.sensitivity.or(most).unwrap_or(born);
        if sensitivity < born {
            return Err(Error::Rule(format!("{coordinate} is of prod, and never below {born}")));
        }
        Ok(Slot { origin, sensitivity, basis })
    }

    pub(super) fn proposal<'a>(
        &'a self,
        origin: &'a Origin,
        sensitivity: Sensitivity,
        pointer: Option<&'a Pointer>,
    ) -> Proposal<'a> {
        Proposal { origin, at: &self.at.coordinate, sensitivity, pointer }
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
