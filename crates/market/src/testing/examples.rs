//! One worked example of every kind of command; `cases/encoding/` holds their bytes, digests and signatures.

use crate::{
    AccountId, Address, Agreement, Arrangement, Attributes, AuctionClaim, Authentication, Carrier, Claim,
    Command, Community, Conversion, ConversionClaim, Delegate, DeliveryInterval, Energy, Equipment, Fraction,
    ImbalancePolicy, Location, Market, MeterId, MeterTerms, Money, NodeClaim, Order, OrderId, Output,
    PairClaim, Price, PriceConvention, Prices, Quality, Reading, Refused, Register, RegisterReading, Rule,
    SharingKey, Side, Stage, Stages, Step, StorageClaim, StorageOffer, Tariff, TariffId, TariffKind,
    TariffVersion, TimeInForce, Window, Witness,
};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// `cases/encoding/commands.json`: the examples' canonical encodings.
pub const COMMAND_CASES: &str = include_str!("../../../../cases/encoding/commands.json");

/// `cases/encoding/eip712.json`: the examples' EIP-712 digests and signatures, with the key that made them.
pub const EIP712_CASES: &str = include_str!("../../../../cases/encoding/eip712.json");

/// 22:00 UTC on 14 November 2023.
const START: u64 = 1_699_999_200;

/// The community of the examples: chain 31337, community 42, three carriers under three rules.
#[must_use]
pub fn example_community() -> Community {
    let market = |carrier, rule, floor, cap| Market { carrier, rule, floor: Price(floor), cap: Price(cap) };
    let tariff = |kind, [grid_fee, peer_grid_fee, levy, peer_levy]: [i64; 4]| Tariff {
        kind,
        grid_fee: Price(grid_fee),
        peer_grid_fee: Price(peer_grid_fee),
        levy: Price(levy),
        peer_levy: Price(peer_levy),
    };
    let night = Window { days: 127, from: 0, until: 21_600, prices: prices(180_000, 70_000) };
    let day = Window { days: 127, from: 21_600, until: 86_400, prices: prices(280_000, -1_000) };
    let uniform = Rule::UniformPrice { convention: PriceConvention::LastPair, k: Fraction::HALF };
    Community {
        chain_id: 31_337,
        community_id: 42,
        currency: *b"EUR",
        operator: Address([0x11; 20]),
        authentication: Authentication::Signature,
        interval_duration: 900,
        gate_closure: 300,
        horizon: 96,
        utc_offset: -18_000,
        markets: vec![
            market(Carrier::Electricity, uniform, -500_000, 10_000_000),
            market(Carrier::Heat, Rule::PayAsBid { k: Fraction::ZERO }, 0, 400_000),
            market(Carrier::Gas, Rule::MidMarketRate { tariff: TariffId(2) }, 0, 200_000),
        ],
        tariffs: vec![
            tariff(TariffKind::Flat(prices(250_000, 80_000)), [90_000, 40_000, 20_500, 0]),
            tariff(TariffKind::TimeOfUse(vec![night, day]), [1, 2, 3, 4]),
            tariff(TariffKind::Dynamic, [5, 6, 7, 8]),
        ],
    }
}

