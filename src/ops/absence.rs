//! Why an entry is not there, and where one is.

use super::{Error, Listed, Source};
use crate::coordinate::Coordinate;
use crate::vault::Origin;
use std::collections::BTreeMap;
use std::fmt;

/// An entry that was looked for, and is not there.
#[derive(Debug)]
pub struct Absence {
    pub at: Coordinate,
    /// For whom it was looked for.
    pub origin: Origin,
    /// The origin of one that was removed, and the revision that brings it back.
    pub removed: Option<(Origin, u64)>,
    /// Who else has an entry of this coordinate.
    pub origins: Vec<Origin>,
    /// The environments that have one of this component and key, if nobody has this one.
    pub envs: Vec<String>,
}

impl Absence {
    /// Of what nothing else is known.
    pub fn new(origin: &Origin, at: &Coordinate) -> Self {
        let (at, origin) = (at.clone(), origin.clone());
        Self { at, origin, removed: None, origins: Vec::new(), envs: Vec::new() }
    }

    /// What can be done about it.
    pub fn hint(&self) -> String {
        let removed = self.removed.as_ref().filter(|(origin, _)| *origin == self.origin);
        let removed = removed.or(self.removed.as_ref().filter(|_| self.origins.is_empty()));
        match (removed, self.origins.first()) {
            (Some((origin, revision)), _) => restoring(&self.at, origin, *revision),
            (None, Some(Origin::Global)) => "without --project it is the global one".into(),
            (None, Some(Origin::Project(name))) => format!("--project {name} names that one"),
            (None, None) => "`kovra list` shows what is there".into(),
        }
    }

    fn was_its_own(&self) -> bool {
        self.removed.as_ref().is_some_and(|(origin, _)| *origin == self.origin)
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, origin, removed, origins, envs } = self;
        match origin {
            Origin::Global if self.was_its_own() => write!(f, "{at} was removed")?,
            Origin::Project(name) if self.was_its_own() => {
                write!(f, "{at} was removed from project {name}")?;
            }
            Origin::Project(name) => write!(f, "{at} is not in the vault for project {name}")?,
            Origin::Global if origins.is_empty() => write!(f, "{at} is not in the vault")?,
            Origin::Global => write!(f, "{at} is not in the vault globally")?,
        }
        match (&origins[..], removed, &envs[..]) {
            ([Origin::Global, ..], ..) => f.write_str("; there is a global one"),
            ([one], ..) => write!(f, "; project {one} has it"),
            ([_, ..], ..) => write!(f, "; projects {} have it", listed(origins)),
            (_, Some((Origin::Global, _)), _) if !self.was_its_own() => {
                f.write_str("; the global one was removed")
            }
            (_, Some((other, _)), _) if !self.was_its_own() => {
                write!(f, "; that of project {other} was removed")
            }
            (.., [one]) => write!(f, "; {one} has it"),
            (.., [_, ..]) => write!(f, "; {} have it", listed(envs)),
            _ => Ok(()),
        }
    }
}

fn listed(names: &[impl fmt::Display]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The commands that bring an entry back.
pub fn restoring(at: &Coordinate, origin: &Origin, revision: u64) -> String {
    let project = project_option(origin);
    format!(
        "`kovra restore {at} {revision}{project}` brings it back; `kovra history {at}{project}` shows \
         what it held"
    )
}

/// As it stands after a command that is about an entry of this origin.
pub(super) fn project_option(origin: &Origin) -> String {
    match origin {
        Origin::Global => String::new(),
        Origin::Project(name) => format!(" --project {name}"),
    }
}

/// All that is and was there, looked at once for however many entries are not.
pub(super) struct Inventory {
    /// By component and key.
    there: BTreeMap<[String; 2], Vec<(Coordinate, Origin)>>,
    removed: BTreeMap<Coordinate, Vec<(Origin, u64)>>,
}

impl Inventory {
    pub(super) fn of<S: Source + ?Sized>(source: &S) -> Self {
        let mut inventory = Self { there: BTreeMap::new(), removed: BTreeMap::new() };
        for item in source.readable().map(|(items, _)| items).unwrap_or_default() {
            let (at, origin) = (item.coordinate().clone(), item.origin().clone());
            inventory.there.entry(kind(&at)).or_default().push((at, origin));
        }
        for (at, origin, revision) in source.removed() {
            inventory.removed.entry(at).or_default().push((origin, revision));
        }
        inventory
    }

    /// Why there is nothing at `at` for `origin`.
    pub(super) fn absence(&self, origin: &Origin, at: &Coordinate) -> Absence {
        let mut absence = Absence::new(origin, at);
        let removed = self.removed.get(at).map(Vec::as_slice).unwrap_or_default();
        let own = removed.iter().find(|(other, _)| other == origin);
        absence.removed = own.or(removed.first()).cloned();
        for (other, owner) in self.there.get(&kind(at)).into_iter().flatten() {
            if other == at {
                absence.origins.push(owner.clone());
            } else if [origin, &Origin::Global].contains(&owner) {
                absence.envs.push(other.env().to_owned());
            }
        }
        absence.envs.dedup();
        absence
    }
}

fn kind(at: &Coordinate) -> [String; 2] {
    [at.component(), at.key()].map(str::to_owned)
}

impl From<Absence> for Error {
    fn from(absence: Absence) -> Self {
        Self::NoEntry(Box::new(absence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_where_it_was_and_where_it_is() {
        let at: Coordinate = "dev/a/b".parse().unwrap();
        let [shop, other] = ["shop", "other"].map(|name| Origin::project(name).unwrap());
        let global = Origin::Global;
        type Is<'a> = (&'a Origin, Option<&'a Origin>, &'a [&'a Origin], &'a [&'a str]);
        let cases: [(Is<'_>, &str, &str); 11] = [
            ((&global, None, &[], &[]), " is not in the vault", "kovra list"),
            ((&global, None, &[], &["qa"]), " is not in the vault; qa has it", "kovra list"),
            ((&shop, None, &[], &["qa", "s"]), " for project shop; qa, s have it", "kovra list"),
            ((&global, Some(&global), &[], &[]), "b was removed", "restore dev/a/b 7`"),
            ((&shop, Some(&shop), &[], &[]), " from project shop", "b 7 --project shop`"),
            (
                (&global, Some(&global), &[&shop], &[]),
                "b was removed; project shop has it",
                "restore dev/a/b 7`",
            ),
            (
                (&global, Some(&shop), &[], &["qa"]),
                "b is not in the vault; that of project shop was removed",
                "b 7 --project shop`",
            ),
            (
                (&shop, Some(&global), &[], &[]),
                " for project shop; the global one was removed",
                "restore dev/a/b 7`",
            ),
            ((&shop, None, &[&global], &[]), "; there is a global one", "without --project"),
            ((&shop, Some(&global), &[&other], &[]), "; project other has it", "--project other"),
            ((&global, None, &[&other, &shop], &[]), "globally; projects other, shop have", "--p"),
        ];
        for ((origin, removed, origins, envs), what, hint) in cases {
            let absence = Absence {
                removed: removed.map(|origin| (origin.clone(), 7)),
                origins: origins.iter().map(|origin| (*origin).clone()).collect(),
                envs: envs.iter().map(|env| (*env).to_owned()).collect(),
                ..Absence::new(origin, &at)
            };
            assert!(absence.to_string().contains(what), "{absence}");
            assert!(absence.hint().contains(hint), "{absence}: {}", absence.hint());
        }
    }
}
