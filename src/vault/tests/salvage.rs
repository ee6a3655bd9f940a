//! What still opens of a damaged file is saved, and nothing else.

use super::renewal::filled;
use super::*;
use std::fs;

fn wreck(home: &Home) -> Result<Salvage, Error> {
    Wreck::open(home.folder.path())?.unlock(&home.kek)
}

/// A vault of what was saved.
fn saved(salvage: Salvage) -> Vault {
    let vault = salvage.into_vault(Moment::from_seconds(1)).unwrap();
    vault.view().check_whole().unwrap();
    vault
}

#[test]
fn of_a_whole_file_everything_is_saved() {
    let home = filled();
    let before = home.open().unwrap();
    let identity = before.view().identity().unwrap().public();
    drop(before);
    let salvage = wreck(&home).unwrap();
    assert!(salvage.lost.is_empty() && !salvage.lacks_identity(), "{:?}", salvage.lost);
    let vault = saved(salvage);
    let values = ["dev/db/url", "prod/db/url", "dev/a/b"].map(|at| value(&vault, at));
    assert_eq!(values.concat(), b"234");
    let at = "dev/db/url".parse().unwrap();
    assert_eq!(vault.view().history(&Origin::Global, &at).unwrap().len(), 2);
    let trail = vault.view().trail().unwrap();
    assert!(trail.damage.is_empty() && trail.events.len() == 2);
    assert_eq!(vault.view().identity().unwrap().public(), identity);
    assert_eq!(
        (vault.view().shares().unwrap().len(), vault.view().proof().unwrap()),
        (1, Proof::Pin)
    );
}

/// A long value goes on in pages of its own, and a log has pages that the file has not.
#[test]
fn what_stands_in_several_pages_or_in_the_log_is_saved_too() {
    let home = filled();
    let mut vault = home.open().unwrap();
    let long = "long ".repeat(30_000);
    put(&mut vault, &literal("dev/long/value", &long));
    for n in 0..300 {
        put(&mut vault, &literal(&format!("dev/many/k{n}"), "many"));
    }
    // As a process leaves it that is killed.
    std::mem::forget(vault);
    assert!(fs::metadata(home.folder.path().join("vault.db-wal")).unwrap().len() > 0);
    let salvage = wreck(&home).unwrap();
    assert!(salvage.lost.is_empty(), "{:?}", salvage.lost);
    let vault = saved(salvage);
    assert_eq!(vault.view().entries().unwrap().len(), 304);
    assert_eq!(value(&vault, "dev/long/value"), long.as_bytes());
}

#[test]
fn whatever_byte_is_another_the_rest_is_saved() {
    let home = filled();
    let mut vault = home.open().unwrap();
    for n in 0..120 {
        put(&mut vault, &literal(&format!("dev/many/k{n}"), "many"));
    }
    let most = vault.view().entries().unwrap().len();
    drop(vault);
    let whole = fs::read(home.file()).unwrap();
    let pages = whole.len() / 4096;
    let (mut least, mut unreadable) = (most, 0);
    for page in 0..pages {
        for offset in [0, 3, 8, 13, 107, 2048, 4000] {
            let mut damaged = whole.clone();
            damaged[page * 4096 + offset] ^= 0x55;
            fs::write(home.file(), &damaged).unwrap();
            let salvage = match wreck(&home) {
                Ok(salvage) => salvage,
                Err(Error::Damaged(_) | Error::Foreign(_) | Error::WrongKey(_)) => {
                    unreadable += 1;
                    continue;
                }
                Err(other) => panic!("page {page}, byte {offset}: {other}"),
            };
            let vault = saved(salvage);
            let view = vault.view();
            let entries = view.entries().unwrap();
            entries.iter().for_each(|entry| drop(view.value(entry).unwrap()));
            least = least.min(entries.len());
        }
    }
    println!("{pages} pages; {unreadable} without a way; at least {least} of {most} entries");
    // The ways to the keys stand in one page. Of the others, a byte costs the row that it belongs to.
    assert!(unreadable < 7, "{unreadable}");
    assert!(least + 2 >= most, "{least} of {most}");
}

#[test]
fn a_row_that_does_not_open_is_named() {
    let home = filled();
    home.stranger(
        "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1 AND guarded = 1",
    );
    let salvage = wreck(&home).unwrap();
    let lost = salvage.lost.join("\n");
    assert!(lost.contains("an entry, prod/db/url (global), revision 1"), "{lost}");
    let vault = saved(salvage);
    assert_eq!(value(&vault, "dev/db/url"), b"2");
}
