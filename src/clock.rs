//! Time, as a value that is passed in: what depends on the time of day takes it from the caller.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in whole milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Saturating.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    pub const fn millis(self) -> u64 {
        self.0
    }
}

/// What a system's clock says; the epoch if it is set before 1970.
impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// RFC 3339, UTC, to the second; a plain count of seconds past the year 9999.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const YEAR_10000: u64 = 253_402_300_800;
        if self.seconds() < YEAR_10000 {
            let time = UNIX_EPOCH + Duration::from_secs(self.seconds());
            write!(f, "{}", humantime::format_rfc3339_seconds(time))
        } else {
            write!(f, "{} s after 1970", self.seconds())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_as_rfc_3339_and_never_panics() {
        assert_eq!(Moment::from_seconds(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment::from_seconds(253_402_300_799).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Moment(u64::MAX).to_string(), "18446744073709551 s after 1970");
    }
}
