//! `run`: the environment of a process, from `.env.refs`.

use super::select::{find, origin};
use super::session::Use;
use super::values::{Resolver, obtain};
use super::{Error, Program, Session};
use crate::audit::Action;
use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::platform;
use crate::policy::Operation;
use crate::refs::{Refs, Source};
use crate::secret::Secret;
use crate::vault::Stored;
use std::ffi::OsString;

/// What a process is to be given.
pub struct Options<'a> {
    /// The parsed file.
    pub refs: &'a Refs,
    /// The project, where it is not the file's own.
    pub project: Option<&'a str>,
    /// Who gets them.
    pub program: Program<'a>,
    /// Reads a variable of the caller's environment.
    pub caller_env: &'a dyn Fn(&str) -> Option<OsString>,
}

/// What a process gets.
pub struct Environment {
    /// Names and values.
    pub variables: Vec<(String, OsString)>,
    /// Entries of medium sensitivity among them, which policy wants noted.
    pub noted: Vec<Coordinate>,
}

/// Resolves every variable, or none: a process is never started half-resolved.
///
/// # Errors
/// [`Error::NoEntry`], [`Error::Denied`], [`Error::Declined`], [`Error::Unresolved`]; [`Error::Rule`]
/// for a value that no environment here can hold; [`Error::Usage`] for a variable of the caller that is not set.
pub fn environment(
    session: &mut Session<'_>,
    options: &Options<'_>,
    resolver: &dyn Resolver,
) -> Result<Environment, Error> {
    let project = origin(options.project.or(options.refs.project.as_deref()))?;
    let mut variables = Vec::new();
    let mut wanted: Vec<(&String, Stored)> = Vec::new();
    for (name, source) in &options.refs.variables {
        match source {
            Source::Literal(text) => variables.push((name.clone(), text.into())),
            Source::Env { name: from, fallback } => {
                let value = (options.caller_env)(from).or(fallback.as_ref().map(OsString::from));
                let what =
                    || Error::Usage(format!("{name}: {from} is not set and has no fallback"));
                variables.push((name.clone(), value.ok_or_else(what)?));
            }
            Source::Secret { uri, fallback } => {
                match (find(session.view(), &project, uri), fallback) {
                    (Ok(entry), _) => wanted.push((name, entry)),
                    (Err(Error::NoEntry(_)), Some(text)) => {
                        variables.push((name.clone(), text.into()))
                    }
                    (Err(error), _) => return Err(error),
                }
            }
        }
    }
    let entries: Vec<&Stored> = wanted.iter().map(|(_, entry)| entry).collect();
    let program = Some(options.program);
    let purpose = Use { operation: Operation::Inject, action: Action::Run, program };
    let values = obtain(session, &entries, purpose, resolver)?;
    for ((name, entry), value) in wanted.iter().zip(&values) {
        variables.push(((*name).clone(), environment_value(name, entry, value)?));
    }
    let noted = |entry: &&&Stored| entry.sensitivity == Sensitivity::Medium;
    let noted = entries.iter().filter(noted).map(|entry| entry.coordinate.clone()).collect();
    Ok(Environment { variables, noted })
}

/// Copies a value into the form that a process takes. The copy lives until this process is replaced.
fn environment_value(name: &str, entry: &Stored, value: &Secret) -> Result<OsString, Error> {
    if value.expose().contains(&0) {
        let what = format!("{}: a value with a NUL byte cannot be a variable", entry.coordinate);
        return Err(Error::Rule(what));
    }
    platform::variable(value).ok_or_else(|| {
        let at = &entry.coordinate;
        Error::Rule(format!("{name}: {at} is not text, and a variable of this system has to be"))
    })
}
