//! One transition in two languages.
//!
//! Random communities live random days. Every segment of theirs is computed three times: on the whole state in Rust, on
//! a witness in Rust, on the same witness by the contract in an EVM. So are segments, witnesses and queue items that
//! somebody has tampered with. The answers are equal: the root, that nothing was done, or that the witness proves
//! nothing. `STEPS` says how many records (100 000 by default), `SEED` where to begin.

mod book;
mod dice;
mod evm;
mod gas;
mod typed;
mod world;

use dice::Dice;
use evm::{Answer, Contract, executeCall};
use market::{Hash, Rejection};
use rollup::step::{Context, Mark, Place, Record, Report, State, Store, Witness, execute, record};
use std::collections::BTreeMap;
use world::World;

/// A segment as it is asked for.
#[derive(Clone, Debug)]
struct Case {
    pre: Hash,
    context: Context,
    records: Vec<u8>,
    items: Vec<u8>,
    witness: Vec<u8>,
}

/// What a segment does; none where the witness does not prove it.
type Outcome = Option<(Hash, u64, u64, Hash)>;

impl Case {
    /// In Rust.
    fn by_reference(&self) -> Outcome {
        let mut witness = Witness::from_bytes(&self.witness)?;
        if witness.root()? != self.pre {
            return None;
        }
        let report = execute(&mut witness, &self.context, &self.records, &self.items).ok()?;
        Some((witness.root()?, report.from, report.to, report.chain))
    }

    /// In the EVM, and the execution's gas.
    fn by_contract(&self, contract: &mut Contract) -> (Outcome, u64) {
        let call = executeCall {
            pre: self.pre.into(),
            postedAt: self.context.posted_at,
            available: self.context.available,
            records: self.records.clone().into(),
            items: self.items.clone().into(),
            chain: self.context.chain.into(),
            witness: self.witness.clone().into(),
        };
        match contract.execute(&call) {
            (Answer::Done { post, from, to, chain }, gas) => (Some((post, from, to, chain)), gas),
            (Answer::Reverted(_), gas) => (None, gas),
        }
    }
}

/// What was met.
#[derive(Debug, Default)]
struct Tally {
    steps: u64,
    segments: u64,
    void: u64,
    unproven: u64,
    tampered: u64,
    /// Per kind, how many were met, and how many of them accepted.
    kinds: BTreeMap<&'static str, (u64, u64)>,
    refusals: BTreeMap<u16, u64>,
    items: u64,
    most_gas: u64,
}

impl Tally {
    fn count(&mut self, records: &[u8], signed: bool, report: &Report) {
        self.segments += 1;
        self.void += u64::from(report.void);
        self.items += report.items.len() as u64;
        let mut rest = records;
        for outcome in &report.outcomes {
            let Some((record, after)) = Record::decode(rest, signed) else { break };
            rest = after;
            self.steps += 1;
            let (met, accepted) = self.kinds.entry(record.name()).or_default();
            *met += 1;
            *accepted += u64::from(outcome.is_none());
            let code = outcome.map_or(0, |refusal| refusal.code());
            *self.refusals.entry(code).or_default() += 1;
        }
        for outcome in report.items.iter().flatten() {
            *self.refusals.entry(outcome.code()).or_default() += 1;
        }
    }
}

/// The record's bytes; a merit list's arrivals are in `room`.
fn bytes(record: &Record<'_>, room: &[u8]) -> Vec<u8> {
    match record {
        Record::Merit { .. } => Record::Merit { arrivals: room }.to_bytes(),
        record => record.to_bytes(),
    }
}

/// Two programs side by side.
struct Both {
    contract: Contract,
    tally: Tally,
    /// The first case about which they differ.
    difference: Option<String>,
}

impl Both {
    fn new(code: Vec<u8>) -> Self {
        Self { contract: Contract::deployed(code), tally: Tally::default(), difference: None }
    }

    /// Compares the two on one case; gives the reference's outcome.
    fn compare(&mut self, case: &Case, what: &str) -> Outcome {
        let expected = case.by_reference();
        let (found, gas) = case.by_contract(&mut self.contract);
        if expected.is_some() {
            self.tally.most_gas = self.tally.most_gas.max(gas);
        }
        self.tally.unproven += u64::from(expected.is_none());
        if expected != found && self.difference.is_none() {
            self.difference = Some(format!("{what}: Rust {expected:?}, Solidity {found:?}\n{case:?}"));
        }
        expected
    }

