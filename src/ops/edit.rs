//! What becomes of an entry after it was added: `set`, `edit`, `rm`, `history`, `restore`, `prune`.

use super::select::origin;
use super::source::with_content;
use super::{Error, Question, Session};
use crate::audit::{Action, Outcome};
use crate::coordinate::{Coordinate, SecretUri};
use crate::entry::{Content, Sensitivity};
use crate::vault::{Looked, NewEntry, Origin, Pruned, Revision, Stored};

/// An entry, named exactly: in one project, or global.
pub struct Target {
    at: Coordinate,
    origin: Origin,
}

impl Target {
    /// The entry `uri` of `project`; global if there is none.
    pub fn new(uri: &SecretUri, project: Option<&str>) -> Result<Self, Error> {
        let project = project.filter(|_| !uri.global);
        Ok(Self { at: uri.coordinate.clone(), origin: origin(project)? })
    }

    fn find(&self, session: &Session<'_>) -> Result<Stored, Error> {
        let found = session.view().entry(&self.origin, &self.at)?.found;
        found.ok_or_else(|| Error::NoEntry(self.at.clone()))
    }
}

/// Gives an entry another value or pointer, not an empty or over-long one. Its sensitivity and
/// description stay.
pub fn set(session: &mut Session<'_>, target: &Target, content: Content) -> Result<Stored, Error> {
    super::add::check_content(&content)?;
    let before = target.find(session)?;
    let entry = with_content(&before, content);
    let event = session.event(Action::Set, Outcome::Allowed).about(&target.at);
    let new = NewEntry { origin: &target.origin, entry: &entry, provenance: None };
    session.write(event, |batch, now| batch.put_entry(before.basis(), new, now))
}

/// New labels for an entry; `None` leaves one as it is.
pub struct Labels {
    /// A lower one is confirmed by the owner.
    pub sensitivity: Option<Sensitivity>,
    /// Empty for none.
    pub description: Option<String>,
}

/// Refuses a sensitivity below the floor of production: [`Error::Rule`].
pub fn edit(session: &mut Session<'_>, target: &Target, labels: Labels) -> Result<Stored, Error> {
    let before = target.find(session)?;
    let mut entry = before.clone();
    let mut event = session.event(Action::Edit, Outcome::Allowed).about(&target.at);
    if let Some(sensitivity) = labels.sensitivity {
        let floor = Sensitivity::floor(&target.at);
        if sensitivity < floor {
            return Err(Error::Rule(format!("{} is of prod, and never below {floor}", target.at)));
        }
        if sensitivity < entry.sensitivity {
            let question =
                Question::Lower { at: &target.at, from: entry.sensitivity, to: sensitivity };
            session.confirm_or_record(&question, &event)?;
            event.outcome = Outcome::Confirmed;
        }
        entry.sensitivity = sensitivity;
    }
    if let Some(description) = labels.description {
        if !description.is_empty() {
            super::add::check_description(&description)?;
        }
        entry.description = Some(description).filter(|d| !d.is_empty());
    }
    session.write(event, |batch, now| batch.relabel(before.basis(), &before, entry, now))
}

/// Removes an entry. What it held is kept in its history until that is pruned.
pub fn remove(session: &mut Session<'_>, target: &Target) -> Result<(), Error> {
    let entry = target.find(session)?;
    let event = session.event(Action::Remove, Outcome::Allowed).about(&target.at);
    session.write(event, |batch, now| batch.remove_entry(&entry, now))
}

/// All revisions of an entry, the latest first; also of one that was removed. [`Error::NoEntry`] if
/// there never was one.
pub fn history(session: &Session<'_>, target: &Target) -> Result<Looked<Vec<Revision>>, Error> {
    let revisions = session.view().history(&target.origin, &target.at)?;
    if revisions.is_empty() { Err(Error::NoEntry(target.at.clone())) } else { Ok(revisions) }
}

/// Brings an earlier revision back, as a new one. The sensitivity is the higher of what it was then
/// and what the entry had last: restoring never lowers it. [`Error::Nothing`] if there is no such
/// revision, or it is a removal.
pub fn restore(session: &mut Session<'_>, target: &Target, number: u64) -> Result<Stored, Error> {
    let history = history(session, target)?;
    let wanted = history.iter().find(|revision| revision.number == number);
    let wanted = wanted.and_then(|revision| revision.entry.clone());
    let wanted = wanted.ok_or_else(|| {
        Error::Nothing(format!("{} has no revision {number} that can be restored", target.at))
    })?;
    let mut entry = wanted.clone();
    let last = history.iter().find_map(|revision| revision.entry.as_ref());
    if let Some(last) = last {
        entry.sensitivity = entry.sensitivity.max(last.sensitivity);
    }
    let event = session.event(Action::Restore, Outcome::Allowed).about(&target.at);
    session.write(event, |batch, now| batch.relabel(&history.basis, &wanted, entry, now))
}

/// Erases for good what is beneath the latest revision.
pub fn prune(session: &mut Session<'_>, target: &Target) -> Result<Pruned, Error> {
    let history = history(session, target)?;
    let kept = usize::from(history.first().is_some_and(|latest| latest.entry.is_some()));
    let question = Question::Prune { at: &target.at, revisions: history.len() - kept };
    let event = session.event(Action::Prune, Outcome::Confirmed).about(&target.at);
    session.confirm_or_record(&question, &event)?;
    Ok(session.vault.prune(&history, &target.at, event)?)
}
