//! Members of a market against the same scheduler on the same day.

use super::today::EURO_PER_KWH;
use super::*;
use crate::agent::Networks;
use crate::example;
use crate::home::{Appliance, Day};
use crate::policy::tests::learned;
use crate::rule::{AsSoonAsPossible, Later, Predictive};
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

/// Energy that a member with all machines of the example home takes, Wh by slot, on a day without other load. A slot ends
/// after the next one's gate where the market is `late`, as it is in a run.
fn lived(
    scheduler: impl Scheduler + Send + 'static,
    household: &Household,
    day: &Day,
    late: bool,
) -> Vec<i64> {
    let home = &household.home;
    let profiles: Vec<Vec<i64>> = home.appliances.iter().map(profile).collect();
    let machines: Vec<&[i64]> = profiles.iter().map(Vec::as_slice).collect();
    let strategy = Scheduled::new(scheduler, household.clone(), &machines, 3_600, 0).unwrap();
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
    let bid = |house: &mut Prosumer, step: usize| {
        let market = MarketOutlook { prices: &prices[step..], fees: Fees::default(), held: &[], recent: &[] };
        let outlook = Outlook {
            step: step as i64,
            first: DeliveryInterval::new(SIX + 3_600 * step as u64, 3_600).unwrap(),
            open: 1,
            running: [Energy::ZERO; 3],
            markets: [Some(market), None, None],
            coupling: Coupling::default(),
        };
        house.orders(&outlook, &mut Vec::new());
    };
    let step = |step: usize| {
        if step == 0 || !late {
            bid(&mut house, step);
        }
        if late && step + 1 < home.slots {
            bid(&mut house, step + 1);
        }
        house.deliver(step as i64, &[Energy::ZERO; 3]).of(Carrier::Electricity).import
    };
    (0..home.slots).map(step).collect()
}

/// Days whose prices the market can say, and on which nothing but machines draws.
fn bare(days: Vec<Day>) -> Vec<Day> {
    let euros = |value: &f64| (value / EURO_PER_KWH).round() * EURO_PER_KWH;
    let bare = |day: Day| {
        let nothing = vec![0.0; day.net.len()];
        Day {
            prices: day.prices.iter().map(euros).collect(),
            feed_in: day.feed_in.iter().map(euros).collect(),
            net: nothing.clone(),
            expected: nothing,
            ..day
        }
    };
    days.into_iter().map(bare).collect()
}

/// Plays every day at every preference in and outside a market, and returns how long machines waited, h.
fn check(scheduler: &(impl Scheduler + Clone + Send + 'static), scales: Scales, days: &[Day]) -> f64 {
    let home = example::home();
    let mut waited = 0.0;
    for (day, preference) in
        days.iter().flat_map(|day| Preference::grid(3).into_iter().map(move |w| (day, w)))
    {
        let (starts, outcome) = play(&home, day, preference, &scales, &mut scheduler.clone());
        let mut expected = vec![0; home.slots];
        for (start, appliance) in starts.iter().zip(&home.appliances) {
            let Some(start) = start else { continue };
            let run = &mut expected[*start..start + appliance.duration];
            run.iter_mut().for_each(|energy| *energy += appliance.power as i64);
        }
        let household = Household { home: home.clone(), scales, preference };
        for late in [false, true] {
            let lived = lived(scheduler.clone(), &household, day, late);
            assert_eq!(lived, expected, "{preference:?}: {starts:?}");
        }
        waited += outcome.delay;
    }
    waited
}

#[test]
fn a_member_starts_its_machines_when_the_scheduler_would() {
    let (policy, days) = learned(false, Networks::Shared);
    let (scales, days) = (*policy.scales(), bare(days));
    assert!(check(&policy, scales, &days) > 100.0, "the policy lets machines wait");
    assert!(check(&Predictive::new(Later::Expected), scales, &days) > 100.0, "so does control");
    assert_eq!(check(&AsSoonAsPossible, scales, &days), 0.0);
}

#[test]
fn machines_that_were_not_learned_and_other_intervals_are_refused() {
    let (policy, _) = learned(false, Networks::Shared);
    let new = |machines: &[&[i64]], interval| {
        let even = Preference { cost: 0.4, peak: 0.3, delay: 0.3 };
        Learned::learned(policy.clone(), even, machines, interval, 0).map(|learned| learned.machines)
    };
    let said = |found: Result<Vec<usize>, Mismatch>| found.unwrap_err().to_string();
    // The dishwasher (2 200 Wh in two hours) and the car (3 700 W for three), roughly.
    assert_eq!(new(&[&[1_050, 1_050], &[3_800; 3]], 3_600), Ok(vec![3, 0]));
    assert!(said(new(&[&[1_100, 1_100], &[1_100, 1_100]], 3_600)).contains("2200 Wh in 2 intervals"));
    assert!(said(new(&[&[1_100]], 3_600)).contains("dishwasher (2200 Wh in 2)"));
    assert!(said(new(&[], 900)).contains("every 3600 s"));
}
