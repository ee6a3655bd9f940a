//! MLKEM768-X25519, also known as X-Wing, as a KEM of HPKE (`spec/package-v1.md` 5.8).
//!
//! The age crate has no such recipient yet: this module and [`super::hybrid_age`] are to go when it has. Of the two
//! implementations of ML-KEM, this is the one that age locks already, so it adds no package; Cryspen's is a fifth faster,
//! verified in part, and brings 32 packages and 350 KB. What `ml-kem` 0.2 leaves to its user is done here and in
//! [`super::HybridPublic`]: the modulus check, and wiping what comes from a seed.

use super::HybridPublic;
use hpke::generic_array::typenum::{Sum, U32, U96, U192, U1024};
use hpke::kem::SharedSecret;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable, HpkeError, Serializable};
use ml_kem::kem::{Decapsulate, DecapsulationKey, Encapsulate, EncapsulationKey};
use ml_kem::{B32, EncodedSizeUser, KemCore, MlKem768, MlKem768Params, SharedKey};
use sha3::digest::{ExtendableOutput, FixedOutput, Update, XofReader};
use sha3::{Sha3_256, Shake256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

/// A ciphertext of ML-KEM-768, in bytes.
const CIPHERTEXT: usize = 1088;
/// A ciphertext and an X25519 share, in bytes.
pub(super) const ENCAPSULATED: usize = CIPHERTEXT + 32;
/// What separates this combination from others.
const LABEL: &[u8; 6] = br"\.//^\";

/// The KEM.
pub(super) struct MlKem768X25519;

/// What travels: ciphertext and share.
#[derive(Clone)]
pub(super) struct Encapsulated(pub(super) Box<[u8; ENCAPSULATED]>);

/// The seed of a key pair.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seed(pub(super) Zeroizing<[u8; 32]>);

/// What a seed is expanded to.
struct Expanded {
    ml_kem: DecapsulationKey<MlKem768Params>,
    x25519: StaticSecret,
}

impl Seed {
    fn expand(&self) -> Expanded {
        let mut bytes = Zeroizing::new([[0; 32]; 3]);
        let mut stream = Shake256::default().chain(&self.0[..]).finalize_xof();
        bytes.iter_mut().for_each(|part| stream.read(part));
        let [d, z, x25519] = &*bytes;
        let (ml_kem, _) = MlKem768::generate_deterministic(view(d), view(z));
        Expanded { ml_kem, x25519: StaticSecret::from(*x25519) }
    }

    pub(super) fn public(&self) -> HybridPublic {
        let Expanded { ml_kem, x25519 } = self.expand();
        let mut bytes = [0; HybridPublic::SIZE];
        let (encapsulation, agreement) = bytes.split_at_mut(HybridPublic::SIZE - 32);
        encapsulation.copy_from_slice(&ml_kem.encapsulation_key().as_bytes());
        agreement.copy_from_slice(PublicKey::from(&x25519).as_bytes());
        HybridPublic::stored(&bytes)
    }
}

/// The same bytes as the crate has them, and no copy.
fn view(bytes: &[u8; 32]) -> &B32 {
    bytes.into()
}

/// The secret of both, from their own and all that is public of the X25519 part.
fn combine(
    mut ml_kem: SharedKey<MlKem768>,
    x25519: &x25519_dalek::SharedSecret,
    share: &[u8],
    public: &[u8],
) -> SharedSecret<MlKem768X25519> {
    let hash = Sha3_256::default().chain(&ml_kem[..]).chain(x25519.as_bytes());
    ml_kem.zeroize();
    SharedSecret(hash.chain(share).chain(public).chain(LABEL).finalize_fixed())
}

impl hpke::Kem for MlKem768X25519 {
    type PublicKey = HybridPublic;
    type PrivateKey = Seed;
    type EncappedKey = Encapsulated;
    type NSecret = U32;
    const KEM_ID: u16 = 0x647a;

    fn sk_to_pk(seed: &Seed) -> HybridPublic {
        seed.public()
    }

    /// HPKE makes no keys here: seeds are drawn by [`super::HybridSecret`].
    fn derive_keypair(ikm: &[u8]) -> (Seed, HybridPublic) {
        let mut seed = Seed(Zeroizing::new([0; 32]));
        Shake256::default().chain(ikm).finalize_xof().read(&mut seed.0[..]);
        let public = seed.public();
        (seed, public)
    }

    /// [`HpkeError::DecapError`] for a share of low order. Of a damaged ciphertext it makes another secret.
    fn decap(
        seed: &Seed,
        _sender: Option<&HybridPublic>,
        Encapsulated(bytes): &Encapsulated,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        let (ciphertext, share) = bytes.split_last_chunk().ok_or(HpkeError::DecapError)?;
        let Expanded { ml_kem, x25519 } = seed.expand();
        let agreed = x25519.diffie_hellman(&PublicKey::from(*share));
        if !agreed.was_contributory() {
            return Err(HpkeError::DecapError);
        }
        let ciphertext = ciphertext.try_into().map_err(|_| HpkeError::DecapError)?;
        let decapsulated = ml_kem.decapsulate(ciphertext).map_err(|()| HpkeError::DecapError)?;
        Ok(combine(decapsulated, &agreed, share, PublicKey::from(&x25519).as_bytes()))
    }

    fn encap<R: CryptoRng + RngCore>(
        to: &HybridPublic,
        _sender: Option<(&Seed, &HybridPublic)>,
        random: &mut R,
    ) -> Result<(SharedSecret<Self>, Encapsulated), HpkeError> {
        let (encapsulation, public) =
            to.as_bytes().split_last_chunk().ok_or(HpkeError::EncapError)?;
        let encapsulation = encapsulation.try_into().map_err(|_| HpkeError::EncapError)?;
        let key = EncapsulationKey::<MlKem768Params>::from_bytes(encapsulation);
        let (ciphertext, encapsulated) =
            key.encapsulate(random).map_err(|()| HpkeError::EncapError)?;
        let mut scalar = Zeroizing::new([0; 32]);
        random.fill_bytes(&mut *scalar);
        let scalar = StaticSecret::from(*scalar);
        let (share, agreed) =
            (PublicKey::from(&scalar), scalar.diffie_hellman(&PublicKey::from(*public)));
        let mut bytes = Box::new([0; ENCAPSULATED]);
        bytes[..CIPHERTEXT].copy_from_slice(&ciphertext);
        bytes[CIPHERTEXT..].copy_from_slice(share.as_bytes());
        Ok((combine(encapsulated, &agreed, share.as_bytes(), public), Encapsulated(bytes)))
    }
}

// HPKE wants to write and read its keys; nobody here asks it to.

impl Serializable for HybridPublic {
    type OutputSize = Sum<U1024, U192>;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(self.as_bytes());
    }
}

impl Deserializable for HybridPublic {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let bytes = sized(bytes)?;
        HybridPublic::from_bytes(&bytes).map_err(|_| HpkeError::ValidationError)
    }
}

impl Serializable for Seed {
    type OutputSize = U32;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(&self.0[..]);
    }
}

impl Deserializable for Seed {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        sized(bytes).map(|seed| Self(Zeroizing::new(seed)))
    }
}

impl Serializable for Encapsulated {
    type OutputSize = Sum<U1024, U96>;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(&self.0[..]);
    }
}

impl Deserializable for Encapsulated {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        sized(bytes).map(|bytes| Self(Box::new(bytes)))
    }
}

fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N], HpkeError> {
    bytes.try_into().map_err(|_| HpkeError::IncorrectInputLength(N, bytes.len()))
}
