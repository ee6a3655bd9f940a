//! Both clouds as a user meets them: real SDKs, real TLS, an identity in the environment.
//!
//! The SDKs read the environment of their process, and no test may change its own. So each test runs
//! this very program again, as a [`child`] with an environment made for it.

#![cfg(all(feature = "aws", feature = "azure"))]

mod child;

use child::{run, without};
use forge::clouds::{
    ACCESS_KEY, Answer, BEARER, CLIENT, CURRENT, FEDERATED, ROLE, SSO_TOKEN, Standin, TENANT,
};
use kovra::provider::FaultKind;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

const AWS_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn both_clouds_give_their_values() {
    let old = "fedcba9876543210fedcba9876543210";
    let standin = Standin::builder()
        .azure("payments-kv", "db-url", "postgres://payments")
        .azure_version("payments-kv", "db-url", old, "postgres://old")
        .aws("eu-west-1", "prod/db", r#"{"user":"ann","port":5432}"#)
        .aws("us-east-1", "prod/db", "from the other coast")
        .aws_version("eu-west-1", "prod/db", old, "old")
        .aws_version("eu-west-1", "prod/db", "AWSPREVIOUS", "previous")
        .aws("eu-west-1", "bytes", Answer::Binary("3q2+7w=="))
        .start();
    let run = run(
        &standin.env(),
        &[
            "azure-kv://payments-kv/db-url".to_owned(),
            format!("azure-kv://Payments-KV/db-url/{old}"),
            "aws-sm://prod/db#user".to_owned(),
            "aws-sm://prod/db#port".to_owned(),
            "aws-sm://prod/db?region=us-east-1".to_owned(),
            format!("aws-sm://prod/db?version-id={old}"),
            "aws-sm://prod/db?version-stage=AWSPREVIOUS".to_owned(),
            "aws-sm://bytes".to_owned(),
            "aws-sm://arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf".into(),
            "aws-sm://prod/db#password".to_owned(),
        ],
    );
    let values: Vec<_> = (0..9).map(|place| run.value(place)).collect();
    assert_eq!(values[..2], ["postgres://payments", "postgres://old"]);
    assert_eq!(values[2..7], ["ann", "5432", "from the other coast", "old", "previous"]);
    assert_eq!(values[7], r"\xde\xad\xbe\xef");
    assert_eq!(values[8], "from the other coast");
    assert_eq!(run.outcomes[0][2], CURRENT);
    assert_eq!(run.outcomes[1][2], old);
    assert_eq!(run.outcomes[5][2], old);
    run.fault(9, FaultKind::Malformed);
    let refused: Vec<_> =
        standin.requests().into_iter().filter(|request| request.method == "CONNECT").collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn aws_is_asked_twenty_at_a_time() {
    let names: Vec<String> = (0..45).map(|i| format!("service/{i}")).collect();
    let standin =
        names.iter().fold(Standin::builder(), |b, name| b.aws("eu-west-1", name, name.as_str()));
    let standin = standin.start();
    let pointers: Vec<String> = names.iter().map(|name| format!("aws-sm://{name}")).collect();
    let run = run(&standin.env(), &pointers);
    for (place, name) in names.iter().enumerate() {
        assert_eq!(run.value(place), name);
    }
    let asked = standin.requests_to("secretsmanager.eu-west-1.amazonaws.com");
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|request| request.operation == "BatchGetSecretValue"));
}

#[test]
fn a_denied_batch_falls_back_to_single_gets() {
    let standin = Standin::builder()
        .aws("eu-west-1", "a", "1")
        .aws("eu-west-1", "b", Answer::Denied)
        .aws("eu-west-1", "c", "3")
        .aws_batch("eu-west-1", Answer::Denied)
        .start();
    let run = run(&standin.env(), &["aws-sm://a", "aws-sm://b", "aws-sm://c", "aws-sm://d"]);
    assert_eq!(run.kinds(), ["ok", "Denied", "ok", "NotFound"]);
}

