//! The nucleolus: of all payoffs that divide v(N) and give nobody less than alone, those whose excesses, in
//! falling order, come first in the dictionary. First the coalition that misses most misses as little as
//! possible, then the second, and so on (Schmeidler 1969).
//!
//! It exists iff the players have at least as much together as apart, Σ v({i}) ≤ v(N), and is unique. It lies
//! in the core where that is not empty.
//!
//! A sequence of at most n − 1 programmes (Kopelowitz 1967; Maschler, Peleg, Shapley 1979): each makes the
//! open coalitions miss as little as possible; those that miss so much under every solution are settled, and
//! with them every combination of theirs, so that each programme settles at least one independent coalition
//! and n of them decide the payoffs.

use super::rows::{Gains, Settled, least, most_missing};
use super::{Coalition, Coalitions};

/// The nucleolus. None where the players have more alone than together.
#[must_use]
pub fn nucleolus(game: &Coalitions) -> Option<Vec<f64>> {
    let most_missing = |payoffs: &[f64], settled: &Settled| most_missing(game, payoffs, settled);
    nucleolus_by_rows(game.players(), |coalition| game.value(coalition), most_missing)
}

/// The same for up to 64 players whose coalitions are too many to list: `value` of one, and an oracle that
/// names, for payoffs, the coalition that misses most of those whose payoffs are not settled.
///
/// It is as right as the oracle. None also where rounding kept a programme from an end.
#[must_use]
pub fn nucleolus_by_rows(
    players: usize,
    value: impl Fn(Coalition) -> f64,
    mut most_missing: impl FnMut(&[f64], &Settled) -> Option<Coalition>,
) -> Option<Vec<f64>> {
    let gains = Gains::new(players, value);
    let total = gains.of(gains.everybody());
    let (mut settled, mut rows) = (Settled::new(players, total), Vec::new());
    // A single player has no coalition to compare itself with.
    let mut payoffs = gains.alone.clone();
    // Each round settles a coalition; where rounding hides every dual value, going on would not end.
    for _ in 1..players {
        if settled.complete() {
            break;
        }
        let least = least(&gains, true, &settled, &mut rows, &mut most_missing)?;
        for coalition in least.binding {
            // Rounding must not take it out of what floors and the total allow.
            settled.settle(coalition, (gains.of(coalition) - least.excess).clamp(0.0, total.max(0.0)));
        }
        payoffs = least.payoffs;
    }
    settled.complete().then_some(payoffs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::{climbing, least_core, least_core_by_rows, members, random, sampled_least_core, sums};
    use crate::simplex::{Programme, Status};
    use proptest::prelude::*;

    fn close(one: &[f64], other: &[f64], tolerance: f64) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() < tolerance)
    }

    /// Games of small integers, full of ties; every second with more for all than any of them may ask.
    fn games() -> impl Strategy<Value = Coalitions> {
        let rows = (2_usize..6, 1_i32..12).prop_flat_map(|(players, size)| {
            let value = (-size..=size).prop_map(f64::from);
            (Just(players), prop::collection::vec(value, 1 << players), prop_oneof![Just(0), Just(4 * size)])
        });
        rows.prop_map(|(players, values, more)| {
            Coalitions::new(players, |coalition| {
                let all = coalition.count_ones() as usize == players;
                values[coalition as usize] + f64::from(if all { more } else { 0 })
            })
        })
    }

    /// Every coalition a column of one programme, without an oracle.
    fn least_excess(game: &Coalitions) -> f64 {
        let players = game.players();
        let mut right = vec![0.0; players];
        right.push(1.0);
        let mut dual = Programme::new(&right);
        let all = (1_u64 << players) - 1;
        for coalition in 1..all {
            let entries = members(coalition).map(|player| (player, 1.0)).chain([(players, 1.0)]);
            dual.column(game.value(coalition), f64::INFINITY, entries);
        }
        for sign in [1.0, -1.0] {
            dual.column(sign * game.total(), f64::INFINITY, (0..players).map(|player| (player, sign)));
        }
        assert_eq!(dual.solve(), Status::Optimal);
        dual.value()
    }

    /// Excesses of all coalitions but nobody and everybody, in falling order.
    fn excesses(game: &Coalitions, payoffs: &[f64]) -> Vec<f64> {
        let sums = sums(payoffs);
        let proper = 1..sums.len() - 1;
        let mut excesses: Vec<f64> = proper.map(|at| game.value(at as u64) - sums[at]).collect();
        excesses.sort_by(|one, other| other.total_cmp(one));
        excesses
    }

    /// Kohlberg 1971: whatever is missed at most, the coalitions that miss so much or more, together with
    /// players at their floor, cover everybody alike with weights, all above 0 but those of players.
    fn balanced(game: &Coalitions, payoffs: &[f64], tolerance: f64) -> bool {
        let (players, alone, sums) = (game.players(), game.alone(), sums(payoffs));
        let excess = |coalition: u64| game.value(coalition) - sums[coalition as usize];
        let mut levels = excesses(game, payoffs);
        levels.dedup_by(|next, last| *last - *next <= tolerance);
        levels.into_iter().all(|level| {
            let missing =
                (1..(1 << players) - 1).filter(|coalition| excess(*coalition) >= level - 2.0 * tolerance);
            let missing: Vec<u64> = missing.collect();
            // Weights 1 + t, t ≥ 0, that add up to μ for everybody.
            let weight =
                |player: usize| missing.iter().filter(|coalition| **coalition >> player & 1 == 1).count();
            let right: Vec<f64> = (0..players).map(|player| -(weight(player) as f64)).collect();
            let mut cover = Programme::new(&right);
            for coalition in &missing {
                cover.column(0.0, f64::INFINITY, members(*coalition).map(|player| (player, 1.0)));
            }
            for player in (0..players).filter(|player| payoffs[*player] <= alone[*player] + tolerance) {
                cover.column(0.0, f64::INFINITY, [(player, 1.0)]);
            }
            cover.column(0.0, f64::INFINITY, (0..players).map(|player| (player, -1.0)));
            cover.solve() == Status::Optimal
        })
    }

    #[test]
    fn the_oracle_finds_the_least_excess_of_all_rows() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(2_000));
        proptest!(config, |(game in games())| {
            let found = least_core(&game).unwrap();
            prop_assert!((found.excess - least_excess(&game)).abs() < 1e-9);
            let (_, most) = game.greatest_excess(&found.payoffs).unwrap();
            prop_assert!((most - found.excess).abs() < 1e-9);
            prop_assert!((found.payoffs.iter().sum::<f64>() - game.total()).abs() < 1e-9);
            prop_assert_eq!(game.in_core(&found.payoffs, 1e-9), found.excess <= 1e-9);
            let sums = sums(&found.payoffs);
            for coalition in found.binding {
                prop_assert!((game.value(coalition) - sums[coalition as usize] - found.excess).abs() < 1e-9);
            }
        });
    }

    #[test]
    fn no_other_division_comes_first_in_the_dictionary() {
        let others = prop::collection::vec(prop::collection::vec(1_u32..100, 5), 8);
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(2_000));
        let found = std::cell::Cell::new(0);
        proptest!(config, |(game in games(), others in others, step in 0_i32..12)| {
            let alone = game.alone();
            let gain = game.total() - alone.iter().sum::<f64>();
            let Some(payoffs) = nucleolus(&game) else {
                prop_assert!(gain < 0.0, "there is one where all have no less than apart");
                return Ok(());
            };
            found.set(found.get() + 1);
            prop_assert!((payoffs.iter().sum::<f64>() - game.total()).abs() < 1e-9);
            prop_assert!(payoffs.iter().zip(&alone).all(|(payoff, alone)| *payoff >= alone - 1e-9));
            let best = excesses(&game, &payoffs);
            for other in others {
                // Some way towards another division of the gain.
                let sum: u32 = other[..alone.len()].iter().sum();
                let part = |player: usize| gain * f64::from(other[player]) / f64::from(sum);
                let towards = 0.5_f64.powi(step);
                let mix = |player: usize| {
                    (1.0 - towards) * payoffs[player] + towards * (alone[player] + part(player))
                };
                let mixed: Vec<f64> = (0..alone.len()).map(mix).collect();
                let others = excesses(&game, &mixed);
                let first = best.iter().zip(&others).find(|(best, other)| (*best - *other).abs() > 1e-9);
                prop_assert!(first.is_none_or(|(best, other)| best < other), "{payoffs:?} {mixed:?}");
            }
        });
        assert!(found.get() > 500, "few games had a nucleolus");
    }

    #[test]
    fn who_misses_most_is_balanced_at_every_level() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        proptest!(config, |(game in games(), moved in any::<bool>())| {
            let Some(mut payoffs) = nucleolus(&game) else { return Ok(()) };
            let (players, alone) = (game.players(), game.alone());
            let most = (0..players).max_by(|one, other| {
                (payoffs[*one] - alone[*one]).total_cmp(&(payoffs[*other] - alone[*other]))
            });
            let most = most.unwrap();
            let moved = moved && payoffs[most] - alone[most] > 0.2;
            if moved {
                payoffs[most] -= 0.1;
                payoffs[(most + 1) % players] += 0.1;
            }
            prop_assert_eq!(balanced(&game, &payoffs, 1e-9), !moved, "{:?}", payoffs);
        });
    }

    #[test]
    fn games_of_many_kinds_have_the_nucleolus_they_should() {
        for (players, seed) in (2..=9).flat_map(|players| (0..6).map(move |seed| (players, seed))) {
            let mut random = random(seed * 100 + players as u64);
            let mut draw = || (random() >> 11) as f64 / 2_f64.powi(53) - 0.5;
            let one: Vec<[f64; 4]> = (0..players).map(|_| [0; 4].map(|_| draw())).collect();
            let noise: Vec<f64> = (0..1 << players).map(|_| draw()).collect();
            let sum = |coalition: u64, of: &dyn Fn(&[f64; 4]) -> f64| -> f64 {
                members(coalition).map(|player| of(&one[player])).sum()
            };
            let size = |coalition: u64| f64::from(coalition.count_ones());
            let kinds: [(&str, &dyn Fn(u64) -> f64); 7] = [
                // Hours in which some have what others lack.
                ("market", &|coalition| {
                    let shared = |hour: usize| {
                        let [over, lack] =
                            [1.0, -1.0].map(|sign| sum(coalition, &|net| (sign * net[hour]).max(0.0)));
                        over.min(lack)
                    };
                    (0..4).map(shared).sum()
                }),
                ("market on top of large costs", &|coalition| {
                    let [over, lack] =
                        [1.0, -1.0].map(|sign| sum(coalition, &|net| (sign * net[0]).max(0.0)));
                    over.min(lack) - sum(coalition, &|net| 1e5 * (1.0 + net[1].abs()))
                }),
                ("noise", &|coalition| size(coalition).powi(2) + noise[coalition as usize]),
                ("majority", &|coalition| {
                    f64::from(u8::from(
                        sum(coalition, &|net| net[0].abs())
                            > sum((1 << players) - 1, &|net| net[0].abs()) / 2.0,
                    ))
                }),
                ("nothing to gain", &|coalition| sum(coalition, &|net| net[0])),
                ("everybody or nothing", &|coalition| f64::from(u8::from(coalition + 1 == 1 << players))),
                ("pairs", &|coalition| (size(coalition) / 2.0).floor()),
            ];
            for (kind, value) in kinds {
                let game = Coalitions::new(players, value);
                let payoffs = nucleolus(&game);
                let Some(payoffs) = payoffs else { panic!("{kind} of {players}, seed {seed}: none") };
                let scale = if kind == "market on top of large costs" { 1e-7 } else { 1e-9 };
                assert!(balanced(&game, &payoffs, scale), "{kind} of {players}, seed {seed}: {payoffs:?}");
                let excess = least_core(&game).unwrap().excess;
                assert!(
                    (excess - least_excess(&game)).abs() < scale,
                    "{kind} of {players}, seed {seed}: {excess}"
                );
            }
        }
    }

    #[test]
    fn names_scale_and_what_one_has_alone_change_nothing_else() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        let alone = prop::collection::vec(-1e6..1e6, 5);
        proptest!(config, |(game in games(), alone in alone, factor in 0.01..100.0)| {
            let players = game.players();
            let all = (1 << players) - 1;
            let turned = |coalition: u64| (coalition >> 1 | coalition << (players - 1)) & all;
            let own = |coalition: u64| members(coalition).map(|player| alone[player]).sum::<f64>();
            let value = |coalition: u64| factor * game.value(turned(coalition)) + own(coalition);
            let other = Coalitions::new(players, value);
            match (nucleolus(&game), nucleolus(&other)) {
                (Some(one), Some(other)) => {
                    let expected = (0..players).map(|player| {
                        factor * one[(player + players - 1) % players] + alone[player]
                    });
                    prop_assert!(close(&other, &expected.collect::<Vec<_>>(), 1e-6), "{one:?} {other:?}");
                }
                (None, None) => {}
                (one, other) => prop_assert!(false, "{one:?} {other:?}"),
            }
        });
    }

    #[test]
    fn floors_that_bind_hold_beside_large_worths() {
        let values = [0, 0, 2, 0, 0, 1, 0, -2, -1, -1, 0, 0, 0, 0, 0, 2].map(f64::from);
        let alone =
            [963_426.568_825_811_1, -457_545.647_858_751_7, -309_228.954_347_760_2, 576_596.481_016_718];
        let turned = |coalition: u64| (coalition >> 1 | coalition << 3) & 15;
        let own = |coalition: u64| members(coalition).map(|player| alone[player]).sum::<f64>();
        let factor = 1.869_887_070_955_408_7;
        let value = |coalition: u64| factor * values[turned(coalition) as usize] + own(coalition);
        let game = Coalitions::new(4, value);
        // Without the worths it is 0, 2, 1, −1: all but one are at their floors.
        let expected = [-1.0, 0.0, 2.0, 1.0].iter().zip(alone).map(|(one, alone)| factor * one + alone);
        assert!(close(&nucleolus(&game).unwrap(), &expected.collect::<Vec<_>>(), 1e-6));
    }

    /// An airport of so many users: a coalition saves what its members' own runways cost beyond the longest
    /// of them.
    fn airport(costs: &[f64]) -> impl Fn(u64) -> f64 {
        |coalition| {
            let costs = || members(coalition).map(|player| costs[player]);
            costs().sum::<f64>() - costs().fold(0.0, f64::max)
        }
    }

    /// Littlechild 1974: the nucleolus of an airport's costs, smallest users first. Of those not yet served,
    /// the first so many pay alike, as little as any cut of them leaves.
    fn littlechild(costs: &[f64]) -> Vec<f64> {
        let (mut paid, mut fees) = (0.0, Vec::new());
        while fees.len() < costs.len() {
            let first = fees.len();
            let left = costs.len() - first;
            // Cuts after k of them leave somebody to pay the rest, so k + 1 share; all of them share by
            // themselves.
            let share =
                |k: usize| (costs[first + k - 1] - paid) / if k < left { k as f64 + 1.0 } else { k as f64 };
            let k = (1..=left).rev().min_by(|one, other| share(*one).total_cmp(&share(*other))).unwrap();
            let fee = share(k);
            fees.extend(std::iter::repeat_n(fee, k));
            paid += fee * k as f64;
        }
        fees
    }

    #[test]
    fn airports_of_any_size_pay_as_littlechild_says() {
        for players in [2, 3, 5, 8, 12, 14] {
            let mut random = random(players as u64);
            let mut costs: Vec<f64> = (0..players).map(|_| (random() % 40 + 1) as f64).collect();
            costs.sort_by(f64::total_cmp);
            let payoffs = nucleolus(&Coalitions::new(players, airport(&costs))).unwrap();
            let fees: Vec<f64> = costs.iter().zip(&payoffs).map(|(cost, payoff)| cost - payoff).collect();
            assert!(close(&fees, &littlechild(&costs), 1e-9), "{fees:?} {:?}", littlechild(&costs));
        }
    }

    #[test]
    fn a_climbing_oracle_finds_what_listing_finds() {
        let mut costs: Vec<f64> = (1..=30).map(|player| f64::from(player * player % 37 + 1)).collect();
        costs.sort_by(f64::total_cmp);
        let value = airport(&costs);
        let payoffs = nucleolus_by_rows(30, &value, climbing(30, &value, 20, random(3))).unwrap();
        let fees: Vec<f64> = costs.iter().zip(&payoffs).map(|(cost, payoff)| cost - payoff).collect();
        assert!(close(&fees, &littlechild(&costs), 1e-9), "{fees:?} {:?}", littlechild(&costs));
        // Members who share energy in some hours.
        let mut draw = random(7);
        let net: Vec<[f64; 6]> =
            (0..12).map(|_| [0; 6].map(|_| (draw() % 2_001) as f64 / 1_000.0 - 1.0)).collect();
        let shared = |coalition: u64| {
            let hour = |hour: usize| {
                let net = |sign: f64| {
                    members(coalition).map(|player| (sign * net[player][hour]).max(0.0)).sum::<f64>()
                };
                net(1.0).min(net(-1.0))
            };
            (0..6).map(hour).sum()
        };
        let exact = nucleolus(&Coalitions::new(12, shared)).unwrap();
        let climbed = nucleolus_by_rows(12, shared, climbing(12, shared, 20, random(5))).unwrap();
        assert!(close(&climbed, &exact, 1e-9), "{climbed:?} {exact:?}");
        let least = least_core_by_rows(30, &value, climbing(30, &value, 20, random(4))).unwrap();
        let first =
            costs.iter().zip(&payoffs).map(|(cost, payoff)| payoff - cost).fold(f64::NEG_INFINITY, f64::max);
        assert!(least.excess <= first + 1e-9 && least.excess < 0.0);
    }

    #[test]
    fn a_sample_says_what_part_of_all_it_overlooks() {
        // Weighted majorities with a bonus: many coalitions bind.
        let weight = |coalition: u64| members(coalition).map(|player| player as f64 + 1.0).sum::<f64>();
        let value = |coalition: u64| if weight(coalition) > 60.0 { weight(coalition) } else { 0.0 };
        let exact = least_core(&Coalitions::new(12, value)).unwrap();
        let mut last = f64::NEG_INFINITY;
        for samples in [30, 300, 3_000] {
            let sampled = sampled_least_core(12, value, samples, random(9)).unwrap();
            assert!(
                sampled.least_core.excess <= exact.excess + 1e-9 && sampled.least_core.excess >= last - 1e-9
            );
            last = sampled.least_core.excess;
            // All coalitions tell what the second sample estimates.
            let game = Coalitions::new(12, value);
            let over = excesses(&game, &sampled.least_core.payoffs);
            let over = over.iter().filter(|excess| **excess > sampled.least_core.excess + 1e-6).count();
            let truth = over as f64 / 4_094.0;
            let error = sampled.standard_error.max(1.0 / f64::from(samples));
            assert!((sampled.overlooked - truth).abs() <= 3.0 * error, "{} {truth}", sampled.overlooked);
        }
        assert!((last - exact.excess).abs() < 0.05 * exact.excess.abs().max(1.0), "{last} {}", exact.excess);
        assert_eq!(sampled_least_core(12, value, 0, random(9)), None);
    }
}
