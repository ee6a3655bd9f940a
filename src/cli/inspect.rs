//! `kovra inspect`

use super::error::Failure;
use super::import::read_token;
use super::ui::{Said, Say, said};
use super::{Context, post_quantum, ui};
use kovra::exit::Exit;
use kovra::ops::inspect::{Inside, Report, Shown, diagnose, inspect};
use kovra::ops::known::{Acquaintances, recipient_name};
use kovra::ops::verify::read_package;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The package
    file: PathBuf,
    /// The token file, to see the names of the high literals too
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Print the whole file in CBOR's diagnostic notation instead; needs no key
    #[arg(long, conflicts_with = "token")]
    diag: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let file = read_package(&args.file)?;
    if args.diag {
        return ui::data(Said::one_line(&diagnose(&file)?));
    }
    let (report, all, locked) = look(&file, args, context)?;
    if let Some(why) = locked {
        ui::note(said!("Note: {}, so only what needs no key is shown.", why));
    }
    ui::data(outside(&report, &all))?;
    match &report.contents {
        Some(Ok(contents)) => inside(contents),
        Some(Err(why)) => {
            ui::note(said!("Not opened: {}", why));
            Ok(())
        }
        None => Ok(()),
    }
}

/// The vault is closed, and the token dropped, before a word is said. Of a vault that does not open, why.
fn look(
    file: &[u8],
    args: &Args,
    context: &Context,
) -> Result<(Report, Acquaintances, Option<Said>), Failure> {
    let token = args.token.as_deref().map(read_token).transpose()?;
    let (vault, locked) = match context.has_vault()?.then(|| context.vault()).transpose() {
        Err(locked) if locked.exit == Exit::Locked => (None, Some(locked.what)),
        vault => (vault?, None),
    };
    let report = inspect(file, vault.as_ref(), token.as_ref(), context.now)?;
    let all = match &vault {
        Some(vault) => Acquaintances::of(vault.view())?,
        None => Acquaintances::default(),
    };
    Ok((report, all, locked))
}

/// What anyone can read.
fn outside(report: &Report, all: &Acquaintances) -> Said {
    let header = &report.header;
    let mut lines = vec![match &report.intact {
        Ok(sender) => match all.signer(*sender) {
            None => said!("intact, signed by {}", sender.fingerprint()),
            Some(known) => said!("intact, signed by {} ({})", known, sender.fingerprint()),
        },
        Err(why) => said!("NOT INTACT: {}; nothing below is sure", why),
    }];
    lines.push(said!("package     {}", header.id_hex()));
    lines.push(said!("seq         {}", header.seq));
    lines.push(said!("created     {}", header.created));
    lines.push(said!("expires     {}", header.expires));
    lines.push(said!("quantum     {}", post_quantum::phrase(header.is_post_quantum())));
    for recipient in &header.recipients {
        let name = recipient_name(all.recipient(recipient).as_ref(), recipient);
        lines.push(said!("recipient   {} {}", recipient.kind.name(), name));
    }
    lines.extend(all.hinders(header).iter().map(post_quantum::hinders));
    lines.push(said!(
        "entries     {}, and {} more that need the token",
        header.normal,
        header.high
    ));
    let ignored = |name: &String| said!("extension   {}, ignored", Said::quoted(name));
    lines.extend(header.ext.iter().map(ignored));
    Said::lines(lines)
}

/// What my key shows beyond that.
fn inside(contents: &Inside) -> Result<(), Failure> {
    let row = |entry: &Shown| {
        let held = entry.pointer.as_ref().map(ui::points_to);
        vec![
            entry.coordinate.say(),
            entry.sensitivity.say(),
            held.unwrap_or("a literal".into()),
            entry.description.say(),
        ]
    };
    let header = ["COORDINATE", "SENSITIVITY", "HOLDS", "DESCRIPTION"];
    ui::table(&header, contents.entries.iter().map(row))?;
    if contents.closed > 0 {
        let closed = ui::count(contents.closed, "high literal stays", "high literals stay");
        ui::note(said!("{} closed without the token.", closed));
    }
    Ok(())
}
