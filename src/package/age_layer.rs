//! The one place that calls the age crate (clause 5).

use super::{Class, Error};
use crate::secret::Secret;
use std::io::Write;

/// Encrypts `plaintext` to all `recipients`.
pub(super) fn encrypt(
    recipients: &[Box<dyn age::Recipient>],
    plaintext: &[u8],
) -> std::io::Result<Vec<u8>> {
    let recipients = recipients.iter().map(|r| &**r as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients)
        .map_err(|_| std::io::Error::other("the recipients cannot be combined in one age file"))?;
    let mut file = Vec::with_capacity(plaintext.len() + plaintext.len() / 1024 + 16 * 1024);
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(file)
}

/// Decrypts a whole age file into one buffer, or releases nothing. `wrong_key` is the class for a
/// file whose stanzas `identity` does not open.
///
/// # Errors
/// `wrong_key`; [`Class::Malformed`] for stanzas the crate refuses; [`Class::Binding`] for a header
/// whose MAC or a body whose chunks do not hold, or that is cut short.
pub(super) fn decrypt(
    identity: &age::x25519::Identity,
    file: &[u8],
    place: &'static str,
    wrong_key: (Class, &str),
) -> Result<Secret, Error> {
    let refuse = |e: age::DecryptError| match e {
        age::DecryptError::NoMatchingKeys => Error::new(wrong_key.0, place, wrong_key.1),
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => {
            Error::new(Class::Malformed, place, "the age header is not valid")
        }
        _ => Error::new(Class::Binding, place, "the age header's MAC does not hold"),
    };
    // The unbuffered parser starts over for every few bytes, this one for every line.
    let decryptor = age::Decryptor::new_buffered(file).map_err(refuse)?;
    let identities = std::iter::once(identity as &dyn age::Identity);
    let mut body = decryptor.decrypt(identities).map_err(refuse)?;
    // The plaintext is shorter than the file, so this limit is never met.
    match Secret::read(&mut body, file.len()) {
        Ok(Some(plaintext)) => Ok(plaintext),
        _ => Err(Error::new(Class::Binding, place, "the age body is damaged or cut short")),
    }
}
