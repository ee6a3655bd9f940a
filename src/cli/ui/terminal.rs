//! The controlling terminal, and the person at it.

use super::question::words;
use crate::cli::error::Failure;
use kovra::ops::{Approver, Question};
use kovra::policy::Asker;
use kovra::secret::Secret;
use kovra::text::escape;
use kovra::vault::Proof;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, Termios};
use std::fs::File;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Longer than anything that is typed, in bytes; a terminal itself takes 4,095 a line.
const LINE_MAX: usize = 4096;

/// The controlling terminal, if this process is in its foreground: a job in the background would be
/// stopped at its first question, and must be denied at once instead.
fn foreground() -> Option<File> {
    let tty = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let foreground = termios::tcgetpgrp(&tty).is_ok_and(|g| g == rustix::process::getpgrp());
    foreground.then_some(tty)
}

/// Asks for a secret at the terminal, without showing it.
pub(in crate::cli) fn ask_secret(prompt: &str) -> Result<Secret, Failure> {
    let failure = |what| Failure::usage(what);
    let mut tty = foreground().ok_or_else(|| failure("there is no terminal to ask at"))?;
    read_hidden(&mut tty, &format!("{prompt}: "))
        .map_err(|_| failure("the terminal was closed before an answer"))
}

/// Asks for a secret a second time, and says whether it is the same: nobody saw the first.
pub(in crate::cli) fn typed_again(first: &Secret) -> Result<bool, Failure> {
    Ok(ask_secret("The same again")?.expose() == first.expose())
}

/// The terminal's settings without echo, until dropped. Echo goes before the prompt comes, so that
/// not even the first character of a pasted secret shows.
struct Hidden<'a> {
    tty: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn new(tty: &'a File) -> io::Result<Self> {
        let before = termios::tcgetattr(tty)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        termios::tcsetattr(tty, OptionalActions::Now, &hidden)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

fn read_hidden(tty: &mut File, prompt: &str) -> io::Result<Secret> {
    let settings = tty.try_clone()?;
    let _hidden = Hidden::new(&settings)?;
    tty.write_all(prompt.as_bytes())?;
    read_line(tty)
}

/// One line, less its end. A terminal hands over whole lines, so no more than this one is read.
fn read_line(tty: &mut File) -> io::Result<Secret> {
    let mut line = Zeroizing::new(vec![0; LINE_MAX]);
    let length = tty.read(&mut line)?;
    if length == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut line = Secret::copy_of(&line[..length]);
    line.trim_newline();
    Ok(line)
}

/// The person at the controlling terminal.
pub(in crate::cli) struct Terminal {
    tty: Option<File>,
    agent: bool,
    /// What the person typed to unlock the vault.
    passphrase: Option<Secret>,
}

impl Terminal {
    /// Looks who is there. A `passphrase` that was typed here a moment ago is as good as typed again.
    pub(in crate::cli) fn open(passphrase: Option<Secret>) -> Self {
        let agent = std::env::var_os("KOVRA_AGENT").is_some_and(|v| !v.is_empty());
        Self { tty: foreground(), agent, passphrase }
    }

    /// A yes or no, typed in the open.
    fn ask(&mut self, question: &str) -> Option<Secret> {
        let tty = self.tty.as_mut()?;
        discard_input(tty);
        tty.write_all(format!("{question} [y/N] ").as_bytes()).ok()?;
        let answer = read_line(tty).ok()?;
        let yes = matches!(answer.expose().to_ascii_lowercase().trim_ascii(), b"y" | b"yes");
        yes.then(Secret::empty)
    }

    /// A yes that only the owner can give, typed in hiding.
    fn ask_for(&mut self, question: &str, what: &str) -> Option<Secret> {
        let tty = self.tty.as_mut()?;
        discard_input(tty);
        let typed = read_hidden(tty, &format!("{question}\n{what}, or nothing for no: ")).ok()?;
        (!typed.is_empty()).then_some(typed)
    }
}

/// What was typed before a question was asked is no answer to it.
fn discard_input(tty: &File) {
    let _ = termios::tcflush(tty, QueueSelector::IFlush);
}

impl Approver for Terminal {
    fn asker(&self) -> Asker {
        match (&self.tty, self.agent) {
            (_, true) => Asker::Agent,
            (Some(_), false) => Asker::Person,
            (None, false) => Asker::Unattended,
        }
    }

    fn approve(&mut self, question: &Question<'_>, proof: Proof) -> Option<Secret> {
        let unproven = match proof {
            Proof::Nothing => "; no PIN is set, so any yes counts",
            Proof::Passphrase | Proof::Pin => "",
        };
        let question = format!("kovra, asked by {}{unproven}:\n{}", caller(), words(question));
        match proof {
            Proof::Passphrase if self.passphrase.is_some() => {
                self.ask(&question)?;
                self.passphrase.as_ref().map(|typed| Secret::copy_of(typed.expose()))
            }
            Proof::Passphrase => self.ask_for(&question, "Passphrase of the vault"),
            Proof::Pin => self.ask_for(&question, "PIN of the vault"),
            Proof::Nothing => self.ask(&question),
        }
    }
}

/// The program that started this one, as the system names it.
fn caller() -> String {
    let Some(parent) = rustix::process::getppid() else { return "the system".into() };
    let pid = parent.as_raw_nonzero();
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("{} (pid {pid})", escape(name.trim_end()))
}
