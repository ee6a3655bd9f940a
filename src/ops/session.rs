//! One person or job at one vault: policy, the owner's yes, and the record of both.

use super::{About, Approver, Error, Question, Why};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::platform::Keeper;
use crate::policy::{
    self, Act, Asker, Caller, Decision, Operation, Reason, Standing, Subject, Trust,
};
use crate::vault::{self, Basis, Batch, Erased, Proof, Vault, View};
use std::time::Duration;

pub struct Session<'a> {
    vault: &'a mut Vault,
    approver: &'a mut dyn Approver,
    /// Read again where time passes: a question may be open for hours.
    clock: &'a dyn Fn() -> Moment,
}

/// Something that somebody wants to do, for [`Session::ask`].
pub(super) struct Wish<'a> {
    /// Of several, the one that matters most comes first.
    acts: Vec<Act<'a>>,
    /// What it is about, for a refusal.
    what: String,
    /// Where a pointer leads that is about to be followed.
    leads_to: Option<String>,
    /// The variable that it would be the value of.
    variable: Option<String>,
    event: Event,
    on: Vec<Ground>,
    /// Whether what it writes is protected from then on.
    protects: bool,
}

/// What a decision was made on.
struct Ground {
    basis: Basis,
    name: String,
}

impl<'a> Wish<'a> {
    /// Of an entry. `event` is about it already.
    pub(super) fn new(acts: Vec<Act<'a>>, at: &Coordinate, event: Event) -> Self {
        Self::about(acts, at.to_string(), event)
    }

    fn about(acts: Vec<Act<'a>>, what: String, event: Event) -> Self {
        Self { acts, what, leads_to: None, variable: None, event, on: Vec::new(), protects: false }
    }

    pub(super) fn of_entry(operation: Operation, subject: Subject<'a>, event: Event) -> Self {
        let event = event.about(subject.coordinate);
        let act = Act::Entry { operation, subject, program: Standing::Unlisted };
        Self::new(vec![act], subject.coordinate, event)
    }

    /// Of trust: in `what`, which is shown as it is.
    pub(super) fn of_trust(trust: Trust, what: impl Into<String>, event: Event) -> Self {
        Self::about(vec![Act::Trust(trust)], what.into(), event)
    }

    /// Of what takes the guard key and is no act of policy.
    pub(super) fn of_guard(what: impl Into<String>, event: Event) -> Self {
        Self::about(Vec::new(), what.into(), event).protecting(true)
    }

    /// Of a peer, whom nobody is asked about without a matter of trust.
    pub(super) fn of_peer(trust: Option<Trust>, name: &str, event: Event) -> Self {
        Self::about(trust.map(Act::Trust).into_iter().collect(), name.to_owned(), event)
    }

    /// Is given up if what was looked at is another by then.
    pub(super) fn on(mut self, basis: &Basis, name: impl ToString) -> Self {
        self.on.push(Ground { basis: basis.clone(), name: name.to_string() });
        self
    }

    pub(super) fn leading_to(mut self, pointer: Option<impl ToString>) -> Self {
        self.leads_to = pointer.map(|pointer| pointer.to_string());
        self
    }

    pub(super) fn under(mut self, variable: &str) -> Self {
        self.variable = Some(variable.to_owned());
        self
    }

    /// Writes what is protected from then on.
    pub(super) fn protecting(mut self, protects: bool) -> Self {
        self.protects = protects;
        self
    }

    /// Is about this, too.
    pub(super) fn also(mut self, operation: Operation, subject: Subject<'a>) -> Self {
        self.acts.push(Act::Entry { operation, subject, program: Standing::Unlisted });
        self
    }

    /// Is a matter of trust, too.
    pub(super) fn trusting(mut self, trust: Trust) -> Self {
        self.acts.push(Act::Trust(trust));
        self
    }

    pub(super) fn by_program(mut self, standing: Standing) -> Self {
        for act in &mut self.acts {
            if let Act::Entry { program, .. } = act {
                *program = standing;
            }
        }
        self
    }

