//! An electric car and the charger at home.

use super::Storage;
use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Random, Ratio, Series};
use std::ops::Range;
use std::sync::Arc;

/// What a car and its charger are like. Takes electricity (and gives it where `discharge_w` > 0); state: level and
/// whether it is plugged in. Driving is consumption; what charging loses is a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CarDescription {
    /// Usable capacity, Wh, > 0.
    pub capacity_wh: i64,
    /// Largest charging power at the charger, W, > 0; 11 000 for three phases at 16 A.
    pub charge_w: i64,
    /// Smallest charging power while charging, W, ≥ 0; IEC 61851-1 allows no current below 6 A (1 380 W on one phase).
    pub minimum_w: i64,
    /// Largest power given back at the charger, W, ≥ 0; 0 for a car that cannot.
    pub discharge_w: i64,
    /// Stored per Wh taken, 0.5 to 1; about 0.9.
    pub charge_efficiency: f64,
    /// Given per Wh taken out of the store, 0.5 to 1.
    pub discharge_efficiency: f64,
    /// State of charge at the beginning, as part of the capacity, 0 to 1.
    pub initial_charge: f64,
    /// Wear per Wh given back, n€/Wh, ≥ 0.
    pub degradation_cost: i64,
}

/// A stay at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// First step at which the car is plugged in.
    pub arrival: i64,
    /// First step at which it is away again, > arrival; the driver says so on arrival.
    pub departure: i64,
    /// Used for driving since the last departure, Wh from the store, ≥ 0.
    pub driven: i64,
    /// Level wanted at departure, Wh, at most the capacity.
    pub required: i64,
}

/// A car.
#[derive(Clone, Debug)]
pub struct Car {
    /// Its limits per interval.
    pub storage: Storage,
    /// Least energy taken in an interval in which it charges, Wh.
    pub minimum: i64,
    /// Level at the beginning, Wh.
    pub initial: i64,
    /// Wear per Wh given back, n€/Wh.
    pub degradation_cost: i64,
    sessions: Arc<[Session]>,
}

/// Where a car stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parked {
    /// Level, Wh.
    pub(crate) level: i64,
    /// The current session, or the next one while away.
    pub(crate) session: usize,
    /// Whether it is plugged in.
    pub(crate) plugged: bool,
    /// Taken at the charger in this interval, Wh.
    pub(crate) taken: i64,
}

/// What happened between two steps, before any charging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trip {
    /// Used for driving, Wh.
    pub(crate) driven: i64,
    /// Of which charged elsewhere because the battery would not have sufficed, Wh.
    pub(crate) elsewhere: i64,
    /// What was missing at departure, Wh.
    pub(crate) missed: i64,
}

impl Car {
    /// `sessions`: by time, without overlap. `duration`: of an interval, s.
    pub fn new(is: CarDescription, sessions: Arc<[Session]>, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "car";
        within_whole(NAME, "capacity", is.capacity_wh, (1, GIGA), "Wh")?;
        within_whole(NAME, "charging power", is.charge_w, (1, GIGA), "W")?;
        within_whole(NAME, "smallest charging power", is.minimum_w, (0, is.charge_w), "W")?;
        within_whole(NAME, "discharging power", is.discharge_w, (0, GIGA), "W")?;
        within(NAME, "charge efficiency", is.charge_efficiency, (0.5, 1.0), "")?;
        within(NAME, "discharge efficiency", is.discharge_efficiency, (0.5, 1.0), "")?;
        within(NAME, "initial charge", is.initial_charge, (0.0, 1.0), "")?;
        within_whole(NAME, "degradation cost", is.degradation_cost, (0, 10_000_000), "n€/Wh")?;
        let mut home = i64::MIN;
        for session in sessions.iter() {
            let wrong = |field, step: i64, allowed: String| {
                Err(Impossible::Contradiction { device: NAME, field, value: format!("step {step}"), allowed })
            };
            if session.arrival < home {
                return wrong(
                    "arrival",
                    session.arrival,
                    format!("step {home} or later, after the last departure"),
                );
            }
            if session.departure <= session.arrival {
                return wrong(
                    "departure",
                    session.departure,
                    format!("after the arrival at step {}", session.arrival),
                );
            }
            within_whole(NAME, "driving consumption", session.driven, (0, GIGA), "Wh")?;
            within_whole(NAME, "required charge", session.required, (0, is.capacity_wh), "Wh")?;
            home = session.departure;
        }
        Ok(Self {
            storage: Storage {
                capacity: is.capacity_wh,
                reserve: 0,
                charge: energy(is.charge_w, duration),
                discharge: energy(is.discharge_w, duration),
                charge_efficiency: Ratio::nearest(is.charge_efficiency),
                discharge_efficiency: Ratio::nearest(is.discharge_efficiency),
                standing_loss: Ratio::ZERO,
            },
            minimum: energy(is.minimum_w, duration),
            initial: Ratio::nearest(is.initial_charge).of(is.capacity_wh),
            degradation_cost: is.degradation_cost,
            sessions,
        })
    }

