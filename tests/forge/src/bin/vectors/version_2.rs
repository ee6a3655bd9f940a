//! Identities of version 2, hybrid recipients and hybrid tokens (1.4, 2, 4 and 5 of `spec/identity.md`). Bob's, where
//! nothing else is said.

use crate::case::{MALFORMED, TOKEN, UNSUPPORTED, hex};
use crate::hybrid::no_shares;
use crate::identity::{RECIPIENT, TOKEN_FILE, bad, bobs, data, fingerprint, string, taken};
use crate::signature::{mixed, small_number};
use crate::text::{self, Case, SIGNATURE, encoded, with_padding};
use bech32::{Bech32, Bech32m, Checksum};
use ed25519_dalek::Signer;
use forge::hybrid::{self, Long, PUBLIC};
use forge::{ALICE, BOB, CAROL, HYBRID_TOKEN, Keys, MALLORY, To};
use sha2::{Digest, Sha256};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [
        good(),
        lengths(),
        strings(),
        self_signatures(),
        second_words(),
        first_words(),
        keys(),
        recipients(),
        kovra_recipients(),
        tokens(),
        bad_tokens(),
    ];
    groups.into_iter().flatten().collect()
}

/// When Bob made his keys.
const NUMBER: u64 = 1_790_000_000;

fn sign(signer: &Keys, message: &[u8]) -> Vec<u8> {
    signer.signing().sign(message).to_bytes().to_vec()
}

/// What is signed of 2.1.
#[derive(Clone, Copy)]
struct Second {
    ed: [u8; 32],
    x: [u8; 32],
    number: u64,
    hybrid: [u8; 32],
}

impl Second {
    fn of(person: &Keys) -> Self {
        let hybrid = Sha256::digest(person.hybrid()).into();
        Self { ed: person.ed(), x: person.x(), number: NUMBER, hybrid }
    }

    fn body(&self) -> Vec<u8> {
        [&[2][..], &self.ed, &self.x, &self.number.to_be_bytes(), &self.hybrid].concat()
    }

    /// The 169 bytes, signed by `signer`.
    fn data(&self, signer: &Keys) -> Vec<u8> {
        let message = [b"kovra-identity-v2", &self.body()[..]].concat();
        [self.body(), sign(signer, &message)].concat()
    }

    fn string(&self, signer: &Keys) -> String {
        string(&self.data(signer))
    }

    fn says(&self, key: &'static str) -> Vec<(&'static str, String)> {
        vec![
            ("ed25519", hex(&self.ed)),
            ("x25519", hex(&self.x)),
            ("fingerprint", fingerprint(&self.ed)),
            ("number", self.number.to_string()),
            ("hybrid", hex(&self.hybrid)),
            ("key", key.to_owned()),
        ]
    }
}

fn bob() -> Second {
    Second::of(&BOB)
}

fn short() -> String {
    bob().string(&BOB)
}

/// Both words.
fn whole(person: &Keys) -> String {
    format!("{} {}", Second::of(person).string(person), person.hybrid_recipient())
}

fn good() -> Vec<Case> {
    let of = |name: &str, note, text: String, second: Second, key| {
        bad(name, "ok", note, text).good(second.says(key))
    };
    let with = |name: &str, note, second: Second| of(name, note, second.string(&BOB), second, "no");
    let apart = |name: &str, note, between: &str| {
        let text = format!("{}{between}{}", short(), BOB.hybrid_recipient());
        of(name, note, text, bob(), "yes")
    };
    let mallory = Second::of(&MALLORY);
    vec![
        of("2.1-version-2", "The short form of version 2.", short(), bob(), "no"),
        with("2.1-number-0", "The number 0.", Second { number: 0, ..bob() }),
        with("2.1-number-most", "The highest number.", Second { number: u64::MAX, ..bob() }),
        with(
            "3.2-bob-rotated-again",
            "Other keys and a higher number, and the same fingerprint.",
            Second { x: mallory.x, hybrid: mallory.hybrid, number: NUMBER + 1, ..bob() },
        ),
        of("2.5-bob", "Bob's two words.", whole(&BOB), bob(), "yes"),
        of("2.5-alice", "Alice's two words.", whole(&ALICE), Second::of(&ALICE), "yes"),
        apart("2.5-spaces", "Spaces and a tab between.", "  \t "),
        apart("2.5-line-feed", "A line feed between.", "\n"),
        apart("2.5-carriage-return", "CR LF, and a form feed.", "\r\n\u{c}"),
    ]
}

