//! The pre-scan lets through only what the age crate reads as an age file without scrypt, so that
//! the two never disagree about the stanzas.

#![no_main]

use forge::{BOB, Forge, Value, entry};
use kovra::package::Package;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FORGE: LazyLock<Forge> =
    LazyLock::new(|| Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 1)));

fuzz_target!(|data: &[u8]| {
    let file = FORGE.file_of(data, b"");
    let Ok(package) = Package::parse(&file) else { return };
    assert!(package.verify().is_ok());
    let decryptor = age::Decryptor::new(data).expect("the age crate reads it too");
    assert!(!decryptor.is_scrypt());
    let key: age::x25519::Identity = BOB.age_identity().parse().expect("Bob's key");
    // Whether it opens is up to keys. That its stanzas are well-formed is not.
    if let Err(e) = decryptor.decrypt(std::iter::once(&key as &dyn age::Identity)) {
        use age::DecryptError::{DecryptionFailed, InvalidMac, NoMatchingKeys};
        assert!(matches!(e, DecryptionFailed | InvalidMac | NoMatchingKeys), "{e}");
    }
});
