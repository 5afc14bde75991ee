//! The contract `Transition` in an EVM of its own.

use alloy_sol_types::{SolCall, sol};
use revm::context::result::{ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind};
use revm::{ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm, SystemCallEvm};
use std::fs;
use std::path::Path;

sol! {
    function execute(
        bytes32 pre,
        uint64 postedAt,
        uint64 available,
        bytes records,
        bytes items,
        bytes32 chain,
        bytes witness
    ) external view returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter);
}

type Context_ = Context<BlockEnv, TxEnv, CfgEnv, CacheDB<EmptyDB>>;

/// One deployed contract, asked again and again.
pub(crate) struct Contract {
    evm: MainnetEvm<Context_>,
    address: Address,
}

/// What the contract said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It computed the segment.
    Done {
        /// Root after, items of the queue consumed before and after, the queue's hash after.
        post: [u8; 32],
        from: u64,
        to: u64,
        chain: [u8; 32],
    },
    /// It reverted, with this error.
    Reverted(Vec<u8>),
}

/// Creation code of a committed artefact.
pub(crate) fn artefact(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../contracts/artifacts/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    bytes(json["bytecode"].as_str().unwrap())
}

/// Bytes from hexadecimal digits after 0x.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

impl Contract {
    /// Deploys creation code.
    pub(crate) fn deployed(code: Vec<u8>) -> Self {
        let context: Context_ = Context::mainnet().with_db(CacheDB::new(EmptyDB::default()));
        let context = context.modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
            cfg.tx_gas_limit_cap = Some(u64::MAX);
        });
        let mut evm = context.build_mainnet();
        let create = TxEnv::builder().kind(TxKind::Create).data(code.into()).gas_limit(20_000_000).build();
        let made = evm.transact_commit(create.unwrap()).unwrap();
        let ExecutionResult::Success { output: Output::Create(_, Some(address)), .. } = made else {
            panic!("not deployed: {made:?}")
        };
        Self { evm, address }
    }

    /// Calls with this calldata: what came back and the execution's gas; none where it reverted.
    fn call(&mut self, data: Vec<u8>) -> (Result<Bytes, Bytes>, u64) {
        let done = self.evm.system_call(self.address, data.into()).unwrap();
        let gas = done.result.tx_gas_used();
        match done.result {
            ExecutionResult::Success { output, .. } => (Ok(output.into_data()), gas),
            ExecutionResult::Revert { output, .. } => (Err(output), gas),
            ExecutionResult::Halt { reason, .. } => panic!("halted: {reason:?}"),
        }
    }

    /// Asks for a segment's root: the answer, and the gas of the execution alone.
    pub(crate) fn execute(&mut self, call: &executeCall) -> (Answer, u64) {
        let (result, gas) = self.call(call.abi_encode());
        let answer = match result {
            Ok(data) => {
                let done = executeCall::abi_decode_returns(&data).unwrap();
                Answer::Done { post: done.post.0, from: done.from, to: done.to, chain: done.chainAfter.0 }
            }
            Err(data) => Answer::Reverted(data.to_vec()),
        };
        (answer, gas)
    }
}

/// Gas of a whole transaction with this calldata, EIP-7623: 21 000, and what its bytes and its execution cost or the
/// floor of its bytes, whichever is more.
pub(crate) fn transaction_gas(data: &[u8], execution: u64) -> u64 {
    let tokens: u64 = data.iter().map(|byte| if *byte == 0 { 1 } else { 4 }).sum();
    21_000 + (4 * tokens + execution).max(10 * tokens)
}