/// Every kind of command, every claim, every rule, by the name it has in `cases/encoding/`.
#[must_use]
pub fn examples() -> Vec<(&'static str, Command)> {
    let interval = DeliveryInterval { start: START, duration: 900 };
    let electricity = Carrier::Electricity;
    let clear = |carrier, claim| Command::Clear { carrier, interval, claim };
    vec![
        ("found", Command::Found(Box::new(example_community()))),
        ("found_sharing", Command::Found(Box::new(sharing_community()))),
        ("tick", Command::Tick { time: START + 1 }),
        (
            "register_account",
            Command::RegisterAccount { address: Address(core::array::from_fn(|i| i as u8 + 1)) },
        ),
        (
            "register_meter",
            Command::RegisterMeter {
                terms: MeterTerms {
                    account: AccountId(6),
                    carrier: electricity,
                    key: Address([0x22; 20]),
                    import_capacity: Energy(7_500),
                    export_capacity: Energy(2_500),
                    tariff: TariffId(1),
                    share: 62_500,
                },
                nonce: 3,
            },
        ),
        (
            "delegate",
            Command::Delegate {
                account: AccountId(6),
                delegate: Delegate { address: Address([0x33; 20]), expires: START + 86_400 },
                nonce: 1,
            },
        ),
        ("revoke", Command::Revoke { account: AccountId(6), address: Address([0x33; 20]), nonce: 2 }),
        ("deposit", Command::Deposit { account: AccountId(6), amount: Money(50_000_000_000), nonce: 4 }),
        ("withdraw", Command::Withdraw { account: AccountId(6), amount: crate::MAX_MONEY, nonce: 5 }),
        (
            "place",
            Command::Place(Order {
                account: AccountId(7),
                meter: MeterId(0x0102_0304),
                interval,
                side: Side::Buy,
                energy: Energy(1_250),
                limit: Price(234_567),
                time_in_force: TimeInForce::NextClearing,
                nonce: 9,
            }),
        ),
        (
            "place_at_a_negative_price",
            Command::Place(Order {
                account: AccountId(7),
                meter: MeterId(0),
                interval,
                side: Side::Sell,
                energy: crate::MAX_ENERGY,
                limit: Price(-1),
                time_in_force: TimeInForce::GateClosure,
                nonce: u64::MAX,
            }),
        ),
        (
            "cancel",
            Command::Cancel {
                account: AccountId(7),
                order: OrderId {
                    carrier: Carrier::Gas,
                    interval: DeliveryInterval { start: START + 3_600, duration: 3_600 },
                    side: Side::Sell,
                    arrival: 12,
                },
                nonce: 10,
            },
        ),
        (
            "publish_prices",
            Command::PublishPrices {
                tariff: TariffId(2),
                start: interval,
                prices: vec![prices(301_000, 60_000), prices(-70_000, -80_000)],
            },
        ),
        ("close", Command::Close { carrier: electricity, interval }),
        ("clear_nothing", clear(electricity, Claim::Nothing)),
        (
            "clear_uniform_price",
            clear(electricity, Claim::UniformPrice { equilibrium: Price(120_000), price: Price(125_000) }),
        ),
        (
            "clear_pay_as_bid",
            clear(
                Carrier::Heat,
                Claim::PayAsBid { equilibrium: Price(-5), bids: vec![4, 0, 2], offers: vec![1_048_575] },
            ),
        ),
        ("clear_metered", clear(Carrier::Gas, Claim::Metered)),
        (
            "read",
            Command::Read(Reading {
                meter: MeterId(3),
                interval,
                import: Energy(420),
                export: Energy(0),
                sequence: 1,
            }),
        ),
        ("settle", Command::Settle { carrier: Carrier::Heat, interval }),
        ("checkpoint", Command::Checkpoint { root: core::array::from_fn(|i| i as u8) }),
        (
            "found_auctions",
            Command::Found(Box::new(designs([Rule::TradeReduction, Rule::Vcg, Rule::Continuous]))),
        ),
        ("found_wishes", Command::Found(Box::new(designs(wishing_rules())))),
        ("found_metered", Command::Found(Box::new(designs(metered_rules())))),
        ("place_with", Command::PlaceWith { order: wishing_order(), attributes: wishes(), steps: vec![] }),
        (
            "place_curve",
            Command::PlaceWith {
                order: Order { side: Side::Buy, time_in_force: TimeInForce::FillOrKill, ..wishing_order() },
                attributes: Attributes::default(),
                steps: vec![step(233_000, 400), step(-5, crate::MAX_ENERGY.0)],
            },
        ),
        ("locate", Command::Locate { meter: MeterId(3), location: Location(0x0001_0203), nonce: 6 }),
        ("clear_trade_reduction", clear(electricity, Claim::TradeReduction { equilibrium: Price(120_000) })),
        (
            "clear_vcg",
            clear(
                electricity,
                Claim::Vcg {
                    equilibrium: Price(120_000),
                    without: vec![Witness::NoTrade, Witness::Equilibrium(Price(-9))],
                },
            ),
        ),
        ("clear_continuous", clear(Carrier::Gas, Claim::Continuous)),
        ("clear_pipeline", clear(electricity, Claim::Pipeline { auctions: auctions() })),
        (
            "clear_bilateral",
            clear(
                Carrier::Heat,
                Claim::Bilateral {
                    trades: vec![
                        PairClaim { bid: 0, offer: 3, energy: Energy(250) },
                        PairClaim { bid: 2, offer: 0, energy: Energy(1) },
                    ],
                    bid_prices: vec![Price(210_000), Price(0), Price(199_999)],
                    offer_prices: vec![Price(190_000), Price(-1)],
                },
            ),
        ),
        (
            "clear_blocks",
            clear(
                electricity,
                Claim::Blocks {
                    intervals: vec![Witness::Equilibrium(Price(150_000)), Witness::NoTrade],
                    refused: vec![Refused { interval: 1, side: Side::Sell, position: 70_000 }],
                },
            ),
        ),
        ("found_coupled", Command::Found(Box::new(designs(coupled_rules())))),
        ("convert", Command::Convert(conversion())),
        ("store", Command::Store(storage())),
        ("agree", Command::Agree { terms: agreement(ImbalancePolicy::Dual), nonce: 12 }),
        (
            "agree_on_one_price",
            Command::Agree { terms: agreement(ImbalancePolicy::Single { tariff: TariffId(2) }), nonce: 13 },
        ),
        (
            "agree_on_shares",
            Command::Agree { terms: agreement(ImbalancePolicy::ProRata { tariff: TariffId(3) }), nonce: 14 },
        ),
        ("reprice", Command::Reprice { tariff: TariffId(1), version: version(None), nonce: 15 }),
        (
            "reprice_by_distance",
            Command::Reprice {
                tariff: TariffId(1),
                version: version(Some([Price(0), Price(10_000), Price(30_000), Price(90_000)])),
                nonce: 16,
            },
        ),
        ("equip", equip(Register::Cumulative { modulus: 1_000_000_000 }, Arrangement::Direct)),
        ("equip_below", equip(Register::Interval, Arrangement::Sub { main: MeterId(9) })),
        (
            "equip_virtually",
            equip(Register::Interval, Arrangement::Virtual { source: MeterId(9), share: 400_000 }),
        ),
        (
            "read_register",
            Command::ReadRegister(RegisterReading {
                meter: MeterId(3),
                time: START + 900,
                import: 999_999_999,
                export: 7,
                sequence: 2,
            }),
        ),
        (
            "correct",
            Command::Correct(Reading {
                meter: MeterId(3),
                interval,
                import: Energy(421),
                export: Energy(0),
                sequence: 8,
            }),
        ),
        ("resettle", Command::Resettle { carrier: Carrier::Gas, interval }),
        ("clear_coupled", clear(electricity, coupled_claim())),
        (
            "transfer",
            Command::Transfer {
                from: AccountId(7),
                to: AccountId(0x0102_0304),
                amount: Money(12_345_678_901),
                nonce: 11,
            },
        ),
    ]
}

