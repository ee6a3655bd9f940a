//! `kovra verify`

use super::error::Failure;
use super::ui::{Said, said};
use super::{Context, json, post_quantum, ui};
use kovra::exit::Exit;
use kovra::identity::SigningPublic;
use kovra::ops;
use kovra::ops::known::{Acquaintances, Known, recipient_name};
use kovra::ops::peer;
use kovra::ops::verify::{Signed, read_package, verify};
use kovra::vault::View;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The package
    file: PathBuf,
    /// Who must have sealed it: a peer's name, or a kovra1... string or .kovra-id file, which need no vault
    /// [default: any peer]
    #[arg(long, value_name = "PEER")]
    from: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let file = read_package(&args.file)?;
    let (mut known, mut all) = (Vec::new(), Acquaintances::default());
    let trusted = || {
        (known, all) = known_senders(args.from.as_deref(), context)?;
        Ok::<_, Failure>(known.iter().map(|(_, key)| *key).collect())
    };
    let report = verify(&file, trusted, context.now)?;
    let sender = report.signed.as_ref().map(|signed| signed.sender);
    let known = known.into_iter().find(|(_, key)| Some(*key) == sender).map(|(known, _)| known);
    match &report.signed {
        _ if args.json => ui::json(&json::Verdict::new(&report, known.as_ref(), &all))?,
        Some(signed) => ui::data(words(
            signed,
            (report.verdict.is_ok(), args.from.is_some()),
            known.as_ref(),
            &all,
        ))?,
        None => {}
    }
    let other = if known.is_none() { sender.and_then(|sender| all.signer(sender)) } else { None };
    report.verdict.map_err(|refusal| {
        let refusal = Failure::from(ops::Error::from(refusal));
        match other.filter(|_| refusal.exit == Exit::Untrusted) {
            Some(other) => untrusted(&other, args.from.as_deref()),
            None => refusal,
        }
    })
}

/// Of a package by somebody who is known here, and is not whom it was to be from.
fn untrusted(signer: &Known, from: Option<&str>) -> Failure {
    let failure = |what| Failure::new(Exit::Untrusted, what);
    match from {
        Some(from) => {
            failure(said!("untrusted sender: it was sealed by {}, not by {}", signer, from))
        }
        None => failure(said!("untrusted sender: {} was never confirmed as a sender", signer))
            .hint(said!("`kovra peer confirm {}`, once you have compared the fingerprint", signer)),
    }
}

/// Those who may have sealed it, with their keys; and all who are known here. Without `--from` that is
/// every peer; without a vault it is nobody, and the package can be intact at best.
fn known_senders(
    from: Option<&str>,
    context: &Context,
) -> Result<(Vec<(Known, SigningPublic)>, Acquaintances), Failure> {
    let nobody = Acquaintances::default;
    if let Some(text) = from.filter(|text| peer::is_identity(text)) {
        let identity = peer::identity_in(text)?;
        return Ok((vec![(Known::Given, identity.signing())], nobody()));
    }
    if from.is_none() && !context.has_vault()? {
        return Ok((Vec::new(), nobody()));
    }
    let vault = match context.vault() {
        Err(locked) if locked.exit == Exit::Locked && from.is_none() => {
            ui::note(said!("Note: {}, so no peer is known here.", locked.what));
            return Ok((Vec::new(), nobody()));
        }
        vault => vault?,
    };
    let all = Acquaintances::of(vault.view())?;
    if let Some(name) = from {
        let keys = sender_keys(vault.view(), name)?;
        let theirs = all.senders().into_iter().filter(|(_, theirs)| keys.contains(theirs));
        return Ok((theirs.collect(), all));
    }
    Ok((all.senders(), all))
}

/// The keys of all devices of a peer, or of one.
fn sender_keys(view: View<'_>, name: &str) -> Result<Vec<SigningPublic>, Failure> {
    let theirs = peer::identities(view, name)?;
    if theirs.iter().all(|peer| peer.signing().is_none()) {
        return Err(Failure::usage(said!("{} is a plain recipient and cannot be a sender", name)));
    }
    match theirs.iter().find(|peer| !peer.confirmed) {
        Some(peer) => Err(ops::Error::Unconfirmed(peer.name.clone()).into()),
        None => Ok(theirs.iter().filter_map(|peer| peer.signing()).collect()),
    }
}

fn words(
    signed: &Signed,
    (good, asked): (bool, bool),
    known: Option<&Known>,
    all: &Acquaintances,
) -> Said {
    let header = &signed.header;
    let verdict = match (good, known) {
        (true, Some(name)) => said!("Good: sealed by {}, intact, in date.", name),
        (true, None) => "Good: intact, in date.".into(),
        (false, Some(name)) => said!("Intact, sealed by {}, and refused.", name),
        (false, None) => match all.signer(signed.sender) {
            Some(other) if asked => {
                said!("Intact, but not by whom you asked for: it was sealed by {}.", other)
            }
            Some(other) => said!("Intact, but sealed by {}, who was never confirmed.", other),
            None => "Intact, but sealed by nobody you trust.".into(),
        },
    };
    let mut lines = vec![
        verdict,
        said!("  sender    {}", signed.sender.fingerprint()),
        said!("  package   {}", header.id_hex()),
        said!("  created   {}", header.created),
        said!("  expires   {}", header.expires),
        said!("  entries   {}, and {} more that need the token", header.normal, header.high),
        said!("  quantum   {}", post_quantum::phrase(header.is_post_quantum())),
        "  says it is sealed to".into(),
    ];
    for recipient in &header.recipients {
        let name = recipient_name(all.recipient(recipient).as_ref(), recipient);
        lines.push(said!("    {} {}", recipient.kind.name(), name));
    }
    lines.extend(all.hinders(header).iter().map(post_quantum::hinders));
    for name in &header.ext {
        lines.push(said!("  extension, ignored: {}", Said::quoted(name)));
    }
    Said::lines(lines)
}
