//! What a home that learns is given: the default home, a household's year under a tariff, and what each of its days is
//! for.
//!
//! The year is the shipped one, 2021. Its first four weeks only teach what to expect. October is held out: nothing is
//! learned or chosen by it. Of the other days every tenth validates, and the rest are for training.

use crate::cli::one_of;
use crate::failure::{Failure, Problem};
use clap::{Args, ValueHint};
use learning::home::{expected, tariff};
use learning::{Home, Invalid, Records, Scales, Series, Tariff};
use sim::calendar::{civil_from_days, days_from_civil, parse_instant};
use sim::data::{Member, Profile, QUARTERS_PER_DAY, day_ahead, year};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Scheduling days of the year: the last one would end in the next year.
const DAYS: usize = 364;
/// The first day that counts, 29 January: forecasts have seen four weeks by then.
const FIRST: usize = 28;
/// October.
const HELD_OUT: Range<usize> = 273..304;
/// One of so many other days validates; it shares no factor with a week, so every weekday has its turn.
const EVERY: usize = 10;
/// Seed of what is drawn once for everybody: the London tariff's events, and the requests behind the scales.
const FIXED: u64 = 2021;
/// Midnight before the first day, Unix s; and standard time less UTC, s.
const START: u64 = 1_609_455_600;
const OFFSET: i32 = 3_600;

/// Which home, household and tariff.
#[derive(Args, Clone, Debug)]
pub(crate) struct HomeOptions {
    /// Who lives there: family, couple, retired or single (synPRO's households)
    #[arg(long, value_name = "WHO", default_value = "family", value_parser = household)]
    household: Profile,
    /// Tariff: flat, two_level, london (events on some days) or day_ahead
    #[arg(long, value_name = "TARIFF", default_value = "day_ahead", value_parser = Prices::parse)]
    tariff: Prices,
    /// Market prices of a year for the tariff day_ahead: .csv with time,price_eur_mwh; the shipped weeks unless named
    ///
    /// Every hour of a year is needed, in any order. A price counts at its month, day and hour by Central European
    /// standard time, whatever its year; 29 February is left out.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    prices: Option<PathBuf>,
    /// Decide every quarter of an hour; otherwise every hour
    #[arg(long)]
    quarter_hourly: bool,
    /// Panels on the roof, kWp
    #[arg(long, value_name = "KWP", default_value_t = 0.0, value_parser = kwp)]
    pv: f64,
}

/// The tariffs of `learning`, and the market's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prices {
    Published(Tariff),
    DayAhead,
}

/// A home with its days.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) home: Home,
    /// From the days of training.
    pub(crate) scales: Scales,
    pub(crate) training: Records,
    pub(crate) validation: Records,
    /// October.
    pub(crate) held_out: Records,
}

impl HomeOptions {
    /// The home and its days.
    pub(crate) fn gather(&self) -> Result<Given, Failure> {
        if self.prices.is_some() && self.tariff != Prices::DayAhead {
            let what = "only the tariff day_ahead follows a market's prices: add --tariff day_ahead";
            return Err(Failure::input("--prices", what));
        }
        let home = Home::standard(if self.quarter_hourly { 4 } else { 1 });
        let prices = self.prices(&home)?;
        self.split(home, &prices).map_err(|invalid| Failure::input("the home", invalid.to_string()))
    }

    /// The same home by the hour.
    pub(crate) fn by_the_hour(&self) -> Self {
        Self { quarter_hourly: false, ..self.clone() }
    }

    /// Whether there are panels on the roof.
    pub(crate) fn has_panels(&self) -> bool {
        self.pv > 0.0
    }

    /// Whether decisions are made every quarter of an hour.
    pub(crate) fn is_quarter_hourly(&self) -> bool {
        self.quarter_hourly
    }

