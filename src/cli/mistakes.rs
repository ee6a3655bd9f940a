//! Words that people of other tools type, and what they are here.

use super::error::Failure;
use super::ui::{Said, said};
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands of other tools, and ours that do the same.
const MEANT: [(&str, &str); 18] = [
    ("cat", "show"),
    ("copy", "cp"),
    ("create", "add"),
    ("decrypt", "import"),
    ("del", "rm"),
    ("delete", "rm"),
    ("encrypt", "seal"),
    ("exec", "run -- COMMAND"),
    ("get", "show"),
    ("log", "audit"),
    ("ls", "list"),
    ("move", "mv"),
    ("new", "add"),
    ("put", "add"),
    ("read", "show"),
    ("remove", "rm"),
    ("rename", "mv"),
    ("update", "set"),
];

/// What somebody meant who typed something that is none of ours; `None` leaves it to clap.
pub(super) fn meant(error: &clap::Error) -> Option<Failure> {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = named(ContextKind::InvalidSubcommand)?;
            let (_, ours) = MEANT.iter().find(|(theirs, _)| *theirs == typed)?;
            let failure = Failure::usage(said!("there is no command {}", typed));
            Some(failure.hint(said!("`kovra {}` does that", ours)))
        }
        ErrorKind::UnknownArgument
            if std::env::args_os().nth(1).is_some_and(|first| first == "run") =>
        {
            let typed = named(ContextKind::InvalidArg)?;
            let failure = Failure::usage(said!("{} comes before --", Said::argument(typed)));
            let hint = "the command and its arguments come after --: `kovra run -- COMMAND`";
            (!typed.starts_with('-')).then(|| failure.hint(hint))
        }
        _ => None,
    }
}
