//! `generate`: random values.

use super::Error;
use crate::secret::Secret;
use crate::vault;
use zeroize::Zeroizing;

/// Which characters a value is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// 62 letters and digits.
    Alphanumeric,
    /// 16 hex digits.
    Hex,
    /// 89 printable ASCII characters: all but space, `"`, `'`, `` ` ``, `\` and `$`.
    Symbols,
}

impl Alphabet {
    fn characters(self) -> Vec<u8> {
        let wanted = |b: &u8| match self {
            Self::Alphanumeric => b.is_ascii_alphanumeric(),
            Self::Hex => b.is_ascii_digit() || (b'a'..=b'f').contains(b),
            Self::Symbols => b.is_ascii_graphic() && !b"\"'`\\$".contains(b),
        };
        (0..=127).filter(wanted).collect()
    }
}

/// A value of `length` characters, each drawn from the operating system's randomness and equally likely.
pub fn generate(length: usize, alphabet: Alphabet) -> Result<Secret, Error> {
    let characters = alphabet.characters();
    // A byte beyond the last whole multiple would favour the first characters.
    let fair = 256 - 256 % characters.len();
    let mut value = Vec::with_capacity(length);
    let mut pool = Zeroizing::new([0; 256]);
    while value.len() < length {
        getrandom::fill(&mut *pool).map_err(vault::Error::from)?;
        let drawn = pool.iter().map(|b| usize::from(*b)).filter(|b| *b < fair);
        let left = length - value.len();
        value.extend(drawn.take(left).map(|b| characters[b % characters.len()]));
    }
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_length_and_the_characters() {
        for (alphabet, size) in
            [(Alphabet::Alphanumeric, 62), (Alphabet::Hex, 16), (Alphabet::Symbols, 89)]
        {
            let characters = alphabet.characters();
            assert_eq!(characters.len(), size);
            let value = generate(5000, alphabet).unwrap();
            assert_eq!(value.len(), 5000);
            assert!(value.expose().iter().all(|b| characters.contains(b)));
            assert!(characters.iter().all(|c| value.expose().contains(c)), "one never came");
        }
        let two = [generate(32, Alphabet::Hex).unwrap(), generate(32, Alphabet::Hex).unwrap()];
        assert_ne!(two[0].expose(), two[1].expose());
    }
}