const fn coupled_rules() -> [Rule; 3] {
    let weights = [1_000_000, 750_000, 500_000, 250_000, 0];
    [
        Rule::Coupled { k: Fraction::HALF },
        Rule::Coupled { k: Fraction::ONE },
        Rule::ExPost { tariff: TariffId(0), weights },
    ]
}

fn conversion() -> Conversion {
    Conversion {
        account: AccountId(7),
        interval: DeliveryInterval { start: START, duration: 900 },
        input: MeterId(5),
        outputs: vec![
            Output { meter: MeterId(6), ratio: 300_000 },
            Output { meter: MeterId(7), ratio: 580_001 },
        ],
        capacity: Energy(16_500),
        cost: Price(2_000),
        nonce: 11,
    }
}

const fn storage() -> StorageOffer {
    StorageOffer {
        account: AccountId(7),
        meter: MeterId(5),
        interval: DeliveryInterval { start: START, duration: 900 },
        further: 3,
        charge: Energy(1_250),
        discharge: Energy(1_000),
        capacity: Energy(10_000),
        level: Energy(4_000),
        least: Energy(3_000),
        charge_efficiency: 950_000,
        discharge_efficiency: 960_000,
        kept: 999_900,
        cost: Price(25_000),
        nonce: 12,
    }
}

const fn agreement(imbalance: ImbalancePolicy) -> Agreement {
    Agreement {
        from: START,
        imbalance,
        penalty: Price(50_000),
        tolerance: 20_000,
        grace: 86_400,
        correction_window: 1_209_600,
    }
}

