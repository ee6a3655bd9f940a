//! A payload that is bound and opens: its entries, sealed again, open to the same entries. The
//! input is what follows the header hash, the entries and the padding.

#![no_main]

use forge::cbor::{array, bytes, cat, text, uint};
use forge::{ALICE, BOB, CREATED, Forge, NOW};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry};
use kovra::identity::{AgreementPublic, Recipient, Token};
use kovra::package::{Class, Contents, Draft, Error, High, Package, Stamp, seal};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Longer than until [`NOW`].
const LIFE: Duration = Duration::from_secs(7200);

fuzz_target!(|data: &[u8]| {
    // The header has to count as many entries as the input claims; large claims are for `package`.
    let Some(count @ 0x81..=0x97) = data.first() else { return };
    let counts = cat(&[&array(2), &uint(u64::from(count - 0x80)), &uint(0)]);
    let mut forge = Forge::good().set(6, counts);
    forge.entries[1].clear();
    let hash = bytes(&Sha256::digest(forge.header()));
    let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(0), &hash]);
    let payload = cat(&[&start, data]);
    let file = forge.file_of(&forge.seal(&payload), b"");

    let contents = match open(&file, None) {
        Ok(contents) => contents,
        Err(e) => {
            use Class::{Binding, Limit, Malformed, Policy};
            assert!(matches!(e.class, Binding | Limit | Malformed | Policy), "{e}");
            assert!(kovra::text::is_plain(&e.to_string()), "{e:?}");
            return;
        }
    };
    oracle::assert_deterministic(&payload);
    let first = plain(&contents);
    let bob = AgreementPublic::from_bytes(&BOB.x()).expect("Bob's key");
    let again = seal(Draft {
        sender: &ALICE.identity().signing,
        stamp: &Stamp::after(0, Moment::from_seconds(CREATED), LIFE).expect("randomness"),
        recipients: &[Recipient::Kovra(bob)],
        entries: contents.entries,
    })
    .expect("what opens can be sealed");
    assert!(again.token.is_none());
    assert_eq!(plain(&open(&again.bytes, None).expect("what is sealed opens")), first);
});

fn open(file: &[u8], token: Option<&Token>) -> Result<Contents, Error> {
    let verified = Package::parse(file)?.verify()?.trust(&[ALICE.pinned()], NOW)?;
    verified.open(&BOB.identity(), High::with(token))
}

fn plain(contents: &Contents) -> Vec<(String, Vec<u8>, u8, Option<String>)> {
    let one = |e: &Entry| {
        let value = match &e.content {
            Content::Literal(secret) => secret.expose().to_vec(),
            Content::Reference(pointer) => pointer.as_str().as_bytes().to_vec(),
        };
        (e.coordinate.to_string(), value, e.sensitivity as u8, e.description.clone())
    };
    contents.entries.iter().map(one).collect()
}
