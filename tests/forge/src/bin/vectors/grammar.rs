//! Clauses 4.6 and 4.7: what an entry may say, and the rules on all of them.

use crate::case::{
    At::{Good, Open},
    Case, MALFORMED, Made, POLICY, case,
};
use crate::entries::{Item, for_bob, literal, odd, odds, reference};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [good(), coordinates(), descriptions(), azure(), aws(), schemes(), collisions()];
    groups.into_iter().chain([production(), names()]).flatten().collect()
}

fn good() -> Vec<Case> {
    let pointers = [
        "azure-kv://abc/d",
        "azure-kv://orders-kv/db-url/0123456789abcdef0123456789abcdef#password",
        "azure-kv://Orders-KV0/-A-#a.b[0]/c?d#e",
        "aws-sm://prod/db",
        "aws-sm:///prod//db+x=1.@-_",
        "aws-sm://prod/db?region=eu-west-1",
        "aws-sm://prod/db?version-id=01234567-89ab-cdef-0123-456789abcdef",
        "aws-sm://prod/db?version-stage=AWSPREVIOUS&region=us-gov-east-1#user",
        "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
        "aws-sm://arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:x?region=cn-north-1",
    ];
    let make = move || {
        let item = |(i, pointer): (usize, &&str)| reference(&format!("dev/a/{i}"), pointer, 1);
        for_bob(&pointers.iter().enumerate().map(item).collect::<Vec<_>>())
    };
    let longest = || {
        let segment = "x".repeat(64);
        let name = format!("{segment}/{segment}/{segment}");
        for_bob(&[
            literal("0/0/0", b"v", 1),
            literal("a.b-c_d/e.-_f/g_.h-", b"v", 1),
            literal(&name, b"v", 1),
        ])
    };
    let described = || {
        for_bob(&[
            literal("dev/a/b", b"v", 1).described(" spaces at both ends "),
            literal("dev/a/c", b"v", 1).described("\u{e9}\u{301}\u{1f511}\u{a0}\u{2192}\u{fffd}"),
        ])
    };
    vec![
        case("4.6-pointers", Good, "Pointers of all forms.", make),
        case("4.6-coordinates", Good, "The shortest and the longest coordinate.", longest),
        case(
            "4.6-descriptions",
            Good,
            "Descriptions in any script, with combining marks.",
            described,
        ),
    ]
}

fn coordinates() -> Vec<Case> {
    let long = format!("dev/a/{}", "x".repeat(65));
    let rows: [(&str, &str, &[u8]); 32] = [
        ("empty", "", &[54]),
        ("one-segment", "dev", &[54]),
        ("two-segments", "dev/a", &[54]),
        ("four-segments", "dev/a/b/c", &[54]),
        ("absolute", "/dev/a/b", &[54]),
        ("empty-env", "/a/b", &[54]),
        ("empty-component", "dev//b", &[54]),
        ("empty-key", "dev/a/", &[54]),
        ("dot-dot", "dev/../b", &[54]),
        ("dot-dot-first", "../a/b", &[54]),
        ("dot-dot-last", "dev/a/..", &[54]),
        ("dot-dot-inside", "dev/a/b..c", &[54]),
        ("leading-dot", "dev/a/.b", &[54]),
        ("leading-hyphen", "dev/a/-b", &[54]),
        ("leading-hyphen-first", "-dev/a/b", &[54]),
        ("leading-underscore", "dev/a/_b", &[54]),
        ("backslash", "dev\\a\\b", &[54]),
        ("nul", "dev/a/b\0", &[54]),
        ("space", "dev/a/b c", &[54]),
        ("line-feed", "dev/a/b\n", &[55]),
        ("escape", "dev/a/\u{1b}]52;c;eA==\u{7}", &[55]),
        ("c1", "dev/a/b\u{9b}", &[55]),
        ("zero-width", "dev/a/b\u{200b}", &[55]),
        ("bidi", "dev/a/b\u{202e}c", &[55]),
        ("cyrillic", "dev/\u{430}/b", &[56]),
        ("script-letter", "dev/a/pass\u{1d4cc}ord", &[56]),
        ("capital", "dev/A/b", &[53]),
        ("scheme", "secret:dev/a/b", &[54]),
        ("colon", "dev/a/b:c", &[54]),
        ("dollar", "dev/a/$b", &[54]),
        ("percent", "dev/a/b%2e", &[54]),
        ("65-bytes", &long, &[54]),
    ];
    let make = |(name, coordinate, rows): (&str, &str, &'static [u8])| {
        let note = format!("The coordinate is {coordinate:?}.");
        let entry = literal(coordinate, b"v", 1).encode();
        case(format!("4.6-coordinate-{name}"), Open(POLICY), note, move || odd(entry.clone()))
            .rows(rows)
    };
    rows.into_iter().map(make).collect()
}

