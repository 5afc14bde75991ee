//! A node over JSON-RPC.
//!
//! A node is asked again when it does not answer, never twice to do something: a transaction has one hash however often
//! it is sent. What it answers is read by `json`, within a bounded size; a wrong answer is an error, not a panic. A
//! node is still believed about what is on its chain: ask one of your own.

use super::json;
use super::{Block, Call, Chain, ChainError, Clock, Fees, Log, Outcome, Transaction, TxHash, wire};
use ledger::Key;
use market::Address;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

/// How a node is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its address: `http://host:port/path`. For `https` put a proxy before it.
    pub url: String,
    /// The chain it must be on; none: whichever it is on.
    pub chain_id: Option<u64>,
    /// How long one question may take.
    pub timeout: Duration,
    /// How often a question is asked again that had no answer.
    pub retries: u32,
    /// Between two looks whether a transaction is in a block.
    pub poll: Duration,
    /// After so many looks [`Chain::wait`] gives up.
    pub looks: u32,
    /// Blocks whose logs are asked for at once; fewer where the node says it is too much.
    pub range: u64,
    /// The most that is paid per gas, wei.
    pub fee_cap: u128,
    /// Longest answer that is read, bytes.
    pub longest: u64,
    /// A consensus node's address, for blobs; without one only development nodes can be asked for them.
    pub beacon: Option<String>,
}

impl Connection {
    /// A node at this address, with patience for a chain whose blocks come within seconds.
    #[must_use]
    pub fn to(url: &str) -> Self {
        Self {
            url: url.into(),
            chain_id: None,
            timeout: Duration::from_secs(10),
            retries: 3,
            poll: Duration::from_millis(50),
            looks: 6_000,
            range: 5_000,
            fee_cap: 500_000_000_000, // 500 gwei
            longest: 64 << 20,
            beacon: None,
        }
    }
}

/// A primary chain behind a node's JSON-RPC port.
#[derive(Debug)]
pub struct Rpc {
    connection: Connection,
    /// The address without what may be secret in it.
    shown: String,
    agent: ureq::Agent,
    id: u64,
    questions: u64,
    /// When transactions with blobs that were asked for got into a block, for the consensus node.
    blob_times: BTreeMap<[u8; 32], u64>,
}

/// What a node said instead of an answer.
#[derive(Debug)]
struct Fault {
    code: i64,
    message: String,
    data: Value,
}

enum Failure {
    /// No answer, or none that can be understood.
    Silence(String),
    /// An error of the node.
    Fault(Fault),
}

impl Rpc {
    /// Reaches a node and checks which chain it is on.
    ///
    /// # Errors
    /// [`ChainError::Unreachable`] where nobody answers, and [`ChainError::Refused`] where it is another chain.
    pub fn connect(connection: Connection) -> Result<Self, ChainError> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(connection.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let shown = shown(&connection.url);
        let mut rpc = Self {
            shown,
            agent: config.into(),
            id: 0,
            questions: 0,
            blob_times: BTreeMap::new(),
            connection,
        };
        rpc.id = rpc.read("eth_chainId", json!([]), json::number)?;
        match rpc.connection.chain_id {
            Some(wanted) if wanted != rpc.id => Err(ChainError::Refused(format!(
                "the node at {} is on chain {}, not {wanted}",
                rpc.shown, rpc.id
            ))),
            _ => Ok(rpc),
        }
    }

    fn unreachable(&self, what: impl Into<String>) -> ChainError {
        ChainError::Unreachable { url: self.shown.clone(), what: what.into() }
    }

