//! Demand of one member, made from the shipped series so that no two members are copies.
//!
//! Electricity and hot water depend on people, so each day of a member is a day of the series with the same weekday
//! from up to three weeks around, now and then of another household (guests, holidays at home), earlier or later by
//! some quarter hours. Space heat depends on the weather, so its days stay where they are: members differ by the
//! mixture of an old and a passive house, by scale, and by a fixed shift.

use super::year::{DAYS, QUARTERS_PER_DAY, day_of_series, year};
use crate::calendar::{DAY, weekday};
use agents::Random;
use std::ops::Range;

/// Who lives in a household of synPRO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Household {
    /// Two adults with children, 4 174 kWh a year.
    Family,
    /// Two adults who work full time, 2 701 kWh a year.
    Couple,
    /// Two adults over 65, 2 672 kWh a year.
    Retired,
    /// One adult, 1 320 kWh a year.
    Single,
}

impl Household {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Family, Self::Couple, Self::Retired, Self::Single];

    const fn series(self) -> &'static str {
        match self {
            Self::Family => "hh_family_w",
            Self::Couple => "hh_2fulltime_w",
            Self::Retired => "hh_2over65_w",
            Self::Single => "hh_single_w",
        }
    }
}

/// A shipped demand profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Electricity of a household (synPRO).
    Household(Household),
    /// Electricity by a BDEW 2025 standard load profile: `h25`, `g25` or `l25`.
    Standard(&'static str),
    /// Space heat of a detached house (synPRO): this part of it old (class SFH_2, 26 089 kWh a year), the rest to
    /// passive standard (SFH_6, 3 339 kWh), parts per hundred.
    House(u8),
    /// Space heat of a building with several flats (synPRO): this part old (MFH_2, 48 395 kWh), the rest passive
    /// (MFH_6, 11 483 kWh), parts per hundred.
    Flats(u8),
    /// Hot water of a detached house (synPRO, 3 309 kWh of heat a year, circulation included).
    Taps,
    /// Hot water of a building with several flats (synPRO, 7 116 kWh).
    FlatTaps,
}

