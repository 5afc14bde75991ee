//! An EVM in the process: blocks, a pool of waiting transactions, receipts, logs and blobs around revm.
//!
//! Transactions are signed and checked as on a public chain (nonce, balance, EIP-1559 and blob fees, the calldata floor
//! of EIP-7623), so gas is that of any node of the same fork. Only consensus is missing: a block's hash is over its
//! parent, number, time and transactions, not over an Ethereum header, and nobody is paid for blocks.

mod block;
mod execute;
mod pool;

use super::ground::Ground;
use super::journal::{self, Journal, Op};
use super::wire::{self, Envelope};
use super::{Block, Call, Chain, ChainError, Clock, FORK, Fees, Log, Outcome, Terms, Transaction, TxHash};
use execute::{answer, spec, to_evm};
use ledger::Key;
use market::{Address, keccak256};
use revm::context::BlockEnv;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{B256, U256, eip4844};
use std::collections::BTreeMap;
use std::path::Path;

/// What a chain in the process is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The chain id that transactions are bound to.
    pub chain_id: u64,
    /// Time of block 0, Unix s.
    pub time: u64,
    /// From one block to the next unless its time is set, s.
    pub block_time: u64,
    /// The most gas of a block, and so of a transaction.
    pub gas_limit: u64,
    /// Base fee of block 0, wei per gas; it then moves by EIP-1559.
    pub base_fee: u64,
    /// How long blobs are kept, s.
    pub blob_retention: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            time: 1_750_000_000,
            block_time: 1,
            gas_limit: 30_000_000,
            base_fee: 1_000_000_000,
            blob_retention: 4_096 * 32 * 12, // epochs of 32 slots of 12 s (EIP-4844)
        }
    }
}

pub(super) use eip4844::GAS_PER_BLOB;

/// What a sender usually adds to the base fee, wei per gas.
const TIP: u128 = 1_000_000;

/// A primary chain inside the process; one block per transaction unless told otherwise.
#[derive(Debug)]
pub struct Evm {
    settings: Settings,
    spec: SpecId,
    ground: Ground,
    blocks: Vec<Sealed>,
    transactions: BTreeMap<TxHash, Kept>,
    logs: BTreeMap<Address, Vec<Log>>,
    /// Which transactions carried a blob.
    blobs: BTreeMap<[u8; 32], Vec<TxHash>>,
    /// Blocks below this height have lost their blobs.
    pruned: usize,
    /// In order of arrival.
    pool: Vec<Envelope>,
    automine: bool,
    next_time: Option<u64>,
    snapshots: BTreeMap<u64, Snapshot>,
    next_snapshot: u64,
    /// How often history was taken back: part of every hash, so that no block comes twice.
    forks: u64,
    /// Where everything is written down; none: nowhere.
    journal: Option<Journal>,
    torn: u64,
}

/// A block with what a header says of it.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) block: Block,
    /// wei.
    pub(super) base_fee: u64,
    pub(super) gas_used: u64,
    pub(super) blob_gas_used: u64,
    pub(super) excess_blob_gas: u64,
    pub(super) transactions: Vec<TxHash>,
    /// The state's mark before it.
    mark: usize,
}

#[derive(Debug)]
struct Kept {
    envelope: Envelope,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
struct Snapshot {
    height: usize,
    mark: usize,
    pool: Vec<Envelope>,
    next_time: Option<u64>,
}

impl Default for Evm {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Evm {
    /// A chain of one empty block.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let spec = spec(FORK).expect("the fork is one that the EVM knows");
        let hash = keccak256(&[&b"wattle primary chain"[..], &settings.chain_id.to_be_bytes()].concat());
        let genesis = Sealed {
            block: Block { number: 0, time: settings.time, hash },
            base_fee: settings.base_fee,
            gas_used: settings.gas_limit / 2, // at its target: the first block has the same fee
            blob_gas_used: 0,
            excess_blob_gas: 0,
            transactions: Vec::new(),
            mark: 0,
        };
        let mut ground = Ground::default();
        ground.hashes.push(B256::from(hash));
        Self {
            settings,
            spec,
            ground,
            blocks: vec![genesis],
            transactions: BTreeMap::new(),
            logs: BTreeMap::new(),
            blobs: BTreeMap::new(),
            pruned: 0,
            pool: Vec::new(),
            automine: true,
            next_time: None,
            snapshots: BTreeMap::new(),
            next_snapshot: 1,
            forks: 0,
            journal: None,
            torn: 0,
        }
    }

