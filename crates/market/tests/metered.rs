//! Rules on metered energy: the laws that bind them, and for each that does not, a case in which it fails.

use market::rule::{Allocation, Binding, Metered, RuleKind, metered};
use market::{
    Energy, Law, MAX_ENERGY, MAX_ORDERS, MAX_PRICE, Money, Price, Prices, Rejection, Rule, SharingKey,
    TariffId,
};
use proptest::prelude::*;

const MID: Rule = Rule::MidMarketRate { tariff: TariffId(0) };

fn key(key: SharingKey, price: i64) -> Rule {
    Rule::Sharing { key, price: Price(price) }
}

fn prices(import: i64, export: i64) -> Prices {
    Prices { import: Price(import), export: Price(export) }
}

/// Members as (import, export, share in parts per million).
fn members(members: &[(i64, i64, u32)]) -> Vec<Metered> {
    let meter = |&(import, export, share)| Metered { import: Energy(import), export: Energy(export), share };
    members.iter().map(meter).collect()
}

fn shared(rule: &Rule, meters: &[Metered], prices: Prices, interval: u64) -> Vec<Allocation> {
    let mut out = Vec::new();
    metered(rule, meters, prices, interval, &mut out).unwrap();
    out
}

fn bought(out: &[Allocation]) -> Vec<i64> {
    out.iter().map(|mine| mine.bought.0).collect()
}

/// Up to 30 metering points: many idle, small or huge, with shares that sum to at most the whole.
fn communities() -> impl Strategy<Value = Vec<Metered>> {
    let size = prop_oneof![Just(3_i64), Just(2_000), Just(MAX_ENERGY.0)];
    size.prop_flat_map(|size| {
        let energy = || prop_oneof![1 => Just(0), 2 => 0..=size];
        let meter = (energy(), energy(), 0..=33_333_u32).prop_map(|(import, export, share)| Metered {
            import: Energy(import),
            export: Energy(export),
            share,
        });
        prop::collection::vec(meter, 0..30)
    })
}

fn rules() -> impl Strategy<Value = Rule> {
    let price = prop_oneof![-5..5_i64, -MAX_PRICE.0..=MAX_PRICE.0];
    prop_oneof![
        Just(MID),
        price.clone().prop_map(|price| key(SharingKey::Static, price)),
        price.prop_map(|price| key(SharingKey::Dynamic, price)),
    ]
}

