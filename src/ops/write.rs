//! What it means, to the policy, to write an entry: whatever the command, its effect is what is asked about.

use super::copy::Original;
use super::session::Wish;
use super::transfer::Manner;
use super::{Error, Listed};
use crate::audit::Event;
use crate::coordinate::Coordinate;
use crate::entry::{Mode, Sensitivity};
use crate::pointer::Pointer;
use crate::policy::{Act, Operation, Standing, Subject};
use crate::vault::{Basis, Looked, Origin, Stored, View};
use std::collections::{HashMap, HashSet};

/// An entry that is about to be written.
pub(super) struct Proposal<'a> {
    pub(super) origin: &'a Origin,
    pub(super) at: &'a Coordinate,
    pub(super) sensitivity: Sensitivity,
    /// Where it points, unless it is a literal.
    pub(super) pointer: Option<&'a Pointer>,
}

/// What becomes of its content.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// A new content.
    Content,
    /// The content of this earlier revision, as chosen as it was.
    Earlier(u64),
    /// The content that it has, with this description.
    Described(Option<&'a str>),
    /// Nothing but another sensitivity.
    Level,
    /// The content of this entry, under another name.
    From(Subject<'a>, Manner),
    /// A copy of what this has now.
    Capture(&'a Original),
}

/// A change of an entry, as the owner is asked about it.
pub struct Change<'a> {
    pub at: Coordinate,
    pub origin: Origin,
    /// What is there, or was last.
    pub before: Option<Stored>,
    /// The global entry that it wins over, in a project.
    pub over: Option<Stored>,
    pub sensitivity: Sensitivity,
    /// Where it would point, unless it is a literal.
    pub pointer: Option<Pointer>,
    pub kind: Kind<'a>,
    basis: Basis,
}

impl<'a> Change<'a> {
    pub(super) fn plan(view: View<'_>, new: &Proposal<'_>, kind: Kind<'a>) -> Result<Self, Error> {
        let Looked { found: history, basis } = view.history(new.origin, new.at)?;
        let global = match new.origin {
            Origin::Global => None,
            Origin::Project(_) => view.entry(&Origin::Global, new.at)?.found,
        };
        Ok(Self {
            at: new.at.clone(),
            origin: new.origin.clone(),
            before: history.into_iter().find_map(|revision| revision.entry),
            over: global,
            sensitivity: new.sensitivity.max(Sensitivity::floor(new.at)),
            pointer: new.pointer.cloned(),
            kind,
            basis,
        })
    }

    /// How carefully what it changes was treated: the entry, or the one that it wins over.
    pub(super) fn level(&self) -> Option<Sensitivity> {
        [&self.before, &self.over].into_iter().flatten().map(|entry| entry.sensitivity).max()
    }

    /// Whether what another entry points at would be given more freely under this name, although its
    /// sensitivity is no lower: out of prod, or to programs that nobody is asked about, as inject-only is.
    fn frees(&self, was: Sensitivity, prod: bool) -> bool {
        let unasked = was == Sensitivity::High && self.sensitivity == Sensitivity::InjectOnly;
        !self.at.is_prod() && (prod || unasked)
    }

    /// How it is asked about. `elsewhere` is how its pointer is treated by other entries.
    pub(super) fn wish(&self, elsewhere: Elsewhere, event: Event) -> Wish<'_> {
        let subject = |sensitivity| {
            let mode = if self.pointer.is_some() { Mode::Reference } else { Mode::Literal };
            Subject { coordinate: &self.at, sensitivity, mode, chosen: true }
        };
        let act = |operation, subject| {
            let program = Standing::Unlisted;
            Act::Entry { operation, subject, program }
        };
        let source = match self.kind {
            Kind::From(source, _) => Some(source),
            _ => None,
        };
        let level = self.level();
        let lowered = |was: &Sensitivity| *was > self.sensitivity;
        let leaves_prod = source.filter(|source| source.coordinate.is_prod() && !self.at.is_prod());
        let mut acts = Vec::new();
        let most = [level, elsewhere.level, source.map(|source| source.sensitivity)];
        if let Some(was) = most.into_iter().flatten().filter(lowered).max() {
            acts.push(act(Operation::Lower, subject(was)));
        } else if let Some(was) = elsewhere.level.filter(|was| self.frees(*was, elsewhere.prod)) {
            acts.push(act(Operation::Lower, subject(was)));
        } else if let Some(source) = leaves_prod {
            acts.push(act(Operation::Lower, source));
        }
        acts.push(match level {
            None => act(Operation::Add, subject(self.sensitivity)),
            Some(was) if matches!(self.kind, Kind::Level) && was <= self.sensitivity => {
                act(Operation::Raise, subject(was))
            }
            Some(was) => act(Operation::Change, subject(was)),
        });
        if elsewhere.unchosen && matches!(self.kind, Kind::Content | Kind::Capture(_)) {
            // To write it here is to choose it, whoever chose it there.
            let unchosen = Subject { chosen: false, ..subject(self.sensitivity) };
            acts.push(act(Operation::Resolve, unchosen));
        }
        let wish = Wish::new(acts, &self.at, event.about(&self.at))
            .on(&self.basis, &self.at)
            .protecting(subject(self.sensitivity).is_protected())
            .leading_to(self.pointer.as_ref());
        match &self.over {
            Some(global) => wish.on(global.basis(), &global.coordinate),
            None => wish,
        }
    }
}

