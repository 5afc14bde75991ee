//! The search for lies on books small enough to see the best lie by hand.

use clearing::manipulation::{Books, Gains, Lie, MeterPlayer, Meters, OrderPlayer, Trick};
use market::rule::{Metered, Rule, metered};
use market::{
    AccountId, Book, BookOrder, Energy, Fraction, MeterId, Money, Price, PriceConvention, Prices, SharingKey,
    Side, Tariff, TariffKind, TimeInForce,
};
use proptest::prelude::*;

const COLLAR: (Price, Price) = (Price(0), Price(60));

fn order(account: u32, arrival: u32, limit: i64, energy: i64) -> BookOrder {
    BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account: AccountId(account),
        meter: MeterId(account),
        arrival,
        time_in_force: TimeInForce::NextClearing,
    }
}

/// Orders as account, limit and energy, in order of arrival.
fn book(bids: &[(u32, i64, i64)], offers: &[(u32, i64, i64)]) -> Book {
    let side = |orders: &[(u32, i64, i64)]| {
        let numbered = (0..).zip(orders);
        numbered
            .map(|(arrival, (account, limit, energy))| order(*account, arrival, *limit, *energy))
            .collect()
    };
    Book { bids: side(bids), offers: side(offers), ..Book::default() }
}

/// What account 6 can win, with a supplier who charges 50 and pays 5 n€/Wh.
fn search(rule: Rule, book: &Book) -> Gains {
    search_at(rule, book, 50, 100)
}

/// The same where the supplier charges `supply`, over at most so many limits.
fn search_at(rule: Rule, book: &Book, supply: i64, most: usize) -> Gains {
    let sequence: Vec<(Side, u32)> = Side::ALL
        .into_iter()
        .flat_map(|side| book.orders(side).iter().map(move |order| (side, order.arrival)))
        .collect();
    let player = OrderPlayer {
        account: AccountId(6),
        feed_in: Price(5),
        supply: Price(supply),
        capacity: [Energy(1_000); 2],
    };
    Books::new(&rule, book, &sequence, COLLAR, most).search(&player).unwrap()
}

fn uniform(convention: PriceConvention) -> Rule {
    Rule::UniformPrice { convention, k: Fraction::HALF }
}

#[test]
fn two_alone_can_move_the_price_between_their_limits() {
    // 100 Wh are worth 20 to the one and 10 to the other: both tell it, and trade at 15; the seller wins 500.
    let gains = search(uniform(PriceConvention::Equilibrium), &book(&[(7, 20, 100)], &[(6, 10, 100)]));
    let price = gains.of(Trick::Price).unwrap();
    // Asking 20 makes 20 the only equilibrium price: 1000.
    assert_eq!((price.money, price.lie), (Money(500), Lie::Price { side: Side::Sell, limit: Price(20) }));
    let less = gains.of(Trick::Withholding).unwrap();
    // Offering 75 leaves a bid partly unfilled, which then sets the price: 75 · (20 − 10) = 750.
    let told = Lie::Energy { side: Side::Sell, told: Energy(75), truth: Energy(100) };
    assert_eq!((less.money, less.lie, less.energy), (Money(250), told, Energy(100)));
    assert_eq!(gains.of(Trick::Quantity), None);
}

#[test]
fn at_a_rationed_margin_whoever_inflates_gets_more_where_the_margin_earns() {
    // Two sellers at 10 share a buyer of 100 Wh at 20. Under `last_pair` they trade at 15: 50 · 5 = 250 each.
    let rationed = book(&[(8, 20, 100)], &[(6, 10, 100), (7, 10, 100)]);
    let gains = search(uniform(PriceConvention::LastPair), &rationed);
    // Offering 400 of 500 Wh gets 80 of the 100: 80 · 5 = 400, and all of it can be delivered.
    let quantity = gains.of(Trick::Quantity).unwrap();
    let told = Lie::Energy { side: Side::Sell, told: Energy(400), truth: Energy(100) };
    assert_eq!((quantity.money, quantity.lie), (Money(150), told));
    // Under `equilibrium` the price is the rationed limit: the margin earns nothing, so more of it is worth nothing.
    assert_eq!(search(uniform(PriceConvention::Equilibrium), &rationed).of(Trick::Quantity), None);
}

