//! Day-ahead prices that come with the program: a week of winter and a week of summer of 2025, bidding zone DE-LU.
//!
//! They are of another year than the weather, so wind, sun and price do not fit together as they would on a real
//! day. Source and licence: `data/README.md`.

use crate::calendar::{DAY, civil_from_days, weekday};
use std::sync::OnceLock;

/// Hours in a week.
const HOURS: usize = 7 * 24;

/// Monday 00:00 to Sunday 24:00 in standard time, hundredths of €/MWh.
type Week = [i64; HOURS];

/// The price of an instant, in hundredths of €/MWh: that of the same hour of the same weekday in the shipped winter
/// week (October to March) or summer week. `offset`: standard time minus UTC, s.
///
/// # Panics
/// If the program was built with damaged data; a test reads them.
#[must_use]
pub fn day_ahead(unix: u64, offset: i32) -> i64 {
    static WEEKS: OnceLock<[Week; 2]> = OnceLock::new();
    let weeks = WEEKS.get_or_init(|| {
        let winter = include_str!("../../../../data/prices/de_lu_winter.csv");
        let summer = include_str!("../../../../data/prices/de_lu_summer.csv");
        [winter, summer].map(|text| read(text).expect("shipped data"))
    });
    let local = unix.cast_signed() + i64::from(offset);
    let day = local.div_euclid(DAY.cast_signed());
    let (_, month, _) = civil_from_days(day);
    let hour = weekday(day) * 24 + local.rem_euclid(DAY.cast_signed()) / 3_600;
    weeks[usize::from((4..=9).contains(&month))][hour as usize]
}

/// One row per hour under a heading; two decimal places.
fn read(text: &str) -> Option<Week> {
    let mut week = [0; HOURS];
    let mut rows = text.lines().skip(1);
    for hour in &mut week {
        let (_, price) = rows.next()?.split_once(',')?;
        let (whole, cents) = price.split_once('.').filter(|(_, cents)| cents.len() == 2)?;
        *hour = format!("{whole}{cents}").parse().ok()?;
    }
    rows.next().is_none().then_some(week)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::parse_instant;

    #[test]
    fn a_price_is_that_of_its_hour_and_weekday() {
        let check = |instant: &str, expected| {
            let instant = parse_instant(instant).unwrap();
            assert_eq!(day_ahead(instant.unix, 3_600), expected);
        };
        // The first rows of the files, the dearest hour of the winter week (Monday, 17 to 18 o'clock) and the last row.
        check("2021-01-18T00:00+01:00", 12_227);
        check("2021-01-18T17:45+01:00", 58_340);
        check("2021-06-21T00:30+01:00", 9_164);
        check("2024-06-23T23:00+01:00", read_last());
    }

    fn read_last() -> i64 {
        let text = include_str!("../../../../data/prices/de_lu_summer.csv");
        let price: f64 = text.lines().last().unwrap().split_once(',').unwrap().1.parse().unwrap();
        (price * 100.0).round() as i64
    }
}
