//! `kovra1...`: the public half of an identity, as a string and perhaps a hybrid key behind it.

#[cfg(feature = "seal")]
use super::SigningSecret;
use super::keys::{AgreementPublic, KeyError, SigningPublic};
use super::text;
use super::{HybridPublic, Recipient};
#[cfg(feature = "vault")]
use super::{RecipientId, RecipientKind};
use std::fmt;
use std::str::FromStr;

const PREFIX: &str = "kovra";
/// Of an identity without a hybrid key, and of one with it.
const VERSIONS: [u8; 2] = [1, 2];

/// What is wrong with a `kovra1...` or `kovradev1...` string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not Bech32m (BIP 350) in its one form: a typo, a missing part, a capital letter.
    #[error("it has a typo, a capital letter or a part missing")]
    Encoding,
    /// Bech32m of something else.
    #[error("it is longer or shorter than such a string, or starts otherwise")]
    Shape,
    #[error("it has version {0}, and this kovra knows no such version")]
    Version(u8),
    #[error("a key in it is unusable: {0}")]
    Key(#[from] KeyError),
    /// What stands in it was not put together by who has the keys.
    #[error("it is not signed by its own keys: somebody replaced a part of it")]
    Signature,
    /// What stands behind the string is no hybrid key.
    #[error("behind the kovra1... stands something else than one whole age1pq1... key")]
    Hybrid,
    /// It is one, of somebody else or of another time.
    #[error("its age1pq1... key is not the one that its kovra1... was signed with")]
    OtherHybrid,
}

/// A signing key, the keys it vouches for, and the signature that does so. As text it is a
/// `kovra1...` string of 219 characters, or in version 2 of 283 and behind it the hybrid key, `age1pq1...`; it is
/// checked when it is parsed (`spec/identity.md` 2).
/// Who its owner is, no check can tell: people compare [`SigningPublic::fingerprint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIdentity {
    signing: SigningPublic,
    agreement: AgreementPublic,
    hybrid: Option<Committed>,
    signature: [u8; 64],
}

/// What a string of version 2 has more than one of version 1, and the key that it commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Committed {
    number: u64,
    digest: [u8; 32],
    /// `None` in the short form.
    key: Option<HybridPublic>,
}

impl PublicIdentity {
    #[cfg(feature = "seal")]
    pub(super) fn sign(
        secret: &SigningSecret,
        agreement: AgreementPublic,
        hybrid: Option<(u64, HybridPublic)>,
    ) -> Self {
        let committed = |(number, key): (_, HybridPublic)| Committed {
            number,
            digest: key.digest(),
            key: Some(key),
        };
        let (signing, hybrid) = (secret.public(), hybrid.map(committed));
        let mut identity = Self { signing, agreement, hybrid, signature: [0; 64] };
        identity.signature = secret.sign(&identity.message());
        identity
    }

    /// An identity out of a row that the vault has authenticated, like [`SigningPublic::stored`]:
    /// points and signature were checked before it went in, and would take 100 µs a peer.
    #[cfg(feature = "vault")]
    pub(crate) fn stored(string: &str, hybrid: Option<&[u8; HybridPublic::SIZE]>) -> Option<Self> {
        let (version, bytes) = text::read(string, PREFIX, &VERSIONS).ok()?;
        let parts = Parts::of(version, &bytes)?;
        let mut identity = parts.identity(
            SigningPublic::stored(parts.signing),
            AgreementPublic::from_bytes(parts.agreement).ok()?,
        );
        if let Some(committed) = &mut identity.hybrid {
            committed.key = hybrid.map(HybridPublic::stored);
        }
        Some(identity)
    }

    /// Whether `text` is meant to be one: what is wrong with it is an [`IdentityError`] then.
    pub fn is_meant(text: &str) -> bool {
        text::is_meant(text, PREFIX)
    }

    /// The key that signs this identity's packages, and that people compare.
    pub fn signing(&self) -> SigningPublic {
        self.signing
    }

    /// The key that classical packages are sealed to.
    pub fn agreement(&self) -> AgreementPublic {
        self.agreement
    }

