//! A conversion among nodes: what it may do, what it gains, and what equal ones share.

use super::node::Flow;
use super::{Converter, Span};
use crate::apportion::CumulativeFloor;
use crate::{ConversionClaim, Energy, PPM, Price};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

const MILLION: i128 = PPM as i128;

impl Converter {
    /// What it gives to one output for so much input, Wh: its ratio times that, in whole Wh.
    #[must_use]
    pub fn given(input: Energy, ratio: u32) -> Energy {
        Energy((i128::from(input.0) * i128::from(ratio)).div_euclid(MILLION) as i64)
    }

    /// Enters what it does at its nodes; `None` where it cannot do that (S9): an output is at most the ratio times the
    /// input, and less by no more than one Wh of input and one of output would give.
    pub(super) fn enter(&self, does: &ConversionClaim, prices: &[Span], flows: &mut [Flow]) -> Option<()> {
        if !(Energy::ZERO..=self.capacity).contains(&does.input) {
            return None;
        }
        // Only one that would not mind to do a Wh more or less is held back by whole Wh.
        let idle = i128::from(self.gain(prices)?.can_be_zero());
        flows.get_mut(self.input)?.take(does.input, idle);
        for ((node, ratio), given) in self.outputs.iter().zip(&does.outputs) {
            let lost = self.lost(does.input, *ratio, *given);
            if *given < Energy::ZERO || !(0..i128::from(*ratio) + MILLION).contains(&lost) {
                return None;
            }
            let more = 1 + i128::from(ratio.div_ceil(PPM));
            flows.get_mut(*node)?.give(*given, idle * more);
        }
        Some(())
    }

    /// What whole Wh lose of an output, millionths of a Wh.
    pub(super) fn lost(&self, input: Energy, ratio: u32, given: Energy) -> i128 {
        i128::from(input.0) * i128::from(ratio) - i128::from(given.0) * MILLION
    }

    /// What it gains per Wh of input, 10⁻⁶ n€: Σ ratio·π(output) − π(input) − cost.
    pub(super) fn gain(&self, prices: &[Span]) -> Option<Span> {
        let paid = prices.get(self.input)?.plus(Span::exact(self.cost.0.into())).times(-MILLION);
        self.outputs
            .iter()
            .try_fold(paid, |gain, (node, ratio)| Some(gain.plus(prices.get(*node)?.times((*ratio).into()))))
    }

    /// Whether it would not rather do more or less at these prices.
    pub(super) fn is_content(&self, does: &ConversionClaim, prices: &[Span]) -> bool {
        let (least, most) = (does.input.is_zero(), does.input == self.capacity);
        self.gain(prices).is_some_and(|gain| gain.suits(least, most))
    }
}

/// The first conversion that does not take its share, and what that is: those of the same nodes, ratios and cost share
/// what they take together by cumulative floor over their capacities, in their order.
pub(super) fn unfair(offers: &[Converter], does: &[ConversionClaim]) -> Option<(usize, Energy)> {
    type Kind<'a> = (usize, &'a Vec<(usize, u32)>, Price);
    let kind = |offer: &Converter| (offer.input, offer.cost);
    let mut sums: BTreeMap<Kind<'_>, (i128, u128)> = BTreeMap::new();
    for (offer, does) in offers.iter().zip(does) {
        let (input, cost) = kind(offer);
        let sum = sums.entry((input, &offer.outputs, cost)).or_default();
        sum.0 += i128::from(does.input.0);
        sum.1 += u128::from(offer.capacity.0.unsigned_abs());
    }
    let mut shares: BTreeMap<Kind<'_>, Option<CumulativeFloor>> =
        sums.into_iter().map(|(kind, (sum, weight))| (kind, CumulativeFloor::new(sum, weight))).collect();
    for (number, (offer, does)) in offers.iter().zip(does).enumerate() {
        let (input, cost) = kind(offer);
        let share = shares.get_mut(&(input, &offer.outputs, cost)).and_then(Option::as_mut);
        let right = share.map_or(0, |share| share.next(offer.capacity.0.unsigned_abs()));
        if right != i128::from(does.input.0) {
            return Some((number, Energy(right as i64)));
        }
    }
    None
}
