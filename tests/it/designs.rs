//! Every market design on a ledger: random runs with wishes and curves, examined by the auditor's own books.

use ledger::conformance::Example;
use ledger::{Auditor, Receipt, Segment, chain};
use market::rule::RuleKind;
use market::{
    Book, Claim, Command, Envelope, Fraction, Price, PriceConvention, Rule, SharingKey, Stage, Stages,
    TariffId, encoding,
};
use std::collections::BTreeMap;

/// Random runs; `PROPTEST_CASES` asks for more.
#[expect(clippy::disallowed_methods, reason = "how long to search is up to whoever runs the test")]
fn runs() -> u64 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(0).max(3_000)
}

fn search(rule: &Rule, book: &Book, collar: (Price, Price)) -> Claim {
    clearing::clear(rule, book, collar, &mut clearing::Workspace::new())
}

/// Every rule that a ledger may live by, with parameters that matter.
fn designs() -> Vec<Rule> {
    let (k, price, tariff) = (Fraction::HALF, Price(150_000), TariffId(0));
    let charges = [0, 5_000, 10_000, 20_000].map(Price);
    let mut rules = vec![
        Rule::UniformPrice { convention: PriceConvention::LastPair, k },
        Rule::PayAsBid { k },
        Rule::TradeReduction,
        Rule::Continuous,
        Rule::UniformPriceBlocks { k },
        Rule::Bilateral { charges },
        Rule::MidMarketRate { tariff },
        Rule::SupplyDemandRatio { tariff },
        Rule::BillSharing,
    ];
    for stages in [
        &[Stage::Separate][..],
        &[Stage::HighToLow, Stage::UniformPrice],
        &[Stage::SatisfyPreferences, Stage::LowToHigh],
    ] {
        rules.push(Rule::Pipeline { stages: Stages::new(stages).expect("few stages"), k });
    }
    for key in SharingKey::ALL.into_iter().filter(|key| RuleKind::Key(*key).may_hold_money()) {
        rules.push(Rule::Sharing { key, price });
        rules.push(Rule::AuctionFirst { convention: PriceConvention::Equilibrium, k, key, price });
    }
    rules
}

/// The root of the last checkpoint, which a receipt names.
fn last_root(commands: &[Envelope]) -> [u8; 32] {
    let root = |envelope: &Envelope| match envelope.command {
        Command::Checkpoint { root } => Some(root),
        _ => None,
    };
    commands.iter().rev().find_map(root).expect("an example ends with a checkpoint")
}

fn audited(commands: &[Envelope]) -> ledger::Audit {
    let mut bytes = Vec::new();
    commands.iter().for_each(|envelope| encoding::encode(envelope, &mut bytes));
    let count = commands.len() as u32;
    let hash = chain(&[0; 32], 0, count, &bytes);
    let receipt = Receipt { first: 0, count, hash, root: last_root(commands), signature: None };
    let mut auditor = Auditor::new(&[]);
    auditor.segment(&Segment { receipt, bytes });
    auditor.finish()
}

#[test]
fn every_design_keeps_its_laws_on_a_ledger() {
    let rules = designs();
    let kinds: Vec<_> = rules.iter().map(Rule::kind).collect();
    for kind in RuleKind::ALL.into_iter().filter(|kind| kind.may_hold_money()) {
        assert!(kinds.contains(&kind), "{} is not tried", kind.name());
    }
    let mut checked: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..runs() {
        // Three designs at a time, each of them in turn for each carrier.
        let of = |place: u64| {
            rules[((seed + place * (1 + seed / rules.len() as u64)) % rules.len() as u64) as usize]
        };
        let three = [of(0), of(1), of(2)];
        let example = Example::run_under(three, search, seed, 4, 2);
        let audit = audited(example.commands());
        if let Some(violation) = audit.first_violation {
            let record = &example.commands()[violation.record as usize].command;
            panic!("seed {seed}, {three:?}: {violation}\n{record:?}");
        }
        for law in audit.laws {
            *checked.entry(law.law.number()).or_default() += law.checked;
        }
    }
    println!("{checked:#?}");
}
