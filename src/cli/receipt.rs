//! `kovra receipt`

use super::error::Failure;
use super::{Context, ui};
use kovra::exit::Exit;
use kovra::limits;
use kovra::ops::receipt::record;
use kovra::text::hex;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The receipt
    file: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let failed =
        |e: std::io::Error| Failure::new(Exit::Failed, format!("{}: {e}", args.file.display()));
    let mut bytes = Vec::new();
    let file = File::open(&args.file).map_err(failed)?;
    file.take(limits::RECEIPT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    let recorded = context.with_session(|session| record(session, &bytes))?;
    ui::data(&format!(
        "Recorded: {} imported package {} at {}.",
        recorded.peer,
        hex(&recorded.share.package),
        recorded.receipt.imported
    ))
}
