//! The tamper catalogue: every way to change one field of a command, as an insider might.
//!
//! Completeness is the compiler's business: every type is taken apart without `..`, so a field that is added to a
//! command has to be added here.

use crate::{
    AccountId, Address, Agreement, Arrangement, Attributes, AuctionClaim, Authentication, Carrier, Claim,
    Command, Community, Conversion, ConversionClaim, Delegate, DeliveryInterval, Energy, Envelope, Equipment,
    Fraction, ImbalancePolicy, Location, Market, MeterId, MeterTerms, Money, NodeClaim, Order, OrderId,
    Output, PairClaim, Price, PriceConvention, Prices, Quality, Reading, Refused, Register, RegisterReading,
    Rule, SharingKey, Side, Signature, Stage, Stages, Step, StorageClaim, StorageOffer, Tariff, TariffId,
    TariffKind, TariffVersion, TimeInForce, Window, Witness,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloc::{vec, vec::IntoIter};
use core::mem::discriminant;

/// Every envelope that differs from this one in a single field, each with that field's name (`Order.energy`):
/// numbers one up and one down, enums at every other value, bytes with a bit flipped, lists shorter, longer,
/// swapped and changed in their elements, intervals moved and resized, the signature flipped, dropped or made up, and
/// the command's kind where another kind has the same fields. Some of them have no encoding: an interval off the
/// grid is one.
#[must_use]
pub fn tamperings(envelope: &Envelope) -> Vec<(&'static str, Envelope)> {
    envelope.changes()
}

/// Lists longer than this are changed at their ends only, or the catalogue would grow with the square of a list.
const FEW: usize = 16;

/// A changed value and the field that was changed; empty for a value that has no fields.
type Changes<T> = Vec<(&'static str, T)>;

/// What can be tampered with.
trait Tamper: Clone + PartialEq {
    /// Every changed value, never the value itself.
    fn changes(&self) -> Changes<Self>;

    /// Some value, for lists that are empty and variants not in use.
    fn example() -> Self;
}

/// Changes of a part as changes of the whole; a part without fields takes `name`.
fn lift<T: Tamper, U>(part: &T, name: &'static str, whole: impl Fn(T) -> U) -> IntoIter<(&'static str, U)> {
    let named = |inner: &'static str| if inner.is_empty() { name } else { inner };
    part.changes()
        .into_iter()
        .map(|(inner, part)| (named(inner), whole(part)))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Structs: each field in turn.
macro_rules! structs {
    ($($type:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Tamper for $type {
            fn changes(&self) -> Changes<Self> {
                let Self { $($field),+ } = self;
                let mut changes = Vec::new();
                $(changes.extend(lift($field, concat!(stringify!($type), ".", stringify!($field)), |part| {
                    let mut whole = self.clone();
                    whole.$field = part;
                    whole
                }));)+
                changes
            }

            fn example() -> Self {
                Self { $($field: Tamper::example()),+ }
            }
        }
    )+};
}

structs! {
    Envelope { command, signature }
    Order { account, meter, interval, side, energy, limit, time_in_force, nonce }
    OrderId { carrier, interval, side, arrival }
    Reading { meter, interval, import, export, sequence }
    Delegate { address, expires }
    MeterTerms { account, carrier, key, import_capacity, export_capacity, tariff, share }
    Community {
        chain_id, community_id, currency, operator, authentication, interval_duration, gate_closure, horizon,
        utc_offset, markets, tariffs,
    }
    Market { carrier, rule, floor, cap }
    Tariff { kind, grid_fee, peer_grid_fee, levy, peer_levy }
    Window { days, from, until, prices }
    Prices { import, export }
    Attributes { quality, premium, minimum, partner, fall, further }
    Step { limit, energy }
    AuctionClaim { witness, dropped_local, dropped_green }
    PairClaim { bid, offer, energy }
    Refused { interval, side, position }
    NodeClaim { price, between, margin, short }
    ConversionClaim { input, outputs }
    StorageClaim { flows, values }
    Conversion { account, interval, input, outputs, capacity, cost, nonce }
    Output { meter, ratio }
    StorageOffer {
        account, meter, interval, further, charge, discharge, capacity, level, least, charge_efficiency,
        discharge_efficiency, kept, cost, nonce,
    }
    Agreement { from, imbalance, penalty, tolerance, grace, correction_window }
    TariffVersion { from, tariff, distance_fees, vat }
    Equipment { register, arrangement }
    RegisterReading { meter, time, import, export, sequence }
}

/// Enums whose variants carry fields: each field of the variant in use.
trait Fields: Sized {
    fn fields(&self) -> Changes<Self>;
}

macro_rules! enums {
    ($($type:ident { $($variant:ident $({ $($field:ident),+ })? $(($inner:ident))?),+ $(,)? })+) => {$(
        impl Fields for $type {
            fn fields(&self) -> Changes<Self> {
                let mut changes = Vec::new();
                match self {
                    $(Self::$variant $({ $($field),+ })? $(($inner))? => {
                        $($(changes.extend(lift($field, concat!(stringify!($type), "::", stringify!($variant), ".", stringify!($field)), |part| {
                            let mut whole = self.clone();
                            if let Self::$variant { $field, .. } = &mut whole {
                                *$field = part;
                            }
                            whole
                        }));)+)?
                        $(changes.extend(lift(
                            $inner,
                            concat!(stringify!($type), "::", stringify!($variant)),
                            Self::$variant,
                        ));)?
                    })+
                }
                changes
            }
        }
    )+};
}

enums! {
    Command {
        Found(community),
        Tick { time },
        RegisterAccount { address },
        RegisterMeter { terms, nonce },
        Delegate { account, delegate, nonce },
        Revoke { account, address, nonce },
        Deposit { account, amount, nonce },
        Withdraw { account, amount, nonce },
        Place(order),
        Cancel { account, order, nonce },
        PublishPrices { tariff, start, prices },
        Close { carrier, interval },
        Clear { carrier, interval, claim },
        Read(reading),
        Settle { carrier, interval },
        Checkpoint { root },
        PlaceWith { order, attributes, steps },
        Locate { meter, location, nonce },
        Convert(offer),
        Store(offer),
        Agree { terms, nonce },
        Reprice { tariff, version, nonce },
        Equip { meter, equipment, nonce },
        ReadRegister(reading),
        Correct(reading),
        Resettle { carrier, interval },
        Transfer { from, to, amount, nonce },
    }
    Claim {
        Nothing,
        UniformPrice { equilibrium, price },
        PayAsBid { equilibrium, bids, offers },
        Metered,
        TradeReduction { equilibrium },
        Vcg { equilibrium, without },
        Continuous,
        Pipeline { auctions },
        Bilateral { trades, bid_prices, offer_prices },
        Blocks { intervals, refused },
        Coupled { nodes, conversions, storages },
    }
    Witness { NoTrade, Equilibrium(price) }
    Rule {
        UniformPrice { convention, k },
        PayAsBid { k },
        MidMarketRate { tariff },
        Sharing { key, price },
        TradeReduction,
        Vcg,
        SupplyDemandRatio { tariff },
        BillSharing,
        Continuous,
        Pipeline { stages, k },
        Bilateral { charges },
        UniformPriceBlocks { k },
        AuctionFirst { convention, k, key, price },
        Coupled { k },
        ExPost { tariff, weights },
    }
    ImbalancePolicy { Dual, Single { tariff }, ProRata { tariff } }
    Register { Interval, Cumulative { modulus } }
    Arrangement { Direct, Sub { main }, Virtual { source, share } }
    TariffKind { Flat(prices), TimeOfUse(windows), Dynamic }
}

/// A command of another kind where one has the same fields.
impl Tamper for Command {
    fn changes(&self) -> Changes<Self> {
        let mut changes = self.fields();
        let other = match *self {
            Self::Close { carrier, interval } => Some(Self::Settle { carrier, interval }),
            Self::Settle { carrier, interval } => Some(Self::Close { carrier, interval }),
            Self::Deposit { account, amount, nonce } => Some(Self::Withdraw { account, amount, nonce }),
            Self::Withdraw { account, amount, nonce } => Some(Self::Deposit { account, amount, nonce }),
            Self::Read(reading) => Some(Self::Correct(reading)),
            Self::Correct(reading) => Some(Self::Read(reading)),
            _ => None,
        };
        changes.extend(other.map(|command| ("", command)));
        changes
    }

    fn example() -> Self {
        Self::Tick { time: 0 }
    }
}

/// The fields, then every other variant.
macro_rules! with_other_variants {
    ($($type:ident: $($example:expr),+;)+) => {$(
        impl Tamper for $type {
            fn changes(&self) -> Changes<Self> {
                let mut changes = self.fields();
                let others = [$($example),+].into_iter().filter(|other| discriminant(other) != discriminant(self));
                changes.extend(others.map(|other| ("", other)));
                changes
            }

            fn example() -> Self {
                let [example, ..] = [$($example),+];
                example
            }
        }
    )+};
}

with_other_variants! {
    Claim: Self::Nothing,
        Self::UniformPrice { equilibrium: Price::example(), price: Price::example() },
        Self::PayAsBid { equilibrium: Price::example(), bids: vec![], offers: vec![] },
        Self::Metered,
        Self::TradeReduction { equilibrium: Price::example() },
        Self::Vcg { equilibrium: Price::example(), without: vec![] },
        Self::Continuous,
        Self::Pipeline { auctions: vec![] },
        Self::Bilateral { trades: vec![], bid_prices: vec![], offer_prices: vec![] },
        Self::Blocks { intervals: vec![], refused: vec![] },
        Self::Coupled { nodes: vec![], conversions: vec![], storages: vec![] };
    Witness: Self::NoTrade, Self::Equilibrium(Price::example());
    Rule: Self::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF },
        Self::PayAsBid { k: Fraction::HALF },
        Self::MidMarketRate { tariff: TariffId::example() },
        Self::Sharing { key: SharingKey::Static, price: Price::example() },
        Self::TradeReduction,
        Self::Vcg,
        Self::SupplyDemandRatio { tariff: TariffId::example() },
        Self::BillSharing,
        Self::Continuous,
        Self::Pipeline { stages: Stages::example(), k: Fraction::HALF },
        Self::Bilateral { charges: [Price::ZERO; 4] },
        Self::UniformPriceBlocks { k: Fraction::HALF },
        Self::AuctionFirst {
            convention: PriceConvention::Equilibrium,
            k: Fraction::HALF,
            key: SharingKey::Dynamic,
            price: Price::example(),
        },
        Self::Coupled { k: Fraction::HALF },
        Self::ExPost { tariff: TariffId::example(), weights: [0; 5] };
    ImbalancePolicy: Self::Dual, Self::Single { tariff: TariffId::example() },
        Self::ProRata { tariff: TariffId::example() };
    Register: Self::Interval, Self::Cumulative { modulus: 1 };
    Arrangement: Self::Direct, Self::Sub { main: MeterId::example() },
        Self::Virtual { source: MeterId::example(), share: 0 };
    TariffKind: Self::Flat(Prices::example()), Self::TimeOfUse(vec![]), Self::Dynamic;
}

/// Enums without fields: every other value.
macro_rules! numbered {
    ($($type:ident { $first:ident $(, $variant:ident)* })+) => {$(
        impl Tamper for $type {
            fn changes(&self) -> Changes<Self> {
                // No wildcard: a new variant that is not listed here must not compile.
                match self { Self::$first $(| Self::$variant)* => {} }
                let others = [Self::$first $(, Self::$variant)*].into_iter().filter(|other| other != self);
                others.map(|other| ("", other)).collect()
            }

            fn example() -> Self {
                Self::$first
            }
        }
    )+};
}

numbered! {
    Carrier { Electricity, Heat, Gas }
    Side { Buy, Sell }
    TimeInForce { NextClearing, GateClosure, ImmediateOrCancel, FillOrKill }
    PriceConvention { Equilibrium, LastPair }
    SharingKey { Static, Dynamic, Equal, Hybrid, Cascade, Priority, FullDynamic, Incentive }
    Quality { Any, Local, GreenLocal }
    Stage { Separate, HighToLow, LowToHigh, SatisfyPreferences, UniformPrice }
    Authentication { Signature, Operator }
}

/// Integers: one more and one less.
macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Tamper for $type {
            fn changes(&self) -> Changes<Self> {
                vec![("", self.wrapping_add(1)), ("", self.wrapping_sub(1))]
            }

            fn example() -> Self {
                0
            }
        }
    )+};
}
integers!(u8, u16, u32, u64, i32, i64, i128);

