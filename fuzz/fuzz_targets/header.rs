//! A header that is accepted and has no extensions is the one encoding of what was read from it,
//! and within every limit.

#![no_main]

use forge::cbor::{array, bytes, cat, map, uint};
use forge::{ALICE, Forge, Value, entry};
use kovra::package::{Header, Package};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SEALED: LazyLock<Vec<u8>> =
    LazyLock::new(|| Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 1)).sealed());

fuzz_target!(|data: &[u8]| {
    let file = forge::sign(&ALICE.signing(), &forge::prefix(), data, &SEALED, b"");
    let Ok(package) = Package::parse(&file) else { return };
    let header = match package.verify() {
        Ok(intact) => intact.header().clone(),
        // The header names another sender.
        Err(_) => return,
    };
    oracle::assert_deterministic(data);
    let life = header.expires.seconds() - header.created.seconds();
    assert!((1..=366 * 86_400).contains(&life));
    assert!(header.expires.seconds() < 253_402_300_800);
    assert!(header.seq <= (header.created.seconds() + 300) * 1000);
    assert!((1..=4096).contains(&(header.normal + header.high)));
    assert!(header.recipients.is_sorted() && header.crit.is_empty());
    if header.ext.is_empty() {
        assert_eq!(encoded(&header), data);
    }
});

fn encoded(header: &Header) -> Vec<u8> {
    let recipient = |r: &kovra::identity::RecipientId| {
        cat(&[&array(2), &uint(r.kind as u64), &bytes(&r.fingerprint)])
    };
    let recipients: Vec<u8> = header.recipients.iter().flat_map(recipient).collect();
    cat(&[
        &map(7),
        &cat(&[&uint(0), &bytes(&header.id), &uint(1), &bytes(&header.sender)]),
        &cat(&[&uint(2), &uint(header.seq), &uint(3), &uint(header.created.seconds())]),
        &cat(&[&uint(4), &uint(header.expires.seconds())]),
        &cat(&[&uint(5), &array(header.recipients.len() as u64), &recipients]),
        &cat(&[&uint(6), &array(2), &uint(header.normal as u64), &uint(header.high as u64)]),
    ])
}
