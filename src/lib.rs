//! kovra hands secrets to a teammate in a sealed package: literals encrypted to their key, cloud
//! secrets as pointers that only the receiver's own cloud identity can resolve.
//!
//! The library never prints, prompts, reads the environment or exits; the `kovra` program does.
//! Dependencies run one way: `ops` composes `package`, `vault`, `provider` and `policy`, which rest
//! on `cbor`, `coordinate`, `pointer`, `secret` and `clock`, and do not know each other.

#[macro_use]
mod words;

pub mod audit;
pub mod cbor;
pub mod clock;
pub mod coordinate;
pub mod entry;
pub mod env_name;
pub mod exit;
pub mod identity;
pub mod limits;
pub mod ops;
pub mod package;
pub mod pointer;
pub mod policy;
pub mod provider;
pub mod refs;
pub mod secret;
pub mod text;
pub mod vault;
