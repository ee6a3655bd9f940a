//! The one place that knows the age crate (clause 5). Keys cross over as text, since the two sides
//! use different generations of the curve crates.

use super::{Class, Error};
use crate::identity::{AgreementSecret, Recipient};
use crate::secret::Secret;
use std::io::Write;

/// Refuses an SSH key in a build without the feature `ssh`: [`Class::Unsupported`].
pub(super) fn encrypt(recipients: &[Recipient], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let keys = recipients.iter().map(recipient).collect::<Result<Vec<_>, _>>()?;
    let failed = |e: std::io::Error| Error::new(Class::Malformed, "recipients", e.to_string());
    encrypt_to(&keys, plaintext).map_err(failed)
}

fn encrypt_to(keys: &[Box<dyn age::Recipient>], plaintext: &[u8]) -> std::io::Result<Vec<u8>> {
    let keys = keys.iter().map(|key| &**key);
    let encryptor = age::Encryptor::with_recipients(keys)
        .map_err(|_| std::io::Error::other("the recipients cannot be combined in one age file"))?;
    let mut file = Vec::with_capacity(plaintext.len() + plaintext.len() / 1024 + 16 * 1024);
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(file)
}

/// The same key as the age crate holds it.
fn recipient(key: &Recipient) -> Result<Box<dyn age::Recipient>, Error> {
    match key {
        Recipient::Kovra(key) | Recipient::Age(key) => Ok(Box::new(x25519(&key.to_age()))),
        Recipient::SshEd25519(_) => ssh(&key.to_text()),
    }
}

#[expect(clippy::expect_used, reason = "a checked key, in the crate's own text")]
fn x25519(text: &str) -> age::x25519::Recipient {
    text.parse().expect("an X25519 key that age takes")
}

#[cfg(feature = "ssh")]
#[expect(clippy::expect_used, reason = "a checked key, in the crate's own text")]
fn ssh(text: &str) -> Result<Box<dyn age::Recipient>, Error> {
    let key: age::ssh::Recipient = text.parse().expect("an Ed25519 key that age takes");
    Ok(Box::new(key))
}

#[cfg(not(feature = "ssh"))]
fn ssh(_text: &str) -> Result<Box<dyn age::Recipient>, Error> {
    let what = "this kovra was built without the feature 'ssh', so it cannot seal to an SSH key";
    Err(Error::new(Class::Unsupported, "recipients", what))
}

#[expect(clippy::expect_used, reason = "any 32 bytes are a key, in the crate's own text")]
fn identity(key: &AgreementSecret) -> age::x25519::Identity {
    key.to_age().parse().expect("an X25519 key that age takes")
}

/// Decrypts a whole age file into one buffer, or releases nothing. `wrong_key` is the class for a
/// file whose stanzas `key` does not open.
///
/// # Errors
/// `wrong_key`; [`Class::Malformed`] for stanzas the crate refuses; [`Class::Binding`] for a header
/// whose MAC or a body whose chunks do not hold, or that is cut short.
pub(super) fn decrypt(
    key: &AgreementSecret,
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
    let identity = identity(key);
    let identities = std::iter::once(&identity as &dyn age::Identity);
    let mut body = decryptor.decrypt(identities).map_err(refuse)?;
    // The plaintext is shorter than the file, so this limit is never met.
    match Secret::read(&mut body, file.len()) {
        Ok(Some(plaintext)) => Ok(plaintext),
        _ => Err(Error::new(Class::Binding, place, "the age body is damaged or cut short")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::stanza::Scan;
    use super::*;
    use crate::identity::AgreementPublic;
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
    fn what_the_crate_writes_passes_the_pre_scan() {
        let key = Recipient::Age(AgreementSecret::from_bytes(&[9; 32]).public());
        for length in [1, 1000, 200_000] {
            let file = encrypt(std::slice::from_ref(&key), &vec![0; length]).unwrap();
            assert!(Scan::of(&file, "sealed").unwrap().is_one_x25519());
        }
    }

    #[test]
    fn every_kind_of_recipient_has_a_key_of_age() {
        let secret = AgreementSecret::from_bytes(&[9; 32]);
        let key = secret.public();
        let ssh = crate::identity::SSH_EXAMPLE;
        let ssh = Recipient::plain(ssh).unwrap();
        assert_eq!(recipient(&ssh).is_ok(), cfg!(feature = "ssh"));
        for to in [Recipient::Kovra(key), Recipient::Age(key)] {
            let file = encrypt(&[to], b"plain").unwrap();
            let not_mine = (Class::NotForMe, "");
            assert_eq!(decrypt(&secret, &file, "sealed", not_mine).unwrap().expose(), b"plain");
        }
    }
}
