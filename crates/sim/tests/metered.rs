//! Two houses under every rule that shares metered energy.

use ledger::{Central, Options};
use market::rule::RuleKind;
use market::{Carrier, DeliveryInterval, Event, Sink};
use sim::scenario::{EMBEDDED, Overrides};
use sim::{Observer, Scenario, Summary, run};
use std::collections::BTreeMap;

/// What each clearing said, by interval.
#[derive(Default)]
struct Witness {
    clearings: BTreeMap<DeliveryInterval, Vec<(i64, [u32; 2])>>,
}

impl Sink for Witness {
    fn event(&mut self, event: Event) {
        if let Event::Cleared { interval, volume, orders, .. } = event {
            self.clearings.entry(interval).or_default().push((volume.0, orders));
        }
    }
}

impl Observer for Witness {}

fn play(rule: &str) -> (Summary, Witness) {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "two_houses").unwrap().1;
    let text = text.replacen("rule = \"uniform_price\"", rule, 1);
    let scenario = Scenario::parse(&text, "two_houses", ".".as_ref(), &Overrides::default())
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    let mut ledger = Central::in_memory(Options::default()).unwrap();
    let mut witness = Witness::default();
    let summary = run(&scenario, &mut ledger, &mut witness).unwrap_or_else(|error| panic!("{rule}: {error}"));
    (summary, witness)
}

#[test]
fn every_rule_on_metered_energy_shares_what_one_house_has_over() {
    let (auction, _) = play("rule = \"uniform_price\"");
    for kind in RuleKind::ALL.into_iter().filter(|kind| !kind.takes_orders() && kind.may_hold_money()) {
        let price = if matches!(kind, RuleKind::Key(_)) { "\nprice = \"15 ct/kWh\"" } else { "" };
        let (summary, witness) = play(&format!("rule = \"{}\"{price}", kind.name()));
        let electricity = &summary.carriers[0];
        assert_eq!(electricity.carrier, Carrier::Electricity);
        assert!(electricity.traded.0 > 0, "{}: nothing is shared", kind.name());
        // Without a battery's plans both houses take and give what they do with an auction.
        assert_eq!(electricity.export, auction.carriers[0].export, "{}", kind.name());
        let traded: [i64; 2] =
            [0, 1].map(|side| summary.members.iter().map(|member| member.traded[side].0).sum());
        assert_eq!(traded, [electricity.traded.0; 2], "{}", kind.name());
        assert!(witness.clearings.values().all(|rounds| rounds.len() == 1 && rounds[0].1 == [0, 0]));
    }
}

#[test]
fn auction_first_counts_the_orders_and_the_key() {
    let (auction, _) = play("rule = \"uniform_price\"");
    let (summary, witness) = play("rule = \"auction_first\"\nprice = \"15 ct/kWh\"");
    let sum = |by_key: bool| -> i64 {
        let all = witness.clearings.values().flatten();
        all.filter(|(_, orders)| (*orders == [0, 0]) == by_key).map(|(volume, _)| volume).sum()
    };
    let traded = summary.carriers[0].traded.0;
    assert_eq!(sum(false), auction.carriers[0].traded.0, "the auction is the same");
    assert!(sum(true) > 0, "forecasts err, so something is left to share");
    assert_eq!(traded, sum(false) + sum(true));
    let members: [i64; 2] =
        [0, 1].map(|side| summary.members.iter().map(|member| member.traded[side].0).sum());
    assert_eq!(members, [traded; 2]);
    assert!(witness.clearings.values().all(|rounds| rounds.last().is_some_and(|last| last.1 == [0, 0])));
    assert!(summary.bill() <= auction.bill(), "what is shared is not bought from the supplier");
}