fn tariffs() -> impl Strategy<Value = Prices> {
    let price = || prop_oneof![-5..5_i64, -MAX_PRICE.0..=MAX_PRICE.0];
    (price(), price()).prop_map(|(import, export)| prices(import, export))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(10_000), max_global_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn c1_nobody_buys_more_than_the_import_or_sells_more_than_the_export(
        rule in rules(),
        meters in communities(),
        tariff in tariffs(),
        interval: u64,
    ) {
        for (meter, mine) in meters.iter().zip(shared(&rule, &meters, tariff, interval)) {
            prop_assert!((Energy::ZERO..=meter.import).contains(&mine.bought));
            prop_assert!((Energy::ZERO..=meter.export).contains(&mine.sold));
        }
    }

    #[test]
    fn c2_and_c4_bought_is_sold_and_paid_is_received(
        rule in rules(),
        meters in communities(),
        tariff in tariffs(),
        interval: u64,
    ) {
        let out = shared(&rule, &meters, tariff, interval);
        prop_assert_eq!(out.iter().map(|mine| mine.bought).sum::<Energy>(), out.iter().map(|mine| mine.sold).sum());
        prop_assert_eq!(out.iter().map(|mine| mine.paid).sum::<Money>(), out.iter().map(|mine| mine.received).sum());
    }

    #[test]
    fn c3_and_c8_no_price_is_worse_than_the_suppliers(
        rule in rules(),
        meters in communities(),
        tariff in tariffs(),
        interval: u64,
    ) {
        let inside = match rule {
            Rule::Sharing { price, .. } => tariff.export <= price && price <= tariff.import,
            _ => true, // also with feed-in above retail: then nothing is shared
        };
        if inside {
            for mine in shared(&rule, &meters, tariff, interval) {
                prop_assert!(mine.paid <= mine.bought * tariff.import);
                prop_assert!(mine.received >= mine.sold * tariff.export);
            }
        }
    }

    #[test]
    fn c5_no_import_and_export_are_left_on_both_sides(
        meters in communities(),
        tariff in tariffs(),
        interval: u64,
    ) {
        let import: Energy = meters.iter().map(|meter| meter.import).sum();
        let export: Energy = meters.iter().map(|meter| meter.export).sum();
        for rule in [MID, key(SharingKey::Dynamic, 0)] {
            let out = shared(&rule, &meters, tariff, interval);
            let all = rule != MID || tariff.export <= tariff.import;
            let expected = if all { import.min(export) } else { Energy::ZERO };
            prop_assert_eq!(out.iter().map(|mine| mine.bought).sum::<Energy>(), expected);
        }
    }

    #[test]
    fn everybody_gets_the_exact_fraction_within_one_wh(meters in communities(), interval: u64) {
        let sum = |of: fn(&Metered) -> Energy| -> i128 { meters.iter().map(|meter| i128::from(of(meter).0)).sum() };
        let (demand, supply) = (sum(|meter| meter.import), sum(|meter| meter.export));
        for rule in [key(SharingKey::Static, 7), key(SharingKey::Dynamic, 7)] {
            let out = shared(&rule, &meters, Prices::default(), interval);
            let traded: i128 = out.iter().map(|mine| i128::from(mine.bought.0)).sum();
            for (meter, mine) in meters.iter().zip(&out) {
                let import = i128::from(meter.import.0);
                let (over, under) = match rule {
                    Rule::Sharing { key: SharingKey::Static, .. } => {
                        ((import * 1_000_000).min(i128::from(meter.share) * supply), 1_000_000)
                    }
                    _ => (import * supply.min(demand), demand.max(1)),
                };
                prop_assert!((i128::from(mine.bought.0) * under - over).abs() < under);
                let given = i128::from(mine.sold.0) * supply - traded * i128::from(meter.export.0);
                prop_assert!(given.abs() < supply.max(1));
                prop_assert_eq!(mine.paid, mine.bought * Price(7));
                prop_assert_eq!(mine.received, mine.sold * Price(7));
            }
        }
    }

    #[test]
    fn c10_dividing_a_metering_point_moves_remainders_only(
        meters in communities(),
        pick in any::<prop::sample::Index>(),
        part in 0..=100_i64,
        interval: u64,
    ) {
        prop_assume!(!meters.is_empty());
        let at = pick.index(meters.len());
        let whole = meters[at].import;
        let first = Energy(whole.0 / 100 * part);
        let mut divided = meters.clone();
        divided[at].import = first;
        divided.insert(at + 1, Metered { import: whole - first, export: Energy::ZERO, share: 0 });
        for rule in [MID, key(SharingKey::Dynamic, 3)] {
            let moved = |interval| {
                let before = shared(&rule, &meters, prices(9, 1), interval);
                let after = shared(&rule, &divided, prices(9, 1), interval);
                after[at].bought + after[at + 1].bought - before[at].bought
            };
            // In the same order running sums are the same at both ends of the divided point: nothing moves at all.
            prop_assert_eq!(moved(0), Energy::ZERO);
            prop_assert!(moved(interval).abs() <= Energy(2));
        }
    }

    #[test]
    fn the_mid_market_rate_gives_the_prices_of_the_paper(
        meters in communities(),
        export in 0..400_000_i64,
        spread in 0..400_000_i64,
        interval: u64,
    ) {
        // Long et al. 2017. The paper's prices hold once the supplier has taken or given the rest:
        //   G = D: buy = sell = mid = (import + export)/2
        //   G > D: buy = mid,                                 sell = (D·mid + (G − D)·export)/G
        //   G < D: buy = (G·mid + (D − G)·import)/D,          sell = mid
        let import = export + spread;
        let out = shared(&MID, &meters, prices(import, export), interval);
        let demand: i128 = meters.iter().map(|meter| i128::from(meter.import.0)).sum();
        let supply: i128 = meters.iter().map(|meter| i128::from(meter.export.0)).sum();
        let (traded, twice_mid) = (demand.min(supply), i128::from(import + export));
        let (import, export) = (Price(import), Price(export));
        // Twice the bill of all consumers, and twice what all producers get.
        let buy = traded * twice_mid + 2 * (demand - traded) * i128::from(import.0);
        let sell = traded * twice_mid + 2 * (supply - traded) * i128::from(export.0);
        let (mut bills, mut credits) = (Money::ZERO, Money::ZERO);
        for (meter, mine) in meters.iter().zip(&out) {
            let bill = mine.paid + (meter.import - mine.bought) * import;
            let credit = mine.received + (meter.export - mine.sold) * export;
            // One by one: within the rounding of 1 Wh, at most import − export, and of 1 n€.
            let tolerance = 2 * (i128::from((import - export).0) + 1);
            if demand > 0 {
                prop_assert!((2 * bill.0 * demand - buy * i128::from(meter.import.0)).abs() <= tolerance * demand);
            }
            if supply > 0 {
                prop_assert!((2 * credit.0 * supply - sell * i128::from(meter.export.0)).abs() <= tolerance * supply);
            }
            bills += bill;
            credits += credit;
        }
        // Together: exactly, but for half a n€ where the middle of an odd sum of energy is a half.
        prop_assert!(buy - 2 * bills.0 == traded * twice_mid % 2);
        prop_assert!(sell - 2 * credits.0 == traded * twice_mid % 2);
    }
}

