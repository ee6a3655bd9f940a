//! What a row is named by: the parts of its lookup (`spec/vault.md` 5.1), and where they stand in its
//! metadata.

use super::Error;
use super::keys::{Keys, Nonce};
use super::place::{Kind, Lookup, Place};
use super::record::Fields;
use crate::identity::SigningPublic;
use crate::text::{escape, hex};
use std::fmt;

#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Entry { origin: &'a str, at: &'a str },
    Peer(&'a str),
    Package { sender: &'a [u8; 32], id: &'a [u8; 16] },
    Program(&'a str),
    Share(&'a [u8; 16]),
    State(&'a str),
    Ledger(&'a [u8; 32]),
    File(&'a str),
}

impl<'a> Name<'a> {
    pub(super) fn lookup(self, keys: &Keys) -> Lookup {
        match self {
            Self::Entry { origin, at } => {
                keys.lookup(&[b"entry", origin.as_bytes(), at.as_bytes()])
            }
            Self::Peer(name) => keys.lookup(&[b"peer", name.as_bytes()]),
            Self::Package { sender, id } => keys.lookup(&[b"package", sender, id]),
            Self::Program(path) => keys.lookup(&[b"program", path.as_bytes()]),
            Self::Share(package) => keys.lookup(&[b"share", package]),
            Self::State(name) => keys.lookup(&[b"state", name.as_bytes()]),
            Self::Ledger(sender) => keys.lookup(&[b"ledger", sender]),
            Self::File(path) => keys.lookup(&[b"file", path.as_bytes()]),
        }
    }

    /// Of a row, by what it says. `None` for a state, which does not say its name, and for a kind of a later
    /// kovra.
    pub(super) fn read(kind: Kind, metadata: &'a [u8]) -> Result<Option<Self>, Error> {
        let mut fields = Fields::of(metadata, kind.name())?;
        Ok(Some(match kind {
            Kind::ENTRY => {
                Self::Entry { origin: fields.next()?.text()?, at: fields.next()?.text()? }
            }
            Kind::PEER => Self::Peer(fields.next()?.text()?),
            Kind::PACKAGE => {
                let (id, _digest) = (fields.next()?.fixed()?, fields.next()?.bytes()?);
                Self::Package { sender: fields.next()?.fixed()?, id }
            }
            Kind::PROGRAM => Self::Program(fields.next()?.text()?),
            Kind::SHARE => Self::Share(fields.next()?.fixed()?),
            Kind::LEDGER => Self::Ledger(fields.next()?.fixed()?),
            Kind::FILE => Self::File(fields.next()?.text()?),
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { origin, at } => write!(f, "{} ({})", escape(at), escape(origin)),
            Self::Peer(text) | Self::Program(text) | Self::State(text) | Self::File(text) => {
                f.write_str(&escape(text))
            }
            Self::Package { id, .. } | Self::Share(id) => f.write_str(&hex(*id)),
            Self::Ledger(sender) => f.write_str(&SigningPublic::stored(sender).fingerprint()),
        }
    }
}

/// What a row that does not open is, as far as that shows: its metadata may open.
pub(super) fn describe(keys: &Keys, place: Place, nonce: &Nonce, metadata: &[u8]) -> String {
    let metadata = keys.open_metadata(place, nonce, metadata);
    let named = metadata.as_deref().map(|metadata| Name::read(place.kind, metadata));
    let (kind, revision) = (place.kind.name(), place.revision);
    match named {
        Some(Ok(Some(name))) => format!("{kind}, {name}, revision {revision}"),
        _ => format!("{kind}, whose name is lost, revision {revision}"),
    }
}
