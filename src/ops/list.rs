//! `list`: what a source holds, without any value.

use super::{Error, Listed, Source};
use crate::vault;

/// Which entries are wanted; `None` wants all.
#[derive(Default)]
pub struct Filter {
    pub env: Option<String>,
    pub component: Option<String>,
    /// Of this project, or `global`; not what it sees of others.
    pub project: Option<String>,
}

impl Filter {
    fn passes(&self, item: &impl Listed) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|w| w == text);
        let at = item.coordinate();
        is(&self.env, at.env())
            && is(&self.component, at.component())
            && is(&self.project, item.origin().name())
    }
}

/// What a source holds, and what is wrong with what cannot be read of it.
pub struct Listing<I> {
    /// By coordinate, then origin.
    pub items: Vec<I>,
    pub damage: Vec<vault::Error>,
}

/// The entries that pass `filter`, and all that cannot be read.
pub fn list<S: Source>(source: &S, filter: &Filter) -> Result<Listing<S::Item>, Error> {
    let (mut items, damage) = source.readable()?;
    items.retain(|item| filter.passes(item));
    Ok(Listing { items, damage })
}
