//! What a contract's life on the primary chain cost, and how long it took: from its events and transactions alone.
//!
//! Gas is charged per transaction; what of a posting is an order's is its bytes at the price the chain took for them (the
//! floor price of EIP-7623 where that was the higher one), and the rest of the transaction is a line of its own, so that
//! the lines add up to what was paid.

use crate::audit::kind;
use crate::batch;
use crate::chain::{Chain, ChainError, TxHash};
use crate::contract::{Contract, ContractError, Entry, Event};
use crate::founding::FoundingError;
use crate::modes::{Content, Mode, Part, Published, Text};
use crate::sequencer::Data;
use crate::step::{Record, Store};
use crate::watcher::find_founding;
use ledger::Key;
use ledger::posted::{Batch, Bond, Checkpoint, Cost, Dispute};
use market::{Address, Hash};
use std::collections::BTreeMap;

/// The most blocks whose events are asked for at once.
const BLOCKS: u64 = 10_000;
/// Gas of any transaction.
const BASE: u64 = 21_000;
/// Gas of a zero and of another byte of calldata, by execution and at the floor (EIP-2028, EIP-7623).
const PRICES: [[u64; 2]; 2] = [[4, 16], [10, 40]];

/// What happened. Amounts are wei, times Unix s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The batches whose roots stand, in order.
    pub batches: Vec<Batch>,
    /// The proofs of fraud, in order.
    pub disputes: Vec<Dispute>,
    /// What operators have at stake, by address.
    pub bonds: Vec<Bond>,
    /// Bytes and gas by kind.
    pub costs: Vec<Cost>,
    /// For each final record, how long after the tick before it: s.
    pub waits: Vec<u64>,
}

/// Reads a contract's history.
///
/// # Errors
/// Where the chain cannot be read, or the genesis is not published with the contract.
pub fn history(chain: &mut dyn Chain, contract: Address) -> Result<History, FoundingError> {
    history_with(chain, contract, None)
}

/// The same with a key that opens sealed batches: without one nothing is said of what is in them.
///
/// # Errors
/// As [`history`].
pub fn history_with(
    chain: &mut dyn Chain,
    contract: Address,
    key: Option<&Key>,
) -> Result<History, FoundingError> {
    let founding = find_founding(chain, contract)?;
    // On demand there are no signatures among the records.
    let signed = founding.genesis.head().is_signed() && founding.mode != Mode::Demand;
    let data = Data::new(founding.mode, contract, 0, key);
    let head = chain.head().map_err(ContractError::from)?.number;
    let mut reader = Reader {
        signed,
        data,
        history: History::default(),
        inputs: Vec::new(),
        records: BTreeMap::new(),
        others: BTreeMap::new(),
        counted: None,
        bonds: BTreeMap::new(),
        cut: None,
    };
    let mut from = 0;
    while from <= head {
        let to = head.min(from + BLOCKS - 1);
        for entry in Contract::at(chain, contract).events(from, to)? {
            reader.fold(chain, &entry)?;
        }
        from = to + 1;
    }
    Ok(reader.finish())
}

struct Reader {
    /// How batches are read.
    data: Data,
    /// Whether records are signed.
    signed: bool,
    history: History,
    /// The segments of every input, by number less one.
    inputs: Vec<Vec<batch::Segment>>,
    /// Of records, by kind.
    records: BTreeMap<&'static str, Cost>,
    /// Of what is around them, and of other transactions.
    others: BTreeMap<&'static str, Cost>,
    /// The transaction counted last: several events may be of one.
    counted: Option<TxHash>,
    bonds: BTreeMap<Address, Bond>,
    /// The bond that was cut last, and by which transaction.
    cut: Option<(TxHash, u128)>,
}

