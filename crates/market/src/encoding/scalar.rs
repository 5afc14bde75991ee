//! Numbers, identifiers, numbered enums and lists.

use super::{Canonical, Reader};
use crate::{
    AccountId, Address, Authentication, Carrier, Energy, Location, MeterId, Money, Price, PriceConvention,
    Quality, Rejection, SharingKey, Side, Stage, TariffId, TimeInForce,
};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Integers: big-endian, all their bytes.
macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Canonical for $type {
            const LEAST: usize = size_of::<$type>();

            #[inline(always)]
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
                Ok(Self::from_be_bytes(reader.take()?))
            }
        }
    )+};
}
integers!(u8, u16, u32, u64, i32, i64, i128);

impl<const N: usize> Canonical for [u8; N] {
    const LEAST: usize = N;

    #[inline(always)]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        reader.take()
    }
}

/// Types around one value: as that value.
macro_rules! newtypes {
    ($($type:ident($inner:ty)),+ $(,)?) => {$(
        impl Canonical for $type {
            const LEAST: usize = <$inner>::LEAST;

            #[inline(always)]
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }

            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
                <$inner>::read(reader).map(Self)
            }
        }
    )+};
}
newtypes!(
    AccountId(u32),
    MeterId(u32),
    TariffId(u16),
    Location(u32),
    Energy(i64),
    Price(i64),
    Money(i128),
    Address([u8; 20])
);

/// Numbered enums without fields: their number in one byte.
macro_rules! numbered {
    ($($type:ident { $($variant:ident),+ }),+ $(,)?) => {$(
        impl Canonical for $type {
            const LEAST: usize = 1;

            #[inline(always)]
            fn write(&self, out: &mut Vec<u8>) {
                // No wildcard: a new variant that is not listed here must not compile.
                out.push(match self { $(Self::$variant)|+ => *self as u8 });
            }

            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
                let [number] = reader.take()?;
                $(if number == Self::$variant as u8 {
                    return Ok(Self::$variant);
                })+
                Err(Rejection::Malformed)
            }
        }
    )+};
}
numbered! {
    Carrier { Electricity, Heat, Gas },
    Side { Buy, Sell },
    TimeInForce { NextClearing, GateClosure, ImmediateOrCancel, FillOrKill },
    PriceConvention { Equilibrium, LastPair },
    SharingKey { Static, Dynamic, Equal, Hybrid, Cascade, Priority, FullDynamic, Incentive },
    Quality { Any, Local, GreenLocal },
    Stage { Separate, HighToLow, LowToHigh, SatisfyPreferences, UniformPrice },
    Authentication { Signature, Operator },
}

/// 0 or 1 in one byte.
impl Canonical for bool {
    const LEAST: usize = 1;

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        match reader.take()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Rejection::Malformed),
        }
    }
}

/// Of bids, then of offers.
impl Canonical for [Energy; 2] {
    const LEAST: usize = 2 * Energy::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|energy| energy.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        Ok([Energy::read(reader)?, Energy::read(reader)?])
    }
}

impl<T: Canonical> Canonical for Box<T> {
    const LEAST: usize = T::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        T::read(reader).map(Self::new)
    }
}

/// Lists: the length as `uint32`, then the elements.
impl<T: Canonical> Canonical for Vec<T> {
    const LEAST: usize = u32::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u32).write(out);
        self.iter().for_each(|element| element.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let count = u32::read(reader)? as usize;
        // Refused before anything is allocated: more elements than the remaining bytes can hold.
        if count > reader.rest.len() / T::LEAST {
            return Err(Rejection::Malformed);
        }
        let mut list = Self::with_capacity(count);
        for _ in 0..count {
            list.push(T::read(reader)?);
        }
        Ok(list)
    }
}
