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
            sessions,
        })
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

    const COMPACT: CarDescription = CarDescription {
        capacity_wh: 40_000,
        charge_w: 11_000,
        minimum_w: 0,
        discharge_w: 0,
        charge_efficiency: 0.9,
        discharge_efficiency: 0.9,
        initial_charge: 1.0,
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
    fn a_departure_before_its_arrival_is_refused() {
        let sessions = [Session { arrival: 5, departure: 4, driven: 0, required: 0 }];
        let error = Car::new(COMPACT, sessions.into(), 900).unwrap_err().to_string();
        assert_eq!(error, "car: departure = step 4, but it must be after the arrival at step 5");
    }
}