impl Reader {
    fn fold(&mut self, chain: &mut dyn Chain, entry: &Entry) -> Result<(), ContractError> {
        match &entry.event {
            Event::Posted { number, header, .. } if *number > 0 => {
                let (bytes, gas) = self.transaction(chain, entry)?;
                // What cannot be had is in a blob that expired, or was passed on by another contract.
                let found = self.data.published(chain, entry)?;
                let segments =
                    found.map_or_else(|_| Vec::new(), |(published, parts)| segments(&published, &parts));
                self.charge(&bytes, gas, &segments);
                self.inputs.truncate(number.saturating_sub(1) as usize);
                self.stand(*number, &segments, (bytes.len(), gas), header.posted_at, false);
                self.inputs.push(segments);
            }
            Event::Reposted { number, header, .. } => {
                let (bytes, gas) = self.transaction(chain, entry)?;
                self.add("new roots for an input", bytes.len(), gas);
                let roots = self.data.roots(chain, entry)?.unwrap_or_default();
                let input = self.inputs.get(number.saturating_sub(1) as usize).cloned().unwrap_or_default();
                let segments = with_roots(input, &roots);
                self.stand(*number, &segments, (bytes.len(), gas), header.posted_at, true);
            }
            Event::Proven { number, segment, challenger, reward, .. } => {
                let (bytes, gas) = self.transaction(chain, entry)?;
                self.add("proofs of fraud", bytes.len(), gas);
                self.history.batches.retain(|batch| batch.number < *number);
                let time = time(chain, entry.block)?;
                let (batch, segment, challenger, reward) = (*number, *segment, *challenger, *reward);
                let cut = self.cut.take().filter(|(hash, _)| *hash == entry.transaction);
                let burnt = cut.map_or(0, |(_, bond)| bond).saturating_sub(reward);
                self.history.disputes.push(Dispute { batch, segment, challenger, time, gas, reward, burnt });
            }
            Event::Finalised { number, .. } if *number > 0 => {
                self.once(chain, entry, "finality, by transaction")?;
                let time = time(chain, entry.block)?;
                if let Some(batch) = self.history.batches.iter_mut().find(|batch| batch.number == *number) {
                    batch.finalised = Some(time);
                }
            }
            Event::Deposited { .. } => self.once(chain, entry, "deposits")?,
            Event::Forced { .. } => self.once(chain, entry, "forced records")?,
            Event::Withdrawn { .. } => self.once(chain, entry, "withdrawals paid")?,
            Event::Exited { .. } => self.once(chain, entry, "exits")?,
            Event::Committed { .. } => self.once(chain, entry, "promises of a proof")?,
            Event::Attested { .. } => self.once(chain, entry, "attestations of watchers")?,
            Event::Bonded { operator, bond } => {
                self.once(chain, entry, "bonds")?;
                self.bond(*operator).bond += bond;
            }
            Event::Unbonded { operator, .. } => {
                self.bond(*operator).bond = 0;
            }
            Event::Slashed { operator, bond } => {
                let stake = self.bond(*operator);
                (stake.bond, stake.lost) = (stake.bond.saturating_sub(*bond), stake.lost + bond);
                self.cut = Some((entry.transaction, *bond));
            }
            _ => {}
        }
        Ok(())
    }

    fn bond(&mut self, operator: Address) -> &mut Bond {
        self.bonds.entry(operator).or_insert(Bond { operator, ..Bond::default() })
    }

    /// A batch's roots stand from here on.
    fn stand(
        &mut self,
        number: u64,
        segments: &[batch::Segment],
        (bytes, gas): (usize, u64),
        posted: u64,
        reposted: bool,
    ) {
        let bytes = bytes as u64;
        let checkpoint = |segment: &batch::Segment| Checkpoint {
            records: parts(&segment.records, self.signed).len() as u64,
            bytes: segment.records.len() as u64,
            root: segment.root,
        };
        let checkpoints = segments.iter().map(checkpoint).collect();
        self.history.batches.retain(|batch| batch.number < number);
        self.history.batches.push(Batch {
            number,
            checkpoints,
            bytes,
            gas,
            posted,
            finalised: None,
            reposted,
        });
    }

    /// The input and the gas of an event's transaction.
    fn transaction(&self, chain: &mut dyn Chain, entry: &Entry) -> Result<(Vec<u8>, u64), ContractError> {
        let hash = entry.transaction;
        let gone = || ContractError::Gone { transaction: hash };
        let transaction = chain.transaction(&hash)?.ok_or_else(gone)?;
        let outcome = chain.outcome(&hash)?.ok_or_else(gone)?;
        Ok((transaction.input, outcome.gas))
    }

    /// Counts a transaction, and only at its first event.
    fn once(
        &mut self,
        chain: &mut dyn Chain,
        entry: &Entry,
        what: &'static str,
    ) -> Result<(), ContractError> {
        if self.counted == Some(entry.transaction) {
            return Ok(());
        }
        self.counted = Some(entry.transaction);
        let (bytes, gas) = self.transaction(chain, entry)?;
        self.add(what, bytes.len(), gas);
        Ok(())
    }

    fn add(&mut self, what: &'static str, bytes: usize, gas: u64) {
        add(&mut self.others, what, bytes, gas);
    }

