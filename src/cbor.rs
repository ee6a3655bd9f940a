//! Strict CBOR: a pull reader and a writer for the deterministic subset that packages use.
//!
//! RFC 8949 §4.2.1, narrowed to unsigned integers, byte strings, text strings, arrays, maps and one
//! tag. The reader never recurses and never allocates: a claimed length is compared with what is
//! there before anything else happens, and strings are borrowed from the input.
//!
//! Heads are read and written here, not by a crate: the subset needs ten lines of it, and a general
//! reader's answer would have to be checked for its shortest form again.

/// The one tag: self-described CBOR (RFC 8949 §3.4.6).
pub const SELF_DESCRIBED: u64 = 55799;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what} at byte {at}")]
pub struct CborError {
    /// What was being read, as the reader's maker called it.
    pub place: &'static str,
    /// Offset of the offending item from the start of the reader's input.
    pub at: usize,
    pub what: &'static str,
}

type Result<T> = std::result::Result<T, CborError>;

// The major types of the subset (RFC 8949 §3.1). What is left out are 1, negative integers, and 7,
// floats and simple values.
const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// What an item starts with.
struct Head {
    major: u8,
    argument: u64,
}

/// Reads one item after the other from the front of a slice.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    place: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`, which errors will call `place`.
    pub fn new(bytes: &'a [u8], place: &'static str) -> Self {
        Self { bytes, at: 0, place }
    }

    /// Offset of the next item.
    pub fn position(&self) -> usize {
        self.at
    }

    fn error(&self, what: &'static str) -> CborError {
        self.error_at(self.at, what)
    }

    fn error_at(&self, at: usize, what: &'static str) -> CborError {
        CborError { place: self.place, at, what }
    }

    /// Reads an item's head and refuses any but its shortest form (RFC 8949 §4.2.1).
    fn head(&mut self) -> Result<Head> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some((initial, rest)) = rest.split_first() else {
            return Err(self.error("the input ends where an item should start"));
        };
        let (major, info) = (initial >> 5, initial & 0x1f);
        if major == 7 || major == 1 {
            return Err(self.error("a type that this format does not use"));
        }
        let length = match info {
            0..=23 => 0,
            24..=27 => 1 << (info - 24),
            31 if (2..=5).contains(&major) => return Err(self.error("indefinite length")),
            _ => return Err(self.error("not well-formed")),
        };
        let bytes = rest.get(..length).ok_or(self.error("not well-formed"))?;
        let number = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        let argument = if length == 0 { u64::from(info) } else { number };
        if head_length(argument) != 1 + length {
            return Err(self.error("not the shortest form"));
        }
        self.at += 1 + length;
        Ok(Head { major, argument })
    }

    /// The argument of a head of type `major`.
    fn expect(&mut self, major: u8, what: &'static str) -> Result<u64> {
        let start = self.at;
        let head = self.head()?;
        if head.major == major { Ok(head.argument) } else { Err(self.error_at(start, what)) }
    }

    fn take(&mut self, start: usize, length: u64) -> Result<&'a [u8]> {
        let left = self.bytes.len() - self.at;
        let length = usize::try_from(length).ok().filter(|length| *length <= left);
        let length = length.ok_or(self.error_at(start, "a string is longer than the input"))?;
        let end = self.at + length;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub fn uint(&mut self) -> Result<u64> {
        self.expect(UINT, "expected an unsigned integer")
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let start = self.at;
        let length = self.expect(BYTES, "expected a byte string")?;
        self.take(start, length)
    }

    /// A byte string of exactly `N` bytes.
    pub fn fixed<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let at = self.at;
        let wrong = self.error_at(at, "a byte string of the wrong length");
        self.bytes()?.try_into().map_err(|_| wrong)
    }

    pub fn text(&mut self) -> Result<&'a str> {
        let start = self.at;
        let length = self.expect(TEXT, "expected a text string")?;
        let bytes = self.take(start, length)?;
        std::str::from_utf8(bytes).map_err(|_| self.error_at(start, "not UTF-8"))
    }

    /// An array's head: how many items follow. At least that many bytes are there.
    pub fn array(&mut self) -> Result<usize> {
        let start = self.at;
        let count = self.expect(ARRAY, "expected an array")?;
        self.plausible(start, count, 1)
    }

    /// A tag's number.
    pub fn tag(&mut self) -> Result<u64> {
        self.expect(TAG, "expected a tag")
    }

    /// A map, as an iterator over its keys that enforces their order.
    pub fn map(&mut self) -> Result<MapKeys<'a>> {
        let start = self.at;
        let count = self.expect(MAP, "expected a map")?;
        let left = self.plausible(start, count, 2)?;
        Ok(MapKeys { left, last: &[] })
    }

    /// Refuses a count that the rest of the input cannot hold, before anyone loops over it.
    fn plausible(&self, start: usize, count: u64, least: usize) -> Result<usize> {
        let most = (self.bytes.len() - self.at) / least;
        let count = usize::try_from(count).ok().filter(|count| *count <= most);
        count.ok_or(self.error_at(start, "more items than the input can hold"))
    }

    /// The end of the input.
    pub fn finish(self) -> Result<()> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error("trailing bytes")) }
    }
}

