//! Clauses 1 and 2: the array, its CBOR, and versions.

use crate::case::{
    At::{Good, Open, Parse},
    Case, LIMIT, MALFORMED, UNSUPPORTED, case,
};
use crate::entries::{both, odd, one, small, with_payload};
use forge::cbor::{array, bytes, cat, head, map, raw_text, tag, text, uint, wide};
use forge::{CREATED, finish, prefix, sign};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [good(), magic(), shape(), cut(), heads(), indefinite(), types(), claims()];
    groups.into_iter().chain([depth(), utf_8(), versions()]).flatten().collect()
}

/// The small package's parts behind another prefix, signed.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let good = small();
    sign(&good.signer, prefix, &good.header(), &good.sealed(), &good.high())
}

/// The small package with these bytes for a header, signed.
fn with_header(header: &[u8]) -> Vec<u8> {
    let good = small();
    sign(&good.signer, &prefix(), header, &good.sealed(), &good.high())
}

/// The small package's payload without its first byte, the head of the array.
fn payload_tail() -> Vec<u8> {
    small().payload(0)[1..].to_vec()
}

fn name() -> Vec<u8> {
    text("kovra-package")
}

fn good() -> Vec<Case> {
    vec![
        case("1.1-one-entry", Good, "The smallest package: one literal.", one),
        case("1.1-both-slots", Good, "Literals and a pointer, in both slots.", both),
    ]
}

fn magic() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        case(name, Parse(MALFORMED), note, make).rows(&[1])
    };
    vec![
        bad("1.1-empty", "No bytes at all.", Vec::new),
        bad("1.1-zip", "The first bytes of a ZIP file.", || b"PK\x03\x04\x14\0\0\0".to_vec()),
        bad("1.1-age", "An age file that is not in a package.", || small().sealed()),
        bad("1.1-text", "The name as plain text.", || b"kovra-package".to_vec()),
        bad("1.3-no-tag", "The array without its tag.", || {
            behind(&cat(&[&array(6), &name(), &uint(1)]))
        }),
        bad("1.3-another-tag", "Tag 55798.", || {
            behind(&cat(&[&tag(55798), &array(6), &name(), &uint(1)]))
        }),
        bad("1.3-two-tags", "The tag twice.", || {
            behind(&cat(&[&tag(55799), &tag(55799), &array(6), &name(), &uint(1)]))
        }),
        bad("1.3-another-name", "One letter of the name is another.", || {
            behind(&cat(&[&tag(55799), &array(6), &text("kovra-packagf"), &uint(1)]))
        }),
        bad("1.3-name-of-a-payload", "The name of another structure.", || {
            behind(&cat(&[&tag(55799), &array(6), &text("kovra-entries"), &uint(1)]))
        }),
        bad("1.3-name-longer", "The name and one letter more.", || {
            behind(&cat(&[&tag(55799), &array(6), &text("kovra-packages"), &uint(1)]))
        }),
        bad("1.3-name-in-bytes", "The name as a byte string.", || {
            behind(&cat(&[&tag(55799), &array(6), &bytes(b"kovra-package"), &uint(1)]))
        }),
        bad("1.3-a-map", "A map of three pairs in place of the array.", || {
            behind(&cat(&[&tag(55799), &map(3), &name(), &uint(1)]))
        }),
    ]
}

/// A package of other items than the six.
fn of_items(count: u64, make: impl Fn([Vec<u8>; 3]) -> Vec<u8>) -> Vec<u8> {
    let good = small();
    let start = cat(&[&tag(55799), &array(count), &name(), &uint(1)]);
    let rest = make([bytes(&good.header()), bytes(&good.sealed()), bytes(b"")]);
    finish(&good.signer, &[&start, &rest])
}

/// The small package with another signature item.
fn signed(item: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let file = small().file();
    let (body, signature) = file.split_at(file.len() - 66);
    cat(&[body, &item(&signature[2..])])
}

