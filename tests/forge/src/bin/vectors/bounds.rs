//! Clause 4.6 at its bounds: what is just allowed, and what is one past it.

use crate::case::{
    At::{Good, Open},
    Case, POLICY, case,
};
use crate::entries::{for_bob, literal, odd, reference};

pub(crate) fn cases() -> Vec<Case> {
    [good_pointers(), past_pointers(), descriptions(), coordinates()]
        .into_iter()
        .flatten()
        .collect()
}

/// Pointers of one kind, each an entry.
fn all(name: &str, note: &str, pointers: Vec<String>) -> Case {
    case(format!("4.6-pointers-{name}"), Good, note, move || {
        let item = |(i, pointer): (usize, &String)| reference(&format!("dev/a/{i:02}"), pointer, 1);
        for_bob(&pointers.iter().enumerate().map(item).collect::<Vec<_>>())
    })
}

fn arn(partition: &str, region: &str, account: &str, name: &str) -> String {
    format!("aws-sm://arn:{partition}:secretsmanager:{region}:{account}:secret:{name}")
}

const ACCOUNT: &str = "123456789012";

fn in_region(region: &str) -> String {
    format!("aws-sm://x?region={region}")
}

fn good_pointers() -> Vec<Case> {
    let x = |count: usize| "x".repeat(count);
    let partitions = [
        ("aws", "eu-west-1"),
        ("aws-cn", "cn-northwest-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws-iso-e", "eu-isoe-west-1"),
        ("aws-iso-f", "us-isof-south-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-a", "aa-aa-0"),
        ("aws--", "aa-aa-00"),
        ("aws-abcdefghijklmnop", "eu-west-99"),
    ];
    let partitions = partitions.map(|(partition, region)| arn(partition, region, ACCOUNT, "x"));
    let twelve = ["abcdefghijkl"; 4].join("-");
    let regions =
        ["ab-cd-1", "ab-cd-ef-12", "ab-cd-ef-gh-9", &format!("{twelve}-12")].map(in_region);
    let names = [
        x(1),
        x(512),
        "azAZ09/_+=.@-".to_owned(),
        "arn".to_owned(),
        "a?version-stage=azAZ09/_+=.@-".to_owned(),
        format!("a?version-stage={}", x(1)),
        format!("a?version-stage={}", x(256)),
        format!("a?version-id={}", "0".repeat(32)),
        format!("a?version-id={}", "azAZ09--".repeat(8)),
        format!("a?region=eu-west-1&version-stage=s#{}", "f".repeat(128)),
        "a#!$&()*+,-./:;=?@[]_~#".to_owned(),
    ];
    let names = names.map(|name| format!("aws-sm://{name}"));
    let arns =
        [x(1), x(512), "azAZ09/_+=.@-".into(), "db-AbCdEf?version-stage=AWSCURRENT#f".into()];
    let arns = arns.map(|name| arn("aws", "eu-west-1", "000000000000", &name));
    let vaults =
        ["abc", "a-c", "Z09", &format!("a{}z", "b".repeat(22)), "a-b-c-d-e-f-g-h-i-j-k-l9"];
    let vaults = vaults.map(|vault| format!("azure-kv://{vault}/x"));
    let secrets = [x(1), x(127), "-".into(), "azAZ09-".into(), "x/0".into(), "x/azAZ09".into()];
    let mut secrets: Vec<String> =
        secrets.map(|secret| format!("azure-kv://abc/{secret}")).to_vec();
    secrets.push(format!("azure-kv://abc/{}/{}#{}", x(127), "v".repeat(32), "f".repeat(128)));
    vec![
        all(
            "partitions",
            "Each partition, and the shortest and the longest name of one.",
            partitions.to_vec(),
        ),
        all("regions", "Regions of 2 to 4 words of 2 to 12 letters.", regions.to_vec()),
        all("aws", "Names, versions, stages and fields at their bounds.", names.to_vec()),
        all("arns", "Names of ARNs at their bounds.", arns.to_vec()),
        all("vaults", "Vaults at their bounds.", vaults.to_vec()),
        all("azure", "Secrets, versions and fields at their bounds.", secrets),
    ]
}

