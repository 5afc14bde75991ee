//! Over random intervals: what deviates, what the supplier exchanges and what everybody pays cancel, whatever was agreed.

use super::community::{CARRIER, Flow, START, Village, dual, flat, interval, prices};
use market::*;
use proptest::prelude::*;

const POLICY: TariffId = TariffId(1);

fn policies() -> impl Strategy<Value = ImbalancePolicy> {
    let tariff = POLICY;
    prop_oneof![
        Just(ImbalancePolicy::Dual),
        Just(ImbalancePolicy::Single { tariff }),
        Just(ImbalancePolicy::ProRata { tariff }),
    ]
}

/// Small prices, at which remainders show, and the largest.
fn price() -> impl Strategy<Value = i64> {
    prop_oneof![-9..40_i64, -MAX_PRICE.0..=MAX_PRICE.0]
}

fn fee() -> impl Strategy<Value = i64> {
    prop_oneof![0..9_i64, 0..=MAX_PRICE.0]
}

fn deviations() -> impl Strategy<Value = Vec<Deviation>> {
    let energy = || prop_oneof![2 => Just(0), 2 => 0..9_i64, 1 => 0..=MAX_ENERGY.0];
    let deviation =
        (energy(), energy()).prop_map(|(short, long)| Deviation { short: Energy(short), long: Energy(long) });
    prop::collection::vec(deviation, 0..12)
}

/// Members who trade with each other as much as they like, and meter something else.
fn flows(members: usize) -> impl Strategy<Value = Vec<Flow>> {
    let energy = || prop_oneof![1 => Just(0), 3 => 0..30_i64, 1 => 0..=MAX_ENERGY.0 / 8];
    let one = (any::<bool>(), energy(), energy(), energy(), 0..3_u8);
    prop::collection::vec(one, members).prop_map(|rows| {
        let mut flows: Vec<Flow> = Vec::new();
        let (mut wanted, mut offered) = (0, 0);
        for (buys, contract, import, export, exact) in &rows {
            let mut flow = Flow { import: *import, export: *export, ..Flow::default() };
            let (own, sum) =
                if *buys { (&mut flow.bought, &mut wanted) } else { (&mut flow.sold, &mut offered) };
            *own = *contract;
            *sum += contract;
            flows.push(flow);
            let last = flows.last_mut().unwrap();
            if *exact == 0 {
                (last.import, last.export) = (last.bought, last.sold);
            }
        }
        // Whoever came last goes without what there is too much of.
        let mut excess: i64 = wanted - offered;
        for flow in flows.iter_mut().rev() {
            let own = if excess > 0 { &mut flow.bought } else { &mut flow.sold };
            let off = (*own).min(excess.abs());
            *own -= off;
            excess -= off * excess.signum();
        }
        flows
    })
}

