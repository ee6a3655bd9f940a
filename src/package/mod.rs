//! The sealed package: parse, verify, open, seal.
//!
//! `spec/package-v1.md` is the reference, and the clauses named in this module are its. The types
//! are stages, and each has one way in: bytes become a [`Package`] if they are well-formed,
//! [`Verified`] if the signature holds, [`Trusted`] if the sender is trusted and the time is right,
//! and only a `Trusted` package opens. Nothing here knows a vault or a network.

#[cfg(feature = "seal")]
mod age_layer;
#[cfg(all(test, feature = "seal"))]
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
mod stanza;

pub use envelope::{Package, Trusted, Verified};
pub use error::{Class, Error};
pub use header::Header;
#[cfg(feature = "seal")]
pub use open::{Contents, High};
pub use receipt::{RECEIPT_MAX, Receipt};
#[cfg(feature = "seal")]
pub use rules::check_entries;
#[cfg(feature = "seal")]
pub use seal::{Draft, Sealed, seal};

/// Sizes and counts beyond which a package is refused (clause 9).
pub mod limits {
    /// A whole package, in bytes.
    pub const FILE: usize = 16 << 20;
    /// A package header and, each, an age header, in bytes.
    pub const HEADER: usize = 16 << 10;
    /// Recipients.
    pub const RECIPIENTS: usize = 64;
    /// Entries of both slots.
    pub const ENTRIES: usize = 4096;
    /// From creation to expiry, in seconds.
    pub const LIFE: u64 = 366 * 86_400;
    /// The latest expiry: the end of the year 9999 (RFC 3339 §1), in Unix seconds.
    pub const LATEST: u64 = 253_402_300_799;
    /// How far a sender's clock may be ahead, in seconds.
    pub const CLOCK_SKEW: u64 = 300;
    /// A name in `crit` or `ext`, in bytes.
    pub const EXTENSION_NAME: usize = 64;
}
