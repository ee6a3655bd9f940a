//! The command line: arguments in, one operation, words out. One thin file a command.

mod add;
mod allow;
mod arguments;
mod audit;
mod backup;
mod clouds;
mod doctor;
mod edit;
mod error;
mod generate;
mod history;
mod id;
mod import;
mod init;
mod inspect;
mod json;
mod keep;
mod list;
mod lock;
mod materialize;
mod mistakes;
mod peer;
mod pin;
mod post_quantum;
mod put_back;
mod receipt;
mod recover;
mod recovery;
mod refs;
mod rekey;
mod require_pq;
mod run;
mod seal;
mod set;
mod shared;
mod show;
mod target;
mod time;
mod transfer;
mod ui;
mod unlock;
mod verify;
mod whoami;

use clap::{Parser, Subcommand};
use error::Failure;
use kovra::clock::Moment;
use kovra::exit::Exit;
use kovra::ops::Session;
use kovra::ops::files::is_there;
use kovra::ops::transfer::Manner;
use kovra::platform;
use kovra::secret::Secret;
use kovra::vault::Vault;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

/// Hand secrets to a teammate in a sealed package.
///
/// Literals travel encrypted to their key; secrets of Azure Key Vault and AWS Secrets Manager travel
/// as pointers, which they resolve later under their own cloud identity.
#[derive(Parser)]
#[command(
    name = "kovra",
    bin_name = "kovra",
    version,
    max_term_width = 100,
    infer_long_args = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

// What every command takes, kept apart in `--help` from what one takes.
#[derive(clap::Args)]
#[command(next_help_heading = "The vault")]
struct Global {
    /// The vault's folder [default: kovra in the XDG data folder]
    #[arg(long, env = "KOVRA_HOME", hide_env_values = true, value_name = "DIR", global = true)]
    home: Option<PathBuf>,
    /// Read the vault's passphrase from this file instead of asking
    #[arg(
        long,
        env = "KOVRA_PASSPHRASE_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    passphrase_file: Option<PathBuf>,
    /// The vault's key file, if it is not where it was at init
    #[arg(
        long,
        env = "KOVRA_KEY_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true
    )]
    key_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Make a vault and an identity
    Init(init::Args),
    /// Print my identity or write it to a file, for others to seal to; or give it new encryption keys
    Id(id::Args),
    /// Keep the vault open for a time, so that its passphrase is typed once
    Unlock(keep::Args),
    /// Lock the vault again
    Lock,
    /// Pin other people's public keys
    #[command(subcommand)]
    Peer(peer::Command),
    /// Add a secret: a value, or a pointer to one in a cloud
    Add(add::Args),
    /// Add a random value
    Generate(generate::Args),
    /// Give an entry another value or pointer; the old one is kept
    Set(set::Args),
    /// Change an entry's sensitivity or description
    Edit(edit::Args),
    /// Give an entry another name, env or project, with its history
    Mv(transfer::Args),
    /// Copy an entry to another name, env or project, with its history
    Cp(transfer::Args),
    /// Remove an entry; it can be restored
    Rm(target::Args),
    /// Show an entry's earlier revisions
    History(history::Args),
    /// Bring an earlier revision back
    Restore(history::Restore),
    /// Erase an entry's earlier revisions for good
    Prune(target::Args),
    /// List what is in the vault, without any value
    List(list::Args),
    /// Seal entries into a package for peers
    Seal(seal::Args),
    /// Check a package: who sealed it, is it intact and in date; needs no key
    Verify(verify::Args),
    /// Show all that a package shows, and with my key all but its values
    Inspect(inspect::Args),
    /// Put the entries of a package into the vault; or a copy of one value from 1Password or a cloud
    Import(import::Args),
    /// Resolve pointers under my own cloud identity, and say what came of each
    Materialize(materialize::Args),
    /// Show which identity each cloud would use
    Whoami(whoami::Args),
    /// Run a command with the secrets of .env.refs in its environment
    Run(run::Args),
    /// Print one value, where policy lets it
    Show(show::Args),
    /// Programs that may get values of production, and high ones without another question
    #[command(subcommand)]
    Allow(allow::Command),
    /// The PIN that proves that it is you who says yes
    #[command(subcommand)]
    Pin(pin::Command),
    /// Ways back into the vault, for the day when what opens it is lost
    #[command(subcommand)]
    Recovery(recovery::Command),
    /// Come back into the vault by a recovery code or an age identity
    Recover(recover::Args),
    /// Change the vault's passphrase, key file or keyring, and its keys
    Rekey(rekey::Args),
    /// Seal nothing but what stays closed to a quantum computer, or see whether that is so
    RequirePq(require_pq::Args),
    /// Open everything in the vault, and name what is wrong or missing, with what helps
    Doctor(doctor::Args),
    /// Which .env.refs may name projects, global and prod entries
    #[command(subcommand)]
    Refs(refs::Command),
    /// Show what was done, refused, and by whom
    Audit(audit::Args),
    /// Copy the whole vault into one file, which any age opens
    Backup(backup::Args),
    /// List what was sealed to whom, and what to rotate if they leave
    Shared(shared::Args),
    /// Check and record a receipt that a recipient sent
    Receipt(receipt::Args),
}

