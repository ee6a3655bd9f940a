//! `kovra run`

use super::clouds::Clouds;
use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, ui};
use kovra::coordinate::Coordinate;
use kovra::env_name;
use kovra::exit::Exit;
use kovra::limits;
use kovra::ops::run::{Environment, Options, environment};
use kovra::ops::{self, Program};
use kovra::platform::{self, NoProgram};
use kovra::refs::Refs;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Args {
    /// What ${ENV} stands for
    #[arg(long)]
    env: Option<String>,
    /// Which variable comes from where
    #[arg(long, value_name = "FILE", default_value = ".env.refs")]
    refs: PathBuf,
    /// The project whose entries win over the global ones [default: the file's]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Let a variable have this name, which changes how programs load or whom they talk to; it is asked for
    #[arg(long, value_name = "NAME", value_parser = allowed_name)]
    allow_name: Vec<String>,
    #[command(flatten)]
    clouds: Clouds,
    /// The command and its arguments, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Replaces this process with the command, so that its stdin, terminal, signals and exit code are
/// its own and nothing stays behind that knows its secrets.
pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let refs = read_refs(&args.refs, args.env.as_deref(), &args.allow_name)?;
    let file = whereabouts(&args.refs);
    let (name, arguments) =
        args.command.split_first().ok_or_else(|| Failure::usage("no command"))?;
    let path = find_program(name)?;
    let loaders = env_name::loaders(std::env::vars_os());
    let options = Options {
        refs: &refs,
        path: &file,
        project: args.project.as_deref(),
        program: Program { path: &path, arguments, loaders: &loaders },
        allow_names: &args.allow_name,
        caller_env: &|name| std::env::var_os(name),
    };
    let Environment { mut variables, noted } =
        context.with_session(|session| environment(session, &options, &args.clouds))?;
    if !noted.is_empty() {
        ui::note(said!("kovra: {} gets {}", path, listed(&noted)));
    }
    variables.extend(passed_on(context)?);
    let largest = largest(&variables);
    let error = platform::become_program(&path, name, arguments, variables, &WITHHELD);
    let what = said!("{}: {}", path, error);
    Err(match error.kind() {
        io::ErrorKind::ArgumentListTooLong => Failure::usage(what).hint(said!(
            "its arguments and variables are too much for this system together; the largest of \
             .env.refs are {}",
            largest
        )),
        _ => Failure::new(Exit::NotExecutable, what),
    })
}

/// They open the vault, and the command is not asked to.
const WITHHELD: [&str; 2] = ["KOVRA_PASSPHRASE_FILE", "KOVRA_KEY_FILE"];

/// Who asks and which vault is meant, so that a kovra which the command starts knows the same.
fn passed_on(context: &Context) -> Result<Vec<(String, OsString)>, Failure> {
    let mut variables = Vec::new();
    if ui::is_agent() && std::env::var_os(ui::AGENT).is_none_or(|value| value.is_empty()) {
        variables.push((ui::AGENT.to_owned(), "1".into()));
    }
    if !context.is_default_home() {
        let home = std::path::absolute(&context.home);
        let home = home.map_err(|e| Failure::new(Exit::Failed, e.say()))?;
        variables.push(("KOVRA_HOME".to_owned(), home.into()));
    }
    Ok(variables)
}

/// The names of the largest variables, as many as can be the reason.
fn largest(variables: &[(String, OsString)]) -> Said {
    let mut sizes: Vec<(usize, &str)> =
        variables.iter().map(|(name, value)| (value.len(), name.as_str())).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    Said::join(sizes.iter().take(3).map(|(_, name)| name.say()), ", ")
}

fn allowed_name(name: &str) -> Result<String, &'static str> {
    match name {
        _ if !env_name::is_valid(name) => Err("it is not the name of a variable"),
        _ if env_name::is_own(name) => Err("kovra's own variables come from its caller alone"),
        _ => Ok(name.to_owned()),
    }
}

/// Names, as many as fit in a line.
fn listed(names: &[Coordinate]) -> Said {
    const SHOWN: usize = 4;
    let mut shown: Vec<Said> = names.iter().take(SHOWN).map(Say::say).collect();
    if names.len() > SHOWN {
        shown.push(said!("and {} more", names.len() - SHOWN));
    }
    Said::join(shown, ", ")
}

/// In bytes: far more than an environment holds.
const REFS: usize = 1 << 20;

pub(super) fn read_refs(
    path: &Path,
    env: Option<&str>,
    allowed: &[String],
) -> Result<Refs, Failure> {
    let text = read_text(path).map_err(|e| {
        let failure = Failure::usage(said!("{}: {}", path, e));
        if e.kind() == io::ErrorKind::NotFound {
            failure.hint("it says which variable comes from where, one NAME=secret:env/component/key a line; --refs names another file")
        } else {
            failure
        }
    })?;
    let refs = Refs::parse_allowing(&text, env, allowed);
    refs.map_err(|error| ops::Error::Refs { path: path.to_owned(), error }.into())
}

/// Where a file is, without links, by which it is trusted. What has no such name, as a pipe, is trusted by the
/// one that it was given.
pub(super) fn whereabouts(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

fn read_text(path: &Path) -> io::Result<String> {
    let bytes = platform::read(path, REFS)?;
    if bytes.len() > REFS {
        return Err(io::Error::other(format!("it is larger than {}", limits::size(REFS))));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))
}

pub(super) fn find_program(name: &OsStr) -> Result<PathBuf, Failure> {
    platform::find_program(name, std::env::var_os("PATH").as_deref()).map_err(|error| {
        let code = match error {
            NoProgram::Missing(_) => Exit::NotFound,
            NoProgram::NotExecutable(_) | NoProgram::Nowhere(..) => Exit::NotExecutable,
        };
        Failure::new(code, error.say())
    })
}