    /// A chain that is kept in a file, made with these settings where there is none. Whatever was acknowledged is there
    /// again after a crash; a second opener is refused.
    ///
    /// # Errors
    /// [`ChainError::File`] where the file cannot be read or written, is open elsewhere, is damaged before its end, or
    /// belongs to another version or fork.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, ChainError> {
        Self::resume(Journal::open(path, Some(settings))?)
    }

    /// A chain whose file is there and whole, for whoever looks at it: nothing is made, and nothing torn is cut off.
    ///
    /// # Errors
    /// As [`Evm::open`]; and where there is no chain in the file, or it ends in the middle of a record.
    pub fn open_whole(path: &Path) -> Result<Self, ChainError> {
        Self::resume(Journal::open(path, None)?)
    }

    fn resume(opened: journal::Opened) -> Result<Self, ChainError> {
        let mut evm = Self::new(opened.settings);
        evm.torn = opened.torn;
        for (at, op) in opened.ops.into_iter().enumerate() {
            let again = evm.again(op).map_err(|error| error.to_string());
            if let Err(what) = again.and_then(|same| if same { Ok(()) } else { Err("another block".into()) })
            {
                let what = format!("what was done as number {at} is not done again by this version: {what}");
                return Err(opened.journal.fail(&what));
            }
        }
        evm.journal = Some(opened.journal);
        Ok(evm)
    }

    /// Bytes at the end of the file that a crash had torn and nobody had heard of: cut off when it was opened.
    #[must_use]
    pub const fn torn(&self) -> u64 {
        self.torn
    }

    /// Does what was written down; whether it came to the same.
    fn again(&mut self, op: Op) -> Result<bool, ChainError> {
        match op {
            Op::Submit(raw, block) => {
                self.admit(wire::decode(&raw)?)?;
                return Ok(block.is_none_or(|hash| self.seal().hash == hash));
            }
            Op::Seal(hash) => return Ok(self.seal().hash == hash),
            Op::Fund(address, balance) => self.fund(address, balance)?,
            Op::Snapshot => drop(self.snapshot()?),
            Op::Revert(snapshot) => self.revert(snapshot)?,
            Op::Reorganise(blocks, lost) => self.reorganise(blocks, lost)?,
            Op::Forget(hash) => self.forget(&hash)?,
            Op::NextAt(time) => self.next_at(time)?,
            Op::Automine(on) => self.automine(on)?,
        }
        Ok(true)
    }

    /// Nothing is done that could not be written down.
    fn ready(&self) -> Result<(), ChainError> {
        self.journal.as_ref().map_or(Ok(()), Journal::ready)
    }

    /// Writes down what was done, if anywhere.
    fn note(&mut self, op: impl FnOnce() -> Op) -> Result<(), ChainError> {
        match &mut self.journal {
            Some(journal) => journal.write(&op()),
            None => Ok(()),
        }
    }

    /// The code of a contract; empty where there is none.
    #[must_use]
    pub fn code(&self, address: Address) -> Vec<u8> {
        self.ground.code(to_evm(address))
    }

    /// The transactions of a block, in order; none of a block that is not there.
    #[must_use]
    pub fn transactions(&self, number: u64) -> &[TxHash] {
        self.sealed(number).map_or(&[], |sealed| &sealed.transactions)
    }

    /// A transaction as it was signed and sent, with its blobs while they are kept; also one that waits.
    #[must_use]
    pub fn raw(&self, hash: &TxHash) -> Option<&[u8]> {
        let waiting = self.pool.iter().find(|envelope| envelope.hash == *hash);
        waiting.or_else(|| self.transactions.get(hash).map(|kept| &kept.envelope)).map(Envelope::network)
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn sealed(&self, number: u64) -> Option<&Sealed> {
        usize::try_from(number).ok().and_then(|at| self.blocks.get(at))
    }

    pub(super) fn sealed_by(&self, hash: &[u8; 32]) -> Option<&Sealed> {
        self.blocks.iter().rev().find(|sealed| sealed.block.hash == *hash)
    }

    pub(super) fn kept(&self, hash: &TxHash) -> Option<(&Envelope, &Outcome)> {
        self.transactions.get(hash).map(|kept| (&kept.envelope, &kept.outcome))
    }

    pub(super) fn waiting(&self) -> &[Envelope] {
        &self.pool
    }

    /// The next nonce of an account on the chain, without what waits.
    pub(super) fn used_nonces(&self, address: Address) -> u64 {
        self.ground.account(to_evm(address)).nonce
    }

    /// What blob gas cost in a block, wei.
    pub(super) fn blob_price(&self, sealed: &Sealed) -> u128 {
        let mut env = BlockEnv::default();
        env.set_blob_excess_gas_and_price(sealed.excess_blob_gas, self.cfg().blob_base_fee_update_fraction());
        env.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice)
    }

