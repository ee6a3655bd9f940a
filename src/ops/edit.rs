//! What becomes of an entry after it was added: `set`, `edit`, `rm`, `history`, `restore`, `prune`.

use super::absence::project_option;
use super::select::origin;
use super::session::{Consent, Wish};
use super::source::{absence, with_content};
use super::write::{Change, Kind, Proposal, elsewhere};
use super::{About, Error, Listed, Session};
use crate::audit::Action;
use crate::coordinate::{Coordinate, SecretUri};
use crate::entry::{Content, Sensitivity};
use crate::pointer::Pointer;
use crate::policy::{Operation, Trust};
use crate::vault::{Erased, Looked, NewEntry, Origin, Revision, Stored};

/// An entry, named exactly: in one project, or global.
pub struct Target {
    pub(super) at: Coordinate,
    pub(super) origin: Origin,
}

impl Target {
    /// The entry `uri` of `project`; global if there is none.
    pub fn new(uri: &SecretUri, project: Option<&str>) -> Result<Self, Error> {
        let project = project.filter(|_| !uri.global);
        Ok(Self { at: uri.coordinate.clone(), origin: origin(project)? })
    }

    pub(super) fn find(&self, session: &Session<'_>) -> Result<Stored, Error> {
        let found = session.view().entry(&self.origin, &self.at)?.found;
        found.ok_or_else(|| self.absence(session))
    }

    fn absence(&self, session: &Session<'_>) -> Error {
        absence(&session.view(), &self.origin, &self.at).into()
    }
}

/// What is to become of the entry that a target names.
struct Edit<'a> {
    action: Action,
    sensitivity: Sensitivity,
    pointer: Option<&'a Pointer>,
    kind: Kind<'a>,
}

/// Asks about a change of the entry at `target`.
fn ask(session: &mut Session<'_>, target: &Target, edit: &Edit<'_>) -> Result<Consent, Error> {
    let Edit { action, sensitivity, pointer, kind } = *edit;
    let (origin, at) = (&target.origin, &target.at);
    let proposal = Proposal { origin, at, sensitivity, pointer };
    let change = Change::plan(session.view(), &proposal, kind)?;
    let elsewhere = elsewhere(session.view(), &change)?;
    let wish = change.wish(elsewhere, session.event(action));
    session.ask(vec![wish], &About::Write(&change))
}

/// Refuses what can be refused before a new value is there: [`Error::NoEntry`].
pub fn check(session: &Session<'_>, target: &Target) -> Result<(), Error> {
    target.find(session).map(|_| ())
}

/// Gives an entry another value or pointer, not an empty or over-long one. Its sensitivity and
/// description stay.
pub fn set(session: &mut Session<'_>, target: &Target, content: Content) -> Result<Stored, Error> {
    super::add::check_content(&content)?;
    let before = target.find(session)?;
    let sensitivity = before.sensitivity;
    let (action, kind) = (Action::Set, Kind::Content);
    let edit = Edit { action, sensitivity, pointer: content.pointer(), kind };
    let consent = ask(session, target, &edit)?;
    let entry = with_content(&before, content);
    let new = NewEntry { origin: &target.origin, entry: &entry, provenance: None };
    session.write(consent, |batch, now| batch.put_entry(before.basis(), new, now))
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
    if let Some(sensitivity) = labels.sensitivity {
        let floor = Sensitivity::floor(&target.at);
        if sensitivity < floor {
            return Err(Error::Rule(format!("{} is of prod, and never below {floor}", target.at)));
        }
        entry.sensitivity = sensitivity;
    }
    if let Some(description) = labels.description {
        if !description.is_empty() {
            super::add::check_description(&description)?;
        }
        entry.description = Some(description).filter(|d| !d.is_empty());
    }
    let same_words = entry.description == before.description;
    let words = entry.description.as_deref();
    let kind = if same_words { Kind::Level } else { Kind::Described(words) };
    let (action, sensitivity, pointer) = (Action::Edit, entry.sensitivity, before.pointer());
    let consent = ask(session, target, &Edit { action, sensitivity, pointer, kind })?;
    session.write(consent, |batch, now| batch.relabel(before.basis(), &before, entry, now))
}

/// Removes an entry, and gives what it was. That is kept in its history until it is pruned.
pub fn remove(session: &mut Session<'_>, target: &Target) -> Result<Stored, Error> {
    let entry = target.find(session)?;
    let event = session.event(Action::Remove);
    let wish = Wish::of_entry(Operation::Remove, entry.subject(), event);
    let wish = wish.on(entry.basis(), &entry.coordinate);
    let consent = session.ask(vec![wish], &About::Remove(&entry))?;
    session.write(consent, |batch, now| batch.remove_entry(&entry, now))?;
    Ok(entry)
}

/// All revisions of an entry, the latest first; also of one that was removed. [`Error::NoEntry`] if
/// there never was one.
pub fn history(session: &Session<'_>, target: &Target) -> Result<Looked<Vec<Revision>>, Error> {
    let revisions = session.view().history(&target.origin, &target.at)?;
    if revisions.is_empty() { Err(target.absence(session)) } else { Ok(revisions) }
}

/// Brings an earlier revision back, as a new one. The sensitivity is the higher of what it was then
/// and what the entry had last: restoring never lowers it. [`Error::Nothing`] if there is no such
/// revision, or it is a removal.
pub fn restore(session: &mut Session<'_>, target: &Target, number: u64) -> Result<Stored, Error> {
    let history = history(session, target)?;
    let wanted = history.iter().find(|revision| revision.number == number);
    let wanted = wanted.and_then(|revision| revision.entry.clone());
    let wanted = wanted.ok_or_else(|| {
        let (at, project) = (&target.at, project_option(&target.origin));
        Error::Nothing(format!(
            "no revision {number} of {at} holds anything; `kovra history {at}{project}` shows which do"
        ))
    })?;
    let mut entry = wanted.clone();
    let last = history.iter().find_map(|revision| revision.entry.as_ref());
    if let Some(last) = last {
        entry.sensitivity = entry.sensitivity.max(last.sensitivity);
    }
    let (action, sensitivity, kind) = (Action::Restore, entry.sensitivity, Kind::Earlier(number));
    let edit = Edit { action, sensitivity, pointer: wanted.pointer(), kind };
    let consent = ask(session, target, &edit)?;
    session.write(consent, |batch, now| batch.relabel(&history.basis, &wanted, entry, now))
}

/// Erases for good what is beneath the latest revision.
pub fn prune(session: &mut Session<'_>, target: &Target) -> Result<Erased<usize>, Error> {
    let history = history(session, target)?;
    let kept = usize::from(history.first().is_some_and(|latest| latest.entry.is_some()));
    let about = About::Prune { at: &target.at, revisions: history.len() - kept };
    let event = session.event(Action::Prune).about(&target.at);
    let wish = Wish::of_trust(Trust::Prune, target.at.as_str(), event);
    let consent = session.ask(vec![wish.on(&history.basis, &target.at)], &about)?;
    session.erase(consent, |batch, _| batch.prune(&history, &target.at))
}
