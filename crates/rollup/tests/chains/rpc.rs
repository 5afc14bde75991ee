//! What a client does with nodes that are down, slow, wrong, limited or hostile.

use super::probe::{key, pay};
use market::Address;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use rollup::chain::{Call, Chain, ChainError, Clock, Connection, Evm, Rpc, Terms, versioned_hash};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a scripted node does with a question.
enum Say {
    Result(Value),
    Error(Value),
    /// These bytes instead of an answer in JSON.
    Bytes(Vec<u8>),
    /// Hangs up.
    Nothing,
}

type Script = Box<dyn FnMut(&str, &Value) -> Say + Send>;

/// A node that answers by a script; its methods as they were asked.
struct Scripted {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn scripted(script: impl FnMut(&str, &Value) -> Say + Send + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut script: Script = Box::new(script);
        for stream in listener.incoming() {
            let _ = serve(stream.unwrap(), &mut script, &heard);
        }
    });
    Scripted { url, asked }
}

fn serve(mut stream: TcpStream, script: &mut Script, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length, mut path) = (String::new(), 0, String::new());
    reader.read_line(&mut path)?;
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let question: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = question["method"].as_str().map_or_else(
        || path.split(' ').nth(1).unwrap_or_default().to_owned(), // a consensus node is asked by path
        str::to_owned,
    );
    heard.lock().unwrap().push(method.clone());
    let answer = match script(&method, &question["params"]) {
        Say::Result(result) if question.is_null() => result.to_string().into_bytes(),
        Say::Result(result) => {
            json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }).to_string().into()
        }
        Say::Error(error) => {
            json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }).to_string().into()
        }
        Say::Bytes(bytes) => bytes,
        Say::Nothing => return Ok(()),
    };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len())?;
    stream.write_all(&answer)
}

fn quick(url: &str) -> Connection {
    Connection {
        timeout: Duration::from_secs(5),
        poll: Duration::from_millis(1),
        looks: 3,
        ..Connection::to(url)
    }
}

fn chain_id() -> Say {
    Say::Result(json!("0x7a69"))
}

/// A client of a node that knows its chain's id, and the rest by a script.
fn client(mut script: impl FnMut(&str, &Value) -> Say + Send + 'static) -> (Rpc, Scripted) {
    let node = scripted(move |method, params| match method {
        "eth_chainId" => chain_id(),
        method => script(method, params),
    });
    (Rpc::connect(quick(&node.url)).unwrap(), node)
}

