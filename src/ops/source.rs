//! Where entries come from. Today that is the snapshot of a vault; what works on a [`Source`] works on
//! any other, such as a package that has been opened.

use super::Error;
use super::absence::{Absence, Inventory};
use crate::coordinate::{Coordinate, SecretUri};
use crate::entry::{Content, Entry};
use crate::pointer::Pointer;
use crate::policy::Subject;
use crate::secret::Secret;
use crate::vault::{self, Held, Origin, Stored, View};
use std::collections::BTreeSet;

pub trait Source {
    /// An entry as it is listed, its value closed.
    type Item: Listed;

    /// All of them, sorted by coordinate, then origin.
    fn items(&self) -> Result<Vec<Self::Item>, Error>;

    /// All that can be read, sorted; and what is wrong with each of the others. Nothing is used on this
    /// ground: it is for looking.
    fn readable(&self) -> Result<(Vec<Self::Item>, Vec<vault::Error>), Error> {
        Ok((self.items()?, Vec::new()))
    }

    /// What `at` means for `project`: the project's own entry, else the global one.
    fn find(&self, project: &Origin, at: &Coordinate) -> Result<Option<Self::Item>, Error>;

    /// The value of a literal.
    fn value(&self, item: &Self::Item) -> Result<Secret, Error>;

    /// The entry that `uri` means for `project`, or [`Error::NoEntry`].
    fn named(&self, project: &Origin, uri: &SecretUri) -> Result<Self::Item, Error> {
        let origin = if uri.global { &Origin::Global } else { project };
        let found = self.find(origin, &uri.coordinate)?;
        found.ok_or_else(|| absence(self, origin, &uri.coordinate).into())
    }

    /// What was removed and can be brought back, with the revision that does.
    fn removed(&self) -> Vec<(Coordinate, Origin, u64)> {
        Vec::new()
    }
}

/// Why there is nothing at `at` for `origin`.
pub(super) fn absence<S: Source + ?Sized>(source: &S, origin: &Origin, at: &Coordinate) -> Absence {
    Inventory::of(source).absence(origin, at)
}

/// What every operation has to know of an entry.
pub trait Listed {
    fn origin(&self) -> &Origin;

    fn subject(&self) -> Subject<'_>;

    /// `None` for a literal.
    fn pointer(&self) -> Option<&Pointer>;

    fn coordinate(&self) -> &Coordinate {
        self.subject().coordinate
    }
}

impl Source for View<'_> {
    type Item = Stored;

    fn items(&self) -> Result<Vec<Stored>, Error> {
        Ok(self.entries()?)
    }

    fn readable(&self) -> Result<(Vec<Stored>, Vec<vault::Error>), Error> {
        Ok(self.readable_entries())
    }

    fn find(&self, project: &Origin, at: &Coordinate) -> Result<Option<Stored>, Error> {
        Ok(View::find(self, project, at)?)
    }

    fn value(&self, entry: &Stored) -> Result<Secret, Error> {
        Ok(View::value(self, entry)?)
    }

    fn removed(&self) -> Vec<(Coordinate, Origin, u64)> {
        let there = self.readable_entries().0.into_iter();
        let mut known: BTreeSet<_> = there.map(|entry| (entry.coordinate, entry.origin)).collect();
        // The latest of each comes first.
        let earlier = self.earlier_entries().unwrap_or_default().into_iter();
        let gone = earlier
            .filter(|entry| known.insert((entry.coordinate.clone(), entry.origin.clone())))
            .map(|entry| (entry.coordinate, entry.origin, entry.revision));
        let mut gone: Vec<_> = gone.collect();
        gone.sort();
        gone
    }
}

impl Listed for Stored {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            coordinate: &self.coordinate,
            sensitivity: self.sensitivity,
            mode: self.held.mode(),
            chosen: !matches!(self.held, Held::Reference { chosen: false, .. }),
        }
    }

    fn pointer(&self) -> Option<&Pointer> {
        match &self.held {
            Held::Literal(_) => None,
            Held::Reference { pointer, .. } => Some(pointer),
        }
    }
}