/// The keys of a map that is being read. Between two keys, the caller reads the value.
pub struct MapKeys<'a> {
    left: usize,
    last: &'a [u8],
}

impl<'a> MapKeys<'a> {
    /// How many pairs are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next key, read with `read`; `None` at the end. Refuses one that is not bytewise above
    /// the one before it, so unsorted or there twice.
    pub fn next<T>(
        &mut self,
        reader: &mut Reader<'a>,
        read: impl Fn(&mut Reader<'a>) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.left == 0 {
            return Ok(None);
        }
        let start = reader.at;
        let key = read(reader)?;
        let encoded = &reader.bytes[start..reader.at];
        if !self.last.is_empty() && encoded <= self.last {
            return Err(reader.error_at(start, UNSORTED));
        }
        self.left -= 1;
        self.last = encoded;
        Ok(Some(key))
    }

    /// The next key, which must be `wanted`.
    pub fn expect(&mut self, reader: &mut Reader<'a>, wanted: u64) -> Result<()> {
        let at = reader.at;
        match self.next(reader, Reader::uint)? {
            Some(key) if key == wanted => Ok(()),
            _ => Err(reader.error_at(at, "a required key is missing")),
        }
    }
}

/// Writes deterministic CBOR into memory. Map keys must be given in their encoded order.
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer with room for `capacity` bytes, so that a secret is not left behind in a
    /// buffer that was outgrown.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let bytes = argument.to_be_bytes();
        let length = head_length(argument) - 1;
        // 24 to 27 say that 1, 2, 4 or 8 bytes follow.
        let info = if length == 0 { bytes[7] } else { 24 + length.ilog2() as u8 };
        self.0.push(major << 5 | info);
        self.0.extend_from_slice(&bytes[8 - length..]);
        self
    }

    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// The head of an array of `count` items.
    pub fn array(&mut self, count: usize) -> &mut Self {
        self.head(ARRAY, count as u64)
    }

    /// The head of a map of `count` pairs.
    pub fn map(&mut self, count: usize) -> &mut Self {
        self.head(MAP, count as u64)
    }

    pub fn tag(&mut self, number: u64) -> &mut Self {
        self.head(TAG, number)
    }

    /// What has been written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

const UNSORTED: &str = "map key unsorted or repeated";

/// How deep arrays, maps and tags of a package stand in each other, and some.
const DEPTH: usize = 8;

/// One item of the subset in diagnostic notation (RFC 8949 §8). Byte strings that are themselves
/// such an item are unfolded as `<<...>>` (RFC 8610 §G.3).
///
/// # Errors
/// Whatever a reader of the subset refuses, and an item in over 8 others.
pub fn diagnose(bytes: &[u8], place: &'static str) -> Result<String> {
    diagnose_within(bytes, place, DEPTH)
}

fn diagnose_within(bytes: &[u8], place: &'static str, depth: usize) -> Result<String> {
    let mut reader = Reader::new(bytes, place);
    let mut text = String::new();
    diagnose_item(&mut reader, &mut text, depth)?;
    reader.finish()?;
    Ok(text)
}