fn shape() -> Vec<Case> {
    let bad =
        |name: &str, note: &str, make: fn() -> Vec<u8>| case(name, Parse(MALFORMED), note, make);
    vec![
        bad("1.3-five-items", "No slot 1.", || of_items(5, |[h, s, _]| cat(&[&h, &s]))),
        bad("1.3-seven-items", "Slot 1 twice.", || of_items(7, |[h, s, x]| cat(&[&h, &s, &x, &x]))),
        bad("1.3-six-claimed-five-there", "An array of six that ends after five.", || {
            of_items(6, |[h, s, _]| cat(&[&h, &s]))
        }),
        bad("1.3-none-claimed-six-there", "An array of none, and the six behind it.", || {
            of_items(0, |parts| parts.concat())
        }),
        bad("1.3-five-claimed-six-there", "An array of five, and the six of a package.", || {
            of_items(5, |parts| parts.concat())
        }),
        bad("1.3-seven-claimed-six-there", "An array of seven, and the six of a package.", || {
            of_items(7, |parts| parts.concat())
        }),
        bad("1.3-four-items", "Name, version, header and signature.", || of_items(4, |[h, ..]| h)),
        bad("1.1-header-as-map", "The header's map itself, not in a byte string.", || {
            of_items(6, |[_, s, x]| cat(&[&small().header(), &s, &x]))
        }),
        bad("1.1-sealed-as-text", "Slot 0 as a text string.", || {
            of_items(6, |[h, _, x]| cat(&[&h, &text("age-encryption.org/v1\n"), &x]))
        }),
        bad("1.1-high-null", "Slot 1 is null.", || {
            of_items(6, |[h, s, _]| cat(&[&h, &s, &[0xf6]]))
        }),
        bad("1.1-high-left-out-as-array", "Slot 1 is an empty array.", || {
            of_items(6, |[h, s, _]| cat(&[&h, &s, &array(0)]))
        }),
        bad("1.3-signature-empty", "A signature of no bytes.", || signed(|_| bytes(b""))),
        bad("1.3-signature-63", "A signature of 63 bytes.", || signed(|s| bytes(&s[..63]))),
        bad("1.3-signature-65", "A signature of 65 bytes.", || signed(|s| bytes(&cat(&[s, &[0]])))),
        bad("1.3-signature-as-text", "A signature that is a text string of 64 bytes.", || {
            signed(|_| text(&"0".repeat(64)))
        }),
        bad("1.2-a-byte-after", "A zero byte after the signature.", || {
            cat(&[&small().file(), &[0]])
        })
        .rows(&[2]),
        bad("1.2-a-break-after", "0xff after the signature.", || cat(&[&small().file(), &[0xff]]))
            .rows(&[2]),
        bad("1.2-a-line-feed-after", "As a text editor would leave it.", || {
            cat(&[&small().file(), b"\n"])
        })
        .rows(&[2]),
        bad("1.2-twice", "Two whole packages in a row.", || {
            cat(&[&small().file(), &small().file()])
        })
        .rows(&[2]),
        bad("1.2-header-trailing", "A byte after the header's map.", || {
            with_header(&cat(&[&small().header(), &[0]]))
        })
        .rows(&[2]),
        case("1.2-payload-trailing", Open(MALFORMED), "A byte after the payload's array.", || {
            with_payload(&cat(&[&small().payload(0), &[0]]))
        })
        .rows(&[2]),
    ]
}

fn cut() -> Vec<Case> {
    let at = |name: &str, where_: &str, end: fn(usize) -> usize| {
        let make = move || {
            let file = small().file();
            file[..end(file.len())].to_vec()
        };
        let note = format!("Cut {where_}.");
        case(format!("1.2-cut-{name}"), Parse(MALFORMED), note, make).rows(&[3])
    };
    vec![
        at("1", "inside the tag", |_| 1),
        at("3", "behind the tag", |_| 3),
        at("4", "behind the array's head", |_| 4),
        at("10", "inside the name", |_| 10),
        at("18", "before the version", |_| 18),
        at("19", "before the header", |_| 19),
        at("20", "inside the head of the header", |_| 20),
        at("40", "inside the header", |_| 40),
        at("in-sealed", "inside slot 0", |length| length / 2),
        at("before-high", "before slot 1", |length| length - 67),
        at("before-signature", "before the signature", |length| length - 66),
        at("in-signature", "inside the signature", |length| length - 32),
        at("last-byte", "by one byte", |length| length - 1),
    ]
}

