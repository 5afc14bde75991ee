//! What members agree on by themselves: the alternating direction method of multipliers with reciprocal
//! trades.
//!
//! Bid i says x_ij, what it would take from offer j, offer j says y_ij, what it would give; λ_ij is the price
//! of their trade. In every round each order answers for itself, z being the middle of what both said last:
//!
//! - bid: greatest V(Σx) − Σ(λ + charge − premium)·x − ρ/2·Σ(x − z)², x ≥ 0, Σx ≤ Q; offers alike;
//! - z moves to (x + y)/2 and λ by ρ·(x − y)/2, both a little further.
//!
//! Nobody says more than what it would trade with whom (Sorin, Bobo, Pinson 2019; the method: Boyd et al.
//! 2011). An order's answer is exact: with μ the value of its last Wh, x_j = (z_j + (μ − c_j)/ρ)⁺, and μ is
//! where these add up to what it wants at μ. That sum is convex in μ and made of straight pieces, so Newton's
//! method from above ends on it.
//!
//! Energies are measured in the largest order, prices in the span of all limits. ρ follows the residuals.

use market::Side;
use market::rule::{Line, Pairs};

/// When to give up.
const ROUNDS: u32 = 2_000;
/// How closely both ends of every trade must agree, in parts of the largest order.
const ENERGY_TOLERANCE: f64 = 1e-6;
/// How still the prices must stand, n€/Wh.
const PRICE_TOLERANCE: f64 = 0.25;
/// ρ is doubled or halved where one residual is so many times the other, every so many rounds.
const IMBALANCE: f64 = 3.0;
const EVERY: u32 = 30;
/// Steps longer than the method's own, which saves a third of the rounds (Boyd et al. 2011, 3.4.3).
const RELAXATION: f64 = 1.6;

/// Where the members are after the last round.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// Energy of each trade, Wh, bid by bid: the middle of what both ends say.
    pub trades: Vec<f64>,
    /// What the last Wh is worth to each bid, and costs each offer, n€/Wh.
    pub prices: [Vec<f64>; 2],
    /// Rounds it took.
    pub rounds: u32,
    /// Whether the ends of every trade agree and prices stand still, to the tolerance.
    pub reached: bool,
}

