//! One year of weather and demand that fit together: the shipped tables, decoded once.
//!
//! The series are the 365 days of 2021 in standard local time. Another calendar year takes, for each of its days,
//! the nearest day of the series with the same weekday, at most three days away (six at the turn of the year), and
//! takes weather and demand from the same day, so that sun, wind and heat demand still fit.

use super::Table;
use crate::calendar::{civil_from_days, days_from_civil, is_rest_day, weekday};
use bytes::Bytes;
use std::sync::OnceLock;

/// Days in the year of the series.
pub const DAYS: usize = 365;
/// Quarter hours in a day.
pub const QUARTERS_PER_DAY: usize = 96;

/// The year, one value per quarter hour unless it says otherwise.
#[derive(Debug)]
pub struct Year {
    synpro: Table,
    /// Energy of each synPRO series over the year, Wh.
    totals: Vec<i64>,
    bdew: Table,
    /// Air temperature, 0.1 °C: hourly values set at the middle of their hour, linear between.
    pub temperature: Vec<i32>,
    /// Output of 1 kWp facing south at 35°, W.
    pub solar: Vec<i32>,
    /// Output of a small turbine at 30 m, 1/10 000 of its rated power.
    pub wind: Vec<i32>,
}

/// The shipped year.
///
/// # Panics
/// If the program was built with damaged data; a test decodes them.
#[must_use]
pub fn year() -> &'static Year {
    static YEAR: OnceLock<Year> = OnceLock::new();
    YEAR.get_or_init(|| {
        let table = |bytes: &'static [u8]| Table::decode(Bytes::from_static(bytes)).expect("shipped data");
        let weather = table(include_bytes!("../../../../data/weather/weather.parquet"));
        let hourly = |name: &str| weather.column(name).expect("shipped data").to_vec();
        let synpro = table(include_bytes!("../../../../data/synpro/synpro.parquet"));
        let total = |values: &Vec<i32>| values.iter().map(|w| i64::from(*w)).sum::<i64>() / 4;
        Year {
            totals: synpro.columns.iter().map(|(_, values)| total(values)).collect(),
            synpro,
            bdew: table(include_bytes!("../../../../data/bdew/bdew.parquet")),
            temperature: between_hours(&hourly("temperature_decidegree")),
            solar: keeping_energy(&hourly("pv_35_south_w_per_10_kwp"), 10, 1_000),
            wind: keeping_energy(&hourly("wind_30m_w_per_10_kw"), 1, 10_000),
        }
    })
}

impl Year {
    /// A synPRO series in W: `hh_family_w`, `heat_sfh_old_w`, …
    #[must_use]
    pub fn synpro(&self, name: &str) -> Option<&[i32]> {
        self.synpro.column(name)
    }

    /// Energy of a synPRO series over the year, Wh; nothing for an unknown name.
    #[must_use]
    pub fn synpro_total(&self, name: &str) -> i64 {
        let place = self.synpro.columns.iter().position(|(candidate, _)| candidate == name);
        place.map_or(0, |place| self.totals[place])
    }

    /// A BDEW 2025 standard load profile in W for 1 GWh a year, at a quarter hour of a local day since 1970.
    /// 24 and 31 December count as Saturdays unless they are Sundays, as the BDEW has it.
    #[must_use]
    pub fn bdew(&self, name: &str, day: i64, quarter: usize) -> Option<i64> {
        let column = self.bdew.column(&format!("{name}_wh_per_gwh"))?;
        let (year, month, of_month) = civil_from_days(day);
        let kind = if is_rest_day(day) {
            1
        } else if weekday(day) == 5 || (month == 12 && matches!(of_month, 24 | 31)) {
            0
        } else {
            2
        };
        let energy = i64::from(column[((month as usize - 1) * 3 + kind) * QUARTERS_PER_DAY + quarter]);
        let day_of_year = day - days_from_civil(year, 1, 1) + 1;
        let factor = if name == "h25" { dynamic_factor(day_of_year) } else { 10_000 };
        Some(energy * 4 * factor / 10_000)
    }
}

/// How household demand follows the season, 1/10 000: the BDEW's polynomial over the day of the year, rounded to four
/// places (BDEW, Standardlastprofile Strom 2025, dynamisation of H25, P25 and S25).
fn dynamic_factor(day: i64) -> i64 {
    let t = day as f64;
    let value = (((-3.92e-10 * t + 3.20e-7) * t - 7.02e-5) * t + 2.10e-3) * t + 1.24;
    (value * 10_000.0 + 0.5) as i64
}

