//! Every lie is caught: each kind, planted into random batches of random days, loses to a watcher that has nothing but the
//! primary chain's public data, in one transaction.
//!
//! `BATCHES` sets how many batches of each kind (8 by default, 200 in the campaign), `COUNTS` a file for the counts as JSON.

use crate::day::{Batch, Day};
use crate::kinds::{KINDS, Lie, Plot};
use crate::world::{WINDOW, World, carry_out, challenger};
use market::Hash;
use rollup::batch::Segment;
use rollup::chain::{Chain, Clock};
use rollup::step::State;
use rollup::watcher::{Journal, Queue, Verdict, Watcher};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    planted: u64,
    won: u64,
    /// Gas of the dearest proof, its calldata included.
    most_gas: u64,
}

#[test]
fn every_lie_is_caught() {
    let wanted = crate::setting("BATCHES", 8);
    let mut tallies: BTreeMap<&str, Tally> = KINDS.iter().map(|kind| (kind.name, Tally::default())).collect();
    assert_eq!(tallies.len(), KINDS.len(), "two kinds of one name");
    let mut seed = crate::setting("SEED", 0);
    let last = seed + 40 * wanted + 100;
    while tallies.values().any(|tally| tally.planted < wanted) && seed < last {
        lie_all_day(seed, wanted, &mut tallies);
        seed += 1;
    }
    report(&tallies, seed);
    for (kind, tally) in &tallies {
        assert!(tally.planted >= wanted, "{kind}: planted only {} times in {seed} days", tally.planted);
        assert_eq!(tally.won, tally.planted, "{kind}");
    }
    crate::write_counts("frauds", &json(&tallies));
}

/// Tries every kind that is still wanted in every batch of a day; the batch is then posted honestly.
fn lie_all_day(seed: u64, wanted: u64, tallies: &mut BTreeMap<&'static str, Tally>) {
    let (mut world, mut day) = Day::founded(seed);
    let mut watcher =
        Watcher::new(&mut world.evm, world.contract, None, WINDOW, Journal::in_memory()).unwrap();
    let mut old_roots = vec![world.headers[0].root];
    while let Some(batch) = day.next(&mut world) {
        assert_eq!(watcher.look(&mut world.evm).unwrap().verdict, Verdict::Right, "day {seed}");
        for kind in KINDS {
            let tally = tallies.get_mut(kind.name).unwrap();
            if tally.planted >= wanted {
                continue;
            }
            let mut plot = Plot { batch: &batch, rng: &mut day.rng, old_roots: &old_roots };
            let Some(lie) = (kind.plant)(&mut plot) else { continue };
            let Some((segments, mut last)) = tell(&batch, &lie, &world.queue) else { continue };
            let Some(wrong) = first_wrong(&batch, &lie, &segments, &world.queue) else { continue };
            let keep = (world.evm.snapshot().unwrap(), world.keep());
            if world.post(batch.time, &segments, &mut last).is_ok() {
                tally.planted += 1;
                let gas = challenge(&mut world, &watcher, wrong, &format!("{}, day {seed}", kind.name));
                tally.won += 1;
                tally.most_gas = tally.most_gas.max(gas);
            }
            world.evm.revert(keep.0).unwrap();
            world.take_back(keep.1);
        }
        let mut after = batch.after.clone();
        old_roots.push(world.post(batch.time, &batch.posted(), &mut after).unwrap().root);
    }
    assert_eq!(watcher.look(&mut world.evm).unwrap().verdict, Verdict::Right, "day {seed}");
}

/// A watcher that knows what was on the chain before the lie proves it in one transaction; the gas of that.
fn challenge(world: &mut World, watcher: &Watcher, wrong: u32, what: &str) -> u64 {
    let number = world.headers.len() as u64 - 1;
    let liar = world.headers[number as usize].operator;
    let mut watcher = watcher.clone();
    let look = watcher.look(&mut world.evm).unwrap();
    assert_eq!(look.verdict, Verdict::Wrong { number, segment: wrong }, "{what}");
    let fraud = watcher.derivation().fraud(number, wrong).unwrap();
    let nonce = world.evm.nonce(challenger().address()).unwrap();
    let outcome = world.contract().prove(&challenger(), &fraud, &[0; 32]);
    let outcome = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(world.evm.nonce(challenger().address()).unwrap(), nonce + 1, "{what}: one transaction");
    let mut contract = world.contract();
    assert_eq!(contract.tip().unwrap().batches, number - 1, "{what}: the batch falls");
    assert_eq!(contract.bond_of(liar).unwrap(), 0, "{what}: the bond is cut");
    outcome.gas
}

