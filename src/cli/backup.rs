//! `kovra backup`

use super::error::Failure;
use super::recover::ask_code;
use super::time::rough;
use super::ui::{Said, said};
use super::unlock::read_identity;
use super::{Context, ui};
use kovra::backup::{Opener, asks_for_passphrase};
use kovra::exit::Exit;
use kovra::ops::Error;
use kovra::ops::backup::{Found, Options, Report, Whom, backup};
use kovra::ops::backup::{read, verify};
use kovra::ops::custody::check_passphrase;
use kovra::secret::Secret;
use kovra::text::hex;
use kovra::vault::Locked;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The file to write; with --verify, the backup
    file: PathBuf,
    /// A recipient, age1...; may be given again [default: those of the ways back in]
    #[arg(long, value_name = "RECIPIENT")]
    to: Vec<String>,
    /// Seal it to a passphrase, which is asked for
    #[arg(long, conflicts_with = "to")]
    passphrase: bool,
    /// Open a backup in memory, with all that is in it, and say what that is
    #[arg(long, conflicts_with_all = ["to", "passphrase"])]
    verify: bool,
    /// An age identity file that opens it [default: ask for a recovery code]
    #[arg(long, value_name = "FILE", requires = "verify")]
    identity: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    if args.verify {
        return check(&args, context);
    }
    let to = match args.passphrase {
        true => Whom::Passphrase,
        false if args.to.is_empty() => Whom::WaysBackIn,
        false => Whom::Recipients(args.to),
    };
    let options = Options { to, out: args.file };
    let report = context.with_session(|session| backup(session, &options, ask_twice))?;
    show(&report, &options.out)
}

fn ask_twice() -> Result<Secret, Failure> {
    let first = ui::ask_secret("New passphrase of the backup")?;
    check_passphrase(&first)?;
    match ui::typed_again(&first)? {
        true => Ok(first),
        false => Err(Failure::usage("the two passphrases differ, so nothing was written")),
    }
}

fn show(report: &Report, out: &Path) -> Result<(), Failure> {
    let mut lines = vec![said!("Wrote {} ({} bytes).", out, report.size)];
    if report.to.is_empty() {
        lines.push("  to       whoever knows the passphrase".into());
    }
    let to =
        report.to.iter().map(|to| said!("  to       {} ({})", to.key.to_age(), to.fingerprint()));
    lines.extend(to);
    lines.push(said!("  made     {}", report.made));
    ui::data(Said::lines(lines))
}

fn check(args: &Args, context: &Context) -> Result<(), Failure> {
    let file = read(&args.file)?;
    let found = verify(&file, &opener(&file, args.identity.as_deref())?)?;
    show_found(&found, context)?;
    compare(&found, context)
}

/// What opens a backup: its passphrase, which is asked for, a key in a file, or a recovery code.
pub(super) fn opener(file: &[u8], identity: Option<&Path>) -> Result<Opener, Failure> {
    let by_passphrase = asks_for_passphrase(file).map_err(Error::from)?;
    match identity {
        Some(path) => read_identity(path).map(Opener::Key),
        None if by_passphrase => {
            ui::ask_secret("Passphrase of the backup").map(Opener::Passphrase).map_err(|why| {
                Failure::new(Exit::Locked, said!("the backup is locked, and {}", why.what))
            })
        }
        None => ask_code().map(Opener::Key),
    }
}

fn show_found(found: &Found, context: &Context) -> Result<(), Failure> {
    let age = Duration::from_secs(context.now.seconds().saturating_sub(found.made.seconds()));
    ui::data(Said::lines([
        "Good: all that is in it opens.".into(),
        said!("  vault     {}", hex(&found.id)),
        said!("  identity  {}", found.fingerprint),
        said!("  made      {} ({} ago)", found.made, rough(age)),
        said!("  entries   {}", found.entries),
        said!("  peers     {}", found.peers),
        said!("  trail     {}", ui::count(found.trail, "row", "rows")),
    ]))
}

/// Whether it is of the vault that is here, if there is one.
fn compare(found: &Found, context: &Context) -> Result<(), Failure> {
    if !context.has_vault()? {
        return Ok(());
    }
    if *Locked::open(&context.home)?.id() == found.id {
        return ui::data(said!("It is of the vault in {}.", context.home));
    }
    let what = said!("it is of another vault than the one in {}", context.home);
    Err(Failure::new(Exit::Binding, what).hint("--home DIR names the vault that it should be of"))
}
