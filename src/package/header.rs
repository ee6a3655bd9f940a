//! The header: everything about a package that stands in the clear (clause 3).

use super::{Class, Error};
use crate::cbor::Reader;
#[cfg(feature = "seal")]
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::{RecipientId, RecipientKind};
use crate::limits;
use std::collections::HashSet;

/// A package's header (clause 3). Nothing in it is true until the signature has been verified, and
/// the recipients are the sender's claim even then. Its times are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Random, one per package.
    pub id: [u8; 16],
    /// The sender's Ed25519 key, unchecked: [`super::Verified::sender`] is the checked one.
    pub sender: [u8; 32],
    /// Rises with each package of a sender; at most `created` + 300 s, in Unix milliseconds (3.4).
    pub seq: u64,
    pub created: Moment,
    /// The first second at which it is refused, at most 366 days after `created`.
    pub expires: Moment,
    /// Sorted by kind, then fingerprint: 1 to 64.
    pub recipients: Vec<RecipientId>,
    /// How many entries travel in slot 0.
    pub normal: usize,
    /// How many entries travel in slot 1, which the token opens.
    pub high: usize,
    /// Names of extensions that a reader must know.
    pub crit: Vec<String>,
    /// Names of extensions that a reader may ignore.
    pub ext: Vec<String>,
}

const PLACE: &str = "header";

fn malformed(what: &str) -> Error {
    Error::new(Class::Malformed, PLACE, what)
}

fn over(what: String) -> Error {
    Error::new(Class::Limit, PLACE, what)
}

impl Header {
    /// Parses the bytes inside the header's byte string.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > limits::HEADER {
            return Err(over(format!("larger than {}", limits::size(limits::HEADER))));
        }
        let mut r = Reader::new(bytes, PLACE);
        let mut keys = r.map()?;
        keys.expect(&mut r, 0)?;
        let id = *r.fixed()?;
        keys.expect(&mut r, 1)?;
        let sender = *r.fixed()?;
        keys.expect(&mut r, 2)?;
        let seq = r.uint()?;
        keys.expect(&mut r, 3)?;
        let created = r.uint()?;
        keys.expect(&mut r, 4)?;
        let expires = r.uint()?;
        keys.expect(&mut r, 5)?;
        let recipients = parse_recipients(&mut r)?;
        keys.expect(&mut r, 6)?;
        let (normal, high) = parse_counts(&mut r)?;
        let (mut crit, mut ext) = (Vec::new(), Vec::new());
        while let Some(key) = keys.next(&mut r, Reader::uint)? {
            match key {
                7 => crit = parse_names(&mut r)?,
                8 => ext = parse_names(&mut r)?,
                _ => return Err(malformed(&format!("unknown key {key}"))),
            }
        }
        r.finish()?;
        check_times(seq, created, expires)?;
        let ignored: HashSet<&String> = ext.iter().collect();
        if crit.iter().any(|name| ignored.contains(name)) {
            return Err(malformed("a name is in both crit and ext"));
        }
        let (created, expires) = (Moment::from_seconds(created), Moment::from_seconds(expires));
        Ok(Self { id, sender, seq, created, expires, recipients, normal, high, crit, ext })
    }

    /// Encodes the header of a package that is being sealed; it has no extensions.
    #[cfg(feature = "seal")]
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(128 + 40 * self.recipients.len());
        w.map(7);
        w.uint(0).bytes(&self.id).uint(1).bytes(&self.sender);
        w.uint(2).uint(self.seq);
        w.uint(3).uint(self.created.seconds()).uint(4).uint(self.expires.seconds());
        w.uint(5).array(self.recipients.len());
        for recipient in &self.recipients {
            w.array(2).uint(recipient.kind as u64).bytes(&recipient.fingerprint);
        }
        w.uint(6).array(2).uint(self.normal as u64).uint(self.high as u64);
        w.finish()
    }

    /// Clause 3.7: version 1 defines no critical extension, so its readers know none.
    pub(super) fn check_crit(&self) -> Result<(), Error> {
        self.crit.first().map_or(Ok(()), |name| {
            let what = format!("critical extension {}", crate::text::quote(name));
            Err(Error::new(Class::Unsupported, PLACE, what))
        })
    }

    /// Clause 7.2: created by a clock that is 300 s ahead at most, and not expired.
    pub(crate) fn check_date(&self, now: Moment) -> Result<(), Error> {
        let refused = |what: String| Err(Error::new(Class::Time, "header", what));
        if self.created.seconds() > now.seconds().saturating_add(limits::CLOCK_SKEW) {
            return refused(format!(
                "created {}, and it is {now}; compare the clocks",
                self.created
            ));
        }
        if now.seconds() >= self.expires.seconds() {
            return refused(format!("expired {}, and it is {now}", self.expires));
        }
        Ok(())
    }

    /// Whether what is sealed in it stays closed to a quantum computer: all recipients are hybrid, or none is (3.5).
    pub fn is_post_quantum(&self) -> bool {
        self.recipients.first().is_some_and(RecipientId::is_hybrid)
    }

    /// The package id, as it is shown: 32 hex digits.
    pub fn id_hex(&self) -> String {
        crate::text::hex(&self.id)
    }
}

