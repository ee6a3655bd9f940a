//! `shared`: what was sealed to whom, and what that means if they leave.

use super::Error;
use crate::clock::Moment;
use crate::identity::is_meant_by;
use crate::text::escape;
use crate::vault::{self, Given, Held, Share, SharedEntry, View};

/// Something that a peer was given.
pub struct Item {
    /// The peer's name when it was sealed.
    pub peer: String,
    /// Of their key.
    pub fingerprint: String,
    pub entry: SharedEntry,
    pub sealed: Moment,
    /// The package's id.
    pub package: [u8; 16],
    /// When they said that they imported it.
    pub received: Option<Moment>,
    /// Whether every package that they got it in stays closed to a quantum computer.
    pub post_quantum: bool,
    /// What is to be done if they leave.
    pub upshot: Upshot,
}

/// What a removal has to see to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upshot {
    /// They know the value that is in use: rotate it.
    Rotate,
    /// The value has changed since, or is gone: nothing.
    Changed,
    /// They know where it is: take away their access in the cloud.
    Revoke,
}

words!(Upshot { Rotate = "rotate", Changed = "changed", Revoke = "revoke" });

impl Upshot {
    /// The words for it in tables.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Changed => "changed since",
            Self::Revoke => "revoke access",
        }
    }
}

/// Everything that was sealed, to `peer` and all their devices if one is named; the latest first, each entry once for
/// each peer and content.
///
/// # Errors
/// [`Error::NoPeer`] for a name that nobody has or had.
pub fn shared(view: View<'_>, peer: Option<&str>) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = Vec::new();
    let meant = |of: &str| peer.is_none_or(|asked| is_meant_by(of, asked));
    if let Some(name) = peer {
        let pinned = view.known_peers()?.iter().any(|known| meant(&known.peer.name));
        let given = |share: &Share| share.recipients.iter().any(|r| meant(&r.name));
        if !pinned && !view.shares()?.iter().any(given) {
            return Err(Error::NoPeer(escape(name)));
        }
    }
    for share in view.shares()?.into_iter().rev() {
        let Share { package, sealed, recipients, entries, post_quantum, .. } = share;
        for recipient in recipients.iter().filter(|r| meant(&r.name)) {
            let fingerprint = recipient.fingerprint();
            for entry in &entries {
                let told = |item: &Item| {
                    let same = item.peer == recipient.name && item.fingerprint == fingerprint;
                    same && item.entry == *entry
                };
                match items.iter_mut().find(|item| told(item)) {
                    Some(later) => later.post_quantum &= post_quantum,
                    None => items.push(Item {
                        peer: recipient.name.clone(),
                        fingerprint: fingerprint.clone(),
                        entry: entry.clone(),
                        sealed,
                        package,
                        received: recipient.received,
                        post_quantum,
                        upshot: upshot(view, entry)?,
                    }),
                }
            }
        }
    }
    Ok(items)
}

pub(super) fn upshot(view: View<'_>, entry: &SharedEntry) -> Result<Upshot, vault::Error> {
    let Given::Literal(given) = &entry.given else { return Ok(Upshot::Revoke) };
    let Ok(coordinate) = entry.coordinate.parse() else { return Ok(Upshot::Changed) };
    let current = view.entry(&entry.origin, &coordinate)?.found;
    let same = current.is_some_and(|now| matches!(now.held, Held::Literal(now) if now == *given));
    Ok(if same { Upshot::Rotate } else { Upshot::Changed })
}
