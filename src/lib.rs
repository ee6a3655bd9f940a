//! kovra hands secrets to a teammate in a sealed package: literals encrypted to their key, cloud
//! secrets as pointers that only the receiver's own cloud identity can resolve.
//!
//! The library never prints, prompts or exits, but for `platform`, which serves the `kovra` program
//! alone. What depends on the time of day takes it from the caller. Dependencies run one way: `ops`
//! composes [`package`], `vault`, `provider` and `policy`, which rest on [`cbor`], [`coordinate`],
//! [`pointer`](mod@pointer) and [`secret`].
//!
//! # Features
//! Without any, the crate parses and verifies packages and handles public identities: no I/O, no C, no
//! runtime, and it builds for `wasm32-unknown-unknown`. What each feature adds, all of them on by default:
//!
//! - `seal`: secret keys; opening and sealing, through the age crate
//! - `ssh`: sealing to `ssh-ed25519` keys
//! - `vault`: the local vault and the operations on it (SQLite, and so a C compiler)
//! - `keyring`: custody by the desktop's keyring
//! - `aws`, `azure`: resolving pointers into that cloud
//! - `cli`: what the program needs beside

#[macro_use]
mod words;

pub mod cbor;
pub mod clock;
pub mod coordinate;
pub mod entry;
pub mod env_name;
pub mod exit;
pub mod identity;
pub mod limits;
pub mod package;
pub mod pointer;
pub mod policy;
pub mod refs;
pub mod secret;
pub mod text;

#[cfg(feature = "vault")]
pub mod audit;
#[cfg(feature = "vault")]
pub mod backup;
#[cfg(feature = "vault")]
pub mod ops;
#[cfg(feature = "vault")]
pub mod platform;
#[cfg(any(feature = "vault", feature = "_cloud"))]
pub mod provider;
#[cfg(feature = "vault")]
pub mod vault;
