//! Every market design on a ledger: random runs with wishes and curves, examined by the auditor's own books.

use ledger::conformance::{Example, Search};
use ledger::{Auditor, Receipt, Segment, chain};
use market::rule::RuleKind;
use market::testing::tamperings;
use market::{
    Claim, Command, Envelope, Fraction, Price, PriceConvention, Rejection, Rule, SharingKey, Stage, Stages,
    TariffId, encoding,
};
use std::collections::BTreeMap;

/// Random runs; `PROPTEST_CASES` asks for more.
#[expect(clippy::disallowed_methods, reason = "how long to search is up to whoever runs the test")]
fn runs() -> u64 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(0).max(3_000)
}

const SEARCH: Search = Search {
    book: |rule, book, collar| clearing::clear(rule, book, collar, &mut clearing::Workspace::new()),
    coupled: |problem| clearing::clear_coupled(problem, &mut clearing::Workspace::new()),
};

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
        Rule::Coupled { k },
        Rule::ExPost { tariff, weights: [0, 250_000, 500_000, 750_000, 1_000_000] },
        Rule::MidMarketRate { tariff },
        Rule::SupplyDemandRatio { tariff },
        Rule::BillSharing,
        Rule::ExPost { tariff, weights: [1_000_000, 900_000, 500_000, 100_000, 0] },
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

/// What one commit of these commands writes behind `last`; `root` is that of the last checkpoint.
fn segment(last: &Receipt, commands: &[Envelope], root: [u8; 32]) -> Segment {
    let mut bytes = Vec::new();
    commands.iter().for_each(|envelope| encoding::encode(envelope, &mut bytes));
    let (first, count) = (last.end(), commands.len() as u32);
    let hash = chain(&last.hash, first, count, &bytes);
    Segment { receipt: Receipt { first, count, hash, root, signature: None }, bytes }
}

fn audited(commands: &[Envelope]) -> ledger::Audit {
    let mut auditor = Auditor::new(&[]);
    auditor.segment(&segment(&Receipt::default(), commands, last_root(commands)));
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
        let example = Example::run_under(three, SEARCH, seed, 4, 2);
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

/// The operator writes another claim into its log and hashes it anew.
#[test]
fn a_changed_claim_is_named_by_record_law_and_inequality() {
    let mut told: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut as_right = 0;
    for (seed, rule) in (0..).zip(designs().into_iter().filter(Rule::takes_orders)) {
        let example = Example::run_under([rule; 3], SEARCH, seed, 5, 2);
        let (mut auditor, mut last, mut root) = (Auditor::new(&[]), Receipt::default(), [0; 32]);
        for envelope in example.commands() {
            for (_, changed) in tamperings(envelope) {
                let Some(claim) = other_claim(envelope, &changed) else { continue };
                let mut auditor = auditor.clone();
                auditor.segment(&segment(&last, std::slice::from_ref(&changed), root));
                let Some(violation) = auditor.first_violation() else {
                    // A tie of a market of pairs may be decided otherwise; coupled carriers can have several
                    // prices that are optimal.
                    let several = matches!(rule.kind(), RuleKind::Bilateral | RuleKind::Coupled);
                    assert!(several, "{claim:?}");
                    as_right += 1;
                    continue;
                };
                assert_eq!(violation.record, last.end(), "{violation}");
                let words = &violation.words;
                let refused = Rejection::ALL.into_iter().find(|refused| words.starts_with(refused.words()));
                let refused = refused.expect("the market itself refuses it");
                let metered = *claim == Claim::Metered && rule.shares_metered();
                let explained = refused.is_about_a_claim() && !metered;
                assert_eq!(words.contains("wrong: ") || words.contains("wrong in"), explained, "{violation}");
                *told.entry((rule.kind().name(), violation.law.number())).or_default() += 1;
            }
            if let Command::Checkpoint { root: confirmed } = envelope.command {
                root = confirmed;
            }
            let honest = segment(&last, std::slice::from_ref(envelope), root);
            last = honest.receipt;
            auditor.segment(&honest);
        }
        assert_eq!(auditor.finish().first_violation, None, "{rule:?}");
    }
    println!("{told:#?}, {as_right} ties decided otherwise");
    for kind in designs().iter().map(Rule::kind).filter(|kind| kind.takes_orders()) {
        let changes: u32 =
            told.iter().filter(|((rule, _), _)| *rule == kind.name()).map(|(_, count)| count).sum();
        assert!(changes >= 20, "{}: {changes} changes only", kind.name());
    }
}

/// The claim of a clearing that differs from another in nothing else.
fn other_claim<'a>(envelope: &Envelope, changed: &'a Envelope) -> Option<&'a Claim> {
    let (
        Command::Clear { carrier, interval, claim },
        Command::Clear { carrier: of, interval: at, claim: other },
    ) = (&envelope.command, &changed.command)
    else {
        return None;
    };
    (carrier == of && interval == at && claim != other).then_some(other)
}
