//! What posting cost adds up to what was paid, by batch and by kind; a batch that fell is told with its proof.

#[path = "watcher/cast.rs"]
#[allow(dead_code, reason = "shared with the watcher's tests")]
mod cast;
#[path = "watcher/day.rs"]
#[allow(dead_code, reason = "shared with the watcher's tests")]
mod day;
#[path = "watcher/world.rs"]
#[allow(dead_code, reason = "shared with the watcher's tests")]
mod world;

use day::Day;
use ledger::conformance::Scoped;
use ledger::posted::{Batch, Cost};
use ledger::{Key, Ledger};
use market::{Authentication, keccak256};
use rollup::audit::audit;
use rollup::chain::{Evm, Settings};
use rollup::history::{History, history};
use rollup::ledger::{Options, Rollup};
use rollup::sequencer::Primary;
use rollup::step::Store;
use rollup::watcher::{Verdict, derive};
use world::{BOND, challenger, head};

fn cost(history: &History, what: &str) -> Cost {
    *history.costs.iter().find(|cost| cost.what == what).unwrap_or_else(|| panic!("no {what}"))
}

#[test]
fn what_a_day_cost_adds_up_to_what_was_paid() {
    let operator = Key::from_seed(&2_u64.to_be_bytes(), "operator");
    let primary =
        Primary::Clocked(Box::new(Evm::new(Settings { time: 1_717_000_000, ..Settings::default() })));
    let mut rollup = Rollup::in_memory(primary, Options::new(operator)).unwrap();
    let run = Scoped::run(2, Authentication::Signature, 5, 3, &mut |envelope| {
        let taken = rollup.append(envelope, &mut ()).unwrap().is_ok();
        rollup.commit().unwrap();
        taken
    });
    assert_eq!(run.commands.len() as u64, rollup.len());
    rollup.finish().unwrap();
    let summary = rollup.summary().unwrap();
    let history = history(rollup.primary().chain(), summary.contract).unwrap();
    let audit = audit(rollup.primary().chain(), summary.contract).unwrap();

    assert_eq!(history.batches.len() as u64, summary.batches);
    assert!(history.batches.iter().all(|batch| batch.finalised.is_some() && !batch.reposted));
    let segments = || history.batches.iter().flat_map(|batch| &batch.checkpoints);
    assert_eq!(segments().count() as u64, summary.checkpoints);
    assert_eq!(segments().map(|segment| segment.bytes).sum::<u64>(), audit.bytes);
    assert_eq!(segments().map(|segment| segment.records).sum::<u64>(), audit.records.values().sum::<u64>());
    assert_eq!(segments().last().unwrap().root, summary.root);
    for (kind, count) in &audit.records {
        assert_eq!(cost(&history, kind).count, *count, "{kind}");
    }
    assert_eq!(cost(&history, "roots").count, summary.checkpoints);
    assert_eq!(cost(&history, "roots").bytes, 32 * summary.checkpoints);
    let signed = ["orders", "cancellations", "withdrawals", "transfers", "readings"];
    let signed = history.costs.iter().filter(|cost| signed.contains(&cost.what));
    assert_eq!(cost(&history, "signatures").count, signed.map(|cost| cost.count).sum::<u64>());
    assert_eq!(cost(&history, "signatures").bytes, 64 * cost(&history, "signatures").count);

    // The lines are the transactions' gas and bytes, nothing is counted twice or left out.
    let around = ["signatures", "roots", "the rest of postings, by batch"];
    let of_postings = |cost: &&Cost| audit.records.contains_key(cost.what) || around.contains(&cost.what);
    let postings = || history.costs.iter().filter(of_postings);
    let paid = |batch: &Batch| (batch.bytes, batch.gas);
    let (bytes, gas) =
        history.batches.iter().map(paid).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert_eq!(postings().map(|cost| cost.bytes).sum::<u64>(), bytes);
    assert_eq!(postings().map(|cost| cost.gas).sum::<u64>(), gas);
    assert_eq!(gas, summary.done.post_gas);
    assert_eq!(cost(&history, "deposits").gas, summary.done.deposit_gas);
    assert_eq!(cost(&history, "deposits").count, summary.done.deposits);
    assert_eq!(cost(&history, "finality, by transaction").gas, summary.done.finalise_gas);

    assert!(
        history.waits.iter().all(|wait| *wait > summary.window.1),
        "nothing is final before the window ends"
    );
    assert!(history.disputes.is_empty());
    assert_eq!(
        history.bonds.iter().map(|stake| (stake.bond, stake.lost)).collect::<Vec<_>>(),
        [(summary.bond, 0)]
    );
    for Cost { what, count, bytes, gas } in &history.costs {
        println!("{what:40} {count:6} {bytes:8} bytes {gas:9} gas");
    }
}

