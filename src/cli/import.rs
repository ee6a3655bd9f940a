//! `kovra import`

use super::clouds::Clouds;
use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, ui};
use kovra::coordinate::SecretUri;
use kovra::entry::Sensitivity;
use kovra::exit::Exit;
use kovra::identity::Token;
use kovra::ops::add::Destination;
use kovra::ops::copy::{Original, copy};
use kovra::ops::files;
use kovra::ops::import::{self, Plan, Preview, apply, receipt, receipt_again};
use kovra::ops::output;
use kovra::ops::verify::read_package;
use kovra::ops::{Error, Replay, Session};
use kovra::platform::Readers;
use kovra::pointer::PointerError;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The package; or, for a copy of one value, op://vault/item/field or a pointer
    #[arg(value_name = "FILE|URI")]
    source: OsString,
    /// The name of the copy: env/component/key
    #[arg(long = "as", value_name = "COORD", conflicts_with_all = ["token", "dry_run", "skip_high", "receipt"])]
    at: Option<SecretUri>,
    /// The sensitivity of the copy [default: medium; high for prod]
    #[arg(long, value_name = "LEVEL", requires = "at")]
    sensitivity: Option<Sensitivity>,
    /// The token file, if the package has high literals
    #[arg(long, value_name = "FILE", conflicts_with = "skip_high")]
    token: Option<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite what the same sender or you put there before
    #[arg(long)]
    overwrite: bool,
    /// Leave the high literals out
    #[arg(long)]
    skip_high: bool,
    /// Write a signed receipt for the sender to this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    receipt: Option<PathBuf>,
    /// Import into this project [default: global]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    #[command(flatten)]
    clouds: Clouds,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match (source(&args.source)?, &args.at) {
        (None, None) => import_package(args, context),
        (Some(source), Some(at)) => import_value(args, &source, at, context),
        (Some(_), None) => Err(Failure::usage("a copy of one value needs a name")
            .hint("--as ENV/COMPONENT/KEY gives it")),
        (None, Some(_)) => Err(Failure::usage("--as names a copy of one value, not of a package")
            .hint("one value comes from op://..., azure-kv://... or aws-sm://...")),
    }
}

/// What a value is copied from, unless `text` is a file's name.
fn source(text: &OsStr) -> Result<Option<Original>, Failure> {
    let Some(text) = text.to_str() else { return Ok(None) };
    let source = match text.split_once("://") {
        Some(("op", _)) => text.parse().map(Original::OnePassword).map_err(Said::from),
        Some(("azure-kv" | "aws-sm", _)) => {
            text.parse().map(Original::Pointer).map_err(|e: PointerError| e.say())
        }
        _ => return Ok(None),
    };
    source.map(Some).map_err(Failure::usage)
}

fn import_value(
    args: &Args,
    source: &Original,
    at: &SecretUri,
    context: &Context,
) -> Result<(), Failure> {
    let destination = Destination {
        at,
        project: args.project.as_deref(),
        sensitivity: args.sensitivity,
        overwrite: args.overwrite,
    };
    let copied =
        context.with_session(|session| copy(session, source, &destination, &args.clouds))?;
    ui::data(said!("Copied {} to {} ({}).", source, copied.coordinate, copied.sensitivity))
}

fn import_package(args: &Args, context: &Context) -> Result<(), Failure> {
    args.receipt.as_deref().map(output::check).transpose()?;
    let file = read_package(Path::new(&args.source))?;
    let token = args.token.as_deref().map(read_token).transpose()?;
    if args.dry_run {
        let words = context.with_session(|session| {
            let options = options(&file, token.as_ref(), args);
            import::preview(session, &options).map(|preview| Words::of(&preview, args))
        })?;
        drop(token);
        words.show()?;
        ui::note("Nothing was changed (--dry-run).");
        return Ok(());
    }
    let done = context.with_session(|session| import(session, &file, token, args))?;
    ui::data(done)
}

fn options<'a>(file: &'a [u8], token: Option<&'a Token>, args: &'a Args) -> import::Options<'a> {
    import::Options { file, token, skip_high: args.skip_high, project: args.project.as_deref() }
}

/// The token is dropped with it.
fn plan(
    session: &mut Session<'_>,
    file: &[u8],
    token: Option<Token>,
    args: &Args,
) -> Result<Plan, Error> {
    import::plan(session, &options(file, token.as_ref(), args))
}

/// Gives what to say of it, once the vault is closed.
fn import(
    session: &mut Session<'_>,
    file: &[u8],
    token: Option<Token>,
    args: &Args,
) -> Result<Said, Failure> {
    let plan = match (plan(session, file, token, args), &args.receipt) {
        (Err(Error::Replay(Replay::Again)), Some(path)) => {
            return write_receipt_again(session, file, path);
        }
        (plan, _) => plan?,
    };
    let words = Words::of(&plan.preview, args);
    words.show()?;
    let entries = ui::count(plan.preview.changes.len(), "entry", "entries");
    let imported = apply(session, plan, args.overwrite)?;
    if let Some(path) = &args.receipt {
        write_receipt(path, &receipt(session, &imported)?)?;
    }
    Ok(said!("Imported {}, sealed by {}.", entries, words.sender))
}

/// What an import would do. It has no value in it, as what it tells of has.
struct Words {
    sender: Said,
    package: Said,
    changes: Said,
    closed: Option<Said>,
}

impl Words {
    fn of(preview: &Preview, args: &Args) -> Self {
        let why = if args.skip_high { "--skip-high" } else { "--token FILE opens what is high" };
        let closed = ui::count(preview.skipped, "high literal stays", "high literals stay");
        Self {
            sender: preview.peer.as_ref().map_or("you".into(), |peer| peer.name.say()),
            package: preview.header.id_hex().say(),
            changes: ui::changes(&preview.changes.iter().collect::<Vec<_>>()),
            closed: (preview.skipped > 0).then(|| said!("{} closed ({}).", closed, why)),
        }
    }

    fn show(&self) -> Result<(), Failure> {
        ui::note(said!("Package {} by {}:", self.package, self.sender));
        ui::data(self.changes.clone())?;
        self.closed.iter().for_each(|closed| ui::note(closed.clone()));
        Ok(())
    }
}

fn write_receipt(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    output::write(path, Readers::Everyone, bytes).map_err(|e| {
        let what = said!("imported, but no receipt was written: {}", e);
        Failure::new(Exit::Failed, what)
            .hint("the same import with another --receipt FILE writes it")
    })
}

/// The package is in the vault already, and only its receipt is wanted.
fn write_receipt_again(session: &Session<'_>, file: &[u8], path: &Path) -> Result<Said, Failure> {
    let again = || Failure::from(Error::Replay(Replay::Again));
    let bytes = receipt_again(session.view(), file)?.ok_or_else(again)?;
    write_receipt(path, &bytes)?;
    Ok("This package was imported before; its receipt was written again.".into())
}

pub(super) fn read_token(path: &Path) -> Result<Token, Failure> {
    let failed = |what: &'static str| Failure::new(Exit::Token, said!("{}: {}", path, what));
    let text = files::read_token(path).map_err(|e| Failure::from(e).with_exit(Exit::Token))?;
    let token = text.as_ref().and_then(Token::from_file);
    token.ok_or_else(|| failed("not a token file: it holds one AGE-SECRET-KEY-1... line"))
}
