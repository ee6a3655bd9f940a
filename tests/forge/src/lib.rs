//! What tests, benchmarks, fuzz targets and golden vectors are made with: an independent maker of
//! packages, good and bad; and behind features, people who run the program and stand-ins for the
//! clouds.
//!
//! The maker shares no code with the product: CBOR is written here byte by byte from `spec/package-v1.md`,
//! the age crate encrypts, ed25519-dalek signs. A test takes a good package, changes one thing, and
//! has it signed again, so that what is refused is the one thing and not the signature.

pub mod age;
pub mod cbor;
#[cfg(feature = "clouds")]
pub mod clouds;
pub mod golden;
pub mod hybrid;
pub mod part;
#[cfg(feature = "people")]
pub mod people;
pub mod texts;
pub mod vector;

use self::cbor::{array, bytes, cat, head, map, tag, text, uint};
use base64::{Engine, prelude::BASE64_STANDARD};
use bech32::{Bech32, Hrp};
use ed25519_dalek::{Signer, SigningKey};
use kovra::clock::Moment;
use kovra::identity::{
    AgreementSecret, HybridSecret, Identity, SigningPublic, SigningSecret, Token,
};
use kovra::secret::Secret;
use sha2::{Digest, Sha256};
use std::io::Write;

/// When the good package was sealed, in Unix seconds.
pub const CREATED: u64 = 1_800_000_000;
/// When it expires: a week later.
pub const EXPIRES: u64 = CREATED + 7 * 86_400;
/// An hour after it was sealed.
pub const NOW: Moment = Moment::from_seconds(CREATED + 3600);

/// The seed of the hybrid token.
pub const HYBRID_TOKEN: [u8; 32] = [0x72; 32];

/// A person's keys, which are fixed.
#[derive(Clone, Copy)]
pub struct Keys {
    ed_seed: [u8; 32],
    x_secret: [u8; 32],
    hybrid_seed: [u8; 32],
}

/// Seals the good package.
pub const ALICE: Keys = of(0xa1, 0xa2, 0xa3);
/// It is for him.
pub const BOB: Keys = of(0xb1, 0xb2, 0xb3);
/// A third colleague.
pub const CAROL: Keys = of(0xc1, 0xc2, 0xc3);
/// Nobody's friend.
pub const MALLORY: Keys = of(0xd1, 0xd2, 0xd3);

const fn of(ed: u8, x: u8, hybrid: u8) -> Keys {
    Keys { ed_seed: [ed; 32], x_secret: [x; 32], hybrid_seed: [hybrid; 32] }
}

/// Two whose SSH keys have one tag in age's stanzas, 4 bytes; found by trying 34,718 seeds.
pub const ONE_TAG: [Keys; 2] = [numbered(25_388), numbered(34_718)];

const fn numbered(number: u32) -> Keys {
    let (mut ed_seed, four, mut at) = ([0; 32], number.to_be_bytes(), 0);
    while at < 32 {
        ed_seed[at] = four[at % 4];
        at += 1;
    }
    Keys { ed_seed, ..of(0, 9, 9) }
}

/// One of many others.
pub const fn stranger(number: u8) -> Keys {
    of(number, number, number)
}

impl Keys {
    /// The signing key, for ed25519-dalek.
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(&self.ed_seed)
    }

    /// The Ed25519 public key.
    pub fn ed(&self) -> [u8; 32] {
        self.signing().verifying_key().to_bytes()
    }

    /// The X25519 public key.
    pub fn x(&self) -> [u8; 32] {
        let secret = x25519_dalek::StaticSecret::from(self.x_secret);
        x25519_dalek::PublicKey::from(&secret).to_bytes()
    }

    /// The X25519 public key as an age recipient.
    pub fn age_recipient(&self) -> String {
        bech32::encode::<Bech32>(Hrp::parse("age").unwrap(), &self.x()).unwrap()
    }

    /// The X25519 secret key as an age identity (`spec/identity.md` 4.2).
    pub fn age_identity(&self) -> String {
        let hrp = Hrp::parse("AGE-SECRET-KEY-").unwrap();
        bech32::encode_upper::<Bech32>(hrp, &self.x_secret).unwrap()
    }

    /// The hybrid public key.
    pub fn hybrid(&self) -> [u8; hybrid::PUBLIC] {
        hybrid::public(&self.hybrid_seed)
    }

    /// The hybrid public key as an age recipient.
    pub fn hybrid_recipient(&self) -> String {
        hybrid::recipient(&self.hybrid())
    }

    /// The hybrid seed as an age identity.
    pub fn hybrid_identity(&self) -> String {
        hybrid::identity(&self.hybrid_seed)
    }

    /// The Ed25519 key as an SSH public key blob.
    pub fn ssh_blob(&self) -> Vec<u8> {
        cat(&[b"\0\0\0\x0bssh-ed25519\0\0\0\x20", &self.ed()])
    }

    /// The same keys but the hybrid one, as the product holds them.
    pub fn identity(&self) -> Identity {
        let agreement = AgreementSecret::from_bytes(&self.x_secret);
        Identity::new(SigningSecret::from_bytes(&self.ed_seed), agreement)
    }

    /// The same with the hybrid key, and with this number in the string.
    pub fn whole_identity(&self, number: u64) -> Identity {
        self.identity().with_hybrid(number, HybridSecret::from_bytes(&self.hybrid_seed))
    }

    /// The key that a reader pins.
    pub fn pinned(&self) -> SigningPublic {
        SigningPublic::from_bytes(&self.ed()).unwrap()
    }
}

