//! Stackelberg: the operator sets internal prices, members respond, the operator nets what they want.
//!
//! The operator offers to sell at m + θ s and to buy at m − θ s, where m is the middle of the wholesale market's prices, s
//! half their distance, and 0 ≤ θ ≤ 1, one θ for the day. Each member responds as it would to any market; the operator
//! trades the rest with the wholesale market and keeps what is left. At θ = 1 members do what they do alone and the
//! operator earns the netting; below, members are better off and move more. The operator takes the best θ. One exists
//! (its profit is taken at the members' solved responses, over a finite grid); it need not be unique, and among equals the
//! operator takes the lowest, which members like best.

use super::StudyError;
use super::coalition::{Offer, Plant};

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
    /// Per step, the middle of the internal prices and half their distance, in the currency per kWh.
    pub prices: Vec<(f64, f64)>,
    /// Mark-ups tried.
    pub tried: u32,
}

impl Plant {
    /// The operator's best mark-up.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn lead(&self, report: &[f64]) -> Result<Leading, StudyError> {
        let mut best: Option<Leading> = None;
        for point in 0..=GRID {
            let led = self.led(f64::from(point) / f64::from(GRID), report)?;
            if best.as_ref().is_none_or(|best| led.operator > best.operator + super::ACCURACY) {
                best = Some(led);
            }
        }
        let best = best.expect("the grid has points");
        Ok(Leading { tried: GRID + 1, ..best })
    }

    fn led(&self, mark_up: f64, report: &[f64]) -> Result<Leading, StudyError> {
        let half = |offer: &Offer| (offer.import - offer.export) / 2.0;
        let inside = |offer: &Offer| {
            let (middle, mark) = (offer.middle(), mark_up * half(offer));
            Offer { import: middle + mark, export: middle - mark }
        };
        let internal =
            Self { players: self.players.clone(), prices: self.prices.iter().map(inside).collect() };
        let (mut payoffs, mut costs) = (Vec::new(), Vec::new());
        let (mut sold, mut bought) = (vec![0.0; self.steps()], vec![0.0; self.steps()]);
        for number in 0..self.players.len() {
            let alone = internal.operate(1 << number, report)?;
            for (step, given) in alone.schedules[0].iter().enumerate() {
                sold[step] += given.max(0.0);
                bought[step] += (-given).max(0.0);
            }
            payoffs.push(alone.value);
            costs.push(alone.costs[0]);
        }
        let profit = |(step, offer): (usize, &Offer)| {
            let (given, taken) = (sold[step], bought[step]);
            half(offer) * (mark_up * (given + taken) - (given - taken).abs())
        };
        Ok(Leading {
            mark_up,
            payoffs,
            costs,
            operator: self.prices.iter().enumerate().map(profit).sum(),
            prices: self.prices.iter().map(|offer| (offer.middle(), mark_up * half(offer))).collect(),
            tried: 1,
        })
    }
}