fn unreachable<T: std::fmt::Debug>(answer: Result<T, ChainError>) -> String {
    match answer {
        Err(ChainError::Unreachable { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_node_that_is_down_is_named_without_its_keys() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://user:hunter2@127.0.0.1:{port}/v3/s3cret?key=s3cret");
    let error = Rpc::connect(Connection { retries: 1, ..quick(&url) }).unwrap_err().to_string();
    assert!(
        error.contains(&format!("http://127.0.0.1:{port}")) && error.contains("is the node running"),
        "{error}"
    );
    assert!(!error.contains("s3cret") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_node_of_another_chain_is_refused() {
    let node = scripted(|_, _| chain_id());
    assert!(Rpc::connect(Connection { chain_id: Some(31_337), ..quick(&node.url) }).is_ok());
    let error = Rpc::connect(Connection { chain_id: Some(1), ..quick(&node.url) }).unwrap_err();
    assert!(matches!(&error, ChainError::Refused(why) if why.contains("31337, not 1")), "{error}");
}

#[test]
fn a_question_is_asked_again_until_there_is_an_answer() {
    let mut left = 3;
    let (mut rpc, node) = client(move |_, _| {
        left -= 1;
        match left {
            2 => Say::Nothing,
            1 => Say::Bytes(b"<html>Bad Gateway</html>".to_vec()),
            _ => Say::Result(json!("0x5")),
        }
    });
    assert_eq!(rpc.balance(Address([1; 20])).unwrap(), 5);
    assert_eq!(node.asked.lock().unwrap()[1..], ["eth_getBalance"; 3]);
    let (mut rpc, node) = client(|_, _| Say::Nothing);
    unreachable(rpc.balance(Address([1; 20])));
    assert_eq!(node.asked.lock().unwrap().len(), 1 + 1 + 3, "patience ends");
}

#[test]
fn what_cannot_be_understood_is_an_error() {
    for nonsense in [
        json!(null),
        json!(true),
        json!(-5),
        json!("5"),
        json!("0x"),
        json!("0xzz"),
        json!([]),
        json!({}),
        json!("0x11111111111111111111111111111111111111111111111111111111111111111111111"),
    ] {
        let said = nonsense.clone();
        let (mut rpc, _) = client(move |_, _| Say::Result(said.clone()));
        unreachable(rpc.head());
        unreachable(rpc.balance(Address([1; 20])));
        unreachable(rpc.fees());
        if !nonsense.is_null() {
            unreachable(rpc.outcome(&[1; 32]));
            unreachable(rpc.transaction(&[1; 32]));
        }
    }
    // An answer to another question, and one that is longer than anything we read.
    let (mut rpc, _) = client(|_, _| Say::Bytes(br#"{"jsonrpc":"2.0","id":999,"result":"0x5"}"#.to_vec()));
    unreachable(rpc.balance(Address([1; 20])));
    let (rpc, node) = client(|_, _| Say::Bytes(vec![b' '; 100_000]));
    drop(rpc);
    let mut rpc = Rpc::connect(Connection { longest: 10_000, retries: 0, ..quick(&node.url) }).unwrap();
    unreachable(rpc.balance(Address([1; 20])));
    // JSON deep enough to overflow a careless parser's stack.
    let (mut rpc, _) = client(|_, _| Say::Bytes([vec![b'['; 200_000], vec![b']'; 200_000]].concat()));
    unreachable(rpc.balance(Address([1; 20])));
}

#[test]
fn an_answer_about_something_else_is_an_error() {
    let block = json!({ "number": "0x7", "timestamp": "0x1", "hash": format!("0x{}", "11".repeat(32)) });
    let (mut rpc, _) = client(move |_, _| Say::Result(block.clone()));
    assert_eq!(rpc.block(7).unwrap().unwrap().number, 7);
    unreachable(rpc.block(8));
    let log = |address: u8, block: &str| {
        json!([{
            "address": format!("0x{}", format!("{address:02x}").repeat(20)), "topics": [], "data": "0x",
            "blockNumber": block, "logIndex": "0x0", "transactionHash": format!("0x{}", "22".repeat(32)),
        }])
    };
    for (answer, right) in [(log(1, "0x5"), true), (log(2, "0x5"), false), (log(1, "0x6"), false)] {
        let head = json!({ "number": "0x9", "timestamp": "0x1", "hash": format!("0x{}", "11".repeat(32)) });
        let (mut rpc, _) = client(move |method, _| {
            Say::Result(if method == "eth_getLogs" { answer.clone() } else { head.clone() })
        });
        assert_eq!(rpc.logs(Address([1; 20]), 5, 5).is_ok(), right);
    }
}

#[test]
fn a_transaction_whose_answer_was_lost_is_not_sent_twice() {
    // The node takes the transaction and hangs up before it says so.
    let evm = Arc::new(Mutex::new(Evm::default()));
    evm.lock().unwrap().fund(key("anna").address(), u128::from(u64::MAX)).unwrap();
    for mined in [true, false] {
        evm.lock().unwrap().automine(mined).unwrap();
        let (chain, mut lost) = (Arc::clone(&evm), false);
        let (mut rpc, node) = client(move |method, params| {
            let mut evm = chain.lock().unwrap();
            match method {
                "eth_sendRawTransaction" => {
                    let hex = params[0].as_str().unwrap().trim_start_matches("0x");
                    let raw: Vec<u8> = (0..hex.len())
                        .step_by(2)
                        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                        .collect();
                    let done = evm.submit(&raw);
                    match done {
                        Ok(_) if !lost => {
                            lost = true;
                            Say::Nothing
                        }
                        Ok(_) => panic!("taken twice"),
                        Err(ChainError::StaleNonce { .. }) => {
                            Say::Error(json!({ "code": -32000, "message": "nonce too low" }))
                        }
                        Err(error) => Say::Error(json!({ "code": -32000, "message": error.to_string() })),
                    }
                }
                "eth_getTransactionReceipt" => {
                    let head = evm.head().unwrap().number;
                    let hash = evm.transactions(head)[0];
                    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                    Say::Result(json!({
                        "transactionHash": format!("0x{hash}"), "blockNumber": "0x1", "status": "0x1",
                        "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "logs": [],
                    }))
                }
                method => panic!("{method}"),
            }
        });
        let nonce = evm.lock().unwrap().nonce(key("anna").address()).unwrap();
        let terms = Terms {
            nonce: Some(nonce),
            gas: Some(21_000),
            max_fee: Some(2_000_000_000),
            tip: Some(1),
            max_blob_fee: Some(0),
        };
        // The fees are asked for in any case.
        let hash = offer(&mut rpc, &terms);
        assert!(evm.lock().unwrap().raw(&hash).is_some());
        assert_eq!(evm.lock().unwrap().nonce(key("anna").address()).unwrap(), nonce + 1);
        let sent =
            node.asked.lock().unwrap().iter().filter(|method| *method == "eth_sendRawTransaction").count();
        assert_eq!(sent, 2);
    }
}

fn offer(rpc: &mut Rpc, terms: &Terms) -> [u8; 32] {
    // Signed by a chain of the same id, sent by the client under test.
    let mut signer = Evm::default();
    signer.fund(key("anna").address(), u128::from(u64::MAX)).unwrap();
    signer.automine(false).unwrap();
    let hash = signer.offer(&key("anna"), &pay(key("bert").address(), 1), terms).unwrap();
    let raw = signer.raw(&hash).unwrap().to_vec();
    assert_eq!(rpc.submit(&raw).unwrap(), hash);
    hash
}

#[test]
fn refusals_of_any_dialect_are_understood() {
    let reason = "0x08c379a0\
        0000000000000000000000000000000000000000000000000000000000000020\
        0000000000000000000000000000000000000000000000000000000000000002\
        6e6f000000000000000000000000000000000000000000000000000000000000"; // "no"
    for error in [
        json!({ "code": 3, "message": "execution reverted: no", "data": reason }),
        json!({ "code": -32015, "message": "VM execution error.", "data": format!("Reverted {reason}") }),
        json!({ "code": -32000, "message": "Execution reverted", "data": reason }),
        json!({ "code": -32603, "message": "reverted", "data": { "data": reason } }),
    ] {
        let said = error.clone();
        let (mut rpc, _) = client(move |_, _| Say::Error(said.clone()));
        match rpc.call(Address([1; 20]), &Call::default()) {
            Err(ChainError::Reverted { reason, .. }) if error["code"] != -32015 => assert_eq!(reason, "no"),
            // Without the word there is only the data to tell.
            Err(ChainError::Reverted { reason, .. }) => assert_eq!(reason, "no"),
            other => panic!("{error}: {other:?}"),
        }
    }
    for (message, refused) in [
        ("insufficient funds for gas * price + value", true),
        ("replacement transaction underpriced", true),
        ("max fee per gas less than block base fee", true),
    ] {
        let (mut rpc, _) = client(move |_, _| Say::Error(json!({ "code": -32000, "message": message })));
        let answer = rpc.estimate(Address([1; 20]), &Call::default());
        assert_eq!(matches!(&answer, Err(ChainError::Refused(why)) if why == message), refused, "{answer:?}");
    }
    let (mut rpc, _) = client(|_, _| Say::Error(json!({ "code": -32601, "message": "not found" })));
    assert!(unreachable(rpc.fees()).contains("does not know eth_feeHistory"));
}

#[test]
fn a_stale_nonce_says_where_the_chain_is() {
    let (mut rpc, _) = client(|method, _| match method {
        "eth_sendRawTransaction" => {
            Say::Error(json!({ "code": -32000, "message": "nonce too low: next nonce 7" }))
        }
        "eth_getTransactionCount" => Say::Result(json!("0x7")),
        method => panic!("{method}"),
    });
    let mut signer = Evm::default();
    signer.fund(key("anna").address(), u128::from(u64::MAX)).unwrap();
    let hash = signer.send(&key("anna"), &pay(key("bert").address(), 1), None).unwrap();
    let raw = signer.raw(&hash).unwrap().to_vec();
    match rpc.submit(&raw) {
        Err(ChainError::StaleNonce { sender, chain }) => {
            assert_eq!((sender, chain), (key("anna").address(), 7))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_node_that_gives_a_transaction_another_hash_is_not_believed() {
    let (mut rpc, _) = client(|_, _| Say::Result(json!(format!("0x{}", "33".repeat(32)))));
    let mut signer = Evm::default();
    signer.fund(key("anna").address(), u128::from(u64::MAX)).unwrap();
    let hash = signer.send(&key("anna"), &pay(key("bert").address(), 1), None).unwrap();
    let raw = signer.raw(&hash).unwrap().to_vec();
    assert!(unreachable(rpc.submit(&raw)).contains("another hash"));
}

#[test]
fn a_limited_node_is_asked_for_fewer_blocks_at_once() {
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let (mut rpc, node) = client(move |method, params| {
        if method == "eth_getBlockByNumber" {
            return Say::Result(
                json!({ "number": "0x64", "timestamp": "0x1", "hash": format!("0x{}", "11".repeat(32)) }),
            );
        }
        let (from, to) = (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]));
        if to - from >= 10 {
            return Say::Error(json!({ "code": -32005, "message": "query exceeds max block range of 10" }));
        }
        let log = |block: u64| {
            json!({
                "address": format!("0x{}", "01".repeat(20)), "topics": [], "data": "0x",
                "blockNumber": format!("{block:#x}"), "logIndex": "0x0",
                "transactionHash": format!("0x{block:064x}"),
            })
        };
        Say::Result((from..=to).map(log).collect())
    });
    let logs = rpc.logs(Address([1; 20]), 0, 1_000).unwrap();
    assert_eq!(logs.iter().map(|log| log.block).collect::<Vec<_>>(), (0..=100).collect::<Vec<_>>());
    let first = node.asked.lock().unwrap().len();
    rpc.logs(Address([1; 20]), 0, 1_000).unwrap();
    let second = node.asked.lock().unwrap().len() - first;
    assert!(second < first, "it has learnt: {second} questions after {first}");
}

#[test]
fn what_stays_in_no_block_is_given_up() {
    let (mut rpc, node) = client(|_, _| Say::Result(Value::Null));
    assert!(unreachable(rpc.wait(&[1; 32])).contains("in no block yet"));
    assert_eq!(node.asked.lock().unwrap().len(), 1 + 3);
}

#[test]
fn gas_above_the_cap_is_not_paid() {
    let history = json!({ "baseFeePerGas": ["0x64", "0x3e8"], "reward": [["0x1"]], "oldestBlock": "0x1" });
    let (rpc, node) = client(move |method, _| match method {
        "eth_feeHistory" => Say::Result(history.clone()),
        _ => Say::Result(json!("0x1")),
    });
    drop(rpc);
    let quote = |cap| {
        let mut rpc = Rpc::connect(Connection { fee_cap: cap, ..quick(&node.url) }).unwrap();
        rpc.quote(Address([1; 20]), &Call::default(), &Terms::default())
    };
    assert!(matches!(quote(999), Err(ChainError::Refused(_))), "1 000 wei is what gas costs");
    assert_eq!(quote(1_500).unwrap().max_fee, Some(1_500));
    assert_eq!(quote(u128::MAX).unwrap().max_fee, Some(2 * 1_000 + 1_000_000));
}

#[test]
fn blobs_come_from_the_consensus_node_and_are_checked() {
    let mut blob = vec![0; 131_072];
    blob[40] = 7;
    let hash = versioned_hash(&blob).unwrap();
    let hex =
        |bytes: &[u8]| format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let (right, wrong) = (hex(&blob), hex(&[0; 131_072]));
    let transaction = json!({
        "hash": hex(&[1; 32]), "from": hex(&[2; 20]), "to": hex(&[3; 20]), "input": "0x", "blockNumber": "0x5",
        "blobVersionedHashes": [hex(&hash)],
    });
    let beacon = |blobs: Vec<String>| {
        scripted(move |path, _| {
            Say::Result(match path {
                "/eth/v1/beacon/genesis" => json!({ "data": { "genesis_time": "1000" } }),
                // The block's time is 1120: slot 10.
                "/eth/v1/beacon/blob_sidecars/10" => {
                    json!({ "data": blobs.iter().map(|blob| json!({ "blob": blob })).collect::<Vec<_>>() })
                }
                path => panic!("{path}"),
            })
        })
    };
    let node = scripted(move |method, _| {
        Say::Result(match method {
            "eth_chainId" => json!("0x1"),
            "eth_getTransactionByHash" => transaction.clone(),
            _ => json!({ "number": "0x5", "timestamp": "0x460", "hash": format!("0x{}", "11".repeat(32)) }),
        })
    });
    for (blobs, found) in [(vec![wrong.clone(), right], true), (vec![wrong], false), (vec![], false)] {
        let consensus = beacon(blobs);
        let connection = Connection { beacon: Some(consensus.url.clone()), ..quick(&node.url) };
        let mut rpc = Rpc::connect(connection).unwrap();
        assert_eq!(rpc.blob(&hash).unwrap(), None, "it is not known yet when it was posted");
        rpc.transaction(&[1; 32]).unwrap().unwrap();
        assert_eq!(rpc.blob(&hash).unwrap().is_some_and(|read| read == blob), found);
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "0x[0-9a-f]{0,66}".prop_map(Value::from),
    ];
    let names =
        ["number", "timestamp", "hash", "logs", "baseFeePerGas", "reward", "status", "input", "pending"];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        let name = proptest::sample::select(names.to_vec()).prop_map(String::from);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn no_answer_of_a_node_makes_the_client_panic() {
    let said = Arc::new(Mutex::new(Value::Null));
    let heard = Arc::clone(&said);
    let (mut rpc, _) = client(move |_, _| Say::Result(heard.lock().unwrap().clone()));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..150 {
        *said.lock().unwrap() = anything().new_tree(&mut runner).unwrap().current();
        let (address, call) = (Address([1; 20]), Call::default());
        let _ = (rpc.head(), rpc.block(1), rpc.balance(address), rpc.nonce(address), rpc.fees());
        let _ = (rpc.outcome(&[1; 32]), rpc.call(address, &call), rpc.estimate(address, &call));
        let _ = (rpc.logs(address, 0, 3), rpc.transaction(&[1; 32]), rpc.blob(&[1; 32]));
        let _ = (rpc.pending(), rpc.snapshot(), rpc.revert(1), rpc.mine());
    }
}