fn heads() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        let name = format!("1.2-long-{name}");
        case(name, Parse(MALFORMED), format!("{note} in a longer head than it needs."), make)
            .rows(&[4])
    };
    vec![
        bad("tag", "The tag", || behind(&cat(&[&wide(6, 55799, 4), &array(6), &name(), &uint(1)]))),
        bad("array", "The array", || {
            behind(&cat(&[&tag(55799), &wide(4, 6, 1), &name(), &uint(1)]))
        }),
        bad("name", "The name", || {
            behind(&cat(&[&tag(55799), &array(6), &wide(3, 13, 8), b"kovra-package", &uint(1)]))
        }),
        bad("version", "The version", || {
            behind(&cat(&[&tag(55799), &array(6), &name(), &wide(0, 1, 1)]))
        }),
        bad("header", "The header", || {
            let good = small();
            let header = good.header();
            let header = cat(&[&wide(2, header.len() as u64, 2), &header]);
            finish(&good.signer, &[&prefix(), &header, &bytes(&good.sealed()), &bytes(b"")])
        }),
        bad("sealed", "Slot 0", || {
            let good = small();
            let sealed = good.sealed();
            let sealed = cat(&[&wide(2, sealed.len() as u64, 4), &sealed]);
            finish(&good.signer, &[&prefix(), &bytes(&good.header()), &sealed, &bytes(b"")])
        }),
        bad("high", "An empty slot 1", || {
            let good = small();
            let header = bytes(&good.header());
            let high = wide(2, 0, 1);
            finish(&good.signer, &[&prefix(), &header, &bytes(&good.sealed()), &high])
        }),
        bad("signature", "The signature", || signed(|s| cat(&[&wide(2, 64, 2), s]))),
        bad("map", "The header's map", || {
            let header = small().header();
            with_header(&cat(&[&wide(5, 7, 1), &header[1..]]))
        }),
        bad("key", "A key of the header", || {
            let mut forge = small();
            forge.pairs[3].0 = wide(0, 3, 1);
            forge.file()
        }),
        bad("time", "A time", || small().set(3, wide(0, CREATED, 8)).file()),
        bad("id", "The id", || small().set(0, cat(&[&wide(2, 16, 1), &[0x1d; 16]])).file()),
        case("1.2-long-in-payload", Open(MALFORMED), "The payload's array in two bytes.", || {
            with_payload(&cat(&[&wide(4, 6, 1), &payload_tail()]))
        })
        .rows(&[4]),
        case("1.2-long-in-entry", Open(MALFORMED), "An entry's mode in two bytes.", || {
            let start = cat(&[&map(4), &[0], &text("dev/a/b"), &[1]]);
            odd(cat(&[&start, &wide(0, 0, 1), &[2], &bytes(b"v"), &[3, 1]]))
        })
        .rows(&[4]),
    ]
}

fn indefinite() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        let name = format!("1.2-indefinite-{name}");
        case(name, Parse(MALFORMED), format!("{note} of indefinite length."), make).rows(&[5])
    };
    vec![
        bad("package", "An array", || {
            let file = behind(&cat(&[&tag(55799), &[0x9f], &name(), &uint(1)]));
            cat(&[&file, &[0xff]])
        }),
        bad("name", "A text string", || {
            behind(&cat(&[&tag(55799), &array(6), &[0x7f], &name(), &[0xff], &uint(1)]))
        }),
        bad("header", "A byte string around the header,", || {
            of_items(6, |[h, s, x]| cat(&[&[0x5f], &h, &[0xff], &s, &x]))
        }),
        bad("map", "The header's map", || {
            let header = small().header();
            with_header(&cat(&[&[0xbf], &header[1..], &[0xff]]))
        }),
        bad("id", "An id", || small().set(0, cat(&[&[0x5f], &bytes(&[0x1d; 16]), &[0xff]])).file()),
        bad("recipients", "An array of recipients", || {
            let forge = small();
            let list = forge.pairs[5].1.clone();
            forge.set(5, cat(&[&[0x9f], &list[1..], &[0xff]])).file()
        }),
        bad("counts", "An array of counts", || {
            small().set(6, cat(&[&[0x9f], &uint(1), &uint(0), &[0xff]])).file()
        }),
        bad("ext", "An empty map of extensions", || small().set(8, vec![0xbf, 0xff]).file()),
        case("1.2-indefinite-payload", Open(MALFORMED), "A payload of indefinite length.", || {
            with_payload(&cat(&[&[0x9f], &payload_tail(), &[0xff]]))
        })
        .rows(&[5]),
    ]
}

