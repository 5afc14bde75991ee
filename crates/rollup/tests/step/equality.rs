//! Both do the same, to the last n€ and Wh.

use super::play::Play;
use market::Authentication;
use rollup::step::leaf::stage;
use std::collections::BTreeMap;

/// Plays `games` random games of `turns` turns; gives how often each kind of command was accepted, refused, and refused
/// by the chain alone.
fn play(
    games: std::ops::Range<u64>,
    turns: u32,
    authentication: Authentication,
) -> (BTreeMap<(&'static str, &'static str), u32>, BTreeMap<u8, u32>) {
    let mut counts = BTreeMap::new();
    let mut refusals = BTreeMap::new();
    let mut interrupted = BTreeMap::new();
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
        for (stage, count) in play.pair.interrupted {
            *interrupted.entry(stage).or_insert(0) += count;
        }
    }
    println!("{counts:?}\n{refusals:?}\n{interrupted:?}"); // shown on request: how much was really played
    (counts, interrupted)
}

#[test]
fn the_chain_does_what_the_market_does() {
    let (counts, interrupted) = play(0..120, 150, Authentication::Operator);
    let kinds = [
        "tick", "account", "meter", "deposit", "withdraw", "transfer", "order", "cancel", "publish", "close",
        "clear", "share", "reading", "settle",
    ];
    for kind in kinds {
        assert!(
            counts.get(&(kind, "accepted")).copied().unwrap_or(0) >= 20,
            "{kind} was hardly ever accepted"
        );
    }
    let works = [
        stage::SCAN_BIDS,
        stage::SCAN_OFFERS,
        stage::FILL_BIDS,
        stage::FILL_OFFERS,
        stage::LIST_BIDS,
        stage::LIST_OFFERS,
        stage::PAIR,
        stage::SHARE_BOUGHT,
        stage::SHARE_SOLD,
        stage::WEIGH,
        stage::SETTLE,
    ];
    for stage in works {
        assert!(
            interrupted.get(&stage).copied().unwrap_or(0) >= 20,
            "stage {stage} was hardly ever interrupted"
        );
    }
}

#[test]
fn it_checks_the_same_signatures() {
    let (counts, _) = play(1000..1012, 80, Authentication::Signature);
    assert!(counts[&("order", "refused")] > 0 && counts[&("order", "accepted")] > 0);
}
