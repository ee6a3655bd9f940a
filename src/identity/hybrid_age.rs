//! Hybrid keys as the age crate takes recipients and identities: `mlkem768x25519` (`spec/package-v1.md` 5.3, 5.8).

use super::hybrid_kem::{ENCAPSULATED, Encapsulated, MlKem768X25519};
use super::{HybridPublic, HybridSecret};
use age::secrecy::ExposeSecret;
use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{hpke_open, hpke_seal};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use hpke::HpkeError;
use hpke::rand_core::OsRng;
use std::collections::HashSet;
use zeroize::Zeroizing;

const TAG: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// What age joins no recipient to that has not the same label.
const LABEL: &str = "postquantum";

impl age::Recipient for HybridPublic {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (enc, body) =
            hpke_seal::<MlKem768X25519, _>(self, INFO, key.expose_secret(), &mut OsRng);
        let args = vec![BASE64_STANDARD_NO_PAD.encode(&enc.0[..])];
        Ok((vec![Stanza { tag: TAG.into(), args, body }], HashSet::from([LABEL.into()])))
    }
}

/// A key, and which of the hybrid stanzas is for it (5.6): the others are not tried.
pub(super) struct At<'a> {
    pub(super) key: &'a HybridSecret,
    pub(super) place: usize,
}

impl age::Identity for At<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let invalid = || Some(Err(DecryptError::InvalidHeader));
        let [enc] = &stanza.args[..] else { return invalid() };
        let enc = BASE64_STANDARD_NO_PAD.decode(enc).ok();
        let Some(enc) = enc.and_then(|enc| <Box<[u8; ENCAPSULATED]>>::try_from(enc).ok()) else {
            return invalid();
        };
        match hpke_open::<MlKem768X25519>(&Encapsulated(enc), self.key.seed(), INFO, &stanza.body) {
            Ok(key) => Some(file_key(&Zeroizing::new(key))),
            Err(HpkeError::OpenError) => None,
            // A share of low order.
            Err(_) => invalid(),
        }
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let mine = stanzas.iter().filter(|stanza| stanza.tag == TAG).nth(self.place)?;
        self.unwrap_stanza(mine)
    }
}

fn file_key(bytes: &[u8]) -> Result<FileKey, DecryptError> {
    FileKey::try_init_with_mut(|key| {
        *key = *<&[u8; 16]>::try_from(bytes).map_err(|_| DecryptError::InvalidHeader)?;
        Ok(())
    })
}
