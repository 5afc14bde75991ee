//! What a node over the chain in the process answers: the methods of Ethereum's execution API that this project and the
//! usual tools ask, and those by which development nodes are moved.
//!
//! Blocks have the usual fields, but no state root, and their hash is this chain's own.

use super::evm::{Evm, Sealed};
use super::json::{address, bytes, hash, hex, number, quantity};
use super::wire::Envelope;
use super::{Call, Chain, ChainError, Clock, Outcome, TxHash};
use alloy_primitives::Bloom;
use market::Address;
use serde_json::{Value, json};

/// Blocks whose logs are looked through at once.
const MOST_BLOCKS: u64 = 100_000;

/// Why there is no answer.
pub(super) enum Fault {
    /// No such method.
    Unknown,
    /// Parameters that are not understood.
    Params,
    Chain(ChainError),
}

impl From<ChainError> for Fault {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

fn hexadecimal(number: impl Into<u128>) -> Value {
    format!("{:#x}", number.into()).into()
}

/// Answers a question; those that move the chain by hand only where `development` says so.
pub(super) fn answer(
    evm: &mut Evm,
    method: &str,
    params: &[Value],
    development: bool,
) -> Result<Value, Fault> {
    let param = |at: usize| params.get(at).unwrap_or(&Value::Null);
    let a_hash = |at: usize| hash(param(at)).ok_or(Fault::Params);
    let an_address = |at: usize| address(param(at)).ok_or(Fault::Params);
    Ok(match method {
        "web3_clientVersion" => concat!("wattle/", env!("CARGO_PKG_VERSION")).into(),
        "net_version" => evm.id()?.to_string().into(),
        "eth_chainId" => hexadecimal(evm.id()?),
        "eth_syncing" => false.into(),
        "eth_blockNumber" => hexadecimal(evm.head()?.number),
        "eth_gasPrice" => {
            let fees = evm.fees()?;
            hexadecimal(fees.base + fees.tip)
        }
        "eth_maxPriorityFeePerGas" => hexadecimal(evm.fees()?.tip),
        "eth_blobBaseFee" => hexadecimal(evm.fees()?.blob),
        "eth_feeHistory" => fee_history(evm, params)?,
        "eth_getBlockByNumber" => {
            let at = height(evm, param(0)).ok_or(Fault::Params)?;
            evm.sealed(at).map_or(Value::Null, |sealed| block(evm, sealed, *param(1) == true))
        }
        "eth_getBlockByHash" => {
            let wanted = a_hash(0)?;
            evm.sealed_by(&wanted).map_or(Value::Null, |sealed| block(evm, sealed, *param(1) == true))
        }
        "eth_getBalance" => hexadecimal(evm.balance(an_address(0)?)?),
        "eth_getCode" => hex(&evm.code(an_address(0)?)).into(),
        "eth_getTransactionCount" => {
            let address = an_address(0)?;
            hexadecimal(if *param(1) == "pending" { evm.nonce(address)? } else { evm.used_nonces(address) })
        }
        "eth_call" => {
            let (from, call, _) = request(param(0)).ok_or(Fault::Params)?;
            hex(&evm.call(from, &call)?).into()
        }
        "eth_estimateGas" => {
            let (from, call, blobs) = request(param(0)).ok_or(Fault::Params)?;
            hexadecimal(evm.estimate_with(from, &call, &blobs)?)
        }
        "eth_sendRawTransaction" => hex(&evm.submit(&bytes(param(0)).ok_or(Fault::Params)?)?).into(),
        "eth_getTransactionByHash" => {
            let wanted = a_hash(0)?;
            match evm.kept(&wanted) {
                Some((envelope, outcome)) => transaction(evm, envelope, Some(outcome)),
                None => evm
                    .waiting()
                    .iter()
                    .find(|waiting| waiting.hash == wanted)
                    .map_or(Value::Null, |waiting| transaction(evm, waiting, None)),
            }
        }
        "eth_getRawTransactionByHash" => evm.raw(&a_hash(0)?).map_or(Value::Null, |raw| hex(raw).into()),
        "eth_getTransactionReceipt" => {
            let wanted = a_hash(0)?;
            evm.kept(&wanted).map_or(Value::Null, |(envelope, outcome)| receipt(evm, envelope, outcome))
        }
        "eth_getLogs" => logs(evm, param(0))?,
        "txpool_content" => pool(evm),
        "anvil_getBlobByHash" => evm.blob(&a_hash(0)?)?.map_or(Value::Null, |blob| hex(&blob).into()),
        _ if development => by_hand(evm, method, params)?,
        _ => return Err(Fault::Unknown),
    })
}

/// What moves the chain by hand.
fn by_hand(evm: &mut Evm, method: &str, params: &[Value]) -> Result<Value, Fault> {
    let param = |at: usize| params.get(at).unwrap_or(&Value::Null);
    // Development nodes are asked in hexadecimal and in decimal.
    let a_number = |at: usize| param(at).as_u64().or_else(|| number(param(at))).ok_or(Fault::Params);
    match method {
        "evm_mine" => drop(evm.mine()?),
        "evm_setNextBlockTimestamp" => evm.next_at(a_number(0)?)?,
        "evm_increaseTime" => {
            let time = evm.next_time().saturating_add(a_number(0)?);
            evm.next_at(time)?;
        }
        "evm_setAutomine" => evm.automine(param(0).as_bool().ok_or(Fault::Params)?)?,
        "evm_snapshot" => return Ok(hexadecimal(evm.snapshot()?)),
        "evm_revert" => match evm.revert(a_number(0)?) {
            Ok(()) => return Ok(true.into()),
            Err(ChainError::Refused(_)) => return Ok(false.into()),
            Err(error) => return Err(error.into()),
        },
        "anvil_setBalance" => {
            let balance = quantity(param(1)).ok_or(Fault::Params)?;
            evm.fund(address(param(0)).ok_or(Fault::Params)?, balance)?;
        }
        "anvil_dropTransaction" => {
            let forgotten = hash(param(0)).ok_or(Fault::Params)?;
            evm.forget(&forgotten)?;
            return Ok(hex(&forgotten).into());
        }
        "anvil_reorg" => evm.reorganise(a_number(0)?, false)?,
        _ => return Err(Fault::Unknown),
    }
    Ok(Value::Null)
}

/// A height by its number or its name.
fn height(evm: &mut Evm, value: &Value) -> Option<u64> {
    match value {
        Value::Null => Some(evm.head().ok()?.number),
        Value::String(name) => match name.as_str() {
            "latest" | "pending" | "safe" | "finalized" => Some(evm.head().ok()?.number),
            "earliest" => Some(0),
            _ => number(value),
        },
        _ => None,
    }
}

/// A call, from whom, and the hashes of blobs that would come with it.
fn request(value: &Value) -> Option<(Address, Call, Vec<[u8; 32]>)> {
    let optional = |field: &str, read: fn(&Value) -> Option<Address>| match &value[field] {
        Value::Null => Some(None),
        field => read(field).map(Some),
    };
    let data = match (&value["input"], &value["data"]) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Null, data) | (data, _) => bytes(data)?,
    };
    let amount = match &value["value"] {
        Value::Null => 0,
        amount => quantity(amount)?,
    };
    let blobs = match &value["blobVersionedHashes"] {
        Value::Null => Vec::new(),
        hashes => hashes.as_array()?.iter().map(hash).collect::<Option<_>>()?,
    };
    let from = optional("from", address)?.unwrap_or_default();
    Some((from, Call { to: optional("to", address)?, data, value: amount, blobs: Vec::new() }, blobs))
}