fn lengths() -> Vec<Case> {
    let of =
        |name: &str, note, data: &[u8]| bad(format!("2.1-{name}"), MALFORMED, note, string(data));
    let (data_2, as_2) = (bob().data(&BOB), data(2, &BOB.ed(), &BOB.x(), &BOB.signing()));
    let as_1 = {
        let body = [&[1], &bob().body()[1..]].concat();
        let message = [b"kovra-identity-v1", &body[..]].concat();
        [body, sign(&BOB, &message)].concat()
    };
    vec![
        of("168-bytes", "Of version 2, a byte too few.", &data_2[..168]),
        of("170-bytes", "Of version 2, a byte too many.", &[&data_2[..], &[0]].concat()),
        of("version-2-of-129-bytes", "Version 2, in the layout of version 1.", &as_2),
        of("version-1-of-169-bytes", "Version 1, in the layout of version 2.", &as_1),
    ]
}

fn strings() -> Vec<Case> {
    let data = bob().data(&BOB);
    let text = string(&data);
    let of = |name: &str, note, text: String| {
        bad(format!("2.3-second-{name}"), MALFORMED, note, text).rows(&[45])
    };
    let key = |name: &str, row: &'static [u8], note, second: Second| {
        bad(format!("1.2-second-{name}"), MALFORMED, note, second.string(&BOB)).rows(row)
    };
    vec![
        of("bech32", "The checksum of Bech32.", encoded::<Bech32>("kovra", &data)),
        of("capitals", "In capitals.", text.to_uppercase()),
        of("cut", "The last character is missing.", text[..text.len() - 1].into()),
        of("padding-bits", "A bit is set behind the last byte.", {
            with_padding::<Bech32m>("kovra", &data)
        }),
        key("x25519-0", &[41], "The X25519 key is 0.", Second { x: [0; 32], ..bob() }),
        key("ed25519-mixed", &[], "The Ed25519 key has torsion.", Second { ed: mixed(), ..bob() }),
        key("ed25519-no-point", &[], "The Ed25519 key is no point.", {
            Second { ed: small_number(2, 0), ..bob() }
        }),
    ]
}

fn self_signatures() -> Vec<Case> {
    let bad = |name: &str, note, data: Vec<u8>| {
        bad(format!("2.2-second-{name}"), SIGNATURE, note, string(&data)).rows(&[43])
    };
    let over = |message: &[u8]| [bob().body(), sign(&BOB, message)].concat();
    // Bob's signature under what he did not sign.
    let but = |change: fn(&mut Second)| {
        let mut second = bob();
        change(&mut second);
        [second.body(), bob().data(&BOB)[105..].to_vec()].concat()
    };
    let body = bob().body();
    let mut as_2 = bobs();
    let signature = sign(&BOB, &[b"kovra-identity-v2", &as_2[..65]].concat());
    as_2[65..].copy_from_slice(&signature);
    vec![
        bad(
            "hybrid-exchanged",
            "Mallory's hybrid key.",
            but(|s| s.hybrid = Second::of(&MALLORY).hybrid),
        ),
        bad("x25519-exchanged", "Mallory's X25519 key.", but(|s| s.x = MALLORY.x())),
        bad("number-raised", "A higher number.", but(|s| s.number += 1)),
        bad("signed-by-mallory", "Signed by Mallory.", bob().data(&MALLORY)),
        bad("domain-of-version-1", "Signed as version 1 is.", {
            over(&[b"kovra-identity-v1", &body[..]].concat())
        })
        .rows(&[27]),
        bad("keys-alone", "Signed without what version 2 adds.", {
            over(&[b"kovra-identity-v2", &body[..65]].concat())
        })
        .rows(&[27]),
        bad("number-little-endian", "Signed over the number's bytes in the other order.", {
            let number = NUMBER.to_le_bytes();
            over(&[b"kovra-identity-v2", &body[..65], &number, &body[73..]].concat())
        }),
        bad("first-as-second", "Version 1, signed as version 2 is.", as_2).rows(&[27]),
    ]
}

