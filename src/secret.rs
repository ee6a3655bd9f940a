//! A secret value in memory: zeroized on drop, and mute.
//!
//! [`Secret`] has no `Debug`, `Display`, `Clone` or `Serialize`, so a value cannot reach a log, an
//! error or a message by accident. [`Secret::expose`] is the one way in, and easy to search for.

use std::io::{self, Read};
use zeroize::Zeroizing;

/// A secret of any length, zeroized when dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes ownership of `bytes`. The caller must not have left copies behind.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Nothing: where a row or an answer has no value.
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    /// Copies `bytes` into a buffer of exactly their length.
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }

    /// Reads at most `limit` bytes into one buffer that never moves, so that no freed copy stays in
    /// memory. `None` if there is more to read than that.
    pub fn read(source: &mut dyn Read, limit: usize) -> io::Result<Option<Self>> {
        let mut buffer = Zeroizing::new(vec![0; limit + 1]);
        let mut filled = 0;
        while filled < buffer.len() {
            match source.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if filled > limit {
            return Ok(None);
        }
        buffer.truncate(filled);
        Ok(Some(Self(buffer)))
    }

    /// The bytes themselves. Whoever calls this is answerable for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops one final newline (`\n` or `\r\n`), as a pipe or an editor leaves it.
    pub fn trim_newline(&mut self) {
        if self.0.last() == Some(&b'\n') {
            self.0.pop();
            if self.0.last() == Some(&b'\r') {
                self.0.pop();
            }
        }
    }
}

/// A key in Bech32 or one of its kin, in upper case, written into a buffer that never moves.
#[cfg(feature = "seal")]
#[expect(clippy::expect_used, reason = "32 bytes are below any limit of Bech32")]
pub(crate) fn to_bech32<Ck: bech32::Checksum>(
    hrp: bech32::Hrp,
    key: &[u8; 32],
) -> Zeroizing<String> {
    let length = bech32::encoded_length::<Ck>(hrp, key).expect("32 bytes fit");
    let mut text = Zeroizing::new(String::with_capacity(length));
    bech32::encode_upper_to_fmt::<Ck, _>(&mut *text, hrp, key).expect("32 bytes fit");
    text
}

impl Drop for Secret {
    fn drop(&mut self) {
        // zeroize wipes what a vector has room for in one go, and what it holds byte by byte.
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_stops_at_the_limit() {
        let read = |input: &[u8], limit| Secret::read(&mut &input[..], limit).unwrap();
        assert_eq!(read(b"abcd", 4).unwrap().expose(), b"abcd");
        assert!(read(b"abcde", 4).is_none());
        assert!(read(b"", 4).unwrap().is_empty());
        assert!(Secret::read(&mut io::repeat(0), 1 << 16).unwrap().is_none());
    }

    #[test]
    fn only_one_newline_is_trimmed() {
        let trimmed = |text: &[u8]| {
            let mut secret = Secret::copy_of(text);
            secret.trim_newline();
            secret.expose().to_vec()
        };
        assert_eq!(trimmed(b"a\n"), b"a");
        assert_eq!(trimmed(b"a\r\n"), b"a");
        assert_eq!(trimmed(b"a\n\n"), b"a\n");
        assert_eq!(trimmed(b"a"), b"a");
    }
}