    /// The strictest answer to its acts.
    fn decide(&self, caller: Caller) -> Decision {
        let rank = |decision: &Decision| match decision {
            Decision::Allow => 0,
            Decision::Confirm(_) => 1,
            Decision::Deny(_) => 2,
        };
        let answers = self.acts.iter().rev().map(|act| policy::decide(*act, caller));
        answers.max_by_key(rank).unwrap_or(Decision::Allow)
    }

    /// Rule 16: whether it takes the guard key, in a vault where `is_guarded` says which rows are.
    fn takes_guard(&self, is_guarded: impl Fn(&Basis) -> bool) -> bool {
        let writes = self.acts.iter().any(|act| act.writes_entry());
        self.protects
            || self.acts.iter().any(|act| act.takes_guard())
            || writes && self.on.iter().any(|ground| is_guarded(&ground.basis))
    }

    fn why(&self, reason: Reason) -> Option<Why> {
        let subject = self.acts.iter().find_map(|act| match act {
            Act::Entry { subject, .. } => Some(*subject),
            Act::Trust(_) => None,
        })?;
        let Subject { coordinate, sensitivity, .. } = subject;
        let (leads_to, variable) = (self.leads_to.clone(), self.variable.clone());
        Some(Why { at: coordinate.clone(), sensitivity, reason, leads_to, variable })
    }
}

/// What policy lets pass, and what it wants the owner to be asked about.
#[must_use = "nothing was agreed to yet"]
pub(super) struct Weighed {
    consent: Consent,
    why: Vec<Why>,
}

impl Weighed {
    /// Whether the owner will be asked.
    pub(super) fn needs_yes(&self) -> bool {
        self.consent.asked
    }
}

/// A yes, of policy or of the owner, to what was asked about and to nothing else: it is consumed by the one
/// change, or the one use, that it was given for, and puts that on record.
#[must_use = "what was agreed to is on record only with what comes of it"]
#[derive(Default)]
pub(super) struct Consent {
    /// One for each wish, in their order.
    events: Vec<Event>,
    on: Vec<Ground>,
    /// Whether a question was open, for as long as it took.
    asked: bool,
}

impl Consent {
    /// Both, for one change.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.on.extend(other.on);
        Self { asked: self.asked || other.asked, ..self }
    }

    /// The events that go on record, each in place of one.
    pub(super) fn with_events(self, with: impl FnMut(Event) -> Vec<Event>) -> Self {
        Self { events: self.events.into_iter().flat_map(with).collect(), ..self }
    }

    /// What the wish of this number came to nothing.
    pub(super) fn fail(&mut self, number: usize) {
        if let Some(event) = self.events.get_mut(number) {
            event.outcome = Outcome::Failed;
        }
    }

    fn failed(self) -> Vec<Event> {
        with_outcome(self.events, Outcome::Failed)
    }

    /// The rows that may be changed.
    fn granted(&self) -> Vec<Basis> {
        self.on.iter().map(|ground| ground.basis.clone()).collect()
    }

    /// The change with its rows of the trail, if nothing that it was agreed on has changed since.
    fn land<T, E: Into<Error>>(
        &self,
        batch: &mut Batch<'_>,
        now: Moment,
        change: impl FnOnce(&mut Batch<'_>, Moment) -> Result<T, E>,
    ) -> Result<T, Error> {
        Self::check(&self.on, batch)?;
        batch.audit(&self.events)?;
        change(batch, now).map_err(Into::into)
    }

    fn check(on: &[Ground], batch: &Batch<'_>) -> Result<(), vault::Error> {
        on.iter().try_for_each(|Ground { basis, name }| batch.expect(basis, name))
    }
}

fn with_outcome(events: Vec<Event>, outcome: Outcome) -> Vec<Event> {
    events.into_iter().map(|event| Event { outcome, ..event }).collect()
}

