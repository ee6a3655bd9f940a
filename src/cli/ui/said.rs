//! What may be printed: words of ours, and whatever is from outside as escapes. The printing functions take
//! nothing else, so that to forget an escape is an error of the compiler.

use kovra::clock::Moment;
use kovra::coordinate::Coordinate;
use kovra::entry::{Mode, Sensitivity};
use kovra::identity::{DeviceStatement, IdentityError, PublicIdentity};
use kovra::ops::copy::Original;
use kovra::ops::known::Known;
use kovra::platform::NoProgram;
use kovra::pointer::{Pointer, PointerError};
use kovra::policy::Reason;
use kovra::secret::Secret;
use kovra::text::{escape, is_seen, one_line, quote, shown};
use kovra::vault::{Origin, Version};
use kovra::{ops, package, vault};
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Text for the screen. It is made of literals and of what [`Say`] escapes; a line of it ends where a literal
/// or [`Said::lines`] says so.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Said(String);

/// How many characters of one argument or value are shown.
const WIDTH: usize = 200;

impl Said {
    /// Of [`said!`](super::said), which has counted the places.
    pub(in crate::cli) fn filled(text: &'static str, parts: &[Self]) -> Self {
        let mut filled = String::with_capacity(text.len());
        let mut parts = parts.iter();
        for (n, between) in text.split("{}").enumerate() {
            filled.extend((n > 0).then(|| parts.next()).flatten().map(Self::as_str));
            filled.push_str(between);
        }
        Self(filled)
    }

    pub(in crate::cli) fn as_str(&self) -> &str {
        &self.0
    }

