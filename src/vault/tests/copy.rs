//! A copy of a vault in memory.

use super::*;
use crate::identity::AgreementSecret;

fn copied(vault: &Vault) -> Result<Vault, Error> {
    let Copy { vault, key } = vault.copy(NOW)?;
    Vault::of_copy(vault, &Kek::from_text(&key).unwrap())
}

#[test]
fn a_copy_has_all_rows_and_the_ways_back_in() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let secret = AgreementSecret::from_bytes(&[3; 32]);
    let recovery = Recovery { recipient: secret.public(), made: NOW, is_code: true };
    vault.write(|batch| batch.put_recovery(recovery.clone(), None)).unwrap();
    for value in ["one", "two"] {
        put(&mut vault, &literal("dev/db/url", value));
        put(&mut vault, &literal("prod/db/url", value));
    }
    let copy = copied(&vault).unwrap();
    let (there, here) = (copy.view(), vault.view());
    let entries = here.entries().unwrap();
    assert_eq!(there.entries().unwrap(), entries);
    for entry in &entries {
        assert_eq!(there.value(entry).unwrap().expose(), b"two");
        let history = there.history(&entry.origin, &entry.coordinate).unwrap();
        assert_eq!(history.len(), 2);
    }
    assert_eq!(there.recovery(), [recovery]);
    assert_eq!((there.last_backup().unwrap(), here.last_backup().unwrap()), (Some(NOW), None));
    let Copy { vault, .. } = home.open().unwrap().copy(NOW).unwrap();
    let locked = Locked::of(Database::of_image(&mut vault.clone()).unwrap()).unwrap();
    assert_eq!(locked.recover(&secret).unwrap().view().entries().unwrap(), entries);
}

#[test]
fn a_copy_is_of_the_moment_that_was_read() {
    let home = Home::new();
    let vault = home.open().unwrap();
    put(&mut home.open().unwrap(), &literal("dev/db/url", "later"));
    assert!(copied(&vault).unwrap().view().entries().unwrap().is_empty());
    assert_eq!(copied(&home.open().unwrap()).unwrap().view().entries().unwrap().len(), 1);
}

#[test]
fn a_copy_can_be_written_to_a_disk_and_opened_there() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "one"));
    let Copy { vault, key } = vault.copy(NOW).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), vault).unwrap();
    let locked = Locked::open(folder.path()).unwrap();
    assert_eq!(*locked.custody(), Custody::KeyFile { path: KEY_FILE.into() });
    let mut there = locked.unlock(&Kek::from_text(&key).unwrap()).unwrap();
    put(&mut there, &literal("dev/db/url", "two"));
    there.view().check_whole().unwrap();
}

#[test]
fn what_does_not_open_is_not_copied() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    put(&mut vault, &literal("dev/db/url", "one"));
    vault.copy(NOW).unwrap();
    home.stranger("UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1");
    let told = home.open().unwrap().copy(NOW).err().unwrap().to_string();
    assert!(told.contains("dev/db/url") && told.contains("not as it was written"), "{told}");
}

/// Of a row of a kind that this kovra does not know, nothing can be checked but that it is there.
#[test]
fn what_is_of_a_later_kovra_is_copied_as_it_is() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let later = |batch: &mut Batch<'_>| {
        let content = super::super::batch::Content::of(&[0x80], false);
        batch.add(super::super::place::Kind(99), [7; 32], &content)
    };
    vault.write(later).unwrap();
    let copy = copied(&vault).unwrap();
    let count = |vault: &Vault| -> i64 {
        let sql = "SELECT count(*) FROM sealed WHERE kind = 99";
        vault.db.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count(&vault), count(&copy)), (1, 1));
}

/// What SQLite may spend on a schema that is not known to be ours is less than what so many rows take.
#[test]
fn a_vault_of_any_size_is_copied_and_written_anew() {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    let many = |batch: &mut Batch<'_>| -> Result<(), Error> {
        for n in 0..5_000 {
            let entry = literal(&format!("dev/many/k{n}"), "a value");
            let at = batch.view().entry(&Origin::Global, &entry.coordinate)?.basis;
            let new = NewEntry { origin: &Origin::Global, entry: &entry, provenance: None };
            batch.put_entry(&at, new, NOW)?;
        }
        Ok(())
    };
    vault.write(many).unwrap();
    let mut copy = copied(&vault).unwrap().in_memory().unwrap();
    let kek = Kek::generate().unwrap();
    copy.write(|batch| batch.renew_keys(Custody::KeyFile { path: "/a".into() }, &kek)).unwrap();
    copy.view().check_whole().unwrap();
    assert_eq!(copy.view().entries().unwrap().len(), 5_000);
}
