//! What is typed wrong, and what the program says of itself.

use super::book::Book;
use forge::people::Person;

const LINES: [&str; 27] = [
    "kovra",
    "kovra get dev/db/url",
    "kovra delete dev/db/url",
    "kovra exec ./server",
    "kovra ls",
    "kovra lst",
    "kovra frobnicate",
    "kovra run ./server",
    "kovra run",
    "kovra run --",
    "kovra show",
    "kovra show dev/db/url more",
    "kovra list --jsn",
    "kovra list --json --json",
    "kovra seal",
    "kovra import",
    "kovra import x --token a --skip-high",
    "kovra import x --sensitivity low",
    "kovra add dev/db/url --stdin --reference aws-sm://x",
    "kovra edit dev/db/url",
    "kovra generate dev/db/url --length many",
    "kovra generate dev/db/url --alphabet greek",
    "kovra init --custody paper",
    "kovra peer",
    "kovra peer add bob x --from y",
    "kovra restore dev/db/url first",
    "kovra materialize --timeout soon",
];

pub(super) fn mistakes(book: &mut Book) {
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    for line in LINES {
        book.run(&alice, line);
    }
}

/// Of every command.
const COMMANDS: [&str; 42] = [
    "",
    "init",
    "id",
    "peer",
    "peer add",
    "peer list",
    "peer show",
    "peer confirm",
    "peer rename",
    "peer rm",
    "add",
    "generate",
    "set",
    "edit",
    "mv",
    "cp",
    "rm",
    "history",
    "restore",
    "prune",
    "list",
    "seal",
    "verify",
    "inspect",
    "import",
    "materialize",
    "whoami",
    "run",
    "show",
    "allow",
    "allow add",
    "allow list",
    "allow rm",
    "pin",
    "pin set",
    "refs",
    "refs trust",
    "refs distrust",
    "refs list",
    "audit",
    "shared",
    "receipt",
];

pub(super) fn help(book: &mut Book) {
    let alice = Person::new("alice");
    for command in COMMANDS {
        let line = format!("kovra {command} --help");
        book.run(&alice, &line.replace("  ", " "));
    }
}
