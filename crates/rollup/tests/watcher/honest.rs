//! No truth is punished: whoever attacks an honest batch, with whatever bytes, is turned away.
//!
//! The challenger has everything that a true watcher has, and changes it: headers, segments, roots, paths, records, the queue's
//! items, every part of the witness. `HONEST` sets how many batches (70 by default, 10 000 in the campaign), `ATTACKS` how
//! many attacks on each.

use crate::cast::Rng;
use crate::day::Day;
use crate::world::{World, challenger};
use rollup::batch::{Header, Segment};
use rollup::chain::{Chain, ChainError};
use rollup::contract::{Calls, Fraud};
use rollup::step::{Place, State, Store, Witness};
use rollup::watcher::{Journal, Verdict, Watcher};
use std::collections::BTreeMap;

/// An attack: changes a proof; `None` where it has nothing to change.
type Attack = fn(&mut Fraud, &mut Plot<'_>) -> Option<()>;

/// What the challenger knows beside the proof.
struct Plot<'a> {
    rng: &'a mut Rng,
    headers: &'a [Header],
    state: &'a mut State,
    segments: &'a [Segment],
}

fn flip(bytes: &mut [u8], rng: &mut Rng) -> Option<()> {
    let at = rng.below(bytes.len() as u64) as usize;
    *bytes.get_mut(at)? ^= 1 << rng.below(8);
    Some(())
}

fn header(fraud: &mut Fraud, change: fn(&mut Header, &mut Rng), plot: &mut Plot<'_>) -> Option<()> {
    change(&mut fraud.header, plot.rng);
    Some(())
}

const ATTACKS: &[(&str, Attack)] = &[
    ("the truth", |_, _| Some(())),
    ("another root after", |fraud, plot| flip(&mut fraud.post, plot.rng)),
    ("another root before", |fraud, plot| flip(&mut fraud.pre, plot.rng)),
    ("another segment's root after", |fraud, plot| {
        fraud.post = plot.rng.pick(plot.segments)?.root;
        Some(())
    }),
    ("changed records", |fraud, plot| flip(&mut fraud.records, plot.rng)),
    ("records cut", |fraud, _| fraud.records.pop().map(|_| ())),
    ("a record more", |fraud, _| {
        fraud.records.extend([2, 1]);
        Some(())
    }),
    ("another segment's records", |fraud, plot| {
        fraud.records.clone_from(&plot.rng.pick(plot.segments)?.records);
        Some(())
    }),
    ("another place", |fraud, plot| {
        fraud.segment = plot.rng.below(u64::from(fraud.header.segments) + 3) as u32;
        Some(())
    }),
    ("a place far beyond", |fraud, plot| {
        fraud.segment |= 1 << plot.rng.within(16, 31);
        Some(())
    }),
    ("a changed path", |fraud, plot| flip(fraud.path.as_flattened_mut(), plot.rng)),
    ("a shorter path", |fraud, _| fraud.path.pop().map(|_| ())),
    ("a longer path", |fraud, plot| {
        fraud.path.push(plot.rng.hash());
        Some(())
    }),
    ("an earlier cursor of the queue", |fraud, _| {
        fraud.queue = fraud.queue.checked_sub(1)?;
        Some(())
    }),
    ("a later cursor of the queue", |fraud, _| {
        fraud.queue += 1;
        Some(())
    }),
    ("changed items", |fraud, plot| flip(&mut fraud.items, plot.rng)),
    ("items cut", |fraud, _| fraud.items.pop().map(|_| ())),
    ("an item more", |fraud, _| {
        fraud.items.extend([0; 46]);
        Some(())
    }),
    ("no items", |fraud, _| {
        let some = !fraud.items.is_empty();
        fraud.items.clear();
        some.then_some(())
    }),
    ("a changed witness", |fraud, plot| flip(&mut fraud.witness, plot.rng)),
    ("a changed head", |fraud, plot| flip(&mut fraud.witness[..96], plot.rng)),
    ("a changed leaf", |fraud, plot| {
        let end = fraud.witness.len().min(230); // a witness may have a single short leaf
        flip(&mut fraud.witness[98..end], plot.rng)
    }),
    ("a witness cut", |fraud, plot| {
        let length = plot.rng.below(fraud.witness.len() as u64) as usize;
        fraud.witness.truncate(length);
        Some(())
    }),
    ("a longer witness", |fraud, plot| {
        fraud.witness.extend(plot.rng.hash());
        Some(())
    }),
    ("a witness of other leaves", |fraud, plot| {
        let places: Vec<Place> = plot.state.leaves().map(|(place, _)| place).collect();
        let places: Vec<Place> = places.into_iter().filter(|_| plot.rng.one_in(2)).collect();
        fraud.witness = Witness::of(plot.state, &places).to_bytes();
        Some(())
    }),
    ("a witness of a richer state", |fraud, plot| {
        let mut richer = plot.state.clone();
        let place = *plot.rng.pick(&richer.leaves().map(|(place, _)| place).collect::<Vec<_>>())?;
        let mut words = richer.words(place).ok()?;
        words[place.words() - 1][7] ^= 1;
        richer.set_words(place, words).ok()?;
        let places: Vec<Place> = richer.leaves().map(|(place, _)| place).collect();
        fraud.witness = Witness::of(&mut richer, &places).to_bytes();
        Some(())
    }),
    ("another header's id", |fraud, plot| header(fraud, |header, _| header.id += 1, plot)),
    ("another number", |fraud, plot| header(fraud, |header, _| header.number += 1, plot)),
    ("another parent", |fraud, plot| header(fraud, |header, rng| header.parent = rng.hash(), plot)),
    ("another data root", |fraud, plot| header(fraud, |header, rng| header.data_root = rng.hash(), plot)),
    ("other records' hash", |fraud, plot| {
        header(fraud, |header, rng| header.records_hash = rng.hash(), plot)
    }),
    ("more segments", |fraud, plot| header(fraud, |header, _| header.segments += 1, plot)),
    ("another last root", |fraud, plot| header(fraud, |header, rng| header.root = rng.hash(), plot)),
    ("another cursor", |fraud, plot| header(fraud, |header, _| header.queue += 1, plot)),
    ("idle or not", |fraud, plot| header(fraud, |header, _| header.idle ^= true, plot)),
    ("an earlier time", |fraud, plot| header(fraud, |header, _| header.time -= 1_000, plot)),
    ("another time of posting", |fraud, plot| header(fraud, |header, _| header.posted_at += 1, plot)),
    ("another block", |fraud, plot| header(fraud, |header, _| header.block += 1, plot)),
    ("another operator", |fraud, plot| {
        header(fraud, |header, rng| header.operator.0[3] ^= rng.next() as u8 | 1, plot)
    }),
    ("another version", |fraud, plot| header(fraud, |header, _| header.version += 1, plot)),
    ("a blob", |fraud, plot| header(fraud, |header, rng| header.blob = rng.hash(), plot)),
    ("less queue", |fraud, plot| {
        header(fraud, |header, _| header.available = header.available.wrapping_sub(1), plot)
    }),
    ("another batch's header", |fraud, plot| {
        let other = *plot.rng.pick(plot.headers)?;
        fraud.header = other;
        Some(())
    }),
];

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    attacks: u64,
    reverts: u64,
}

