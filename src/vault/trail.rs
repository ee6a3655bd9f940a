//! The audit trail in the vault: sealed rows in a chain, and its head outside of their table.

use super::keys::{Keys, Nonce, RowPlace, random};
use super::rows::Kind;
use super::{BUSY, Batch, Error, Vault, View};
use crate::audit::Event;
use crate::cbor::{Reader, Writer};
use crate::secret::Secret;
use hmac::Mac;
use rusqlite::config::DbConfig;
use rusqlite::params;
use std::time::Duration;

/// How long the log may get before it is folded into the file, in bytes.
const LOG_MAX: u64 = 256 * 1024;
const KIND: &str = "audit";
const NO_LOOKUP: [u8; 32] = [0; 32];

/// How many rows there are, and the link of the last.
#[derive(Clone, Copy)]
struct Head {
    count: u64,
    link: [u8; 32],
}

struct TrailRow {
    number: u64,
    nonce: Nonce,
    sealed: Vec<u8>,
    link: [u8; 32],
}

impl TrailRow {
    fn place(&self) -> RowPlace<'static> {
        RowPlace { kind: KIND, lookup: &NO_LOOKUP, revision: self.number }
    }

    /// What the row's link must be, after a row with the link `before`.
    fn link_after(&self, before: &[u8; 32], keys: &Keys) -> [u8; 32] {
        let mut mac = keys.audit();
        mac.update(before);
        mac.update(&self.number.to_be_bytes());
        mac.update(&self.nonce);
        mac.update(&self.sealed);
        mac.finalize().into_bytes().into()
    }
}

impl Batch<'_> {
    /// Appends rows to the trail, in the same transaction as what they record.
    pub fn audit(&self, events: &[Event]) -> Result<(), Error> {
        let view = self.view();
        let mut head = view.audit_head()?;
        let mut insert = self.tx.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4)")?;
        // A run of many secrets is one row with many names.
        for events in events.chunk_by(Event::differs_in_entry_only) {
            let (number, nonce) = (head.count + 1, random()?);
            let mut row = TrailRow { number, nonce, sealed: Vec::new(), link: [0; 32] };
            row.sealed = self.keys.seal_metadata(row.place(), &nonce, &Event::encode(events));
            row.link = row.link_after(&head.link, self.keys);
            insert.execute(params![number as i64, nonce, row.sealed, row.link])?;
            head = Head { count: number, link: row.link };
        }
        let mut w = Writer::with_capacity(64);
        w.array(2).uint(head.count).bytes(&head.link);
        let lookup = view.state_lookup(KIND);
        view.rows.replace(Kind::State, &lookup, w.as_bytes(), &Secret::empty())
    }
}

impl Vault {
    /// Records uses that change nothing else. The rows survive a crash of any process; a power cut
    /// in the moment after may lose them, which spares each use of a secret a wait for the disk.
    pub fn record(&mut self, events: &[Event]) -> Result<(), Error> {
        // Nor is the log folded into the file each time: it is read by whoever opens the vault next,
        // and folded once it is long.
        self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        self.db
            .execute_batch("COMMIT; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")?;
        let done = self.commit(|batch| batch.audit(events));
        self.db.execute_batch("PRAGMA synchronous = FULL")?;
        self.fold_long_log()?;
        self.take_snapshot()?;
        done
    }

    /// Writes a long log into the file and empties it. A process that is reading just now keeps it.
    fn fold_long_log(&self) -> Result<(), Error> {
        let log = self.db.path().map(|path| format!("{path}-wal")).unwrap_or_default();
        if std::fs::metadata(log).is_ok_and(|log| log.len() > LOG_MAX) {
            self.db.busy_timeout(Duration::ZERO)?;
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            self.db.busy_timeout(BUSY)?;
        }
        Ok(())
    }
}

impl View<'_> {
    /// The whole trail, oldest first, each event with the number of its row.
    ///
    /// # Errors
    /// [`Error::Damaged`] that names the first row which is not as it was written, or what is missing.
    pub fn audit(&self) -> Result<Vec<(u64, Event)>, Error> {
        let damaged = |what: String| Error::Damaged(format!("the audit trail: {what}"));
        let head = self.audit_head()?;
        let mut query = self
            .rows
            .db
            .prepare_cached("SELECT number, nonce, sealed, link FROM audit ORDER BY number")?;
        let rows = query.query_map([], |row| {
            let number = row.get::<_, i64>(0)? as u64;
            Ok(TrailRow { number, nonce: row.get(1)?, sealed: row.get(2)?, link: row.get(3)? })
        })?;
        let (mut events, mut link, mut count) = (Vec::new(), [0; 32], 0);
        for row in rows {
            let row = row?;
            let expected = count + 1;
            if row.number != expected {
                return Err(damaged(format!("row {expected} was removed")));
            }
            if expected > head.count {
                return Err(damaged(format!("row {expected} was added from outside")));
            }
            if row.link != row.link_after(&link, self.rows.keys) {
                return Err(damaged(format!(
                    "row {expected} was changed, moved or put in its place"
                )));
            }
            link = row.link;
            let plain = self
                .rows
                .keys
                .open_metadata(row.place(), &row.nonce, &row.sealed)
                .map_err(|_| damaged(format!("row {expected} was changed")))?;
            events.extend(Event::decode(&plain)?.into_iter().map(|event| (expected, event)));
            count = expected;
        }
        if count < head.count {
            return Err(damaged(format!(
                "it was cut after row {count}; there were {}",
                head.count
            )));
        }
        if link != head.link {
            return Err(damaged("its end is not the one that was recorded".into()));
        }
        Ok(events)
    }

    fn audit_head(&self) -> Result<Head, Error> {
        let Some(row) = self.rows.get(Kind::State, &self.state_lookup(KIND))? else {
            return Ok(Head { count: 0, link: [0; 32] });
        };
        let mut r = Reader::new(&row.metadata, "audit head");
        r.array()?;
        Ok(Head { count: r.uint()?, link: *r.fixed()? })
    }
}
