//! Adding, changing, moving, and what is said of an entry that is not there.

use super::book::Book;
use forge::people::Person;
use kovra::limits;

pub(super) fn entries(book: &mut Book) {
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    add(book, &alice);
    names(book, &alice);
    change(book, &alice);
    missing(book, &alice);
    transfer(book, &alice);
    history(book, &alice);
    look(book, &alice);
}

fn add(book: &mut Book, alice: &Person) {
    book.section("Adding");
    book.run(alice, "kovra add dev/db/url");
    book.at(alice, "kovra add dev/db/url", &[("(hidden): ", "postgres://db")]);
    book.run(alice, "kovra add dev/db/url --stdin");
    book.pipe(alice, "kovra add dev/db/user --stdin --sensitivity low", b"anna");
    book.pipe(alice, "kovra add dev/db/user --stdin --project shop", b"berta");
    book.pipe(alice, "kovra add prod/db/user --stdin", b"carla");
    book.pipe(alice, "kovra add prod/db/password --stdin --sensitivity low", b"x");
    book.pipe(alice, "kovra add dev/app/ld_preload --stdin", b"x");
    book.run(alice, "kovra add dev/db/ca --reference azure-kv://team-kv/ca");
    book.run(alice, "kovra add dev/db/empty --stdin");
    let long = vec![b'x'; limits::LITERAL + 1];
    book.pipe(alice, "kovra add dev/db/long --stdin", &long);
    book.pipe(alice, "kovra add dev/db/x --stdin --description ''", b"x");
    book.run(alice, "kovra generate dev/db/password --length 20 --sensitivity high");
    book.run(alice, "kovra generate dev/db/password");
    book.run(alice, "kovra generate dev/db/short --length 3");
    book.run(alice, "kovra generate dev/db/url --replace --alphabet hex");
}

fn names(book: &mut Book, alice: &Person) {
    book.section("Names and pointers that are none");
    for name in [
        "dev/db",
        "dev/db/url/more",
        "DEV/db/url",
        "https://dev/db/url",
        "dev//url",
        "dev/../url",
        "dev/db/${X}",
    ] {
        book.run(alice, &format!("kovra show {name}"));
    }
    book.run(alice, &format!("kovra show dev/db/{}", "x".repeat(limits::SEGMENT + 1)));
    book.pipe(alice, "kovra add dev/db/x --stdin --project global", b"x");
    book.pipe(alice, "kovra add secret://global/dev/db/x --stdin --project shop", b"x");
    book.pipe(alice, "kovra add dev/db/x --stdin --sensitivity huge", b"x");
    for pointer in [
        "https://example.com/x",
        "azure-kv://team-kv",
        "azure-kv://t/x",
        "azure-kv://team-kv/a_b",
        "azure-kv://team-kv/x/a-b",
        "azure-kv://team-kv/x?api=1",
        "aws-sm://",
        "aws-sm://x?version-id=1",
        "aws-sm://x?region=nowhere",
        "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:x?region=us-east-1",
        "aws-sm://arn:aws:s3:eu-west-1:123456789012:secret:x",
        "aws-sm://x?region=eu-west-1&region=eu-west-1",
        "aws-sm://x#",
        "'aws-sm://a b'",
    ] {
        book.run(alice, &format!("kovra add dev/db/x --reference {pointer}"));
    }
    let long = "x".repeat(limits::POINTER);
    let ran = alice.run(&["add", "dev/db/x", "--reference", &format!("aws-sm://{long}")]);
    let said = ran.stderr.replace(&long, "x...");
    book.told(alice, "kovra add dev/db/x --reference aws-sm://x...", &said, ran.code);
}

fn change(book: &mut Book, alice: &Person) {
    book.section("Changing");
    book.run(alice, "kovra set dev/db/url");
    book.pipe(alice, "kovra set dev/db/url --stdin", b"postgres://other");
    book.run(alice, "kovra set dev/db/ca --reference aws-sm://ca");
    book.run(alice, "kovra edit dev/db/url");
    book.run(alice, "kovra edit dev/db/url --description 'of the team'");
    book.run(alice, "kovra edit dev/db/url --sensitivity inject-only");
    book.run(alice, "kovra edit prod/db/user --sensitivity medium");
    book.run(alice, "kovra rm dev/db/ca");
    book.run(alice, "kovra rm dev/db/ca");
}

fn missing(book: &mut Book, alice: &Person) {
    book.section("What is not there");
    alice.add("dev/shop/key", "x", &["--project", "shop"]);
    for command in ["show", "rm", "history", "prune"] {
        book.run(alice, &format!("kovra {command} dev/db/none"));
        book.run(alice, &format!("kovra {command} dev/shop/key"));
    }
    book.run(alice, "kovra show dev/db/ca");
    book.pipe(alice, "kovra set dev/db/ca --stdin", b"x");
    book.run(alice, "kovra restore dev/db/url 99");
    book.run(alice, "kovra materialize");
    book.run(alice, "kovra materialize --env qa");
    book.run(alice, "kovra list --env qa");
    book.run(alice, "kovra audit --coordinate dev/db/none");
    book.run(alice, "kovra audit --action run");
}

fn transfer(book: &mut Book, alice: &Person) {
    book.section("Other names");
    book.run(alice, "kovra cp dev/db/user qa/db/user");
    book.run(alice, "kovra cp dev/db/user dev/db/user --to-project shop");
    book.run(alice, "kovra mv qa/db/user qa/db/name");
    book.run(alice, "kovra mv qa/db/name qa/db/name");
    book.run(alice, "kovra mv qa/db/name dev/db/user");
    book.run(alice, "kovra mv dev/db/none qa/db/none");
}

fn history(book: &mut Book, alice: &Person) {
    book.section("Earlier revisions");
    book.run(alice, "kovra history dev/db/ca");
    book.run(alice, "kovra restore dev/db/ca 1");
    book.no(alice, "kovra prune dev/db/ca");
    book.yes(alice, "kovra prune dev/db/ca");
    book.run(alice, "kovra prune dev/db/user");
    book.run(alice, "kovra restore dev/db/ca 1");
}

fn look(book: &mut Book, alice: &Person) {
    book.section("Looking");
    book.run(alice, "kovra list");
    book.run(alice, "kovra show dev/db/user");
    alice.add("dev/db/binary", "\u{0}", &[]);
    alice.pipe(&["set", "dev/db/binary", "--stdin"], b"\xff\xfe").expect(&["set"], 0);
    book.at(alice, "kovra show dev/db/binary", &[]);
    book.run(alice, "kovra audit --action rm");
    book.run(alice, "kovra audit --action fly");
    book.run(alice, "kovra audit --since yesterday");
    book.run(alice, "kovra audit --peer bob");
}