fn terms() -> impl Strategy<Value = (Agreement, TariffVersion, Prices)> {
    let parts = || prop_oneof![Just(0), 0..=1_000_000_u32, Just(1_000_000)];
    let agreement = (policies(), fee(), parts());
    let tariff = ([price(), price(), price(), price()], [fee(), fee(), fee(), fee()], parts());
    let distances = prop::option::of([fee(), fee(), fee(), fee()]);
    (agreement, tariff, distances).prop_map(
        |((imbalance, penalty, tolerance), (four, fees, vat), distances)| {
            let [import, export, long, short] = four;
            let agreement = Agreement { imbalance, penalty: Price(penalty), tolerance, ..dual() };
            let version = TariffVersion {
                from: START,
                tariff: flat(import, export, fees),
                distance_fees: distances.map(|fees| fees.map(Price)),
                vat,
            };
            (agreement, version, prices(short, long))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn s2_what_members_pay_for_deviating_is_what_others_get_and_the_supplier_is_paid(
        policy in policies(),
        tariff in (price(), price()),
        deviations in deviations(),
        interval: u64,
    ) {
        let tariff = prices(tariff.0, tariff.1);
        let (money, net) = policy.settle(tariff, &deviations, interval);
        let short: Energy = deviations.iter().map(|deviation| deviation.short).sum();
        let long: Energy = deviations.iter().map(|deviation| deviation.long).sum();
        if policy == ImbalancePolicy::Dual {
            prop_assert_eq!((money, net), (vec![], NetImbalance::default()));
            return Ok(());
        }
        prop_assert_eq!(net.energy, short - long);
        let paid: Money = money.iter().map(|own| own.short).sum();
        let received: Money = money.iter().map(|own| own.long).sum();
        prop_assert_eq!(paid - received, net.energy * net.price);
        // Nobody pays or gets anything for what it did not do, or a price outside the tariff's two.
        let (low, high) = (tariff.import.min(tariff.export), tariff.import.max(tariff.export));
        for (deviation, own) in deviations.iter().zip(&money) {
            for (energy, money) in [(deviation.short, own.short), (deviation.long, own.long)] {
                // Shares are within 1 n€ of proportion.
                let bounds = energy * low - Money(1)..=energy * high + Money(1);
                prop_assert!(bounds.contains(&money), "{} for {}", money, energy);
                prop_assert!(!energy.is_zero() || money.is_zero());
            }
        }
        if let ImbalancePolicy::Single { .. } = policy {
            for (deviation, own) in deviations.iter().zip(&money) {
                prop_assert_eq!((own.short, own.long), (deviation.short * net.price, deviation.long * net.price));
            }
        }
    }

    #[test]
    fn an_interval_is_zero_sum_in_energy_and_money_whatever_was_agreed(
        (agreement, version, balancing) in terms(),
        (flows, places) in (1..7_usize).prop_flat_map(|members| {
            (flows(members), prop::collection::vec(0..4_u32, members))
        }),
        price in price(),
    ) {
        let policy = flat(balancing.import.0, balancing.export.0, [0; 4]);
        let plenty = MAX_MONEY.0 / 100;
        let mut village = Village::new(vec![flat(0, 0, [0; 4]), policy], flows.len(), plenty, plenty);
        village.agree(agreement);
        village.reprice(0, version.clone());
        for (number, place) in places.iter().enumerate() {
            village.locate(number, Location([0x0101_0101, 0x0101_0102, 0x0101_0201, 0x0102_0101][*place as usize]));
        }
        let before: Vec<Money> = village.state.accounts().iter().map(|account| account.balance).collect();
        let posted = village.live(0, price, &flows);
        let moved = |id: AccountId| village.balance(id) - before[id.0 as usize];

        // S3: money only moves, and every hold is gone.
        prop_assert_eq!(village.state.accounts().iter().map(|account| account.balance).sum::<Money>(), Money::ZERO);
        prop_assert!(village.state.accounts().iter().all(|account| account.holds.is_zero()));
        // S2: Σ metered is what the supplier exchanged, and the clearing house keeps nothing but penalties.
        let sum = |kind: PostingKind, side: Side, with: AccountId| {
            let entries = posted.iter().filter(|entry| entry.kind == kind && entry.side == Some(side));
            let between = entries.filter(|entry| [entry.debit, entry.credit].contains(&with));
            between.fold((Energy::ZERO, Money::ZERO), |sum, entry| (sum.0 + entry.energy, sum.1 + entry.money))
        };
        let exchanged = |side| {
            sum(PostingKind::Supply, side, AccountId::SUPPLIER).0
                + sum(PostingKind::Imbalance, side, AccountId::SUPPLIER).0
        };
        let metered: i64 = flows.iter().map(|flow| flow.import - flow.export).sum();
        prop_assert_eq!(exchanged(Side::Buy) - exchanged(Side::Sell), Energy(metered));
        let penalties = sum(PostingKind::Penalty, Side::Buy, AccountId::COMMUNITY).1;
        prop_assert_eq!(moved(AccountId::COMMUNITY), penalties);
        // Trades cancel among members, in energy and money.
        let trades = |side| sum(PostingKind::Trade, side, AccountId::COMMUNITY);
        prop_assert_eq!(trades(Side::Buy), trades(Side::Sell));

        // Each bill again, from the tariff: fees by distance are on what was taken from peers, tax is on the rest.
        for (number, flow) in flows.iter().enumerate() {
            let own = |kind| posted.iter().filter(move |entry| {
                entry.kind == kind && entry.meter == Some(MeterId(number as u32))
            });
            let energy = |kind| own(kind).map(|entry| entry.energy.0).sum::<i64>();
            let money = |kind| own(kind).map(|entry| entry.money.0).sum::<i128>();
            let (taken, short) = (flow.bought.min(flow.import), (flow.sold - flow.export).max(0));
            let supplied = (flow.import - flow.bought).max(0);
            let (tariff, fees) = (&version.tariff, version.distance_fees);
            let full = i128::from(supplied + short) * i128::from(tariff.grid_fee.0);
            match fees {
                None => {
                    let peers = i128::from(taken) * i128::from(tariff.peer_grid_fee.0);
                    prop_assert_eq!(money(PostingKind::GridFee), peers + full);
                }
                Some(fees) => {
                    let (low, high) = (fees.iter().min().unwrap().0, fees.iter().max().unwrap().0);
                    let between = money(PostingKind::GridFee) - full;
                    prop_assert!((i128::from(taken * low)..=i128::from(taken) * i128::from(high)).contains(&between));
                }
            }
            if fees.is_none_or(|fees| fees.iter().all(|fee| fee.0 > 0)) && tariff.grid_fee.0 > 0 {
                let some = fees.is_some() || tariff.peer_grid_fee.0 > 0;
                prop_assert_eq!(energy(PostingKind::GridFee), i64::from(some) * taken + supplied + short);
            }
            let charged = posted.iter().filter(|entry| {
                entry.meter == Some(MeterId(number as u32)) && entry.side == Some(Side::Buy)
            });
            let signed = |entry: &Posting| {
                if entry.debit == super::community::member(number) { entry.money.0 } else { -entry.money.0 }
            };
            let charged: i128 = charged.map(signed).sum();
            let (vat, penalty) = (money(PostingKind::Vat), money(PostingKind::Penalty));
            let base = (charged - vat - penalty).max(0);
            let part = i128::from(version.vat);
            prop_assert!(vat * 1_000_000 <= base * part && (vat + 1) * 1_000_000 > base * part);
            let tolerated = i128::from(flow.sold) * i128::from(agreement.tolerance) / 1_000_000;
            let missing = (i128::from(short) - tolerated).max(0);
            prop_assert_eq!(penalty, missing * i128::from(agreement.penalty.0));
        }
    }

    #[test]
    fn a_fund_too_small_refuses_the_whole_settlement_and_one_large_enough_lends(
        (agreement, version, balancing) in terms(),
        flows in (1..5_usize).prop_flat_map(flows),
        fund in prop_oneof![0..2_000_i128, 0..1_000_000_000_000_000_000_i128],
    ) {
        let policy = flat(balancing.import.0, balancing.export.0, [0; 4]);
        let mut village = Village::new(vec![flat(0, 0, [0; 4]), policy], flows.len(), 0, fund);
        village.agree(agreement);
        village.reprice(0, version);
        village.trade(0, 0, &flows); // for nothing, as nobody has anything
        village.meter(0, &flows);
        let (root, told) = (village.state.root(), village.events.len());
        match village.apply(Command::Settle { carrier: CARRIER, interval: interval(0) }) {
            Ok(()) => {
                let accounts = village.state.accounts();
                let lent: Money = accounts.iter().map(|account| account.debt).sum();
                prop_assert_eq!(village.balance(AccountId::GUARANTOR) + lent, Money(fund));
                for account in &accounts[AccountId::COMMUNITY.0 as usize..] {
                    prop_assert!(account.balance >= account.holds && account.holds >= Money::ZERO);
                    prop_assert!(account.debt >= Money::ZERO);
                }
            }
            Err(refused) => {
                prop_assert_eq!(refused, Rejection::GuarantorExhausted);
                prop_assert_eq!((village.state.root(), village.events.len()), (root, told));
            }
        }
    }
}
