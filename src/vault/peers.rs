//! Peers: other people's public keys under local names.

use super::rows::Kind;
use super::{Batch, Error, View};
use crate::cbor::{Reader, Writer};
use crate::clock::Moment;
use crate::identity::{PublicIdentity, Recipient, SigningPublic};
use crate::secret::Secret;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Local; a name like a segment of a coordinate.
    pub name: String,
    pub key: PeerKey,
    pub added: Moment,
}

/// What is known of a peer decides what they can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerKey {
    /// A full identity: can seal to me, and be sealed to.
    Identity(PublicIdentity),
    /// The sender of a package: can seal to me; cannot be sealed to before they give their `kovra1...`.
    Sender(SigningPublic),
    /// A plain age or SSH recipient: can be sealed to, and can never be a sender.
    Recipient(Recipient),
}

impl Peer {
    pub fn signing(&self) -> Option<SigningPublic> {
        match &self.key {
            PeerKey::Identity(identity) => Some(identity.signing()),
            PeerKey::Sender(key) => Some(*key),
            PeerKey::Recipient(_) => None,
        }
    }

    pub fn recipient(&self) -> Option<Recipient> {
        match &self.key {
            PeerKey::Identity(identity) => Some(Recipient::Kovra(identity.agreement())),
            PeerKey::Sender(_) => None,
            PeerKey::Recipient(recipient) => Some(recipient.clone()),
        }
    }
}

impl View<'_> {
    /// Sorted by name.
    pub fn peers(&self) -> Result<Vec<Peer>, Error> {
        let rows = self.rows.all(Kind::Peer)?;
        let mut peers =
            rows.iter().map(|row| decode(&row.metadata)).collect::<Result<Vec<_>, _>>()?;
        peers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(peers)
    }

    pub fn peer(&self, name: &str) -> Result<Option<Peer>, Error> {
        let row = self.rows.get(Kind::Peer, &self.peer_lookup(name))?;
        row.map(|row| decode(&row.metadata)).transpose()
    }

    /// The peer whose packages are signed with `key`. Reads all peers: for many keys, call
    /// [`View::peers`] once.
    pub fn peer_of(&self, key: SigningPublic) -> Result<Option<Peer>, Error> {
        Ok(self.peers()?.into_iter().find(|peer| peer.signing() == Some(key)))
    }

    fn peer_lookup(&self, name: &str) -> [u8; 32] {
        self.rows.keys.lookup(&[b"peer", name.as_bytes()])
    }
}

impl Batch<'_> {
    /// Pins a key under a name, in place of what stood there.
    pub fn put_peer(&self, peer: &Peer) -> Result<(), Error> {
        let view = self.view();
        let lookup = view.peer_lookup(&peer.name);
        view.rows.replace(Kind::Peer, &lookup, &encode(peer), &Secret::empty())
    }

    pub fn remove_peer(&self, name: &str) -> Result<(), Error> {
        let view = self.view();
        view.rows.erase(Kind::Peer, &view.peer_lookup(name))
    }
}

fn encode(peer: &Peer) -> Vec<u8> {
    let mut w = Writer::with_capacity(512);
    w.array(4).text(&peer.name).uint(peer.added.millis());
    match &peer.key {
        PeerKey::Identity(identity) => w.uint(0).text(&identity.to_string()),
        PeerKey::Sender(key) => w.uint(1).bytes(key.as_bytes()),
        PeerKey::Recipient(recipient) => w.uint(2).text(&recipient.to_text()),
    };
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<Peer, Error> {
    let bad = || Error::Damaged("a peer's key is unreadable".to_owned());
    let mut r = Reader::new(bytes, "peer");
    if r.array()? != 4 {
        return Err(bad());
    }
    let (name, added) = (r.text()?.to_owned(), Moment::from_millis(r.uint()?));
    let key = match r.uint()? {
        0 => PeerKey::Identity(PublicIdentity::stored(r.text()?).ok_or_else(bad)?),
        1 => PeerKey::Sender(SigningPublic::stored(r.fixed()?)),
        2 => PeerKey::Recipient(Recipient::stored(r.text()?).ok_or_else(bad)?),
        _ => return Err(bad()),
    };
    r.finish()?;
    Ok(Peer { name, key, added })
}
