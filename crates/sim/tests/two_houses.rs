//! The intervals that `docs/two_houses.md` works out by hand, to the last n€.

use ledger::{Central, Options};
use market::{Event, Posting, Sink};
use sim::scenario::Overrides;
use sim::{Lived, Observer, Scenario, run};

/// Writes down what happens in one interval.
#[derive(Default)]
struct Witness {
    start: u64,
    lines: Vec<String>,
}

impl Sink for Witness {
    fn event(&mut self, event: Event) {
        let line = match event {
            Event::OrderAccepted { id, energy, limit, .. } if id.interval.start == self.start => {
                format!("{} {} Wh at {}", id.side.name(), energy.0, limit.0)
            }
            Event::Cleared { interval, volume, price, .. } if interval.start == self.start => {
                format!("cleared {} Wh at {}", volume.0, price.map_or(0, |price| price.0))
            }
            Event::Posted(Posting {
                interval: Some(interval), kind, debit, credit, energy, money, ..
            }) if interval.start == self.start => {
                format!("{kind:?} {} to {}: {} Wh, {} n€", debit.0, credit.0, energy.0, money.0)
            }
            _ => return,
        };
        self.lines.push(line);
    }
}

impl Observer for Witness {
    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if lived.interval.start == self.start {
            for delivery in lived.deliveries {
                let balance = &delivery.balances[0];
                self.lines.push(format!("made {}, used {} Wh", balance.generation, balance.consumption));
            }
        }
        Ok(())
    }
}

fn check(step: u64, expected: &[&str]) {
    let scenario = Scenario::load("two_houses", &Overrides::default()).unwrap();
    let start = scenario.span.first.start + step * 900;
    let mut witness = Witness { start, ..Witness::default() };
    let mut ledger = Central::in_memory(Options::default()).unwrap();
    run(&scenario, &mut ledger, &mut witness).unwrap();
    assert_eq!(witness.lines, expected, "interval {step}:\n{}\n", witness.lines.join("\n"));
}

// Accounts: 1 supplier, 2 grid operator, 3 levies, 4 community, 6 Sunny house, 7 Neighbour.

#[test]
fn at_a_quarter_to_six_the_sun_is_scarce_and_the_buyer_sets_the_price() {
    check(
        23,
        &[
            "sell 45 Wh at 79400",
            "buy 52 Wh at 243300",
            "cleared 45 Wh at 243300",
            "Trade 4 to 6: 45 Wh, 10948500 n€",
            "Supply 1 to 6: 44 Wh, 3493600 n€",
            "Trade 7 to 4: 45 Wh, 10948500 n€",
            "Supply 7 to 1: 278 Wh, 44591200 n€",
            "GridFee 7 to 2: 45 Wh, 2119500 n€",
            "Levy 7 to 3: 45 Wh, 4792500 n€",
            "GridFee 7 to 2: 278 Wh, 30441000 n€",
            "Levy 7 to 3: 278 Wh, 35306000 n€",
            "made 111, used 22 Wh",
            "made 0, used 323 Wh",
        ],
    );
}

#[test]
fn half_an_hour_later_the_neighbour_takes_less_than_it_bought() {
    check(
        25,
        &[
            "sell 89 Wh at 79400",
            "buy 323 Wh at 243300",
            "cleared 89 Wh at 243300",
            "Trade 4 to 6: 89 Wh, 21653700 n€",
            "Supply 1 to 6: 47 Wh, 3731800 n€",
            "Imbalance 1 to 7: 60 Wh, 4764000 n€",
            "Trade 7 to 4: 89 Wh, 21653700 n€",
            "GridFee 7 to 2: 29 Wh, 1365900 n€",
            "Levy 7 to 3: 29 Wh, 3088500 n€",
            "made 154, used 18 Wh",
            "made 0, used 29 Wh",
        ],
    );
}

#[test]
fn in_the_evening_the_sunny_house_sold_what_it_needs_itself() {
    check(
        72,
        &[
            "sell 265 Wh at 79400",
            "buy 124 Wh at 243300",
            "cleared 124 Wh at 79400",
            "Trade 4 to 6: 124 Wh, 9845600 n€",
            "Supply 6 to 1: 234 Wh, 37533600 n€",
            "Imbalance 6 to 1: 124 Wh, 19889600 n€",
            "GridFee 6 to 2: 358 Wh, 39201000 n€",
            "Levy 6 to 3: 358 Wh, 45466000 n€",
            "Imbalance 1 to 7: 108 Wh, 8575200 n€",
            "Trade 7 to 4: 124 Wh, 9845600 n€",
            "GridFee 7 to 2: 16 Wh, 753600 n€",
            "Levy 7 to 3: 16 Wh, 1704000 n€",
            "made 183, used 417 Wh",
            "made 0, used 16 Wh",
        ],
    );
}
