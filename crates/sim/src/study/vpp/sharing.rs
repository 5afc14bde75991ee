//! The energy-sharing game: members bid for energy of each other, q = −a λ + b, and trade with the wholesale market too.
//!
//! Chen, Zhao, Low and Mei 2020 (arXiv 1904.07829), one game per step, tied together by what members can do over the
//! day. In step t member i gets qᵢₜ = −a λₜ + bᵢₜ from the pool (gives where negative) and pays λₜ qᵢₜ; λₜ is where Σᵢ qᵢₜ = 0.
//! Each chooses its bids bᵢ, its schedule and its own wholesale trades so that it pays least, knowing the others' bids:
//! a generalized Nash game. Given them, λₜ = (qᵢₜ + Σⱼ bⱼₜ) / (a (I − 1)), so that its marginal value of energy is
//! λₜ + qᵢₜ / (a (I − 1)); these are the optimality conditions of one convex programme,
//!
//! min Σᵢ costᵢ + Σᵢₜ qᵢₜ² / (2 a (I − 1)), Σᵢ qᵢₜ = 0,
//!
//! whose dual prices are the λₜ. The square is no disutility: it is how far each holds back because it moves the price.
//! An equilibrium exists and its qᵢₜ are unique (the programme is feasible, bounded and strictly convex in them); λₜ is too
//! wherever some member's marginal value is one number, and else may lie anywhere between the wholesale market's prices.
//! Nobody is worse off than alone, which is the answer qᵢ = 0.

use super::StudyError;
use super::coalition::{Plant, balance, exchange};
use super::player::Place;
use agents::linear::{Programme, Row, Solution, Variable};

/// An equilibrium.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// Per member, what it earns with its reported costs.
    pub payoffs: Vec<f64>,
    /// Per member, true costs.
    pub costs: Vec<f64>,
    /// Per member and step, what it gets from the pool, kWh; given where negative.
    pub shared: Vec<Vec<f64>>,
    /// Per step, the price of the pool, in the currency per kWh.
    pub prices: Vec<f64>,
}

/// A member with its own door to the wholesale market and one to the pool.
struct Member {
    place: Place,
    exchanges: Vec<[Variable; 2]>,
    shared: Vec<Variable>,
}

impl Member {
    fn join(plant: &Plant, programme: &mut Programme, number: usize, report: f64, weight: f64) -> Self {
        let mut place = plant.players[number].join(programme, plant.steps(), report);
        let (mut exchanges, mut shared) = (Vec::new(), Vec::new());
        for (step, offer) in plant.prices.iter().enumerate() {
            let [bought, sold] = exchange(programme, *offer);
            let got = programme.variable(0.0, f64::NEG_INFINITY, f64::INFINITY);
            programme.square(got, weight);
            let others = [(bought, 1.0), (sold, -1.0), (got, 1.0)];
            balance(programme, step, std::slice::from_mut(&mut place), &others);
            exchanges.push([bought, sold]);
            shared.push(got);
        }
        Self { place, exchanges, shared }
    }

    /// What it earns outside the pool, its costs told as `report` times the true ones.
    fn earned(&self, plant: &Plant, solution: &Solution, report: f64) -> f64 {
        let trades = self.exchanges.iter().zip(&plant.prices).map(|([bought, sold], offer)| {
            offer.export * solution.of(*sold) - offer.import * solution.of(*bought)
        });
        trades.sum::<f64>() + self.place.worth(solution) - report * self.place.cost(solution)
    }
}

impl Plant {
    /// How much a bid moves: a, kWh per (currency per kWh). Chosen so that the largest member, selling all it can give,
    /// moves the price by a fifth of the distance between the wholesale market's prices.
    #[must_use]
    pub fn sensitivity(&self) -> f64 {
        let most = self.players.iter().map(|player| player.capacity).fold(1.0, f64::max);
        let spread = self.prices.iter().map(|offer| offer.import - offer.export).sum::<f64>();
        let distance = (spread / self.steps().max(1) as f64).max(1e-4);
        5.0 * most / (distance * self.others())
    }

