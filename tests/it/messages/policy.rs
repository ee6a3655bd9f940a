//! What is refused, and what is asked, of whom.

use super::book::Book;
use forge::people::{OPENS, Person};

const TOOL: &str = "#!/bin/sh\necho done\n";

/// Somebody with what is careful to be handled, and a program.
fn owner(book: &mut Book) -> Person {
    let alice = Person::with_pin("alice");
    alice.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.add("dev/db/root", "toor", &["--sensitivity", "inject-only"]);
    alice.add("prod/db/password", "swordfish", &[]);
    alice.ok(&["add", "prod/db/url", "--reference", "aws-sm://db"]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://pay", "--sensitivity", "high"]);
    tool(&alice, TOOL);
    book.knows(&alice);
    alice
}

/// A program, in the home.
pub(super) fn tool(person: &Person, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = person.write("tool", text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

pub(super) fn entries(book: &mut Book) {
    let alice = owner(book);
    book.section("Nobody is there to be asked");
    for line in UNATTENDED {
        book.run(&alice, line);
    }
    book.section("An agent asks");
    for line in AGENT {
        book.run(&alice, &format!("KOVRA_AGENT=1 {line}"));
    }
    book.section("Whatever the owner says");
    for line in NEVER {
        book.run(&alice, line);
    }
    book.section("The owner is asked");
    for line in ASKED {
        book.no(&alice, line);
    }
    book.section("Answers");
    book.yes(&alice, "kovra edit dev/db/password --description 'of the team'");
    let asked = forge::people::ASKED;
    book.at(&alice, "kovra set dev/db/password", &[("(hidden): ", "later"), (asked, "")]);
    let change = || alice.set("dev/db/url", "later");
    alice.set("dev/db/url", "other");
    book.meanwhile(&alice, "kovra prune dev/db/url", (asked, "2468-owner"), change);
    book.at(&alice, "kovra rm dev/db/password", &[(asked, "guess")]);
    book.say("and four more wrong ones");
    for _ in 0..4 {
        alice.at_terminal(&["rm", "dev/db/password"], &[(asked, "guess")]);
    }
    book.at(&alice, "kovra rm dev/db/password", &[(asked, "2468-owner")]);
    book.section("By a passphrase, and by nothing");
    by_passphrase(book);
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    carol.add("dev/db/password", "x", &["--sensitivity", "high"]);
    book.no(&carol, "kovra show dev/db/password");
    book.yes(&carol, "kovra show dev/db/password");
}

const UNATTENDED: [&str; 14] = [
    "kovra show dev/db/password",
    "kovra show dev/db/root",
    "kovra show prod/db/password",
    "kovra set dev/db/password --reference aws-sm://x",
    "kovra set prod/db/url --reference aws-sm://x",
    "kovra edit dev/db/password --description x",
    "kovra edit dev/db/password --sensitivity low",
    "kovra edit dev/db/password --sensitivity inject-only",
    "kovra rm prod/db/url",
    "kovra mv prod/db/url dev/db/url2",
    "kovra add dev/pay/copy --reference aws-sm://pay --sensitivity low",
    "kovra materialize --capture dev/pay/key",
    "kovra prune dev/db/url",
    "kovra restore dev/db/password 1",
];

const AGENT: [&str; 11] = [
    "kovra show dev/db/url",
    "kovra show dev/db/root",
    "kovra add dev/new/key --reference aws-sm://x --sensitivity high",
    "kovra add prod/new/key --reference aws-sm://x",
    "kovra edit dev/db/password --sensitivity low",
    "kovra rm prod/db/password",
    "kovra materialize --capture dev/pay/key",
    "kovra import op://team/db/password --as dev/db/copy",
    "kovra prune dev/db/url",
    "kovra allow add ./tool",
    "kovra allow rm ./tool",
];

const NEVER: [&str; 3] = [
    "kovra show dev/db/root",
    "kovra materialize --capture prod/db/url",
    "kovra import aws-sm://db --as prod/db/copy",
];

const ASKED: [&str; 15] = [
    "kovra show dev/db/password",
    "kovra show prod/db/password",
    "kovra show prod/db/url",
    "kovra set dev/pay/key --reference aws-sm://other",
    "kovra generate dev/db/password --replace",
    "kovra edit dev/db/password --sensitivity low",
    "kovra edit dev/db/password --sensitivity inject-only",
    "kovra edit prod/db/password --description x",
    "kovra rm dev/db/password",
    "kovra rm prod/db/url",
    "kovra add dev/pay/copy --reference aws-sm://pay --sensitivity low",
    "kovra add dev/db/password --reference aws-sm://x --project shop",
    "kovra mv prod/db/url dev/db/url2",
    "kovra materialize --capture dev/pay/key",
    "kovra import aws-sm://pay --as dev/pay/copy --sensitivity low",
];

fn by_passphrase(book: &mut Book) {
    let mut bob = Person::new("bob");
    bob.write("pass", "the passphrase");
    bob.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    bob.ok(&["init"]);
    bob.add("dev/db/password", "x", &["--sensitivity", "high"]);
    book.at_home(&bob);
    let asked = "Passphrase of the vault, or nothing for no: ";
    book.at(&bob, "kovra show dev/db/password", &[(asked, "another")]);
    bob.env.remove("KOVRA_PASSPHRASE_FILE");
    let typed = [(OPENS, "the passphrase"), ("[y/N] ", "n")];
    book.at(&bob, "kovra show dev/db/password", &typed);
}

pub(super) fn trust(book: &mut Book) {
    let alice = owner(book);
    book.section("Programs");
    book.run(&alice, "kovra allow add ./tool");
    book.run(&alice, "kovra allow add ./none");
    book.run(&alice, "kovra allow add nowhere");
    book.run(&alice, "kovra allow rm ./tool");
    book.no(&alice, "kovra allow add ./tool");
    book.no(&alice, "LD_PRELOAD_X=1 PERL5LIB=lib kovra allow add ./tool");
    book.no(&alice, "kovra allow add sh");
    book.yes(&alice, "kovra allow add ./tool");
    book.run(&alice, "kovra allow list");
    tool(&alice, "#!/bin/sh\necho other\n");
    book.run(&alice, "kovra allow list");
    book.run(&alice, "kovra allow rm ./tool");
    let asked = forge::people::ASKED;
    book.meanwhile(&alice, "kovra allow add ./tool", (asked, "2468-owner"), || tool(&alice, TOOL));
    book.section("Files of a checkout");
    alice.write(".env.refs", "project = shop\nURL=secret:prod/db/url\nLEVEL=info\n");
    book.run(&alice, "kovra refs trust");
    book.run(&alice, "kovra refs trust none");
    book.run(&alice, "kovra refs distrust");
    book.no(&alice, "kovra refs trust");
    book.yes(&alice, "kovra refs trust");
    book.run(&alice, "kovra refs trust");
    book.run(&alice, "kovra refs list");
    book.run(&alice, "kovra refs distrust");
    book.section("A vault without a PIN");
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    tool(&carol, TOOL);
    carol.write(".env.refs", "project = shop\n");
    for line in ["allow add ./tool", "refs trust", &format!("peer add alice {}", alice.id())] {
        book.at(&carol, &format!("kovra {line}"), &[]);
    }
    book.at(&carol, "kovra peer confirm alice", &[]);
    book.at(&carol, "kovra peer rename alice anna", &[]);
}
