//! `add`: a literal or a pointer into the vault.

use super::Error;
use super::select::origin;
use crate::clock::Moment;
use crate::coordinate::SecretUri;
use crate::entry::{Content, DESCRIPTION_MAX, Entry, LITERAL_MAX, Sensitivity};
use crate::text;
use crate::vault::{Stored, Vault};

/// A new entry.
pub struct Options {
    /// Its name.
    pub at: SecretUri,
    /// Its value or pointer.
    pub content: Content,
    /// Medium if not given; high for production.
    pub sensitivity: Option<Sensitivity>,
    /// A note for people.
    pub description: Option<String>,
    /// The project it belongs to; global if none.
    pub project: Option<String>,
    /// Write a new revision over an existing entry.
    pub overwrite: bool,
}

/// Adds an entry.
///
/// # Errors
/// [`Error::Conflict`] if it is there and `overwrite` is not set; [`Error::Rule`] for a sensitivity
/// below what the entry is born with or has; [`Error::Usage`] for an empty or over-long value.
pub fn add(vault: &mut Vault, options: Options, now: Moment) -> Result<Stored, Error> {
    let coordinate = &options.at.coordinate;
    check_content(&options.content)?;
    if let Some(description) = &options.description {
        check_description(description)?;
    }
    let project = options.project.as_deref().filter(|_| !options.at.global);
    let origin = origin(project)?;
    let existing = vault.view().entry(&origin, coordinate)?;
    if existing.is_some() && !options.overwrite {
        let what = format!(
            "{coordinate} exists already; --overwrite writes a new revision and keeps the old one"
        );
        return Err(Error::Conflict(what));
    }
    let floor = existing.map_or(Sensitivity::floor(coordinate), |e| {
        e.sensitivity.max(Sensitivity::floor(coordinate))
    });
    let sensitivity = options.sensitivity.unwrap_or(floor.max(Sensitivity::Medium));
    if sensitivity < floor {
        let what = format!("{coordinate} is {floor}, and adding does not lower that");
        return Err(Error::Rule(what));
    }
    let entry = Entry {
        coordinate: coordinate.clone(),
        content: options.content,
        sensitivity,
        description: options.description,
    };
    Ok(vault.write(|batch| batch.put_entry(&origin, &entry, None, now))?)
}

fn check_content(content: &Content) -> Result<(), Error> {
    match content {
        Content::Literal(value) if value.is_empty() => {
            Err(Error::Usage("the value is empty, so nothing was added".into()))
        }
        Content::Literal(value) if value.len() > LITERAL_MAX => {
            Err(Error::Usage("a literal is at most 256 KiB".into()))
        }
        _ => Ok(()),
    }
}

fn check_description(description: &str) -> Result<(), Error> {
    let good = !description.is_empty()
        && description.len() <= DESCRIPTION_MAX
        && text::is_plain(description);
    let what = "a description is 1 to 512 bytes of plain text on one line";
    if good { Ok(()) } else { Err(Error::Usage(what.into())) }
}
