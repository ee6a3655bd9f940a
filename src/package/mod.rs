//! The sealed package: parse, verify, open, seal.
//!
//! `spec/package-v1.md` is the reference, and the clauses named in this module are its. The types
//! are stages, and each has one way in: bytes become a [`Package`] if they are well-formed,
//! [`Verified`] if the signature holds, [`Trusted`] if the sender is trusted and the time is right,
//! and only a `Trusted` package opens. Nothing here knows a vault or a network.

#[cfg(feature = "seal")]
mod age_layer;
#[cfg(test)]
#[cfg(feature = "seal")]
mod cctv;
mod envelope;
mod error;
mod header;
#[cfg(feature = "seal")]
mod open;
#[cfg(feature = "seal")]
mod payload;
mod receipt;
#[cfg(feature = "seal")]
mod rules;
#[cfg(feature = "seal")]
mod seal;
#[cfg(feature = "seal")]
mod stamp;
mod stanza;

#[cfg(feature = "vault")]
pub(crate) use stanza::Scan;

pub use envelope::{Package, Trusted, Verified};
pub use error::{Class, Error};
pub use header::Header;
#[cfg(feature = "seal")]
pub use open::{Contents, High};
pub use receipt::Receipt;
#[cfg(feature = "seal")]
pub use rules::check_entries;
#[cfg(feature = "seal")]
pub use seal::{Draft, Sealed, seal};
#[cfg(feature = "seal")]
pub use stamp::{NoStamp, Stamp};
