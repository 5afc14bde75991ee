use super::*;
use crate::home::{Appliance, Day, Series, Tariff, Usage};
use crate::rule::{Later, Predictive};
use crate::schedule::{Scheduler, play};
use proptest::prelude::*;

/// A home of up to five machines with random habits.
fn home(slots: usize) -> impl Strategy<Value = Home> {
    let appliance = (500.0..8_000.0, 1..=slots / 3, 0.3..=1.0, 0.0..1.0, 0.0..1.0, 0..slots, 0..slots)
        .prop_map(move |(power, duration, probability, first, span, patience, more)| {
            let latest = slots - duration;
            let first = (first * latest as f64) as usize;
            let last = first + (span * (latest - first) as f64) as usize;
            let usage =
                Usage { probability, requested: (first, last), patience: (patience, patience + more) };
            Appliance { name: "machine".into(), power, duration, usage }
        });
    prop::collection::vec(appliance, 1..=5).prop_map(move |appliances| Home {
        appliances,
        slots,
        hours: 24.0 / slots as f64,
        begins: 6.0,
    })
}

/// Days with panels, so that net load may be negative, and negative prices.
fn records(slots: usize) -> impl Strategy<Value = Records> {
    let slot = (-0.1..0.6, 0.0..0.3, -5_000.0..5_000.0, -5_000.0..5_000.0);
    prop::collection::vec(slot, 3 * slots).prop_map(move |rows| {
        let column = |of: fn(&(f64, f64, f64, f64)) -> f64| rows.iter().map(of).collect::<Vec<_>>();
        let (prices, feed_in) = (column(|row| row.0), column(|row| row.0 - row.1));
        let (net, expected) = (column(|row| row.2), column(|row| row.3));
        let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
        Records::new(slots, series).unwrap()
    })
}

fn case() -> impl Strategy<Value = (Home, Records, u64)> {
    prop_oneof![Just(12), Just(24), Just(96)]
        .prop_flat_map(|slots| (home(slots), records(slots), any::<u64>()))
}

const SCALES: Scales = Scales { cost: 2.0, peak: 4_000.0, delay: 5.0 };

/// What a lane saw and did, to be done again in a played day.
#[derive(Default)]
struct Replay {
    seen: Vec<(usize, usize, Vec<f32>, bool)>,
    next: usize,
    features: Option<Features>,
}

impl Scheduler for Replay {
    fn name(&self) -> &str {
        "replay"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let features = self.features.as_mut().unwrap();
        let mut row = vec![f32::NAN; features.count()];
        features.write(moment, &mut row);
        let (slot, agent, state, action) = &self.seen[self.next];
        self.next += 1;
        assert_eq!((moment.slot, moment.appliance, &row), (*slot, *agent, state));
        assert!(row.iter().all(|value| value.is_finite()));
        *action
    }
}

/// Plays random actions in some lanes; returns them with what each lane saw.
fn random_episode(homes: &mut Homes, random: &mut Random) -> Vec<Replay> {
    let Shape { lanes, features, .. } = homes.shape();
    let mut replays: Vec<_> = (0..lanes).map(|_| Replay::default()).collect();
    // Some episodes hurry, others wait.
    let eager = random.unit();
    homes.reset(random);
    let mut actions = Vec::new();
    loop {
        actions.clear();
        let Some(turn) = homes.turn() else { break };
        let (agent, due, states) = (turn.agent, turn.lanes.to_vec(), turn.states.to_vec());
        assert!(!due.is_empty() && due.is_sorted());
        for (lane, state) in due.iter().zip(states.chunks(features)) {
            let start = random.unit() < eager;
            actions.push(u8::from(start));
            replays[*lane as usize].seen.push((homes.slot(), agent, state.to_vec(), start));
        }
        homes.act(&actions);
    }
    replays
}

fn day_of(homes: &Homes, lane: usize) -> Day {
    let Series { prices, feed_in, net, expected } = homes.records.day(homes.recorded(lane));
    let requests = (0..homes.shape().agents).map(|agent| homes.request(lane, agent)).collect();
    let owned = <[f64]>::to_vec;
    Day {
        prices: owned(prices),
        feed_in: owned(feed_in),
        net: owned(net),
        expected: owned(expected),
        requests,
    }
}

