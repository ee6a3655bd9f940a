//! What is inside a slot (clause 4): rows 32-37, 52-60, 66, 67.

use super::forge::cbor::{array, bytes, cat, map, text, uint};
use super::forge::{
    BOB, CAROL, Forge, To, Value, described, encrypt, entry, finish, fixed_token, payload, prefix,
};
use super::{accepts, open, open_class, open_error};
use kovra::entry::Content;
use kovra::package::Class::{self, Binding, Limit, Malformed, NotForMe, Policy, Token};
use kovra::package::{High, Package};
use sha2::{Digest, Sha256};

fn literal(coordinate: &str, sensitivity: u64) -> Vec<u8> {
    entry(coordinate, Value::Literal(b"value"), sensitivity)
}

fn reference(coordinate: &str, pointer: &str) -> Vec<u8> {
    entry(coordinate, Value::Reference(pointer), 1)
}

/// The class that a package with these entries in its slots gets, or `Ok`.
fn class_of(normal: Vec<Vec<u8>>, high: Vec<Vec<u8>>) -> Result<usize, Class> {
    let file = Forge::with(&[To::kovra(&BOB)], normal, high).file();
    accepts(&file).map(|c| c.entries.len()).map_err(|e| e.class)
}

/// The class that one entry in slot 0 gets.
fn class_of_one(entry: Vec<u8>) -> Result<usize, Class> {
    class_of(vec![entry], vec![])
}

/// Row 32.
#[test]
fn slots_exchanged() {
    let good = Forge::good();
    let as_slot_1 = payload(1, &Sha256::digest(good.header()), &good.entries[0], &[]);
    let error = open_error(&good.file_of(&good.seal(&as_slot_1), &good.high()));
    assert_eq!((error.class, error.place), (Binding, "payload of slot 0"));
    let as_slot_0 = payload(0, &Sha256::digest(good.header()), &good.entries[1], &[]);
    let error = open_error(&good.file_of(&good.sealed(), &good.seal_high(&as_slot_0)));
    assert_eq!((error.class, error.place), (Binding, "payload of slot 1"));
    let as_slot_2 = payload(2, &Sha256::digest(good.header()), &good.entries[0], &[]);
    assert_eq!(open_class(&good.file_of(&good.seal(&as_slot_2), &good.high())), Binding);
    // The files themselves: slot 0 then decrypts to an age file, which is no payload at all.
    let error = open_error(&good.file_of(&good.high(), &good.sealed()));
    assert_eq!((error.class, error.place), (Malformed, "payload of slot 0"));
}

/// Row 32: both packages are Alice's, to Bob, and under one token.
#[test]
fn a_slot_of_another_package() {
    let good = Forge::good();
    let other = Forge::good().set(0, bytes(&[0x1e; 16]));
    let error = open_error(&good.file_of(&good.sealed(), &other.high()));
    assert_eq!((error.class, error.place), (Binding, "payload of slot 1"));
    let error = open_error(&good.file_of(&other.sealed(), &good.high()));
    assert_eq!((error.class, error.place), (Binding, "payload of slot 0"));
}

/// Row 33.
#[test]
fn counts_that_are_not_the_entries() {
    for (normal, high) in [(1, 1), (3, 1), (2, 2), (2, 4094), (0, 1)] {
        let counts = cat(&[&array(2), &uint(normal), &uint(high)]);
        assert_eq!(open_class(&Forge::good().set(6, counts).file()), Binding, "{normal} {high}");
    }
}

/// Row 34, and its mirror: what needs no token does not hide behind one.
#[test]
fn entries_in_the_wrong_slot() {
    let wrong_in_0 = [literal("dev/a/b", 2), literal("dev/a/b", 3)];
    for entry in wrong_in_0 {
        assert_eq!(class_of_one(entry), Err(Binding));
    }
    let one = || vec![literal("dev/a/a", 1)];
    let high_pointer = entry("dev/a/b", Value::Reference("aws-sm://x"), 2);
    for entry in [literal("dev/a/b", 0), literal("dev/a/b", 1), high_pointer.clone()] {
        assert_eq!(class_of(one(), vec![entry]), Err(Binding));
    }
    assert_eq!(class_of(one(), vec![literal("dev/a/b", 3)]), Ok(2));
    assert_eq!(class_of_one(high_pointer), Ok(1));
}

