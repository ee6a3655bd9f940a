//! Whom a package can be sealed to.

use super::HybridPublic;
use super::keys::{AgreementPublic, SigningPublic};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// The kinds of recipient in a package header, by their numbers (`spec/package-v1.md` 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecipientKind {
    /// A kovra identity, by its X25519 key.
    Kovra = 0,
    /// A plain age X25519 recipient, `age1...`.
    Age = 1,
    SshEd25519 = 2,
    /// A hybrid key, of a kovra identity or of an age recipient `age1pq1...`.
    Hybrid = 3,
}

impl RecipientKind {
    pub fn from_number(number: u64) -> Option<Self> {
        let all = [Self::Kovra, Self::Age, Self::SshEd25519, Self::Hybrid];
        all.into_iter().find(|kind| *kind as u64 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Kovra => "kovra",
            Self::Age => "age",
            Self::SshEd25519 => "ssh-ed25519",
            Self::Hybrid => "hybrid",
        }
    }
}

/// A recipient as a package header lists it. It names a key without showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecipientId {
    pub kind: RecipientKind,
    /// SHA-256 of the X25519 or hybrid key, or of the SSH public key blob as `ssh-keygen -l` hashes it.
    pub fingerprint: [u8; 32],
}

impl RecipientId {
    pub fn of_identity(key: &AgreementPublic) -> Self {
        Self { kind: RecipientKind::Kovra, fingerprint: Sha256::digest(key.as_bytes()).into() }
    }

    pub fn is_hybrid(&self) -> bool {
        self.kind == RecipientKind::Hybrid
    }

    pub(crate) fn of_hybrid(key: &HybridPublic) -> Self {
        Self { kind: RecipientKind::Hybrid, fingerprint: key.digest() }
    }

    /// What people compare: 8 groups of 5 digits (`spec/identity.md` 3.3), which whoever has a package can
    /// compute of each of its recipients.
    pub fn groups(&self) -> String {
        let kind = [self.kind as u8];
        super::keys::groups(b"kovra-recipient-v1", &[&kind, &self.fingerprint])
    }
}

/// A key that a package can be sealed to (`spec/identity.md` 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A kovra identity, by its X25519 key.
    Kovra(AgreementPublic),
    /// A plain age recipient. A kovra identity does not open what is sealed to its key in this way:
    /// for that it takes [`Recipient::Kovra`].
    Age(AgreementPublic),
    /// An `ssh-ed25519` key: its blob of RFC 8709 §4, 51 bytes.
    SshEd25519([u8; 51]),
    /// A kovra identity by its hybrid key, or an age recipient `age1pq1...`.
    Hybrid(HybridPublic),
}

/// Why a text is no plain recipient (`spec/identity.md` 4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// None, or not the whole of one, or a key that must not be used.
    #[error("it is none of age1..., age1pq1... and ssh-ed25519 AAAA..., or it is not whole")]
    Malformed,
    /// A recipient that others may know, by how it begins.
    #[error("it is of a kind that no package is sealed to: {0}")]
    OtherKind(String),
}

/// How a hybrid recipient begins.
const HYBRID: &str = "age1pq1";
const SSH_BLOB_HEAD: &[u8; 19] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

impl Recipient {
    /// Whether what is sealed to it stays closed to a quantum computer.
    pub fn is_hybrid(&self) -> bool {
        matches!(self, Self::Hybrid(_))
    }

    /// A plain recipient from `age1...`, `age1pq1...` or an `ssh-ed25519 AAAA... comment` line, with white space around
    /// it. How it begins decides what it is meant as.
    pub fn plain(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim_ascii();
        let (first, rest) =
            text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, ""));
        match other_kind(first) {
            Some(kind) => Err(RecipientError::OtherKind(kind.to_owned())),
            None if first == "ssh-ed25519" => Self::ssh(rest).ok_or(RecipientError::Malformed),
            None => Self::age(text).ok_or(RecipientError::Malformed),
        }
    }

    fn age(text: &str) -> Option<Self> {
        match text.starts_with(HYBRID) {
            true => HybridPublic::from_age(text).map(Self::Hybrid),
            false => AgreementPublic::from_age(text).map(Self::Age),
        }
    }

    /// From what follows `ssh-ed25519`.
    fn ssh(rest: &str) -> Option<Self> {
        let blob = rest.split_ascii_whitespace().next()?;
        let blob: [u8; 51] = BASE64_STANDARD.decode(blob).ok()?.try_into().ok()?;
        let (head, key) = blob.split_first_chunk::<19>()?;
        SigningPublic::from_bytes(key.try_into().ok()?).ok()?;
        (head == SSH_BLOB_HEAD).then_some(Self::SshEd25519(blob))
    }

    /// A plain recipient out of a row that the vault has authenticated, like
    /// [`SigningPublic::stored`]: the text is one that [`Recipient::to_text`] wrote.
    #[cfg(feature = "vault")]
    pub(crate) fn stored(text: &str) -> Option<Self> {
        match text.strip_prefix("ssh-ed25519 ") {
            Some(blob) => {
                let blob = BASE64_STANDARD.decode(blob).ok()?.try_into().ok()?;
                Some(Self::SshEd25519(blob))
            }
            None => Self::age(text),
        }
    }

    /// The text that [`Recipient::plain`] reads; for a kovra identity, its age recipient.
    pub fn to_text(&self) -> String {
        match self {
            Self::Kovra(key) | Self::Age(key) => key.to_age(),
            Self::SshEd25519(blob) => format!("ssh-ed25519 {}", BASE64_STANDARD.encode(blob)),
            Self::Hybrid(key) => key.to_age(),
        }
    }

    /// How a header lists it (`spec/package-v1.md` 3.5).
    pub fn id(&self) -> RecipientId {
        let (kind, digest) = match self {
            Self::Kovra(key) => return RecipientId::of_identity(key),
            Self::Hybrid(key) => return RecipientId::of_hybrid(key),
            Self::Age(key) => (RecipientKind::Age, Sha256::digest(key.as_bytes())),
            Self::SshEd25519(blob) => (RecipientKind::SshEd25519, Sha256::digest(blob)),
        };
        RecipientId { kind, fingerprint: digest.into() }
    }
}

