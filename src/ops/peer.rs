//! `peer`: pinning other people's public keys.

use super::session::Wish;
use super::{About, Error, Session, device};
use crate::audit::{Action, Event};
use crate::coordinate::check_segment;
use crate::identity::{
    AgreementPublic, DeviceStatement, PublicIdentity, Recipient, RecipientId, SigningPublic, person,
};
use crate::limits;
use crate::package::Package;
use crate::platform;
use crate::policy::{Asker, Trust};
use crate::text::escape;
use crate::vault::{self, KnownPeer, Looked, Peer, PeerKey, View};
use std::path::Path;

#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    New(Peer),
    /// The same name with the same key: nothing was done.
    Known(Peer),
    /// A pinned signing key with other keys, or with its first ones; or a peer who is confirmed now.
    Updated(Peer),
}

/// Reads a peer's key from what a person passes on: `kovra1...`, `age1...` or `ssh-ed25519 ...`. Of the short form of
/// an identity it is the sender's key alone (`spec/identity.md` 2.5).
pub fn parse_key(text: &str) -> Result<PeerKey, Error> {
    let text = text.trim_ascii();
    if !PublicIdentity::is_meant(text) {
        return Ok(PeerKey::Recipient(Recipient::plain(text)?));
    }
    let identity: PublicIdentity = text.parse()?;
    Ok(match identity.is_short() {
        true => PeerKey::Sender(identity.signing()),
        false => PeerKey::Identity(identity),
    })
}

/// Reads a key as [`parse_key`], from the text itself or, if it is none, from a file of that name. Nobody puts a key under
/// the name of another: what begins as a key is no file's name.
pub fn key_in(given: &str) -> Result<PeerKey, Error> {
    match parse_key(given) {
        Err(Error::NoKey | Error::OtherKind(_)) if !given.starts_with("age1") && is_file(given) => {
            parse_key(&text_in(given)?)
        }
        parsed => parsed,
    }
}

/// Whether an identity is meant, as text or as a file, which is called `.kovra-id` or begins at the root, as no peer's
/// name does.
pub fn is_identity(given: &str) -> bool {
    PublicIdentity::is_meant(given.trim_ascii())
        || given.ends_with(".kovra-id")
        || Path::new(given).is_absolute()
}

/// Reads an identity, of whatever form, from the text itself or from a file of that name.
pub fn identity_in(given: &str) -> Result<PublicIdentity, Error> {
    match PublicIdentity::is_meant(given.trim_ascii()) {
        false if is_identity(given) || is_file(given) => {
            Ok(text_in(given)?.trim_ascii().parse()?)
        }
        _ => Ok(given.trim_ascii().parse()?),
    }
}

/// Whether something of that name can be read: a pipe too, as a shell makes it of `<(command)`.
fn is_file(given: &str) -> bool {
    let path = Path::new(given);
    path.exists() && !path.is_dir()
}

/// What a file holds, less its comments.
fn text_in(file: &str) -> Result<String, Error> {
    let path = Path::new(file);
    let bytes = platform::read(path, limits::KEY_FILE).map_err(Error::io(path))?;
    let bytes = Some(bytes).filter(|bytes| bytes.len() <= limits::KEY_FILE);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Error::NoKey)?;
    let lines = text.lines().filter(|line| !line.trim_ascii_start().starts_with('#'));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Reads an age recipient, `age1...`, where no other key will do.
pub fn age_recipient(text: &str) -> Result<AgreementPublic, Error> {
    match parse_key(text)? {
        PeerKey::Recipient(Recipient::Age(key)) => Ok(key),
        _ => Err(Error::Usage("this takes the recipient of an age identity, age1...".into())),
    }
}

/// The sender of an intact package, for pinning. A file that holds a key instead is [`Error::KeyFile`], or
/// what is wrong with the key.
pub fn sender_of(file: &[u8]) -> Result<SigningPublic, Error> {
    match str::from_utf8(file).map(parse_key) {
        Ok(Ok(_) | Err(Error::OtherKind(_))) => Err(Error::KeyFile),
        Ok(Err(Error::Identity(why))) => Err(why.into()),
        _ => Ok(Package::parse(file)?.verify()?.sender()),
    }
}

/// A key that came with a package, and what vouches for it.
pub struct Claim<'a> {
    /// The local name it shall have.
    pub name: &'a str,
    /// From [`sender_of`].
    pub sender: SigningPublic,
    /// The fingerprint that the peer told, if it was typed in.
    pub expected: Option<&'a str>,
}

