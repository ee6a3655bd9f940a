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
use std::collections::HashSet;

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

/// A variable that a process gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub from: Assigned,
    /// Its source as it is written, with `${ENV}` in it.
    pub source: String,
    /// Where the file says so. Counts from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refs {
    /// The project whose entries win over the global ones.
    pub project: Option<String>,
    /// In the order of the file.
    pub variables: Vec<Variable>,
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
    /// [`Refs::parse_allowing`], with no name let through.
    pub fn parse(text: &str, env: Option<&str>) -> Result<Self, RefsError> {
        Self::parse_allowing(text, env, &[])
    }

    /// Parses a whole file, with `env` in the place of `${ENV}`. The first wrong line fails it. Of the names
    /// that no variable may take, those in `allowed` may be there.
    pub fn parse_allowing(
        text: &str,
        env: Option<&str>,
        allowed: &[String],
    ) -> Result<Self, RefsError> {
        let mut reader = Reader { env, allowed, names: HashSet::new(), refs: Self::default() };
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if !text.is_empty() && !text.starts_with('#') {
                reader.add(line, text).map_err(|what| RefsError { line, what })?;
            }
        }
        Ok(reader.refs)
    }
}

impl Refs {
    /// Of what it says, whatever the order and the comments (`spec/policy.md` 8.2).
    #[cfg(feature = "vault")]
    pub fn digest(&self) -> [u8; 32] {
        use sha2::{Digest, Sha256};
        let mut pairs: Vec<[&str; 2]> =
            self.variables.iter().map(|v| [v.name.as_str(), v.source.as_str()]).collect();
        pairs.sort_unstable();
        let mut hasher = Sha256::new();
        let project = self.project.as_deref().unwrap_or_default();
        for text in std::iter::once(project).chain(pairs.into_iter().flatten()) {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        hasher.finalize().into()
    }

    /// Whether it names a project, or an entry as a global one.
    pub fn names_origins(&self) -> bool {
        let global = |v: &Variable| matches!(&v.from, Assigned::Secret { uri, .. } if uri.global);
        self.project.is_some() || self.variables.iter().any(global)
    }
}

/// A file that is being read.
struct Reader<'a> {
    env: Option<&'a str>,
    allowed: &'a [String],
    names: HashSet<&'a str>,
    refs: Refs,
}

impl<'a> Reader<'a> {
    fn add(&mut self, line: usize, text: &'a str) -> Result<(), String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=source or project = name")?;
        let (name, value) = (name.trim_end(), value.trim());
        if name == "project" {
            check_segment(value).map_err(|e| format!("project name: {e}"))?;
            let twice = self.refs.project.replace(value.to_owned()).is_some();
            return if twice { Err("the project is named twice".into()) } else { Ok(()) };
        }
        self.check(name)?;
        let from = source(value, self.env)?;
        let (name, source) = (name.to_owned(), value.to_owned());
        self.refs.variables.push(Variable { name, from, source, line });
        Ok(())
    }

    fn check(&mut self, name: &'a str) -> Result<(), String> {
        if !env_name::is_valid(name) {
            return Err(
                "a variable's name is letters, digits and '_', not starting with a digit".into()
            );
        }
        if env_name::refused(name) && !self.allowed.iter().any(|allowed| allowed == name) {
            return Err(match env_name::is_own(name) {
                true => format!("{name} is kovra's own, and comes from its caller alone"),
                false => format!(
                    "{name} changes how programs load or whom they talk to; `kovra run --allow-name {name}` \
                     lets it through, once you confirm it"
                ),
            });
        }
        if !self.names.insert(name) {
            return Err(format!("{name} is there twice"));
        }
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
        let found = refs.variables.iter().map(|v| (v.name.as_str(), v.from.clone()));
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let lines: Vec<usize> = refs.variables.iter().map(|v| v.line).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn wrong_lines_are_named() {
        assert_eq!(parse("A=b\n\nnonsense").unwrap_err().line, 3);
        assert!(error("1A=b").contains("name"));
        assert!(error("LD_PRELOAD=secret:dev/a/b").contains("LD_PRELOAD"));
        assert!(error("PERLLIB=a").contains("PERLLIB"));
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

    #[test]
    fn a_name_is_let_through_by_its_name_alone() {
        let parse = |allowed: &str| {
            Refs::parse_allowing("LD_PRELOAD=a.so\nPATH=x\n", None, &[allowed.to_owned()])
        };
        assert_eq!(parse("LD_PRELOAD").unwrap_err().line, 2);
        for other in ["PATH", "ld_preload", "LD_*", ""] {
            assert_eq!(parse(other).unwrap_err().line, 1, "{other}");
        }
    }

    /// A file of 1 MiB is read in the time that its bytes take, not in that of all pairs of its lines.
    #[test]
    fn many_lines_are_read_in_linear_time() {
        let text: String = (0..80_000).map(|n| format!("V{n}=x\n")).collect();
        let start = std::time::Instant::now();
        assert_eq!(Refs::parse(&text, None).unwrap().variables.len(), 80_000);
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}
