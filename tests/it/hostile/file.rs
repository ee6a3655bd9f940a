//! The file, its CBOR and its header (clauses 1 to 3), at every place and with every byte.

use super::{intact, open_class, parse_class};
use forge::cbor::{array, bytes, cat, head, map, raw_text, tag, text, uint, wide};
use forge::{ALICE, CREATED, EXPIRES, Forge, prefix, sign};
use kovra::clock::Moment;
use kovra::package::Class::{Malformed, Time};
use kovra::package::Package;

/// The good package's parts behind another prefix.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let good = Forge::good();
    sign(&good.signer, prefix, &good.header(), &good.sealed(), &good.high())
}

/// The good package with these bytes for a header, signed.
fn with_header(header: &[u8]) -> Vec<u8> {
    let good = Forge::good();
    sign(&good.signer, &prefix(), header, &good.sealed(), &good.high())
}

/// Row 24.
#[test]
fn every_single_bit_matters() {
    let mut file = Forge::good().file();
    for bit in 0..file.len() * 8 {
        file[bit / 8] ^= 1 << (bit % 8);
        let intact = Package::parse(&file).and_then(Package::verify);
        assert!(intact.is_err(), "bit {bit} does not matter");
        file[bit / 8] ^= 1 << (bit % 8);
    }
    intact(&file);
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

/// Row 6.
#[test]
fn a_key_twice_or_out_of_order() {
    for at in 0..7 {
        let mut twice = Forge::good();
        twice.pairs.insert(at, twice.pairs[at].clone());
        assert_eq!(parse_class(&twice.file()), Malformed, "key {at} twice");
    }
    for at in 0..6 {
        let mut swapped = Forge::good();
        swapped.pairs.swap(at, at + 1);
        assert_eq!(parse_class(&swapped.file()), Malformed, "key {at} late");
    }
}

/// What the header says is what was put in. Row 16: the name of an unknown extension is kept as it
/// is, and whoever shows it escapes it.
#[test]
fn a_header_reads_back() {
    let name = "\u{1b}]8;;http://evil.example\u{7}";
    let file = Forge::good().set(8, cat(&[&map(1), &text(name), &bytes(b"value")])).file();
    let intact = intact(&file);
    let header = intact.header();
    assert_eq!((header.id, header.sender), ([0x1d; 16], ALICE.ed()));
    assert_eq!((header.created.seconds(), header.expires.seconds()), (CREATED, EXPIRES));
    assert_eq!((header.seq, header.normal, header.high), (CREATED * 1000 + 17, 2, 1));
    assert_eq!(header.id_hex(), "1d".repeat(16));
    assert_eq!(header.ext, [name]);
    assert!(header.crit.is_empty());
    assert!(kovra::text::is_plain(&kovra::text::escape(name)));
}

/// Row 47, at the last time that there is.
#[test]
fn a_clock_that_stands_at_the_end() {
    let now = Moment::from_seconds(u64::MAX);
    let error = intact(&Forge::good().file()).trust(&[ALICE.pinned()], now).err().unwrap();
    assert_eq!(error.class, Time);
}