/// Pins the sender of a package, after the person has compared its fingerprint: [`Error::OtherSender`] if
/// it is not the `expected` one, [`Error::Uncompared`] if nobody is there to compare it.
pub fn add_sender(session: &mut Session<'_>, claim: &Claim<'_>) -> Result<Added, Error> {
    let Claim { name, sender, expected } = *claim;
    let fingerprint = sender.fingerprint();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match expected {
        Some(expected) if digits(expected) != digits(&fingerprint) => {
            Err(Error::OtherSender { name: escape(name), fingerprint })
        }
        None if session.asker() != Asker::Person => {
            Err(Error::Uncompared { name: escape(name), fingerprint })
        }
        _ => add(session, name, PeerKey::Sender(sender), Vouched::Compared),
    }
}

/// What tells whose a key is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Vouched<'a> {
    /// Its fingerprint, which the owner compares, if they are there.
    Compared,
    /// Nothing yet: it is somebody to seal to, with a question.
    Later,
    /// The peer's own key: it is a further device of theirs.
    Stated(&'a DeviceStatement),
}

/// Pins a key under a name, or a further device of a peer under `NAME/DEVICE`. Where nobody is to be asked it is
/// somebody to seal to, with a question, and no sender; and a device is refused.
///
/// # Errors
/// [`Error::OtherKey`] if the name has another key, [`Error::Conflict`] if the key has another name;
/// [`Error::OlderKeys`] for keys that gave way to others; [`Error::Rotation`] for new keys that nobody is here to confirm, [`Error::KnownBefore`] for a name
/// or a key that was known before. Of a device also [`Error::Unconfirmed`] and what is wrong with a statement.
pub fn add(
    session: &mut Session<'_>,
    name: &str,
    key: PeerKey,
    vouched: Vouched<'_>,
) -> Result<Added, Error> {
    check_name(name)?;
    let mut peer = Peer { name: name.to_owned(), key, added: session.now(), confirmed: true };
    let first = device_of(session.view(), &peer, vouched)?;
    let known = session.view().known_peers()?;
    check_key(session.view(), &peer, &known)?;
    let Looked { found: old, basis } = session.view().peer(name)?;
    let related: Vec<&Looked<KnownPeer>> =
        known.iter().filter(|known| related_to(&peer, &known.peer)).collect();
    let before: Vec<Peer> = related.iter().map(|known| known.peer.clone()).collect();
    let caller = session.caller()?;
    let nobody = caller.asker != Asker::Person;
    let vouches = !nobody && caller.has_proof && vouched != Vouched::Later || first.is_some();
    let trust = match &old {
        Some(old) if old.key == peer.key && (old.confirmed || !vouches) => {
            return Ok(Added::Known(old.clone()));
        }
        Some(old) if old.key == peer.key => Trust::Vouch,
        Some(old) if old.signing().is_none() || old.signing() != peer.signing() => {
            return Err(Error::OtherKey(old.name.clone()));
        }
        // A package of theirs says less than what is known.
        Some(old) if matches!(peer.key, PeerKey::Sender(_)) => {
            if old.confirmed {
                return Ok(Added::Known(old.clone()));
            }
            peer.key = old.key.clone();
            Trust::Vouch
        }
        // Other keys, signed by the pinned key: the first that are known, or others.
        Some(_) => Trust::Exchange,
        None if !before.is_empty() => Trust::Exchange,
        None if vouches || matches!(peer.key, PeerKey::Sender(_)) => Trust::Vouch,
        None => Trust::Pin,
    };
    let rotation = trust == Trust::Exchange && old.is_some();
    // That a key is another says nothing of whose it is: who was not confirmed is not by that.
    peer.confirmed =
        trust != Trust::Pin && old.as_ref().is_none_or(|old| !rotation || old.confirmed);
    let about = match (trust, &first) {
        (Trust::Pin, _) => About::Pin(&peer),
        _ if rotation => About::Rotation(&peer),
        // Who was known before is compared, whatever a statement says.
        (Trust::Vouch, Some(first)) if matches!(vouched, Vouched::Stated(_)) => {
            About::Device { peer: &peer, first }
        }
        _ => About::Vouch { peer: &peer, known: &before },
    };
    let wish = Wish::of_trust(trust, name, event(session, Action::PeerAdd, name));
    let wish = related
        .iter()
        .fold(wish.on(&basis, name), |wish, other| wish.on(&other.basis, &other.peer.name));
    let wish = first.iter().fold(wish, |wish, first| wish.on(&first.basis, &first.name));
    let consent = session.ask(vec![wish], &about).map_err(|refusal| match refusal {
        Error::Denied(_) if nobody && rotation => Error::Rotation(name.to_owned()),
        Error::Denied(_) if nobody && trust == Trust::Exchange => {
            Error::KnownBefore(name.to_owned())
        }
        other => other,
    })?;
    session.write(consent, |batch, _| {
        // Somebody else may have pinned this key meanwhile, under a name that nobody looked at.
        check_key(batch.view(), &peer, &batch.view().known_peers()?)?;
        Ok::<_, Error>(batch.put_peer(&basis, &peer)?)
    })?;
    Ok(if old.is_some() { Added::Updated(peer) } else { Added::New(peer) })
}

