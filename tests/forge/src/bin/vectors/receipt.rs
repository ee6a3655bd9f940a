//! Receipts (`spec/receipt.md`), as far as who reads one alone can judge. Carol imported, and signs.

use crate::case::{LIMIT, MALFORMED, UNSUPPORTED, hex};
use crate::signature::{mixed, near_p, plus_l, small_number, weak, with_r};
use crate::text::{self, Case, SIGNATURE};
use ed25519_dalek::{Signer, Verifier};
use forge::cbor::{array, bytes, cat, head, raw_text, tag, text, uint, wide};
use forge::{ALICE, CAROL, Keys, MALLORY, finish, stranger};

/// What a vector of a receipt is taken for.
pub(crate) const RECEIPT: &str = "receipt";

pub(crate) fn cases() -> Vec<Case> {
    let structure = [good(), items(), heads(), types(), lengths(), times(), ends()];
    structure.into_iter().chain([order(), signatures(), keys(), equations()]).flatten().collect()
}

fn bad(name: &str, class: &'static str, note: &str, bytes: Vec<u8>) -> Case {
    text::bad(RECEIPT, name, class, note, bytes)
}

fn malformed(name: &str, note: &str, bytes: Vec<u8>) -> Case {
    bad(name, MALFORMED, note, bytes)
}

fn unsigned(name: &str, note: &str, bytes: Vec<u8>) -> Case {
    bad(name, SIGNATURE, note, bytes)
}

const TIME: u64 = 1_800_000_000;
/// 9999-12-31T23:59:59Z.
const LATEST: u64 = 253_402_300_799;

/// The items of a receipt, encoded, without its signature.
#[derive(Clone)]
struct Items {
    start: Vec<u8>,
    name: Vec<u8>,
    version: Vec<u8>,
    key: Vec<u8>,
    id: Vec<u8>,
    hash: Vec<u8>,
    time: Vec<u8>,
}

impl Items {
    fn of(person: &Keys, id: u8, hash: u8, time: u64) -> Self {
        Self {
            start: start(&array(7)),
            name: text("kovra-receipt"),
            version: uint(1),
            key: bytes(&person.ed()),
            id: bytes(&[id; 16]),
            hash: bytes(&[hash; 32]),
            time: uint(time),
        }
    }

    fn body(&self) -> Vec<u8> {
        let Self { start, name, version, key, id, hash, time } = self;
        cat(&[start, name, version, key, id, hash, time])
    }

    fn signed_by(&self, person: &Keys) -> Vec<u8> {
        finish(&person.signing(), &[&self.body()])
    }

    fn file(&self) -> Vec<u8> {
        self.signed_by(&CAROL)
    }

    /// With what `make` makes of all that is signed.
    fn with(&self, make: impl Fn(&[u8]) -> [u8; 64]) -> Vec<u8> {
        let body = cat(&[&self.body(), &[0x58, 64]]);
        let signature = make(&body);
        cat(&[&body, &signature])
    }
}

fn start(array: &[u8]) -> Vec<u8> {
    cat(&[&tag(55799), array])
}

/// Carol's good one.
fn carols() -> Items {
    Items::of(&CAROL, 0x1d, 0x2e, TIME)
}

/// Carol's, with one thing changed and signed again.
fn but(change: impl Fn(&mut Items)) -> Vec<u8> {
    let mut items = carols();
    change(&mut items);
    items.file()
}

fn good() -> Vec<Case> {
    let of = |name: &str, note: &str, who: Keys, [id, hash]: [u8; 2], time: u64| {
        let file = Items::of(&who, id, hash, time).signed_by(&who);
        let says = vec![
            ("key", hex(&who.ed())),
            ("id", hex(&[id; 16])),
            ("hash", hex(&[hash; 32])),
            ("time", time.to_string()),
        ];
        bad(name, "ok", note, file).good(says)
    };
    vec![
        of("1.1-good", "Seed 03, id 07, hash 09.", stranger(3), [7, 9], TIME),
        of("1.1-carols", "What the bad ones are changed from.", CAROL, [0x1d, 0x2e], TIME),
        of("1.1-zeros", "An id and a hash of zeros.", CAROL, [0, 0], TIME),
        of("1.3-time-0", "Imported in 1970.", CAROL, [0x1d, 0x2e], 0),
        of("1.3-time-latest", "Imported in the last second of 9999.", CAROL, [0x1d, 0x2e], LATEST),
    ]
}

