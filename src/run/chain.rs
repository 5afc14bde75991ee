//! What posting to a primary chain took, as other programs read it.

use crate::output::hex;
use serde::Serialize;
use sim::report::{Batch, Bond, Checkpoint, Cost, Dispute, DualChain, Wait};

/// A run whose ledger posts to a primary chain. Amounts in wei, as text; times in Unix s.
#[derive(Serialize)]
pub(super) struct ChainForm {
    primary: String,
    chain_id: u64,
    contract: String,
    mode: String,
    window_blocks: u64,
    window_s: u64,
    batches: Vec<BatchForm>,
    disputes: Vec<DisputeForm>,
    bonds: Vec<BondForm>,
    costs: Vec<CostForm>,
    soft: Option<WaitForm>,
    #[serde(rename = "final")]
    finality: Option<WaitForm>,
    held_wei: String,
}

#[derive(Serialize)]
struct BatchForm {
    number: u64,
    records: u64,
    bytes: u64,
    gas: u64,
    posted: u64,
    finalised: Option<u64>,
    reposted: bool,
    checkpoints: Vec<CheckpointForm>,
}

#[derive(Serialize)]
struct CheckpointForm {
    records: u64,
    bytes: u64,
    root: String,
}

#[derive(Serialize)]
struct DisputeForm {
    batch: u64,
    segment: u32,
    challenger: String,
    time: u64,
    gas: u64,
    reward_wei: String,
    burnt_wei: String,
}

#[derive(Serialize)]
struct BondForm {
    operator: String,
    bond_wei: String,
    lost_wei: String,
}

#[derive(Serialize)]
struct CostForm {
    what: String,
    count: u64,
    bytes: u64,
    gas: u64,
}

#[derive(Serialize)]
struct WaitForm {
    median_s: u64,
    longest_s: u64,
}

impl ChainForm {
    pub(super) fn of(chain: &DualChain) -> Self {
        let wait = |wait: Wait| WaitForm { median_s: wait.median, longest_s: wait.longest };
        Self {
            primary: chain.primary.clone(),
            chain_id: chain.chain_id,
            contract: hex(&chain.contract.0),
            mode: chain.mode.clone(),
            window_blocks: chain.window.0,
            window_s: chain.window.1,
            batches: chain.batches.iter().map(BatchForm::of).collect(),
            disputes: chain.disputes.iter().map(DisputeForm::of).collect(),
            bonds: chain.bonds.iter().map(BondForm::of).collect(),
            costs: chain.costs.iter().map(CostForm::of).collect(),
            soft: chain.soft.map(wait),
            finality: chain.finality.map(wait),
            held_wei: chain.held.to_string(),
        }
    }
}

impl BatchForm {
    fn of(batch: &Batch) -> Self {
        let checkpoint = |checkpoint: &Checkpoint| CheckpointForm {
            records: checkpoint.records,
            bytes: checkpoint.bytes,
            root: hex(&checkpoint.root),
        };
        Self {
            number: batch.number,
            records: batch.records(),
            bytes: batch.bytes,
            gas: batch.gas,
            posted: batch.posted,
            finalised: batch.finalised,
            reposted: batch.reposted,
            checkpoints: batch.checkpoints.iter().map(checkpoint).collect(),
        }
    }
}

impl DisputeForm {
    fn of(dispute: &Dispute) -> Self {
        Self {
            batch: dispute.batch,
            segment: dispute.segment,
            challenger: hex(&dispute.challenger.0),
            time: dispute.time,
            gas: dispute.gas,
            reward_wei: dispute.reward.to_string(),
            burnt_wei: dispute.burnt.to_string(),
        }
    }
}

impl BondForm {
    fn of(bond: &Bond) -> Self {
        Self {
            operator: hex(&bond.operator.0),
            bond_wei: bond.bond.to_string(),
            lost_wei: bond.lost.to_string(),
        }
    }
}

impl CostForm {
    fn of(cost: &Cost) -> Self {
        Self { what: cost.what.clone(), count: cost.count, bytes: cost.bytes, gas: cost.gas }
    }
}
