//! Bech32m texts with a version in front: BIP 350, without BIP 173's limit of 90 characters.

use super::IdentityError;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};

/// The version, which is one of `versions`, and what stands behind it. That it is the only text of these bytes is for the caller to see.
pub(super) fn read(
    text: &str,
    prefix: &str,
    versions: &[u8],
) -> Result<(u8, Vec<u8>), IdentityError> {
    // One text for one content: BIP 173's all-capitals form is not accepted.
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(IdentityError::Encoding);
    }
    let decoded = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| IdentityError::Encoding)?;
    let mut bytes = decoded.byte_iter();
    let version = bytes.next().ok_or(IdentityError::Shape)?;
    if decoded.hrp().as_str() != prefix {
        return Err(IdentityError::Shape);
    }
    if !versions.contains(&version) {
        return Err(IdentityError::Version(version));
    }
    Ok((version, bytes.collect()))
}

/// The text of `bytes`, whose first is the version.
#[expect(clippy::expect_used, reason = "what is encoded here is below the limit of the checksum")]
pub(super) fn encode(prefix: &str, bytes: &[u8]) -> String {
    bech32::encode::<Bech32m>(Hrp::parse_unchecked(prefix), bytes).expect("200 bytes fit")
}

/// Whether `text` is meant to be one with this prefix.
pub(super) fn is_meant(text: &str, prefix: &str) -> bool {
    let rest = text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
    rest.is_some() && text[prefix.len()..].starts_with('1')
}
