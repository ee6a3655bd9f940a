//! The vault against its owner's mistakes and a stranger's hands on the file.

use super::*;
use crate::clock::Moment;
use crate::entry::{Content, Entry, Sensitivity};
use crate::identity::Identity;
use crate::secret::Secret;
use rusqlite::Connection;
use std::path::PathBuf;

mod copy;
mod renewal;
mod salvage;

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
        let identity = Identity::generate(Moment::from_seconds(1)).unwrap();
        Vault::create(new, |batch| batch.put_identity(&identity)).unwrap();
        Self { folder, kek }
    }

    fn open(&self) -> Result<Vault, Error> {
        Locked::open(self.folder.path())?.unlock(&self.kek)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// A stranger at the file, without the key, who can do to it what SQLite lets them.
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
    let at = vault.view().entry(&Origin::Global, &entry.coordinate).unwrap().basis;
    vault
        .write(|batch| {
            batch.put_entry(&at, NewEntry { origin: &Origin::Global, entry, provenance: None }, NOW)
        })
        .unwrap();
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
    let at = "dev/db/url".parse().unwrap();
    let entry = literal("dev/db/url", "shop");
    let basis = vault.view().entry(&shop, &at).unwrap().basis;
    vault
        .write(|batch| {
            batch.put_entry(
                &basis,
                NewEntry { origin: &shop, entry: &entry, provenance: None },
                NOW,
            )
        })
        .unwrap();
    let view = vault.view();
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
    let rows: i64 =
        vault.db.query_row("SELECT count(*) FROM sealed WHERE kind = 1", [], |r| r.get(0)).unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn a_failed_batch_changes_nothing() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "first"));
    let failed: Result<(), Error> = vault.write(|batch| {
        for entry in [literal("dev/db/url", "second"), literal("dev/db/new", "x")] {
            let at = batch.view().entry(&Origin::Global, &entry.coordinate)?.basis;
            batch.put_entry(
                &at,
                NewEntry { origin: &Origin::Global, entry: &entry, provenance: None },
                NOW,
            )?;
        }
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
    let custody = Custody::Keyring { item: None };
    let new = NewVault { folder: home.folder.path(), id: [1; 16], custody, kek: &kek };
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
        "DELETE FROM sealed WHERE kind = 1 AND revision = 2",
        "DELETE FROM sealed WHERE kind = 1 AND revision = 1",
        "DELETE FROM sealed WHERE kind = 2 OR kind = 1",
        "UPDATE sealed SET revision = 9 WHERE kind = 1 AND revision = 1",
        "UPDATE sealed SET kind = 2 WHERE kind = 1 AND revision = 1",
        "UPDATE sealed SET guarded = 1 - guarded WHERE kind = 1",
        "UPDATE sealed SET nonce = zeroblob(24) WHERE revision = 2",
        "UPDATE sealed SET lookup = randomblob(32) WHERE revision = 2",
        "INSERT INTO sealed SELECT kind, lookup, 3, guarded, nonce, metadata, value FROM sealed WHERE revision = 1 AND kind = 1",
        "DELETE FROM meta WHERE number = 3",
        "UPDATE meta SET value = zeroblob(32) WHERE number = 3",
        "UPDATE meta SET value = zeroblob(32) WHERE number = 4",
        "INSERT INTO meta VALUES (5, x'00')",
        "CREATE INDEX other ON sealed (kind)",
        "CREATE TABLE other (a)",
        "CREATE VIEW other AS SELECT 1",
    ] {
        let home = Home::new();
        let mut vault = home.open().unwrap();
        put(&mut vault, &literal("dev/db/url", "first"));
        put(&mut vault, &literal("dev/db/url", "second"));
        drop(vault);
        let changed = home.stranger(sql);
        assert!(changed > 0 || sql.starts_with("CREATE"), "{sql}");
        let is_damage = matches!(home.open(), Err(Error::Damaged(_) | Error::Foreign(_)));
        assert!(is_damage, "{sql}");
    }
}

#[test]
fn a_value_or_metadata_swapped_between_rows_does_not_open() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/a", "aaaa"));
    put(&mut vault, &literal("dev/db/b", "bbbb"));
    drop(vault);
    let other = "(SELECT value FROM sealed t WHERE t.kind = 1 AND t.nonce != sealed.nonce)";
    home.stranger(&format!("UPDATE sealed SET value = {other} WHERE kind = 1"));
    let vault = home.open().unwrap();
    let view = vault.view();
    let entries = view.entries().unwrap();
    assert!(entries.iter().any(|e| matches!(view.value(e), Err(Error::Damaged(_)))));
    drop(vault);
    let other = other.replace("SELECT value", "SELECT metadata");
    home.stranger(&format!("UPDATE sealed SET metadata = {other} WHERE kind = 1"));
    assert!(matches!(home.open().unwrap().view().entries(), Err(Error::Damaged(_))));
}