fn fee_history(evm: &mut Evm, params: &[Value]) -> Result<Value, Fault> {
    let count =
        params.first().and_then(|count| count.as_u64().or_else(|| number(count))).ok_or(Fault::Params)?;
    let newest =
        height(evm, params.get(1).unwrap_or(&Value::Null)).ok_or(Fault::Params)?.min(evm.head()?.number);
    let percentiles: Vec<f64> =
        params.get(2).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect();
    let oldest = (newest + 1).saturating_sub(count.min(1_024));
    let (mut base, mut blob, mut used, mut rewards) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for sealed in (oldest..=newest).filter_map(|at| evm.sealed(at)) {
        base.push(hexadecimal(sealed.base_fee));
        blob.push(hexadecimal(evm.blob_price(sealed)));
        used.push(json!(sealed.gas_used as f64 / evm.settings().gas_limit as f64));
        // The tip at which so many percent of the block's gas were paid with no more.
        let kept = sealed.transactions.iter().filter_map(|hash| evm.kept(hash));
        let mut tips: Vec<(u128, u64)> =
            kept.map(|(envelope, outcome)| (tip(envelope, sealed), outcome.gas)).collect();
        tips.sort_unstable();
        let reward = percentiles.iter().map(|percent| {
            let mut left = sealed.gas_used as f64 * percent / 100.0;
            let found = tips.iter().find(|(_, gas)| {
                left -= *gas as f64;
                left <= 0.0
            });
            hexadecimal(found.or(tips.last()).map_or(0, |(tip, _)| *tip))
        });
        rewards.push(Value::Array(reward.collect()));
    }
    let next = match evm.sealed(newest + 1) {
        Some(sealed) => (u128::from(sealed.base_fee), evm.blob_price(sealed)),
        None => {
            let fees = evm.fees()?;
            (fees.base, fees.blob)
        }
    };
    base.push(hexadecimal(next.0));
    blob.push(hexadecimal(next.1));
    Ok(json!({
        "oldestBlock": hexadecimal(oldest), "baseFeePerGas": base, "baseFeePerBlobGas": blob,
        "gasUsedRatio": used, "reward": rewards,
    }))
}

