//! `kovra require-pq`

use super::error::Failure;
use super::{Context, ui};
use kovra::ops::post_quantum::require;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Whether seal refuses what a quantum computer would open; without it, how it is now
    #[arg(value_enum)]
    required: Option<Switch>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let required = match args.required {
        None => *context.vault()?.view().requires_post_quantum()?,
        Some(switch) => {
            let required = switch == Switch::On;
            context.with_session(|session| require(session, required))?;
            required
        }
    };
    ui::data(match required {
        true => "on: nothing but post-quantum packages is sealed from this vault.",
        false => "off: a package is post-quantum if all who get it have a hybrid key.",
    })
}