    /// When the next block is made unless its time is set, Unix s.
    pub(super) fn next_time(&self) -> u64 {
        self.next_time.unwrap_or(self.tip().block.time + self.settings.block_time)
    }

    /// Takes back the last blocks. Their transactions wait again, as in a node's pool, unless `lost`.
    ///
    /// # Errors
    /// [`ChainError::Refused`] where there are not so many blocks.
    pub fn reorganise(&mut self, blocks: u64, lost: bool) -> Result<(), ChainError> {
        let height = (self.blocks.len() as u64).checked_sub(blocks).filter(|height| *height > 0);
        let Some(height) = height else {
            return Err(ChainError::Refused(format!("there are no {blocks} blocks to take back")));
        };
        if blocks == 0 {
            return Ok(());
        }
        self.ready()?;
        let height = usize::try_from(height).expect("not more than there are");
        let mark = self.blocks[height].mark;
        let mut back = self.cut(height, mark);
        if !lost {
            back.append(&mut self.pool);
            self.pool = back;
        }
        self.note(|| Op::Reorganise(blocks, lost))
    }

    /// Takes blocks from this height on off the chain, and returns their transactions in order.
    fn cut(&mut self, height: usize, mark: usize) -> Vec<Envelope> {
        let mut taken = Vec::new();
        for sealed in self.blocks.drain(height..) {
            for hash in sealed.transactions {
                let Some(kept) = self.transactions.remove(&hash) else { continue };
                for log in &kept.outcome.logs {
                    if let Some(logs) = self.logs.get_mut(&log.address) {
                        logs.truncate(logs.partition_point(|log| log.block < sealed.block.number));
                    }
                }
                for blob in &kept.envelope.blob_hashes {
                    if let Some(carriers) = self.blobs.get_mut(blob) {
                        carriers.retain(|carrier| *carrier != hash);
                    }
                }
                taken.push(kept.envelope);
            }
        }
        self.ground.back_to(mark, height);
        self.snapshots.retain(|_, snapshot| snapshot.height <= height && snapshot.mark <= mark);
        self.pruned = self.pruned.min(height);
        self.forks += 1;
        self.next_time = None;
        taken
    }

    fn tip(&self) -> &Sealed {
        self.blocks.last().expect("block 0 stays")
    }

    fn take(&mut self, envelope: Envelope) -> Result<TxHash, ChainError> {
        self.ready()?;
        let raw = self.journal.as_ref().map(|_| envelope.network().to_vec());
        let hash = self.admit(envelope)?;
        let block = self.automine.then(|| self.seal().hash);
        if let Some(raw) = raw {
            self.note(|| Op::Submit(raw, block))?;
        }
        Ok(hash)
    }
}

impl Chain for Evm {
    fn id(&mut self) -> Result<u64, ChainError> {
        Ok(self.settings.chain_id)
    }

    fn head(&mut self) -> Result<Block, ChainError> {
        Ok(self.tip().block)
    }

    fn block(&mut self, number: u64) -> Result<Option<Block>, ChainError> {
        Ok(usize::try_from(number).ok().and_then(|at| self.blocks.get(at)).map(|sealed| sealed.block))
    }

    fn balance(&mut self, address: Address) -> Result<u128, ChainError> {
        Ok(self.ground.account(to_evm(address)).balance.saturating_to())
    }

    fn nonce(&mut self, address: Address) -> Result<u64, ChainError> {
        let mut nonce = self.ground.account(to_evm(address)).nonce;
        while self.pool.iter().any(|waiting| waiting.from == address && waiting.nonce == nonce) {
            nonce += 1;
        }
        Ok(nonce)
    }