    /// Refuses targets that cannot be kept: what a stay asks for at its departure must be what the car holds on arrival,
    /// having left as full as it was asked to, and what the charger gives until then.
    pub fn keeps_its_targets(&self) -> Result<(), Impossible> {
        let mut level = self.initial;
        for session in self.sessions.iter() {
            let stay = self.storage.charge * (session.departure - session.arrival);
            let arrived = (level - session.driven).max(0);
            let most = (arrived + self.storage.charge_efficiency.of(stay)).min(self.storage.capacity);
            if session.required > most {
                return Err(Impossible::Contradiction {
                    device: "car",
                    field: "departure charge",
                    value: format!(
                        "{} Wh after {} intervals at home, with {arrived} Wh on arrival",
                        session.required,
                        session.departure - session.arrival
                    ),
                    allowed: format!(
                        "at most {most} Wh, all that can be charged until then: ask for less, charge with more power \
                         or stay longer"
                    ),
                });
            }
            level = arrived.max(session.required);
        }
        Ok(())
    }

    /// Its stays, by time.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The car in or before the first session that has not ended at `step`, as full as it is at the beginning.
    pub(crate) fn parked(&self, step: i64) -> Parked {
        let session = self.sessions.iter().take_while(|session| session.departure <= step).count();
        let plugged = self.sessions.get(session).is_some_and(|session| session.arrival < step);
        Parked { level: self.initial, session, plugged, taken: 0 }
    }

    /// Arrivals (of which `known` is the last step heard of) and departures at the start of a step.
    pub(crate) fn travel(&self, parked: &mut Parked, step: i64, known: i64) -> Trip {
        let mut trip = Trip::default();
        parked.taken = 0;
        if parked.plugged
            && let Some(session) =
                self.sessions.get(parked.session).filter(|session| session.departure <= step)
        {
            trip.missed = (session.required - parked.level).max(0);
            parked.plugged = false;
            parked.session += 1;
        }
        if !parked.plugged
            && let Some(session) =
                self.sessions.get(parked.session).filter(|session| session.arrival <= step.min(known))
        {
            parked.plugged = true;
            trip.driven = session.driven;
            trip.elsewhere = (session.driven - parked.level).max(0);
            parked.level -= trip.driven - trip.elsewhere;
        }
        trip
    }

    /// The current session of a plugged car.
    pub(crate) fn session(&self, parked: &Parked) -> Option<&Session> {
        self.sessions.get(parked.session).filter(|_| parked.plugged)
    }

    /// What it must take at a step so that full power from then on is still enough, Wh at the charger.
    pub(crate) fn urgent_charge(&self, parked: &Parked, step: i64) -> i64 {
        let Some(session) = self.session(parked) else { return 0 };
        let missing = self.storage.charge_efficiency.input_for((session.required - parked.level).max(0));
        (missing - self.storage.charge * (session.departure - step - 1).max(0)).max(0)
    }

    /// Most it can give at a step so that full power from the next step on still reaches what is required, Wh at the
    /// charger.
    pub(crate) fn most_given(&self, parked: &Parked, step: i64) -> i64 {
        let Some(session) = self.session(parked) else { return 0 };
        let left = (session.departure - step - 1).max(0);
        let later = self.storage.charge_efficiency.of(self.storage.charge * left);
        let free = parked.level - (session.required - later).max(0);
        self.storage.discharge.min(self.storage.discharge_efficiency.of(free.max(0)))
    }

