//! What a package may carry, whoever sealed it (clause 4.7).

use super::{Class, Error};
use crate::entry::{Entry, Mode, Sensitivity};
use crate::env_name;
use crate::limits;
use crate::text;
use std::collections::HashMap;

/// Checks all entries of a package together, one after the other. Sealing and opening both call it, so
/// that what one side makes the other accepts.
///
/// # Errors
/// [`Class::Malformed`] for a coordinate that is there twice, [`Class::Policy`] for the rest; and of what
/// is to be sealed also [`Class::Limit`], for a literal or a description that is too long.
pub fn check_entries<'a>(entries: impl Iterator<Item = &'a Entry>) -> Result<(), Error> {
    let mut folded = HashMap::new();
    for entry in entries {
        check_one(entry)?;
        let coordinate = &entry.coordinate;
        if let Some(other) = folded.insert(coordinate.folded(), coordinate) {
            return Err(if other == coordinate {
                refuse(Class::Malformed, format!("{coordinate} is there twice"))
            } else {
                let what = "differ only in '-', '.' and '_', so they would be one variable";
                refuse(Class::Policy, format!("{other} and {coordinate} {what}"))
            });
        }
    }
    Ok(())
}

fn check_one(entry: &Entry) -> Result<(), Error> {
    let coordinate = &entry.coordinate;
    if let crate::entry::Content::Literal(value) = &entry.content
        && value.len() > limits::LITERAL
    {
        let most = limits::size(limits::LITERAL);
        return Err(refuse(Class::Limit, format!("{coordinate}: a literal larger than {most}")));
    }
    if entry.description.as_ref().is_some_and(|d| d.len() > limits::DESCRIPTION) {
        let most = limits::size(limits::DESCRIPTION);
        return Err(refuse(Class::Limit, format!("{coordinate}: a description over {most}")));
    }
    if entry.description.as_deref().is_some_and(|d| d.is_empty() || !text::is_plain(d)) {
        return Err(refuse(
            Class::Policy,
            format!("{coordinate}: its description is not plain text"),
        ));
    }
    if coordinate.is_prod() && entry.content.mode() == Mode::Literal {
        let what = "literals of prod are never sealed; seal a pointer to the secret instead";
        return Err(refuse(Class::Policy, format!("{coordinate}: {what}")));
    }
    let floor = Sensitivity::floor(coordinate);
    if entry.sensitivity < floor {
        let what = format!("{coordinate}: an entry of prod is {floor} at least");
        return Err(refuse(Class::Policy, what));
    }
    if env_name::key_changes_loading(coordinate.key()) {
        let what = "its key is the name of a variable that changes how programs load";
        return Err(refuse(Class::Policy, format!("{coordinate}: {what}")));
    }
    Ok(())
}

fn refuse(class: Class, what: String) -> Error {
    Error::new(class, "entries", what)
}