#[test]
fn the_paper_s_three_cases_by_hand() {
    // 30 ct in, 10 ct out: the middle is 20 ct.
    let tariff = prices(300_000, 100_000);
    let check = |rows: &[(i64, i64, u32)], expected: &[(i64, i64)]| {
        let out = shared(&MID, &members(rows), tariff, 0);
        let traded: Vec<_> = out.iter().map(|mine| (mine.bought.0, mine.sold.0)).collect();
        assert_eq!(traded, expected);
        assert!(out.iter().all(|mine| mine.paid == mine.bought * Price(200_000)));
    };
    check(&[(600, 0, 0), (400, 0, 0), (0, 1000, 0)], &[(600, 0), (400, 0), (0, 1000)]); // G = D
    check(&[(600, 0, 0), (400, 0, 0), (0, 1500, 0), (0, 500, 0)], &[(600, 0), (400, 0), (0, 750), (0, 250)]); // G > D
    check(&[(600, 0, 0), (400, 0, 0), (0, 500, 0)], &[(300, 0), (200, 0), (0, 500)]); // G < D
}

#[test]
fn feed_in_above_retail_shares_nothing() {
    let out = shared(&MID, &members(&[(10, 0, 0), (0, 10, 0)]), prices(100, 101), 0);
    assert_eq!(out, vec![Allocation::default(); 2]);
}

#[test]
fn a_half_price_is_paid_in_total_and_never_rounded_first() {
    // The middle of 3 and 2 is 2.5 n€/Wh: 2 Wh cost 5, not 4.
    let out = shared(&MID, &members(&[(1, 0, 0), (1, 0, 0), (0, 2, 0)]), prices(3, 2), 0);
    assert_eq!(out.iter().map(|mine| mine.paid.0).collect::<Vec<_>>(), [2, 3, 0]);
    assert_eq!(out[2].received, Money(5));
}

