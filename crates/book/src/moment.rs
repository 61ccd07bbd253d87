//! Timestamps: seconds since 1970-01-01 00:00:00 UTC, read and written as `YYYY-MM-DD hh:mm:ss`.

const DAY_SECONDS: i64 = 86_400;

/// Reads `YYYY-MM-DD hh:mm:ss` or `YYYY-MM-DD` (midnight), in UTC; `None` for anything else.
pub fn read(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, time),
        None => (text, "00:00:00"),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let in_range = (1..=12).contains(&month)
        && (1..=month_days(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    (in_range && year > 0).then(|| days_before(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second)
}

/// Writes a timestamp as `YYYY-MM-DD hh:mm:ss`, in UTC.
pub fn write(moment: i64) -> String {
    let (days, seconds) = (moment.div_euclid(DAY_SECONDS), moment.rem_euclid(DAY_SECONDS));
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The timestamp `months` calendar months later, at the same time of day; on the last day of a month that is too short.
pub fn months_later(moment: i64, months: u32) -> i64 {
    let (days, seconds) = (moment.div_euclid(DAY_SECONDS), moment.rem_euclid(DAY_SECONDS));
    let (year, month, day) = date_of(days);
    let month = month - 1 + i64::from(months);
    let (year, month) = (year + month / 12, month % 12 + 1);
    days_before(year, month, day.min(month_days(year, month))) * DAY_SECONDS + seconds
}

fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last day of a year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for day in -141_000..5_100i64 {
            let moment = day * DAY_SECONDS + 3_661;
            assert_eq!(read(&write(moment)), Some(moment), "{}", write(moment));
        }
        assert_eq!(write(1_700_000_000), "2023-11-14 22:13:20");
        assert_eq!(read("2000-02-29"), Some(951_782_400));
    }

    #[test]
    fn adding_months_keeps_to_the_calendar() {
        for (from, till) in [
            ("2023-11-30 01:02:03", "2024-02-29 01:02:03"),
            ("2023-01-31", "2023-04-30"),
            ("2023-10-01", "2024-01-01"),
            ("2023-12-15", "2024-03-15"),
        ] {
            assert_eq!(read(from).map(|moment| months_later(moment, 3)), read(till), "{from}");
        }
    }

    #[test]
    fn malformed_timestamps_are_rejected() {
        for text in
            ["", "2023-02-29", "2023-1-01", "2023-01-01T00:00:00", "2023-01-01 24:00:00", "2023-13-01", "0000-01-01"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
