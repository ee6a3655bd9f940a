//! The age pre-scan: the shape of an age header, before the age crate sees it (clause 5).
//!
//! The crate's own parser takes 17 s for 64 KiB of hostile header, ignores stanzas that it does not
//! know, and would run scrypt. So a header is let through only if it is at most 16 KiB and its hybrid stanzas,
//! has no stanza but the four kinds that packages use, each in its one exact shape, and ends in a whole
//! MAC line. That of a backup has stanzas of X25519, or one of scrypt.

use super::{Class, Error};
use crate::identity::{AgreementPublic, RecipientId, RecipientKind};
use crate::limits;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

const INTRO: &[u8] = b"age-encryption.org/v1\n";
/// `--- ` and 43 characters for 32 bytes.
const MAC_LINE: usize = 4 + 43;
/// A nonce of 16 bytes and one chunk that is not empty with its tag of 16.
const LEAST_BODY: usize = 16 + 1 + 16;
const OTHER: &str = "a stanza of a kind or shape that packages do not use";

/// What the stanzas of an age header say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    x25519: usize,
    hybrid: usize,
    ssh_tags: Vec<[u8; 4]>,
    /// The work factors.
    scrypt: Vec<u8>,
}

impl Scan {
    /// Of a package, with room for so many hybrid stanzas.
    pub(super) fn of(age: &[u8], place: &'static str, hybrid: usize) -> Result<Self, Error> {
        let scan = Self::read(age, place, limits::HEADER + hybrid * limits::HYBRID_STANZA)?;
        match scan.scrypt.is_empty() {
            true => Ok(scan),
            false => Err(Error::new(Class::Malformed, place, OTHER)),
        }
    }

    /// Of a backup. Gives whether a passphrase opens it.
    #[cfg(feature = "vault")]
    pub(crate) fn asks_for_passphrase(age: &[u8]) -> Result<bool, Error> {
        let refuse = |class, what: &str| Err(Error::new(class, "backup", what));
        let scan = Self::read(age, "backup", limits::HEADER)?;
        match scan.scrypt[..] {
            _ if !scan.ssh_tags.is_empty() => {
                refuse(Class::Unsupported, "it is sealed to an SSH key")
            }
            _ if scan.hybrid > 0 => refuse(Class::Unsupported, "it is sealed to a hybrid key"),
            [] if scan.x25519 == 0 => refuse(Class::Malformed, "it is sealed to nobody"),
            [] => Ok(false),
            [work] if work > limits::WORK => {
                refuse(Class::Limit, &format!("a work factor over {}", limits::WORK))
            }
            [_] if scan.x25519 == 0 => Ok(true),
            _ => refuse(Class::Malformed, "a passphrase beside another way to open it"),
        }
    }

    fn read(age: &[u8], place: &'static str, most: usize) -> Result<Self, Error> {
        let malformed = |what: &str| Error::new(Class::Malformed, place, what);
        let mut lines = Lines::of(age, place, most)?;
        let mut scan = Self { x25519: 0, hybrid: 0, ssh_tags: Vec::new(), scrypt: Vec::new() };
        let mut grease = 0;
        while let Some(first) = lines.next() {
            let first = first.strip_prefix("-> ").ok_or_else(|| malformed("not a stanza"))?;
            let words: Vec<&str> = first.split(' ').collect();
            match words[..] {
                ["X25519", share] => {
                    share_key(share).ok_or_else(|| malformed("an X25519 stanza's share"))?;
                    wrapped_key(&mut lines).ok_or_else(|| malformed("an X25519 stanza's body"))?;
                    scan.x25519 += 1;
                }
                ["ssh-ed25519", tag, share] => {
                    share_key(share).ok_or_else(|| malformed("an ssh stanza's share"))?;
                    let tag = decode::<4>(tag).ok_or_else(|| malformed("an ssh stanza's tag"))?;
                    wrapped_key(&mut lines).ok_or_else(|| malformed("an ssh stanza's body"))?;
                    scan.ssh_tags.push(tag);
                }
                ["mlkem768x25519", enc] => {
                    hybrid_share(enc).ok_or_else(|| malformed("a hybrid stanza's share"))?;
                    wrapped_key(&mut lines).ok_or_else(|| malformed("a hybrid stanza's body"))?;
                    scan.hybrid += 1;
                }
                ["scrypt", salt, work] => {
                    decode::<16>(salt).ok_or_else(|| malformed(OTHER))?;
                    let work = work_factor(work).ok_or_else(|| malformed(OTHER))?;
                    wrapped_key(&mut lines).ok_or_else(|| malformed(OTHER))?;
                    scan.scrypt.push(work);
                }
                [tag, ..] if tag.ends_with("-grease") && words.iter().all(|w| is_visible(w)) => {
                    let body = lines.0;
                    skip_body(&mut lines).ok_or_else(|| malformed("a grease stanza's body"))?;
                    if first.len() + body.len() - lines.0.len() > limits::GREASE {
                        let most = limits::size(limits::GREASE);
                        return Err(malformed(&format!("a grease stanza larger than {most}")));
                    }
                    grease += 1;
                }
                _ => return Err(malformed(OTHER)),
            }
        }
        if grease > 1 {
            return Err(malformed("more than one grease stanza"));
        }
        Ok(scan)
    }

