//! Times and lengths of time, as they are typed.

use super::error::Failure;
use super::ui::{self, Said};
use kovra::clock::Moment;
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn length(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "a length of time is like 90s, 12h or 7d")
}

/// How long, in whole units of the largest that goes.
pub(super) fn rough(length: Duration) -> Said {
    let count = |unit, one, more| {
        ui::count(usize::try_from(length.as_secs() / unit).unwrap_or(usize::MAX), one, more)
    };
    match length.as_secs() {
        0..60 => count(1, "second", "seconds"),
        60..3600 => count(60, "minute", "minutes"),
        3600..86_400 => count(3600, "hour", "hours"),
        _ => count(86_400, "day", "days"),
    }
}

/// A time, or how long ago.
pub(super) fn time(text: &str, now: Moment) -> Result<Moment, Failure> {
    if let Ok(ago) = length(text) {
        return Ok(Moment::from_seconds(now.seconds().saturating_sub(ago.as_secs())));
    }
    let time = humantime::parse_rfc3339_weak(text)
        .map_err(|_| Failure::usage("a time is like 2026-01-31T12:00:00Z, or 7d for a week ago"))?;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Moment::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
