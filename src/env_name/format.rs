//! The names that no package may carry: clause 4.7 of `spec/package-v1.md`, word for word. What every
//! reader of a package has to refuse does not grow with the manuals; the lists of `run` do.

/// Whether the key of a coordinate, once `-` and `.` are read as `_`, and in either case, is the name of a
/// variable that changes how programs load or whom they talk to.
pub fn key_changes_loading(key: &str) -> bool {
    listed(&key.replace(['-', '.'], "_").to_ascii_uppercase())
}

fn listed(name: &str) -> bool {
    EXACT.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

const PREFIXES: [&str; 12] = [
    "LD_",
    "DYLD_",
    "GIT_",
    "PYTHON",
    "BASH_FUNC_",
    "NPM_CONFIG_",
    "PERL5",
    "RUBY",
    "DOTNET_",
    "CARGO_",
    "KOVRA_",
    "COR_",
];

const SUFFIXES: [&str; 3] = ["_PROXY", "_OPTIONS", "_RUSTC_WRAPPER"];

const EXACT: [&str; 43] = [
    "BASHOPTS",
    "BASH_ENV",
    "BROWSER",
    "CC",
    "CDPATH",
    "CLASSPATH",
    "CURL_CA_BUNDLE",
    "CURL_HOME",
    "CXX",
    "EDITOR",
    "ENV",
    "FPATH",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "GOFLAGS",
    "HOME",
    "HOSTALIASES",
    "IFS",
    "JAVA_OPTS",
    "LESSCLOSE",
    "LESSOPEN",
    "LOCALDOMAIN",
    "LOCPATH",
    "MAKEFLAGS",
    "NLSPATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH",
    "PHPRC",
    "PROMPT_COMMAND",
    "PS4",
    "REQUESTS_CA_BUNDLE",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "SSH_ASKPASS",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "VISUAL",
    "ZDOTDIR",
];

#[cfg(test)]
mod tests {
    use super::super::refused;
    use super::*;

    /// The list is what other readers have, so it is compared with what the code does.
    #[test]
    fn the_spec_holds_the_list() {
        let spec = include_str!("../../spec/package-v1.md");
        let (_, list) = spec.split_once("The names are those that start with").unwrap();
        let (list, _) = list.split_once("\n\n").unwrap();
        let mut listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        let mut ours = [&PREFIXES[..], &SUFFIXES, &EXACT].concat();
        listed.sort_unstable();
        ours.sort_unstable();
        assert_eq!(listed, ours);
    }

    #[test]
    fn keys_that_load_code() {
        for key in ["ld-preload", "path", "bash.env", "node_options", "https_proxy", "perl5lib"] {
            assert!(key_changes_loading(key), "{key}");
        }
        for key in ["database_url", "api_key", "my_path", "github_token", "proxy_token"] {
            assert!(!key_changes_loading(key), "{key}");
        }
    }

    /// What may be in no package is refused by `run` too, but for credentials of such families.
    #[test]
    fn the_lists_of_run_hold_this_one() {
        let families = PREFIXES.iter().map(|prefix| format!("{prefix}X"));
        let endings = SUFFIXES.iter().map(|suffix| format!("X{suffix}"));
        let all = EXACT.iter().map(|name| (*name).to_owned()).chain(families).chain(endings);
        let free: Vec<String> = all.filter(|name| !refused(name)).collect();
        assert!(free.is_empty(), "{free:?}");
    }
}
