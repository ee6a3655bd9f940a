//! `kovra1...`: the public half of an identity, as one string.

#[cfg(feature = "seal")]
use super::SigningSecret;
use super::keys::{AgreementPublic, KeyError, SigningPublic};
use super::text::{self, VERSION};
#[cfg(feature = "vault")]
use bech32::{Bech32m, primitives::decode::CheckedHrpstring};
use std::fmt;
use std::str::FromStr;

/// Starts what the self-signature covers, so that it can be taken for nothing else.
const DOMAIN: &[u8] = b"kovra-identity-v1";
const PREFIX: &str = "kovra";

/// What is wrong with a `kovra1...` or `kovradev1...` string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not Bech32m (BIP 350) in its one form: a typo, a missing part, a capital letter.
    #[error("it has a typo, a capital letter or a part missing")]
    Encoding,
    /// Bech32m of something else.
    #[error("it is longer or shorter than such a string, or starts otherwise")]
    Shape,
    #[error("it has version {0}, and this kovra knows only version 1")]
    Version(u8),
    #[error("a key in it is unusable: {0}")]
    Key(#[from] KeyError),
    /// What stands in it was not put together by who has the keys.
    #[error("it is not signed by its own keys: somebody replaced a part of it")]
    Signature,
}

/// A signing key, the agreement key it vouches for, and the signature that does so. As text it is a
/// `kovra1...` string of 219 characters, which is checked when it is parsed (`spec/identity.md` 2).
/// Who its owner is, no check can tell: people compare [`SigningPublic::fingerprint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIdentity {
    signing: SigningPublic,
    agreement: AgreementPublic,
    signature: [u8; 64],
}

impl PublicIdentity {
    #[cfg(feature = "seal")]
    pub(super) fn sign(secret: &SigningSecret, agreement: AgreementPublic) -> Self {
        let signing = secret.public();
        let signature = secret.sign(&message(&signing, &agreement));
        Self { signing, agreement, signature }
    }

    /// An identity out of a row that the vault has authenticated, like [`SigningPublic::stored`]:
    /// points and signature were checked before it went in, and would take 100 µs a peer.
    #[cfg(feature = "vault")]
    pub(crate) fn stored(text: &str) -> Option<Self> {
        let bytes: Vec<u8> = CheckedHrpstring::new::<Bech32m>(text).ok()?.byte_iter().collect();
        let (_version, keys) = bytes.split_first()?;
        let (signing, rest) = keys.split_first_chunk()?;
        let (agreement, signature) = rest.split_first_chunk()?;
        Some(Self {
            signing: SigningPublic::stored(signing),
            agreement: AgreementPublic::from_bytes(agreement).ok()?,
            signature: signature.try_into().ok()?,
        })
    }

    /// Whether `text` is meant to be one: what is wrong with it is an [`IdentityError`] then.
    pub fn is_meant(text: &str) -> bool {
        text::is_meant(text, PREFIX)
    }

    /// The key that signs this identity's packages, and that people compare.
    pub fn signing(&self) -> SigningPublic {
        self.signing
    }

    /// The key that packages are sealed to.
    pub fn agreement(&self) -> AgreementPublic {
        self.agreement
    }
}

fn message(signing: &SigningPublic, agreement: &AgreementPublic) -> Vec<u8> {
    [DOMAIN, &[VERSION], signing.as_bytes(), agreement.as_bytes()].concat()
}

impl fmt::Display for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.signing.as_bytes(), self.agreement.as_bytes(), &self.signature[..]];
        text::write(f, PREFIX, &parts)
    }
}

