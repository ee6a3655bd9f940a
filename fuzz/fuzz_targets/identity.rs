//! A public identity has one text. The input is taken as a text, and as what is inside one: a
//! checksum and a signature are more than a fuzzer finds.

#![no_main]

use bech32::{Bech32m, Hrp};
use ed25519_dalek::Signer;
use forge::BOB;
use kovra::identity::{AgreementPublic, PublicIdentity, SigningPublic};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        parses_to_itself(text);
    }
    let hrp = Hrp::parse("kovra").expect("a prefix");
    if let Ok(text) = bech32::encode::<Bech32m>(hrp, data)
        && parses_to_itself(&text)
    {
        assert_eq!(data.len(), 129);
    }
    let Some((x, _)) = data.split_first_chunk::<32>() else { return };
    let _ = SigningPublic::from_bytes(x).map(|key| key.fingerprint());
    let keys = [&[1][..], &BOB.ed(), x].concat();
    let message = [b"kovra-identity-v1", &keys[..]].concat();
    let signed = [&keys[..], &BOB.signing().sign(&message).to_bytes()].concat();
    let text = bech32::encode::<Bech32m>(hrp, &signed).expect("short enough");
    assert_eq!(parses_to_itself(&text), AgreementPublic::from_bytes(x).is_ok());
});

/// Whether `text` is an identity; if so, it is what the identity shows.
fn parses_to_itself(text: &str) -> bool {
    let parsed = text.parse::<PublicIdentity>();
    parsed.inspect(|identity| assert_eq!(identity.to_string(), text)).is_ok()
}
