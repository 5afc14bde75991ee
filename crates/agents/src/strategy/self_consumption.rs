//! Uses its own energy first and offers only what is left over when delivery is near.

use super::{Situation, Strategy};
use crate::{Intent, Random};

/// Self-consumption by rule: trades in the nearest open interval only, at its reservation.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfConsumption;

impl Strategy for SelfConsumption {
    fn name(&self) -> &'static str {
        "self_consumption"
    }

    fn orders(&mut self, situation: &Situation<'_>, _: &mut Random, orders: &mut Vec<Intent>) {
        let near = situation.needs().filter(|need| need.ahead == 0);
        orders.extend(near.map(|need| need.at(need.reservation, situation.outlook)));
    }
}