/// Clause 3.5: 1 to 64 recipients of a known kind, bytewise sorted and unique, all hybrid or none.
fn parse_recipients(r: &mut Reader<'_>) -> Result<Vec<RecipientId>, Error> {
    let count = r.array()?;
    if count == 0 {
        return Err(malformed("no recipients"));
    }
    if count > limits::RECIPIENTS {
        let most = limits::count(limits::RECIPIENTS);
        return Err(over(format!("more than {most} recipients")));
    }
    let mut recipients: Vec<RecipientId> = Vec::with_capacity(count);
    for _ in 0..count {
        if r.array()? != 2 {
            return Err(malformed("a recipient is a pair"));
        }
        let number = r.uint()?;
        let Some(kind) = RecipientKind::from_number(number) else {
            return Err(Error::new(Class::Unsupported, PLACE, format!("recipient kind {number}")));
        };
        let fingerprint = *r.fixed()?;
        let recipient = RecipientId { kind, fingerprint };
        if recipients.last().is_some_and(|last| *last >= recipient) {
            return Err(malformed("recipients unsorted or repeated"));
        }
        if recipients.last().is_some_and(|last| last.is_hybrid() != recipient.is_hybrid()) {
            return Err(malformed("hybrid recipients beside others"));
        }
        recipients.push(recipient);
    }
    Ok(recipients)
}

/// Clause 3.6: at least one entry, at most 4,096 in both slots.
fn parse_counts(r: &mut Reader<'_>) -> Result<(usize, usize), Error> {
    if r.array()? != 2 {
        return Err(malformed("the entry counts are a pair"));
    }
    let (normal, high) = (r.uint()?, r.uint()?);
    match normal.checked_add(high) {
        Some(0) => Err(malformed("no entries")),
        Some(sum) if sum <= limits::ENTRIES as u64 => Ok((normal as usize, high as usize)),
        _ => Err(over(format!("more than {} entries", limits::count(limits::ENTRIES)))),
    }
}

fn parse_names(r: &mut Reader<'_>) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    each_extension(r, PLACE, |name| names.push(name.to_owned()))?;
    Ok(names)
}

/// Clause 3.7: a map of extensions, at least one, whose names have 1 to 64 bytes.
pub(super) fn each_extension(
    r: &mut Reader<'_>,
    place: &'static str,
    mut take: impl FnMut(&str),
) -> Result<(), Error> {
    let malformed = |what: &str| Error::new(Class::Malformed, place, what);
    let mut keys = r.map()?;
    if keys.left() == 0 {
        return Err(malformed("an empty crit or ext"));
    }
    while let Some(name) = keys.next(r, Reader::text)? {
        if !(1..=limits::EXTENSION_NAME).contains(&name.len()) {
            let most = limits::EXTENSION_NAME;
            return Err(malformed(&format!("an extension's name is 1 to {most} bytes")));
        }
        r.bytes()?;
        take(name);
    }
    Ok(())
}

/// Clause 3.4: created < expires, at most 366 days apart and before the year 10,000, and a seq that
/// the clock can explain.
fn check_times(seq: u64, created: u64, expires: u64) -> Result<(), Error> {
    match expires.checked_sub(created) {
        None | Some(0) => return Err(malformed("it expires before it was created")),
        Some(life) if life > limits::LIFE => {
            let most = limits::days(limits::LIFE);
            return Err(malformed(&format!("it lives longer than {most} days")));
        }
        Some(_) if expires > limits::LATEST => {
            return Err(malformed("it expires after the year 9999"));
        }
        Some(_) => {}
    }
    if seq > (created + limits::CLOCK_SKEW) * 1000 {
        return Err(malformed("its seq is ahead of its creation time"));
    }
    Ok(())
}
