//! Energy, price and money: integers in types that cannot be mixed, scaled so that energy × price is exact.
//!
//! 1 n€/Wh = 1 µ€/kWh; 30 ct/kWh = 300 000 n€/Wh. "€" stands for the community's currency.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty), $unit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The absolute value.
            #[must_use]
            pub const fn abs(self) -> Self { Self(self.0.saturating_abs()) }
            /// Whether this is exactly nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool { self.0 == 0 }
        }
        impl Add for $name { type Output = Self; fn add(self, other: Self) -> Self { Self(self.0 + other.0) } }
        impl Sub for $name { type Output = Self; fn sub(self, other: Self) -> Self { Self(self.0 - other.0) } }
        impl Neg for $name { type Output = Self; fn neg(self) -> Self { Self(-self.0) } }
        impl AddAssign for $name { fn add_assign(&mut self, other: Self) { self.0 += other.0 } }
        impl SubAssign for $name { fn sub_assign(&mut self, other: Self) { self.0 -= other.0 } }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self { Self(parts.map(|part| part.0).sum()) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!("{} ", $unit), self.0) }
        }
    };
}

quantity! {
    /// Energy in Wh of the carrier itself: electric, thermal, or gas at its higher heating value.
    Energy(i64), "Wh"
}
quantity! {
    /// Price in n€/Wh (= µ€/kWh); may be negative.
    Price(i64), "n€/Wh"
}
quantity! {
    /// Money in n€; positive when received, negative when paid.
    Money(i128), "n€"
}

impl Mul<Price> for Energy {
    type Output = Money;
    /// Exact: Wh × n€/Wh = n€.
    fn mul(self, price: Price) -> Money {
        Money(self.0 as i128 * price.0 as i128)
    }
}

/// The largest energy of one order or one reading: 100 GWh.
pub const MAX_ENERGY: Energy = Energy(100_000_000_000);
/// The largest absolute price: 10 €/kWh.
pub const MAX_PRICE: Price = Price(10_000_000);
/// The most orders one side of a book may hold: a Merkle tree of depth 20.
pub const MAX_ORDERS: u32 = 1 << 20;
/// The largest balance, deposit or withdrawal: 10 million million €.
pub const MAX_MONEY: Money = Money(10_000_000_000_000 * 1_000_000_000);

// Why nothing in this crate overflows: one order's value fits i64, a whole book's energy fits i64, a product of
// two such sums (apportionment) fits i128, and so does any balance plus any book's value.
const _: () = {
    assert!((MAX_ENERGY.0 as i128) * (MAX_PRICE.0 as i128) <= i64::MAX as i128);
    let book = MAX_ENERGY.0 as i128 * MAX_ORDERS as i128;
    assert!(book <= i64::MAX as i128);
    assert!(book <= i128::MAX / book);
    assert!(MAX_MONEY.0 + book * MAX_PRICE.0 as i128 <= i128::MAX / 1_000_000);
};