    fn fees(&mut self) -> Result<Fees, ChainError> {
        let next = self.next_env();
        let blob = next.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice);
        Ok(Fees { base: u128::from(next.basefee), tip: TIP, blob })
    }

    fn submit(&mut self, raw: &[u8]) -> Result<TxHash, ChainError> {
        self.take(wire::decode(raw)?)
    }

    fn offer(&mut self, from: &Key, call: &Call, terms: &Terms) -> Result<TxHash, ChainError> {
        let terms = self.quote(from.address(), call, terms)?;
        self.take(wire::sign(from, self.settings.chain_id, call, &terms)?)
    }

    fn outcome(&mut self, hash: &TxHash) -> Result<Option<Outcome>, ChainError> {
        Ok(self.transactions.get(hash).map(|kept| kept.outcome.clone()))
    }

    fn call(&mut self, from: Address, call: &Call) -> Result<Vec<u8>, ChainError> {
        let env = self.head_env();
        let blobs = versioned_hashes(call)?;
        answer(self.ask(from, call, &blobs, self.settings.gas_limit, env)?)
    }

    fn estimate(&mut self, from: Address, call: &Call) -> Result<u64, ChainError> {
        self.estimate_with(from, call, &versioned_hashes(call)?)
    }

    fn logs(&mut self, address: Address, from: u64, to: u64) -> Result<Vec<Log>, ChainError> {
        let Some(logs) = self.logs.get(&address) else { return Ok(Vec::new()) };
        let start = logs.partition_point(|log| log.block < from);
        let end = logs.partition_point(|log| log.block <= to);
        Ok(logs.get(start..end).unwrap_or_default().to_vec())
    }

    fn transaction(&mut self, hash: &TxHash) -> Result<Option<Transaction>, ChainError> {
        Ok(self.transactions.get(hash).map(|kept| transaction(&kept.envelope)))
    }

    fn blob(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ChainError> {
        for carrier in self.blobs.get(hash).into_iter().flatten() {
            let Some(kept) = self.transactions.get(carrier) else { continue };
            let at = kept.envelope.blob_hashes.iter().position(|blob| blob == hash);
            if let Some(blob) = at.and_then(|at| kept.envelope.blobs().into_iter().nth(at)) {
                return Ok(Some(blob));
            }
        }
        Ok(None)
    }

    fn wait(&mut self, hash: &TxHash) -> Result<Outcome, ChainError> {
        self.outcome(hash)?.ok_or_else(|| {
            ChainError::Refused("it waits in the pool: blocks are made by hand, or it pays too little".into())
        })
    }
}

impl Clock for Evm {
    fn mine_at(&mut self, time: u64) -> Result<Block, ChainError> {
        self.next_at(time)?;
        self.mine()
    }

    fn fund(&mut self, address: Address, balance: u128) -> Result<(), ChainError> {
        self.ready()?;
        self.ground.set_balance(to_evm(address), U256::from(balance));
        self.note(|| Op::Fund(address, balance))
    }

    fn snapshot(&mut self) -> Result<u64, ChainError> {
        self.ready()?;
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let snapshot = Snapshot {
            height: self.blocks.len(),
            mark: self.ground.mark(),
            pool: self.pool.clone(),
            next_time: self.next_time,
        };
        self.snapshots.insert(id, snapshot);
        self.note(|| Op::Snapshot)?;
        Ok(id)
    }

    fn revert(&mut self, snapshot: u64) -> Result<(), ChainError> {
        self.ready()?;
        let Some(remembered) = self.snapshots.remove(&snapshot) else {
            return Err(ChainError::Refused(format!("there is no snapshot {snapshot}, or no longer")));
        };
        self.cut(remembered.height, remembered.mark);
        self.snapshots.retain(|id, _| *id < snapshot);
        self.pool = remembered.pool;
        self.next_time = remembered.next_time;
        self.note(|| Op::Revert(snapshot))
    }

    fn next_at(&mut self, time: u64) -> Result<(), ChainError> {
        let newest = self.tip().block.time;
        if time < newest {
            return Err(ChainError::Refused(format!("time {time} lies before the newest block's {newest}")));
        }
        self.ready()?;
        self.next_time = Some(time);
        self.note(|| Op::NextAt(time))
    }

    fn automine(&mut self, on: bool) -> Result<(), ChainError> {
        self.ready()?;
        self.automine = on;
        self.note(|| Op::Automine(on))
    }

    fn mine(&mut self) -> Result<Block, ChainError> {
        self.ready()?;
        let block = self.seal();
        self.note(|| Op::Seal(block.hash))?;
        Ok(block)
    }

    fn pending(&mut self) -> Result<Vec<(TxHash, Transaction)>, ChainError> {
        Ok(self.pool.iter().map(|envelope| (envelope.hash, transaction(envelope))).collect())
    }

    fn forget(&mut self, hash: &TxHash) -> Result<(), ChainError> {
        self.ready()?;
        self.pool.retain(|envelope| envelope.hash != *hash);
        self.note(|| Op::Forget(*hash))
    }
}

fn versioned_hashes(call: &Call) -> Result<Vec<[u8; 32]>, ChainError> {
    call.blobs.iter().map(|blob| wire::versioned_hash(blob)).collect()
}

fn transaction(envelope: &Envelope) -> Transaction {
    Transaction {
        from: envelope.from,
        to: envelope.to,
        input: envelope.input.to_vec(),
        blobs: envelope.blob_hashes.clone(),
    }
}
