//! Where an exact number can lie of which whole ones are known.

use crate::{MAX_PRICE, NodeClaim, Price};

/// An interval of numbers; its ends belong to it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) low: i128,
    pub(super) high: i128,
    low_belongs: bool,
    high_belongs: bool,
}

/// Farther than any exact price, n€/Wh.
const BEYOND: i128 = 1 << 60;

impl Span {
    /// One number.
    pub(super) const fn exact(number: i128) -> Self {
        Self { low: number, high: number, low_belongs: true, high_belongs: true }
    }

    /// Where the exact price of a node lies; `None` where it cannot be paid.
    ///
    /// No price beyond ± [`MAX_PRICE`] is paid, so that one stands for all that lie beyond: a conversion with a very
    /// small ratio can need them.
    pub(super) fn of_price(node: &NodeClaim) -> Option<Self> {
        let highest = node.price.0.checked_add(i64::from(node.between))?;
        if node.price < -MAX_PRICE || highest > MAX_PRICE.0 {
            return None;
        }
        let open = !node.between;
        Some(match node.price {
            _ if node.between => Self {
                low: node.price.0.into(),
                high: highest.into(),
                low_belongs: false,
                high_belongs: false,
            },
            MAX_PRICE => Self { high: BEYOND, ..Self::exact(highest.into()) },
            price if price == -MAX_PRICE => Self { low: -BEYOND, ..Self::exact(highest.into()) },
            price => Self { low_belongs: open, ..Self::exact(price.0.into()) },
        })
    }

    /// Where the exact value of a Wh held lies, of which `value` is rounded down.
    pub(super) const fn of_value(value: Price) -> Self {
        let low = value.0 as i128;
        Self { low, high: low + 1, low_belongs: true, high_belongs: false }
    }

    /// `factor` times as much.
    pub(super) const fn times(self, factor: i128) -> Self {
        let Self { low, high, low_belongs, high_belongs } = self;
        match factor {
            0 => Self::exact(0),
            1.. => Self { low: low * factor, high: high * factor, low_belongs, high_belongs },
            _ => Self {
                low: high * factor,
                high: low * factor,
                low_belongs: high_belongs,
                high_belongs: low_belongs,
            },
        }
    }

    /// The sum of two.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            high: self.high + other.high,
            low_belongs: self.low_belongs && other.low_belongs,
            high_belongs: self.high_belongs && other.high_belongs,
        }
    }

    /// Whether it can be 0 or less.
    pub(super) const fn can_fall_to_zero(self) -> bool {
        self.low < 0 || (self.low == 0 && self.low_belongs)
    }

    /// Whether it can be 0 or more.
    pub(super) const fn can_rise_to_zero(self) -> bool {
        self.high > 0 || (self.high == 0 && self.high_belongs)
    }

    /// Whether it can be 0.
    pub(super) const fn can_be_zero(self) -> bool {
        self.can_fall_to_zero() && self.can_rise_to_zero()
    }

    /// Complementary slackness of a quantity that gains this much per Wh: at its least it may lose, at its most it may
    /// gain, in between neither.
    pub(super) const fn suits(self, at_least: bool, at_most: bool) -> bool {
        (at_most || self.can_fall_to_zero()) && (at_least || self.can_rise_to_zero())
    }
}
