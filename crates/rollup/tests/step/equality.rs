//! Both do the same, to the last n€ and Wh.

use super::play::Play;
use market::Authentication;
use std::collections::BTreeMap;

/// Plays `games` random games of `turns` turns; gives how often each kind of command was accepted, refused, and refused
/// by the chain alone.
fn play(
    games: std::ops::Range<u64>,
    turns: u32,
    authentication: Authentication,
) -> BTreeMap<(&'static str, &'static str), u32> {
    let mut counts = BTreeMap::new();
    let mut refusals = BTreeMap::new();
    for seed in games {
        let mut play = Play::new(seed, authentication);
        play.pair.witnesses = seed % 8 == 0;
        for _ in 0..turns {
            play.turn();
        }
        for (key, count) in play.counts {
            *counts.entry(key).or_insert(0) += count;
        }
        for (key, count) in play.refusals {
            *refusals.entry(key).or_insert(0) += count;
        }
    }
    println!("{counts:?}\n{refusals:?}"); // shown on request: how much was really played
    counts
}

#[test]
fn the_chain_does_what_the_market_does() {
    let counts = play(0..120, 150, Authentication::Operator);
    let kinds = [
        "tick", "account", "meter", "deposit", "withdraw", "transfer", "order", "cancel", "publish", "close",
        "clear", "share", "reading", "settle",
    ];
    for kind in kinds {
        assert!(counts.get(&(kind, "accepted")).copied().unwrap_or(0) >= 20, "{kind} was hardly ever accepted");
    }
}

#[test]
fn it_checks_the_same_signatures() {
    let counts = play(1000..1012, 80, Authentication::Signature);
    assert!(counts[&("order", "refused")] > 0 && counts[&("order", "accepted")] > 0);
}