    /// Shares out what a posting cost among what was posted.
    fn charge(&mut self, input: &[u8], gas: u64, segments: &[batch::Segment]) {
        let at_floor = gas == BASE + data_gas(input, PRICES[1]);
        let prices = PRICES[usize::from(at_floor)];
        let (mut bytes, mut rest) = (input.len(), gas);
        let mut charge = |costs: &mut BTreeMap<_, _>, what, part: &[u8]| {
            let part_gas = data_gas(part, prices);
            bytes -= part.len();
            rest -= part_gas;
            add(costs, what, part.len(), part_gas);
        };
        // Blobs are not calldata, and of ciphertext nobody can say which byte is whose.
        let shared = matches!(self.data.mode(), Mode::Calldata | Mode::Demand);
        for segment in segments.iter().filter(|_| shared) {
            for (what, record, signature) in parts(&segment.records, self.signed) {
                charge(&mut self.records, what, record);
                if !signature.is_empty() {
                    charge(&mut self.others, SIGNATURES, signature);
                }
            }
            charge(&mut self.others, ROOTS, &segment.root);
        }
        self.add(REST, bytes, rest);
    }

    fn finish(self) -> History {
        let Self { mut history, inputs, records, others, signed, bonds, .. } = self;
        let mut now = None;
        for (batch, segments) in history.batches.iter().zip(&inputs) {
            for segment in segments {
                let mut rest = segment.records.as_slice();
                while let Some((record, after)) = Record::decode(rest, signed) {
                    if let Record::Tick { time } = record {
                        now = Some(time);
                    }
                    if let (Some(finalised), Some(now)) = (batch.finalised, now) {
                        history.waits.push(finalised.saturating_sub(now));
                    }
                    rest = after;
                }
            }
        }
        let (mut records, mut others): (Vec<Cost>, Vec<Cost>) =
            (records.into_values().collect(), others.into_values().collect());
        records.sort_by_key(|cost| core::cmp::Reverse(cost.gas));
        let place = |cost: &Cost| [SIGNATURES, ROOTS, REST].iter().position(|what| *what == cost.what);
        others.sort_by_key(|cost| place(cost).unwrap_or(usize::MAX));
        history.costs = records.into_iter().chain(others).collect();
        history.bonds = bonds.into_values().collect();
        history
    }
}

const SIGNATURES: &str = "signatures";
const ROOTS: &str = "roots";
const REST: &str = "the rest of postings, by batch";

const NO_RECORD: &str = "bytes that are no record";

/// One more of these.
fn add(costs: &mut BTreeMap<&'static str, Cost>, what: &'static str, bytes: usize, gas: u64) {
    let cost = costs.entry(what).or_insert(Cost { what, ..Cost::default() });
    cost.count += 1;
    cost.bytes += bytes as u64;
    cost.gas += gas;
}

/// A segment's records: kind, bytes, and the signature after them.
fn parts(records: &[u8], signed: bool) -> Vec<(&'static str, &[u8], &[u8])> {
    let (mut parts, mut rest) = (Vec::new(), records);
    while let Some((record, after)) = Record::decode(rest, signed) {
        let bytes = &rest[..rest.len() - after.len()];
        let has_signature = matches!(
            record,
            Record::Order { signature: Some(_), .. }
                | Record::Cancel { signature: Some(_), .. }
                | Record::Withdraw { signature: Some(_), .. }
                | Record::Transfer { signature: Some(_), .. }
                | Record::Reading { signature: Some(_), .. }
        );
        let (bytes, signature) = bytes.split_at(bytes.len() - if has_signature { 64 } else { 0 });
        parts.push((kind(&record), bytes, signature));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push((NO_RECORD, rest, &[]));
    }
    parts
}

fn data_gas(bytes: &[u8], [zero, other]: [u64; 2]) -> u64 {
    bytes.iter().map(|byte| if *byte == 0 { zero } else { other }).sum()
}

/// What was published, as far as it can be read; records without their signatures where these were not posted.
fn segments(published: &Published, parts: &[Part]) -> Vec<batch::Segment> {
    let records = |part: &Part| match (part.content(), part.text()) {
        (Content::Bare(bare, _), _) => bare.clone(),
        (_, Text::Known(records) | Text::Assumed(records)) => records,
        (_, Text::Hidden) => Vec::new(),
    };
    let segments = published.units.iter().zip(parts);
    segments.map(|(unit, part)| batch::Segment { records: records(part), root: unit.root }).collect()
}

/// The same records with other roots.
fn with_roots(mut segments: Vec<batch::Segment>, roots: &[Hash]) -> Vec<batch::Segment> {
    for (segment, root) in segments.iter_mut().zip(roots) {
        segment.root = *root;
    }
    segments
}

fn time(chain: &mut dyn Chain, block: u64) -> Result<u64, ChainError> {
    Ok(chain.block(block)?.map_or(0, |block| block.time))
}