/// Rows 35 and 37.
#[test]
fn no_token_or_another_one() {
    let file = Forge::good().file();
    let error = open(&file, &BOB, None).err().unwrap();
    assert_eq!(error.class, Token);
    assert!(!error.to_string().contains("password"), "{error}");
    let mut other = Forge::good();
    other.token = fixed_token(0x71);
    let error = open(&file, &BOB, Some(&other.token())).err().unwrap();
    assert_eq!((error.class, error.place), (Token, "token layer"));
    assert!(!error.to_string().contains("password"), "{error}");
}

/// Row 35: the rest can be had without it, and no name of the closed slot is among it.
#[test]
fn high_entries_left_closed() {
    let file = Forge::good().file();
    let package = Package::parse(&file).and_then(Package::verify).unwrap();
    let verified = package.trust(&[super::ALICE.pinned()], super::NOW).unwrap();
    let contents = verified.open(&BOB.identity(), High::Skip).unwrap();
    let names: Vec<&str> = contents.entries.iter().map(|e| e.coordinate.as_str()).collect();
    assert_eq!((&names[..], contents.skipped), (&["dev/db/host", "prod/db/url"][..], 1));
}

/// Row 36.
#[test]
fn a_token_without_the_key() {
    let good = Forge::good();
    let error = open(&good.file(), &CAROL, Some(&good.token())).err().unwrap();
    assert_eq!(error.class, NotForMe);
    assert!(age::decrypt(&good.token, &good.high()).is_err());
    assert!(age::decrypt(&good.token, &good.sealed()).is_err());
}

/// Row 52.
#[test]
fn a_coordinate_twice() {
    let twice = vec![literal("dev/a/b", 0), literal("dev/a/b", 1)];
    assert_eq!(class_of(twice, vec![]), Err(Malformed));
    let between = class_of(vec![literal("dev/a/b", 1)], vec![literal("dev/a/b", 2)]);
    assert_eq!(between, Err(Malformed));
    let unsorted = vec![literal("dev/a/c", 1), literal("dev/a/b", 1)];
    assert_eq!(class_of(unsorted, vec![]), Err(Malformed));
}

/// The order is that of the text: a shorter name with a later letter comes later.
#[test]
fn the_order_is_that_of_the_text() {
    let by_text = vec![literal("dev/a/bb", 1), literal("dev/a/c", 1)];
    assert_eq!(class_of(by_text, vec![]), Ok(2));
    let by_encoding = vec![literal("dev/a/c", 1), literal("dev/a/bb", 1)];
    assert_eq!(class_of(by_encoding, vec![]), Err(Malformed));
}

/// Row 53.
#[test]
fn coordinates_that_would_be_one_variable() {
    for (a, b) in [
        ("dev/a/a-b", "dev/a/a_b"),
        ("dev/a/a-b", "dev/a/a.b"),
        ("dev/a/a.b", "dev/a/a_b"),
        ("dev/a-b/k", "dev/a_b/k"),
    ] {
        assert_eq!(class_of(vec![literal(a, 1), literal(b, 1)], vec![]), Err(Policy), "{a} {b}");
        assert_eq!(class_of(vec![literal(a, 1)], vec![literal(b, 2)]), Err(Policy), "{a} {b}");
    }
    assert_eq!(class_of(vec![literal("dev/A/b", 1)], vec![]), Err(Policy));
    assert_eq!(class_of(vec![literal("dev/a/b", 1), literal("qa/a/b", 1)], vec![]), Ok(2));
}

/// Rows 54-56: all of them are told apart from their neighbours only by eye, or not even so.
#[test]
fn coordinates_outside_the_grammar() {
    let long = format!("dev/a/{}", "x".repeat(65));
    for name in [
        "",
        "dev",
        "dev/a",
        "dev/a/b/c",
        "/a/b",
        "dev//b",
        "dev/a/",
        "/etc/a/b",
        "../a/b",
        "dev/../b",
        "dev/a/..",
        "dev/a/b..c",
        "dev/a/.b",
        "dev/a/-b",
        "-dev/a/b",
        "dev/a/_b",
        "dev\\a\\b",
        "dev/a/b\\c",
        "dev/a/b\0",
        "dev/a/b c",
        "dev/a/b\n",
        "dev/a/\u{1b}[2Jb",
        "dev/a/b\u{200b}",
        "dev/a/b\u{202e}c",
        "dev/a/b\u{9b}",
        "dev/\u{430}/b",
        "dev/a/\u{3b2}",
        "dev/a/pass\u{1d4cc}ord",
        "secret:dev/a/b",
        "dev/a/b:c",
        "dev/a/$b",
        "dev/a/b%2e",
        &long,
    ] {
        assert_eq!(class_of_one(literal(name, 1)), Err(Policy), "{name:?}");
    }
    let error = open_error(&Forge::normal(literal("dev/a/\u{1b}]52;c;eA==\u{7}", 1)).file());
    assert!(error.what.contains("\\u{1b}]52"), "{error}");
    assert!(kovra::text::is_plain(&error.to_string()), "{error}");
}

