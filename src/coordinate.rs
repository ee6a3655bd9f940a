//! Coordinates: the one namespace of every secret, `env/component/key`.

use crate::limits;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoordinateError {
    #[error("a coordinate has three segments, env/component/key")]
    Segments,
    #[error(
        "a segment is 1 to {} of a-z, 0-9, '.', '_' and '-', and starts with a letter or digit",
        limits::SEGMENT
    )]
    Segment,
    #[error("a segment cannot contain '..'")]
    DotDot,
    #[error(
        "write env/component/key, secret:env/component/key or secret://global/env/component/key"
    )]
    Scheme,
}

/// Whether `text` is one segment: `[a-z0-9][a-z0-9._-]{0,63}` with no `..` (package-v1.md 4.6).
pub fn check_segment(text: &str) -> Result<(), CoordinateError> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !starts_well || text.len() > limits::SEGMENT || !text.bytes().all(inner) {
        return Err(CoordinateError::Segment);
    }
    if text.contains("..") {
        return Err(CoordinateError::DotDot);
    }
    Ok(())
}

/// What names an entry: `env/component/key`, three segments of lower-case ASCII, as
/// [`check_segment`] says. Ordered bytewise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coordinate(String);

impl Coordinate {
    fn segment(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }

    /// The first segment: `dev`, `staging`, `prod`.
    pub fn env(&self) -> &str {
        self.segment(0)
    }

    /// The second segment: what the secret belongs to.
    pub fn component(&self) -> &str {
        self.segment(1)
    }

    /// The third segment: the secret's own name.
    pub fn key(&self) -> &str {
        self.segment(2)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is production, which policy treats apart.
    pub fn is_prod(&self) -> bool {
        self.env() == "prod"
    }

    /// The coordinate as it would read in names that know only letters, digits and `_`: two
    /// coordinates that fold alike would collide as environment variables.
    pub fn folded(&self) -> String {
        self.0.replace(['-', '.'], "_")
    }
}

impl FromStr for Coordinate {
    type Err = CoordinateError;

    fn from_str(text: &str) -> Result<Self, CoordinateError> {
        if text.bytes().filter(|b| *b == b'/').count() != 2 {
            return Err(CoordinateError::Segments);
        }
        text.split('/').try_for_each(check_segment)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A coordinate as people and `.env.refs` write it: bare, `secret:env/component/key`, or
/// `secret://global/env/component/key`, which passes over the project's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUri {
    pub coordinate: Coordinate,
    pub global: bool,
}

impl FromStr for SecretUri {
    type Err = CoordinateError;

    fn from_str(text: &str) -> Result<Self, CoordinateError> {
        let (rest, global) = match text.strip_prefix("secret:") {
            None => (text, false),
            Some(rest) => match rest.strip_prefix("//") {
                None => (rest, false),
                Some(rest) => (rest.strip_prefix("global/").ok_or(CoordinateError::Scheme)?, true),
            },
        };
        if rest.contains(':') {
            return Err(CoordinateError::Scheme);
        }
        Ok(Self { coordinate: rest.parse()?, global })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_segments_of_lower_case_ascii() {
        let c: Coordinate = "dev/db/url".parse().unwrap();
        assert_eq!((c.env(), c.component(), c.key()), ("dev", "db", "url"));
        assert!(!c.is_prod());
        let longest = format!("prod/{}/k", "a".repeat(64));
        assert!(longest.parse::<Coordinate>().unwrap().is_prod());
    }

    #[test]
    fn everything_else_is_refused() {
        use CoordinateError::*;
        let too_long = format!("dev/{}/k", "a".repeat(65));
        for (text, error) in [
            ("", Segments),
            ("dev/db", Segments),
            ("dev/db/url/x", Segments),
            ("dev//url", Segment),
            ("/db/url", Segment),
            ("Dev/db/url", Segment),
            ("dev/db/-x", Segment),
            ("dev/db/.x", Segment),
            ("dev/db/a b", Segment),
            ("dev/db/a\\b", Segment),
            ("dev/db/a\0b", Segment),
            ("dev/d\u{430}/url", Segment),
            ("dev/db/a\u{1b}[2J", Segment),
            ("dev/db/a..b", DotDot),
            (&too_long, Segment),
        ] {
            assert_eq!(text.parse::<Coordinate>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn uri_forms() {
        let parse = |t: &str| t.parse::<SecretUri>().map(|u| (u.coordinate.to_string(), u.global));
        assert_eq!(parse("dev/db/url"), Ok(("dev/db/url".into(), false)));
        assert_eq!(parse("secret:dev/db/url"), Ok(("dev/db/url".into(), false)));
        assert_eq!(parse("secret://global/dev/db/url"), Ok(("dev/db/url".into(), true)));
        assert_eq!(parse("secret://other/dev/db/url"), Err(CoordinateError::Scheme));
        assert_eq!(parse("vault:dev/db/url"), Err(CoordinateError::Scheme));
    }
}
