//! The pre-scan lets through only what the age crate reads as an age file without scrypt, so that
//! the two never disagree about the stanzas.

#![no_main]

use forge::{BOB, Forge, To, Value, entry};
use kovra::package::Package;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// To Bob's X25519 key, and to his hybrid one.
static FORGES: LazyLock<[Forge; 2]> = LazyLock::new(|| {
    [To::kovra(&BOB), To::hybrid(&BOB)]
        .map(|to| Forge::with(&[to], vec![entry("dev/a/b", Value::Literal(b"v"), 1)], vec![]))
});

fuzz_target!(|data: &[u8]| FORGES.iter().for_each(|forge| read_as_age_does(forge, data)));

fn read_as_age_does(forge: &Forge, data: &[u8]) {
    let file = forge.file_of(data, b"");
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
}
