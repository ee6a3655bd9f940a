//! The header (clause 3): rows 6, 11-13, 15-17, 46, 51.

use super::forge::cbor::{array, bytes, cat, map, text, uint};
use super::forge::{ALICE, BOB, CAROL, CREATED, EXPIRES, Forge, NOW, To, listed, stranger};
use super::{accepts, intact, open, parse_class, parse_error};
use kovra::package::Class::{Limit, Malformed, Unsupported};

/// Row 6.
#[test]
fn a_key_twice_or_out_of_order() {
    for at in 0..7 {
        let mut twice = Forge::good();
        twice.pairs.insert(at, twice.pairs[at].clone());
        assert_eq!(parse_class(&twice.file()), Malformed, "key {at} twice");
        let mut gone = Forge::good();
        gone.pairs.remove(at);
        assert_eq!(parse_class(&gone.file()), Malformed, "no key {at}");
    }
    for at in 0..6 {
        let mut swapped = Forge::good();
        swapped.pairs.swap(at, at + 1);
        assert_eq!(parse_class(&swapped.file()), Malformed, "key {at} late");
    }
    let extension = cat(&[&map(1), &text("x"), &bytes(b"")]);
    let late_crit = Forge::good().set(8, extension.clone()).set(7, extension).file();
    assert_eq!(parse_class(&late_crit), Malformed);
}

/// Row 6, in the maps of extensions: the order is that of the encoded names.
#[test]
fn extension_names_twice_or_out_of_order() {
    let names = |names: &[&str]| {
        let pairs: Vec<u8> = names.iter().flat_map(|n| cat(&[&text(n), &bytes(b"")])).collect();
        cat(&[&map(names.len() as u64), &pairs])
    };
    let class = |list: &[&str]| parse_class(&Forge::good().set(8, names(list)).file());
    assert_eq!(class(&["a", "a"]), Malformed);
    assert_eq!(class(&["b", "a"]), Malformed);
    assert_eq!(class(&["aa", "b"]), Malformed);
    assert!(accepts(&Forge::good().set(8, names(&["b", "aa"])).file()).is_ok());
}

fn recipients(list: &[Vec<u8>]) -> Vec<u8> {
    cat(&[&array(list.len() as u64), &list.concat()])
}

/// `count` recipients of kind 0 in order.
fn many(count: u32) -> Vec<u8> {
    let one = |i: u32| {
        let fingerprint = cat(&[&i.to_be_bytes(), &[0; 28]]);
        cat(&[&array(2), &uint(0), &bytes(&fingerprint)])
    };
    recipients(&(0..count).map(one).collect::<Vec<_>>())
}

/// Row 11. The limit is judged on the claimed count, before the recipients are read.
#[test]
fn no_recipients_or_too_many() {
    let class = |list: Vec<u8>| parse_class(&Forge::good().set(5, list).file());
    assert_eq!(class(array(0)), Malformed);
    assert_eq!(class(many(65)), Limit);
    assert_eq!(class(cat(&[&array(65), &[0xff; 65]])), Limit);
    assert_eq!(class(array(1_000_000)), Malformed);
    let million = Forge::good().set(5, many(1_000_000)).file();
    assert_eq!((parse_error(&million).class, parse_error(&million).place), (Limit, "package"));
    let thousand = Forge::good().set(5, many(1_000)).file();
    assert_eq!((parse_error(&thousand).class, parse_error(&thousand).place), (Limit, "header"));
}

/// The other side of row 11: 64 are as many as there may be.
#[test]
fn sixty_four_recipients() {
    let mut to: Vec<To> = (1..64).map(|i| To::age(&stranger(i))).chain([To::kovra(&BOB)]).collect();
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let entry = Forge::good().entries[0][0].clone();
    assert!(accepts(&Forge::with(&to, vec![entry], vec![]).file()).is_ok());
}

