//! The search for lies on books small enough to see the best lie by hand.

use clearing::manipulation::{Books, Gains, Lie, MeterPlayer, Meters, OrderPlayer, Trick};
use market::rule::{Metered, Rule, metered};
use market::{
    AccountId, Book, BookOrder, Energy, Fraction, MeterId, Money, Price, PriceConvention, Prices, SharingKey,
    Side, Tariff, TariffKind, TimeInForce,
};

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
    let sequence: Vec<(Side, u32)> = Side::ALL
        .into_iter()
        .flat_map(|side| book.orders(side).iter().map(move |order| (side, order.arrival)))
        .collect();
    let player = OrderPlayer {
        account: AccountId(6),
        feed_in: Price(5),
        supply: Price(50),
        capacity: [Energy(1_000); 2],
    };
    Books::new(&rule, book, &sequence, COLLAR, 100).search(&player).unwrap()
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
fn no_prices_are_told_where_none_are_asked() {
    for key in SharingKey::ALL {
        let gains = in_readings(key, &[(80, 0, 300_000), (100, 20, 300_000), (0, 100, 300_000)]);
        assert_eq!(gains.of(Trick::Price), None, "{}", key.name());
    }
}
