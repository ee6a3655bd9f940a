//! A vault with one entry that all fight about, who writes to it, and what must come of that.

use forge::clouds::Standin;
use forge::people::terminal::Session;
use forge::people::{Person, kovra_path};
use kovra::ops::Listed;
use kovra::secret::Secret;
use kovra::vault::Origin;

const AT: &str = "dev/a/b";
pub(super) const YES: &str = "[y/N]";

/// What a command does to the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    Set,
    Generate,
    Raise,
    Lower,
    Describe,
    Remove,
    Restore,
    Prune,
    Import,
    ImportOverwrite,
    Capture,
}

impl Writer {
    pub(super) const ALL: [Self; 11] = [
        Self::Set,
        Self::Generate,
        Self::Raise,
        Self::Lower,
        Self::Describe,
        Self::Remove,
        Self::Restore,
        Self::Prune,
        Self::Import,
        Self::ImportOverwrite,
        Self::Capture,
    ];

    /// What it waits at.
    pub(super) fn prompt(self) -> Option<&'static str> {
        match self {
            Self::Set => Some("(hidden): "),
            Self::Raise => None,
            _ => Some(YES),
        }
    }

    pub(super) fn answer(self, tag: &str) -> String {
        if self == Self::Set { format!("set-{tag}") } else { "y".into() }
    }

    pub(super) fn at_a_terminal(self, tag: &str) -> Vec<String> {
        let package = format!("{tag}.kovra");
        let words = match self {
            Self::Set => vec!["set", AT],
            Self::Generate => vec!["generate", AT, "--replace"],
            Self::Raise => vec!["edit", AT, "--sensitivity", "inject-only"],
            Self::Lower => vec!["edit", AT, "--sensitivity", "medium"],
            Self::Describe => vec!["edit", AT, "--description", tag],
            Self::Remove => vec!["rm", AT],
            Self::Restore => vec!["restore", AT, "1"],
            Self::Prune => vec!["prune", AT],
            Self::Import => vec!["import", &package],
            Self::ImportOverwrite => vec!["import", &package, "--overwrite"],
            Self::Capture => vec!["materialize", "--capture", AT],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// From its start to its end, with a yes to whatever it asks.
    pub(super) fn run(self, person: &Person, tag: &str) -> Session {
        let arguments = self.at_a_terminal(tag);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut seat = person.sit(kovra_path(), &arguments);
        if self == Self::Set && seat.comes("(hidden): ") {
            seat.press_line(&self.answer(tag));
        }
        seat.answer_always(YES, "y")
    }

    /// Whether the question of this one shows what the other changes.
    pub(super) fn was_asked_of_what_changed(self, other: Self) -> bool {
        // The value is typed before the question, so that one shows what is there then.
        self != Self::Set && other != Self::Prune
    }
}

/// The entry, as far as it is known: `None` where it is not.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    there: bool,
    reference: bool,
    /// Whether the first revision is a pointer.
    was_reference: bool,
    pruned: bool,
    value: Option<String>,
    sensitivity: Option<usize>,
    description: Option<String>,
}

const LEVELS: [&str; 4] = ["low", "medium", "high", "inject-only"];

fn text(value: &Secret) -> String {
    String::from_utf8(value.expose().to_vec()).unwrap()
}

impl State {
    /// What the vault has.
    pub(super) fn of(person: &Person) -> Self {
        let vault = person.unlocked();
        let Some(entry) = vault.view().find(&Origin::Global, &AT.parse().unwrap()).unwrap() else {
            return Self::default();
        };
        let pointer = entry.pointer().map(ToString::to_string);
        let literal = || text(&vault.view().value(&entry).unwrap());
        let reference = pointer.is_some();
        Self {
            there: true,
            reference,
            was_reference: reference,
            pruned: false,
            value: Some(pointer.unwrap_or_else(literal)),
            sensitivity: LEVELS.iter().position(|level| entry.sensitivity.name() == *level),
            description: Some(entry.description.unwrap_or_default()),
        }
    }

    /// Whether `found` is this, as far as this is known.
    pub(super) fn is(&self, found: &Self) -> bool {
        let agrees =
            |this: &Option<String>, other: &Option<String>| this.is_none() || this == other;
        let level = self.sensitivity.is_none() || self.sensitivity == found.sensitivity;
        let same = self.reference == found.reference && level;
        let same = same && agrees(&self.value, &found.value);
        self.there == found.there
            && (!self.there || same && agrees(&self.description, &found.description))
    }

    /// What it is after a writer, or `None` if that one must be refused.
    pub(super) fn after(&self, writer: Writer, tag: &str) -> Option<Self> {
        let mut next = self.clone();
        let literal = |next: &mut Self, value: String| {
            next.reference = false;
            next.value = Some(value);
        };
        match writer {
            // It need not be there, and then its labels are those of a new one.
            Writer::Generate | Writer::Import | Writer::ImportOverwrite => {
                if !next.there {
                    next.sensitivity = None;
                }
                next.there = true;
                literal(&mut next, format!("imported-{tag}"));
                next.description = None;
                if writer == Writer::Generate {
                    next.value = None;
                }
            }
            Writer::Restore if self.pruned => return None,
            Writer::Restore => {
                next.there = true;
                next.reference = next.was_reference;
                next.value = (!next.reference).then(|| "one".into());
                next.description = Some(String::new());
            }
            Writer::Prune => next.pruned = true,
            _ if !self.there => return None,
            Writer::Set => literal(&mut next, format!("set-{tag}")),
            Writer::Raise => next.sensitivity = Some(3),
            Writer::Lower => next.sensitivity = Some(1),
            Writer::Describe => next.description = Some(tag.to_owned()),
            Writer::Remove => next.there = false,
            Writer::Capture if !self.reference => return None,
            Writer::Capture => literal(&mut next, "captured".into()),
        }
        Some(next)
    }
}

/// A vault to start from, of which each round has a twin.
pub(super) struct World {
    pub(super) person: Person,
    pub(super) start: State,
    _clouds: Standin,
}

pub(super) struct Worlds {
    literal: World,
    reference: World,
}

impl Worlds {
    /// A capture needs a pointer.
    pub(super) fn of(&self, a: Writer, b: Writer) -> &World {
        let captures = [a, b].contains(&Writer::Capture);
        if captures { &self.reference } else { &self.literal }
    }
}

impl World {
    pub(super) fn both() -> Worlds {
        let literal = |person: &Person| {
            person.add(AT, "one", &[]);
            person.set(AT, "two");
        };
        let reference = |person: &Person| {
            person.ok(&["add", AT, "--reference", "azure-kv://team-kv/other"]);
            person.ok(&["set", AT, "--reference", "azure-kv://team-kv/key"]);
        };
        Worlds { literal: Self::new(literal), reference: Self::new(reference) }
    }

    fn new(entry: impl Fn(&Person)) -> Self {
        let clouds = Standin::builder()
            .azure("team-kv", "key", "captured")
            .azure("team-kv", "other", "captured")
            .start();
        let (mut person, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        person.env.extend(clouds.env());
        bob.pin(&person);
        person.pin(&bob);
        for tag in ["a", "b"] {
            let _ = bob.run(&["rm", AT]);
            bob.add(AT, &format!("imported-{tag}"), &[]);
            let file = format!("{tag}.kovra");
            bob.ok(&["seal", AT, "--to", "alice", "-o", &file]);
            bob.hand(&person, &file);
        }
        entry(&person);
        person.ok(&["edit", AT, "--sensitivity", "high"]);
        let start = State::of(&person);
        assert_eq!(start.sensitivity, Some(2));
        Self { person, start, _clouds: clouds }
    }
}