/// Row 55, where a terminal would show it.
#[test]
fn descriptions_that_deceive() {
    for bad in [
        "\u{1b}[31mred",
        "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
        "\u{1b}]52;c;cm0gLXJm\u{7}",
        "safe\rdanger",
        "two\nlines",
        "tab\t",
        "bell\u{7}",
        "del\u{7f}",
        "\u{9b}31m",
        "\u{85}",
        "\u{202e}gnp.exe",
        "\u{2066}x\u{2069}",
        "\u{200b}",
        "\u{feff}x",
        "x\u{ad}y",
        "\u{e0041}",
        "\u{2028}",
        "\0",
    ] {
        assert_eq!(class_of_one(described("dev/a/b", bad)), Err(Policy), "{bad:?}");
    }
    assert_eq!(class_of_one(described("dev/a/b", "")), Err(Malformed));
    assert_eq!(class_of_one(described("dev/a/b", &"x".repeat(513))), Err(Limit));
    assert_eq!(class_of_one(described("dev/a/b", &"x".repeat(512))), Ok(1));
    assert_eq!(class_of_one(described("dev/a/b", "Gr\u{fc}\u{df}e, \u{65e5}\u{672c}")), Ok(1));
}

/// Row 57. `run` looks again, at the names that `.env.refs` gives.
#[test]
fn keys_that_name_what_loads_code() {
    for key in [
        "ld_preload",
        "ld-preload",
        "ld.library.path",
        "path",
        "bash_env",
        "node_options",
        "git_ssh_command",
        "pythonpath",
        "http_proxy",
        "https-proxy",
        "all.proxy",
        "dyld_insert_libraries",
        "java_tool_options",
        "ifs",
        "kovra_home",
    ] {
        let name = format!("dev/a/{key}");
        assert_eq!(class_of_one(literal(&name, 1)), Err(Policy), "{key}");
        assert_eq!(class_of_one(reference(&name, "aws-sm://x")), Err(Policy), "{key}");
        assert_eq!(class_of(vec![], vec![literal(&name, 3)]), Err(Policy), "{key}");
    }
    assert_eq!(class_of_one(literal("dev/path/pathname", 1)), Ok(1));
}

/// Row 58: a value is bytes; that no variable can hold a NUL is for `run` to say.
#[test]
fn literals_hold_any_bytes() {
    for value in [&b""[..], b"\0", b"a\0b\nc\r\n", b"\xff\xfe", b"$(reboot)", b"\x1b[2J"] {
        let file = Forge::normal(entry("dev/a/b", Value::Literal(value), 1)).file();
        let contents = accepts(&file).unwrap();
        let Content::Literal(got) = &contents.entries[0].content else { panic!("a literal") };
        assert!(got.expose() == value, "{value:?}");
    }
}

