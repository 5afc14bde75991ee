//! Games of `cases/game/`, and what one concept says about another.

use crate::cases::{json, root};
use clearing::game::{
    Coalitions, Concept, Member, Prosumer, Sharing, Stackelberg, least_core, members, nucleolus, shapley,
};
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(found: &[f64], expected: &Value, what: &str) {
    let expected = numbers(expected);
    let close = found.len() == expected.len()
        && found.iter().zip(&expected).all(|(one, other)| (one - other).abs() <= 1e-9);
    assert!(close, "{what}: {found:?}, not {expected:?}");
}

/// The games of an input, and what each user's own runway costs where it is an airport.
fn games(input: &Value) -> (Vec<Coalitions>, Option<Vec<f64>>) {
    if let Some(values) = input["values"].as_object() {
        let players = values.keys().map(String::len).max().unwrap();
        let name =
            |coalition: u64| members(coalition).map(|player| (player + 1).to_string()).collect::<String>();
        return (
            vec![Coalitions::new(players, |coalition| values[&name(coalition)].as_f64().unwrap())],
            None,
        );
    }
    if input["airport"].is_array() {
        let costs = numbers(&input["airport"]);
        let saved = |coalition: u64| {
            let costs = || members(coalition).map(|player| costs[player]);
            costs().sum::<f64>() - costs().fold(0.0, f64::max)
        };
        return (vec![Coalitions::new(costs.len(), saved)], Some(costs));
    }
    let claims = numbers(&input["claims"]);
    let left = |estate: f64| {
        let claims = &claims;
        let others = move |coalition: u64| -> f64 {
            (0..claims.len()).filter(|player| coalition >> player & 1 == 0).map(|player| claims[player]).sum()
        };
        Coalitions::new(claims.len(), |coalition| (estate - others(coalition)).max(0.0))
    };
    (numbers(&input["estates"]).into_iter().map(left).collect(), None)
}

fn check_coalitions(input: &Value, expected: &Value) {
    let (games, airport) = games(input);
    for (at, game) in games.iter().enumerate() {
        for concept in Concept::ALL {
            let payoffs = concept.payoffs(game).unwrap();
            let fees =
                airport.as_ref().map(|costs| costs.iter().zip(&payoffs).map(|(cost, payoff)| cost - payoff));
            if let Some(fees) = fees
                && let Some(expected) = expected.get(format!("{}_fees", concept.name()))
            {
                close(&fees.collect::<Vec<_>>(), expected, concept.name());
            }
            match expected.get(concept.name()) {
                Some(all) if games.len() > 1 => close(&payoffs, &all[at], concept.name()),
                Some(expected) => close(&payoffs, expected, concept.name()),
                None => {}
            }
        }
        if let Some(least) = expected["least_excess"].as_f64() {
            assert!((least_core(game).unwrap().excess - least).abs() <= 1e-9);
        }
        let gaps = [("superadditive", game.superadditivity_gap()), ("convex", game.convexity_gap())];
        for (name, gap) in gaps {
            if let Some(expected) = expected[name].as_bool() {
                assert_eq!(gap <= 1e-9, expected, "{name}: {gap}");
            }
        }
    }
}

fn check_sharing(input: &Value, expected: &Value) {
    let prosumer = |row: &Value| {
        let [linear, slope, required, low, high] = numbers(row)[..] else { panic!("{row}") };
        Prosumer { linear, slope, required, limits: [low, high] }
    };
    let game = Sharing {
        sensitivity: input["sensitivity"].as_f64().unwrap(),
        prosumers: input["prosumers"].as_array().unwrap().iter().map(prosumer).collect(),
    };
    let responses = game.best_response(10_000);
    assert!(responses.settled);
    close(&responses.bids, &expected["bids"], "bids");
    for shared in [game.equilibrium().unwrap(), responses.shared] {
        assert!((shared.price - expected["price"].as_f64().unwrap()).abs() <= 1e-9);
        close(&shared.produced, &expected["produced"], "produced");
        close(&shared.payoffs, &expected["payoffs"], "payoffs");
        assert!((game.cost(&shared.produced) - expected["cost"].as_f64().unwrap()).abs() <= 1e-9);
    }
    close(&game.alone(), &expected["alone"], "alone");
    let least = game.cost(&game.optimum().unwrap().produced);
    assert!((least - expected["least_cost"].as_f64().unwrap()).abs() <= 1e-9);
}

