//! The Shapley value: what a player adds, on average over all orders in which the players may come together,
//!
//! φᵢ = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
//!
//! It exists in every game and is the only division that hands out v(N), treats alike who adds alike, gives a
//! player that adds nothing nothing, and of a sum of games is the sum (Shapley 1953). In a superadditive game
//! no player gets less than alone; it need not lie in the core, in a convex game it does.
//!
//! The formula visits every coalition once, so that what is listed can be valued. Beyond, orders are drawn:
//! each with its reverse, in which who came early comes late (an antithetic pair), and the spread of the
//! pairs says how far off the mean may be (Castro, Gómez, Tejada 2009; Mitchell et al. 2022).

use super::{Coalition, Coalitions};

/// The Shapley value of each player.
#[must_use]
pub fn shapley(game: &Coalitions) -> Vec<f64> {
    let players = game.players();
    // |S|! (n − |S| − 1)! / n! = 1 / (n · C(n − 1, |S|)).
    let mut weights = vec![1.0 / players as f64; players];
    for size in 1..players {
        weights[size] = weights[size - 1] * size as f64 / (players - size) as f64;
    }
    let mut values = vec![0.0; players];
    for coalition in 0..1_u64 << players {
        let value = game.value(coalition);
        for (player, sum) in values.iter_mut().enumerate() {
            let with = coalition | 1 << player;
            if with != coalition {
                *sum += weights[coalition.count_ones() as usize] * (game.value(with) - value);
            }
        }
    }
    values
}

/// Means of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Of each player.
    pub values: Vec<f64>,
    /// Of each mean: the truth lies within two of them in 95 of 100 cases.
    pub standard_errors: Vec<f64>,
}