/// Tag, array, name and version.
fn items() -> Vec<Case> {
    let starts = |bytes: &[u8]| but(|i| i.start = bytes.to_vec());
    let named = |name: &[u8]| but(|i| i.name = raw_text(name));
    let version = |version: u64| but(|i| i.version = uint(version));
    let unsupported = |name: &str, note: &str, bytes| bad(name, UNSUPPORTED, note, bytes);
    let of = |count: u64, v: u64| but(|i| (i.start, i.version) = (start(&array(count)), uint(v)));
    vec![
        malformed("1.1-no-tag", "The array alone.", starts(&array(7))),
        malformed("1.1-another-tag", "Tag 55798.", starts(&cat(&[&tag(55798), &array(7)]))),
        malformed(
            "1.1-tag-twice",
            "Two tags.",
            starts(&cat(&[&tag(55799), &tag(55799), &array(7)])),
        ),
        malformed("1.1-map", "A map of seven.", starts(&start(&head(5, 7)))),
        malformed("1.1-packages-name", "The name of a package.", named(b"kovra-package"))
            .rows(&[1]),
        malformed("1.1-capital-name", "A capital letter in the name.", named(b"kovra-Receipt")),
        malformed("1.1-longer-name", "A line feed behind the name.", named(b"kovra-receipt\n")),
        malformed("1.1-empty-name", "A name of no bytes.", named(b"")),
        malformed("1.1-name-not-utf-8", "A byte ff in the name.", named(b"kovra-receip\xff"))
            .rows(&[18]),
        malformed("1.1-name-as-bytes", "A byte string for the name.", {
            but(|i| i.name = bytes(b"kovra-receipt"))
        }),
        unsupported("2.1-version-0", "Version 0.", version(0)).rows(&[14]),
        unsupported("2.1-version-2", "Version 2.", version(2)).rows(&[14]),
        unsupported("2.1-version-257", "Its low byte is 1.", version(257)).rows(&[14]),
        unsupported("2.1-version-most", "Version 2^64 - 1.", version(u64::MAX)).rows(&[14]),
        unsupported("2.1-version-2-of-0", "An array of none, and version 2 behind it.", of(0, 2)),
        unsupported("2.1-version-2-of-1", "An array of one, and version 2 behind it.", of(1, 2)),
        unsupported("2.1-version-2-of-8", "An array of eight, and version 2.", of(8, 2)),
        malformed("2.1-version-1-of-0", "An array of none.", of(0, 1)),
        malformed("2.1-version-1-of-1", "An array of one.", of(1, 1)),
        malformed(
            "2.1-version-2-of-too-many",
            "Version 2 in a longer array than the file.",
            of(172, 2),
        ),
        malformed("1.1-six-items", "An array of six.", of(6, 1)),
        malformed("1.1-eight-items", "An array of eight.", of(8, 1)),
        malformed("1.1-six-and-no-time", "Six items, without the time.", {
            but(|i| (i.start, i.time) = (start(&array(6)), vec![]))
        }),
        malformed("1.1-eight-and-another-time", "Eight items, with the time twice.", {
            but(|i| (i.start, i.time) = (start(&array(8)), cat(&[&uint(TIME), &uint(TIME)])))
        }),
    ]
}

