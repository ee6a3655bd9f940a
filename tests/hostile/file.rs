//! The file and its CBOR (clauses 1, 2 and 9): rows 1-5, 7-10, 14, 18.

use super::forge::cbor::{array, bytes, cat, head, map, raw_text, tag, text, uint, wide};
use super::forge::{CREATED, Forge, finish, prefix, sign};
use super::{open_class, parse_class, parse_error};
use kovra::package::Class::{Limit, Malformed, Unsupported};

/// The good package's parts behind another prefix.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let good = Forge::good();
    sign(&good.signer, prefix, &good.header(), &good.sealed(), &good.high())
}

/// Row 1.
#[test]
fn empty_or_another_magic() {
    assert_eq!(parse_class(b""), Malformed);
    assert_eq!(parse_class(b"PK\x03\x04"), Malformed);
    assert_eq!(parse_class(b"age-encryption.org/v1\n"), Malformed);
    let name = text("kovra-package");
    for other in [
        cat(&[&array(6), &name, &uint(1)]),
        cat(&[&tag(55798), &array(6), &name, &uint(1)]),
        cat(&[&tag(55799), &tag(55799), &array(6), &name, &uint(1)]),
        cat(&[&tag(55799), &array(6), &text("kovra-packagf"), &uint(1)]),
        cat(&[&tag(55799), &array(6), &text("kovra-entries"), &uint(1)]),
        cat(&[&tag(55799), &array(6), &bytes(b"kovra-package"), &uint(1)]),
        cat(&[&tag(55799), &map(3), &name, &uint(1)]),
    ] {
        assert_eq!(parse_class(&behind(&other)), Malformed, "{other:02x?}");
    }
}

#[test]
fn five_or_seven_items() {
    let good = Forge::good();
    let (header, sealed, high) =
        (bytes(&good.header()), bytes(&good.sealed()), bytes(&good.high()));
    let start = |items| cat(&[&tag(55799), &array(items), &text("kovra-package"), &uint(1)]);
    let seven = finish(&good.signer, &[&start(7), &header, &sealed, &high, &high]);
    assert_eq!(parse_class(&seven), Malformed);
    let five = finish(&good.signer, &[&start(5), &header, &sealed]);
    assert_eq!(parse_class(&five), Malformed);
    let six_claimed_and_five_there = finish(&good.signer, &[&start(6), &header, &sealed]);
    assert_eq!(parse_class(&six_claimed_and_five_there), Malformed);
    for claimed in [0, 5, 7, 23] {
        assert_eq!(parse_class(&behind(&start(claimed))), Malformed, "{claimed}");
    }
}

#[test]
fn a_signature_of_another_length() {
    let file = Forge::good().file();
    let (body, signature) = file.split_at(file.len() - 66);
    for length in [0, 63] {
        let short = cat(&[body, &bytes(&signature[2..2 + length])]);
        assert_eq!(parse_class(&short), Malformed, "{length}");
    }
    assert_eq!(parse_class(&cat(&[body, &bytes(&[0; 65])])), Malformed);
}

/// Row 2.
#[test]
fn a_byte_after_the_signature() {
    for byte in [0, 0xff] {
        let file = cat(&[&Forge::good().file(), &[byte]]);
        assert_eq!(parse_class(&file), Malformed);
    }
    let twice = cat(&[&Forge::good().file(), &Forge::good().file()]);
    assert_eq!(parse_class(&twice), Malformed);
}

/// Row 3.
#[test]
fn cut_at_every_offset() {
    let file = Forge::good().file();
    for end in 0..file.len() {
        assert_eq!(parse_class(&file[..end]), Malformed, "{end}");
    }
}

/// Row 4.
#[test]
fn heads_that_are_not_the_shortest() {
    let name = text("kovra-package");
    for size in [1, 2, 4, 8] {
        let long_array = cat(&[&tag(55799), &wide(4, 6, size), &name, &uint(1)]);
        assert_eq!(parse_class(&behind(&long_array)), Malformed);
        let long_name = cat(&[&wide(3, 13, size), b"kovra-package"]);
        let long_name = cat(&[&tag(55799), &array(6), &long_name, &uint(1)]);
        assert_eq!(parse_class(&behind(&long_name)), Malformed);
        let long_version = cat(&[&tag(55799), &array(6), &name, &wide(0, 1, size)]);
        assert_eq!(parse_class(&behind(&long_version)), Malformed);
        let long_key = {
            let mut forge = Forge::good();
            forge.pairs[3].0 = wide(0, 3, size);
            forge.file()
        };
        assert_eq!(parse_class(&long_key), Malformed);
    }
    for size in [4, 8] {
        let long_tag = cat(&[&wide(6, 55799, size), &array(6), &name, &uint(1)]);
        assert_eq!(parse_class(&behind(&long_tag)), Malformed);
    }
    let long_time = Forge::good().set(3, wide(0, CREATED, 8)).file();
    assert_eq!(parse_class(&long_time), Malformed);
    let long_id = Forge::good().set(0, cat(&[&wide(2, 16, 1), &[0x1d; 16]])).file();
    assert_eq!(parse_class(&long_id), Malformed);

    let good = Forge::good();
    let (sealed, high) = (good.sealed(), bytes(&good.high()));
    let long_sealed = cat(&[&wide(2, sealed.len() as u64, 4), &sealed]);
    let file = finish(&good.signer, &[&prefix(), &bytes(&good.header()), &long_sealed, &high]);
    assert_eq!(parse_class(&file), Malformed);
}