    /// One question, one answer.
    fn once(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.questions += 1;
        let id = self.questions;
        let question = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let silence = |what: String| Failure::Silence(what);
        let mut response = self
            .agent
            .post(&self.connection.url)
            .header("content-type", "application/json")
            .send(question.to_string().as_bytes())
            .map_err(|error| silence(format!("{error}; is the node running?")))?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(self.connection.longest)
            .read_to_vec()
            .map_err(|error| silence(error.to_string()))?;
        let answer: Result<Value, _> = serde_json::from_slice(&body);
        let Ok(mut answer) = answer else {
            return Err(silence(format!("status {status}, and no JSON: is this the port of a node?")));
        };
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Err(Failure::Fault(Fault {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or("without a message").chars().take(400).collect(),
                data: error["data"].clone(),
            }));
        }
        if status != 200 || answer["id"] != id {
            return Err(silence(format!("status {status}, and no answer to this question")));
        }
        Ok(answer["result"].take())
    }

    /// Asks until there is an answer, or patience ends. Only for questions, and for what is the same when done twice.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        let mut pause = Duration::from_millis(100);
        for _ in 0..self.connection.retries {
            match self.once(method, params) {
                Err(Failure::Silence(_)) => {}
                // A node that is busy, or limits how often it is asked.
                Err(Failure::Fault(fault)) if fault.code == -32_005 && !fault.is_limit() => {}
                answer => return answer,
            }
            sleep(pause);
            pause *= 2;
        }
        self.once(method, params)
    }

    fn failure(&self, method: &str, failure: Failure) -> ChainError {
        match failure {
            Failure::Silence(what) => self.unreachable(what),
            Failure::Fault(fault) => {
                if let Some(data) = fault.revert() {
                    return match data.is_empty() {
                        true => ChainError::Reverted { reason: fault.message, data },
                        false => ChainError::reverted(data),
                    };
                }
                if fault.code == -32_601 {
                    return self.unreachable(format!("the node does not know {method}"));
                }
                ChainError::Refused(fault.message)
            }
        }
    }

    /// A question whose answer is read by `read`.
    fn read<T>(
        &mut self,
        method: &str,
        params: Value,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, ChainError> {
        let answer = self.ask(method, &params).map_err(|failure| self.failure(method, failure))?;
        read(&answer).ok_or_else(|| self.unreachable(format!("the answer to {method} cannot be understood")))
    }

    /// The same where there may be nothing.
    fn read_if<T>(
        &mut self,
        method: &str,
        params: Value,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, ChainError> {
        self.read(method, params, |answer| match answer {
            Value::Null => Some(None),
            answer => read(answer).map(Some),
        })
    }

    /// Something that is not done twice.
    fn command(&mut self, method: &str, params: Value) -> Result<Value, ChainError> {
        self.once(method, &params).map_err(|failure| self.failure(method, failure))
    }

    fn logs_within(&mut self, address: Address, from: u64, to: u64) -> Result<Vec<Log>, ChainError> {
        let method = "eth_getLogs";
        let params = json!([{
            "address": json::hex(&address.0),
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{to:#x}"),
        }]);
        match self.ask(method, &params) {
            Ok(answer) => {
                let belongs = |log: &Log| log.address == address && (from..=to).contains(&log.block);
                json::logs(&answer)
                    .filter(|logs| logs.iter().all(belongs))
                    .ok_or_else(|| self.unreachable(format!("the answer to {method} cannot be understood")))
            }
            Err(Failure::Fault(fault)) if fault.is_limit() && from < to => {
                let middle = from + (to - from) / 2;
                self.connection.range = self.connection.range.min((to - from) / 2 + 1).max(1);
                let mut logs = self.logs_within(address, from, middle)?;
                logs.extend(self.logs_within(address, middle + 1, to)?);
                Ok(logs)
            }
            // An answer beyond what is read is too much as well.
            Err(Failure::Silence(_)) if from < to && self.head().is_ok() => {
                let middle = from + (to - from) / 2;
                let mut logs = self.logs_within(address, from, middle)?;
                logs.extend(self.logs_within(address, middle + 1, to)?);
                Ok(logs)
            }
            Err(failure) => Err(self.failure(method, failure)),
        }
    }

    fn request(from: Address, call: &Call) -> Result<Value, ChainError> {
        let mut request = json!({
            "from": json::hex(&from.0),
            "data": json::hex(&call.data),
            "value": format!("{:#x}", call.value),
        });
        if let Some(to) = call.to {
            request["to"] = json::hex(&to.0).into();
        }
        if !call.blobs.is_empty() {
            let mut hashes = Vec::new();
            for blob in &call.blobs {
                hashes.push(json::hex(&wire::versioned_hash(blob)?));
            }
            request["blobVersionedHashes"] = hashes.into();
        }
        Ok(request)
    }

    /// Sends what is signed. Asked again after silence, the node may know it already: that is success.
    fn post(&mut self, envelope: &wire::Envelope) -> Result<TxHash, ChainError> {
        let method = "eth_sendRawTransaction";
        let params = json!([json::hex(envelope.network())]);
        let mut answer = self.once(method, &params);
        let mut pause = Duration::from_millis(100);
        for _ in 0..self.connection.retries {
            if !matches!(answer, Err(Failure::Silence(_))) {
                break;
            }
            sleep(pause);
            pause *= 2;
            answer = match self.once(method, &params) {
                Err(Failure::Fault(fault)) if fault.is_known() => return Ok(envelope.hash),
                // The first try got through, and is in a block already.
                Err(Failure::Fault(fault)) if fault.is_stale() && self.outcome(&envelope.hash)?.is_some() => {
                    return Ok(envelope.hash);
                }
                answer => answer,
            };
        }
        match answer {
            Ok(answer) if json::hash(&answer) == Some(envelope.hash) => Ok(envelope.hash),
            Ok(_) => Err(self.unreachable("the node gave the transaction another hash than it has")),
            Err(Failure::Fault(fault)) if fault.is_stale() => {
                let count = json!([json::hex(&envelope.from.0), "latest"]);
                let chain = self.read("eth_getTransactionCount", count, json::number)?;
                Err(ChainError::StaleNonce { sender: envelope.from, chain })
            }
            Err(failure) => Err(self.failure(method, failure)),
        }
    }

    /// A blob from the consensus node, whose slots are 12 s from its genesis on.
    fn blob_of_beacon(&mut self, beacon: &str, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ChainError> {
        let Some(time) = self.blob_times.get(hash).copied() else { return Ok(None) };
        let genesis = self.beacon(&format!("{beacon}/eth/v1/beacon/genesis"))?;
        let genesis = genesis["data"]["genesis_time"].as_str().and_then(|time| time.parse::<u64>().ok());
        let genesis = genesis.ok_or_else(|| self.unreachable("the consensus node's genesis has no time"))?;
        let slot = time.saturating_sub(genesis) / 12;
        let sidecars = self.beacon(&format!("{beacon}/eth/v1/beacon/blob_sidecars/{slot}"))?;
        for sidecar in sidecars["data"].as_array().into_iter().flatten() {
            let Some(blob) = json::bytes(&sidecar["blob"]) else { continue };
            if wire::versioned_hash(&blob).is_ok_and(|found| found == *hash) {
                return Ok(Some(blob));
            }
        }
        Ok(None)
    }

    fn beacon(&mut self, url: &str) -> Result<Value, ChainError> {
        let fail = |what: String| ChainError::Unreachable { url: self::shown(url), what };
        let mut response = self.agent.get(url).call().map_err(|error| fail(error.to_string()))?;
        if response.status().as_u16() == 404 {
            return Ok(Value::Null); // pruned
        }
        let body = response.body_mut().with_config().limit(self.connection.longest).read_to_vec();
        let body = body.map_err(|error| fail(error.to_string()))?;
        serde_json::from_slice(&body).map_err(|error| fail(error.to_string()))
    }
}

impl Fault {
    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }

    /// What the contract returned, if this is about a contract that refused.
    fn revert(&self) -> Option<Vec<u8>> {
        // geth and anvil give the bytes as `data`, others behind a word or inside an object.
        let data = self.data.as_str().or_else(|| self.data["data"].as_str()).unwrap_or_default();
        let hex = data.find("0x").map(|at| Value::from(&data[at..]));
        let data = hex.and_then(|hex| json::bytes(&hex));
        if matches!(self.code, 3 | -32_015) || self.says(&["revert"]) {
            Some(data.unwrap_or_default())
        } else {
            None
        }
    }

    fn is_stale(&self) -> bool {
        self.says(&["nonce too low", "nonce is too low", "old nonce", "oldnonce", "nonce_too_low"])
    }

    fn is_known(&self) -> bool {
        self.says(&["already known", "already imported", "known transaction", "alreadyknown"])
    }

    fn is_limit(&self) -> bool {
        self.says(&[
            "range",
            "too many",
            "more than",
            "exceed",
            "too large",
            "response size",
            "query timeout",
            "limited to",
        ])
    }
}

/// An address without user, password, path and query: these may hold keys.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

impl Chain for Rpc {
    fn id(&mut self) -> Result<u64, ChainError> {
        Ok(self.id)
    }

    fn head(&mut self) -> Result<Block, ChainError> {
        self.read("eth_getBlockByNumber", json!(["latest", false]), json::block)
    }

    fn block(&mut self, number: u64) -> Result<Option<Block>, ChainError> {
        let is_it = |answer: &Value| json::block(answer).filter(|block| block.number == number);
        self.read_if("eth_getBlockByNumber", json!([format!("{number:#x}"), false]), is_it)
    }

    fn balance(&mut self, address: Address) -> Result<u128, ChainError> {
        self.read("eth_getBalance", json!([json::hex(&address.0), "latest"]), json::amount)
    }

    fn nonce(&mut self, address: Address) -> Result<u64, ChainError> {
        self.read("eth_getTransactionCount", json!([json::hex(&address.0), "pending"]), json::number)
    }

    fn fees(&mut self) -> Result<Fees, ChainError> {
        // The last base fee is the next block's; tips are the medians of the last blocks.
        self.read("eth_feeHistory", json!(["0x5", "latest", [50]]), |history| {
            let last = |name: &str| history[name].as_array()?.last().map(json::quantity);
            let tips = history["reward"].as_array().into_iter().flatten();
            let mut tips: Vec<u128> = tips.filter_map(|tips| json::quantity(&tips[0])).collect();
            tips.sort_unstable();
            Some(Fees {
                base: last("baseFeePerGas")??,
                tip: tips.get(tips.len() / 2).copied().unwrap_or_default().max(1_000_000),
                blob: last("baseFeePerBlobGas").flatten().unwrap_or_default(),
            })
        })
    }

    fn fee_cap(&self) -> u128 {
        self.connection.fee_cap
    }

    fn submit(&mut self, raw: &[u8]) -> Result<TxHash, ChainError> {
        let envelope = wire::decode(raw)?;
        self.post(&envelope)
    }

    fn offer(&mut self, from: &Key, call: &Call, terms: &super::Terms) -> Result<TxHash, ChainError> {
        let terms = self.quote(from.address(), call, terms)?;
        let envelope = wire::sign(from, self.id, call, &terms)?;
        self.post(&envelope)
    }

    fn outcome(&mut self, hash: &TxHash) -> Result<Option<Outcome>, ChainError> {
        self.read_if("eth_getTransactionReceipt", json!([json::hex(hash)]), |answer| {
            json::outcome(answer).filter(|outcome| outcome.hash == *hash)
        })
    }

    fn call(&mut self, from: Address, call: &Call) -> Result<Vec<u8>, ChainError> {
        self.read("eth_call", json!([Self::request(from, call)?, "latest"]), json::bytes)
    }

    fn estimate(&mut self, from: Address, call: &Call) -> Result<u64, ChainError> {
        self.read("eth_estimateGas", json!([Self::request(from, call)?, "latest"]), json::number)
    }

    fn logs(&mut self, address: Address, from: u64, to: u64) -> Result<Vec<Log>, ChainError> {
        let to = to.min(self.head()?.number);
        let (mut logs, mut next) = (Vec::new(), from);
        while next <= to {
            let last = to.min(next.saturating_add(self.connection.range - 1));
            logs.extend(self.logs_within(address, next, last)?);
            next = last + 1;
        }
        Ok(logs)
    }

    fn transaction(&mut self, hash: &TxHash) -> Result<Option<Transaction>, ChainError> {
        let answer = self.read("eth_getTransactionByHash", json!([json::hex(hash)]), |answer| {
            if answer.is_null() {
                return Some(None);
            }
            if answer.as_object()?.get("blockNumber").is_none_or(Value::is_null) {
                return json::transaction(answer).map(|_| None); // it waits
            }
            let (found, transaction) = json::transaction(answer)?;
            (found == *hash).then_some(Some((json::number(&answer["blockNumber"])?, transaction)))
        })?;
        let Some((number, transaction)) = answer else { return Ok(None) };
        if !transaction.blobs.is_empty()
            && let Some(block) = self.block(number)?
        {
            self.blob_times.extend(transaction.blobs.iter().map(|blob| (*blob, block.time)));
        }
        Ok(Some(transaction))
    }

    fn blob(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ChainError> {
        let blob = match self.connection.beacon.clone() {
            Some(beacon) => self.blob_of_beacon(&beacon, hash)?,
            None => self.read_if("anvil_getBlobByHash", json!([json::hex(hash)]), json::bytes)?,
        };
        // Whoever keeps it, it is the one only if it has this hash.
        Ok(blob.filter(|blob| wire::versioned_hash(blob).is_ok_and(|found| found == *hash)))
    }

    fn wait(&mut self, hash: &TxHash) -> Result<Outcome, ChainError> {
        for _ in 0..self.connection.looks {
            if let Some(outcome) = self.outcome(hash)? {
                return Ok(outcome);
            }
            sleep(self.connection.poll);
        }
        Err(self.unreachable(format!("transaction {} is in no block yet", json::hex(hash))))
    }
}

/// For development nodes (anvil, Hardhat).
impl Clock for Rpc {
    fn mine_at(&mut self, time: u64) -> Result<Block, ChainError> {
        self.next_at(time)?;
        self.mine()
    }

    fn fund(&mut self, address: Address, balance: u128) -> Result<(), ChainError> {
        let params = json!([json::hex(&address.0), format!("{balance:#x}")]);
        self.command("anvil_setBalance", params).map(drop)
    }

    fn snapshot(&mut self) -> Result<u64, ChainError> {
        let answer = self.command("evm_snapshot", json!([]))?;
        json::number(&answer).ok_or_else(|| self.unreachable("a snapshot without a number"))
    }

    fn revert(&mut self, snapshot: u64) -> Result<(), ChainError> {
        match self.command("evm_revert", json!([format!("{snapshot:#x}")]))? {
            Value::Bool(true) => Ok(()),
            _ => Err(ChainError::Refused(format!("there is no snapshot {snapshot}, or no longer"))),
        }
    }

    fn next_at(&mut self, time: u64) -> Result<(), ChainError> {
        self.command("evm_setNextBlockTimestamp", json!([format!("{time:#x}")])).map(drop)
    }

    fn automine(&mut self, on: bool) -> Result<(), ChainError> {
        self.command("evm_setAutomine", json!([on])).map(drop)
    }

    fn mine(&mut self) -> Result<Block, ChainError> {
        self.command("evm_mine", json!([]))?;
        self.head()
    }

    fn pending(&mut self) -> Result<Vec<(TxHash, Transaction)>, ChainError> {
        self.read("txpool_content", json!([]), |pool| {
            let senders = ["pending", "queued"].map(|kind| pool[kind].as_object());
            let senders = senders.into_iter().flatten().flat_map(|senders| senders.values());
            let waiting = senders.filter_map(Value::as_object).flat_map(|by_nonce| by_nonce.values());
            waiting.map(json::transaction).collect()
        })
    }

    fn forget(&mut self, hash: &TxHash) -> Result<(), ChainError> {
        self.command("anvil_dropTransaction", json!([json::hex(hash)])).map(drop)
    }
}
