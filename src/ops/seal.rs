//! `seal`: entries of the vault into a package for peers.

use super::post_quantum::{self, Chosen, Hinders};
use super::session::{Consent, Weighed, Wish};
use super::source::with_content;
use super::{About, Error, Listed, Selection, Session, output, peer};
use crate::audit::{Action, Outcome};
use crate::clock::Moment;
use crate::entry::{Content, Entry, Mode};
use crate::identity::Recipient;
use crate::limits;
use crate::package::{self, Draft, Header, NoStamp, Sealed, Stamp};
use crate::platform::{NewFile, Readers};
use crate::policy::{Operation, Trust};
use crate::vault::{
    self, Basis, Given, Held, Looked, Peer, PeerKey, Share, SharedEntry, SharedWith, Stored, View,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct Options {
    pub selection: Selection,
    /// Whether literals are left out.
    pub pointers_only: bool,
    /// Names of peers, each with all their devices, or of one device.
    pub to: Vec<String>,
    /// Whether it is to be refused unless it is post-quantum; the vault may insist on that, too.
    pub require_pq: bool,
    /// How long it may be imported.
    pub ttl: Duration,
    /// The package file; it must not exist.
    pub out: PathBuf,
    /// The token file; it must not exist. Needed exactly if there is a high literal.
    pub token_out: Option<PathBuf>,
}

pub struct Report {
    /// By coordinate.
    pub entries: Vec<Stored>,
    pub peers: Vec<Peer>,
    /// Who keeps it from being post-quantum.
    pub hinders: Vec<Hinders>,
    pub header: Header,
    /// Of the package, in bytes.
    pub size: usize,
    /// Where the token was written, if there is one.
    pub token: Option<PathBuf>,
}

/// What is about to be sealed, as the owner is asked about it.
pub struct Sealing<'a> {
    pub entries: &'a [Stored],
    pub peers: &'a [Peer],
    /// Who keeps it from being post-quantum.
    pub hinders: &'a [Hinders],
    pub until: Moment,
    pub out: &'a Path,
    /// Where the token goes, if there is one.
    pub token: Option<&'a Path>,
}

/// Either both files are there at the end, or neither. A file that is there already is left alone, and
/// is [`Error::Conflict`]. [`Error::Unwritten`] if the package is on record, and its files could not get
/// their names.
///
/// Nobody is asked before everything has been checked that can fail without the answer. A peer who was not
/// confirmed is by that answer, in the same transaction.
pub fn seal(session: &mut Session<'_>, options: &Options) -> Result<Report, Error> {
    if !(1..=limits::LIFE).contains(&options.ttl.as_secs()) {
        let most = limits::days(limits::LIFE);
        return Err(Error::Usage(format!("a package can be imported for 1 s to {most} days")));
    }
    let view = session.view();
    let mut stored = options.selection.of(&view)?;
    stored.retain(|entry| !options.pointers_only || entry.pointer().is_some());
    if stored.is_empty() {
        return Err(Error::Nothing("no pointer is among the selected entries".into()));
    }
    let peers = recipients_of(view, &options.to)?;
    let Chosen { recipients, hinders } = post_quantum::choose(&peers)?;
    let required = view.requires_post_quantum()?;
    if !hinders.is_empty() && (options.require_pq || *required) {
        return Err(Error::NotPostQuantum(hinders));
    }
    let Looked { found: last, basis } = session.view().last_seq()?;
    let (stamp, asks) = stamp(session, last, options.ttl)?;
    let required = &required.basis;
    let deed = Deed { stamp: &stamp, entries: &stored, peers: &peers, seq: &basis, required };
    let weighed = weigh(session, &deed)?;
    let (out, token) = places(options, &stored)?;
    let package = |view: View<'_>| package_of(view, &deed, &recipients);
    let early = opens(session.view(), &stored).then(|| package(session.view())).transpose()?;
    let to: Vec<Peer> = peers.iter().map(|peer| peer.found.clone()).collect();
    let until = stamp.expires();
    let sealing = Sealing { entries: &stored, peers: &to, hinders: &hinders, until, out, token };
    let of_clock = asks.map(|(weighed, about)| session.put(weighed, &about)).transpose()?;
    let consent = put(session, weighed, &deed, sealing)?;
    let consent = of_clock.into_iter().fold(consent, Consent::and);
    let made = early.map_or_else(|| package(session.view()), Ok);
    let made = made.and_then(|sealed| Ok((drafts(out, token, &sealed)?, sealed)));
    let ((package_file, token_file), sealed) = match made {
        Ok(made) => made,
        Err(why) => return session.record_failure(consent, why),
    };
    remember(session, consent, &deed, &sealed)?;
    keep(package_file, token_file)?;
    let (header, size) = (sealed.header, sealed.bytes.len());
    let token = token.map(Path::to_owned);
    Ok(Report { entries: stored, peers: to, hinders, header, size, token })
}