/// Types around one value.
macro_rules! newtypes {
    ($($type:ident),+) => {$(
        impl Tamper for $type {
            fn changes(&self) -> Changes<Self> {
                lift(&self.0, "", Self).collect()
            }

            fn example() -> Self {
                Self(Tamper::example())
            }
        }
    )+};
}
newtypes!(AccountId, MeterId, TariffId, Location, Energy, Price, Money, Address);

/// One stage more, one less, and each stage another.
impl Tamper for Stages {
    fn changes(&self) -> Changes<Self> {
        let lists = self.as_slice().to_vec().changes().into_iter();
        lists.filter_map(|(name, list)| Some((name, Self::new(&list)?))).collect()
    }

    fn example() -> Self {
        Self::new(&[Stage::example()]).unwrap_or_else(|| unreachable!("one stage is a pipeline"))
    }
}

/// Arrays: each element in turn.
macro_rules! arrays {
    ($($element:ty; $count:literal),+) => {$(
        impl Tamper for [$element; $count] {
            fn changes(&self) -> Changes<Self> {
                let mut changes = Vec::new();
                for place in 0..self.len() {
                    let changed = self.get(place).into_iter().flat_map(Tamper::changes);
                    changes.extend(changed.map(|(name, element)| {
                        let mut array = *self;
                        array.get_mut(place).into_iter().for_each(|old| *old = element);
                        (name, array)
                    }));
                }
                changes
            }

            fn example() -> Self {
                core::array::from_fn(|_| Tamper::example())
            }
        }
    )+};
}
arrays!(Price; 4, Energy; 2, u32; 5);