/// Rows 59 and 60, and row 55 in a pointer.
#[test]
fn pointers_that_choose_more_than_the_secret() {
    for pointer in [
        "",
        "x",
        "https://evil.example.com/x",
        "file:///etc/passwd",
        "AZURE-KV://vault/x",
        "azure-kv:vault/x",
        "azure-kv://evil.example.com/x",
        "azure-kv://vault./x",
        "azure-kv://user@vault/x",
        "azure-kv://user:pass@vault/x",
        "azure-kv://vault:443/x",
        "azure-kv://vault%2eevil/x",
        "azure-kv://vault/x%2f..%2fy",
        "azure-kv://vault/foo/../bar",
        "azure-kv://vault/..",
        "azure-kv://vault/x/",
        "azure-kv://vault/x/v/more",
        "azure-kv://vault/x?api-version=1",
        "azure-kv:///x",
        "azure-kv://xn--vlt-xyz/x",
        "azure-kv://v\u{430}ult/x",
        "azure-kv://127.0.0.1/x",
        "azure-kv://localhost\\@vault/x",
        "aws-sm://x?endpoint=http://169.254.169.254/",
        "aws-sm://x?endpoint-url=http://evil.example",
        "aws-sm://x?profile=admin",
        "aws-sm://x?role-arn=arn",
        "aws-sm://x?Region=eu-west-1",
        "aws-sm://x?region=evil.example.com",
        "aws-sm://x?region=eu-west-1.evil.example",
        "aws-sm://x?region=",
        "aws-sm://x?region=eu-west-1&region=us-east-1",
        "aws-sm://x?version-id=1",
        "aws-sm://x?",
        "aws-sm://x y",
        "aws-sm://x\n",
        "aws-sm://\u{1b}[2J",
        "aws-sm://\u{202e}x",
        "aws-sm://x#",
        "aws-sm://arn:aws:s3:eu-west-1:123456789012:secret:x",
        "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:other:x",
        "aws-sm://arn:aws:secretsmanager:eu-west-1:1234:secret:x",
        "aws-sm://arn:evil:secretsmanager:eu-west-1:123456789012:secret:x",
        "aws-sm://arn:aws:secretsmanager:evil.example:123456789012:secret:x",
        "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:x?region=us-east-1",
    ] {
        assert_eq!(class_of_one(reference("dev/a/b", pointer)), Err(Policy), "{pointer:?}");
    }
    let long = format!("aws-sm://{}", "x".repeat(1024));
    assert_eq!(class_of_one(reference("dev/a/b", &long)), Err(Limit));
    for pointer in [
        "azure-kv://orders-kv/db-url/0123456789abcdef0123456789abcdef#password",
        "aws-sm://prod/db?region=eu-west-1&version-stage=AWSPREVIOUS#password",
        // Another account's secret is well-formed; the caller's own identity decides.
        "aws-sm://arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:x-AbCdEf",
    ] {
        assert_eq!(class_of_one(reference("dev/a/b", pointer)), Ok(1), "{pointer}");
    }
}

/// Row 60: the refusal names the parameter.
#[test]
fn an_unknown_parameter_is_refused_by_name() {
    let file = Forge::normal(reference("dev/a/b", "aws-sm://x?endpoint=http://e")).file();
    assert!(open_error(&file).what.contains("endpoint"));
}

/// A pointer of production is born high, and no package brings it in lower.
#[test]
fn a_reference_of_production_is_high_at_least() {
    for (sensitivity, answer) in [(0, Err(Policy)), (1, Err(Policy)), (2, Ok(1)), (3, Ok(1))] {
        let entry = entry("prod/a/b", Value::Reference("aws-sm://x"), sensitivity);
        assert_eq!(class_of_one(entry), answer, "sensitivity {sensitivity}");
    }
}

/// A literal of production never travels, in neither slot and at no sensitivity.
#[test]
fn a_literal_of_production() {
    for sensitivity in [0, 1] {
        assert_eq!(class_of_one(literal("prod/a/b", sensitivity)), Err(Policy));
    }
    for sensitivity in [2, 3] {
        assert_eq!(class_of(vec![], vec![literal("prod/a/b", sensitivity)]), Err(Policy));
    }
    assert_eq!(class_of_one(literal("prod-like/a/b", 1)), Ok(1));
}

/// Row 66.
#[test]
fn too_much_inside() {
    let sized = |n| entry("dev/a/b", Value::Literal(&vec![0; n]), 1);
    assert_eq!(class_of_one(sized(256 << 10)), Ok(1));
    assert_eq!(class_of_one(sized((256 << 10) + 1)), Err(Limit));
    assert_eq!(class_of_one(sized(257 << 10)), Err(Limit));

    let good = Forge::good();
    let many: Vec<Vec<u8>> = (0..4097).map(|i| literal(&format!("dev/a/k{i:04}"), 1)).collect();
    let hash = Sha256::digest(good.header());
    let file = good.file_of(&good.seal(&payload(0, &hash, &many, &[])), &good.high());
    assert_eq!(open_class(&file), Limit);
    assert_eq!(class_of(many[..4096].to_vec(), vec![]), Ok(4096));
}

/// Row 67.
#[test]
fn padding_that_says_something() {
    let good = Forge::good();
    let hash = Sha256::digest(good.header());
    for pad in [&b"\x01"[..], &[0, 0, 0, 7], &[1; 600]] {
        let padded = payload(0, &hash, &good.entries[0], pad);
        assert_eq!(open_class(&good.file_of(&good.seal(&padded), &good.high())), Malformed);
    }
}