fn descriptions() -> Vec<Case> {
    // The first and the last of each range of clause 4.6, and what terminals obey.
    let rows = [
        ("colour", "\u{1b}[31mred"),
        ("osc-8", "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}"),
        ("osc-52", "\u{1b}]52;c;cm0gLXJm\u{7}"),
        ("carriage-return", "safe\rdanger"),
        ("line-feed", "two\nlines"),
        ("tab", "a\tb"),
        ("nul", "\0"),
        ("bell", "bell\u{7}"),
        ("delete", "del\u{7f}"),
        ("next-line", "\u{85}"),
        ("c1", "\u{9b}31m"),
        ("soft-hyphen", "x\u{ad}y"),
        ("grapheme-joiner", "x\u{34f}y"),
        ("arabic-mark", "\u{61c}"),
        ("hangul-filler-115f", "\u{115f}"),
        ("hangul-filler-1160", "\u{1160}"),
        ("khmer-17b4", "\u{17b4}"),
        ("khmer-17b5", "\u{17b5}"),
        ("mongolian-180b", "\u{180b}"),
        ("mongolian-180f", "\u{180f}"),
        ("zero-width-space", "\u{200b}"),
        ("right-to-left-mark", "\u{200f}"),
        ("line-separator", "\u{2028}"),
        ("right-to-left-override", "\u{202e}gnp.exe"),
        ("word-joiner", "\u{2060}"),
        ("isolate", "\u{2066}x\u{2069}"),
        ("digit-shapes", "\u{206f}"),
        ("filler-3164", "\u{3164}"),
        ("variation-1", "\u{fe00}"),
        ("variation-16", "x\u{fe0f}"),
        ("byte-order-mark", "\u{feff}x"),
        ("filler-ffa0", "\u{ffa0}"),
        ("special-fff0", "\u{fff0}"),
        ("annotation", "\u{fffb}"),
        ("music-first", "\u{1d173}"),
        ("music-last", "\u{1d17a}"),
        ("tag-first", "\u{e0000}"),
        ("tag-letter", "x\u{e0041}"),
        ("tag-last", "\u{e0fff}"),
    ];
    let make = |(name, text): (&str, &str)| {
        let note = format!("The description is {}.", text.escape_default());
        let entry = literal("dev/a/b", b"v", 1).described(text).encode();
        case(format!("4.6-description-{name}"), Open(POLICY), note, move || odd(entry.clone()))
            .rows(&[55])
    };
    rows.into_iter().map(make).collect()
}

fn pointers<const N: usize>(rows: [(&str, &str); N], of: &'static [u8]) -> Vec<Case> {
    let make = |(name, pointer): (&str, &str)| {
        let note = match pointer {
            p if p.len() > 80 => format!("The pointer is {} characters long.", p.len()),
            p => format!("The pointer is {p:?}."),
        };
        let entry = reference("dev/a/b", pointer, 1).encode();
        case(format!("4.6-pointer-{name}"), Open(POLICY), note, move || odd(entry.clone())).rows(of)
    };
    rows.into_iter().map(make).collect()
}