/// How a pointer is treated by the entries that have it.
#[derive(Clone, Copy, Default)]
pub(super) struct Elsewhere {
    /// The highest sensitivity of another entry.
    pub(super) level: Option<Sensitivity>,
    /// Whether another entry is of prod.
    pub(super) prod: bool,
    /// Whether one, be it the same, came in a package and nobody has chosen it.
    pub(super) unchosen: bool,
}

/// Which entries point at each secret of the clouds.
#[derive(Default)]
pub(super) struct Pointed {
    there: HashMap<String, Vec<Stored>>,
    /// Which of them nobody chose who had them once, and has another content now or none.
    unchosen: HashSet<String>,
}

impl Pointed {
    /// Reads all entries, so it is done once a command, and only if there is a pointer.
    pub(super) fn look(view: View<'_>) -> Result<Self, Error> {
        let (mut pointed, mut known) = (Self::default(), HashSet::new());
        let of = |entry: &Stored, secret: &str| {
            (entry.origin.to_string(), entry.coordinate.to_string(), secret.to_owned())
        };
        for entry in view.entries()? {
            if let Some(secret) = entry.pointer().map(Pointer::secret) {
                known.insert(of(&entry, &secret));
                pointed.there.entry(secret).or_default().push(entry);
            }
        }
        // What an entry said of a pointer last counts until it is pruned.
        for entry in view.earlier_entries()? {
            let secret = entry.pointer().map(Pointer::secret);
            let last = secret.filter(|secret| known.insert(of(&entry, secret)));
            pointed.unchosen.extend(last.filter(|_| !entry.subject().chosen));
        }
        Ok(pointed)
    }

    /// How the entries that point where `pointer` does treat it, other than the one at `at`.
    pub(super) fn elsewhere(
        &self,
        pointer: &Pointer,
        origin: &Origin,
        at: &Coordinate,
    ) -> Elsewhere {
        let secret = pointer.secret();
        let there = self.there.get(&secret).into_iter().flatten();
        let other = there.clone().filter(|e| e.origin != *origin || e.coordinate != *at);
        Elsewhere {
            prod: other.clone().any(|entry| entry.coordinate.is_prod()),
            level: other.map(|entry| entry.sensitivity).max(),
            unchosen: self.unchosen.contains(&secret)
                || there.into_iter().any(|entry| !entry.subject().chosen),
        }
    }
}

/// Of one entry: its change, as it is asked about, and how its pointer is treated elsewhere.
pub(super) fn elsewhere(view: View<'_>, change: &Change<'_>) -> Result<Elsewhere, Error> {
    let Some(pointer) = &change.pointer else { return Ok(Elsewhere::default()) };
    Ok(Pointed::look(view)?.elsewhere(pointer, &change.origin, &change.at))
}
