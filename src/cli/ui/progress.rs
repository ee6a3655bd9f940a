//! A line that says how far it is.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long something may take before a person wants to know how far it is.
const PATIENCE: Duration = Duration::from_millis(500);

/// A line that a person at the terminal sees while pointers are resolved, and not afterwards.
pub(in super::super) struct Progress {
    start: Instant,
    shown: Cell<bool>,
}

impl Progress {
    pub(in super::super) fn new() -> Self {
        Self { start: Instant::now(), shown: Cell::new(false) }
    }

    /// Shows that `done` secrets of `total` are settled.
    pub(in super::super) fn show(&self, done: usize, total: usize) {
        const WIDTH: usize = 24;
        let mut stderr = io::stderr().lock();
        if self.start.elapsed() >= PATIENCE && stderr.is_terminal() {
            let bar = "#".repeat(WIDTH * done / total.max(1));
            let _ = write!(stderr, "\r\x1b[KResolving [{bar:.<WIDTH$}] {done} of {total}");
            self.shown.set(true);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.get() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