/// Row 4, in what only the recipient sees.
#[test]
fn a_payload_with_a_head_that_is_not_the_shortest() {
    let good = Forge::good();
    let mut payload = good.payload(0);
    assert_eq!(payload[0], 0x86);
    payload.splice(0..1, wide(4, 6, 1));
    let file = good.file_of(&good.seal(&payload), &good.high());
    assert_eq!(open_class(&file), Malformed);
}

/// Row 5.
#[test]
fn indefinite_lengths() {
    let name = text("kovra-package");
    let tagged = |rest: &[&[u8]]| cat(&[&tag(55799), &rest.concat()]);
    assert_eq!(parse_class(&behind(&tagged(&[&[0x9f], &name, &uint(1)]))), Malformed);
    let chunked = cat(&[&[0x7f], &name, &[0xff]]);
    assert_eq!(parse_class(&behind(&tagged(&[&array(6), &chunked, &uint(1)]))), Malformed);

    let mut header = Forge::good().header();
    header[0] = 0xbf;
    header.push(0xff);
    assert_eq!(parse_class(&with_header(&header)), Malformed);
    let id = cat(&[&[0x5f], &bytes(&[0x1d; 16]), &[0xff]]);
    assert_eq!(parse_class(&Forge::good().set(0, id).file()), Malformed);
    let counts = cat(&[&[0x9f], &uint(2), &uint(1), &[0xff]]);
    assert_eq!(parse_class(&Forge::good().set(6, counts).file()), Malformed);
    assert_eq!(parse_class(&Forge::good().set(8, cat(&[&[0xbf, 0xff]])).file()), Malformed);
}

/// The good package with these bytes for a header, signed.
fn with_header(header: &[u8]) -> Vec<u8> {
    let good = Forge::good();
    sign(&good.signer, &prefix(), header, &good.sealed(), &good.high())
}

/// Row 7: everything that some decoder would take for a number.
#[test]
fn types_that_are_not_used() {
    for value in [
        &[0xc1, 0x05][..],
        &[0xc2, 0x41, 0x05],
        &[0xc2, 0x41, 0x05, 0x05],
        &[0x05 | 0x20],
        &[0xf4],
        &[0xf5],
        &[0xf6],
        &[0xf7],
        &[0xf9, 0x3c, 0x00],
        &[0xfa, 0x4e, 0xd6, 0x93, 0xa4],
        &[0xfb, 0x41, 0xda, 0xd2, 0x74, 0x80, 0, 0, 0],
        &[0xf8, 0x20],
        &[0xff],
        &[0x1c],
        &[0x41, 0x05],
        &[0x61, 0x35],
    ] {
        for key in [2, 3, 4] {
            let file = Forge::good().set(key, value.to_vec()).file();
            assert_eq!(parse_class(&file), Malformed, "{key} {value:02x?}");
        }
        let version = cat(&[&tag(55799), &array(6), &text("kovra-package"), value]);
        assert_eq!(parse_class(&behind(&version)), Malformed, "{value:02x?}");
    }
}

/// Row 8: what is claimed and not there is refused before anything is allocated for it.
#[test]
fn enormous_claims() {
    let huge = [1 << 31, 1 << 62, 1 << 63, u64::MAX - 1, u64::MAX];
    for claim in huge {
        for major in 2..=5 {
            let item = head(major, claim);
            assert_eq!(parse_class(&cat(&[&prefix(), &item])), Malformed);
            assert_eq!(parse_class(&behind(&cat(&[&tag(55799), &item]))), Malformed);
            assert_eq!(parse_class(&with_header(&item)), Malformed);
            for key in [0, 5, 6, 7, 8] {
                let file = Forge::good().set(key, item.clone()).file();
                assert_eq!(parse_class(&file), Malformed, "{major} {claim} {key}");
            }
        }
        assert_eq!(parse_class(&head(6, claim)), Malformed);
        let names = cat(&[&map(claim), &text("x"), &bytes(b"")]);
        assert_eq!(parse_class(&Forge::good().set(8, names).file()), Malformed);
    }
}