/// The other truth value.
impl Tamper for bool {
    fn changes(&self) -> Changes<Self> {
        vec![("", !self)]
    }

    fn example() -> Self {
        false
    }
}

/// The fees changed, made up or left out.
impl Tamper for Option<[Price; 4]> {
    fn changes(&self) -> Changes<Self> {
        let Some(fees) = self else { return vec![("", Some(Tamper::example()))] };
        lift(fees, "", Some).chain([("", None)]).collect()
    }

    fn example() -> Self {
        None
    }
}

/// Bytes: a bit flipped in the first and in the last.
impl<const N: usize> Tamper for [u8; N] {
    fn changes(&self) -> Changes<Self> {
        let flipped = |place: usize| {
            let mut bytes = *self;
            bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= 1);
            ("", bytes)
        };
        vec![flipped(0), flipped(N - 1)]
    }

    fn example() -> Self {
        [0; N]
    }
}

/// A bit of r, s and v flipped, or none at all; one that was made up where there is none.
impl Tamper for Option<Signature> {
    fn changes(&self) -> Changes<Self> {
        let Some(signature) = self else { return vec![("", Some([27; 65]))] };
        let flipped = |name, place: usize, bits: u8| {
            let mut signature = *signature;
            signature.get_mut(place).into_iter().for_each(|byte| *byte ^= bits);
            (name, Some(signature))
        };
        let v = 27 ^ 28;
        vec![
            flipped("Signature.r", 31, 1),
            flipped("Signature.s", 63, 1),
            flipped("Signature.v", 64, v),
            ("", None),
        ]
    }