    /// The key that post-quantum packages are sealed to: of version 2, unless it [is short](Self::is_short).
    pub fn hybrid(&self) -> Option<&HybridPublic> {
        self.hybrid.as_ref()?.key.as_ref()
    }

    /// SHA-256 of that key, which the short form has as well.
    pub fn hybrid_digest(&self) -> Option<[u8; 32]> {
        self.hybrid.as_ref().map(|committed| committed.digest)
    }

    /// Which of an owner's strings is the later one: 0 in version 1 (`spec/identity.md` 6.2).
    pub fn number(&self) -> u64 {
        self.hybrid.as_ref().map_or(0, |committed| committed.number)
    }

    /// How a header may list it, by which of its keys. Its string has the digest of the hybrid one.
    #[cfg(feature = "vault")]
    pub(crate) fn recipient_ids(&self) -> Vec<RecipientId> {
        let hybrid = self.hybrid.as_ref().filter(|committed| committed.key.is_some());
        let hybrid = hybrid.map(|committed| RecipientId {
            kind: RecipientKind::Hybrid,
            fingerprint: committed.digest,
        });
        hybrid.into_iter().chain([RecipientId::of_identity(&self.agreement)]).collect()
    }

    /// What packages for it are sealed to: its hybrid key, or in version 1 its X25519 key. `None` of the short form.
    pub fn recipient(&self) -> Option<Recipient> {
        match &self.hybrid {
            None => Some(Recipient::Kovra(self.agreement)),
            Some(committed) => committed.key.clone().map(Recipient::Hybrid),
        }
    }

    /// Whether its string commits to a hybrid key that is not there: nobody is sealed to by it.
    pub fn is_short(&self) -> bool {
        self.hybrid.as_ref().is_some_and(|committed| committed.key.is_none())
    }

    /// 1 or 2.
    pub fn version(&self) -> u8 {
        VERSIONS[usize::from(self.hybrid.is_some())]
    }

    /// The string alone: the short form.
    pub fn string(&self) -> String {
        text::encode(PREFIX, &[&self.content()[..], &self.signature].concat())
    }

    /// All that is signed.
    fn content(&self) -> Vec<u8> {
        let mut bytes = vec![self.version()];
        bytes.extend_from_slice(self.signing.as_bytes());
        bytes.extend_from_slice(self.agreement.as_bytes());
        if let Some(committed) = &self.hybrid {
            bytes.extend_from_slice(&committed.number.to_be_bytes());
            bytes.extend_from_slice(&committed.digest);
        }
        bytes
    }

    /// What the self-signature covers. It starts with bytes of its own, so that it can be taken for nothing else.
    fn message(&self) -> Vec<u8> {
        let domain = format!("kovra-identity-v{}", self.version());
        [domain.as_bytes(), &self.content()].concat()
    }
}

/// What stands in a string behind its version, not looked at.
struct Parts<'a> {
    signing: &'a [u8; 32],
    agreement: &'a [u8; 32],
    committed: Option<(&'a [u8; 8], &'a [u8; 32])>,
    signature: &'a [u8; 64],
}

impl<'a> Parts<'a> {
    fn of(version: u8, bytes: &'a [u8]) -> Option<Self> {
        let (signing, rest) = bytes.split_first_chunk()?;
        let (agreement, rest) = rest.split_first_chunk()?;
        let (committed, rest) = match version {
            1 => (None, rest),
            _ => {
                let (number, rest) = rest.split_first_chunk()?;
                let (digest, rest) = rest.split_first_chunk()?;
                (Some((number, digest)), rest)
            }
        };
        Some(Self { signing, agreement, committed, signature: rest.try_into().ok()? })
    }

    /// The short form of it, with its keys checked.
    fn identity(&self, signing: SigningPublic, agreement: AgreementPublic) -> PublicIdentity {
        let hybrid = self.committed.map(|(number, digest)| Committed {
            number: u64::from_be_bytes(*number),
            digest: *digest,
            key: None,
        });
        PublicIdentity { signing, agreement, hybrid, signature: *self.signature }
    }
}