    /// The choices in words.
    pub(crate) fn words(&self) -> String {
        let who = Profile::NAMES.iter().find(|(_, profile)| *profile == self.household);
        let slots = if self.quarter_hourly { "quarter hours" } else { "hours" };
        let panels = if self.pv > 0.0 { format!(", {} kWp of panels", self.pv) } else { String::new() };
        format!("{}, tariff {}, {slots}{panels}", who.map_or("", |(name, _)| name), self.tariff.name())
    }

    /// What the household pays, €/kWh.
    fn prices(&self, home: &Home) -> Result<Vec<f64>, Failure> {
        if let Prices::Published(tariff) = self.tariff {
            return Ok(tariff.prices(home, DAYS, FIXED));
        }
        let seconds = (home.hours * 3_600.0) as u64;
        let begins = START + (home.begins * 3_600.0) as u64;
        let instants = (0..(DAYS * home.slots) as u64).map(|slot| begins + slot * seconds);
        let wholesale: Vec<f64> = match &self.prices {
            None => instants.map(|unix| day_ahead(unix, OFFSET) as f64 / 1e5).collect(),
            Some(path) => {
                let hours = read_year(path)?;
                instants.map(|unix| hours[((unix - START) / 3_600) as usize] / 1e3).collect()
            }
        };
        Ok(tariff::day_ahead(&wholesale))
    }

    fn split(&self, home: Home, prices: &[f64]) -> Result<Given, Invalid> {
        let demand = self.demand(&home);
        let generation = self.generation(&home);
        let method = agents::forecast::Method::default();
        let less = |from: &[f64], what: &[f64]| -> Vec<f64> {
            from.iter().zip(what).map(|(from, what)| from - what).collect()
        };
        let net = less(&demand, &generation);
        let awaited =
            less(&expected(&demand, home.slots, method)?, &expected(&generation, home.slots, method)?);
        let feed_in = tariff::feed_in(prices);
        let records = |chosen: &dyn Fn(usize) -> bool| {
            let [prices, feed_in, net, expected] =
                [prices, &feed_in, &net, &awaited].map(|series: &[f64]| {
                    let days = series.chunks_exact(home.slots).enumerate();
                    days.filter(|(day, _)| chosen(*day))
                        .flat_map(|(_, values)| values)
                        .copied()
                        .collect::<Vec<_>>()
                });
            Records::new(
                home.slots,
                Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected },
            )
        };
        let counts = |day: usize| day >= FIRST && !HELD_OUT.contains(&day);
        let training = records(&|day| counts(day) && day % EVERY != 0)?;
        Ok(Given {
            scales: Scales::of(&home, &training, FIXED)?,
            training,
            validation: records(&|day| counts(day) && day % EVERY == 0)?,
            held_out: records(&|day| HELD_OUT.contains(&day))?,
            home,
        })
    }

    /// What the household draws beside its machines, W.
    fn demand(&self, home: &Home) -> Vec<f64> {
        let duration = (home.hours * 3_600.0) as u32;
        let member = Member { name: "", seed: 0, mixed: false, start: START, duration, offset: OFFSET };
        let first = (home.begins / home.hours) as i64;
        let steps = first..first + (DAYS * home.slots) as i64;
        let energy = self.household.demand(&member, steps, self.household.annual());
        energy.into_iter().map(|watt_hours| f64::from(watt_hours) / home.hours).collect()
    }

    /// What the panels give, W.
    fn generation(&self, home: &Home) -> Vec<f64> {
        let quarters = (home.hours * 4.0) as usize;
        let first = home.begins as usize * QUARTERS_PER_DAY / 24;
        let slots = year().solar[first..].chunks_exact(quarters).take(DAYS * home.slots);
        let mean = |slot: &[i32]| slot.iter().copied().map(f64::from).sum::<f64>() / quarters as f64;
        slots.map(|slot| self.pv * mean(slot)).collect()
    }
}

impl Prices {
    fn parse(text: &str) -> Result<Self, String> {
        let all = || Tariff::ALL.into_iter().map(Self::Published).chain([Self::DayAhead]);
        all().find(|prices| prices.name() == text).ok_or_else(|| one_of(all().map(Self::name)))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Published(tariff) => tariff.name(),
            Self::DayAhead => "day_ahead",
        }
    }
}