/// `entry` with other `content`, to be written or sealed: without its origin, where it came from, and
/// whether it was chosen.
pub(super) fn with_content(entry: &Stored, content: Content) -> Entry {
    Entry {
        coordinate: entry.coordinate.clone(),
        content,
        sensitivity: entry.sensitivity,
        description: entry.description.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Selection;
    use super::super::values::{Resolver, fetch};
    use super::*;
    use crate::entry::{Mode, Sensitivity};
    use crate::provider::{Fault, FaultKind, Resolved, onepassword};

    /// A source that is no vault.
    struct Handful(Vec<Item>);

    #[derive(Clone)]
    struct Item {
        origin: Origin,
        coordinate: Coordinate,
        pointer: Option<Pointer>,
    }

    impl Source for Handful {
        type Item = Item;

        fn items(&self) -> Result<Vec<Item>, Error> {
            Ok(self.0.clone())
        }

        fn find(&self, project: &Origin, at: &Coordinate) -> Result<Option<Item>, Error> {
            let there = |origin: &Origin| {
                self.0.iter().find(|item| item.origin == *origin && item.coordinate == *at)
            };
            Ok(there(project).or(there(&Origin::Global)).cloned())
        }

        fn value(&self, item: &Item) -> Result<Secret, Error> {
            Ok(Secret::copy_of(format!("{} {}", item.origin, item.coordinate).as_bytes()))
        }
    }

    impl Listed for Item {
        fn origin(&self) -> &Origin {
            &self.origin
        }

        fn subject(&self) -> Subject<'_> {
            let mode = if self.pointer.is_some() { Mode::Reference } else { Mode::Literal };
            let sensitivity = Sensitivity::Medium;
            Subject { coordinate: &self.coordinate, sensitivity, mode, chosen: true }
        }

        fn pointer(&self) -> Option<&Pointer> {
            self.pointer.as_ref()
        }
    }

    fn handful() -> Handful {
        let shop = Origin::project("shop").unwrap();
        let item = |origin: &Origin, at: &str, pointer: Option<&str>| Item {
            origin: origin.clone(),
            coordinate: at.parse().unwrap(),
            pointer: pointer.map(|text| text.parse().unwrap()),
        };
        Handful(vec![
            item(&Origin::Global, "dev/db/url", None),
            item(&shop, "dev/db/url", None),
            item(&Origin::Global, "dev/pay/key", Some("aws-sm://key")),
            item(&Origin::Global, "prod/db/url", Some("aws-sm://denied")),
        ])
    }

    struct Cloud;

    impl Resolver for Cloud {
        fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>> {
            let denied =
                || Fault { kind: FaultKind::Denied, what: String::new(), hint: String::new() };
            let resolved = |pointer: &Pointer| match pointer.as_str() {
                "aws-sm://denied" => Err(denied()),
                text => Ok(Resolved {
                    value: Secret::copy_of(text.as_bytes()),
                    version: String::new(),
                    created: None,
                }),
            };
            pointers.iter().map(resolved).collect()
        }

        fn read(&self, _item: &onepassword::Item) -> Result<Secret, Fault> {
            unreachable!("no source holds items of 1Password")
        }
    }

    fn values(selection: &Selection) -> Result<Vec<String>, Error> {
        let source = handful();
        let items = selection.of(&source)?;
        let values = fetch(&source, &items.iter().collect::<Vec<_>>(), &Cloud)?;
        Ok(values.iter().map(|v| String::from_utf8_lossy(v.expose()).into_owned()).collect())
    }

    #[test]
    fn a_projects_own_entry_wins_and_pointers_are_resolved() {
        let of = |project: Option<&str>| Selection {
            env: Some("dev".into()),
            project: project.map(str::to_owned),
            ..Selection::default()
        };
        assert_eq!(values(&of(None)).unwrap(), ["global dev/db/url", "aws-sm://key"]);
        assert_eq!(values(&of(Some("shop"))).unwrap(), ["shop dev/db/url", "aws-sm://key"]);
    }

    #[test]
    fn one_pointer_that_fails_fails_all() {
        let Err(Error::Unresolved(faults)) = values(&Selection::default()) else { panic!() };
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].0.as_str(), "prod/db/url");
    }

    #[test]
    fn what_is_named_is_there_and_within_the_filters() {
        let named = |uri: &str, env: Option<&str>| Selection {
            env: env.map(str::to_owned),
            named: vec![uri.parse().unwrap()],
            project: Some("shop".into()),
            ..Selection::default()
        };
        let global = named("secret://global/dev/db/url", None);
        assert_eq!(values(&global).unwrap(), ["global dev/db/url"]);
        assert!(matches!(values(&named("dev/no/such", None)), Err(Error::NoEntry(_))));
        assert!(matches!(values(&named("dev/db/url", Some("prod"))), Err(Error::LeftOut(_))));
        let nothing = Selection { env: Some("qa".into()), ..Selection::default() };
        assert!(matches!(values(&nothing), Err(Error::Nothing(_))));
    }
}
