//! A learned policy in a market: it says when a member's machines start; bids are those of the price ladder.
//!
//! At every gate it decides for the first open interval, and rolls its decisions ahead over the others so that orders are
//! placed for what it plans. It sees what the policy saw when it learned, as far as a member knows it: what the supplier
//! charges with all fees, as far ahead as that is published (the last known price beyond); forecasts of the net load; the
//! requests made. What other devices of the member do (a battery, a heat pump) it does not see.

use crate::home::{Appliance, Home, Preference, Request, Scales, Series};
use crate::policy::Policy;
use crate::schedule::{Moment, Scheduler, Status};
use agents::dispatch::{Guide, Starts};
use agents::strategy::{Ladder, Situation};
use agents::{Intent, Random, Strategy};
use market::Carrier;
use std::collections::BTreeMap;

/// n€/Wh in €/kWh.
const EURO_PER_KWH: f64 = 1e-6;
/// A machine is the policy's if its energy is the same to this part.
const TOLERANCE: f64 = 0.1;

/// Why a policy cannot run a member's machines.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// The market's intervals are not the policy's slots.
    #[error(
        "the policy decides every {policy} s and the market has delivery intervals of {market} s: train one for the \
         market's (hours, or --quarter-hourly), or change the interval"
    )]
    Interval {
        /// The policy's slot, s.
        policy: u32,
        /// The market's interval, s.
        market: u32,
    },
    /// A machine that the policy has not learned to run, or one too many.
    #[error(
        "the policy knows no machine, or no further one, of {energy} Wh in {steps} intervals; it knows {known}"
    )]
    Machine {
        /// Energy of a run, Wh.
        energy: i64,
        /// Its length, intervals.
        steps: usize,
        /// Those that it knows.
        known: String,
    },
}

/// A member's strategy.
#[derive(Clone, Debug)]
pub struct Learned {
    policy: Policy,
    home: Home,
    scales: Scales,
    preference: Preference,
    /// Standard time less UTC, s.
    offset: i32,
    /// Which of the home's appliances each of the member's machines is.
    machines: Vec<usize>,
    /// What was known of the steps of the last day when they were first open.
    past: BTreeMap<i64, Known>,
    /// Which machines start, by step.
    planned: BTreeMap<i64, Starts>,
    room: Room,
}

/// One step as a member knows it.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// €/kWh.
    price: f64,
    feed_in: f64,
    /// Everything but the machines, W.
    net: f64,
    /// The machines, W.
    running: f64,
}

/// One day's series.
#[derive(Clone, Debug, Default)]
struct Room {
    prices: Vec<f64>,
    feed_in: Vec<f64>,
    net: Vec<f64>,
    running: Vec<f64>,
}

impl Learned {
    /// The strategy of a member that has machines of these runs (Wh per interval), in a market whose intervals take
    /// `interval` seconds. `offset` is standard time less UTC, s.
    ///
    /// # Errors
    /// Where the policy decides at other times than the market, or knows not all of the machines.
    pub fn new(
        policy: Policy,
        preference: Preference,
        machines: &[&[i64]],
        interval: u32,
        offset: i32,
    ) -> Result<Self, Mismatch> {
        let home = policy.home().clone();
        let slot = (home.hours * 3_600.0).round() as u32;
        if slot != interval {
            return Err(Mismatch::Interval { policy: slot, market: interval });
        }
        let machines = assign(&home, machines)?;
        let (scales, past, planned, room) =
            (*policy.scales(), BTreeMap::new(), BTreeMap::new(), Room::default());
        Ok(Self { policy, home, scales, preference, offset, machines, past, planned, room })
    }

