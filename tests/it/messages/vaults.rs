//! What keeps a vault shut, and what is wrong with one.

use super::book::Book;
use crate::vault_file::{edit, fold};
use forge::people::{OPENS, Person};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(super) fn locked(book: &mut Book) {
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    book.section("The key file");
    alice.write(
        "other.key",
        std::fs::read(Person::with_vault("x").home().join("vault.key")).unwrap(),
    );
    alice.write("odd.key", "hello");
    alice.write("long.key", "x".repeat(5000));
    alice.write("open.key", std::fs::read(alice.home().join("vault.key")).unwrap());
    mode(&alice.home().join("open.key"), 0o644);
    alice.write("pass", "x");
    for key in ["none.key", "other.key", "odd.key", "long.key", "open.key", "/dev/null"] {
        book.run(&alice, &format!("kovra list --key-file {key}"));
    }
    book.run(&alice, "kovra list --passphrase-file pass");
    book.section("The folder");
    book.run(&alice, "kovra list --home none");
    book.run(&alice, "kovra list --home other.key");
    book.run(&alice, "kovra init --home other.key --key-file new.key");
    mode(alice.vault().parent().unwrap(), 0o777);
    book.run(&alice, "kovra list");
    mode(alice.vault().parent().unwrap(), 0o700);
    mode(&alice.vault(), 0o666);
    book.run(&alice, "kovra list");
    mode(&alice.vault(), 0o600);
    book.section("A passphrase");
    let bob = Person::new("bob");
    bob.write("pass", "the passphrase");
    bob.ok(&["init", "--passphrase-file", "pass"]);
    book.at_home(&bob);
    bob.write("wrong", "another");
    bob.write("empty", "");
    book.run(&bob, "kovra list");
    for file in ["wrong", "empty", "none"] {
        book.run(&bob, &format!("kovra list --passphrase-file {file}"));
    }
    book.at(&bob, "kovra list", &[(OPENS, "guess")]);
    book.run(&bob, "kovra list --key-file vault.key");
    book.section("The disk is full");
    book.say("no file may grow beyond 4 blocks");
    let full = ["sh", "-c", "ulimit -f 4; exec \"$0\" \"$@\"", forge::people::kovra_path()];
    let add = ["add", "dev/a/b", "--reference", "aws-sm://x"];
    let ran = alice.pipe_through(&full, &add, b"");
    book.told(&alice, "kovra add dev/a/b --reference aws-sm://x", &ran.stderr, ran.code);
    book.section("Somebody else is writing");
    let db = crate::vault_file::open(&alice);
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    book.pipe(&alice, "kovra add dev/a/b --stdin", b"x");
    drop(db);
}

pub(super) fn damaged(book: &mut Book) {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "x", &[]);
    alice.add("dev/db/user", "y", &[]);
    book.knows(&alice);
    fold(&alice);
    let whole = std::fs::read(alice.vault()).unwrap();
    let mut broken = |what: &str, lines: &[&str], harm: &dyn Fn(&Person)| {
        std::fs::write(alice.vault(), &whole).unwrap();
        crate::vault_file::drop_logs(&alice);
        harm(&alice);
        book.section(what);
        for line in lines {
            book.run(&alice, line);
        }
    };
    let write =
        |bytes: Vec<u8>| move |alice: &Person| std::fs::write(alice.vault(), &bytes).unwrap();
    broken("Something else", &["kovra list"], &write(b"hello".to_vec()));
    broken("Cut short", &["kovra list"], &write(whole[..whole.len() / 2].to_vec()));
    broken("A later schema", &["kovra list"], &|alice| edit(alice, "PRAGMA user_version = 99"));
    broken("The first schema", &["kovra list"], &|alice| edit(alice, "PRAGMA user_version = 1"));
    let entry = "UPDATE sealed SET metadata = zeroblob(60) WHERE kind = 1";
    let look = ["kovra list", "kovra show dev/db/url"];
    broken("An entry that was changed", &look, &|alice| edit(alice, entry));
    let gone = "DELETE FROM sealed WHERE kind = 1";
    broken("Entries that are gone", &look, &|alice| edit(alice, gone));
    let trail = "DELETE FROM trail WHERE rowid = 1";
    broken("A row of the trail that is gone", &["kovra audit", "kovra audit --verify"], &|alice| {
        edit(alice, trail);
    });
    broken("A table that is gone", &["kovra list"], &|alice| edit(alice, "DROP TABLE trail"));
    broken("Another table", &["kovra list"], &|alice| edit(alice, "CREATE TABLE more (x)"));
}