impl FromStr for PublicIdentity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let bytes = text::read(text, PREFIX)?;
        let bytes: &[u8; 128] = bytes.as_slice().try_into().map_err(|_| IdentityError::Shape)?;
        let (signing, rest) = bytes.split_first_chunk::<32>().ok_or(IdentityError::Shape)?;
        let (agreement, signature) = rest.split_first_chunk::<32>().ok_or(IdentityError::Shape)?;
        let identity = Self {
            signing: SigningPublic::from_bytes(signing)?,
            agreement: AgreementPublic::from_bytes(agreement)?,
            signature: signature.try_into().map_err(|_| IdentityError::Shape)?,
        };
        if identity.to_string() != text {
            return Err(IdentityError::Encoding);
        }
        let message = message(&identity.signing, &identity.agreement);
        if !identity.signing.verifies(&message, &identity.signature) {
            return Err(IdentityError::Signature);
        }
        Ok(identity)
    }
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests {
    use super::super::{AgreementSecret, Identity};
    use super::*;
    use bech32::primitives::decode::CheckedHrpstring;
    use bech32::{Bech32m, Hrp};

    fn identity(seed: u8) -> Identity {
        let agreement = AgreementSecret::from_bytes(&[seed + 1; 32]);
        Identity::new(SigningSecret::from_bytes(&[seed; 32]), agreement)
    }

    fn string_of(bytes: &[u8], hrp: &str) -> String {
        bech32::encode::<Bech32m>(Hrp::parse(hrp).unwrap(), bytes).unwrap()
    }

    fn bytes_of(text: &str) -> Vec<u8> {
        CheckedHrpstring::new::<Bech32m>(text).unwrap().byte_iter().collect()
    }

    #[test]
    fn reads_back() {
        let public = identity(1).public();
        let text = public.to_string();
        assert!(PublicIdentity::is_meant(&text) && PublicIdentity::is_meant("KOVRA1"));
        assert!(!PublicIdentity::is_meant("kovra") && !PublicIdentity::is_meant("kovrb1qq"));
        assert_eq!(text.parse::<PublicIdentity>().as_ref(), Ok(&public));
        assert_eq!(PublicIdentity::stored(&text), Some(public));
        assert_eq!(PublicIdentity::stored(&text[..50]), None);
    }

    #[test]
    fn typos_and_other_encodings() {
        let text = identity(1).public().to_string();
        let flipped = if text.ends_with('q') { 'p' } else { 'q' };
        let typo = format!("{}{flipped}", &text[..text.len() - 1]);
        let not_m =
            bech32::encode::<bech32::Bech32>(Hrp::parse("kovra").unwrap(), &bytes_of(&text));
        let mixed = format!("K{}", &text[1..]);
        for bad in [typo, text.to_uppercase(), mixed, not_m.unwrap(), text[..50].into(), "".into()]
        {
            assert_eq!(bad.parse::<PublicIdentity>(), Err(IdentityError::Encoding), "{bad}");
        }
        assert_eq!(
            string_of(&bytes_of(&text), "kovrb").parse::<PublicIdentity>(),
            Err(IdentityError::Shape)
        );
        assert_eq!(
            string_of(&bytes_of(&text)[..128], "kovra").parse::<PublicIdentity>(),
            Err(IdentityError::Shape)
        );
        let mut newer = bytes_of(&text);
        newer[0] = 2;
        assert_eq!(
            string_of(&newer, "kovra").parse::<PublicIdentity>(),
            Err(IdentityError::Version(2))
        );
    }

    #[test]
    fn bobs_signing_key_with_mallorys_agreement_key() {
        let (bob, mallory) = (identity(1).public(), identity(7).public());
        let mut mixed = bytes_of(&bob.to_string());
        mixed[33..65].copy_from_slice(mallory.agreement().as_bytes());
        assert_eq!(
            string_of(&mixed, "kovra").parse::<PublicIdentity>(),
            Err(IdentityError::Signature)
        );
    }

    #[test]
    fn a_low_order_agreement_key_is_refused_before_age_can_panic() {
        let mut low = bytes_of(&identity(1).public().to_string());
        low[33..65].fill(0);
        assert_eq!(
            string_of(&low, "kovra").parse::<PublicIdentity>(),
            Err(IdentityError::Key(KeyError::SmallOrder))
        );
    }
}
