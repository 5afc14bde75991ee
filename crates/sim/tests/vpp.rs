//! The virtual power plant as a game: a case by hand, and what must hold for the scenario that comes with the program.

use agents::device::{Battery, BatteryDescription, Load, Photovoltaic};
use agents::{Device, Series};
use market::{Carrier, Money};
use sim::Scenario;
use sim::scenario::Overrides;
use sim::study::vpp::{ACCURACY, Concept, Offer, Plant, Player, Question, Study, StudyError, cost};
use std::sync::OnceLock;

fn close(one: f64, other: f64, within: f64) -> bool {
    (one - other).abs() <= within
}

fn scenario() -> Scenario {
    Scenario::load("vpp", &Overrides::default()).unwrap()
}

fn question() -> Question {
    let players =
        ["Solar park", "River mill", "Mountain lake", "Battery", "Car club", "Waterworks"].map(String::from);
    Question { day: 1, days: 1, players: players.into(), lies: vec![-0.5, 0.25], seed: 11 }
}

/// Six players of the scenario, on its second day.
fn study() -> &'static Study {
    static STUDY: OnceLock<Study> = OnceLock::new();
    STUDY.get_or_init(|| Study::of(&scenario(), &question(), &mut |_| ()).unwrap())
}

/// The rows of a table with a heading.
fn rows(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().skip(1);
    rows.map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn two_players_over_two_hours_as_worked_by_hand() {
    let hours = rows(include_str!("../../../cases/vpp/two_players/input.csv"));
    let number = |text: &String| text.parse::<f64>().unwrap();
    let prices: Vec<Offer> =
        hours.iter().map(|hour| Offer { import: number(&hour[0]), export: number(&hour[1]) }).collect();
    let series = |column: usize, divisor: i32| {
        let values: Vec<i32> =
            hours.iter().map(|hour| hour[column].parse::<i32>().unwrap() / divisor).collect();
        Series::new(values.into(), 0)
    };
    // 10 kWp at W/kWp: Wh an hour.
    let roof = Photovoltaic::new(10_000, 10_000, series(2, 10), 3_600).unwrap();
    let battery = BatteryDescription {
        capacity_wh: 5_000,
        power_w: 5_000,
        charge_efficiency: 1.0,
        discharge_efficiency: 1.0,
        self_discharge_per_day: 0.0,
        minimum_charge: 0.0,
        initial_charge: 0.0,
        degradation_cost: 0,
    };
    let house = [
        Device::Load(Load::new(Carrier::Electricity, series(3, 1)).unwrap()),
        Device::Battery(Battery::new(battery, 3_600).unwrap()),
    ];
    let player = |name: &str, devices: Vec<Device>| {
        Player::of((name, ""), &devices.into_iter().collect(), 0..2, &prices).unwrap()
    };
    let players = vec![player("roof", vec![Device::Photovoltaic(roof)]), player("house", house.into())];
    let study = Study::of_plant(Plant { players, prices }, (3_600_000, 3_600), &[], 1, &mut |_| ()).unwrap();

    for row in rows(include_str!("../../../cases/vpp/two_players/expected.csv")) {
        let expected = [number(&row[1]), number(&row[2]), number(&row[3])];
        let found = match Concept::ALL.into_iter().find(|concept| concept.name() == row[0]) {
            Some(concept) => {
                let outcome = study.outcome(concept);
                [outcome.payoffs[0], outcome.payoffs[1], outcome.operator]
            }
            None => [study.game.alone()[0], study.game.alone()[1], 0.0],
        };
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(close(found, expected, ACCURACY), "{}: {found} is not {expected}", row[0]);
        }
    }
    let prices = &study.optimum.prices;
    assert!(close(prices[0], 0.10, 1e-6) && close(prices[1], 0.20, 1e-6), "{prices:?}");
    // Moving the price a little, they share a little less: between alone and together.
    let shared = study.outcome(Concept::Sharing);
    assert!(shared.total() > -1.036 + 1.0 && shared.total() <= 0.664 + ACCURACY, "{}", shared.total());
}

#[test]
fn cooperating_never_costs_and_is_worth_something() {
    let study = study();
    assert!(study.is_superadditive(), "{}", study.game.superadditivity_gap());
    assert_eq!(study.pairs(), 301); // (3⁶ − 2⁷ + 1) / 2
    assert!(study.game.total() > study.all_alone() + 1.0);
}

#[test]
fn nobody_is_worse_off_and_all_together_are_better_off() {
    let study = study();
    for outcome in &study.outcomes {
        let name = outcome.concept.name();
        assert_eq!(study.worse_off(outcome), 0, "{name}");
        assert!(outcome.operator >= -ACCURACY, "{name}");
        assert!(outcome.total() <= study.game.total() + ACCURACY, "{name}: more than there is");
        assert!(outcome.total() > study.all_alone() + 1.0, "{name}: {}", outcome.total());
    }
    for concept in
        [Concept::DualPrices, Concept::Bargaining, Concept::Shapley, Concept::Nucleolus, Concept::LeastCore]
    {
        let total = study.outcome(concept).total();
        assert!(close(total, study.game.total(), ACCURACY), "{} shares {total}", concept.name());
    }
    // Equal parts of the gain.
    let gains: Vec<f64> = (study.outcome(Concept::Bargaining).payoffs.iter())
        .zip(study.game.alone())
        .map(|(payoff, alone)| payoff - alone)
        .collect();
    assert!(gains.iter().all(|gain| close(*gain, gains[0], 1e-9)), "{gains:?}");
}

