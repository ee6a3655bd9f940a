//! Whether a package stays closed to a quantum computer, who prevents it, and whether the vault insists.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::identity::{Recipient, RecipientKind};
use crate::policy::Trust;
use crate::vault::{Looked, Peer};

/// A peer without a hybrid key, by their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hinders {
    pub name: String,
    pub lacks: Lacks,
}

/// What they have instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacks {
    /// An identity of version 1.
    Identity,
    /// `age1...`
    Age,
    Ssh,
}

words!(Lacks { Identity = "identity", Age = "age", Ssh = "ssh" });

impl Lacks {
    /// What the peer must run.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Identity => {
                "`kovra id rotate` makes one, and who seals to them gets it by `kovra id -o FILE`"
            }
            Self::Age => "`age-keygen -pq` of age 1.3 makes one",
            Self::Ssh => {
                "no SSH key is one; `kovra init`, or `age-keygen -pq` of age 1.3, makes one"
            }
        }
    }

    pub(super) fn of(kind: RecipientKind) -> Option<Self> {
        match kind {
            RecipientKind::Kovra => Some(Self::Identity),
            RecipientKind::Age => Some(Self::Age),
            RecipientKind::SshEd25519 => Some(Self::Ssh),
            RecipientKind::Hybrid => None,
        }
    }
}

/// To whom a package is sealed, by which keys, and who keeps it from being post-quantum.
pub(super) struct Chosen {
    pub(super) recipients: Vec<Recipient>,
    pub(super) hinders: Vec<Hinders>,
}

/// The hybrid keys, if all have one; else the others.
///
/// # Errors
/// [`Error::Mixed`] if one has a hybrid key alone, and another none.
pub(super) fn choose(peers: &[Looked<Peer>]) -> Result<Chosen, Error> {
    let lacks = |peer: &Looked<Peer>| match peer.hybrid() {
        Some(_) => None,
        None => Some(Hinders {
            name: peer.name.clone(),
            lacks: Lacks::of(peer.classical()?.id().kind)?,
        }),
    };
    let hinders: Vec<Hinders> = peers.iter().filter_map(lacks).collect();
    let Some(first) = hinders.first() else {
        return Ok(Chosen {
            recipients: distinct(peers.iter().filter_map(|p| p.hybrid())),
            hinders,
        });
    };
    if let Some(alone) = peers.iter().find(|peer| peer.classical().is_none()) {
        return Err(Error::Mixed { hybrid: alone.name.clone(), classical: first.name.clone() });
    }
    Ok(Chosen { recipients: distinct(peers.iter().filter_map(|p| p.classical())), hinders })
}

/// Each once: two names may be of one key.
fn distinct(keys: impl Iterator<Item = Recipient>) -> Vec<Recipient> {
    let mut all = Vec::new();
    for key in keys {
        if !all.contains(&key) {
            all.push(key);
        }
    }
    all
}

/// What the vault's own word is called, where it has changed meanwhile.
pub(super) const SETTING: &str = "what seal is held to";

/// Has this vault seal nothing but post-quantum packages, or whatever it can. Gives whether that was new.
pub fn require(session: &mut Session<'_>, required: bool) -> Result<bool, Error> {
    let Looked { found, basis } = session.view().requires_post_quantum()?;
    if found == required {
        return Ok(false);
    }
    let wish = Wish::of_trust(Trust::Require, SETTING, session.event(Action::RequirePq));
    let consent = session.ask(vec![wish.on(&basis, SETTING)], &About::Require(required))?;
    session.write(consent, |batch, _| batch.require_post_quantum(&basis, required))?;
    Ok(true)
}