/// What every command gets: where the vault is, how to open it, what time it is.
struct Context {
    home: PathBuf,
    passphrase_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    now: Moment,
}

pub(crate) fn main() -> ExitCode {
    // A crash must not write values to disk.
    platform::forbid_core_dumps();
    platform::survive_file_limit();
    let cli = match mistakes::parse() {
        Ok(cli) => cli,
        Err(error) => return mistaken(&error),
    };
    let is_run = matches!(cli.command, Command::Run(_));
    let done = Context::new(cli.global).and_then(|context| {
        dispatch(cli.command, &context).map_err(|failure| context.of_medium(failure))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui::failure(&failure);
            // `run` keeps 125 for itself, as env(1) does, so that the command's own codes stay free.
            let exit = if is_run { failure.of_run() } else { failure.exit };
            ExitCode::from(exit.code())
        }
    }
}

/// Help, or what is wrong with the arguments.
fn mistaken(error: &clap::Error) -> ExitCode {
    match arguments::failure(error) {
        Some(failure) => ui::failure(&failure),
        // There is nobody else to tell if this can't be printed.
        None => drop(error.print()),
    }
    let exit = match error.use_stderr() {
        false => Exit::Done,
        true if mistakes::command_of(error) == "run" => Exit::RunFailed,
        true => Exit::Usage,
    };
    ExitCode::from(exit.code())
}

fn dispatch(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Id(args) => id::run(&args, context),
        Command::Unlock(args) => keep::unlock(&args, context),
        Command::Lock => keep::lock(context),
        Command::Peer(command) => peer::run(command, context),
        Command::Add(args) => add::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Seal(args) => seal::run(args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Inspect(args) => inspect::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Materialize(args) => materialize::run(args, context),
        Command::Whoami(args) => whoami::run(&args),
        Command::Run(args) => run::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Generate(args) => generate::run(args, context),
        Command::Set(args) => set::run(args, context),
        Command::Edit(args) => edit::run(args, context),
        Command::Mv(args) => transfer::run(&args, Manner::Move, context),
        Command::Cp(args) => transfer::run(&args, Manner::Copy, context),
        Command::Rm(args) => target::remove(&args, context),
        Command::Prune(args) => target::prune(&args, context),
        Command::History(args) => history::run(&args, context),
        Command::Restore(args) => history::restore(&args, context),
        Command::Allow(command) => allow::run(command, context),
        Command::Pin(command) => pin::run(&command, context),
        Command::Recovery(command) => recovery::run(command, context),
        Command::Recover(args) => recover::run(&args, context),
        Command::Rekey(args) => rekey::run(&args, context),
        Command::RequirePq(args) => require_pq::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Refs(command) => refs::run(command, context),
        Command::Backup(args) => backup::run(args, context),
        Command::Audit(args) => audit::run(args, context),
        Command::Shared(args) => shared::run(&args, context),
        Command::Receipt(args) => receipt::run(&args, context),
    }
}

fn default_home() -> Option<PathBuf> {
    Some(platform::data_folder()?.join("kovra"))
}

impl Context {
    fn new(global: Global) -> Result<Self, Failure> {
        let unknown = || Failure::new(Exit::Failed, "no home folder is known; set KOVRA_HOME");
        let home = global.home.or_else(default_home);
        Ok(Self {
            home: home.ok_or_else(unknown)?,
            passphrase_file: global.passphrase_file,
            key_file: global.key_file,
            now: SystemTime::now().into(),
        })
    }

    /// Whether a kovra that is told nothing finds this vault.
    fn is_default_home(&self) -> bool {
        std::env::var_os("KOVRA_HOME").is_none() && default_home().as_ref() == Some(&self.home)
    }

    fn has_vault(&self) -> Result<bool, Failure> {
        Ok(is_there(&self.home.join(kovra::vault::FILE))?)
    }

    /// What is called damage may be a medium that fails.
    fn of_medium(&self, failure: Failure) -> Failure {
        let damaged = Some(&failure).filter(|failure| failure.exit == Exit::Damaged);
        let fault = damaged.and_then(|_| kovra::vault::medium_fault(&self.home));
        fault.map_or(failure, Into::into)
    }

    /// Opens the vault, and runs one operation on it with the person at the terminal, if there is one.
    fn with_session<T, E: Into<Failure>>(
        &self,
        operate: impl FnOnce(&mut Session<'_>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let (mut vault, passphrase) = self.unlock()?;
        self.in_session(&mut vault, passphrase, operate)
    }

    /// Runs one operation on an open vault. A `passphrase` is what was typed to open it.
    fn in_session<T, E: Into<Failure>>(
        &self,
        vault: &mut Vault,
        passphrase: Option<Secret>,
        operate: impl FnOnce(&mut Session<'_>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let mut person = ui::Person::look(passphrase);
        let clock = || SystemTime::now().into();
        let mut session = Session::new(vault, &mut person, &clock);
        operate(&mut session).map_err(Into::into)
    }
}
