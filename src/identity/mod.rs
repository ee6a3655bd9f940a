//! Who seals and who opens: key pairs, public strings, recipients and fingerprints.
//!
//! `spec/identity.md` is the reference. Ed25519 keys sign packages; hybrid keys, or X25519 keys, receive them as
//! age recipients. The identity *is* its signing key: the fingerprint is over it alone, and the
//! other keys are vouched for by its signature.

#[cfg(feature = "seal")]
pub(crate) mod age_file;
#[cfg(feature = "vault")]
pub(crate) mod age_passphrase;
#[cfg(feature = "seal")]
mod device;
mod hybrid;
#[cfg(feature = "seal")]
mod hybrid_age;
#[cfg(feature = "seal")]
mod hybrid_kem;
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
pub use hybrid::HybridPublic;
pub use keys::{AgreementPublic, KeyError, SigningPublic};
pub use public::{IdentityError, PublicIdentity};
#[cfg(test)]
pub(crate) use recipient::SSH_EXAMPLE;
pub use recipient::{Recipient, RecipientError, RecipientId, RecipientKind};
#[cfg(feature = "seal")]
pub use recovery_code::{BadCode, RecoveryCode};
#[cfg(feature = "seal")]
pub(crate) use secrets::AgeIdentity;
#[cfg(feature = "seal")]
pub use secrets::{AgreementSecret, HybridSecret, Identity, SigningSecret};
#[cfg(feature = "seal")]
pub use token::Token;
