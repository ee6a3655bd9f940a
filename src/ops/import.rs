//! `import`: a package into the vault. What would change is known before anything is written, and
//! then all of it lands, or none.

use super::select::origin;
use super::{Error, Older, Question, Replay, Session};
use crate::audit::{Action, Event, Outcome};
use crate::clock::Moment;
use crate::entry::{Content, Entry};
use crate::identity::{Identity, SigningPublic, Token};
use crate::limits;
use crate::package::{Contents, Header, High, Package, Receipt, Trusted};
use crate::policy::Asker;
use crate::vault::{
    Basis, Batch, Held, Ledger, Looked, NewEntry, Origin, Peer, Provenance, Seen, Stored, View,
};
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
    pub before: Looked<Option<Stored>>,
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
    /// Who the sender is here; `None` if it is me.
    pub peer: Option<Looked<Peer>>,
    origin: Origin,
    /// What is known of this package.
    seen: Basis,
    /// How far the sender has come, with this package.
    ledger: Looked<Ledger>,
    /// Whether the owner takes the clock as it is, though the vault has seen a later time.
    clock: Option<Basis>,
}

/// Checks a package in the order of the spec's clause 8, opens it, and compares it with the vault.
/// Nothing is written, and no network is touched: a pointer is stored as it is. The error is that of
/// the first check that fails. Where a wrong clock may be why, here or at the sender's, the owner can
/// say so.
pub fn plan(session: &mut Session<'_>, options: &Options<'_>) -> Result<Plan, Error> {
    let (view, now) = (session.view(), session.now());
    let origin = origin(options.project)?;
    let identity = view.identity()?;
    let intact = Package::parse(options.file)?.verify()?;
    let verified = intact.trust(&trusted(view, &identity)?, now)?;
    let peer = view.peer_of(verified.sender())?;
    let clock = check_clock(session, now)?;
    verified.check_recipient(&identity)?;
    let seen = check_replay(session.view(), &verified, options)?;
    let high = if options.skip_high { High::Skip } else { High::with(options.token) };
    let Contents { entries, skipped } = verified.open(&identity, high)?;
    let (sender, header) = (verified.sender(), verified.header().clone());
    let view = session.view();
    let changes = entries
        .into_iter()
        .map(|entry| change(view, &origin, entry, sender))
        .collect::<Result<Vec<_>, _>>()?;
    let ledger = view.ledger(sender)?;
    let ledger = check_order(session, ledger, &changes, header.seq)?;
    let digest = digest(options.file);
    Ok(Plan { changes, skipped, header, sender, digest, peer, origin, seen, ledger, clock })
}

/// Writes a plan: entries, their provenance, the memory of the package and the time, in one
/// transaction.
///
/// # Errors
/// [`Error::WouldOverwrite`] without consent; [`vault::Error::Moved`](crate::vault::Error::Moved) if what
/// it was decided on has changed since; [`Error::Rule`] for what needs a person to agree, where none is.
pub fn apply(session: &mut Session<'_>, plan: &Plan, overwrite: bool) -> Result<(), Error> {
    if let Err(refusal) = consent(&plan.changes, overwrite, session) {
        session.vault.record(&events(session, plan, Outcome::Denied)?)?;
        return Err(refusal);
    }
    let events = events(session, plan, Outcome::Allowed)?;
    let now = session.now();
    session.vault.write(|batch| {
        batch.audit(&events)?;
        write(batch, plan, now)
    })
}

/// What was agreed to, if nothing that it was agreed on has changed: the entries, the sender's pin, what
/// was imported before, and the time.
fn write(batch: &mut Batch<'_>, plan: &Plan, now: Moment) -> Result<(), Error> {
    let Plan { sender, header, .. } = plan;
    header.check_date(now)?;
    if let Some(peer) = &plan.peer {
        batch.expect(&peer.basis, &peer.name)?;
    }
    let provenance = Provenance::Package { sender: *sender, package: header.id, seq: header.seq };
    let seen = Seen {
        id: header.id,
        digest: plan.digest,
        sender: *sender,
        complete: plan.skipped == 0,
        // A clock may be set back by the skew and no further.
        keep_until: Moment::from_seconds(
            header.expires.seconds().saturating_add(limits::CLOCK_SKEW),
        ),
        imported: now,
    };
    for Change { before, entry, effect, .. } in &plan.changes {
        batch.expect(&before.basis, &entry.coordinate)?;
        if *effect != Effect::Same {
            let provenance = Some(provenance.clone());
            let new = NewEntry { origin: &plan.origin, entry, provenance };
            batch.put_entry(&before.basis, new, now)?;
        }
    }
    batch.put_seen(&plan.seen, &seen)?;
    batch.put_ledger(&plan.ledger.basis, *sender, &plan.ledger)?;
    match &plan.clock {
        Some(floor) => Ok(batch.set_clock_floor(floor, now)?),
        None => Ok(batch.raise_clock_floor(now)?),
    }
}

