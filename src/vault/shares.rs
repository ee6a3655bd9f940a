//! What was sealed to whom: the memory that makes an honest removal possible.

use super::batch::Content;
use super::entries::Version;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, Origin, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::{Recipient, SigningPublic};

/// A package that was sealed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The package's id.
    pub package: [u8; 16],
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
    pub sealed: Moment,
    pub expires: Moment,
    /// Whether it stays closed to a quantum computer.
    pub post_quantum: bool,
    pub recipients: Vec<SharedWith>,
    pub entries: Vec<SharedEntry>,
}

/// One recipient of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWith {
    /// The local name at the time.
    pub name: String,
    /// Of a plain recipient, as [`crate::identity::Recipient::to_text`] writes it. An identity's is empty: `signing` tells
    /// who it is, and its keys may be others by now.
    pub key: String,
    /// When they say that they imported it, if they sent a receipt.
    pub received: Option<Moment>,
    /// Whose receipt counts, if they have an identity: the name may be given to another later.
    pub signing: Option<SigningPublic>,
}

impl SharedWith {
    /// As `peer list` has it of their key.
    pub fn fingerprint(&self) -> String {
        let plain = || Recipient::stored(&self.key).map(|key| key.id().groups());
        let signing = self.signing.as_ref().map(SigningPublic::fingerprint);
        signing.or_else(plain).unwrap_or_default()
    }
}

/// One entry of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedEntry {
    pub origin: Origin,
    pub coordinate: String,
    pub given: Given,
}

/// A value, or a pointer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Literal(Version),
    Reference(String),
}

impl View<'_> {
    /// Oldest first.
    pub fn shares(&self) -> Result<Vec<Share>, Error> {
        let rows = self.rows.all(Kind::SHARE)?;
        let mut shares = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        shares.sort_by_key(|share| (share.sealed, share.package));
        Ok(shares)
    }

    pub fn share(&self, package: &[u8; 16]) -> Result<Looked<Option<Share>>, Error> {
        self.rows.look(Kind::SHARE, &self.share_lookup(package), decode)
    }

    fn share_lookup(&self, package: &[u8; 16]) -> Lookup {
        Name::Share(package).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    /// Remembers a share, in place of what was known of it.
    pub fn put_share(&mut self, on: &Basis, share: &Share) -> Result<(), Error> {
        self.expect(on, "what is known of this package")?;
        let lookup = self.view().share_lookup(&share.package);
        self.replace(Kind::SHARE, lookup, &Content::of(&encode(share), false))
    }
}

fn encode(share: &Share) -> Vec<u8> {
    let mut w = Writer::with_capacity(256);
    w.array(7).bytes(&share.package).bytes(&share.digest);
    w.uint(share.sealed.millis()).uint(share.expires.millis());
    w.array(share.recipients.len());
    for SharedWith { name, key, received, signing } in &share.recipients {
        let mut inner = Writer::with_capacity(256);
        let signing = signing.as_ref().map_or(&[][..], |key| key.as_bytes());
        inner.array(4).text(name).text(key);
        inner.uint(received.map_or(0, Moment::millis)).bytes(signing);
        w.bytes(inner.as_bytes());
    }
    w.array(share.entries.len());
    for entry in &share.entries {
        let mut inner = Writer::with_capacity(256);
        inner.array(4).text(entry.origin.name()).text(&entry.coordinate);
        match &entry.given {
            Given::Literal(version) => inner.uint(0).bytes(&version.0),
            Given::Reference(pointer) => inner.uint(1).text(pointer),
        };
        w.bytes(inner.as_bytes());
    }
    w.uint(share.post_quantum.into());
    w.finish()
}

fn decode(row: &Opened) -> Result<Share, Error> {
    let mut fields = Fields::of(&row.metadata, "share")?;
    let (package, digest) = (*fields.next()?.fixed()?, *fields.next()?.fixed()?);
    let sealed = Moment::from_millis(fields.next()?.uint()?);
    let expires = Moment::from_millis(fields.next()?.uint()?);
    let recipients = fields.records("recipient")?.into_iter().map(recipient);
    let recipients = recipients.collect::<Result<_, _>>()?;
    let entries = fields.records("shared entry")?.into_iter().map(entry);
    let entries = entries.collect::<Result<_, _>>()?;
    let post_quantum = fields.more() && fields.next()?.uint()? == 1;
    Ok(Share { package, digest, sealed, expires, post_quantum, recipients, entries })
}

fn recipient(mut fields: Fields<'_>) -> Result<SharedWith, Error> {
    let (name, key) = (fields.next()?.text()?.to_owned(), fields.next()?.text()?.to_owned());
    let received = Some(fields.next()?.uint()?).filter(|ms| *ms != 0).map(Moment::from_millis);
    let signing = fields.next()?.bytes()?.try_into().ok().map(SigningPublic::stored);
    Ok(SharedWith { name, key, received, signing })
}

fn entry(mut fields: Fields<'_>) -> Result<SharedEntry, Error> {
    let origin = Origin::stored(fields.next()?.text()?);
    let coordinate = fields.next()?.text()?.to_owned();
    let given = match fields.next()?.uint()? {
        0 => Given::Literal(Version(*fields.next()?.fixed()?)),
        _ => Given::Reference(fields.next()?.text()?.to_owned()),
    };
    Ok(SharedEntry { origin, coordinate, given })
}