#[test]
fn peers_and_the_ledger_read_back() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let alice = Identity::generate(Moment::from_seconds(1)).unwrap();
    let peer = |name: &str, key| Peer { name: name.into(), key, added: NOW, confirmed: true };
    let identity = peer("alice", PeerKey::Identity(alice.public()));
    let sender = peer(
        "sam",
        PeerKey::Sender(Identity::generate(Moment::from_seconds(1)).unwrap().signing.public()),
    );
    let seen = |id, keep_until| Seen {
        id: [id; 16],
        digest: [1; 32],
        sender: alice.signing.public(),
        complete: true,
        keep_until,
        imported: NOW,
    };
    let later = Moment::from_seconds(NOW.seconds() + 10);
    vault
        .write(|batch| {
            for peer in [&sender, &identity] {
                let at = batch.view().peer(&peer.name)?.basis;
                batch.put_peer(&at, peer)?;
            }
            for seen in [seen(1, NOW), seen(2, later)] {
                let at = batch.view().seen(seen.sender, &seen.id)?.basis;
                batch.put_seen(&at, &seen)?;
            }
            for seq in [6, 5] {
                let at = batch.view().last_seq()?.basis;
                batch.set_last_seq(&at, seq)?;
            }
            batch.raise_clock_floor(later)?;
            batch.raise_clock_floor(NOW)
        })
        .unwrap();
    let view = vault.view();
    let alice = alice.signing.public();
    assert_eq!(view.peers().unwrap(), [identity.clone(), sender.clone()]);
    assert_eq!(view.peer_of(alice).unwrap().map(|peer| peer.found), Some(identity));
    assert_eq!(view.seen(alice, &[1; 16]).unwrap().found, None, "expired");
    assert_eq!(view.seen(alice, &[2; 16]).unwrap().found, Some(seen(2, later)));
    let other = sender.signing().unwrap();
    assert_eq!(view.seen(other, &[2; 16]).unwrap().found, None, "the id of another's package");
    assert_eq!((*view.last_seq().unwrap(), *view.clock_floor().unwrap()), (5, later));
}

#[test]
fn a_peer_that_was_removed_leaves_a_mark() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let key =
        PeerKey::Sender(Identity::generate(Moment::from_seconds(1)).unwrap().signing.public());
    let peer = Peer { name: "sam".into(), key, added: NOW, confirmed: true };
    for _ in 0..2 {
        let at = vault.view().peer("sam").unwrap().basis;
        vault.write(|batch| batch.put_peer(&at, &peer)).unwrap();
        assert_eq!(vault.view().peer("sam").unwrap().found.as_ref(), Some(&peer));
        let at = vault.view().peer("sam").unwrap().basis;
        vault.write(|batch| batch.remove_peer(&at, &peer)).unwrap();
        assert!(vault.view().peer("sam").unwrap().is_none());
        assert!(vault.view().peers().unwrap().is_empty());
    }
    let peers = "SELECT count(*) FROM sealed WHERE kind = 2";
    assert_eq!(vault.db.query_row(peers, [], |r| r.get(0)), Ok(1));
}

/// Another process has written since it was looked at, by whatever way the row came to be what it is.
#[test]
fn nothing_is_written_on_what_was_not_looked_at() {
    let home = Home::new();
    let (mut mine, mut other) = (home.open().unwrap(), home.open().unwrap());
    let entry = literal("dev/db/url", "first");
    let looked = |vault: &Vault| vault.view().entry(&Origin::Global, &entry.coordinate).unwrap();
    let absent = looked(&mine).basis;
    put(&mut other, &entry);
    let lost = mine.write(|batch| {
        batch.put_entry(
            &absent,
            NewEntry { origin: &Origin::Global, entry: &entry, provenance: None },
            NOW,
        )
    });
    assert!(matches!(lost, Err(Error::Moved(_))));
    assert_eq!(looked(&mine).found.unwrap().revision, 1, "the refused one sees the other's");

    let stored = looked(&mine).found.unwrap();
    put(&mut other, &literal("dev/db/url", "second"));
    let refused: [Result<(), Error>; 4] = [
        mine.write(|batch| {
            batch
                .put_entry(
                    stored.basis(),
                    NewEntry { origin: &Origin::Global, entry: &entry, provenance: None },
                    NOW,
                )
                .map(drop)
        }),
        mine.write(|batch| batch.relabel(stored.basis(), &stored, stored.clone(), NOW).map(drop)),
        mine.write(|batch| batch.remove_entry(&stored, NOW)),
        mine.write(|batch| batch.expect(stored.basis(), "it")),
    ];
    assert!(refused.iter().all(|done| matches!(done, Err(Error::Moved(_)))));
    assert_eq!(value(&mine, "dev/db/url"), b"second");
    assert_eq!(looked(&mine).found.unwrap().revision, 2);
}

