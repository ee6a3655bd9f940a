//! `peer`: pinning other people's public keys.

use super::{Error, Question, Session};
use crate::audit::{Action, Event, Outcome};
use crate::coordinate::check_segment;
use crate::identity::{Recipient, SigningPublic};
use crate::package::Package;
use crate::policy::Asker;
use crate::vault::{self, Looked, Peer, PeerKey, View};

#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    New(Peer),
    /// The same name with the same key: nothing was done.
    Known(Peer),
    /// A pinned signing key with another X25519 key, or with its first one.
    Updated(Peer),
}

/// Reads a peer's key from what a person passes on: `kovra1...`, `age1...` or `ssh-ed25519 ...`.
pub fn parse_key(text: &str) -> Result<PeerKey, Error> {
    let text = text.trim();
    if text.starts_with("kovra1") {
        return Ok(PeerKey::Identity(text.parse()?));
    }
    Recipient::plain(text).map(PeerKey::Recipient).ok_or_else(|| {
        let what = "this is no key of a peer: expected kovra1..., age1... or ssh-ed25519 AAAA..., \
                    whole and without a typo";
        Error::Usage(what.into())
    })
}

/// The sender of an intact package, for pinning.
pub fn sender_of(file: &[u8]) -> Result<SigningPublic, Error> {
    Ok(Package::parse(file)?.verify()?.sender())
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

/// Pins the sender of a package, after the person has compared its fingerprint, or if it is the
/// `expected` one: [`Error::OtherSender`] if it is not, [`Error::Uncompared`] if there is neither.
pub fn add_sender(session: &mut Session<'_>, claim: &Claim<'_>) -> Result<Added, Error> {
    let Claim { name, sender, expected } = *claim;
    let fingerprint = sender.fingerprint();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match expected {
        Some(expected) if digits(expected) == digits(&fingerprint) => {}
        Some(_) => {
            return Err(Error::OtherSender { name: name.to_owned(), fingerprint });
        }
        None if session.asker() != Asker::Person => {
            return Err(Error::Uncompared { name: name.to_owned(), fingerprint });
        }
        None => {
            let question = Question::Pin { name, fingerprint: &fingerprint };
            session.confirm_or_record(&question, &event(session, Action::PeerAdd, name))?;
        }
    }
    add(session, name, PeerKey::Sender(sender))
}

/// [`Error::OtherKey`] if the name has another key, [`Error::Conflict`] if the key has another name;
/// [`Error::Rotation`] for a new X25519 key that nobody is here to confirm.
pub fn add(session: &mut Session<'_>, name: &str, key: PeerKey) -> Result<Added, Error> {
    check_segment(name).map_err(|e| Error::Usage(format!("a peer's name: {e}")))?;
    let peer = Peer { name: name.to_owned(), key, added: session.now() };
    let view = session.view();
    if let Some(signing) = peer.signing()
        && let Some(other) = view.peer_of(signing)?
        && other.name != name
    {
        return Err(Error::Conflict(format!("this key is pinned already, as {}", other.name)));
    }
    let Looked { found, basis } = view.peer(name)?;
    let added = match found {
        None => Added::New(peer),
        Some(old) if old.key == peer.key => return Ok(Added::Known(old)),
        Some(old) if old.signing().is_none() || old.signing() != peer.signing() => {
            return Err(Error::OtherKey(old.name));
        }
        // The pinned sender shows an X25519 key, signed by the pinned key.
        Some(Peer { key: PeerKey::Sender(_), .. }) => Added::Updated(peer),
        // A package of theirs says less than what is known.
        Some(old) if matches!(peer.key, PeerKey::Sender(_)) => return Ok(Added::Known(old)),
        Some(_) => {
            confirm_rotation(&peer, session)?;
            Added::Updated(peer)
        }
    };
    if let Added::New(peer) | Added::Updated(peer) = &added {
        let event = event(session, Action::PeerAdd, name);
        session.write(event, |batch, _| {
            if let Some(signing) = peer.signing()
                && let Some(other) = batch.view().peer_of(signing)?
                && other.name != peer.name
            {
                return Err(vault::Error::Moved(other.name.clone()));
            }
            batch.put_peer(&basis, peer)
        })?;
    }
    Ok(added)
}

fn confirm_rotation(peer: &Peer, session: &mut Session<'_>) -> Result<(), Error> {
    let fingerprint = peer.signing().map(|key| key.fingerprint()).unwrap_or_default();
    if session.asker() != Asker::Person {
        return Err(Error::Rotation(peer.name.clone()));
    }
    let question = Question::Rotation { name: &peer.name, fingerprint: &fingerprint };
    session.confirm_or_record(&question, &event(session, Action::PeerAdd, &peer.name))
}

pub fn get(view: View<'_>, name: &str) -> Result<Looked<Peer>, Error> {
    let Looked { found, basis } = view.peer(name)?;
    let found = found.ok_or_else(|| Error::NoPeer(crate::text::escape(name)))?;
    Ok(Looked { found, basis })
}

pub fn remove(session: &mut Session<'_>, name: &str) -> Result<Peer, Error> {
    let peer = get(session.view(), name)?;
    let event = event(session, Action::PeerRemove, name);
    session.write(event, |batch, _| batch.remove_peer(&peer.basis, &peer))?;
    Ok(peer.found)
}

fn event(session: &Session<'_>, action: Action, peer: &str) -> Event {
    session.event(action, Outcome::Allowed).with_peer(peer)
}