#[test]
fn whoever_cannot_move_the_price_wins_nothing() {
    // Bids at 20 are rationed and set the price whatever account 6 does with its 10 Wh.
    let gains = search(
        uniform(PriceConvention::Equilibrium),
        &book(&[(6, 30, 10), (7, 20, 100), (8, 20, 100)], &[(9, 10, 50), (10, 12, 50)]),
    );
    for trick in Trick::ALL {
        assert_eq!(gains.of(trick), None, "{}", trick.name());
    }
}

#[test]
fn selling_what_is_not_there_is_paid_for_in_full() {
    // At 45 the buyers would take 400 Wh, but what account 6 lacks costs 50.
    let gains = search(uniform(PriceConvention::Equilibrium), &book(&[(7, 45, 400)], &[(6, 10, 100)]));
    assert_eq!(gains.of(Trick::Quantity), None);
    assert_eq!(gains.of(Trick::FalseNames), None);
}

#[test]
fn a_false_bid_rescues_the_marginal_pair_under_trade_reduction() {
    // Two pairs could trade (30 with 10, 20 with 12). The next offer is 18, there is no next bid: (0 + 18)/2 = 9 lies
    // below 12, so the second pair stays out, and account 6 with it.
    let marginal = book(&[(7, 30, 10), (6, 20, 10)], &[(8, 10, 10), (9, 12, 10), (10, 18, 10)]);
    let gains = search(Rule::TradeReduction, &marginal);
    // A bid of nobody at 9 makes the price (9 + 18)/2, rounded down 13: all trade, and 10 · (20 − 13) = 70 are won.
    let names = gains.of(Trick::FalseNames).unwrap();
    let lie = Lie::Extra { side: Side::Buy, energy: Energy(10), limit: Price(9) };
    assert_eq!((names.money, names.lie), (Money(70), lie));
    assert_eq!(gains.of(Trick::Price), None);
}

#[test]
fn whoever_would_be_marginal_says_less_under_trade_reduction() {
    // 100 Wh are traded and the last of them is account 6's: its order, the only one above 25, stays out.
    let large = book(&[(6, 30, 100), (7, 20, 100)], &[(8, 10, 30), (9, 11, 30), (10, 25, 60)]);
    let gains = search(Rule::TradeReduction, &large);
    // With 50 Wh the margin is at 20 and 11: 30 Wh are left on the other side, and 30 · (30 − 20) = 300 are won.
    let less = gains.of(Trick::Withholding).unwrap();
    let told = Lie::Energy { side: Side::Buy, told: Energy(50), truth: Energy(100) };
    assert_eq!((less.money, less.lie), (Money(300), told));
}

#[test]
fn two_names_of_one_owner_pump_money_out_of_vcg() {
    // Honest: 10 Wh worth 30 for what the seller asks, 10: 200 are won. Energy costs 20 with the supplier, the cap is 60.
    let honest = book(&[(6, 30, 10)], &[(7, 10, 10)]);
    let gains = search_at(Rule::Vcg, &honest, 20, 100);
    // With a bid at 60 and an offer at 0 of 20 Wh each, W = 1400. The bid pays 300 − (1400 − 1200) = 100, the offer
    // receives 1400 − 500 = 900, the true bid pays 1200 − (1400 − 300) = 100. Energy: 300 for what is needed, 20 · 5
    // for the rest, less 20 · 20 for what is not there. In all 300 + 100 − 400 − 100 + 900 − 100 = 700.
    let wash = gains.of(Trick::Wash).unwrap();
    assert_eq!((wash.money, wash.lie), (Money(500), Lie::Wash { energy: Energy(20), limit: None }));
    for trick in [Trick::Price, Trick::Quantity, Trick::Withholding] {
        assert_eq!(gains.of(trick), None, "{}", trick.name());
    }
}

