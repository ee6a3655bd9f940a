//! `kovra recover`

use super::error::Failure;
use super::lock::Lock;
use super::recovery::show;
use super::rekey::changed;
use super::ui::{Said, said};
use super::unlock::read_identity;
use super::{Context, init, put_back, ui};
use kovra::exit::Exit;
use kovra::identity::{AgreementSecret, RecoveryCode};
use kovra::ops::recover::{Recover, recover};
use kovra::vault::Locked;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    lock: Lock,
    /// Come in by an age identity (AGE-SECRET-KEY-1...) in this file, instead of a recovery code
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Put a backup where no vault is, instead
    #[arg(long, value_name = "BACKUP")]
    from: Option<PathBuf>,
    /// Make a vault, where none is, of all that still opens of the damaged one in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    salvage: Option<PathBuf>,
    /// With --salvage: come in by a recovery code, and not by what keeps that vault
    #[arg(long, requires = "salvage", conflicts_with = "identity")]
    code: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if let Some(from) = &args.from {
        return put_back::run(from, args.identity.as_deref(), &args.lock, context);
    }
    if let Some(folder) = &args.salvage {
        let by = (args.code || args.identity.is_some()).then(|| way_in(args)).transpose()?;
        return put_back::salvage(folder, by, &args.lock, context);
    }
    let locked = Locked::open(&context.home)?;
    let secret = way_in(args)?;
    let by = secret.public();
    let mut vault = locked.recover(&secret)?;
    drop(secret);
    let done = context.in_session(&mut vault, None, |session| {
        let custody = args.lock.chosen(session.view().custody())?;
        let (pin, show) = (&mut init::ask_pin, &mut show);
        recover(session, Recover { by, custody, pin, show }).map_err(Failure::from)
    })?;
    drop(vault);
    changed(done);
    ui::data(
        "You are in: the vault has new keys and the lock that you chose. Nothing that opened it before does now, \
              but the ways that `kovra recovery list` shows.",
    )
}

fn way_in(args: &Args) -> Result<AgreementSecret, Failure> {
    args.identity.as_deref().map_or_else(ask_code, read_identity)
}

/// Asks until a whole code is typed: what is wrong shows in its group.
pub(super) fn ask_code() -> Result<AgreementSecret, Failure> {
    loop {
        let typed = ui::ask_secret("Recovery code").map_err(|why| {
            let what = said!("a recovery code is typed at a terminal, and {}", why.what);
            Failure::new(Exit::Locked, what).hint("--identity FILE takes an age identity instead")
        })?;
        if typed.is_empty() {
            return Err(Failure::new(Exit::Locked, "no recovery code was typed"));
        }
        match RecoveryCode::parse(&typed) {
            Ok(code) => return Ok(code.secret()),
            Err(why) => ui::note(said!(
                "{}; once more, or nothing to end",
                Said::one_line(&why.to_string())
            )),
        }
    }
}
