//! `testdata/identity-v1`: the strings of `spec/identity.md`, good and bad.

use crate::case::{MALFORMED, TOKEN, UNSUPPORTED, hex};
use crate::signature::{ORDER_8, mixed, near_p, small_number};
use crate::text::{self, Case, SIGNATURE, Versioned, encoded, with_padding};
use base64::{Engine, prelude::BASE64_STANDARD};
use bech32::{Bech32, Bech32m, Hrp};
use ed25519_dalek::{Signer, SigningKey};
use forge::{ALICE, BOB, CAROL, Keys, MALLORY, listed};
use sha2::{Digest, Sha256, Sha512};

/// What a text is taken for, by the word of its vector.
pub(crate) const IDENTITY: &str = "identity";
pub(crate) const RECIPIENT: &str = "recipient";
pub(crate) const TOKEN_FILE: &str = "token";

pub(crate) fn cases() -> Vec<Case> {
    let groups = [
        good(),
        STRING.cases(),
        lengths(),
        keys(),
        self_signatures(),
        recipients(),
        kovra_recipients(),
        other_recipients(),
        tokens(),
    ];
    groups.into_iter().flatten().collect()
}

const STRING: Versioned = Versioned {
    kind: IDENTITY,
    clause: "2.3",
    prefix: "kovra",
    another: "kovrb",
    sibling: "kovradev",
    next: 3,
    data: |version| data(version, &BOB.ed(), &BOB.x(), &BOB.signing()),
};

/// A text that is taken for an identity and refused.
pub(crate) fn bad(
    name: impl Into<String>,
    class: &'static str,
    note: &'static str,
    text: impl Into<Vec<u8>>,
) -> Case {
    text::bad(IDENTITY, name, class, note, text)
}

/// The 129 bytes of 2.1 for these keys, signed by `signer`.
pub(crate) fn data(version: u8, ed: &[u8; 32], x: &[u8; 32], signer: &SigningKey) -> Vec<u8> {
    let message = [&b"kovra-identity-v1"[..], &[version], ed, x].concat();
    [&[version][..], ed, x, &signer.sign(&message).to_bytes()].concat()
}

pub(crate) fn bobs() -> Vec<u8> {
    data(1, &BOB.ed(), &BOB.x(), &BOB.signing())
}

pub(crate) fn string(data: &[u8]) -> String {
    STRING.string(data)
}

/// Clause 3.1.
pub(crate) fn fingerprint(ed: &[u8; 32]) -> String {
    groups(&[b"kovra-fingerprint-v1", ed])
}

/// Clause 3.3, of a kind and what a header's fingerprint is over.
fn of_recipient(kind: u8, key: &[u8]) -> String {
    groups(&[b"kovra-recipient-v1", &[kind], &Sha256::digest(key)])
}

fn groups(parts: &[&[u8]]) -> String {
    let digest = Sha512::digest(parts.concat());
    let group = |five: &[u8]| {
        let number = five.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        format!("{:05}", number % 100_000)
    };
    digest[..40].chunks(5).map(group).collect::<Vec<_>>().join(" ")
}

fn good() -> Vec<Case> {
    let of = |name: &str, person: &Keys, x: [u8; 32], note| {
        let says = vec![
            ("ed25519", hex(&person.ed())),
            ("x25519", hex(&x)),
            ("fingerprint", fingerprint(&person.ed())),
        ];
        let text = string(&data(1, &person.ed(), &x, &person.signing()));
        bad(name, "ok", note, text).good(says)
    };
    vec![
        of("2.1-alice", &ALICE, ALICE.x(), "Alice."),
        of("2.1-bob", &BOB, BOB.x(), "Bob."),
        of("3.1-carol", &CAROL, CAROL.x(), "Carol. A fingerprint may have leading zeros."),
        of(
            "3.2-bob-rotated",
            &BOB,
            MALLORY.x(),
            "Bob with another X25519 key has the same fingerprint.",
        ),
    ]
}

fn lengths() -> Vec<Case> {
    let more = [&bobs()[..], &[0]].concat();
    vec![
        bad("2.1-128-bytes", MALFORMED, "A byte too few.", string(&bobs()[..128])),
        bad("2.1-130-bytes", MALFORMED, "A byte too many.", string(&more)),
    ]
}

