//! Peers: other people's public keys under local names.

use super::batch::Content;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::{PublicIdentity, Recipient, RecipientId, SigningPublic, is_meant_by, person};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Local; a name like a segment of a coordinate, or for a further device of theirs two, as in `bob/desktop`.
    pub name: String,
    pub key: PeerKey,
    pub added: Moment,
    /// Whether the owner took them for who they say they are. Who is not is somebody to seal to, with a
    /// question, and no sender.
    pub confirmed: bool,
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

impl PeerKey {
    /// Whose packages it verifies.
    pub fn signing(&self) -> Option<SigningPublic> {
        match self {
            Self::Identity(identity) => Some(identity.signing()),
            Self::Sender(key) => Some(*key),
            Self::Recipient(_) => None,
        }
    }
}

impl Peer {
    /// Whose packages are trusted: a confirmed peer's.
    pub fn sender(&self) -> Option<SigningPublic> {
        self.signing().filter(|_| self.confirmed)
    }

    /// Whose identity it is: `bob` for `bob/desktop`.
    pub fn person(&self) -> &str {
        person(&self.name)
    }

    /// What people compare: 8 groups of 5 digits.
    pub fn fingerprint(&self) -> String {
        match &self.key {
            PeerKey::Identity(identity) => identity.signing().fingerprint(),
            PeerKey::Sender(key) => key.fingerprint(),
            PeerKey::Recipient(recipient) => recipient.id().groups(),
        }
    }

    pub fn signing(&self) -> Option<SigningPublic> {
        self.key.signing()
    }

    /// How a header may list them, by each of their keys.
    pub fn recipient_ids(&self) -> Vec<RecipientId> {
        match &self.key {
            PeerKey::Identity(identity) => identity.recipient_ids(),
            PeerKey::Sender(_) => Vec::new(),
            PeerKey::Recipient(key) => vec![key.id()],
        }
    }

    /// What a post-quantum package is sealed to.
    pub fn hybrid(&self) -> Option<Recipient> {
        match &self.key {
            PeerKey::Identity(identity) => identity.hybrid().cloned().map(Recipient::Hybrid),
            PeerKey::Sender(_) => None,
            PeerKey::Recipient(key) => Some(key).filter(|key| key.is_hybrid()).cloned(),
        }
    }

    /// What a classical package is sealed to.
    pub fn classical(&self) -> Option<Recipient> {
        match &self.key {
            PeerKey::Identity(identity) => Some(Recipient::Kovra(identity.agreement())),
            PeerKey::Sender(_) => None,
            PeerKey::Recipient(key) => Some(key).filter(|key| !key.is_hybrid()).cloned(),
        }
    }
}

/// Who is or was known under a name: a peer's row keeps every key that it had, so that the next who takes the
/// name, or brings the key, can be compared with them.
pub struct KnownPeer {
    pub peer: Peer,
    /// Whether they are not there any more: removed, or given way to another key.
    pub removed: bool,
}