/// Row 12.
#[test]
fn recipients_twice_or_out_of_order() {
    let (bob, carol) = (To::kovra(&BOB), To::kovra(&CAROL));
    let mut sorted = [bob.clone(), carol];
    sorted.sort_by(|a, b| a.listed.cmp(&b.listed));
    let [first, second] = sorted;
    let of = |to: &[To]| Forge::with(to, Forge::good().entries[0].clone(), vec![]).file();
    assert!(accepts(&of(&[first.clone(), second.clone()])).is_ok());
    assert_eq!(parse_class(&of(&[second, first])), Malformed);
    assert_eq!(parse_class(&of(&[bob.clone(), bob.clone()])), Malformed);
    assert_eq!(parse_class(&of(&[To::age(&BOB), bob])), Malformed);
}

#[test]
fn recipients_of_another_shape_or_kind() {
    let class = |one: Vec<u8>| parse_class(&Forge::good().set(5, recipients(&[one])).file());
    let print = bytes(&[0; 32]);
    for kind in [3, 4, 255, u64::MAX] {
        assert_eq!(class(cat(&[&array(2), &uint(kind), &print])), Unsupported, "{kind}");
    }
    assert_eq!(class(cat(&[&array(3), &uint(0), &print, &uint(0)])), Malformed);
    assert_eq!(class(cat(&[&array(1), &print])), Malformed);
    assert_eq!(class(cat(&[&array(2), &uint(0), &bytes(&[0; 31])])), Malformed);
    assert_eq!(class(cat(&[&array(2), &uint(0), &bytes(&[0; 33])])), Malformed);
    assert_eq!(class(cat(&[&array(2), &print, &uint(0)])), Malformed);
    assert_eq!(class(listed(0, &[])[1..].to_vec()), Malformed);
}

/// Row 13.
#[test]
fn unknown_keys() {
    for key in [9, 10, 23, 24, u64::MAX] {
        let file = Forge::good().set(key, uint(0)).file();
        assert_eq!(parse_class(&file), Malformed, "{key}");
    }
    for key in [text("id"), bytes(b"x"), vec![0x20], vec![0xf6]] {
        let mut forge = Forge::good();
        forge.pairs.push((key.clone(), uint(0)));
        assert_eq!(parse_class(&forge.file()), Malformed, "{key:02x?}");
    }
}

#[test]
fn values_of_another_length() {
    for (key, value) in [
        (0, bytes(&[0; 15])),
        (0, bytes(&[0; 17])),
        (0, text("0123456789abcdef")),
        (1, bytes(&[0; 31])),
        (1, bytes(&[0; 33])),
        (6, cat(&[&array(1), &uint(3)])),
        (6, cat(&[&array(3), &uint(2), &uint(1), &uint(0)])),
    ] {
        let file = Forge::good().set(key, value.clone()).file();
        assert_eq!(parse_class(&file), Malformed, "{key} {value:02x?}");
    }
    let mut trailing = Forge::good();
    trailing.pairs[6].1.push(0);
    assert_eq!(parse_class(&trailing.file()), Malformed);
}

/// Row 66, as far as the header shows it; and no entries at all.
#[test]
fn counts_of_entries() {
    let class = |normal, high| {
        let counts = cat(&[&array(2), &uint(normal), &uint(high)]);
        parse_class(&Forge::good().set(6, counts).file())
    };
    assert_eq!(class(0, 0), Malformed);
    assert_eq!(class(4097, 0), Limit);
    assert_eq!(class(4096, 1), Limit);
    assert_eq!(class(1, 4096), Limit);
    assert_eq!(class(u64::MAX, 0), Limit);
    assert_eq!(class(u64::MAX, 1), Limit);
    assert_eq!(class(1 << 63, 1 << 63), Limit);
}

fn extensions(name: &str) -> Vec<u8> {
    cat(&[&map(1), &text(name), &bytes(b"value")])
}

/// 16 KiB are as much as a header may have, whatever fills it.
#[test]
fn a_large_header() {
    let filled = |size: usize| {
        let room = size - Forge::good().set(8, extensions("")).header().len();
        let value = cat(&[&map(1), &text("x"), &bytes(&vec![0; room + 2])]);
        let forge = Forge::good().set(8, value);
        (forge.header().len(), forge.file())
    };
    let (length, file) = filled(16 << 10);
    assert_eq!(length, 16 << 10);
    assert!(accepts(&file).is_ok());
    let (_, file) = filled((16 << 10) + 1);
    assert_eq!((parse_error(&file).class, parse_error(&file).place), (Limit, "header"));
}

