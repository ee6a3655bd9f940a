//! `kovra show`

use super::clouds::Clouds;
use super::error::Failure;
use super::{Context, ui};
use kovra::coordinate::SecretUri;
use kovra::ops::show::show;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry: env/component/key
    #[arg(value_name = "COORD")]
    at: SecretUri,
    /// The project whose entry wins over the global one
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    #[command(flatten)]
    clouds: Clouds,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    context.with_session(|session| {
        let value = show(session, &args.at, args.project.as_deref(), &args.clouds)?;
        ui::value(&value)
    })
}
