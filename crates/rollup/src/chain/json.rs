//! What a node answers, read with suspicion: every field is of the kind and within the size it must have, or there is
//! no answer. Numbers are hexadecimal without leading zeros or with (nodes differ), bytes are two digits each.

use super::{Block, Log, Outcome, Transaction, TxHash};
use market::Address;
use serde_json::Value;

/// Topics of a log (`LOG0` to `LOG4`).
const MOST_TOPICS: usize = 4;

pub(super) fn quantity(value: &Value) -> Option<u128> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    // `from_str_radix` takes a sign.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

/// A quantity of up to 256 bits, cut to 128.
pub(super) fn amount(value: &Value) -> Option<u128> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let digits = digits.trim_start_matches('0');
    if digits.len() > 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some(match digits.len() {
        0 => (value.as_str()?.len() > 2).then_some(0)?,
        33.. => u128::MAX,
        _ => u128::from_str_radix(digits, 16).ok()?,
    })
}

pub(super) fn number(value: &Value) -> Option<u64> {
    quantity(value)?.try_into().ok()
}

pub(super) fn bytes(value: &Value) -> Option<Vec<u8>> {
    let digits = value.as_str()?.strip_prefix("0x")?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

pub(super) fn hash(value: &Value) -> Option<[u8; 32]> {
    bytes(value)?.try_into().ok()
}

pub(super) fn address(value: &Value) -> Option<Address> {
    bytes(value)?.try_into().ok().map(Address)
}

pub(super) fn block(value: &Value) -> Option<Block> {
    Some(Block {
        number: number(&value["number"])?,
        time: number(&value["timestamp"])?,
        hash: hash(&value["hash"])?,
    })
}

pub(super) fn log(value: &Value) -> Option<Log> {
    let topics = value["topics"].as_array()?;
    if topics.len() > MOST_TOPICS {
        return None;
    }
    Some(Log {
        address: address(&value["address"])?,
        topics: topics.iter().map(hash).collect::<Option<_>>()?,
        data: bytes(&value["data"])?,
        block: number(&value["blockNumber"])?,
        transaction: hash(&value["transactionHash"])?,
    })
}

/// Logs with their place in their block, in order; those that a re-organisation removed are left out.
pub(super) fn logs(value: &Value) -> Option<Vec<Log>> {
    let mut read = Vec::new();
    for value in value.as_array()? {
        if value["removed"] != true {
            let log = log(value)?;
            read.push((log.block, number(&value["logIndex"])?, log));
        }
    }
    read.sort_by_key(|(block, index, _)| (*block, *index));
    if read.windows(2).any(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
        return None; // two logs cannot stand at one place
    }
    Some(read.into_iter().map(|(_, _, log)| log).collect())
}

pub(super) fn outcome(value: &Value) -> Option<Outcome> {
    let gas = number(&value["gasUsed"])?;
    let price = quantity(&value["effectiveGasPrice"])?;
    let optional = |field: &str| match &value[field] {
        Value::Null => Some(0),
        field => quantity(field),
    };
    let blobs = optional("blobGasUsed")?.checked_mul(optional("blobGasPrice")?)?;
    Some(Outcome {
        hash: hash(&value["transactionHash"])?,
        block: number(&value["blockNumber"])?,
        success: match number(&value["status"])? {
            0 => false,
            1 => true,
            _ => return None,
        },
        gas,
        fee: price.checked_mul(u128::from(gas))?.checked_add(blobs)?,
        contract: match &value["contractAddress"] {
            Value::Null => None,
            created => Some(address(created)?),
        },
        logs: logs(&value["logs"])?,
    })
}

pub(super) fn transaction(value: &Value) -> Option<(TxHash, Transaction)> {
    let blobs = match &value["blobVersionedHashes"] {
        Value::Null => Vec::new(),
        hashes => hashes.as_array()?.iter().map(hash).collect::<Option<_>>()?,
    };
    let to = match &value["to"] {
        Value::Null => None,
        to => Some(address(to)?),
    };
    let from = address(&value["from"])?;
    Some((hash(&value["hash"])?, Transaction { from, to, input: bytes(&value["input"])?, blobs }))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        text.extend(
            [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).expect("below 16")),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn numbers_are_hexadecimal_and_nothing_else() {
        for (text, value) in [("0x0", Some(0)), ("0x10", Some(16)), ("0x0010", Some(16)), ("0x", None)] {
            assert_eq!(quantity(&json!(text)), value, "{text}");
            assert_eq!(amount(&json!(text)), value, "{text}");
        }
        for wrong in ["16", "0x+1", "0x-1", "0xg", "0x 1", "", "0x1_0"] {
            assert_eq!(quantity(&json!(wrong)), None, "{wrong}");
            assert_eq!(amount(&json!(wrong)), None, "{wrong}");
        }
        assert_eq!(quantity(&json!(16)), None);
        let wide = format!("0x1{}", "0".repeat(32));
        assert_eq!((quantity(&json!(wide)), amount(&json!(wide))), (None, Some(u128::MAX)));
        assert_eq!(number(&json!("0x10000000000000000")), None);
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(bytes(&json!("0x00ff")), Some(vec![0, 255]));
        assert_eq!(bytes(&json!("0x")), Some(vec![]));
        for wrong in ["0x0", "00", "0xzz", "0x0é"] {
            assert_eq!(bytes(&json!(wrong)), None, "{wrong}");
        }
        assert_eq!(hash(&json!("0x00")), None, "a hash has 32 bytes");
    }

    #[test]
    fn logs_come_in_order_and_once() {
        let log = |block: &str, index: &str, removed: bool| {
            json!({
                "address": hex(&[1; 20]), "topics": [], "data": "0x", "blockNumber": block,
                "logIndex": index, "transactionHash": hex(&[2; 32]), "removed": removed,
            })
        };
        let read =
            logs(&json!([log("0x2", "0x0", false), log("0x1", "0x1", false), log("0x1", "0x0", true)]));
        assert_eq!(read.unwrap().iter().map(|log| log.block).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(logs(&json!([log("0x1", "0x0", false), log("0x1", "0x0", false)])), None);
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            "0x[0-9a-f]{0,70}".prop_map(Value::from),
        ];
        let name = prop_oneof![
            Just("number"),
            Just("timestamp"),
            Just("hash"),
            Just("logs"),
            Just("topics"),
            Just("address"),
            Just("data"),
            Just("blockNumber"),
            Just("logIndex"),
            Just("transactionHash"),
            Just("status"),
            Just("gasUsed"),
            Just("effectiveGasPrice"),
            Just("input"),
            Just("from"),
            Just("to"),
        ];
        leaf.prop_recursive(4, 48, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name.clone().prop_map(String::from), inner, 0..12)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_a_node_answers_is_read_or_refused(value in anything()) {
            let _ = (block(&value), log(&value), logs(&value), outcome(&value), transaction(&value));
        }

        #[test]
        fn a_receipt_with_a_changed_field_is_read_or_refused(at in 0_usize..9, value in anything()) {
            let mut receipt = json!({
                "transactionHash": hex(&[2; 32]), "blockNumber": "0x1", "status": "0x1", "gasUsed": "0x5208",
                "effectiveGasPrice": "0x3b9aca00", "contractAddress": null, "logs": [], "blobGasUsed": "0x20000",
                "blobGasPrice": "0x1",
            });
            assert!(outcome(&receipt).is_some());
            let names: Vec<String> = receipt.as_object().unwrap().keys().cloned().collect();
            receipt[&names[at % names.len()]] = value;
            let _ = outcome(&receipt);
        }

        #[test]
        fn bytes_survive_their_digits(sent: Vec<u8>) {
            prop_assert_eq!(bytes(&Value::from(hex(&sent))), Some(sent));
        }
    }
}
