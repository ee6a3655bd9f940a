//! Hybrid keys and stanzas. What is taken as a key writes back as it stood; and of a package to two people, each opens
//! it exactly if the stanza in their place is the one that was made for them, whatever became of the rest.
//!
//! The first byte says what the others are. Mostly they are changes to something good, each of four bytes, and of what
//! is put in: where, how much is taken out there, and how much is put in. A checksum is more than a fuzzer finds.

#![no_main]

use bech32::{Bech32, Bech32m, Hrp};
use ed25519_dalek::Signer;
use forge::age::Age;
use forge::hybrid::{self, PUBLIC};
use forge::{ALICE, BOB, CAROL, Forge, NOW, To, Value, age as deterministic, entry};
use kovra::identity::{
    AgreementPublic, AgreementSecret, HybridPublic, Identity, IdentityError, PublicIdentity,
    Recipient, Token,
};
use kovra::package::{Class, Error, High, Package};
use kovra::secret::Secret;
use libfuzzer_sys::fuzz_target;
use ml_kem::kem::EncapsulationKey;
use ml_kem::{EncodedSizeUser, MlKem768Params};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

fuzz_target!(|data: &[u8]| {
    let Some((what, given)) = data.split_first() else { return };
    match what % 9 {
        0 => recipient(given),
        1 => recipient(&changed(ground().recipient.as_bytes(), given)),
        2 => key(&changed(&ground().key, given)),
        3 => words(&changed(ground().words.as_bytes(), given)),
        4 => signed_words(given),
        5 => secrets(given),
        6 => secrets(&changed(ground().token_file.expose(), given)),
        7 => slot_0(given),
        _ => token_layer(given),
    }
});

/// What changes are made to.
struct Ground {
    /// Slot 0 is to both readers, in this order; slot 1 is for the token.
    forge: Forge,
    readers: [Identity; 2],
    slot_0: Age,
    token: Token,
    token_layer: Age,
    token_file: Secret,
    high: Vec<u8>,
    /// Bob's.
    key: [u8; PUBLIC],
    recipient: String,
    words: String,
    /// Carol's.
    other: String,
}

fn ground() -> &'static Ground {
    static GROUND: LazyLock<Ground> = LazyLock::new(|| {
        let mut people = [BOB, CAROL];
        people.sort_by_key(|person| To::hybrid(person).listed);
        let [low, high] = [0, 2].map(|high| vec![entry("dev/a/b", Value::Literal(b"v"), high)]);
        let mut forge = Forge::with(&people.map(|person| To::hybrid(&person)), low, high);
        forge.entries[1] = vec![entry("dev/a/c", Value::Literal(b"v"), 2)];
        let forge =
            Forge { cipher: deterministic::encrypt, pad: |_| 0, ..forge }.with_hybrid_token();
        Ground {
            readers: people.map(|person| person.whole_identity(1)),
            slot_0: Age::of(&forge.keys, &forge.payload(0)),
            token: forge.token(),
            token_layer: Age::of(&[forge.token_recipient()], &forge.payload(1)),
            token_file: forge.token().to_file(&[7; 16]),
            high: forge.high(),
            key: BOB.hybrid(),
            recipient: BOB.hybrid_recipient(),
            words: BOB.whole_identity(1).public().to_string(),
            other: CAROL.hybrid_recipient(),
            forge,
        }
    });
    &GROUND
}

fn changed(good: &[u8], mut changes: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    while let Some(([high, low, out, put], rest)) = changes.split_first_chunk() {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (bytes.len() + 1);
        let out = usize::from(*out).min(bytes.len() - at);
        let (put, rest) = rest.split_at(usize::from(*put).min(rest.len()));
        bytes.splice(at..at + out, put.iter().copied());
        changes = rest;
    }
    bytes
}

/// A text is one key's only text, or another kind of recipient.
fn recipient(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let key = HybridPublic::from_age(text);
    assert!(key.as_ref().is_none_or(|key| key.to_age() == text));
    match Recipient::plain(text) {
        Ok(Recipient::Hybrid(read)) => assert_eq!(read.to_age(), text.trim_ascii()),
        Ok(_) => assert!(key.is_none() && !text.trim_ascii().starts_with("age1pq1")),
        Err(_) => assert!(key.is_none()),
    }
}

/// Bytes with a checksum are one exactly if they are good.
fn key(bytes: &[u8]) {
    let read = HybridPublic::from_age(&hybrid::recipient(bytes));
    assert_eq!(read.as_ref().map(|key| &key.as_bytes()[..]), good(bytes).then_some(bytes));
    let direct = <&[u8; PUBLIC]>::try_from(bytes).ok().map(HybridPublic::from_bytes);
    assert_eq!(direct.and_then(Result::ok), read);
}

/// ML-KEM's crate takes what is above the modulus, and writes it back reduced.
fn good(bytes: &[u8]) -> bool {
    let Some((encapsulation, agreement)) = bytes.split_last_chunk() else { return false };
    let canonical = |bytes| {
        let key = EncapsulationKey::<MlKem768Params>::from_bytes(bytes);
        key.as_bytes() == *bytes
    };
    encapsulation.try_into().is_ok_and(canonical) && AgreementPublic::from_bytes(agreement).is_ok()
}

/// Nobody but Bob signs for Bob: it is his, in one of the two forms, or nothing.
fn words(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(identity) = text.parse::<PublicIdentity>() else { return };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    assert_eq!((identity.to_string(), text.trim_ascii()), (words.join(" "), text));
    assert!(ground().words.starts_with(&identity.to_string()));
    assert_eq!(identity.is_short(), words.len() == 1);
}