    /// I − 1, at least 1.
    fn others(&self) -> f64 {
        (self.players.len() as f64 - 1.0).max(1.0)
    }

    /// The equilibrium of the game, by its programme.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn share(&self, report: &[f64]) -> Result<Sharing, StudyError> {
        let weight = 1.0 / (self.sensitivity() * self.others());
        let mut programme = Programme::default();
        let members: Vec<Member> = (0..self.players.len())
            .map(|number| Member::join(self, &mut programme, number, report[number], weight))
            .collect();
        let pools: Vec<Row> = (0..self.steps())
            .map(|step| {
                let terms: Vec<_> = members.iter().map(|member| (member.shared[step], 1.0)).collect();
                programme.row(&terms, 0.0)
            })
            .collect();
        let solution = self.solve(&programme, self.everybody())?;
        // Energy that fell into the pool would be worth its price to everybody.
        let prices: Vec<f64> = pools.iter().map(|row| -solution.price(*row)).collect();
        let shared: Vec<Vec<f64>> = (members.iter())
            .map(|member| member.shared.iter().map(|got| solution.of(*got)).collect())
            .collect();
        let payoff = |(number, member): (usize, &Member)| {
            let paid: f64 = shared[number].iter().zip(&prices).map(|(got, price)| got * price).sum();
            member.earned(self, &solution, report[number]) - paid
        };
        Ok(Sharing {
            payoffs: members.iter().enumerate().map(payoff).collect(),
            costs: members.iter().map(|member| member.place.cost(&solution)).collect(),
            shared,
            prices,
        })
    }

    /// A member's best answer when the others' bids in step t add up to `others[t]`: what it earns, and what it gets from
    /// the pool in each step.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn answer(&self, number: usize, others: &[f64]) -> Result<(f64, Vec<f64>), StudyError> {
        let slope = 1.0 / (self.sensitivity() * self.others());
        let mut programme = Programme::default();
        // It pays q λ(q) = (q² + q Σⱼ bⱼ) / (a (I − 1)).
        let member = Member::join(self, &mut programme, number, 1.0, 2.0 * slope);
        for (got, others) in member.shared.iter().zip(others) {
            programme.reprice(*got, slope * others);
        }
        let solution = self.solve(&programme, 1 << number)?;
        let shared = member.shared.iter().map(|got| solution.of(*got)).collect();
        Ok((-solution.cost(), shared))
    }

    /// The game as it would be played: one member after the other answers the bids of the rest, beginning with nobody
    /// sharing anything, until nothing shared moves and the pool misses nothing by more than `still` kWh. Gives what each gets in each step, and the
    /// rounds it took; nothing for the rounds where it did not come to rest.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn bid(&self, still: f64, most: u32) -> Result<(Vec<Vec<f64>>, Option<u32>), StudyError> {
        let (count, steps, a) = (self.players.len(), self.steps(), self.sensitivity());
        let mut shared = vec![vec![0.0; steps]; count];
        // The first price is the market's middle: b = q + a λ with q = 0.
        let bid: Vec<f64> = self.prices.iter().map(|offer| a * offer.middle()).collect();
        let mut bids = vec![bid; count];
        for round in 1..=most {
            let mut moved = 0.0_f64;
            for number in 0..count {
                let others: Vec<f64> = (0..steps)
                    .map(|step| bids.iter().map(|bid| bid[step]).sum::<f64>() - bids[number][step])
                    .collect();
                let (_, answer) = self.answer(number, &others)?;
                for step in 0..steps {
                    moved = moved.max((answer[step] - shared[number][step]).abs());
                    let price = (answer[step] + others[step]) / (a * self.others());
                    bids[number][step] = answer[step] + a * price;
                }
                shared[number] = answer;
            }
            let missing = (0..steps).map(|step| shared.iter().map(|got| got[step]).sum::<f64>().abs());
            if missing.fold(moved, f64::max) <= still {
                return Ok((shared, Some(round)));
            }
        }
        Ok((shared, None))
    }
}
