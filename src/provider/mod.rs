//! Cloud providers: what turns a pointer into a value, under the caller's own identity.
//!
//! Nothing here runs unless a pointer is actually needed; a literal-only run starts no runtime, no
//! TLS and no network.

use crate::pointer::Pointer;
use crate::secret::Secret;
use futures::future::BoxFuture;

/// A value, fresh from its provider.
pub struct Resolved {
    /// The value.
    pub value: Secret,
    /// The version that was read, as the provider names it.
    pub version: String,
}

/// Why a pointer did not resolve. Taken from status and error code, never from words in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No credentials were found, or the ones found were refused outright.
    NoIdentity,
    /// The identity may not read this secret.
    Denied,
    /// There is no such secret, vault or version.
    NotFound,
    /// The secret is disabled, deleted or not yet valid.
    Disabled,
    /// The provider asks to slow down.
    Throttled,
    /// The provider did not answer, or answered 5xx.
    Unreachable,
    /// The value is not what the pointer says: no JSON object, no such field, no value.
    Malformed,
}

/// A pointer that did not resolve, told without anything from the value or the response body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// What happened, in one sentence.
    pub what: String,
    /// What the user can do next, in one sentence.
    pub hint: String,
}

/// One cloud.
pub trait Provider {
    /// Resolves `pointers`, concurrently, with one result each, in their order.
    fn resolve<'a>(
        &'a self,
        pointers: &'a [Pointer],
    ) -> BoxFuture<'a, Vec<Result<Resolved, Fault>>>;
}