/// High and production values, and what else only the owner's proof changes, are under a key of their
/// own; what was guarded once stays so.
#[test]
fn what_needs_proof_is_guarded() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let high = Entry { sensitivity: Sensitivity::High, ..literal("dev/db/high", "h") };
    for entry in [&high, &literal("prod/db/url", "p"), &literal("dev/db/url", "m")] {
        put(&mut vault, entry);
    }
    let stored = vault.view().entry(&Origin::Global, &high.coordinate).unwrap().found.unwrap();
    let mut lower = stored.clone();
    lower.sensitivity = Sensitivity::Low;
    vault.write(|batch| batch.relabel(stored.basis(), &stored, lower, NOW)).unwrap();
    assert_eq!(value(&vault, "dev/db/high"), b"h");
    assert_eq!(value(&vault, "prod/db/url"), b"p");
    let guarded = "SELECT count(*) FROM sealed WHERE kind = 1 AND guarded = 1";
    assert_eq!(vault.db.query_row(guarded, [], |r| r.get(0)), Ok(3));
}

/// Each byte of the file, of SQLite's own too: what comes of it is damage, or what was there before.
#[test]
fn any_byte_of_the_file_may_be_another() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "first"));
    put(&mut vault, &literal("prod/db/url", "second"));
    drop(vault);
    let whole = std::fs::read(home.file()).unwrap();
    let listed = home.open().unwrap().view().entries().unwrap();
    for at in (0..whole.len()).step_by(13) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(home.file(), &bytes).unwrap();
        let read = home.open().and_then(|vault| {
            let view = vault.view();
            let entries = view.entries()?;
            for entry in &entries {
                let value = view.value(entry)?;
                let is = entry.coordinate.env() == "prod";
                assert_eq!(value.expose() == b"second", is, "byte {at}");
            }
            Ok(entries)
        });
        match read {
            Ok(entries) => assert_eq!(entries, listed, "byte {at}"),
            Err(Error::Damaged(_) | Error::Foreign(_) | Error::Schema(_) | Error::WrongKey(_)) => {}
            Err(other) => panic!("byte {at}: {other}"),
        }
        let _ = std::fs::remove_file(home.file().with_file_name("vault.db-wal"));
    }
}

/// Whoever was asked about one row changes no other that anybody is asked about.
#[test]
fn a_change_touches_only_what_it_was_granted() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let (one, other) = (literal("dev/a/one", "1"), literal("dev/a/other", "2"));
    put(&mut vault, &one);
    let at = |vault: &Vault, entry: &Entry| {
        vault.view().entry(&Origin::Global, &entry.coordinate).unwrap().basis
    };
    let granted = [at(&vault, &one)];
    for (entry, allowed) in [(&other, false), (&one, true)] {
        let basis = at(&vault, entry);
        let new = || NewEntry { origin: &Origin::Global, entry, provenance: None };
        let done = vault.write_on(&granted, |batch| batch.put_entry(&basis, new(), NOW));
        assert_eq!(done.is_ok(), allowed, "{:?}", done.err());
    }
    let peer = Peer {
        name: "sam".into(),
        key: PeerKey::Identity(Identity::generate(Moment::from_seconds(1)).unwrap().public()),
        added: NOW,
        confirmed: true,
    };
    let none = vault.view().peer("sam").unwrap().basis;
    assert!(vault.write_on(&granted, |batch| batch.put_peer(&none, &peer)).is_err());
    vault.write_on(std::slice::from_ref(&none), |batch| batch.put_peer(&none, &peer)).unwrap();
    let pinned = vault.view().peer("sam").unwrap();
    let erased = vault.write_on(&granted, |batch| batch.remove_peer(&pinned.basis, &peer));
    assert!(matches!(erased, Err(Error::Moved(_))), "nor is it erased");
    // What nobody is asked about is written all the same.
    let clock = vault.view().clock_floor().unwrap().basis;
    vault.write_on(&[], |batch| batch.set_clock_floor(&clock, NOW)).unwrap();
}

/// A version tells that a value changed, to whoever sees it, and of the value nothing.
#[test]
fn a_version_goes_with_the_value_and_confirms_no_guess() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let at = "dev/a/b".parse().unwrap();
    let entry = |vault: &Vault| vault.view().find(&Origin::Global, &at).unwrap().unwrap();
    let mut written = Vec::new();
    for (value, sensitivity) in [
        ("guess", Sensitivity::Low),
        ("other", Sensitivity::Low),
        ("guess", Sensitivity::High),
        ("third", Sensitivity::High),
        ("third", Sensitivity::High),
        ("third", Sensitivity::Low),
    ] {
        put(&mut vault, &Entry { sensitivity, ..literal("dev/a/b", value) });
        written.push(entry(&vault).held);
    }
    let same = |a: usize, b: usize| written[a] == written[b];
    assert!(same(0, 2) && same(3, 4) && !same(0, 1) && !same(2, 3));
    // What was high before is no guess to be made under a lower name.
    assert!(!same(4, 5));
    let mut before = entry(&vault);
    for sensitivity in [Sensitivity::High, Sensitivity::InjectOnly, Sensitivity::Low] {
        let after = Stored { sensitivity, ..before.clone() };
        vault.write(|batch| batch.relabel(before.basis(), &before, after, NOW)).unwrap();
        before = entry(&vault);
        assert_eq!(before.held, written[5]);
    }
    put(&mut vault, &literal("dev/a/c", "third"));
    let other = vault.view().find(&Origin::Global, &"dev/a/c".parse().unwrap()).unwrap().unwrap();
    assert_ne!(other.held, written[5]);
}
