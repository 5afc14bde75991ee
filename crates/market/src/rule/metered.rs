//! Rules on metered energy: recomputed from the readings, member by member.
//!
//! What members exported is the pool, what they imported is their consumption. A key says who gets how much of
//! the pool; the exporters give it in proportion to their export. Nobody's limit is asked.

use super::{Rule, SharingKey, sharing};
use crate::apportion::RunningFloor;
use crate::{Energy, Money, PPM, Price, Prices, Rejection};
use alloc::vec::Vec;

/// What a metering point brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metered {
    /// Energy taken, Wh, ≥ 0.
    pub import: Energy,
    /// Energy given, Wh, ≥ 0.
    pub export: Energy,
    /// Its share under the static key, parts per million.
    pub share: u32,
}

/// What a metering point trades with its peers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// Energy from peers, Wh, in [0, import].
    pub bought: Energy,
    /// Energy to peers, Wh, in [0, export].
    pub sold: Energy,
    /// What it pays for `bought`, n€; negative where the price is.
    pub paid: Money,
    /// What it receives for `sold`, n€; negative where the price is.
    pub received: Money,
}

/// What each metering point trades with its peers under a rule on metered energy: Σ bought = Σ sold and
/// Σ paid = Σ received, exactly.
///
/// `meters` are all points of the carrier in canonical order, `interval` is the delivery interval's number: the
/// order in which remainders fall rotates with it, so that nobody always rounds down. `prices` are those of the
/// tariff the rule names; a rule that names none ignores them. Under [`Rule::AuctionFirst`] the meters bring what
/// was metered beyond their contracts.
///
/// # Errors
/// [`Rejection::WrongClaim`] for a rule that only takes orders.
pub fn metered(
    rule: &Rule,
    meters: &[Metered],
    prices: Prices,
    interval: u64,
    out: &mut Vec<Allocation>,
) -> Result<(), Rejection> {
    let generation: Energy = meters.iter().map(|meter| meter.export).sum();
    let consumption: Energy = meters.iter().map(|meter| meter.import).sum();
    let (key, price) = match *rule {
        Rule::MidMarketRate { .. } => (SharingKey::Dynamic, Rate::middle(prices)),
        Rule::SupplyDemandRatio { .. } => {
            (SharingKey::Dynamic, Rate::of_ratio(prices, generation, consumption))
        }
        Rule::ExPost { weights, .. } => {
            (SharingKey::Dynamic, Rate::looked_up(weights, prices, generation, consumption))
        }
        Rule::BillSharing => (SharingKey::Dynamic, Rate::from(Price::ZERO)),
        Rule::Sharing { key, price } | Rule::AuctionFirst { key, price, .. } => (key, Rate::from(price)),
        _ => return Err(Rejection::WrongClaim),
    };
    out.clear();
    out.resize(meters.len(), Allocation::default());
    if rule.inner_tariff().is_some() && prices.export > prices.import {
        return Ok(()); // feed-in above retail: everybody is better off with the supplier
    }
    let member = |meter: &Metered| sharing::Member::new(meter.import, meter.share.into());
    let mut cells = sharing::Cells::new(key, SHARES, meters.iter().map(member), generation);
    let start = cells.start(interval, meters.len());
    let mut shared = 0_u128;
    for (meter, mine) in rotated(meters, out, start) {
        mine.bought = cells.next(member(meter));
        shared += u128::from(mine.bought.0.unsigned_abs());
    }
    let mut energy = RunningFloor::at((shared, generation.0.unsigned_abs().into()));
    let (mut paid, mut received) = (RunningFloor::at(price.rate), RunningFloor::at(price.rate));
    let money = |parts: &mut RunningFloor, energy: Energy| {
        let part = parts.next(energy.0.unsigned_abs().into()) as i128;
        Money(if price.negative { -part } else { part })
    };
    for (meter, mine) in rotated(meters, out, start) {
        mine.sold = Energy(energy.next(meter.export.0.unsigned_abs().into()) as i64);
        mine.paid = money(&mut paid, mine.bought);
        mine.received = money(&mut received, mine.sold);
    }
    Ok(())
}

/// An exact price: money is apportioned from it in total and never computed from a rounded one.
#[derive(Clone, Copy, Debug)]
struct Rate {
    negative: bool,
    /// |price| in n€/Wh, as a fraction.
    rate: (u128, u128),
}

impl From<Price> for Rate {
    fn from(price: Price) -> Self {
        Self { negative: price.0 < 0, rate: (price.0.unsigned_abs().into(), 1) }
    }
}

impl Rate {
    /// Half-way between the supplier's prices (Long et al. 2017).
    fn middle(prices: Prices) -> Self {
        let twice = Self::from(prices.import + prices.export);
        Self { rate: (twice.rate.0, 2), ..twice }
    }

    /// Liu et al. 2017: with r = G/C and the supplier's prices b (import) and s (export),
    /// s·b/((b − s)·r + s) where r ≤ 1, else s.
    ///
    /// From b at r = 0 it falls to s at r = 1, so s is what it is at any larger ratio too. Where s ≤ 0 it would
    /// not: it is 0 for any r, has no value at r = −s/(b − s) or leaves the range of the two; then the middle.
    fn of_ratio(prices: Prices, generation: Energy, consumption: Energy) -> Self {
        let Prices { import, export } = prices;
        if export <= Price::ZERO || import < export {
            return Self::middle(prices);
        }
        let [import, export] = [import, export].map(|price| u128::from(price.0.unsigned_abs()));
        let consumption = u128::from(consumption.0.unsigned_abs());
        let generation = u128::from(generation.0.unsigned_abs()).min(consumption);
        let under = (import - export) * generation + export * consumption;
        Self { negative: false, rate: (import * export * consumption, under) }
    }

    /// Export + w·(import − export), with w on the straight lines through five weights at local shares s = M/C of
    /// 0, 25, 50, 75 and 100 %, M = min(G, C) being shared.
    ///
    /// With k = ⌊4s⌋ and r = 4M − kC, w = (wₖ·(C − r) + wₖ₊₁·r)/C.
    fn looked_up(weights: [u32; 5], prices: Prices, generation: Energy, consumption: Energy) -> Self {
        let whole = i128::from(consumption.0.max(1)); // nobody consumes: nothing is shared at the first weight
        let quarters = 4 * i128::from(generation.0.min(consumption.0));
        let at = (quarters / whole).min(3);
        let rest = quarters - at * whole;
        let weight = |at: i128| weights.get(at as usize).map_or(0, |weight| i128::from(*weight));
        let weighed = weight(at) * (whole - rest) + weight(at + 1) * rest;
        let [import, export] = [prices.import, prices.export].map(|price| i128::from(price.0));
        let parts = whole * i128::from(PPM);
        let price = export * parts + (import - export) * weighed;
        Self { negative: price < 0, rate: (price.unsigned_abs(), parts.unsigned_abs()) }
    }
}

/// Shares are in parts per million.
const SHARES: u64 = 1_000_000;

/// Where the canonical order begins in this interval.
pub(crate) fn rotation(interval: u64, members: usize) -> usize {
    (interval % (members as u64).max(1)) as usize
}

/// Both lists in canonical order from `start` on, then from the beginning.
fn rotated<'a>(
    meters: &'a [Metered],
    out: &'a mut [Allocation],
    start: usize,
) -> impl Iterator<Item = (&'a Metered, &'a mut Allocation)> {
    let (before, after) = out.split_at_mut(start.min(meters.len()));
    let (meters_before, meters_after) = meters.split_at(start.min(meters.len()));
    meters_after.iter().zip(after).chain(meters_before.iter().zip(before))
}