/// What stands behind a good string.
fn second_words() -> Vec<Case> {
    let of = |name: &str, class, note, more: String| {
        bad(format!("2.5-{name}"), class, note, format!("{} {more}", short()))
    };
    let bobs = BOB.hybrid_recipient();
    vec![
        of("another-key", SIGNATURE, "Mallory's hybrid key.", MALLORY.hybrid_recipient())
            .rows(&[72]),
        of("third-word", MALFORMED, "A third word.", format!("{bobs} x")),
        of("key-twice", MALFORMED, "The key twice.", format!("{bobs} {bobs}")),
        of("another-key-and-third-word", MALFORMED, "Mallory's, and a third word.", {
            format!("{} x", MALLORY.hybrid_recipient())
        }),
        of("key-capitals", MALFORMED, "The key in capitals.", bobs.to_uppercase()),
        of(
            "key-cut",
            MALFORMED,
            "A character of the key is missing.",
            bobs[..bobs.len() - 1].into(),
        ),
        of("key-bech32m", MALFORMED, "The key with the checksum of Bech32m.", {
            long::<LongM>("age1pq", &BOB.hybrid())
        }),
        of("x25519-recipient", MALFORMED, "Bob's `age1...`.", BOB.age_recipient()),
        of("ssh-recipient", MALFORMED, "Bob's SSH key.", To::ssh(&BOB).key),
        of("tagged-recipient", MALFORMED, "A tagged recipient: here no key of another kind.", {
            encoded::<Bech32>("age1tagpq", &[2; 33])
        }),
        of("string-again", MALFORMED, "The string again.", short()),
        of("secret", MALFORMED, "The secret.", BOB.hybrid_identity()),
        of("vertical-tab", MALFORMED, "U+000B before the key: no white space.", {
            format!("\u{b}{bobs}")
        }),
        of("no-break-space", MALFORMED, "U+00A0 before the key: no white space.", {
            format!("\u{a0}{bobs}")
        }),
        of("comma", MALFORMED, "A comma behind the key.", format!("{bobs},")),
        bad("2.5-space-before", MALFORMED, "A space before both.", format!(" {}", whole(&BOB))),
        bad("2.5-line-feed-behind", MALFORMED, "A line feed behind both.", whole(&BOB) + "\n"),
        bad("2.5-no-space", MALFORMED, "No white space between.", format!("{}{bobs}", short())),
        bad("2.5-exchanged", MALFORMED, "The key first.", format!("{bobs} {}", short())),
        bad("2.5-key-alone", MALFORMED, "The key without a string.", bobs),
    ]
}

/// What stands before a second word: all of 2.3 comes first.
fn first_words() -> Vec<Case> {
    let of = |name: &str, class, note, string: String, key: &str| {
        bad(format!("2.5-{name}"), class, note, format!("{string} {key}"))
    };
    let bobs = BOB.hybrid_recipient();
    let [one, three] =
        [1, 3].map(|version| string(&data(version, &BOB.ed(), &BOB.x(), &BOB.signing())));
    let forged = bob().string(&MALLORY);
    vec![
        of("version-1", MALFORMED, "A string of version 1, and a hybrid key.", one.clone(), &bobs),
        of(
            "version-3",
            UNSUPPORTED,
            "A string of version 3, and a hybrid key.",
            three.clone(),
            &bobs,
        ),
        of("version-3-and-a-word", UNSUPPORTED, "Of version 3, and a word.", three, "x"),
        of(
            "signature-first",
            SIGNATURE,
            "A signature that does not hold, and a word.",
            forged,
            "x",
        ),
        of(
            "version-1-and-a-word",
            MALFORMED,
            "A string of version 1, and a word.",
            one.clone(),
            "x",
        ),
        of("string-capitals", MALFORMED, "The string in capitals.", short().to_uppercase(), &bobs),
        of(
            "string-cut",
            MALFORMED,
            "A character of the string is missing.",
            short()[..short().len() - 1].into(),
            &bobs,
        ),
    ]
}

/// Bech32m, where the text is longer than its checksum was made for.
enum LongM {}

impl Checksum for LongM {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = Long::CODE_LENGTH;
    const CHECKSUM_LENGTH: usize = Bech32m::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32m::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32m::TARGET_RESIDUE;
}

fn long<C: Checksum>(prefix: &str, data: &[u8]) -> String {
    encoded::<C>(prefix, data)
}

/// Bob's hybrid key with this number of 12 bits at one of its 768 places.
fn with_number(place: usize, number: u16) -> [u8; PUBLIC] {
    let mut key = BOB.hybrid();
    let three = &mut key[place / 2 * 3..][..3];
    let [low, high] = [number as u8, (number >> 8) as u8];
    if place.is_multiple_of(2) {
        three[0] = low;
        three[1] = three[1] & 0xf0 | high;
    } else {
        three[1] = three[1] & 0x0f | low << 4;
        three[2] = (number >> 4) as u8;
    }
    key
}

