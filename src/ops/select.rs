//! Choosing entries: by filters, by name, for a project.

use super::{Error, Listed, Source};
use crate::coordinate::{Coordinate, SecretUri};
use crate::text::escape;
use crate::vault::Origin;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub struct Selection {
    pub env: Option<String>,
    pub component: Option<String>,
    /// Only these; all that pass the filters if there are none.
    pub named: Vec<SecretUri>,
    /// The project whose entries win over the global ones.
    pub project: Option<String>,
}

impl Selection {
    fn passes(&self, at: &Coordinate) -> bool {
        let matches =
            |filter: &Option<String>, segment| filter.as_deref().is_none_or(|f| f == segment);
        matches(&self.env, at.env()) && matches(&self.component, at.component())
    }

    /// The selected entries, sorted by coordinate, each as the project sees it. None is
    /// [`Error::Nothing`]; one that is named and does not pass the filters is [`Error::LeftOut`].
    pub fn of<S: Source>(&self, source: &S) -> Result<Vec<S::Item>, Error> {
        let origin = origin(self.project.as_deref())?;
        let mut selected = BTreeMap::new();
        if self.named.is_empty() {
            for item in source.items()? {
                let visible = [&Origin::Global, &origin].contains(&item.origin());
                if visible && self.passes(item.coordinate()) {
                    // Global sorts first, so the project's own entry comes last and stays.
                    selected.insert(item.coordinate().clone(), item);
                }
            }
        }
        for uri in &self.named {
            let item = source.named(&origin, uri)?;
            if !self.passes(item.coordinate()) {
                return Err(Error::LeftOut(item.coordinate().clone()));
            }
            selected.insert(item.coordinate().clone(), item);
        }
        if selected.is_empty() {
            return Err(Error::Nothing(
                format!("nothing matches: {}", self.describe()) + &self.envs(source),
            ));
        }
        Ok(selected.into_values().collect())
    }

    /// The environments that there are, if the one that was named is none of them.
    fn envs<S: Source>(&self, source: &S) -> String {
        let items = source.readable().map(|(items, _)| items).unwrap_or_default();
        let envs: BTreeSet<&str> = items.iter().map(|item| item.coordinate().env()).collect();
        match &self.env {
            Some(env) if !envs.is_empty() && !envs.contains(env.as_str()) => {
                format!(" (there are {})", envs.into_iter().collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        }
    }

    fn describe(&self) -> String {
        let part = |name: &str, value: &Option<String>| {
            value.as_ref().map(|v| format!("{name} {}", escape(v)))
        };
        let parts: Vec<String> = [
            part("env", &self.env),
            part("component", &self.component),
            part("project", &self.project),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() { "the vault has no such entry".into() } else { parts.join(", ") }
    }
}

/// A project's name as an origin; global for `None`.
pub(super) fn origin(project: Option<&str>) -> Result<Origin, Error> {
    project.map_or(Ok(Origin::Global), |name| {
        Origin::project(name).ok_or_else(|| {
            Error::Usage(
                "a project's name is like a segment of a coordinate, and not 'global'".into(),
            )
        })
    })
}