    /// Decides for all open intervals.
    fn plan(&mut self, situation: &Situation<'_>) {
        let (outlook, slots) = (situation.outlook, self.home.slots as i64);
        let step = outlook.step;
        self.past = self.past.split_off(&(step - slots));
        self.planned = self.planned.split_off(&(step - 2)); // those before have been delivered
        let seconds =
            outlook.first.start as i64 + i64::from(self.offset) - (self.home.begins * 3_600.0) as i64;
        let first = seconds.rem_euclid(86_400) / i64::from(outlook.first.duration);
        let (mut waiting, mut started): (Vec<_>, Vec<_>) =
            situation.machines().map(|machine| (machine.waiting, machine.started)).unzip();
        for step in step..step + outlook.open as i64 {
            let slot = (first + step - outlook.step) % slots;
            let begins = step - slot;
            self.look(situation, begins, step, &started);
            let mut starts = Starts::default();
            for appliance in 0..self.home.appliances.len() {
                let Some(machine) = self.machines.iter().position(|known| *known == appliance) else {
                    continue;
                };
                let status = self.status(begins, &waiting, &started);
                let Status::Waiting(request) = status[appliance] else { continue };
                if request.latest == slot as usize || self.decides(slot as usize, appliance, request, &status)
                {
                    starts = starts.with(machine);
                    (waiting[machine], started[machine]) = (None, Some(step));
                    self.room.add(&self.home.appliances[appliance], slot);
                }
            }
            self.planned.insert(step, starts);
            if step == outlook.step {
                let running = self.room.running[slot as usize];
                self.past.insert(step, Known { running, ..known(situation, step, self.home.hours) });
            }
        }
    }

    /// Writes the series of the day that begins at a step, as they are known at `now`, with the runs that have started.
    fn look(&mut self, situation: &Situation<'_>, begins: i64, now: i64, started: &[Option<i64>]) {
        let room = &mut self.room;
        [&mut room.prices, &mut room.feed_in, &mut room.net, &mut room.running]
            .into_iter()
            .for_each(Vec::clear);
        room.running.resize(self.home.slots, 0.0);
        for step in begins..begins + self.home.slots as i64 {
            // Of steps before the run's first gate nothing is known but that they were like it.
            let first = situation.outlook.step;
            let past = self.past.get(&step).copied().filter(|_| step < first);
            let known = past.unwrap_or_else(|| known(situation, step.max(first), self.home.hours));
            room.prices.push(known.price);
            room.feed_in.push(known.feed_in);
            room.net.push(known.net);
        }
        for (started, appliance) in started.iter().zip(&self.machines) {
            if let Some(started) = started {
                room.add(&self.home.appliances[*appliance], started - begins);
            }
        }
        // Whatever ran in steps that are over was noted.
        let over = now.min(situation.outlook.step);
        for (step, known) in self.past.range(begins..).take_while(|(step, _)| **step < over) {
            room.running[(step - begins) as usize] = known.running;
        }
    }

    /// Where the home's appliances stand; those that are not there, or that may not start today any more, have run.
    fn status(
        &self,
        begins: i64,
        waiting: &[Option<agents::device::Request>],
        started: &[Option<i64>],
    ) -> Vec<Status> {
        let mut status = vec![Status::Started(0); self.home.appliances.len()];
        for ((machine, waiting), started) in self.machines.iter().zip(waiting).zip(started) {
            let last = self.home.slots as i64 - self.home.appliances[*machine].duration as i64;
            status[*machine] = match (waiting, started) {
                (Some(request), _) => {
                    let latest = (request.latest - begins).min(last) as usize;
                    Status::Waiting(Request {
                        requested: (request.requested - begins).max(0) as usize,
                        latest,
                    })
                }
                (None, Some(started)) if *started >= begins => Status::Started((started - begins) as usize),
                _ => Status::Idle,
            };
        }
        status
    }

    fn decides(&mut self, slot: usize, appliance: usize, request: Request, status: &[Status]) -> bool {
        if request.latest < slot || request.requested > slot {
            return false; // a run would not end with the day: it waits for the next, or for its last moment
        }
        let Self { policy, home, scales, preference, room: Room { prices, feed_in, net, running }, .. } =
            self;
        let loads = net.iter().zip(running.iter()).take(slot);
        let peak = loads.map(|(net, running)| net + running).fold(0.0, f64::max);
        let series = Series { prices, feed_in, net, expected: net };
        let preference = *preference;
        policy.starts(&Moment {
            home,
            preference,
            scales,
            slot,
            appliance,
            request,
            status,
            running,
            peak,
            series,
        })
    }
}

impl Strategy for Learned {
    fn name(&self) -> &'static str {
        "learned"
    }

    fn prepare(&mut self, situation: &Situation<'_>) {
        if !self.machines.is_empty() && situation.outlook.markets[Carrier::Electricity as usize].is_some() {
            self.plan(situation);
        }
    }

    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>) {
        Ladder.orders(situation, random, orders);
    }

    fn guide(&self, step: i64) -> Guide {
        Guide { machines: self.planned.get(&step).copied(), ..Guide::default() }
    }
}