/// Heads that are not the shortest, indefinite lengths and claims.
fn heads() -> Vec<Case> {
    let long = |name: &str, note: &str, change: fn(&mut Items)| {
        malformed(name, note, but(change)).rows(&[4])
    };
    let claim = |name: &str, note: &str, change: fn(&mut Items)| {
        malformed(name, note, but(change)).rows(&[8])
    };
    vec![
        long("1.1-long-tag", "The tag in four bytes.", |i| {
            i.start = cat(&[&wide(6, 55799, 4), &array(7)]);
        }),
        long("1.1-long-array", "The array's seven in a byte.", |i| i.start = start(&wide(4, 7, 1))),
        long("1.1-long-name", "The name's length in a byte.", |i| {
            i.name = cat(&[&wide(3, 13, 1), b"kovra-receipt"]);
        }),
        long("1.1-long-version", "The version in a byte.", |i| i.version = wide(0, 1, 1)),
        long("1.1-long-key", "The key's length in two bytes.", |i| {
            i.key = cat(&[&wide(2, 32, 2), &CAROL.ed()]);
        }),
        long("1.1-long-id", "The id's length in a byte.", |i| {
            i.id = cat(&[&wide(2, 16, 1), &[0x1d; 16]]);
        }),
        long("1.1-long-time", "The time in eight bytes.", |i| i.time = wide(0, TIME, 8)),
        long("1.1-long-signature", "The signature's length in two bytes.", |i| {
            // What stands behind it is the head of a byte string in this one.
            i.time = cat(&[&uint(TIME), &wide(2, 66, 2)]);
        }),
        malformed("1.1-indefinite-array", "An array without a length.", {
            cat(&[&but(|i| i.start = start(&[0x9f])), &[0xff]])
        })
        .rows(&[5]),
        malformed("1.1-indefinite-name", "A name in pieces.", {
            but(|i| i.name = cat(&[&[0x7f], &text("kovra-"), &text("receipt"), &[0xff]]))
        })
        .rows(&[5]),
        malformed("1.1-indefinite-id", "An id in pieces.", {
            but(|i| i.id = cat(&[&[0x5f], &bytes(&[0x1d; 8]), &bytes(&[0x1d; 8]), &[0xff]]))
        })
        .rows(&[5]),
        claim("1.1-array-of-2-64", "An array of 2^64 - 1.", |i| {
            i.start = start(&array(u64::MAX));
        }),
        claim("1.1-name-of-2-63", "A name of 2^63 bytes.", |i| {
            i.name = cat(&[&head(3, 1 << 63), b"kovra-receipt"]);
        }),
        claim("1.1-hash-of-2-32", "A hash of 2^32 bytes.", |i| i.hash = head(2, 1 << 32)),
    ]
}

/// Items of other types.
fn types() -> Vec<Case> {
    let other = |name: &str, note: &str, change: fn(&mut Items)| malformed(name, note, but(change));
    vec![
        other("1.1-version-as-text", "A text for the version.", |i| i.version = text("1")),
        other("1.1-version-negative", "Version -1.", |i| i.version = vec![0x20]),
        other("1.1-key-as-text", "A text for the key.", |i| i.key = text(&"k".repeat(32))),
        other("1.1-id-as-text", "A text for the id.", |i| i.id = text(&"i".repeat(16))),
        other("1.1-hash-as-number", "A number for the hash.", |i| i.hash = uint(9)),
        other("1.1-time-as-text", "A text for the time.", |i| {
            i.time = text("2027-01-15T08:00:00Z")
        }),
        other("1.1-time-tagged", "A time under tag 1.", |i| i.time = cat(&[&tag(1), &uint(TIME)]))
            .rows(&[7]),
        other("1.1-time-bignum", "A time as a bignum.", |i| {
            i.time = cat(&[&tag(2), &bytes(&[0x6b, 0x49, 0xd2, 0])]);
        })
        .rows(&[7]),
        other("1.1-time-half", "A time as a float.", |i| i.time = vec![0xf9, 0x3c, 0]).rows(&[7]),
        other("1.1-time-null", "No time.", |i| i.time = vec![0xf6]).rows(&[7]),
        other("1.1-time-negative", "A second before 1970.", |i| i.time = vec![0x20]),
    ]
}