/// A recipient as the header lists it and as the age layers are encrypted to it.
#[derive(Clone)]
pub struct To {
    /// The kind and fingerprint that the header lists, encoded.
    pub listed: Vec<u8>,
    /// The key that the age file is really encrypted to.
    pub key: String,
}

impl To {
    /// `person` as a recipient of kind 0.
    pub fn kovra(person: &Keys) -> Self {
        Self { listed: listed(0, &person.x()), key: person.age_recipient() }
    }

    /// `person` as a plain age recipient, kind 1.
    pub fn age(person: &Keys) -> Self {
        Self { listed: listed(1, &person.x()), key: person.age_recipient() }
    }

    /// `person` by the hybrid key, kind 3.
    pub fn hybrid(person: &Keys) -> Self {
        Self { listed: listed(3, &person.hybrid()), key: person.hybrid_recipient() }
    }

    /// `person` by an SSH key, kind 2.
    pub fn ssh(person: &Keys) -> Self {
        let blob = person.ssh_blob();
        Self {
            listed: listed(2, &blob),
            key: format!("ssh-ed25519 {}", BASE64_STANDARD.encode(&blob)),
        }
    }
}

/// A header's pair for a recipient whose fingerprint is over `key`.
pub fn listed(kind: u64, key: &[u8]) -> Vec<u8> {
    cat(&[&array(2), &uint(kind), &bytes(&Sha256::digest(key))])
}

/// Everything about a package. [`Forge::file`] makes the file of it, whatever a test did before.
pub struct Forge {
    /// Who signs. The header's sender key is in [`Forge::header`] and does not follow.
    pub signer: SigningKey,
    /// The header's pairs, each key and value encoded.
    pub pairs: Vec<(Vec<u8>, Vec<u8>)>,
    /// The keys that both slots are encrypted to.
    pub keys: Vec<String>,
    /// The encoded entries of slots 0 and 1.
    pub entries: [Vec<Vec<u8>>; 2],
    /// Opens the inner layer of slot 1.
    pub token: ::age::x25519::Identity,
    /// The seed of the one that does so in place of it.
    pub hybrid_token: Option<[u8; 32]>,
    /// Makes an age file to recipients: [`encrypt`] with fresh keys, or [`age::encrypt`].
    pub cipher: fn(&[String], &[u8]) -> Vec<u8>,
    /// How many zeros follow so many bytes of payload.
    pub pad: fn(usize) -> usize,
}

impl Forge {
    /// A package from Alice to Bob with two entries in slot 0 and one in slot 1.
    pub fn good() -> Self {
        Self::with(
            &[To::kovra(&BOB)],
            vec![
                entry("dev/db/host", Value::Literal(b"db.internal"), 1),
                entry("prod/db/url", Value::Reference("azure-kv://orders/db-url"), 2),
            ],
            vec![entry("dev/db/password", Value::Literal(b"correct horse"), 2)],
        )
    }

    /// The good package with one entry in slot 0 in place of its own.
    pub fn normal(entry: Vec<u8>) -> Self {
        Self::with(&[To::kovra(&BOB)], vec![entry], vec![])
    }

    /// A package from Alice to `to`. Recipients and entries stand as they are given: a test that
    /// wants them sorted sorts them.
    pub fn with(to: &[To], normal: Vec<Vec<u8>>, high: Vec<Vec<u8>>) -> Self {
        let recipients: Vec<&[u8]> = to.iter().map(|t| &t.listed[..]).collect();
        let counts = cat(&[&array(2), &uint(normal.len() as u64), &uint(high.len() as u64)]);
        let values = [
            bytes(&[0x1d; 16]),
            bytes(&ALICE.ed()),
            uint(CREATED * 1000 + 17),
            uint(CREATED),
            uint(EXPIRES),
            cat(&[&array(to.len() as u64), &recipients.concat()]),
            counts,
        ];
        Self {
            signer: ALICE.signing(),
            pairs: (0..).map(uint).zip(values).collect(),
            keys: to.iter().map(|t| t.key.clone()).collect(),
            entries: [normal, high],
            token: fixed_token(0x70),
            hybrid_token: None,
            cipher: encrypt,
            pad: |_| 600,
        }
    }

