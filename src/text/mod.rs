//! Text from outside: what may be stored as plain text, and how to show what may not.

mod unicode;

use std::ffi::OsStr;

/// Whether a description or a fallback may hold `text`: no control character, and none of the characters that
/// package-v1.md 4.6 lists. That list is the format's, of November 2026; what is shown goes by Unicode's data.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_listed(c))
}

/// Whether `c` shows on a terminal as what it is: no control character, nothing invisible, nothing that turns
/// the direction of reading (Unicode TR 36, §2.9).
pub fn is_seen(c: char) -> bool {
    !unicode::is_hidden(c)
}

/// `text` with every character that is not seen and every backslash written as an escape, so that it can
/// be shown, and no text passes for the escape of another.
pub fn escape(text: &str) -> String {
    escape_all(text, |c| c == '\\')
}

/// [`escape`] for a path, an argument or what else need not be UTF-8: other bytes are `\xff`.
pub fn shown(text: impl AsRef<OsStr>) -> String {
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        let bytes = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
        escape(chunk.valid()) + &bytes.collect::<String>()
    };
    text.as_ref().as_encoded_bytes().utf8_chunks().map(chunk).collect()
}

/// [`escape`] between quotation marks, which nothing in `text` can close.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", escape_all(text, |c| c == '\\' || c == '"'))
}

/// One line of words in which what is from outside is escaped already. Whatever of it was forgotten is no line
/// of its own, and nothing that is not seen.
pub fn one_line(words: &str) -> String {
    escape_all(words, |_| false)
}

fn escape_all(text: &str, and: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if and(c) || !is_seen(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |four_bits: u8| char::from(b"0123456789abcdef"[usize::from(four_bits)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

fn is_listed(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_left_alone() {
        for text in ["", "the orders database", "Gr\u{fc}\u{df}e \u{2192} \u{65e5}\u{672c}\u{8a9e}"]
        {
            assert!(is_plain(text));
            assert_eq!(escape(text), text);
        }
    }

    #[test]
    fn what_deceives_is_escaped() {
        for (text, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]8;;http://e\u{7}", "\\u{1b}]8;;http://e\\u{7}"),
            ("a\rb\nc", "a\\rb\\nc"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}txt", "\\u{202e}txt"),
            ("a\u{200b}b", "a\\u{200b}b"),
        ] {
            assert!(!is_plain(text));
            assert_eq!(escape(text), shown);
            assert_eq!(one_line(text), shown);
        }
        assert_eq!(escape("\\u{1b}"), "\\\\u{1b}");
        assert_eq!(one_line("\\u{1b}"), "\\u{1b}");
    }

    /// The format has its list, and these are shown as little as those.
    #[test]
    fn what_the_format_takes_is_not_always_seen() {
        assert!(is_plain("a\u{1bca0}b"));
        assert_eq!(escape("a\u{1bca0}b"), "a\\u{1bca0}b");
        assert!(('\0'..=char::MAX).all(|c| is_plain(c.encode_utf8(&mut [0; 4])) || !is_seen(c)));
    }

    #[test]
    fn quotes_stay_open_until_the_end() {
        assert_eq!(quote("a\", \"b\\"), r#""a\", \"b\\""#);
        assert_eq!(quote("\n"), r#""\n""#);
    }
}
