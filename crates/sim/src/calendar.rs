//! Civil dates and ISO 8601 instants. Proleptic Gregorian, no leap seconds, no daylight saving: a scenario keeps
//! the standard time of its offset, as its tariffs do.

/// A day in seconds.
pub const DAY: u64 = 86_400;

/// An instant with the offset from UTC in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    /// Unix seconds.
    pub unix: u64,
    /// Standard time minus UTC, s.
    pub offset: i32,
}

/// Days since 1970-01-01. Howard Hinnant, chrono-compatible low-level date algorithms, `days_from_civil`.
#[must_use]
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month (1–12) and day (1–31) of a day since 1970-01-01.
#[must_use]
pub const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

/// Day of the week, 0 = Monday.
#[must_use]
pub const fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

/// Whether a day is a Sunday or one of the public holidays that all German states share.
#[must_use]
pub fn is_rest_day(days: i64) -> bool {
    let (year, month, day) = civil_from_days(days);
    let fixed = matches!((month, day), (1, 1) | (5, 1) | (10, 3) | (12, 25 | 26));
    // Good Friday, Easter Monday, Ascension Day, Whit Monday
    weekday(days) == 6 || fixed || matches!(days - easter(year), -2 | 1 | 39 | 50)
}

/// Easter Sunday in days since 1970-01-01. Meeus, Astronomical Algorithms, chapter 8.
const fn easter(year: i64) -> i64 {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    days_from_civil(year, month, (h + l - 7 * m + 114) % 31 + 1)
}

/// Reads an ISO 8601 date and time with its zone: `2021-01-18T00:00+01:00`, seconds optional, `Z` for UTC.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_instant(text: &str) -> Result<Instant, String> {
    let malformed = || format!("`{text}` is not a date and time");
    let (date, rest) = text.split_once(['T', ' ']).ok_or_else(malformed)?;
    let day = parse_date(date).ok_or_else(malformed)?;
    let (clock, offset) = if let Some(clock) = rest.strip_suffix(['Z', 'z']) {
        (clock, 0)
    } else {
        let sign = rest.rfind(['+', '-']).ok_or_else(|| format!("`{text}` says no time zone"))?;
        let (clock, zone) = rest.split_at(sign);
        let seconds = parse_clock(&zone[1..]).filter(|_| zone.len() == 6).ok_or_else(malformed)?;
        if seconds > 14 * 3600 {
            return Err(format!("`{text}` has a time zone that does not exist (offsets end at 14:00)"));
        }
        (clock, if zone.starts_with('-') { -(seconds as i32) } else { seconds as i32 })
    };
    let seconds = parse_clock(clock).filter(|seconds| *seconds < DAY as u32).ok_or_else(malformed)?;
    let unix = day * DAY as i64 + i64::from(seconds) - i64::from(offset);
    Ok(Instant { unix: u64::try_from(unix).map_err(|_| format!("`{text}` is before 1970"))?, offset })
}

/// `2021-01-18` in days since 1970-01-01; `None` unless there is such a day.
fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|part| {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten()
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let days = days_from_civil(year, month, day);
    (parts.next().is_none() && text.len() == 10 && civil_from_days(days) == (year, month, day))
        .then_some(days)
}

/// `06:15` or `06:15:30` in seconds; `24:00` is the end of the day.
#[must_use]
pub fn parse_clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':').map(|part| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    });
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let total = hours * 3600 + minutes * 60 + seconds;
    (parts.next().is_none() && minutes < 60 && seconds < 60 && total <= DAY as u32).then_some(total)
}

/// An instant as ISO 8601 in the standard time of an offset: `2021-01-18T00:00:00+01:00`.
#[must_use]
pub fn format_instant(unix: u64, offset: i32) -> String {
    let local = unix as i64 + i64::from(offset);
    let (year, month, day) = civil_from_days(local.div_euclid(DAY as i64));
    let clock = local.rem_euclid(DAY as i64);
    let zone = if offset == 0 { "Z".to_owned() } else { format_offset(offset) };
    let (hours, minutes, seconds) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{zone}")
}

/// An offset from UTC in seconds as ISO 8601 has it: `+01:00`.
pub(crate) fn format_offset(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_and_back() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2021, 1, 1), 18_628)] {
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
            assert_eq!(civil_from_days(days), date);
        }
        assert!((0..40_000).all(|day| {
            let (year, month, of_month) = civil_from_days(day);
            days_from_civil(year, month, of_month) == day
        }));
    }

    #[test]
    fn the_week_begins_on_monday() {
        assert_eq!(weekday(0), 3, "1970-01-01 was a Thursday");
        assert_eq!(weekday(days_from_civil(2026, 11, 23)), 0);
    }

    #[test]
    fn holidays_follow_easter() {
        // Easter Sundays: 2021-04-04, 2024-03-31, 2025-04-20 (public calendars)
        assert_eq!(easter(2021), days_from_civil(2021, 4, 4));
        assert_eq!(easter(2024), days_from_civil(2024, 3, 31));
        assert_eq!(easter(2025), days_from_civil(2025, 4, 20));
        assert!(is_rest_day(days_from_civil(2021, 5, 13)), "Ascension Day");
        assert!(!is_rest_day(days_from_civil(2021, 5, 14)));
    }

    #[test]
    fn an_instant_needs_its_zone() {
        let check = |text: &str, expected: Result<u64, &str>| match (parse_instant(text), expected) {
            (Ok(instant), Ok(unix)) => assert_eq!(instant.unix, unix, "{text}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        };
        check("1970-01-01T00:00Z", Ok(0));
        check("2021-01-01T00:00+01:00", Ok(1_609_455_600));
        check("2021-01-01 00:00:00-01:00", Ok(1_609_462_800));
        check("2021-01-01T00:00", Err("no time zone"));
        check("2021-01-01T00:00+25:00", Err("not a date and time"));
        check("2021-01-01T00:00+15:00", Err("does not exist"));
        check("2021-02-29T00:00Z", Err("not a date and time"));
        check("2021-01-01", Err("not a date and time"));
        check("2021-01-01T24:00Z", Err("not a date and time"));
        check("1969-01-01T00:00Z", Err("before 1970"));
    }

    #[test]
    fn an_instant_reads_back_as_it_was_written() {
        for text in ["2021-01-18T00:00:00+01:00", "1999-12-31T23:45:00-03:30", "2024-02-29T12:00:00Z"] {
            let instant = parse_instant(text).unwrap();
            assert_eq!(format_instant(instant.unix, instant.offset), text);
        }
    }
}