/// Byte strings a byte too short or too long.
fn lengths() -> Vec<Case> {
    type Set = fn(&mut Items, Vec<u8>);
    let strings: [(&str, usize, Set); 3] = [
        ("key", 32, |i, to| i.key = to),
        ("id", 16, |i, to| i.id = to),
        ("hash", 32, |i, to| i.hash = to),
    ];
    let each = strings.into_iter().flat_map(|(what, right, set)| {
        [0, right - 1, right + 1].map(|length| {
            let note = format!("A {what} of {length} bytes.");
            let string = bytes(&vec![0x2e; length]);
            malformed(&format!("1.1-{what}-{length}"), &note, but(|i| set(i, string.clone())))
        })
    });
    let ended = |head: &[u8], length: usize| cat(&[&carols().body(), head, &vec![1; length]]);
    let signatures = [
        malformed("1.1-signature-0", "An empty signature.", ended(&[0x40], 0)),
        malformed("1.1-signature-63", "A signature of 63 bytes.", ended(&[0x58, 63], 63)),
        malformed("1.1-signature-65", "A signature of 65 bytes.", ended(&[0x58, 65], 65)),
        malformed("1.1-signature-as-text", "A text for the signature.", ended(&[0x78, 64], 64)),
        malformed("1.1-no-signature", "Nothing behind the time.", carols().body()),
    ];
    each.chain(signatures).collect()
}

fn times() -> Vec<Case> {
    let at = |time| but(|i| i.time = uint(time));
    vec![
        malformed("1.3-time-above", "The first second of the year 10,000.", at(LATEST + 1)),
        malformed("1.3-time-most", "2^64 - 1.", at(u64::MAX)),
    ]
}

/// The size, and where the file ends.
fn ends() -> Vec<Case> {
    let filled = |length: usize| {
        let mut file = carols().file();
        file.resize(length, 0);
        file
    };
    let cut = |length: usize| carols().file()[..length].to_vec();
    let length = carols().file().len();
    vec![
        malformed("2.1-empty", "No byte.", vec![]).rows(&[1]),
        malformed("2.1-a-byte-behind", "A zero behind the signature.", filled(length + 1))
            .rows(&[2]),
        malformed("2.1-256-bytes", "Zeros behind it, up to the limit.", filled(256)).rows(&[2]),
        bad("2.1-257-bytes", LIMIT, "A byte over the limit.", filled(257)).rows(&[10]),
        bad("2.1-300-zeros", LIMIT, "Over the limit, and no receipt.", vec![0; 300]).rows(&[10]),
        malformed("2.1-cut-in-tag", "Two bytes.", cut(2)).rows(&[3]),
        malformed("2.1-cut-in-name", "Ten bytes.", cut(10)).rows(&[3]),
        malformed("2.1-cut-behind-name", "No version.", cut(18)).rows(&[3]),
        malformed("2.1-cut-in-key", "Half of the key.", cut(37)).rows(&[3]),
        malformed("2.1-cut-in-signature", "The last byte is missing.", cut(length - 1)).rows(&[3]),
    ]
}

/// Two faults, of which the first decides.
fn order() -> Vec<Case> {
    vec![
        bad("2.1-version-2-and-short-key", UNSUPPORTED, "Version 2, and a key of no bytes.", {
            but(|i| (i.version, i.key) = (uint(2), bytes(b"")))
        }),
        bad("2.1-version-2-and-nothing", UNSUPPORTED, "Version 2, where the file ends.", {
            let Items { start, name, .. } = carols();
            cat(&[&start[..3], &array(1), &name, &uint(2)])
        }),
        malformed("2.1-name-and-version", "Another name, and version 2.", {
            but(|i| (i.name, i.version) = (text("kovra-receipts"), uint(2)))
        }),
        malformed("2.1-time-and-signature", "The year 10,000, and nobody signed.", {
            Items { time: uint(LATEST + 1), ..carols() }.with(|_| [0; 64])
        }),
        malformed("2.1-end-and-signature", "A byte behind it, and nobody signed.", {
            cat(&[&carols().with(|_| [0; 64]), &[0]])
        }),
        unsigned("2.1-weak-key-and-signature", "A key of small order, and Mallory signed.", {
            Items { key: bytes(&small_number(1, 0)), ..carols() }.signed_by(&MALLORY)
        }),
    ]
}

