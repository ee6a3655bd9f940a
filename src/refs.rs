//! `.env.refs`: which variables a process gets, and from where. It holds no secret and is committed.
//!
//! ```text
//! # a comment
//! project = shop
//! DATABASE_URL=secret:${ENV}/db/url
//! SHARED_KEY=secret://global/${ENV}/shared/key | none
//! REGION=${env:AWS_REGION | eu-west-1}
//! LOG_LEVEL=info
//! ```

use crate::coordinate::{SecretUri, check_segment};
use crate::env_name;

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// An entry of the vault.
    Secret {
        uri: SecretUri,
        /// The value if there is no such entry. Never there for production.
        fallback: Option<String>,
    },
    /// A variable of the caller's environment.
    Env {
        name: String,
        fallback: Option<String>,
    },
    Literal(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refs {
    /// The project whose entries win over the global ones.
    pub project: Option<String>,
    /// In the order of the file.
    pub variables: Vec<(String, Assigned)>,
}

/// A line that is none of the forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct RefsError {
    /// Counts from 1.
    pub line: usize,
    /// It repeats nothing of the line but checked names.
    pub what: String,
}

impl Refs {
    /// Parses a whole file, with `env` in the place of `${ENV}`. The first wrong line fails it.
    pub fn parse(text: &str, env: Option<&str>) -> Result<Self, RefsError> {
        let mut refs = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            refs.add(line, env).map_err(|what| RefsError { line: index + 1, what })?;
        }
        Ok(refs)
    }

    fn add(&mut self, line: &str, env: Option<&str>) -> Result<(), String> {
        let (name, value) = line.split_once('=').ok_or("expected NAME=source or project = name")?;
        let (name, value) = (name.trim_end(), value.trim());
        if name == "project" {
            check_segment(value).map_err(|e| format!("project name: {e}"))?;
            let twice = self.project.replace(value.to_owned()).is_some();
            return if twice { Err("the project is named twice".into()) } else { Ok(()) };
        }
        if !env_name::is_valid(name) {
            return Err(
                "a variable's name is letters, digits and '_', not starting with a digit".into()
            );
        }
        if env_name::refused(name) {
            return Err(format!("{name} changes how programs load, so kovra never sets it"));
        }
        if self.variables.iter().any(|(other, _)| other == name) {
            return Err(format!("{name} is there twice"));
        }
        self.variables.push((name.to_owned(), source(value, env)?));
        Ok(())
    }
}

fn source(text: &str, env: Option<&str>) -> Result<Assigned, String> {
    if let Some(rest) = text.strip_prefix("${env:") {
        let inner =
            rest.strip_suffix('}').ok_or("expected ${env:NAME} or ${env:NAME | fallback}")?;
        let (name, fallback) = split_fallback(inner);
        if !env_name::is_valid(name) {
            return Err("expected ${env:NAME} or ${env:NAME | fallback}".into());
        }
        let fallback = fallback.map(plain).transpose()?;
        return Ok(Assigned::Env { name: name.to_owned(), fallback });
    }
    if text.starts_with("secret:") {
        let (uri, fallback) = split_fallback(text);
        let uri = with_env(uri, env)?.parse::<SecretUri>().map_err(|e| e.to_string())?;
        let fallback = fallback.map(plain).transpose()?;
        if fallback.is_some() && uri.coordinate.is_prod() {
            return Err("a fallback would hide that a prod secret is missing".into());
        }
        return Ok(Assigned::Secret { uri, fallback });
    }
    plain(text).map(Assigned::Literal)
}

fn split_fallback(text: &str) -> (&str, Option<&str>) {
    match text.split_once('|') {
        Some((left, right)) => (left.trim_end(), Some(right.trim_start())),
        None => (text, None),
    }
}

/// Puts `env` in the place of `${ENV}`, which only the env segment may be.
fn with_env(uri: &str, env: Option<&str>) -> Result<String, String> {
    let Some((before, after)) = uri.split_once("${ENV}") else {
        return Ok(uri.to_owned());
    };
    let is_env_segment = matches!(before, "secret:" | "secret://global/") && after.starts_with('/');
    if !is_env_segment || after.contains("${") {
        return Err("only the env segment of a coordinate may be ${ENV}".into());
    }
    let env = env.ok_or("it says ${ENV}: name an environment with --env")?;
    Ok(format!("{before}{env}{after}"))
}

/// A text that stands for itself. Quotes and `$` mean different things in different dotenv
/// dialects, so they mean nothing here.
fn plain(text: &str) -> Result<String, String> {
    if text.contains("${") {
        Err("${...} can only be ${ENV} in a coordinate, or the whole of ${env:NAME | fallback}"
            .into())
    } else if text.starts_with(['"', '\'']) {
        Err("write the value without quotes; everything after '=' is taken as it stands".into())
    } else if !crate::text::is_plain(text) {
        Err("a value has control, invisible or direction-turning characters".into())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Refs, RefsError> {
        Refs::parse(text, Some("dev"))
    }

    fn error(line: &str) -> String {
        parse(line).expect_err(line).what
    }

    #[test]
    fn all_forms() {
        let text = "# comment\n\n project = shop \nA=secret:${ENV}/db/url\nB = secret:dev/x/y | none\n\
                    C=secret://global/${ENV}/x/y\nD=${env:HOME | /root}\nE=${env:USER}\nF=a=b c\nG=\n";
        let refs = parse(text).unwrap();
        assert_eq!(refs.project.as_deref(), Some("shop"));
        let secret = |uri: &str, fallback: Option<&str>| Assigned::Secret {
            uri: uri.parse().unwrap(),
            fallback: fallback.map(str::to_owned),
        };
        let env = |name: &str, fallback: Option<&str>| Assigned::Env {
            name: name.into(),
            fallback: fallback.map(str::to_owned),
        };
        let expected = [
            ("A", secret("secret:dev/db/url", None)),
            ("B", secret("secret:dev/x/y", Some("none"))),
            ("C", secret("secret://global/dev/x/y", None)),
            ("D", env("HOME", Some("/root"))),
            ("E", env("USER", None)),
            ("F", Assigned::Literal("a=b c".into())),
            ("G", Assigned::Literal(String::new())),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(n, s)| (n.to_owned(), s)).collect();
        assert_eq!(refs.variables, expected);
    }

    #[test]
    fn wrong_lines_are_named() {
        assert_eq!(parse("A=b\n\nnonsense").unwrap_err().line, 3);
        assert!(error("1A=b").contains("name"));
        assert!(error("LD_PRELOAD=secret:dev/a/b").contains("LD_PRELOAD"));
        assert!(error("A=1\nA=2").contains("twice"));
        assert!(error("A=secret:dev/db").contains("three segments"));
        assert!(error("A=secret:dev/${ENV}/url").contains("env segment"));
        assert!(error("A=secret:${ENV}x/db/url").contains("env segment"));
        assert!(error("A=secret:prod/db/url | x").contains("fallback"));
        assert!(error("A=\"quoted\"").contains("quotes"));
        assert!(error("A=${HOME}").contains("${ENV}"));
        assert!(error("A=${env:HOME").contains("${env:NAME}"));
        assert!(error("A=x\u{1b}[2J").contains("control"));
        assert!(error("project = ../x").contains("project"));
        assert!(error("project = a\nproject = b").contains("twice"));
        let without = Refs::parse("A=secret:${ENV}/db/url", None).unwrap_err();
        assert!(without.what.contains("--env"));
        assert!(Refs::parse("A=secret:${ENV}/db/url | x", Some("prod")).is_err());
    }
}