/// The Shapley value of each player, estimated from `pairs` orders and their reverses: at least two pairs, at
/// most 64 players. `value` is asked 2·n coalitions a pair, some of them again and again; `random` gives 64
/// random bits.
///
/// The estimates add up to v(N) as the values do.
///
/// # Panics
/// With fewer than two pairs, no players or more than 64.
#[must_use]
pub fn sampled_shapley(
    players: usize,
    mut value: impl FnMut(Coalition) -> f64,
    pairs: u32,
    mut random: impl FnMut() -> u64,
) -> Estimate {
    assert!((1..=64).contains(&players), "{players} players: 1 to 64 can be sampled");
    assert!(pairs >= 2, "a spread needs two pairs");
    let mut order: Vec<usize> = (0..players).collect();
    let mut of_pair = vec![0.0; players];
    let (mut means, mut squares) = (vec![0.0; players], vec![0.0; players]);
    for pair in 1..=pairs {
        // Fisher, Yates; the product's upper half is uniform to one part in 2⁵⁸.
        for last in (1..players).rev() {
            order.swap(last, ((u128::from(random()) * (last as u128 + 1)) >> 64) as usize);
        }
        of_pair.fill(0.0);
        for _ in 0..2 {
            let (mut coalition, mut before) = (0, 0.0);
            for player in &order {
                coalition |= 1 << player;
                let after = value(coalition);
                of_pair[*player] += (after - before) / 2.0;
                before = after;
            }
            order.reverse();
        }
        // Running means and sums of squares (Welford 1962).
        for (player, added) in of_pair.iter().enumerate() {
            let off = added - means[player];
            means[player] += off / f64::from(pair);
            squares[player] += off * (added - means[player]);
        }
    }
    let pairs = f64::from(pairs);
    let error = |squares: f64| (squares / (pairs - 1.0) / pairs).sqrt();
    Estimate { values: means, standard_errors: squares.into_iter().map(error).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::random;
    use proptest::prelude::*;

    fn close(one: &[f64], other: &[f64]) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-9)
    }

    /// Values of every coalition but the empty one.
    fn values() -> impl Strategy<Value = (usize, Vec<f64>)> {
        (1_usize..6).prop_flat_map(|players| {
            let value = (-100_i32..100).prop_map(f64::from);
            (Just(players), prop::collection::vec(value, (1 << players) - 1))
        })
    }

    fn game(players: usize, values: &[f64]) -> Coalitions {
        Coalitions::new(players, |coalition| values[coalition as usize - 1])
    }

    /// The same by its definition: every order of the players.
    fn by_orders(game: &Coalitions) -> Vec<f64> {
        /// Orders in which the rest may follow; adds to `sums` what each player adds in all of them.
        fn visit(game: &Coalitions, coalition: u64, sums: &mut [f64]) -> f64 {
            let mut orders = 0.0;
            for player in (0..game.players()).filter(|player| coalition >> player & 1 == 0) {
                let with = coalition | 1 << player;
                let follow = visit(game, with, sums);
                sums[player] += follow * (game.value(with) - game.value(coalition));
                orders += follow;
            }
            if orders == 0.0 { 1.0 } else { orders }
        }
        let mut sums = vec![0.0; game.players()];
        let orders = visit(game, 0, &mut sums);
        sums.iter().map(|sum| sum / orders).collect()
    }

    #[test]
    fn the_formula_is_the_mean_over_all_orders() {
        proptest!(|((players, values) in values())| {
            let game = game(players, &values);
            prop_assert!(close(&shapley(&game), &by_orders(&game)));
        });
    }

    #[test]
    fn efficiency_symmetry_dummy_and_additivity() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        let second = prop::collection::vec((-100_i32..100).prop_map(f64::from), 31);
        proptest!(config, |((players, values) in values(), second in second)| {
            let one = game(players, &values);
            let value = shapley(&one);
            prop_assert!((value.iter().sum::<f64>() - one.total()).abs() < 1e-9, "efficiency");
            let other = game(players, &second);
            let sum = Coalitions::new(players, |coalition| one.value(coalition) + other.value(coalition));
            let added: Vec<f64> = value.iter().zip(shapley(&other)).map(|(one, other)| one + other).collect();
            prop_assert!(close(&shapley(&sum), &added), "additivity");
            // A further player that adds what it has alone, to everybody: a dummy.
            let last = 1_u64 << players;
            let more = Coalitions::new(players + 1, |coalition| {
                one.value(coalition & (last - 1)) + if coalition & last != 0 { 7.0 } else { 0.0 }
            });
            let mut with_dummy = value.clone();
            with_dummy.push(7.0);
            prop_assert!(close(&shapley(&more), &with_dummy), "dummy");
            if players > 1 {
                // The first two are made alike: what either adds is what they add on average.
                let exchanged = |coalition: u64| coalition & !3 | coalition << 1 & 2 | coalition >> 1 & 1;
                let alike = Coalitions::new(players, |coalition| {
                    one.value(coalition) + one.value(exchanged(coalition))
                });
                let value = shapley(&alike);
                prop_assert!((value[0] - value[1]).abs() < 1e-9, "symmetry");
            }
        });
    }

    #[test]
    fn what_is_drawn_lies_within_its_error_bars() {
        // A majority of weights: what is added is 0 or 1. Who decides also does so in the reverse, so a pair
        // tells no more than one order: the error bars must know.
        let weights: Vec<u64> = (1..=10).map(|player| player * player).collect();
        let worth = |coalition: u64| {
            let weight: u64 = super::super::members(coalition).map(|player| weights[player]).sum();
            f64::from(u8::from(weight > 192))
        };
        let exact = shapley(&Coalitions::new(10, worth));
        let (mut inside, mut all) = (0, 0);
        for seed in 0..40 {
            let estimate = sampled_shapley(10, worth, 500, random(seed));
            assert!((estimate.values.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for (player, exact) in exact.iter().enumerate() {
                let error = estimate.standard_errors[player];
                assert!(error < 0.025, "{error}");
                inside += usize::from((estimate.values[player] - exact).abs() <= 2.0 * error + 1e-12);
                all += 1;
            }
        }
        // 95 of 100, give or take what 400 draws of it scatter.
        assert!((0.92..=0.98).contains(&(f64::from(inside as u32) / f64::from(all))), "{inside} of {all}");
    }

    #[test]
    fn an_antithetic_pair_is_exact_where_pairs_add_up() {
        // v(S) = |S|²: who comes k-th adds 2k − 1, and 2(n + 1 − k) − 1 in the reverse: n on average.
        let worth = |coalition: u64| f64::from(coalition.count_ones()).powi(2);
        let estimate = sampled_shapley(40, worth, 2, random(1));
        assert!(close(&estimate.values, &[40.0; 40]) && close(&estimate.standard_errors, &[0.0; 40]));
    }
}
