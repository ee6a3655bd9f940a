//! What can go wrong between a pointer and its value, through the real program: each with its words,
//! and nothing of what a provider sent in any of them.

#![cfg(all(feature = "aws", feature = "azure"))]

use forge::clouds::{
    ACCESS_KEY, Answer, BEARER, Builder, CLIENT, CLIENT_SECRET, LEAK, Standin, TENANT,
};
use forge::people::{Person, Ran};
use std::time::{Duration, Instant};

const VAULT: &str = "team-kv.vault.azure.net";

/// Somebody whose vault has `pointers`, as `dev/a/<name>`, and an identity in both clouds. Were there
/// a log, it would be written.
fn person(clouds: &Standin, pointers: &[(&str, &str)]) -> Person {
    let mut person = Person::with_vault("bob");
    for (name, pointer) in pointers {
        person.ok(&["add", &format!("dev/a/{name}"), "--reference", pointer]);
    }
    person.env.extend(clouds.env());
    person.env.insert("RUST_LOG".into(), "trace".into());
    person
}

#[track_caller]
fn materialize(person: &Person, more: &[&str], code: i32) -> Ran {
    let arguments = [&["materialize"], more].concat();
    let ran = person.run(&arguments).expect(&arguments, code);
    for text in [&ran.stdout, &ran.stderr] {
        for secret in [LEAK, BEARER, CLIENT_SECRET] {
            assert!(!text.contains(secret), "{secret} was shown:\n{text}");
        }
    }
    ran
}

fn azure_who() -> String {
    format!("the client {CLIENT} of tenant {TENANT}")
}

fn aws_who() -> String {
    format!("the access key ..{} of the environment", &ACCESS_KEY[16..])
}

/// One trouble: what is asked for, what the stand-in does, and how it is told.
struct Trouble {
    answer: Answer,
    outcome: &'static str,
    code: i32,
    what: String,
    hint: &'static str,
}

impl Trouble {
    #[track_caller]
    fn check(&self, clouds: Builder, pointer: &str) {
        let clouds = clouds.start();
        let person = person(&clouds, &[("x", pointer)]);
        let start = Instant::now();
        let ran = materialize(&person, &[], self.code);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert!(ran.stdout.contains(&format!(" {} ", self.outcome)), "{}", ran.stdout);
        let Self { what, hint, .. } = self;
        assert_eq!(
            ran.stderr,
            format!("error: 1 of 1 pointers did not resolve\n  dev/a/x: {what}\n    {hint}\n")
        );
    }
}

#[test]
fn azure_troubles() {
    let who = azure_who();
    let misled = format!(
        "{VAULT} sent us to another host, or asked for a token meant for another, and got none of {who}"
    );
    let unusable = format!("{VAULT} gave no usable answer to {who}");
    let network =
        "check the vault's name, the network, the proxy and the CA certificates (SSL_CERT_FILE)";
    let slow = format!("{VAULT} asks {who} to slow down");
    let troubles = [
        (
            Answer::Challenge("https://evil.example.com"),
            "not trusted",
            30,
            misled.clone(),
            "check KOVRA_AZURE_CLOUD, and what stands between you and the vault",
        ),
        (
            Answer::Redirect,
            "not trusted",
            30,
            misled,
            "check KOVRA_AZURE_CLOUD, and what stands between you and the vault",
        ),
        (
            Answer::Denied,
            "denied",
            30,
            format!("{VAULT} denies this secret to {who}"),
            "ask for the role Key Vault Secrets User on it, or for a way through its firewall",
        ),
        (
            Answer::Disabled,
            "disabled",
            30,
            format!("the secret in {VAULT} is disabled or deleted, asked for as {who}"),
            "ask its owner to enable it, or for a new pointer",
        ),
        (Answer::Throttled(60), "throttled", 32, slow.clone(), "try again in 60 s"),
        (Answer::Throttled(0), "throttled", 32, slow.clone(), "try again in a minute"),
        (
            Answer::Throttled(u64::MAX),
            "throttled",
            32,
            slow,
            "it asks for hours of patience; ask its owner",
        ),
        (Answer::Broken, "unreachable", 32, unusable.clone(), network),
        (Answer::Cut, "unreachable", 32, unusable.clone(), network),
        (Answer::Garbage, "unreachable", 32, unusable, network),
        (
            Answer::Empty,
            "malformed",
            30,
            format!("the secret in {VAULT} has no value, asked for as {who}"),
            "ask its owner to give it one",
        ),
    ];
    for (answer, outcome, code, what, hint) in troubles {
        let trouble = Trouble { answer, outcome, code, what, hint };
        let clouds = Standin::builder().azure("team-kv", "x", trouble.answer.clone());
        trouble.check(clouds, "azure-kv://team-kv/x");
    }
    let missing = Trouble {
        answer: Answer::Empty,
        outcome: "not found",
        code: 30,
        what: format!("{VAULT} has no such secret or version for {who}"),
        hint: "check the name; a deleted secret can be recovered by its owner",
    };
    missing.check(Standin::builder().azure("team-kv", "other", "value"), "azure-kv://team-kv/x");
}