/// Lets the orders of a book find a consensus.
#[must_use]
pub fn consensus(pairs: &Pairs) -> Consensus {
    let lines = Side::ALL.map(|side| pairs.lines(side).collect::<Vec<_>>());
    let [bids, offers] = [lines[0].len(), lines[1].len()];
    let all = || lines.iter().flatten();
    let energy_unit = all().map(|line| line.energy.0).max().unwrap_or(1) as f64;
    let ends = || all().flat_map(|line| [line.limit, line.at(line.energy)]).map(|price| price.0);
    let price_unit = (ends().max().unwrap_or(0) - ends().min().unwrap_or(0) + 1) as f64;
    let agents =
        lines.map(|lines| lines.iter().map(|line| Agent::new(line, energy_unit, price_unit)).collect());
    let [buyers, sellers]: [Vec<Agent>; 2] = agents;

    // What a Wh costs beside its price: the charge, less the premium, to the buyer; less the premium to the
    // seller.
    let cells = || (0..bids).flat_map(|bid| (0..offers).map(move |offer| (bid, offer)));
    let table = |cost: &dyn Fn(usize, usize) -> i64| -> Vec<f64> {
        cells().map(|(bid, offer)| cost(bid, offer) as f64 / price_unit).collect()
    };
    let to_buyer = table(&|bid, offer| (pairs.charge(bid, offer) - pairs.premium(Side::Buy, bid, offer)).0);
    let to_seller = table(&|bid, offer| -pairs.premium(Side::Sell, bid, offer).0);

    let size = bids * offers;
    let (mut said, mut given, mut middle) = (vec![0.0; size], vec![0.0; size], vec![0.0; size]);
    let mut price: Vec<f64> = table(&|bid, offer| {
        let (bid, offer) = (buyers[bid].limit, -sellers[offer].limit);
        ((bid + offer) / 2.0 * price_unit) as i64
    });
    let (mut buyer_levels, mut seller_levels) = (vec![0.0; bids], vec![0.0; offers]);
    let mut scratch = Vec::with_capacity(bids.max(offers));
    let mut rho = 1.0;
    let (mut rounds, mut reached) = (0, false);
    while rounds < ROUNDS && !reached {
        rounds += 1;
        for (bid, agent) in buyers.iter().enumerate() {
            let row = bid * offers..(bid + 1) * offers;
            scratch.clear();
            scratch.extend(row.clone().map(|cell| (price[cell] + to_buyer[cell]) / rho - middle[cell]));
            let level = agent.level(&scratch, rho);
            buyer_levels[bid] = level;
            for (cell, threshold) in row.zip(&scratch) {
                said[cell] = (level / rho - threshold).max(0.0);
            }
        }
        for (offer, agent) in sellers.iter().enumerate() {
            let column = (offer..size).step_by(offers);
            scratch.clear();
            scratch.extend(column.clone().map(|cell| (to_seller[cell] - price[cell]) / rho - middle[cell]));
            let level = agent.level(&scratch, rho);
            seller_levels[offer] = level;
            for (cell, threshold) in column.zip(&scratch) {
                given[cell] = (level / rho - threshold).max(0.0);
            }
        }
        let (mut apart, mut moved) = (0.0_f64, 0.0_f64);
        for cell in 0..size {
            let (one, other) = (said[cell], given[cell]);
            price[cell] += RELAXATION * rho * (one - other) / 2.0;
            apart = apart.max((one - other).abs());
            let step = RELAXATION * ((one + other) / 2.0 - middle[cell]);
            moved = moved.max(rho * step.abs());
            middle[cell] += step;
        }
        reached = apart <= ENERGY_TOLERANCE && moved * price_unit <= PRICE_TOLERANCE;
        if rounds % EVERY == 0 {
            if apart > IMBALANCE * moved {
                rho *= 2.0;
            } else if moved > IMBALANCE * apart {
                rho /= 2.0;
            }
        }
    }
    let scaled = |levels: Vec<f64>, unit: f64| levels.into_iter().map(|level| level * unit).collect();
    Consensus {
        trades: scaled(middle, energy_unit),
        prices: [scaled(buyer_levels, price_unit), scaled(seller_levels, -price_unit)],
        rounds,
        reached,
    }
}

/// An order in the units of the method; an offer's prices are negated, so that both sides want more for less.
#[derive(Clone, Copy, Debug)]
struct Agent {
    limit: f64,
    fall: f64,
    energy: f64,
}

impl Agent {
    fn new(line: &Line, energy_unit: f64, price_unit: f64) -> Self {
        let sign = if line.side == Side::Buy { 1.0 } else { -1.0 };
        Self {
            limit: sign * line.limit.0 as f64 / price_unit,
            fall: line.fall.0 as f64 / price_unit,
            energy: line.energy.0 as f64 / energy_unit,
        }
    }

    /// The value of its last Wh: where Σ(μ/ρ − threshold)⁺ is what it wants at μ.
    fn level(&self, thresholds: &[f64], rho: f64) -> f64 {
        let Self { limit, fall, energy } = *self;
        let sum =
            |level: f64| thresholds.iter().map(|threshold| (level / rho - threshold).max(0.0)).sum::<f64>();
        let last = limit - fall;
        if sum(last) >= energy {
            return newton(thresholds, rho, 0.0, energy, last);
        }
        if fall > 0.0 {
            return newton(thresholds, rho, energy / fall, limit * energy / fall, limit);
        }
        limit
    }
}

/// Where Σ(μ/ρ − threshold)⁺ + slope·μ = target, from a μ above it.
fn newton(thresholds: &[f64], rho: f64, slope: f64, target: f64, above: f64) -> f64 {
    let (mut level, mut last) = (above, usize::MAX);
    loop {
        let (mut count, mut sum) = (0, 0.0);
        for threshold in thresholds {
            let active = *threshold * rho < level;
            count += usize::from(active);
            sum += if active { *threshold } else { 0.0 };
        }
        // The pieces above the root only ever go out: as soon as none does, the root is exact.
        if count >= last || (count == 0 && slope == 0.0) {
            return level;
        }
        last = count;
        level = (target + sum) / (count as f64 / rho + slope);
    }
}