/// Row 8, in what only the recipient sees.
#[test]
fn enormous_claims_in_a_payload() {
    let good = Forge::good();
    let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(0)]);
    for claim in [1 << 31, 1 << 63, u64::MAX] {
        for major in 2..=5 {
            let hash = bytes(&[0; 32]);
            for payload in [head(major, claim), cat(&[&start, &hash, &head(major, claim)])] {
                let file = good.file_of(&good.seal(&payload), &good.high());
                assert_eq!(open_class(&file), Malformed, "{major} {claim}");
            }
        }
    }
}

/// Row 9: in a thread whose stack would not hold a frame for each level.
#[test]
fn a_million_nested_items() {
    let run = || {
        for nest in [0x81, 0xa1, 0xc1, 0xd9] {
            let deep = vec![nest; 1_000_000];
            assert_eq!(parse_class(&deep), Malformed);
            for start in [tag(55799), cat(&[&tag(55799), &array(6)]), prefix()] {
                assert_eq!(parse_class(&cat(&[&start, &deep])), Malformed);
            }
            assert_eq!(parse_class(&with_header(&deep[..16_000])), Malformed);
            let after_a_key = cat(&[&map(7), &uint(0), &deep[..16_000]]);
            assert_eq!(parse_class(&with_header(&after_a_key)), Malformed);
            let good = Forge::good();
            let payload = cat(&[&array(6), &deep]);
            assert_eq!(open_class(&good.file_of(&good.seal(&payload), &good.high())), Malformed);
        }
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
}

/// Row 10, for bytes that are already there.
#[test]
fn larger_than_16_mib() {
    let most = 16 << 20;
    assert_eq!(parse_class(&vec![0; most]), Malformed);
    let error = parse_error(&vec![0; most + 1]);
    assert_eq!((error.class, error.place), (Limit, "package"));
    let good = Forge::good();
    let large = vec![0; most];
    assert_eq!(parse_class(&good.file_of(&large, &good.high())), Limit);
}

/// Row 14: no other version is read as if it were 1, whatever follows it.
#[test]
fn other_versions() {
    for version in [0, 2, 3, 23, 24, 256, 1 << 32, u64::MAX] {
        for items in [4, 6, 7] {
            let start = cat(&[&tag(55799), &array(items), &text("kovra-package"), &uint(version)]);
            let error = parse_error(&behind(&start));
            assert_eq!(error.class, Unsupported, "{version}");
            assert!(error.what.contains(&version.to_string()), "{error}");
            let rest_is_not_cbor = cat(&[&start, &[0xff; 64]]);
            assert_eq!(parse_class(&rest_is_not_cbor), Unsupported);
        }
    }
}

/// Row 18.
#[test]
fn text_that_is_not_utf_8() {
    for bad in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xcc"] {
        let name = cat(&[&tag(55799), &array(6), &raw_text(bad), &uint(1)]);
        assert_eq!(parse_class(&behind(&name)), Malformed);
        for key in [7, 8] {
            let extensions = cat(&[&map(1), &raw_text(bad), &bytes(b"")]);
            let file = Forge::good().set(key, extensions).file();
            assert_eq!(parse_class(&file), Malformed, "{key} {bad:02x?}");
        }
        let entry = |name: &[u8], pointer: &[u8]| {
            let (name, pointer) = (raw_text(name), raw_text(pointer));
            cat(&[&map(4), &[0], &name, &[1, 1], &[2], &pointer, &[3, 1]])
        };
        let file = Forge::normal(entry(bad, b"aws-sm://x")).file();
        assert_eq!(open_class(&file), Malformed);
        let file = Forge::normal(entry(b"dev/a/b", bad)).file();
        assert_eq!(open_class(&file), Malformed);
        let description = cat(&[&map(5), &[0], &text("dev/a/b"), &[1, 0, 2, 0x40, 3, 0, 4]]);
        let file = Forge::normal(cat(&[&description, &raw_text(bad)])).file();
        assert_eq!(open_class(&file), Malformed);
    }
}

/// What is not the format is told so even where the signature is wrong too.
#[test]
fn shape_comes_before_the_signature() {
    let mut file = Forge::good().set(4, uint(CREATED)).file();
    let end = file.len();
    file[end - 64..].fill(0);
    assert_eq!(parse_class(&file), Malformed);
}
