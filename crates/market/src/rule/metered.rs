//! Rules on metered energy: recomputed from the readings, member by member.
//!
//! What members exported is the pool, what they imported is their consumption. A key says who gets how much of
//! the pool; the exporters give it in proportion to their export. Nobody's limit is asked.

use super::{Rule, SharingKey, sharing};
use crate::apportion::RunningFloor;
use crate::{Energy, Money, Prices, Rejection};
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
/// tariff the rule names; a rule that names none ignores them.
///
/// # Errors
/// [`Rejection::WrongClaim`] for a rule that takes orders.
pub fn metered(
    rule: &Rule,
    meters: &[Metered],
    prices: Prices,
    interval: u64,
    out: &mut Vec<Allocation>,
) -> Result<(), Rejection> {
    // Twice the price per Wh: the middle of two integers may be a half.
    let (key, twice_price) = match *rule {
        Rule::MidMarketRate { .. } => (SharingKey::Dynamic, prices.import.0 + prices.export.0),
        Rule::Sharing { key, price } => (key, 2 * price.0),
        _ => return Err(Rejection::WrongClaim),
    };
    out.clear();
    out.resize(meters.len(), Allocation::default());
    if matches!(rule, Rule::MidMarketRate { .. }) && prices.export > prices.import {
        return Ok(()); // feed-in above retail: everybody is better off with the supplier
    }
    let start = rotation(interval, meters.len());
    let generation: Energy = meters.iter().map(|meter| meter.export).sum();
    let consumption = meters.iter().map(|meter| meter.import).sum();
    let cells = sharing::Cells::new(key, SHARES, consumption, generation);
    let mut shared = 0_u128;
    let mut energy = RunningFloor::new(cells.denominator());
    for (meter, mine) in rotated(meters, out, start) {
        let part = energy.next(cells.numerator(meter.import, meter.share.into()));
        mine.bought = Energy(part as i64);
        shared += part;
    }
    let mut energy = RunningFloor::new(generation.0.unsigned_abs().into());
    let (mut paid, mut received) = (RunningFloor::new(2), RunningFloor::new(2));
    let money = |parts: &mut RunningFloor, energy: Energy| {
        let part = parts.next(u128::from(energy.0.unsigned_abs()) * u128::from(twice_price.unsigned_abs()));
        Money(if twice_price < 0 { -(part as i128) } else { part as i128 })
    };
    for (meter, mine) in rotated(meters, out, start) {
        mine.sold = Energy(energy.next(shared * u128::from(meter.export.0.unsigned_abs())) as i64);
        mine.paid = money(&mut paid, mine.bought);
        mine.received = money(&mut received, mine.sold);
    }
    Ok(())
}

/// Shares are in parts per million.
const SHARES: u64 = 1_000_000;

/// Where the canonical order begins in this interval.
pub(super) fn rotation(interval: u64, members: usize) -> usize {
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