    /// What it takes of a surplus, Wh from the store: up to what is required; all it can hold where it can give back.
    pub(crate) fn wanted(&self, session: &Session) -> i64 {
        if self.storage.discharge > 0 { self.storage.capacity } else { session.required }
    }

    /// What it must take at a step so that charging evenly until departure is enough, Wh at the charger.
    pub(crate) fn even_charge(&self, parked: &Parked, step: i64) -> i64 {
        let Some(session) = self.session(parked) else { return 0 };
        let missing = self.storage.charge_efficiency.input_for((session.required - parked.level).max(0));
        let even = (missing as u64).div_ceil((session.departure - step).max(1) as u64) as i64;
        even.max(self.minimum).min(missing).min(self.storage.most_charge(parked.level))
    }
}

impl Session {
    /// The stays behind a series of charging demand (Wh per interval at the charger, uncontrolled charging): each run
    /// of demand is an arrival with the energy it took; pauses of up to `pause` steps belong to the run. The car stays
    /// for `stay` steps, or until `trip` steps before its next arrival if that is earlier, but at least for the run;
    /// it wants to be full again.
    #[must_use]
    pub fn from_charging(
        demand: &Series,
        capacity: i64,
        charge_efficiency: f64,
        (pause, stay, trip): (i64, i64, i64),
    ) -> Vec<Self> {
        let mut runs: Vec<(Range<i64>, i64)> = Vec::new();
        for step in demand.steps() {
            let taken = demand.at(step);
            match runs.last_mut() {
                _ if taken <= 0 => {}
                Some((run, energy)) if step - run.end <= pause => {
                    run.end = step + 1;
                    *energy += taken;
                }
                _ => runs.push((step..step + 1, taken)),
            }
        }
        let arrivals: Vec<i64> = runs.iter().skip(1).map(|(run, _)| run.start).chain([i64::MAX]).collect();
        let session = |((run, energy), next): ((Range<i64>, i64), i64)| Self {
            arrival: run.start,
            departure: (run.start + stay).min(next - trip).max(run.end),
            driven: Ratio::nearest(charge_efficiency).of(energy),
            required: capacity,
        };
        runs.into_iter().zip(arrivals).map(session).collect()
    }

