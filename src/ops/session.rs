//! One person or job at one vault: policy, the owner's yes, and the record of both.

use super::{Approver, Error, Program, Question};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::policy::{self, Asker, Decision, Operation, Reason, Request, Subject};
use crate::vault::{self, Basis, Batch, Looked, Proof, Stored, Vault, View};
use std::path::Path;

pub struct Session<'a> {
    pub vault: &'a mut Vault,
    pub approver: &'a mut dyn Approver,
    /// Read again where time passes: a question may be open for hours.
    pub clock: &'a dyn Fn() -> Moment,
}

/// A use of entries, as policy and the trail see it.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    pub(super) operation: Operation,
    pub(super) action: Action,
    pub(super) program: Option<Program<'a>>,
}

impl Session<'_> {
    pub fn view(&self) -> View<'_> {
        self.vault.view()
    }

    pub(super) fn now(&self) -> Moment {
        (self.clock)()
    }

    pub(super) fn asker(&self) -> Asker {
        self.approver.asker()
    }

    pub(super) fn event(&self, action: Action, outcome: Outcome) -> Event {
        Event::new(action, outcome, self.asker(), self.now())
    }

    /// Puts a question to the owner, who answers with a proof. [`Error::Rule`] if nobody is there to be
    /// asked; [`Error::Vault`] while the vault waits after too many wrong tries.
    pub(super) fn confirm(&mut self, question: &Question<'_>) -> Result<(), Error> {
        if self.asker() != Asker::Person {
            return Err(Error::Rule(Reason::NeedsPerson.to_string()));
        }
        self.vault.check_writable()?;
        let proof = self.view().proof()?;
        let typed = self.approver.approve(question, proof).ok_or(Error::Declined)?;
        match (self.vault.prove(proof, &typed, (self.clock)())?, proof) {
            (true, _) => Ok(()),
            (false, Proof::Passphrase) => Err(Error::WrongProof("the vault's passphrase")),
            (false, _) => Err(Error::WrongProof("the vault's PIN")),
        }
    }

    /// [`Session::confirm`], with a refusal on record as `event`, denied.
    pub(super) fn confirm_or_record(
        &mut self,
        question: &Question<'_>,
        event: &Event,
    ) -> Result<(), Error> {
        let answer = self.confirm(question);
        if answer.is_err() {
            self.record_denied(event)?;
        }
        answer
    }

    pub(super) fn record_denied(&mut self, event: &Event) -> Result<(), Error> {
        Ok(self.vault.record(&[Event { outcome: Outcome::Denied, ..event.clone() }])?)
    }

    /// Changes the vault, with the change on record as `event`: both, or neither.
    pub(super) fn write<T>(
        &mut self,
        event: Event,
        change: impl FnOnce(&mut Batch<'_>, Moment) -> Result<T, vault::Error>,
    ) -> Result<T, Error> {
        let now = self.now();
        Ok(self.vault.write(|batch| {
            batch.audit(&[event])?;
            change(batch, now)
        })?)
    }

    /// Asks policy about all `subjects`, and the owner once about those that need it. Gives how each
    /// came to be allowed. [`Error::Denied`] has every entry that policy denies, and then nobody is
    /// asked. What is refused is on record before this returns.
    pub(super) fn authorize(
        &mut self,
        subjects: &[Subject<'_>],
        purpose: Use<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        self.vault.check_writable()?;
        let (operation, asker) = (purpose.operation, self.asker());
        let allowance = self.allowance(purpose.program)?;
        let allowed_program = allowance.unchanged;
        let mut outcomes = Vec::with_capacity(subjects.len());
        let (mut denied, mut to_confirm) = (Vec::new(), Vec::new());
        for subject in subjects.iter().copied() {
            let at = subject.coordinate.clone();
            let request = Request { operation, subject, allowed_program, asker };
            outcomes.push(match policy::decide(request) {
                Decision::Allow => Outcome::Allowed,
                Decision::Confirm(reason) => {
                    to_confirm.push((at, subject.sensitivity, reason));
                    Outcome::Confirmed
                }
                Decision::Deny(reason) => {
                    denied.push((at, reason));
                    Outcome::Denied
                }
            });
        }
        let refusal = if !denied.is_empty() {
            Some(Error::Denied(denied))
        } else {
            self.ask_about(&to_confirm, purpose, &allowance).err()
        };
        let Some(refusal) = refusal else { return Ok(outcomes) };
        let refused: Vec<Event> = subjects
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| **outcome != Outcome::Allowed)
            .map(|(subject, _)| self.use_event(purpose, Outcome::Denied, subject.coordinate))
            .collect();
        self.vault.record(&refused)?;
        Err(refusal)
    }

    /// Puts uses on record. What a person agreed to has to be what is used: a question is open for as long
    /// as it takes.
    pub(super) fn record_uses(
        &mut self,
        entries: &[&Stored],
        outcomes: &[Outcome],
        purpose: Use<'_>,
    ) -> Result<(), Error> {
        let event = |(entry, outcome): (&&Stored, &Outcome)| {
            self.use_event(purpose, *outcome, &entry.coordinate)
        };
        let events: Vec<Event> = entries.iter().zip(outcomes).map(event).collect();
        let asked = outcomes.contains(&Outcome::Confirmed);
        let done = self.vault.record_if(&events, |batch| {
            let mut agreed = entries.iter().filter(|_| asked);
            agreed.try_for_each(|entry| batch.expect(entry.basis(), &entry.coordinate))
        });
        if done.is_err() {
            let failed = |event| Event { outcome: Outcome::Failed, ..event };
            self.vault.record(&events.into_iter().map(failed).collect::<Vec<_>>())?;
        }
        Ok(done?)
    }

    fn ask_about(
        &mut self,
        entries: &[(Coordinate, Sensitivity, Reason)],
        purpose: Use<'_>,
        allowance: &Allowance,
    ) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let Use { operation, program, .. } = purpose;
        self.confirm(&Question::Use { operation, entries, program })?;
        // The question was open for as long as it took.
        if self.allowance(program)? != *allowance {
            return Err(vault::Error::Moved("the program, or the allowlist".into()).into());
        }
        Ok(())
    }

    /// What the allowlist says of a program, and whether the program is still what it was then.
    fn allowance(&self, program: Option<Program<'_>>) -> Result<Allowance, Error> {
        let Some(program) = program else { return Ok(Allowance::default()) };
        let Looked { found, basis } =
            self.view().allowed_program(&program.path.to_string_lossy())?;
        let unchanged = match found {
            Some(allowed) => super::allow::digest(program.path)? == allowed.digest,
            None => false,
        };
        Ok(Allowance { unchanged, basis: Some(basis) })
    }

    /// What goes on record about a use of one entry.
    pub(super) fn use_event(&self, purpose: Use<'_>, outcome: Outcome, at: &Coordinate) -> Event {
        let event = self.event(purpose.action, outcome).about(at);
        match purpose.program {
            Some(program) => event.for_program(program.path.display()),
            None => event,
        }
    }
}

/// How the allowlist stands to a program.
#[derive(Default, PartialEq, Eq)]
struct Allowance {
    /// Whether it is on the list, and the file is what it was then.
    unchanged: bool,
    basis: Option<Basis>,
}

impl<'a> Program<'a> {
    /// A program without arguments.
    pub fn at(path: &'a Path) -> Self {
        Self { path, arguments: &[] }
    }
}