fn check_led(input: &Value, expected: &Value) {
    let member = |row: &Value| {
        let [worth, fall, most, generation] = numbers(row)[..] else { panic!("{row}") };
        Member { worth, fall, most, generation }
    };
    let game = Stackelberg {
        members: input["members"].as_array().unwrap().iter().map(member).collect(),
        import: input["import"].as_f64().unwrap(),
        export: input["export"].as_f64().unwrap(),
    };
    let led = game.equilibrium();
    let prices = serde_json::json!([expected["buy"], expected["sell"], expected["profit"]]);
    close(&[led.buy, led.sell, led.profit], &prices, "prices and profit");
    let closed = game.closed_form().unwrap();
    close(&[closed[0], closed[1], led.profit], &prices, "the closed form");
    close(&led.consumed, &expected["consumed"], "consumed");
    close(&led.payoffs, &expected["payoffs"], "payoffs");
    close(&game.alone(), &expected["alone"], "alone");
}

#[test]
fn games_worked_by_hand_or_published() {
    let mut cases = 0;
    let entries = std::fs::read_dir(root().join("cases/game")).unwrap();
    for folder in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        println!("{}", folder.display());
        assert!(folder.join("README.md").is_file());
        let (input, expected) = (json(&folder.join("input.json")), json(&folder.join("expected.json")));
        if input["prosumers"].is_array() {
            check_sharing(&input, &expected);
        } else if input["members"].is_array() {
            check_led(&input, &expected);
        } else {
            check_coalitions(&input, &expected);
        }
        cases += 1;
    }
    assert_eq!(cases, 7);
}

#[test]
fn convex_games_have_shapley_value_and_nucleolus_in_the_core() {
    // A convex game: each set of players is worth something to whoever contains it (Shapley 1971).
    let parts = prop::collection::vec((1_u64..64, 0_u32..20), 1..20);
    let alone = prop::collection::vec(-20_i32..20, 6);
    proptest!(|(parts in parts, alone in alone)| {
        let game = Coalitions::new(6, |coalition| {
            let held = parts.iter().filter(|(part, _)| coalition & part == *part);
            let own: i32 = members(coalition).map(|player| alone[player]).sum();
            f64::from(held.map(|(_, worth)| *worth).sum::<u32>()) + f64::from(own)
        });
        prop_assert!(game.convexity_gap() < 1e-9 && game.superadditivity_gap() < 1e-9);
        prop_assert!(game.in_core(&shapley(&game), 1e-9));
        prop_assert!(game.in_core(&nucleolus(&game).unwrap(), 1e-9));
    });
}

#[test]
fn nobody_is_worse_off_than_alone_where_acting_together_never_costs() {
    // What a coalition is worth is the best it can do in parts of any worth: superadditive.
    let values = prop::collection::vec(-20_i32..20, 32);
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(500));
    proptest!(config, |(values in values)| {
        let mut best: Vec<i32> = values.clone();
        best[0] = 0;
        for whole in 1..32_usize {
            let parts = (1..whole).filter(|part| part & whole == *part);
            best[whole] = parts.map(|part| best[part] + best[whole ^ part]).fold(best[whole], i32::max);
        }
        let game = Coalitions::new(5, |coalition| f64::from(best[coalition as usize]));
        prop_assert!(game.superadditivity_gap() == 0.0);
        for concept in [Concept::Bargaining, Concept::Shapley, Concept::Nucleolus] {
            let payoffs = concept.payoffs(&game).unwrap();
            prop_assert!((payoffs.iter().sum::<f64>() - game.total()).abs() < 1e-9);
            for (payoff, alone) in payoffs.iter().zip(game.alone()) {
                prop_assert!(*payoff >= alone - 1e-9, "{}: {payoffs:?}", concept.name());
            }
        }
    });
}
