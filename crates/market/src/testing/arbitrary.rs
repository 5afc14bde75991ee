//! Any command at all that has an encoding, sensible or not: extreme numbers, empty lists, every variant.

use crate::{
    AccountId, Address, Agreement, Arrangement, Attributes, AuctionClaim, Authentication, Carrier, Claim,
    Command, Community, Conversion, ConversionClaim, Delegate, DeliveryInterval, Energy, Envelope, Equipment,
    Fraction, ImbalancePolicy, Location, Market, MeterId, MeterTerms, Money, NodeClaim, Order, OrderId,
    Output, PairClaim, Price, PriceConvention, Prices, Quality, Reading, Refused, Register, RegisterReading,
    Rule, SharingKey, Side, Signature, Stage, Stages, Step, StorageClaim, StorageOffer, Tariff, TariffId,
    TariffKind, TariffVersion, TimeInForce, Window, Witness,
};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use proptest::collection::vec as list;
use proptest::prelude::*;

/// Any command of any kind.
pub fn arbitrary_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        community().prop_map(|terms| Command::Found(Box::new(terms))),
        any::<u64>().prop_map(|time| Command::Tick { time }),
        address().prop_map(|address| Command::RegisterAccount { address }),
        (meter_terms(), any::<u64>()).prop_map(|(terms, nonce)| Command::RegisterMeter { terms, nonce }),
        (account(), delegate(), any::<u64>()).prop_map(|(account, delegate, nonce)| Command::Delegate {
            account,
            delegate,
            nonce
        }),
        (account(), address(), any::<u64>()).prop_map(|(account, address, nonce)| Command::Revoke {
            account,
            address,
            nonce
        }),
        (account(), money(), any::<u64>()).prop_map(|(account, amount, nonce)| Command::Deposit {
            account,
            amount,
            nonce
        }),
        (account(), money(), any::<u64>()).prop_map(|(account, amount, nonce)| Command::Withdraw {
            account,
            amount,
            nonce
        }),
        order().prop_map(Command::Place),
        (account(), order_id(), any::<u64>()).prop_map(|(account, order, nonce)| Command::Cancel {
            account,
            order,
            nonce
        }),
        (tariff_id(), arbitrary_interval(), list(prices(), 0..5))
            .prop_map(|(tariff, start, prices)| Command::PublishPrices { tariff, start, prices }),
        (carrier(), arbitrary_interval())
            .prop_map(|(carrier, interval)| Command::Close { carrier, interval }),
        (carrier(), arbitrary_interval(), claim()).prop_map(|(carrier, interval, claim)| Command::Clear {
            carrier,
            interval,
            claim
        }),
        reading().prop_map(Command::Read),
        (carrier(), arbitrary_interval())
            .prop_map(|(carrier, interval)| Command::Settle { carrier, interval }),
        any::<[u8; 32]>().prop_map(|root| Command::Checkpoint { root }),
        (order(), attributes(), list(step(), 0..4))
            .prop_map(|(order, attributes, steps)| Command::PlaceWith { order, attributes, steps }),
        (meter(), any::<u32>(), any::<u64>()).prop_map(|(meter, location, nonce)| Command::Locate {
            meter,
            location: Location(location),
            nonce
        }),
        conversion().prop_map(Command::Convert),
        storage().prop_map(Command::Store),
        (agreement(), any::<u64>()).prop_map(|(terms, nonce)| Command::Agree { terms, nonce }),
        (tariff_id(), version(), any::<u64>()).prop_map(|(tariff, version, nonce)| Command::Reprice {
            tariff,
            version,
            nonce
        }),
        (meter(), equipment(), any::<u64>()).prop_map(|(meter, equipment, nonce)| Command::Equip {
            meter,
            equipment,
            nonce
        }),
        (meter(), any::<[u64; 4]>()).prop_map(|(meter, [time, import, export, sequence])| {
            Command::ReadRegister(RegisterReading { meter, time, import, export, sequence })
        }),
        reading().prop_map(Command::Correct),
        (carrier(), arbitrary_interval())
            .prop_map(|(carrier, interval)| Command::Resettle { carrier, interval }),
        (account(), account(), money(), any::<u64>())
            .prop_map(|(from, to, amount, nonce)| Command::Transfer { from, to, amount, nonce }),
    ]
}

