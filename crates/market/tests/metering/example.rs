//! The worked example of `docs/metering.md`.

use crate::community::{ELECTRICITY, Ledger, agreement, billed, interval, substituted};
use market::*;

const WEEK: u64 = 7 * 96;

fn settle(ledger: &mut Ledger, step: u64) {
    let (carrier, interval) = (ELECTRICITY, interval(step));
    ledger.accept(Command::Clear { carrier, interval, claim: Claim::Metered });
    ledger.settle(step);
}

/// What the entries of a kind move: metering point, side and energy.
fn moved(events: &[Event], of: PostingKind) -> Vec<(u32, Side, i64)> {
    let each = |event: &Event| match *event {
        Event::Posted(Posting { kind, meter: Some(meter), side: Some(side), energy, .. }) if kind == of => {
            Some((meter.0, side, energy.0))
        }
        _ => None,
    };
    events.iter().filter_map(each).collect()
}

#[test]
fn a_house_with_two_flats_and_a_panel_that_they_share() {
    let rule = Rule::Sharing { key: SharingKey::Dynamic, price: Price(15) };
    let mut ledger = Ledger::new(rule, 6);
    ledger.agree(agreement());
    let [house, panel] = [MeterId(0), MeterId(3)];
    for sub in [1, 2, 3] {
        ledger.arrange(sub, Arrangement::Sub { main: house });
    }
    for share in [4, 5] {
        ledger.arrange(share, Arrangement::Virtual { source: panel, share: 400_000 });
    }
    ledger.tick(interval(WEEK).end() + u64::from(agreement().grace));
    for (meter, counted) in [(0, (220, 0)), (1, (130, 0)), (2, (90, 0)), (3, (0, 400))] {
        ledger.read(meter, 0, counted);
    }
    (0..WEEK).for_each(|step| settle(&mut ledger, step));
    for (meter, counted) in [(0, (220, 0)), (2, (90, 0)), (3, (0, 400))] {
        ledger.read(meter, WEEK, counted);
    }
    ledger.take();
    settle(&mut ledger, WEEK);
    assert_eq!(substituted(&ledger.events), [(1, WEEK, 130, 0)]);
    assert_eq!(billed(&ledger.events, 6), [400, 130, 90, -80, -160, -160]);

    ledger.correct(1, WEEK, (150, 0));
    let before = ledger.take();
    ledger.resettle(WEEK);
    assert_eq!(billed(&ledger.events, 6), [-20, 20, 0, 0, 0, 0]);
    use PostingKind::{Supply, Trade};
    use Side::{Buy, Sell};
    assert_eq!(moved(&ledger.events, Trade), [(0, Buy, -13), (1, Buy, 13)]);
    assert_eq!(moved(&ledger.events, Supply), [(0, Buy, -7), (1, Buy, 7)]);
    let sold = [(3, Sell, 80), (4, Sell, 160), (5, Sell, 160)];
    assert_eq!(moved(&before, Trade)[3..], sold);
}
