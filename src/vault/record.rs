//! Records: what a row's metadata holds, an array that may grow at its end.
//!
//! Who reads fewer fields than are there ignores the rest; a field that is not there yet has the
//! meaning that its absence had. A record in a record stands in a byte string, so that it can grow too.

use crate::cbor::{CborError, Reader};

pub(super) struct Fields<'a> {
    reader: Reader<'a>,
    left: usize,
    what: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8], what: &'static str) -> Result<Self, CborError> {
        let mut reader = Reader::new(bytes, what);
        let left = reader.array()?;
        Ok(Self { reader, left, what })
    }

    /// Whether there is another field: not every record has all of them.
    pub(super) fn more(&self) -> bool {
        self.left > 0
    }

    /// The next field, to be read as one item.
    pub(super) fn next(&mut self) -> Result<&mut Reader<'a>, CborError> {
        let (place, at) = (self.what, self.reader.position());
        let missing = CborError { place, at, what: "a field is missing" };
        self.left = self.left.checked_sub(1).ok_or(missing)?;
        Ok(&mut self.reader)
    }

    /// The next field, a record of its own.
    pub(super) fn record(&mut self, what: &'static str) -> Result<Fields<'a>, CborError> {
        Fields::of(self.next()?.bytes()?, what)
    }

    /// The next field, a list of records.
    pub(super) fn records(&mut self, what: &'static str) -> Result<Vec<Fields<'a>>, CborError> {
        let reader = self.next()?;
        (0..reader.array()?).map(|_| Fields::of(reader.bytes()?, what)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::Writer;

    #[test]
    fn a_record_may_have_grown_or_not_yet() {
        let mut inner = Writer::with_capacity(16);
        inner.array(2).uint(1).text("later");
        let mut w = Writer::with_capacity(64);
        w.array(3).bytes(inner.as_bytes()).uint(7).array(2).uint(1).uint(2);
        let bytes = w.finish();
        let mut fields = Fields::of(&bytes, "test").unwrap();
        assert_eq!(fields.record("inner").unwrap().next().unwrap().uint(), Ok(1));
        assert_eq!(fields.next().unwrap().uint(), Ok(7));
        assert!(fields.more());
        let mut short = Fields::of(&[0x81, 0x07], "test").unwrap();
        assert_eq!(short.next().unwrap().uint(), Ok(7));
        assert!(!short.more());
        assert_eq!(short.next().err().unwrap().what, "a field is missing");
    }
}
