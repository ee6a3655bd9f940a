//! The second factor of a package.

use super::{AgeIdentity, AgreementSecret, HybridSecret, Recipient};
use crate::limits;
use crate::secret::Secret;

/// The second factor of one package: a fresh age identity that opens its high literals, and travels
/// over another channel than the package (`spec/identity.md` 5).
pub struct Token(Key);

/// Of the kind that the package is of.
enum Key {
    X25519(AgreementSecret),
    Hybrid(HybridSecret),
}

impl Token {
    /// Hybrid for a post-quantum package, else of X25519.
    pub fn generate(post_quantum: bool) -> Result<Self, getrandom::Error> {
        Ok(Self(match post_quantum {
            true => Key::Hybrid(HybridSecret::generate()?),
            false => Key::X25519(AgreementSecret::generate()?),
        }))
    }

    /// Reads a token file: an age identity file of at most 4,096 bytes with exactly one key. Lines that
    /// start with `#` and blank lines are skipped. `None` for anything else.
    pub fn from_file(text: &Secret) -> Option<Self> {
        let text = Some(text.expose()).filter(|text| text.len() <= limits::TOKEN)?;
        let lines = std::str::from_utf8(text).ok()?.split('\n').map(str::trim_ascii);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(key), None) = (lines.next(), lines.next()) else { return None };
        let hybrid = || HybridSecret::from_age(key).map(Key::Hybrid);
        AgreementSecret::from_age(key).map(Key::X25519).or_else(hybrid).map(Self)
    }

    /// The token file for the package `id`, in the format of the `age` program.
    pub fn to_file(&self, id: &[u8; 16]) -> Secret {
        let id = crate::text::hex(id);
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(format!("# kovra token of package {id}\n").as_bytes());
        let key = match &self.0 {
            Key::X25519(key) => {
                let public = key.public().to_age();
                text.extend_from_slice(format!("# public key: {public}\n").as_bytes());
                key.to_age()
            }
            Key::Hybrid(key) => key.to_age(),
        };
        text.extend_from_slice(key.as_bytes());
        text.push(b'\n');
        Secret::new(text)
    }

    /// The key that the inner layer of slot 1 is encrypted to.
    pub(crate) fn recipient(&self) -> Recipient {
        match &self.0 {
            Key::X25519(key) => Recipient::Age(key.public()),
            Key::Hybrid(key) => Recipient::Hybrid(key.public()),
        }
    }

    pub(crate) fn identity(&self) -> AgeIdentity<'_> {
        match &self.0 {
            Key::X25519(key) => AgeIdentity::X25519(key),
            Key::Hybrid(key) => AgeIdentity::Hybrid(key, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_reads_back() {
        for post_quantum in [false, true] {
            let token = Token::generate(post_quantum).unwrap();
            let read = Token::from_file(&token.to_file(&[7; 16])).unwrap();
            assert_eq!(read.recipient(), token.recipient());
            assert_eq!(read.recipient().is_hybrid(), post_quantum);
        }
    }

    #[test]
    fn a_token_file_holds_one_key() {
        let file = Token::generate(true).unwrap().to_file(&[0; 16]);
        let twice = Secret::new([file.expose(), file.expose()].concat());
        assert!(Token::from_file(&twice).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"# nothing\n")).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"AGE-SECRET-KEY-1QQQ\n")).is_none());
    }
}
