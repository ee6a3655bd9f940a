//! `kovra set`

use super::error::Failure;
use super::ui::said;
use super::{Context, add, target, ui};
use kovra::ops::edit::{check, set};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    #[command(flatten)]
    value: add::Value,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let set = context.with_session(|session| {
        check(session, &target)?;
        let content = args.value.read(&args.target.at)?;
        Ok::<_, Failure>(set(session, &target, content)?)
    })?;
    ui::data(said!("Set {} ({}), revision {}.", set.coordinate, set.sensitivity, set.revision))
}
