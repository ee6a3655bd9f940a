//! The vault against its owner's mistakes and a stranger's hands on the file.

use super::*;
use crate::clock::Moment;
use crate::entry::{Content, Entry, Sensitivity};
use crate::identity::Identity;
use crate::secret::Secret;
use std::path::PathBuf;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

struct Home {
    folder: tempfile::TempDir,
    kek: Kek,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kek = Kek::generate().unwrap();
        let custody = Custody::KeyFile { path: "/nowhere".into() };
        let new = NewVault { folder: folder.path(), id: [9; 16], custody, kek: &kek };
        let identity = Identity::generate().unwrap();
        Vault::create(new, |batch| batch.put_identity(&identity)).unwrap();
        Self { folder, kek }
    }

    fn open(&self) -> Result<Vault, Error> {
        Locked::open(self.folder.path())?.unlock(&self.kek)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// A stranger at the file, without the key.
    fn stranger(&self, sql: &str) -> usize {
        let db = Connection::open(self.file()).unwrap();
        let changed = db.execute(sql, []).unwrap();
        db.pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
        changed
    }
}

fn literal(coordinate: &str, value: &str) -> Entry {
    Entry {
        coordinate: coordinate.parse().unwrap(),
        content: Content::Literal(Secret::copy_of(value.as_bytes())),
        sensitivity: Sensitivity::Medium,
        description: Some("a note".into()),
    }
}

fn put(vault: &mut Vault, entry: &Entry) {
    vault.write(|batch| batch.put_entry(&Origin::Global, entry, None, NOW)).unwrap();
}

fn value(vault: &Vault, coordinate: &str) -> Vec<u8> {
    let view = vault.view();
    let entry = view.find(&Origin::Global, &coordinate.parse().unwrap()).unwrap().unwrap();
    view.value(&entry).unwrap().expose().to_vec()
}

#[test]
fn what_is_put_reads_back() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "postgres://marker"));
    put(&mut vault, &literal("prod/db/url", "x"));
    drop(vault);
    let vault = home.open().unwrap();
    let entries = vault.view().entries().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].description.as_deref(), Some("a note"));
    assert_eq!(entries[0].sensitivity, Sensitivity::Medium);
    assert_eq!(entries[1].sensitivity, Sensitivity::High, "production is born high");
    assert_eq!(value(&vault, "dev/db/url"), b"postgres://marker");
    vault.view().identity().unwrap();
}

#[test]
fn nothing_stands_in_clear() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/marker-component/key", "marker-value"));
    drop(vault);
    for file in std::fs::read_dir(home.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"marker"));
    }
}

#[test]
fn files_are_for_the_owner_alone() {
    let home = Home::new();
    put(&mut home.open().unwrap(), &literal("dev/a/b", "x"));
    let _open = home.open().unwrap();
    for file in std::fs::read_dir(home.folder.path()).unwrap() {
        assert!(crate::platform::is_private(&file.unwrap().path()).unwrap());
    }
}

#[test]
fn a_projects_entry_wins_over_the_global_one() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "global"));
    let shop = Origin::project("shop").unwrap();
    vault.write(|b| b.put_entry(&shop, &literal("dev/db/url", "shop"), None, NOW)).unwrap();
    let view = vault.view();
    let at = "dev/db/url".parse().unwrap();
    assert_eq!(view.find(&shop, &at).unwrap().unwrap().origin, shop);
    let other = Origin::project("other").unwrap();
    assert_eq!(view.find(&other, &at).unwrap().unwrap().origin, Origin::Global);
}

#[test]
fn an_overwrite_keeps_the_earlier_revision() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "first"));
    put(&mut vault, &literal("dev/db/url", "second"));
    let entries = vault.view().entries().unwrap();
    assert_eq!((entries.len(), entries[0].revision), (1, 2));
    assert_eq!(value(&vault, "dev/db/url"), b"second");
    let rows: i64 = vault
        .db
        .query_row("SELECT count(*) FROM sealed WHERE kind = 'entry'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn a_failed_batch_changes_nothing() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "first"));
    let failed: Result<(), Error> = vault.write(|batch| {
        batch.put_entry(&Origin::Global, &literal("dev/db/url", "second"), None, NOW)?;
        batch.put_entry(&Origin::Global, &literal("dev/db/new", "x"), None, NOW)?;
        Err(Error::Busy)
    });
    assert!(failed.is_err());
    drop(vault);
    let vault = home.open().unwrap();
    assert_eq!(vault.view().entries().unwrap().len(), 1);
    assert_eq!(value(&vault, "dev/db/url"), b"first");
}

#[test]
fn the_wrong_key_is_noticed() {
    let home = Home::new();
    let locked = Locked::open(home.folder.path()).unwrap();
    assert!(matches!(locked.unlock(&Kek::generate().unwrap()), Err(Error::WrongKey(_))));
}

#[test]
fn a_vault_is_never_made_over_another() {
    let home = Home::new();
    let kek = Kek::generate().unwrap();
    let new =
        NewVault { folder: home.folder.path(), id: [1; 16], custody: Custody::Keyring, kek: &kek };
    assert!(matches!(Vault::create(new, |_| Ok(())), Err(Error::Exists(_))));
    home.open().unwrap();
}