/// Orders of accounts 6 to 9 within the supplier's prices.
fn orders(energy: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Vec<(u32, i64, i64)>> {
    prop::collection::vec((5_i64..=50, energy), 1..=3).prop_map(|orders| {
        (6..).zip(orders).map(|(account, (limit, energy))| (account, limit, energy)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn under_vcg_neither_another_price_nor_another_quantity_wins(bids in orders(1..=9), offers in orders(1..=9)) {
        let offers: Vec<_> = offers.into_iter().map(|(account, limit, energy)| (account + 10, limit, energy)).collect();
        let gains = search_at(Rule::Vcg, &book(&bids, &offers), 50, 4);
        for trick in [Trick::Price, Trick::Quantity, Trick::Withholding] {
            prop_assert_eq!(gains.of(trick), None, "{}", trick.name());
        }
    }

    #[test]
    fn under_trade_reduction_another_price_of_one_unit_wins_nothing(bids in orders(7..=7), offers in orders(7..=7)) {
        let offers: Vec<_> = offers.into_iter().map(|(account, limit, energy)| (account + 10, limit, energy)).collect();
        let gains = search_at(Rule::TradeReduction, &book(&bids, &offers), 50, 4);
        prop_assert_eq!(gains.of(Trick::Price), None);
    }
}

#[test]
fn on_arrival_an_order_trades_at_the_price_that_rests() {
    let gains = search(Rule::Continuous, &book(&[(7, 20, 100)], &[(6, 10, 100)]));
    // Bids arrive first here: the offer trades at the 20 that rests, whatever it asks up to there.
    assert_eq!((gains.of(Trick::Price), gains.of(Trick::Withholding)), (None, None));
}

fn tariff() -> Tariff {
    Tariff {
        kind: TariffKind::Flat(Prices::default()),
        grid_fee: Price(10),
        peer_grid_fee: Price(4),
        levy: Price(0),
        peer_levy: Price(0),
    }
}

/// What the metering point at place 0 can win, at 30 and 10 n€/Wh with the supplier and 20 among peers.
fn in_readings(key: SharingKey, meters: &[(i64, i64, u32)]) -> Gains {
    let rule = Rule::Sharing { key, price: Price(20) };
    let truth: Vec<Metered> = meters
        .iter()
        .map(|(import, export, share)| Metered {
            import: Energy(*import),
            export: Energy(*export),
            share: *share,
        })
        .collect();
    let (tariff, prices) = (tariff(), Prices { import: Price(30), export: Price(10) });
    let mut share = |meters: &[Metered], out: &mut Vec<_>| metered(&rule, meters, prices, 0, out);
    let player = MeterPlayer { place: 0, prices, tariff: &tariff, capacity: [Energy(1_000); 2] };
    Meters { truth: &truth, share: &mut share }.search(&player).unwrap()
}

#[test]
fn wasting_energy_to_look_hungrier_does_not_pay_under_the_dynamic_key() {
    // 100 Wh for two who take 100 each: 50 each. Taking 200 gets 66 of them, but the other 134 cost 40 each.
    let gains = in_readings(SharingKey::Dynamic, &[(100, 0, 0), (100, 0, 0), (0, 100, 0)]);
    assert_eq!((gains.of(Trick::Quantity), gains.of(Trick::Withholding)), (None, None));
    assert_eq!(gains.of(Trick::FalseNames), None);
}

#[test]
fn under_the_equal_key_two_names_get_two_parts() {
    // 90 Wh among three points: 30 each. With a second name of account 0 there are four, and 22.5 each: 44 or 45 together.
    let gains = in_readings(SharingKey::Equal, &[(100, 0, 0), (100, 0, 0), (0, 90, 0)]);
    let names = gains.of(Trick::FalseNames).unwrap();
    // Three names of five: 18 each, 54 together. Each Wh of 24 more saves 30 + 10 − (20 + 4) = 16.
    let Lie::Split { names: count, .. } = names.lie else { panic!("{names:?}") };
    assert_eq!((count, names.money), (3, Money(24 * 16)));
    // Under the dynamic key names are worth nothing.
    let gains = in_readings(SharingKey::Dynamic, &[(100, 0, 0), (100, 0, 0), (0, 90, 0)]);
    assert_eq!(gains.of(Trick::FalseNames), None);
}

#[test]
fn no_prices_are_told_where_none_are_asked() {
    for key in SharingKey::ALL {
        let gains = in_readings(key, &[(80, 0, 300_000), (100, 20, 300_000), (0, 100, 300_000)]);
        assert_eq!(gains.of(Trick::Price), None, "{}", key.name());
    }
}
