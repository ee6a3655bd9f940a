//! The clouds as every command reaches them: its options, the environment, and a line of progress.

use super::time::length;
use super::ui;
use kovra::ops::Resolver;
use kovra::pointer::Pointer;
use kovra::provider::{self, AzureCloud, Fault, Resolved, Settings, onepassword};
use kovra::secret::Secret;
use std::time::Duration;

#[derive(clap::Args)]
#[command(next_help_heading = "Clouds")]
pub(super) struct Clouds {
    /// How long all pointers together may take
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = length)]
    timeout: Duration,
    /// Which Azure: public, china or usgov
    #[arg(
        long,
        env = "KOVRA_AZURE_CLOUD",
        hide_env_values = true,
        value_name = "CLOUD",
        default_value = "public"
    )]
    azure_cloud: AzureCloud,
}

impl Clouds {
    /// Set up from the environment the way the clouds' own tools are. Nothing is started yet.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            timeout: self.timeout,
            azure_cloud: self.azure_cloud,
            ..Settings::from_variables(|name| std::env::var(name).ok())
        }
    }
}

impl Resolver for Clouds {
    fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>> {
        let progress = ui::Progress::new();
        provider::resolve(&self.settings(), pointers, &|done, of| progress.show(done, of))
    }

    fn read(&self, item: &onepassword::Item) -> Result<Secret, Fault> {
        onepassword::read(item, self.timeout)
    }
}
