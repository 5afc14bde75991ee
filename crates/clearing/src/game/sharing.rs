//! Energy sharing as a generalized Nash game (Chen, Mei, Zhou, Low, Wei, Liu 2020; arXiv 1904.07829).
//!
//! I prosumers must each provide Dᵢ: what they do not produce (or save) themselves, pᵢ, they take from the
//! others, qᵢ = Dᵢ − pᵢ, at one price λ. Producing costs fᵢ(p) = gᵢ·p + ½·cᵢ·p², cᵢ > 0, within limits. Each
//! bids a number bᵢ, which promises to take qᵢ = −a·λ + bᵢ; a > 0, how strongly the price moves what is
//! taken, is the market's. The price balances it: Σq = 0, λ = Σb / (a·I). Everybody knows that and minimises
//! fᵢ(pᵢ) + λ·qᵢ over its own bid.
//!
//! The equilibrium is where all these are best at once. p is the one solution of
//!
//! min Σ fᵢ(pᵢ) + Σ (pᵢ − Dᵢ)² / (2a(I − 1)), Σp = ΣD, within the limits,
//!
//! so it exists iff the limits can provide ΣD, and is unique; λ is the row's multiplier, unique where
//! somebody is between its limits, and where all are, the mean marginal disutility Σ fᵢ'(pᵢ) / I. Everybody
//! can take nothing, so nobody who could provide for itself is worse off. The second sum is what is lost
//! because everybody holds back to move the price; it vanishes as I grows, and the cost falls towards the
//! social optimum, min Σ fᵢ(pᵢ).
//!
//! Both roads are here, so that they can be compared: the programme, and rounds of best responses, which know
//! of no programme.

/// A prosumer of the game; energies in one unit, money in another, throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prosumer {
    /// What its first unit costs, g, money per energy.
    pub linear: f64,
    /// By how much each further unit costs more, c > 0, money per energy².
    pub slope: f64,
    /// What it must provide, D.
    pub required: f64,
    /// The least and the most it can produce itself.
    pub limits: [f64; 2],
}

impl Prosumer {
    /// What producing so much costs, f.
    #[must_use]
    pub fn cost(&self, produced: f64) -> f64 {
        produced * (self.linear + self.slope / 2.0 * produced)
    }

    /// What one more would cost, f'.
    #[must_use]
    pub fn marginal(&self, produced: f64) -> f64 {
        self.linear + self.slope * produced
    }
}

/// The game.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharing {
    /// How much less each takes where the price is one higher, a > 0, energy² per money.
    pub sensitivity: f64,
    /// Two or more.
    pub prosumers: Vec<Prosumer>,
}

/// Who produces how much, and what it pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// λ, money per energy.
    pub price: f64,
    /// p, by prosumer.
    pub produced: Vec<f64>,
    /// q = D − p, taken from the others; negative when giving.
    pub taken: Vec<f64>,
    /// −(f(p) + λ·q): what each is left with, a worth.
    pub payoffs: Vec<f64>,
}

/// Where rounds of best responses have come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// The outcome of the last bids.
    pub shared: Shared,
    /// b, by prosumer.
    pub bids: Vec<f64>,
    /// Rounds it took.
    pub rounds: u32,
    /// Whether the last round left the bids where they were, to rounding.
    pub settled: bool,
}

/// A bid stands still where a round moves it by less, in parts of the largest bid.
const STILL: f64 = 1e-14;

impl Sharing {
    /// The equilibrium, as the solution of the programme. None where the limits cannot provide what is
    /// required.
    #[must_use]
    pub fn equilibrium(&self) -> Option<Shared> {
        self.assert_valid();
        let price = self.balance(1.0 / self.reach())?;
        Some(self.outcome(price, &self.at(price, 1.0 / self.reach())))
    }

    /// The social optimum: what it would be if nobody held back, each paid the common marginal cost. None as
    /// above.
    #[must_use]
    pub fn optimum(&self) -> Option<Shared> {
        self.assert_valid();
        let price = self.balance(0.0)?;
        Some(self.outcome(price, &self.at(price, 0.0)))
    }

