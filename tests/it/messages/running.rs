//! `.env.refs`, line by line, and programs that are started with it.

use super::book::Book;
use super::policy::tool;
use forge::people::Person;

/// Each by itself in a file.
const ODD: [&str; 19] = [
    "nothing",
    "1A=x",
    "LD_PRELOAD=x.so",
    "A=1\nA=2",
    "project = ../x",
    "project = a\nproject = b",
    "A=secret:dev/db",
    "A=secret:${ENV}/db/url",
    "A=secret:dev/${ENV}/url",
    "A=secret:prod/db/url | x",
    "A=\"quoted\"",
    "A=${HOME}",
    "A=${env:HOME",
    "A=x\u{202e}y",
    "A=${env:NOT_SET}",
    "KOVRA_HOME=x",
    "A=secret:dev/db/none",
    "A=secret:dev/db/none\nB=secret:dev/db/gone\nC=secret:dev/db/url\nD=secret:dev/db/user",
    "A=secret://global/dev/db/url",
];

pub(super) fn refs(book: &mut Book) {
    let alice = Person::with_pin("alice");
    book.knows(&alice);
    tool(&alice, "#!/bin/sh\n");
    alice.add("qa/db/none", "x", &[]);
    alice.add("test/db/none", "x", &[]);
    alice.add("dev/db/user", "x", &["--project", "shop"]);
    alice.add("dev/db/gone", "x", &[]);
    alice.ok(&["rm", "dev/db/gone"]);
    for text in ODD {
        alice.write(".env.refs", text);
        book.section(
            &text.replace('\u{202e}', "<right-to-left override>").replace('\n', "   and   "),
        );
        book.run(&alice, "kovra run -- ./tool");
    }
    book.section("Files that are none");
    alice.write("binary", b"\xff\xfe");
    alice.write("large", "# x\n".repeat(300_000));
    std::fs::create_dir(alice.home().join("folder")).unwrap();
    for file in ["none", "binary", "large", "folder", "/dev/zero"] {
        book.run(&alice, &format!("kovra run --refs {file} -- ./tool"));
    }
    book.section("Many are missing");
    let lines: Vec<String> = (0..25).map(|n| format!("V{n}=secret:dev/many/v{n}")).collect();
    alice.write(".env.refs", lines.join("\n"));
    book.run(&alice, "kovra run -- ./tool");
}

pub(super) fn run(book: &mut Book) {
    let alice = Person::with_pin("alice");
    book.knows(&alice);
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    alice.add("prod/db/password", "swordfish", &[]);
    alice.add("dev/db/nul", "a\u{0}b", &[]);
    alice.add("dev/db/large", &"x".repeat(200 << 10), &[]);
    tool(&alice, "#!/bin/sh\necho ran with $# arguments\nexit 3\n");
    alice.write("script", "not executable");
    programs(book, &alice);
    values(book, &alice);
    names(book, &alice);
    production(book, &alice);
}

fn programs(book: &mut Book, alice: &Person) {
    alice.write(".env.refs", "URL=secret:dev/db/url\n");
    book.section("Programs");
    for line in ["./tool a b", "nowhere", "./nowhere", "./script", "."] {
        book.run(alice, &format!("kovra run -- {line}"));
    }
    tool(alice, "#!/no/such/interpreter\n");
    book.run(alice, "kovra run -- ./tool");
    tool(alice, "#!/bin/sh\necho ran with $# arguments\nexit 3\n");
    book.run(alice, "KOVRA_AGENT=1 kovra run -- ./tool");
}

fn values(book: &mut Book, alice: &Person) {
    book.section("Values that no environment holds");
    for name in ["nul", "large"] {
        alice.write(".env.refs", format!("V=secret:dev/db/{name}\n"));
        book.run(alice, "kovra run -- ./tool");
    }
    alice.pipe(&["set", "dev/db/large", "--stdin"], &[b'x'; 120_000]).expect(&["set"], 0);
    let many: Vec<String> = (0..20).map(|n| format!("V{n}=secret:dev/db/large")).collect();
    alice.write(".env.refs", many.join("\n"));
    book.run(alice, "kovra run -- ./tool");
}

fn names(book: &mut Book, alice: &Person) {
    book.section("Names that change how a program loads");
    alice.write(".env.refs", "PERL5LIB=secret:dev/db/url\n");
    book.run(alice, "kovra run -- ./tool");
    book.run(alice, "kovra run --allow-name PERL5LIB -- ./tool");
    book.no(alice, "kovra run --allow-name PERL5LIB -- ./tool a 'b c'");
    book.run(alice, "kovra run --allow-name KOVRA_HOME -- ./tool");
    book.run(alice, "kovra run --allow-name 1A -- ./tool");
}

fn production(book: &mut Book, alice: &Person) {
    book.section("High values");
    alice.write(".env.refs", "PASSWORD=secret:dev/db/password\nURL=secret:dev/db/url\n");
    book.run(alice, "kovra run -- ./tool");
    book.no(alice, "kovra run -- ./tool 'an argument'");
    let more: Vec<String> = (0..30).map(|n| format!("argument{n}")).collect();
    book.no(alice, &format!("kovra run -- ./tool {}", more.join(" ")));
    let asked = forge::people::ASKED;
    book.meanwhile(alice, "kovra run -- ./tool", (asked, "2468-owner"), || {
        tool(alice, "#!/bin/sh\necho exchanged\n");
    });
    book.section("Production");
    alice.write(".env.refs", "PASSWORD=secret:prod/db/password\nURL=secret:dev/db/url\n");
    book.run(alice, "kovra run -- ./tool");
    alice.owner_ok(&["allow", "add", "./tool"]);
    book.run(alice, "kovra run -- ./tool");
    book.no(alice, "kovra run -- ./tool");
    alice.trust_refs(".env.refs");
    book.run(alice, "kovra run -- ./tool");
    book.no(alice, "kovra run -- ./tool");
    book.yes(alice, "kovra run -- ./tool");
    book.run(alice, "PERL5LIB=lib kovra run -- ./tool");
    book.section("A program that has changed");
    tool(alice, "#!/bin/sh\necho changed\n");
    book.run(alice, "kovra run -- ./tool");
    alice.write(".env.refs", "PASSWORD=secret:dev/db/password\n");
    book.run(alice, "kovra run -- ./tool");
    book.no(alice, "kovra run -- ./tool");
    tool(alice, "#!/bin/sh\necho exchanged\n");
    book.run(alice, "PERL5LIB=lib kovra run -- ./tool");
    book.no(alice, "PERL5LIB=lib kovra run -- ./tool");
    book.run(alice, "kovra run -- ./tool");
}