fn azure() -> Vec<Case> {
    let (name, version) = ("x".repeat(128), "v".repeat(33));
    let rows = [
        ("azure-host", "azure-kv://evil.example.com/x"),
        ("azure-dot", "azure-kv://vault./x"),
        ("azure-user", "azure-kv://user@vault/x"),
        ("azure-password", "azure-kv://user:pass@vault/x"),
        ("azure-port", "azure-kv://vault:443/x"),
        ("azure-percent", "azure-kv://vault%2eevil/x"),
        ("azure-percent-in-name", "azure-kv://vault/x%2f..%2fy"),
        ("azure-dot-dot", "azure-kv://vault/foo/../bar"),
        ("azure-dot-dot-name", "azure-kv://vault/.."),
        ("azure-slash-at-the-end", "azure-kv://vault/x/"),
        ("azure-more", "azure-kv://vault/x/v/more"),
        ("azure-parameter", "azure-kv://vault/x?api-version=1"),
        ("azure-no-vault", "azure-kv:///x"),
        ("azure-no-name", "azure-kv://vault/"),
        ("azure-only-vault", "azure-kv://vault"),
        ("azure-idn", "azure-kv://xn--vlt-xyz/x"),
        ("azure-cyrillic", "azure-kv://v\u{430}ult/x"),
        ("azure-address", "azure-kv://127.0.0.1/x"),
        ("azure-digit-first", "azure-kv://1vault/x"),
        ("azure-hyphen-first", "azure-kv://-vault/x"),
        ("azure-hyphen-last", "azure-kv://vault-/x"),
        ("azure-2-characters", "azure-kv://ab/x"),
        ("azure-25-characters", "azure-kv://abcdefghijklmnopqrstuvwxy/x"),
        ("azure-backslash", "azure-kv://localhost\\@vault/x"),
        ("azure-underscore", "azure-kv://vault/a_b"),
        ("azure-capital-scheme", "AZURE-KV://vault/x"),
        ("azure-one-slash", "azure-kv:/vault/x"),
        ("azure-hyphen-in-version", "azure-kv://vault/x/a-b"),
    ];
    let mut cases = pointers(rows, &[59]);
    cases.extend(pointers(
        [
            ("azure-name-128", &format!("azure-kv://vault/{name}")),
            ("azure-version-33", &format!("azure-kv://vault/x/{version}")),
        ],
        &[59],
    ));
    cases
}

