//! `kovra pin set`

use super::error::Failure;
use super::{Context, ui};
use kovra::exit::Exit;
use kovra::ops::pin;
use kovra::secret::Secret;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Set or change the PIN; one that is there is asked for first
    Set,
}

pub(super) fn run(command: &Command, context: &Context) -> Result<(), Failure> {
    let Command::Set = command;
    context.with_session(|session| {
        pin::check(session.view())?;
        pin::set(session, &ask_new()?).map_err(Failure::from)
    })?;
    ui::data(
        "The PIN is set. It is asked for before what is high, of prod or trusted is used or changed.",
    )
}

/// A PIN, typed twice.
fn ask_new() -> Result<Secret, Failure> {
    let no_terminal = |e: Failure| e.with_exit(Exit::Policy);
    let first = ui::ask_secret("New PIN").map_err(no_terminal)?;
    pin::check_new(&first)?;
    if !ui::typed_again(&first).map_err(no_terminal)? {
        return Err(Failure::usage("the two PINs differ, so nothing was set"));
    }
    Ok(first)
}