    /// A stay from every evening to the next morning: arrival and departure are steps of the day, each moved by up to
    /// `spread` steps at random; `driven` Wh are used each day.
    #[must_use]
    pub fn daily(
        steps: Range<i64>,
        steps_per_day: i64,
        (arrival, departure, spread): (i64, i64, i64),
        (driven, required): (i64, i64),
        random: &mut Random,
    ) -> Vec<Self> {
        let mut home = steps.start;
        let mut sessions = Vec::new();
        for day in steps.start.div_euclid(steps_per_day)..steps.end.div_euclid(steps_per_day) + 1 {
            let start = (day * steps_per_day + arrival + random.between(-spread, spread)).max(home);
            let next = day * steps_per_day + departure + if departure <= arrival { steps_per_day } else { 0 };
            let end = (next + random.between(-spread, spread)).max(start + 1);
            if start >= steps.start && start < steps.end {
                sessions.push(Self { arrival: start, departure: end, driven, required });
                home = end;
            }
        }
        sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMPACT: CarDescription = CarDescription {
        capacity_wh: 40_000,
        charge_w: 11_000,
        minimum_w: 0,
        discharge_w: 0,
        charge_efficiency: 0.9,
        discharge_efficiency: 0.9,
        initial_charge: 1.0,
        degradation_cost: 0,
    };

    #[test]
    fn sessions_are_read_off_the_charging_demand() {
        let demand = Series::new([0, 500, 0, 500, 0, 0, 0, 0, 0, 200, 0, 0].into(), 0);
        let sessions = Session::from_charging(&demand, 40_000, 0.9, (1, 20, 2));
        let expected = [
            Session { arrival: 1, departure: 7, driven: 900, required: 40_000 },
            Session { arrival: 9, departure: 29, driven: 180, required: 40_000 },
        ];
        assert_eq!(sessions, expected);
    }

    #[test]
    fn a_car_leaves_as_full_as_it_was_asked_to_be() {
        let sessions = [Session { arrival: 2, departure: 10, driven: 9_000, required: 40_000 }];
        let car = Car::new(COMPACT, sessions.into(), 900).unwrap();
        let mut parked = car.parked(0);
        for step in 0..=10 {
            let trip = car.travel(&mut parked, step, step);
            assert_eq!(trip.missed, 0);
            let charge = car.even_charge(&parked, step);
            assert_eq!(charge, if (2..10).contains(&step) { 1_250 } else { 0 });
            parked.level = car.storage.advance(parked.level, charge, step).level;
        }
        assert_eq!((parked.level, parked.plugged), (40_000, false));
    }

    #[test]
    fn a_car_gives_only_what_it_can_charge_again() {
        let sessions = [Session { arrival: 0, departure: 4, driven: 10_000, required: 35_000 }];
        let car =
            Car::new(CarDescription { discharge_w: 11_000, ..COMPACT }, sessions.into(), 3_600).unwrap();
        let mut parked = car.parked(0);
        car.travel(&mut parked, 0, 0);
        assert_eq!(parked.level, 30_000);
        // Three hours at 11 kW store 29 700 Wh: at 5 300 Wh it could still leave with 35 000. It gives 11 kW at most.
        assert_eq!(car.most_given(&parked, 0), 11_000);
        // One hour stores 9 900 Wh: 30 000 − 25 100 may go, of which 90 % come out.
        assert_eq!(car.most_given(&parked, 2), 4_410);
        assert_eq!(car.most_given(&parked, 3), 0);
    }

    #[test]
    fn a_target_beyond_the_charger_is_refused() {
        let check = |required, driven, expected: Option<&str>| {
            let sessions = [Session { arrival: 2, departure: 10, driven, required }];
            let kept = Car::new(COMPACT, sessions.into(), 900).unwrap().keeps_its_targets();
            assert_eq!(kept.err().map(|error| error.to_string()).as_deref(), expected);
        };
        // Two hours at 11 kW and 90 % store 19 800 Wh.
        check(40_000, 19_800, None);
        let error = "car: departure charge = 40000 Wh after 8 intervals at home, with 20199 Wh on arrival, but it must be at \
                     most 39999 Wh, all that can be charged until then: ask for less, charge with more power or stay \
                     longer";
        check(40_000, 19_801, Some(error));
    }

    #[test]
    fn a_departure_before_its_arrival_is_refused() {
        let sessions = [Session { arrival: 5, departure: 4, driven: 0, required: 0 }];
        let error = Car::new(COMPACT, sessions.into(), 900).unwrap_err().to_string();
        assert_eq!(error, "car: departure = step 4, but it must be after the arrival at step 5");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        /// However it is used as a store in between (asked for a charge per step), held to its bounds it leaves as full as
        /// it was asked to.
        #[test]
        fn a_target_is_kept_whatever_is_asked_in_between(
            charge_w in 500_i64..22_000, discharge_w in 0_i64..22_000, to in 0.5..=1.0, from in 0.5..=1.0,
            part in 0.0..=1.0, driven in 0_i64..60_000, asked in proptest::collection::vec(-9_000_i64..9_000, 1..40),
        ) {
            let departure = asked.len() as i64;
            let is = CarDescription { charge_w, discharge_w, charge_efficiency: to, discharge_efficiency: from, ..COMPACT };
            let required = (40_000.0 * part) as i64;
            let stay = Session { arrival: 0, departure, driven, required };
            let car = Car::new(is, [stay].into(), 900).unwrap();
            let mut parked = car.parked(0);
            let mut expected = car.initial - driven.min(car.initial);
            for (step, asked) in (0..).zip(asked) {
                car.travel(&mut parked, step, step);
                let least = car.urgent_charge(&parked, step).max(-car.most_given(&parked, step));
                let done = car.storage.advance(parked.level, asked.max(least).min(car.storage.charge), step);
                prop_assert_eq!(done.level, expected + done.charged - done.discharged - done.lost);
                prop_assert!(0 <= done.level && done.level <= car.storage.capacity, "S10: {:?}", done);
                parked.level = done.level;
                expected = done.level;
            }
            let missed = car.travel(&mut parked, departure, departure).missed;
            // Each step may round a Wh away.
            prop_assert!(missed <= departure || car.keeps_its_targets().is_err(), "{} Wh are missing", missed);
        }
    }
}
