//! All printing and prompting. Data goes to stdout, everything else to stderr, questions to the
//! controlling terminal; nothing that could be a secret to any of them, but for `show`. What comes
//! from outside is escaped on its way.

mod progress;
mod question;
mod terminal;

pub(super) use progress::Progress;
pub(super) use terminal::{AGENT, Person, ask_secret, is_agent, typed_again};

use super::error::Failure;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use kovra::entry::Content;
use kovra::exit::Exit;
use kovra::ops::import::{Change, Effect};
use kovra::platform;
use kovra::secret::Secret;
use kovra::text::{escape, is_plain};
use kovra::vault::{Held, Stored};
use serde::Serialize;
use std::fmt;
use std::io::{self, IsTerminal, Write};

pub(super) fn data(text: &str) -> Result<(), Failure> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// A reader that has seen enough closes the pipe, and that is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, format!("writing to stdout: {e}")))
        }
        _ => Ok(()),
    }
}

/// Something to know that is not the data.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The one message of a command that failed.
pub(super) fn failure(failure: &Failure) {
    note(&format!("error: {}", lines_escaped(&failure.what)));
    if let Some(hint) = &failure.hint {
        note(&format!("  hint: {}", lines_escaped(hint)));
    }
}

/// Messages have line breaks of our own; whatever else is not plain is escaped.
fn lines_escaped(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// A value, to stdout: byte for byte to a pipe, on one escaped line to a terminal.
pub(super) fn value(value: &Secret) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    if !stdout.is_terminal() {
        return written(stdout.write_all(value.expose()).and_then(|()| stdout.flush()));
    }
    match std::str::from_utf8(value.expose()) {
        Ok(text) => written(writeln!(stdout, "{}", lines_escaped(text))),
        Err(_) => {
            Err(Failure::new(Exit::Failed, "the value is binary; send it to a file or a program"))
        }
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    #[expect(clippy::expect_used, reason = "structs with names for keys, written to memory")]
    let plain = serde_json::to_string_pretty(value).expect("our own types are JSON");
    let mut text = String::new();
    for c in plain.chars() {
        if c == '\n' || is_plain(c.encode_utf8(&mut [0; 4])) {
            text.push(c);
        } else {
            // JSON's own escape, in UTF-16 (RFC 8259 §7), so that programs read what was meant.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text += &format!("\\u{unit:04x}"));
        }
    }
    data(&text)
}

/// A table with a line for each row: as wide as it needs to be in a pipe, as the terminal in a terminal.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
    if let Some(width) = platform::stdout_width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in rows {
        table.add_row(row);
    }
    data(&table.to_string())
}

/// A table, or a note that says why there is `nothing` to show.
pub(super) fn list(header: &[&str], rows: Vec<Vec<String>>, nothing: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        note(nothing);
        return Ok(());
    }
    table(header, rows)
}

/// What stands for the content of an entry in a list: its fingerprint, or where it points.
pub(super) fn content(entry: &Stored) -> String {
    match &entry.held {
        Held::Literal(fingerprint) => fingerprint.to_string(),
        Held::Reference { pointer, .. } => points_to(pointer),
    }
}

pub(super) fn points_to(pointer: impl fmt::Display) -> String {
    format!("\u{2192} {pointer}")
}

/// The lines of an import, in columns.
pub(super) fn changes(changes: &[&Change]) -> String {
    let width = changes.iter().map(|c| c.entry.coordinate.as_str().len()).max().unwrap_or(0);
    changes.iter().map(|c| format!("  {}", change(c, width))).collect::<Vec<_>>().join("\n")
}

fn change(change: &Change, width: usize) -> String {
    let effect = match change.effect {
        Effect::Added => "added",
        Effect::Same => "same",
        Effect::Changed => "changed",
        Effect::Redirected => "redirected",
        Effect::Replaced => "replaced",
    };
    let Change { entry, before, .. } = change;
    let (at, sensitivity) = (entry.coordinate.as_str(), entry.sensitivity);
    let mut line = format!("{effect:<10}  {at:<width$}  {sensitivity:<11}  ");
    match &entry.content {
        Content::Literal(_) => line += "literal",
        Content::Reference(pointer) => line += &points_to(pointer),
    }
    match (change.effect, &before.found) {
        (Effect::Redirected, Some(before)) => line += &format!("  (was {})", content(before)),
        (Effect::Replaced, Some(before)) => line += &format!("  (was a {})", before.held.mode()),
        _ => {}
    }
    line
}

/// `1 entry`, `2 entries`.
pub(super) fn count(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}