    /// A segment on the whole state, then, with the witness that it needs, on both sides. The state is as before.
    fn segment(
        &mut self,
        state: &mut State,
        context: Context,
        records: &[u8],
        items: &[u8],
        what: &str,
    ) -> Case {
        let mark = state.mark();
        let pre = state.root();
        state.take_touched();
        let signed = state.head().is_signed();
        let report = execute(state, &context, records, items);
        let post = state.root();
        let places = state.take_touched();
        state.undo(mark);
        let witness = Witness::of(state, &places).to_bytes();
        let case = Case { pre, context, records: records.to_vec(), items: items.to_vec(), witness };
        let outcome = self.compare(&case, what);
        if let Ok(report) = report {
            self.tally.count(records, signed, &report);
            let expected = Some((post, report.from, report.to, report.chain));
            assert_eq!(outcome, expected, "the whole state and its witness give different roots: {case:?}");
        }
        case
    }

    /// The same segment, tampered with.
    fn tamper(&mut self, state: &mut State, case: &Case, dice: &mut Dice) {
        self.tally.tampered += 1;
        let mut case = case.clone();
        match dice.below(10) {
            // The witness proves something else, or nothing.
            0..=1 => {
                let at = dice.below(case.witness.len() as u64) as usize;
                case.witness[at] ^= 1 << dice.below(8);
                self.compare(&case, "a witness with a bit turned");
            }
            2 => {
                let at = dice.below(case.witness.len() as u64 + 1) as usize;
                case.witness.truncate(at);
                if dice.chance(300) {
                    case.witness.extend([0; 7]);
                }
                self.compare(&case, "a witness cut off");
            }
            3..=4 => {
                let mut places = touched(state, &case);
                if !places.is_empty() {
                    places.remove(dice.below(places.len() as u64) as usize);
                }
                case.witness = Witness::of(state, &places).to_bytes();
                self.compare(&case, "a witness without a leaf");
            }
            5 => {
                let mut places = touched(state, &case);
                let more = Place(dice.next() as u32 & 0x7fff_ffff);
                if let Err(at) = places.binary_search(&more) {
                    places.insert(at, more);
                }
                case.witness = Witness::of(state, &places).to_bytes();
                self.compare(&case, "a witness with one leaf more");
            }
            // Other records, with the witness that they need.
            6..=7 if !case.records.is_empty() => {
                let mut records = case.records.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(records.len() as u64) as usize;
                    match dice.below(6) {
                        0 => records[at] = dice.next() as u8,
                        1 => records.truncate(at.max(1)),
                        2 => records.insert(at, dice.next() as u8),
                        _ => records[at] ^= 1 << dice.below(8),
                    }
                }
                self.segment(state, case.context, &records, &case.items, "other records");
            }
            8 => {
                let mut items = case.items.clone();
                match dice.below(3) {
                    0 => items.push(dice.next() as u8),
                    1 if !items.is_empty() => items.truncate(dice.below(items.len() as u64) as usize),
                    _ if !items.is_empty() => {
                        let at = dice.below(items.len() as u64) as usize;
                        items[at] ^= 1 << dice.below(8);
                    }
                    _ => items.extend([0; 46]),
                }
                self.segment(state, case.context, &case.records, &items, "other items of the queue");
            }
            _ => {
                let mut context = case.context;
                match dice.below(4) {
                    0 => context.posted_at = state.head().time + dice.below(1000),
                    1 => context.available = dice.below(state.head().queue + 4),
                    2 => context.available = u64::MAX,
                    _ => case.pre[dice.below(32) as usize] ^= 1,
                }
                self.compare(&Case { context, ..case }, "another context");
            }
        }
    }
}

/// The places that a segment looks at.
fn touched(state: &mut State, case: &Case) -> Vec<Place> {
    let mark = state.mark();
    state.take_touched();
    let _ = execute(state, &case.context, &case.records, &case.items);
    let places = state.take_touched();
    state.undo(mark);
    places
}

/// A segment that goes on from the state; its records are found one after the other.
struct Draft {
    records: Vec<u8>,
    items: Vec<u8>,
    context: Context,
}

