//! `kovra run`

use super::clouds::Clouds;
use super::error::Failure;
use super::{Context, ui};
use kovra::coordinate::Coordinate;
use kovra::exit::Exit;
use kovra::limits;
use kovra::ops::run::{Environment, Options, environment};
use kovra::ops::{self, Program};
use kovra::platform::{self, NoProgram};
use kovra::refs::Refs;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
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
    #[command(flatten)]
    clouds: Clouds,
    /// The command and its arguments, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Replaces this process with the command, so that its stdin, terminal, signals and exit code are
/// its own and nothing stays behind that knows its secrets.
pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let refs = read_refs(&args.refs, args.env.as_deref())?;
    let (name, arguments) =
        args.command.split_first().ok_or_else(|| Failure::usage("no command"))?;
    let path = find_program(name)?;
    let options = Options {
        refs: &refs,
        project: args.project.as_deref(),
        program: Program { path: &path, arguments },
        caller_env: &|name| std::env::var_os(name),
    };
    let Environment { variables, noted } =
        context.with_session(|session| environment(session, &options, &args.clouds))?;
    if !noted.is_empty() {
        ui::note(&format!("kovra: {} gets {}", path.display(), listed(&noted)));
    }
    let error = platform::become_program(&path, name, arguments, variables);
    Err(Failure::new(Exit::NotExecutable, format!("{}: {error}", path.display())))
}

/// Names, as many as fit in a line.
fn listed(names: &[Coordinate]) -> String {
    const SHOWN: usize = 4;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(Coordinate::to_string).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// In bytes: far more than an environment holds.
const REFS: usize = 1 << 20;

fn read_refs(path: &Path, env: Option<&str>) -> Result<Refs, Failure> {
    let text = read_text(path).map_err(|e| {
        let failure = Failure::usage(format!("{}: {e}", path.display()));
        if e.kind() == io::ErrorKind::NotFound {
            failure.hint("it says which variable comes from where, one NAME=secret:env/component/key a line; --refs names another file")
        } else {
            failure
        }
    })?;
    Refs::parse(&text, env)
        .map_err(|error| ops::Error::Refs { path: path.to_owned(), error }.into())
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = platform::open(path)?.take(REFS as u64 + 1).read_to_string(&mut text)?;
    if read > REFS {
        return Err(io::Error::other(format!("it is larger than {}", limits::size(REFS))));
    }
    Ok(text)
}

pub(super) fn find_program(name: &OsStr) -> Result<PathBuf, Failure> {
    platform::find_program(name, std::env::var_os("PATH").as_deref()).map_err(|error| {
        let code = match error {
            NoProgram::Missing(_) => Exit::NotFound,
            NoProgram::NotExecutable(_) | NoProgram::Nowhere(..) => Exit::NotExecutable,
        };
        Failure::new(code, error.to_string())
    })
}
