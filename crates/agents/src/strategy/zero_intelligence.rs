//! Random limits that never lose money: the yardstick of what a market's rules do by themselves.
//!
//! Gode and Sunder 1993, "Allocative efficiency of markets with zero-intelligence traders", Journal of Political
//! Economy 101 (their constrained traders, ZI-C).

use super::{Situation, Strategy};
use crate::{Intent, Random};
use market::Price;

/// Limits uniform between the favourable end and the reservation.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZeroIntelligence;

impl Strategy for ZeroIntelligence {
    fn name(&self) -> &'static str {
        "zero_intelligence"
    }

    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>) {
        for need in situation.needs() {
            let (low, high) = (need.favourable.min(need.reservation), need.favourable.max(need.reservation));
            orders.push(need.at(Price(random.between(low.0, high.0)), situation.outlook));
        }
    }
}
