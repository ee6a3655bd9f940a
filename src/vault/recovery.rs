//! Ways back in: the keys of a vault, sealed to a recipient whose secret half is kept elsewhere.

use super::custody::Kek;
use super::keys::Key;
use super::record::Fields;
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::age_file::{self, NotSealed};
use crate::identity::{AgeIdentity, AgreementPublic, AgreementSecret, Recipient};
use zeroize::Zeroize;

/// The number of this way in the file.
const NUMBER: u64 = 3;
/// How many of them a vault has.
pub const RECOVERY_MAX: usize = 8;

/// A way back in, as far as it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    pub recipient: AgreementPublic,
    pub made: Moment,
    /// Whether its secret half is a recovery code.
    pub is_code: bool,
}

impl Recovery {
    /// A fresh key-encryption key for this way, and its description, which has the key sealed.
    pub(super) fn seal(&self) -> Result<(Kek, Vec<u8>), Error> {
        let kek = Kek::generate()?;
        let file = age_file::encrypt(&[&Recipient::Age(self.recipient)], &kek.key()[..]);
        let file = file.map_err(|why| match why {
            NotSealed::NoSsh => Error::Storage("a way back in has no SSH key".into()),
            NotSealed::Io(e) => Error::Storage(format!("sealing the vault's keys: {e}")),
        })?;
        let mut w = Writer::with_capacity(file.len() + 128);
        w.array(5).uint(NUMBER).text(&self.recipient.to_age()).uint(self.made.millis());
        w.uint(self.is_code.into()).bytes(&file);
        Ok((kek, w.finish()))
    }

    /// The way and its age file; `None` for one of a later kovra.
    pub(super) fn decode(description: &[u8]) -> Result<Option<(Self, &[u8])>, Error> {
        let mut fields = Fields::of(description, "way")?;
        if fields.next()?.uint()? != NUMBER {
            return Ok(None);
        }
        let odd = || Error::Damaged("a way back in has a bad recipient".into());
        let recipient = AgreementPublic::from_age(fields.next()?.text()?).ok_or_else(odd)?;
        let made = Moment::from_millis(fields.next()?.uint()?);
        let is_code = fields.next()?.uint()? == 1;
        Ok(Some((Self { recipient, made, is_code }, fields.next()?.bytes()?)))
    }

    /// The key that its age file holds.
    pub(super) fn open(file: &[u8], secret: &AgreementSecret) -> Result<Kek, Error> {
        let damaged = || Error::Damaged("a way back in is not as it was written".into());
        let opened = age_file::decrypt(AgeIdentity::X25519(secret), file).map_err(|_| damaged())?;
        let mut bytes: [u8; 32] = opened.expose().try_into().map_err(|_| damaged())?;
        let mut key = Key::default();
        key.copy_from_slice(&bytes);
        bytes.zeroize();
        Ok(Kek::of(key))
    }
}

impl View<'_> {
    /// In the order in which they were made.
    pub fn recovery(&self) -> Vec<Recovery> {
        self.ways.recovery().cloned().collect()
    }
}

impl Batch<'_> {
    /// Adds a way back in, in place of `instead` if there is one.
    ///
    /// # Errors
    /// [`Error::Moved`] if `instead` is gone; [`Error::Guarded`] without the guard key.
    pub fn put_recovery(
        &mut self,
        recovery: Recovery,
        instead: Option<&AgreementPublic>,
    ) -> Result<(), Error> {
        self.check_guard()?;
        if let Some(instead) = instead {
            self.ways.remove_recovery(instead)?;
        }
        self.ways.add_recovery(recovery, self.keys)
    }

    pub fn remove_recovery(&mut self, recipient: &AgreementPublic) -> Result<(), Error> {
        self.check_guard()?;
        self.ways.remove_recovery(recipient)
    }
}