fn signatures() -> Vec<Case> {
    let changed = |name: &str, note: &str, at: usize| {
        let mut file = carols().file();
        file[at] ^= 1;
        unsigned(name, note, file).rows(&[24])
    };
    let over = |name: &str, note: &str, message: fn(&[u8]) -> Vec<u8>| {
        let signed = |body: &[u8]| CAROL.signing().sign(&message(body)).to_bytes();
        unsigned(name, note, carols().with(signed)).rows(&[27])
    };
    let last = carols().file().len() - 1;
    vec![
        changed("1.2-changed-id", "A bit of the id is another.", 60),
        changed("1.2-changed-hash", "A bit of the hash is another.", 90),
        changed("1.2-changed-time", "A second later.", last - 66),
        changed("1.2-changed-r", "A bit of the signature's R is another.", last - 50),
        changed("1.2-changed-s", "The last bit is another.", last),
        unsigned("1.2-zeros", "A signature of zeros.", carols().with(|_| [0; 64])),
        unsigned("1.2-by-another", "Mallory's signature under Carol's key.", {
            carols().signed_by(&MALLORY)
        })
        .rows(&[28]),
        over("1.2-over-package", "Carol's signature of what starts like a package.", |body| {
            cat(&[b"\xd9\xd9\xf7\x86\x6dkovra-package", &body[18..]])
        }),
        over("1.2-over-identity", "Carol's signature of her identity string.", |_| {
            cat(&[b"kovra-identity-v1", &[1], &CAROL.ed(), &CAROL.x()])
        }),
        over("1.2-over-device", "Carol's signature of a statement about a device.", |_| {
            cat(&[b"kovra-device-v1\x01\x01", &CAROL.ed(), &ALICE.ed()])
        }),
        over("1.2-over-items", "Over the file less its last 66 bytes.", |body| {
            body[..body.len() - 2].to_vec()
        }),
        over("1.2-over-array", "Over the file without its tag.", |body| body[3..].to_vec()),
        over("1.2-over-zeros", "Over the file with zeros for its signature.", |body| {
            cat(&[body, &[0; 64]])
        }),
        over("1.2-over-nothing", "Over no bytes.", |_| vec![]),
        unsigned(
            "1.2-of-another-receipt",
            "Carol's signature of her receipt for another package.",
            {
                let other = Items { id: bytes(&[0x1e; 16]), ..carols() }.file();
                carols().with(|_| *other.last_chunk().unwrap())
            },
        )
        .rows(&[30]),
    ]
}

/// Keys that nobody uses; whoever has no check of them takes the neutral point and zero as a signature.
fn keys() -> Vec<Case> {
    let taken = |key: [u8; 32]| Items { key: bytes(&key), ..carols() }.with(|_| neutral());
    let case = |(name, what, key): (&str, &str, [u8; 32])| {
        let note = format!("The key is {what}; R is the neutral point and S is zero.");
        unsigned(&format!("1.2-key-{name}"), &note, taken(key)).rows(&[26])
    };
    weak().into_iter().map(case).collect()
}

fn neutral() -> [u8; 64] {
    *cat(&[&small_number(1, 0), &[0; 32]]).first_chunk().unwrap()
}

/// Signatures by Alice that hold by a laxer equation.
fn equations() -> Vec<Case> {
    let alices = Items::of(&ALICE, 0x1d, 0x2e, TIME);
    let r = |name: &str, note: &str, r: [u8; 32], nonce: Option<&Keys>| {
        unsigned(name, note, alices.with(|body| with_r(body, r, nonce))).rows(&[25])
    };
    let malleated = alices.with(|body| plus_l(ALICE.signing().sign(body).to_bytes()));
    let neutral = r("1.2-r-neutral", "R is the neutral point.", small_number(1, 0), None);
    let (message, signature) = neutral.bytes.split_last_chunk::<64>().unwrap();
    let holds = ALICE.signing().verifying_key().verify(message, &signature.into());
    assert!(holds.is_ok(), "this signature is no test");
    vec![
        unsigned("1.2-s-plus-l", "S plus the order of the group.", malleated).rows(&[25]),
        r("1.2-r-not-canonical", "The neutral point, written as p + 1.", near_p(0xee, 0x7f), None),
        r("1.2-r-order-2", "R is the point of order 2.", near_p(0xec, 0x7f), None),
        r("1.2-r-mixed", "R is Alice's key plus the point of order 2.", mixed(), Some(&ALICE)),
        neutral,
    ]
}