#[test]
fn a_failing_batch_is_not_asked_again_one_by_one() {
    let standin = Standin::builder()
        .aws("eu-west-1", "a", "1")
        .aws("eu-west-1", "b", "2")
        .aws_batch("eu-west-1", Answer::Throttled(1))
        .start();
    let run = run(&standin.env(), &["aws-sm://a", "aws-sm://b"]);
    assert_eq!(run.kinds(), ["Throttled", "Throttled"]);
    assert!(standin.requests().iter().all(|r| r.operation == "BatchGetSecretValue"));
}

#[test]
fn aws_troubles_are_told_apart() {
    let standin = Standin::builder()
        .aws("eu-west-1", "fine", "value")
        .aws("eu-west-1", "denied", Answer::Denied)
        .aws("eu-west-1", "deleted", Answer::Disabled)
        .aws("eu-west-1", "throttled", Answer::Throttled(1))
        .aws("eu-west-1", "broken", Answer::Broken)
        .aws("eu-west-1", "garbage", Answer::Garbage)
        .aws("eu-west-1", "empty", Answer::Empty)
        .start();
    let names = ["fine", "denied", "deleted", "throttled", "broken", "garbage", "empty", "none"];
    let kinds = [
        "ok",
        "Denied",
        "Disabled",
        "Throttled",
        "Unreachable",
        "Unreachable",
        "Malformed",
        "NotFound",
    ];
    let batched: Vec<_> = names.iter().map(|name| format!("aws-sm://{name}")).collect();
    let outcome = run(&standin.env(), &batched);
    assert_eq!(outcome.kinds(), kinds);
    let who = format!("the access key ..{} of the environment", &ACCESS_KEY[16..]);
    for place in 1..6 {
        assert!(outcome.outcomes[place][1].contains(&who), "{:?}", outcome.outcomes[place]);
    }
    // The same, one by one: a version stage keeps them out of the batch.
    let standin = Standin::builder()
        .aws_version("eu-west-1", "fine", "S", "value")
        .aws_version("eu-west-1", "denied", "S", Answer::Denied)
        .aws_version("eu-west-1", "deleted", "S", Answer::Disabled)
        .aws_version("eu-west-1", "throttled", "S", Answer::Throttled(1))
        .aws_version("eu-west-1", "broken", "S", Answer::Broken)
        .aws_version("eu-west-1", "garbage", "S", Answer::Garbage)
        .aws_version("eu-west-1", "empty", "S", Answer::Empty)
        .start();
    let single: Vec<_> = names.map(|name| format!("aws-sm://{name}?version-stage=S")).into();
    assert_eq!(run(&standin.env(), &single).kinds(), kinds);
}

#[test]
fn one_token_serves_a_burst() {
    let names: Vec<String> = (0..30).map(|i| format!("s{i}")).collect();
    let standin = names
        .iter()
        .fold(Standin::builder(), |b, name| {
            b.azure("payments-kv", name, name.as_str()).azure("orders-kv", name, name.as_str())
        })
        .start();
    let pointers: Vec<String> = ["payments-kv", "orders-kv"]
        .into_iter()
        .flat_map(|vault| names.iter().map(move |name| format!("azure-kv://{vault}/{name}")))
        .collect();
    let run = run(&standin.env(), &pointers);
    for (place, outcome) in run.outcomes.iter().enumerate() {
        assert_eq!(outcome[1], names[place % 30]);
    }
    assert_eq!(standin.requests_to("login.microsoftonline.com").len(), 1);
    for vault in ["payments-kv.vault.azure.net", "orders-kv.vault.azure.net"] {
        let asked = standin.requests_to(vault);
        let challenged = asked.iter().filter(|r| r.authorization.is_none()).count();
        assert_eq!((challenged, asked.len()), (1, 31), "one challenge serves a vault");
    }
}

#[test]
fn calls_in_flight_are_bounded() {
    const MANY: usize = 120;
    let slow = Standin::builder().latency(Duration::from_millis(30));
    // Where batches are denied, each is asked for alone.
    let slow = slow.aws_batch("eu-west-1", Answer::Denied);
    let aws = (0..MANY).fold(slow, |b, n| b.aws("eu-west-1", &format!("s{n}"), "value")).start();
    let slow = Standin::builder().latency(Duration::from_millis(30));
    let azure = (0..MANY).fold(slow, |b, n| b.azure("team-kv", &format!("s{n}"), "value")).start();
    for (standin, scheme) in [(aws, "aws-sm://"), (azure, "azure-kv://team-kv/")] {
        let pointers: Vec<String> = (0..MANY).map(|n| format!("{scheme}s{n}")).collect();
        let run = run(&standin.env(), &pointers);
        assert!(run.kinds().iter().all(|kind| *kind == "ok"));
        assert!((16..=32).contains(&standin.most_at_once()), "{}", standin.most_at_once());
    }
}

