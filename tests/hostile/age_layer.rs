//! The age layers (clause 5): rows 19-23, 38-40.

use super::forge::{
    ALICE, B32, BOB, CAROL, Forge, MALLORY, Person, To, Value, age_shape, encrypt, entry, payload,
    x25519_stanza,
};
use super::{accepts, intact, open, open_class, open_error, parse_class, parse_error};
use kovra::package::Class::{Binding, Limit, Malformed, NotForMe, Token};
use sha2::{Digest, Sha256};

/// The good package with an age file of these stanzas in place of both real ones, in turn.
fn stanza_classes(stanzas: &str) -> [kovra::package::Class; 2] {
    let good = Forge::good();
    let shape = age_shape(stanzas);
    let in_sealed = parse_error(&good.file_of(&shape, &good.high()));
    assert_eq!(in_sealed.place, "sealed");
    let in_high = parse_error(&good.file_of(&good.sealed(), &shape));
    assert_eq!(in_high.place, "high");
    [in_sealed.class, in_high.class]
}

/// Row 19: refused while parsing, which never calls the age crate, so its slow parser never runs.
#[test]
fn twenty_kib_of_stanzas() {
    assert_eq!(stanza_classes(&"-> a\n\n".repeat(20 * 1024 / 6)), [Limit; 2]);
    assert_eq!(stanza_classes(&"-> a ".repeat(20 * 1024 / 5)), [Limit; 2]);
    assert_eq!(stanza_classes(&x25519_stanza().repeat(200)), [Limit; 2]);
    let grease = format!("-> a-grease\n{}\n", format!("{}\n", "A".repeat(64)).repeat(320));
    assert_eq!(stanza_classes(&grease), [Limit; 2]);
    let no_end = [b"age-encryption.org/v1\n".to_vec(), vec![b'A'; 1 << 20]].concat();
    assert_eq!(parse_class(&Forge::good().file_of(&no_end, &Forge::good().high())), Limit);
}

/// Row 19, one layer deeper: what the recipient's key lets out is scanned before the age crate
/// sees it.
#[test]
fn twenty_kib_of_stanzas_in_the_token_layer() {
    let good = Forge::good();
    let inner = age_shape(&"-> a\n\n".repeat(20 * 1024 / 6));
    let error = open_error(&good.file_of(&good.sealed(), &good.seal(&inner)));
    assert_eq!((error.class, error.place), (Limit, "token layer"));
}

/// Row 20: not even a work factor that would be cheap.
#[test]
fn scrypt_is_never_run() {
    let salt = &B32[..22];
    for log_n in [1, 10, 30, 64] {
        assert_eq!(stanza_classes(&format!("-> scrypt {salt} {log_n}\n{B32}\n")), [Malformed; 2]);
        let beside = format!("{}-> scrypt {salt} {log_n}\n{B32}\n", x25519_stanza());
        assert_eq!(stanza_classes(&beside), [Malformed; 2]);
    }
    let good = Forge::good();
    let inner = age_shape(&format!("-> scrypt {salt} 30\n{B32}\n"));
    assert_eq!(open_class(&good.file_of(&good.sealed(), &good.seal(&inner))), Malformed);
    let passphrase = age::secrecy::SecretString::from("a".to_owned());
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(2);
    let real = age::encrypt(&recipient, b"x").unwrap();
    assert_eq!(parse_class(&good.file_of(&real, &good.high())), Malformed);
}

/// Row 21: Mallory can open it too, and the header does not say so.
#[test]
fn a_hidden_recipient() {
    let mut forge = Forge::good();
    forge.keys.push(MALLORY.age_recipient());
    assert_eq!(parse_error(&forge.file()).place, "sealed");
    assert_eq!(parse_class(&forge.file()), Binding);

    let honest = Forge::good();
    let hidden_in_high = honest.file_of(&honest.sealed(), &forge.high());
    let error = parse_error(&hidden_in_high);
    assert_eq!((error.class, error.place), (Binding, "high"));

    let mut by_ssh = Forge::good();
    by_ssh.keys.push(To::ssh(&MALLORY).key);
    assert_eq!(parse_class(&by_ssh.file()), Binding);
    let two_tokens = [fixed(1), fixed(2)].map(|p| p.age_recipient());
    let inner = encrypt(&two_tokens, &honest.payload(1));
    let error = open_error(&honest.file_of(&honest.sealed(), &honest.seal(&inner)));
    assert_eq!((error.class, error.place), (Malformed, "token layer"));
}

