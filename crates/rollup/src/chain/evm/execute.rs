//! What the EVM runs, and in which block's environment.

use super::{Evm, GAS_PER_BLOB};
use crate::chain::ground::Ground;
use crate::chain::wire::Envelope;
use crate::chain::{Block, Call, ChainError};
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use market::Address;
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address as EvmAddress, B256, TxKind, U256, eip4844};
use revm::{ExecuteEvm, MainBuilder};
use std::convert::Infallible;

impl Evm {
    /// What the next block would be, at the earliest.
    pub(super) fn next_env(&self) -> BlockEnv {
        let tip = self.tip();
        let time = self.next_time();
        let excess = (tip.excess_blob_gas + tip.blob_gas_used).saturating_sub(self.target_blob_gas());
        let base_fee = calc_next_block_base_fee(
            tip.gas_used,
            self.settings.gas_limit,
            tip.base_fee,
            BaseFeeParams::ethereum(),
        );
        self.env(tip.block.number + 1, time, base_fee, excess, B256::from(tip.block.hash))
    }

    /// The newest block again.
    pub(super) fn head_env(&self) -> BlockEnv {
        let tip = self.tip();
        let Block { number, time, hash } = tip.block;
        self.env(number, time, tip.base_fee, tip.excess_blob_gas, B256::from(hash))
    }

    fn env(&self, number: u64, time: u64, base_fee: u64, excess: u64, randao: B256) -> BlockEnv {
        let mut env = BlockEnv {
            number: U256::from(number),
            timestamp: U256::from(time),
            gas_limit: self.settings.gas_limit,
            basefee: base_fee,
            prevrandao: Some(randao),
            ..BlockEnv::default()
        };
        env.set_blob_excess_gas_and_price(excess, self.cfg().blob_base_fee_update_fraction());
        env
    }

    fn target_blob_gas(&self) -> u64 {
        if self.spec >= SpecId::PRAGUE {
            eip4844::TARGET_BLOB_GAS_PER_BLOCK_PRAGUE
        } else {
            eip4844::TARGET_BLOB_GAS_PER_BLOCK_CANCUN
        }
    }

    pub(super) fn most_blob_gas(&self) -> u64 {
        if self.spec >= SpecId::PRAGUE {
            eip4844::MAX_BLOB_GAS_PER_BLOCK_PRAGUE
        } else {
            eip4844::MAX_BLOB_GAS_PER_BLOCK_CANCUN
        }
    }

    pub(super) fn cfg(&self) -> CfgEnv {
        CfgEnv::new_with_spec(self.spec)
            .with_chain_id(self.settings.chain_id)
            .with_max_blobs_per_tx(self.most_blob_gas() / GAS_PER_BLOB)
    }

    pub(super) fn run(&mut self, tx: TxEnv, block: BlockEnv) -> Result<ResultAndState, EVMError<Infallible>> {
        let cfg = self.cfg();
        let context: Context<BlockEnv, TxEnv, CfgEnv, &mut Ground> =
            Context::new(&mut self.ground, self.spec);
        context.with_block(block).with_cfg(cfg).build_mainnet().transact(tx)
    }

    /// Runs a call that nobody signed, for nothing, as nodes do.
    pub(super) fn ask(
        &mut self,
        from: Address,
        call: &Call,
        blobs: &[[u8; 32]],
        gas: u64,
        mut block: BlockEnv,
    ) -> Result<ExecutionResult, ChainError> {
        block.basefee = 0;
        if let Some(blob) = &mut block.blob_excess_gas_and_price {
            blob.blob_gasprice = 0;
        }
        let mut tx = TxEnv {
            caller: to_evm(from),
            gas_limit: gas,
            gas_price: 0,
            kind: kind(call.to),
            value: U256::from(call.value),
            data: call.data.clone().into(),
            nonce: self.ground.account(to_evm(from)).nonce,
            chain_id: Some(self.settings.chain_id),
            ..TxEnv::default()
        };
        tx.blob_hashes = blobs.iter().map(|hash| B256::from(*hash)).collect();
        tx.derive_tx_type().map_err(|error| ChainError::Refused(error.to_string()))?;
        self.run(tx, block).map(|done| done.result).map_err(|error| self.refusal(from, &error))
    }

    /// Gas that a call with blobs of these hashes needs at the newest block.
    pub(in crate::chain) fn estimate_with(
        &mut self,
        from: Address,
        call: &Call,
        blobs: &[[u8; 32]],
    ) -> Result<u64, ChainError> {
        let most = self.settings.gas_limit;
        let env = self.head_env();
        let result = self.ask(from, call, blobs, most, env.clone())?;
        let used = result.gas().total_gas_spent().max(result.gas().floor_gas());
        answer(result)?;
        let suffices = |evm: &mut Self, gas| -> Result<bool, ChainError> {
            Ok(evm.ask(from, call, blobs, gas, env.clone()).is_ok_and(|result| result.is_success()))
        };
        if suffices(self, used)? {
            return Ok(used);
        }
        // Refunds and calls that keep a 64th back need more than is used: search, to a 64th.
        let (mut low, mut high) = (used, most);
        while high - low > high / 64 {
            let middle = low.saturating_mul(2).min(low + (high - low) / 2);
            if suffices(self, middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(high)
    }

    fn refusal(&self, sender: Address, error: &EVMError<Infallible>) -> ChainError {
        match error {
            EVMError::Transaction(InvalidTransaction::NonceTooLow { .. }) => {
                ChainError::StaleNonce { sender, chain: self.ground.account(to_evm(sender)).nonce }
            }
            error => ChainError::Refused(error.to_string()),
        }
    }

    pub(super) fn tx_env(&self, envelope: &Envelope) -> TxEnv {
        TxEnv {
            tx_type: envelope.kind,
            caller: to_evm(envelope.from),
            gas_limit: envelope.gas,
            gas_price: envelope.max_fee,
            gas_priority_fee: envelope.tip,
            kind: kind(envelope.to),
            value: envelope.value,
            data: envelope.input.clone(),
            nonce: envelope.nonce,
            chain_id: envelope.chain,
            blob_hashes: envelope.blob_hashes.iter().map(|hash| B256::from(*hash)).collect(),
            max_fee_per_blob_gas: envelope.max_blob_fee,
            ..TxEnv::default()
        }
    }
}

pub(super) fn answer(result: ExecutionResult) -> Result<Vec<u8>, ChainError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data().to_vec()),
        ExecutionResult::Revert { output, .. } => Err(ChainError::reverted(output.to_vec())),
        ExecutionResult::Halt { reason, .. } => {
            Err(ChainError::Reverted { reason: format!("it halted: {reason:?}"), data: Vec::new() })
        }
    }
}

/// The fork by its name as the compiler writes it.
pub(super) fn spec(fork: &str) -> Option<SpecId> {
    let mut name = fork.to_owned();
    name.get_mut(..1)?.make_ascii_uppercase();
    name.parse().ok()
}

pub(super) fn to_evm(address: Address) -> EvmAddress {
    EvmAddress::from(address.0)
}

fn kind(to: Option<Address>) -> TxKind {
    to.map_or(TxKind::Create, |to| TxKind::Call(to_evm(to)))
}
