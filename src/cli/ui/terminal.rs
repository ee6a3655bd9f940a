//! The person at the controlling terminal.

use super::question::words;
use super::{Said, said};
use crate::cli::error::Failure;
use kovra::ops::{Approver, Question};
use kovra::platform::{self, Terminal};
use kovra::policy::Asker;
use kovra::secret::Secret;
use kovra::vault::Proof;
use std::sync::OnceLock;

#[expect(clippy::disallowed_methods, reason = "what this module asks is said")]
fn foreground() -> Option<Terminal> {
    Terminal::foreground()
}

/// Asks for a secret at the terminal, without showing it. Nobody is asked on behalf of an agent, who may hold
/// the terminal.
pub(in crate::cli) fn ask_secret(prompt: impl Into<Said>) -> Result<Secret, Failure> {
    let terminal = asked()?;
    let answer = terminal.ask_hidden(said!("{}: ", prompt.into()).as_str());
    answer.map_err(|_| Failure::usage("the terminal was closed before an answer"))
}

/// Where somebody can be asked.
fn asked() -> Result<Terminal, Failure> {
    if is_agent() {
        return Err(Failure::usage("nobody is asked on behalf of an agent"));
    }
    foreground().ok_or_else(|| Failure::usage("there is no terminal to ask at"))
}

/// An offer, which whoever just presses return takes up. Nobody there takes up none.
pub(in crate::cli) fn is_taken_up(offer: impl Into<Said>) -> bool {
    let Ok(terminal) = asked() else { return false };
    let answer = terminal.ask(said!("{} [Y/n] ", offer.into()).as_str());
    answer.is_ok_and(|answer| {
        matches!(answer.expose().to_ascii_lowercase().trim_ascii(), b"" | b"y" | b"yes")
    })
}

/// Which of the two words somebody types in answer to a question, in the open. `None` for neither.
pub(in crate::cli) fn ask_word(
    question: impl Into<Said>,
    words: [&'static str; 2],
) -> Option<usize> {
    let terminal = asked().ok()?;
    terminal.discard_input();
    let [one, other] = words;
    let question =
        said!("{}\nType \"{}\" or \"{}\", or nothing to end: ", question.into(), one, other);
    let typed = terminal.ask(question.as_str()).ok()?;
    words.iter().position(|word| typed.expose().trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// Asks for a secret a second time, and says whether it is the same: nobody saw the first.
pub(in crate::cli) fn typed_again(first: &Secret) -> Result<bool, Failure> {
    Ok(ask_secret("The same again")?.expose() == first.expose())
}

/// Whether an agent asks. It says so itself; or an ancestor did, and a step between took the variable away.
pub(in crate::cli) fn is_agent() -> bool {
    static LOOKED: OnceLock<bool> = OnceLock::new();
    *LOOKED.get_or_init(|| {
        let says_so = std::env::var_os(AGENT).is_some_and(|value| !value.is_empty());
        says_so || platform::an_ancestor_has(AGENT)
    })
}

pub(in crate::cli) const AGENT: &str = "KOVRA_AGENT";

pub(in crate::cli) struct Person {
    terminal: Option<Terminal>,
    agent: bool,
    /// What the person typed to unlock the vault.
    passphrase: Option<Secret>,
}

impl Person {
    /// Looks who is there. A `passphrase` that was typed here a moment ago is as good as typed again.
    pub(in crate::cli) fn look(passphrase: Option<Secret>) -> Self {
        Self { terminal: foreground(), agent: is_agent(), passphrase }
    }

    /// A yes or no, typed in the open.
    fn ask(&self, question: &Said) -> Option<Secret> {
        let terminal = self.terminal.as_ref()?;
        terminal.discard_input();
        let answer = terminal.ask(said!("{} [y/N] ", question).as_str()).ok()?;
        let yes = matches!(answer.expose().to_ascii_lowercase().trim_ascii(), b"y" | b"yes");
        yes.then(Secret::empty)
    }

    /// A yes that only the owner can give, typed in hiding.
    fn ask_for(&self, question: &Said, what: &'static str) -> Option<Secret> {
        let terminal = self.terminal.as_ref()?;
        terminal.discard_input();
        let question = said!("{}\n{}, or nothing for no: ", question, what);
        let typed = terminal.ask_hidden(question.as_str()).ok()?;
        (!typed.is_empty()).then_some(typed)
    }
}

impl Approver for Person {
    fn asker(&self) -> Asker {
        match (&self.terminal, self.agent) {
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
        let question = said!("kovra, asked by {}{}:\n{}", caller(), unproven, words(question));
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
fn caller() -> Said {
    let Some(caller) = platform::caller() else { return "the system".into() };
    let program = caller.program.unwrap_or_default();
    said!("{} (pid {})", Said::argument(program), caller.process)
}