fn fixed(number: u8) -> Person {
    super::forge::stranger(number)
}

#[test]
fn a_listed_recipient_without_a_stanza() {
    let mut to = [To::kovra(&BOB), To::kovra(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let mut forge = Forge::with(&to, Forge::good().entries[0].clone(), vec![]);
    forge.keys = vec![BOB.age_recipient()];
    assert_eq!(parse_class(&forge.file()), Binding);
}

/// Row 22, and the other shapes that the age crate would read leniently or late.
#[test]
fn stanzas_of_another_shape() {
    let full = "A".repeat(64);
    for stanzas in [
        String::new(),
        format!("-> X25519 {B32}\n"),
        format!("-> X25519 {B32}\n\n"),
        format!("-> X25519 {B32}\n{full}\n\n"),
        format!("-> X25519 {B32}\n{full}\n{B32}\n"),
        format!("-> X25519\n{B32}\n"),
        format!("-> X25519 {B32} {B32}\n{B32}\n"),
        format!("-> X25519 {}B\n{B32}\n", &B32[1..]),
        format!("-> X25519 {B32}\n{}B\n", &B32[1..]),
        format!("-> X25519 {B32}=\n{B32}\n"),
        format!("-> X25519 {B32} \n{B32}\n"),
        format!("-> x25519 {B32}\n{B32}\n"),
        format!("-> X25519 {B32}\r\n{B32}\r\n"),
        format!("->X25519 {B32}\n{B32}\n"),
        format!("-> ssh-rsa AAAAAA\n{B32}\n"),
        format!("-> ssh-ed25519 AAAA {B32}\n{B32}\n"),
        format!("-> piv-p256 AAAAAA {B32}\n{B32}\n"),
        format!("-> mlkem768x25519 {B32}\n{B32}\n"),
        "-> a-grease\n\n-> a-grease\n\n".into(),
        format!("-> a-grease\n{full}\n"),
        "-> a-grease \u{fc}\n\n".into(),
        "-> \n\n".into(),
        "-> -grease\n".into(),
        "x\n".into(),
        "\n".into(),
    ] {
        assert_eq!(stanza_classes(&stanzas), [Malformed; 2], "{stanzas:?}");
    }
    let good = Forge::good();
    assert_eq!(parse_class(&good.file_of(b"", &good.high())), Malformed);
    let version_2 = String::from_utf8_lossy(&age_shape(&x25519_stanza())).replace("/v1", "/v2");
    assert_eq!(parse_class(&good.file_of(version_2.as_bytes(), &good.high())), Malformed);
    let armored = b"-----BEGIN AGE ENCRYPTED FILE-----\n";
    assert_eq!(parse_class(&good.file_of(armored, &good.high())), Malformed);
}

/// Row 23: the stanza is for another SSH key than the header lists.
#[test]
fn an_ssh_stanza_for_another_key() {
    let mut to = [To::kovra(&BOB), To::ssh(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let good = Forge::with(&to, Forge::good().entries[0].clone(), vec![]);
    assert!(accepts(&good.file()).is_ok());
    let mut other = good;
    other.keys = vec![BOB.age_recipient(), To::ssh(&MALLORY).key];
    assert_eq!(parse_class(&other.file()), Binding);
}

#[test]
fn slot_1_there_and_not_counted_or_the_reverse() {
    let good = Forge::good();
    let error = parse_error(&good.file_of(&good.sealed(), b""));
    assert_eq!((error.class, error.place), (Binding, "high"));
    let normal = Forge::with(&[To::kovra(&BOB)], good.entries[0].clone(), vec![]);
    let error = parse_error(&normal.file_of(&normal.sealed(), &good.high()));
    assert_eq!((error.class, error.place), (Binding, "high"));
}

/// A long literal, so that the age body has two full chunks of 64 KiB and a third.
fn long() -> Forge {
    let value = vec![0x55; 150_000];
    Forge::normal(entry("dev/a/long", Value::Literal(&value), 1))
}

fn body_start(age: &[u8]) -> usize {
    let mac = age.windows(5).position(|w| w == b"\n--- ").unwrap();
    mac + 5 + 43 + 1 + 16
}

/// Row 38: each cut is signed again, so only the age body can tell.
#[test]
fn an_age_body_that_is_cut_or_shuffled() {
    const CHUNK: usize = (64 << 10) + 16;
    let forge = long();
    let whole = forge.sealed();
    assert!(accepts(&forge.file_of(&whole, b"")).is_ok());
    let start = body_start(&whole);
    for end in [start + CHUNK, start + 2 * CHUNK, start + CHUNK + 1, whole.len() - 1] {
        let error = open_error(&forge.file_of(&whole[..end], b""));
        assert_eq!((error.class, error.place), (Binding, "sealed"), "{end}");
    }
    let (head, body) = whole.split_at(start);
    let (first, rest) = body.split_at(CHUNK);
    let (second, last) = rest.split_at(CHUNK);
    for parts in [[second, first, last], [first, first, last], [first, last, second]] {
        let shuffled = [head, &parts.concat()].concat();
        assert_eq!(open_class(&forge.file_of(&shuffled, b"")), Binding);
    }
    let longer = [&whole[..], &[0; 16]].concat();
    assert_eq!(open_class(&forge.file_of(&longer, b"")), Binding);
    let nothing_left = &whole[..start + 16];
    assert_eq!(parse_class(&forge.file_of(nothing_left, b"")), Malformed);
}

/// One bit of the age file, signed again: its header's MAC, its stanza or its body tells.
#[test]
fn an_age_file_that_was_changed_and_signed_again() {
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 1));
    let whole = forge.sealed();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(accepts(&forge.file_of(&changed, b"")).is_err(), "{at}");
    }
    let mac_line = whole.windows(5).position(|w| w == b"\n--- ").unwrap() + 5;
    let mut other_mac = whole.clone();
    other_mac[mac_line] = if whole[mac_line] == b'A' { b'B' } else { b'A' };
    assert_eq!(open_class(&forge.file_of(&other_mac, b"")), Binding);
    let mut other_body = whole;
    let last = other_body.len() - 1;
    other_body[last] ^= 1;
    assert_eq!(open_class(&forge.file_of(&other_body, b"")), Binding);
}

/// Row 39.
#[test]
fn listed_and_not_sealed_to() {
    let mut forge = Forge::good();
    forge.keys = vec![CAROL.age_recipient()];
    let error = open_error(&forge.file());
    assert_eq!((error.class, error.place), (NotForMe, "sealed"));
    let honest = Forge::good();
    let only_high_is_not = honest.file_of(&honest.sealed(), &forge.high());
    let error = open_error(&only_high_is_not);
    assert_eq!((error.class, error.place), (NotForMe, "high"));
}

/// Its key is good, and the header lists somebody else.
#[test]
fn not_listed() {
    let file = Forge::good().file();
    let error = open(&file, &CAROL, None).err().unwrap();
    assert_eq!((error.class, error.place), (NotForMe, "recipients"));
    assert!(intact(&file).trust(&[ALICE.pinned()], super::NOW).is_ok());
}

/// Row 40.
#[test]
fn age_inside_the_token_layer() {
    let good = Forge::good();
    let token = [good.token.to_public().to_string()];
    let deeper = encrypt(&token, &good.payload(1));
    let error = open_error(&good.file_of(&good.sealed(), &good.seal_high(&deeper)));
    assert_eq!((error.class, error.place), (Malformed, "payload of slot 1"));
}

/// The token layer left out: the recipient's key alone would open high literals.
#[test]
fn high_without_its_token_layer() {
    let good = Forge::good();
    let error = open_error(&good.file_of(&good.sealed(), &good.seal(&good.payload(1))));
    assert_eq!((error.class, error.place), (Malformed, "token layer"));
}

/// The layers the other way round: the token outside, the recipient inside.
#[test]
fn high_with_its_layers_exchanged() {
    let good = Forge::good();
    let inner = good.seal(&good.payload(1));
    let outer = encrypt(&[good.token.to_public().to_string()], &inner);
    assert_eq!(open_class(&good.file_of(&good.sealed(), &outer)), NotForMe);
}

/// The token layer sealed to the recipient again, so that the token is for show.
#[test]
fn high_that_the_recipient_opens_twice() {
    let good = Forge::good();
    let high = good.seal(&good.seal(&good.payload(1)));
    assert_eq!(open_class(&good.file_of(&good.sealed(), &high)), Token);
}

#[test]
fn an_empty_payload_is_not_an_age_file_without_a_body() {
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 1));
    assert_eq!(parse_class(&forge.file_of(&forge.seal(b""), b"")), Malformed);
    let hash = Sha256::digest(forge.header());
    let no_padding = payload(0, &hash, &forge.entries[0], &[]);
    assert!(accepts(&forge.file_of(&forge.seal(&no_padding), b"")).is_ok());
}