/// Payloads that are bound to their header and are not payloads.
#[test]
fn payloads_of_another_shape() {
    let good = Forge::good();
    let hash = bytes(&Sha256::digest(good.header()));
    let entries = cat(&[&array(2), &good.entries[0].concat()]);
    let name = text("kovra-entries");
    let start = |items, version| cat(&[&array(items), &name, &uint(version), &uint(0)]);
    let pad = bytes(&[]);
    for payload in [
        vec![0xf6],
        vec![0; 40],
        cat(&[&array(5), &name, &uint(1), &uint(0), &hash, &entries]),
        cat(&[&start(7, 1), &hash, &entries, &pad, &pad]),
        cat(&[&start(6, 2), &hash, &entries, &pad]),
        cat(&[&start(6, 0), &hash, &entries, &pad]),
        cat(&[&array(6), &text("kovra-package"), &uint(1), &uint(0), &hash, &entries, &pad]),
        cat(&[&start(6, 1), &hash[..32], &entries, &pad]),
        cat(&[&start(6, 1), &bytes(&[0; 31]), &entries, &pad]),
        cat(&[&start(6, 1), &hash, &entries, &text("")]),
        cat(&[&start(6, 1), &hash, &map(0), &pad]),
        cat(&[&start(6, 1), &hash, &entries, &pad, &[0]]),
        cat(&[&super::forge::cbor::tag(55799), &start(6, 1), &hash, &entries, &pad]),
    ] {
        let file = good.file_of(&good.seal(&payload), &good.high());
        assert_eq!(open_class(&file), Malformed, "{payload:02x?}");
    }
}

#[test]
fn entries_of_another_shape() {
    let name = cat(&[&[0], &text("dev/a/b")]);
    let value = bytes(b"v");
    for entry in [
        cat(&[&map(3), &name, &[1, 0], &[2], &value]),
        cat(&[&map(4), &name, &[1, 0], &[2], &value, &[4], &text("x")]),
        cat(&[&map(5), &name, &[1, 0], &[2], &value, &[3, 1], &[5, 0]]),
        cat(&[&map(6), &name, &[1, 0], &[2], &value, &[3, 1], &[4], &text("x"), &[5, 0]]),
        cat(&[&map(4), &[1, 0], &name, &[2], &value, &[3, 1]]),
        cat(&[&map(5), &name, &name, &[1, 0], &[2], &value, &[3, 1]]),
        cat(&[&map(4), &name, &[1, 2], &[2], &value, &[3, 1]]),
        cat(&[&map(4), &name, &[1, 0], &[2], &text("v"), &[3, 1]]),
        cat(&[&map(4), &name, &[1, 1], &[2], &value, &[3, 1]]),
        cat(&[&map(4), &name, &[1, 0], &[2], &value, &[3, 4]]),
        cat(&[&map(4), &[0], &bytes(b"dev/a/b"), &[1, 0], &[2], &value, &[3, 1]]),
        cat(&[&map(5), &name, &[1, 0], &[2], &value, &[3, 1], &[4], &bytes(b"x")]),
        cat(&[&array(4), &name, &[1, 0], &[2], &value, &[3, 1]]),
    ] {
        assert_eq!(class_of_one(entry.clone()), Err(Malformed), "{entry:02x?}");
    }
}

/// Nothing of slot 0 comes out where slot 1 is bad.
#[test]
fn all_or_nothing() {
    let good = Forge::good();
    let bad = encrypt(&good.keys, &encrypt(&[good.token.to_public().to_string()], b"x"));
    assert_eq!(open_class(&good.file_of(&good.sealed(), &bad)), Malformed);
    let unbound = payload(1, &[0; 32], &good.entries[1], &[]);
    assert_eq!(open_class(&good.file_of(&good.sealed(), &good.seal_high(&unbound))), Binding);
    let start = cat(&[&prefix(), &bytes(&good.header())]);
    let plain = finish(&good.signer, &[&start, &bytes(&good.payload(0)), &bytes(&[])]);
    assert!(Package::parse(&plain).is_err(), "a payload that is not encrypted");
}

/// The whole of it was escaped once, which took five times its length in memory.
#[test]
fn a_coordinate_is_told_by_its_start() {
    let name = "\u{1}".repeat(100_000);
    let error = open_error(&Forge::normal(entry(&name, Value::Literal(b"v"), 0)).file());
    assert_eq!(error.class, Class::Policy);
    assert!(error.what.len() < 2000, "{} bytes", error.what.len());
}
