//! A limit that worsens in a straight line from the first Wh of an order to the last.
//!
//! A bid over Q Wh from ℓ on that falls by f takes its q-th Wh at most at ℓ − f·q/Q, an offer gives it at
//! least at ℓ + f·q/Q. Counted in whole n€/Wh, and rounded so that nobody ever trades worse than the line: ℓ
//! ∓ ⌈f·q/Q⌉.

use super::merit::sign;
use crate::{Energy, Money, Price, Side};

/// The limit of every Wh of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which way a limit worsens: down for bids, up for offers.
    pub side: Side,
    /// Where it begins, n€/Wh.
    pub limit: Price,
    /// How much worse it is at the last Wh, n€/Wh, ≥ 0.
    pub fall: Price,
    /// How many Wh there are, > 0.
    pub energy: Energy,
}

impl Line {
    /// The limit of the `wh`-th Wh, counted from 1, n€/Wh.
    #[must_use]
    pub fn at(&self, wh: Energy) -> Price {
        let lost = self.fall.0 * wh.0;
        Price(self.limit.0 - sign(self.side) * (lost + self.energy.0 - 1).div_euclid(self.energy.0))
    }

    /// What the order wants at a price of its own, at least and at most, Wh: all Wh with a better limit, and
    /// those at the price if it likes.
    #[must_use]
    pub fn wanted(&self, price: Price) -> (Energy, Energy) {
        let gain = (self.limit.0 - price.0) * sign(self.side);
        (self.within(gain - 1), self.within(gain))
    }

    /// How many Wh have a limit at most `loss` worse than the first: ⌈f·q/Q⌉ ≤ loss means q ≤ loss·Q/f.
    fn within(&self, loss: i64) -> Energy {
        match loss {
            ..0 => Energy::ZERO,
            _ if loss >= self.fall.0 => self.energy,
            _ => Energy(loss * self.energy.0 / self.fall.0),
        }
    }

    /// The limits of the first `fill` Wh together, n€: what they are worth to a buyer, or cost a seller.
    #[must_use]
    pub fn value(&self, fill: Energy) -> Money {
        let whole = i128::from(self.energy.0);
        let lost = floors(fill.0.into(), whole, self.fall.0.into(), i128::from(self.fall.0) + whole - 1);
        fill * self.limit - Money(lost * i128::from(sign(self.side)))
    }
}

/// Σ ⌊(slope·k + start)/whole⌋ over k = 0 … count − 1, for slope, start ≥ 0 and whole > 0.
///
/// The sum counts the points of a grid below a line. Whole steps are taken off first; what is left is counted
/// along the other axis, as in Euclid's algorithm.
fn floors(mut count: i128, mut whole: i128, mut slope: i128, mut start: i128) -> i128 {
    let mut sum = 0;
    loop {
        sum += count * (count - 1) / 2 * (slope / whole) + count * (start / whole);
        (slope, start) = (slope % whole, start % whole);
        let top = slope * count + start;
        if top < whole {
            return sum;
        }
        (count, start) = (top / whole, top % whole);
        (whole, slope) = (slope, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn line(side: Side, limit: i64, fall: i64, energy: i64) -> Line {
        Line { side, limit: Price(limit), fall: Price(fall), energy: Energy(energy) }
    }

    #[test]
    fn a_bid_falls_and_an_offer_rises_in_whole_steps() {
        // 10 over 4 Wh: 2.5, 5, 7.5, 10 below the first limit, rounded away from it.
        let limits = |line: Line| [1, 2, 3, 4].map(|wh| line.at(Energy(wh)).0);
        assert_eq!(limits(line(Side::Buy, 30, 10, 4)), [27, 25, 22, 20]);
        assert_eq!(limits(line(Side::Sell, 30, 10, 4)), [33, 35, 38, 40]);
        assert_eq!(line(Side::Buy, 30, 10, 4).value(Energy(3)), Money(27 + 25 + 22));
        assert_eq!(line(Side::Buy, 30, 10, 4).wanted(Price(25)), (Energy(1), Energy(2)));
        assert_eq!(line(Side::Sell, 30, 0, 4).wanted(Price(30)), (Energy(0), Energy(4)));
    }

    #[test]
    fn the_sums_are_those_of_the_single_wh() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
        proptest!(config, |(limit in -50_i64..50, fall in 0_i64..60, energy in 1_i64..40, price in -120_i64..120)| {
            for side in Side::ALL {
                let line = line(side, limit, fall, energy);
                let limits: Vec<i64> = (1..=energy).map(|wh| line.at(Energy(wh)).0 * sign(side)).collect();
                for fill in 0..=energy {
                    let sum: i64 = limits[..fill as usize].iter().sum();
                    prop_assert_eq!(line.value(Energy(fill)).0, i128::from(sum * sign(side)));
                }
                let count = |worst: i64| Energy(limits.iter().filter(|limit| **limit >= worst).count() as i64);
                let merit = price * sign(side);
                prop_assert_eq!(line.wanted(Price(price)), (count(merit + 1), count(merit)));
            }
        });
    }

    #[test]
    fn the_largest_order_fits() {
        let (limit, fall) = (crate::MAX_PRICE.0, 2 * crate::MAX_PRICE.0);
        let line = line(Side::Buy, limit, fall, crate::MAX_ENERGY.0);
        assert_eq!(line.at(line.energy), -crate::MAX_PRICE);
        // n = 10¹¹ Wh in steps of 1 per 5 000 Wh: Σ⌈q/5 000⌉ = 5 000·(1 + … + 2·10⁷).
        assert_eq!(
            line.value(line.energy),
            Money(i128::from(limit * crate::MAX_ENERGY.0) - 5_000 * 200_000_010_000_000)
        );
    }
}