/// The day of the series (0–364) that stands for a local day since 1970.
#[must_use]
pub fn day_of_series(day: i64) -> usize {
    let (year, month, of_month) = civil_from_days(day);
    let of_month = if (month, of_month) == (2, 29) { 28 } else { of_month };
    let first = days_from_civil(2021, 1, 1);
    let same_date = days_from_civil(2021, month, of_month);
    let shift = if year == 2021 { 0 } else { (weekday(day) - weekday(same_date) + 3).rem_euclid(7) - 3 };
    match same_date - first + shift {
        before @ ..0 => (before + 7) as usize,
        after if after >= DAYS as i64 => (after - 7) as usize,
        within => within as usize,
    }
}

/// Quarter-hour values from hourly ones: linear between the middles of the hours, the year wraps around.
fn between_hours(hourly: &[i32]) -> Vec<i32> {
    let hours = hourly.len();
    (0..4 * hours)
        .map(|quarter| {
            let hour = quarter / 4;
            let here = hourly[hour];
            let other =
                if quarter % 4 < 2 { hourly[(hour + hours - 1) % hours] } else { hourly[(hour + 1) % hours] };
            // the quarters' middles lie 3/8, 1/8, 1/8 and 3/8 of an hour from the hour's middle
            let eighths = if matches!(quarter % 4, 0 | 3) { 3 } else { 1 };
            (here * (8 - eighths) + other * eighths + 4).div_euclid(8)
        })
        .collect()
}

/// The same, then scaled within each hour so that the hour's energy is kept; 0 stays 0.
///
/// Where a quarter would exceed `most`, its hour is even.
fn keeping_energy(hourly: &[i32], divisor: i64, most: i64) -> Vec<i32> {
    let shape = between_hours(hourly);
    let mut values = Vec::with_capacity(shape.len());
    for (hour, quarters) in hourly.iter().zip(shape.chunks(4)) {
        let sum: i64 = quarters.iter().map(|value| i64::from(*value)).sum();
        let highest = quarters.iter().copied().max().map_or(0, i64::from);
        let even = 4 * i64::from(*hour) * highest > most * divisor * sum;
        let (mut so_far, mut given) = (0, 0);
        for (passed, quarter) in (1..).zip(quarters) {
            so_far += i64::from(*quarter);
            // cumulative floor: the four parts sum to the hour exactly
            let upto = match (sum, even) {
                (0, _) => 0,
                (_, true) => i64::from(*hour) * passed / divisor,
                (_, false) => 4 * i64::from(*hour) * so_far / sum / divisor,
            };
            values.push((upto - given) as i32);
            given = upto;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_year_is_whole() {
        let year = year();
        for series in [&year.temperature, &year.solar, &year.wind] {
            assert_eq!(series.len(), DAYS * QUARTERS_PER_DAY);
        }
        // data/README.md: sums over the year
        let kwh = |name: &str| year.synpro(name).unwrap().iter().map(|w| i64::from(*w)).sum::<i64>() / 4000;
        assert_eq!((kwh("hh_family_w"), kwh("heat_sfh_old_w"), kwh("ev_tesla_home_w")), (4173, 26_088, 3074));
        assert_eq!(year.solar.iter().map(|w| i64::from(*w)).sum::<i64>() / 4000, 871);
    }

    #[test]
    fn an_hour_keeps_its_energy_and_the_night_stays_dark() {
        let hourly = [0, 0, 100, 300, 0];
        let values = keeping_energy(&hourly, 1, 1_000);
        for (hour, quarters) in hourly.iter().zip(values.chunks(4)) {
            assert_eq!(quarters.iter().sum::<i32>(), 4 * hour);
        }
        assert!(values[8] < values[9], "the sun rises within the hour");
        assert!(year().wind.iter().all(|output| (0..=10_000).contains(output)));
        assert!(year().solar.iter().all(|output| (0..=1_000).contains(output)));
    }

    #[test]
    fn a_standard_profile_consumes_what_it_is_scaled_to() {
        let first = days_from_civil(2025, 1, 1);
        for (name, tolerance) in [("h25", 0.005), ("g25", 0.005), ("l25", 0.005)] {
            let sum: i64 = (first..first + 365)
                .flat_map(|day| (0..QUARTERS_PER_DAY).map(move |quarter| (day, quarter)))
                .map(|(day, quarter)| year().bdew(name, day, quarter).unwrap())
                .sum();
            let gwh = sum as f64 / 4.0 / 1e9;
            assert!((gwh - 1.0).abs() < tolerance, "{name}: {gwh}");
        }
    }

    #[test]
    fn another_year_keeps_its_weekdays() {
        for day in days_from_civil(2023, 12, 5)..days_from_civil(2027, 1, 25) {
            let stands_for = days_from_civil(2021, 1, 1) + day_of_series(day) as i64;
            assert_eq!(weekday(day), weekday(stands_for));
        }
        assert_eq!(day_of_series(days_from_civil(2021, 3, 1)), 59);
    }
}
