//! Agreements and tariff versions: what holds when, and what comes too late.

use super::community::{CARRIER, Flow, QUARTER, START, Village, dual, flat, interval, prices};
use market::*;

const FREE: [i64; 4] = [0; 4];

fn version(step: u64, tariff: Tariff) -> TariffVersion {
    TariffVersion { from: interval(step).start, ..TariffVersion::founding(&tariff) }
}

fn village() -> Village {
    let dynamic = Tariff { kind: TariffKind::Dynamic, ..flat(0, 0, FREE) };
    Village::new(vec![flat(30, 8, FREE), dynamic], 2, 1_000_000, 1_000_000)
}

fn reprice(tariff: u16, version: TariffVersion) -> Command {
    Command::Reprice { tariff: TariffId(tariff), version, nonce: 1_000 }
}

#[test]
fn each_version_holds_until_the_next_begins() {
    let mut village = village();
    village.reprice(0, version(2, flat(40, 9, [1, 2, 3, 4])));
    village.reprice(0, TariffVersion { vat: 190_000, ..version(5, flat(50, 10, FREE)) });
    let import = |step| village.state.prices(TariffId(0), interval(step)).unwrap().import.0;
    assert_eq!([0, 1, 2, 4, 5, 900].map(import), [30, 30, 40, 40, 50, 50]);
    let tariff = |step| village.state.tariff(TariffId(0), interval(step)).unwrap();
    assert_eq!((tariff(1).from, tariff(4).tariff.grid_fee, tariff(5).vat), (0, Price(1), 190_000));
    assert_eq!(village.state.tariff(TariffId(2), interval(0)), Err(Rejection::UnknownTariff));

    assert_eq!(village.state.agreement(interval(0)), None);
    village.agree(Agreement { from: interval(1).start, ..dual() });
    village.agree(Agreement { from: interval(3).start, penalty: Price(7), ..dual() });
    let penalty = |step| village.state.agreement(interval(step)).map(|terms| terms.penalty.0);
    assert_eq!([0, 1, 2, 3, 900].map(penalty), [None, Some(0), Some(0), Some(7), Some(7)]);
}

#[test]
fn an_interval_is_billed_by_the_version_in_force_when_it_is_delivered() {
    let mut village = village();
    village.reprice(0, version(1, flat(40, 9, FREE)));
    let flows = [Flow { import: 10, ..Flow::default() }, Flow { export: 10, ..Flow::default() }];
    let paid = |posted: Vec<Posting>| posted.iter().map(|entry| entry.money.0).collect::<Vec<_>>();
    assert_eq!(paid(village.live(0, 0, &flows)), [300, 80]);
    assert_eq!(paid(village.live(1, 0, &flows)), [400, 90]);
}

#[test]
fn every_refusal_has_its_number_and_changes_nothing() {
    use Rejection as R;
    let mut village = village();
    let flows = [
        Flow { bought: 10, import: 10, ..Flow::default() },
        Flow { sold: 10, export: 10, ..Flow::default() },
    ];
    village.agree(Agreement { from: interval(1).start, ..dual() });
    village.reprice(0, version(1, flat(40, 9, FREE)));
    village.live(0, 20, &flows);
    village.live(1, 20, &[Flow::default(); 2]);
    village.trade(4, 20, &flows);
    let agree = |change: fn(&mut Agreement), nonce| {
        let mut terms = Agreement { from: interval(3).start, ..dual() };
        change(&mut terms);
        Command::Agree { terms, nonce }
    };
    let changed = |change: fn(&mut TariffVersion)| {
        let mut version = version(5, flat(40, 9, FREE));
        change(&mut version);
        version
    };
    let gap = Window { days: 0b111_1111, from: 0, until: 86_400 - QUARTER, prices: prices(1, 0) };
    let with_a_gap = Tariff { kind: TariffKind::TimeOfUse(vec![gap]), ..flat(0, 0, FREE) };
    for (command, number) in [
        (agree(|terms| terms.penalty = Price(-1), 1_000), R::BadTerms),
        (agree(|terms| terms.penalty = MAX_PRICE + Price(1), 1_000), R::BadTerms),
        (agree(|terms| terms.tolerance = 1_000_001, 1_000), R::BadTerms),
        (agree(|terms| terms.grace = 400 * 86_400 + 1, 1_000), R::BadTerms),
        (agree(|terms| terms.correction_window = 400 * 86_400 + 1, 1_000), R::BadTerms),
        (agree(|_| {}, 1), R::StaleNonce),
        (agree(|terms| terms.from += 1, 1_000), R::BadInterval),
        (
            agree(|terms| terms.imbalance = ImbalancePolicy::Single { tariff: TariffId(2) }, 1_000),
            R::UnknownTariff,
        ),
        (agree(|terms| terms.from = START + 900, 1_000), R::Retroactive), // settled, and agreed before
        (agree(|terms| terms.from = 0, 1_000), R::Retroactive),
        (reprice(0, changed(|version| version.vat = 1_000_001)), R::BadTerms),
        (reprice(0, changed(|version| version.tariff.levy = Price(-1))), R::BadTerms),
        (reprice(0, changed(|version| version.distance_fees = Some([Price(-1); 4]))), R::BadTerms),
        (reprice(0, version(5, flat(MAX_PRICE.0 + 1, 9, FREE))), R::BadTerms),
        (reprice(0, version(5, with_a_gap)), R::BadTerms),
        (Command::Reprice { tariff: TariffId(0), version: changed(|_| {}), nonce: 1 }, R::StaleNonce),
        (reprice(0, changed(|version| version.from += 1)), R::BadInterval),
        (reprice(0, changed(|version| version.from = 1 << 40)), R::BadInterval),
        (reprice(2, changed(|_| {})), R::UnknownTariff),
        (reprice(0, version(1, flat(1, 0, FREE))), R::Retroactive),
        (reprice(1, version(1, flat(1, 0, FREE))), R::Retroactive),
        // Nobody looked how far the energy traded for this interval has come.
        (
            reprice(0, TariffVersion { distance_fees: Some([Price(1); 4]), ..version(4, flat(1, 0, FREE)) }),
            R::Retroactive,
        ),
    ] {
        village.refuse(command, number);
    }
    assert_eq!(village.state.settled_until(CARRIER), interval(2).start);
    village.accept(agree(|terms| terms.correction_window = 400 * 86_400, 1_000));
    let fees = Some([Price(1); 4]);
    let version = TariffVersion { distance_fees: fees, ..version(5, flat(1, 0, FREE)) };
    village.accept(Command::Reprice { tariff: TariffId(0), version, nonce: 1_001 });
}