/// Where the package goes, and its token if it needs one.
fn places<'a>(
    options: &'a Options,
    entries: &[Stored],
) -> Result<(&'a Path, Option<&'a Path>), Error> {
    let high =
        |entry: &Stored| entry.held.mode() == Mode::Literal && entry.sensitivity.needs_token();
    let needs_token = entries.iter().any(high);
    if needs_token && options.token_out.is_none() {
        return Err(Error::NoTokenFile);
    }
    let token = options.token_out.as_deref().filter(|_| needs_token);
    let out = options.out.as_path();
    [Some(out), token].into_iter().flatten().try_for_each(output::check)?;
    Ok((out, token))
}

/// Asks policy about what is given, and to whom.
fn weigh(session: &mut Session<'_>, deed: &Deed<'_>) -> Result<Weighed, Error> {
    let event = session.event(Action::Seal).in_package(deed.stamp.id());
    let wishes = deed.entries.iter().map(|entry| {
        let wish = Wish::of_entry(Operation::Seal, entry.subject(), event.clone());
        wish.on(entry.basis(), &entry.coordinate).on(deed.required, post_quantum::SETTING)
    });
    let mut wishes: Vec<Wish<'_>> = wishes.collect();
    for peer in deed.peers {
        let trust = if peer.confirmed { None } else { Some(Trust::Vouch) };
        let event = session.event(Action::PeerConfirm).with_peer(&peer.name);
        wishes.push(Wish::of_peer(trust, &peer.name, event).on(&peer.basis, &peer.name));
    }
    session.weigh(wishes)
}

/// Asks about all of it: what, to whom, until when, into which file.
fn put(
    session: &mut Session<'_>,
    weighed: Weighed,
    deed: &Deed<'_>,
    sealing: Sealing<'_>,
) -> Result<Consent, Error> {
    let consent = session.put(weighed, &About::Seal(sealing))?;
    // Who was confirmed before is only compared, and each entry has a row for each peer.
    Ok(consent.with_events(|event| match event.action {
        Action::Seal => deed.peers.iter().map(|peer| event.clone().with_peer(&peer.name)).collect(),
        _ if event.outcome == Outcome::Confirmed => vec![event],
        _ => Vec::new(),
    }))
}

/// Whether all values open. In a vault that was unlocked for a time some do once the owner has answered.
fn opens(view: View<'_>, entries: &[Stored]) -> bool {
    entries.iter().all(|entry| view.opens(entry))
}

/// The package, in memory. Whatever a reader would refuse about it is known before anybody is asked, where all
/// values open, and no value is open while a question is.
fn package_of(view: View<'_>, deed: &Deed<'_>, recipients: &[Recipient]) -> Result<Sealed, Error> {
    let entries = deed.entries.iter().map(|entry| travelling(view, entry));
    let entries = entries.collect::<Result<Vec<_>, Error>>()?;
    let sender = &view.identity()?.signing;
    let draft = Draft { sender, stamp: deed.stamp, recipients, entries };
    package::seal(draft).map_err(Error::Sealing)
}

/// A file that has no name yet, and the one that it gets.
type Unnamed<'a> = (&'a Path, NewFile);

fn drafts<'a>(
    out: &'a Path,
    token: Option<&'a Path>,
    sealed: &Sealed,
) -> Result<(Unnamed<'a>, Option<Unnamed<'a>>), Error> {
    let package = (out, output::draft(out, Readers::Everyone, &sealed.bytes)?);
    let token = match (token, &sealed.token) {
        (Some(path), Some(key)) => {
            let text = key.to_file(&sealed.header.id);
            Some((path, output::draft(path, Readers::Owner, text.expose())?))
        }
        _ => None,
    };
    Ok((package, token))
}

/// Gives both files their names. The token comes first: without a package it opens nothing, so it can go
/// again.
fn keep(package: Unnamed<'_>, token: Option<Unnamed<'_>>) -> Result<(), Error> {
    let named = |(path, file): Unnamed<'_>| {
        let path = path.to_owned();
        file.keep().map_err(|source| Error::Unwritten { path, source })
    };
    let token_path = token.as_ref().map(|(path, _)| *path);
    token.map(named).transpose()?;
    named(package).inspect_err(|_| {
        let _ = token_path.map(std::fs::remove_file);
    })
}

/// Whether this machine's clock is right, where that is to be asked.
type AsksClock = Option<(Weighed, About<'static>)>;

/// A `last` number that is too far ahead comes of a clock that was, and is dropped if the owner says so.
fn stamp(session: &mut Session<'_>, last: u64, ttl: Duration) -> Result<(Stamp, AsksClock), Error> {
    let now = session.now();
    let after = |last| {
        Stamp::after(last, now, ttl).map_err(|why| match why {
            NoStamp::Clock { seen } => Error::SealClock { now, seen },
            NoStamp::Randomness(e) => vault::Error::from(e).into(),
        })
    };
    let refused = match after(last) {
        Err(refused @ Error::SealClock { .. }) => refused,
        other => return Ok((other?, None)),
    };
    let event = session.event(Action::Seal);
    let wish = Wish::of_trust(Trust::Clock, "this machine's clock", event);
    let weighed = session.weigh(vec![wish]).map_err(|refusal| match refusal {
        Error::Denied(_) => refused,
        other => other,
    })?;
    let about = About::SealClock { now, seen: Moment::from_millis(last) };
    Ok((after(0)?, Some((weighed, about))))
}

/// What was sealed for whom, as it was looked at.
struct Deed<'a> {
    stamp: &'a Stamp,
    entries: &'a [Stored],
    peers: &'a [Looked<Peer>],
    /// Of the number of the package before.
    seq: &'a Basis,
    /// Of whether it has to be post-quantum.
    required: &'a Basis,
}