/// Bob's hybrid key with another X25519 key in it.
fn with_share(share: [u8; 32]) -> [u8; PUBLIC] {
    let mut key = BOB.hybrid();
    key[PUBLIC - 32..].copy_from_slice(&share);
    key
}

/// Clause 1.4, of a recipient, and of the second word of an identity whose string says its hash.
fn keys() -> Vec<Case> {
    let both = |name: &str, note: &str, key: [u8; PUBLIC]| {
        let second = Second { hybrid: Sha256::digest(key).into(), ..bob() };
        let key = hybrid::recipient(&key);
        let text = format!("{} {key}", second.string(&BOB));
        [
            text::bad(RECIPIENT, format!("1.4-{name}"), MALFORMED, note, key).rows(&[71]),
            bad(format!("1.4-identity-{name}"), MALFORMED, "The same behind a string.", text)
                .rows(&[71]),
        ]
    };
    let numbers = [
        ("3329-first", "The first number is 3,329.", with_number(0, 3329)),
        ("3329-second", "The second number is 3,329.", with_number(1, 3329)),
        ("3329-middle", "The number 300 is 3,329.", with_number(300, 3329)),
        ("3329-last", "The last number is 3,329.", with_number(767, 3329)),
        ("4095-first", "The first number is 4,095.", with_number(0, 4095)),
        ("4095-last", "The last number is 4,095.", with_number(767, 4095)),
    ];
    let numbers = numbers.into_iter().flat_map(|(name, note, key)| both(name, note, key));
    let shares = no_shares().into_iter().flat_map(|(name, share)| {
        let note = "Its X25519 key is not canonical, or of small order.";
        both(&format!("x25519-{name}"), note, with_share(share))
    });
    let most = with_number(767, 3328);
    let good = taken("1.4-3328-last", "The highest number that there may be.", 3, &most, {
        hybrid::recipient(&most)
    });
    numbers.chain(shares).chain([good]).collect()
}

