//! Who somebody is to whoever asks: the keys of a package, by the names that a person knows.

use super::Error;
use super::post_quantum::{Hinders, Lacks};
use crate::identity::{RecipientId, SigningPublic};
use crate::package::Header;
use crate::vault::{Peer, View};
use std::fmt;

/// Who a key is to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A peer, by the local name and the fingerprint that was compared.
    Peer { name: String, fingerprint: String },
    /// The owner of the vault.
    Me,
    /// The identity that was given with `--from`.
    Given,
}

impl Known {
    fn of(peer: &Peer) -> Self {
        Self::Peer { name: peer.name.clone(), fingerprint: peer.fingerprint() }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer { name, .. } => f.write_str(name),
            Self::Me => f.write_str("you"),
            Self::Given => f.write_str("the given identity"),
        }
    }
}

/// Everybody whom a vault knows; nobody without one.
#[derive(Default)]
pub struct Acquaintances {
    me: Option<SigningPublic>,
    /// Of each key of mine that others seal to, or did.
    mine: Vec<RecipientId>,
    /// Whether I have a hybrid key.
    hybrid: bool,
    /// Each with how a header may list them: a package has many recipients, and a hash is made for each.
    peers: Vec<(Vec<RecipientId>, Peer)>,
}

impl Acquaintances {
    pub fn of(view: View<'_>) -> Result<Self, Error> {
        let identity = view.identity()?;
        let (me, mine) = (Some(identity.signing.public()), identity.recipients());
        let peers = view.peers()?.into_iter().map(|peer| (peer.recipient_ids(), peer)).collect();
        Ok(Self { me, mine, hybrid: !identity.hybrid.is_empty(), peers })
    }

    /// Whose packages are trusted: confirmed peers and the owner, each with their key.
    pub fn senders(&self) -> Vec<(Known, SigningPublic)> {
        let peers = self.peers.iter().map(|(_, peer)| peer);
        let peers = peers.filter_map(|peer| Some((Known::of(peer), peer.sender()?)));
        let me = self.me.iter().map(|me| (Known::Me, *me));
        // Who has pinned themselves is themselves.
        me.chain(peers).collect()
    }

    pub fn signer(&self, key: SigningPublic) -> Option<Known> {
        let is = |_: &[RecipientId], peer: &Peer| peer.signing() == Some(key);
        known(self.me == Some(key), self.peer(is))
    }

    pub fn recipient(&self, id: &RecipientId) -> Option<Known> {
        known(self.mine.contains(id), self.listed_as(id))
    }

    fn listed_as(&self, id: &RecipientId) -> Option<&Peer> {
        self.peer(|ids, _| ids.contains(id))
    }

    fn peer(&self, is: impl Fn(&[RecipientId], &Peer) -> bool) -> Option<&Peer> {
        self.peers.iter().find(|(ids, peer)| is(ids, peer)).map(|(_, peer)| peer)
    }

    /// Of whom no hybrid key is known here, among those whom a classical package is sealed to.
    pub fn hinders(&self, header: &Header) -> Vec<Hinders> {
        let lacking = header.recipients.iter().filter_map(|id| {
            let lacks = Lacks::of(id.kind).filter(|_| !self.has_hybrid(id))?;
            Some(Hinders { name: recipient_name(self.recipient(id).as_ref(), id), lacks })
        });
        lacking.collect()
    }

    fn has_hybrid(&self, id: &RecipientId) -> bool {
        match self.mine.contains(id) {
            true => self.hybrid,
            false => self.listed_as(id).is_some_and(|peer| peer.hybrid().is_some()),
        }
    }
}

fn known(is_me: bool, peer: Option<&Peer>) -> Option<Known> {
    if is_me { Some(Known::Me) } else { peer.map(Known::of) }
}

/// As a person can recognise a recipient: who it is, or the fingerprint that `kovra id` prints of it.
pub fn recipient_name(known: Option<&Known>, id: &RecipientId) -> String {
    match known {
        Some(Known::Peer { name, fingerprint }) => format!("{name} ({fingerprint})"),
        Some(other) => other.to_string(),
        None => id.groups(),
    }
}