    /// Replaces the value of the header's `key`, or adds it at the end.
    pub fn set(mut self, key: u64, value: Vec<u8>) -> Self {
        match self.pairs.iter_mut().find(|(k, _)| *k == uint(key)) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((uint(key), value)),
        }
        self
    }

    /// The bytes inside the header's byte string.
    pub fn header(&self) -> Vec<u8> {
        let pairs: Vec<u8> = self.pairs.iter().flat_map(|(k, v)| [&k[..], v].concat()).collect();
        cat(&[&map(self.pairs.len() as u64), &pairs])
    }

    /// The plaintext of `slot`.
    pub fn payload(&self, slot: usize) -> Vec<u8> {
        let of = |pad: &[u8]| {
            payload(slot as u64, &Sha256::digest(self.header()), &self.entries[slot], pad)
        };
        let bare = of(&[]).len() - 1;
        of(&vec![0; (self.pad)(bare)])
    }

    /// `plaintext` for the recipients.
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        (self.cipher)(&self.keys, plaintext)
    }

    /// With a hybrid token: slot 1 of a post-quantum package.
    pub fn with_hybrid_token(self) -> Self {
        Self { hybrid_token: Some(HYBRID_TOKEN), ..self }
    }

    /// The token's public key.
    pub fn token_recipient(&self) -> String {
        let hybrid = self.hybrid_token.map(|seed| hybrid::recipient(&hybrid::public(&seed)));
        hybrid.unwrap_or_else(|| self.token.to_public().to_string())
    }

    /// `plaintext` for the token, and that for the recipients.
    pub fn seal_high(&self, plaintext: &[u8]) -> Vec<u8> {
        self.seal(&(self.cipher)(&[self.token_recipient()], plaintext))
    }

    /// The age file of slot 0.
    pub fn sealed(&self) -> Vec<u8> {
        self.seal(&self.payload(0))
    }

    /// The age file of slot 1, empty without entries.
    pub fn high(&self) -> Vec<u8> {
        if self.entries[1].is_empty() { vec![] } else { self.seal_high(&self.payload(1)) }
    }

    /// The signed file.
    pub fn file(&self) -> Vec<u8> {
        self.file_of(&self.sealed(), &self.high())
    }

    /// The signed file with these slots.
    pub fn file_of(&self, sealed: &[u8], high: &[u8]) -> Vec<u8> {
        sign(&self.signer, &prefix(), &self.header(), sealed, high)
    }

    /// The token as the product holds it.
    pub fn token(&self) -> Token {
        use ::age::secrecy::ExposeSecret;
        let classical = || self.token.to_string().expose_secret().to_owned();
        let text = self.hybrid_token.map_or_else(classical, |seed| hybrid::identity(&seed));
        Token::from_file(&Secret::copy_of(text.as_bytes())).unwrap()
    }
}

/// The tag, the array, the name and the version of a package.
pub fn prefix() -> Vec<u8> {
    cat(&[&tag(55799), &array(6), &text("kovra-package"), &uint(1)])
}

/// A file of these parts, signed by `signer`.
pub fn sign(
    signer: &SigningKey,
    prefix: &[u8],
    header: &[u8],
    sealed: &[u8],
    high: &[u8],
) -> Vec<u8> {
    finish(signer, &[prefix, &bytes(header), &bytes(sealed), &bytes(high)])
}

/// `parts` in a row, and `signer`'s signature over them as the last item.
pub fn finish(signer: &SigningKey, parts: &[&[u8]]) -> Vec<u8> {
    let mut file = cat(&[&parts.concat(), &[0x58, 64]]);
    let signature = signer.sign(&file).to_bytes();
    file.extend_from_slice(&signature);
    file
}

/// Puts `signer`'s signature in place of the one at the end of `file`.
pub fn sign_again(signer: &SigningKey, file: &mut [u8]) {
    let body = file.len() - 64;
    let signature = signer.sign(&file[..body]).to_bytes();
    file[body..].copy_from_slice(&signature);
}

/// A payload of these parts.
pub fn payload(slot: u64, hash: &[u8], entries: &[Vec<u8>], pad: &[u8]) -> Vec<u8> {
    cat(&[
        &array(6),
        &text("kovra-entries"),
        &uint(1),
        &uint(slot),
        &bytes(hash),
        &array(entries.len() as u64),
        &entries.concat(),
        &bytes(pad),
    ])
}