#[test]
fn prices_inside_lie_between_the_wholesale_prices_and_the_core_holds_them() {
    let study = study();
    for (price, offer) in study.optimum.prices.iter().zip(&study.plant.prices) {
        assert!(*price >= offer.export - 1e-6 && *price <= offer.import + 1e-6, "{price} {offer:?}");
    }
    for concept in [Concept::DualPrices, Concept::Nucleolus, Concept::LeastCore] {
        assert!(study.outcome(concept).in_core(), "{}", concept.name());
    }
    let shared: f64 = study.outcome(Concept::Sharing).payoffs.iter().sum();
    assert!(shared > 0.98 * study.game.total(), "holding back costs little: {shared}");
}

#[test]
fn a_player_alone_does_what_can_be_worked_out_without_a_programme() {
    let (scenario, study) = (scenario(), study());
    let range = 24..48;
    for (player, value) in study.plant.players.iter().zip(study.game.alone()) {
        let member = scenario.members.iter().find(|member| member.name == player.name).unwrap();
        let devices: agents::Devices = member.devices.iter().cloned().collect();
        let unit = match player.name.as_str() {
            "Solar park" => cost::SUN,
            "River mill" => cost::WATER,
            "Waterworks" => 0.0,
            _ => continue,
        };
        // Sun and river are sold wherever that pays; demand is bought.
        let step = |(step, offer): (i64, &Offer)| {
            let ([demand, ..], [made, ..]) = devices.exogenous(step);
            made as f64 / 1e3 * (offer.export - unit).max(0.0) - demand as f64 / 1e3 * offer.import
        };
        let by_hand: f64 = range.clone().zip(&study.plant.prices).map(step).sum();
        assert!(close(value, by_hand, ACCURACY), "{}: {value} is not {by_hand}", player.name);
    }
}

#[test]
fn bidding_comes_to_rest_where_the_programme_says() {
    let plant = &study().plant;
    let shared = plant.share(&vec![1.0; plant.players.len()]).unwrap();
    let (bid, rounds) = plant.bid(0.1, 500).unwrap();
    assert!(rounds.is_some(), "no rest");
    for (bid, shared) in bid.iter().flatten().zip(shared.shared.iter().flatten()) {
        assert!(close(*bid, *shared, 1.0), "{bid} kWh against {shared}");
    }
    // Nobody does better by another answer to the others' bids: b = q + a λ.
    let a = plant.sensitivity();
    for (player, payoff) in shared.payoffs.iter().enumerate() {
        let others = |step: usize| -> f64 {
            let others = (0..plant.players.len()).filter(|other| *other != player);
            others.map(|other| shared.shared[other][step] + a * shared.prices[step]).sum()
        };
        let (best, _) = plant.answer(player, &(0..plant.steps()).map(others).collect::<Vec<_>>()).unwrap();
        assert!(close(best, *payoff, 10.0 * ACCURACY), "{}: {best} > {payoff}", plant.players[player].name);
    }
}

#[test]
fn whoever_lies_about_costs_is_seen_or_wins_nothing() {
    let study = study();
    assert!(study.lies.len() >= 8, "{}", study.lies.len());
    for lie in &study.lies {
        let name = &study.plant.players[lie.player].name;
        for gain in &lie.gains {
            let wins = gain.liar > ACCURACY;
            assert!(!wins || lie.is_detected(), "{name} tells {:+} unseen: {gain:?}", lie.by);
            assert!(lie.on_average(gain) <= 1e-3, "{name} tells {:+} and it pays: {gain:?}", lie.by);
        }
        assert!(lie.acting >= 0.0);
    }
    // Who tells the truth is never suspected.
    for player in 0..study.plant.players.len() {
        let verdict = study.plant.audit(player, (1.0, 1.0), &study.optimum.prices).unwrap();
        assert!(!verdict.detects(), "{} {verdict:?}", study.plant.players[player].name);
    }
}

#[test]
fn whoever_delivers_less_pays_more_than_it_had_for_it() {
    let study = study();
    assert!(study.shortfalls.len() >= 5);
    for short in &study.shortfalls {
        let name = &study.plant.players[short.player].name;
        // Sold at the price inside, to the last n€.
        let earned: i128 = (study.optimum.schedules[short.player].iter().zip(&study.optimum.prices))
            .map(|(kwh, price)| {
                let energy = (kwh.max(0.0) * 1e3).round() as i128;
                energy * (price * 1e6).round() as i128
            })
            .sum();
        assert_eq!(short.honest, Money(earned), "{name}");
        assert!(
            short.penalty > Money::ZERO && short.cheating < short.honest - short.penalty,
            "{name} {short:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_study() {
    let question = Question { players: question().players[..3].to_vec(), lies: vec![0.1], ..question() };
    let again = || {
        let study = Study::of(&scenario(), &question, &mut |_| ()).unwrap();
        format!("{:?} {:?} {:?} {:?}", study.game, study.outcomes, study.lies, study.shortfalls)
    };
    assert!(again() == again());
}

#[test]
fn impossible_questions_are_named() {
    let check = |scenario: &str, change: fn(&mut Question), expected: &str| {
        let mut question = Question { days: 1, ..Question::default() };
        change(&mut question);
        let scenario = Scenario::load(scenario, &Overrides::default()).unwrap();
        let error: StudyError = Plant::of(&scenario, &question).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("vpp", |question| question.day = 7, "day 8 is not in the scenario, which has 7");
    check(
        "vpp",
        |question| question.players = vec!["Solar".into()],
        "no member `Solar`: choose among Solar park,",
    );
    check("vpp", |question| question.players = vec!["Battery".into()], "1 players: a game needs at least 2");
    check("village", |_| (), "players: a game needs at least 2, and 2ⁿ coalitions are solved for at most 10");
    let family = |question: &mut Question| {
        question.players = ["Family Berger", "Family Adeyemi"].map(String::from).into();
    };
    check("village", family, "`Family Berger` has a heat pump, which this study does not know");
}
