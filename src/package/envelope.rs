//! The outer array, its signature and its trust (clauses 1, 2, 6 and 7).

use super::stanza::Scan;
use super::{Class, Error, Header};
use crate::cbor::{Reader, SELF_DESCRIBED};
use crate::clock::Moment;
use crate::identity::SigningPublic;
use crate::limits;

pub(super) const NAME: &str = "kovra-package";
pub(super) const VERSION: u64 = 1;

/// A well-formed package of version 1 whose signature has not been looked at.
pub struct Package<'a> {
    bytes: &'a [u8],
    #[cfg(feature = "seal")]
    header_bytes: &'a [u8],
    header: Header,
    sealed: &'a [u8],
    high: &'a [u8],
    signature: &'a [u8; 64],
}

impl<'a> Package<'a> {
    /// Parses a whole file (clauses 1 to 5), in time and memory linear in its length: 16 MiB at most.
    ///
    /// # Errors
    /// [`Class::Malformed`], [`Class::Limit`] or [`Class::Unsupported`] for what is not this
    /// format, or too much of it; [`Class::Binding`] where the age layers are not those that the
    /// header announces.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let place = "package";
        let malformed = |what| Error::new(Class::Malformed, place, what);
        if bytes.len() > limits::FILE {
            return Err(Error::new(
                Class::Limit,
                place,
                format!("larger than {}", limits::size(limits::FILE)),
            ));
        }
        let mut r = Reader::new(bytes, place);
        let not_ours = |_| malformed("this is not a kovra package");
        if r.tag().map_err(not_ours)? != SELF_DESCRIBED {
            return Err(malformed("this is not a kovra package"));
        }
        let items = r.array()?;
        if r.text().map_err(not_ours)? != NAME {
            return Err(malformed("this is not a kovra package"));
        }
        let version = r.uint()?;
        if version != VERSION {
            return Err(Error::new(Class::Unsupported, place, format!("version {version}")));
        }
        if items != 6 {
            return Err(malformed("a package is an array of six"));
        }
        let header_bytes = r.bytes()?;
        let sealed = r.bytes()?;
        let high = r.bytes()?;
        let signature = r.fixed()?;
        r.finish()?;

        let header = Header::parse(header_bytes)?;
        let package = Self {
            bytes,
            #[cfg(feature = "seal")]
            header_bytes,
            header,
            sealed,
            high,
            signature,
        };
        package.check_age_layers()?;
        package.header.check_crit()?;
        Ok(package)
    }

    /// Clause 5: both age headers, and `high` empty exactly if no entry needs the token.
    fn check_age_layers(&self) -> Result<(), Error> {
        if self.high.is_empty() != (self.header.high == 0) {
            let what = "slot 1 is empty, and the header counts entries in it, or the reverse";
            return Err(Error::new(Class::Binding, "high", what));
        }
        let high = (!self.high.is_empty()).then_some((self.high, "high"));
        let recipients = &self.header.recipients;
        let hybrid = recipients.iter().filter(|id| id.is_hybrid()).count();
        for (age, place) in std::iter::once((self.sealed, "sealed")).chain(high) {
            if !Scan::of(age, place, hybrid)?.matches(recipients) {
                let what = "the age stanzas are not those of the listed recipients";
                return Err(Error::new(Class::Binding, place, what));
            }
        }
        Ok(())
    }

    /// The header. Nothing vouches for it yet.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Checks the signature: pure Ed25519 over the file as received, less its last 64 bytes (6.1).
    ///
    /// # Errors
    /// [`Class::Signature`], also for a sender key that is not canonical or not torsion-free.
    pub fn verify(self) -> Result<Verified<'a>, Error> {
        let sender = SigningPublic::from_bytes(&self.header.sender)
            .map_err(|e| Error::new(Class::Signature, "sender key", e.to_string()))?;
        let signed = &self.bytes[..self.bytes.len() - self.signature.len()];
        if !sender.verifies(signed, self.signature) {
            let what = "it does not match; the package was changed, or not made by this key";
            return Err(Error::new(Class::Signature, "signature", what));
        }
        Ok(Verified { package: self, sender })
    }
}

/// A package that is exactly what the holder of its sender key signed, whoever that is.
pub struct Verified<'a> {
    package: Package<'a>,
    sender: SigningPublic,
}

impl<'a> Verified<'a> {
    pub fn header(&self) -> &Header {
        &self.package.header
    }

    /// The key that signed it, now known to be a good one.
    pub fn sender(&self) -> SigningPublic {
        self.sender
    }

    /// The one way to a [`Trusted`] package (clause 7): its sender is one of `trusted`, and `now`
    /// is between its creation (less 300 s for unequal clocks) and its expiry.
    ///
    /// # Errors
    /// [`Class::Untrusted`] with the fingerprint of the key, then [`Class::Time`].
    pub fn trust(self, trusted: &[SigningPublic], now: Moment) -> Result<Trusted<'a>, Error> {
        let header = self.header();
        if !trusted.contains(&self.sender) {
            let print = self.sender.fingerprint();
            let what = format!("intact, but by a key that you do not trust: {print}");
            return Err(Error::new(Class::Untrusted, "sender", what));
        }
        header.check_date(now)?;
        Ok(Trusted(self))
    }
}

/// A verified package by a trusted sender, in date when it was trusted. Only this can be opened.
pub struct Trusted<'a>(Verified<'a>);

impl Trusted<'_> {
    pub fn header(&self) -> &Header {
        self.0.header()
    }

    /// The key that signed it, one of those that were trusted.
    pub fn sender(&self) -> SigningPublic {
        self.0.sender
    }

    #[cfg(feature = "seal")]
    pub(super) fn header_bytes(&self) -> &[u8] {
        self.0.package.header_bytes
    }

    /// The age files of slots 0 and 1; the second is empty if there is none.
    #[cfg(feature = "seal")]
    pub(super) fn slots(&self) -> (&[u8], &[u8]) {
        (self.0.package.sealed, self.0.package.high)
    }
}
