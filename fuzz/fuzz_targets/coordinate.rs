//! A coordinate shows as it was written, in its three parts; a secret's URI is one with a prefix.

#![no_main]

use kovra::coordinate::{Coordinate, SecretUri};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(c) = text.parse::<Coordinate>() {
        assert_eq!(c.to_string(), text);
        assert_eq!(format!("{}/{}/{}", c.env(), c.component(), c.key()), text);
        assert!(text.len() <= 3 * 64 + 2 && !text.contains(".."));
        assert!(text.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
        let variable = c.folded().replace('/', "_");
        assert!(variable.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{variable}");
    }
    if let Ok(SecretUri { coordinate, global }) = text.parse() {
        let prefixes: &[&str] = if global { &["secret://global/"] } else { &["", "secret:"] };
        assert!(prefixes.iter().any(|prefix| format!("{prefix}{coordinate}") == text));
    }
});
