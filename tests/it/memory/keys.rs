//! Every key of a vault, taken out of its file as `spec/vault.md` says, and of its owner.

use super::process::{Needle, needle};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use forge::people::Person;
use hkdf::Hkdf;
use kovra::cbor::Reader;
use rusqlite::{Connection, OpenFlags};
use sha2::Sha256;

/// What the keys are for that come from the vault key.
pub(super) const OF_VAULT: [&str; 5] = ["lookup", "metadata", "value", "digest", "trail"];
/// And from the guard key.
pub(super) const OF_GUARD: [&str; 2] = ["guard value", "guard digest"];

/// Those of a vault that is kept by `vault.key`, with its text.
pub(super) fn of_key_file(person: &Person) -> Vec<Needle> {
    let text = std::fs::read_to_string(person.home().join("vault.key")).unwrap();
    let (_, kek) = bech32::decode(text.trim()).unwrap();
    [vec![needle("the key file", text.trim())], of(person, &kek)].concat()
}

/// Those of a vault that is kept by a passphrase, with that.
pub(super) fn of_passphrase(person: &Person, passphrase: &str) -> Vec<Needle> {
    let (_, way) = meta(person);
    let kek = kek(passphrase, &way);
    [vec![needle("the passphrase", passphrase)], of(person, &kek)].concat()
}

/// The key of a passphrase that does not open the vault, with that.
pub(super) fn of_wrong_passphrase(person: &Person, passphrase: &str) -> Vec<Needle> {
    let (_, way) = meta(person);
    vec![needle("what was typed", passphrase), needle("its key", kek(passphrase, &way))]
}

/// The text and the bytes of a token.
pub(super) fn of_token(person: &Person) -> Vec<Needle> {
    let file = std::fs::read_to_string(person.home().join("p.token")).unwrap();
    let text = file.lines().last().unwrap();
    vec![needle("the token", text), needle("its bytes", bech32::decode(text).unwrap().1)]
}

fn of(person: &Person, kek: &[u8]) -> Vec<Needle> {
    let (id, way) = meta(person);
    let master = [1, 2].map(|which| unwrap(kek, &id, &way, which));
    let mut all = vec![needle("the key-encryption key", kek)];
    for (name, key) in ["the vault key", "the guard key"].into_iter().zip(&master) {
        all.push(needle(name, key));
    }
    let purposes = OF_VAULT.map(|purpose| (0, purpose)).into_iter();
    for (which, purpose) in purposes.chain(OF_GUARD.map(|purpose| (1, purpose))) {
        all.push(needle(purpose, sub_key(&master[which], &id, purpose)));
    }
    let me = person.unlocked().view().identity().unwrap();
    all.push(needle("the signing seed", me.signing.expose()));
    all.push(needle("the agreement key", me.agreement.expose()));
    all.extend(me.hybrid.iter().map(|seed| needle("a hybrid seed", seed.expose())));
    all
}

/// The vault's id, and its custody.
fn meta(person: &Person) -> (Vec<u8>, Vec<u8>) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(person.vault(), flags).unwrap();
    let value = |number: i64| -> Vec<u8> {
        db.query_row("SELECT value FROM meta WHERE number = ?1", [number], |row| row.get(0))
            .unwrap()
    };
    let ways = value(2);
    let mut reader = Reader::new(&ways, "ways");
    reader.array().unwrap();
    (value(1), reader.bytes().unwrap().to_vec())
}

fn kek(passphrase: &str, way: &[u8]) -> Vec<u8> {
    let mut way = Reader::new(way, "way");
    way.array().unwrap();
    let mut description = Reader::new(way.bytes().unwrap(), "passphrase");
    description.array().unwrap();
    assert_eq!(description.uint(), Ok(1), "it is kept by a passphrase");
    let salt = description.bytes().unwrap();
    let params = Params::new(65_536, 3, 1, Some(32)).unwrap();
    let mut key = vec![0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .unwrap();
    key
}

/// Key 1 or 2 of a way.
fn unwrap(kek: &[u8], id: &[u8], way: &[u8], which: u8) -> Vec<u8> {
    let mut reader = Reader::new(way, "way");
    assert_eq!(reader.array(), Ok(5));
    let fields: Vec<&[u8]> = (0..5).map(|_| reader.bytes().unwrap()).collect();
    let at = usize::from(which) * 2 - 1;
    let aad = [b"kovra-vault-v2 way".as_slice(), id, &[which], fields[0]].concat();
    let cipher = XChaCha20Poly1305::new_from_slice(kek).unwrap();
    let nonce = XNonce::try_from(fields[at]).unwrap();
    cipher.decrypt(&nonce, Payload { msg: fields[at + 1], aad: &aad }).unwrap()
}

fn sub_key(master: &[u8], id: &[u8], purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = format!("kovra-vault-v2 {purpose}");
    Hkdf::<Sha256>::new(Some(id), master).expand(info.as_bytes(), &mut key).unwrap();
    key
}
