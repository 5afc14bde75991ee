use crate::community::{ELECTRICITY, Ledger, START, agreement, billed, interval, tariff};
use market::*;

const AUCTION: Rule = Rule::PayAsBid { k: Fraction::HALF };

/// Two members, one of whom took 100 Wh in the first interval; the other's reading was missing.
fn settled() -> Ledger {
    let mut ledger = Ledger::new(AUCTION, 2);
    ledger.agree(agreement());
    ledger.tick(interval(0).end() + 3_600);
    ledger.read(0, 0, (100, 0));
    ledger.settle(0);
    ledger.take();
    ledger
}

fn resettle(step: u64) -> Command {
    Command::Resettle { carrier: ELECTRICITY, interval: interval(step) }
}

#[test]
fn a_correction_is_posted_as_differences_to_the_nano_euro() {
    let mut ledger = settled();
    let before = ledger.worth();
    ledger.correct(0, 0, (60, 0));
    ledger.correct(1, 0, (0, 25));
    assert_eq!(ledger.worth(), before, "a correction moves no money");
    ledger.take();
    ledger.resettle(0);
    // 40 Wh are taken back at 30 + 10 + 5 n€/Wh, and 25 Wh fed in are paid 8.
    let entries: Vec<_> = ledger
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Posted(posting) => Some((
                posting.kind,
                posting.debit.0,
                posting.credit.0,
                posting.energy.0,
                posting.money.0,
                posting.price.map(|price| price.0),
                posting.side,
            )),
            _ => None,
        })
        .collect();
    use PostingKind::{GridFee, Levy, Supply};
    let (supplier, grid, levies) = (AccountId::SUPPLIER.0, AccountId::GRID_OPERATOR.0, AccountId::LEVIES.0);
    assert_eq!(
        entries,
        [
            (Supply, supplier, 6, -40, 1_200, Some(30), Some(Side::Buy)),
            (GridFee, grid, 6, -40, 400, Some(10), Some(Side::Buy)),
            (Levy, levies, 6, -40, 200, Some(5), Some(Side::Buy)),
            (Supply, supplier, 7, 25, 200, Some(8), Some(Side::Sell)),
        ]
    );
    assert!(matches!(ledger.events.last(), Some(Event::Resettled { .. })));
    assert_eq!(billed(&ledger.events, 2), [-40, -25]);
    ledger.check_laws();
    ledger.refuse(resettle(0), Rejection::NothingToCorrect);
    // A second correction starts from the first.
    ledger.correct(0, 0, (61, 0));
    ledger.take();
    ledger.resettle(0);
    assert_eq!(billed(&ledger.events, 2), [1, 0]);
}

#[test]
fn a_correction_that_takes_another_back_leaves_nothing_to_post() {
    let mut ledger = settled();
    ledger.correct(0, 0, (60, 0));
    ledger.correct(0, 0, (100, 0));
    ledger.refuse(resettle(0), Rejection::NothingToCorrect);
}

#[test]
fn a_correction_before_the_settlement_is_a_reading() {
    let mut ledger = Ledger::new(AUCTION, 2);
    ledger.agree(agreement());
    ledger.tick(interval(0).end());
    ledger.read(0, 0, (100, 0));
    ledger.correct(0, 0, (60, 0));
    ledger.correct(1, 0, (1, 0)); // none was there: it is late
    ledger.settle(0);
    assert_eq!(billed(&ledger.events, 2), [60, 1]);
    ledger.refuse(resettle(0), Rejection::NothingToCorrect);
}

#[test]
fn what_cannot_be_corrected_is_refused_by_number() {
    let mut base = settled();
    let good = base.reading(0, 0, (60, 0));
    use Rejection as R;
    let rows = [
        (Reading { meter: MeterId(9), ..good }, R::UnknownMeter),
        (Reading { interval: DeliveryInterval { start: START + 1, duration: 900 }, ..good }, R::BadInterval),
        (Reading { interval: interval(96), ..good }, R::TooEarly),
        (Reading { import: Energy(1_001), ..good }, R::BadReading),
        (Reading { export: Energy(-1), ..good }, R::BadReading),
        (Reading { sequence: 1, ..good }, R::ReadingOutOfSequence),
    ];
    for (reading, number) in rows {
        base.clone().refuse(Command::Correct(reading), number);
    }
    base.refuse(resettle(0), R::NothingToCorrect);
    base.refuse(resettle(1), R::NothingToCorrect); // not settled yet
    let (carrier, interval) = (Carrier::Gas, interval(0));
    base.refuse(Command::Resettle { carrier, interval }, R::NotTraded);
    // The last instant of the window, and the first after it.
    let over = interval.end() + u64::from(agreement().correction_window);
    let mut in_time = base.clone();
    in_time.tick(over);
    in_time.accept(Command::Correct(good));
    base.tick(over + 1);
    base.refuse(Command::Correct(good), R::CorrectionTooLate);
    // What was corrected in time is posted later too.
    in_time.tick(over + 10 * 86_400);
    in_time.take();
    in_time.resettle(0);
    assert_eq!(billed(&in_time.events, 2), [-40, 0]);
}

