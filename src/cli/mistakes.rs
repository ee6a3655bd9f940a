//! Words that people of other tools type, and what they are here.

use super::error::Failure;
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
            let failure = Failure::usage(format!("there is no command {typed}"));
            Some(failure.hint(format!("`kovra {ours}` does that")))
        }
        ErrorKind::UnknownArgument if std::env::args().nth(1).as_deref() == Some("run") => {
            let typed = named(ContextKind::InvalidArg)?;
            let failure = Failure::usage(format!("{typed} comes before --"));
            let hint = "the command and its arguments come after --: `kovra run -- COMMAND`";
            (!typed.starts_with('-')).then(|| failure.hint(hint))
        }
        _ => None,
    }
}
