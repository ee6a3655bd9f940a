//! Recovery codes: the secret half of a recipient, on paper. `spec/vault.md` 11.2 and 11.3.

use super::AgreementSecret;
use crate::secret::Secret;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 7;
/// Random characters of a group, of 5 bits each; its check follows.
const RANDOM: usize = 4;

/// 28 random characters, 140 bits.
pub struct RecoveryCode(Zeroizing<[u8; GROUPS * RANDOM]>);

/// Why a text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    #[error("a recovery code has 7 groups of 5 characters, and this has {0} characters")]
    Length(usize),
    /// Counted from 1.
    #[error("group {0} has a character that no recovery code has")]
    Character(usize),
    /// Counted from 1.
    #[error("group {0} is mistyped, or out of its place")]
    Check(usize),
}

impl RecoveryCode {
    /// A fresh one from the operating system's randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut characters = Zeroizing::new([0; GROUPS * RANDOM]);
        getrandom::fill(&mut *characters)?;
        for c in characters.iter_mut() {
            *c &= 31;
        }
        Ok(Self(characters))
    }

    /// As a person typed it: in either case, with I and L for 1 and O for 0, with hyphens, spaces or neither.
    pub fn parse(typed: &Secret) -> Result<Self, BadCode> {
        let is_gap = |c: &&u8| **c != b'-' && !c.is_ascii_whitespace();
        let text: Zeroizing<Vec<u8>> =
            Zeroizing::new(typed.expose().iter().filter(is_gap).copied().collect());
        if text.len() != GROUPS * (RANDOM + 1) {
            return Err(BadCode::Length(text.len()));
        }
        let mut code = Self(Zeroizing::new([0; GROUPS * RANDOM]));
        for (at, group) in text.chunks(RANDOM + 1).enumerate() {
            let to = &mut code.0[at * RANDOM..][..RANDOM];
            let mut check = 0;
            for (c, to) in group.iter().zip(to.iter_mut().chain([&mut check])) {
                *to = number(*c).ok_or(BadCode::Character(at + 1))?;
            }
            if check != check_of(at, to) {
                return Err(BadCode::Check(at + 1));
            }
        }
        Ok(code)
    }

    /// 7 groups of 5, with hyphens between.
    pub fn to_text(&self) -> Secret {
        let mut text = Vec::with_capacity(GROUPS * (RANDOM + 2));
        for (at, group) in self.0.chunks(RANDOM).enumerate() {
            if at > 0 {
                text.push(b'-');
            }
            let check = check_of(at, group);
            text.extend(group.iter().chain([&check]).map(|n| ALPHABET[usize::from(*n)]));
        }
        Secret::new(text)
    }

    /// What opens what is sealed to this code.
    #[expect(clippy::expect_used, reason = "only an output over 255 hashes long can fail")]
    pub fn secret(&self) -> AgreementSecret {
        let mut characters = Zeroizing::new([0; GROUPS * RANDOM]);
        for (c, n) in characters.iter_mut().zip(self.0.iter()) {
            *c = ALPHABET[usize::from(*n)];
        }
        let mut key = Zeroizing::new([0; 32]);
        let hkdf = Hkdf::<Sha256>::new(None, &*characters);
        hkdf.expand(b"kovra-recovery-code-v1", &mut *key).expect("one hash");
        AgreementSecret::from_bytes(&key)
    }
}

/// What a character stands for.
fn number(c: u8) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        other => other,
    };
    ALPHABET.iter().position(|other| *other == c).and_then(|at| u8::try_from(at).ok())
}

/// The check of a group: each place has a weight of its own, and so has the group's number.
fn check_of(at: usize, group: &[u8]) -> u8 {
    let number = u8::try_from(at).unwrap_or(31);
    let weighted = group.iter().chain([&number]).rev().fold(0, |sum, n| times_a(sum ^ n));
    weighted & 31
}

/// The product with a = x in GF(32) under x^5 + x^2 + 1.
fn times_a(n: u8) -> u8 {
    let twice = n << 1;
    if twice & 32 == 0 { twice } else { twice ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: &RecoveryCode) -> String {
        String::from_utf8(code.to_text().expose().to_vec()).unwrap()
    }

    fn parse(text: &str) -> Result<RecoveryCode, BadCode> {
        RecoveryCode::parse(&Secret::copy_of(text.as_bytes()))
    }

    #[test]
    fn a_known_code() {
        let mut numbers = Zeroizing::new([0; 28]);
        (0..28).for_each(|n| numbers[n as usize] = n);
        let code = RecoveryCode(numbers);
        assert_eq!(text(&code), "01231-4567K-89AB0-CDEFJ-GHJK3-MNPQH-RSTV2");
        let secret = "98e12d8873291758c0bb63a45596fe432778bd4284bb42208d514d953805c1d0";
        assert_eq!(crate::text::hex(code.secret().expose()), secret);
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = RecoveryCode::generate().unwrap();
        let written = text(&code);
        let spaced = written.replace('-', " ").to_lowercase();
        let looks = written.replace('-', "").replace('0', "o").replace('1', "l");
        for typed in [written, spaced, looks] {
            assert_eq!(parse(&typed).ok().unwrap().0, code.0, "{typed}");
        }
    }

    #[test]
    fn one_wrong_character_or_two_that_changed_places_show_in_their_group() {
        for _ in 0..20 {
            let written = text(&RecoveryCode::generate().unwrap()).replace('-', "").into_bytes();
            for at in 0..written.len() {
                for other in ALPHABET.iter().filter(|other| **other != written[at]) {
                    let mut wrong = written.clone();
                    wrong[at] = *other;
                    let wrong = parse(std::str::from_utf8(&wrong).unwrap()).err();
                    assert_eq!(wrong, Some(BadCode::Check(at / 5 + 1)));
                }
                let mut swapped = written.clone();
                let next = (at + 1).min(written.len() - 1);
                swapped.swap(at, next);
                let same = swapped == written;
                assert_eq!(parse(std::str::from_utf8(&swapped).unwrap()).is_ok(), same);
            }
        }
    }

    #[test]
    fn two_groups_that_changed_places_show() {
        let written = text(&RecoveryCode::generate().unwrap());
        let groups: Vec<&str> = written.split('-').collect();
        for (a, b) in (0..7).flat_map(|a| (a + 1..7).map(move |b| (a, b))) {
            let mut swapped = groups.clone();
            swapped.swap(a, b);
            assert_eq!(parse(&swapped.concat()).err(), Some(BadCode::Check(a + 1)));
        }
    }

    #[test]
    fn what_is_no_code_says_why() {
        assert_eq!(parse("").err(), Some(BadCode::Length(0)));
        assert_eq!(parse(&"0".repeat(36)).err(), Some(BadCode::Length(36)));
        assert_eq!(parse(&"U".repeat(35)).err(), Some(BadCode::Character(1)));
    }
}
