//! CBOR by hand (RFC 8949 §3), right and wrong.

/// `parts`, one after the other.
pub fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The shortest head of `major` type with `argument`.
pub fn head(major: u8, argument: u64) -> Vec<u8> {
    match argument {
        0..=23 => vec![major << 5 | argument as u8],
        24..=0xff => wide(major, argument, 1),
        0x100..=0xffff => wide(major, argument, 2),
        0x1_0000..=0xffff_ffff => wide(major, argument, 4),
        _ => wide(major, argument, 8),
    }
}

/// A head with its argument in `size` bytes (1, 2, 4 or 8), the shortest or not.
pub fn wide(major: u8, argument: u64, size: u32) -> Vec<u8> {
    let additional = 24 + size.trailing_zeros() as u8;
    cat(&[&[major << 5 | additional], &argument.to_be_bytes()[8 - size as usize..]])
}

/// An unsigned integer.
pub fn uint(value: u64) -> Vec<u8> {
    head(0, value)
}

/// A byte string.
pub fn bytes(value: &[u8]) -> Vec<u8> {
    cat(&[&head(2, value.len() as u64), value])
}

/// A text string.
pub fn text(value: &str) -> Vec<u8> {
    raw_text(value.as_bytes())
}

/// A text string that may not be UTF-8.
pub fn raw_text(value: &[u8]) -> Vec<u8> {
    cat(&[&head(3, value.len() as u64), value])
}

/// The head of an array.
pub fn array(count: u64) -> Vec<u8> {
    head(4, count)
}

/// The head of a map.
pub fn map(count: u64) -> Vec<u8> {
    head(5, count)
}

/// The head of a tag.
pub fn tag(number: u64) -> Vec<u8> {
    head(6, number)
}