    /// The equilibrium, as bids that each prosumer in turn makes best against the others', from bids of
    /// nothing and for at most so many rounds. Bids are all it looks at: neither the programme nor its price.
    #[must_use]
    pub fn best_response(&self, most_rounds: u32) -> Responses {
        self.assert_valid();
        let (count, reach) = (self.prosumers.len() as f64, self.reach());
        let mut bids = vec![0.0; self.prosumers.len()];
        let (mut rounds, mut settled) = (0, false);
        while rounds < most_rounds && !settled {
            rounds += 1;
            let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
            for (at, prosumer) in self.prosumers.iter().enumerate() {
                // Against B, the others' sum, taking q makes the price (q + B) / (a(I − 1)) and the cost f(p)
                // plus q times that, which is least where f'(p) = (2q + B) / (a(I − 1)).
                let others: f64 = bids.iter().sum::<f64>() - bids[at];
                let Prosumer { linear, slope, required, limits } = *prosumer;
                let best = (2.0 * required + others - reach * linear) / (reach * slope + 2.0);
                let taken = required - best.clamp(limits[0], limits[1]);
                let bid = (taken * count + others) / (count - 1.0);
                moved = moved.max((bid - bids[at]).abs());
                largest = largest.max(bid.abs());
                bids[at] = bid;
            }
            settled = moved <= STILL * largest;
        }
        let price = bids.iter().sum::<f64>() / (self.sensitivity * count);
        let taken = bids.iter().map(|bid| bid - self.sensitivity * price);
        let produced: Vec<f64> =
            self.prosumers.iter().zip(taken).map(|(prosumer, taken)| prosumer.required - taken).collect();
        Responses { shared: self.outcome(price, &produced), bids, rounds, settled }
    }

    /// −f(D): what each is left with where it provides for itself; −∞ where it cannot.
    #[must_use]
    pub fn alone(&self) -> Vec<f64> {
        let alone = |prosumer: &Prosumer| {
            let able = (prosumer.limits[0]..=prosumer.limits[1]).contains(&prosumer.required);
            if able { -prosumer.cost(prosumer.required) } else { f64::NEG_INFINITY }
        };
        self.prosumers.iter().map(alone).collect()
    }

    /// Σ f(p), what everybody's production costs together.
    #[must_use]
    pub fn cost(&self, produced: &[f64]) -> f64 {
        self.prosumers.iter().zip(produced).map(|(prosumer, produced)| prosumer.cost(*produced)).sum()
    }

    /// True payoffs in the equilibrium of what is said: first of the truth, then where `player` says it were
    /// `reported` (limits within its true ones, so that it can deliver). None where either has no
    /// equilibrium.
    #[must_use]
    pub fn misreport(&self, player: usize, reported: Prosumer) -> Option<[Vec<f64>; 2]> {
        let mut said = self.clone();
        said.prosumers[player] = reported;
        // It owes what it truly owes: what it says it must provide only decides what it takes.
        let Shared { price, produced, taken, mut payoffs } = said.equilibrium()?;
        let truth = &self.prosumers[player];
        let own = produced[player] + truth.required - reported.required;
        payoffs[player] = -(truth.cost(own) + price * taken[player]);
        Some([self.equilibrium()?.payoffs, payoffs])
    }

    /// a(I − 1).
    fn reach(&self) -> f64 {
        self.sensitivity * (self.prosumers.len() - 1) as f64
    }

    fn assert_valid(&self) {
        assert!(self.prosumers.len() >= 2, "sharing takes two");
        assert!(self.sensitivity > 0.0, "the price must move what is taken");
        for Prosumer { slope, limits, .. } in &self.prosumers {
            assert!(*slope > 0.0 && limits[0] <= limits[1], "costs are strictly convex, limits in order");
        }
    }

    /// What each produces at a price, where being off D costs `off`·(p − D)²/2 more.
    fn at(&self, price: f64, off: f64) -> Vec<f64> {
        let produced = |prosumer: &Prosumer| {
            let Prosumer { linear, slope, required, limits } = *prosumer;
            ((price - linear + off * required) / (slope + off)).clamp(limits[0], limits[1])
        };
        self.prosumers.iter().map(produced).collect()
    }