#[test]
fn everything_agreed_later_is_in_the_root() {
    let mut roots = std::collections::BTreeSet::new();
    let mut base = village();
    roots.insert(base.state.root());
    let nonce = base.nonce();
    for terms in [dual(), Agreement { tolerance: 1, ..dual() }, Agreement { grace: 1, ..dual() }] {
        let mut village = village();
        village.nonce();
        village.accept(Command::Agree { terms, nonce });
        roots.insert(village.state.root());
    }
    for vat in 0..2 {
        let mut village = village();
        let version = TariffVersion { vat, ..version(0, flat(30, 8, FREE)) };
        village.accept(Command::Reprice { tariff: TariffId(0), version, nonce });
        roots.insert(village.state.root());
    }
    assert_eq!(roots.len(), 6);
}

#[test]
fn how_far_energy_has_come_is_in_the_root() {
    let root = |second: u32| {
        let mut village = village();
        village.locate(0, Location(0));
        village.locate(1, Location(second));
        village.reprice(
            0,
            TariffVersion { distance_fees: Some([Price(1); 4]), ..version(0, flat(30, 8, FREE)) },
        );
        let flows = [Flow { bought: 10, ..Flow::default() }, Flow { sold: 10, ..Flow::default() }];
        village.trade(0, 20, &flows);
        village.locate(1, Location(0)); // the same place for both from now on
        village.state.root()
    };
    assert_eq!(root(1), root(2), "the same feeder");
    assert_ne!(root(0), root(1));
    assert_ne!(root(1), root(1 << 8));
}

#[test]
fn a_tariff_may_become_dynamic_and_its_prices_are_kept_while_they_may_be_asked_for() {
    let mut village = village();
    let publish = |tariff, step, count: usize| Command::PublishPrices {
        tariff: TariffId(tariff),
        start: interval(step),
        prices: vec![prices(25, 5); count],
    };
    village.refuse(publish(0, 0, 4), Rejection::UnknownTariff);
    let dynamic = Tariff { kind: TariffKind::Dynamic, ..flat(0, 0, FREE) };
    village.reprice(0, version(1, dynamic));
    assert_eq!(village.state.prices(TariffId(0), interval(1)), Err(Rejection::PriceUnknown));
    village.accept(publish(0, 1, 4));
    assert_eq!(village.state.prices(TariffId(0), interval(1)), Ok(prices(25, 5)));
    assert_eq!(village.state.prices(TariffId(0), interval(0)), Ok(prices(30, 8)));

    // Settled prices are forgotten with the next publication, unless readings may still be corrected.
    let idle = [Flow::default(); 2];
    for (window, right) in [(0, [false, false, true]), (QUARTER, [false, true, true])] {
        let mut village = self::village();
        village.reprice(0, version(1, Tariff { kind: TariffKind::Dynamic, ..flat(0, 0, FREE) }));
        village.accept(publish(0, 1, 4));
        (0..3).for_each(|step| drop(village.live(step, 0, &idle)));
        village.agree(Agreement { from: interval(3).start, correction_window: window, ..dual() });
        village.accept(publish(0, 5, 4));
        let known = |step| village.state.prices(TariffId(0), interval(step)).is_ok();
        assert_eq!([1, 2, 3].map(known), right);
    }
}