#[test]
fn a_missing_or_truncated_vault_is_noticed() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Locked::open(empty.path()), Err(Error::Missing(_))));
    let home = Home::new();
    let mut vault = home.open().unwrap();
    for n in 0..50 {
        put(&mut vault, &literal(&format!("dev/db/k{n}"), &"x".repeat(300)));
    }
    drop(vault);
    let whole = std::fs::read(home.file()).unwrap();
    for length in [0, 1, 15, 100, 1000, 4096, 5000, 8192, whole.len() / 2, whole.len() - 1] {
        std::fs::write(home.file(), &whole[..length]).unwrap();
        assert!(matches!(home.open(), Err(Error::Damaged(_))), "cut to {length} bytes");
    }
    std::fs::write(home.file(), vec![0x55; 8192]).unwrap();
    assert!(matches!(home.open(), Err(Error::Damaged(_))));
    std::fs::write(home.file(), &whole).unwrap();
    home.open().unwrap();
}

/// Each is one statement by somebody who can write the file and does not have the key.
#[test]
fn changes_from_outside_are_noticed() {
    for sql in [
        "DELETE FROM sealed WHERE kind = 'entry' AND revision = 2",
        "DELETE FROM sealed WHERE kind = 'entry' AND revision = 1",
        "DELETE FROM sealed WHERE kind = 'peer' OR kind = 'entry'",
        "UPDATE sealed SET revision = 9 WHERE kind = 'entry' AND revision = 1",
        "UPDATE sealed SET kind = 'peer' WHERE kind = 'entry' AND revision = 1",
        "UPDATE sealed SET nonce = zeroblob(24) WHERE revision = 2",
        "UPDATE sealed SET lookup = randomblob(32) WHERE revision = 2",
        "INSERT INTO sealed SELECT kind, lookup, 3, nonce, metadata, value FROM sealed WHERE revision = 1 AND kind = 'entry'",
        "DELETE FROM meta WHERE name = 'digest'",
        "UPDATE meta SET value = zeroblob(32) WHERE name = 'digest'",
    ] {
        let home = Home::new();
        let mut vault = home.open().unwrap();
        put(&mut vault, &literal("dev/db/url", "first"));
        put(&mut vault, &literal("dev/db/url", "second"));
        drop(vault);
        assert!(home.stranger(sql) > 0, "{sql}");
        assert!(matches!(home.open(), Err(Error::Damaged(_))), "{sql}");
    }
}

#[test]
fn a_value_or_metadata_swapped_between_rows_does_not_open() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/a", "aaaa"));
    put(&mut vault, &literal("dev/db/b", "bbbb"));
    drop(vault);
    let other = "(SELECT value FROM sealed t WHERE t.kind = 'entry' AND t.nonce != sealed.nonce)";
    home.stranger(&format!("UPDATE sealed SET value = {other} WHERE kind = 'entry'"));
    let vault = home.open().unwrap();
    let view = vault.view();
    let entries = view.entries().unwrap();
    assert!(entries.iter().any(|e| matches!(view.value(e), Err(Error::Damaged(_)))));
    drop(vault);
    let other = other.replace("SELECT value", "SELECT metadata");
    home.stranger(&format!("UPDATE sealed SET metadata = {other} WHERE kind = 'entry'"));
    assert!(matches!(home.open().unwrap().view().entries(), Err(Error::Damaged(_))));
}

#[test]
fn peers_and_the_ledger_read_back() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let alice = Identity::generate().unwrap();
    let peer = |name: &str, key| Peer { name: name.into(), key, added: NOW };
    let identity = peer("alice", PeerKey::Identity(alice.public()));
    let sender = peer("sam", PeerKey::Sender(Identity::generate().unwrap().signing.public()));
    let seen = |id, keep_until| Seen {
        id: [id; 16],
        digest: [1; 32],
        sender: alice.signing.public(),
        complete: true,
        keep_until,
    };
    let later = Moment::from_seconds(NOW.seconds() + 10);
    vault
        .write(|batch| {
            batch.put_peer(&sender)?;
            batch.put_peer(&identity)?;
            batch.put_seen(&seen(1, NOW), NOW)?;
            batch.put_seen(&seen(2, later), NOW)?;
            batch.set_last_seq(5)?;
            batch.set_last_seq(6)?;
            batch.raise_clock_floor(later)?;
            batch.raise_clock_floor(NOW)
        })
        .unwrap();
    let view = vault.view();
    assert_eq!(view.peers().unwrap(), [identity.clone(), sender]);
    assert_eq!(view.peer_of(alice.signing.public()).unwrap(), Some(identity));
    assert_eq!(view.seen(&[1; 16]).unwrap(), None, "expired");
    assert_eq!(view.seen(&[2; 16]).unwrap(), Some(seen(2, later)));
    assert_eq!((view.last_seq().unwrap(), view.clock_floor().unwrap()), (6, later));
    let again = Peer { added: later, ..view.peer("sam").unwrap().unwrap() };
    vault.write(|batch| batch.put_peer(&again)).unwrap();
    let peers = "SELECT count(*) FROM sealed WHERE kind = 'peer'";
    assert_eq!(vault.db.query_row(peers, [], |r| r.get(0)), Ok(2), "in place of the first");
    vault.write(|batch| batch.remove_peer("sam")).unwrap();
    assert!(vault.view().peer("sam").unwrap().is_none());
}