#[test]
fn without_any_credentials_the_answer_is_quick_and_says_what_to_do() {
    let standin = Standin::builder().start();
    // Metadata services are tried: AWS's is a port that never answers, Azure's has a fixed address.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let imds = format!("http://{}", silent.local_addr().unwrap());
    let mut env = without(standin.env(), &["AWS_ACCESS", "AWS_SECRET", "AWS_EC2", "AZURE_"]);
    env.insert("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), imds);
    let run = run(&env, &["aws-sm://a", "azure-kv://payments-kv/a"]);
    assert!(run.fault(0, FaultKind::NoIdentity).contains("no AWS credentials"));
    assert!(run.outcomes[0][2].contains("aws sso login"));
    assert!(run.fault(1, FaultKind::NoIdentity).contains("no Azure identity"));
    assert!(run.outcomes[1][2].contains("az login"));
    assert!(run.took < Duration::from_secs(3), "{:?}", run.took);
    assert!(standin.requests().is_empty());
}

#[test]
fn an_aws_profile_gives_keys_and_region_and_is_named() {
    let standin = Standin::builder().aws("eu-north-1", "a", "value").start();
    let mut env = without(standin.env(), AWS_KEYS);
    env.remove("AWS_REGION");
    env.insert("AWS_PROFILE".to_owned(), "work".to_owned());
    let keys = format!("aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = s\n");
    let file = format!("[profile work]\nregion = eu-north-1\n{keys}");
    std::fs::write(standin.folder().join("aws-config"), file).unwrap();
    let outcome = run(&env, &["aws-sm://a", "aws-sm://b"]);
    assert_eq!(outcome.value(0), "value");
    assert!(outcome.fault(1, FaultKind::NotFound).contains("the AWS profile 'work'"));

    env.insert("AWS_PROFILE".to_owned(), "absent".to_owned());
    let outcome = run(&env, &["aws-sm://a"]);
    assert!(outcome.fault(0, FaultKind::NoIdentity).contains("the AWS profile 'absent'"));
}

/// The keys of each are lent by another service, which the SDK reaches with our client or not at all.
#[test]
fn aws_lends_a_role_to_a_profile_a_workload_and_who_signed_in() {
    let standin = Standin::builder().aws("eu-west-1", "a", "value").start();
    let file = |name: &str, text: &str| {
        let path = standin.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let config = format!(
        "[profile keys]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = s\n\
         [profile role]\nrole_arn = {ROLE}\nsource_profile = keys\n\
         [profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = reader\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"
    );
    file("aws-config", &config);
    // SHA-1 of the session's name.
    file(
        "home/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        &format!(r#"{{"accessToken": "{SSO_TOKEN}", "expiresAt": "2100-01-01T00:00:00Z"}}"#),
    );
    let token = file("token", FEDERATED);
    let home = standin.folder().join("home").to_string_lossy().into_owned();
    let base = without(standin.env(), AWS_KEYS);
    for more in [
        &[("AWS_PROFILE", "role")][..],
        &[("AWS_PROFILE", "sso"), ("HOME", &home)],
        &[("AWS_ROLE_ARN", ROLE), ("AWS_WEB_IDENTITY_TOKEN_FILE", &token)],
    ] {
        let mut env = base.clone();
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let run = run(&env, &["aws-sm://a"]);
        assert_eq!(run.kinds(), ["ok"], "{more:?}: {:?}", run.outcomes);
    }
}

#[test]
fn a_containers_role_is_asked_past_the_proxy() {
    let standin = Standin::builder().aws("eu-west-1", "a", "value").start();
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut env = without(standin.env(), AWS_KEYS);
    let address = format!("http://{}/role", service.local_addr().unwrap());
    env.insert("AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(), address);
    // Nobody listens there.
    env.insert("HTTP_PROXY".to_owned(), "http://127.0.0.1:1".to_owned());
    let keys = format!(
        r#"{{"AccessKeyId":"{ACCESS_KEY}","SecretAccessKey":"s","Token":"t","Expiration":"2100-01-01T00:00:00Z"}}"#
    );
    let server = std::thread::spawn(move || answer_once(&service, &keys));
    assert_eq!(run(&env, &["aws-sm://a"]).value(0), "value");
    assert!(server.join().unwrap().starts_with("GET /role "));
}

#[test]
fn an_instances_role_and_region_come_from_its_metadata() {
    let standin = Standin::builder().aws("eu-west-1", "a", "value").start();
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut env = without(standin.env(), &["AWS_ACCESS", "AWS_SECRET", "AWS_EC2", "AWS_REGION"]);
    let address = format!("http://{}", service.local_addr().unwrap());
    env.insert("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), address);
    env.insert("HTTP_PROXY".to_owned(), "http://127.0.0.1:1".to_owned());
    let keys = format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{ACCESS_KEY}","SecretAccessKey":"s","Token":"t","Expiration":"2100-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}}"#
    );
    // It serves for as long as the test runs.
    std::thread::spawn(move || {
        loop {
            answer(&service, |request| match request.split(' ').nth(1).unwrap() {
                "/latest/api/token" => "token".to_owned(),
                "/latest/meta-data/placement/region" => "eu-west-1".to_owned(),
                "/latest/meta-data/iam/security-credentials/" => "reader".to_owned(),
                "/latest/meta-data/iam/security-credentials/reader" => keys.clone(),
                other => panic!("{other}"),
            });
        }
    });
    assert_eq!(run(&env, &["aws-sm://a"]).value(0), "value");
}

/// Answers one request with JSON, and gives what was asked.
fn answer_once(service: &TcpListener, body: &str) -> String {
    answer(service, |_| body.to_owned())
}

fn answer(service: &TcpListener, body: impl Fn(&str) -> String) -> String {
    let (mut stream, _) = service.accept().unwrap();
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    let body = body(&request);
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
                x-aws-ec2-metadata-token-ttl-seconds: 21600";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    request
}

#[test]
fn an_aws_pointer_without_a_region_needs_one_configured() {
    let standin = Standin::builder().aws("eu-west-1", "a", "value").start();
    let env = without(standin.env(), &["AWS_REGION"]);
    let run = run(&env, &["aws-sm://a", "aws-sm://a?region=eu-west-1"]);
    assert!(run.fault(0, FaultKind::NoIdentity).contains("region"));
    assert_eq!(run.value(1), "value");
}

#[test]
fn refused_identities_are_named() {
    let standin = Standin::builder()
        .aws("eu-west-1", "a", "value")
        .aws("eu-west-1", "b", "value")
        .azure("payments-kv", "a", "value")
        .start();
    let mut env = standin.env();
    env.insert("AZURE_CLIENT_SECRET".to_owned(), "wrong".to_owned());
    env.insert("AWS_ACCESS_KEY_ID".to_owned(), "AKIDWRONG00000000007".to_owned());
    let run = run(&env, &["azure-kv://payments-kv/a", "aws-sm://a", "aws-sm://b"]);
    let what = run.fault(0, FaultKind::NoIdentity);
    assert!(what.contains(CLIENT) && what.contains(TENANT), "{what}");
    assert!(run.fault(1, FaultKind::NoIdentity).contains("..0007"));
    run.fault(2, FaultKind::NoIdentity);
    assert!(standin.requests_to("payments-kv.vault.azure.net").is_empty());
    assert_eq!(standin.requests_to("secretsmanager.eu-west-1.amazonaws.com").len(), 1);
}

#[test]
fn a_workload_identity_signs_in_with_its_token_file() {
    let standin = Standin::builder().azure("payments-kv", "a", "value").start();
    let mut env = without(standin.env(), &["AZURE_CLIENT_SECRET"]);
    let file = standin.folder().join("token");
    std::fs::write(&file, FEDERATED).unwrap();
    env.insert("AZURE_FEDERATED_TOKEN_FILE".to_owned(), file.to_string_lossy().into_owned());
    assert_eq!(run(&env, &["azure-kv://payments-kv/a"]).value(0), "value");
}

#[test]
fn a_managed_identity_is_asked_past_the_proxy() {
    let standin = Standin::builder().azure("payments-kv", "a", "value").start();
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut env = without(standin.env(), &["AZURE_"]);
    let address = service.local_addr().unwrap();
    env.insert("IDENTITY_ENDPOINT".to_owned(), format!("http://{address}/msi/token"));
    env.insert("IDENTITY_HEADER".to_owned(), "code".to_owned());
    // Nobody listens there.
    env.insert("HTTP_PROXY".to_owned(), "http://127.0.0.1:1".to_owned());
    let token = format!(
        r#"{{"access_token":"{}","expires_on":"4102444800","token_type":"Bearer","resource":"r"}}"#,
        BEARER
    );
    let server = std::thread::spawn(move || answer_once(&service, &token));
    let run = run(&env, &["azure-kv://payments-kv/a", "azure-kv://payments-kv/b"]);
    assert_eq!(run.value(0), "value");
    assert!(run.fault(1, FaultKind::NotFound).contains("the managed identity of this machine"));
    let request = server.join().unwrap();
    assert!(request.starts_with("GET /msi/token?") && request.contains("vault.azure.net"));
}

/// Puts a program into the stand-in's folder, and that folder alone into PATH.
fn program(standin: &Standin, env: &mut BTreeMap<String, String>, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = standin.folder().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    env.insert("PATH".to_owned(), standin.folder().to_string_lossy().into_owned());
}

#[test]
fn azd_is_asked_where_az_is_not_signed_in() {
    let standin = Standin::builder().azure("payments-kv", "a", "1").start();
    let mut env = without(standin.env(), &["AZURE_"]);
    program(&standin, &mut env, "az", "exit 1");
    let token = format!(r#"echo '{{"token": "{}", "expiresOn": "2100-01-01T00:00:00Z"}}'"#, BEARER);
    program(&standin, &mut env, "azd", &token);
    let run = run(&env, &["azure-kv://payments-kv/a", "azure-kv://payments-kv/none"]);
    assert_eq!(run.value(0), "1");
    assert!(run.fault(1, FaultKind::NotFound).contains("the account of `azd`"));
}

#[test]
fn the_azure_cli_is_started_once() {
    let standin =
        Standin::builder().azure("payments-kv", "a", "1").azure("payments-kv", "b", "2").start();
    let mut env = without(standin.env(), &["AZURE_"]);
    let count = standin.folder().join("count");
    let script = format!(
        "echo started >> '{}'\necho '{{\"accessToken\":\"{}\",\"expires_on\":4102444800,\
         \"tokenType\":\"Bearer\"}}'",
        count.display(),
        BEARER
    );
    program(&standin, &mut env, "az", &script);
    let pointers = ["azure-kv://payments-kv/a", "azure-kv://payments-kv/b"];
    let run = run(&env, &[pointers[0], pointers[1], "azure-kv://payments-kv/none"]);
    assert_eq!((run.value(0), run.value(1)), ("1", "2"));
    assert!(run.fault(2, FaultKind::NotFound).contains("the account of `az`"));
    assert_eq!(std::fs::read_to_string(count).unwrap(), "started\n");
}

#[test]
fn no_bearer_token_goes_to_another_host_or_audience() {
    let standin = Standin::builder()
        .azure("payments-kv", "redirect", Answer::Redirect)
        .azure("payments-kv", "foreign", Answer::Challenge("https://evil.example.com"))
        // A parent domain satisfies the SDK's own check of a challenge.
        .azure("payments-kv", "parent", Answer::Challenge("https://azure.net"))
        .start();
    for name in ["redirect", "foreign", "parent"] {
        let run = run(&standin.env(), &[format!("azure-kv://payments-kv/{name}")]);
        run.fault(0, FaultKind::Misled);
    }
    for request in standin.requests() {
        assert_ne!(request.host, "evil.example.com");
        assert_eq!(request.authorization, None, "{request:?}");
    }
}

#[test]
fn a_proxy_that_refuses_is_unreachable() {
    let standin = Standin::builder().start();
    let run = run(&standin.env(), &["azure-kv://payments-kv/a", "aws-sm://a"]);
    run.fault(0, FaultKind::Unreachable);
    run.fault(1, FaultKind::Unreachable);
}