fn near(found: f32, expected: f64) -> bool {
    (f64::from(found) - expected).abs() <= 1e-5 * (1.0 + expected.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_lane_collects_the_outcome_of_the_same_day_played((home, records, seed) in case()) {
        let mut random = Random::of(seed, "test");
        let mut homes = Homes::new(home.clone(), records, SCALES, FeatureSet::ALL, 3).unwrap();
        for _ in 0..2 {
            for (lane, mut replay) in random_episode(&mut homes, &mut random).into_iter().enumerate() {
                let day = day_of(&homes, lane);
                replay.features = Some(Features::new(&home, FeatureSet::ALL));
                let (starts, outcome) = play(&home, &day, ANY, &SCALES, &mut replay);
                prop_assert_eq!(replay.next, replay.seen.len());
                let started: Vec<_> = (0..home.appliances.len()).map(|agent| homes.started(lane, agent)).collect();
                prop_assert_eq!(&started, &starts);

                let mut team = [f32::NAN; 3];
                homes.collected(lane, View::Team, &mut team);
                let expected = [-outcome.cost / 2.0, -outcome.peak / 4_000.0, -outcome.delay / 5.0];
                for (found, expected) in team.into_iter().zip(expected) {
                    prop_assert!(near(found, expected), "{} {}", found, expected);
                }
                // Everybody's own cost and delay sum to those of the team; the peak is the same for all.
                let mut sum = [0.0; 3];
                for (agent, start) in starts.iter().enumerate() {
                    let mut own = [f32::NAN; 3];
                    homes.collected(lane, View::Own(agent), &mut own);
                    sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += f64::from(own));
                    prop_assert_eq!(own[1], team[1]);
                    let waited = |request: Request| (start.unwrap() - request.requested) as f64 * home.hours;
                    prop_assert!(near(own[2], -day.requests[agent].map_or(0.0, waited) / 5.0));
                }
                prop_assert!(near(team[0], sum[0]) && near(team[2], sum[2]));
            }
        }
    }
}

/// The default home under the London tariff, in lanes that are played to the end by a rule.
fn standard(lanes: usize) -> Homes {
    let home = Home::standard(1);
    let prices = Tariff::London.prices(&home, 30, 2);
    let mut random = Random::of(2, "net");
    let net: Vec<f64> = prices.iter().map(|_| 3e3 * random.unit() - 1e3).collect();
    let feed_in = crate::home::tariff::feed_in(&prices);
    let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &net };
    let records = Records::new(24, series).unwrap();
    let scales = Scales::of(&home, &records, 1).unwrap();
    Homes::new(home, records, scales, FeatureSet::ALL, lanes).unwrap()
}

fn run(homes: &mut Homes, action: u8) {
    while let Some(turn) = homes.turn() {
        let actions = vec![action; turn.lanes.len()];
        homes.act(&actions);
    }
}

#[test]
fn a_seed_fixes_everything() {
    let seen = |seed| {
        let (mut homes, mut random) = (standard(5), Random::of(seed, "lanes"));
        (0..2).flat_map(|_| random_episode(&mut homes, &mut random)).map(|lane| lane.seen).collect::<Vec<_>>()
    };
    assert_eq!(seen(1), seen(1));
    assert_ne!(seen(1), seen(2));
}

#[test]
fn starting_everything_at_once_costs_one_of_each_scale_and_no_delay() {
    let mut homes = standard(5_000);
    homes.reset(&mut Random::of(9, "lanes"));
    run(&mut homes, 1);
    let mut sum = [0.0; 3];
    for lane in 0..5_000 {
        let mut team = [0.0; 3];
        homes.collected(lane, View::Team, &mut team);
        sum.iter_mut().zip(team).for_each(|(sum, team)| *sum += f64::from(team) / 5_000.0);
    }
    // Other draws than those of the scales: 960 against 20 000 days.
    assert!((sum[0] + 1.0).abs() < 0.1 && (sum[1] + 1.0).abs() < 0.03 && sum[2] == 0.0, "{sum:?}");
}

#[test]
fn waiting_as_long_as_possible_delays_by_one_scale() {
    let mut homes = standard(5_000);
    homes.reset(&mut Random::of(9, "lanes"));
    run(&mut homes, 0);
    let delay = |lane| {
        let mut team = [0.0; 3];
        homes.collected(lane, View::Team, &mut team);
        f64::from(team[2])
    };
    let mean = (0..5_000).map(delay).sum::<f64>() / 5_000.0;
    assert!((mean + 1.0).abs() < 0.02, "{mean}");
}

#[test]
fn room_is_taken_once() {
    let mut homes = standard(64);
    let mut random = Random::of(1, "lanes");
    let room = |homes: &Homes| (homes.due.capacity(), homes.room.states.capacity());
    let before = room(&homes);
    for episode in 0..20 {
        homes.reset(&mut random);
        run(&mut homes, episode % 2);
        assert_eq!(room(&homes), before);
    }
}

