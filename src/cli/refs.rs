//! `kovra refs trust|distrust|list`

use super::error::Failure;
use super::run::{read_refs, whereabouts};
use super::ui::{Say, said};
use super::{Context, ui};
use kovra::ops::trust::{self, File};
use kovra::text::hex;
use kovra::vault::TrustedFile;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Trust a file as it is, so that it may name projects, global and prod entries; you confirm it
    Trust {
        #[arg(value_name = "FILE", default_value = ".env.refs")]
        file: PathBuf,
    },
    /// Trust a file no longer
    Distrust {
        #[arg(value_name = "FILE", default_value = ".env.refs")]
        file: PathBuf,
    },
    /// Show the trusted files
    List,
}

/// `${ENV}` stands for nothing in particular while a file is only looked at.
const ANY_ENV: &str = "env";

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Trust { file } => {
            let refs = read_refs(&file, Some(ANY_ENV), &[])?;
            let path = whereabouts(&file);
            let file = File { path: &path, refs: &refs };
            let is_new = context.with_session(|session| trust::trust(session, file))?;
            let done = if is_new { "Trusted" } else { "Trusted already:" };
            ui::data(said!("{} {}, as long as it says what it says now.", done, path))
        }
        Command::Distrust { file } => {
            let path = whereabouts(&file);
            context.with_session(|session| trust::distrust(session, &path))?;
            ui::data(said!("{} is no longer trusted.", path))
        }
        Command::List => {
            let files = context.vault()?.view().trusted_files()?;
            let row = |file: &TrustedFile| {
                vec![file.path.say(), hex(&file.digest[..8]).say(), file.added.say()]
            };
            let nothing = "No file is trusted. `kovra refs trust FILE` does it.";
            ui::list(&["FILE", "DIGEST", "TRUSTED"], files.iter().map(row), nothing)
        }
    }
}
