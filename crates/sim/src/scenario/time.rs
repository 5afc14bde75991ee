//! `[time]`: when the scenario plays.

use super::Overrides;
use super::problem::suggestion_for;
use super::quantity::Seconds;
use super::reader::Section;
use crate::calendar::{DAY, Instant, parse_instant};
use market::DeliveryInterval;

/// The delivery intervals of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: DeliveryInterval,
    /// How many days.
    pub days: u32,
    /// Standard time minus UTC, s.
    pub offset: i32,
    /// The weeks of the year that the file offers, with their starts.
    pub weeks: Vec<(String, Instant)>,
    /// Which of them this is, if any.
    pub week: Option<String>,
}

impl Span {
    /// How many delivery intervals.
    #[must_use]
    pub fn intervals(&self) -> u64 {
        u64::from(self.days) * self.per_day()
    }

    /// How many delivery intervals in a day.
    #[must_use]
    pub fn per_day(&self) -> u64 {
        DAY / u64::from(self.first.duration)
    }

    /// First instant after the last, Unix s.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first.start + u64::from(self.days) * DAY
    }

    /// A day of quarter hours, for want of a better one.
    pub(crate) fn example() -> Self {
        let first = DeliveryInterval { start: 1_624_230_000, duration: 900 };
        Self { first, days: 1, offset: 3600, weeks: Vec::new(), week: None }
    }

    /// Reads it.
    pub(crate) fn read(section: &Section<'_>, overrides: &Overrides) -> Option<Self> {
        let Overrides { week, days, interval, .. } = overrides;
        let in_file = section.get_or("interval", Seconds(900));
        let interval = interval.map_or(in_file, |interval| Seconds(interval.into()));
        let divides = (60..=3600).contains(&interval.0) && DAY.is_multiple_of(interval.0.unsigned_abs());
        if !divides {
            section.fault(
                "interval",
                "does not divide a day",
                "choose between 1 min and 1 h, such as \"15 min\"",
            );
        }
        let quarter = 900 % interval.0.max(1) == 0 || interval.0 % 900 == 0;
        if divides && !quarter {
            section.fault(
                "interval",
                "does not fit the quarter hours of the series",
                "choose such as \"5 min\", \"15 min\", \"30 min\" or \"1 h\"",
            );
        }
        let file_days = section.get::<u64>("days");
        let days_wanted = days.map(u64::from).or(file_days).unwrap_or(7);
        let day_count = section.within(
            "days",
            Some(days_wanted),
            1..=366,
            "is not between 1 and 366",
            "choose the length of the run in days, such as 7",
        );
        let mut weeks = Vec::new();
        if let Some(table) = section.section("weeks") {
            for name in table.fields() {
                if let Some(start) = table.get::<Instant>(name) {
                    weeks.push((name.to_owned(), start));
                }
            }
            table.finish();
        }
        let file_week: Option<String> = section.get("week");
        let week = week.clone().or(file_week);
        let start = match &week {
            Some(name) => {
                let start: Option<Instant> = section.get("start");
                let zone = start.or(weeks.first().map(|(_, start)| *start)).map_or(0, |known| known.offset);
                let named = weeks.iter().find(|(candidate, _)| candidate == name).map(|(_, start)| *start);
                let found = named.or_else(|| midnight_of(name, zone));
                if found.is_none() {
                    let names: Vec<_> = weeks.iter().map(|(name, _)| name.as_str()).collect();
                    section.fault("week", format!("there is no week `{name}`"), suggestion_for(name, &names));
                }
                found
            }
            None => section.need("start"),
        };
        section.finish();
        let start = start?;
        let midnight = (start.unix as i64 + i64::from(start.offset)).rem_euclid(DAY as i64) == 0;
        if !midnight {
            section.fault(
                "start",
                "is not midnight in its own time zone",
                "begin at 00:00 local standard time",
            );
        }
        if divides && i64::from(start.offset) % interval.0 != 0 {
            section.fault(
                "start",
                "has a time zone that is no multiple of the interval",
                "choose a shorter interval",
            );
        }
        let first = DeliveryInterval::new(start.unix, u32::try_from(interval.0).ok()?)
            .filter(|_| midnight && quarter)?;
        Some(Self { first, days: day_count? as u32, offset: start.offset, weeks, week })
    }
}

/// Midnight of a date such as `2021-07-05` in a zone.
fn midnight_of(date: &str, offset: i32) -> Option<Instant> {
    let utc = parse_instant(&format!("{date}T00:00Z")).ok()?;
    Some(Instant { unix: utc.unix.checked_add_signed(-i64::from(offset))?, offset })
}
