use crate::community::{DAY, ELECTRICITY, Ledger, START, agreement, billed, interval, substituted};
use market::*;

const AUCTION: Rule = Rule::PayAsBid { k: Fraction::HALF };
/// Quarter hours in a week.
const WEEK: u64 = 7 * 96;

fn agreed(rule: Rule, meters: u32) -> Ledger {
    let mut ledger = Ledger::new(rule, meters);
    ledger.agree(agreement());
    ledger
}

/// A sale of this much from the first member to the second, for the first interval.
fn sell(ledger: &mut Ledger, energy: i64) {
    for (member, side) in [(0, Side::Sell), (1, Side::Buy)] {
        let nonce = ledger.nonce();
        ledger.accept(Command::Place(Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval: interval(0),
            side,
            energy: Energy(energy),
            limit: Price(10),
            time_in_force: TimeInForce::GateClosure,
            nonce,
        }));
    }
    ledger.accept(Command::Close { carrier: ELECTRICITY, interval: interval(0) });
    let claim = Claim::PayAsBid { equilibrium: Price(10), bids: vec![0], offers: vec![0] };
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim });
}

fn settle(step: u64) -> Command {
    Command::Settle { carrier: ELECTRICITY, interval: interval(step) }
}

#[test]
fn a_missing_meter_never_blocks() {
    // Nobody sends anything for a day; every interval is settled once the grace is over, and not before.
    let mut ledger = agreed(AUCTION, 3);
    for step in 0..96 {
        let over = interval(step).end() + 3_600;
        ledger.tick(over - 1);
        ledger.refuse(settle(step), Rejection::ReadingMissing);
        ledger.tick(over);
        ledger.take();
        ledger.settle(step);
        assert_eq!(substituted(&ledger.events), [(0, step, 0, 0), (1, step, 0, 0), (2, step, 0, 0)]);
    }
    ledger.check_laws();
}

#[test]
fn without_an_agreement_a_reading_is_waited_for() {
    let mut ledger = Ledger::new(AUCTION, 1);
    ledger.tick(START + 400 * DAY);
    ledger.refuse(settle(0), Rejection::ReadingMissing);
    let reading = ledger.reading(0, 0, (1, 0));
    ledger.refuse(Command::Correct(reading), Rejection::CorrectionTooLate);
    ledger.refuse(Command::Read(Reading { sequence: 2, ..reading }), Rejection::ReadingOutOfSequence);
    ledger.accept(Command::Read(reading));
    ledger.settle(0);
    let (carrier, interval) = (ELECTRICITY, interval(0));
    ledger.refuse(Command::Resettle { carrier, interval }, Rejection::NothingToCorrect);
}

#[test]
fn what_was_contracted_stands_in_and_then_what_was_in_force_a_week_before() {
    let mut ledger = agreed(AUCTION, 3);
    sell(&mut ledger, 80);
    ledger.tick(interval(0).end() + 3_600);
    ledger.read(2, 0, (7, 1));
    ledger.settle(0);
    assert_eq!(substituted(&ledger.events), [(0, 0, 0, 80), (1, 0, 80, 0)]);
    assert_eq!(billed(&ledger.events, 3), [-80, 80, 6]);
    // The first meter says what it was before the week is over, and that is what stands in then.
    ledger.correct(0, 0, (0, 55));
    ledger.tick(interval(WEEK).end() + 3_600);
    for step in 1..=WEEK {
        ledger.take();
        ledger.settle(step);
    }
    let step = WEEK;
    assert_eq!(substituted(&ledger.events), [(0, step, 0, 55), (1, step, 80, 0), (2, step, 7, 1)]);
    ledger.check_laws();
}

#[test]
fn an_estimate_replaces_no_reading_and_comes_before_metered_energy_is_shared() {
    let mut ledger = agreed(Rule::BillSharing, 2);
    ledger.tick(interval(0).end());
    ledger.read(0, 0, (10, 0));
    let clear = Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim: Claim::Metered };
    ledger.refuse(clear.clone(), Rejection::ReadingMissing);
    ledger.tick(interval(0).end() + 3_600);
    ledger.take();
    ledger.accept(clear);
    assert_eq!(substituted(&ledger.events), [(1, 0, 0, 0)]);
    // From here on the estimate stands until it is corrected, and that is after the settlement.
    let late = ledger.reading(1, 0, (0, 4));
    ledger.refuse(Command::Read(late), Rejection::ReadingTwice);
    ledger.refuse(Command::Correct(late), Rejection::NothingToCorrect);
    ledger.settle(0);
    ledger.accept(Command::Correct(late));
    ledger.take();
    ledger.resettle(0);
    assert_eq!(billed(&ledger.events, 2), [0, -4]);
}

#[test]
fn an_interval_without_any_command_is_shared_and_settled_too() {
    let mut ledger = agreed(Rule::BillSharing, 2);
    ledger.tick(interval(0).end() + 3_600);
    ledger.refuse(settle(0), Rejection::NotCleared);
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim: Claim::Metered });
    ledger.settle(0);
    assert_eq!(substituted(&ledger.events).len(), 2);
}

#[test]
fn what_a_main_meter_would_show_follows_from_those_behind_it() {
    // The house contracted 80, and behind it 30 flow to a sub-meter: its main meter would show 110. A point with
    // a share and a contract of its own would take that from its source.
    let mut ledger = agreed(AUCTION, 4);
    ledger.arrange(2, Arrangement::Sub { main: MeterId(1) });
    ledger.arrange(3, Arrangement::Virtual { source: MeterId(0), share: 250_000 });
    sell(&mut ledger, 80);
    ledger.tick(interval(0).end() + 3_600);
    ledger.read(2, 0, (30, 0));
    ledger.settle(0);
    assert_eq!(substituted(&ledger.events), [(0, 0, 0, 80), (1, 0, 110, 0)]);
    assert_eq!(billed(&ledger.events, 4), [-60, 80, 30, -20]);
}

#[test]
fn an_estimate_stays_within_the_capacity() {
    let mut ledger = agreed(AUCTION, 3);
    ledger.arrange(2, Arrangement::Sub { main: MeterId(1) });
    sell(&mut ledger, 700);
    ledger.tick(interval(0).end() + 3_600);
    ledger.read(2, 0, (600, 0));
    ledger.settle(0);
    assert_eq!(substituted(&ledger.events), [(0, 0, 0, 700), (1, 0, 1_000, 0)]);
}

#[test]
fn a_gap_in_a_meter_s_numbers_is_allowed_where_readings_may_be_missing() {
    let mut ledger = agreed(AUCTION, 1);
    ledger.tick(interval(0).end());
    let reading = ledger.reading(0, 0, (1, 0));
    ledger.accept(Command::Read(Reading { sequence: 5, ..reading }));
    let next = Reading { interval: interval(1), ..reading };
    ledger.tick(interval(1).end());
    ledger.refuse(Command::Read(Reading { sequence: 5, ..next }), Rejection::ReadingOutOfSequence);
    ledger.accept(Command::Read(Reading { sequence: u64::MAX, ..next }));
    let next = Reading { interval: interval(2), sequence: u64::MAX, ..reading };
    ledger.tick(interval(2).end());
    ledger.refuse(Command::Read(next), Rejection::ReadingOutOfSequence);
}