/// Montgomery u of the points of order 8 (RFC 7748, §6.1; curve and twist have more of them).
pub(crate) const U_ORDER_8: [u8; 32] = [
    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
];
pub(crate) const U_ORDER_8_TOO: [u8; 32] = [
    0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
    0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
];

/// Keys that are refused. What signs them is Bob's, as nobody can sign under most of them.
fn keys() -> Vec<Case> {
    let x = |name: &str, row: &'static [u8], note, x: [u8; 32]| {
        let text = string(&data(1, &BOB.ed(), &x, &BOB.signing()));
        bad(format!("1.2-x25519-{name}"), MALFORMED, note, text).rows(row)
    };
    let ed = |name: &str, note, ed: [u8; 32]| {
        let text = string(&data(1, &ed, &BOB.x(), &BOB.signing()));
        bad(format!("1.2-ed25519-{name}"), MALFORMED, note, text)
    };
    let mut high_bit = BOB.x();
    high_bit[31] |= 0x80;
    vec![
        x("0", &[41], "The X25519 key is 0.", [0; 32]),
        x("1", &[41], "The X25519 key is 1.", small_number(1, 0)),
        x("p-less-1", &[41], "The X25519 key is p - 1.", near_p(0xec, 0x7f)),
        x("order-8", &[41], "The X25519 key is of order 8.", U_ORDER_8),
        x("order-8-too", &[41], "The X25519 key is the other of order 8.", U_ORDER_8_TOO),
        x("bit-255", &[42], "Bob's X25519 key with bit 255 set.", high_bit),
        x("p", &[42], "The X25519 key is 0, written as p.", near_p(0xed, 0x7f)),
        x("p-and-1", &[42], "The X25519 key is 1, written as p + 1.", near_p(0xee, 0x7f)),
        x("18", &[42], "The X25519 key is 18, written as 2^255 - 1.", near_p(0xff, 0x7f)),
        x("ones", &[42], "The X25519 key is 2^256 - 1.", [0xff; 32]),
        ed("order-1", "The Ed25519 key is the neutral point.", small_number(1, 0)),
        ed("order-2", "The Ed25519 key is the point of order 2.", near_p(0xec, 0x7f)),
        ed("order-4", "The Ed25519 key is a point of order 4.", [0; 32]),
        ed("order-8", "The Ed25519 key is a point of order 8.", ORDER_8),
        ed("mixed", "The Ed25519 key is Alice's plus the point of order 2.", mixed()),
        ed("p-and-1", "The Ed25519 key is 1, written as p + 1.", near_p(0xee, 0x7f)),
        ed("no-point", "The Ed25519 key is no point.", small_number(2, 0)),
    ]
}

fn self_signatures() -> Vec<Case> {
    let bad = |name: &str, note, data: Vec<u8>| bad(name, SIGNATURE, note, string(&data));
    let keys = [BOB.ed(), BOB.x()].concat();
    let over = |message: &[u8]| [&bobs()[..65], &BOB.signing().sign(message).to_bytes()].concat();
    let mut exchanged = bobs();
    exchanged[33..65].copy_from_slice(&MALLORY.x());
    let mut another = bobs();
    another[1..33].copy_from_slice(&ALICE.ed());
    let (mut first, mut last) = (bobs(), bobs());
    first[65] ^= 1;
    last[128] ^= 0x80;
    let by_mallory = data(1, &BOB.ed(), &MALLORY.x(), &MALLORY.signing());
    vec![
        bad("2.2-exchanged", "Bob's Ed25519 key with Mallory's X25519 key.", exchanged).rows(&[43]),
        bad("2.2-signed-by-mallory", "The same, signed by Mallory.", by_mallory).rows(&[43]),
        bad("2.2-another-owner", "Bob's X25519 key and signature under Alice's key.", another),
        bad("2.2-first-bit", "A bit of R is another.", first),
        bad("2.2-last-bit", "The last bit of S is another.", last),
        bad("2.2-no-domain", "Signed without the domain.", over(&keys)).rows(&[27]),
        bad("2.2-over-nothing", "Signed over no bytes.", over(b"")),
        bad("2.2-no-version", "Signed without the version.", {
            over(&[&b"kovra-identity-v1"[..], &keys].concat())
        }),
        bad("2.2-as-a-statement", "Signed as a statement is.", {
            over(&[&b"kovra-device-v1\x01\x01"[..], &keys].concat())
        })
        .rows(&[27]),
        bad("2.2-as-a-package", "Signed as a package starts.", {
            over(&[&b"\xd9\xd9\xf7\x86\x6dkovra-package\x01"[..], &keys].concat())
        })
        .rows(&[27]),
    ]
}

