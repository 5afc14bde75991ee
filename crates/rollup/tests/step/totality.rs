//! Any bytes have a meaning, and what is refused changes nothing.

use super::play::{Play, Random};
use market::{Authentication, Rejection};
use proptest::prelude::*;
use rollup::step::record::{MOST_BYTES, MOST_WEIGHT, Record, weigh};
use rollup::step::{Context, Lack, Store, Witness, execute};

/// A game in the middle of things.
fn game(seed: u64) -> Play {
    let mut play = Play::new(seed, Authentication::Operator);
    for _ in 0..60 {
        play.turn();
    }
    play
}

fn bytes(random: &mut Random, count: u64) -> Vec<u8> {
    (0..count).map(|_| random.next() as u8).collect()
}

/// A record that may be nonsense, but has a record's form.
fn record(random: &mut Random) -> Vec<u8> {
    let kinds = [
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x13, 0x15, 0x20, 0x21, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38,
        0x3c, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
    ];
    let kind = kinds[random.below(kinds.len() as u64) as usize];
    let mut bytes: Vec<u8> = (0..80)
        .map(|_| match random.below(4) {
            0 => random.next() as u8,
            1 => random.below(8) as u8,
            _ => 0,
        })
        .collect();
    bytes[0] = kind;
    match Record::decode(&bytes, false) {
        Some((_, rest)) => bytes[..bytes.len() - rest.len()].to_vec(),
        None => vec![0x45, 0, 3],
    }
}

#[test]
fn records_of_any_content_leave_nothing_where_they_are_refused() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..60 {
        let mut play = game(seed);
        let mut random = Random(seed);
        let (queue, available) = (play.pair.queue, play.pair.items + 2);
        for _ in 0..400 {
            let record = record(&mut random);
            let mut item = Vec::new();
            if record[0] == 0x02 {
                rollup::step::Item::Deposit {
                    time: 1,
                    account: random.below(12) as u32,
                    amount: random.next().into(),
                    sender: market::Address([1; 20]),
                }
                .encode(&mut item);
            }
            let chain = &mut play.pair.chain;
            let context = Context { posted_at: 1 << 39, available, chain: queue };
            let (mark, before) = (chain.mark(), chain.root());
            let report = match execute(chain, &context, &record, &item) {
                Ok(report) => report,
                Err(Lack::Items) => {
                    chain.undo(mark); // not the items it names
                    continue;
                }
                Err(lack) => panic!("{lack}"),
            };
            if report.void {
                assert!(weigh(&record, false).is_none());
                assert_eq!(chain.root(), before);
                continue;
            }
            let partly = matches!(record[0], 0x45 | 0x46);
            match report.outcomes[..] {
                [None] => accepted += 1,
                [Some(_)] if partly => refused += 1,
                [Some(_)] => {
                    refused += 1;
                    assert_eq!(chain.root(), before, "{record:x?}");
                }
                _ => panic!("one record has one outcome"),
            }
            let money: i128 = (0..chain.head().accounts)
                .map(|id| chain.peek::<rollup::step::leaf::Account>(rollup::step::Place::account(id)).balance)
                .sum();
            assert_eq!(money, chain.head().money as i128, "no record makes money");
        }
    }
    assert!(accepted > 1_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn any_bytes_are_a_segment_or_void() {
    let mut play = game(1);
    let mut random = Random(1);
    let mut void = 0;
    for round in 0..20_000_u64 {
        let length = random.below(40);
        let mut records = bytes(&mut random, length);
        if round % 2 == 0 {
            let mut mixed = record(&mut random);
            mixed.extend(records);
            records = mixed;
        }
        let chain = &mut play.pair.chain;
        let context = Context { posted_at: 1 << 39, available: 0, chain: [0; 32] };
        let (mark, before) = (chain.mark(), chain.root());
        let report = execute(chain, &context, &records, &[]).unwrap();
        if report.void {
            void += 1;
            assert_eq!(chain.root(), before);
            assert!(report.outcomes.is_empty());
        }
        chain.undo(mark);
    }
    assert!(void > 5_000 && void < 20_000, "{void}");
}

#[test]
fn a_segment_beyond_its_bounds_is_void() {
    let tick = Record::Tick { time: 0 }.to_bytes();
    let ticks = |count: usize| tick.repeat(count);
    assert_eq!(weigh(&ticks(32), false), Some(MOST_WEIGHT));
    assert_eq!(weigh(&ticks(33), false), None);
    let signed = Record::Order {
        slot: 0,
        rank: 0,
        energy: 0,
        limit: 0,
        side: market::Side::Buy,
        until_gate: false,
        nonce: Some(1),
        signature: Some([0; 64]),
    }
    .to_bytes();
    assert_eq!(weigh(&signed.repeat(16), true), Some(64));
    assert_eq!(weigh(&signed.repeat(17), true), None);
    assert_eq!(weigh(&signed, false), None); // the signature is no record
    assert_eq!(weigh(&[], false), Some(0));
    let items = Record::Advance { items: 21 }.to_bytes();
    assert_eq!(weigh(&items, false), Some(63));
    assert_eq!(weigh(&Record::Advance { items: 22 }.to_bytes(), false), None);
    assert_eq!(weigh(&Record::Advance { items: u16::MAX }.to_bytes(), false), None);
    assert_eq!(weigh(&[0; MOST_BYTES + 1], false), None);
}

#[test]
fn a_witness_that_lacks_a_leaf_says_so_and_another_root_shows() {
    let mut play = Play::new(3, Authentication::Operator);
    for _ in 0..60 {
        play.turn();
    }
    let chain = &mut play.pair.chain;
    let root = chain.root();
    let record = Record::Transfer { from: 6, to: 7, amount: 1, nonce: None, signature: None }.to_bytes();
    let context = Context { posted_at: 1 << 39, ..Context::default() };
    let mark = chain.mark();
    chain.take_touched();
    assert_eq!(execute(chain, &context, &record, &[]).unwrap().outcomes, [None]);
    let touched = chain.take_touched();
    chain.undo(mark);
    for without in 0..touched.len() {
        let mut places = touched.clone();
        let lacking = places.remove(without);
        let mut witness = Witness::of(chain, &places);
        assert_eq!(witness.root(), Some(root));
        assert_eq!(execute(&mut witness, &context, &record, &[]), Err(Lack::Leaf(lacking.0)));
    }
    let good = Witness::of(chain, &touched).to_bytes();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let root_of = Witness::from_bytes(&bytes).and_then(|witness| witness.root());
            assert_ne!(root_of, Some(root), "byte {at}, bit {bit}");
        }
    }
    for length in 0..good.len() {
        assert!(Witness::from_bytes(&good[..length]).is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..120), kind in 0_u8..0x48) {
        for signed in [false, true] {
            let mut bytes = bytes.clone();
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            if let Some((record, rest)) = Record::decode(&bytes, signed) {
                let own = &bytes[..bytes.len() - rest.len()];
                prop_assert_eq!(record.to_bytes(), own);
                prop_assert!(record.weight() >= 2);
            }
        }
    }

    #[test]
    fn any_bytes_may_be_a_witness(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(witness) = Witness::from_bytes(&bytes) {
            prop_assert_eq!(witness.to_bytes(), bytes);
        }
    }
}

#[test]
fn the_numbers_of_refusals_are_the_markets() {
    assert_eq!(Rejection::BookFrozen.code(), 32); // what is said while work goes on
}
