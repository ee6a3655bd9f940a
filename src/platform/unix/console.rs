//! The controlling terminal.

use super::signals::Watch;
use crate::secret::Secret;
use rustix::fs::OFlags;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, Termios};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use zeroize::Zeroizing;

pub(in super::super) fn stdout_width() -> Option<u16> {
    termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col).filter(|width| *width > 0)
}

/// Longer than anything that is typed, in bytes; a terminal itself takes 4,095 a line.
const LINE_MAX: usize = 4096;

/// The controlling terminal, to read and to write.
pub(in super::super) struct Console {
    screen: File,
    /// Opened on its own, so that reading it never waits: a signal may have thrown away what was there.
    keys: File,
}

impl Console {
    pub(in super::super) fn foreground() -> Option<Self> {
        let flags = i32::from_ne_bytes(OFlags::NONBLOCK.bits().to_ne_bytes());
        let screen = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let keys = File::options().read(true).custom_flags(flags).open("/dev/tty").ok()?;
        let console = Self { screen, keys };
        console.is_in(true).then_some(console)
    }

    /// Whether this process is known to be in the foreground of its terminal, or in the background.
    fn is_in(&self, foreground: bool) -> bool {
        let group = termios::tcgetpgrp(&self.screen);
        group.is_ok_and(|group| (group == rustix::process::getpgrp()) == foreground)
    }

    pub(in super::super) fn discard_input(&self) {
        let _ = termios::tcflush(&self.screen, QueueSelector::IFlush);
    }

    fn write(&self, text: &str) -> io::Result<()> {
        (&self.screen).write_all(text.as_bytes())
    }

    /// Asks until there is an answer. A signal finds the terminal as it was; whoever is stopped by it,
    /// and goes on, asks again, and forgets what was typed before.
    pub(in super::super) fn ask(&self, question: &str, hidden: bool) -> io::Result<Secret> {
        let watch = Watch::start()?;
        loop {
            let modes = hidden.then(|| self.hide_input()).transpose()?;
            self.write(question)?;
            let answer = self.answer(&watch);
            drop(modes);
            match answer? {
                Answer::Line(line) => return Ok(line),
                Answer::Signal(signal) => {
                    let _ = self.write("\n");
                    watch.act(signal, || self.is_in(false));
                    self.discard_input();
                }
            }
        }
    }

    fn answer(&self, watch: &Watch) -> io::Result<Answer> {
        loop {
            if let Some(signal) = watch.wait(&self.keys)? {
                return Ok(Answer::Signal(signal));
            }
            match self.read_line() {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                line => return line.map(Answer::Line),
            }
        }
    }

    /// A terminal hands over whole lines, so no more than this one is read.
    fn read_line(&self) -> io::Result<Secret> {
        let mut line = Zeroizing::new(vec![0; LINE_MAX]);
        let length = (&self.keys).read(&mut line)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut line = Secret::copy_of(&line[..length]);
        line.trim_newline();
        Ok(line)
    }

    /// Turns echo off, until what it gives is dropped. The end of the line still shows.
    fn hide_input(&self) -> io::Result<Hidden<'_>> {
        let before = termios::tcgetattr(&self.screen)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        termios::tcsetattr(&self.screen, OptionalActions::Now, &hidden)?;
        Ok(Hidden { tty: &self.screen, before })
    }
}

enum Answer {
    Line(Secret),
    Signal(i32),
}

/// Puts the terminal's settings back when it is dropped.
struct Hidden<'a> {
    tty: &'a File,
    before: Termios,
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}