fn recipients() -> Vec<Case> {
    let refused =
        |name: &str, note, text: String| text::bad(RECIPIENT, name, MALFORMED, note, text);
    let age = |x: &[u8; 32]| encoded::<Bech32>("age", x);
    let ssh = |blob: &[u8]| format!("ssh-ed25519 {}", BASE64_STANDARD.encode(blob));
    let with_key = |key: &[u8; 32]| [&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], key].concat();
    let blob = CAROL.ssh_blob();
    let mut high_bit = CAROL.x();
    high_bit[31] |= 0x80;
    vec![
        taken("4-age", "An age recipient.", 1, &CAROL.x(), age(&CAROL.x())),
        taken("4-ssh", "An SSH key.", 2, &blob, ssh(&blob)),
        taken(
            "4-ssh-comment",
            "An SSH key with a comment.",
            2,
            &blob,
            ssh(&blob) + " carol@host 2",
        ),
        taken("4-ssh-white-space", "Tabs and spaces between.", 2, &blob, {
            format!("ssh-ed25519 \t {}  ", BASE64_STANDARD.encode(&blob))
        }),
        refused("4-age-bech32m", "The checksum of Bech32m.", encoded::<Bech32m>("age", &CAROL.x())),
        refused("4-age-capitals", "In capitals.", age(&CAROL.x()).to_uppercase()),
        refused("4-age-31-bytes", "A byte too few.", encoded::<Bech32>("age", &CAROL.x()[1..])),
        refused("4-age-padding-bits", "A bit is set behind the last byte.", {
            with_padding::<Bech32>("age", &CAROL.x())
        }),
        refused("4-age-another-prefix", "Another prefix.", encoded::<Bech32>("agf", &CAROL.x())),
        refused("4-age-0", "The key is 0.", age(&[0; 32])).rows(&[41]),
        refused("4-age-order-8", "The key is of order 8.", age(&U_ORDER_8)).rows(&[41]),
        refused("4-age-bit-255", "Carol's key with bit 255 set.", age(&high_bit)).rows(&[42]),
        refused("4-age-secret", "A secret key.", CAROL.age_identity()),
        refused("4-ssh-padded", "Base64 with padding that it does not need.", ssh(&blob) + "="),
        refused("4-ssh-50-bytes", "A byte too few.", ssh(&blob[..50])),
        refused("4-ssh-52-bytes", "A byte too many.", ssh(&[&blob[..], &[0]].concat())),
        refused("4-ssh-another-blob", "The blob of another algorithm.", {
            ssh(&with_key(&CAROL.ed())).replacen("AAAAC3", "AAAAC2", 1)
        }),
        refused("4-ssh-order-4", "The key is of order 4.", ssh(&with_key(&[0; 32]))).rows(&[26]),
        refused("4-ssh-no-point", "The key is no point.", ssh(&with_key(&small_number(2, 0)))),
        refused("4-ssh-alone", "No key at all.", "ssh-ed25519".into()),
        refused("4-ssh-no-space", "No white space behind the word.", {
            format!("ssh-ed25519{}", BASE64_STANDARD.encode(&blob))
        }),
        refused("4-ssh-vertical-tab", "U+000B between: no white space.", {
            ssh(&blob).replace(' ', "\u{b}")
        }),
        refused("4-ssh-no-break-space", "U+00A0 between: no white space.", {
            ssh(&blob).replace(' ', "\u{a0}")
        }),
        taken("4-age-white-space", "White space around it.", 1, &CAROL.x(), {
            format!("\t\u{c}{} \r\n", age(&CAROL.x()))
        }),
        refused("4-age-next-line", "U+0085 behind it: no white space.", age(&CAROL.x()) + "\u{85}"),
        refused("4-age-two", "A recipient and another.", {
            format!("{} {}", age(&CAROL.x()), age(&BOB.x()))
        }),
        refused("4-age-prefix-alone", "The prefix alone.", "age1".into()),
        refused("4-age-bare-word", "Only `age`.", "age".into()),
        refused("4-plugin-in-capitals", "A plugin's recipient in capitals.", {
            encoded::<Bech32>("age1yubikey", &[2; 33]).to_uppercase()
        }),
        refused("4-plugins-identity", "A plugin's identity.", {
            encoded::<Bech32>("age-plugin-yubikey-", &[2; 33]).to_uppercase()
        }),
        refused("4-word", "A word.", "carol".into()),
        refused("4-ssh-65-characters", "A longer name than any algorithm's.", {
            format!("sk-{}", "x".repeat(62))
        }),
        refused(
            "4-ssh-rsa-no-space",
            "No white space behind the word.",
            "ssh-rsaAAAAB3NzaC1yc2E".into(),
        ),
        refused("4-ssh-in-capitals", "The word in capitals.", {
            ssh(&blob).replacen("ssh-ed25519", "SSH-ED25519", 1)
        }),
        refused("4-empty", "Nothing.", String::new()),
    ]
}

