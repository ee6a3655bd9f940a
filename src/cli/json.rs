//! What `--json` prints: one type a command. `spec/json.md` is its document, and the tests of this
//! module hold the two together.

use kovra::audit::Event;
use kovra::entry::Mode;
use kovra::identity::{PublicIdentity, RecipientId, SigningPublic};
use kovra::ops::materialize::{Materialized, Purpose};
use kovra::ops::shared::Item;
use kovra::ops::verify::{Known, Report};
use kovra::package::Header;
use kovra::text::hex;
use kovra::vault::{AllowedProgram, Given, Held, PeerKey, Provenance, Revision, Stored};
use kovra::{ops, package, provider};
use serde::Serialize;

/// Of `id`.
#[derive(Serialize)]
pub(super) struct Identity {
    identity: String,
    fingerprint: String,
}

impl From<&PublicIdentity> for Identity {
    fn from(identity: &PublicIdentity) -> Self {
        Self { identity: identity.to_string(), fingerprint: identity.signing().fingerprint() }
    }
}

/// Of `peer list`, one for each.
#[derive(Serialize)]
pub(super) struct Peer {
    name: String,
    key: Option<String>,
    fingerprint: Option<String>,
}

impl From<&kovra::vault::Peer> for Peer {
    fn from(peer: &kovra::vault::Peer) -> Self {
        Self {
            name: peer.name.clone(),
            key: match &peer.key {
                PeerKey::Identity(identity) => Some(identity.to_string()),
                PeerKey::Sender(_) => None,
                PeerKey::Recipient(recipient) => Some(recipient.to_text()),
            },
            fingerprint: peer.signing().map(|key| key.fingerprint()),
        }
    }
}

/// Of `allow list`, one for each.
#[derive(Serialize)]
pub(super) struct Program {
    path: String,
    sha256: String,
    added: String,
}

impl From<&AllowedProgram> for Program {
    fn from(program: &AllowedProgram) -> Self {
        Self {
            path: program.path.clone(),
            sha256: hex(&program.digest),
            added: program.added.to_string(),
        }
    }
}

/// What an entry held, wherever one is told: the fingerprint of a literal's value, or a pointer.
#[derive(Serialize, Default)]
struct Content {
    mode: Option<String>,
    fingerprint: Option<String>,
    pointer: Option<String>,
}

impl Content {
    fn literal(fingerprint: impl ToString) -> Self {
        let mode = Some(Mode::Literal.to_string());
        Self { mode, fingerprint: Some(fingerprint.to_string()), pointer: None }
    }

    fn reference(pointer: impl ToString) -> Self {
        let mode = Some(Mode::Reference.to_string());
        Self { mode, fingerprint: None, pointer: Some(pointer.to_string()) }
    }
}

impl From<&Held> for Content {
    fn from(held: &Held) -> Self {
        match held {
            Held::Literal(fingerprint) => Self::literal(fingerprint),
            Held::Reference { pointer, .. } => Self::reference(pointer),
        }
    }
}

/// Of `list`, one for each.
#[derive(Serialize)]
pub(super) struct Entry {
    origin: String,
    coordinate: String,
    sensitivity: &'static str,
    #[serde(flatten)]
    content: Content,
    chosen: Option<bool>,
    description: Option<String>,
    updated: String,
    revision: u64,
    from: Option<Source>,
}

/// Where an entry came from: a package, or a copy.
#[derive(Serialize, Default)]
struct Source {
    sender: Option<String>,
    package: Option<String>,
    copy_of: Option<String>,
}

impl From<&Provenance> for Source {
    fn from(provenance: &Provenance) -> Self {
        match provenance {
            Provenance::Package { sender, package, .. } => Self {
                sender: Some(sender.fingerprint()),
                package: Some(hex(package)),
                copy_of: None,
            },
            Provenance::Copy { of } => Self { copy_of: Some(of.clone()), ..Self::default() },
        }
    }
}

