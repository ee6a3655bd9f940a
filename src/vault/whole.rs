//! Whether all that is in a vault opens.

use super::name::describe;
use super::renewal::open;
use super::{Error, View};

impl View<'_> {
    /// What each row is that does not open with its value. What is of a later kovra is left alone.
    ///
    /// # Errors
    /// [`Error::Guarded`] without the guard key.
    pub fn damaged_rows(&self) -> Result<Vec<String>, Error> {
        let (table, keys) = (self.rows.table, self.rows.keys);
        let mut damaged = Vec::new();
        table.each_with_value(self.rows.db, |place, nonce, metadata, value| {
            match place.kind.is_known().then(|| open(keys, place, nonce, metadata, value)) {
                Some(Err(Error::Damaged(_))) => {
                    damaged.push(describe(keys, place, nonce, metadata));
                    Ok(())
                }
                Some(Err(other)) => Err(other),
                Some(Ok(_)) | None => Ok(()),
            }
        })?;
        Ok(damaged)
    }

    /// Opens every row, every value and the trail. What is of a later kovra is left alone.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the first that is not as it was written; [`Error::Guarded`] without the guard key.
    pub fn check_whole(&self) -> Result<(), Error> {
        if let Some(row) = self.damaged_rows()?.first() {
            return Err(Error::Damaged(format!("{row}, is not as it was written")));
        }
        match self.trail()?.damage.into_iter().next() {
            Some(what) => Err(Error::Damaged(format!("the audit trail: {what}"))),
            None => Ok(()),
        }
    }
}
