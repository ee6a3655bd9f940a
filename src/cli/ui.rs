//! All printing and prompting. Data goes to stdout, everything else to stderr, questions to the
//! controlling terminal; nothing that could be a secret to any of them, but for `show`. What comes
//! from outside is escaped on its way.

use super::error::Failure;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL};
use kovra::entry::Content;
use kovra::ops::import::{Change, Effect};
use kovra::ops::{Approver, Program, Question};
use kovra::policy::{Asker, Operation};
use kovra::secret::Secret;
use kovra::text::escape;
use kovra::vault::{Held, Stored};
use rustix::termios;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

/// One line, or several, of data.
pub(super) fn data(text: &str) -> Result<(), Failure> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// A reader that has seen enough closes the pipe, and that is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(1, format!("writing to stdout: {e}")))
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
        Err(_) => Err(Failure::new(1, "the value is binary; send it to a file or a program")),
    }
}

/// JSON, as data.
pub(super) fn json(value: &serde_json::Value) -> Result<(), Failure> {
    data(&format!("{value:#}"))
}

/// A table in full borders: as wide as it needs to be in a pipe, as the terminal in a terminal.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL).set_header(header.to_vec());
    let stdout = io::stdout();
    if stdout.is_terminal()
        && let Ok(size) = termios::tcgetwinsize(&stdout)
        && size.ws_col > 0
    {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(size.ws_col);
    }
    for row in rows {
        table.add_row(row);
    }
    data(&table.to_string())
}

/// What stands for the content of an entry in a list: its fingerprint, or where it points.
pub(super) fn content(entry: &Stored) -> String {
    match &entry.held {
        Held::Literal(fingerprint) => fingerprint.to_string(),
        Held::Reference { pointer, .. } => format!("\u{2192} {pointer}"),
    }
}

/// Asks for a secret at the terminal, without showing it.
pub(super) fn ask_secret(prompt: &str) -> Result<Secret, Failure> {
    let failure = |what| Failure::new(2, what);
    foreground_terminal().ok_or_else(|| failure("there is no terminal to ask at"))?;
    rpassword::prompt_password(format!("{prompt}: "))
        .map(|text| Secret::new(text.into_bytes()))
        .map_err(|_| failure("the terminal was closed before an answer"))
}

/// The controlling terminal, if this process is in its foreground: a job in the background would be
/// stopped at its first question, and must be denied at once instead.
fn foreground_terminal() -> Option<File> {
    let tty = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let foreground = termios::tcgetpgrp(&tty).is_ok_and(|g| g == rustix::process::getpgrp());
    foreground.then_some(tty)
}

/// The person at the controlling terminal.
pub(super) struct Terminal {
    tty: Option<File>,
    agent: bool,
}

impl Terminal {
    /// Looks who is there.
    pub(super) fn open() -> Self {
        let agent = std::env::var_os("KOVRA_AGENT").is_some_and(|v| !v.is_empty());
        Self { tty: foreground_terminal(), agent }
    }

    fn ask(&mut self, question: &str) -> bool {
        let Some(tty) = &mut self.tty else { return false };
        // What was typed before the question was asked is no answer to it.
        let _ = termios::tcflush(&*tty, termios::QueueSelector::IFlush);
        if tty.write_all(format!("{question} [y/N] ").as_bytes()).is_err() {
            return false;
        }
        let mut answer = Vec::new();
        let mut byte = [0];
        while answer.len() < 16 && matches!(tty.read(&mut byte), Ok(1)) && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        matches!(answer.to_ascii_lowercase().trim_ascii(), b"y" | b"yes")
    }
}

impl Approver for Terminal {
    fn asker(&self) -> Asker {
        match (&self.tty, self.agent) {
            (_, true) => Asker::Agent,
            (Some(_), false) => Asker::Person,
            (None, false) => Asker::Unattended,
        }
    }

    fn approve(&mut self, question: &Question<'_>) -> bool {
        self.ask(&words(question))
    }
}

/// A question, built from facts alone.
fn words(question: &Question<'_>) -> String {
    match question {
        Question::Use { operation, entries, program } => {
            let what = match (operation, program) {
                (Operation::Reveal, _) => "kovra: show the value of".to_owned(),
                (_, Some(program)) => format!("kovra: {}\nwould receive", command_line(program)),
                (_, None) => "kovra: use".to_owned(),
            };
            let lines: Vec<String> = entries
                .iter()
                .map(|(at, sensitivity, why)| format!("  {at} ({sensitivity}): {why}"))
                .collect();
            format!("{what}\n{}\nGo on?", lines.join("\n"))
        }
        Question::Pin { name, fingerprint } => format!(
            "kovra: this package is signed by the key\n  {fingerprint}\nIs that the fingerprint \
             that {name} told you?"
        ),
        Question::Rotation { name, fingerprint } => format!(
            "kovra: {name} ({fingerprint}) has a new X25519 key, signed by the key you pinned.\n\
             Later packages will be sealed to the new one. Did {name} tell you so?"
        ),
        Question::Overwrite(overwritten) => {
            format!("kovra: the import would overwrite\n{}\nGo on?", changes(overwritten))
        }
        Question::Replace(c) => {
            let whose = if c.other_sender { ", which another sender sealed" } else { "" };
            format!("kovra: the import would overwrite{whose}\n{}\nGo on?", changes(&[*c]))
        }
    }
}

/// A command with its absolute path, each argument escaped and marked off, none too long to read.
fn command_line(program: &Program<'_>) -> String {
    let mut words = vec![escape(&program.path.to_string_lossy())];
    for argument in program.arguments {
        let text = escape(&argument.to_string_lossy());
        let cut: String = text.chars().take(200).collect();
        let dots = if cut.len() < text.len() { "..." } else { "" };
        words.push(if text.contains(' ') || text.is_empty() {
            format!("'{cut}{dots}'")
        } else {
            cut + dots
        });
    }
    words.join(" ")
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
        Content::Reference(pointer) => line += &format!("\u{2192} {pointer}"),
    }
    match (change.effect, before) {
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
