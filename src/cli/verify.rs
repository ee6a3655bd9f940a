//! `kovra verify`

use super::error::Failure;
use super::{Context, ui};
use kovra::exit::Exit;
use kovra::identity::{PublicIdentity, SigningPublic};
use kovra::ops::import::trusted;
use kovra::ops::peer;
use kovra::ops::verify::{Report, read_package, verify};
use kovra::text::{escape, hex};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The package
    file: PathBuf,
    /// Who must have sealed it: a peer's name, or a kovra1... string, which needs no vault
    /// [default: any peer]
    #[arg(long, value_name = "PEER")]
    from: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let file = read_package(&args.file)?;
    let mut known = Vec::new();
    let trusted = || {
        known = known_senders(args.from.as_deref(), context)?;
        Ok::<_, Failure>(known.iter().map(|(_, key)| *key).collect())
    };
    let report = verify(&file, trusted, context.now)?;
    let name = known.into_iter().find(|(_, key)| *key == report.sender).map(|(name, _)| name);
    if args.json {
        ui::json(&to_json(&report, name.as_deref()))?;
    } else {
        ui::data(&words(&report, name.as_deref()))?;
    }
    Ok(report.verdict.map_err(kovra::ops::Error::from)?)
}

/// Names and keys of those who may have sealed it. Without `--from` that is every peer; without a
/// vault it is nobody, and the package can be intact at best.
fn known_senders(
    from: Option<&str>,
    context: &Context,
) -> Result<Vec<(String, SigningPublic)>, Failure> {
    if let Some(text) = from.filter(|text| text.starts_with("kovra1")) {
        let identity: PublicIdentity = text.parse().map_err(kovra::ops::Error::from)?;
        return Ok(vec![("the given identity".into(), identity.signing())]);
    }
    if from.is_none() && !context.has_vault() {
        return Ok(Vec::new());
    }
    let vault = match context.vault() {
        Err(locked) if locked.exit == Exit::Locked && from.is_none() => {
            ui::note(&format!("Note: {}, so no peer is known here.", locked.what));
            return Ok(Vec::new());
        }
        vault => vault?,
    };
    if let Some(name) = from {
        let peer = peer::get(&vault, name)?;
        let key = peer.signing().ok_or_else(|| {
            Failure::usage(format!("{name} is a plain recipient and cannot be a sender"))
        })?;
        return Ok(vec![(peer.name, key)]);
    }
    let view = vault.view();
    let named = |key| match view.peer_of(key) {
        Ok(Some(peer)) => (peer.name, key),
        _ => ("me".into(), key),
    };
    Ok(trusted(view, &view.identity()?)?.into_iter().map(named).collect())
}

fn words(report: &Report, name: Option<&str>) -> String {
    let header = &report.header;
    let verdict = match (&report.verdict, name) {
        (Ok(()), Some(name)) => format!("Good: sealed by {name}, intact, in date."),
        (Ok(()), None) => "Good: intact, in date.".to_owned(),
        (Err(_), Some(name)) => format!("Intact, sealed by {name}, and refused."),
        (Err(_), None) => "Intact, and by nobody you trust.".to_owned(),
    };
    let mut lines = vec![
        verdict,
        format!("  sender    {}", report.sender.fingerprint()),
        format!("  package   {}", header.id_hex()),
        format!("  created   {}", header.created),
        format!("  expires   {}", header.expires),
        format!("  entries   {}, and {} more that need the token", header.normal, header.high),
        "  says it is sealed to".to_owned(),
    ];
    for recipient in &header.recipients {
        let print = hex(&recipient.fingerprint[..8]);
        lines.push(format!("    {} {print}", recipient.kind.name()));
    }
    for name in &header.ext {
        lines.push(format!("  extension, ignored: \"{}\"", escape(name)));
    }
    lines.join("\n")
}

fn to_json(report: &Report, name: Option<&str>) -> serde_json::Value {
    let header = &report.header;
    let recipient = |r: &kovra::identity::RecipientId| json!({ "kind": r.kind.name(), "fingerprint": hex(&r.fingerprint) });
    json!({
        "intact": true,
        "verdict": match &report.verdict { Ok(()) => "good", Err(e) => e.class.name() },
        "sender": {
            "name": name,
            "fingerprint": report.sender.fingerprint(),
            "key": hex(report.sender.as_bytes()),
        },
        "package": header.id_hex(),
        "seq": header.seq,
        "created": header.created.to_string(),
        "expires": header.expires.to_string(),
        "entries": { "normal": header.normal, "high": header.high },
        "recipients": header.recipients.iter().map(recipient).collect::<Vec<_>>(),
        "ext": header.ext,
    })
}