/// Whose further device it is to be, if it is to be one.
fn device_of(
    view: View<'_>,
    peer: &Peer,
    vouched: Vouched<'_>,
) -> Result<Option<Looked<Peer>>, Error> {
    if peer.person() == peer.name {
        return match vouched {
            Vouched::Stated(_) => {
                Err(Error::Usage("a statement is about a device, NAME/DEVICE".into()))
            }
            Vouched::Compared | Vouched::Later => Ok(None),
        };
    }
    let first = get(view, peer.person())?;
    match vouched {
        _ if !first.confirmed => return Err(Error::Unconfirmed(first.found.name)),
        Vouched::Later => {
            return Err(Error::Usage("a device is compared, or comes with a statement".into()));
        }
        Vouched::Stated(by) => device::check(by, first.signing(), peer.signing(), &peer.name)?,
        Vouched::Compared => {}
    }
    Ok(Some(first))
}

/// Nobody is called what the owner of a vault is called.
fn check_name(name: &str) -> Result<(), Error> {
    let bad = |e| Error::Usage(format!("a peer's name: {e}"));
    let (person, device) = name.split_once('/').map_or((name, None), |(p, d)| (p, Some(d)));
    [Some(person), device].into_iter().flatten().try_for_each(check_segment).map_err(bad)?;
    match person {
        "me" | "you" => {
            Err(Error::Usage(format!("a peer's name: {name} is the owner of this vault")))
        }
        _ => Ok(()),
    }
}

/// No key is two people's, and none comes back that gave way to another.
fn check_key(view: View<'_>, peer: &Peer, known: &[Looked<KnownPeer>]) -> Result<(), Error> {
    if known.iter().any(|known| is_older(peer, &known.peer)) {
        return Err(Error::OlderKeys(peer.name.clone()));
    }
    let there = known.iter().filter(|known| !known.removed && known.peer.name != peer.name);
    let ids = peer.recipient_ids();
    let shares_key = |other: &&Looked<KnownPeer>| {
        shares_any(&ids, &other.peer.recipient_ids()) || same_person(peer, &other.peer)
    };
    if let Some(other) = there.into_iter().find(shares_key) {
        let what = format!("this key is pinned already, as {}", other.peer.name);
        return Err(Error::Conflict(what));
    }
    let me = view.identity()?;
    let is_me = peer.signing() == Some(me.signing.public());
    let mine = me.recipients();
    if ids.iter().any(|id| mine.contains(id) != is_me) {
        return Err(Error::Conflict("one of its keys is your own, and the other is not".into()));
    }
    Ok(())
}

/// Whether the one's name or one of its keys is the other's.
fn related_to(peer: &Peer, other: &Peer) -> bool {
    let same_recipient = shares_any(&peer.recipient_ids(), &other.recipient_ids());
    peer.name == other.name || same_recipient || same_person(peer, other)
}

fn shares_any(these: &[RecipientId], those: &[RecipientId]) -> bool {
    these.iter().any(|id| those.contains(id))
}

/// `spec/identity.md` 6.2: no identity gives way to an earlier one, nor to another of the same number.
fn is_older(peer: &Peer, known: &Peer) -> bool {
    match (&peer.key, &known.key) {
        (PeerKey::Identity(new), PeerKey::Identity(old)) if new.signing() == old.signing() => {
            new.number() < old.number()
                || new.number() == old.number() && old.number() > 0 && new != old
        }
        _ => false,
    }
}

fn same_person(peer: &Peer, other: &Peer) -> bool {
    peer.signing().is_some() && peer.signing() == other.signing()
}

/// Takes a pinned peer for who they say they are, once the owner has compared the fingerprint.
pub fn confirm(session: &mut Session<'_>, name: &str) -> Result<Added, Error> {
    let Looked { found: old, basis } = get(session.view(), name)?;
    if old.confirmed {
        return Ok(Added::Known(old));
    }
    let peer = Peer { confirmed: true, ..old };
    let event = event(session, Action::PeerConfirm, name);
    let wish = Wish::of_trust(Trust::Vouch, name, event).on(&basis, name);
    let consent = session.ask(vec![wish], &About::Vouch { peer: &peer, known: &[] })?;
    session.write(consent, |batch, _| batch.put_peer(&basis, &peer))?;
    Ok(Added::Updated(peer))
}