fn tip(envelope: &Envelope, sealed: &Sealed) -> u128 {
    let over = envelope.max_fee.saturating_sub(u128::from(sealed.base_fee));
    envelope.tip.map_or(over, |tip| tip.min(over))
}

fn block(evm: &Evm, sealed: &Sealed, full: bool) -> Value {
    let mut bloom = Bloom::ZERO;
    let mut transactions = Vec::new();
    for hash in &sealed.transactions {
        let Some((envelope, outcome)) = evm.kept(hash) else { continue };
        bloom |= self::bloom(outcome);
        transactions.push(if full { transaction(evm, envelope, Some(outcome)) } else { hex(hash).into() });
    }
    let zero = hex(&[0; 32]);
    let parent = sealed.block.number.checked_sub(1).and_then(|at| evm.sealed(at));
    json!({
        "number": hexadecimal(sealed.block.number),
        "hash": hex(&sealed.block.hash),
        "parentHash": parent.map_or_else(|| zero.clone(), |parent| hex(&parent.block.hash)),
        "timestamp": hexadecimal(sealed.block.time),
        "gasLimit": hexadecimal(evm.settings().gas_limit),
        "gasUsed": hexadecimal(if sealed.block.number == 0 { 0 } else { sealed.gas_used }),
        "baseFeePerGas": hexadecimal(sealed.base_fee),
        "blobGasUsed": hexadecimal(sealed.blob_gas_used),
        "excessBlobGas": hexadecimal(sealed.excess_blob_gas),
        "transactions": transactions,
        "logsBloom": hex(bloom.as_slice()),
        "miner": hex(&[0; 20]),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": "0x",
        "nonce": "0x0000000000000000",
        "mixHash": zero,
        "sha3Uncles": zero,
        "stateRoot": zero,
        "transactionsRoot": zero,
        "receiptsRoot": zero,
        "size": "0x0",
        "uncles": [],
    })
}

fn bloom(outcome: &Outcome) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for log in &outcome.logs {
        bloom.accrue(alloy_primitives::BloomInput::Raw(&log.address.0));
        for topic in &log.topics {
            bloom.accrue(alloy_primitives::BloomInput::Raw(topic));
        }
    }
    bloom
}