#[test]
fn homes_that_cannot_be_are_refused() {
    let with = |change: fn(&mut Home)| {
        let Homes { mut home, records, scales, .. } = standard(1);
        change(&mut home);
        Homes::new(home, records, scales, FeatureSet::ALL, 1).unwrap_err().to_string()
    };
    let rows = [
        (with(|home| home.appliances.clear()), "number of appliances = 0"),
        (with(|home| home.slots = 0), "slots = 0"),
        (with(|home| home.slots = 48), "slots of the records = 24"),
        (with(|home| home.hours = 0.0), "hours = 0"),
        (with(|home| home.begins = 24.0), "begins = 24"),
        (with(|home| home.appliances[0].power = f64::NAN), "power of car = NaN"),
        (with(|home| home.appliances[0].duration = 0), "duration of car = 0"),
        (with(|home| home.appliances[0].usage.probability = 1.5), "probability of car = 1.5"),
        (with(|home| home.appliances[0].usage.requested = (3, 23)), "requested of car = (3, 23)"),
        (with(|home| home.appliances[0].usage.patience = (3, 2)), "patience of car = (3, 2)"),
    ];
    for (said, expected) in rows {
        assert!(said.contains(expected), "{said}: {expected}");
    }
}

#[test]
fn hindsight_begins_at_the_optimum_never_rises_and_ends_at_what_was_collected() {
    let lanes = 24;
    let mut homes = standard(lanes);
    let mut random = Random::of(5, "hindsight");
    let weights = [0.25_f32, 0.5, 0.25];
    let preference = Preference { cost: 0.25, peak: 0.5, delay: 0.25 };
    for _ in 0..5 {
        homes.reset(&mut random);
        let mut before: Vec<f32> = (0..lanes).map(|lane| homes.hindsight(lane, &weights)).collect();
        for (lane, best) in before.iter().enumerate() {
            let mut day = homes.records.draw(homes.recorded(lane), &homes.home, &mut random);
            day.requests = (0..homes.shape.agents).map(|agent| homes.request(lane, agent)).collect();
            let task = Task::hindsight(&homes.home, &day, &preference, &homes.scales);
            assert!((Enumeration::default().solve(&task) + f64::from(*best)).abs() < 1e-6);
        }
        while let Some(turn) = homes.turn() {
            let actions: Vec<u8> =
                turn.lanes.iter().map(|_| random.bits().is_multiple_of(3).into()).collect();
            let falls = |homes: &mut Homes, before: &mut Vec<f32>| {
                for (lane, before) in before.iter_mut().enumerate() {
                    let now = homes.hindsight(lane, &weights);
                    assert!(now <= *before + 1e-6, "lane {lane}: {now} after {before}");
                    *before = now;
                }
            };
            falls(&mut homes, &mut before);
            homes.act(&actions);
            falls(&mut homes, &mut before);
        }
        for (lane, last) in before.iter().enumerate() {
            let mut collected = [0.0; 3];
            homes.collected(lane, View::Team, &mut collected);
            let sum: f32 = collected.iter().zip(weights).map(|(reward, weight)| reward * weight).sum();
            assert!((homes.hindsight(lane, &weights) - sum).abs() < 1e-5);
            assert!(*last >= sum - 1e-5);
        }
    }
}

/// Decides as control does and compares with the outlook.
struct Compare(Outlook, Predictive, usize);

impl Scheduler for Compare {
    fn name(&self) -> &str {
        "comparison"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let [wait, start] = self.0.losses(moment);
        let starts = self.1.starts(moment);
        // Equal plans may be told apart either way.
        if (start - wait).abs() > 1e-9 {
            assert_eq!(start < wait, starts, "{:?}: {start}, {wait}", moment.preference);
            self.2 += 1;
        }
        starts
    }
}

#[test]
fn the_outlook_is_that_of_predictive_control() {
    let homes = standard(1);
    let mut random = Random::of(6, "outlook");
    let mut compare = Compare(Outlook::default(), Predictive::new(Later::Ignored), 0);
    for index in 0..homes.records.days() {
        let day = homes.records.draw(index, &homes.home, &mut random);
        for preference in Preference::grid(3) {
            play(&homes.home, &day, preference, &homes.scales, &mut compare);
        }
    }
    assert!(compare.2 > 1_000, "{} decisions", compare.2);
}