const fn version(distance_fees: Option<[Price; 4]>) -> TariffVersion {
    let tariff = Tariff {
        kind: TariffKind::Flat(prices(260_000, 79_000)),
        grid_fee: Price(95_000),
        peer_grid_fee: Price(41_000),
        levy: Price(20_500),
        peer_levy: Price(0),
    };
    TariffVersion { from: START + 900, tariff, distance_fees, vat: 190_000 }
}

const fn equip(register: Register, arrangement: Arrangement) -> Command {
    Command::Equip { meter: MeterId(3), equipment: Equipment { register, arrangement }, nonce: 17 }
}

fn coupled_claim() -> Claim {
    let node = |price, between, margin: [i64; 2], short: [i64; 2]| NodeClaim {
        price: Price(price),
        between,
        margin: margin.map(Energy),
        short: short.map(Energy),
    };
    Claim::Coupled {
        nodes: vec![node(120_000, false, [0, 350], [0, 0]), node(-41, true, [0, 0], [3, 0])],
        conversions: vec![ConversionClaim { input: Energy(1_001), outputs: vec![Energy(300), Energy(580)] }],
        storages: vec![StorageClaim {
            flows: vec![Energy(1_250), Energy(-1_000)],
            values: vec![Price(110_000), Price(0)],
        }],
    }
}

/// A community that trades its three carriers by these rules.
fn designs(rules: [Rule; 3]) -> Community {
    let markets = Carrier::ALL.into_iter().zip(rules);
    let market = |(carrier, rule)| Market { carrier, rule, floor: Price(-1), cap: Price(500_000) };
    Community { markets: markets.map(market).collect(), tariffs: vec![], ..example_community() }
}

fn wishing_rules() -> [Rule; 3] {
    let stages =
        Stages::new(&[Stage::SatisfyPreferences, Stage::HighToLow, Stage::LowToHigh, Stage::Separate]);
    [
        Rule::Pipeline { stages: stages.expect("four stages"), k: Fraction::ONE },
        Rule::Bilateral { charges: [Price(0), Price(1_000), Price(2_000), Price(10_000)] },
        Rule::UniformPriceBlocks { k: Fraction::HALF },
    ]
}

fn metered_rules() -> [Rule; 3] {
    [
        Rule::AuctionFirst {
            convention: PriceConvention::LastPair,
            k: Fraction::ZERO,
            key: SharingKey::Priority,
            price: Price(160_000),
        },
        Rule::SupplyDemandRatio { tariff: TariffId(0) },
        Rule::BillSharing,
    ]
}

/// An offer of 800 Wh for the next quarter hour.
fn wishing_order() -> Order {
    Order {
        account: AccountId(8),
        meter: MeterId(5),
        interval: DeliveryInterval { start: START, duration: 900 },
        side: Side::Sell,
        energy: Energy(800),
        limit: Price(234_567),
        time_in_force: TimeInForce::ImmediateOrCancel,
        nonce: 11,
    }
}

/// Every wish at once.
fn wishes() -> Attributes {
    Attributes {
        quality: Quality::GreenLocal,
        premium: Price(12_000),
        minimum: Energy(300),
        partner: AccountId(7),
        fall: Price(40_000),
        further: 3,
    }
}

const fn step(limit: i64, energy: i64) -> Step {
    Step { limit: Price(limit), energy: Energy(energy) }
}

fn auctions() -> Vec<AuctionClaim> {
    let (dropped_local, dropped_green) = (u32::MAX, 4);
    vec![
        AuctionClaim { witness: Witness::Equilibrium(Price(200_000)), dropped_local, dropped_green },
        AuctionClaim { witness: Witness::NoTrade, dropped_local, dropped_green: u32::MAX },
    ]
}

/// A community that shares by a key, with numbers at the ends of their ranges.
fn sharing_community() -> Community {
    let rule = Rule::Sharing { key: SharingKey::Dynamic, price: Price(150_000) };
    Community {
        chain_id: u64::MAX,
        community_id: 0,
        currency: *b"CHF",
        operator: Address::default(),
        authentication: Authentication::Operator,
        interval_duration: 3_600,
        gate_closure: 0,
        horizon: u16::MAX,
        utc_offset: 3_600,
        markets: vec![Market {
            carrier: Carrier::Electricity,
            rule,
            floor: Price(-10_000_000),
            cap: Price(10_000_000),
        }],
        tariffs: vec![],
    }
}

const fn prices(import: i64, export: i64) -> Prices {
    Prices { import: Price(import), export: Price(export) }
}