/// Gives a peer another name, and with it all their devices; or a device another. What was sealed to them keeps the
/// name of its time.
pub fn rename(session: &mut Session<'_>, name: &str, to: &str) -> Result<(), Error> {
    check_name(to)?;
    let theirs = identities(session.view(), name)?;
    let new_name = |old: &str| match (person(name) == name, person(to) == to) {
        (true, true) => Ok(old.replacen(name, to, 1)),
        (false, false) if person(name) == person(to) => Ok(to.to_owned()),
        _ => Err(Error::Usage("a peer stays a peer, and a device that peer's device".into())),
    };
    let event = event(session, Action::PeerRename, name);
    let (mut wish, mut known) = (Wish::of_trust(Trust::Rename, name, event), Vec::new());
    let mut moves = Vec::new();
    for old in &theirs {
        let to = new_name(&old.name)?;
        let Looked { found: taken, basis: free } = session.view().peer(&to)?;
        if taken.is_some() {
            return Err(Error::Conflict(format!("there is a peer named {to} already")));
        }
        wish = wish.on(&old.basis, &old.name).on(&free, &to);
        let before = session.view().known_peers()?.into_iter().map(|known| known.found.peer);
        known.extend(before.filter(|other| other.name == to && other.key != old.key));
        moves.push((old, Peer { name: to, ..old.found.clone() }, free));
    }
    let peers: Vec<Peer> = theirs.iter().map(|peer| peer.found.clone()).collect();
    let consent = session.ask(vec![wish], &About::Rename { peers: &peers, to, known: &known })?;
    session.write(consent, |batch, _| {
        expect_all(batch.view(), name, &theirs)?;
        moves.iter().try_for_each(|(old, new, free)| {
            batch.remove_peer(&old.basis, &old.found)?;
            batch.put_peer(free, new)
        })
    })
}

/// All identities of a peer, or the one device that is named.
pub fn identities(view: View<'_>, name: &str) -> Result<Vec<Looked<Peer>>, Error> {
    match view.identities(name)? {
        none if none.is_empty() => Err(nobody(view, name)),
        theirs => Ok(theirs),
    }
}

pub fn get(view: View<'_>, name: &str) -> Result<Looked<Peer>, Error> {
    let Looked { found, basis } = view.peer(name)?;
    let found = found.map_or_else(|| Err(nobody(view, name)), Ok)?;
    Ok(Looked { found, basis })
}

/// Why nobody has this name: it may be somebody's key.
fn nobody(view: View<'_>, name: &str) -> Error {
    let pinned = |key: PeerKey| {
        let is = |peer: &Peer| {
            peer.key == key || key.signing().is_some() && peer.signing() == key.signing()
        };
        view.peers().unwrap_or_default().into_iter().find(is).map(|peer| peer.name)
    };
    match parse_key(name) {
        Ok(key) => Error::KeyNotName(pinned(key)),
        Err(Error::NoKey) => Error::NoPeer(escape(name)),
        // `sk-dora` begins as a key of others does, and is a name.
        Err(Error::OtherKind(_)) if check_segment(name).is_ok() => Error::NoPeer(escape(name)),
        Err(other) => other,
    }
}

/// That no identity came to them since: it would be left behind, and go on as a sender.
fn expect_all(view: View<'_>, name: &str, theirs: &[Looked<Peer>]) -> Result<(), vault::Error> {
    let now = view.identities(name)?;
    let same = now.iter().map(|peer| &peer.name).eq(theirs.iter().map(|peer| &peer.name));
    if same { Ok(()) } else { Err(vault::Error::Moved(name.to_owned())) }
}

/// Removes a peer with all their devices, or one device.
pub fn remove(session: &mut Session<'_>, name: &str) -> Result<Vec<Peer>, Error> {
    let theirs = identities(session.view(), name)?;
    let wish = Wish::of_trust(Trust::Unpin, name, event(session, Action::PeerRemove, name));
    let wish = theirs.iter().fold(wish, |wish, peer| wish.on(&peer.basis, &peer.name));
    let peers: Vec<Peer> = theirs.iter().map(|peer| peer.found.clone()).collect();
    let consent = session.ask(vec![wish], &About::Unpin(&peers))?;
    session.write(consent, |batch, _| {
        expect_all(batch.view(), name, &theirs)?;
        theirs.iter().try_for_each(|peer| batch.remove_peer(&peer.basis, &peer.found))
    })?;
    Ok(peers)
}

fn event(session: &Session<'_>, action: Action, peer: &str) -> Event {
    session.event(action).with_peer(peer)
}
