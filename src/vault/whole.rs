//! Whether all that is in a vault opens.

use super::renewal::open;
use super::{Error, View};

impl View<'_> {
    /// Opens every row, every value and the trail. What is of a later kovra is left alone.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the first that is not as it was written; [`Error::Guarded`] without the guard key.
    pub fn check_whole(&self) -> Result<(), Error> {
        let (table, keys) = (self.rows.table, self.rows.keys);
        table.each_with_value(self.rows.db, |place, nonce, metadata, value| {
            let known = place.kind.is_known();
            if known { open(keys, place, nonce, metadata, value).map(drop) } else { Ok(()) }
        })?;
        match self.trail()?.damage.into_iter().next() {
            Some(what) => Err(Error::Damaged(format!("the audit trail: {what}"))),
            None => Ok(()),
        }
    }
}
