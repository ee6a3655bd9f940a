//! This very program again, as a child with an environment made for it.

// It answers on its standard output.
#![allow(clippy::print_stdout)]

use forge::clouds::{BEARER, CLIENT_SECRET, LEAK};
use kovra::pointer::Pointer;
use kovra::provider::{FaultKind, Settings, resolve};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

const POINTERS: &str = "CHILD_POINTERS";
const LINE: &str = "\u{1f}outcome\u{1f}";

/// The child's part: resolves what its environment names, and says what became of it, a line each.
#[test]
#[ignore = "runs as a child of the other tests, and does nothing without them"]
fn child_resolve() {
    let Ok(pointers) = std::env::var(POINTERS) else { return };
    let pointers: Vec<Pointer> = pointers.lines().map(|line| line.parse().unwrap()).collect();
    let settings = Settings::from_variables(|name| std::env::var(name).ok());
    let start = Instant::now();
    for outcome in resolve(&settings, &pointers, &|_, _| ()) {
        match outcome {
            Ok(read) => {
                println!(
                    "{LINE}ok\u{1f}{}\u{1f}{}",
                    read.value.expose().escape_ascii(),
                    read.version
                );
            }
            Err(fault) => {
                println!("{LINE}{:?}\u{1f}{}\u{1f}{}", fault.kind, fault.what, fault.hint)
            }
        }
    }
    println!("{LINE}took\u{1f}{}\u{1f}", start.elapsed().as_millis());
}

/// What a child said.
pub(super) struct Run {
    /// `ok`, value (non-ASCII bytes as `\xff`) and version; or the kind, what happened and the hint.
    pub(super) outcomes: Vec<[String; 3]>,
    pub(super) took: Duration,
}

impl Run {
    pub(super) fn kinds(&self) -> Vec<&str> {
        self.outcomes.iter().map(|[kind, ..]| kind.as_str()).collect()
    }

    pub(super) fn value(&self, place: usize) -> &str {
        let [kind, value, _] = &self.outcomes[place];
        assert_eq!(kind, "ok", "{:?}", self.outcomes[place]);
        value
    }

    pub(super) fn fault(&self, place: usize, kind: FaultKind) -> &str {
        let [got, what, hint] = &self.outcomes[place];
        assert_eq!(*got, format!("{kind:?}"), "{what}");
        assert!(!hint.is_empty());
        what
    }
}

pub(super) fn run(env: &BTreeMap<String, String>, pointers: &[impl AsRef<str>]) -> Run {
    let list: Vec<&str> = pointers.iter().map(AsRef::as_ref).collect();
    let (_, name) = concat!(module_path!(), "::child_resolve").split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", name])
        .env_clear()
        .env(POINTERS, list.join("\n"))
        // Where there is no `az` to be found.
        .env("PATH", "/nonexistent")
        .envs(env)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");
    for printed in [&text, &errors] {
        assert!(!printed.contains(LEAK), "a response body reached the user: {printed}");
        assert!(!printed.contains(BEARER) && !printed.contains(CLIENT_SECRET));
    }
    let mut lines: Vec<[String; 3]> = text
        .lines()
        .filter_map(|line| line.split_once(LINE))
        .map(|(_, rest)| {
            let mut parts = rest.split('\u{1f}').map(str::to_owned);
            [(); 3].map(|()| parts.next().unwrap())
        })
        .collect();
    let [_, millis, _] = lines.pop().unwrap();
    assert_eq!(lines.len(), pointers.len());
    Run { outcomes: lines, took: Duration::from_millis(millis.parse().unwrap()) }
}

pub(super) fn without(
    mut env: BTreeMap<String, String>,
    prefixes: &[&str],
) -> BTreeMap<String, String> {
    env.retain(|name, _| !prefixes.iter().any(|prefix| name.starts_with(prefix)));
    env
}