impl Profile {
    /// Names in scenario files.
    pub const NAMES: [(&'static str, Self); 15] = [
        ("family", Self::Household(Household::Family)),
        ("couple", Self::Household(Household::Couple)),
        ("retired", Self::Household(Household::Retired)),
        ("single", Self::Household(Household::Single)),
        ("h25", Self::Standard("h25")),
        ("g25", Self::Standard("g25")),
        ("l25", Self::Standard("l25")),
        ("house_old", Self::House(100)),
        ("house_renovated", Self::House(40)),
        ("house_passive", Self::House(0)),
        ("flats_old", Self::Flats(100)),
        ("flats_renovated", Self::Flats(40)),
        ("flats_passive", Self::Flats(0)),
        ("hot_water", Self::Taps),
        ("hot_water_flats", Self::FlatTaps),
    ];

    /// Whether it is heat; electricity otherwise.
    #[must_use]
    pub const fn is_heat(self) -> bool {
        !matches!(self, Self::Household(_) | Self::Standard(_))
    }

    /// Energy of a year, Wh, before scaling.
    #[must_use]
    pub fn annual(self) -> i64 {
        if let Self::Standard(_) = self {
            return 1_000_000_000;
        }
        let total = |name: &str| year().synpro_total(name);
        match self {
            Self::Household(who) => total(who.series()),
            Self::House(old) => blend(old, total("heat_sfh_old_w"), total("heat_sfh_passive_w")),
            Self::Flats(old) => blend(old, total("heat_mfh_old_w"), total("heat_mfh_passive_w")),
            Self::Taps => total("dhw_sfh_w"),
            _ => total("dhw_mfh_w"),
        }
    }

    /// Demand of a member per delivery interval, Wh, over `steps` of `duration` s that count from the Unix second
    /// `start` (which is local midnight at `offset`), scaled to `annual` Wh. `mixed` members differ by their `name`
    /// and `seed`; the others are the series itself.
    #[must_use]
    pub fn demand(self, member: &Member<'_>, steps: Range<i64>, annual: i64) -> Vec<i32> {
        let own = self.annual().max(1);
        let mut day_in_hand = i64::MIN;
        let mut quarters = [0_i64; QUARTERS_PER_DAY];
        let mut rest = 0_i128;
        steps
            .map(|step| {
                let local = member.local(step);
                // power × seconds of each quarter hour that the interval touches
                let mut watt_seconds = 0;
                let mut second = local;
                while second < local + i64::from(member.duration) {
                    let day = second.div_euclid(DAY as i64);
                    if day != day_in_hand {
                        day_in_hand = day;
                        self.day(member, day, &mut quarters);
                    }
                    let of_day = second.rem_euclid(DAY as i64);
                    let until = (of_day / 900 + 1) * 900 - of_day;
                    let span = until.min(local + i64::from(member.duration) - second);
                    watt_seconds += quarters[(of_day / 900) as usize] * span;
                    second += span;
                }
                // what is less than a Wh is carried, so that rounding loses nothing
                rest += i128::from(watt_seconds) * i128::from(annual);
                let unit = 3600 * i128::from(own);
                let energy = rest.div_euclid(unit);
                rest = rest.rem_euclid(unit);
                energy as i32
            })
            .collect()
    }

    /// Power in W at each quarter hour of a member's day.
    fn day(self, member: &Member<'_>, day: i64, quarters: &mut [i64; QUARTERS_PER_DAY]) {
        *quarters = [0; QUARTERS_PER_DAY];
        let mut take = |name: &'static str, from: usize, shift: i64, scale: (i64, i64)| {
            let series = series(name);
            let first = (from * QUARTERS_PER_DAY) as i64 - shift;
            for (index, value) in (first..).zip(quarters.iter_mut()) {
                *value +=
                    i64::from(series[index.rem_euclid(series.len() as i64) as usize]) * scale.0 / scale.1;
            }
        };
        match self {
            Self::Household(who) => {
                let (from, shift, mut luck) = member.day(day, "household");
                let guest = Household::ALL[luck.between(0, 3) as usize];
                let lives = if member.mixed && luck.between(1, 5) == 1 { guest } else { who };
                // a day of another household counts with the energy of one's own
                let scale = (self.annual() / 1000, Self::Household(lives).annual() / 1000);
                take(lives.series(), from, shift, if lives == who { (1, 1) } else { scale });
            }
            Self::Taps | Self::FlatTaps => {
                let (from, shift, _) = member.day(day, "hot water");
                take(if self == Self::Taps { "dhw_sfh_w" } else { "dhw_mfh_w" }, from, shift, (1, 1));
            }
            Self::House(old) | Self::Flats(old) => {
                let shift = member.habit("space heat", 4);
                let names = match self {
                    Self::House(_) => ("heat_sfh_old_w", "heat_sfh_passive_w"),
                    _ => ("heat_mfh_old_w", "heat_mfh_passive_w"),
                };
                take(names.0, day_of_series(day), shift, (i64::from(old), 100));
                take(names.1, day_of_series(day), shift, (100 - i64::from(old), 100));
            }
            Self::Standard(name) => {
                let shift = member.habit("standard profile", 2);
                for (quarter, value) in quarters.iter_mut().enumerate() {
                    let index = (quarter as i64 - shift).rem_euclid(QUARTERS_PER_DAY as i64);
                    *value = year().bdew(name, day, index as usize).unwrap_or(0);
                }
            }
        }
    }
}

const fn blend(old: u8, first: i64, second: i64) -> i64 {
    (first * old as i64 + second * (100 - old as i64)) / 100
}

fn series(name: &str) -> &'static [i32] {
    year().synpro(name).unwrap_or(&[])
}