/// What Bob signs: a number, and a key that may be good.
fn signed_words(given: &[u8]) {
    let Some((number, changes)) = given.split_first_chunk::<8>() else { return };
    let key = changed(&ground().key, changes);
    let content = [&[2][..], &BOB.ed(), &BOB.x(), number, &Sha256::digest(&key)].concat();
    let message = [&b"kovra-identity-v2"[..], &content].concat();
    let signed = [&content[..], &BOB.signing().sign(&message).to_bytes()].concat();
    let hrp = Hrp::parse("kovra").expect("a prefix");
    let string = bech32::encode::<Bech32m>(hrp, &signed).expect("it is short");
    let short: PublicIdentity = string.parse().expect("the short form is good");
    assert_eq!((short.number(), short.to_string()), (u64::from_be_bytes(*number), string.clone()));

    let whole = format!("{string} {}", hybrid::recipient(&key));
    match whole.parse::<PublicIdentity>() {
        Ok(identity) => assert!(good(&key) && identity.to_string() == whole),
        Err(e) => assert!(!good(&key) && e == IdentityError::Hybrid),
    }
    let other = format!("{string} {}", ground().other).parse::<PublicIdentity>();
    assert_eq!(other, Err(IdentityError::OtherHybrid));
}

/// A token file has one key, of either kind, in its one text; a file of keys is read up to its first.
fn secrets(bytes: &[u8]) {
    let file = Secret::copy_of(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n').map(str::trim_ascii).filter(|line| is_key(line));
    if let Some(token) = Token::from_file(&file) {
        let key = lines.clone().next().expect("a key");
        let written = token.to_file(&[7; 16]);
        let again = Token::from_file(&written).expect("what was written").to_file(&[7; 16]);
        assert_eq!(again.expose(), written.expose());
        assert!(written.expose().ends_with(format!("\n{key}\n").as_bytes()));
        assert_eq!((lines.clone().count(), bytes.len() <= 4096), (1, true));
    }
    if let Some(key) = AgreementSecret::of_file(&file) {
        let hrp = Hrp::parse("AGE-SECRET-KEY-").expect("a prefix");
        let text = bech32::encode_upper::<Bech32>(hrp, key.expose()).expect("it is short");
        assert_eq!(lines.next(), Some(&*text));
    }
}

fn is_key(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// `age` with other stanzas, under a MAC that holds: two bits of the first byte for each are none, a grease stanza, the
/// first of its own or the last, and then changes. `None` if it ends before they do: `age_header` tries that.
fn other_stanzas(age: &Age, given: &[u8]) -> Option<Age> {
    let (order, changes) = given.split_first()?;
    let grease = "-> x-grease y\nAAAA\n".to_owned();
    let stanza = |shift: u32| match order >> shift & 3 {
        0 => None,
        1 => Some(&grease),
        2 => age.stanzas.first(),
        _ => age.stanzas.last(),
    };
    let stanzas: String = [6, 4, 2, 0].into_iter().filter_map(stanza).map(String::as_str).collect();
    let stanzas = String::from_utf8(changed(stanzas.as_bytes(), changes)).ok()?;
    let ends = stanzas.starts_with("--- ") || stanzas.contains("\n--- ");
    (!ends).then(|| Age { stanzas: vec![stanzas], file_key: age.file_key, body: age.body.clone() })
}

/// The hybrid stanza in this place, with its body.
fn stanza(age: &Age, place: usize) -> Option<String> {
    let text = age.stanzas.concat();
    let hybrid = text.split("-> ").filter(|one| one.starts_with("mlkem768x25519 "));
    hybrid.map(str::to_owned).nth(place)
}

fn slot_0(given: &[u8]) {
    let ground = ground();
    let Some(age) = other_stanzas(&ground.slot_0, given) else { return };
    let file = ground.forge.file_of(&age.file(), &ground.high);
    let Ok(package) = Package::parse(&file) else { return };
    assert!(::age::Decryptor::new_buffered(&age.file()[..]).is_ok_and(|age| !age.is_scrypt()));
    let package = package.verify().expect("it is signed");
    let package = package.trust(&[ALICE.pinned()], NOW).expect("it is Alice's");
    for (place, reader) in ground.readers.iter().enumerate() {
        let mine = stanza(&age, place) == stanza(&ground.slot_0, place);
        let refused = package.open(reader, High::Skip).err().map(|e| e.class);
        assert_eq!(refused, (!mine).then_some(Class::NotForMe), "place {place}");
    }
}

fn token_layer(given: &[u8]) {
    let ground = ground();
    let Some(age) = other_stanzas(&ground.token_layer, given) else { return };
    static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| crate::ground().slot_0.file());
    let file = ground.forge.file_of(&SEALED, &ground.forge.seal(&age.file()));
    let opened = || -> Result<usize, Error> {
        let package = Package::parse(&file)?.verify()?.trust(&[ALICE.pinned()], NOW)?;
        Ok(package.open(&ground.readers[0], High::Open(&ground.token))?.entries.len())
    };
    let mine = stanza(&age, 0) == stanza(&ground.token_layer, 0);
    match opened() {
        Ok(entries) => assert!(mine && entries == 2),
        Err(e) => assert!(
            matches!(e.class, Class::Malformed | Class::Limit) || e.class == Class::Token && !mine,
            "{e}"
        ),
    }
}
