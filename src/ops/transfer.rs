//! `mv` and `cp`: an entry under another name, with its history, its sensitivity, and what is known of who was
//! given it.

use super::edit::Target;
use super::session::Wish;
use super::write::{Change, Kind, Proposal, elsewhere};
use super::{About, Error, Listed, Session};
use crate::audit::Action;
use crate::policy::Operation;
use crate::vault::{self, Batch, Looked, Share, SharedEntry, Stored, View};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// What stands under the old name is removed.
    Move,
    Copy,
}

/// Gives the entry at `from` the name `to`, which no entry has: [`Error::Taken`] if one does.
pub fn transfer(
    session: &mut Session<'_>,
    from: &Target,
    to: &Target,
    manner: Manner,
) -> Result<Stored, Error> {
    let source = from.find(session)?;
    let view = session.view();
    let history = view.history(&source.origin, &source.coordinate)?;
    let Looked { found: taken, basis } = view.entry(&to.origin, &to.at)?;
    if taken.is_some() {
        return Err(Error::Taken(to.at.clone()));
    }
    let proposal = Proposal {
        origin: &to.origin,
        at: &to.at,
        sensitivity: source.sensitivity,
        pointer: source.pointer(),
    };
    let change = Change::plan(view, &proposal, Kind::From(source.subject(), manner))?;
    let elsewhere = elsewhere(view, &change)?;
    let shares = shares(view, &source)?;
    let action = if manner == Manner::Move { Action::Move } else { Action::Copy };
    let wish = change.wish(elsewhere, session.event(action));
    let mut wishes = vec![wish.on(source.basis(), &source.coordinate)];
    if manner == Manner::Move {
        let event = session.event(action);
        wishes.push(Wish::of_entry(Operation::Remove, source.subject(), event));
    }
    let consent = session.ask(wishes, &About::Write(&change))?;
    session.write(consent, |batch, now| {
        let written = batch.copy_entry(&history, &basis, (&to.origin, &to.at))?;
        shares.iter().try_for_each(|share| rename_given(batch, share, &source, to, manner))?;
        if manner == Manner::Move {
            batch.remove_entry(&source, now)?;
        }
        written.ok_or_else(|| vault::Error::Moved(source.coordinate.to_string()))
    })
}

/// The packages in which the entry was given to somebody.
fn shares(view: View<'_>, entry: &Stored) -> Result<Vec<Share>, Error> {
    let gives = |share: &Share| share.entries.iter().any(|given| is(given, entry));
    Ok(view.shares()?.into_iter().filter(gives).collect())
}

fn is(given: &SharedEntry, entry: &Stored) -> bool {
    given.origin == entry.origin && given.coordinate == entry.coordinate.as_str()
}

/// Who was given a value knows it under whatever name it has here.
fn rename_given(
    batch: &mut Batch<'_>,
    share: &Share,
    source: &Stored,
    to: &Target,
    manner: Manner,
) -> Result<(), vault::Error> {
    let Looked { found, basis } = batch.view().share(&share.package)?;
    let Some(mut share) = found else { return Ok(()) };
    let given: Vec<SharedEntry> =
        share.entries.iter().filter(|given| is(given, source)).cloned().collect();
    if manner == Manner::Move {
        share.entries.retain(|given| !is(given, source));
    }
    let renamed = |given: SharedEntry| {
        let (origin, coordinate) = (to.origin.clone(), to.at.to_string());
        SharedEntry { origin, coordinate, given: given.given }
    };
    share.entries.extend(given.into_iter().map(renamed));
    batch.put_share(&basis, &share)
}