/// Whose demand is asked for, and where its clock stands.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its name: the source of its luck, together with the seed.
    pub name: &'a str,
    /// The scenario's seed.
    pub seed: u64,
    /// Whether its days are mixed at all.
    pub mixed: bool,
    /// Unix second of step 0.
    pub start: u64,
    /// Length of a step, s.
    pub duration: u32,
    /// Local standard time minus UTC, s.
    pub offset: i32,
}

impl Member<'_> {
    /// Local second since 1970 at which a step begins.
    #[must_use]
    pub fn local(&self, step: i64) -> i64 {
        self.start as i64 + i64::from(self.offset) + step * i64::from(self.duration)
    }

    /// The day of the series that stands for a local day, the shift in quarter hours, and luck for more.
    fn day(&self, day: i64, what: &str) -> (usize, i64, Random) {
        let mut luck = Random::of(self.seed ^ (day as u64) << 20, self.name);
        if !self.mixed {
            return (day_of_series(day), 0, luck);
        }
        let weeks = luck.between(-3, 3);
        let from = (day_of_series(day) as i64 + 7 * weeks).rem_euclid(DAYS as i64) as usize;
        debug_assert!((0..7).contains(&weekday(day)));
        let shift = self.habit(what, 4) + luck.between(-3, 3);
        (from, shift, luck)
    }

    /// A fixed shift of this member of at most `most` quarter hours.
    fn habit(&self, what: &str, most: i64) -> i64 {
        if !self.mixed {
            return 0;
        }
        let salt = what.bytes().fold(0_u64, |salt, byte| salt.wrapping_mul(31) + u64::from(byte));
        Random::of(self.seed.wrapping_add(salt), self.name).between(-most, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_610_924_400; // 2021-01-18T00:00+01:00, a Monday

    fn member(name: &str, mixed: bool) -> Member<'_> {
        Member { name, seed: 7, mixed, start: START, duration: 900, offset: 3600 }
    }

    #[test]
    fn an_unmixed_member_is_the_series() {
        let profile = Profile::Household(Household::Family);
        let demand = profile.demand(&member("a", false), 0..96, profile.annual());
        let series = &series("hh_family_w")[17 * 96..18 * 96];
        let expected: i64 = series.iter().map(|w| i64::from(*w)).sum::<i64>() / 4;
        assert_eq!(demand.iter().map(|wh| i64::from(*wh)).sum::<i64>(), expected);
        assert!(demand.iter().zip(series).all(|(wh, w)| (wh - w / 4).abs() <= 1));
    }

    #[test]
    fn a_year_consumes_what_it_is_scaled_to() {
        let start = Member { start: 1_609_455_600, ..member("b", true) };
        for (name, profile) in Profile::NAMES {
            let wanted = 5_000_000;
            let found: i64 = profile.demand(&start, 0..35_040, wanted).iter().map(|wh| i64::from(*wh)).sum();
            let error = (found - wanted) as f64 / wanted as f64;
            assert!(error.abs() < 0.06, "{name}: {error:+.3}");
        }
    }

    #[test]
    fn a_longer_interval_holds_the_same_energy() {
        let hourly = Member { duration: 3600, ..member("c", true) };
        let fine = Member { duration: 300, ..member("c", true) };
        let profile = Profile::Taps;
        let sum = |values: Vec<i32>| values.iter().map(|wh| i64::from(*wh)).sum::<i64>();
        let reference = sum(profile.demand(&member("c", true), 0..96, 3_000_000));
        assert!((sum(profile.demand(&hourly, 0..24, 3_000_000)) - reference).abs() <= 1);
        assert!((sum(profile.demand(&fine, 0..288, 3_000_000)) - reference).abs() <= 1);
    }

    #[test]
    fn a_day_does_not_depend_on_when_the_run_begins() {
        let profile = Profile::Household(Household::Couple);
        let early = profile.demand(&member("d", true), -96..96, 2_700_000);
        let late = profile.demand(&member("d", true), 0..96, 2_700_000);
        let difference: i32 = early[96..].iter().zip(&late).map(|(a, b)| (a - b).abs()).max().unwrap();
        assert!(difference <= 1, "only the carried part of a Wh may differ");
    }
}
