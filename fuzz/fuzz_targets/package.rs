//! Bytes that parse as a package are the one encoding of what they say, and under a good signature
//! they verify, and no other bytes near them do.

#![no_main]

use forge::{ALICE, BOB, Forge, sign_again};
use kovra::package::{High, Package};
use libfuzzer_sys::fuzz_target;

/// Tag, array, name and version.
const PREFIX: usize = 3 + 1 + 14 + 1;

fuzz_target!(|data: &[u8]| {
    if Package::parse(data).is_err() {
        return;
    }
    let mut file = data.to_vec();
    let header = header_range(&file);
    // Map, key 0, id, key 1 and a head stand before the sender's key.
    let key = header.start + 22;
    file[key..key + 32].copy_from_slice(&ALICE.ed());
    sign_again(&ALICE.signing(), &mut file);

    let intact = Package::parse(&file).and_then(Package::verify).expect("a good signature");
    let parsed = intact.header().clone();
    oracle::assert_deterministic(&file);
    oracle::assert_deterministic(&file[header]);
    let verified = intact.trust(&[ALICE.pinned()], parsed.created).expect("in date");
    let token = match parsed.is_post_quantum() {
        true => Forge::good().with_hybrid_token().token(),
        false => Forge::good().token(),
    };
    if let Ok(contents) = verified.open(&BOB.whole_identity(1), High::Open(&token)) {
        assert_eq!(contents.entries.len(), parsed.normal + parsed.high);
    }

    let bit = usize::from(data[data.len() - 1]) * 257 % (file.len() * 8);
    file[bit / 8] ^= 1 << (bit % 8);
    assert!(Package::parse(&file).and_then(Package::verify).is_err(), "bit {bit} is not covered");
    file[bit / 8] ^= 1 << (bit % 8);
    file.push(0);
    assert!(Package::parse(&file).is_err(), "a trailing byte");
});

/// Where the header is in a file that parses.
fn header_range(file: &[u8]) -> std::ops::Range<usize> {
    let (head, length) = match file[PREFIX] {
        0x58 => (2, usize::from(file[PREFIX + 1])),
        0x59 => (3, usize::from(u16::from_be_bytes([file[PREFIX + 1], file[PREFIX + 2]]))),
        other => panic!("a header of {other:#x}"),
    };
    PREFIX + head..PREFIX + head + length
}
