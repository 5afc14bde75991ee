//! What a community, a metering point and an order are made of.

use super::{Canonical, Reader, fields, variants};
use crate::{
    AccountId, Address, Agreement, Arrangement, Attributes, Authentication, Carrier, Community, Conversion,
    Delegate, DeliveryInterval, Energy, Equipment, Fraction, ImbalancePolicy, Market, MeterId, MeterTerms,
    Order, OrderId, Output, Price, Prices, Quality, Reading, Register, RegisterReading, Rejection, Rule,
    Side, Stage, Stages, Step, StorageOffer, Tariff, TariffId, TariffKind, TariffVersion, TimeInForce,
    Window,
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
    13 => Coupled { k },
    14 => ExPost { tariff, weights },
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

fields!(Conversion {
    account: AccountId,
    interval: DeliveryInterval,
    input: MeterId,
    outputs: Vec<Output>,
    capacity: Energy,
    cost: Price,
    nonce: u64,
});

fields!(Output { meter: MeterId, ratio: u32 });

fields!(StorageOffer {
    account: AccountId,
    meter: MeterId,
    interval: DeliveryInterval,
    further: u16,
    charge: Energy,
    discharge: Energy,
    capacity: Energy,
    level: Energy,
    least: Energy,
    charge_efficiency: u32,
    discharge_efficiency: u32,
    kept: u32,
    cost: Price,
    nonce: u64,
});

fields!(Agreement {
    from: u64,
    imbalance: ImbalancePolicy,
    penalty: Price,
    tolerance: u32,
    grace: u32,
    correction_window: u32,
});

variants!(ImbalancePolicy {
    0 => Dual,
    1 => Single { tariff },
    2 => ProRata { tariff },
});

fields!(TariffVersion { from: u64, tariff: Tariff, distance_fees: Option<[Price; 4]>, vat: u32 });

fields!(Equipment { register: Register, arrangement: Arrangement });

variants!(Register {
    0 => Interval,
    1 => Cumulative { modulus },
});

variants!(Arrangement {
    0 => Direct,
    1 => Sub { main },
    2 => Virtual { source, share },
});

fields!(RegisterReading { meter: MeterId, time: u64, import: u64, export: u64, sequence: u64 });

/// 0 for none; 1, then the fees.
impl Canonical for Option<[Price; 4]> {
    const LEAST: usize = 1;

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        self.iter().for_each(|fees| fees.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let [some] = reader.take()?;
        match some {
            0 => Ok(None),
            1 => Canonical::read(reader).map(Some),
            _ => Err(Rejection::Malformed),
        }
    }
}

/// One weight after the other.
impl Canonical for [u32; 5] {
    const LEAST: usize = 5 * u32::LEAST;

    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|weight| weight.write(out));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let mut weights = [0; 5];
        for weight in &mut weights {
            *weight = u32::read(reader)?;
        }
        Ok(weights)
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
