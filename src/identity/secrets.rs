//! Secret keys, a newtype for each role, and what a person has of them.

use super::{AgreementPublic, DeviceStatement, PublicIdentity, RecipientId, SigningPublic};
use crate::secret::{Secret, to_bech32};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use ed25519_dalek::{Signer, SigningKey};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// Both key pairs of one person or job. It stays in the vault.
pub struct Identity {
    pub signing: SigningSecret,
    pub agreement: AgreementSecret,
    /// What others sealed to before, the latest first: it still opens.
    pub earlier: Vec<AgreementSecret>,
}

impl Identity {
    pub fn new(signing: SigningSecret, agreement: AgreementSecret) -> Self {
        Self { signing, agreement, earlier: Vec::new() }
    }

    /// A fresh identity from the operating system's randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self::new(SigningSecret::generate()?, AgreementSecret::generate()?))
    }

    /// The same signing key with a fresh X25519 key; what was sealed to the ones before still opens.
    pub fn rotate(self) -> Result<Self, getrandom::Error> {
        let fresh = AgreementSecret::generate()?;
        let earlier = std::iter::once(self.agreement).chain(self.earlier).collect();
        Ok(Self { signing: self.signing, agreement: fresh, earlier })
    }

    /// Another identity, by its signing key, that opens what was sealed to this one; and that both are one person's.
    pub fn succeed(self) -> Result<(Self, DeviceStatement), getrandom::Error> {
        let signing = SigningSecret::generate()?;
        let statement = DeviceStatement::of_both(&self.signing, &signing);
        Ok((Self { signing, ..self.rotate()? }, statement))
    }

    /// All X25519 keys, the one that others seal to now first.
    pub fn agreements(&self) -> impl Iterator<Item = &AgreementSecret> {
        std::iter::once(&self.agreement).chain(&self.earlier)
    }

    /// Of each of them, as headers list it.
    pub fn recipients(&self) -> Vec<RecipientId> {
        self.agreements().map(|key| RecipientId::of_identity(&key.public())).collect()
    }

    /// The public half, signed.
    pub fn public(&self) -> PublicIdentity {
        PublicIdentity::sign(&self.signing, self.agreement.public())
    }
}

/// An Ed25519 secret key.
pub struct SigningSecret(SigningKey);

impl SigningSecret {
    fn generate() -> Result<Self, getrandom::Error> {
        random_32().map(|seed| Self::from_bytes(&seed))
    }

    /// From the 32-byte seed of RFC 8032.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, for the vault.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub fn public(&self) -> SigningPublic {
        SigningPublic::stored(&self.0.verifying_key().to_bytes())
    }

    /// Pure Ed25519. Every use in kovra starts `message` with bytes of its own: a package and a
    /// receipt with their CBOR tag and name, an identity string with `kovra-identity-v1`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// An X25519 secret key.
pub struct AgreementSecret(Zeroizing<[u8; 32]>);

/// Starts the text of an age identity, which is upper case.
const AGE_SECRET: Hrp = Hrp::parse_unchecked("age-secret-key-");

impl AgreementSecret {
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        random_32().map(Self)
    }

    /// From 32 bytes, clamped in use as RFC 7748 says.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, for the vault.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn public(&self) -> AgreementPublic {
        let secret = StaticSecret::from(*self.0);
        AgreementPublic::stored(x25519_dalek::PublicKey::from(&secret).as_bytes())
    }

    /// The `AGE-SECRET-KEY-1...` string of this key.
    pub(crate) fn to_age(&self) -> Zeroizing<String> {
        to_bech32::<Bech32>(AGE_SECRET, &self.0)
    }

    /// The first of an age identity file, whose other lines are comments or empty.
    pub fn of_file(text: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(text.expose()).ok()?;
        let lines = text.lines().map(str::trim_ascii);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self::from_age(lines.next()?)
    }

    /// From an `AGE-SECRET-KEY-1...` string. One key has one text: lower case and padding bits, which
    /// the age crate takes as well, are refused.
    pub(crate) fn from_age(text: &str) -> Option<Self> {
        let decoded = CheckedHrpstring::new::<Bech32>(text).ok()?;
        let mut key = Self(Zeroizing::new([0; 32]));
        let mut bytes = decoded.byte_iter();
        for byte in key.0.iter_mut() {
            *byte = bytes.next()?;
        }
        // It pins the prefix too.
        (bytes.next().is_none() && key.to_age().as_str() == text).then_some(key)
    }
}

fn random_32() -> Result<Zeroizing<[u8; 32]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)?;
    Ok(bytes)
}