/// A recipient that a package can be sealed to.
pub(crate) fn taken(name: &str, note: &str, kind: u8, key: &[u8], text: String) -> Case {
    let print = of_recipient(kind, key);
    let says = vec![("listed", hex(&listed(kind.into(), key))), ("fingerprint", print)];
    text::bad(RECIPIENT, name, "ok", note, text).good(says)
}

/// What begins with `kovra1`, and what only looks like it.
fn kovra_recipients() -> Vec<Case> {
    let refused =
        |name: &str, class, note, text: String| text::bad(RECIPIENT, name, class, note, text);
    let bob = string(&bobs());
    let [mut exchanged, mut newer] = [bobs(), bobs()];
    exchanged[33..65].copy_from_slice(&MALLORY.x());
    newer[0] = 3;
    let cut = bob[..bob.len() - 1].to_owned();
    vec![
        taken("4-kovra", "A kovra identity.", 0, &BOB.x(), bob.clone()),
        taken("4-kovra-white-space", "White space around it.", 0, &BOB.x(), {
            format!(" \u{c}{bob}\r\n")
        }),
        refused("4-kovra-vertical-tab", MALFORMED, "U+000B behind it.", format!("{bob}\u{b}")),
        refused("4-kovra-capitals", MALFORMED, "In capitals.", bob.to_uppercase()),
        refused("4-kovra-mixed-case", MALFORMED, "Its start in capitals.", {
            bob.replacen("kovra1", "KoVrA1", 1)
        }),
        refused("4-kovra-cut", MALFORMED, "A character is missing.", cut),
        refused("4-kovra-exchanged", SIGNATURE, "With Mallory's X25519 key.", string(&exchanged)),
        refused("4-kovra-version-3", UNSUPPORTED, "Of version 3.", string(&newer)),
        refused("4-kovra-version-3-capitals", MALFORMED, "Of version 3, in capitals.", {
            string(&newer).to_uppercase()
        }),
        refused("4-kovra-prefix-alone", MALFORMED, "The prefix alone.", "kovra1".into()),
        refused("4-kovra-word", MALFORMED, "The word alone.", "kovra".into()),
        refused("4-kovra-behind", MALFORMED, "A word before it.", format!("bob {bob}")),
        refused("4-kovradev", MALFORMED, "A statement about devices.", {
            encoded::<Bech32m>("kovradev", &bobs())
        }),
    ]
}

/// What others seal to, and no package does.
fn other_recipients() -> Vec<Case> {
    let of_age = |name: &str, prefix: &str| (name.to_owned(), encoded::<Bech32>(prefix, &[2; 33]));
    let of_ssh = |word: &str| {
        let blob = [&(word.len() as u32).to_be_bytes()[..], word.as_bytes(), &[0; 40]].concat();
        (word.replace('@', "-"), format!("{word} {} carol@host", BASE64_STANDARD.encode(blob)))
    };
    let rows = [
        of_age("almost-hybrid", "age1pqx"),
        of_age("tagged", "age1tag"),
        of_age("tagged-hybrid", "age1tagpq"),
        of_age("plugin", "age1yubikey"),
        ("plugin-cut".into(), "age1yubikey1".into()),
        ("age-1-1".into(), "age11".into()),
        of_ssh("ssh-rsa"),
        of_ssh("ssh-dss"),
        of_ssh("ssh-ed448"),
        of_ssh("ecdsa-sha2-nistp256"),
        of_ssh("sk-ssh-ed25519@openssh.com"),
        ("ssh-rsa-alone".into(), "ssh-rsa".into()),
        of_ssh("ssh-ed25519-cert-v01@openssh.com"),
        ("ssh-64-characters".into(), format!("sk-{}", "x".repeat(61))),
    ];
    let note = "A recipient of a kind that this version has no number for.";
    let make = |(name, text): (String, String)| {
        text::bad(RECIPIENT, format!("4-other-{name}"), UNSUPPORTED, note, text)
    };
    rows.into_iter().map(make).collect()
}

