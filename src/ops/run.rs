//! `run`: the environment of a process, from `.env.refs`.

use super::select::origin;
use super::session::Use;
use super::values::{Resolver, obtain};
use super::{Error, Program, Session, Source};
use crate::audit::Action;
use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::platform;
use crate::policy::Operation;
use crate::refs::{self, Refs};
use crate::secret::Secret;
use crate::vault::{Origin, Stored};
use std::ffi::OsString;

pub struct Options<'a> {
    pub refs: &'a Refs,
    /// The project, where it is not the file's own.
    pub project: Option<&'a str>,
    pub program: Program<'a>,
    /// Reads a variable of the caller's environment.
    pub caller_env: &'a dyn Fn(&str) -> Option<OsString>,
}

pub struct Environment {
    pub variables: Vec<(String, OsString)>,
    /// Entries of medium sensitivity among them, which policy wants noted.
    pub noted: Vec<Coordinate>,
}

/// Resolves every variable, or none: a process is never started half-resolved.
///
/// # Errors
/// [`Error::Rule`] for a value that no environment here can hold; [`Error::Usage`] for a variable of the
/// caller that is not set.
pub fn environment(
    session: &mut Session<'_>,
    options: &Options<'_>,
    resolver: &dyn Resolver,
) -> Result<Environment, Error> {
    let project = origin(options.project.or(options.refs.project.as_deref()))?;
    let Wanted { mut variables, secrets } = wanted(&session.view(), &project, options)?;
    let entries: Vec<&Stored> = secrets.iter().map(|(_, entry)| entry).collect();
    let program = Some(options.program);
    let purpose = Use { operation: Operation::Inject, action: Action::Run, program };
    let values = obtain(session, &entries, purpose, resolver)?;
    for ((name, entry), value) in secrets.iter().zip(&values) {
        variables.push((name.clone(), environment_value(name, entry, value)?));
    }
    let noted = |entry: &&&Stored| entry.sensitivity == Sensitivity::Medium;
    let noted = entries.iter().filter(noted).map(|entry| entry.coordinate.clone()).collect();
    Ok(Environment { variables, noted })
}

/// What a file asks for: variables that are known already, and the entries that give the others.
struct Wanted<I> {
    variables: Vec<(String, OsString)>,
    secrets: Vec<(String, I)>,
}

fn wanted<S: Source>(
    source: &S,
    project: &Origin,
    options: &Options<'_>,
) -> Result<Wanted<S::Item>, Error> {
    let mut wanted = Wanted { variables: Vec::new(), secrets: Vec::new() };
    for (name, from) in &options.refs.variables {
        let text = match from {
            refs::Assigned::Literal(text) => text.into(),
            refs::Assigned::Env { name: variable, fallback } => {
                let value = (options.caller_env)(variable).or(fallback.as_ref().map(Into::into));
                let what = format!("{name}: {variable} is not set and has no fallback");
                value.ok_or(Error::Usage(what))?
            }
            refs::Assigned::Secret { uri, fallback } => {
                match (source.named(project, uri), fallback) {
                    (Ok(item), _) => {
                        wanted.secrets.push((name.clone(), item));
                        continue;
                    }
                    (Err(Error::NoEntry(_)), Some(text)) => text.into(),
                    (Err(error), _) => return Err(error),
                }
            }
        };
        wanted.variables.push((name.clone(), text));
    }
    Ok(wanted)
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
