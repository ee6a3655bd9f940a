//! `import`: a package into the vault. What would change is known before anything is written, and
//! then all of it lands, or none.

use super::select::origin;
use super::{Error, Question, Replay, Session};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::entry::{Content, Entry};
use crate::identity::{Identity, SigningPublic, Token};
use crate::limits;
use crate::package::{Contents, Header, High, Package, Receipt, Trusted};
use crate::policy::Asker;
use crate::vault::{Held, Origin, Provenance, Seen, Stored, Vault, View};
use sha2::{Digest, Sha256};

pub struct Options<'a> {
    /// The whole file.
    pub file: &'a [u8],
    pub token: Option<&'a Token>,
    pub skip_high: bool,
    /// Global if none.
    pub project: Option<&'a str>,
}

/// What an entry of the package would do to the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is there.
    Added,
    Same,
    /// Another value, description or a higher sensitivity.
    Changed,
    /// Another pointer.
    Redirected,
    /// A literal becomes a reference, or the reverse.
    Replaced,
}

/// One entry of the package, against the vault.
pub struct Change {
    pub effect: Effect,
    /// What is there now.
    pub before: Option<Stored>,
    /// Whether what is there came from another sender.
    pub other_sender: bool,
    /// What the package has, with a sensitivity that is never below what is there.
    pub entry: Entry,
}

impl Change {
    fn writes(&self) -> bool {
        self.effect != Effect::Same
    }

    /// Whether `--overwrite` is too coarse a consent: the mode changes, or it is somebody else's.
    fn needs_own_consent(&self) -> bool {
        self.writes() && (self.effect == Effect::Replaced || self.other_sender)
    }

    fn needs_overwrite(&self) -> bool {
        matches!(self.effect, Effect::Changed | Effect::Redirected) && !self.other_sender
    }
}

/// A package that may be imported, and what that would change.
pub struct Plan {
    /// One for each entry, by slot, then coordinate.
    pub changes: Vec<Change>,
    /// How many high literals stay closed.
    pub skipped: usize,
    pub header: Header,
    pub sender: SigningPublic,
    /// SHA-256 of the package's file.
    pub digest: [u8; 32],
    origin: Origin,
}

/// Checks a package in the order of the spec's clause 8, opens it, and compares it with the vault.
/// Nothing is written, and no network is touched: a pointer is stored as it is. The error is that of
/// the first check that fails.
pub fn plan(vault: &Vault, options: &Options<'_>, now: Moment) -> Result<Plan, Error> {
    let view = vault.view();
    let origin = origin(options.project)?;
    let identity = view.identity()?;
    let intact = Package::parse(options.file)?.verify()?;
    let verified = intact.trust(&trusted(view, &identity)?, now)?;
    check_clock(view, now)?;
    verified.check_recipient(&identity)?;
    check_replay(view, &verified, options)?;
    let high = if options.skip_high { High::Skip } else { High::with(options.token) };
    let Contents { entries, skipped } = verified.open(&identity, high)?;
    let (sender, header) = (verified.sender(), verified.header().clone());
    let changes = entries
        .into_iter()
        .map(|entry| change(view, &origin, entry, sender, header.seq))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Plan { changes, skipped, header, sender, origin, digest: digest(options.file) })
}

/// Writes a plan: entries, their provenance, the memory of the package and the time, in one
/// transaction.
///
/// # Errors
/// [`Error::WouldOverwrite`] without consent; [`Error::Conflict`] if the vault has changed since the plan
/// was made; [`Error::Rule`] for what needs a person to agree, where none is.
pub fn apply(session: &mut Session<'_>, plan: &Plan, overwrite: bool) -> Result<(), Error> {
    if let Err(refusal) = consent(&plan.changes, overwrite, session) {
        session.vault.record(&events(session, plan, Outcome::Denied)?)?;
        return Err(refusal);
    }
    let events = events(session, plan, Outcome::Allowed)?;
    let now = session.now;
    let Plan { sender, header, .. } = plan;
    let provenance = Provenance::Package { sender: *sender, package: header.id, seq: header.seq };
    let seen = Seen {
        id: plan.header.id,
        digest: plan.digest,
        sender: plan.sender,
        complete: plan.skipped == 0,
        // A clock may be set back by the skew and no further.
        keep_until: Moment::from_seconds(
            plan.header.expires.seconds().saturating_add(limits::CLOCK_SKEW),
        ),
    };
    session.vault.write(|batch| {
        batch.audit(&events)?;
        for change in &plan.changes {
            let current = batch.view().entry(&plan.origin, &change.entry.coordinate)?;
            if current != change.before {
                let what = format!(
                    "{} changed while you decided; nothing was imported, run it again",
                    change.entry.coordinate
                );
                return Err(Error::Conflict(what));
            }
            if change.writes() {
                batch.put_entry(&plan.origin, &change.entry, Some(provenance.clone()), now)?;
            }
        }
        batch.put_seen(&seen, now)?;
        batch.raise_clock_floor(now)?;
        Ok(())
    })
}