/// Row 15.
#[test]
fn an_unknown_critical_extension() {
    let error = parse_error(&Forge::good().set(7, extensions("example.com/\u{1b}[2J")).file());
    assert_eq!(error.class, Unsupported);
    assert!(error.what.contains("example.com/\\u{1b}[2J"), "{error}");
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

/// Row 16: it is kept as it is, and whoever shows it escapes it.
#[test]
fn an_unknown_extension_is_ignored() {
    let name = "\u{1b}]8;;http://evil.example\u{7}";
    let file = Forge::good().set(8, extensions(name)).file();
    assert_eq!(intact(&file).header().ext, [name]);
    assert!(intact(&file).header().crit.is_empty());
    assert_eq!(accepts(&file).unwrap().entries.len(), 3);
    assert!(kovra::text::is_plain(&kovra::text::escape(name)));
}

/// Row 17.
#[test]
fn extensions_that_contradict() {
    let class = |crit: Option<Vec<u8>>, ext: Option<Vec<u8>>| {
        let forge = crit.into_iter().fold(Forge::good(), |f, v| f.set(7, v));
        parse_class(&ext.into_iter().fold(forge, |f, v| f.set(8, v)).file())
    };
    assert_eq!(class(Some(map(0)), None), Malformed);
    assert_eq!(class(None, Some(map(0))), Malformed);
    assert_eq!(class(Some(extensions("x")), Some(extensions("x"))), Malformed);
    assert_eq!(class(None, Some(extensions(""))), Malformed);
    assert_eq!(class(None, Some(extensions(&"x".repeat(65)))), Malformed);
    assert_eq!(class(Some(extensions(&"x".repeat(65))), None), Malformed);
    let longest = Forge::good().set(8, extensions(&"\u{fc}".repeat(32))).file();
    assert!(accepts(&longest).is_ok());
}

/// Row 46.
#[test]
fn times_that_cannot_be() {
    const YEAR: u64 = 366 * 86_400;
    let class = |created, expires| {
        parse_class(&Forge::good().set(3, uint(created)).set(4, uint(expires)).file())
    };
    assert_eq!(class(CREATED, CREATED), Malformed);
    assert_eq!(class(CREATED, CREATED - 1), Malformed);
    assert_eq!(class(CREATED, 0), Malformed);
    assert_eq!(class(CREATED, CREATED + YEAR + 1), Malformed);
    assert_eq!(class(CREATED, u64::MAX), Malformed);
    assert_eq!(class(u64::MAX - 1, u64::MAX), Malformed);
    assert_eq!(class(u64::MAX, u64::MAX), Malformed);
    assert_eq!(class(0, u64::MAX), Malformed);
    // (created + 300) * 1000 does not fit.
    assert_eq!(class(u64::MAX / 1000 - 299, u64::MAX / 1000), Malformed);
    assert!(accepts(&Forge::good().set(4, uint(CREATED + YEAR)).file()).is_ok());
}

/// Row 51.
#[test]
fn a_seq_ahead_of_its_time() {
    let latest = (CREATED + 300) * 1000;
    for seq in [u64::MAX, latest + 1] {
        assert_eq!(parse_class(&Forge::good().set(2, uint(seq)).file()), Malformed, "{seq}");
    }
    assert!(accepts(&Forge::good().set(2, uint(latest)).file()).is_ok());
    assert!(accepts(&Forge::good().set(2, uint(0)).file()).is_ok());
}

/// What the header says is what was put in.
#[test]
fn a_header_reads_back() {
    let file = Forge::good().file();
    let intact = intact(&file);
    let header = intact.header();
    assert_eq!((header.id, header.sender), ([0x1d; 16], ALICE.ed()));
    assert_eq!((header.created.seconds(), header.expires.seconds()), (CREATED, EXPIRES));
    assert_eq!((header.seq, header.normal, header.high), (CREATED * 1000 + 17, 2, 1));
    assert_eq!(header.id_hex(), "1d".repeat(16));
    assert!(intact.trust(&[ALICE.pinned()], NOW).is_ok());
    assert!(open(&file, &BOB, Some(&Forge::good().token())).is_ok());
}