fn transaction(evm: &Evm, envelope: &Envelope, outcome: Option<&Outcome>) -> Value {
    let trimmed = |word: &[u8]| format!("{:#x}", alloy_primitives::U256::from_be_slice(word));
    let parity = hexadecimal(envelope.signature[64]);
    let mut value = json!({
        "hash": hex(&envelope.hash),
        "type": hexadecimal(envelope.kind),
        "from": hex(&envelope.from.0),
        "to": envelope.to.map(|to| hex(&to.0)),
        "nonce": hexadecimal(envelope.nonce),
        "value": format!("{:#x}", envelope.value),
        "input": hex(&envelope.input),
        "gas": hexadecimal(envelope.gas),
        "gasPrice": hexadecimal(envelope.max_fee),
        "chainId": envelope.chain.map(hexadecimal),
        "accessList": [],
        "r": trimmed(&envelope.signature[..32]),
        "s": trimmed(&envelope.signature[32..64]),
        "v": parity,
        "yParity": parity,
    });
    if let Some(tip) = envelope.tip {
        value["maxFeePerGas"] = hexadecimal(envelope.max_fee);
        value["maxPriorityFeePerGas"] = hexadecimal(tip);
    }
    if !envelope.blob_hashes.is_empty() {
        value["blobVersionedHashes"] = envelope.blob_hashes.iter().map(|hash| hex(hash)).collect();
        value["maxFeePerBlobGas"] = hexadecimal(envelope.max_blob_fee);
    }
    let sealed = outcome.and_then(|outcome| evm.sealed(outcome.block));
    value["blockNumber"] = sealed.map_or(Value::Null, |sealed| hexadecimal(sealed.block.number));
    value["blockHash"] = sealed.map_or(Value::Null, |sealed| hex(&sealed.block.hash).into());
    value["transactionIndex"] =
        sealed.map_or(Value::Null, |sealed| hexadecimal(place(sealed, &envelope.hash) as u64));
    value
}

fn place(sealed: &Sealed, hash: &TxHash) -> usize {
    sealed.transactions.iter().position(|other| other == hash).unwrap_or_default()
}

fn receipt(evm: &Evm, envelope: &Envelope, outcome: &Outcome) -> Value {
    let Some(sealed) = evm.sealed(outcome.block) else { return Value::Null };
    let at = place(sealed, &envelope.hash);
    let before = sealed.transactions[..at].iter().filter_map(|hash| evm.kept(hash));
    let (gas, first) =
        before.fold((0, 0), |(gas, logs), (_, earlier)| (gas + earlier.gas, logs + earlier.logs.len()));
    let blob_gas = envelope.blob_hashes.len() as u64 * super::evm::GAS_PER_BLOB;
    let mut value = json!({
        "transactionHash": hex(&envelope.hash),
        "transactionIndex": hexadecimal(at as u64),
        "blockHash": hex(&sealed.block.hash),
        "blockNumber": hexadecimal(sealed.block.number),
        "from": hex(&envelope.from.0),
        "to": envelope.to.map(|to| hex(&to.0)),
        "contractAddress": outcome.contract.map(|contract| hex(&contract.0)),
        "gasUsed": hexadecimal(outcome.gas),
        "cumulativeGasUsed": hexadecimal(gas + outcome.gas),
        "effectiveGasPrice": hexadecimal(u128::from(sealed.base_fee) + tip(envelope, sealed)),
        "status": hexadecimal(u8::from(outcome.success)),
        "type": hexadecimal(envelope.kind),
        "logsBloom": hex(bloom(outcome).as_slice()),
        "logs": (0..outcome.logs.len()).map(|log| event(sealed, outcome, at, log, first + log)).collect::<Value>(),
    });
    if blob_gas > 0 {
        value["blobGasUsed"] = hexadecimal(blob_gas);
        value["blobGasPrice"] = hexadecimal(evm.blob_price(sealed));
    }
    value
}

