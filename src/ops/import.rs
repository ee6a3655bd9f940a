//! `import`: a package into the vault. What would change is known before anything is written, and
//! then all of it lands, or none.

use super::select::origin;
use super::session::{Consent, Wish};
use super::write::{self, Elsewhere, Kind, Pointed, Proposal};
use super::{About, Error, Listed, Older, Replay, Session};
use crate::audit::{Action, Event};
use crate::clock::Moment;
use crate::entry::{Content, Entry};
use crate::identity::{Identity, SigningPublic, Token};
use crate::limits;
use crate::package::{Contents, Header, High, Package, Receipt, Trusted};
use crate::policy::{Asker, Trust};
use crate::secret::Secret;
use crate::vault::{
    Batch, Held, Ledger, Looked, NewEntry, Origin, Peer, Provenance, Seen, Stored, View,
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
    /// Whether what is there came from another sender, or later, and from another device of this one.
    pub other_sender: bool,
    /// What the package has, with a sensitivity that is never below what is there, or was last, or with which
    /// another entry has the same pointer.
    pub entry: Entry,
    /// How it is asked about.
    write: write::Change<'static>,
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

/// What an import would change.
pub struct Preview {
    /// One for each entry, by slot, then coordinate.
    pub changes: Vec<Change>,
    /// How many high literals stay closed.
    pub skipped: usize,
    pub header: Header,
    pub sender: SigningPublic,
    /// Who the sender is here; `None` if it is me.
    pub peer: Option<Looked<Peer>>,
}

/// A package that may be imported.
pub struct Plan {
    pub preview: Preview,
    /// SHA-256 of the package's file.
    pub digest: [u8; 32],
    origin: Origin,
    /// What is known of this package; that is something if its high literals stayed closed before.
    seen: Looked<bool>,
    /// How far the sender has come, with this package.
    ledger: Looked<Ledger>,
    /// The latest time that the vault has seen, if the clock is far behind it. The owner is asked.
    floor: Option<Looked<Moment>>,
    /// What a later package of the same sender had. The owner is asked.
    older: Vec<Older>,
    /// That closed values were opened, to compare them.
    compared: Consent,
}

/// Checks a package in the order of the spec's clause 8, opens it, and compares it with the vault.
/// Nothing is written, and no network is touched: a pointer is stored as it is. The error is that of
/// the first check that fails. Where a wrong clock may be why, here or at the sender's, a person is asked
/// when the plan is carried out; who is none gets the error. In a vault that was unlocked for a time, a person is asked
/// before values are compared that it has closed.
pub fn plan(session: &mut Session<'_>, options: &Options<'_>) -> Result<Plan, Error> {
    let high = if options.skip_high { High::Skip } else { High::with(options.token) };
    open(session, options, high)
}

/// What [`plan`] would come to, as far as that shows: without a token, what needs it stays closed. It is
/// for looking, and can't be carried out.
pub fn preview(session: &mut Session<'_>, options: &Options<'_>) -> Result<Preview, Error> {
    let high = options.token.map_or(High::Skip, High::Open);
    Ok(open(session, options, high)?.preview)
}

fn open(session: &mut Session<'_>, options: &Options<'_>, high: High<'_>) -> Result<Plan, Error> {
    let (view, now) = (session.view(), session.now());
    let origin = origin(options.project)?;
    let identity = view.identity()?;
    let intact = Package::parse(options.file)?.verify()?;
    let verified = intact.trust(&trusted(view, &identity)?, now)?;
    let is_me = verified.sender() == identity.signing.public();
    let peer = if is_me { None } else { view.peer_of(verified.sender())? };
    let floor = check_clock(session, now)?;
    verified.check_recipient(&identity)?;
    let digest = digest(options.file);
    let seen = check_replay(view, &verified, &digest, options.skip_high)?;
    let Contents { entries, skipped } = verified.open(&identity, high)?;
    let (sender, header) = (verified.sender(), verified.header().clone());
    let event = event(session, peer.as_ref(), &header);
    let compared = open_before(session, &origin, &entries, event)?;
    let before = look(session, &origin, &entries, &header, (sender, peer.as_deref()))?;
    let changes = entries.into_iter().map(|entry| before.compare(entry));
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    let mut ledger = session.view().ledger(sender)?;
    let older = check_order(session, &mut ledger.found, &changes, header.seq, *seen)?;
    let preview = Preview { changes, skipped, header, sender, peer };
    Ok(Plan { preview, digest, origin, seen, ledger, floor, older, compared })
}

/// Has the owner open what values of the package are to be compared with, if it is closed.
fn open_before(
    session: &mut Session<'_>,
    origin: &Origin,
    entries: &[Entry],
    event: Event,
) -> Result<Consent, Error> {
    let mut closed = Vec::new();
    for Entry { coordinate, content, .. } in entries {
        let before = session.view().entry(origin, coordinate)?.found;
        let literals = before.filter(|b| is_literal(b) && content.pointer().is_none());
        if literals.is_some_and(|before| !session.view().opens(&before)) {
            closed.push(coordinate.clone());
        }
    }
    match closed.first() {
        None => Ok(Consent::default()),
        Some(first) => {
            session.ask(vec![Wish::of_guard(first.as_str(), event)], &About::Compare(&closed))
        }
    }
}

fn is_literal(entry: &Stored) -> bool {
    matches!(entry.held, Held::Literal(_))
}

fn look<'a>(
    session: &'a Session<'_>,
    origin: &'a Origin,
    entries: &[Entry],
    header: &Header,
    (sender, peer): (SigningPublic, Option<&Peer>),
) -> Result<Before<'a>, Error> {
    let (view, asker) = (session.view(), session.asker());
    let theirs = peer.map(|peer| view.identities(peer.person())).transpose()?;
    let devices = theirs.iter().flatten().filter_map(|peer| peer.sender()).collect();
    let pointed = match entries.iter().any(|entry| entry.content.pointer().is_some()) {
        true => Pointed::look(view)?,
        false => Pointed::default(),
    };
    Ok(Before { view, pointed, origin, sender, devices, seq: header.seq, asker })
}

