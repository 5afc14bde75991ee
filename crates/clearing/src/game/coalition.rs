//! Games in coalitions with transferable utility: what every set of players is worth by itself, v(S), v(∅) =
//! 0 (von Neumann, Morgenstern 1944).
//!
//! A payoff x divides v(N). What a coalition misses is its excess, e(S) = v(S) − x(S); the *core* is where
//! nobody misses anything. It may be empty. A game is
//!
//! - *superadditive* where v(S ∪ T) ≥ v(S) + v(T) for disjoint S, T: acting together never costs; then no
//!   Shapley value is below what a player is worth alone;
//! - *convex* where v(S ∪ T) + v(S ∩ T) ≥ v(S) + v(T): a player adds more the more are there; then the core
//!   is not empty and holds the Shapley value (Shapley 1971).

/// A set of players: bit i is player i.
pub type Coalition = u64;

/// Players for whom every coalition is listed.
pub const MAX_LISTED: usize = 20;

/// A game, every coalition listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Coalitions {
    players: usize,
    values: Vec<f64>,
}

impl Coalitions {
    /// The game in which a coalition is worth `value`, which is asked for every coalition but the empty one.
    ///
    /// # Panics
    /// With no players or more than [`MAX_LISTED`], or where a value is not finite.
    #[must_use]
    pub fn new(players: usize, mut value: impl FnMut(Coalition) -> f64) -> Self {
        assert!((1..=MAX_LISTED).contains(&players), "{players} players: 1 to {MAX_LISTED} can be listed");
        let values: Vec<f64> = (0..1_u64 << players)
            .map(|coalition| if coalition == 0 { 0.0 } else { value(coalition) })
            .collect();
        assert!(values.iter().all(|value| value.is_finite()), "a coalition's value is not finite");
        Self { players, values }
    }

    /// How many play.
    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    /// What a coalition is worth.
    #[must_use]
    pub fn value(&self, coalition: Coalition) -> f64 {
        self.values[coalition as usize]
    }

    /// What all are worth together, v(N).
    #[must_use]
    pub fn total(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    /// What each is worth alone.
    #[must_use]
    pub fn alone(&self) -> Vec<f64> {
        (0..self.players).map(|player| self.values[1 << player]).collect()
    }

    /// By how much two disjoint coalitions are at most better off apart: at most 0 in a superadditive game.
    #[must_use]
    pub fn superadditivity_gap(&self) -> f64 {
        let mut gap = 0.0_f64;
        for whole in 1..self.values.len() {
            // Every split of the whole, the part without its lowest player first: each is met once.
            let rest = whole & (whole - 1);
            let mut part = rest;
            while part > 0 {
                gap = gap.max(self.values[part] + self.values[whole ^ part] - self.values[whole]);
                part = (part - 1) & rest;
            }
        }
        gap
    }

    /// By how much a player adds at most less where one other is there already: 0 in a convex game.
    #[must_use]
    pub fn convexity_gap(&self) -> f64 {
        let mut gap = 0.0_f64;
        for (coalition, value) in self.values.iter().enumerate() {
            for one in (0..self.players).map(|player| 1 << player).filter(|one| coalition & one == 0) {
                for other in
                    (0..self.players).map(|player| 1 << player).filter(|other| coalition & other == 0)
                {
                    if one < other {
                        let [with_one, with_other] = [one, other].map(|with| self.values[coalition | with]);
                        gap = gap.max(with_one + with_other - self.values[coalition | one | other] - value);
                    }
                }
            }
        }
        gap
    }

    /// By how much a coalition at most loses where a player joins: 0 in a monotone game.
    #[must_use]
    pub fn monotonicity_gap(&self) -> f64 {
        let joined = |coalition: usize, player: usize| self.values[coalition | 1 << player];
        let losses = self.values.iter().enumerate().flat_map(|(coalition, value)| {
            (0..self.players).map(move |player| value - joined(coalition, player))
        });
        losses.fold(0.0, f64::max)
    }

    /// The coalition that misses most under these payoffs, of all but nobody and everybody, and how much: the
    /// largest v(S) − x(S), negative where every coalition gets more than it is worth. None for a single
    /// player.
    #[must_use]
    pub fn greatest_excess(&self, payoffs: &[f64]) -> Option<(Coalition, f64)> {
        let sums = sums(payoffs);
        let proper = 1..self.values.len() - 1;
        let excesses = proper.map(|coalition| (coalition as u64, self.values[coalition] - sums[coalition]));
        excesses.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))
    }

    /// Whether these payoffs divide v(N) and leave no coalition short by more than `tolerance`.
    #[must_use]
    pub fn in_core(&self, payoffs: &[f64], tolerance: f64) -> bool {
        let shared: f64 = payoffs.iter().sum();
        (shared - self.total()).abs() <= tolerance
            && self.greatest_excess(payoffs).is_none_or(|(_, excess)| excess <= tolerance)
    }
}

/// The players of a coalition, from the first.
pub fn members(coalition: Coalition) -> impl Iterator<Item = usize> {
    let mut left = coalition;
    std::iter::from_fn(move || {
        let player = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(player)
    })
}

/// What every coalition gets, by coalition.
pub(crate) fn sums(payoffs: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; 1 << payoffs.len()];
    for coalition in 1..sums.len() {
        let first = coalition.trailing_zeros() as usize;
        sums[coalition] = sums[coalition & (coalition - 1)] + payoffs[first];
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_name_what_a_game_is_not() {
        // Values of 1, 2, 12, 3, 13, 23, 123; gaps of superadditivity, convexity, monotonicity.
        let rows: [([f64; 7], [f64; 3]); 5] = [
            ([0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 3.0], [0.0, 0.0, 0.0]),
            // Two of three suffice: superadditive, not convex (1 adds 1 to {2}, nothing to {2, 3}).
            ([0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0]),
            // 2 and 3 are worth 4 and 1 apart, 4 together.
            ([0.0, 4.0, 4.0, 1.0, 1.0, 4.0, 5.0], [1.0, 1.0, 0.0]),
            // 3 costs whoever takes it in.
            ([1.0, 1.0, 2.0, -1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
            ([0.0; 7], [0.0; 3]),
        ];
        for (values, gaps) in rows {
            let game = Coalitions::new(3, |coalition| values[coalition as usize - 1]);
            let found = [game.superadditivity_gap(), game.convexity_gap(), game.monotonicity_gap()];
            assert_eq!(found, gaps, "{values:?}");
        }
    }

    #[test]
    fn the_core_is_where_nobody_misses_anything() {
        let majority = Coalitions::new(3, |coalition| f64::from(u8::from(coalition.count_ones() > 1)));
        let third = 1.0 / 3.0;
        let (coalition, excess) = majority.greatest_excess(&[third; 3]).unwrap();
        assert_eq!(coalition, 0b011);
        assert!((excess - third).abs() < 1e-15);
        assert!(!majority.in_core(&[third; 3], 1e-9));
        let all = Coalitions::new(3, |coalition| f64::from(u8::from(coalition == 7)));
        assert!(all.in_core(&[0.2, 0.3, 0.5], 1e-9));
        assert!(!all.in_core(&[-0.1, 0.6, 0.5], 1e-9));
        // Shares of more than there is are no payoff.
        assert!(!all.in_core(&[0.5; 3], 1e-9));
        assert!(Coalitions::new(1, |_| 2.0).in_core(&[2.0], 0.0));
    }
}