/// My signed word, for the sender, that a plan was carried out.
pub fn receipt(session: &Session<'_>, plan: &Plan) -> Result<Vec<u8>, Error> {
    let signing = session.view().identity()?.signing;
    Ok(Receipt::sign(&signing, plan.header.id, plan.digest, session.now()))
}

/// My signed word on a package that was imported before: a receipt that could not be written can be made
/// again, for as long as the package is remembered. `None` if it was another file, or a part of it.
pub fn receipt_again(view: View<'_>, file: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let verified = Package::parse(file)?.verify()?;
    let seen = view.seen(verified.sender(), &verified.header().id)?.found;
    let same = seen.filter(|seen| seen.complete && seen.digest == digest(file));
    let signing = view.identity()?.signing;
    Ok(same.map(|seen| Receipt::sign(&signing, seen.id, seen.digest, seen.imported)))
}

/// One event for each entry that would be written.
fn events(session: &Session<'_>, plan: &Plan, outcome: Outcome) -> Result<Vec<Event>, Error> {
    let event = |change: &Change| {
        let event = session.event(Action::Import, outcome).about(&change.entry.coordinate);
        let event = event.in_package(plan.header.id);
        match &plan.peer {
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

/// A clock that was set back would bring expired packages to life. Or it was ahead when something was
/// imported: then its owner may say so, and the basis for lowering the floor is given.
fn check_clock(session: &mut Session<'_>, now: Moment) -> Result<Option<Basis>, Error> {
    let Looked { found: seen, basis } = session.view().clock_floor()?;
    if now.seconds().saturating_add(limits::CLOCK_SKEW) >= seen.seconds() {
        return Ok(None);
    }
    let question = Question::ImportClock { now, seen };
    session.confirm_clock(&question, Action::Import, Error::Clock { now, seen })?;
    Ok(Some(basis))
}

/// Refuses what is older than what the same sender gave before, in whatever project and whatever became
/// of it here; or their clock was ahead then, and the owner may say so. Gives the ledger with this package.
fn check_order(
    session: &mut Session<'_>,
    mut ledger: Looked<Ledger>,
    changes: &[Change],
    seq: u64,
) -> Result<Looked<Ledger>, Error> {
    let mut older = Vec::new();
    for Change { entry, effect, .. } in changes {
        let at = &entry.coordinate;
        match ledger.seq(at).filter(|latest| *latest >= seq) {
            Some(_) if *effect == Effect::Same => continue,
            Some(latest) => older.push(Older {
                at: at.clone(),
                latest: Moment::from_millis(latest),
                this: Moment::from_millis(seq),
            }),
            None => {}
        }
        ledger.found.set(at, seq);
    }
    if let Some(first) = older.first() {
        let refusal = Error::Replay(Replay::Older(first.at.clone()));
        session.confirm_clock(&Question::Older(&older), Action::Import, refusal)?;
    }
    Ok(ledger)
}

/// The basis for remembering a package that was not imported before.
fn check_replay(
    view: View<'_>,
    verified: &Trusted<'_>,
    options: &Options<'_>,
) -> Result<Basis, Error> {
    let Looked { found, basis } = view.seen(verified.sender(), &verified.header().id)?;
    let Some(seen) = found else { return Ok(basis) };
    if seen.digest != digest(options.file) {
        return Err(Error::Replay(Replay::OtherFile));
    }
    let again = seen.complete || options.skip_high;
    if again { Err(Error::Replay(Replay::Again)) } else { Ok(basis) }
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
) -> Result<Change, Error> {
    let looked = view.entry(origin, &entry.coordinate)?;
    let Some(before) = &looked.found else {
        return Ok(Change { effect: Effect::Added, before: looked, other_sender: false, entry });
    };
    entry.sensitivity = entry.sensitivity.max(before.sensitivity);
    let content = match (&before.held, &entry.content) {
        (Held::Literal(_), Content::Literal(value)) => {
            let same = view.value(before)?.expose() == value.expose();
            if same { Effect::Same } else { Effect::Changed }
        }
        (Held::Reference { pointer, .. }, Content::Reference(to)) if pointer == to => Effect::Same,
        (Held::Reference { .. }, Content::Reference(_)) => Effect::Redirected,
        _ => Effect::Replaced,
    };
    let labels_differ =
        before.sensitivity != entry.sensitivity || before.description != entry.description;
    let effect = if content == Effect::Same && labels_differ { Effect::Changed } else { content };
    // What its owner copied or added is the owner's.
    let other_sender = matches!(before.provenance, Some(Provenance::Package { sender: other, .. }) if other != sender);
    Ok(Change { effect, before: looked, other_sender, entry })
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