/// A package that was imported, for its receipt.
pub struct Imported {
    id: [u8; 16],
    digest: [u8; 32],
}

/// Writes a plan, and drops it with its values: entries, their provenance, the memory of the package and the
/// time, in one transaction.
///
/// # Errors
/// [`Error::WouldOverwrite`] without consent; [`Error::Denied`] for what needs a person to agree, where none
/// is; [`vault::Error::Moved`](crate::vault::Error::Moved) if what it was decided on has changed since.
pub fn apply(
    session: &mut Session<'_>,
    mut plan: Plan,
    overwrite: bool,
) -> Result<Imported, Error> {
    let compared = std::mem::take(&mut plan.compared);
    let consent = compared.and(clocks(session, &plan)?).and(changes(session, &plan, overwrite)?);
    session.write(consent, |batch, now| write(batch, &plan, now))?;
    Ok(Imported { id: plan.preview.header.id, digest: plan.digest })
}

/// What was agreed to, if nothing that it was agreed on has changed: the entries, the sender's pin, what
/// was imported before, and the time.
fn write(batch: &mut Batch<'_>, plan: &Plan, now: Moment) -> Result<(), Error> {
    let Preview { changes, skipped, header, sender, peer } = &plan.preview;
    header.check_date(now)?;
    if let Some(peer) = peer {
        batch.expect(&peer.basis, &peer.name)?;
    }
    let provenance = Provenance::Package { sender: *sender, package: header.id, seq: header.seq };
    let seen = Seen {
        id: header.id,
        digest: plan.digest,
        sender: *sender,
        complete: *skipped == 0,
        // A clock may be set back by the skew and no further.
        keep_until: Moment::from_seconds(
            header.expires.seconds().saturating_add(limits::CLOCK_SKEW),
        ),
        imported: now,
    };
    for Change { before, entry, effect, .. } in changes {
        batch.expect(&before.basis, &entry.coordinate)?;
        if *effect != Effect::Same {
            let provenance = Some(provenance.clone());
            let new = NewEntry { origin: &plan.origin, entry, provenance };
            batch.put_entry(&before.basis, new, now)?;
        }
    }
    batch.put_seen(&plan.seen.basis, &seen)?;
    batch.put_ledger(&plan.ledger.basis, *sender, &plan.ledger)?;
    match &plan.floor {
        Some(floor) => Ok(batch.set_clock_floor(&floor.basis, now)?),
        None => {
            let floor = batch.view().clock_floor()?.found;
            is_behind(now, floor).map_or(Ok(()), Err)?;
            Ok(batch.raise_clock_floor(now)?)
        }
    }
}

