//! Who seals and who opens: key pairs, public strings, recipients and fingerprints.
//!
//! `spec/identity.md` is the reference. Ed25519 keys sign packages; X25519 keys receive them as
//! age recipients. The identity *is* its signing key: the fingerprint is over it alone, and the
//! X25519 key is vouched for by its signature.

#[cfg(feature = "seal")]
pub(crate) mod age_file;
#[cfg(feature = "vault")]
pub(crate) mod age_passphrase;
#[cfg(feature = "seal")]
mod device;
mod keys;
mod public;
mod recipient;
#[cfg(feature = "seal")]
mod recovery_code;
#[cfg(feature = "seal")]
mod secrets;
mod text;
#[cfg(feature = "seal")]
mod token;

#[cfg(feature = "seal")]
pub use device::{DeviceStatement, is_meant_by, person};
pub use keys::{AgreementPublic, KeyError, SigningPublic};
pub use public::{IdentityError, PublicIdentity};
#[cfg(test)]
pub(crate) use recipient::SSH_EXAMPLE;
pub use recipient::{Recipient, RecipientError, RecipientId, RecipientKind};
#[cfg(feature = "seal")]
pub use recovery_code::{BadCode, RecoveryCode};
#[cfg(feature = "seal")]
pub use secrets::{AgreementSecret, Identity, SigningSecret};
#[cfg(feature = "seal")]
pub use token::Token;
