//! What two CBOR crates of others make of bytes: ciborium and dcbor.

use ciborium::Value;
use dcbor::{CBOR, CBORCase, Error};
use kovra::cbor::SELF_DESCRIBED;

/// What was accepted is one item in its deterministic encoding (RFC 8949 §4.2.1), says each.
///
/// ciborium keeps the order of maps, so it shows shortest heads and an end; dcbor refuses unsorted
/// and repeated keys too. It also wants text in Normalization Form C, which this format does not.
pub fn assert_deterministic(bytes: &[u8]) {
    let mut rest = bytes;
    let item: Value = ciborium::from_reader(&mut rest).expect("ciborium reads it");
    assert!(rest.is_empty(), "ciborium leaves {} bytes", rest.len());
    let mut again = Vec::with_capacity(bytes.len());
    ciborium::into_writer(&item, &mut again).expect("memory");
    assert_eq!(again, bytes, "ciborium has another encoding");
    match CBOR::try_from_data(bytes) {
        Ok(item) => assert_eq!(item.to_cbor_data(), bytes, "dcbor has another encoding"),
        Err(Error::NonCanonicalString) => {}
        Err(e) => panic!("dcbor refuses it: {e}"),
    }
}

/// Whether dcbor accepts `bytes` and finds no type in them that packages do not use. It takes some
/// whole floats for integers, which only its own encoding of them shows.
pub fn is_subset(bytes: &[u8]) -> bool {
    CBOR::try_from_data(bytes)
        .is_ok_and(|item| item.to_cbor_data() == bytes && only_used_types(&item))
}

fn only_used_types(item: &CBOR) -> bool {
    match item.as_case() {
        CBORCase::Unsigned(_) | CBORCase::ByteString(_) | CBORCase::Text(_) => true,
        CBORCase::Array(items) => items.iter().all(only_used_types),
        CBORCase::Map(map) => map.iter().all(|(k, v)| only_used_types(k) && only_used_types(v)),
        CBORCase::Tagged(tag, item) => tag.value() == SELF_DESCRIBED && only_used_types(item),
        CBORCase::Negative(_) | CBORCase::Simple(_) => false,
    }
}
