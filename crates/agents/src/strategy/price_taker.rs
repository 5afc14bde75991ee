//! Takes whatever price the market makes: every order at its reservation.

use super::{Situation, Strategy};
use crate::{Intent, Random};

/// Bids its reservation for all open intervals: the truthful strategy of one who cannot move the price.
#[derive(Clone, Copy, Debug, Default)]
pub struct PriceTaker;

impl Strategy for PriceTaker {
    fn name(&self) -> &'static str {
        "price_taker"
    }

    fn orders(&mut self, situation: &Situation<'_>, _: &mut Random, orders: &mut Vec<Intent>) {
        orders.extend(situation.needs().map(|need| need.at(need.reservation, situation.outlook)));
    }
}