/// The lie as it is posted, and the liar's state at the end; `None` where it cannot be posted.
fn tell(batch: &Batch, lie: &Lie, queue: &Queue) -> Option<(Vec<Segment>, State)> {
    let mut state = batch.segments[0][0].before.clone();
    let mut segments = Vec::new();
    for (s, steps) in batch.segments.iter().enumerate() {
        let mut records = Vec::new();
        let mut carry_on = || {
            let mut carry = |state: &mut State, bytes: &[u8]| {
                carry_out(state, batch.time, batch.available, queue, bytes);
            };
            for (r, step) in steps.iter().enumerate() {
                if (s, r) != lie.at {
                    records.extend(&step.bytes);
                    carry(&mut state, &step.bytes);
                    continue;
                }
                records.extend(lie.posted.as_ref().unwrap_or(&step.bytes));
                lie.before.iter().for_each(|edit| edit(&mut state));
                match &lie.executed {
                    Some(executed) => executed.iter().for_each(|bytes| carry(&mut state, bytes)),
                    None => carry(&mut state, &step.bytes),
                }
                lie.after.iter().for_each(|edit| edit(&mut state));
            }
            state.root()
        };
        let Ok(mut root) = quietly(&mut carry_on) else {
            // The liar's state makes no sense any more: the batch ends with the segment of the lie.
            return None;
        };
        if s == lie.at.0 {
            root = lie.root.unwrap_or(root);
        }
        segments.push(Segment { records, root });
    }
    let end = segments.last()?.root == state.clone().root();
    (end && segments.iter().all(|segment| segment.records.len() <= 2_048)).then_some((segments, state))
}

/// Runs what may panic, without its noise.
fn quietly<T>(what: &mut dyn FnMut() -> T) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|_| ())
}

/// The first segment whose posted root is not that of honest execution; `None` where the lie is none.
fn first_wrong(batch: &Batch, lie: &Lie, posted: &[Segment], queue: &Queue) -> Option<u32> {
    let honest: Vec<Hash> = batch.posted().into_iter().map(|segment| segment.root).collect();
    let wrong = lie.at.0;
    assert!(posted[..wrong].iter().zip(&honest).all(|(segment, root)| segment.root == *root));
    // Where other records are posted, the honest root is that of these.
    let right = if lie.posted.is_some() {
        let mut state = batch.segments[wrong][0].before.clone();
        let context = rollup::step::Context {
            posted_at: batch.time,
            available: batch.available,
            chain: queue.hash(rollup::step::Store::head(&state).queue).unwrap(),
        };
        rollup::step::execute(&mut state, &context, &posted[wrong].records, &[]).ok()?;
        state.root()
    } else {
        honest[wrong]
    };
    (posted[wrong].root != right).then_some(wrong as u32)
}

fn report(tallies: &BTreeMap<&str, Tally>, days: u64) {
    println!("| kind of lie | batches | proven | most gas |\n|---|--:|--:|--:|");
    for kind in KINDS {
        let tally = tallies[kind.name];
        println!("| {} | {} | {} | {} |", kind.name, tally.planted, tally.won, tally.most_gas);
    }
    let sum = |of: fn(&Tally) -> u64| tallies.values().map(of).sum::<u64>();
    println!("{} kinds, {} lies in {days} days, {} proven", KINDS.len(), sum(|t| t.planted), sum(|t| t.won));
}

fn json(tallies: &BTreeMap<&str, Tally>) -> serde_json::Value {
    let kinds = KINDS.iter().map(|kind| {
        let tally = tallies[kind.name];
        serde_json::json!({ "kind": kind.name, "batches": tally.planted, "proven": tally.won, "most_gas": tally.most_gas })
    });
    serde_json::Value::Array(kinds.collect())
}
