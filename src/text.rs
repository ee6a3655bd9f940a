//! Text from outside: what may be stored as plain text, and how to show what may not.

/// Whether `text` shows on a terminal as what it is: no control characters, nothing that turns
/// the direction of reading (Unicode TR 36, §2.9), nothing invisible.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(is_deceptive)
}

/// `text` with every deceptive character and every backslash written as an escape, so that it can
/// be shown, and no text passes for the escape of another.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) || c == '\\' {
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

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
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
        }
        assert_eq!(escape("\\u{1b}"), "\\\\u{1b}");
    }
}