fn draft(world: &mut World, mark: Mark) -> Draft {
    let mut draft = Draft { records: Vec::new(), items: Vec::new(), context: Context::default() };
    let head = *world.state.head();
    let slack = world.dice.pick(&[0, 3600, u64::MAX - head.time]);
    draft.context.posted_at = head.time.saturating_add(slack).max(head.time);
    draft.context.chain = market::keccak256(&head.queue.to_be_bytes());
    draft.context.available = head.queue + world.dice.below(4);
    let most = 1 + world.dice.below(20);
    let mut chain = draft.context.chain;
    let mut room = Vec::new();
    for _ in 0..most {
        let record = world.record(&mut room);
        let bytes = bytes(&record, &room);
        let more = [draft.records.as_slice(), &bytes].concat();
        let fits = record::weigh(&more, head.is_signed()).is_some();
        if !fits && !world.dice.chance(30) {
            break;
        }
        let mut items = Vec::new();
        if let Record::Queue { count } = record {
            let idle = world.state.head().work == 0;
            let there = world.state.head().queue + u64::from(count) <= draft.context.available;
            if idle && there {
                items = world.items(count.into());
            }
        }
        draft.records = more;
        if !fits {
            draft.items.extend(items);
            break; // void: nothing of it happens
        }
        // One record at a time on the whole state, so that the next one can be made for what there is then. An item that
        // begins work is the last, so others may be left over: the queue keeps them.
        let context = Context { chain, ..draft.context };
        let before = world.state.mark();
        let mut report = execute(&mut world.state, &context, &bytes, &items);
        while report.is_err() {
            world.state.undo(before);
            let (_, own, _) = rollup::step::Item::decode(&items).expect("whole items");
            let mut kept = own.to_vec();
            std::mem::swap(&mut kept, &mut items);
            report = execute(&mut world.state, &context, &bytes, &items);
            if report.is_err() {
                // More than one before the one that begins work: give the record up.
                world.state.undo(before);
                items.clear();
                draft.records.truncate(draft.records.len() - bytes.len());
                break;
            }
        }
        if let Ok(report) = report {
            chain = report.chain;
        }
        draft.items.extend(items);
    }
    world.state.undo(mark);
    draft
}

