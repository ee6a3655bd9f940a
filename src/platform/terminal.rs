//! The terminal, and what is typed there.

use super::system;
use crate::secret::Secret;
use std::io;

/// The controlling terminal.
pub struct Terminal(system::Console);

impl Terminal {
    /// The controlling terminal, if this process is in its foreground: a job in the background would
    /// be stopped at its first question, and must be denied at once instead.
    pub fn foreground() -> Option<Self> {
        system::Console::foreground().map(Self)
    }

    /// Forgets what was typed so far: it is no answer to a question that was not asked yet.
    pub fn discard_input(&self) {
        self.0.discard_input();
    }

    /// Writes `question`, and reads one line, less its end. A signal that ends or stops this process
    /// does so with the terminal as it was; one that goes on asks again.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if the input was closed.
    pub fn ask(&self, question: &str) -> io::Result<Secret> {
        self.0.ask(question, false)
    }

    /// [`Terminal::ask`], without showing what is typed. Echo goes before the question comes, so
    /// that not even the first character of a pasted secret shows.
    pub fn ask_hidden(&self, question: &str) -> io::Result<Secret> {
        self.0.ask(question, true)
    }
}

/// How many columns stdout has, if it is a terminal.
pub fn stdout_width() -> Option<u16> {
    system::stdout_width()
}
