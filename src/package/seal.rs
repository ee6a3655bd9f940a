//! Sealing: entries in, a signed file and perhaps a token out.

use super::envelope::{NAME, Package, VERSION};
use super::payload::{self, Slot};
use super::rules::check_entries;
use super::{Class, Error, Header, Stamp, age_layer};
use crate::cbor::{SELF_DESCRIBED, Writer};
use crate::entry::Entry;
use crate::identity::{Recipient, RecipientId, SigningSecret, Token};

/// What goes into a package.
pub struct Draft<'a> {
    pub sender: &'a SigningSecret,
    /// Of no other package.
    pub stamp: &'a Stamp,
    /// 1 to 64 keys, all hybrid or none.
    pub recipients: &'a [Recipient],
    /// 1 to 4,096 entries in any order.
    pub entries: Vec<Entry>,
}

/// A finished package.
pub struct Sealed {
    pub bytes: Vec<u8>,
    /// Opens the high literals, and is there exactly if there are any.
    pub token: Option<Token>,
    /// As it stands in the file. Its `seq` is to be kept before anybody gets the package.
    pub header: Header,
}

/// Seals a package: the writer's steps (clause 14.1), of which the stamp is the second. The result is parsed and
/// verified before it is handed out.
///
/// # Errors
/// Whatever a reader would refuse about the file, by the same class; [`Class::Unsupported`] also
/// for an SSH key in a build without the feature `ssh`.
pub fn seal(draft: Draft<'_>) -> Result<Sealed, Error> {
    check_entries(draft.entries.iter())?;
    let mut entries: Vec<&Entry> = draft.entries.iter().collect();
    entries.sort_by_key(|entry| &entry.coordinate);
    let (high, normal): (Vec<&Entry>, Vec<&Entry>) =
        entries.into_iter().partition(|entry| entry.needs_token());

    let (ids, recipients) = sorted(draft.recipients);
    let header = Header {
        id: draft.stamp.id,
        sender: *draft.sender.public().as_bytes(),
        seq: draft.stamp.seq,
        created: draft.stamp.created,
        expires: draft.stamp.expires,
        recipients: ids,
        normal: normal.len(),
        high: high.len(),
        crit: Vec::new(),
        ext: Vec::new(),
    };
    let header_bytes = header.encode();

    let payload = payload::encode(&normal, Slot::Normal, &header_bytes);
    let sealed = age_layer::encrypt(&recipients, payload.expose())?;
    let (high_file, token) = if high.is_empty() {
        (Vec::new(), None)
    } else {
        let token = Token::generate(header.is_post_quantum()).map_err(no_randomness)?;
        let payload = payload::encode(&high, Slot::High, &header_bytes);
        let inner = age_layer::encrypt(&[&token.recipient()], payload.expose())?;
        (age_layer::encrypt(&recipients, &inner)?, Some(token))
    };

    let bytes = sign(draft.sender, &header_bytes, &sealed, &high_file);
    let header = Package::parse(&bytes)?.verify()?.header().clone();
    Ok(Sealed { bytes, token, header })
}

/// As the header lists them, and in its order: by that a reader knows which stanza is for it (5.6).
fn sorted(recipients: &[Recipient]) -> (Vec<RecipientId>, Vec<&Recipient>) {
    let mut listed: Vec<_> = recipients.iter().map(|one| (one.id(), one)).collect();
    listed.sort_by_key(|(id, _)| *id);
    listed.into_iter().unzip()
}

/// Clause 6: everything but the signature's own 64 bytes is signed as it stands in the file.
fn sign(sender: &SigningSecret, header: &[u8], sealed: &[u8], high: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(header.len() + sealed.len() + high.len() + 128);
    w.tag(SELF_DESCRIBED).array(6).text(NAME).uint(VERSION).bytes(header).bytes(sealed).bytes(high);
    w.bytes(&[0; 64]);
    let mut bytes = w.finish();
    let body = bytes.len() - 64;
    let signature = sender.sign(&bytes[..body]);
    bytes[body..].copy_from_slice(&signature);
    bytes
}

fn no_randomness(e: getrandom::Error) -> Error {
    Error::new(Class::Malformed, "token", format!("no randomness: {e}"))
}
