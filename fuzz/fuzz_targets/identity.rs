//! A public identity has one text, but for the white space before its hybrid key, and so has a statement about a device.
//! The input is taken as a text, as what is inside one, and as keys that are signed here: a checksum and a signature
//! are more than a fuzzer finds.

#![no_main]

use bech32::{Bech32m, Hrp};
use ed25519_dalek::{Signer, SigningKey};
use forge::BOB;
use kovra::identity::{AgreementPublic, DeviceStatement, PublicIdentity, SigningPublic};
use libfuzzer_sys::fuzz_target;
use std::fmt::Display;
use std::str::FromStr;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        parses_to_itself::<PublicIdentity>(text);
        parses_to_itself::<DeviceStatement>(text);
    }
    if inside::<PublicIdentity>("kovra", data) {
        assert!([129, 169].contains(&data.len()));
    }
    if inside::<DeviceStatement>("kovradev", data) {
        assert!([129, 193].contains(&data.len()));
    }
    // One of them, as curve arithmetic is what takes the time.
    match data.split_first_chunk() {
        Some((key, [0..80, ..])) => identity_of(key),
        Some((key, [80..160, ..])) => half_of(key),
        Some((key, _)) => whole_of(key),
        None => {}
    }
});

/// Bob's identity with this X25519 key.
fn identity_of(x: &[u8; 32]) {
    let keys = [&[1][..], &BOB.ed(), x].concat();
    let signed = [&keys[..], &sign(&BOB.signing(), b"kovra-identity-v1", &keys)].concat();
    let good = AgreementPublic::from_bytes(x).is_ok();
    assert_eq!(inside::<PublicIdentity>("kovra", &signed), good);
}

/// Bob calls whoever has this Ed25519 key his own.
fn half_of(second: &[u8; 32]) {
    let keys = [&[1][..], &BOB.ed(), second].concat();
    let signed = [&keys[..], &sign(&BOB.signing(), b"kovra-device-v1\x01", &keys)].concat();
    let key = SigningPublic::from_bytes(second);
    let good = key.is_ok_and(|key| !key.fingerprint().is_empty() && *second != BOB.ed());
    assert_eq!(inside::<DeviceStatement>("kovradev", &signed), good);
}

/// Who has this secret and Bob are one person, but only if both say so.
fn whole_of(seed: &[u8; 32]) {
    let first = SigningKey::from_bytes(seed);
    let keys = [&[1][..], first.verifying_key().as_bytes(), &BOB.ed()].concat();
    let claim = sign(&first, b"kovra-device-v1\x01", &keys);
    let whole = |second: &SigningKey| {
        let consent = sign(second, b"kovra-device-v1\x02", &keys);
        inside::<DeviceStatement>("kovradev", &[&keys[..], &claim, &consent].concat())
    };
    assert_eq!(whole(&BOB.signing()), first != BOB.signing());
    assert!(!whole(&first));
}

fn sign(key: &SigningKey, domain: &[u8], keys: &[u8]) -> [u8; 64] {
    key.sign(&[domain, keys].concat()).to_bytes()
}

/// Whether these bytes with a checksum parse to themselves.
fn inside<T: FromStr + Display>(prefix: &str, data: &[u8]) -> bool {
    let hrp = Hrp::parse(prefix).expect("a prefix");
    bech32::encode::<Bech32m>(hrp, data).is_ok_and(|text| parses_to_itself::<T>(&text))
}

/// Whether `text` is one; if so, it is what that shows.
fn parses_to_itself<T: FromStr + Display>(text: &str) -> bool {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let shown =
        |parsed: &T| assert_eq!((parsed.to_string(), text.trim_ascii()), (words.join(" "), text));
    text.parse::<T>().inspect(shown).is_ok()
}
