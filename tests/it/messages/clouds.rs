//! Pointers that resolve, and each way in which they do not. The clouds are stand-ins on loopback.

use super::book::Book;
use super::policy::tool;
use forge::clouds::{Answer, Standin};
use forge::people::Person;

pub(super) fn clouds(book: &mut Book) {
    let standin = Standin::builder()
        .azure("team-kv", "good", "value")
        .azure("team-kv", "denied", Answer::Denied)
        .azure("team-kv", "disabled", Answer::Disabled)
        .azure("team-kv", "throttled", Answer::Throttled(7200))
        .azure("team-kv", "garbage", Answer::Garbage)
        .azure("team-kv", "empty", Answer::Empty)
        .azure("team-kv", "challenge", Answer::Challenge("https://evil.example.com"))
        .azure("team-kv", "hang", Answer::Hang)
        .aws("eu-west-1", "good", r#"{"user":"ann"}"#)
        .aws("eu-west-1", "denied", Answer::Denied)
        .aws("eu-west-1", "deleted", Answer::Disabled)
        .aws("eu-west-1", "empty", Answer::Empty)
        .start();
    let mut alice = Person::with_vault("alice");
    book.knows(&alice);
    book.section("Nobody is signed in");
    alice.env.insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
    alice.ok(&["add", "dev/aws/good", "--reference", "aws-sm://good"]);
    book.run(&alice, "kovra whoami");
    book.run(&alice, "kovra materialize --check");
    alice.env.extend(standin.env());
    book.section("Who I am");
    book.run(&alice, "kovra whoami");
    azure(book, &alice);
    aws(book, &alice);
    use_them(book, &alice);
    copies(book, &mut alice);
    book.section("An authority that nobody knows");
    alice.env.remove("SSL_CERT_FILE");
    book.run(&alice, "kovra materialize --check dev/azure/none dev/aws/good");
}

fn azure(book: &mut Book, alice: &Person) {
    book.section("Azure Key Vault");
    let names =
        ["good", "denied", "disabled", "none", "throttled", "garbage", "empty", "challenge"];
    for name in names {
        let pointer = format!("azure-kv://team-kv/{name}");
        alice.ok(&["add", &format!("dev/azure/{name}"), "--reference", &pointer]);
    }
    let names = names.map(|name| format!("dev/azure/{name}"));
    book.run(alice, &format!("kovra materialize --check {}", names.join(" ")));
    alice.ok(&["add", "dev/slow/hang", "--reference", "azure-kv://team-kv/hang"]);
    book.run(alice, "kovra materialize --check dev/slow/hang --timeout 300ms");
    book.run(alice, "kovra whoami --azure-cloud moon");
}

fn aws(book: &mut Book, alice: &Person) {
    book.section("AWS Secrets Manager");
    let names = ["denied", "deleted", "none", "empty", "good#password"];
    for name in names {
        let at = format!("dev/aws/{}", name.replace('#', "-"));
        alice.ok(&["add", &at, "--reference", &format!("aws-sm://{name}")]);
    }
    let names = names.map(|name| format!("dev/aws/{}", name.replace('#', "-")));
    book.run(alice, &format!("kovra materialize --check {}", names.join(" ")));
    book.run(alice, "AWS_REGION= kovra materialize --check dev/aws/good");
    book.run(alice, "AWS_PROFILE=nobody kovra materialize --check dev/aws/good");
}

fn use_them(book: &mut Book, alice: &Person) {
    book.section("What needs them");
    book.run(alice, "kovra show dev/azure/good");
    book.run(alice, "kovra materialize dev/azure/good dev/aws/good");
    book.run(alice, "kovra materialize --capture dev/azure/good dev/azure/denied");
    book.run(alice, "kovra materialize dev/azure/good");
    tool(alice, "#!/bin/sh\n");
    let many: Vec<String> = (0..6).map(|n| format!("V{n}=secret:dev/many/v{n}")).collect();
    for n in 0..6 {
        let at = format!("dev/many/v{n}");
        alice.ok(&["add", &at, "--reference", &format!("azure-kv://team-kv/none{n}")]);
    }
    alice.write(".env.refs", [&many[..], &["D=secret:dev/aws/denied".into()]].concat().join("\n"));
    book.run(alice, "kovra run -- ./tool");
}

/// A stand-in for 1Password's program.
const OP: &str = r#"#!/bin/sh
case "$3" in
    op://team/db/password) printf 'op value'; exit 0 ;;
    op://team/db/large) head -c 300000 /dev/zero; exit 0 ;;
    op://team/db/slow) exec sleep 60 ;;
    ?*) echo '[ERROR] no item' >&2; exit 1 ;;
esac
[ -z "$SIGNED_OUT" ]
"#;

fn copies(book: &mut Book, alice: &mut Person) {
    book.section("Copies of one value");
    let copy = |from: &str| {
        format!("kovra import {from} --as dev/copy/{}", from.rsplit('/').next().unwrap_or_default())
    };
    book.run(alice, &copy("op://team/db/password"));
    tool(alice, OP);
    std::fs::rename(alice.home().join("tool"), alice.home().join("op")).unwrap();
    let path = format!("{}:{}", alice.home().display(), alice.env["PATH"]);
    alice.env.insert("PATH".into(), path);
    for from in ["op://team/db/password", "op://team/db/none", "op://team/db/large", "op://team/db"]
    {
        book.run(alice, &copy(from));
    }
    book.run(alice, &format!("{} --timeout 300ms", copy("op://team/db/slow")));
    book.run(alice, &format!("SIGNED_OUT=1 {}", copy("op://team/db/none")));
    book.run(alice, &copy("op://team/db/password"));
    book.run(alice, &copy("aws-sm://good"));
    book.run(alice, "kovra import aws-sm://good --as prod/copy/x");
    book.run(alice, "kovra import op://team/db/password --as prod/copy/x --sensitivity low");
}