/// My signed word, for the sender, that a plan was carried out.
pub fn receipt(session: &Session<'_>, of: &Imported) -> Result<Vec<u8>, Error> {
    let signing = session.view().identity()?.signing;
    Ok(Receipt::sign(&signing, of.id, of.digest, session.now()))
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

fn event(session: &Session<'_>, peer: Option<&Looked<Peer>>, header: &Header) -> Event {
    let event = session.event(Action::Import).in_package(header.id);
    match peer {
        Some(peer) => event.with_peer(&peer.name),
        None => event,
    }
}

fn event_of(session: &Session<'_>, Preview { peer, header, .. }: &Preview) -> Event {
    event(session, peer.as_ref(), header)
}

/// Peers who can be senders, and myself.
pub fn trusted(view: View<'_>, identity: &Identity) -> Result<Vec<SigningPublic>, Error> {
    let peers = view.peers()?;
    let keys = peers.iter().filter_map(Peer::sender);
    Ok(keys.chain([identity.signing.public()]).collect())
}

/// A clock that was set back would bring expired packages to life.
fn is_behind(now: Moment, seen: Moment) -> Option<Error> {
    let behind = now.seconds().saturating_add(limits::CLOCK_SKEW) < seen.seconds();
    behind.then_some(Error::Clock { now, seen })
}

/// Or the clock was ahead when something was imported: then its owner may say so, and what is to be lowered
/// is given.
fn check_clock(session: &Session<'_>, now: Moment) -> Result<Option<Looked<Moment>>, Error> {
    let floor = session.view().clock_floor()?;
    match is_behind(now, *floor) {
        Some(error) if session.asker() != Asker::Person => Err(error),
        behind => Ok(behind.map(|_| floor)),
    }
}

/// Enters the package into its sender's ledger. Gives what would change something and is older than what the
/// same sender gave before, in whatever project and whatever became of it here; that may come of a clock
/// of theirs that was ahead, and the owner may say so.
fn check_order(
    session: &Session<'_>,
    ledger: &mut Ledger,
    changes: &[Change],
    seq: u64,
    seen: bool,
) -> Result<Vec<Older>, Error> {
    let mut older = Vec::new();
    for Change { entry, effect, .. } in changes {
        let at = &entry.coordinate;
        // A package that is completed is as old as itself.
        let latest = ledger.seq(at).filter(|latest| *latest > seq || *latest == seq && !seen);
        match latest {
            Some(_) if *effect == Effect::Same => continue,
            Some(latest) => older.push(Older {
                at: at.clone(),
                latest: Moment::from_millis(latest),
                this: Moment::from_millis(seq),
            }),
            None => {}
        }
        ledger.set(at, seq);
    }
    match older.first() {
        Some(first) if session.asker() != Asker::Person => {
            Err(Error::Replay(Replay::Older(first.at.clone())))
        }
        _ => Ok(older),
    }
}

/// Asks what a wrong clock may explain.
fn clocks(session: &mut Session<'_>, plan: &Plan) -> Result<Consent, Error> {
    let mut consent = Consent::default();
    let clock =
        plan.floor.as_ref().map(|seen| About::ImportClock { now: session.now(), seen: **seen });
    let older = (!plan.older.is_empty()).then_some(About::Older(&plan.older));
    for about in clock.into_iter().chain(older) {
        let wish = Wish::of_trust(Trust::Clock, "a clock", event_of(session, &plan.preview));
        consent = consent.and(session.ask(vec![wish], &about)?);
    }
    Ok(consent)
}

/// Refuses a package that was imported before. Gives whether a part of it was.
fn check_replay(
    view: View<'_>,
    verified: &Trusted<'_>,
    digest: &[u8; 32],
    skip_high: bool,
) -> Result<Looked<bool>, Error> {
    let Looked { found, basis } = view.seen(verified.sender(), &verified.header().id)?;
    match found {
        None => Ok(Looked { found: false, basis }),
        Some(seen) if seen.digest != *digest => Err(Error::Replay(Replay::OtherFile)),
        Some(seen) if seen.complete || skip_high => Err(Error::Replay(Replay::Again)),
        Some(_) => Ok(Looked { found: true, basis }),
    }
}

fn digest(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

/// A package's entries are compared with these.
struct Before<'a> {
    view: View<'a>,
    pointed: Pointed,
    origin: &'a Origin,
    sender: SigningPublic,
    /// The keys of all identities that are one person's with the sender's.
    devices: Vec<SigningPublic>,
    seq: u64,
    asker: Asker,
}

impl Before<'_> {
    fn compare(&self, mut entry: Entry) -> Result<Change, Error> {
        let looked = self.view.entry(self.origin, &entry.coordinate)?;
        let (at, pointer) = (&entry.coordinate, entry.content.pointer());
        let (origin, sensitivity) = (self.origin, entry.sensitivity);
        let proposal = Proposal { origin, at, sensitivity, pointer };
        let mut write = write::Change::plan(self.view, &proposal, Kind::Content)?;
        let elsewhere = pointer.and_then(|to| self.pointed.elsewhere(to, origin, at).level);
        let levels = [write.level(), elsewhere, Some(write.sensitivity)];
        entry.sensitivity = levels.into_iter().flatten().max().unwrap_or(sensitivity);
        write.sensitivity = entry.sensitivity;
        let Some(before) = &looked.found else {
            let effect = Effect::Added;
            return Ok(Change { effect, before: looked, other_sender: false, entry, write });
        };
        let content = self.content(before, &entry.content)?;
        let labels_differ =
            before.sensitivity != entry.sensitivity || before.description != entry.description;
        let relabelled = content == Effect::Same && labels_differ;
        let effect = if relabelled { Effect::Changed } else { content };
        let other_sender = self.is_of_another(before);
        Ok(Change { effect, before: looked, other_sender, entry, write })
    }

    fn content(&self, before: &Stored, content: &Content) -> Result<Effect, Error> {
        Ok(match (&before.held, content) {
            (Held::Literal(_), Content::Literal(value)) if self.holds(before, value)? => {
                Effect::Same
            }
            (Held::Literal(_), Content::Literal(_)) => Effect::Changed,
            (Held::Reference { pointer, .. }, Content::Reference(to)) if pointer == to => {
                Effect::Same
            }
            (Held::Reference { .. }, Content::Reference(_)) => Effect::Redirected,
            _ => Effect::Replaced,
        })
    }

    /// What its owner copied or added is the owner's.
    fn is_of_another(&self, before: &Stored) -> bool {
        let Some(Provenance::Package { sender, seq, .. }) = &before.provenance else {
            return false;
        };
        let later_device = || self.devices.contains(sender) && *seq <= self.seq;
        *sender != self.sender && !later_device()
    }

    /// Whether the value is the same, but for an agent what is protected is always another: "the same" would confirm
    /// a guess.
    fn holds(&self, before: &Stored, value: &Secret) -> Result<bool, Error> {
        let told = self.asker != Asker::Agent || !before.subject().is_protected();
        Ok(told && self.view.holds(before, value)?)
    }
}