impl Room {
    /// Adds a run that starts at a slot, which may lie in the day before.
    fn add(&mut self, appliance: &Appliance, slot: i64) {
        for slot in slot..slot + appliance.duration as i64 {
            if let Some(running) = usize::try_from(slot).ok().and_then(|slot| self.running.get_mut(slot)) {
                *running += appliance.power;
            }
        }
    }
}

/// What a member knows of a step that is open, or will be.
fn known(situation: &Situation<'_>, step: i64, hours: f64) -> Known {
    let ahead = (step - situation.outlook.step) as usize;
    let (price, feed_in) =
        situation.outlook.markets[Carrier::Electricity as usize].map_or((0.0, 0.0), |market| {
            let prices = market.prices(ahead);
            let price = (prices.import + market.fees.supplier).0 as f64 * EURO_PER_KWH;
            (price, (prices.export.0 as f64 * EURO_PER_KWH).min(price))
        });
    let [demand, generation] =
        [situation.demand(Carrier::Electricity, ahead), situation.generation(Carrier::Electricity, ahead)];
    Known { price, feed_in, net: (demand - generation) as f64 / hours, running: 0.0 }
}

/// Which appliance of the home each machine is: of the same length, and next to it in energy; none twice.
fn assign(home: &Home, machines: &[&[i64]]) -> Result<Vec<usize>, Mismatch> {
    let energy_of = |appliance: &Appliance| appliance.power * appliance.duration as f64 * home.hours;
    let mut assigned = Vec::new();
    for profile in machines {
        let energy: i64 = profile.iter().sum();
        let off = |index: &usize| (energy_of(&home.appliances[*index]) / energy as f64 - 1.0).abs();
        let fitting = (0..home.appliances.len())
            .filter(|index| home.appliances[*index].duration == profile.len() && off(index) <= TOLERANCE)
            .filter(|index| !assigned.contains(index));
        let nearest = fitting.min_by(|a, b| off(a).total_cmp(&off(b)));
        assigned.push(nearest.ok_or_else(|| {
            let words = |appliance: &Appliance| {
                format!("{} ({:.0} Wh in {})", appliance.name, energy_of(appliance), appliance.duration)
            };
            let known = home.appliances.iter().map(words).collect::<Vec<_>>().join(", ");
            Mismatch::Machine { energy, steps: profile.len(), known }
        })?);
    }
    Ok(assigned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Networks;
    use crate::example;
    use crate::home::Day;
    use crate::policy::tests::learned;
    use crate::schedule::play;
    use agents::device::{self, Device};
    use agents::forecast::Method;
    use agents::{Coupling, Fees, MarketOutlook, Outlook, Prosumer, ProsumerDescription};
    use market::{DeliveryInterval, Energy, Price, Prices};

    /// Seconds from 1970 to six o'clock of its first day.
    const SIX: u64 = 6 * 3_600;

    /// Energy of an appliance's run per step, Wh.
    fn profile(appliance: &Appliance) -> Vec<i64> {
        vec![appliance.power as i64; appliance.duration]
    }

    /// Energy that a member with all machines of the example home takes, Wh by slot, on a day without other load.
    fn lived(policy: &Policy, preference: Preference, day: &Day) -> Vec<i64> {
        let home = example::home();
        let profiles: Vec<Vec<i64>> = home.appliances.iter().map(profile).collect();
        let machines: Vec<&[i64]> = profiles.iter().map(Vec::as_slice).collect();
        let strategy = Learned::new(policy.clone(), preference, &machines, 3_600, 0).unwrap();
        let devices = profiles.iter().zip(&day.requests).map(|(profile, request)| {
            let request = request.map(|request| device::Request {
                requested: request.requested as i64,
                latest: request.latest as i64,
            });
            let requests: Vec<_> = request.into_iter().collect();
            Device::Appliance(device::Appliance::new(profile[..].into(), requests[..].into()).unwrap())
        });
        let mut house = Prosumer::new(ProsumerDescription {
            name: "house",
            seed: 1,
            devices: devices.collect(),
            strategy: Box::new(strategy),
            connected: &[Carrier::Electricity],
            merit: &[],
            forecast: Method::Persistence,
            offers_storage: false,
            duration: 3_600,
        })
        .unwrap();
        let price = |euros: f64| Price((euros / EURO_PER_KWH).round() as i64);
        let prices: Vec<Prices> = (day.prices.iter().zip(&day.feed_in))
            .map(|(import, export)| Prices { import: price(*import), export: price(*export) })
            .collect();
        let step = |step: usize| {
            let outlook = Outlook {
                step: step as i64,
                first: DeliveryInterval::new(SIX + 3_600 * step as u64, 3_600).unwrap(),
                open: 1,
                running: [Energy::ZERO; 3],
                markets: [
                    Some(MarketOutlook {
                        prices: &prices[step..],
                        fees: Fees::default(),
                        held: &[],
                        recent: &[],
                    }),
                    None,
                    None,
                ],
                coupling: Coupling::default(),
            };
            house.orders(&outlook, &mut Vec::new());
            house.deliver(step as i64, &[Energy::ZERO; 3]).of(Carrier::Electricity).import
        };
        (0..home.slots).map(step).collect()
    }

    /// Who hears of a request two slots after it was made, as members of a market do.
    struct Late(Policy);

    impl Scheduler for Late {
        fn name(&self) -> &str {
            "late"
        }

        fn starts(&mut self, moment: &Moment<'_>) -> bool {
            let unheard =
                |status: &Status| matches!(status, Status::Waiting(r) if r.requested + 2 > moment.slot);
            let status: Vec<Status> = moment
                .status
                .iter()
                .map(|status| if unheard(status) { Status::Idle } else { *status })
                .collect();
            !unheard(&moment.status[moment.appliance])
                && self.0.starts(&Moment { status: &status, ..*moment })
        }
    }

    #[test]
    fn a_member_starts_its_machines_when_the_policy_would() {
        let (policy, days) = learned(false, Networks::Shared);
        let home = example::home();
        let mut waited = 0;
        for (day, preference) in
            days.iter().flat_map(|day| Preference::grid(3).into_iter().map(move |w| (day, w)))
        {
            let nothing = vec![0.0; home.slots];
            let euros = |value: &f64| (value / EURO_PER_KWH).round() * EURO_PER_KWH;
            let day = Day {
                prices: day.prices.iter().map(euros).collect(),
                feed_in: day.feed_in.iter().map(euros).collect(),
                net: nothing.clone(),
                expected: nothing,
                requests: day.requests.clone(),
            };
            let (starts, outcome) = play(&home, &day, preference, policy.scales(), &mut Late(policy.clone()));
            let mut expected = vec![0; home.slots];
            for (start, appliance) in starts.iter().zip(&home.appliances) {
                let Some(start) = start else { continue };
                let run = &mut expected[*start..start + appliance.duration];
                run.iter_mut().for_each(|energy| *energy += appliance.power as i64);
            }
            assert_eq!(lived(&policy, preference, &day), expected, "{preference:?}: {starts:?}");
            waited += outcome.delay as usize;
        }
        assert!(waited > 100, "the policy lets machines wait: {waited} h");
    }

    #[test]
    fn machines_that_were_not_learned_and_other_intervals_are_refused() {
        let (policy, _) = learned(false, Networks::Shared);
        let new = |machines: &[&[i64]], interval| {
            let even = Preference { cost: 0.4, peak: 0.3, delay: 0.3 };
            Learned::new(policy.clone(), even, machines, interval, 0).map(|learned| learned.machines)
        };
        let said = |found: Result<Vec<usize>, Mismatch>| found.unwrap_err().to_string();
        // The dishwasher (2 200 Wh in two hours) and the car (3 700 W for three), roughly.
        assert_eq!(new(&[&[1_050, 1_050], &[3_800; 3]], 3_600), Ok(vec![3, 0]));
        assert!(said(new(&[&[1_100, 1_100], &[1_100, 1_100]], 3_600)).contains("2200 Wh in 2 intervals"));
        assert!(said(new(&[&[1_100]], 3_600)).contains("dishwasher (2200 Wh in 2)"));
        assert!(said(new(&[], 900)).contains("every 3600 s"));
    }
}