fn tokens() -> Vec<Case> {
    let key = |secret: &[u8]| {
        bech32::encode_upper::<Bech32>(Hrp::parse("AGE-SECRET-KEY-").unwrap(), secret).unwrap()
    };
    let token = key(&[0x70; 32]);
    let good = |name: &str, note, text: String| {
        let secret = x25519_dalek::StaticSecret::from([0x70; 32]);
        let public = x25519_dalek::PublicKey::from(&secret);
        let says = vec![("public", encoded::<Bech32>("age", public.as_bytes()))];
        text::bad(TOKEN_FILE, name, "ok", note, text).good(says)
    };
    let refused = |name: &str, note, text: Vec<u8>| text::bad(TOKEN_FILE, name, TOKEN, note, text);
    let id = "1d".repeat(16);
    let public = encoded::<Bech32>("age", &BOB.x());
    vec![
        good("5.2-whole", "As kovra writes it, but for the comments, which nothing checks.", {
            format!("# kovra token of package {id}\n# public key: {public}\n{token}\n")
        }),
        good("5.3-key-alone", "The key without a line feed.", token.clone()),
        good("5.3-blank-lines", "Blank lines, and white space around lines.", {
            format!("\r\n\t # x\n\n  {token} \r\n\n")
        }),
        good("5.3-4096-bytes", "As long as it may be.", {
            format!("{token}\n# {}\n", "x".repeat(4096 - token.len() - 4))
        }),
        refused("5.3-4097-bytes", "A byte longer.", {
            format!("{token}\n# {}\n", "x".repeat(4097 - token.len() - 4)).into()
        }),
        good("5.3-form-feeds", "U+000C and U+0009 around the key.", format!("\u{c}{token}\t\u{c}")),
        refused("5.3-vertical-tab", "U+000B before the key: no white space.", {
            format!("\u{b}{token}\n").into()
        }),
        refused("5.3-no-break-space", "U+00A0 behind the key: no white space.", {
            format!("{token}\u{a0}\n").into()
        }),
        refused("5.3-carriage-return-between", "U+000D ends no line.", {
            format!("# x\r{token}\n").into()
        }),
        refused("5.3-empty", "Nothing.", vec![]),
        refused("5.3-comments-alone", "No key.", b"# a\n\n# b\n".to_vec()),
        refused("5.3-two-keys", "Two keys.", format!("{token}\n{}\n", key(&[0x71; 32])).into()),
        refused("5.3-twice", "The key twice.", format!("{token}\n{token}\n").into()),
        refused("5.3-a-word-behind", "A word behind the key.", format!("{token} x\n").into()),
        refused(
            "5.3-no-utf-8",
            "A comment that is not UTF-8.",
            [b"# \xff\n", token.as_bytes()].concat(),
        ),
        refused("5.3-typo", "The last character is another.", {
            let last = if token.ends_with('Q') { 'P' } else { 'Q' };
            format!("{}{last}\n", &token[..token.len() - 1]).into()
        }),
        refused("5.3-lower-case", "In lower case.", token.to_lowercase().into()),
        refused("5.3-padding-bits", "A bit is set behind the last byte.", {
            with_padding::<Bech32>("age-secret-key-", &[0x70; 32]).to_uppercase().into()
        }),
        refused("5.3-bech32m", "The checksum of Bech32m.", {
            encoded::<Bech32m>("age-secret-key-", &[0x70; 32]).to_uppercase().into()
        }),
        refused("5.3-31-bytes", "A byte too few.", key(&[0x70; 31]).into()),
        refused("5.3-a-recipient", "A public key.", public.into()),
        refused("5.3-an-identity", "A `kovra1` string.", string(&bobs()).into()),
    ]
}
