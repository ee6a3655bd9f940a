//! `kovra inspect`

use super::error::Failure;
use super::import::read_token;
use super::{Context, ui};
use kovra::ops::inspect::{Inside, Report, Shown, diagnose, inspect};
use kovra::ops::known::{Acquaintances, recipient_name};
use kovra::ops::verify::read_package;
use kovra::text::escape;
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
        return ui::data(&diagnose(&file)?);
    }
    let token = args.token.as_deref().map(read_token).transpose()?;
    let vault = if context.has_vault()? { Some(context.vault()?) } else { None };
    let report = inspect(&file, vault.as_ref(), token.as_ref(), context.now)?;
    let all = match &vault {
        Some(vault) => Acquaintances::of(vault.view())?,
        None => Acquaintances::default(),
    };
    ui::data(&outside(&report, &all))?;
    match &report.contents {
        Some(Ok(contents)) => inside(contents),
        Some(Err(why)) => {
            ui::note(&format!("Not opened: {}", escape(&why.to_string())));
            Ok(())
        }
        None => Ok(()),
    }
}

/// What anyone can read.
fn outside(report: &Report, all: &Acquaintances) -> String {
    let header = &report.header;
    let mut lines = vec![match &report.intact {
        Ok(sender) => match all.signer(*sender) {
            None => format!("intact, signed by {}", sender.fingerprint()),
            Some(known) => format!("intact, signed by {known} ({})", sender.fingerprint()),
        },
        Err(why) => format!("NOT INTACT: {why}; nothing below is sure"),
    }];
    lines.push(format!("package     {}", header.id_hex()));
    lines.push(format!("seq         {}", header.seq));
    lines.push(format!("created     {}", header.created));
    lines.push(format!("expires     {}", header.expires));
    for recipient in &header.recipients {
        let name = recipient_name(all.recipient(recipient).as_ref(), recipient);
        lines.push(format!("recipient   {} {name}", recipient.kind.name()));
    }
    lines.push(format!(
        "entries     {}, and {} more that need the token",
        header.normal, header.high
    ));
    lines
        .extend(header.ext.iter().map(|name| format!("extension   \"{}\", ignored", escape(name))));
    lines.join("\n")
}

/// What my key shows beyond that.
fn inside(contents: &Inside) -> Result<(), Failure> {
    let row = |entry: &Shown| {
        let held = entry.pointer.as_ref().map(ui::points_to);
        vec![
            entry.coordinate.clone(),
            entry.sensitivity.to_string(),
            held.unwrap_or_else(|| "a literal".to_owned()),
            entry.description.clone().unwrap_or_default(),
        ]
    };
    let header = ["COORDINATE", "SENSITIVITY", "HOLDS", "DESCRIPTION"];
    ui::table(&header, contents.entries.iter().map(row).collect())?;
    if contents.closed > 0 {
        let closed = ui::count(contents.closed, "high literal stays", "high literals stay");
        ui::note(&format!("{closed} closed without the token."));
    }
    Ok(())
}