/// What some decoder or other would take for a number.
fn types() -> Vec<Case> {
    let values: [(&str, &str, &[u8]); 14] = [
        ("epoch-tag", "tag 1", &[0xc1, 0x05]),
        ("bignum", "a bignum", &[0xc2, 0x41, 0x05]),
        ("negative", "a negative integer", &[0x25]),
        ("false", "false", &[0xf4]),
        ("null", "null", &[0xf6]),
        ("undefined", "undefined", &[0xf7]),
        ("simple", "a simple value", &[0xf8, 0x20]),
        ("half", "a float of 16 bits", &[0xf9, 0x3c, 0x00]),
        ("single", "a float of 32 bits", &[0xfa, 0x4e, 0xd6, 0x93, 0xa4]),
        ("double", "a float of 64 bits", &[0xfb, 0x41, 0xda, 0xd2, 0x74, 0x80, 0, 0, 0]),
        ("break", "a break", &[0xff]),
        ("reserved", "a reserved head", &[0x1c]),
        ("bytes", "a byte string", &[0x41, 0x05]),
        ("text", "a text string", &[0x61, 0x35]),
    ];
    let created = values.into_iter().map(|(name, what, value)| {
        let note = format!("The time of creation is {what}.");
        case(format!("1.2-created-{name}"), Parse(MALFORMED), note, move || {
            small().set(3, value.to_vec())
        })
        .rows(&[7])
    });
    let version = values.into_iter().filter(|(name, ..)| ["half", "null", "text"].contains(name));
    let version = version.map(|(name_of, what, value)| {
        let note = format!("The version is {what}.");
        case(format!("2.1-version-{name_of}"), Parse(MALFORMED), note, move || {
            behind(&cat(&[&tag(55799), &array(6), &name(), value]))
        })
        .rows(&[7])
    });
    let entry = case("1.2-float-in-entry", Open(MALFORMED), "A sensitivity of 1.0.", || {
        let start = cat(&[&map(4), &[0], &text("dev/a/b"), &[1, 0, 2], &bytes(b"v"), &[3]]);
        odd(cat(&[&start, &[0xf9, 0x3c, 0x00]]))
    })
    .rows(&[7]);
    let tagged = case("1.2-tag-in-payload", Open(MALFORMED), "A tag around the payload.", || {
        with_payload(&cat(&[&tag(55799), &small().payload(0)]))
    })
    .rows(&[7]);
    created.chain(version).chain([entry, tagged]).collect()
}

/// Claims of what is not there.
fn claims() -> Vec<Case> {
    let majors = [(2, "bytes"), (3, "text"), (4, "array"), (5, "map")];
    let outer = majors.map(|(major, what)| {
        let note = format!("Where the header should be, the head of {what}, 2^63 long.");
        case(format!("1.2-claim-{what}"), Parse(MALFORMED), note, move || {
            cat(&[&prefix(), &head(major, 1 << 63)])
        })
    });
    let more = [
        case("1.2-claim-package", Parse(MALFORMED), "An array of 2^64 - 1 items.", || {
            behind(&cat(&[&tag(55799), &array(u64::MAX), &name(), &uint(1)]))
        }),
        case("1.2-claim-header-map", Parse(MALFORMED), "A header of 2^64 - 1 pairs.", || {
            with_header(&map(u64::MAX))
        }),
        case("1.2-claim-id", Parse(MALFORMED), "An id of 2^64 - 1 bytes.", || {
            small().set(0, head(2, u64::MAX)).file()
        }),
        case("1.2-claim-ext", Parse(MALFORMED), "2^63 extensions.", || {
            small().set(8, cat(&[&map(1 << 63), &text("x"), &bytes(b"")])).file()
        }),
        case("1.2-claim-recipients", Parse(MALFORMED), "2^32 recipients.", || {
            small().set(5, array(1 << 32)).file()
        }),
        case("1.2-claim-entries", Open(MALFORMED), "2^63 entries in the payload.", || {
            let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(0)]);
            with_payload(&cat(&[&start, &bytes(&[0; 32]), &array(1 << 63)]))
        }),
        case("1.2-claim-literal", Open(MALFORMED), "A literal of 2^64 - 1 bytes.", || {
            odd(cat(&[&map(4), &[0], &text("dev/a/b"), &[1, 0, 2], &head(2, u64::MAX)]))
        }),
    ];
    outer.into_iter().chain(more).map(|c| c.rows(&[8])).collect()
}