impl From<&Stored> for Entry {
    fn from(entry: &Stored) -> Self {
        Self {
            origin: entry.origin.to_string(),
            coordinate: entry.coordinate.to_string(),
            sensitivity: entry.sensitivity.name(),
            content: (&entry.held).into(),
            chosen: match entry.held {
                Held::Literal(_) => None,
                Held::Reference { chosen, .. } => Some(chosen),
            },
            description: entry.description.clone(),
            updated: entry.updated.to_string(),
            revision: entry.revision,
            from: entry.provenance.as_ref().map(Source::from),
        }
    }
}

/// Of `history`, one for each revision.
#[derive(Serialize)]
pub(super) struct Past {
    revision: u64,
    written: String,
    removed: bool,
    sensitivity: Option<&'static str>,
    #[serde(flatten)]
    content: Content,
}

impl From<&Revision> for Past {
    fn from(revision: &Revision) -> Self {
        let entry = revision.entry.as_ref();
        Self {
            revision: revision.number,
            written: revision.written.to_string(),
            removed: entry.is_none(),
            sensitivity: entry.map(|e| e.sensitivity.name()),
            content: entry.map(|e| Content::from(&e.held)).unwrap_or_default(),
        }
    }
}

/// Of `shared`, one for each peer, entry and content.
#[derive(Serialize)]
pub(super) struct Shared {
    peer: String,
    coordinate: String,
    origin: String,
    #[serde(flatten)]
    content: Content,
    sealed: String,
    package: String,
    imported: Option<String>,
    upshot: &'static str,
}

impl From<&Item> for Shared {
    fn from(item: &Item) -> Self {
        Self {
            peer: item.peer.clone(),
            coordinate: item.entry.coordinate.clone(),
            origin: item.entry.origin.to_string(),
            content: match &item.entry.given {
                Given::Literal(fingerprint) => Content::literal(fingerprint),
                Given::Reference(pointer) => Content::reference(pointer),
            },
            sealed: item.sealed.to_string(),
            package: hex(&item.package),
            imported: item.received.map(|time| time.to_string()),
            upshot: item.upshot.name(),
        }
    }
}

/// Of `audit`, one for each row and entry.
#[derive(Serialize)]
pub(super) struct Row {
    row: u64,
    time: String,
    action: &'static str,
    outcome: &'static str,
    coordinate: Option<String>,
    asker: &'static str,
    peer: Option<String>,
    package: Option<String>,
    program: Option<String>,
}

impl From<&(u64, Event)> for Row {
    fn from((row, event): &(u64, Event)) -> Self {
        Self {
            row: *row,
            time: event.time.to_string(),
            action: event.action.name(),
            outcome: event.outcome.name(),
            coordinate: event.coordinate.clone(),
            asker: event.asker.name(),
            peer: event.peer.clone(),
            package: event.package.map(|id| hex(&id)),
            program: event.program.clone(),
        }
    }
}

/// What went wrong, for programs by its kind, and for people.
#[derive(Serialize)]
struct Fault {
    kind: &'static str,
    message: String,
    hint: Option<String>,
}

impl From<&provider::Fault> for Fault {
    fn from(fault: &provider::Fault) -> Self {
        let provider::Fault { kind, what, hint } = fault;
        Self { kind: kind.name(), message: what.clone(), hint: Some(hint.clone()) }
    }
}

/// Of `materialize`, one for each pointer.
#[derive(Serialize)]
pub(super) struct Resolved {
    coordinate: String,
    origin: String,
    pointer: String,
    outcome: &'static str,
    version: Option<String>,
    created: Option<String>,
    fault: Option<Fault>,
}

/// What has become of a pointer that resolved.
pub(super) fn resolved(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Choose => "resolved",
        Purpose::Check => "readable",
        Purpose::Capture => "captured",
    }
}

