//! Secret keys, a newtype for each role, and what a person has of them.

use super::hybrid_kem::Seed;
use super::{
    AgreementPublic, DeviceStatement, HybridPublic, PublicIdentity, RecipientId, SigningPublic,
};
use crate::clock::Moment;
use crate::secret::{Secret, to_bech32};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use ed25519_dalek::{Signer, SigningKey};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// All key pairs of one person or job. It stays in the vault.
pub struct Identity {
    pub signing: SigningSecret,
    pub agreement: AgreementSecret,
    /// The X25519 keys that others sealed to before, the latest first: they still open.
    pub earlier: Vec<AgreementSecret>,
    /// The hybrid keys, the one that others seal to now first; none in an identity of version 1.
    pub hybrid: Vec<HybridSecret>,
    /// Rises with each change of keys (`spec/identity.md` 6.2); 0 in an identity of version 1.
    pub number: u64,
}

impl Identity {
    /// An identity of version 1, without a hybrid key.
    pub fn new(signing: SigningSecret, agreement: AgreementSecret) -> Self {
        Self { signing, agreement, earlier: Vec::new(), hybrid: Vec::new(), number: 0 }
    }

    /// The same with a hybrid key, before those that it has.
    pub fn with_hybrid(mut self, number: u64, key: HybridSecret) -> Self {
        self.hybrid.insert(0, key);
        Self { number, ..self }
    }

    /// A fresh identity from the operating system's randomness.
    pub fn generate(now: Moment) -> Result<Self, getrandom::Error> {
        let classical = Self::new(SigningSecret::generate()?, AgreementSecret::generate()?);
        Ok(classical.with_hybrid(now.seconds(), HybridSecret::generate()?))
    }

    /// The same signing key with fresh other keys; what was sealed to the ones before still opens. It has a hybrid
    /// key from then on.
    pub fn rotate(self, now: Moment) -> Result<Self, getrandom::Error> {
        let number = now.seconds().max(self.number.saturating_add(1));
        let agreement = AgreementSecret::generate()?;
        let earlier = std::iter::once(self.agreement).chain(self.earlier).collect();
        let rotated = Self { agreement, earlier, ..self };
        Ok(rotated.with_hybrid(number, HybridSecret::generate()?))
    }

    /// Another identity, by its signing key, that opens what was sealed to this one; and that both are one person's.
    pub fn succeed(self, now: Moment) -> Result<(Self, DeviceStatement), getrandom::Error> {
        let signing = SigningSecret::generate()?;
        let statement = DeviceStatement::of_both(&self.signing, &signing);
        Ok((Self { signing, ..self.rotate(now)? }, statement))
    }

    /// All X25519 keys, the one that others seal to now first.
    pub fn agreements(&self) -> impl Iterator<Item = &AgreementSecret> {
        std::iter::once(&self.agreement).chain(&self.earlier)
    }

    /// Of each of all keys, as headers list it.
    pub fn recipients(&self) -> Vec<RecipientId> {
        let agreements = self.agreements().map(|key| RecipientId::of_identity(&key.public()));
        agreements
            .chain(self.hybrid.iter().map(|key| RecipientId::of_hybrid(&key.public())))
            .collect()
    }

    /// The public half, signed.
    pub fn public(&self) -> PublicIdentity {
        let hybrid = self.hybrid.first().map(|key| (self.number, key.public()));
        PublicIdentity::sign(&self.signing, self.agreement.public(), hybrid)
    }
}

/// What opens an age file.
#[derive(Clone, Copy)]
pub(crate) enum AgeIdentity<'a> {
    X25519(&'a AgreementSecret),
    /// Of the hybrid stanzas the one at this place is for the key (`spec/package-v1.md` 5.6).
    Hybrid(&'a HybridSecret, usize),
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
        // It pins the prefix too.
        read_age(text).map(Self).filter(|key| key.to_age().as_str() == text)
    }
}

/// A hybrid secret key: a seed (`spec/identity.md` 1.4).
pub struct HybridSecret(Seed);

/// Starts the text of a hybrid age identity, which is upper case.
const AGE_HYBRID: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");

impl HybridSecret {
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        random_32().map(|seed| Self(Seed(seed)))
    }

    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(Seed(Zeroizing::new(*seed)))
    }

    /// The seed, for the vault.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0.0
    }

    pub(super) fn seed(&self) -> &Seed {
        &self.0
    }

    pub fn public(&self) -> HybridPublic {
        self.0.public()
    }

    /// The `AGE-SECRET-KEY-PQ-1...` string of this key.
    pub(crate) fn to_age(&self) -> Zeroizing<String> {
        to_bech32::<Bech32>(AGE_HYBRID, self.expose())
    }

    /// From what [`Self::to_age`] writes, and from no other text for the same key.
    pub(crate) fn from_age(text: &str) -> Option<Self> {
        read_age(text).map(|seed| Self(Seed(seed))).filter(|key| key.to_age().as_str() == text)
    }
}

/// The 32 bytes of an age identity, whatever its prefix.
fn read_age(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let decoded = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let (mut key, mut bytes) = (Zeroizing::new([0; 32]), decoded.byte_iter());
    for byte in key.iter_mut() {
        *byte = bytes.next()?;
    }
    bytes.next().is_none().then_some(key)
}

fn random_32() -> Result<Zeroizing<[u8; 32]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)?;
    Ok(bytes)
}
