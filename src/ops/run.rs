//! `run`: the environment of a process, from `.env.refs`.

use super::absence::Inventory;
use super::select::origin;
use super::session::{Consent, Wish};
use super::trust::File;
use super::values::{Resolver, fetch, obtain};
use super::{About, Error, Listed, Missing, Program, Session, Source};
use crate::audit::Action;
use crate::coordinate::Coordinate;
use crate::entry::{Mode, Sensitivity};
use crate::env_name;
use crate::limits;
use crate::platform;
use crate::policy::{Operation, Standing, Trust};
use crate::refs::{self, Refs, Variable};
use crate::secret::Secret;
use crate::text::escape;
use crate::vault::{self, Basis, Looked, Origin, Stored, View};
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ffi::OsString;

pub struct Options<'a> {
    pub refs: &'a Refs,
    /// Where they were read, absolute and without links.
    pub path: &'a str,
    /// The project, where it is not the file's own.
    pub project: Option<&'a str>,
    pub program: Program<'a>,
    /// Names that no variable may take, and that the owner lets through all the same.
    pub allow_names: &'a [String],
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
/// [`Error::Rule`] for a value that no environment here can hold, and for a name that is not let through;
/// [`Error::Missing`] with every entry that is not there and every variable of the caller that is not set.
pub fn environment(
    session: &mut Session<'_>,
    options: &Options<'_>,
    resolver: &dyn Resolver,
) -> Result<Environment, Error> {
    let project = origin(options.project.or(options.refs.project.as_deref()))?;
    let Wanted { mut variables, secrets } = wanted(&session.view(), &project, options)?;
    for (name, value) in &variables {
        check_size(name, name.len() + value.len())?;
    }
    let entries: Vec<&Stored> = secrets.iter().map(|(_, entry)| entry).collect();
    let allowance = Allowance::look(session, options.program)?;
    let untrusted = untrusted(&session.view(), &entries, options, allowance.standing)?;
    let consent = ask(session, &secrets, options, allowance, untrusted.as_ref())?;
    let trusted = untrusted.map(|(file, looked)| (file.trusted(session), looked.basis));
    let given = obtain(session, consent, trusted, |view| {
        let values = fetch(view, &entries, resolver)?;
        secrets
            .iter()
            .zip(&values)
            .map(|((name, entry), value)| given(name, entry, value))
            .collect()
    });
    variables.extend::<Vec<_>>(given?);
    let noted = |entry: &&&Stored| entry.sensitivity == Sensitivity::Medium;
    let noted = entries.iter().filter(noted).map(|entry| entry.coordinate.clone());
    let noted: BTreeSet<Coordinate> = noted.collect();
    Ok(Environment { variables, noted: noted.into_iter().collect() })
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
    let (inventory, mut missing) = (LazyCell::new(|| Inventory::of(source)), Vec::new());
    for Variable { name, from, line, .. } in &options.refs.variables {
        let text = match from {
            refs::Assigned::Literal(text) => Ok(text.into()),
            refs::Assigned::Env { name: variable, fallback } => {
                let value = (options.caller_env)(variable).or(fallback.as_ref().map(Into::into));
                let what = || Error::Usage(format!("{variable} is not set and has no fallback"));
                value.ok_or_else(what)
            }
            refs::Assigned::Secret { uri, fallback } => {
                let origin = if uri.global { &Origin::Global } else { project };
                if let Some(item) = source.find(origin, &uri.coordinate)? {
                    wanted.secrets.push((name.clone(), item));
                    continue;
                }
                let text = fallback.as_ref().map(Into::into);
                text.ok_or_else(|| inventory.absence(origin, &uri.coordinate).into())
            }
        };
        match text {
            Ok(text) => wanted.variables.push((name.clone(), text)),
            Err(why) => missing.push(Missing { variable: name.clone(), line: *line, why }),
        }
    }
    if missing.is_empty() { Ok(wanted) } else { Err(Error::Missing(missing)) }
}

/// What can be known to fit no environment before anybody is asked: all but what pointers lead to, and what only the
/// answer opens. Nothing is kept: a question may be open for hours.
fn check_literals(source: &View<'_>, secrets: &[(String, Stored)]) -> Result<(), Error> {
    let opens = |entry: &Stored| entry.held.mode() == Mode::Literal && source.opens(entry);
    let mut literals = secrets.iter().filter(|(_, entry)| opens(entry));
    literals.try_for_each(|(name, entry)| check_value(name, entry, &source.value(entry)?))
}

fn check_value(name: &str, entry: &Stored, value: &Secret) -> Result<(), Error> {
    if value.expose().contains(&0) {
        let what =
            format!("{name}: {}: a value with a NUL byte cannot be a variable", entry.coordinate);
        return Err(Error::Rule(what));
    }
    check_size(&format!("{name}: {}", entry.coordinate), name.len() + value.len())
}