#[test]
fn aws_troubles() {
    let who = aws_who();
    let unusable = format!("AWS Secrets Manager in eu-west-1 gave no usable answer to {who}");
    let network =
        "check the network, the proxy and the CA certificates (SSL_CERT_FILE), or try again";
    let troubles = [
        (
            Answer::Denied,
            "denied",
            30,
            format!("AWS in eu-west-1 denies this secret to {who}"),
            "ask for secretsmanager:GetSecretValue on it, and kms:Decrypt on its key",
        ),
        (
            Answer::Disabled,
            "disabled",
            30,
            format!("the secret in eu-west-1 is marked for deletion, asked for as {who}"),
            "restore it with `aws secretsmanager restore-secret`, or ask for a new pointer",
        ),
        (
            Answer::Throttled(1),
            "throttled",
            32,
            format!("AWS in eu-west-1 asks {who} to slow down"),
            "try again in a minute",
        ),
        (Answer::Broken, "unreachable", 32, unusable.clone(), network),
        (Answer::Cut, "unreachable", 32, unusable.clone(), network),
        (Answer::Garbage, "unreachable", 32, unusable, network),
        (
            Answer::Empty,
            "malformed",
            30,
            format!("the secret in eu-west-1 has no value, asked for as {who}"),
            "ask its owner to give it one",
        ),
    ];
    for (answer, outcome, code, what, hint) in troubles {
        let trouble = Trouble { answer, outcome, code, what, hint };
        let clouds = Standin::builder().aws("eu-west-1", "x", trouble.answer.clone());
        trouble.check(clouds, "aws-sm://x");
    }
    let missing = Trouble {
        answer: Answer::Empty,
        outcome: "not found",
        code: 30,
        what: format!("there is no such secret or version in eu-west-1 for {who}"),
        hint: "check the name, the region and the account; another account's secret needs its full ARN",
    };
    missing.check(Standin::builder().aws("eu-west-1", "other", "value"), "aws-sm://x");
}

