//! `kovra allow add|list|rm`

use super::error::Failure;
use super::run::find_program;
use super::ui::{Say, said};
use super::{Context, json, ui};
use kovra::env_name;
use kovra::exit::Exit;
use kovra::ops::allow;
use kovra::text::hex;
use kovra::vault::AllowedProgram;
use std::ffi::OsString;
use std::path::Path;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Put a program on the allowlist, as it is now; you confirm it
    Add {
        /// Its path, or a name to look for on PATH
        program: OsString,
    },
    /// Show the allowlist
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a program off the allowlist
    Rm {
        /// Its path, or a name to look for on PATH
        program: OsString,
    },
}

/// Programs that run whatever they are told: to allow one is to allow everything.
const INTERPRETERS: [&str; 12] = [
    "sh", "bash", "dash", "zsh", "env", "python", "python3", "perl", "ruby", "node", "php", "sudo",
];

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Add { program } => add(&program, context),
        Command::List { json } => list(json, context),
        Command::Rm { program } => {
            let path = find_program(&program).unwrap_or_else(|_| program.into());
            context.with_session(|session| allow::remove(session, &path))?;
            ui::data(said!("{} is no longer allowed.", path))
        }
    }
}

fn add(program: &OsString, context: &Context) -> Result<(), Failure> {
    let path = find_program(program).map_err(|e| e.with_exit(Exit::Failed))?;
    if path.file_name().is_some_and(|name| INTERPRETERS.iter().any(|i| name == *i)) {
        ui::note("Note: this program runs whatever it is told, so allowing it allows everything.");
    }
    let loaders = env_name::loaders(std::env::vars_os());
    let allowed = context.with_session(|session| allow::add(session, &path, &loaders))?;
    ui::data(said!("Allowed {}, as long as it is as it is now.", allowed.path))
}

fn list(as_json: bool, context: &Context) -> Result<(), Failure> {
    let programs = context.vault()?.view().allowed_programs()?;
    if as_json {
        return ui::json(&programs.iter().map(json::Program::from).collect::<Vec<_>>());
    }
    let row = |p: &AllowedProgram| {
        let now = match allow::digest(Path::new(&p.path)) {
            Ok(digest) if digest == p.digest => "unchanged",
            Ok(_) => "changed since: not allowed",
            Err(_) => "gone",
        };
        vec![p.path.say(), hex(&p.digest[..8]).say(), p.added.say(), now.into()]
    };
    let header = ["PROGRAM", "SHA-256", "ALLOWED", "NOW"];
    let nothing = "No program is allowed. `kovra allow add PROGRAM` puts one there.";
    ui::list(&header, programs.iter().map(row), nothing)
}