#[test]
fn a_batch_that_fell_is_told_with_its_proof_and_its_new_roots() {
    let mut told = 0;
    for seed in 0..6 {
        let (mut world, mut day) = Day::founded(seed);
        let honest = day.next(&mut world).unwrap();
        world.post(honest.time, &honest.posted(), &mut honest.after.clone()).unwrap();
        let second = day.next(&mut world).unwrap();
        let right = second.posted();
        if right.len() < 2 {
            continue; // the contract compares the last root with the head that comes with it
        }
        let mut wrong = right.clone();
        wrong[0].root[7] ^= 1;
        let liar = world.contract().turn().unwrap();
        let voided = world.post(second.time, &wrong, &mut second.after.clone()).unwrap();
        let mut derived = derive(&mut world.evm, world.contract, None).unwrap();
        assert_eq!(derived.verdict, Verdict::Wrong { number: 2, segment: 0 });
        let fraud = derived.derivation.fraud(2, 0).unwrap();
        let proof = world.contract().prove(&challenger(), &fraud, &[0; 32]).unwrap();
        let address = world.contract;
        let fallen = history(&mut world.evm, address).unwrap();
        assert_eq!(fallen.batches.iter().map(|batch| batch.number).collect::<Vec<_>>(), [1]);

        world.see();
        let next = world.contract().turn().unwrap();
        assert_ne!(next, liar);
        let next = world.operators.iter().find(|key| key.address() == next).unwrap().clone();
        let (parent, mut after) = (*world.headers.last().unwrap(), second.after.clone());
        let records: Vec<_> = right.iter().map(|segment| keccak256(&segment.records)).collect();
        let roots: Vec<_> = right.iter().map(|segment| segment.root).collect();
        let (last, chain) = (head(&mut after), world.queue.hash(after.head().queue).unwrap());
        let again =
            world.contract().repost(&next, &parent, &voided, &records, &roots, &last, &chain).unwrap();

        let history = history(&mut world.evm, address).unwrap();
        let [_, batch] = &history.batches[..] else { panic!("two batches stand") };
        assert!(batch.reposted && batch.gas == again.gas);
        assert_eq!(batch.checkpoints.iter().map(|segment| segment.root).collect::<Vec<_>>(), roots);
        assert!(
            batch.checkpoints.iter().all(|segment| segment.records > 0),
            "the records are the first ones"
        );
        let [dispute] = &history.disputes[..] else { panic!("one dispute") };
        assert_eq!((dispute.batch, dispute.segment, dispute.challenger), (2, 0, challenger().address()));
        assert_eq!((dispute.gas, dispute.reward + dispute.burnt), (proof.gas, BOND));
        assert!(dispute.reward < BOND / 2, "at least half is burnt");
        let stake = history.bonds.iter().find(|stake| stake.operator == liar).unwrap();
        assert_eq!((stake.bond, stake.lost), (0, BOND));
        assert_eq!(cost(&history, "proofs of fraud").gas, proof.gas);
        assert_eq!(cost(&history, "new roots for an input").gas, again.gas);
        // What the fallen batch cost was paid all the same.
        assert_eq!(cost(&history, "the rest of postings, by batch").count, 2);
        told += 1;
    }
    assert!(told > 2);
}
