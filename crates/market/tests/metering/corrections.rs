use crate::community::{ELECTRICITY, Ledger, START, agreement, billed, interval};
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
    let mut ledger = Ledger::new(AUCTION, 2);
    ledger.agree(agreement());
    ledger.tick(interval(0).end() + 3_600);
    ledger.settle(0);
    // The second member's money is gone, and so is all of the guarantor's but 1 000 n€.
    let nonce = 1;
    for account in [6, 7] {
        ledger.accept(Command::Withdraw { account: AccountId(account), amount: Money(10_000_000), nonce });
    }
    ledger.correct(0, 0, (1, 0)); // 45 n€, for which the guarantor lends
    ledger.correct(1, 0, (1_000, 0)); // 45 000 n€
    let mut poor = Ledger::new(AUCTION, 0);
    poor.state = State::new();
    let fund = ledger.state.accounts()[AccountId::GUARANTOR.0 as usize].balance;
    assert!(fund > Money(45_045));
    let mut rich = ledger.clone();
    rich.resettle(0);
    rich.check_laws();
    assert_eq!(rich.state.accounts()[7].debt, Money(45_000));
}

#[test]
fn the_root_knows_what_may_be_corrected_and_forgets_it() {
    let mut ledger = settled();
    let mut other = ledger.clone();
    let root = ledger.state.root();
    ledger.correct(0, 0, (60, 0));
    other.correct(0, 0, (61, 0));
    assert_ne!(ledger.state.root(), other.state.root());
    // Two members, an auction, no corrections: after a week only the intervals of that week are kept.
    assert_ne!(ledger.state.root(), root);
}
