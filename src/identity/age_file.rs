//! The one place that knows the age crate: files sealed to recipients. Keys cross over as text, since the
//! two sides use different generations of the curve crates.

use super::hybrid_age::At;
use super::{AgeIdentity, AgreementSecret, Recipient};
use crate::secret::Secret;
use std::io::{self, Write};

/// Why a file was not sealed.
#[derive(Debug)]
pub(crate) enum NotSealed {
    /// An SSH key, in a build without the feature `ssh`.
    #[cfg_attr(feature = "ssh", expect(dead_code, reason = "this build seals to it"))]
    NoSsh,
    Io(io::Error),
}

/// Why a file was not opened.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// No stanza of it opens by this key, or this passphrase.
    NotMine,
    /// It is no age file, or its header is not valid.
    Header,
    /// The header's MAC does not hold.
    Mac,
    /// A chunk of its body does not hold, or it is cut short.
    Body,
}

pub(crate) fn encrypt(recipients: &[&Recipient], plaintext: &[u8]) -> Result<Vec<u8>, NotSealed> {
    let keys = recipients.iter().map(|one| recipient(one)).collect::<Result<Vec<_>, _>>()?;
    encrypt_to(&keys, plaintext).map_err(NotSealed::Io)
}

pub(super) fn encrypt_to(
    keys: &[Box<dyn age::Recipient>],
    plaintext: &[u8],
) -> io::Result<Vec<u8>> {
    let keys = keys.iter().map(|key| &**key);
    let encryptor = age::Encryptor::with_recipients(keys)
        .map_err(|_| io::Error::other("the recipients cannot be combined in one age file"))?;
    let mut file = Vec::with_capacity(plaintext.len() + plaintext.len() / 1024 + 16 * 1024);
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(file)
}

/// The same key as the age crate holds it.
fn recipient(key: &Recipient) -> Result<Box<dyn age::Recipient>, NotSealed> {
    match key {
        Recipient::Kovra(key) | Recipient::Age(key) => Ok(Box::new(x25519(&key.to_age()))),
        Recipient::SshEd25519(_) => ssh(&key.to_text()),
        Recipient::Hybrid(key) => Ok(Box::new(key.clone())),
    }
}

#[expect(clippy::expect_used, reason = "a checked key, in the crate's own text")]
fn x25519(text: &str) -> age::x25519::Recipient {
    text.parse().expect("an X25519 key that age takes")
}

#[cfg(feature = "ssh")]
#[expect(clippy::expect_used, reason = "a checked key, in the crate's own text")]
fn ssh(text: &str) -> Result<Box<dyn age::Recipient>, NotSealed> {
    let key: age::ssh::Recipient = text.parse().expect("an Ed25519 key that age takes");
    Ok(Box::new(key))
}

#[cfg(not(feature = "ssh"))]
fn ssh(_text: &str) -> Result<Box<dyn age::Recipient>, NotSealed> {
    Err(NotSealed::NoSsh)
}

#[expect(clippy::expect_used, reason = "any 32 bytes are a key, in the crate's own text")]
fn identity(key: &AgreementSecret) -> age::x25519::Identity {
    key.to_age().parse().expect("an X25519 key that age takes")
}

/// Decrypts a whole age file into one buffer, or releases nothing.
pub(crate) fn decrypt(by: AgeIdentity<'_>, file: &[u8]) -> Result<Secret, NotOpened> {
    match by {
        AgeIdentity::X25519(key) => decrypt_as(&identity(key), file),
        AgeIdentity::Hybrid(key, place) => decrypt_as(&At { key, place }, file),
    }
}

pub(super) fn decrypt_as(identity: &dyn age::Identity, file: &[u8]) -> Result<Secret, NotOpened> {
    // The unbuffered parser starts over for every few bytes, this one for every line.
    let decryptor = age::Decryptor::new_buffered(file).map_err(not_opened)?;
    let mut body = decryptor.decrypt(std::iter::once(identity)).map_err(not_opened)?;
    // The plaintext is shorter than the file, so this limit is never met.
    let plaintext = Secret::read(&mut body, file.len()).ok().flatten();
    plaintext.ok_or(NotOpened::Body)
}

fn not_opened(error: age::DecryptError) -> NotOpened {
    match error {
        age::DecryptError::NoMatchingKeys | age::DecryptError::DecryptionFailed => {
            NotOpened::NotMine
        }
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => NotOpened::Header,
        _ => NotOpened::Mac,
    }
}

#[cfg(test)]
mod tests {
    use super::super::AgreementPublic;
    use super::*;
    use age::secrecy::ExposeSecret;

    #[test]
    fn the_age_crate_sees_the_same_key() {
        let secret = AgreementSecret::from_bytes(&[9; 32]);
        let age = identity(&secret);
        assert_eq!(age.to_string().expose_secret(), secret.to_age().as_str());
        let public = age.to_public().to_string();
        assert_eq!(public, secret.public().to_age());
        assert_eq!(AgreementPublic::from_age(&public), Some(secret.public()));
        assert_eq!(AgreementPublic::from_age(&public.to_uppercase()), None);
    }

    #[test]
    fn every_kind_of_recipient_has_a_key_of_age() {
        let secret = AgreementSecret::from_bytes(&[9; 32]);
        let key = secret.public();
        let ssh = Recipient::plain(super::super::SSH_EXAMPLE).unwrap();
        assert_eq!(recipient(&ssh).is_ok(), cfg!(feature = "ssh"));
        for to in [Recipient::Kovra(key), Recipient::Age(key)] {
            let file = encrypt(&[&to], b"plain").unwrap();
            assert_eq!(decrypt(AgeIdentity::X25519(&secret), &file).unwrap().expose(), b"plain");
        }
    }
}