#[test]
fn no_truth_is_punished() {
    let (wanted, attacks) = (crate::setting("HONEST", 70), crate::setting("ATTACKS", 14));
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut seed = crate::setting("SEED", 0) + 1_000_000;
    let (mut batches, mut days) = (0, 0);
    while batches < wanted {
        batches += attack_all_day(seed, attacks, &mut tallies);
        (seed, days) = (seed + 1, days + 1);
    }
    println!("| attack | tried | turned away |\n|---|--:|--:|");
    for (name, _) in ATTACKS {
        let tally = tallies.get(name).copied().unwrap_or_default();
        println!("| {name} | {} | {} |", tally.attacks, tally.reverts);
    }
    let tried: u64 = tallies.values().map(|tally| tally.attacks).sum();
    let turned: u64 = tallies.values().map(|tally| tally.reverts).sum();
    println!(
        "{batches} honest batches in {days} days, {tried} attacks, {} of them succeeded",
        tried - turned
    );
    assert_eq!(tried, turned);
    crate::write_counts(
        "honest",
        &serde_json::json!({
            "batches": batches,
            "days": days,
            "kinds_of_attack": ATTACKS.len(),
            "attacks": tried,
            "false_reverts": tried - turned,
        }),
    );
}

/// Attacks every batch of a day; how many there were.
fn attack_all_day(seed: u64, attacks: u64, tallies: &mut BTreeMap<&'static str, Tally>) -> u64 {
    let (mut world, mut day) = Day::founded(seed);
    let mut watcher = Watcher::new(&mut world.evm, world.contract, None, Journal::in_memory()).unwrap();
    let mut rng = Rng(!seed);
    let mut batches = 0;
    while let Some(batch) = day.next(&mut world) {
        let segments = batch.posted();
        let mut after = batch.after.clone();
        let header = world.post(batch.time, &segments, &mut after).unwrap();
        batches += 1;
        assert_eq!(watcher.look(&mut world.evm).unwrap().verdict, Verdict::Right, "day {seed}");
        for _ in 0..attacks {
            let segment = rng.below(u64::from(header.segments)) as u32;
            let mut fraud = watcher.derivation().fraud(header.number, segment).unwrap();
            let mut before = batch.segments[segment as usize][0].before.clone();
            let (name, attack) = *rng.pick(ATTACKS).unwrap();
            let truth = fraud.clone();
            let mut plot =
                Plot { rng: &mut rng, headers: &world.headers, state: &mut before, segments: &segments };
            if attack(&mut fraud, &mut plot).is_none() || (name != "the truth" && fraud == truth) {
                continue;
            }
            let tally = tallies.entry(name).or_default();
            tally.attacks += 1;
            tally.reverts += u64::from(is_turned_away(&mut world, &fraud));
        }
        assert_eq!(world.contract().tip().unwrap().batches, header.number, "day {seed}");
    }
    batches
}

fn is_turned_away(world: &mut World, fraud: &Fraud) -> bool {
    let call = Calls(world.contract).prove(fraud, &[0; 32]);
    match world.evm.call(challenger().address(), &call) {
        Ok(_) => {
            println!("succeeded: {fraud:?}");
            false
        }
        Err(ChainError::Reverted { .. }) => true,
        Err(error) => panic!("{error}"),
    }
}
