//! What is inside a slot: the entries, bound to their header (clause 4).

use super::header::each_extension;
use super::{Class, Error};
use crate::cbor::{MapKeys, Reader, Writer, head_length};
use crate::coordinate::Coordinate;
use crate::entry::{Content, Entry, Mode, Sensitivity};
use crate::limits;
use crate::pointer::Pointer;
use crate::secret::Secret;
use crate::text;
use sha2::{Digest, Sha256};

const NAME: &str = "kovra-entries";
const VERSION: u64 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Opened by the recipient's key alone.
    Normal = 0,
    /// Opened by the recipient's key and the token: literals of high sensitivity and above.
    High = 1,
}

impl Slot {
    fn place(self) -> &'static str {
        match self {
            Self::Normal => "payload of slot 0",
            Self::High => "payload of slot 1",
        }
    }
}

/// The slot's place in the package: what its payload must repeat.
pub(super) struct Binding<'a> {
    pub(super) slot: Slot,
    pub(super) header_bytes: &'a [u8],
    /// How many entries the header counts in this slot.
    pub(super) count: usize,
}

/// Encodes `entries`, which are sorted and all of this slot.
pub(super) fn encode(entries: &[&Entry], slot: Slot, header_bytes: &[u8]) -> Secret {
    // Room for everything at once: a buffer that grows leaves copies of values behind.
    let literals: usize = entries.iter().map(|e| encoded_bound(e)).sum();
    let mut w = Writer::with_capacity(2 * (literals + 2048));
    w.array(6).text(NAME).uint(VERSION).uint(slot as u64).bytes(&Sha256::digest(header_bytes));
    w.array(entries.len());
    for entry in entries {
        encode_entry(&mut w, entry);
    }
    let pad = pad_length(w.as_bytes().len());
    w.bytes(&vec![0; pad]);
    Secret::new(w.finish())
}

fn encoded_bound(entry: &Entry) -> usize {
    let value = match &entry.content {
        Content::Literal(value) => value.len(),
        Content::Reference(pointer) => pointer.as_str().len(),
    };
    value + entry.coordinate.as_str().len() + entry.description.as_ref().map_or(0, String::len) + 32
}

fn encode_entry(w: &mut Writer, entry: &Entry) {
    w.map(4 + usize::from(entry.description.is_some()));
    w.uint(0).text(entry.coordinate.as_str()).uint(1).uint(entry.content.mode() as u64).uint(2);
    match &entry.content {
        Content::Literal(value) => w.bytes(value.expose()),
        Content::Reference(pointer) => w.text(pointer.as_str()),
    };
    w.uint(3).uint(entry.sensitivity as u64);
    if let Some(description) = &entry.description {
        w.uint(4).text(description);
    }
}

/// How many zeros bring a payload that is `length` bytes long so far to a Padmé length of at least
/// 1 KiB. Where the head of the byte string makes a length unreachable, the next one is taken.
fn pad_length(length: usize) -> usize {
    let mut target = padme((length + 1).max(limits::PADDED));
    loop {
        let room = target - length;
        let pad = [1, 2, 3, 5].into_iter().filter_map(|head| {
            let pad = room.checked_sub(head)?;
            (head_length(pad as u64) == head).then_some(pad)
        });
        if let Some(pad) = pad.max() {
            return pad;
        }
        target = padme(target + 1);
    }
}

/// Padmé (Nikitin et al., PETS 2019, §4): at most 12% larger, and leaks O(log log n) bits.
fn padme(length: usize) -> usize {
    let exponent = length.ilog2();
    let low_bits = exponent - (exponent.ilog2() + 1);
    length.next_multiple_of(1 << low_bits)
}

/// An entry as it stands in the payload, before any of it is believed.
struct Raw<'a> {
    coordinate: &'a str,
    value: RawValue<'a>,
    sensitivity: Sensitivity,
    description: Option<&'a str>,
}

