//! `kovra receipt`

use super::error::Failure;
use super::ui::said;
use super::{Context, ui};
use kovra::ops::receipt::{read_receipt, record};
use kovra::text::hex;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The receipt
    file: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let bytes = read_receipt(&args.file)?;
    let recorded = context.with_session(|session| record(session, &bytes))?;
    ui::data(said!(
        "Recorded: {} imported package {} at {}.",
        recorded.peer,
        hex(&recorded.share.package),
        recorded.receipt.imported
    ))
}