fn recipients() -> Vec<Case> {
    let refused = |name: &str, class, note, text: String| {
        text::bad(RECIPIENT, format!("4-{name}"), class, note, text)
    };
    let key = CAROL.hybrid();
    let text = hybrid::recipient(&key);
    let hybrid =
        |name: &str, note, text: String| refused(&format!("hybrid-{name}"), MALFORMED, note, text);
    let typo = |at: usize| {
        let other = if text.as_bytes()[at] == b'q' { "p" } else { "q" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    vec![
        taken("4-hybrid", "A hybrid recipient.", 3, &key, text.clone()),
        taken("4-hybrid-white-space", "White space around it.", 3, &key, {
            format!("\t\u{c}{text} \r\n")
        }),
        hybrid("bech32m", "The checksum of Bech32m.", long::<LongM>("age1pq", &key)),
        hybrid("capitals", "In capitals.", text.to_uppercase()),
        hybrid("mixed-case", "A letter is a capital.", format!("{}Q{}", &text[..99], &text[100..])),
        hybrid("typo", "A character is another.", typo(1500)),
        hybrid("typo-in-the-checksum", "The last character is another.", typo(text.len() - 1)),
        hybrid("cut", "The last character is missing.", text[..text.len() - 1].into()),
        hybrid("cut-at-1023", "The first 1,023 characters.", text[..1023].into()),
        hybrid("1215-bytes", "A byte too few.", hybrid::recipient(&key[1..])),
        hybrid("1217-bytes", "A byte too many.", hybrid::recipient(&[&key[..], &[0]].concat())),
        hybrid("32-bytes", "An X25519 key.", hybrid::recipient(&CAROL.x())),
        hybrid("no-bytes", "No byte.", hybrid::recipient(&[])),
        hybrid("padding-bits", "A bit is set behind the last byte.", {
            with_padding::<Long>("age1pq", &key)
        }),
        hybrid("under-age", "Under the prefix of an X25519 key.", long::<Long>("age", &key)),
        hybrid("prefix-alone", "The prefix alone.", "age1pq1".into()),
        hybrid("prefix-without-1", "The prefix and no more.", "age1pq".into()),
        hybrid(
            "another-1",
            "Another 1 behind the prefix.",
            text.replacen("age1pq1", "age1pq1q1", 1),
        ),
        hybrid("word-behind", "A word behind it.", format!("{text} x")),
        hybrid("two", "Two of them.", format!("{text} {}", BOB.hybrid_recipient())),
        hybrid("secret", "A secret key.", CAROL.hybrid_identity()),
        refused("other-hybrid-prefix-mixed", UNSUPPORTED, "A capital in its prefix.", {
            text.replacen("age1pq1", "age1pQ1", 1)
        }),
        refused("other-hybrid-prefix-longer", UNSUPPORTED, "Another prefix that starts so.", {
            long::<Long>("age1pqc", &key)
        }),
    ]
}

/// What begins with `kovra1`, of version 2.
fn kovra_recipients() -> Vec<Case> {
    let refused = |name: &str, class, note, text: String| {
        text::bad(RECIPIENT, format!("4-kovra-second-{name}"), class, note, text)
    };
    let key = BOB.hybrid();
    vec![
        taken("4-kovra-second", "Both words of an identity.", 3, &key, whole(&BOB)),
        taken("4-kovra-second-white-space", "White space around and between.", 3, &key, {
            format!(" {}\r\n\t{}\n", short(), BOB.hybrid_recipient())
        }),
        refused("short", MALFORMED, "A string of version 2 alone.", short()),
        refused("another-key", SIGNATURE, "With Mallory's hybrid key.", {
            format!("{} {}", short(), MALLORY.hybrid_recipient())
        })
        .rows(&[72]),
        refused("third-word", MALFORMED, "A third word.", whole(&BOB) + " x"),
        refused("signed-by-mallory", SIGNATURE, "Signed by Mallory.", {
            format!("{} {}", bob().string(&MALLORY), BOB.hybrid_recipient())
        }),
        refused("version-1", MALFORMED, "A string of version 1, and a hybrid key.", {
            format!("{} {}", string(&bobs()), BOB.hybrid_recipient())
        }),
    ]
}

fn token() -> String {
    hybrid::identity(&HYBRID_TOKEN)
}

fn tokens() -> Vec<Case> {
    let good = |name: &str, note, text: String| {
        let says = vec![("public", hybrid::recipient(&hybrid::public(&HYBRID_TOKEN)))];
        text::bad(TOKEN_FILE, name, "ok", note, text).good(says)
    };
    let token = token();
    vec![
        good("5.2-hybrid-whole", "As kovra writes it.", {
            format!("# kovra token of package {}\n{token}\n", "1d".repeat(16))
        }),
        good("5.3-hybrid-key-alone", "The key without a line feed.", token.clone()),
        good("5.3-hybrid-white-space", "Blank lines, and white space around lines.", {
            format!("\r\n\t # x\n\n \u{c}{token} \r\n\n")
        }),
    ]
}

fn bad_tokens() -> Vec<Case> {
    let refused = |name: &str, note, text: String| {
        text::bad(TOKEN_FILE, format!("5.3-hybrid-{name}"), TOKEN, note, text)
    };
    let token = token();
    let last = if token.ends_with('Q') { 'P' } else { 'Q' };
    let x25519 = BOB.age_identity();
    vec![
        refused("typo", "The last character is another.", {
            format!("{}{last}\n", &token[..token.len() - 1])
        }),
        refused("cut", "The last character is missing.", token[..token.len() - 1].into()),
        refused("prefix-alone", "The prefix alone.", "AGE-SECRET-KEY-PQ-1".into()),
        refused("lower-case", "In lower case.", token.to_lowercase()),
        refused("mixed-case", "PQ in small letters.", token.replacen("PQ", "pq", 1)),
        refused("bech32m", "The checksum of Bech32m.", {
            encoded::<Bech32m>("age-secret-key-pq-", &HYBRID_TOKEN).to_uppercase()
        }),
        refused("padding-bits", "A bit is set behind the last byte.", {
            with_padding::<Bech32>("age-secret-key-pq-", &HYBRID_TOKEN).to_uppercase()
        }),
        refused("31-bytes", "A byte too few.", hybrid::identity(&HYBRID_TOKEN[1..])),
        refused("33-bytes", "A byte too many.", hybrid::identity(&[0x72; 33])),
        refused("64-bytes", "d and z, and no seed.", hybrid::identity(&[0x72; 64])),
        refused("prefix-exchanged", "The prefix of the other kind.", {
            token.replacen("KEY-PQ-1", "KEY-1", 1)
        }),
        refused("another-prefix", "Another prefix.", {
            encoded::<Bech32>("age-secret-key-pqc-", &HYBRID_TOKEN).to_uppercase()
        }),
        refused("two-kinds", "A key of each kind.", format!("{token}\n{x25519}\n")),
        refused("a-recipient", "A public key.", BOB.hybrid_recipient()),
    ]
}