impl View<'_> {
    /// Sorted by name, those of one person together.
    pub fn peers(&self) -> Result<Vec<Peer>, Error> {
        Ok(self.looked_peers()?.into_iter().map(|peer| peer.found).collect())
    }

    pub fn peer(&self, name: &str) -> Result<Looked<Option<Peer>>, Error> {
        let Looked { found, basis } =
            self.rows.look(Kind::PEER, &self.peer_lookup(name), decode)?;
        let found = found.filter(|known| !known.removed).map(|known| known.peer);
        Ok(Looked { found, basis })
    }

    /// All identities of a person, or the one device that `name` means.
    pub fn identities(&self, name: &str) -> Result<Vec<Looked<Peer>>, Error> {
        let mut peers = self.looked_peers()?;
        peers.retain(|peer| is_meant_by(&peer.name, name));
        Ok(peers)
    }

    /// All that were ever known, those who were removed too.
    pub fn known_peers(&self) -> Result<Vec<Looked<KnownPeer>>, Error> {
        let mut all = Vec::new();
        for (basis, row) in self.rows.each(Kind::PEER) {
            let row = row?;
            all.push(Looked { found: decode(&row)?, basis: basis.clone() });
            if row.revision > 1 {
                for row in self.rows.revisions(Kind::PEER, &basis.lookup)?.iter().skip(1) {
                    let found = KnownPeer { removed: true, ..decode(row)? };
                    all.push(Looked { found, basis: basis.clone() });
                }
            }
        }
        Ok(all)
    }

    /// The peer whose packages are signed with `key`. Reads all peers: for many keys, call
    /// [`View::peers`] once.
    pub fn peer_of(&self, key: SigningPublic) -> Result<Option<Looked<Peer>>, Error> {
        Ok(self.looked_peers()?.into_iter().find(|peer| peer.signing() == Some(key)))
    }

    fn looked_peers(&self) -> Result<Vec<Looked<Peer>>, Error> {
        let there = self.known_peers()?.into_iter().filter(|known| !known.removed);
        let peer = |Looked { found, basis }: Looked<KnownPeer>| Looked { found: found.peer, basis };
        let mut peers: Vec<Looked<Peer>> = there.map(peer).collect();
        peers.sort_by(|a, b| (a.person(), &a.name).cmp(&(b.person(), &b.name)));
        Ok(peers)
    }

    /// Whether nobody with another key was ever known in this row.
    fn had_only(&self, lookup: &Lookup, key: &PeerKey) -> Result<bool, Error> {
        for row in self.rows.revisions(Kind::PEER, lookup)? {
            if decode(&row)?.peer.key != *key {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn peer_lookup(&self, name: &str) -> Lookup {
        Name::Peer(name).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    /// Pins a key under a name, in place of what stood there.
    pub fn put_peer(&mut self, on: &Basis, peer: &Peer) -> Result<(), Error> {
        self.write_peer(on, peer, false)
    }

    pub fn remove_peer(&mut self, on: &Basis, peer: &Peer) -> Result<(), Error> {
        self.write_peer(on, peer, true)
    }

    fn write_peer(&mut self, on: &Basis, peer: &Peer, removed: bool) -> Result<(), Error> {
        self.expect(on, &peer.name)?;
        let lookup = self.view().peer_lookup(&peer.name);
        let (row, same) = (encode(peer, removed), self.view().had_only(&lookup, &peer.key)?);
        match same {
            true => self.replace(Kind::PEER, lookup, &Content::of(&row, true)),
            // A key that gives way to another stays beneath it: it is not new to who brings it again.
            false => self.add(Kind::PEER, lookup, &Content::of(&row, true)).map(|_| ()),
        }
    }
}

fn encode(peer: &Peer, removed: bool) -> Vec<u8> {
    let mut w = Writer::with_capacity(2048);
    let marks = u64::from(removed) | u64::from(!peer.confirmed) << 1;
    w.array(4 + usize::from(marks != 0)).text(&peer.name).uint(peer.added.millis());
    match &peer.key {
        PeerKey::Identity(identity) => match identity.hybrid() {
            None => w.uint(0).text(&identity.string()),
            Some(key) => w.uint(3).bytes(&[key.as_bytes(), identity.string().as_bytes()].concat()),
        },
        PeerKey::Sender(key) => w.uint(1).bytes(key.as_bytes()),
        PeerKey::Recipient(recipient) => w.uint(2).text(&recipient.to_text()),
    };
    if marks != 0 {
        w.uint(marks);
    }
    w.finish()
}

fn decode(row: &Opened) -> Result<KnownPeer, Error> {
    let bad = || Error::Damaged("a peer's key is unreadable".to_owned());
    let mut fields = Fields::of(&row.metadata, "peer")?;
    let name = fields.next()?.text()?.to_owned();
    let added = Moment::from_millis(fields.next()?.uint()?);
    let (kind, key) = (fields.next()?.uint()?, fields.next()?);
    let key = match kind {
        0 => PublicIdentity::stored(key.text()?, None).map(PeerKey::Identity),
        1 => Some(PeerKey::Sender(SigningPublic::stored(key.fixed()?))),
        2 => Recipient::stored(key.text()?).map(PeerKey::Recipient),
        3 => with_hybrid(key.bytes()?).map(PeerKey::Identity),
        _ => None,
    };
    let key = key.ok_or_else(bad)?;
    let marks = if fields.more() { fields.next()?.uint()? } else { 0 };
    let (removed, confirmed) = (marks & 1 != 0, marks & 2 == 0);
    Ok(KnownPeer { peer: Peer { name, key, added, confirmed }, removed })
}

/// A hybrid key and the string that commits to it: the key as bytes, since Bech32 of so many would be read for each peer.
fn with_hybrid(bytes: &[u8]) -> Option<PublicIdentity> {
    let (key, string) = bytes.split_first_chunk()?;
    PublicIdentity::stored(std::str::from_utf8(string).ok()?, Some(key))
}
