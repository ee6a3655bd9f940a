//! Names of environment variables: the ones that no secret may take, and those among them that make
//! programs load code.

mod format;
mod loaders;
mod names;

pub use format::key_changes_loading;
pub use loaders::{digest, loaders};

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a name, in either case, is kovra's own. Nobody may let one of them through.
pub fn is_own(name: &str) -> bool {
    name.to_ascii_uppercase().starts_with("KOVRA_")
}

/// Whether `name` is a portable name: `[A-Za-z_][A-Za-z0-9_]*` (POSIX XBD §8.1).
pub fn is_valid(name: &str) -> bool {
    let first_ok = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first_ok && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether no variable of a command may have this name, in either case, unless its owner says so by name:
/// its value would be code, or decide whom a program talks to (`spec/policy.md` 7).
pub fn refused(name: &str) -> bool {
    static REDIRECT: LazyLock<Set> = LazyLock::new(|| Set::of(|group| group.redirect));
    loads_code(name) || held(&REDIRECT, name)
}

/// Whether a variable of this name, in either case, makes a program load or start what its value says.
pub fn loads_code(name: &str) -> bool {
    static INJECT: LazyLock<Set> = LazyLock::new(|| Set::of(|group| group.inject));
    held(&INJECT, name)
}

fn held(set: &Set, name: &str) -> bool {
    static FREE: LazyLock<Set> = LazyLock::new(|| Set::from(names::FREE));
    let name = name.to_ascii_uppercase();
    set.has(&name) && !FREE.has(&name)
}

/// Names and families of them, in capitals. Most are whole names, and are found without a search.
#[derive(Default)]
struct Set {
    whole: HashSet<&'static str>,
    /// What stands before and after the `*` of each family.
    families: Vec<(&'static str, &'static str)>,
}

impl Set {
    fn of(column: impl Fn(&names::Group) -> &'static str) -> Self {
        let mut set = Self::default();
        names::GROUPS.iter().for_each(|group| set.add(column(group)));
        set
    }

    fn add(&mut self, list: &'static str) {
        for name in list.split_ascii_whitespace() {
            match name.split_once('*') {
                Some(around) => self.families.push(around),
                None => drop(self.whole.insert(name)),
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        let in_family = |(before, after): &(&str, &str)| {
            let rest = name.strip_prefix(before);
            rest.is_some_and(|rest| rest.ends_with(after))
        };
        self.whole.contains(name) || self.families.iter().any(in_family)
    }
}

impl From<&'static str> for Set {
    fn from(list: &'static str) -> Self {
        let mut set = Self::default();
        set.add(list);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        assert!(is_valid("DB_URL") && is_valid("_x1"));
        assert!(!is_valid("") && !is_valid("1X") && !is_valid("A-B") && !is_valid("A=B"));
    }

    #[test]
    fn what_loads_code_or_sends_elsewhere_is_refused() {
        for name in [
            "LD_PRELOAD",
            "LD_AUDIT",
            "PATH",
            "BASH_ENV",
            "ENV",
            "NODE_OPTIONS",
            "GIT_SSH_COMMAND",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "DYLD_INSERT_LIBRARIES",
            "JAVA_TOOL_OPTIONS",
            "PERL5LIB",
            "PERLLIB",
            "LUA_INIT",
            "LUA_INIT_5_4",
            "GCONV_PATH",
            "RUBYOPT",
            "KUBECONFIG",
            "GOPROXY",
            "AWS_CONFIG_FILE",
            "npm_config_script_shell",
            "MAVEN_OPTS",
            "GH_PAGER",
            "KUBE_EDITOR",
        ] {
            assert!(loads_code(name) && refused(name), "{name}");
        }
        for name in [
            "https_proxy",
            "HTTP_PROXY",
            "SSLKEYLOGFILE",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_S3",
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "AZURE_AUTHORITY_HOST",
            "KOVRA_HOME",
            "VAULT_ADDR",
            "DOCKER_HOST",
            "GIT_WORK_TREE",
            "REQUESTS_CA_BUNDLE",
            "TMPDIR",
        ] {
            assert!(refused(name) && !loads_code(name), "{name}");
        }
    }

    #[test]
    fn credentials_and_ordinary_names_are_free() {
        for name in [
            "DATABASE_URL",
            "API_KEY",
            "MY_PATH",
            "PROXY_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET",
            "AZURE_TENANT_ID",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "GITLAB_TOKEN",
            "NPM_TOKEN",
            "NODE_ENV",
            "NODE_AUTH_TOKEN",
            "PGPASSWORD",
            "PGHOST",
            "MYSQL_PWD",
            "REDIS_URL",
            "DOCKER_PASSWORD",
            "KUBE_TOKEN",
            "GIT_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_OURS_TOKEN",
            "VAULT_TOKEN",
            "CONSUL_HTTP_TOKEN",
            "TF_VAR_password",
            "TF_TOKEN_app_terraform_io",
            "COMPOSER_AUTH",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "SENTRY_DSN",
            "LOG_LEVEL",
            "PORT",
            "RUST_LOG",
            "SECRET_KEY_BASE",
            "RAILS_MASTER_KEY",
            "DJANGO_SETTINGS_MODULE",
            "SMTP_HOST",
            "ORG_GRADLE_PROJECT_signingKey",
            "BUNDLE_GEM__FURY__IO",
            "UV_PUBLISH_TOKEN",
            "PKCS11_PIN",
            "NUGET_API_KEY",
            "TWINE_PASSWORD",
            "JWT_SECRET",
            "STRIPE_SECRET_KEY",
            "SLACK_WEBHOOK_URL",
        ] {
            assert!(!refused(name), "{name}");
        }
        for name in
            ["CARGO_REGISTRIES_OURS_INDEX", "CARGO_REGISTRIES_TOKEN", "YARN_NPM_REGISTRY_SERVER"]
        {
            assert!(loads_code(name), "{name}");
        }
    }

    /// The list is what people read, so it is compared with what the code does.
    #[test]
    fn the_spec_holds_the_list() {
        let quoted = |list: &str| {
            let names = list.split_ascii_whitespace().map(|name| format!("`{name}`"));
            names.collect::<Vec<_>>().join(", ")
        };
        let mut table =
            "| of | inject code | send elsewhere, or weaken |\n|---|---|---|\n".to_owned();
        for group in &names::GROUPS {
            let columns = [group.inject, group.redirect].map(quoted);
            table += &format!("| {} | {} | {} |\n", group.of, columns[0], columns[1]);
        }
        let free = quoted(names::FREE);
        let expected = format!(
            "\n\n{table}\nThese are free although a row above has them, since they are credentials:\n{free}.\n"
        );
        let spec = include_str!("../../spec/policy.md");
        assert!(spec.contains(&expected), "spec/policy.md should hold:{expected}");
    }

    /// A free name that no family has would be a name of no use, and one name twice a mistake.
    #[test]
    fn each_name_is_there_once_and_for_a_reason() {
        let columns = names::GROUPS.iter().flat_map(|group| [group.inject, group.redirect]);
        let mut all: Vec<&str> = columns.flat_map(str::split_ascii_whitespace).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert!(all.len() == count && count > 400, "{} of {count}", all.len());
        let mut groups = Set::of(|group| group.inject);
        names::GROUPS.iter().for_each(|group| groups.add(group.redirect));
        for name in names::FREE.split_ascii_whitespace() {
            assert!(groups.has(&name.replace('*', "X")), "{name}");
        }
    }
}
