//! Names of environment variables, and the ones that no secret may take.

/// Whether `name` is a portable name: `[A-Za-z_][A-Za-z0-9_]*` (POSIX XBD §8.1).
pub fn is_valid(name: &str) -> bool {
    let first_ok = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first_ok && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether `name`, in either case, changes how programs load or whom they talk to. A value from
/// somebody else under such a name would be code, so no entry is injected under one.
pub fn changes_loading(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    EXACT.contains(&name.as_str())
        || PREFIXES.iter().any(|p| name.starts_with(p))
        || SUFFIXES.iter().any(|s| name.ends_with(s))
}

/// Whether the key of a coordinate is such a name, once `-` and `.` are read as `_`. No package may
/// carry it (`spec/package-v1.md` 4.7).
pub fn key_changes_loading(key: &str) -> bool {
    changes_loading(&key.replace(['-', '.'], "_"))
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
    use super::*;

    #[test]
    fn names() {
        assert!(is_valid("DB_URL") && is_valid("_x1"));
        assert!(!is_valid("") && !is_valid("1X") && !is_valid("A-B") && !is_valid("A=B"));
    }

    #[test]
    fn names_that_load_code() {
        for name in [
            "LD_PRELOAD",
            "PATH",
            "BASH_ENV",
            "NODE_OPTIONS",
            "GIT_SSH_COMMAND",
            "PYTHONPATH",
            "https_proxy",
            "HTTP_PROXY",
            "DYLD_INSERT_LIBRARIES",
            "JAVA_TOOL_OPTIONS",
            "PERL5LIB",
        ] {
            assert!(changes_loading(name), "{name}");
        }
        for name in ["DATABASE_URL", "API_KEY", "MY_PATH", "GITHUB_TOKEN", "PROXY_TOKEN"] {
            assert!(!changes_loading(name), "{name}");
        }
    }
}
