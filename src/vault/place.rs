//! Where a row stands: what it is about, what it is named by, which revision it is.

use super::Error;
use crate::text::hex;

/// What a row is about, by the number in the file. A number that is not here is of a later kovra, and
/// its rows are digested and left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind(pub(super) i64);

impl Kind {
    pub(super) const TRAIL: Self = Self(0);
    pub(super) const ENTRY: Self = Self(1);
    pub(super) const PEER: Self = Self(2);
    pub(super) const PACKAGE: Self = Self(3);
    pub(super) const PROGRAM: Self = Self(4);
    pub(super) const SHARE: Self = Self(5);
    pub(super) const STATE: Self = Self(6);
    pub(super) const LEDGER: Self = Self(7);
    pub(super) const FILE: Self = Self(8);

    /// Whether rows of this kind are changed only with the owner's proof, whatever they say.
    pub(super) fn is_guarded(self) -> bool {
        matches!(self, Self::PEER | Self::PROGRAM | Self::FILE)
    }

    pub(super) fn is_known(self) -> bool {
        (Self::TRAIL..=Self::FILE).contains(&self)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TRAIL => "the trail",
            Self::ENTRY => "an entry",
            Self::PEER => "a peer",
            Self::PACKAGE => "an imported package",
            Self::PROGRAM => "an allowed program",
            Self::SHARE => "a share",
            Self::STATE => "the vault's state",
            Self::LEDGER => "a sender's ledger",
            Self::FILE => "a trusted file",
            Self(_) => "a kind of a later kovra",
        }
    }
}

/// What a row is named by.
pub(super) type Lookup = [u8; 32];

/// Where a row stands. It is part of what both its blobs are sealed with, so that a row which is moved
/// does not open.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) lookup: Lookup,
    pub(super) revision: u64,
    /// Whether it is changed only with the owner's proof.
    pub(super) guarded: bool,
}

impl Place {
    /// Of a row that the digest vouches for, and whose bytes are others.
    pub(super) fn changed(self) -> Error {
        let (kind, row, revision) = (self.kind.name(), hex(&self.lookup[..4]), self.revision);
        Error::Damaged(format!("{kind} (row {row}, revision {revision}) is not as it was written"))
    }

    /// Of a row that only the guard's digest could vouch for, and that stands outside of it.
    pub(super) fn unguarded(self) -> Error {
        let (kind, row, revision) = (self.kind.name(), hex(&self.lookup[..4]), self.revision);
        Error::Damaged(format!("{kind} (row {row}, revision {revision}) is not guarded"))
    }

    pub(super) fn to_bytes(self) -> [u8; 56] {
        let mut bytes = [0; 56];
        bytes[..8].copy_from_slice(&self.kind.0.to_be_bytes());
        bytes[8..40].copy_from_slice(&self.lookup);
        bytes[40..48].copy_from_slice(&self.revision.to_be_bytes());
        bytes[55] = self.guarded.into();
        bytes
    }
}