fn depth() -> Vec<Case> {
    let nests = [(0x81, "arrays"), (0xa1, "maps"), (0xc1, "tags")];
    let outer = nests.map(|(byte, what)| {
        let note = format!("A million {what}, one inside the other, for a header.");
        case(format!("1.2-nested-{what}"), Parse(MALFORMED), note, move || {
            cat(&[&prefix(), &vec![byte; 1_000_000]])
        })
    });
    let more = [
        case("1.2-nested-in-header", Parse(MALFORMED), "16,000 arrays for an id.", || {
            with_header(&cat(&[&map(7), &uint(0), &[0x81; 16_000]]))
        }),
        case("1.2-nested-from-the-start", Parse(MALFORMED), "A million tags.", || {
            vec![0xc1; 1_000_000]
        }),
        case("1.2-nested-in-payload", Open(MALFORMED), "8,000 arrays in the payload.", || {
            with_payload(&cat(&[&array(6), &[0x81; 8_000]]))
        }),
    ];
    outer.into_iter().chain(more).map(|c| c.rows(&[9])).collect()
}

fn utf_8() -> Vec<Case> {
    let bad: [(&str, &[u8]); 5] = [
        ("lone-byte", b"\xff"),
        ("overlong", b"\xc0\x80"),
        ("surrogate", b"\xed\xa0\x80"),
        ("above-10ffff", b"\xf4\x90\x80\x80"),
        ("cut", b"a\xcc"),
    ];
    let names = bad.map(|(what, text)| {
        let note = format!("An extension's name is not UTF-8: {what}.");
        case(format!("1.2-utf-8-{what}"), Parse(MALFORMED), note, move || {
            small().set(8, cat(&[&map(1), &raw_text(text), &bytes(b"")]))
        })
    });
    let entry = |name: &[u8], pointer: &[u8]| {
        cat(&[&map(4), &[0], &raw_text(name), &[1, 1, 2], &raw_text(pointer), &[3, 1]])
    };
    let in_entries = [
        case("1.2-utf-8-coordinate", Open(MALFORMED), "A coordinate is not UTF-8.", move || {
            odd(entry(b"dev/a/\xff", b"aws-sm://x"))
        }),
        case("1.2-utf-8-pointer", Open(MALFORMED), "A pointer is not UTF-8.", move || {
            odd(entry(b"dev/a/b", b"aws-sm://\xff"))
        }),
        case("1.2-utf-8-description", Open(MALFORMED), "A description is not UTF-8.", || {
            let start = cat(&[&map(5), &[0], &text("dev/a/b"), &[1, 0, 2, 0x40, 3, 0, 4]]);
            odd(cat(&[&start, &raw_text(b"\xff")]))
        }),
    ];
    names.into_iter().chain(in_entries).map(|c| c.rows(&[18])).collect()
}

fn versions() -> Vec<Case> {
    let start = |items, version| cat(&[&tag(55799), &array(items), &name(), &uint(version)]);
    let numbers = [0, 2, 24, 257, (1 << 32) + 1, u64::MAX].map(|version| {
        let note = format!("Version {version}, and nothing else is different.");
        case(format!("2.1-version-{version}"), Parse(UNSUPPORTED), note, move || {
            behind(&start(6, version))
        })
    });
    let more = [
        case("2.1-other-items", Parse(UNSUPPORTED), "Version 2 with seven items.", move || {
            behind(&start(7, 2))
        }),
        case("2.1-no-cbor", Parse(UNSUPPORTED), "Version 2 and then no CBOR.", move || {
            cat(&[&start(6, 2), &[0xff; 64]])
        }),
        case(
            "2.1-nothing-after",
            Parse(UNSUPPORTED),
            "Version 2, and the file ends there.",
            move || start(6, 2),
        ),
    ];
    let age = case("2.2-age-version-2", Parse(MALFORMED), "Slot 0 says age v2.", || {
        let good = small();
        let mut sealed = good.sealed();
        assert_eq!(&sealed[..22], b"age-encryption.org/v1\n");
        sealed[20] = b'2';
        good.file_of(&sealed, b"")
    });
    let large = [
        case("9-file-over", Parse(LIMIT), "16 MiB and a byte, all zeros.", || {
            vec![0; (16 << 20) + 1]
        }),
        case("9-file-most", Parse(MALFORMED), "16 MiB of zeros are no package.", || {
            vec![0; 16 << 20]
        }),
    ];
    let numbers = numbers.into_iter().chain(more).map(|c| c.rows(&[14]));
    let large = large.map(|c| c.rows(&[10]));
    numbers.chain([age]).chain(large).collect()
}
