//! Every golden vector of `testdata/v1`, through parse, verify, trust and open.
//!
//! `testdata/v1/README.md` says what a vector is, and what makes them. The same files are
//! read by `tests/outside/reader.py`, which shares no code with this.

use ed25519_dalek::{Verifier, VerifyingKey};
use forge::age::CHUNK;
use forge::golden::{Vector, corpus, word};
use forge::vector::{self, clauses, files, root};
use forge::{ALICE, BOB, CAROL, Forge, MALLORY, NOW, To, openssh_private_key};
use kovra::identity::{HybridSecret, Recipient, Token};
use kovra::package::{Draft, High, Package, Stamp};
use kovra::text::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn every_vector_gets_what_it_says() {
    let corpus = corpus();
    assert!(corpus.len() >= 1000, "only {} vectors", corpus.len());
    let wrong: Vec<String> = corpus.iter().filter_map(|vector| vector.judge().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A refusal names its place, and says more than that where more is wanted.
#[test]
fn a_refusal_says_where_and_what() {
    let alice = ALICE.pinned().fingerprint();
    let says = [
        ("9-file-over", "package", ""),
        ("2.1-version-257", "package", "257"),
        ("3.1-1000-recipients", "header", ""),
        ("3.7-crit-escape", "header", "\\u{1b}]8;;http://evil.example\\u{7}\\u{202e}"),
        ("7.1-nobody-pinned", "sender", &alice),
        ("3.5-not-listed", "recipients", ""),
        ("5.4-hidden-x25519", "sealed", ""),
        ("5.6-listed-not-sealed-to", "sealed", ""),
        ("5.6-body-a-byte-short", "sealed", ""),
        ("5.1-high-missing", "high", ""),
        ("5.1-high-not-counted", "high", ""),
        ("5.4-hidden-in-high", "high", ""),
        ("5.6-high-not-sealed-to", "high", ""),
        ("5.5-none", "token layer", ""),
        ("5.5-two-tokens", "token layer", ""),
        ("5.6-other-token", "token layer", ""),
        ("3.5-hybrid-behind-kovra", "header", ""),
        ("5.4-hybrid-by-x25519", "sealed", ""),
        ("5.6-hybrid-exchanged", "sealed", ""),
        ("5.5-x25519-in-hybrid", "token layer", ""),
        ("5.6-hybrid-token-of-x25519", "token layer", ""),
        ("4.1-files-exchanged", "payload of slot 0", ""),
        ("4.5-resealed", "payload of slot 0", ""),
        ("4.5-sealed-of-another-package", "payload of slot 0", ""),
        ("4.5-signed-by-mallory", "payload of slot 0", ""),
        ("4.5-slot-1-in-sealed", "payload of slot 0", ""),
        ("4.5-high-of-another-package", "payload of slot 1", ""),
        ("4.5-slot-0-in-high", "payload of slot 1", ""),
        ("5.5-deeper", "payload of slot 1", ""),
        ("4.6-coordinate-escape", "payload of slot 0", "\\u{1b}]52"),
        ("4.6-pointer-aws-endpoint", "payload of slot 0", "endpoint"),
    ];
    let corpus = corpus();
    for (name, place, part) in says {
        let (_, _, what) = named(&corpus, name).run().err().unwrap();
        let rest = what.strip_prefix(&format!("{place}: "));
        assert!(rest.is_some_and(|rest| rest.contains(part)), "{name}: {what}");
    }
    // Nor does it name what is in a slot that stays closed.
    for vector in corpus.iter().filter(|vector| vector.class == "token") {
        let (_, _, what) = vector.run().err().unwrap();
        assert!(!what.contains("password"), "{}: {what}", vector.name);
    }
}

/// The one of this name.
fn named<'a>(corpus: &'a [Vector], name: &str) -> &'a Vector {
    corpus.iter().find(|vector| vector.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// What no age header may look like in slot 0, none may in slot 1, nor in the token layer.
#[test]
fn an_age_header_is_as_bad_in_slot_1() {
    let classical = Forge::good();
    let [normal, high] = classical.entries.clone();
    let hybrid = Forge::with(&[To::hybrid(&BOB)], normal, high).with_hybrid_token();
    let refused = |package: &[u8], token: &Token| {
        let intact = Package::parse(package)?.verify()?;
        let verified = intact.trust(&[ALICE.pinned()], NOW)?;
        verified.open(&BOB.whole_identity(1), High::Open(token)).map(|_| ())
    };
    let shapes = corpus().into_iter().filter(|vector| {
        let class = ["malformed", "limit"].contains(&&vector.class[..]);
        class && vector.stage == "parse" && ["5.2", "5.3"].contains(&&vector.clause[..])
    });
    let mut count = 0;
    for vector in shapes {
        let [_, slot, high, _] = items(&vector.package).map(|item| &vector.package[item]);
        if !high.is_empty() {
            // It is about slot 1 already.
            continue;
        }
        // How long it may be depends on who is listed.
        let good = if vector.name.contains("-hybrid-") { &hybrid } else { &classical };
        let (sealed, token) = (good.sealed(), good.token());
        for (place, package) in [
            ("sealed", good.file_of(slot, &good.high())),
            ("high", good.file_of(&sealed, slot)),
            ("token layer", good.file_of(&sealed, &good.seal(slot))),
        ] {
            let error = refused(&package, &token).err().unwrap();
            let got = (word(error.class), error.place);
            assert_eq!(got, (&vector.class[..], place), "{}", vector.name);
        }
        count += 1;
    }
    assert!(count > 100, "only {count}");
}

/// Two signatures hold by the equation of RFC 8032 alone, so that nothing but the checks of the keys
/// and of R refuses them.
#[test]
fn signatures_that_hold_by_the_equation_alone() {
    let corpus = corpus();
    let parts = |name| {
        let package = &named(&corpus, name).package;
        let header = &package[items(package)[0].clone()];
        let at = header.windows(3).position(|bytes| bytes == [1, 0x58, 32]).unwrap() + 3;
        let key = VerifyingKey::from_bytes(header[at..].first_chunk().unwrap()).unwrap();
        let (message, signature) = package.split_last_chunk::<64>().unwrap();
        (key, message, signature.into())
    };
    let (key, message, signature) = parts("6.2-key-mixed-and-signed");
    assert!(key.verify_strict(message, &signature).is_ok());
    let (key, message, signature) = parts("6.3-r-neutral");
    assert!(key.verify(message, &signature).is_ok());
}

/// Clauses of 1 to 9 without a refused vector, and why.
const NOT_REFUSED: [(&str, &str); 7] = [
    ("1.4", "it follows from 1.1 to 1.3, whose vectors change those bytes"),
    ("1.5", "it names files, and says nothing of their bytes"),
    (
        "5.7",
        "kovra opens by no SSH key: `tests/outside/reader.py`, `needs_programs` of `outside.rs`",
    ),
    ("7.3", "the importer's own clock is state: `tests/it/import.rs`"),
    ("8.1", "it says what is done with what was accepted: `tests/it/import.rs`"),
    ("8.2", "what was imported before is state: `tests/it/import.rs`"),
    ("8.3", "what is stored already is state: `tests/it/import.rs`"),
];

#[test]
fn every_clause_has_its_vectors_and_every_vector_its_clause() {
    let (sections, paragraphs) = clauses("package-v1.md");
    assert!(sections.len() > 9 && paragraphs.len() > 30, "the specification was not understood");
    let corpus = corpus();
    for vector in &corpus {
        let clause = &vector.clause;
        let known = sections.contains(clause) || paragraphs.contains(clause);
        assert!(known, "{}: there is no clause {clause}", vector.name);
        let file = vector.name.split_once('-').unwrap().0;
        assert_eq!(file, clause, "{} is named after another clause", vector.name);
    }
    let refused: BTreeSet<&str> =
        corpus.iter().filter(|v| !v.is_good()).map(|v| &v.clause[..]).collect();
    let counts = |clause: &&String| clause.split('.').next().is_some_and(|n| n.len() == 1);
    for clause in paragraphs.iter().filter(counts) {
        let excused = NOT_REFUSED.iter().any(|(c, _)| c == clause);
        assert_eq!(refused.contains(&clause[..]), !excused, "clause {clause}");
    }
    // The tables of 8 and 9 belong to no paragraph.
    assert!(refused.contains("8") && refused.contains("9"));
    for (clause, _) in NOT_REFUSED {
        assert!(paragraphs.contains(clause), "there is no clause {clause} to excuse");
    }
}

/// Each row of the list of attacks is shown by vectors, or the list names the test that tries it.
#[test]
fn every_row_has_its_vectors() {
    let list = std::fs::read_to_string(root().join("testdata/attacks.md")).unwrap();
    let (attacks, tests) = list.split_once("\n## ").unwrap();
    let attacks: Vec<u8> = numbered(attacks).map(|(row, _)| row).collect();
    assert!(attacks.len() >= 72 && attacks.iter().copied().eq(1..=attacks[attacks.len() - 1]));
    let tests: BTreeMap<u8, &str> = numbered(tests).collect();
    let others = ["identity-v1", "receipt-v1"].into_iter().flat_map(forge::vector::corpus);
    let others = others.flat_map(|mut file| file.many("row"));
    let others = others.map(|row| row.parse().unwrap());
    let shown: BTreeSet<u8> = corpus().into_iter().flat_map(|v| v.rows).chain(others).collect();
    for row in &attacks {
        assert_ne!(shown.contains(row), tests.contains_key(row), "row {row}");
    }
    assert!(shown.iter().chain(tests.keys()).all(|row| attacks.contains(row)));
    for name in tests.into_values().map(|cell| cell.trim_matches(['`', '|'])) {
        let (module, function) = name.split_once("::").unwrap();
        let files = [format!("{module}.rs"), format!("{module}/mod.rs")];
        let mut source = files.iter().map(|file| root().join("tests/it").join(file));
        let source = std::fs::read_to_string(source.find(|file| file.exists()).unwrap()).unwrap();
        assert!(source.contains(&format!("#[test]\nfn {function}(")), "there is no {name}");
    }
}

/// The lines of a table that start with a number, and the rest of each.
fn numbered(table: &str) -> impl Iterator<Item = (u8, &str)> {
    let lines = table.lines().filter_map(|line| line.strip_prefix('|')?.split_once('|'));
    lines.filter_map(|(number, rest)| Some((number.parse().ok()?, rest)))
}

/// Each of the classes that need no memory is there, at each stage that has it.
#[test]
fn every_class_has_its_vectors() {
    let pairs: BTreeSet<(String, String)> =
        corpus().into_iter().map(|v| (v.stage, v.class)).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(s, c)| (&s[..], &c[..])).collect();
    let open = ["binding", "limit", "malformed", "not-for-me", "ok", "policy", "token"];
    let parse = ["binding", "limit", "malformed", "unsupported"];
    let expected = open.map(|c| ("open", c)).into_iter().chain(parse.map(|c| ("parse", c)));
    let trust = ["time", "untrusted"].map(|c| ("trust", c));
    assert_eq!(pairs, expected.chain(trust).chain([("verify", "signature")]).collect::<Vec<_>>());
}

/// Row 24, over the whole corpus: no bit of a good package can change unnoticed.
///
/// Every bit is turned of all that a parser reads: the structure, the header, the age headers, the
/// signature. The bodies of the age files no parser looks into, and of ENC in a hybrid stanza it sees
/// that it is base64: only the signature covers them, and all of their bits would take minutes, or an
/// hour for the five that are of 66 to 271 kB. There it is every bit of the first and last 16 bytes, and
/// of the rest one bit of each byte, or in those five, whose headers are as those of others are, one in
/// each 127 bytes, so at least one in each block that the SHA-512 of Ed25519 takes in, at another place
/// in each. Ed25519 signs one string from start to end: a reader that left a part of it out would leave
/// out a byte or a block.
#[test]
fn any_bit_of_any_good_vector() {
    let good: Vec<Vector> = corpus().into_iter().filter(Vector::is_good).collect();
    assert!(good.len() >= 50, "only {}", good.len());
    assert_eq!(good.iter().filter(|vector| vector.package.len() > LARGE).count(), 5);
    // A piece of work is a part of a package, so that no thread is left alone with the largest.
    let turns: Vec<(&Vector, Vec<usize>)> =
        good.iter().map(|vector| (vector, bits(&vector.package))).collect();
    let work: Vec<(&Vector, &[usize])> =
        turns.iter().flat_map(|(v, bits)| bits.chunks(4096).map(|some| (*v, some))).collect();
    let next = AtomicUsize::new(0);
    let turn = || {
        while let Some((vector, bits)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut package = vector.package.clone();
            for bit in *bits {
                package[bit / 8] ^= 1 << (bit % 8);
                let intact = Package::parse(&package).and_then(Package::verify);
                assert!(intact.is_err(), "{}: bit {bit} does not matter", vector.name);
                package[bit / 8] ^= 1 << (bit % 8);
            }
            assert_eq!(package, vector.package);
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(turn)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(next.into_inner() >= work.len());
}

/// Beyond this many bytes, not every byte of a body is turned.
const LARGE: usize = 20_000;

/// The bits that [`any_bit_of_any_good_vector`] turns.
fn bits(package: &[u8]) -> Vec<usize> {
    let (header, step) = match package.len() > LARGE {
        true => (Some(items(package)[0].clone()), 127),
        false => (None, 1),
    };
    let inside = |range: Range<usize>| range.start + 16..range.end - 16;
    let bulk = bodies(package).into_iter().chain(encs(package)).chain(header);
    let bulk: Vec<_> = bulk.map(inside).collect();
    let of = |byte: usize| {
        if !bulk.iter().any(|range| range.contains(&byte)) {
            return 0..8;
        }
        let bit = byte / step % 8;
        if byte.is_multiple_of(step) { bit..bit + 1 } else { 0..0 }
    };
    (0..package.len()).flat_map(|byte| of(byte).map(move |bit| byte * 8 + bit)).collect()
}

/// Where a package has its header, `sealed`, `high` and signature.
fn items(package: &[u8]) -> [Range<usize>; 4] {
    // Tag, array, name and version (1.4).
    let mut at = 19;
    let mut item = || {
        let argument = usize::from(package[at] - 0x40);
        let wide = if argument < 24 { 0 } else { 1 << (argument - 24) };
        let length = &package[at + 1..][..wide];
        let length = length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        let start = at + 1 + wide;
        at = start + if wide == 0 { argument } else { length };
        start..at
    };
    let items = [item(), item(), item(), item()];
    assert_eq!((items[3].len(), items[3].end), (64, package.len()));
    items
}

/// Where the age files of a good package have their bodies: the nonce and the chunks.
fn bodies(package: &[u8]) -> Vec<Range<usize>> {
    let [_header, sealed, high, _signature] = items(package);
    let body = |file: Range<usize>| {
        let mac = package[file.clone()].windows(5).position(|bytes| bytes == b"\n--- ").unwrap();
        file.start + mac + 5 + 43 + 1..file.end
    };
    [sealed, high].into_iter().filter(|file| !file.is_empty()).map(body).collect()
}

/// Where the hybrid stanzas of a package have ENC; of a large one, from the first to the last of a file.
fn encs(package: &[u8]) -> Vec<Range<usize>> {
    const START: &[u8] = b"\n-> mlkem768x25519 ";
    let [_header, sealed, high, _signature] = items(package);
    let of = |file: Range<usize>| {
        let starts = package[file.clone()].windows(START.len()).enumerate();
        let starts = starts.filter(|(_, bytes)| *bytes == START);
        let encs = starts.map(|(at, _)| file.start + at + START.len());
        let encs: Vec<_> = encs.map(|start| start..start + 1494).collect();
        let whole = encs.first().zip(encs.last()).map(|(first, last)| first.start..last.end);
        if package.len() > LARGE { whole.into_iter().collect() } else { encs }
    };
    [sealed, high].into_iter().flat_map(of).collect()
}

/// A vector is no larger than a package may be, or one byte more; and only a few are large at all.
#[test]
fn vectors_are_of_bounded_size() {
    let corpus = corpus();
    for vector in &corpus {
        assert!(vector.package.len() <= (16 << 20) + 1, "{}", vector.name);
    }
    let on_disk: u64 = files("v1").iter().map(|f| f.metadata().unwrap().len()).sum();
    assert!(on_disk < 5 << 20, "testdata/v1 has {on_disk} bytes");
}

/// Whoever passes on what was in a package signs nothing that they do not know.
#[test]
fn what_nobody_knows_is_never_sealed_again() {
    let corpus = corpus();
    let vector = named(&corpus, "4.2-ext");
    let Ok(contents) = vector.run() else { panic!("it opens") };
    let life = std::time::Duration::from_secs(3600);
    let sealed = kovra::package::seal(Draft {
        sender: &BOB.identity().signing,
        stamp: &Stamp::after(0, NOW, life).unwrap(),
        recipients: &[Recipient::plain(&CAROL.age_recipient()).unwrap()],
        entries: contents.entries,
    })
    .unwrap();
    let carol: age::x25519::Identity = CAROL.age_identity().parse().unwrap();
    let open = |file: &[u8]| age::decrypt(&carol, &file[items(file)[1].clone()]).unwrap();
    let (before, after) = (&vector.package, open(&sealed.bytes));
    let bob: age::x25519::Identity = BOB.age_identity().parse().unwrap();
    let before = age::decrypt(&bob, &before[items(before)[1].clone()]).unwrap();
    let names = |payload: &[u8]| payload.windows(11).filter(|text| text == b"example.org").count();
    assert_eq!((names(&before), names(&after)), (2, 0));
}

/// The code blocks of a document: hex digits with a comment behind `;`, and `repeat COUNT BYTE`.
fn blocks(document: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(root().join("spec").join(document)).unwrap();
    let lines = |block: &str| {
        let hex = block.lines().filter_map(|line| line.split(';').next());
        hex.map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    text.split("\n```\n")
        .skip(1)
        .step_by(2)
        .map(|block| forge::vector::bytes(&lines(block)))
        .collect()
}

/// What the specification shows byte by byte is a package, and the payload that is in it.
#[test]
fn the_example_is_a_vector() {
    let corpus = corpus();
    let vector = named(&corpus, "1.1-one-entry");
    let [file, payload] = &blocks("package-v1-example.md")[..] else { panic!("two blocks") };
    assert_eq!(file, &vector.package);
    let [header, sealed, _, _] = items(file);
    let bob: age::x25519::Identity = BOB.age_identity().parse().unwrap();
    assert_eq!(&age::decrypt(&bob, &file[sealed]).unwrap(), payload);
    let hash = Sha256::digest(&file[header]);
    assert!(payload.windows(32).any(|bytes| *bytes == hash[..]));
}

/// The keys that the README gives are the ones that the vectors were made with.
#[test]
fn the_readme_gives_the_keys() {
    let readme = std::fs::read_to_string(root().join("testdata/v1/README.md")).unwrap();
    let people = [("alice", ALICE), ("bob", BOB), ("carol", CAROL), ("mallory", MALLORY)];
    for (name, person) in people {
        let identity = person.identity();
        let [ed, x] = [identity.signing.expose(), identity.agreement.expose()].map(|k| hex(k));
        assert!(readme.contains(&format!("\n| {name} | `{ed}` | `{x}` |\n")), "{name}");
        let seeds = readme.lines().filter_map(|line| line.strip_prefix(&format!("| {name} | `")));
        let seed = seeds.filter_map(|rest| rest.strip_suffix("` |")).find(|seed| seed.len() == 64);
        let seed = vector::unhex(seed.unwrap()).try_into().unwrap();
        let hybrid = HybridSecret::from_bytes(&seed).public();
        assert!(*hybrid.as_bytes() == person.hybrid(), "{name}");
    }
    for (name, x, hybrid) in [("token", 0x70, 0x72), ("other-token", 0x71, 0x73)] {
        let [x, hybrid] = [x, hybrid].map(|byte| hex(&[byte; 32]));
        assert!(readme.contains(&format!("\n| {name} | - | `{x}` |\n")), "{name}");
        assert!(readme.contains(&format!("\n| {name} | `{hybrid}` |\n")), "{name}");
    }
}

/// The encryptor of the vectors against the age crate, at the lengths where chunks end.
#[test]
fn the_encryptor_of_the_vectors_is_age() {
    let ssh = openssh_private_key(&CAROL);
    let ssh = age::ssh::Identity::from_buffer(ssh.as_bytes(), None).unwrap();
    let bob: age::x25519::Identity = BOB.age_identity().parse().unwrap();
    let keys = [To::ssh(&CAROL).key, MALLORY.age_recipient(), BOB.age_recipient()];
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let plaintext: Vec<u8> = (0..length).map(|i| i.to_le_bytes()[0]).collect();
        let file = forge::age::encrypt(&keys, &plaintext);
        assert!(age::decrypt(&bob, &file).unwrap() == plaintext, "X25519, {length}");
        assert!(age::decrypt(&ssh, &file).unwrap() == plaintext, "ssh-ed25519, {length}");
        assert!(forge::age::encrypt(&keys, &plaintext) == file, "not the same again");
        let alice: age::x25519::Identity = ALICE.age_identity().parse().unwrap();
        assert!(age::decrypt(&alice, &file).is_err());
    }
}

/// The same of hybrid stanzas, which the age crate does not know: the library opens them, and made its own by age's
/// vectors (`src/package/cctv.rs`).
#[test]
fn the_hybrid_encryptor_of_the_vectors_is_the_librarys() {
    let people = [ALICE, BOB, CAROL, MALLORY];
    let mut to = people.map(|person| To::hybrid(&person));
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let [normal, high] = Forge::good().entries;
    let forge = Forge::with(&to, normal, high).with_hybrid_token();
    let (file, token) = (forge.file(), forge.token());
    for person in people {
        let verified = Package::parse(&file).unwrap().verify().unwrap();
        let trusted = verified.trust(&[ALICE.pinned()], NOW).unwrap();
        let contents = trusted.open(&person.whole_identity(1), High::Open(&token)).unwrap();
        assert_eq!(contents.entries.len(), 3);
    }
    assert!(forge.file() == file, "not the same again");
}

/// What a script of `tests/outside` prints.
pub(crate) fn python(script: &str, arguments: &[&Path]) -> String {
    let mut python = Command::new("python3");
    python.arg(root().join("tests/outside").join(script)).args(arguments);
    let output = python.output().unwrap_or_else(|e| panic!("this test needs python3: {e}"));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}

/// The same files, and a reader that was written from the specification alone.
#[test]
#[ignore = "needs python3 with cbor2 and cryptography"]
fn needs_programs_the_reader_in_python_agrees() {
    let printed = python("reader.py", &[&root().join("testdata/v1")]);
    assert!(printed.ends_with(&format!("{} passed, 0 failed\n", corpus().len())), "{printed}");
}

/// How it opens hybrid stanzas, against the vectors that age's authors made.
#[test]
#[ignore = "needs python3 with cryptography"]
fn needs_programs_the_reader_in_python_opens_ages_hybrid_vectors() {
    let printed = python("cctv.py", &[&root().join("testdata/cctv-age")]);
    assert_eq!(printed, "18 passed, 0 failed\n");
}

/// Good vectors against `spec/package-v1.cddl` by a validator that nobody here wrote, and the bad ones whose
/// fault is one of structure and not in an age header.
#[test]
#[ignore = "needs python3 with cbor2, cryptography and cddl-verifier"]
fn needs_programs_the_cddl_says_the_same_of_structure() {
    let cddl = root().join("spec/package-v1.cddl");
    let printed = python("cddl.py", &[&cddl, &root().join("testdata/v1")]);
    let structural = |v: &&Vector| {
        let class = ["malformed", "limit", "unsupported"].contains(&&v.class[..]);
        v.is_good() || class && !v.clause.starts_with("5.")
    };
    let count = corpus().iter().filter(structural).count();
    assert!(printed.ends_with(&format!("{count} passed, 0 failed\n")), "{printed}");
}