    pub(in crate::cli) fn join(
        parts: impl IntoIterator<Item = Self>,
        between: &'static str,
    ) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join(between))
    }

    pub(in crate::cli) fn lines(lines: impl IntoIterator<Item = Self>) -> Self {
        Self::join(lines, "\n")
    }

    /// With as many spaces after it as make it `width` characters.
    pub(in crate::cli) fn padded(self, width: usize) -> Self {
        Self(format!("{:<width$}", self.0))
    }

    /// Words of the library, on one line. What is from outside is escaped in them already.
    pub(in crate::cli) fn one_line(words: &str) -> Self {
        Self(one_line(words))
    }

    /// In double quotes, which nothing in `text` closes.
    pub(in crate::cli) fn quoted(text: &str) -> Self {
        Self(quote(text))
    }

    /// What a caller chose: in single quotes where it could be taken for something else, and cut.
    pub(in crate::cli) fn argument(text: impl AsRef<OsStr>) -> Self {
        let text = shown(text);
        let length = text.chars().count();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
        let cut: String = text.chars().take(WIDTH).collect();
        let more =
            if length > WIDTH { format!("... ({} more)", length - WIDTH) } else { String::new() };
        if !text.is_empty() && text.chars().all(plain) && more.is_empty() {
            return Self(cut);
        }
        Self(format!("'{}'{more}", cut.replace('\'', "\\'")))
    }

    /// A value for the eyes of who asked for it, with the lines that it has; `None` if it is binary.
    pub(in crate::cli) fn value(value: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(value.expose()).ok()?;
        Some(Self::lines(text.split('\n').map(Say::say)))
    }

    /// JSON, in which whatever is not seen is JSON's own escape in UTF-16 (RFC 8259 §7), so that programs read
    /// what was meant.
    pub(in crate::cli) fn json(value: &impl Serialize) -> Self {
        #[expect(clippy::expect_used, reason = "structs with names for keys, written to memory")]
        let plain = serde_json::to_string_pretty(value).expect("our own types are JSON");
        let mut text = String::new();
        for c in plain.chars() {
            if c == '\n' || is_seen(c) {
                text.push(c);
            } else {
                let units = &mut [0; 2];
                text.extend(c.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        Self(text)
    }

    /// A table as it was laid out from what is said in `cells`.
    pub(super) fn table(
        header: &[&'static str],
        rows: impl Iterator<Item = Vec<Self>>,
        width: Option<u16>,
    ) -> Self {
        use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for row in rows {
            table.add_row(row.iter().map(Self::as_str));
        }
        Self(table.to_string())
    }
}

/// Literals, and words of the library's own lists: no text that comes in at run time lives as long.
impl From<&'static str> for Said {
    fn from(ours: &'static str) -> Self {
        Self(ours.to_owned())
    }
}

/// How many places `text` has to fill: `{}`, and no other brace.
pub(in crate::cli) const fn places(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b'{' {
            assert!(at + 1 < bytes.len() && bytes[at + 1] == b'}', "a brace is half a place");
            found += 1;
        }
        at += 1;
    }
    found
}

/// A literal, each `{}` of which is filled with an argument as [`Say`] says it.
macro_rules! said {
    ($text:literal $(, $part:expr)* $(,)?) => {{
        const PARTS: usize = <[&str]>::len(&[$(stringify!($part)),*]);
        const { assert!($crate::cli::ui::places($text) == PARTS, "a place for each part") };
        $crate::cli::ui::Said::filled($text, &[$($crate::cli::ui::Say::say(&$part)),*])
    }};
}
pub(in crate::cli) use said;

/// How something is told. Whatever can hold text from outside is escaped.
pub(in crate::cli) trait Say {
    fn say(&self) -> Said;
}

impl Say for Said {
    fn say(&self) -> Said {
        self.clone()
    }
}

impl<T: Say + ?Sized> Say for &T {
    fn say(&self) -> Said {
        (*self).say()
    }
}

/// Nothing for what is not there.
impl<T: Say> Say for Option<T> {
    fn say(&self) -> Said {
        self.as_ref().map(Say::say).unwrap_or_default()
    }
}

/// Says types as they are shown, through this function of the text.
macro_rules! say {
    ($how:ident: $($type:ty),+ $(,)?) => {
        $(impl Say for $type {
            fn say(&self) -> Said {
                Said($how(&self.to_string()))
            }
        })+
    };
}

// Our own types have nothing to escape, most of them; nobody needs to know which.
say!(escape: str, String, u64, usize, u32, Coordinate, DeviceStatement, Known, Mode, Moment, Origin,
    Original, Pointer, PublicIdentity, Reason, Sensitivity, Version);

// Errors have escaped what they name.
say!(one_line: io::Error, IdentityError, NoProgram, package::Error, PointerError, vault::Error);

macro_rules! say_shown {
    ($($type:ty),+) => {
        $(impl Say for $type {
            fn say(&self) -> Said {
                Said(shown(self))
            }
        })+
    };
}
say_shown!(Path, PathBuf, OsStr, OsString);

/// The one error that has lines.
impl Say for ops::Error {
    fn say(&self) -> Said {
        Said::lines(self.lines().iter().map(|line| Said::one_line(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_filled_with_what_is_escaped_and_never_again() {
        let (outside, path) = ("a\n{}\u{1b}".to_owned(), Path::new("b\\n"));
        assert_eq!(said!("{}, {}\n{}", outside, path, 3_u64).as_str(), "a\\n{}\\u{1b}, b\\\\n\n3");
        assert_eq!(said!("{}", said!("a\n{}", "\\")).as_str(), "a\n\\\\", "what is said stays");
    }

    #[test]
    fn an_argument_stays_in_its_quotes() {
        for (text, said) in [("a.b", "a.b"), ("", "''"), ("a' b", "'a\\' b'"), ("a\n", "'a\\n'")] {
            assert_eq!(Said::argument(text).as_str(), said);
        }
        let long = "x".repeat(WIDTH + 5);
        assert_eq!(Said::argument(&long).as_str(), format!("'{}'... (5 more)", &long[5..]));
    }

    /// A message has lines where the library makes them.
    #[test]
    fn an_error_has_only_its_own_lines() {
        let denied = [("a\nb", Reason::High), ("c", Reason::Prod)];
        let denied = ops::Error::Denied(denied.map(|(at, why)| (at.to_owned(), why)).to_vec());
        assert_eq!(denied.say().as_str().lines().count(), 2);
        assert_eq!(io::Error::other("a\nb").say().as_str(), "a\\nb");
    }
}