    /// Clause 5.4: as many stanzas of each kind as the package's header lists, and no others.
    pub(super) fn matches(&self, recipients: &[RecipientId]) -> bool {
        let hybrid = recipients.iter().filter(|id| id.is_hybrid()).count();
        let mut listed_tags: Vec<[u8; 4]> = recipients
            .iter()
            .filter(|r| r.kind == RecipientKind::SshEd25519)
            .filter_map(|r| r.fingerprint.first_chunk().copied())
            .collect();
        let mut tags = self.ssh_tags.clone();
        tags.sort_unstable();
        listed_tags.sort_unstable();
        let x25519 = recipients.len() - hybrid - listed_tags.len();
        tags == listed_tags && (self.x25519, self.hybrid) == (x25519, hybrid)
    }

    /// The token layer (5.5): exactly one stanza, a hybrid one or one of X25519.
    #[cfg(feature = "seal")]
    pub(super) fn is_one(&self, hybrid: bool) -> bool {
        let wanted = (usize::from(!hybrid), usize::from(hybrid));
        (self.x25519, self.hybrid) == wanted && self.ssh_tags.is_empty()
    }
}

/// The lines between the intro and the MAC line, which must be there within the limit.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn of(age: &'a [u8], place: &'static str, most: usize) -> Result<Self, Error> {
        let malformed = |what: &str| Error::new(Class::Malformed, place, what);
        let rest = age.strip_prefix(INTRO).ok_or_else(|| malformed("not an age v1 file"))?;
        let window = &rest[..rest.len().min(most - INTRO.len())];
        let Some(end) = window.windows(5).position(|w| w == b"\n--- ") else {
            return Err(if rest.len() > window.len() {
                let most = limits::size(most);
                Error::new(Class::Limit, place, format!("an age header larger than {most}"))
            } else {
                malformed("an age header without its MAC line")
            });
        };
        let (stanzas, tail) = rest.split_at(end + 1);
        let mac_line = tail.get(..=MAC_LINE).and_then(|line| line.strip_suffix(b"\n"));
        let mac = mac_line.and_then(|line| std::str::from_utf8(&line[4..]).ok());
        if !mac.is_some_and(is_32_bytes) {
            return Err(malformed("an age header without a whole MAC line"));
        }
        if tail.len() < MAC_LINE + 1 + LEAST_BODY {
            return Err(malformed("an age file without a body"));
        }
        std::str::from_utf8(stanzas).map(Self).map_err(|_| malformed("an age header not in ASCII"))
    }

    fn next(&mut self) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }
}

/// The body of a stanza that wraps a file key: one line for 32 bytes.
fn wrapped_key(lines: &mut Lines<'_>) -> Option<()> {
    lines.next().filter(|line| is_32_bytes(line)).map(|_| ())
}

/// Any body: lines of 64 characters, then a shorter one.
fn skip_body(lines: &mut Lines<'_>) -> Option<()> {
    loop {
        let line = lines.next()?;
        let is_last = line.len() < 64;
        if line.len() > 64 || BASE64_STANDARD_NO_PAD.decode(line).is_err() {
            return None;
        }
        if is_last {
            return Some(());
        }
    }
}

/// The sender's ephemeral key. One of small order would give a secret that everybody knows, and
/// implementations differ in what they make of it.
fn share_key(text: &str) -> Option<AgreementPublic> {
    AgreementPublic::from_bytes(&decode(text)?).ok()
}

