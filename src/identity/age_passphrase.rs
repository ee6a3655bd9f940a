//! Files of the age crate that are sealed to a passphrase.

use super::age_file::{NotOpened, NotSealed, decrypt_as, encrypt_to};
use crate::limits;
use crate::secret::Secret;
use age::secrecy::SecretString;
use std::io;

/// The work factor of a passphrase's scrypt, as a power of two: about a second, and 256 MiB.
const WORK: u8 = 18;

/// Seals to a passphrase. It is text, as age has it: [`NotSealed::Io`] if not.
pub(crate) fn encrypt(passphrase: &Secret, plaintext: &[u8]) -> Result<Vec<u8>, NotSealed> {
    let odd = || NotSealed::Io(io::Error::other("a passphrase has to be text"));
    let mut recipient = age::scrypt::Recipient::new(text(passphrase).ok_or_else(odd)?);
    recipient.set_work_factor(WORK);
    encrypt_to(&[Box::new(recipient)], plaintext).map_err(NotSealed::Io)
}

fn text(passphrase: &Secret) -> Option<SecretString> {
    std::str::from_utf8(passphrase.expose()).ok().map(SecretString::from)
}

/// Decrypts a whole file, whose work factor is at most [`limits::WORK`], or releases nothing.
pub(crate) fn decrypt(passphrase: &Secret, file: &[u8]) -> Result<Secret, NotOpened> {
    let mut identity = age::scrypt::Identity::new(text(passphrase).ok_or(NotOpened::NotMine)?);
    identity.set_max_work_factor(limits::WORK);
    decrypt_as(&identity, file)
}