fn household(text: &str) -> Result<Profile, String> {
    let known = || Profile::NAMES.into_iter().filter(|(_, profile)| matches!(profile, Profile::Household(_)));
    let found = known().find(|(name, _)| *name == text);
    found.map(|(_, profile)| profile).ok_or_else(|| one_of(known().map(|(name, _)| name)))
}

fn kwp(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| (0.0..=100.0).contains(value));
    value.ok_or_else(|| "write a number from 0 to 100, such as 5".to_owned())
}

/// Hourly prices of a year from 1 January on, €/MWh.
fn read_year(path: &Path) -> Result<Vec<f64>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    let mut rows = text.lines().zip(1..);
    if rows.next().map(|(heading, _)| heading.trim_start_matches('\u{feff}').trim())
        != Some("time,price_eur_mwh")
    {
        return Err(Failure::Input(vec![Problem::at(path, 1, "", "the heading must be time,price_eur_mwh")]));
    }
    let first = days_from_civil(2021, 1, 1);
    let mut hours = vec![f64::NAN; 365 * 24];
    for (row, line) in rows.filter(|(row, _)| !row.trim().is_empty()) {
        let problem = |field, what: String| Failure::Input(vec![Problem::at(path, line, field, what)]);
        let (time, price) = row.split_once(',').unwrap_or((row, ""));
        let instant = parse_instant(time.trim()).map_err(|what| problem("time", what))?;
        let local = instant.unix as i64 + i64::from(OFFSET);
        let (_, month, day) = civil_from_days(local.div_euclid(86_400));
        let price = price.trim().parse().ok().filter(|price: &f64| price.is_finite());
        let price = price.ok_or_else(|| problem("price_eur_mwh", "write a number such as 91.64".into()))?;
        if local % 3_600 != 0 {
            return Err(problem("time", "prices are hourly: write whole hours".into()));
        }
        if (month, day) == (2, 29) {
            continue;
        }
        let hour = (days_from_civil(2021, month, day) - first) * 24 + local.rem_euclid(86_400) / 3_600;
        if !hours[hour as usize].is_nan() {
            return Err(problem("time", "this hour of the year has a price already".into()));
        }
        hours[hour as usize] = price;
    }
    match hours.iter().position(|price| price.is_nan()) {
        None => Ok(hours),
        Some(hour) => {
            let (_, month, day) = civil_from_days(first + hour as i64 / 24);
            let missing = hours.iter().filter(|price| price.is_nan()).count();
            let what = format!(
                "{missing} hours of the year have no price, the first of them {day}.{month}. at {}:00 by standard \
                 time: all hours of a year are needed",
                hour % 24
            );
            Err(Failure::input(path.display(), what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::data::Household;

    fn options(quarter_hourly: bool, pv: f64) -> HomeOptions {
        let (household, tariff) = (household("family").unwrap(), Prices::DayAhead);
        HomeOptions { household, tariff, prices: None, quarter_hourly, pv }
    }

    #[test]
    fn every_day_has_one_purpose_and_october_none_but_judgement() {
        let given = options(false, 0.0).gather().unwrap();
        assert_eq!(given.held_out.days(), 31);
        assert_eq!(given.training.days() + given.validation.days() + 31, DAYS - FIRST);
        // Days 30, 40, … 360, which are 34, but for 280, 290 and 300.
        assert_eq!(given.validation.days(), 31);
        // 1 October of the series, six o'clock: the mean of four quarter hours, to the Wh that energy is counted in.
        let series = &year().synpro("hh_family_w").unwrap()[273 * 96 + 24..][..4];
        let mean = f64::from(series.iter().sum::<i32>()) / 4.0;
        assert!((given.held_out.day(0).net[0] - mean).abs() <= 1.0);
        // Friday, 1 October 2021, a day of the winter week: Friday's price at six with fees and tax.
        let market = day_ahead(parse_instant("2021-10-01T06:00+01:00").unwrap().unix, OFFSET) as f64 / 1e5;
        assert!((given.held_out.day(0).prices[0] - (market + 0.1731) * 1.19).abs() < 1e-12);
    }

    #[test]
    fn energy_is_the_same_in_hours_and_in_quarters_and_panels_take_away_from_it() {
        let sum = |options: HomeOptions| {
            let given = options.gather().unwrap();
            (0..31).flat_map(|day| given.held_out.day(day).net.to_vec()).sum::<f64>() * given.home.hours
        };
        let (hourly, fine, sunny) =
            (sum(options(false, 0.0)), sum(options(true, 0.0)), sum(options(false, 5.0)));
        assert!((hourly - fine).abs() < 2.0, "{hourly} Wh, {fine} Wh");
        let solar = &year().solar[273 * 96 + 24..304 * 96 + 24];
        let given = 5.0 * f64::from(solar.iter().sum::<i32>()) / 4.0;
        assert!((hourly - sunny - given).abs() < 1e-3, "{} Wh instead of {given} Wh", hourly - sunny);
    }

    /// The document's figures are those of the shipped data, to the watt that they are rounded to.
    #[test]
    fn the_table_of_what_a_home_expects_is_what_the_shipped_year_gives() {
        use agents::forecast::Method;
        let document = include_str!("../docs/appliances.md");
        let mean = |values: &mut dyn ExactSizeIterator<Item = f64>| {
            let count = values.len() as f64;
            format!("{:.0}", values.sum::<f64>() / count)
        };
        for (quarter_hourly, slots) in [(false, "hour"), (true, "quarter hour")] {
            let home = Home::standard(if quarter_hourly { 4 } else { 1 });
            let counts = FIRST * home.slots..;
            let demands = Household::ALL.map(|who| {
                HomeOptions { household: Profile::Household(who), ..options(quarter_hourly, 0.0) }
                    .demand(&home)
            });
            for (demand, who) in demands.iter().zip(["family", "two work", "two over 65", "single"]) {
                let heading = format!("{who} ({})", mean(&mut demand[counts.clone()].iter().copied()));
                assert!(document.contains(&heading), "{heading}");
            }
            for method in Method::ALL {
                let errors = demands.each_ref().map(|demand| {
                    let expected = expected(demand, home.slots, method).unwrap();
                    let pairs = demand[counts.clone()].iter().zip(&expected[counts.clone()]);
                    mean(&mut pairs.map(|(demand, expected)| (demand - expected).abs()))
                });
                let first =
                    if method == Method::Persistence { format!("by the {slots}: ") } else { String::new() };
                let row = format!("| {first}`{}` | {} |", method.name(), errors.join(" | "));
                assert!(document.contains(&row), "{row}");
            }
        }
    }

    #[test]
    fn a_year_of_prices_is_taken_by_its_hours_and_a_hole_is_named() {
        let path = std::env::temp_dir().join(format!("wattle_prices_{}.csv", std::process::id()));
        // A leap year, by its hours; every price is its hour of the year in ct/MWh.
        let write = |hours: Range<u64>| {
            let row = |hour: u64| {
                let at = sim::calendar::format_instant(1_704_063_600 + hour * 3_600, OFFSET);
                format!("{at},{}\n", hour as f64 / 100.0)
            };
            std::fs::write(&path, "time,price_eur_mwh\n".to_owned() + &hours.map(row).collect::<String>())
                .unwrap();
            read_year(&path)
        };
        let hours = write(0..8_784).unwrap();
        let march = (31 + 28) * 24;
        assert_eq!((hours[1], hours[march - 1], hours[march]), (0.01, 14.15, 14.40));
        let Err(Failure::Input(problems)) = write(0..8_780) else { panic!("a hole was taken") };
        assert!(problems[0].what.contains("4 hours"), "{}", problems[0].what);
        assert!(problems[0].what.contains("31.12. at 20:00"), "{}", problems[0].what);
        std::fs::remove_file(&path).unwrap();
    }
}
