//! The second factor of a package.

use super::AgreementSecret;
use crate::limits;
use crate::secret::Secret;

/// The second factor of one package: a fresh age identity that opens its high literals, and travels
/// over another channel than the package (`spec/identity.md` 5).
pub struct Token(AgreementSecret);

impl Token {
    pub fn generate() -> Result<Self, getrandom::Error> {
        AgreementSecret::generate().map(Self)
    }

    /// Reads a token file: an age identity file of at most 4,096 bytes with exactly one key. Lines that
    /// start with `#` and blank lines are skipped. `None` for anything else.
    pub fn from_file(text: &Secret) -> Option<Self> {
        let text = Some(text.expose()).filter(|text| text.len() <= limits::TOKEN)?;
        let lines = std::str::from_utf8(text).ok()?.split('\n').map(str::trim_ascii);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(key), None) = (lines.next(), lines.next()) else { return None };
        AgreementSecret::from_age(key).map(Self)
    }

    /// The token file for the package `id`, in the format of the `age` program.
    pub fn to_file(&self, id: &[u8; 16]) -> Secret {
        let id = crate::text::hex(id);
        let public = self.0.public().to_age();
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(format!("# kovra token of package {id}\n").as_bytes());
        text.extend_from_slice(format!("# public key: {public}\n").as_bytes());
        text.extend_from_slice(self.0.to_age().as_bytes());
        text.push(b'\n');
        Secret::new(text)
    }

    /// The key that the inner layer of slot 1 is encrypted to.
    pub(crate) fn key(&self) -> &AgreementSecret {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_reads_back() {
        let token = Token::generate().unwrap();
        let file = token.to_file(&[7; 16]);
        let read = Token::from_file(&file).unwrap();
        assert_eq!(read.key().public(), token.key().public());
    }

    #[test]
    fn a_token_file_holds_one_key() {
        let file = Token::generate().unwrap().to_file(&[0; 16]);
        let twice = Secret::new([file.expose(), file.expose()].concat());
        assert!(Token::from_file(&twice).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"# nothing\n")).is_none());
        assert!(Token::from_file(&Secret::copy_of(b"AGE-SECRET-KEY-1QQQ\n")).is_none());
    }
}
