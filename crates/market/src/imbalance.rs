//! Imbalance: who deviates from its contracts, and what that costs where the community settles it together.
//!
//! A metering point is short by what it sold and did not give, and long by what it bought and did not take; with S and
//! L the sums of a carrier's, the community buys N = S − L from the supplier at `import`, or sells −N at `export`.
//! Whatever the members pay for being short is what they get for being long and what the supplier is paid, exactly.

use crate::apportion::RunningFloor;
use crate::rule::rotation;
use crate::{Energy, ImbalancePolicy, Money, Position, Price, Prices, TariffId};
use alloc::vec::Vec;

/// By how much a metering point deviates from its contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deviation {
    /// Sold and not given, Wh, ≥ 0.
    pub short: Energy,
    /// Bought and not taken, Wh, ≥ 0.
    pub long: Energy,
}

/// What deviations cost, n€; negative where prices are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviationMoney {
    /// Paid to the community for what is short.
    pub short: Money,
    /// Received from the community for what is long.
    pub long: Money,
}

/// What the community exchanges with the supplier for all deviations of a carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetImbalance {
    /// Bought from the supplier, Wh; negative: sold to it.
    pub energy: Energy,
    /// At this price, n€/Wh.
    pub price: Price,
}

impl Deviation {
    /// Of a metering point that took `import` and gave `export` Wh.
    #[must_use]
    pub fn of(position: &Position, import: Energy, export: Energy) -> Self {
        let lacks = |contract: Energy, metered: Energy| Energy((contract - metered).0.max(0));
        Self { short: lacks(position.sold, export), long: lacks(position.bought, import) }
    }
}

impl ImbalancePolicy {
    /// Whose prices it names; none where each member settles with its own supplier.
    #[must_use]
    pub const fn tariff(&self) -> Option<TariffId> {
        match self {
            Self::Dual => None,
            Self::Single { tariff } | Self::ProRata { tariff } => Some(*tariff),
        }
    }

    /// What every deviation of a carrier costs at the prices of the policy's tariff, in canonical order; nothing where
    /// each member settles with its own supplier.
    ///
    /// The order in which remainders fall rotates with the `interval`'s number.
    #[must_use]
    pub fn settle(
        &self,
        prices: Prices,
        deviations: &[Deviation],
        interval: u64,
    ) -> (Vec<DeviationMoney>, NetImbalance) {
        let short: Energy = deviations.iter().map(|deviation| deviation.short).sum();
        let long: Energy = deviations.iter().map(|deviation| deviation.long).sum();
        let net = short - long;
        let lacking = net > Energy::ZERO;
        let (price, other) =
            if lacking { (prices.import, prices.export) } else { (prices.export, prices.import) };
        let all_at = |price: Price| [(short, short * price), (long, long * price)];
        // What those pay who are short together, and what those get who are long.
        let [shorts, longs] = match self {
            Self::Dual => return (Vec::new(), NetImbalance::default()),
            Self::Single { .. } => all_at(price),
            // Whoever leans against the balance gets the price that it spares the others; these bear the rest.
            Self::ProRata { .. } if lacking => [(short, net * price + long * other), (long, long * other)],
            Self::ProRata { .. } if short == long => all_at(price),
            Self::ProRata { .. } => [(short, short * other), (long, short * other - net * price)],
        };
        let mut parts = [shorts, longs].map(Parts::new);
        let mut money = alloc::vec![DeviationMoney::default(); deviations.len()];
        let start = rotation(interval, deviations.len());
        let order = || deviations.iter().zip(0..).cycle().skip(start).take(deviations.len());
        for (deviation, at) in order() {
            let [shorts, longs] = &mut parts;
            let own =
                DeviationMoney { short: shorts.next(deviation.short), long: longs.next(deviation.long) };
            if let Some(place) = money.get_mut(at as usize) {
                *place = own;
            }
        }
        (money, NetImbalance { energy: net, price })
    }
}

/// Money shared in proportion to energy.
struct Parts {
    negative: bool,
    parts: RunningFloor,
}

impl Parts {
    fn new((energy, money): (Energy, Money)) -> Self {
        let rate = (money.0.unsigned_abs(), energy.0.unsigned_abs().into());
        Self { negative: money.0 < 0, parts: RunningFloor::at(rate) }
    }

    fn next(&mut self, energy: Energy) -> Money {
        let part = self.parts.next(energy.0.unsigned_abs().into()) as i128;
        Money(if self.negative { -part } else { part })
    }
}