impl<'a> Session<'a> {
    pub fn new(
        vault: &'a mut Vault,
        approver: &'a mut dyn Approver,
        clock: &'a dyn Fn() -> Moment,
    ) -> Self {
        Self { vault, approver, clock }
    }

    pub fn view(&self) -> View<'_> {
        self.vault.view()
    }

    pub(super) fn vault(&self) -> &Vault {
        self.vault
    }

    pub(super) fn now(&self) -> Moment {
        (self.clock)()
    }

    pub(super) fn asker(&self) -> Asker {
        self.approver.asker()
    }

    /// Who asks, as policy sees them.
    pub(super) fn caller(&self) -> Result<Caller, Error> {
        let has_proof = self.view().proof()? != Proof::Nothing;
        Ok(Caller { asker: self.asker(), has_proof })
    }

    /// What policy says to a wish, in this vault.
    fn decide(&self, wish: &Wish<'_>, caller: Caller) -> Decision {
        let view = self.view();
        let lacks = || !view.has_guard() && wish.takes_guard(|basis| view.is_guarded(basis));
        match wish.decide(caller) {
            Decision::Allow if lacks() => Decision::Confirm(Reason::Guarded),
            answer => answer,
        }
    }

    /// Whether the owner would be asked about it.
    pub(super) fn needs_yes(&self, wish: &Wish<'_>) -> Result<bool, Error> {
        Ok(matches!(self.decide(wish, self.caller()?), Decision::Confirm(_)))
    }

    /// An event whose outcome is that of what is asked.
    pub(super) fn event(&self, action: Action) -> Event {
        Event::new(action, Outcome::Allowed, self.asker(), self.now())
    }

    /// Asks policy about all `wishes`, and the owner once about those that need it.
    ///
    /// # Errors
    /// As [`Session::weigh`] and [`Session::put`].
    pub(super) fn ask(
        &mut self,
        wishes: Vec<Wish<'_>>,
        about: &About<'_>,
    ) -> Result<Consent, Error> {
        let weighed = self.weigh(wishes)?;
        self.put(weighed, about)
    }

    /// Asks policy about all `wishes`. What can fail without the owner's answer comes after this, so that it
    /// tells nobody anything who may not, and before [`Session::put`].
    ///
    /// # Errors
    /// [`Error::Denied`] has every wish that policy denies, and is on record before this returns. So is
    /// [`vault::Error::Guarded`], for what a vault that was unlocked for a time is without, where nobody is to give it.
    pub(super) fn weigh(&mut self, wishes: Vec<Wish<'_>>) -> Result<Weighed, Error> {
        self.vault.check_writable()?;
        let caller = self.caller()?;
        let (mut consent, mut denied, mut why) = (Consent::default(), Vec::new(), Vec::new());
        for wish in wishes {
            let outcome = match self.decide(&wish, caller) {
                Decision::Allow => Outcome::Allowed,
                Decision::Confirm(reason) => {
                    consent.asked = true;
                    why.extend(wish.why(reason));
                    Outcome::Confirmed
                }
                Decision::Deny(reason) => {
                    denied.push((wish.what, reason));
                    Outcome::Denied
                }
            };
            consent.events.push(Event { outcome, ..wish.event });
            consent.on.extend(wish.on);
        }
        match denied.is_empty() {
            false => self.refused(consent, Error::Denied(denied)),
            // Policy has nobody else confirm anything.
            true if consent.asked && caller.asker != Asker::Person => {
                self.record_failure(consent, vault::Error::Guarded.into())
            }
            true => Ok(Weighed { consent, why }),
        }
    }

    /// Puts the one question to the owner, if there is something to be asked.
    ///
    /// # Errors
    /// [`Error::Declined`], [`Error::WrongProof`], and [`Error::Vault`] while the vault waits after too many
    /// wrong tries. That is on record before this returns.
    pub(super) fn put(&mut self, weighed: Weighed, about: &About<'_>) -> Result<Consent, Error> {
        let Weighed { consent, why } = weighed;
        if !consent.asked {
            return Ok(consent);
        }
        match self.confirm(&Question { about, why: &why }) {
            Ok(()) => Ok(consent),
            Err(refusal) => self.refused(consent, refusal),
        }
    }

    /// Puts on record what was not to be.
    fn refused<T>(&mut self, consent: Consent, refusal: Error) -> Result<T, Error> {
        let events = consent.events.into_iter();
        let wanted = events.filter(|event| event.outcome != Outcome::Allowed).collect();
        let mut refused = with_outcome(wanted, Outcome::Denied);
        refused.dedup();
        self.vault.record(&refused)?;
        Err(refusal)
    }

    /// The record of what policy has no say in: what a peer told, which changes neither an entry nor trust.
    pub(super) fn note(&self, event: Event, basis: &Basis) -> Consent {
        let on =
            vec![Ground { basis: basis.clone(), name: "what is known of this package".into() }];
        Consent { events: vec![event], on, asked: false }
    }

    /// Puts a question to the owner, who answers with a proof.
    fn confirm(&mut self, question: &Question<'_>) -> Result<(), Error> {
        let proof = self.view().proof()?;
        let typed = self.approver.approve(question, proof).ok_or(Error::Declined)?;
        match (self.vault.prove(proof, &typed, (self.clock)())?, proof) {
            (true, _) => Ok(()),
            (false, Proof::Passphrase) => Err(Error::WrongProof("the vault's passphrase")),
            (false, _) => Err(Error::WrongProof("the vault's PIN")),
        }
    }

    /// Carries out what was agreed to, if nothing that it was agreed on has changed since, with a row of
    /// the trail: all of it, or nothing but a row that says it failed.
    pub(super) fn write<T, E: Into<Error>>(
        &mut self,
        consent: Consent,
        change: impl FnOnce(&mut Batch<'_>, Moment) -> Result<T, E>,
    ) -> Result<T, Error> {
        let (now, granted) = (self.now(), consent.granted());
        let done = self.vault.write_on(&granted, |batch| consent.land(batch, now, change));
        done.or_else(|error| self.record_failure(consent, error))
    }

    /// Puts on record what was agreed to and changes nothing. What the owner agreed to has to be what is
    /// used: a question is open for as long as it takes.
    pub(super) fn record(&mut self, consent: Consent) -> Result<(), Error> {
        let done = self.vault.record_if(&consent.events, |batch| match consent.asked {
            true => Consent::check(&consent.on, batch),
            false => Ok(()),
        });
        done.or_else(|error| self.record_failure(consent, error.into()))
    }

    /// What was agreed to did not work, for a reason that is no storage's.
    pub(super) fn record_failure<T>(&mut self, consent: Consent, why: Error) -> Result<T, Error> {
        use vault::Error::{Guarded, Moved, NotKept};
        if !matches!(&why, Error::Vault(e) if !matches!(e, Guarded | Moved(_) | NotKept(_))) {
            self.vault.record(&consent.failed())?;
        }
        Err(why)
    }

    /// Has the system keep the vault key for so long, as was agreed to. That is on record, or it is not kept.
    pub(super) fn keep(&mut self, consent: Consent, life: Duration) -> Result<Keeper, Error> {
        let keeper = match self.vault.keep(life) {
            Ok(keeper) => keeper,
            Err(why) => return self.record_failure(consent, why.into()),
        };
        let recorded = self.record(consent);
        recorded.inspect_err(|_| drop(self.vault.forget_kept())).map(|()| keeper)
    }

    /// [`Session::write`], for a change that takes something out for good.
    pub(super) fn erase<T, E: Into<Error>>(
        &mut self,
        consent: Consent,
        change: impl FnOnce(&mut Batch<'_>, Moment) -> Result<T, E>,
    ) -> Result<Erased<T>, Error> {
        let (now, granted) = (self.now(), consent.granted());
        let done = self.vault.erase_on(&granted, |batch| consent.land(batch, now, change));
        done.or_else(|error| self.record_failure(consent, error))
    }
}