/// My signed word, for the sender, that a plan was carried out.
pub fn receipt(view: View<'_>, plan: &Plan, now: Moment) -> Result<Vec<u8>, Error> {
    let identity = view.identity()?;
    Ok(Receipt::sign(&identity.signing, plan.header.id, plan.digest, now))
}

/// One event for each entry that would be written.
fn events(session: &Session<'_>, plan: &Plan, outcome: Outcome) -> Result<Vec<Event>, Error> {
    let peer = session.view().peer_of(plan.sender)?;
    let event = |change: &Change| {
        let event = session.event(Action::Import, outcome).about(&change.entry.coordinate);
        let event = event.in_package(plan.header.id);
        match &peer {
            Some(peer) => event.with_peer(&peer.name),
            None => event,
        }
    };
    Ok(plan.changes.iter().filter(|change| change.writes()).map(event).collect())
}

/// Peers who can be senders, and myself.
pub fn trusted(view: View<'_>, identity: &Identity) -> Result<Vec<SigningPublic>, Error> {
    let peers = view.peers()?;
    let keys = peers.iter().filter_map(|peer| peer.signing());
    Ok(keys.chain([identity.signing.public()]).collect())
}

/// A clock that was set back would bring expired packages to life.
fn check_clock(view: View<'_>, now: Moment) -> Result<(), Error> {
    let seen = view.clock_floor()?;
    let set_back = now.seconds().saturating_add(limits::CLOCK_SKEW) < seen.seconds();
    if set_back { Err(Error::Clock { now, seen }) } else { Ok(()) }
}

fn check_replay(
    view: View<'_>,
    verified: &Trusted<'_>,
    options: &Options<'_>,
) -> Result<(), Error> {
    let Some(seen) = view.seen(&verified.header().id)? else { return Ok(()) };
    if seen.digest != digest(options.file) {
        return Err(Error::Replay(Replay::OtherFile));
    }
    let again = seen.complete || options.skip_high;
    if again { Err(Error::Replay(Replay::Again)) } else { Ok(()) }
}

fn digest(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

/// Compares one entry with what is there.
fn change(
    view: View<'_>,
    origin: &Origin,
    mut entry: Entry,
    sender: SigningPublic,
    seq: u64,
) -> Result<Change, Error> {
    let Some(before) = view.entry(origin, &entry.coordinate)? else {
        return Ok(Change { effect: Effect::Added, before: None, other_sender: false, entry });
    };
    entry.sensitivity = entry.sensitivity.max(before.sensitivity);
    let content = match (&before.held, &entry.content) {
        (Held::Literal(_), Content::Literal(value)) => {
            let same = view.value(&before)?.expose() == value.expose();
            if same { Effect::Same } else { Effect::Changed }
        }
        (Held::Reference { pointer, .. }, Content::Reference(to)) if pointer == to => Effect::Same,
        (Held::Reference { .. }, Content::Reference(_)) => Effect::Redirected,
        _ => Effect::Replaced,
    };
    let labels_differ =
        before.sensitivity != entry.sensitivity || before.description != entry.description;
    let effect = if content == Effect::Same && labels_differ { Effect::Changed } else { content };
    let (other_sender, newer_is_here) = match before.provenance {
        Some(Provenance::Package { sender: other, seq: latest, .. }) => {
            (other != sender, other == sender && latest >= seq)
        }
        // What its owner copied or added is the owner's.
        Some(Provenance::Copy { .. }) | None => (false, false),
    };
    if effect != Effect::Same && newer_is_here {
        return Err(Error::Replay(Replay::Older(entry.coordinate)));
    }
    Ok(Change { effect, before: Some(before), other_sender, entry })
}

/// One yes for what the same sender or nobody put there, one each for the rest.
fn consent(changes: &[Change], overwrite: bool, session: &mut Session<'_>) -> Result<(), Error> {
    let person = session.asker() == Asker::Person;
    let coarse: Vec<&Change> = changes.iter().filter(|c| c.needs_overwrite()).collect();
    if !coarse.is_empty() && !overwrite {
        if !person {
            let names = coarse.iter().map(|c| c.entry.coordinate.clone()).collect();
            return Err(Error::WouldOverwrite(names));
        }
        session.confirm(&Question::Overwrite(&coarse))?;
    }
    for change in changes.iter().filter(|c| c.needs_own_consent()) {
        if !person {
            let what = format!(
                "{} is another sender's, or would turn from literal to pointer or back; a person \
                 must agree to that at a terminal",
                change.entry.coordinate
            );
            return Err(Error::Rule(what));
        }
        session.confirm(&Question::Replace(change))?;
    }
    Ok(())
}
