//! Blocks: sealed of what waits.

use super::{Evm, GAS_PER_BLOB, Kept, Sealed};
use crate::chain::wire::Envelope;
use crate::chain::{Block, Log, Outcome, TxHash};
use market::{Address, keccak256};
use revm::DatabaseCommit;
use revm::context::BlockEnv;
use revm::context::result::{ExecutionResult, Output};
use revm::primitives::B256;

impl Evm {
    /// Seals a block of whatever may go into one, by tip and then by arrival.
    pub(super) fn seal(&mut self) -> Block {
        let env = self.next_env();
        let mark = self.ground.mark();
        let tip = self.tip();
        let (number, parent) = (tip.block.number + 1, tip.block.hash);
        let time = self.next_time();
        self.next_time = None;
        let excess = env.blob_excess_gas_and_price.map_or(0, |blob| blob.excess_blob_gas);
        let mut sealed = Sealed {
            block: Block { number, time, hash: [0; 32] },
            base_fee: env.basefee,
            gas_used: 0,
            blob_gas_used: 0,
            excess_blob_gas: excess,
            transactions: Vec::new(),
            mark,
        };
        while let Some(at) = self.best(&env, &sealed) {
            let envelope = self.pool.remove(at);
            self.include(envelope, &env, &mut sealed);
        }
        let mut text = Vec::from(parent);
        for field in [number, time, sealed.gas_used, sealed.base_fee, excess, self.forks] {
            text.extend(field.to_be_bytes());
        }
        text.extend(sealed.transactions.iter().flatten());
        sealed.block.hash = keccak256(&text);
        self.ground.hashes.push(B256::from(sealed.block.hash));
        let block = sealed.block;
        self.blocks.push(sealed);
        self.prune();
        block
    }

    /// Executes a transaction into the block; one that has become invalid is dropped.
    fn include(&mut self, envelope: Envelope, env: &BlockEnv, sealed: &mut Sealed) {
        let Ok(done) = self.run(self.tx_env(&envelope), env.clone()) else { return };
        self.ground.commit(done.state);
        let (block, hash) = (sealed.block.number, envelope.hash);
        let gas = done.result.tx_gas_used();
        let blob_gas = envelope.blob_hashes.len() as u64 * GAS_PER_BLOB;
        let base = u128::from(env.basefee);
        let price = base.saturating_add(envelope.tip.unwrap_or(u128::MAX)).min(envelope.max_fee);
        let blob_price = env.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice);
        let mut outcome = Outcome {
            hash,
            block,
            success: done.result.is_success(),
            gas,
            fee: price * u128::from(gas) + blob_price * u128::from(blob_gas),
            ..Outcome::default()
        };
        if let ExecutionResult::Success { logs, output, .. } = done.result {
            if let Output::Create(_, address) = output {
                outcome.contract = address.map(|address| Address(address.0.0));
            }
            outcome.logs = logs.into_iter().map(|log| self::log(&log, block, hash)).collect();
        }
        for log in &outcome.logs {
            self.logs.entry(log.address).or_default().push(log.clone());
        }
        for blob in &envelope.blob_hashes {
            self.blobs.entry(*blob).or_default().push(hash);
        }
        sealed.gas_used += gas;
        sealed.blob_gas_used += blob_gas;
        sealed.transactions.push(hash);
        self.transactions.insert(hash, Kept { envelope, outcome });
    }

    /// Forgets blobs that are older than they are kept.
    fn prune(&mut self) {
        let now = self.tip().block.time;
        while let Some(sealed) = self.blocks.get(self.pruned)
            && sealed.block.time.saturating_add(self.settings.blob_retention) < now
        {
            for hash in &sealed.transactions {
                if let Some(kept) = self.transactions.get_mut(hash) {
                    kept.envelope.sidecar = None;
                }
            }
            self.pruned += 1;
        }
    }
}

fn log(log: &revm::primitives::Log, block: u64, transaction: TxHash) -> Log {
    Log {
        address: Address(log.address.0.0),
        topics: log.topics().iter().map(|topic| topic.0).collect(),
        data: log.data.data.to_vec(),
        block,
        transaction,
    }
}
