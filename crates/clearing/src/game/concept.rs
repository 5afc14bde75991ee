//! The ways to divide what a coalition game is worth, as one list.

use super::{Coalitions, bargain, least_core, nucleolus, shapley};

/// A way to divide v(N).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concept {
    /// Nash bargaining among all with equal power: each an equal part of the gain over acting alone.
    Bargaining,
    /// What each adds on average.
    Shapley,
    /// The coalition that misses most misses least, then the second, and so on.
    Nucleolus,
    /// A point at which the coalition that misses most misses least.
    LeastCore,
}

impl Concept {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bargaining, Self::Shapley, Self::Nucleolus, Self::LeastCore];

    /// As it is written in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bargaining => "bargaining",
            Self::Shapley => "shapley",
            Self::Nucleolus => "nucleolus",
            Self::LeastCore => "least_core",
        }
    }

    /// What each player gets. None where there is no such division: bargaining and the nucleolus need players
    /// who together have at least what they have apart, the least core two of them.
    #[must_use]
    pub fn payoffs(self, game: &Coalitions) -> Option<Vec<f64>> {
        match self {
            Self::Bargaining => bargain(game.total(), &game.alone(), &vec![1.0; game.players()]),
            Self::Shapley => Some(shapley(game)),
            Self::Nucleolus => nucleolus(game),
            Self::LeastCore => least_core(game).map(|point| point.payoffs),
        }
    }

    /// True payoffs where everybody tells the truth, and where somebody does not. What is `said` decides the
    /// plan and its division; `kept[i]` is what i's part of that plan is worth to it in truth beyond what it
    /// is worth as said: more than 0 for costs it said and does not have. Both sum to what the two plans are
    /// truly worth. None as above.
    #[must_use]
    pub fn misreport(self, truth: &Coalitions, said: &Coalitions, kept: &[f64]) -> Option<[Vec<f64>; 2]> {
        assert!(
            truth.players() == said.players() && truth.players() == kept.len(),
            "one game, the same players"
        );
        let mut after = self.payoffs(said)?;
        after.iter_mut().zip(kept).for_each(|(payoff, kept)| *payoff += kept);
        Some([self.payoffs(truth)?, after])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 produces a unit at 2, which 2 and 3 value at 10 and 9; where 1 says that it costs 6, all gains are
    /// counted from 6.
    #[test]
    fn a_false_cost_moves_payoffs_as_the_concept_has_it() {
        let game = |cost: f64| {
            Coalitions::new(3, |coalition| {
                let worth = if coalition & 2 != 0 {
                    10.0
                } else if coalition & 4 != 0 {
                    9.0
                } else {
                    0.0_f64
                };
                if coalition & 1 != 0 { (worth - cost).max(0.0) } else { 0.0 }
            })
        };
        let (truth, said) = (game(2.0), game(6.0));
        let kept = [4.0, 0.0, 0.0];
        // By hand. Bargaining: 8/3 each; 4/3 each of 4, and 4 kept. Shapley: in the six orders 1 adds 0, 0,
        // 8, 8, 7, 8, 2 adds 8, 1, 0, 0, 1, 0 and 3 adds 0, 7, 0, 0, 0, 0; with 4 and 3 for 8 and 7 as said.
        // The core has 1 between 7 and 8 (3 and 4 as said) and 2 with the rest: its middle is the nucleolus,
        // and nothing is gained.
        let expected = [
            (Concept::Bargaining, [8.0 / 3.0, 8.0 / 3.0, 8.0 / 3.0], [16.0 / 3.0, 4.0 / 3.0, 4.0 / 3.0]),
            (Concept::Shapley, [5.0 + 1.0 / 6.0, 5.0 / 3.0, 7.0 / 6.0], [4.0 + 2.5, 1.0, 0.5]),
            (Concept::Nucleolus, [7.5, 0.5, 0.0], [7.5, 0.5, 0.0]),
        ];
        for (concept, before, after) in expected {
            let found = concept.misreport(&truth, &said, &kept).unwrap();
            for (found, expected) in found.iter().zip([before, after]) {
                assert!(
                    found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-12),
                    "{concept:?} {found:?}"
                );
            }
        }
        for concept in Concept::ALL {
            let sums =
                concept.misreport(&truth, &said, &kept).unwrap().map(|payoffs| payoffs.iter().sum::<f64>());
            assert!(
                sums.iter().all(|sum| (sum - 8.0).abs() < 1e-12),
                "the plan is the same: {}",
                concept.name()
            );
        }
    }
}