fn aws() -> Vec<Case> {
    let arn = "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:x";
    let rows = [
        ("aws-endpoint", "aws-sm://x?endpoint=http://169.254.169.254/"),
        ("aws-endpoint-url", "aws-sm://x?endpoint-url=http://evil.example"),
        ("aws-profile", "aws-sm://x?profile=admin"),
        ("aws-role", "aws-sm://x?role-arn=arn"),
        ("aws-capital-parameter", "aws-sm://x?Region=eu-west-1"),
        ("aws-region-host", "aws-sm://x?region=evil.example.com"),
        ("aws-region-and-host", "aws-sm://x?region=eu-west-1.evil.example"),
        ("aws-region-empty", "aws-sm://x?region="),
        ("aws-region-bare", "aws-sm://x?region"),
        ("aws-region-twice", "aws-sm://x?region=eu-west-1&region=eu-west-1"),
        ("aws-region-one-word", "aws-sm://x?region=eu-1"),
        ("aws-region-three-digits", "aws-sm://x?region=eu-west-100"),
        ("aws-version-id-short", "aws-sm://x?version-id=0123456789abcdef0123456789abcde"),
        ("aws-version-id-dot", "aws-sm://x?version-id=0123456789abcdef0123456789abcde."),
        ("aws-stage-empty", "aws-sm://x?version-stage="),
        ("aws-id-and-stage", {
            "aws-sm://x?version-id=0123456789abcdef0123456789abcdef&version-stage=A"
        }),
        ("aws-no-parameter", "aws-sm://x?"),
        ("aws-ampersand-at-the-end", "aws-sm://x?region=eu-west-1&"),
        ("aws-no-id", "aws-sm://"),
        ("aws-colon", "aws-sm://a:b"),
        ("aws-field-empty", "aws-sm://x#"),
        ("arn-service", "aws-sm://arn:aws:s3:eu-west-1:123456789012:secret:x"),
        ("arn-kind", "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:other:x"),
        ("arn-account", "aws-sm://arn:aws:secretsmanager:eu-west-1:1234:secret:x"),
        ("arn-partition", "aws-sm://arn:evil:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("arn-partition-bare", "aws-sm://arn:aws-:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("arn-region", "aws-sm://arn:aws:secretsmanager:evil.example:123456789012:secret:x"),
        ("arn-no-name", "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:"),
        ("arn-cut", "aws-sm://arn:aws:secretsmanager"),
    ];
    let field = format!("aws-sm://x#{}", "f".repeat(129));
    let mut cases = pointers(rows, &[60]);
    cases.extend(pointers(
        [
            ("arn-other-region", &format!("{arn}?region=us-east-1")),
            ("arn-colon-behind", &format!("{arn}:y")),
            ("aws-513-characters", &format!("aws-sm://{}", "x".repeat(513))),
            ("aws-stage-257", &format!("aws-sm://x?version-stage={}", "s".repeat(257))),
            ("aws-version-id-65", &format!("aws-sm://x?version-id={}", "0".repeat(65))),
        ],
        &[60],
    ));
    cases.extend(pointers([("field-129", &field)], &[]));
    cases
}

fn schemes() -> Vec<Case> {
    let mut cases = pointers(
        [
            ("empty", ""),
            ("no-scheme", "x"),
            ("https", "https://vault.vault.azure.net/secrets/x"),
            ("file", "file:///etc/passwd"),
            ("space-first", " aws-sm://x"),
        ],
        &[59],
    );
    cases.extend(pointers(
        [
            ("space", "aws-sm://x y"),
            ("line-feed", "aws-sm://x\n"),
            ("escape", "aws-sm://\u{1b}[2J"),
            ("bidi", "aws-sm://\u{202e}x"),
            ("quote-in-field", "aws-sm://x#\"a\""),
            ("backtick-in-field", "aws-sm://x#`id`"),
            ("bar-in-field", "aws-sm://x#a|b"),
            ("space-in-field", "aws-sm://x#a b"),
        ],
        &[55],
    ));
    cases
}

fn slots(items: &[Item], high: &[Item]) -> Made {
    let encode = |items: &[Item]| items.iter().map(Item::encode).collect();
    odds(encode(items), encode(high)).into()
}

fn collisions() -> Vec<Case> {
    let pairs = [
        ("hyphen", "dev/a/a-b", "dev/a/a_b"),
        ("dot", "dev/a/a.b", "dev/a/a_b"),
        ("both", "dev/a/a-b", "dev/a/a.b"),
        ("component", "dev/a-b/k", "dev/a_b/k"),
        ("env", "dev-1/a/k", "dev.1/a/k"),
    ];
    let folded = pairs.map(|(name, a, b)| {
        let note = format!("{a} and {b} would be one variable.");
        case(format!("4.7-one-variable-{name}"), Open(POLICY), note, move || {
            slots(&[literal(a, b"1", 1), literal(b, b"2", 1)], &[])
        })
        .rows(&[53])
    });
    let rest = [
        case(
            "4.7-one-variable-between-slots",
            Open(POLICY),
            "One of the two is in slot 1.",
            || slots(&[literal("dev/a/a-b", b"1", 1)], &[literal("dev/a/a_b", b"2", 2)]),
        )
        .rows(&[53]),
        case("4.7-twice-between-slots", Open(MALFORMED), "A coordinate in both slots.", || {
            slots(&[literal("dev/a/b", b"1", 1)], &[literal("dev/a/b", b"2", 2)])
        })
        .rows(&[52]),
        case("4.7-twice-left-closed", Good, "In both slots, and slot 1 is left closed.", || {
            for_bob(&[literal("dev/a/b", b"1", 1), literal("dev/a/b", b"2", 2)]).skipped()
        })
        .rows(&[52]),
        case("4.7-neighbours", Good, "Names that differ in more than a separator.", || {
            for_bob(&[
                literal("dev/a/a-b", b"1", 1),
                literal("dev/a/ab", b"2", 1),
                literal("qa/a/a_b", b"3", 1),
            ])
        }),
    ];
    folded.into_iter().chain(rest).collect()
}

fn production() -> Vec<Case> {
    let literals = [(0, "low"), (1, "medium"), (2, "high"), (3, "inject-only")];
    let literals = literals.map(|(sensitivity, word)| {
        let note = format!("A literal of production, {word}.");
        case(format!("4.7-prod-literal-{word}"), Open(POLICY), note, move || {
            let item = [literal("prod/a/b", b"v", sensitivity)];
            if sensitivity < 2 { slots(&item, &[]) } else { slots(&[], &item) }
        })
    });
    let pointers = [(0, "low"), (1, "medium")].map(|(sensitivity, word)| {
        let note = format!("A pointer of production, {word}.");
        case(format!("4.7-prod-reference-{word}"), Open(POLICY), note, move || {
            slots(&[reference("prod/a/b", "aws-sm://x", sensitivity)], &[])
        })
    });
    let near = case("4.7-not-prod", Good, "Names that only look like production.", || {
        for_bob(&[
            literal("prod-eu/a/b", b"1", 0),
            literal("prod1/a/b", b"2", 2),
            literal("xprod/prod/prod", b"3", 1),
        ])
    });
    literals.into_iter().chain(pointers).chain([near]).collect()
}

/// The names that `src/env_name/format.rs` lists, as clause 4.7 says.
const NAMES: &str = "all_proxy bashopts bash_env browser cc cdpath classpath curl_ca_bundle \
    curl_home cxx editor env fpath gconv_path glibc_tunables goflags home hostaliases ifs java_opts \
    lessclose lessopen localdomain locpath makeflags nlspath node_extra_ca_certs node_path \
    openssl_conf openssl_modules pager path phprc prompt_command ps4 requests_ca_bundle res_options \
    rustflags shell shellopts ssh_askpass ssl_cert_dir ssl_cert_file visual zdotdir";

/// One name under each prefix and each ending, and names that need folding.
const PATTERNS: &str = "bash_func_x cargo_home cor_profiler dotnet_root dyld_insert_libraries \
    git_ssh_command kovra_home ld_preload npm_config_registry perl5lib pythonpath rubyopt \
    node_options https_proxy build_rustc_wrapper ld-preload ld.library.path bash-env";

fn names() -> Vec<Case> {
    let all = NAMES.split_whitespace().chain(PATTERNS.split_whitespace());
    let bad = all.map(|key| {
        let note = format!("The key {key} is a variable that changes how programs load.");
        case(format!("4.7-name-{key}"), Open(POLICY), note, move || {
            slots(&[literal(&format!("dev/a/{key}"), b"v", 1)], &[])
        })
        .rows(&[57])
    });
    let more = [
        case("4.7-name-of-a-pointer", Open(POLICY), "A pointer under the key path.", || {
            slots(&[reference("dev/a/path", "aws-sm://x", 1)], &[])
        })
        .rows(&[57]),
        case("4.7-name-in-slot-1", Open(POLICY), "The key path in slot 1.", || {
            slots(&[], &[literal("dev/a/path", b"v", 3)])
        })
        .rows(&[57]),
        case("4.7-names-that-may-be", Good, "Names near the listed ones.", || {
            for_bob(&[
                literal("dev/path/my_path", b"1", 1),
                literal("dev/path/pathname", b"2", 1),
                literal("dev/path/proxy", b"3", 1),
                literal("dev/path/xld_preload", b"4", 1),
            ])
        }),
    ];
    bad.chain(more).collect()
}
