//! Who seals and who opens: key pairs, public strings, recipients and fingerprints.
//!
//! `spec/identity.md` is the reference. Ed25519 keys sign packages; X25519 keys receive them as
//! age recipients. The identity *is* its signing key: the fingerprint is over it alone, and the
//! X25519 key is vouched for by its signature.

mod keys;
mod public;
mod recipient;

pub use keys::{AgreementPublic, AgreementSecret, KeyError, SigningPublic, SigningSecret};
pub use public::{IdentityError, PublicIdentity};
pub use recipient::{Recipient, RecipientId, RecipientKind};

use crate::secret::Secret;
use age::secrecy::ExposeSecret;

/// Both key pairs of one person or job. It stays in the vault.
pub struct Identity {
    /// Signs packages.
    pub signing: SigningSecret,
    /// Opens packages.
    pub agreement: AgreementSecret,
}

impl Identity {
    /// A fresh identity from the operating system's randomness.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self { signing: SigningSecret::generate()?, agreement: AgreementSecret::generate()? })
    }

    /// The public half, signed.
    pub fn public(&self) -> PublicIdentity {
        PublicIdentity::sign(&self.signing, self.agreement.public())
    }
}

/// The second factor of one package: a fresh age identity that opens its high literals.
pub struct Token(age::x25519::Identity);

impl Token {
    /// A fresh token.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Reads a token file: an age identity file with exactly one key. Lines that start with `#`
    /// and blank lines are skipped.
    pub fn from_file(text: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(text.expose()).ok()?;
        let mut lines =
            text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let (Some(key), None) = (lines.next(), lines.next()) else { return None };
        let token: age::x25519::Identity = key.parse().ok()?;
        // One text for one key: the age crate takes lower case and padding bits as well.
        (token.to_string().expose_secret() == key).then_some(Self(token))
    }

    /// The token file for the package `id`, in the format of the `age` program.
    pub fn to_file(&self, id: &[u8; 16]) -> Secret {
        let id = crate::text::hex(id);
        let public = self.0.to_public();
        let key = self.0.to_string();
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(format!("# kovra token of package {id}\n").as_bytes());
        text.extend_from_slice(format!("# public key: {public}\n").as_bytes());
        text.extend_from_slice(key.expose_secret().as_bytes());
        text.push(b'\n');
        Secret::new(text)
    }

    pub(crate) fn identity(&self) -> &age::x25519::Identity {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_reads_back() {
        let token = Token::generate();
        let file = token.to_file(&[7; 16]);
        let read = Token::from_file(&file).unwrap();
        assert_eq!(read.identity().to_public(), token.identity().to_public());
    }

    #[test]
    fn a_token_file_holds_one_key() {
        let file = Token::generate().to_file(&[0; 16]);
        let twice = Secret::new([file.expose(), file.expose()].concat());
        assert!(Token::from_file(&twice).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"# nothing\n")).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"AGE-SECRET-KEY-1QQQ\n")).is_none());
    }
}
