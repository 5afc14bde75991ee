use crate::cast::Rng;
use crate::day::Day;

#[test]
fn honest_days_go_through() {
    for seed in 0..20 {
        let (mut world, mut day) = Day::founded(seed);
        let mut count = std::collections::BTreeMap::new();
        while let Some(batch) = day.next(&mut world) {
            let mut after = batch.after.clone();
            for (_, _, step) in batch.steps() {
                *count.entry((step.bytes[0], step.refused.is_some())).or_insert(0) += 1;
            }
            let header = world.post(batch.time, &batch.posted(), &mut after).unwrap();
            assert_eq!(header.root, after.root());
        }
        println!("{seed} {count:?}");
        let derived = rollup::watcher::derive(&mut world.evm, world.contract, None).unwrap();
        assert_eq!(derived.verdict, rollup::watcher::Verdict::Right);
        let _ = Rng(1);
    }
}