enum RawValue<'a> {
    Literal(&'a [u8]),
    Reference(&'a str),
}

/// Parses a decrypted payload, checks that it belongs where it was found, and only then makes
/// entries of it.
pub(super) fn decode(payload: &Secret, binding: &Binding<'_>) -> Result<Vec<Entry>, Error> {
    let place = binding.slot.place();
    let raw = parse(payload.expose(), binding)?;
    if raw.len() != binding.count {
        return Err(Error::new(
            Class::Binding,
            place,
            "the header counts another number of entries",
        ));
    }
    for entry in &raw {
        let literal = matches!(entry.value, RawValue::Literal(_));
        let belongs =
            if literal && entry.sensitivity.needs_token() { Slot::High } else { Slot::Normal };
        if belongs != binding.slot {
            let what = "an entry in the wrong slot for its mode and sensitivity";
            return Err(Error::new(Class::Binding, place, what));
        }
    }
    raw.iter().map(|entry| checked(entry, place)).collect()
}

/// Clauses 4.1 to 4.5: structure, and the three facts that bind it.
fn parse<'a>(bytes: &'a [u8], binding: &Binding<'_>) -> Result<Vec<Raw<'a>>, Error> {
    let place = binding.slot.place();
    let malformed = |what| Error::new(Class::Malformed, place, what);
    let mut r = Reader::new(bytes, place);
    let items = r.array()?;
    if items != 6 || r.text()? != NAME {
        return Err(malformed("not a kovra payload"));
    }
    if r.uint()? != VERSION {
        return Err(malformed("a payload of another version than its package"));
    }
    let slot = r.uint()?;
    let header_hash: &[u8; 32] = r.fixed()?;
    let count = r.array()?;
    if count > limits::ENTRIES {
        let what = format!("more than {} entries", limits::count(limits::ENTRIES));
        return Err(Error::new(Class::Limit, place, what));
    }
    let mut entries: Vec<Raw<'a>> = Vec::with_capacity(count);
    for _ in 0..count {
        let entry = parse_entry(&mut r, place)?;
        if entries.last().is_some_and(|last| last.coordinate >= entry.coordinate) {
            return Err(malformed("entries unsorted or repeated"));
        }
        entries.push(entry);
    }
    let pad = r.bytes()?;
    r.finish()?;
    if pad.iter().any(|b| *b != 0) {
        return Err(malformed("padding other than zeros"));
    }
    if slot != binding.slot as u64 {
        return Err(Error::new(Class::Binding, place, "it was sealed as the other slot"));
    }
    if header_hash[..] != Sha256::digest(binding.header_bytes)[..] {
        let what = "it was sealed under another header";
        return Err(Error::new(Class::Binding, place, what));
    }
    Ok(entries)
}

/// An entry's pairs, each judged before the next is read (8.4).
fn parse_entry<'a>(r: &mut Reader<'a>, place: &'static str) -> Result<Raw<'a>, Error> {
    let malformed = |what| Error::new(Class::Malformed, place, what);
    let mut keys = r.map()?;
    keys.expect(r, 0)?;
    let coordinate = r.text()?;
    keys.expect(r, 1)?;
    let mode = r.uint()?;
    let is_literal = mode == Mode::Literal as u64;
    if !is_literal && mode != Mode::Reference as u64 {
        return Err(malformed("an unknown mode"));
    }
    keys.expect(r, 2)?;
    let value = if is_literal {
        let value = r.bytes()?;
        within(value.len(), limits::LITERAL, "a literal larger than", place)?;
        RawValue::Literal(value)
    } else {
        let pointer = r.text()?;
        within(pointer.len(), limits::POINTER, "a pointer over", place)?;
        RawValue::Reference(pointer)
    };
    keys.expect(r, 3)?;
    let sensitivity =
        Sensitivity::from_number(r.uint()?).ok_or_else(|| malformed("an unknown sensitivity"))?;
    let description = parse_optional(r, keys, place)?;
    Ok(Raw { coordinate, value, sensitivity, description })
}

/// The description, if there is one. The names of an `ext` are ignored, with their values, and not kept.
fn parse_optional<'a>(
    r: &mut Reader<'a>,
    mut keys: MapKeys<'a>,
    place: &'static str,
) -> Result<Option<&'a str>, Error> {
    let malformed = |what| Error::new(Class::Malformed, place, what);
    let mut description = None;
    while let Some(key) = keys.next(r, Reader::uint)? {
        match key {
            4 => {
                let text = r.text()?;
                if text.is_empty() {
                    return Err(malformed("an empty description"));
                }
                within(text.len(), limits::DESCRIPTION, "a description over", place)?;
                description = Some(text);
            }
            5 => each_extension(r, place, |_| ())?,
            _ => return Err(malformed("an entry with an unknown key")),
        }
    }
    Ok(description)
}

/// A size of what has been read.
fn within(length: usize, most: usize, what: &str, place: &'static str) -> Result<(), Error> {
    let over = || Error::new(Class::Limit, place, format!("{what} {}", limits::size(most)));
    if length > most { Err(over()) } else { Ok(()) }
}

/// Clause 4.6: the grammar of coordinates, pointers and descriptions.
fn checked(raw: &Raw<'_>, place: &'static str) -> Result<Entry, Error> {
    let policy = |what: String| Error::new(Class::Policy, place, what);
    let coordinate: Coordinate = raw.coordinate.parse().map_err(|e| {
        // Nothing has bounded it yet, and escaped it is up to five times as long.
        let start: String = raw.coordinate.chars().take(200).collect();
        policy(format!("coordinate {}: {e}", text::quote(&start)))
    })?;
    let content = match raw.value {
        RawValue::Literal(value) => Content::Literal(Secret::copy_of(value)),
        RawValue::Reference(pointer) => {
            let pointer: Pointer =
                pointer.parse().map_err(|e| policy(format!("pointer of {coordinate}: {e}")))?;
            Content::Reference(pointer)
        }
    };
    let description = raw.description.map(str::to_owned);
    if description.as_deref().is_some_and(|d| !text::is_plain(d)) {
        return Err(policy(format!(
            "description of {coordinate}: it has control, invisible or direction-turning characters"
        )));
    }
    Ok(Entry { coordinate, content, sensitivity: raw.sensitivity, description })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padme_lengths() {
        for (length, padded) in [(1024, 1024), (1025, 1088), (9000, 9216), (100_000, 100_352)] {
            assert_eq!(padme(length), padded);
        }
    }

    #[test]
    fn every_length_is_padded_to_a_padme_length() {
        for length in (1..3000).chain(65_000..66_000) {
            let pad = pad_length(length);
            let total = length + head_length(pad as u64) + pad;
            assert!(total >= 1024 && padme(total) == total, "{length} -> {total}");
        }
    }
}