/// How many zeros bring a payload of `bare` bytes, less its padding, to the length that clause 4.4
/// wants: found by trying one length after the other.
pub fn padme(bare: usize) -> usize {
    let is_padme = |length: usize| {
        let exponent = length.ilog2();
        let free = exponent - (exponent.ilog2() + 1);
        length.trailing_zeros() >= free
    };
    let reaches = |pad: &usize| is_padme(bare + head(2, *pad as u64).len() + pad);
    let least = 1024usize.saturating_sub(bare + 9);
    (least..).filter(|pad| bare + head(2, *pad as u64).len() + pad >= 1024).find(reaches).unwrap()
}

/// The content of an entry.
pub enum Value<'a> {
    /// Mode 0.
    Literal(&'a [u8]),
    /// Mode 1.
    Reference(&'a str),
}

/// An encoded entry without a description.
pub fn entry(coordinate: &str, value: Value<'_>, sensitivity: u64) -> Vec<u8> {
    cat(&[&map(4), &entry_pairs(coordinate, value, sensitivity)])
}

/// An encoded entry with a description.
pub fn described(coordinate: &str, description: &str) -> Vec<u8> {
    let pairs = entry_pairs(coordinate, Value::Literal(b"v"), 0);
    cat(&[&map(5), &pairs, &uint(4), &text(description)])
}

fn entry_pairs(coordinate: &str, value: Value<'_>, sensitivity: u64) -> Vec<u8> {
    let (mode, value) = match value {
        Value::Literal(value) => (0, bytes(value)),
        Value::Reference(pointer) => (1, text(pointer)),
    };
    let name = text(coordinate);
    cat(&[&[0], &name, &[1], &uint(mode), &[2], &value, &[3], &uint(sensitivity)])
}

/// An age file of `plaintext` to `recipients`, `age1...` or `ssh-ed25519 ...`; of one to `age1pq1...`, which the age
/// crate does not know, what [`age::encrypt`] makes.
pub fn encrypt(recipients: &[String], plaintext: &[u8]) -> Vec<u8> {
    if recipients.iter().any(|text| hybrid::is_recipient(text)) {
        return age::encrypt(recipients, plaintext);
    }
    let keys: Vec<Box<dyn ::age::Recipient>> = recipients
        .iter()
        .map(|text| -> Box<dyn ::age::Recipient> {
            match text.parse::<::age::x25519::Recipient>() {
                Ok(key) => Box::new(key),
                Err(_) => Box::new(text.parse::<::age::ssh::Recipient>().unwrap()),
            }
        })
        .collect();
    let encryptor = ::age::Encryptor::with_recipients(keys.iter().map(|k| &**k)).unwrap();
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).unwrap();
    writer.write_all(plaintext).unwrap();
    writer.finish().unwrap();
    file
}

/// An age identity that is the same in every run.
pub fn fixed_token(byte: u8) -> ::age::x25519::Identity {
    let hrp = Hrp::parse("AGE-SECRET-KEY-").unwrap();
    bech32::encode_upper::<Bech32>(hrp, &[byte; 32]).unwrap().parse().unwrap()
}

/// An unencrypted OpenSSH private key file of `person`'s Ed25519 key.
pub fn openssh_private_key(person: &Keys) -> String {
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let pair = [&person.signing().to_bytes()[..], &person.ed()].concat();
    let mut private =
        [&[0; 8][..], &string(b"ssh-ed25519"), &string(&person.ed()), &string(&pair), &string(b"")]
            .concat();
    let padding = (1..).take(private.len().next_multiple_of(8) - private.len());
    private.extend(padding);
    let file = [
        b"openssh-key-v1\0",
        &string(b"none")[..],
        &string(b"none"),
        &string(b""),
        &1u32.to_be_bytes(),
        &string(&person.ssh_blob()),
        &string(&private),
    ]
    .concat();
    let lines: Vec<String> = BASE64_STANDARD
        .encode(file)
        .as_bytes()
        .chunks(70)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n")
}

/// 32 bytes as an age header writes them.
pub const B32: &str = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Something that looks like an age file with these stanzas, for what must be refused before any
/// key is tried.
pub fn age_shape(stanzas: &str) -> Vec<u8> {
    cat(&[format!("age-encryption.org/v1\n{stanzas}--- {B32}\n").as_bytes(), &[0; 33]])
}

/// The X25519 stanza of [`age_shape`].
pub fn x25519_stanza() -> String {
    format!("-> X25519 {B32}\n{B32}\n")
}

/// The hybrid stanza of [`age_shape`].
pub fn hybrid_stanza() -> String {
    format!("-> mlkem768x25519 {}\n{B32}\n", hybrid::enc(&[9]))
}
