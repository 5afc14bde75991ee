//! Stackelberg: the operator sets internal prices, members respond, the operator nets what they want.
//!
//! The operator offers to sell at m + θ s and to buy at m − θ s, where m is the middle of the wholesale market's prices, s
//! half their distance, and 0 ≤ θ ≤ 1, one θ for the day. Each member responds as it would to any market; the operator
//! trades the rest with the wholesale market and keeps what is left. At θ = 1 members do what they do alone and the
//! operator earns the netting; below, members are better off and move more. The operator takes the best θ. One exists
//! (its profit is taken at the members' solved responses, over a finite grid); it need not be unique, and among equals the
//! operator takes the lowest, which members like best.

use super::StudyError;
use super::coalition::{Offer, Operation, Plant};

/// Mark-ups tried between none and all.
const GRID: u32 = 20;

/// What the operator chooses.
#[derive(Clone, Debug)]
pub struct Leading {
    /// θ, 0 to 1.
    pub mark_up: f64,
    /// Per member, what it earns with its reported costs.
    pub payoffs: Vec<f64>,
    /// Per member, true costs.
    pub costs: Vec<f64>,
    /// What the operator keeps.
    pub operator: f64,
    /// Mark-ups tried.
    pub tried: u32,
}

/// What a member does at each mark-up of the grid.
pub(super) type Responses = Vec<Operation>;

impl Plant {
    /// The operator's best mark-up.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn lead(&self, report: &[f64]) -> Result<Leading, StudyError> {
        let responses: Vec<Responses> =
            (0..self.players.len()).map(|player| self.respond(player, report)).collect::<Result<_, _>>()?;
        Ok(self.led(&responses))
    }

    /// What a member does at each mark-up.
    pub(super) fn respond(&self, player: usize, report: &[f64]) -> Result<Responses, StudyError> {
        let at = |point| {
            let prices = self.prices.iter().map(|offer| marked(*offer, mark_up(point))).collect();
            let internal = Self { players: self.players.clone(), prices };
            internal.operate(1 << player, report)
        };
        (0..=GRID).map(at).collect()
    }

    /// The best mark-up for an operator who knows every member's responses.
    pub(super) fn led(&self, responses: &[Responses]) -> Leading {
        let profit = |point: u32| -> f64 {
            let given = |step: usize| responses.iter().map(move |one| one[point as usize].schedules[0][step]);
            let earned = |(step, offer): (usize, &Offer)| {
                let traded: f64 = given(step).map(f64::abs).sum();
                let net: f64 = given(step).sum();
                half(*offer) * (mark_up(point) * traded - net.abs())
            };
            self.prices.iter().enumerate().map(earned).sum()
        };
        let (mut best, mut operator) = (0, profit(0));
        for point in 1..=GRID {
            let profit = profit(point);
            if profit > operator + super::ACCURACY {
                (best, operator) = (point, profit);
            }
        }
        let chosen = || responses.iter().map(|one| &one[best as usize]);
        Leading {
            mark_up: mark_up(best),
            payoffs: chosen().map(|operation| operation.value).collect(),
            costs: chosen().map(|operation| operation.costs[0]).collect(),
            operator,
            tried: GRID + 1,
        }
    }
}

fn mark_up(point: u32) -> f64 {
    f64::from(point) / f64::from(GRID)
}

/// Half the distance of the wholesale market's prices.
fn half(offer: Offer) -> f64 {
    (offer.import - offer.export) / 2.0
}

/// The internal prices at a mark-up.
fn marked(offer: Offer, mark_up: f64) -> Offer {
    let (middle, mark) = (offer.middle(), mark_up * half(offer));
    Offer { import: middle + mark, export: middle - mark }
}
