//! Hybrid keys and stanzas, by the formulas of `spec/identity.md` 1.4 and `spec/package-v1.md` 5.8.

use super::cbor::cat;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Hrp};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};
use hkdf::Hkdf;
use ml_kem::kem::{DecapsulationKey, EncapsulationKey};
use ml_kem::{EncapsulateDeterministic, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use sha2::Sha256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey, StaticSecret};

/// The bytes of a public key: the encapsulation key, and that of X25519.
pub const PUBLIC: usize = EK + 32;
const EK: usize = 1184;
const CT: usize = 1088;

/// What an encryptor draws for one stanza.
pub struct Drawn {
    pub ephemeral: StaticSecret,
    /// `m` of ML-KEM.Encaps (FIPS 203 §7.2).
    pub message: [u8; 32],
}

/// Bech32 of texts longer than those that its checksum was made for.
pub enum Long {}

impl Checksum for Long {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = 4096;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The public key of a seed.
pub fn public(seed: &[u8; 32]) -> [u8; PUBLIC] {
    let mut expanded = [0; 96];
    Shake256::default().chain(seed).finalize_xof().read(&mut expanded);
    let part = |at: usize| <[u8; 32]>::try_from(&expanded[at..at + 32]).unwrap();
    let (_, ek): (DecapsulationKey<MlKem768Params>, _) =
        MlKem768::generate_deterministic(&part(0).into(), &part(32).into());
    let x25519 = PublicKey::from(&StaticSecret::from(part(64)));
    cat(&[&ek.as_bytes(), x25519.as_bytes()]).try_into().unwrap()
}

/// A public key as an age recipient.
pub fn recipient(public: &[u8]) -> String {
    bech32::encode::<Long>(Hrp::parse("age1pq").unwrap(), public).unwrap()
}

/// Whether a text is meant as one.
pub fn is_recipient(text: &str) -> bool {
    text.starts_with("age1pq1")
}

/// A seed as an age identity.
pub fn identity(seed: &[u8]) -> String {
    bech32::encode_upper::<Bech32>(Hrp::parse("AGE-SECRET-KEY-PQ-").unwrap(), seed).unwrap()
}

/// ENC of a stanza that nobody opens, with a share that starts with these bytes, zeros behind them.
pub fn enc(share: &[u8]) -> String {
    let mut enc = [0; CT + 32];
    enc[CT..CT + share.len()].copy_from_slice(share);
    BASE64_STANDARD_NO_PAD.encode(enc)
}

/// The stanza's ENC and body of a file key for `recipient`.
pub fn wrap(recipient: &str, drawn: &Drawn, file_key: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let decoded = CheckedHrpstring::new::<Long>(recipient).unwrap();
    let public: Vec<u8> = decoded.byte_iter().collect();
    let (ek, pk) = public.split_at(EK);
    let ek = EncapsulationKey::<MlKem768Params>::from_bytes(ek.try_into().unwrap());
    let (ct, s) = ek.encapsulate_deterministic(&drawn.message.into()).unwrap();
    let share = PublicKey::from(&drawn.ephemeral).to_bytes();
    let shared = drawn.ephemeral.diffie_hellman(&<[u8; 32]>::try_from(pk).unwrap().into());
    let secret = Sha3_256::digest(cat(&[&s, shared.as_bytes(), &share, pk, br"\.//^\"]));
    (cat(&[&ct, &share]), seal(&secret, file_key))
}

/// HPKE, from the KEM's secret on.
fn seal(secret: &[u8], file_key: &[u8]) -> Vec<u8> {
    let empty = |label: &str, what: &[u8]| extract(b"", label, what).0;
    let info = b"age-encryption.org/mlkem768x25519";
    let context = cat(&[&[0], &empty("psk_id_hash", b""), &empty("info_hash", info)]);
    let (_, s) = extract(secret, "secret", b"");
    let (mut key, mut nonce) = ([0; 32], [0; 12]);
    s.expand(&cat(&[&[0, 32], &labelled("key", &context)]), &mut key).unwrap();
    s.expand(&cat(&[&[0, 12], &labelled("base_nonce", &context)]), &mut nonce).unwrap();
    ChaCha20Poly1305::new(&key.into()).encrypt(&nonce.into(), file_key).unwrap()
}

fn extract(salt: &[u8], label: &str, what: &[u8]) -> (Vec<u8>, Hkdf<Sha256>) {
    let (extracted, expander) = Hkdf::extract(Some(salt), &labelled(label, what));
    (extracted.to_vec(), expander)
}

fn labelled(label: &str, what: &[u8]) -> Vec<u8> {
    let suite = [0x64, 0x7a, 0, 1, 0, 3];
    cat(&[b"HPKE-v1HPKE", &suite, label.as_bytes(), what])
}