#[test]
fn a_meter_that_was_not_connected_has_nothing_to_correct() {
    let mut ledger = settled();
    ledger.join();
    let reading = ledger.reading(2, 0, (1, 0));
    ledger.refuse(Command::Correct(reading), Rejection::NothingToCorrect);
}

#[test]
fn a_fund_too_small_for_the_loans_refuses_the_re_settlement_whole() {
    let mut ledger = Ledger::funded(1_000, AUCTION, vec![tariff(30, 8)], 2);
    ledger.agree(agreement());
    ledger.tick(interval(0).end() + 3_600);
    ledger.settle(0);
    for account in [6, 7] {
        let amount = Money(10_000_000);
        ledger.accept(Command::Withdraw { account: AccountId(account), amount, nonce: 1 });
    }
    ledger.correct(0, 0, (1, 0)); // 45 n€, which the guarantor can lend
    ledger.correct(1, 0, (22, 0)); // and 990 n€ more, which it cannot
    ledger.refuse(resettle(0), Rejection::GuarantorExhausted);
    ledger.correct(1, 0, (21, 0)); // 945 n€
    ledger.resettle(0);
    ledger.check_laws();
    let debts: Vec<_> = ledger.state.accounts()[6..].iter().map(|account| account.debt.0).collect();
    assert_eq!(debts, [45, 945]);
}

#[test]
fn prices_are_kept_as_long_as_something_may_be_corrected_by_them() {
    let dynamic = Tariff { kind: TariffKind::Dynamic, ..tariff(0, 0) };
    let mut ledger = Ledger::funded(1_000_000, AUCTION, vec![dynamic], 1);
    ledger.agree(Agreement { grace: 0, correction_window: 900, ..agreement() });
    let publish = |from: u64, count: i64| Command::PublishPrices {
        tariff: TariffId(0),
        start: interval(from),
        prices: (0..count).map(|step| Prices { import: Price(20 + step), export: Price(1) }).collect(),
    };
    ledger.accept(publish(0, 800));
    let priced = |ledger: &Ledger, step| ledger.state.prices(TariffId(0), interval(step)).is_ok();
    for step in 0..700 {
        ledger.tick(interval(step).end());
        for carrier in [ELECTRICITY, Carrier::Heat] {
            ledger.accept(Command::Settle { carrier, interval: interval(step) });
        }
        if step == 3 {
            ledger.correct(0, 3, (10, 0)); // and nobody posts what that changes
        }
    }
    ledger.accept(publish(800, 1));
    assert_eq!([2, 3, 4].map(|step| priced(&ledger, step)), [false, true, true]);
    ledger.take();
    ledger.resettle(3);
    assert_eq!(billed(&ledger.events, 1), [10]);
    ledger.tick(interval(700).end());
    for carrier in [ELECTRICITY, Carrier::Heat] {
        ledger.accept(Command::Settle { carrier, interval: interval(700) });
    }
    ledger.accept(publish(801, 1));
    // A week back for what may be missing, and not longer.
    assert_eq!([27, 28, 29].map(|step| priced(&ledger, step)), [false, true, true]);
}

#[test]
fn the_root_knows_what_stands_and_what_is_billed() {
    let mut ledger = settled();
    ledger.correct(0, 0, (60, 0));
    let mut corrected_twice = settled();
    corrected_twice.correct(0, 0, (60, 0));
    assert_eq!(ledger.state.root(), corrected_twice.state.root());
    let mut otherwise = settled();
    otherwise.correct(0, 0, (61, 0));
    assert_ne!(ledger.state.root(), otherwise.state.root());
    let waiting = ledger.state.root();
    ledger.resettle(0);
    assert_ne!(ledger.state.root(), waiting);
}