fn past_pointers() -> Vec<Case> {
    let x = |count: usize| "x".repeat(count);
    let aws = |partition: &str| arn(partition, "eu-west-1", ACCOUNT, "x");
    let rows = [
        ("arn-partition-17", aws("aws-abcdefghijklmnopq")),
        ("arn-partition-capital", aws("aws-CN")),
        ("arn-partition-digit", aws("aws-iso2")),
        ("arn-partition-no-hyphen", aws("awscn")),
        ("arn-account-11", arn("aws", "eu-west-1", "12345678901", "x")),
        ("arn-account-13", arn("aws", "eu-west-1", "1234567890123", "x")),
        ("arn-account-letter", arn("aws", "eu-west-1", "12345678901a", "x")),
        ("arn-name-513", arn("aws", "eu-west-1", ACCOUNT, &x(513))),
        ("arn-name-colon", arn("aws", "eu-west-1", ACCOUNT, "a:b")),
        ("arn-capital", arn("aws", "eu-west-1", ACCOUNT, "x").replace("arn:", "ARN:")),
        ("aws-region-5-words", in_region("ab-cd-ef-gh-ij-1")),
        ("aws-region-13-letters", in_region("abcdefghijklm-cd-1")),
        ("aws-region-1-letter", in_region("ab-c-1")),
        ("aws-region-first-1-letter", in_region("a-cd-1")),
        ("aws-region-no-number", in_region("ab-cd-")),
        ("aws-region-word-last", in_region("ab-cd-ef")),
        ("aws-region-number-alone", in_region("1")),
        ("aws-region-number-first", in_region("1-ab-cd")),
        ("aws-region-capital", in_region("ab-Cd-1")),
        ("aws-region-digit-in-word", in_region("ab-c1-1")),
        ("aws-region-hyphen-twice", in_region("ab--cd-1")),
        ("aws-version-id-31", format!("aws-sm://a?version-id={}", "0".repeat(31))),
        ("aws-version-id-underscore", format!("aws-sm://a?version-id={}_", "0".repeat(31))),
        ("aws-stage-colon", "aws-sm://a?version-stage=a:b".into()),
        ("aws-stage-twice", "aws-sm://a?version-stage=a&version-stage=a".into()),
        ("aws-name-tilde", "aws-sm://a~b".into()),
        ("aws-second-question", "aws-sm://a?region=eu-west-1?x".into()),
        ("azure-hyphens-in-vault", "azure-kv://a--b/x".into()),
        ("azure-no-vault-letter", "azure-kv://a_b/x".into()),
        ("azure-dot-in-secret", "azure-kv://abc/x.y".into()),
        ("azure-empty-version", "azure-kv://abc/x/".into()),
        ("azure-question-behind-version", "azure-kv://abc/x/v?a=b".into()),
        ("azure-field-129", format!("azure-kv://abc/x#{}", "f".repeat(129))),
        ("azure-field-empty", "azure-kv://abc/x#".into()),
        ("field-alone", "#f".into()),
    ];
    let past = rows.map(|(name, pointer)| {
        let note = match pointer.len() {
            0..80 => format!("The pointer is {pointer:?}."),
            length => format!("The pointer is {length} characters long."),
        };
        let entry = reference("dev/a/b", &pointer, 1).encode();
        case(format!("4.6-pointer-{name}"), Open(POLICY), note, move || odd(entry.clone()))
            .rows(&[60])
    });
    let characters = "\"'`\\%<>^{|} \u{7f}\u{80}\u{1f}".chars().map(|c| {
        let note = format!("A pointer with U+{:04X} in its field.", u32::from(c));
        let entry = reference("dev/a/b", &format!("aws-sm://x#a{c}"), 1).encode();
        case(
            format!("4.6-pointer-field-with-{:02x}", u32::from(c)),
            Open(POLICY),
            note,
            move || odd(entry.clone()),
        )
        .rows(&[55])
    });
    past.into_iter().chain(characters).collect()
}

/// The characters next to each range of clause 4.6, which are outside of it.
const OUTSIDE: &str = "\u{20}\u{7e}\u{a0}\u{ac}\u{ae}\u{34e}\u{350}\u{61b}\u{61d}\u{115e}\u{1161}\u{17b3}\u{17b6}\
    \u{180a}\u{1810}\u{200a}\u{2010}\u{2027}\u{202f}\u{205f}\u{2070}\u{3163}\u{3165}\u{fdff}\u{fe10}\u{fefe}\u{ff00}\
    \u{ff9f}\u{ffa1}\u{ffef}\u{fffc}\u{1d172}\u{1d17b}\u{dffff}\u{e1000}\u{10ffff}";

fn descriptions() -> Vec<Case> {
    let ends = [
        '\u{1f}',
        '\u{9f}',
        '\u{80}',
        '\u{17b4}',
        '\u{180e}',
        '\u{2029}',
        '\u{206a}',
        '\u{fff8}',
        '\u{e0001}',
    ];
    let inside = ends.map(|c| {
        let note = format!("The description is U+{:04X}.", u32::from(c));
        let entry = literal("dev/a/b", b"v", 1).described(&c.to_string()).encode();
        case(format!("4.6-description-with-{:02x}", u32::from(c)), Open(POLICY), note, move || {
            odd(entry.clone())
        })
        .rows(&[55])
    });
    let outside =
        case("4.6-descriptions-outside", Good, "The characters next to each range.", || {
            for_bob(&[literal("dev/a/b", b"v", 1).described(OUTSIDE)])
        });
    inside.into_iter().chain([outside]).collect()
}

fn coordinates() -> Vec<Case> {
    let long = |length| "x".repeat(length);
    let rows = [
        ("env-65-bytes", format!("{}/a/b", long(65))),
        ("component-65-bytes", format!("dev/{}/b", long(65))),
        ("leading-dot-first", ".dev/a/b".into()),
        ("leading-dot-second", "dev/.a/b".into()),
        ("dot-dot-in-env", "d..v/a/b".into()),
        ("dot-dot-in-component", "dev/a..b/c".into()),
        ("slash-at-the-end", "dev/a/b/".into()),
        ("tilde", "dev/a/b~".into()),
        ("plus", "dev/a/b+c".into()),
        ("capital-last", "dev/a/bC".into()),
    ];
    let past = rows.map(|(name, coordinate)| {
        let note = format!("The coordinate is {coordinate:?}.");
        let entry = literal(&coordinate, b"v", 1).encode();
        case(format!("4.6-coordinate-{name}"), Open(POLICY), note, move || odd(entry.clone()))
            .rows(&[54])
    });
    let good =
        case("4.6-coordinates-all", Good, "All characters of a segment, and dots apart.", || {
            for_bob(&[
                literal("0-9/a.b.c/z", b"v", 1),
                literal("abcdefghijklmnopqrstuvwxyz/0123456789/x._-._-", b"v", 1),
            ])
        });
    past.into_iter().chain([good]).collect()
}
