//! The sealed package: parse, verify, open, seal.
//!
//! `spec/package-v1.md` is the reference, and the clauses named in this module are its. The types
//! are stages, and each has one way in: bytes become a [`Package`] if they are well-formed,
//! [`Intact`] if the signature holds, [`Verified`] if the sender is trusted and the time is right,
//! and only a `Verified` package opens. Nothing here knows a vault or a network.

mod age_layer;
#[cfg(test)]
mod cctv;
mod envelope;
mod error;
mod header;
mod open;
mod payload;
mod receipt;
mod rules;
mod seal;
mod stanza;

pub use envelope::{Intact, Package, Verified};
pub use error::{Class, Error};
pub use header::Header;
pub use open::{Contents, High};
pub use receipt::Receipt;
pub use rules::check_entries;
pub use seal::{Draft, Sealed, seal};