    /// The price at which what is produced is what is required. Production is made of straight pieces, from
    /// limit to limit: the piece is found by halving, the price on it by its slope.
    fn balance(&self, off: f64) -> Option<f64> {
        let required: f64 = self.prosumers.iter().map(|prosumer| prosumer.required).sum();
        let limit = |end: usize| self.prosumers.iter().map(|prosumer| prosumer.limits[end]).sum::<f64>();
        if required < limit(0) || required > limit(1) {
            return None;
        }
        // The price at which a prosumer leaves its lower limit, or comes to its upper one.
        let corner = |prosumer: &Prosumer, end: usize| {
            prosumer.linear + (prosumer.slope + off) * prosumer.limits[end] - off * prosumer.required
        };
        let mut corners: Vec<f64> = self
            .prosumers
            .iter()
            .flat_map(|prosumer| [corner(prosumer, 0), corner(prosumer, 1)])
            .filter(|corner| corner.is_finite())
            .collect();
        corners.sort_by(f64::total_cmp);
        let above = corners.partition_point(|price| self.at(*price, off).iter().sum::<f64>() < required);
        let below = above.checked_sub(1).map_or(f64::NEG_INFINITY, |at| corners[at]);
        // From there to the corner above, who is between its limits stays so.
        let (mut slope, mut fixed) = (0.0, 0.0);
        for prosumer in &self.prosumers {
            if corner(prosumer, 0) > below {
                fixed += prosumer.limits[0];
            } else if corner(prosumer, 1) <= below {
                fixed += prosumer.limits[1];
            } else {
                slope += 1.0 / (prosumer.slope + off);
                fixed += (off * prosumer.required - prosumer.linear) / (prosumer.slope + off);
            }
        }
        if slope > 0.0 {
            return Some((required - fixed) / slope);
        }
        // Everybody is at a limit: any price from the corner below to the one above will do.
        corners.get(above).or(corners.last()).copied()
    }

    fn outcome(&self, price: f64, produced: &[f64]) -> Shared {
        let rows = || self.prosumers.iter().zip(produced);
        let taken: Vec<f64> = rows().map(|(prosumer, produced)| prosumer.required - produced).collect();
        let payoff = |((prosumer, produced), taken): ((&Prosumer, &f64), &f64)| {
            -(prosumer.cost(*produced) + price * taken)
        };
        let payoffs = rows().zip(&taken).map(payoff).collect();
        Shared { price, produced: produced.to_vec(), taken, payoffs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::random;
    use proptest::prelude::*;

    fn prosumer() -> impl Strategy<Value = Prosumer> {
        let limits = prop_oneof![
            Just([f64::NEG_INFINITY, f64::INFINITY]),
            (-5.0..5.0, 0.0..10.0).prop_map(|(low, width)| [low, low + width]),
        ];
        (-5.0..10.0, 0.1..5.0, -5.0..10.0, limits).prop_map(|(linear, slope, required, limits)| Prosumer {
            linear,
            slope,
            required,
            limits,
        })
    }

    fn game() -> impl Strategy<Value = Sharing> {
        (0.1..5.0, prop::collection::vec(prosumer(), 2..12))
            .prop_map(|(sensitivity, prosumers)| Sharing { sensitivity, prosumers })
    }

    fn close(one: &[f64], other: &[f64], tolerance: f64) -> bool {
        one.iter().zip(other).all(|(one, other)| (one - other).abs() <= tolerance)
    }

    #[test]
    fn best_responses_end_where_the_programme_does() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        let solved = std::cell::Cell::new(0);
        proptest!(config, |(game in game())| {
            let Some(shared) = game.equilibrium() else {
                let all = || game.prosumers.iter();
                let sum = |end: usize| all().map(|prosumer| prosumer.limits[end]).sum::<f64>();
                let required: f64 = all().map(|prosumer| prosumer.required).sum();
                prop_assert!(required < sum(0) || required > sum(1));
                return Ok(());
            };
            solved.set(solved.get() + 1);
            prop_assert!(shared.taken.iter().sum::<f64>().abs() < 1e-9);
            let inside = |(prosumer, produced): (&Prosumer, &f64)| {
                prosumer.limits[0] <= *produced && *produced <= prosumer.limits[1]
            };
            prop_assert!(game.prosumers.iter().zip(&shared.produced).all(inside));
            let responses = game.best_response(100_000);
            prop_assert!(responses.settled);
            prop_assert!(close(&responses.shared.produced, &shared.produced, 1e-9));
            prop_assert!((responses.shared.price - shared.price).abs() <= 1e-9);
            prop_assert!(close(&responses.shared.payoffs, &shared.payoffs, 1e-7));
        });
        assert!(solved.get() > 400, "few games had an equilibrium");
    }

    #[test]
    fn nobody_gains_by_another_bid_nor_is_worse_off_than_alone() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        proptest!(config, |(game in game(), step in -3.0_f64..3.0, player in 0_usize..12)| {
            let Some(shared) = game.equilibrium() else { return Ok(()) };
            let count = game.prosumers.len() as f64;
            let player = player % game.prosumers.len();
            let bids: Vec<f64> =
                shared.taken.iter().map(|taken| taken + game.sensitivity * shared.price).collect();
            let price: f64 = (bids.iter().sum::<f64>() + step) / (game.sensitivity * count);
            let taken = bids[player] + step - game.sensitivity * price;
            let prosumer = &game.prosumers[player];
            let produced = prosumer.required - taken;
            if (prosumer.limits[0]..=prosumer.limits[1]).contains(&produced) {
                let payoff = -(prosumer.cost(produced) + price * taken);
                prop_assert!(payoff <= shared.payoffs[player] + 1e-9);
            }
            for (payoff, alone) in shared.payoffs.iter().zip(game.alone()) {
                prop_assert!(*payoff >= alone - 1e-9);
            }
            let free = |(prosumer, produced): (&Prosumer, &f64)| {
                prosumer.limits[0] < *produced && *produced < prosumer.limits[1]
            };
            if game.prosumers.iter().zip(&shared.produced).all(free) {
                let marginal = game.prosumers.iter().zip(&shared.produced);
                let marginal = marginal.map(|(prosumer, produced)| prosumer.marginal(*produced));
                prop_assert!((marginal.sum::<f64>() / count - shared.price).abs() < 1e-9);
            }
            let least = game.optimum().unwrap();
            prop_assert!(game.cost(&least.produced) <= game.cost(&shared.produced) + 1e-9);
            // The more the price moves what is taken, the less it pays to hold back.
            let livelier = Sharing { sensitivity: 2.0 * game.sensitivity, ..game.clone() };
            let livelier = livelier.equilibrium().unwrap();
            prop_assert!(game.cost(&livelier.produced) <= game.cost(&shared.produced) + 1e-9);
        });
    }

