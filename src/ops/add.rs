//! `add`: a literal or a pointer into the vault.

use super::select::origin;
use super::{Error, Session};
use crate::audit::{Action, Outcome};
use crate::coordinate::SecretUri;
use crate::entry::{Content, Entry, Sensitivity};
use crate::vault::{Origin, Stored, View};
use crate::{limits, text};

pub struct Options {
    pub at: SecretUri,
    pub content: Content,
    /// Medium if not given; high for production.
    pub sensitivity: Option<Sensitivity>,
    pub description: Option<String>,
    /// Global if none.
    pub project: Option<String>,
}

/// Refuses an empty or over-long value, and a sensitivity below what the entry is born with.
pub fn add(session: &mut Session<'_>, options: Options) -> Result<Stored, Error> {
    check_content(&options.content)?;
    if let Some(description) = &options.description {
        check_description(description)?;
    }
    let destination = Destination {
        at: &options.at,
        project: options.project.as_deref(),
        sensitivity: options.sensitivity,
        overwrite: false,
    };
    let (origin, sensitivity) = destination.check(session.view())?;
    let entry = Entry {
        coordinate: options.at.coordinate,
        content: options.content,
        sensitivity,
        description: options.description,
    };
    let event = session.event(Action::Add, Outcome::Allowed).about(&entry.coordinate);
    let now = session.now;
    Ok(session.vault.write(|batch| {
        batch.audit(&[event])?;
        batch.put_entry(&origin, &entry, None, now)
    })?)
}

/// Where a new entry is to go, and how.
pub(super) struct Destination<'a> {
    pub(super) at: &'a SecretUri,
    pub(super) project: Option<&'a str>,
    pub(super) sensitivity: Option<Sensitivity>,
    /// Whether an entry that is there may get a new revision.
    pub(super) overwrite: bool,
}

impl Destination<'_> {
    /// Its origin and sensitivity, if it may be written.
    pub(super) fn check(&self, view: View<'_>) -> Result<(Origin, Sensitivity), Error> {
        let coordinate = &self.at.coordinate;
        let origin = origin(self.project.filter(|_| !self.at.global))?;
        let existing = view.entry(&origin, coordinate)?;
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
        Ok((origin, sensitivity))
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