    fn example() -> Self {
        None
    }
}

impl<T: Tamper> Tamper for Box<T> {
    fn changes(&self) -> Changes<Self> {
        lift(&**self, "", Self::new).collect()
    }

    fn example() -> Self {
        Self::new(T::example())
    }
}

/// Lists: shorter, longer, two different neighbours swapped, and the elements changed: all of a few, or the first
/// and the last of many.
impl<T: Tamper> Tamper for Vec<T> {
    fn changes(&self) -> Changes<Self> {
        let changed = |name, change: &dyn Fn(&mut Self)| {
            let mut list = self.clone();
            change(&mut list);
            (name, list)
        };
        let mut changes =
            vec![changed("", &|list| list.push(list.last().cloned().unwrap_or_else(T::example)))];
        if !self.is_empty() {
            changes.push(changed("", &|list| drop(list.pop())));
        }
        if let Some(place) = self.windows(2).position(|pair| pair.first() != pair.last()) {
            changes.push(changed("", &|list| list.swap(place, place + 1)));
        }
        for (place, element) in self.iter().enumerate() {
            if self.len() <= FEW || place == 0 || place == self.len() - 1 {
                for (name, element) in element.changes() {
                    changes.push(changed(name, &|list| {
                        list.get_mut(place).into_iter().for_each(|old| *old = element.clone());
                    }));
                }
            }
        }
        changes
    }

