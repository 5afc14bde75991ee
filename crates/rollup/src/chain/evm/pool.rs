//! The pool: which transactions wait, and which of them comes next.

use super::execute::to_evm;
use super::{Evm, GAS_PER_BLOB, Sealed};
use crate::chain::ground::Ground;
use crate::chain::wire::Envelope;
use crate::chain::{ChainError, TxHash};
use revm::context::result::EVMError;
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::context_interface::Cfg as _;
use revm::handler::validation;
use revm::primitives::U256;
use std::convert::Infallible;

type Machine<D> = Context<BlockEnv, TxEnv, CfgEnv, D>;

impl Evm {
    /// Takes a transaction into the pool, if it could ever get into a block.
    pub(super) fn admit(&mut self, envelope: Envelope) -> Result<TxHash, ChainError> {
        let hash = envelope.hash;
        self.check(&envelope)?;
        let rival = self.pool.iter().position(|p| p.from == envelope.from && p.nonce == envelope.nonce);
        let Some(at) = rival else {
            self.pool.push(envelope);
            return Ok(hash);
        };
        let old = &self.pool[at];
        if old.hash == hash {
            return Err(ChainError::Refused("already known: it waits in the pool".into()));
        }
        // As geth: a tenth more of everything, twice as much where there are blobs.
        let percent = if old.blob_hashes.is_empty() { 110 } else { 200 };
        let more = |old: u128, new: u128| new.saturating_mul(100) >= old.saturating_mul(percent);
        let tip = |envelope: &Envelope| envelope.tip.unwrap_or(envelope.max_fee);
        if !more(old.max_fee, envelope.max_fee)
            || !more(tip(old), tip(&envelope))
            || !more(old.max_blob_fee, envelope.max_blob_fee)
        {
            return Err(ChainError::Refused("replacement transaction underpriced".into()));
        }
        self.pool[at] = envelope;
        Ok(hash)
    }

    fn check(&self, envelope: &Envelope) -> Result<(), ChainError> {
        let refuse = |what: String| Err(ChainError::Refused(what));
        if envelope.chain != Some(self.settings.chain_id) {
            let other = envelope.chain.map_or_else(|| "none".into(), |id| id.to_string());
            return refuse(format!(
                "the transaction is for chain {other}, this is {}",
                self.settings.chain_id
            ));
        }
        let account = self.ground.account(to_evm(envelope.from));
        if envelope.nonce < account.nonce {
            return Err(ChainError::StaleNonce { sender: envelope.from, chain: account.nonce });
        }
        if envelope.gas > self.settings.gas_limit {
            return refuse(format!(
                "{} gas is more than a block's {}",
                envelope.gas, self.settings.gas_limit
            ));
        }
        let cost = U256::from(envelope.gas)
            .saturating_mul(U256::from(envelope.max_fee))
            .saturating_add(envelope.value)
            .saturating_add(
                U256::from(envelope.max_blob_fee)
                    .saturating_mul(U256::from(envelope.blob_hashes.len() as u64 * GAS_PER_BLOB)),
            );
        if account.balance < cost {
            return refuse(format!(
                "insufficient funds: gas and value may cost {cost} wei, the sender has {}",
                account.balance
            ));
        }
        // What an EVM checks before it runs anything, in a block where fees are no obstacle.
        let cfg = self.cfg();
        let cap = cfg.tx_gas_limit_cap();
        let mut block = self.next_env();
        block.basefee = 0;
        block.set_blob_excess_gas_and_price(0, cfg.blob_base_fee_update_fraction());
        let tx = self.tx_env(envelope);
        let mut context =
            Machine::new(Ground::default(), self.spec).with_block(block).with_cfg(cfg).with_tx(tx.clone());
        validation::validate_env::<_, EVMError<Infallible>>(&mut context)
            .and_then(|()| {
                validation::validate_initial_tx_gas(&tx, self.spec, false, false, cap, None)
                    .map_err(EVMError::Transaction)
            })
            .map(|_| ())
            .map_err(|error| ChainError::Refused(error.to_string()))
    }

    /// Which of the waiting transactions comes next: of those that are their sender's next and pay what the block
    /// asks for, the one with the highest tip, and among equals the earliest.
    pub(super) fn best(&self, env: &BlockEnv, sealed: &Sealed) -> Option<usize> {
        let (base, blob) =
            (u128::from(env.basefee), env.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice));
        let fits = |p: &Envelope| {
            p.max_fee >= base
                && (p.blob_hashes.is_empty() || p.max_blob_fee >= blob)
                && p.gas <= self.settings.gas_limit - sealed.gas_used
                && sealed.blob_gas_used + p.blob_hashes.len() as u64 * GAS_PER_BLOB <= self.most_blob_gas()
                && p.nonce == self.ground.account(to_evm(p.from)).nonce
        };
        let tip = |p: &Envelope| (p.max_fee - base).min(p.tip.unwrap_or(u128::MAX));
        let mut best: Option<(u128, usize)> = None;
        for (at, envelope) in self.pool.iter().enumerate() {
            if fits(envelope) && best.is_none_or(|(highest, _)| tip(envelope) > highest) {
                best = Some((tip(envelope), at));
            }
        }
        best.map(|(_, at)| at)
    }
}
