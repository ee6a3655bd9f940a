//! What tells a package from all others of its sender: its id, its number and its times (clauses 3.2 and 3.4).

use crate::clock::Moment;
use crate::limits;
use std::time::Duration;

/// An id that was drawn, and a `seq` that was counted, for one package.
#[derive(Debug, PartialEq, Eq)]
pub struct Stamp {
    pub(super) id: [u8; 16],
    pub(super) seq: u64,
    pub(super) created: Moment,
    pub(super) expires: Moment,
}

/// Why there is no stamp.
#[derive(Debug, thiserror::Error)]
pub enum NoStamp {
    /// The last `seq` is more than 600 s ahead of the clock, so it comes of a clock that was ahead, or this one
    /// is behind. Whose owner says that the clock is right starts anew, after 0.
    #[error("the last package was numbered at {seen}, which is yet to come")]
    Clock { seen: Moment },
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl Stamp {
    /// For a package that is sealed `now` and expires after `life`, by a sender whose last package had the `seq`
    /// `last`; 0 if there is none. Its times are whole seconds: what is below one is dropped.
    pub fn after(last: u64, now: Moment, life: Duration) -> Result<Self, NoStamp> {
        let seen = Moment::from_millis(last);
        if seen.seconds().saturating_sub(now.seconds()) > 2 * limits::CLOCK_SKEW {
            return Err(NoStamp::Clock { seen });
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let seq = last.saturating_add(1).max(now.millis());
        // A receiver takes a number that is 300 s ahead of `created`, and `created` 300 s ahead of its clock.
        let created = seq.div_ceil(1000).saturating_sub(limits::CLOCK_SKEW).max(now.seconds());
        let expires = created.saturating_add(life.as_secs());
        let [created, expires] = [created, expires].map(Moment::from_seconds);
        Ok(Self { id, seq, created, expires })
    }

    /// The package's id.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// The first second at which the package is refused.
    pub fn expires(&self) -> Moment {
        self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);
    const NOW: Moment = Moment::from_millis(1_800_000_000_456);

    fn after(last: u64) -> Stamp {
        Stamp::after(last, NOW, WEEK).unwrap()
    }

    #[test]
    fn a_number_is_the_time_or_one_above_the_last() {
        for (last, seq) in [
            (0, NOW.millis()),
            (NOW.millis() - 1, NOW.millis()),
            (NOW.millis(), NOW.millis() + 1),
            (NOW.millis() + 9, NOW.millis() + 10),
        ] {
            assert_eq!(after(last).seq, seq, "{last}");
        }
    }

    #[test]
    fn times_are_whole_seconds_and_follow_the_number() {
        let stamp = after(0);
        assert_eq!(
            (stamp.created.millis(), stamp.expires.millis()),
            (1_800_000_000_000, 1_800_604_800_000)
        );
        // 599.545 s ahead: a receiver takes `created` 300 s ahead, and the number 300 s ahead of that.
        let stamp = after(1_800_000_600_000);
        assert_eq!((stamp.seq, stamp.created.seconds()), (1_800_000_600_001, 1_800_000_301));
        assert_eq!(stamp.expires.seconds(), 1_800_604_801 + 300);
    }

    #[test]
    fn a_number_from_the_future_is_asked_about() {
        let last = 1_800_000_601_000;
        let Err(NoStamp::Clock { seen }) = Stamp::after(last, NOW, WEEK) else { panic!() };
        assert_eq!(seen.millis(), last);
    }

    #[test]
    fn no_two_have_one_id() {
        assert_ne!(after(0).id, after(0).id);
    }
}