#[test]
fn a_hang_ends_at_the_timeout_and_costs_only_its_own_pointer() {
    let clouds = Standin::builder()
        .azure("team-kv", "hangs", Answer::Hang)
        .azure("team-kv", "fine", "value")
        .aws("eu-west-1", "hangs", Answer::Hang)
        .aws("eu-west-1", "fine", "value")
        .aws_version("eu-west-1", "hangs", "S", Answer::Hang)
        .start();
    let pointers = [
        ("fine", "azure-kv://team-kv/fine"),
        ("first", "azure-kv://team-kv/hangs"),
        ("other", "aws-sm://fine"),
        ("second", "aws-sm://hangs"),
        ("third", "aws-sm://hangs?version-stage=S"),
    ];
    let person = person(&clouds, &pointers);
    let start = Instant::now();
    let ran = materialize(&person, &["--timeout", "2s"], 32);
    let took = start.elapsed();
    assert!((2000..4000).contains(&took.as_millis()), "{took:?}");
    assert_eq!(ran.stdout.matches(" resolved ").count(), 2, "{}", ran.stdout);
    let late = "there was no answer within 2 s\n    \
                check the network and the proxy, or allow more time with --timeout\n";
    assert_eq!(
        ran.stderr,
        format!(
            "error: 3 of 5 pointers did not resolve\n  \
             dev/a/first, dev/a/second, dev/a/third: {late}"
        )
    );
    for arguments in
        [&["show", "dev/a/first"][..], &["import", "aws-sm://hangs", "--as", "dev/b/c"]]
    {
        let start = Instant::now();
        let said = person.fails(&[arguments, &["--timeout", "300ms"]].concat(), 32);
        assert!(said.contains("no answer within 0.3 s"), "{said}");
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    person.write(".env.refs", "A=secret:dev/a/first\n");
    let said = person.fails(&["run", "--timeout", "300ms", "--", "true"], 125);
    assert!(said.contains("no answer within 0.3 s"), "{said}");
    person.fails(&["materialize", "--timeout", "soon"], 2);
    person.ok(&["materialize", "dev/a/fine", "--timeout", "500000000000years"]);
}

#[test]
fn a_vault_that_asks_to_wait_gets_the_time_it_asks_for() {
    let once = |answer| Answer::Once(Box::new(answer), Box::new("value".into()));
    let clouds = Standin::builder()
        .azure("team-kv", "asks", once(Answer::Throttled(2)))
        .azure("team-kv", "silent", once(Answer::Throttled(0)))
        .azure("team-kv", "breaks", once(Answer::Broken))
        .aws_version("eu-west-1", "x", "S", once(Answer::Throttled(1)))
        .start();
    let pointers = [
        ("asks", "azure-kv://team-kv/asks"),
        ("silent", "azure-kv://team-kv/silent"),
        ("breaks", "azure-kv://team-kv/breaks"),
        ("x", "aws-sm://x?version-stage=S"),
    ];
    let person = person(&clouds, &pointers);
    let start = Instant::now();
    let ran = materialize(&person, &[], 0);
    assert_eq!(ran.stdout.matches(" resolved ").count(), 4, "{}", ran.stdout);
    assert!(start.elapsed() >= Duration::from_secs(2), "it did not wait");
    let gets = |path: &str| {
        let asked = clouds.requests();
        asked.iter().filter(|r| r.path.contains(path) && r.authorization.is_some()).count()
    };
    for path in ["/secrets/asks", "/secrets/silent", "/secrets/breaks"] {
        assert_eq!(gets(path), 2, "{path}");
    }
    assert_eq!(clouds.requests_to("secretsmanager.eu-west-1.amazonaws.com").len(), 2);
}

#[test]
fn retries_are_few() {
    let clouds = Standin::builder()
        .azure("team-kv", "x", Answer::Broken)
        .aws("eu-west-1", "x", Answer::Broken)
        .start();
    let pointers = [("azure", "azure-kv://team-kv/x"), ("aws", "aws-sm://x")];
    materialize(&person(&clouds, &pointers), &[], 32);
    // One of the vault's is the challenge.
    assert_eq!(clouds.requests_to(VAULT).len(), 4);
    assert_eq!(clouds.requests_to("secretsmanager.eu-west-1.amazonaws.com").len(), 3);
}

#[test]
fn an_unknown_ca_ends_it_before_anything_is_sent() {
    let clouds =
        Standin::builder().azure("team-kv", "x", "value").aws("eu-west-1", "x", "value").start();
    let other = Standin::builder().start();
    let pointers = [("azure", "azure-kv://team-kv/x"), ("aws", "aws-sm://x")];
    let mut person = person(&clouds, &pointers);
    person.env.insert("SSL_CERT_FILE".into(), other.env()["SSL_CERT_FILE"].clone());
    let start = Instant::now();
    let ran = materialize(&person, &[], 32);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let told = |host| {
        format!(
            "the certificate of {host} is not trusted here, so nothing was sent to it\n    \
             if your company's proxy signs for it, give the proxy's CA with SSL_CERT_FILE\n"
        )
    };
    let (aws, entra) = (told("AWS Secrets Manager in eu-west-1"), told("Microsoft Entra"));
    let told =
        format!("error: 2 of 2 pointers did not resolve\n  dev/a/aws: {aws}  dev/a/azure: {entra}");
    assert_eq!(ran.stderr, told);
    assert!(clouds.requests().is_empty(), "a request got through");
}

#[test]
fn odd_values_arrive_as_they_are() {
    let long = "x".repeat(64 * 1024);
    let clouds = Standin::builder()
        .azure("team-kv", "nul", "a\0b")
        .azure("team-kv", "empty", "")
        .azure("team-kv", "long", long.as_str())
        .aws("eu-west-1", "nul", "a\0b")
        .aws("eu-west-1", "empty", "")
        .aws("eu-west-1", "long", long.as_str())
        .aws("eu-west-1", "bytes", Answer::Binary("3q2+7wA="))
        .start();
    for (scheme, odd) in [("azure-kv://team-kv/", 3), ("aws-sm://", 4)] {
        let names = ["nul", "empty", "long", "bytes"];
        let pointers: Vec<String> =
            names.iter().take(odd).map(|name| format!("{scheme}{name}")).collect();
        let pairs: Vec<(&str, &str)> =
            names.into_iter().zip(pointers.iter().map(String::as_str)).collect();
        let person = person(&clouds, &pairs);
        let ran = materialize(&person, &[], 0);
        assert_eq!(ran.stdout.matches(" resolved ").count(), odd, "{}", ran.stdout);
        let shown = |name: &str| {
            let at = format!("dev/a/{name}");
            person.kovra().args(["show", &at]).output().unwrap().stdout
        };
        assert_eq!(shown("nul"), b"a\0b");
        assert_eq!(shown("empty"), b"");
        assert_eq!(shown("long"), long.as_bytes());
        if odd == 4 {
            assert_eq!(shown("bytes"), b"\xde\xad\xbe\xef\0");
        }
        person.write(".env.refs", "EMPTY=secret:dev/a/empty\nLONG=secret:dev/a/long\n");
        let script = "echo \"$EMPTY\" ${#LONG}";
        assert_eq!(person.ok(&["run", "--", "sh", "-c", script]).stdout, " 65536\n");
        person.write(".env.refs", "NUL=secret:dev/a/nul\n");
        let said = person.fails(&["run", "--", "true"], 125);
        let told = "error: policy: NUL: dev/a/nul: a value with a NUL byte cannot be a variable\n";
        assert_eq!(said, told);
    }
}

#[test]
fn a_value_that_is_not_what_the_pointer_says_is_not_repeated() {
    let clouds = Standin::builder()
        .azure("team-kv", "text", LEAK)
        .aws("eu-west-1", "json", format!(r#"{{"user": "{LEAK}", "none": null}}"#).as_str())
        .start();
    let pointers = [
        ("absent", "aws-sm://json#password"),
        ("null", "aws-sm://json#none"),
        ("text", "azure-kv://team-kv/text#password"),
    ];
    let ran = materialize(&person(&clouds, &pointers), &[], 30);
    let hint = "check the pointer's #field with its sender";
    assert_eq!(
        ran.stderr,
        format!(
            "error: 3 of 3 pointers did not resolve\n  \
             dev/a/absent: the value has no such field\n    {hint}\n  \
             dev/a/null: the field is null\n    {hint}\n  \
             dev/a/text: the value is not a JSON object\n    {hint}\n"
        )
    );
}