#[test]
fn remainders_rotate_with_the_interval() {
    // 1 Wh for two equal members: the second in the interval's order gets it.
    let meters = members(&[(5, 0, 0), (5, 0, 0), (0, 1, 0)]);
    let turns: Vec<_> = (0..3)
        .map(|interval| bought(&shared(&key(SharingKey::Dynamic, 1), &meters, Prices::default(), interval)))
        .collect();
    assert_eq!(turns, [[0, 1, 0], [1, 0, 0], [0, 1, 0]]);
}

#[test]
fn rules_that_take_orders_are_refused() {
    let rule = Rule::PayAsBid { k: market::Fraction::HALF };
    assert_eq!(metered(&rule, &[], Prices::default(), 0, &mut Vec::new()), Err(Rejection::WrongClaim));
}

#[test]
fn the_largest_community_does_not_overflow() {
    let meter = Metered { import: MAX_ENERGY, export: MAX_ENERGY, share: 0 };
    let mut meters = vec![meter; MAX_ORDERS as usize];
    meters[0].share = 1_000_000;
    let all = MAX_ENERGY.0 * i64::from(MAX_ORDERS);
    for (rule, traded) in [
        (MID, all),
        (key(SharingKey::Dynamic, -MAX_PRICE.0), all),
        (key(SharingKey::Static, MAX_PRICE.0), MAX_ENERGY.0),
    ] {
        let out = shared(&rule, &meters, prices(MAX_PRICE.0, MAX_PRICE.0), u64::MAX);
        assert_eq!(out.iter().map(|mine| mine.bought.0).sum::<i64>(), traded);
        assert_eq!(
            out.iter().map(|mine| mine.paid).sum::<Money>(),
            out.iter().map(|mine| mine.received).sum()
        );
    }
}

/// For every law that does not bind a rule, a case in which it fails.
fn counter_example(law: Law, kind: RuleKind) -> bool {
    let rule = match kind {
        RuleKind::MidMarketRate => MID,
        RuleKind::Key(SharingKey::Static) => key(SharingKey::Static, 15),
        _ => key(SharingKey::Dynamic, 15),
    };
    let tariff = prices(20, 10);
    match law {
        // Two want energy, and one of them does not use the share: it is left, and so is the other's demand.
        Law::C5 => {
            let out = shared(&rule, &members(&[(0, 0, 500_000), (10, 0, 500_000), (0, 10, 0)]), tariff, 0);
            bought(&out) == [0, 5, 0]
        }
        // Energy is worth 19 to the first and 11 to the second, and there is half of what they want. A price would
        // serve the first alone (C6), with a welfare of 10 · 19 (C7); shares and consumption serve both alike.
        Law::C6 | Law::C7 => {
            let values = [19, 11, 0];
            let out = shared(&rule, &members(&[(10, 0, 500_000), (10, 0, 500_000), (0, 10, 0)]), tariff, 0);
            let worth: i64 = bought(&out).iter().zip(values).map(|(energy, value)| energy * value).sum();
            bought(&out) == [5, 5, 0] && worth < 10 * 19
        }
        // The same consumption, moved to a point of the same member that has no share.
        Law::C10 => {
            let whole = shared(&rule, &members(&[(10, 0, 1_000_000), (0, 10, 0)]), tariff, 0);
            let divided = shared(&rule, &members(&[(4, 0, 1_000_000), (6, 0, 0), (0, 10, 0)]), tariff, 0);
            bought(&whole) == [10, 0] && bought(&divided) == [4, 0, 0]
        }
        _ => false,
    }
}

#[test]
fn every_law_that_does_not_apply_has_a_counter_example() {
    let mut found = 0;
    for kind in RuleKind::ALL {
        for law in Law::ALL {
            match kind.binding(law) {
                Binding::DoesNotApply(why) => {
                    assert!(counter_example(law, kind), "{} {}: {why}", law.number(), kind.name());
                    found += 1;
                }
                Binding::Weakened(how) => assert!(!kind.takes_orders() && !how.is_empty()),
                Binding::Holds => {}
            }
        }
    }
    assert_eq!(found, 8);
}
