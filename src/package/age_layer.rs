//! The age layers of a package (clause 5), with its classes.

use super::{Class, Error};
use crate::identity::age_file::{self, NotOpened, NotSealed};
use crate::identity::{AgeIdentity, Recipient};
use crate::secret::Secret;

/// Refuses an SSH key in a build without the feature `ssh`: [`Class::Unsupported`].
pub(super) fn encrypt(recipients: &[&Recipient], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    age_file::encrypt(recipients, plaintext).map_err(|why| match why {
        NotSealed::NoSsh => {
            let what =
                "this kovra was built without the feature 'ssh', so it cannot seal to an SSH key";
            Error::new(Class::Unsupported, "recipients", what)
        }
        NotSealed::Io(e) => Error::new(Class::Malformed, "recipients", e.to_string()),
    })
}

/// Decrypts a whole age file into one buffer, or releases nothing. `wrong_key` is the class for a
/// file whose stanzas `by` does not open.
///
/// # Errors
/// `wrong_key`; [`Class::Malformed`] for stanzas the crate refuses; [`Class::Binding`] for a header
/// whose MAC or a body whose chunks do not hold, or that is cut short.
pub(super) fn decrypt(
    by: AgeIdentity<'_>,
    file: &[u8],
    place: &'static str,
    wrong_key: (Class, &str),
) -> Result<Secret, Error> {
    age_file::decrypt(by, file).map_err(|why| match why {
        NotOpened::NotMine => Error::new(wrong_key.0, place, wrong_key.1),
        NotOpened::Header => Error::new(Class::Malformed, place, "the age header is not valid"),
        NotOpened::Mac => Error::new(Class::Binding, place, "the age header's MAC does not hold"),
        NotOpened::Body => {
            Error::new(Class::Binding, place, "the age body is damaged or cut short")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::stanza::Scan;
    use super::*;
    use crate::identity::{AgreementSecret, HybridSecret};

    #[test]
    fn what_the_crate_writes_passes_the_pre_scan() {
        let key = Recipient::Age(AgreementSecret::from_bytes(&[9; 32]).public());
        for length in [1, 1000, 200_000] {
            let file = encrypt(&[&key], &vec![0; length]).unwrap();
            assert!(Scan::of(&file, "sealed", 0).unwrap().is_one(false));
        }
        let key = Recipient::Hybrid(HybridSecret::from_bytes(&[9; 32]).public());
        let file = encrypt(&[&key; 64], b"plain").unwrap();
        assert!(Scan::of(&file, "sealed", 64).is_ok());
        assert!(Scan::of(&encrypt(&[&key], b"plain").unwrap(), "sealed", 1).unwrap().is_one(true));
    }
}
