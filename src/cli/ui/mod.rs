//! All printing and prompting. Data goes to stdout, everything else to stderr, questions to the
//! controlling terminal; nothing that could be a secret to any of them, but for `show`. What is printed is
//! [`Said`].

mod progress;
mod question;
mod said;
mod terminal;

pub(super) use progress::Progress;
pub(super) use said::{Said, Say, places, said};
pub(super) use terminal::{
    AGENT, Person, ask_secret, ask_word, is_agent, is_taken_up, typed_again,
};

use super::error::Failure;
use kovra::entry::Content;
use kovra::exit::Exit;
use kovra::ops::import::{Change, Effect};
use kovra::platform;
use kovra::secret::Secret;
use kovra::vault::{Held, Stored};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

pub(super) fn data(said: impl Into<Said>) -> Result<(), Failure> {
    written(writeln!(io::stdout().lock(), "{}", said.into().as_str()))
}

/// A reader that has seen enough closes the pipe, and that is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, said!("writing to stdout: {}", e)))
        }
        _ => Ok(()),
    }
}

/// Something to know that is not the data.
pub(super) fn note(said: impl Into<Said>) {
    let _ = writeln!(io::stderr().lock(), "{}", said.into().as_str());
}

/// The one message of a command that failed.
pub(super) fn failure(failure: &Failure) {
    note(said!("error: {}", failure.what));
    if let Some(hint) = &failure.hint {
        note(said!("  hint: {}", hint));
    }
}

/// A value, to stdout: byte for byte to a pipe, escaped to a terminal.
pub(super) fn value(value: &Secret) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    if !stdout.is_terminal() {
        return written(stdout.write_all(value.expose()).and_then(|()| stdout.flush()));
    }
    match Said::value(value) {
        Some(said) => written(writeln!(stdout, "{}", said.as_str())),
        None => {
            Err(Failure::new(Exit::Failed, "the value is binary; send it to a file or a program"))
        }
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    data(Said::json(value))
}

/// A table with a line for each row: as wide as it needs to be in a pipe, as the terminal in a terminal.
pub(super) fn table(
    header: &[&'static str],
    rows: impl Iterator<Item = Vec<Said>>,
) -> Result<(), Failure> {
    data(Said::table(header, rows, platform::stdout_width()))
}

/// A table, or a note that says why there is `nothing` to show.
pub(super) fn list(
    header: &[&'static str],
    rows: impl Iterator<Item = Vec<Said>>,
    nothing: &'static str,
) -> Result<(), Failure> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        note(nothing);
        return Ok(());
    }
    table(header, rows)
}

/// What stands for the content of an entry in a list: its version, or where it points.
pub(super) fn content(entry: &Stored) -> Said {
    match &entry.held {
        Held::Literal(version) => version.say(),
        Held::Reference { pointer, .. } => points_to(pointer),
    }
}

pub(super) fn points_to(pointer: impl Say) -> Said {
    said!("\u{2192} {}", pointer)
}

/// The lines of an import, in columns.
pub(super) fn changes(changes: &[&Change]) -> Said {
    let width = changes.iter().map(|c| c.entry.coordinate.as_str().len()).max().unwrap_or(0);
    Said::lines(changes.iter().map(|c| change(c, width)))
}

fn change(change: &Change, width: usize) -> Said {
    let effect = match change.effect {
        Effect::Added => "added",
        Effect::Same => "same",
        Effect::Changed => "changed",
        Effect::Redirected => "redirected",
        Effect::Replaced => "replaced",
    };
    let Change { entry, before, .. } = change;
    let holds = match &entry.content {
        Content::Literal(_) => "literal".into(),
        Content::Reference(pointer) => points_to(pointer),
    };
    let was = match (change.effect, &before.found) {
        (Effect::Redirected, Some(before)) => said!("  (was {})", content(before)),
        (Effect::Replaced, Some(before)) => said!("  (was a {})", before.held.mode()),
        _ => Said::default(),
    };
    let (effect, at) = (effect.say().padded(10), entry.coordinate.say().padded(width));
    said!("  {}  {}  {}  {}{}", effect, at, entry.sensitivity.say().padded(11), holds, was)
}

/// `1 entry`, `2 entries`.
pub(super) fn count(n: usize, one: &'static str, more: &'static str) -> Said {
    said!("{} {}", n, if n == 1 { one } else { more })
}