/// A ciphertext of ML-KEM-768, which may be any 1,088 bytes, and a share as above.
fn hybrid_share(text: &str) -> Option<AgreementPublic> {
    AgreementPublic::from_bytes(decode::<1120>(text)?.last_chunk()?).ok()
}

/// In decimal, without a zero before it.
fn work_factor(text: &str) -> Option<u8> {
    let work: u8 = text.parse().ok()?;
    (work > 0 && work.to_string() == text).then_some(work)
}

fn is_32_bytes(text: &str) -> bool {
    decode::<32>(text).is_some()
}

/// Canonical, unpadded base64 of exactly `N` bytes.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// age's "arbitrary string": 1 or more of `!` to `~`.
fn is_visible(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The base point, u = 9.
    const KEY: &str = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn age(stanzas: &str) -> Vec<u8> {
        let mut bytes = format!("age-encryption.org/v1\n{stanzas}--- {KEY}\n").into_bytes();
        bytes.extend_from_slice(&[0; LEAST_BODY]);
        bytes
    }

    fn class(stanzas: &str) -> Class {
        Scan::of(&age(stanzas), "sealed", 0).unwrap_err().class
    }

    fn id(kind: RecipientKind, first: u8) -> RecipientId {
        RecipientId { kind, fingerprint: [first; 32] }
    }

    #[test]
    fn the_classical_kinds() {
        let text = format!(
            "-> X25519 {KEY}\n{KEY}\n-> ssh-ed25519 AQEBAQ {KEY}\n{KEY}\n-> a-grease b c\n\n"
        );
        let scan = Scan::of(&age(&text), "sealed", 0).unwrap();
        assert_eq!(scan, Scan { x25519: 1, hybrid: 0, ssh_tags: vec![[1; 4]], scrypt: Vec::new() });
        use RecipientKind::*;
        assert!(scan.matches(&[id(Kovra, 9), id(SshEd25519, 1)]));
        assert!(scan.matches(&[id(Age, 9), id(SshEd25519, 1)]));
        assert!(!scan.matches(&[id(Kovra, 9), id(SshEd25519, 2)]));
        assert!(!scan.matches(&[id(Kovra, 9)]));
        assert!(!scan.matches(&[id(Kovra, 8), id(Kovra, 9), id(SshEd25519, 1)]));
    }

    /// A share, and a ciphertext of zeros.
    fn enc(share: [u8; 32]) -> String {
        BASE64_STANDARD_NO_PAD.encode([&[0; 1088][..], &share].concat())
    }

    fn base() -> [u8; 32] {
        let mut share = [0; 32];
        share[0] = 9;
        share
    }

    #[test]
    fn hybrid_stanzas_stand_alone() {
        use RecipientKind::*;
        let hybrid = format!("-> mlkem768x25519 {}\n{KEY}\n", enc(base()));
        assert_eq!(hybrid.len(), limits::HYBRID_STANZA);
        let scan = |text: &str, most| Scan::of(&age(text), "sealed", most).map_err(|e| e.class);
        let two = scan(&hybrid.repeat(2), 2).unwrap();
        assert!(two.matches(&[id(Hybrid, 1), id(Hybrid, 2)]) && !two.matches(&[id(Hybrid, 1)]));
        assert!(!two.matches(&[id(Kovra, 1), id(Hybrid, 1)]));
        assert!(scan(&hybrid, 1).unwrap().is_one(true) && !two.is_one(true));
        let mixed = scan(&format!("{hybrid}-> X25519 {KEY}\n{KEY}\n"), 1).unwrap();
        assert!(!mixed.matches(&[id(Kovra, 1)]) && !mixed.matches(&[id(Hybrid, 1)]));
        assert!(!mixed.is_one(true) && !mixed.is_one(false));
        assert!(scan(&hybrid.repeat(64), 64).is_ok());
        assert_eq!(scan(&hybrid.repeat(64), 53), Err(Class::Limit));
    }

    #[test]
    fn hybrid_stanzas_of_other_shapes() {
        let (good, mut high) = (enc(base()), base());
        high[31] = 0x80;
        for odd in [
            good[1..].to_owned(),
            format!("{good}A"),
            format!("{good}="),
            format!("{good} x"),
            format!("x {good}"),
            format!("{}B", &good[..good.len() - 1]),
            enc([0; 32]),
            enc(high),
        ] {
            assert_eq!(
                class(&format!("-> mlkem768x25519 {odd}\n{KEY}\n")),
                Class::Malformed,
                "{odd}"
            );
        }
        for body in ["", "AAAA", &format!("{}B", &KEY[..42]), &"A".repeat(64)] {
            let stanza = format!("-> mlkem768x25519 {good}\n{body}\n");
            assert_eq!(class(&stanza), Class::Malformed, "{body}");
        }
    }

    #[cfg(feature = "vault")]
    #[test]
    fn what_opens_a_backup() {
        const SALT: &str = "AQEBAQEBAQEBAQEBAQEBAQ";
        let scrypt = |work: &str| format!("-> scrypt {SALT} {work}\n{KEY}\n");
        let x25519 = format!("-> X25519 {KEY}\n{KEY}\n");
        let asks = |text: &str| Scan::asks_for_passphrase(&age(text)).map_err(|e| e.class);
        assert_eq!(asks(&x25519.repeat(3)), Ok(false));
        assert_eq!(asks(&scrypt("18")), Ok(true));
        assert_eq!(asks(&scrypt("21")), Err(Class::Limit));
        for odd in ["0", "018", "256", "-1", "+9"] {
            assert_eq!(asks(&scrypt(odd)), Err(Class::Malformed), "{odd}");
        }
        let twice = scrypt("18").repeat(2);
        for odd in [String::new(), twice, scrypt("18") + &x25519, "-> a-grease\n\n".into()] {
            assert_eq!(asks(&odd), Err(Class::Malformed), "{odd}");
        }
        let ssh = format!("-> ssh-ed25519 AQEBAQ {KEY}\n{KEY}\n");
        assert_eq!(asks(&(x25519 + &ssh)), Err(Class::Unsupported));
        assert_eq!(class(&scrypt("18")), Class::Malformed);
    }

    #[test]
    fn a_large_header_is_refused_fast() {
        let stanzas = "-> a\n\n".repeat(20 * 1024 / 6);
        assert_eq!(class(&stanzas), Class::Limit);
        assert_eq!(class(&"-> X".repeat(20 * 1024 / 4)), Class::Limit);
    }

    #[test]
    fn other_kinds_and_shapes() {
        let full = "A".repeat(64);
        for stanzas in [
            format!("-> scrypt {KEY} 30\n{KEY}\n"),
            format!("-> X25519 {KEY}\n"),
            format!("-> X25519 {KEY}\n\n"),
            format!("-> X25519 {KEY}\n{full}\n\n"),
            format!("-> X25519 {KEY} x\n{KEY}\n"),
            format!("-> X25519  {KEY}\n{KEY}\n"),
            format!("-> X25519 {KEY}=\n{KEY}\n"),
            format!("-> X25519 {}B\n{KEY}\n", &KEY[1..]),
            format!("-> X25519 {}\n{KEY}\n", "A".repeat(43)),
            format!("-> ssh-ed25519 AQEBAQ {}\n{KEY}\n", "A".repeat(43)),
            format!("-> ssh-ed25519 AQEB {KEY}\n{KEY}\n"),
            format!("-> ssh-rsa AQEBAQ\n{KEY}\n"),
            format!("-> x {KEY}\n{KEY}\n"),
            format!("-> a-grease\n{full}\n"),
            format!("-> a-grease\n{}\n", format!("{full}\n").repeat(16)),
            format!("-> a-grease{}\n\n", " x".repeat(512)),
            "-> a-grease\n\n-> b-grease\n\n".into(),
            "-> a-grease  b\n\n".into(),
            "->\n\n".into(),
            "x\n".into(),
            "\n".into(),
        ] {
            assert_eq!(class(&stanzas), Class::Malformed, "{stanzas:?}");
        }
    }

    #[test]
    fn a_cut_file_is_refused_at_every_offset() {
        let whole = age(&format!("-> X25519 {KEY}\n{KEY}\n"));
        assert!(Scan::of(&whole, "sealed", 0).is_ok());
        for end in 0..whole.len() {
            assert!(Scan::of(&whole[..end], "sealed", 0).is_err(), "{end}");
        }
    }
}
