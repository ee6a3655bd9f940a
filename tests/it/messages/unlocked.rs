//! What `kovra unlock` keeps, and what it takes the passphrase for all the same.

use super::book::Book;
use crate::policy::script;
use crate::unlock::{ASKED, FILE, Owner};
use forge::people::{OPENS, PASSPHRASE, Person};

pub(super) fn unlocked(book: &mut Book) {
    let (owner, bob, carol) =
        (Owner::new(), Person::with_vault("bob"), Person::with_vault("carol"));
    book.at_home(&owner);
    book.knows(&carol);
    book.knows(&bob);
    ["tool"].iter().for_each(|name| script(&owner, name));
    for change in [
        &["allow", "add", "./tool"][..],
        &["refs", "trust", "high.refs"],
        &["peer", "add", "carol", &carol.id()],
    ] {
        let session = owner.at_terminal(&[change, &FILE].concat(), &[(ASKED, PASSPHRASE)]);
        assert_eq!(session.code, 0, "{}", session.screen);
    }
    carol.pin_key("alice", owner.with_file(&["id"]).stdout.trim());
    carol.add("dev/a/high", "marker-high", &["--sensitivity", "high"]);
    let seal = "seal dev/a/high --to alice -o high.kovra --token-out high.token";
    let seal: Vec<&str> = seal.split(' ').collect();
    assert_eq!(carol.at_terminal(&seal, &[("[y/N] ", "y")]).code, 0);
    ["high.kovra", "high.token"].iter().for_each(|file| carol.hand(&owner, file));
    refused(book, &owner);
    book.section("In a session with a keyring of its own");
    let line = "kovra unlock --for 1h --passphrase-file pass";
    book.ran(
        &owner,
        line,
        &owner.in_session("private", &line.split(' ').skip(1).collect::<Vec<_>>()),
    );
    owner.with_file(&["unlock", "--for", "10m"]);
    book.section("For a job");
    book.run(&owner, "kovra show dev/a/low");
    book.run(&owner, "kovra show dev/a/high");
    book.run(&owner, "kovra run --refs high.refs -- ./tool");
    book.run(&owner, "kovra import high.kovra --token high.token");
    book.run(&owner, "kovra peer rm carol");
    book.run(&owner, "KOVRA_AGENT=1 kovra unlock");
    book.section("For its owner");
    let id = bob.id();
    for line in [
        "kovra show dev/a/high",
        "kovra run --refs high.refs -- ./tool",
        "kovra edit dev/a/low --sensitivity inject-only",
        "kovra allow rm ./tool",
        "kovra refs distrust high.refs",
        "kovra import high.kovra --token high.token",
        "kovra peer rm carol",
        &format!("kovra peer add dora {id} --unconfirmed"),
    ] {
        book.at(&owner, line, &[(ASKED, "")]);
    }
    book.section("Locked again");
    book.run(&owner, "kovra lock");
    book.run(&owner, "kovra lock");
}

fn refused(book: &mut Book, owner: &Owner) {
    book.section("What can't be unlocked");
    book.run(owner, "kovra unlock --for 30s");
    book.at(owner, "kovra unlock", &[(OPENS, "guess")]);
    book.run(owner, "kovra unlock");
    book.run(&Person::with_vault("dora"), "kovra unlock");
    book.say("in a container, whose kernel calls are filtered");
    let line = "kovra unlock --passphrase-file pass";
    book.ran(owner, line, &owner.in_session("errno=1", &["unlock", FILE[0], FILE[1]]));
}
