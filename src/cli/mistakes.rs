//! What was typed and is none of ours, and what was meant by it.

use super::Cli;
use super::error::Failure;
use super::ui::{Said, said};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Parser};

/// Words of other tools, and the commands of ours that do the same, where there is one.
const MEANT: [(&str, &[&str]); 28] = [
    ("cat", &["show"]),
    ("copy", &["cp"]),
    ("create", &["add"]),
    ("decrypt", &["import"]),
    ("del", &["rm"]),
    ("delete", &["rm"]),
    ("encrypt", &["seal"]),
    ("exec", &["run -- COMMAND"]),
    ("export", &["seal"]),
    ("find", &["list"]),
    ("get", &["show"]),
    ("log", &["audit"]),
    ("ls", &["list"]),
    ("move", &["mv", "rename"]),
    ("mv", &["rename"]),
    ("new", &["add"]),
    ("open", &["import"]),
    ("peers", &["peer list"]),
    ("put", &["add"]),
    ("read", &["show"]),
    ("remove", &["rm"]),
    ("rename", &["mv"]),
    ("share", &["seal"]),
    ("trust", &["confirm", "refs trust"]),
    ("unseal", &["import"]),
    ("unset", &["rm"]),
    ("untrust", &["distrust", "refs distrust"]),
    ("update", &["set"]),
];

/// What the arguments are. What is wrong with them is told without what the environment sets: nobody has to
/// give that.
pub(super) fn parse() -> Result<Cli, clap::Error> {
    Cli::try_parse().map_err(|error| match error.use_stderr() {
        true => without_environment(Cli::command()).try_get_matches().err().unwrap_or(error),
        false => error,
    })
}

fn without_environment(command: Command) -> Command {
    let command = command.mut_args(|arg| arg.env(None));
    command.mut_subcommands(without_environment)
}

/// The command that an error is about: `run`, or `peer add`; nothing for what is none.
pub(super) fn command_of(error: &clap::Error) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => return named_first(),
    };
    let ours = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase());
    let words = usage.split_whitespace().skip_while(|word| *word != "kovra").skip(1);
    words.take_while(ours).collect::<Vec<_>>().join(" ")
}

fn named_first() -> String {
    let known = |word: &String| Cli::command().find_subcommand(word).is_some();
    let mut words = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
    words.find(known).unwrap_or_default()
}

/// What somebody meant who typed something that is none of ours; `None` leaves it to clap.
pub(super) fn meant(error: &clap::Error) -> Option<Failure> {
    let command = command_of(error);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            unknown_command(&command, named(error, ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::UnknownArgument => {
            let typed = named(error, ContextKind::InvalidArg)?;
            if typed.starts_with('-') { None } else { too_much(&command, typed) }
        }
        ErrorKind::ValueValidation if names_value(error) => {
            too_much(&command, "").filter(|_| takes_value(&command))
        }
        _ => None,
    }
}

fn named(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

fn unknown_command(within: &str, typed: &str) -> Option<Failure> {
    let (_, candidates) = MEANT.iter().find(|(theirs, _)| *theirs == typed)?;
    let root = Cli::command();
    let place = if within.is_empty() { Some(&root) } else { root.find_subcommand(within) };
    let is_there = |ours: &&&str| {
        let first = ours.split(' ').next();
        first.is_some_and(|first| place.is_some_and(|p| p.find_subcommand(first).is_some()))
    };
    let ours = candidates.iter().find(is_there)?;
    let space = if within.is_empty() { "" } else { " " };
    let failure = Failure::usage(said!("there is no command {}{}{}", within, space, typed));
    Some(failure.hint(said!("`kovra {}{}{}` does that", within, space, ours)))
}

/// A word where none is expected.
fn too_much(command: &str, typed: &str) -> Option<Failure> {
    let unexpected = || Failure::usage(said!("{} is not expected here", Said::argument(typed)));
    Some(match command {
        "run" => Failure::usage(said!("{} comes before --", Said::argument(typed)))
            .hint("the command and its arguments come after --: `kovra run -- COMMAND`"),
        // It is not shown again: it may be a secret.
        command if takes_value(command) => Failure::usage(
            "a value is never an argument, where others and the shell's history see it",
        )
        .hint("kovra asks for it, and --stdin reads it from a pipe"),
        "shared" => {
            unexpected().hint(said!("`kovra shared --peer {}` names a peer", Said::argument(typed)))
        }
        "list" if !typed.contains('/') => {
            unexpected().hint(said!("`kovra list --env {}` names an env", Said::argument(typed)))
        }
        "audit" if typed.contains('/') => unexpected()
            .hint(said!("`kovra audit --coordinate {}` names an entry", Said::argument(typed))),
        _ => return None,
    })
}

/// Whether a name has its value after it: `dev/db/url=...`.
fn names_value(error: &clap::Error) -> bool {
    let is_name = named(error, ContextKind::InvalidArg) == Some("<COORD>");
    is_name && named(error, ContextKind::InvalidValue).is_some_and(|value| value.contains('='))
}

fn takes_value(command: &str) -> bool {
    matches!(command, "add" | "set")
}