fn conversion() -> impl Strategy<Value = Conversion> {
    let outputs = list((meter(), any::<u32>()).prop_map(|(meter, ratio)| Output { meter, ratio }), 0..3);
    (account(), arbitrary_interval(), meter(), outputs, energy(), price(), any::<u64>()).prop_map(
        |(account, interval, input, outputs, capacity, cost, nonce)| Conversion {
            account,
            interval,
            input,
            outputs,
            capacity,
            cost,
            nonce,
        },
    )
}

fn storage() -> impl Strategy<Value = StorageOffer> {
    let at = (account(), meter(), arbitrary_interval(), any::<u16>());
    let energies = [energy(), energy(), energy(), energy(), energy()];
    (at, energies, any::<[u32; 3]>(), price(), any::<u64>()).prop_map(
        |((account, meter, interval, further), energies, efficiencies, cost, nonce)| {
            let [charge, discharge, capacity, level, least] = energies;
            let [charge_efficiency, discharge_efficiency, kept] = efficiencies;
            StorageOffer {
                account,
                meter,
                interval,
                further,
                charge,
                discharge,
                capacity,
                level,
                least,
                charge_efficiency,
                discharge_efficiency,
                kept,
                cost,
                nonce,
            }
        },
    )
}

fn agreement() -> impl Strategy<Value = Agreement> {
    let policy = prop_oneof![
        Just(ImbalancePolicy::Dual),
        tariff_id().prop_map(|tariff| ImbalancePolicy::Single { tariff }),
        tariff_id().prop_map(|tariff| ImbalancePolicy::ProRata { tariff }),
    ];
    (any::<u64>(), policy, price(), any::<[u32; 3]>()).prop_map(|(from, imbalance, penalty, numbers)| {
        let [tolerance, grace, correction_window] = numbers;
        Agreement { from, imbalance, penalty, tolerance, grace, correction_window }
    })
}

fn version() -> impl Strategy<Value = TariffVersion> {
    let fees = proptest::option::of([price(), price(), price(), price()]);
    (any::<u64>(), tariff(), fees, any::<u32>())
        .prop_map(|(from, tariff, distance_fees, vat)| TariffVersion { from, tariff, distance_fees, vat })
}

fn equipment() -> impl Strategy<Value = Equipment> {
    let register = prop_oneof![
        Just(Register::Interval),
        any::<u64>().prop_map(|modulus| Register::Cumulative { modulus })
    ];
    let arrangement = prop_oneof![
        Just(Arrangement::Direct),
        meter().prop_map(|main| Arrangement::Sub { main }),
        (meter(), any::<u32>()).prop_map(|(source, share)| Arrangement::Virtual { source, share }),
    ];
    (register, arrangement).prop_map(|(register, arrangement)| Equipment { register, arrangement })
}

fn node() -> impl Strategy<Value = NodeClaim> {
    (price(), any::<bool>(), [energy(), energy()], [energy(), energy()])
        .prop_map(|(price, between, margin, short)| NodeClaim { price, between, margin, short })
}

/// Any command, signed by nobody in particular or not at all.
pub fn arbitrary_envelope() -> impl Strategy<Value = Envelope> {
    (arbitrary_command(), proptest::option::of(signature()))
        .prop_map(|(command, signature)| Envelope { command, signature })
}

/// Any delivery interval, of any length that divides a day.
pub fn arbitrary_interval() -> impl Strategy<Value = DeliveryInterval> {
    let durations: Vec<u32> = (1..=86_400).filter(|duration| 86_400 % duration == 0).collect();
    let duration = prop_oneof![Just(900), Just(3_600), proptest::sample::select(durations)];
    (duration, 0..1_u64 << 40).prop_map(|(duration, instant)| DeliveryInterval {
        start: instant - instant % u64::from(duration),
        duration,
    })
}

/// Canonical in form; whose it is, no one can say.
fn signature() -> impl Strategy<Value = Signature> {
    (any::<[u8; 32]>(), any::<[u8; 32]>(), 27..=28_u8).prop_map(|(r, mut s, v)| {
        s[0] &= 0x3f;
        let mut signature = [v; 65];
        signature[..32].copy_from_slice(&r);
        signature[32..64].copy_from_slice(&s);
        signature
    })
}

fn community() -> impl Strategy<Value = Community> {
    let keys = (any::<u64>(), any::<u64>(), any::<[u8; 3]>(), address());
    let authentication =
        proptest::sample::select([Authentication::Signature, Authentication::Operator].as_slice());
    let times = (any::<u32>(), any::<u32>(), any::<u16>(), any::<i32>());
    (keys, authentication, times, list(market(), 0..4), list(tariff(), 0..4)).prop_map(
        |((chain_id, community_id, currency, operator), authentication, times, markets, tariffs)| {
            let (interval_duration, gate_closure, horizon, utc_offset) = times;
            Community {
                chain_id,
                community_id,
                currency,
                operator,
                authentication,
                interval_duration,
                gate_closure,
                horizon,
                utc_offset,
                markets,
                tariffs,
            }
        },
    )
}

