//! Every law, examined by the auditor's own books over many random runs of every rule.

use ledger::conformance::Example;
use ledger::{Auditor, Receipt, Segment, chain};
use market::{Authentication, Command, Law, encoding};
use std::collections::BTreeMap;

/// Random runs; `PROPTEST_CASES` asks for more.
#[expect(clippy::disallowed_methods, reason = "how long to search is up to whoever runs the test")]
fn runs() -> u64 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(0).max(10_000)
}

/// The root of the last checkpoint, which a receipt names.
fn last_root(example: &Example) -> [u8; 32] {
    let roots = example.commands().iter().rev().filter_map(|envelope| match envelope.command {
        Command::Checkpoint { root } => Some(root),
        _ => None,
    });
    roots.into_iter().next().expect("an example ends with a checkpoint")
}

#[test]
fn every_law_holds_over_ten_thousand_random_runs() {
    let mut checked: BTreeMap<Law, u64> = BTreeMap::new();
    for seed in 0..runs() {
        let example = Example::run(seed, Authentication::Operator, 3, 2);
        let mut bytes = Vec::new();
        example.commands().iter().for_each(|envelope| encoding::encode(envelope, &mut bytes));
        let count = example.commands().len() as u32;
        let hash = chain(&[0; 32], 0, count, &bytes);
        let mut auditor = Auditor::new(&[]);
        let receipt = Receipt { first: 0, count, hash, root: last_root(&example), signature: None };
        auditor.segment(&Segment { receipt, bytes });
        let audit = auditor.finish();
        assert_eq!(audit.first_violation, None, "seed {seed}");
        for law in audit.laws {
            *checked.entry(law.law).or_default() += law.checked;
        }
    }
    for (law, count) in &checked {
        println!("{:<4} {count:>12} checks", law.number());
        assert!(*count >= 10_000, "{} was checked {count} times only", law.number());
    }
    use Law::*;
    for law in
        [C1, C2, C3, C4, C5, C6, C7, C8, C9, C11, C12, D1, D2, D3, D4, S1, S2, S3, S4, S6, S7, S8, A2, A3, A4]
    {
        assert!(checked.contains_key(&law), "{} was never checked", law.number());
    }
}
