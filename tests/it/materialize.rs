//! What a person does with pointers: ask who they are, check, look, keep a copy. And values that come
//! in one at a time, from a cloud or from 1Password.

#![cfg(all(feature = "aws", feature = "azure"))]

use forge::clouds::{ACCESS_KEY, Answer, BEARER, CLIENT, CLIENT_SECRET, CURRENT, Standin, TENANT};
use forge::people::Person;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

fn clouds() -> Standin {
    Standin::builder()
        .azure("team-kv", "key", "azure value")
        .azure("team-kv", "denied", Answer::Denied)
        .azure("team-kv", "empty", "")
        .aws("eu-west-1", "key", "aws value")
        .start()
}

fn person(clouds: &Standin, pointers: &[(&str, &str, &str)]) -> Person {
    let mut person = Person::with_vault("bob");
    for (at, pointer, sensitivity) in pointers {
        person.ok(&["add", at, "--reference", pointer, "--sensitivity", sensitivity]);
    }
    person.env.extend(clouds.env());
    person
}

/// A program of somebody else's, at the front of the person's PATH.
fn program(person: &mut Person, name: &str, script: &str) {
    let folder = person.home().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let search = format!("{}:/usr/bin:/bin", folder.display());
    person.env.insert("PATH".into(), search);
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn entry(person: &Person, at: &str) -> Value {
    let listed = parsed(&person.ok(&["list", "--json"]).stdout);
    let found = listed.as_array().unwrap().iter().find(|e| e["coordinate"] == at);
    found.unwrap_or_else(|| panic!("{at} is not there")).clone()
}

#[test]
fn the_table_tells_outcome_version_and_age() {
    let clouds = clouds();
    let person = person(
        &clouds,
        &[
            ("dev/a/aws", "aws-sm://key", "medium"),
            ("dev/a/denied", "azure-kv://team-kv/denied", "medium"),
            ("dev/a/key", "azure-kv://team-kv/key", "medium"),
        ],
    );
    let ran = person.run(&["materialize"]).expect(&["materialize"], 30);
    let rows: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .filter(|line| line.contains("dev/a/"))
        .map(|line| line.trim_matches('\u{2502}').split('\u{2506}').map(str::trim).collect())
        .collect();
    assert_eq!(rows[0][..4], ["dev/a/aws", "aws-sm://key", "resolved", CURRENT]);
    assert_eq!(rows[1], ["dev/a/denied", "azure-kv://team-kv/denied", "denied", "", ""]);
    assert_eq!(rows[2][..4], ["dev/a/key", "azure-kv://team-kv/key", "resolved", CURRENT]);
    // Both stand-ins say that it was made in November 2023.
    for age in [rows[0][4], rows[2][4]] {
        let days: u32 = age.strip_suffix(" d").expect(age).parse().unwrap();
        assert!(days > 700, "{age}");
    }
    let json = person.run(&["materialize", "--json"]).expect(&["materialize", "--json"], 30);
    let told = parsed(&json.stdout);
    assert_eq!(
        told[0],
        json!({
            "coordinate": "dev/a/aws",
            "origin": "global",
            "pointer": "aws-sm://key",
            "outcome": "resolved",
            "version": CURRENT,
            "created": "2023-11-14T22:13:20Z",
            "fault": null,
        })
    );
    assert_eq!((&told[1]["outcome"], &told[1]["version"]), (&json!("failed"), &Value::Null));
    let fault = &told[1]["fault"];
    assert_eq!(fault["kind"], "denied");
    assert!(fault["message"].as_str().unwrap().contains("team-kv.vault.azure.net denies"));
    assert!(!json.stdout.contains("value\""), "{}", json.stdout);
}

#[test]
fn a_check_reads_and_changes_nothing() {
    let clouds = clouds();
    let (alice, mut bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.ok(&["add", "dev/a/key", "--reference", "azure-kv://team-kv/key"]);
    alice.ok(&["seal", "dev/a/key", "--to", "bob", "-o", "p.kovra"]);
    alice.hand(&bob, "p.kovra");
    bob.ok(&["import", "p.kovra"]);
    bob.env.extend(clouds.env());
    let before = entry(&bob, "dev/a/key");
    bob.fails(&["materialize", "--check"], 20);
    assert!(clouds.requests().is_empty(), "nothing was read before a yes");
    assert!(bob.owner_ok(&["materialize", "--check"]).screen.contains(" readable "));
    assert_eq!(entry(&bob, "dev/a/key"), before, "it is as it was");
    bob.fails(&["materialize"], 20);
    bob.owner_ok(&["materialize"]);
    assert_eq!(entry(&bob, "dev/a/key")["chosen"], true);
    bob.ok(&["add", "dev/a/denied", "--reference", "azure-kv://team-kv/denied"]);
    bob.fails(&["materialize", "--check"], 30);
    bob.fails(&["materialize", "--check", "--capture"], 2);
}

#[test]
fn a_captured_pointer_is_a_literal_that_knows_where_it_is_from() {
    let clouds = clouds();
    let mut person = person(
        &clouds,
        &[
            ("dev/a/denied", "azure-kv://team-kv/denied", "medium"),
            ("dev/a/empty", "azure-kv://team-kv/empty", "medium"),
            ("dev/a/key", "azure-kv://team-kv/key", "low"),
        ],
    );
    let ran = person.run(&["materialize", "--capture"]).expect(&["materialize", "--capture"], 30);
    assert_eq!(ran.stdout.matches(" captured ").count(), 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("dev/a/empty: the value is empty"), "{}", ran.stderr);
    let trail = parsed(&person.ok(&["audit", "--json"]).stdout);
    let rows = trail.as_array().unwrap().iter();
    let mut failed: Vec<&str> = rows
        .filter(|row| row["outcome"] == "failed")
        .map(|row| row["coordinate"].as_str().unwrap())
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["dev/a/denied", "dev/a/empty"], "{trail:#}");
    assert!(!ran.stdout.contains("azure value") && !ran.stderr.contains("azure value"));
    let key = entry(&person, "dev/a/key");
    assert_eq!((&key["mode"], &key["sensitivity"]), (&json!("literal"), &json!("low")));
    assert_eq!(key["revision"], 2, "the pointer is kept beneath it");
    assert_eq!(key["from"]["copy_of"], "azure-kv://team-kv/key");
    assert_eq!(entry(&person, "dev/a/denied")["mode"], "reference");
    assert_eq!(entry(&person, "dev/a/empty")["mode"], "reference");
    // It is there without any cloud.
    person.env.retain(|name, _| !name.starts_with("AZURE_") && name != "HTTPS_PROXY");
    assert_eq!(person.ok(&["show", "dev/a/key"]).stdout, "azure value");
}

#[test]
fn policy_decides_before_anything_is_captured_or_read() {
    let clouds = clouds();
    let person = person(
        &clouds,
        &[
            ("dev/a/high", "azure-kv://team-kv/key", "high"),
            ("dev/a/inject", "aws-sm://key", "inject-only"),
            ("prod/a/key", "azure-kv://team-kv/key", "high"),
        ],
    );
    let denied = person.fails(&["materialize", "--capture"], 20);
    assert_eq!(
        denied,
        "error: policy: dev/a/high, dev/a/inject: it needs a person's yes, and there is no terminal to ask \
         at\n  \
         prod/a/key: what prod pointers lead to is never copied into a vault\n"
    );
    let at_prod = person.at_terminal(&["materialize", "--capture", "--env", "prod"], &[]);
    assert_eq!(at_prod.code, 20, "{}", at_prod.screen);
    let dev = ["materialize", "--capture", "--env", "dev"];
    let no = person.at_terminal(&dev, &[("Go on? [y/N]", "n")]);
    assert_eq!(no.code, 20, "{}", no.screen);
    assert!(no.screen.contains("keep a copy in this vault"), "{}", no.screen);
    person.fails(&["import", "aws-sm://key", "--as", "prod/b/key"], 20);
    assert!(clouds.requests().is_empty(), "something was read");
    assert_eq!(entry(&person, "dev/a/high")["mode"], "reference");
    let yes = person.at_terminal(&dev, &[("Go on? [y/N]", "y")]);
    assert_eq!(yes.code, 0, "{}", yes.screen);
    let trail = parsed(&person.ok(&["audit", "--json"]).stdout);
    let outcomes = |outcome: &str| {
        let rows = trail.as_array().unwrap().iter();
        rows.filter(|r| r["action"] == "capture" && r["outcome"] == outcome).count()
    };
    // Three at once, one of prod, two declined, one import; then the two.
    assert_eq!((outcomes("denied"), outcomes("confirmed")), (7, 2), "{trail:#}");
    let inject = entry(&person, "dev/a/inject");
    assert_eq!(
        (&inject["mode"], &inject["sensitivity"]),
        (&json!("literal"), &json!("inject-only"))
    );
    person.fails(&["show", "dev/a/inject"], 20);
}

#[test]
fn a_terminal_shows_how_far_it_is_and_a_pipe_does_not() {
    let clouds = Standin::builder()
        .azure("team-kv", "key", "value")
        .azure("team-kv", "hangs", Answer::Hang)
        .start();
    let pointers = [
        ("dev/a/hangs", "azure-kv://team-kv/hangs", "medium"),
        ("dev/a/key", "azure-kv://team-kv/key", "medium"),
    ];
    let person = person(&clouds, &pointers);
    let slow = ["materialize", "--timeout", "1800ms"];
    let session = person.at_terminal(&slow, &[]);
    let line = "\u{1b}[KResolving [############............] 1 of 2";
    assert!(session.screen.contains(line), "{}", session.screen);
    assert!(session.screen.contains("1 of 2\u{1b}[K"), "and it is wiped:\n{}", session.screen);
    let quick = person.at_terminal(&["materialize", "dev/a/key"], &[]);
    assert!(!quick.screen.contains("Resolving"), "{}", quick.screen);
    assert!(!person.fails(&slow, 32).contains("Resolving"));
}

#[test]
fn whoami_names_both_identities_and_no_secret() {
    let clouds = clouds();
    let person = person(&clouds, &[]);
    let table = person.ok(&["whoami"]);
    let who = format!("the client {CLIENT} of tenant {TENANT}");
    let key = format!("the access key ..{} of the environment", &ACCESS_KEY[16..]);
    for word in [who.as_str(), &key, "region eu-west-1", "the public cloud"] {
        assert!(table.stdout.contains(word), "{word}\n{}", table.stdout);
    }
    assert_eq!(table.stderr, "");
    let told = parsed(&person.ok(&["whoami", "--json"]).stdout);
    assert_eq!(told[0]["cloud"], "aws");
    assert_eq!(told[0]["identity"]["who"], key);
    assert_eq!(told[1]["identity"]["who"], who);
    assert!(clouds.requests().iter().all(|r| r.host == "login.microsoftonline.com"));
    for text in [table.stdout, told.to_string()] {
        for secret in [BEARER, CLIENT_SECRET, "aws-secret-access-key", ACCESS_KEY] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn whoami_names_the_account_of_a_tool_and_its_tenant() {
    use base64::Engine;
    let clouds = clouds();
    let mut person = person(&clouds, &[]);
    person.env.retain(|name, _| !name.starts_with("AZURE_"));
    let claims = format!(r#"{{"tid":"{TENANT}","upn":"bob@example.com\u001b[2J"}}"#);
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    let token = format!(
        r#"{{"accessToken":"e30.{claims}.sig","expires_on":4102444800,"tokenType":"Bearer"}}"#
    );
    program(&mut person, "az", &format!("echo '{token}'"));
    let told = parsed(&person.ok(&["whoami", "--json"]).stdout);
    assert_eq!(told[1]["identity"]["who"], "the account of `az` (bob@example.com[2J)");
    assert_eq!(told[1]["identity"]["where"], format!("the public cloud, tenant {TENANT}"));
}

#[test]
fn nobody_is_told_soon_and_what_to_run() {
    let clouds = clouds();
    let mut person = person(&clouds, &[("dev/a/key", "azure-kv://team-kv/key", "medium")]);
    person.ok(&["add", "dev/a/aws", "--reference", "aws-sm://key"]);
    person.env.retain(|name, _| {
        !["AZURE_", "AWS_ACCESS", "AWS_SECRET", "AWS_REGION", "AWS_EC2"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    });
    // A metadata service that never answers, as a firewall makes of one.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let imds = format!("http://{}", silent.local_addr().unwrap());
    person.env.insert("AWS_EC2_METADATA_SERVICE_ENDPOINT".into(), imds);
    let aws = "no AWS credentials were found\n    \
               sign in with `aws sso login`, or choose a profile with AWS_PROFILE\n";
    let azure = "no Azure identity was found: none in the environment, none on this machine, and \
                 neither `az` nor `azd` is signed in\n    sign in with `az login`, or set \
                 AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET\n";
    for (arguments, told) in [
        (
            &["whoami"][..],
            format!("error: there is no usable identity\n  AWS: {aws}  Azure: {azure}"),
        ),
        (
            &["materialize"],
            format!(
                "error: 2 of 2 pointers did not resolve\n  dev/a/aws: {aws}  dev/a/key: {azure}"
            ),
        ),
    ] {
        let start = Instant::now();
        assert_eq!(person.fails(arguments, 31), told);
        // The SDKs' own chains take four seconds and more; benches/resolve.rs measures ours.
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    assert!(clouds.requests().is_empty());
    // One cloud is enough to be somebody.
    person.env.insert("AWS_ACCESS_KEY_ID".into(), ACCESS_KEY.into());
    person.env.insert("AWS_SECRET_ACCESS_KEY".into(), "s".into());
    let one = person.ok(&["whoami"]);
    assert!(one.stderr.starts_with("Azure: no Azure identity was found"), "{}", one.stderr);
    assert!(one.stdout.contains("none: no identity"), "{}", one.stdout);
}

#[test]
fn a_national_cloud_is_a_local_choice() {
    let clouds = Standin::builder()
        .azure("team-kv.vault.azure.cn", "key", "from China")
        .azure("team-kv.vault.usgovcloudapi.net", "key", "from the government")
        .azure("team-kv", "key", "from the public cloud")
        .start();
    let mut person = person(&clouds, &[("dev/a/key", "azure-kv://team-kv/key", "medium")]);
    for (cloud, value, entra) in [
        ("china", "from China", "login.chinacloudapi.cn"),
        ("usgov", "from the government", "login.microsoftonline.us"),
        ("public", "from the public cloud", "login.microsoftonline.com"),
    ] {
        person.env.insert("KOVRA_AZURE_CLOUD".into(), cloud.into());
        let before = clouds.requests().len();
        assert_eq!(person.ok(&["show", "dev/a/key"]).stdout, value);
        assert_eq!(clouds.requests()[before].host, entra);
    }
    assert_eq!(
        person.ok(&["show", "dev/a/key", "--azure-cloud", "usgov"]).stdout,
        "from the government"
    );
    let said = person.fails(&["show", "dev/a/key", "--azure-cloud", "evil.example.com"], 2);
    assert!(said.contains("an Azure cloud is public, china or usgov"), "{said}");
}

#[test]
fn aws_has_national_clouds_too() {
    let clouds = Standin::builder()
        .aws("cn-north-1", "key", "from China")
        .aws("us-gov-west-1", "key", "from the government")
        .start();
    let china = "aws-sm://arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:key-AbCdEf";
    let gov = "aws-sm://arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:key";
    let person = person(
        &clouds,
        &[
            ("dev/a/china", china, "medium"),
            ("dev/a/gov", gov, "medium"),
            ("dev/a/region", "aws-sm://key?region=cn-north-1", "medium"),
        ],
    );
    assert_eq!(person.ok(&["materialize"]).stdout.matches(" resolved ").count(), 3);
    assert_eq!(person.ok(&["show", "dev/a/china"]).stdout, "from China");
    assert_eq!(person.ok(&["show", "dev/a/gov"]).stdout, "from the government");
}

#[test]
fn one_value_is_copied_from_a_pointer() {
    let clouds = clouds();
    let person = person(&clouds, &[]);
    let import = ["import", "azure-kv://team-kv/key", "--as", "dev/b/key"];
    let ran = person.ok(&import);
    assert_eq!(ran.stdout, "Copied azure-kv://team-kv/key to dev/b/key (medium).\n");
    assert_eq!(person.ok(&["show", "dev/b/key"]).stdout, "azure value");
    assert_eq!(entry(&person, "dev/b/key")["from"]["copy_of"], "azure-kv://team-kv/key");
    let asked = clouds.requests().len();
    assert!(person.fails(&import, 21).contains("--overwrite"));
    assert_eq!(clouds.requests().len(), asked, "a conflict is known before anything is read");
    person.ok(&[&import[..], &["--overwrite", "--sensitivity", "medium"]].concat());
    assert_eq!(entry(&person, "dev/b/key")["revision"], 2);
    let said = person.fails(&["import", "azure-kv://team-kv/denied", "--as", "dev/b/no"], 30);
    assert!(said.starts_with("error: dev/b/no did not resolve: team-kv.vault.azure.net denies"));
    person.fails(&["import", "azure-kv://team-kv/empty", "--as", "dev/b/no"], 30);
    let trail = person.ok(&["audit", "--json"]).stdout;
    assert_eq!(trail.matches(r#""outcome": "failed""#).count(), 2, "{trail}");
    let high = ["import", "aws-sm://key", "--as", "dev/b/high", "--sensitivity", "high"];
    person.fails(&high, 20);
    assert_eq!(person.at_terminal(&high, &[("Go on? [y/N]", "y")]).code, 0);
    assert!(person.fails(&["import", "aws-sm://key"], 2).contains("--as"));
    assert!(person.fails(&["import", "file", "--as", "dev/b/c"], 2).contains("not of a package"));
    person.fails(&["import", "aws-sm://k ey", "--as", "dev/b/c"], 2);
    person.fails(&["import", "aws-sm://key", "--as", "dev/b/c", "--dry-run"], 2);
}

const ITEM: &str = "op://Team Vault/db/password";

/// A stand-in for 1Password's program, which notes what it is called with.
const OP: &str = r#"
printf '%s\n' "$*" >> "$HOME/op.log"
case "$1 $2" in
    'read --no-newline') [ "$3" = 'op://Team Vault/db/password' ] && printf 'op value\n' && exit 0
        printf '[ERROR] \033]0;x\007 no item "%0500d"\n' 0 >&2; exit 1 ;;
    'whoami ') [ -z "$SIGNED_OUT" ]; exit ;;
esac
exit 9
"#;

fn with_op(script: &str) -> Person {
    let mut person = Person::with_vault("bob");
    program(&mut person, "op", script);
    person
}

#[test]
fn one_value_is_copied_from_1password() {
    let mut person = with_op(OP);
    let ran = person.ok(&["import", ITEM, "--as", "dev/db/password"]);
    assert_eq!(ran.stdout, format!("Copied {ITEM} to dev/db/password (medium).\n"));
    assert_eq!(ran.stderr, "");
    assert_eq!(person.ok(&["show", "dev/db/password"]).stdout, "op value\n", "byte for byte");
    assert_eq!(entry(&person, "dev/db/password")["from"]["copy_of"], ITEM);
    person.ok(&["import", ITEM, "--as", "prod/db/password"]);
    assert_eq!(entry(&person, "prod/db/password")["sensitivity"], "high");
    let low = ["import", ITEM, "--as", "prod/db/other", "--sensitivity", "low"];
    person.fails(&low, 20);
    let log = std::fs::read_to_string(person.home().join("op.log")).unwrap();
    assert_eq!(log, format!("read --no-newline {ITEM}\n").repeat(2), "that, and nothing secret");

    let said = person.fails(&["import", "op://Team Vault/db/none", "--as", "dev/db/none"], 30);
    let start = r#"error: dev/db/none did not resolve: `op` did not read it: [ERROR] \u{1b}]0;x\u{7} no item"#;
    assert!(said.starts_with(start), "{said}");
    assert!(said.len() < 600 && said.ends_with("with `op item get`\n"), "{said}");
    person.env.insert("SIGNED_OUT".into(), "1".into());
    let said = person.fails(&["import", "op://Team Vault/db/none", "--as", "dev/db/none"], 31);
    assert_eq!(
        said,
        "error: dev/db/none did not resolve: 1Password's program `op` is not signed in\n    \
         sign in with `op signin`, or set OP_SERVICE_ACCOUNT_TOKEN\n"
    );
    person.fails(&["import", "op://vault/item", "--as", "dev/db/none"], 2);
}

#[test]
fn a_1password_that_is_not_there_or_does_not_answer() {
    let person = Person::with_vault("bob");
    let said = person.fails(&["import", ITEM, "--as", "dev/db/password"], 30);
    assert_eq!(
        said,
        "error: dev/db/password did not resolve: 1Password's program `op` was not found\n    \
         install it from https://developer.1password.com/docs/cli, and sign in with `op signin`\n"
    );
    for script in ["sleep 60", "exec >&- 2>&-; sleep 60", "yes"] {
        let person = with_op(script);
        let start = Instant::now();
        let timed = ["import", ITEM, "--as", "dev/db/password", "--timeout", "400ms"];
        let said = person.fails(&timed, 32);
        assert!(said.contains("`op` did not end within 0.4 s"), "{said}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        assert_eq!(person.ok(&["list", "--json"]).stdout, "[]\n");
    }
    let person = with_op("head -c 300000 /dev/zero");
    let said = person.fails(&["import", ITEM, "--as", "dev/db/password"], 30);
    assert!(said.contains("more than 256 KiB"), "{said}");
    let person = with_op("exit 0");
    let said = person.fails(&["import", ITEM, "--as", "dev/db/password"], 2);
    assert!(said.contains("the value is empty"), "{said}");
    let log = person.kovra().args(["show", "dev/db/password"]).output().unwrap();
    assert!(!log.status.success());
}
