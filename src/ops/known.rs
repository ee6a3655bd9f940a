//! Who somebody is to whoever asks: the keys of a package, by the names that a person knows.

use super::Error;
use crate::identity::{Recipient, RecipientId, SigningPublic};
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
    peers: Vec<Peer>,
}

impl Acquaintances {
    pub fn of(view: View<'_>) -> Result<Self, Error> {
        let identity = view.identity()?;
        let (me, mine) = (Some(identity.signing.public()), identity.recipients());
        Ok(Self { me, mine, peers: view.peers()? })
    }

    /// Whose packages are trusted: confirmed peers and the owner, each with their key.
    pub fn senders(&self) -> Vec<(Known, SigningPublic)> {
        let peers = self.peers.iter().filter_map(|peer| Some((Known::of(peer), peer.sender()?)));
        let me = self.me.iter().map(|me| (Known::Me, *me));
        // Who has pinned themselves is themselves.
        me.chain(peers).collect()
    }

    pub fn signer(&self, key: SigningPublic) -> Option<Known> {
        self.known(self.me == Some(key), |peer| peer.signing() == Some(key))
    }

    pub fn recipient(&self, id: &RecipientId) -> Option<Known> {
        let is = |recipient: Recipient| recipient.id() == *id;
        self.known(self.mine.contains(id), |peer| peer.recipient().is_some_and(is))
    }

    fn known(&self, is_me: bool, is: impl Fn(&Peer) -> bool) -> Option<Known> {
        let peer = || self.peers.iter().find(|peer| is(peer));
        if is_me { Some(Known::Me) } else { peer().map(Known::of) }
    }
}

/// As a person can recognise a recipient: who it is, or the fingerprint that `kovra id` prints of it.
pub fn recipient_name(known: Option<&Known>, id: &RecipientId) -> String {
    match known {
        Some(Known::Peer { name, fingerprint }) => format!("{name} ({fingerprint})"),
        Some(other) => other.to_string(),
        None => id.groups(),
    }
}