fn event(sealed: &Sealed, outcome: &Outcome, at: usize, log: usize, index: usize) -> Value {
    let log = &outcome.logs[log];
    json!({
        "address": hex(&log.address.0),
        "topics": log.topics.iter().map(|topic| hex(topic)).collect::<Vec<_>>(),
        "data": hex(&log.data),
        "blockNumber": hexadecimal(sealed.block.number),
        "blockHash": hex(&sealed.block.hash),
        "blockTimestamp": hexadecimal(sealed.block.time),
        "transactionHash": hex(&outcome.hash),
        "transactionIndex": hexadecimal(at as u64),
        "logIndex": hexadecimal(index as u64),
        "removed": false,
    })
}

fn logs(evm: &mut Evm, filter: &Value) -> Result<Value, Fault> {
    let head = evm.head()?.number;
    let (from, to) = if filter["blockHash"].is_null() {
        let from = height(evm, &filter["fromBlock"]).ok_or(Fault::Params)?;
        (from, height(evm, &filter["toBlock"]).ok_or(Fault::Params)?.min(head))
    } else {
        let wanted = hash(&filter["blockHash"]).ok_or(Fault::Params)?;
        let at = evm.sealed_by(&wanted).map(|sealed| sealed.block.number);
        let at = at.ok_or_else(|| ChainError::Refused("there is no such block".into()))?;
        (at, at)
    };
    if to.saturating_sub(from) >= MOST_BLOCKS {
        return Err(ChainError::Refused(format!(
            "a range of at most {MOST_BLOCKS} blocks is looked through"
        ))
        .into());
    }
    let addresses: Option<Vec<Address>> = match &filter["address"] {
        Value::Null => None,
        Value::Array(list) => Some(list.iter().map(address).collect::<Option<_>>().ok_or(Fault::Params)?),
        one => Some(vec![address(one).ok_or(Fault::Params)?]),
    };
    let topics: Vec<Option<Vec<TxHash>>> = match &filter["topics"] {
        Value::Null => Vec::new(),
        Value::Array(list) => {
            let topic = |wanted: &Value| match wanted {
                Value::Null => Some(None),
                Value::Array(any) => any.iter().map(hash).collect::<Option<_>>().map(Some),
                one => hash(one).map(|one| Some(vec![one])),
            };
            list.iter().map(topic).collect::<Option<_>>().ok_or(Fault::Params)?
        }
        _ => return Err(Fault::Params),
    };
    let mut found = Vec::new();
    for sealed in (from..=to).filter_map(|at| evm.sealed(at)) {
        let mut index = 0;
        for (at, hash) in sealed.transactions.iter().enumerate() {
            let Some((_, outcome)) = evm.kept(hash) else { continue };
            for (log, entry) in outcome.logs.iter().enumerate() {
                let here = addresses.as_ref().is_none_or(|addresses| addresses.contains(&entry.address));
                let about = topics.iter().enumerate().all(|(at, wanted)| {
                    wanted
                        .as_ref()
                        .is_none_or(|any| entry.topics.get(at).is_some_and(|topic| any.contains(topic)))
                });
                if here && about {
                    found.push(event(sealed, outcome, at, log, index));
                }
                index += 1;
            }
        }
    }
    Ok(found.into())
}

/// Waiting transactions: those that can go into the next block, and those that wait for others of their sender.
fn pool(evm: &mut Evm) -> Value {
    let mut content = json!({ "pending": {}, "queued": {} });
    for envelope in evm.waiting() {
        let mut next = evm.used_nonces(envelope.from);
        while next < envelope.nonce
            && evm.waiting().iter().any(|other| other.from == envelope.from && other.nonce == next)
        {
            next += 1;
        }
        let kind = if next == envelope.nonce { "pending" } else { "queued" };
        let sender = &mut content[kind][hex(&envelope.from.0)];
        sender[envelope.nonce.to_string()] = transaction(evm, envelope, None);
    }
    content
}
