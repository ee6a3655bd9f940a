//! An age v1 encryptor that writes the same file in every run (C2SP `age.md`).
//!
//! What an encryptor draws at random is derived here from what it encrypts. Nobody may do that with
//! a secret: whoever guesses the plaintext can tell that it is the one. Golden vectors hold none.

use super::cbor::cat;
use super::hybrid::{self, Drawn};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};
use ed25519_dalek::VerifyingKey;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

/// How much plaintext a chunk of the body holds.
pub const CHUNK: usize = 64 << 10;

/// An age file in parts. [`Age::file`] puts them together, whatever was done to them before.
pub struct Age {
    /// The stanzas, each with all of its line feeds. The MAC covers them.
    pub stanzas: Vec<String>,
    /// What is wrapped in the stanzas.
    pub file_key: [u8; 16],
    /// The nonce and the chunks.
    pub body: Vec<u8>,
}

/// A whole age file of `plaintext` to `recipients`, `age1...`, `age1pq1...` or `ssh-ed25519 ...`.
pub fn encrypt(recipients: &[String], plaintext: &[u8]) -> Vec<u8> {
    Age::of(recipients, plaintext).file()
}

impl Age {
    /// `plaintext` for `recipients`.
    pub fn of(recipients: &[String], plaintext: &[u8]) -> Self {
        let seed = Sha256::digest(cat(&[recipients.join(" ").as_bytes(), b"\n", plaintext]));
        let draw = |what: &str| -> [u8; 32] {
            Sha256::digest(cat(&[b"kovra vectors: ", what.as_bytes(), &seed])).into()
        };
        let file_key = *draw("file key").first_chunk().unwrap();
        let stanzas = (0..).zip(recipients).map(|(i, recipient): (u32, _)| {
            let ephemeral = draw(&format!("ephemeral {i}")).into();
            let drawn = Drawn { ephemeral, message: draw(&format!("message {i}")) };
            stanza(recipient, &drawn, &file_key)
        });
        let mut chunks: Vec<&[u8]> = plaintext.chunks(CHUNK).collect();
        if chunks.is_empty() {
            chunks.push(b"");
        }
        let nonce = *draw("nonce").first_chunk().unwrap();
        let body = body(&file_key, &nonce, &chunks);
        Self { stanzas: stanzas.collect(), file_key, body }
    }

    /// The header with its MAC line.
    pub fn header(&self) -> String {
        let text = format!("age-encryption.org/v1\n{}---", self.stanzas.concat());
        let key = expand(&self.file_key, b"", b"header");
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap().chain_update(&text);
        format!("{text} {}\n", base64(&mac.finalize().into_bytes()))
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        cat(&[self.header().as_bytes(), &self.body])
    }
}

/// The nonce, and `chunks` in STREAM under it; the last is marked as such.
pub fn body(file_key: &[u8; 16], nonce: &[u8; 16], chunks: &[&[u8]]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(&expand(file_key, nonce, b"payload").into());
    let mut body = nonce.to_vec();
    for (counter, chunk) in (0u64..).zip(chunks) {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&counter.to_be_bytes());
        nonce[11] = u8::from(counter as usize + 1 == chunks.len());
        body.extend(cipher.encrypt(&nonce.into(), *chunk).unwrap());
    }
    body
}

/// One recipient's stanza.
fn stanza(recipient: &str, drawn: &Drawn, file_key: &[u8; 16]) -> String {
    if hybrid::is_recipient(recipient) {
        let (enc, body) = hybrid::wrap(recipient, drawn, file_key);
        return format!("-> mlkem768x25519 {}\n{}\n", base64(&enc), base64(&body));
    }
    let ephemeral = &drawn.ephemeral;
    match recipient.strip_prefix("ssh-ed25519 ") {
        None => {
            let key = <[u8; 32]>::try_from(bech32::decode(recipient).unwrap().1).unwrap();
            let shared = ephemeral.diffie_hellman(&PublicKey::from(key));
            let info = b"age-encryption.org/v1/X25519";
            let (share, body) = wrap(ephemeral, shared.as_bytes(), &key, (info, file_key));
            format!("-> X25519 {share}\n{body}\n")
        }
        Some(blob) => {
            let blob = BASE64_STANDARD.decode(blob).unwrap();
            let key = VerifyingKey::from_bytes(blob[19..].try_into().unwrap()).unwrap();
            let key = key.to_montgomery().to_bytes();
            let info = b"age-encryption.org/v1/ssh-ed25519";
            let tweak = StaticSecret::from(expand(b"", &blob, info));
            let shared = ephemeral.diffie_hellman(&PublicKey::from(key)).to_bytes();
            let shared = tweak.diffie_hellman(&PublicKey::from(shared));
            let (share, body) = wrap(ephemeral, shared.as_bytes(), &key, (info, file_key));
            format!("-> ssh-ed25519 {} {share}\n{body}\n", base64(&Sha256::digest(&blob)[..4]))
        }
    }
}

/// The ephemeral share and the wrapped file key, in base64.
fn wrap(
    ephemeral: &StaticSecret,
    shared: &[u8],
    key: &[u8; 32],
    (info, file_key): (&[u8], &[u8; 16]),
) -> (String, String) {
    let share = PublicKey::from(ephemeral).to_bytes();
    let wrapping = expand(shared, &cat(&[&share, key]), info);
    let cipher = ChaCha20Poly1305::new(&wrapping.into());
    let wrapped = cipher.encrypt(&[0; 12].into(), &file_key[..]).unwrap();
    (base64(&share), base64(&wrapped))
}

fn expand(key: &[u8], salt: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), key).expand(info, &mut out).unwrap();
    out
}

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD_NO_PAD.encode(bytes)
}