/// How a recipient begins that is of none of the kinds here, though others know it.
fn other_kind(first: &str) -> Option<&str> {
    // Bech32 has no other `1` than the one behind its human-readable part.
    let of_age = first.strip_prefix("age1").and_then(|rest| rest.find('1'));
    match of_age {
        _ if first.starts_with(HYBRID) => None,
        Some(name) => Some(&first[..="age1".len() + name]),
        None => (is_ssh_name(first) && first != "ssh-ed25519").then_some(first),
    }
}

/// The name of an algorithm for keys (RFC 4250 §4.6.1).
fn is_ssh_name(word: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"@.-".contains(&b);
    let of_keys = ["ssh-", "ecdsa-", "sk-"].iter().any(|start| word.starts_with(start));
    of_keys && word.len() <= 64 && word.bytes().all(allowed)
}

/// A good one, for tests.
#[cfg(test)]
pub(crate) const SSH_EXAMPLE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@x";

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = "age15j0tfy4l8su7uy3u82nu02x68l234jddqk9xngj7urmjag0069mqfz0xck";

    /// Computed with Python's hashlib.
    #[test]
    fn a_recipient_has_eight_groups_of_five_digits() {
        let id = RecipientId { kind: RecipientKind::Age, fingerprint: [7; 32] };
        assert_eq!(id.groups(), "05002 03434 29828 71374 90790 29997 41039 84823");
        let other = RecipientId { kind: RecipientKind::Kovra, ..id };
        assert_ne!(other.groups(), id.groups());
    }

    #[test]
    fn plain_recipients_read_back() {
        let age = Recipient::plain(AGE).unwrap();
        assert_eq!(age.id().kind, RecipientKind::Age);
        let ssh = Recipient::plain(SSH_EXAMPLE).unwrap();
        assert_eq!(ssh.id().kind, RecipientKind::SshEd25519);
        for recipient in [age, ssh] {
            assert_eq!(Recipient::plain(&recipient.to_text()), Ok(recipient.clone()));
            assert_eq!(Recipient::stored(&recipient.to_text()), Some(recipient.clone()));
        }
    }

    #[test]
    fn what_is_no_recipient() {
        for text in [
            "",
            "age1qqq",
            "age1pq1qqq",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "AGE1PQ1QQQ",
            "aage1pq1q",
        ] {
            assert_eq!(Recipient::plain(text), Err(RecipientError::Malformed), "{text}");
        }
        let mut weak = SSH_BLOB_HEAD.to_vec();
        weak.extend_from_slice(&[0; 32]);
        weak[19] = 1;
        let weak = format!("ssh-ed25519 {}", BASE64_STANDARD.encode(weak));
        assert_eq!(Recipient::plain(&weak), Err(RecipientError::Malformed));
    }

    #[test]
    fn what_is_a_recipient_of_others() {
        for (text, kind) in [
            ("age1tagpq1qqq", "age1tagpq1"),
            (" age1yubikey1qqq\n", "age1yubikey1"),
            ("age11", "age11"),
            ("ssh-rsa AAAAB3NzaC1yc2E= x", "ssh-rsa"),
            ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
            ("sk-ssh-ed25519@openssh.com AAAA", "sk-ssh-ed25519@openssh.com"),
        ] {
            let other = Err(RecipientError::OtherKind(kind.to_owned()));
            assert_eq!(Recipient::plain(text), other, "{text}");
        }
    }
}
