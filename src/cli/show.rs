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
    let project = args.project.as_deref();
    let value = context.with_session(|session| show(session, &args.at, project, &args.clouds))?;
    ui::value(&value)
}
