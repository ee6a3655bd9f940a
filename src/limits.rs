//! The limits and defaults of the formats, and how messages write them (`spec/package-v1.md`
//! clause 9). A message that names one is made from it, so that the two cannot part.

/// A whole package, in bytes.
pub const FILE: usize = 16 << 20;
/// A package header and, each, an age header less its hybrid stanzas, in bytes.
pub const HEADER: usize = 16 << 10;
/// A grease stanza of an age header, in bytes. Real ones are below 300; the age crate's parser is
/// super-linear in it.
pub const GREASE: usize = 1 << 10;
/// A hybrid stanza of an age header (`spec/package-v1.md` 5.3), in bytes. An age header may be so much larger for each.
pub const HYBRID_STANZA: usize = 1557;
/// Recipients of a package.
pub const RECIPIENTS: usize = 64;
/// Entries of both slots together.
pub const ENTRIES: usize = 4096;
/// A literal, in bytes.
pub const LITERAL: usize = 256 << 10;
/// A pointer, in bytes.
pub const POINTER: usize = 1024;
/// A description, in bytes.
pub const DESCRIPTION: usize = 512;
/// A segment of a coordinate, in bytes.
pub const SEGMENT: usize = 64;
/// A name in `crit` or `ext`, in bytes.
pub const EXTENSION_NAME: usize = 64;
/// From creation to expiry, in seconds.
pub const LIFE: u64 = 366 * DAY;
/// From creation to expiry where nobody says how long, in seconds.
pub const DEFAULT_LIFE: u64 = 7 * DAY;
/// The latest time that a file names: the end of the year 9999 (RFC 3339 §1), in Unix seconds.
pub const LATEST: u64 = 253_402_300_799;
/// How far a sender's clock may be ahead, in seconds.
pub const CLOCK_SKEW: u64 = 300;
/// The least that a payload is padded to, in bytes.
pub const PADDED: usize = 1 << 10;
/// A file with a public key, in bytes.
pub const KEY_FILE: usize = 4096;
/// A token file, in bytes.
pub const TOKEN: usize = 4096;
/// A receipt, in bytes.
pub const RECEIPT: usize = 256;
/// The vault in a backup, in bytes.
pub const BACKUP: usize = 256 << 20;
/// The work factor of a passphrase's scrypt that is taken from a backup, as a power of two: 20 takes 1 GiB.
pub const WORK: u8 = 20;

const DAY: u64 = 86_400;

/// So many bytes, in the largest unit that goes: `16 MiB`, `256 KiB`, `512 bytes`.
pub fn size(bytes: usize) -> String {
    match bytes {
        n if n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

/// A number with its thousands apart: `4,096`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many seconds in whole days.
pub fn days(seconds: u64) -> u64 {
    seconds / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_messages_write_them() {
        assert_eq!([FILE, LITERAL, POINTER].map(size), ["16 MiB", "256 KiB", "1 KiB"]);
        assert_eq!([DESCRIPTION, RECEIPT].map(size), ["512 bytes", "256 bytes"]);
        let counts = [7, RECIPIENTS, 512, ENTRIES, FILE].map(count);
        assert_eq!(counts, ["7", "64", "512", "4,096", "16,777,216"]);
        assert_eq!([LIFE, DEFAULT_LIFE].map(days), [366, 7]);
    }
}