fn diagnose_item(reader: &mut Reader<'_>, text: &mut String, depth: usize) -> Result<()> {
    let start = reader.at;
    let depth = depth.checked_sub(1).ok_or(reader.error("nested too deeply"))?;
    let Head { major, argument } = reader.head()?;
    match major {
        UINT => *text += &argument.to_string(),
        BYTES => {
            let bytes = reader.take(start, argument)?;
            match diagnose_within(bytes, reader.place, depth) {
                // A short string is an integer by chance.
                Ok(item) if bytes.len() > 32 && bytes.len() != 64 => {
                    *text += &format!("<<{item}>>")
                }
                _ => {
                    *text += &format!("h'{}'", crate::text::hex(bytes));
                }
            }
        }
        TEXT => {
            let bytes = reader.take(start, argument)?;
            let inner =
                std::str::from_utf8(bytes).map_err(|_| reader.error_at(start, "not UTF-8"))?;
            *text += &crate::text::quote(inner);
        }
        TAG if argument == SELF_DESCRIBED => {
            *text += &format!("{SELF_DESCRIBED}(");
            diagnose_item(reader, text, depth)?;
            *text += ")";
        }
        ARRAY => {
            *text += "[";
            for n in 0..reader.plausible(start, argument, 1)? {
                *text += if n > 0 { ", " } else { "" };
                diagnose_item(reader, text, depth)?;
            }
            *text += "]";
        }
        MAP => {
            *text += "{";
            let mut last: &[u8] = &[];
            for n in 0..reader.plausible(start, argument, 2)? {
                *text += if n > 0 { ", " } else { "" };
                let at = reader.at;
                diagnose_item(reader, text, depth)?;
                let key = &reader.bytes[at..reader.at];
                if key <= last {
                    return Err(reader.error_at(at, UNSORTED));
                }
                last = key;
                *text += ": ";
                diagnose_item(reader, text, depth)?;
            }
            *text += "}";
        }
        _ => return Err(reader.error_at(start, "a type that this format does not use")),
    }
    Ok(())
}