impl Resolved {
    pub(super) fn new(outcome: &Materialized, purpose: Purpose) -> Self {
        let read = outcome.result.as_ref().ok();
        let version = read.map(|version| version.name.clone());
        Self {
            coordinate: outcome.entry.coordinate.to_string(),
            origin: outcome.entry.origin.to_string(),
            pointer: outcome.pointer.to_string(),
            outcome: if read.is_some() { resolved(purpose) } else { FAILED },
            version: version.filter(|name| !name.is_empty()),
            created: read.and_then(|v| v.created).map(|at| at.to_string()),
            fault: outcome.result.as_ref().err().map(Fault::from),
        }
    }
}

const FAILED: &str = "failed";

/// Of `whoami`, one for each cloud.
#[derive(Serialize)]
pub(super) struct Cloud {
    cloud: String,
    identity: Option<Who>,
    fault: Option<Fault>,
}

/// Somebody, in words for people.
#[derive(Serialize)]
struct Who {
    who: String,
    r#where: String,
}

impl From<&(&str, Result<provider::CloudIdentity, provider::Fault>)> for Cloud {
    fn from((cloud, found): &(&str, Result<provider::CloudIdentity, provider::Fault>)) -> Self {
        let who = |identity: &provider::CloudIdentity| Who {
            who: identity.who.clone(),
            r#where: identity.place.clone(),
        };
        Self {
            cloud: cloud.to_lowercase(),
            identity: found.as_ref().ok().map(who),
            fault: found.as_ref().err().map(Fault::from),
        }
    }
}

/// Of `verify`. What a package says of itself is there only if its sender has signed it.
#[derive(Serialize)]
pub(super) struct Verdict {
    verdict: &'static str,
    intact: bool,
    place: Option<String>,
    fault: Option<Fault>,
    sender: Option<Sender>,
    package: Option<String>,
    seq: Option<u64>,
    created: Option<String>,
    expires: Option<String>,
    entries: Option<Counts>,
    recipients: Option<Vec<Recipient>>,
    ext: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Sender {
    known: &'static str,
    name: Option<String>,
    fingerprint: String,
    key: String,
}

#[derive(Serialize)]
struct Counts {
    normal: usize,
    high: usize,
}

#[derive(Serialize)]
struct Recipient {
    kind: &'static str,
    fingerprint: String,
}

const GOOD: &str = "good";

impl Verdict {
    pub(super) fn new(report: &Report, known: Option<&Known>) -> Self {
        let refusal = report.verdict.as_ref().err();
        let header = report.signed.as_ref().map(|signed| &signed.header);
        Self {
            verdict: refusal.map_or(GOOD, |e| e.class.name()),
            intact: report.signed.is_some(),
            place: refusal.map(|e| e.place.replace(' ', "-")),
            fault: refusal.map(Fault::from),
            sender: report.signed.as_ref().map(|signed| Sender::new(&signed.sender, known)),
            package: header.map(Header::id_hex),
            seq: header.map(|h| h.seq),
            created: header.map(|h| h.created.to_string()),
            expires: header.map(|h| h.expires.to_string()),
            entries: header.map(|h| Counts { normal: h.normal, high: h.high }),
            recipients: header.map(|h| h.recipients.iter().map(Recipient::from).collect()),
            ext: header.map(|h| h.ext.clone()),
        }
    }
}

impl Sender {
    fn new(key: &SigningPublic, known: Option<&Known>) -> Self {
        let (known, name) = match known {
            Some(Known::Peer(name)) => ("peer", Some(name.clone())),
            Some(Known::Me) => ("me", None),
            Some(Known::Given) => ("given", None),
            None => ("unknown", None),
        };
        Self { known, name, fingerprint: key.fingerprint(), key: hex(key.as_bytes()) }
    }
}

impl From<&package::Error> for Fault {
    fn from(refusal: &package::Error) -> Self {
        let (kind, message) = (refusal.class.name(), refusal.to_string());
        Self { kind, message, hint: ops::Error::from(refusal.clone()).hint() }
    }
}

impl From<&RecipientId> for Recipient {
    fn from(recipient: &RecipientId) -> Self {
        Self { kind: recipient.kind.name(), fingerprint: hex(&recipient.fingerprint) }
    }
}

#[cfg(test)]
mod tests;
