//! What `--json` prints: one type a command. `spec/json.md` is its document, and the tests of this
//! module hold the two together.

use kovra::audit::Event;
use kovra::entry::Mode;
use kovra::identity::{PublicIdentity, Recipient as RecipientKey, RecipientId, SigningPublic};
use kovra::ops::known::{Acquaintances, Known};
use kovra::ops::materialize::{Materialized, Purpose};
use kovra::ops::shared::Item;
use kovra::ops::verify::Report;
use kovra::package::Header;
use kovra::provider::CloudIdentity;
use kovra::text::hex;
use kovra::vault::{AllowedProgram, Given, Held, PeerKey, Provenance, Revision, Stored};
use kovra::{ops, package, provider};
use serde::Serialize;

/// Gives a type and how it is made of another, from one list of fields.
macro_rules! made {
    ($(#[$doc:meta])+ $name:ident from $of:tt: $type:ty {
        $($(#[$attribute:meta])* $field:ident: $kind:ty = $value:expr,)+
    }) => {
        $(#[$doc])+
        #[derive(Serialize)]
        pub(super) struct $name {
            $($(#[$attribute])* $field: $kind,)+
        }

        impl From<&$type> for $name {
            fn from($of: &$type) -> Self {
                Self { $($field: $value,)+ }
            }
        }
    };
}

made! {
    /// Of `id`.
    Identity from identity: PublicIdentity {
        identity: String = identity.to_string(),
        fingerprint: String = identity.signing().fingerprint(),
        recipient_fingerprint: String = RecipientKey::Kovra(identity.agreement()).id().groups(),
        hybrid_fingerprint: Option<String> =
            identity.hybrid().map(|key| RecipientKey::Hybrid(key.clone()).id().groups()),
    }
}

made! {
    /// Of `peer list`, one for each.
    Peer from peer: kovra::vault::Peer {
        name: String = peer.name.clone(),
        key: Option<String> = match &peer.key {
            PeerKey::Identity(identity) => Some(identity.to_string()),
            PeerKey::Sender(_) => None,
            PeerKey::Recipient(recipient) => Some(recipient.to_text()),
        },
        fingerprint: String = peer.fingerprint(),
        confirmed: bool = peer.confirmed,
        post_quantum: bool = peer.hybrid().is_some(),
    }
}

made! {
    /// Of `allow list`, one for each.
    Program from program: AllowedProgram {
        path: String = program.path.clone(),
        sha256: String = hex(&program.digest),
        added: String = program.added.to_string(),
    }
}

made! {
    /// Of `doctor`, one for each.
    Finding from finding: ops::doctor::Finding {
        subject: &'static str = finding.subject.name(),
        level: &'static str = finding.level.name(),
        what: String = finding.what.clone(),
        remedy: String = finding.remedy.clone(),
    }
}

made! {
    /// Of `recovery list`, one for each.
    Recovery from way: kovra::vault::Recovery {
        recipient: String = way.recipient.to_age(),
        code: bool = way.is_code,
        made: String = way.made.to_string(),
    }
}

/// What an entry held, wherever one is told: the version of a literal's value, or a pointer.
#[derive(Serialize, Default)]
struct Content {
    mode: Option<String>,
    value_version: Option<String>,
    pointer: Option<String>,
}

impl Content {
    fn literal(version: impl ToString) -> Self {
        let mode = Some(Mode::Literal.to_string());
        Self { mode, value_version: Some(version.to_string()), pointer: None }
    }

    fn reference(pointer: impl ToString) -> Self {
        let mode = Some(Mode::Reference.to_string());
        Self { mode, value_version: None, pointer: Some(pointer.to_string()) }
    }
}

impl From<&Held> for Content {
    fn from(held: &Held) -> Self {
        match held {
            Held::Literal(version) => Self::literal(version),
            Held::Reference { pointer, .. } => Self::reference(pointer),
        }
    }
}

made! {
    /// Of `list`, one for each.
    Entry from entry: Stored {
        origin: String = entry.origin.to_string(),
        coordinate: String = entry.coordinate.to_string(),
        sensitivity: &'static str = entry.sensitivity.name(),
        #[serde(flatten)]
        content: Content = (&entry.held).into(),
        chosen: Option<bool> = match entry.held {
            Held::Literal(_) => None,
            Held::Reference { chosen, .. } => Some(chosen),
        },
        description: Option<String> = entry.description.clone(),
        updated: String = entry.updated.to_string(),
        revision: u64 = entry.revision,
        from: Option<Source> = entry.provenance.as_ref().map(Source::from),
    }
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

made! {
    /// Of `history`, one for each revision.
    Past from revision: Revision {
        revision: u64 = revision.number,
        written: String = revision.written.to_string(),
        removed: bool = revision.entry.is_none(),
        sensitivity: Option<&'static str> = revision.entry.as_ref().map(|e| e.sensitivity.name()),
        #[serde(flatten)]
        content: Content = revision.entry.as_ref().map(|e| (&e.held).into()).unwrap_or_default(),
    }
}

made! {
    /// Of `shared`, one for each peer, entry and content.
    Shared from item: Item {
        peer: String = item.peer.clone(),
        fingerprint: String = item.fingerprint.clone(),
        coordinate: String = item.entry.coordinate.clone(),
        origin: String = item.entry.origin.to_string(),
        #[serde(flatten)]
        content: Content = match &item.entry.given {
            Given::Literal(fingerprint) => Content::literal(fingerprint),
            Given::Reference(pointer) => Content::reference(pointer),
        },
        sealed: String = item.sealed.to_string(),
        package: String = hex(&item.package),
        post_quantum: bool = item.post_quantum,
        imported: Option<String> = item.received.map(|time| time.to_string()),
        upshot: &'static str = item.upshot.name(),
    }
}

made! {
    /// Of `audit`, one for each row and entry.
    Row from (row, event): (u64, Event) {
        row: u64 = *row,
        time: String = event.time.to_string(),
        action: &'static str = event.action.name(),
        outcome: &'static str = event.outcome.name(),
        coordinate: Option<String> = event.coordinate.clone(),
        asker: &'static str = event.asker.name(),
        peer: Option<String> = event.peer.clone(),
        package: Option<String> = event.package.map(|id| hex(&id)),
        program: Option<String> = event.program.clone(),
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

made! {
    /// Of `whoami`, one for each cloud.
    Cloud from (cloud, found): (&str, Result<CloudIdentity, provider::Fault>) {
        cloud: String = cloud.to_lowercase(),
        identity: Option<Who> = found.as_ref().ok().map(Who::from),
        fault: Option<Fault> = found.as_ref().err().map(Fault::from),
    }
}

made! {
    /// Somebody, in words for people.
    Who from identity: CloudIdentity {
        who: String = identity.who.clone(),
        r#where: String = identity.place.clone(),
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
    post_quantum: Option<bool>,
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

/// As a header lists it, and who it is here.
#[derive(Serialize)]
struct Recipient {
    kind: &'static str,
    known: &'static str,
    name: Option<String>,
    fingerprint: String,
    id: String,
}

impl Recipient {
    fn new(recipient: &RecipientId, all: &Acquaintances) -> Self {
        let (known, name) = known(all.recipient(recipient).as_ref());
        let (kind, fingerprint) = (recipient.kind.name(), recipient.groups());
        Self { kind, known, name, fingerprint, id: hex(&recipient.fingerprint) }
    }
}

/// Who somebody is, in a word; and by which name.
fn known(known: Option<&Known>) -> (&'static str, Option<String>) {
    match known {
        Some(Known::Peer { name, .. }) => ("peer", Some(name.clone())),
        Some(Known::Me) => ("me", None),
        Some(Known::Given) => ("given", None),
        None => ("unknown", None),
    }
}

const GOOD: &str = "good";

impl Verdict {
    pub(super) fn new(report: &Report, known: Option<&Known>, all: &Acquaintances) -> Self {
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
            post_quantum: header.map(Header::is_post_quantum),
            recipients: header
                .map(|h| h.recipients.iter().map(|r| Recipient::new(r, all)).collect()),
            ext: header.map(|h| h.ext.clone()),
        }
    }
}

impl Sender {
    fn new(key: &SigningPublic, who: Option<&Known>) -> Self {
        let (known, name) = known(who);
        Self { known, name, fingerprint: key.fingerprint(), key: hex(key.as_bytes()) }
    }
}

impl From<&package::Error> for Fault {
    fn from(refusal: &package::Error) -> Self {
        let (kind, message) = (refusal.class.name(), refusal.to_string());
        Self { kind, message, hint: ops::Error::from(refusal.clone()).hint() }
    }
}

#[cfg(test)]
mod tests;