/// Length of the shortest head that holds `argument`, in bytes.
pub fn head_length(argument: u64) -> usize {
    match argument {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut w = Writer::with_capacity(64);
        w.tag(55799).array(4).uint(u64::MAX).bytes(b"ab").text("\u{fc}");
        w.map(2).uint(1).uint(24).uint(24).uint(0);
        let bytes = w.finish();
        let mut r = Reader::new(&bytes, "test");
        assert_eq!(r.tag(), Ok(55799));
        assert_eq!(r.array(), Ok(4));
        assert_eq!(r.uint(), Ok(u64::MAX));
        assert_eq!(r.bytes(), Ok(&b"ab"[..]));
        assert_eq!(r.text(), Ok("\u{fc}"));
        let mut keys = r.map().unwrap();
        let mut pairs = Vec::new();
        while let Some(key) = keys.next(&mut r, Reader::uint).unwrap() {
            pairs.push((key, r.uint().unwrap()));
        }
        assert_eq!(pairs, [(1, 24), (24, 0)]);
        r.finish().unwrap();
    }

    #[test]
    fn heads_outside_the_subset_are_refused() {
        for (bytes, what) in [
            ("", "the input ends where an item should start"),
            ("18", "not well-formed"),
            ("1817", "not the shortest form"),
            ("190018", "not the shortest form"),
            ("1a0000ffff", "not the shortest form"),
            ("1b00000000ffffffff", "not the shortest form"),
            ("20", "a type that this format does not use"),
            ("f93c00", "a type that this format does not use"),
            ("f6", "a type that this format does not use"),
            ("ff", "a type that this format does not use"),
            ("5f", "indefinite length"),
            ("7f", "indefinite length"),
            ("9f", "indefinite length"),
            ("bf", "indefinite length"),
            ("1c", "not well-formed"),
            ("1f", "not well-formed"),
            ("df", "not well-formed"),
            ("c105", "expected an unsigned integer"),
            ("40", "expected an unsigned integer"),
        ] {
            let bytes = hex(bytes);
            assert_eq!(Reader::new(&bytes, "test").uint().unwrap_err().what, what, "{bytes:02x?}");
        }
    }

    #[test]
    fn claimed_sizes_are_checked_before_use() {
        let huge = |major: u8| [&[major | 27][..], &[0xff; 8]].concat();
        assert!(Reader::new(&huge(0x40), "test").bytes().is_err());
        assert!(Reader::new(&huge(0x60), "test").text().is_err());
        assert!(Reader::new(&huge(0x80), "test").array().is_err());
        assert!(Reader::new(&huge(0xa0), "test").map().is_err());
        let half = hex("5b8000000000000000");
        assert!(Reader::new(&half, "test").bytes().is_err());
    }

    /// An item is a byte at the least, a pair two.
    #[test]
    fn a_count_is_compared_with_what_is_left() {
        let array = |bytes| Reader::new(bytes, "test").array().map_err(|e| e.what);
        let map = |bytes| Reader::new(bytes, "test").map().map(|keys| keys.left());
        let more = "more items than the input can hold";
        assert_eq!(array(&[0x83, 0, 0, 0]), Ok(3));
        assert_eq!(array(&[0x83, 0, 0]), Err(more));
        assert_eq!(map(&[0xa2, 0, 0, 1, 0]), Ok(2));
        assert_eq!(map(&[0xa2, 0, 0, 1]).unwrap_err().what, more);
        assert_eq!(map(&[0xa2, 0, 0, 1, 0, 0]), Ok(2));
    }

    #[test]
    fn a_map_has_the_keys_that_are_expected() {
        let walk = |bytes: &[u8]| -> Result<()> {
            let mut r = Reader::new(bytes, "test");
            let mut keys = r.map()?;
            keys.expect(&mut r, 3)?;
            r.uint().map(drop)
        };
        let what = |bytes: &str| walk(&hex(bytes)).map_err(|e| (e.at, e.what));
        assert_eq!(what("a1 03 00"), Ok(()));
        assert_eq!(what("a1 04 00"), Err((1, "a required key is missing")));
        assert_eq!(what("a0"), Err((1, "a required key is missing")));
    }

    #[test]
    fn keys_must_rise() {
        for (bytes, good) in [
            ("a2 01 00 02 00", true),
            ("a2 02 00 01 00", false),
            ("a2 01 00 01 00", false),
            ("a2 1818 00 17 00", false),
        ] {
            let bytes = hex(bytes);
            let mut r = Reader::new(&bytes, "test");
            let mut keys = r.map().unwrap();
            let mut walk = || -> Result<()> {
                while keys.next(&mut r, Reader::uint)?.is_some() {
                    r.uint()?;
                }
                Ok(())
            };
            assert_eq!(walk().is_ok(), good, "{bytes:02x?}");
        }
    }

    #[test]
    fn diagnostic_notation() {
        let text = |bytes: &str| diagnose(&hex(bytes), "test");
        assert_eq!(text("d9d9f7 82 01 6161").unwrap(), "55799([1, \"a\"])");
        assert_eq!(text("a2 00 42 0102 01 80").unwrap(), "{0: h'0102', 1: []}");
        assert_eq!(text("61 22").unwrap(), "\"\\\"\"");
        assert_eq!(text("61 1b").unwrap(), "\"\\u{1b}\"");
        let nested = format!("5821 8218 2018{}", "20".repeat(29));
        assert!(text(&nested).unwrap().starts_with("h'"), "trailing bytes are no item");
        // Of 33 bytes and up one item is unfolded; what may be a key, a digest or a signature never is.
        let of = |length: usize| {
            format!("58{length:02x} 98{:02x} {}", length - 2, "00".repeat(length - 2))
        };
        for (length, unfolded) in [(32, false), (33, true), (63, true), (64, false), (65, true)] {
            assert_eq!(text(&of(length)).unwrap().starts_with("<<["), unfolded, "{length}");
        }
        assert!(text("c1 00").is_err(), "another tag");
        assert!(text(&"81".repeat(1_000_000)).is_err());
    }

    #[test]
    fn trailing_bytes_and_bad_utf8() {
        let mut r = Reader::new(&[0, 0], "test");
        r.uint().unwrap();
        assert_eq!(r.finish(), Err(CborError { place: "test", at: 1, what: "trailing bytes" }));
        assert_eq!(Reader::new(&[0x61, 0xff], "test").text().unwrap_err().what, "not UTF-8");
    }
}