/// Both words, if it has both.
impl fmt::Display for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.string())?;
        self.hybrid().map_or(Ok(()), |key| write!(f, " {}", key.to_age()))
    }
}

impl FromStr for PublicIdentity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let words = text.split_once(|c: char| c.is_ascii_whitespace());
        let (string, key) = words.map_or((text, None), |(string, key)| (string, Some(key)));
        let mut identity = read_string(string)?;
        if let Some(key) = key.map(str::trim_ascii_start) {
            let none = if key.is_empty() { IdentityError::Encoding } else { IdentityError::Hybrid };
            let key = HybridPublic::from_age(key).ok_or(none)?;
            let committed = identity.hybrid.as_mut().ok_or(IdentityError::Hybrid)?;
            if committed.digest != key.digest() {
                return Err(IdentityError::OtherHybrid);
            }
            committed.key = Some(key);
        }
        Ok(identity)
    }
}

/// `spec/identity.md` 2.3.
fn read_string(string: &str) -> Result<PublicIdentity, IdentityError> {
    let (version, bytes) = text::read(string, PREFIX, &VERSIONS)?;
    let parts = Parts::of(version, &bytes).ok_or(IdentityError::Shape)?;
    let signing = SigningPublic::from_bytes(parts.signing)?;
    let identity = parts.identity(signing, AgreementPublic::from_bytes(parts.agreement)?);
    if identity.string() != string {
        return Err(IdentityError::Encoding);
    }
    if !identity.signing.verifies(&identity.message(), &identity.signature) {
        return Err(IdentityError::Signature);
    }
    Ok(identity)
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests {
    use super::super::{AgreementSecret, HybridSecret, Identity};
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
        assert_eq!(PublicIdentity::stored(&text, None), Some(public));
        assert_eq!(PublicIdentity::stored(&text[..50], None), None);
    }

    #[test]
    fn version_2_is_two_words_or_its_first() {
        let secret = identity(1).with_hybrid(7, HybridSecret::from_bytes(&[9; 32]));
        let public = secret.public();
        let (text, string) = (public.to_string(), public.string());
        assert_eq!(string.len(), 283);
        let key = public.hybrid().unwrap().clone();
        assert_eq!(text, format!("{string} {}", key.to_age()));
        assert_eq!(text.parse().as_ref(), Ok(&public));
        assert_eq!(text.replace(' ', "\n").parse().as_ref(), Ok(&public));
        assert_eq!(PublicIdentity::stored(&string, Some(key.as_bytes())), Some(public.clone()));
        assert_eq!((public.version(), public.number(), public.is_short()), (2, 7, false));
        assert_eq!(public.recipient(), Some(Recipient::Hybrid(key)));
        let short: PublicIdentity = string.parse().unwrap();
        assert_eq!((short.to_string(), short.is_short(), short.recipient()), (string, true, None));
        assert_eq!((short.signing(), short.number()), (public.signing(), 7));
        assert_eq!(short.hybrid_digest(), public.hybrid_digest());
    }

    #[test]
    fn what_stands_behind_a_string() {
        let two =
            |seed: u8| identity(1).with_hybrid(7, HybridSecret::from_bytes(&[seed; 32])).public();
        let (string, key) = (two(9).string(), two(9).hybrid().unwrap().to_age());
        let other = two(8).hybrid().unwrap().to_age();
        let read = |text: String| text.parse::<PublicIdentity>();
        assert_eq!(read(format!("{string} {other}")), Err(IdentityError::OtherHybrid));
        for bad in ["age1qqq", &key[..1958], &format!("{key} {key}"), &key.to_uppercase()] {
            assert_eq!(read(format!("{string} {bad}")), Err(IdentityError::Hybrid), "{bad}");
        }
        let old = identity(1).public();
        assert_eq!(read(format!("{old} {key}")), Err(IdentityError::Hybrid));
        assert_ne!(old.string(), string);
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
        newer[0] = 3;
        assert_eq!(
            string_of(&newer, "kovra").parse::<PublicIdentity>(),
            Err(IdentityError::Version(3))
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
