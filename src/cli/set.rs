//! `kovra set`

use super::error::Failure;
use super::{Context, add, target, ui};
use kovra::ops::edit::set;
use kovra::pointer::Pointer;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    /// A pointer instead of a value: azure-kv://vault/name or aws-sm://id
    #[arg(long, value_name = "POINTER", conflicts_with = "stdin")]
    reference: Option<Pointer>,
    /// Read the value from stdin; the newline at the end of a one-line value is dropped
    #[arg(long)]
    stdin: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let set = context.with_session(|session| {
        let content = add::content(args.reference, args.stdin, &args.target.at)?;
        Ok::<_, Failure>(set(session, &target, content)?)
    })?;
    ui::data(&format!("Set {} ({}), revision {}.", set.coordinate, set.sensitivity, set.revision))
}
