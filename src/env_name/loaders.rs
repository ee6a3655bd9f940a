//! What in an environment makes programs load code.

use super::loads_code;
use sha2::{Digest, Sha256};
use std::ffi::OsString;

/// The variables of `env` whose names make programs load code, sorted by name. Where one name is there
/// twice, both stay in their order: which of them counts is the reader's choice.
pub fn loaders(env: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let mut found: Vec<_> = env.filter(|(name, _)| loads_code(&name.to_string_lossy())).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// SHA-256 over all names and values, each behind its length in 8 bytes, big-endian (`spec/policy.md` 7.3).
pub fn digest(loaders: &[(OsString, OsString)]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for text in loaders.iter().flat_map(|(name, value)| [name, value]) {
        let bytes = text.as_encoded_bytes();
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(env: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        loaders(env.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn the_names_that_load_code_are_found_and_sorted() {
        let env = [("TERM", "x"), ("PATH", "/bin"), ("LD_PRELOAD", "a.so"), ("API_KEY", "k")];
        assert_eq!(of(&env), of(&[("LD_PRELOAD", "a.so"), ("PATH", "/bin")]));
        assert_eq!(of(&env).len(), 2);
        assert_eq!(of(&[("AWS_ENDPOINT_URL", "x"), ("CARGO_REGISTRY_TOKEN", "t")]), []);
    }

    #[test]
    fn each_change_of_a_loader_is_another_digest() {
        let digests = [
            &[][..],
            &[("PATH", "/bin")],
            &[("PATH", "/bin:/x")],
            &[("path", "/bin")],
            &[("PATH", "/bin"), ("ENV", "")],
            &[("PATH", "/bin"), ("ENV", "x")],
            &[("LD_A", "bLD_C"), ("LD_D", "")],
            &[("LD_A", "b"), ("LD_CLD_D", "")],
            &[("LD_A", "1"), ("LD_A", "2")],
            &[("LD_A", "2"), ("LD_A", "1")],
        ]
        .map(|env| digest(&of(env)));
        for (n, one) in digests.iter().enumerate() {
            assert!(!digests[n + 1..].contains(one), "{n}");
        }
        let turned = [("ENV", "x"), ("TERM", "y"), ("PATH", "/bin")];
        assert_eq!(digest(&of(&turned)), digests[5]);
    }
}
