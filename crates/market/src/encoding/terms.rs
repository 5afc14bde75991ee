//! What a community, a metering point and an order are made of.

use super::{Canonical, Reader, fields, variants};
use crate::{
    AccountId, Address, Attributes, Authentication, Carrier, Community, Delegate, DeliveryInterval, Energy,
    Fraction, Market, MeterId, MeterTerms, Order, OrderId, Price, Prices, Quality, Reading, Rejection, Rule,
    Side, Stage, Stages, Step, Tariff, TariffId, TariffKind, TimeInForce, Window,
};
use alloc::vec::Vec;

fields!(Order {
    account: AccountId,
    meter: MeterId,
    interval: DeliveryInterval,
    side: Side,
    energy: Energy,
    limit: Price,
    time_in_force: TimeInForce,
    nonce: u64,
});

fields!(Attributes {
    quality: Quality,
    premium: Price,
    minimum: Energy,
    partner: AccountId,
    fall: Price,
    further: u16,
});

fields!(Step { limit: Price, energy: Energy });

fields!(OrderId { carrier: Carrier, interval: DeliveryInterval, side: Side, arrival: u32 });

fields!(Reading {
    meter: MeterId,
    interval: DeliveryInterval,
    import: Energy,
    export: Energy,
    sequence: u64
});

fields!(Delegate { address: Address, expires: u64 });

fields!(MeterTerms {
    account: AccountId,
    carrier: Carrier,
    key: Address,
    import_capacity: Energy,
    export_capacity: Energy,
    tariff: TariffId,
    share: u32,
});

fields!(Community {
    chain_id: u64,
    community_id: u64,
    currency: [u8; 3],
    operator: Address,
    authentication: Authentication,
    interval_duration: u32,
    gate_closure: u32,
    horizon: u16,
    utc_offset: i32,
    markets: Vec<Market>,
    tariffs: Vec<Tariff>,
});

fields!(Market { carrier: Carrier, rule: Rule, floor: Price, cap: Price });

variants!(Rule {
    0 => UniformPrice { convention, k },
    1 => PayAsBid { k },
    2 => MidMarketRate { tariff },
    3 => Sharing { key, price },
    4 => TradeReduction,
    5 => Vcg,
    6 => SupplyDemandRatio { tariff },
    7 => BillSharing,
    8 => Continuous,
    9 => Pipeline { stages, k },
    10 => Bilateral { charges },
    11 => UniformPriceBlocks { k },
    12 => AuctionFirst { convention, k, key, price },
});

/// The number of stages in one byte, then each stage's number.
impl Canonical for Stages {
    const LEAST: usize = 2;

    fn write(&self, out: &mut Vec<u8>) {
        let stages = self.as_slice();
        out.push(stages.len() as u8);
        stages.iter().for_each(|stage| stage.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let [count] = reader.take()?;
        let mut stages = Vec::with_capacity(Self::MOST);
        for _ in 0..count {
            if stages.len() == Self::MOST {
                return Err(Rejection::Malformed);
            }
            stages.push(Stage::read(reader)?);
        }
        Self::new(&stages).ok_or(Rejection::Malformed)
    }
}

/// One charge after the other.
impl Canonical for [Price; 4] {
    const LEAST: usize = 4 * Price::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|price| price.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        Ok([Price::read(reader)?, Price::read(reader)?, Price::read(reader)?, Price::read(reader)?])
    }
}

fields!(Tariff { kind: TariffKind, grid_fee: Price, peer_grid_fee: Price, levy: Price, peer_levy: Price });

variants!(TariffKind {
    0 => Flat(prices),
    1 => TimeOfUse(windows),
    2 => Dynamic,
});

fields!(Window { days: u8, from: u32, until: u32, prices: Prices });

fields!(Prices { import: Price, export: Price });

/// Start and duration; anything off the grid is malformed.
impl Canonical for DeliveryInterval {
    const LEAST: usize = u64::LEAST + u32::LEAST;

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        let Self { start, duration } = self;
        start.write(out);
        duration.write(out);
    }

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let (start, duration) = (u64::read(reader)?, u32::read(reader)?);
        Self::new(start, duration).ok_or(Rejection::Malformed)
    }
}

/// Numerator and denominator as they were given, not reduced.
impl Canonical for Fraction {
    const LEAST: usize = 2 * u32::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        self.numerator().write(out);
        self.denominator().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let (numerator, denominator) = (u32::read(reader)?, u32::read(reader)?);
        Self::new(numerator, denominator).ok_or(Rejection::Malformed)
    }
}