/// One yes for what the same sender or nobody put there, one each for the rest.
fn changes(session: &mut Session<'_>, plan: &Plan, overwrite: bool) -> Result<Consent, Error> {
    let (own, rest): (Vec<&Change>, Vec<&Change>) =
        plan.preview.changes.iter().filter(|c| c.writes()).partition(|c| c.needs_own_consent());
    let coarse = |change: &&&Change| change.needs_overwrite() && !overwrite;
    let coarse: Vec<&Change> = rest.iter().filter(coarse).copied().collect();
    if !coarse.is_empty() && session.asker() != Asker::Person {
        let names = coarse.iter().map(|c| c.entry.coordinate.clone()).collect();
        return Err(Error::WouldOverwrite(names));
    }
    let mut consent = ask(session, plan, &rest, &|change| change.needs_overwrite() && !overwrite)?;
    for change in own {
        consent = consent.and(ask(session, plan, &[change], &|_| true)?);
    }
    Ok(consent)
}

fn ask(
    session: &mut Session<'_>,
    plan: &Plan,
    changes: &[&Change],
    overwrites: &dyn Fn(&Change) -> bool,
) -> Result<Consent, Error> {
    let event = event_of(session, &plan.preview);
    let all = changes.iter().map(|change| {
        let wish = change.write.wish(Elsewhere::default(), event.clone());
        if overwrites(change) { wish.trusting(Trust::Overwrite) } else { wish }
    });
    let wishes: Vec<Wish<'_>> = all.collect();
    let mut asked = Vec::new();
    for (change, wish) in changes.iter().zip(&wishes) {
        asked.extend(session.needs_yes(wish)?.then_some(*change));
    }
    let sender = plan.preview.peer.as_ref().map_or("you", |peer| &peer.name);
    session.ask(wishes, &About::Overwrite { changes: &asked, sender })
}