/// Lets communities live until so many records are carried out.
fn live(both: &mut Both, steps: u64, seed: u64) {
    let mut seeds = Dice::new(seed);
    while both.tally.steps < steps && both.difference.is_none() {
        let mut world = World::new(seeds.next());
        for _ in 0..30 + world.dice.below(300) {
            let mark = world.state.mark();
            if world.dice.chance(150) {
                // A segment on a state that is at some limit, and back.
                world.perturb();
                let at_limit = world.state.mark();
                let Draft { records, items, context } = draft(&mut world, at_limit);
                both.segment(&mut world.state, context, &records, &items, "a segment at a limit");
                world.state.undo(mark);
            }
            let Draft { records, items, context } = draft(&mut world, mark);
            let case = both.segment(&mut world.state, context, &records, &items, "a segment");
            if world.dice.chance(500) {
                both.tamper(&mut world.state, &case, &mut world.dice);
            }
            let _ = execute(&mut world.state, &context, &records, &items);
            world.state.forget();
            if both.tally.steps >= steps || both.difference.is_some() || world.is_stuck() {
                break;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a campaign is a test that goes on for longer")]
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn both_languages_give_the_same_root() {
    let mut both = Both::new(evm::artefact("Transition"));
    let steps = setting("STEPS", 100_000);
    live(&mut both, steps, setting("SEED", 1));
    println!("{:#?}", both.tally);
    assert_eq!(both.difference, None);
    if steps >= 100_000 {
        // Whatever the transition can say was said.
        assert_eq!(both.tally.kinds.len(), 19, "some kind of record was never met");
        assert!(
            both.tally.kinds.values().all(|(_, accepted)| *accepted >= 10),
            "some kind was hardly ever right"
        );
        let missing: Vec<u16> = SAID
            .iter()
            .map(|refusal| refusal.code())
            .filter(|code| !both.tally.refusals.contains_key(code))
            .collect();
        assert!(missing.is_empty(), "never refused as {missing:?}");
        assert!(both.tally.refusals[&0] > steps / 5 && both.tally.unproven > 100 && both.tally.void > 100);
    }
}

/// Every refusal that a record can meet here.
const SAID: [Rejection; 37] = [
    Rejection::Malformed,
    Rejection::UnknownAccount,
    Rejection::UnknownMeter,
    Rejection::BadSignature,
    Rejection::StaleNonce,
    Rejection::TooMany,
    Rejection::TimeRunsBackwards,
    Rejection::BadInterval,
    Rejection::NotTraded,
    Rejection::UnknownTariff,
    Rejection::BadAmount,
    Rejection::InsufficientFunds,
    Rejection::GuarantorExhausted,
    Rejection::TooEarly,
    Rejection::GateClosed,
    Rejection::BookFrozen,
    Rejection::BadEnergy,
    Rejection::OutsideCollar,
    Rejection::BeyondCapacity,
    Rejection::SelfTrade,
    Rejection::NotForThisRule,
    Rejection::UnknownOrder,
    Rejection::NotFrozen,
    Rejection::WrongClaim,
    Rejection::TradeLeft,
    Rejection::NotEquilibrium,
    Rejection::WrongPrice,
    Rejection::MeritOrder,
    Rejection::BadReading,
    Rejection::ReadingOutOfSequence,
    Rejection::ReadingTwice,
    Rejection::ReadingMissing,
    Rejection::NotCleared,
    Rejection::AlreadySettled,
    Rejection::PriceUnknown,
    Rejection::PricePublished,
    Rejection::OutOfOrder,
];

/// Whether a contract that is not the reference's equal is found out within so many records.
fn is_found(code: Vec<u8>, steps: u64) -> bool {
    let mut both = Both::new(code);
    live(&mut both, steps, 99);
    both.difference.is_some()
}

/// Rules that are wrong by one.
#[test]
fn a_rule_that_is_wrong_by_one_is_found() {
    let rules: [(&str, &[u8], &[u8]); 4] = [
        ("parts per million", &[0x62, 0x0f, 0x42, 0x40], &[0x62, 0x0f, 0x42, 0x41]),
        ("most energy", &[0x64, 0x17, 0x48, 0x76, 0xe8, 0x00], &[0x64, 0x17, 0x48, 0x76, 0xe8, 0x01]),
        ("highest price", &[0x62, 0x98, 0x96, 0x80], &[0x62, 0x98, 0x96, 0x81]),
        (
            "most money",
            &[0x69, 0x02, 0x1e, 0x19, 0xe0, 0xc9, 0xba, 0xb2, 0x40, 0x00, 0x00],
            &[0x69, 0x02, 0x1e, 0x19, 0xe0, 0xc9, 0xba, 0xb2, 0x40, 0x00, 0x01],
        ),
    ];
    for (rule, right, wrong) in rules {
        let mut code = evm::artefact("Transition");
        let places: Vec<usize> = (0..code.len()).filter(|at| code[*at..].starts_with(right)).collect();
        assert!(!places.is_empty(), "the contract has no {rule}");
        places.iter().for_each(|at| code[*at..at + wrong.len()].copy_from_slice(wrong));
        assert!(is_found(code, 60_000), "{rule}: wrong by one, and nobody saw it");
    }
}

/// Contracts with one instruction turned around: most are found out soon. Of the rest, many do the same as before, or
/// only forget a check of what no sound caller passes.
#[test]
fn a_contract_with_one_wrong_instruction_is_found() {
    // ADD SUB MUL DIV LT GT SLT SGT AND OR SHL SHR; EQ becomes XOR, ISZERO of ISZERO does not exist.
    const TURNED: [(u8, u8); 13] = [
        (0x01, 0x03),
        (0x03, 0x01),
        (0x02, 0x01),
        (0x04, 0x02),
        (0x10, 0x11),
        (0x11, 0x10),
        (0x12, 0x13),
        (0x13, 0x12),
        (0x14, 0x18),
        (0x16, 0x17),
        (0x17, 0x16),
        (0x1b, 0x1c),
        (0x1c, 0x1b),
    ];
    let (mutants, steps) = (setting("MUTANTS", 24), 4_000);
    let code = evm::artefact("Transition");
    let begin = code.len() - evm::size("Transition");
    let mut sites = Vec::new();
    let mut at = begin;
    while at < code.len() {
        if let Some((_, to)) = TURNED.iter().find(|(from, _)| *from == code[at]) {
            sites.push((at, *to));
        }
        at += if (0x60..0x80).contains(&code[at]) { usize::from(code[at] - 0x5e) } else { 1 };
    }
    let mut dice = Dice::new(setting("SEED", 1));
    let mut lived = Vec::new();
    for _ in 0..mutants {
        let (at, to) = dice.pick(&sites);
        let mut mutant = code.clone();
        mutant[at] = to;
        if !is_found(mutant, steps) {
            lived.push(format!("{:#x}: {:#04x} → {to:#04x}", at - begin, code[at]));
        }
    }
    println!(
        "{} of {mutants} mutants were found within {steps} records; not: {lived:?}",
        mutants as usize - lived.len()
    );
    assert!(lived.len() as u64 * 2 <= mutants, "too many mutants live: {lived:?}");
}