fn market() -> impl Strategy<Value = Market> {
    (carrier(), rule(), price(), price()).prop_map(|(carrier, rule, floor, cap)| Market {
        carrier,
        rule,
        floor,
        cap,
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let convention =
        proptest::sample::select([PriceConvention::Equilibrium, PriceConvention::LastPair].as_slice());
    let conventions = convention.clone();
    let key = proptest::sample::select(SharingKey::ALL.as_slice());
    let keys = key.clone();
    let stages = list(proptest::sample::select(Stage::ALL.as_slice()), 1..=Stages::MOST);
    prop_oneof![
        (convention, fraction()).prop_map(|(convention, k)| Rule::UniformPrice { convention, k }),
        fraction().prop_map(|k| Rule::PayAsBid { k }),
        tariff_id().prop_map(|tariff| Rule::MidMarketRate { tariff }),
        (key, price()).prop_map(|(key, price)| Rule::Sharing { key, price }),
        Just(Rule::TradeReduction),
        Just(Rule::Vcg),
        tariff_id().prop_map(|tariff| Rule::SupplyDemandRatio { tariff }),
        Just(Rule::BillSharing),
        Just(Rule::Continuous),
        (stages, fraction())
            .prop_map(|(stages, k)| Rule::Pipeline { stages: Stages::new(&stages).expect("one to four"), k }),
        [price(), price(), price(), price()].prop_map(|charges| Rule::Bilateral { charges }),
        fraction().prop_map(|k| Rule::UniformPriceBlocks { k }),
        (conventions, fraction(), keys, price()).prop_map(|(convention, k, key, price)| Rule::AuctionFirst {
            convention,
            k,
            key,
            price
        }),
        fraction().prop_map(|k| Rule::Coupled { k }),
        (tariff_id(), any::<[u32; 5]>()).prop_map(|(tariff, weights)| Rule::ExPost { tariff, weights }),
    ]
}

fn fraction() -> impl Strategy<Value = Fraction> {
    let parts = (1..=u32::MAX).prop_flat_map(|denominator| (0..=denominator, Just(denominator)));
    prop_oneof![
        Just(Fraction::HALF),
        parts.prop_map(|(above, below)| Fraction::new(above, below).expect("≤ 1"))
    ]
}

fn tariff() -> impl Strategy<Value = Tariff> {
    let kind = prop_oneof![
        prices().prop_map(TariffKind::Flat),
        list(window(), 0..4).prop_map(TariffKind::TimeOfUse),
        Just(TariffKind::Dynamic),
    ];
    (kind, price(), price(), price(), price()).prop_map(|(kind, grid_fee, peer_grid_fee, levy, peer_levy)| {
        Tariff { kind, grid_fee, peer_grid_fee, levy, peer_levy }
    })
}

fn window() -> impl Strategy<Value = Window> {
    (any::<u8>(), any::<u32>(), any::<u32>(), prices()).prop_map(|(days, from, until, prices)| Window {
        days,
        from,
        until,
        prices,
    })
}

fn claim() -> impl Strategy<Value = Claim> {
    prop_oneof![
        Just(Claim::Nothing),
        (price(), price()).prop_map(|(equilibrium, price)| Claim::UniformPrice { equilibrium, price }),
        (price(), list(any::<u32>(), 0..6), list(any::<u32>(), 0..6))
            .prop_map(|(equilibrium, bids, offers)| Claim::PayAsBid { equilibrium, bids, offers }),
        Just(Claim::Metered),
        price().prop_map(|equilibrium| Claim::TradeReduction { equilibrium }),
        (price(), list(witness(), 0..6))
            .prop_map(|(equilibrium, without)| Claim::Vcg { equilibrium, without }),
        Just(Claim::Continuous),
        list(auction(), 0..6).prop_map(|auctions| Claim::Pipeline { auctions }),
        (list(pair(), 0..6), list(price(), 0..4), list(price(), 0..4)).prop_map(
            |(trades, bid_prices, offer_prices)| Claim::Bilateral { trades, bid_prices, offer_prices }
        ),
        (list(witness(), 0..4), list(refused(), 0..4))
            .prop_map(|(intervals, refused)| Claim::Blocks { intervals, refused }),
        (
            list(node(), 0..4),
            list(
                (energy(), list(energy(), 0..3))
                    .prop_map(|(input, outputs)| ConversionClaim { input, outputs }),
                0..4
            ),
            list(
                (list(energy(), 0..4), list(price(), 0..4))
                    .prop_map(|(flows, values)| StorageClaim { flows, values }),
                0..3
            ),
        )
            .prop_map(|(nodes, conversions, storages)| Claim::Coupled {
                nodes,
                conversions,
                storages
            }),
    ]
}

fn witness() -> impl Strategy<Value = Witness> {
    prop_oneof![Just(Witness::NoTrade), price().prop_map(Witness::Equilibrium)]
}

fn auction() -> impl Strategy<Value = AuctionClaim> {
    (witness(), any::<u32>(), any::<u32>()).prop_map(|(witness, dropped_local, dropped_green)| AuctionClaim {
        witness,
        dropped_local,
        dropped_green,
    })
}

fn pair() -> impl Strategy<Value = PairClaim> {
    (any::<u32>(), any::<u32>(), energy()).prop_map(|(bid, offer, energy)| PairClaim { bid, offer, energy })
}

fn refused() -> impl Strategy<Value = Refused> {
    (any::<u16>(), side(), any::<u32>()).prop_map(|(interval, side, position)| Refused {
        interval,
        side,
        position,
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let quality = proptest::sample::select(Quality::ALL.as_slice());
    (quality, price(), energy(), account(), price(), any::<u16>()).prop_map(
        |(quality, premium, minimum, partner, fall, further)| Attributes {
            quality,
            premium,
            minimum,
            partner,
            fall,
            further,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    (price(), energy()).prop_map(|(limit, energy)| Step { limit, energy })
}

fn order() -> impl Strategy<Value = Order> {
    let time_in_force = proptest::sample::select(TimeInForce::ALL.as_slice());
    let at = (account(), meter(), arbitrary_interval(), side());
    (at, energy(), price(), time_in_force, any::<u64>()).prop_map(
        |((account, meter, interval, side), energy, limit, time_in_force, nonce)| Order {
            account,
            meter,
            interval,
            side,
            energy,
            limit,
            time_in_force,
            nonce,
        },
    )
}

fn order_id() -> impl Strategy<Value = OrderId> {
    (carrier(), arbitrary_interval(), side(), any::<u32>())
        .prop_map(|(carrier, interval, side, arrival)| OrderId { carrier, interval, side, arrival })
}

fn reading() -> impl Strategy<Value = Reading> {
    (meter(), arbitrary_interval(), energy(), energy(), any::<u64>()).prop_map(
        |(meter, interval, import, export, sequence)| Reading { meter, interval, import, export, sequence },
    )
}

fn meter_terms() -> impl Strategy<Value = MeterTerms> {
    (account(), carrier(), address(), energy(), energy(), tariff_id(), any::<u32>()).prop_map(
        |(account, carrier, key, import_capacity, export_capacity, tariff, share)| MeterTerms {
            account,
            carrier,
            key,
            import_capacity,
            export_capacity,
            tariff,
            share,
        },
    )
}

fn delegate() -> impl Strategy<Value = Delegate> {
    (address(), any::<u64>()).prop_map(|(address, expires)| Delegate { address, expires })
}

fn prices() -> impl Strategy<Value = Prices> {
    (price(), price()).prop_map(|(import, export)| Prices { import, export })
}

fn carrier() -> impl Strategy<Value = Carrier> {
    proptest::sample::select(Carrier::ALL.as_slice())
}

fn side() -> impl Strategy<Value = Side> {
    proptest::sample::select(Side::ALL.as_slice())
}

fn account() -> impl Strategy<Value = AccountId> {
    any::<u32>().prop_map(AccountId)
}

fn meter() -> impl Strategy<Value = MeterId> {
    any::<u32>().prop_map(MeterId)
}

fn tariff_id() -> impl Strategy<Value = TariffId> {
    any::<u16>().prop_map(TariffId)
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address)
}

fn energy() -> impl Strategy<Value = Energy> {
    prop_oneof![0..10_000_i64, any::<i64>()].prop_map(Energy)
}

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![-500_000..500_000_i64, any::<i64>()].prop_map(Price)
}

fn money() -> impl Strategy<Value = Money> {
    any::<i128>().prop_map(Money)
}
