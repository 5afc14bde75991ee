//! A storage among the nodes of its carrier: what it may do, and whether it would rather do something else.
//!
//! Its level at the end of an interval is what is left of the one before, plus what is stored of what it takes, less
//! what it withdraws for what it gives. Levels count in millionths of a Wh and are rounded down, so that the whole Wh
//! at the metering point are all that is rounded. Values ν of a Wh held at the end of each interval price the levels
//! as π prices the nodes; per Wh, taking gains η·ν − π, giving π − cost − ν/η′, and holding κ·ν⁺ − ν, with η, η′, κ the
//! efficiencies and ν⁺ the next interval's value (0 after the last).

use super::node::Flow;
use super::{LEAST_EFFICIENCY, MAX_VALUE, Reservoir, Span};
use crate::{Energy, PPM, Price, StorageClaim};
use alloc::vec::Vec;

pub(super) const MILLION: i128 = PPM as i128;

impl Reservoir {
    /// The level at the end of an interval in which it takes `flow` (gives, where negative), from that at the end of
    /// the one before, millionths of a Wh.
    #[must_use]
    pub fn level_after(&self, level: i128, flow: Energy) -> i128 {
        let [stored, given, kept] = self.efficiencies.map(i128::from);
        let left = (level * kept).div_euclid(MILLION);
        match i128::from(flow.0) {
            flow @ 0.. => left + flow * stored,
            flow => left + (flow * MILLION * MILLION).div_euclid(given.max(1)),
        }
    }

    /// The levels at the end of each interval, millionths of a Wh; `None` where it cannot do that (S10).
    pub(super) fn levels(&self, flows: &[Energy]) -> Option<Vec<i128>> {
        let [before, least] = self.levels.map(|level| i128::from(level.0) * MILLION);
        let full = i128::from(self.capacity.0) * MILLION;
        let [charge, discharge] = self.power;
        let mut level = before;
        let mut levels = Vec::with_capacity(flows.len());
        for flow in flows {
            level = self.level_after(level, *flow);
            if !(-discharge..=charge).contains(flow) || !(0..=full).contains(&level) {
                return None;
            }
            levels.push(level);
        }
        (level >= least).then_some(levels)
    }

    /// Enters what it does at its nodes; `None` where it cannot do that, or where a value is beyond its bound.
    pub(super) fn enter(&self, does: &StorageClaim, flows: &mut [Flow]) -> Option<()> {
        let within = |flow: &Energy| (-self.power[1]..=self.power[0]).contains(flow);
        if !does.flows.iter().all(within)
            || !does.values.iter().all(|value| value.0.unsigned_abs() <= MAX_VALUE.0.unsigned_abs())
        {
            return None;
        }
        self.levels(&does.flows)?;
        // A Wh that was missed is made up for in another interval, with what is lost on the way.
        let [stored, given, _] = self.efficiencies.map(|part| i128::from(part.max(LEAST_EFFICIENCY)));
        let more = 1 + (MILLION * MILLION + stored * given - 1).div_euclid(stored * given);
        for (node, flow) in self.nodes.iter().zip(&does.flows) {
            let entry = flows.get_mut(*node)?;
            if *flow >= Energy::ZERO { entry.take(*flow, more) } else { entry.give(-*flow, more) }
        }
        Some(())
    }

    /// What a Wh more gains in an interval: taken (10⁻⁶ n€), given (n€ over its efficiency), and held at its end
    /// (10⁻⁶ n€).
    pub(super) fn gains(&self, interval: usize, values: &[Price], price: Span) -> Option<[Span; 3]> {
        let [stored, given, kept] = self.efficiencies.map(i128::from);
        let value = Span::of_value(*values.get(interval)?);
        let later = values.get(interval + 1).map_or(Span::exact(0), |later| Span::of_value(*later));
        Some([
            value.times(stored).plus(price.times(-MILLION)),
            price.plus(Span::exact(-i128::from(self.cost.0))).times(given).plus(value.times(-MILLION)),
            later.times(kept).plus(value.times(-MILLION)),
        ])
    }

    /// The first interval in which it would rather take, give or hold more or less at these prices.
    pub(super) fn discontent(&self, does: &StorageClaim, prices: &[Span]) -> Option<usize> {
        let levels = self.levels(&does.flows).unwrap_or_default();
        (0..self.nodes.len()).find(|interval| {
            let content = || {
                let price = *prices.get(*self.nodes.get(*interval)?)?;
                let [take, give, hold] = self.gains(*interval, &does.values, price)?;
                let level = *levels.get(*interval)?;
                let least = if interval + 1 == self.nodes.len() { self.levels[1] } else { Energy::ZERO };
                // Whole Wh at the metering point can bring a level no nearer to its ends.
                let spare = level - i128::from(least.0) * MILLION;
                let empty = spare * i128::from(self.efficiencies[1]) < MILLION * MILLION;
                let full = i128::from(self.capacity.0) * MILLION - level < MILLION;
                Some(hold.suits(empty, full) && self.moves_well(*does.flows.get(*interval)?, take, give))
            };
            content() != Some(true)
        })
    }

    /// Whether taking or giving this much is best where a Wh gains `take` and `give`.
    ///
    /// It does one of them at a time. At negative prices each can gain by itself: it would do both at once and burn
    /// energy. No price can tell which of them is better then, nor keep it from taking more than it holds; either will
    /// do, and [`super::gap`] says what is left.
    fn moves_well(&self, flow: Energy, take: Span, give: Span) -> bool {
        let [charge, discharge] = self.power;
        let (taken, given) = (flow.max(Energy::ZERO), (-flow).max(Energy::ZERO));
        let taking = take.suits(taken.is_zero(), taken >= charge);
        let giving = give.suits(given.is_zero(), given >= discharge);
        let both = charge.min(discharge) > Energy::ZERO && take.can_rise_to_zero() && give.can_rise_to_zero();
        (taking && giving) || (both && ((taking && given.is_zero()) || (giving && taken.is_zero())))
    }
}
