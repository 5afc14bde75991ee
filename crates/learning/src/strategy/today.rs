//! A scheduling day as a member knows it at a gate.

use crate::home::{Home, Series};
use agents::strategy::Situation;
use market::Carrier;
use std::collections::BTreeMap;

/// n€/Wh in €/kWh.
pub(super) const EURO_PER_KWH: f64 = 1e-6;

/// One step as a member knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// €/kWh.
    price: f64,
    feed_in: f64,
    /// Everything but the machines, W.
    net: f64,
}

impl Known {
    /// What is known of a step that is open, or will be; `hours` is its length.
    pub(super) fn of(situation: &Situation<'_>, step: i64, hours: f64) -> Self {
        let ahead = (step - situation.outlook.step) as usize;
        let (price, feed_in) =
            situation.outlook.markets[Carrier::Electricity as usize].map_or((0.0, 0.0), |market| {
                let prices = market.prices(ahead);
                let price = (prices.import + market.fees.supplier).0 as f64 * EURO_PER_KWH;
                (price, (prices.export.0 as f64 * EURO_PER_KWH).min(price))
            });
        let demand = situation.demand(Carrier::Electricity, ahead);
        let generation = situation.generation(Carrier::Electricity, ahead);
        Self { price, feed_in, net: (demand - generation) as f64 / hours }
    }
}

/// The day's series.
#[derive(Clone, Debug)]
pub(super) struct Today {
    /// Its first step.
    pub(super) begins: i64,
    prices: Vec<f64>,
    feed_in: Vec<f64>,
    net: Vec<f64>,
}

impl Today {
    /// The day that begins at a step. Of steps before the gate it has what was known at theirs; before the first gate nothing
    /// is known but that steps were like the one there.
    pub(super) fn at_gate(
        situation: &Situation<'_>,
        home: &Home,
        begins: i64,
        past: &BTreeMap<i64, Known>,
    ) -> Self {
        let first = situation.outlook.step;
        let mut today = Self { begins, prices: vec![], feed_in: vec![], net: vec![] };
        for step in begins..begins + home.slots as i64 {
            let before = past.get(&step).copied().filter(|_| step < first);
            let known = before.unwrap_or_else(|| Known::of(situation, step.max(first), home.hours));
            today.prices.push(known.price);
            today.feed_in.push(known.feed_in);
            today.net.push(known.net);
        }
        today
    }

    pub(super) fn series(&self) -> Series<'_> {
        let Self { prices, feed_in, net, .. } = self;
        Series { prices, feed_in, net, expected: net }
    }
}
