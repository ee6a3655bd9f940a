//! `kovradev1...`: two identities are one person's (`spec/identity.md` 7).

use super::keys::SigningPublic;
use super::text;
use super::{IdentityError, SigningSecret};
use std::fmt;
use std::str::FromStr;

/// What a statement starts with inside.
const VERSION: u8 = 1;
/// Starts what both sign, so that it can be taken for nothing else.
const DOMAIN: &[u8] = b"kovra-device-v1";
const PREFIX: &str = "kovradev";

/// Whose identity a local name is: `bob` for `bob/desktop` (`spec/policy.md` 1.9).
pub fn person(name: &str) -> &str {
    name.split_once('/').map_or(name, |(person, _)| person)
}

/// Whether a local name is meant by `asked`: it is that, or a device of theirs.
pub fn is_meant_by(name: &str, asked: &str) -> bool {
    name == asked || person(name) == asked
}

/// Who of the two signs. Neither's signature is good for the other's part.
#[derive(Clone, Copy)]
enum Role {
    First = 1,
    Second = 2,
}

/// The first identity says that the second is its owner's too, and the second agrees: else everybody could call
/// somebody else's identity their own. As text it is a `kovradev1...` string of 324 characters; as long as the second
/// has not agreed it has 222, and is good for nothing but to be agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStatement {
    first: SigningPublic,
    second: SigningPublic,
    claim: [u8; 64],
    consent: Option<[u8; 64]>,
}

impl DeviceStatement {
    /// What the first says. `None` if the second is no other.
    pub fn claim(first: &SigningSecret, second: SigningPublic) -> Option<Self> {
        let half = Self::half(first, second);
        (half.first != second).then_some(half)
    }

    /// With the second's agreement. `None` if it is about another.
    pub fn agree(self, second: &SigningSecret) -> Option<Self> {
        (second.public() == self.second).then(|| self.whole(second))
    }

    /// Of two that were drawn by one hand.
    pub(super) fn of_both(first: &SigningSecret, second: &SigningSecret) -> Self {
        Self::half(first, second.public()).whole(second)
    }

    fn half(first: &SigningSecret, second: SigningPublic) -> Self {
        let public = first.public();
        let claim = first.sign(&message(Role::First, &public, &second));
        Self { first: public, second, claim, consent: None }
    }

    fn whole(self, second: &SigningSecret) -> Self {
        let consent = second.sign(&message(Role::Second, &self.first, &self.second));
        Self { consent: Some(consent), ..self }
    }

    /// Whether `text` is meant to be one: what is wrong with it is an [`IdentityError`] then.
    pub fn is_meant(text: &str) -> bool {
        text::is_meant(text, PREFIX)
    }

    pub fn first(&self) -> SigningPublic {
        self.first
    }

    pub fn second(&self) -> SigningPublic {
        self.second
    }

    /// Whether both have signed.
    pub fn is_whole(&self) -> bool {
        self.consent.is_some()
    }

    fn holds(&self) -> bool {
        let signed = |role, signature: &[u8; 64]| {
            let key = match role {
                Role::First => self.first,
                Role::Second => self.second,
            };
            key.verifies(&message(role, &self.first, &self.second), signature)
        };
        signed(Role::First, &self.claim)
            && self.consent.iter().all(|consent| signed(Role::Second, consent))
    }
}

fn message(role: Role, first: &SigningPublic, second: &SigningPublic) -> Vec<u8> {
    [DOMAIN, &[role as u8, VERSION], first.as_bytes(), second.as_bytes()].concat()
}

impl fmt::Display for DeviceStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let consent = self.consent.as_ref().map_or(&[][..], |consent| consent);
        let parts =
            [&[VERSION], &self.first.as_bytes()[..], self.second.as_bytes(), &self.claim, consent];
        f.write_str(&text::encode(PREFIX, &parts.concat()))
    }
}

impl FromStr for DeviceStatement {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let (_, bytes) = text::read(text, PREFIX, &[VERSION])?;
        let (keys, signatures) = bytes.split_first_chunk::<64>().ok_or(IdentityError::Shape)?;
        let (claim, consent) = signatures.split_first_chunk().ok_or(IdentityError::Shape)?;
        let consent = match consent {
            [] => None,
            consent => Some(consent.try_into().map_err(|_| IdentityError::Shape)?),
        };
        let key = |at: usize| SigningPublic::from_bytes(&std::array::from_fn(|n| keys[at + n]));
        let (first, second) = (key(0)?, key(32)?);
        let statement = Self { first, second, claim: *claim, consent };
        if first == second {
            return Err(IdentityError::Shape);
        }
        if statement.to_string() != text {
            return Err(IdentityError::Encoding);
        }
        statement.holds().then_some(statement).ok_or(IdentityError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> [SigningSecret; 2] {
        [1, 2].map(|seed| SigningSecret::from_bytes(&[seed; 32]))
    }

    #[test]
    fn a_half_and_a_whole_read_back() {
        let [first, second] = pair();
        let half = DeviceStatement::claim(&first, second.public()).unwrap();
        let whole = half.clone().agree(&second).unwrap();
        for (statement, length) in [(&half, 222), (&whole, 324)] {
            let text = statement.to_string();
            assert_eq!(text.len(), length);
            assert!(DeviceStatement::is_meant(&text) && DeviceStatement::is_meant("KOVRADEV1"));
            assert_eq!(text.parse().as_ref(), Ok(statement));
        }
        assert!(!half.is_whole() && whole.is_whole());
        assert!(["kovradev", "kovra1", "kovradex1"].iter().all(|t| !DeviceStatement::is_meant(t)));
    }

    #[test]
    fn nobody_makes_anothers_identity_their_own() {
        let [first, second] = pair();
        assert_eq!(DeviceStatement::claim(&first, first.public()), None);
        let half = DeviceStatement::claim(&first, second.public()).unwrap();
        assert_eq!(half.clone().agree(&first), None);
        // The first signs the second's part, too.
        let forged = first.sign(&message(Role::Second, &half.first, &half.second));
        let forged = DeviceStatement { consent: Some(forged), ..half.clone() };
        assert_eq!(forged.to_string().parse::<DeviceStatement>(), Err(IdentityError::Signature));
        let again = DeviceStatement { consent: Some(half.claim), ..half };
        assert_eq!(again.to_string().parse::<DeviceStatement>(), Err(IdentityError::Signature));
    }
}