/// Refuses a variable that a program can't be started with; `size` is that of its name and value.
fn check_size(what: &str, size: usize) -> Result<(), Error> {
    // With the `=` between them, and the NUL at the end.
    match platform::variable_limit() {
        Some(most) if size + 2 > most => Err(Error::Rule(format!(
            "{what}: a variable is at most {} here, with its name",
            limits::size(most)
        ))),
        _ => Ok(()),
    }
}

/// Asks about all that the program gets, and about the names that it gets it under.
fn ask(
    session: &mut Session<'_>,
    secrets: &[(String, Stored)],
    options: &Options<'_>,
    allowance: Allowance,
    untrusted: Option<&(File<'_>, Looked<bool>)>,
) -> Result<Consent, Error> {
    let program = options.program;
    let names = let_through(options)?;
    let path = program.path.to_string_lossy();
    let event = session.event(Action::Run).for_program(program.path.display());
    let wishes = secrets.iter().map(|(name, entry)| {
        Wish::of_entry(Operation::Inject, entry.subject(), event.clone())
            .by_program(allowance.standing)
            .on(entry.basis(), &entry.coordinate)
            .on(&allowance.basis, "the allowlist")
            .leading_to(entry.pointer())
            .under(name)
    });
    let mut wishes: Vec<Wish<'_>> = wishes.collect();
    if !names.is_empty() {
        let what = names.join(", ");
        wishes.push(Wish::of_trust(Trust::Name, what, event.clone()));
    }
    wishes.extend(untrusted.map(|(file, looked)| file.wish(session, looked)));
    let standing = allowance.standing;
    let weighed = session.weigh(wishes)?;
    if !weighed.needs_yes() {
        return session.put(weighed, &About::Nothing);
    }
    check_literals(&session.view(), secrets)?;
    // A program may be large, and who is not asked about it need not wait for its digest.
    let digest = match allowance.digest {
        None => super::allow::digest(program.path)?,
        Some(known) => known,
    };
    let untrusted = untrusted.map(|(file, _)| *file);
    let entries = secrets.len();
    let about = About::Run { program, standing, digest, entries, names: &names, untrusted };
    let consent = session.put(weighed, &about)?;
    if super::allow::digest(program.path)? != digest {
        let moved = vault::Error::Moved(escape(&path));
        return session.record_failure(consent, moved.into());
    }
    Ok(consent)
}

/// The file, if it names more than it may and nobody has trusted it as it is (`spec/policy.md` 8.1).
fn untrusted<'a>(
    view: &View<'_>,
    entries: &[&Stored],
    options: &Options<'a>,
    standing: Standing,
) -> Result<Option<(File<'a>, Looked<bool>)>, Error> {
    // What is given without a question is given as the file says.
    let unasked = standing == Standing::Allowed;
    let more = |entry: &&Stored| {
        entry.coordinate.is_prod() || unasked && entry.sensitivity == Sensitivity::High
    };
    if !entries.iter().any(more) && !options.refs.names_origins() {
        return Ok(None);
    }
    let file = File { path: options.path, refs: options.refs };
    let looked = file.look(*view)?;
    Ok((!*looked).then_some((file, looked)))
}

/// How the allowlist stands to a program.
struct Allowance {
    standing: Standing,
    /// Of its file, if it is on the list.
    digest: Option<[u8; 32]>,
    basis: Basis,
}

impl Allowance {
    fn look(session: &Session<'_>, program: Program<'_>) -> Result<Self, Error> {
        let path = program.path.to_string_lossy();
        let Looked { found, basis } = session.view().allowed_program(&path)?;
        let digest = found.as_ref().map(|_| super::allow::digest(program.path)).transpose()?;
        let standing = match found {
            None => Standing::Unlisted,
            Some(allowed) if Some(allowed.digest) != digest => Standing::Changed,
            Some(allowed) if allowed.loaders != Some(env_name::digest(program.loaders)) => {
                Standing::OtherEnvironment
            }
            Some(_) => Standing::Allowed,
        };
        Ok(Self { standing, digest, basis })
    }
}

/// The names that no variable may take, and that are let through by name.
fn let_through<'a>(options: &Options<'a>) -> Result<Vec<&'a str>, Error> {
    let names = options.refs.variables.iter().map(|variable| variable.name.as_str());
    let names: Vec<&str> = names.filter(|name| env_name::refused(name)).collect();
    let let_through = |name: &&str| {
        options.allow_names.iter().any(|allowed| allowed == name) && !env_name::is_own(name)
    };
    match names.iter().find(|name| !let_through(name)) {
        Some(name) => Err(Error::Rule(format!("no variable may have the name {name}"))),
        None => Ok(names),
    }
}

fn given(name: &str, entry: &Stored, value: &Secret) -> Result<(String, OsString), Error> {
    check_value(name, entry, value)?;
    Ok((name.to_owned(), environment_value(name, entry, value)?))
}

/// Copies a value into the form that a process takes. The copy lives until this process is replaced.
fn environment_value(name: &str, entry: &Stored, value: &Secret) -> Result<OsString, Error> {
    platform::variable(value).ok_or_else(|| {
        let at = &entry.coordinate;
        Error::Rule(format!("{name}: {at} is not text, and a variable of this system has to be"))
    })
}