    #[test]
    fn the_cost_falls_towards_the_social_optimum_as_more_take_part() {
        let mut random = random(11);
        let mut between = |low: f64, high: f64| low + (high - low) * (random() >> 11) as f64 / 2_f64.powi(53);
        let mut last = f64::INFINITY;
        for count in [2, 4, 8, 16, 32, 64, 128, 200] {
            let mut excess = 0.0;
            for _ in 0..200 {
                let mut prosumer = || Prosumer {
                    linear: between(0.0, 2.0),
                    slope: between(0.5, 2.0),
                    required: between(1.0, 10.0),
                    limits: [0.0, 20.0],
                };
                let prosumers = (0..count).map(|_| prosumer()).collect();
                let game = Sharing { sensitivity: 1.0, prosumers };
                let [shared, best] = [game.equilibrium(), game.optimum()].map(|shared| shared.unwrap());
                let ratio = game.cost(&shared.produced) / game.cost(&best.produced);
                assert!(ratio >= 1.0 - 1e-12, "{ratio}");
                excess += (ratio - 1.0) / 200.0;
            }
            println!("{count} prosumers: {:.5} % above the optimum", 100.0 * excess);
            assert!(excess < last, "{count}: {excess} after {last}");
            last = excess;
        }
        assert!(last < 1e-5);
    }

    #[test]
    fn a_market_that_cannot_provide_has_no_equilibrium_and_one_that_just_can_has() {
        let prosumer = Prosumer { linear: 1.0, slope: 1.0, required: 3.0, limits: [0.0, 3.0] };
        let mut game = Sharing { sensitivity: 1.0, prosumers: vec![prosumer; 3] };
        let shared = game.equilibrium().unwrap();
        assert_eq!((shared.produced, shared.price), (vec![3.0; 3], 4.0));
        game.prosumers[0].required = 3.5;
        assert_eq!(game.equilibrium(), None);
    }

    #[test]
    fn a_false_report_is_paid_for_at_true_costs() {
        let prosumer = |slope: f64| Prosumer { linear: 0.0, slope, required: 4.0, limits: [0.0, 20.0] };
        let game = Sharing { sensitivity: 1.0, prosumers: vec![prosumer(1.0), prosumer(3.0)] };
        let [before, after] = game.misreport(0, prosumer(1.0)).unwrap();
        assert_eq!(before, after);
        // Said to be as dear as the other, the first produces 4 and takes nothing: 8 instead of 16/3.
        let [before, after] = game.misreport(0, prosumer(3.0)).unwrap();
        assert!(close(&before, &[-16.0 / 3.0, -176.0 / 9.0], 1e-12), "{before:?}");
        assert!(close(&after, &[-8.0, -24.0], 1e-12), "{after:?}");
    }
}