    fn example() -> Self {
        Self::new()
    }
}

/// An interval earlier or later, twice or half as long, and one off the grid.
impl Tamper for DeliveryInterval {
    fn changes(&self) -> Changes<Self> {
        let Self { start, duration } = *self;
        let length = u64::from(duration);
        let grid = [
            ("DeliveryInterval.start", start.checked_add(length), Some(duration)),
            ("DeliveryInterval.start", start.checked_sub(length), Some(duration)),
            ("DeliveryInterval.duration", Some(start), duration.checked_mul(2)),
            ("DeliveryInterval.duration", Some(start), Some(duration / 2)),
        ];
        let on_grid = grid
            .into_iter()
            .filter_map(|(name, start, duration)| Some((name, Self::new(start?, duration?)?)));
        let off_grid = [
            ("DeliveryInterval.start", Self { start: start.wrapping_add(1), duration }),
            ("DeliveryInterval.duration", Self { start, duration: duration.wrapping_add(1) }),
        ];
        on_grid.chain(off_grid).collect()
    }

    fn example() -> Self {
        Self { start: 0, duration: 900 }
    }
}

/// Numerator and denominator one up and down, as far as the fraction stays in [0, 1].
impl Tamper for Fraction {
    fn changes(&self) -> Changes<Self> {
        let (above, below) = (self.numerator(), self.denominator());
        let changed = [
            ("Fraction.numerator", above.checked_add(1), Some(below)),
            ("Fraction.numerator", above.checked_sub(1), Some(below)),
            ("Fraction.denominator", Some(above), below.checked_add(1)),
            ("Fraction.denominator", Some(above), below.checked_sub(1)),
        ];
        changed
            .into_iter()
            .filter_map(|(name, above, below)| Some((name, Self::new(above?, below?)?)))
            .collect()
    }

    fn example() -> Self {
        Self::HALF
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::examples;
    use alloc::collections::BTreeMap;

    /// Catches a field whose changes are lost on the way up; that none is forgotten, the compiler sees to.
    #[test]
    fn the_catalogue_names_every_field() {
        let mut counts = BTreeMap::new();
        for (_, command) in examples() {
            for (field, _) in tamperings(&Envelope { command, signature: Some([27; 65]) }) {
                *counts.entry(field).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(counts.len(), 193, "{counts:#?}");
    }
}