/// Keeps what was given to whom, the `seq`, and the record of it, in one transaction. It comes
/// before the files are kept, so that nothing leaves without being remembered.
fn remember(
    session: &mut Session<'_>,
    consent: Consent,
    deed: &Deed<'_>,
    sealed: &Sealed,
) -> Result<(), Error> {
    let share = share(deed, sealed, session.now());
    session.write(consent, |batch, _| {
        for peer in deed.peers.iter().filter(|peer| !peer.confirmed) {
            batch.put_peer(&peer.basis, &Peer { confirmed: true, ..peer.found.clone() })?;
        }
        batch.set_last_seq(deed.seq, sealed.header.seq)?;
        let basis = batch.view().share(&share.package)?.basis;
        batch.put_share(&basis, &share)
    })
}

fn share(deed: &Deed<'_>, sealed: &Sealed, now: Moment) -> Share {
    let given = |entry: &Stored| match &entry.held {
        Held::Literal(version) => Given::Literal(*version),
        Held::Reference { pointer, .. } => Given::Reference(pointer.to_string()),
    };
    let shared = |entry: &Stored| SharedEntry {
        origin: entry.origin.clone(),
        coordinate: entry.coordinate.to_string(),
        given: given(entry),
    };
    let with = |peer: &Looked<Peer>| {
        let key = match &peer.key {
            PeerKey::Recipient(recipient) => recipient.to_text(),
            PeerKey::Identity(_) | PeerKey::Sender(_) => String::new(),
        };
        SharedWith { name: peer.name.clone(), key, received: None, signing: peer.signing() }
    };
    Share {
        package: sealed.header.id,
        digest: Sha256::digest(&sealed.bytes).into(),
        sealed: now,
        expires: sealed.header.expires,
        post_quantum: sealed.header.is_post_quantum(),
        recipients: deed.peers.iter().map(with).collect(),
        entries: deed.entries.iter().map(shared).collect(),
    }
}

/// Each identity that the names mean, once, by its name.
fn recipients_of(view: View<'_>, names: &[String]) -> Result<Vec<Looked<Peer>>, Error> {
    let mut all = BTreeMap::new();
    for name in names {
        for peer in peer::identities(view, name)? {
            if let PeerKey::Sender(_) = peer.key {
                return Err(Error::SenderOnly(peer.found.name));
            }
            all.insert(peer.name.clone(), peer);
        }
    }
    match all.is_empty() {
        true => Err(Error::Usage("name at least one peer to seal to".into())),
        false => Ok(all.into_values().collect()),
    }
}

/// An entry as it goes into a package.
fn travelling(view: View<'_>, entry: &Stored) -> Result<Entry, Error> {
    let content = match &entry.held {
        Held::Literal(_) => Content::Literal(view.value(entry)?),
        Held::Reference { pointer, .. } => Content::Reference(pointer.clone()),
    };
    Ok(with_content(entry, content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn unnamed([out, token]: [&Path; 2]) -> [NewFile; 2] {
        let package = output::draft(out, Readers::Everyone, b"package");
        [package, output::draft(token, Readers::Owner, b"token")].map(Result::unwrap)
    }

    #[test]
    fn what_is_on_record_and_could_not_be_written_leaves_neither_file() {
        let folder = tempfile::tempdir().unwrap();
        let [out, token] = ["p.kovra", "p.token"].map(|name| folder.path().join(name));
        let [package_file, token_file] = unnamed([&out, &token]);
        fs::write(&out, b"taken").unwrap();
        let late = keep((&out, package_file), Some((&token, token_file))).unwrap_err();
        assert!(late.to_string().starts_with("the package is on record, but was not written: "));
        assert_eq!(fs::read(&out).unwrap(), b"taken");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_token_that_could_not_be_written_leaves_no_package() {
        let folder = tempfile::tempdir().unwrap();
        let [out, token] = ["p.kovra", "p.token"].map(|name| folder.path().join(name));
        let [package_file, token_file] = unnamed([&out, &token]);
        fs::write(&token, b"taken").unwrap();
        let late = keep((&out, package_file), Some((&token, token_file))).unwrap_err();
        assert!(matches!(late, Error::Unwritten { path, .. } if path == token));
        assert_eq!(fs::read(&token).unwrap(), b"taken");
        assert!(!out.exists());
    }
}
