//! What members and meters sign, by a library that knows EIP-712 and nothing of this project.

use alloy_sol_types::{SolStruct, sol};
use ledger::Key;
use market::{Hash, keccak256};
use rollup::step::{Compact, Record, compact};

sol! {
    struct Order {
        uint32 account;
        uint32 meter;
        uint64 start;
        uint32 duration;
        uint8 side;
        int64 energyWh;
        int64 limitMicroPerKwh;
        uint8 timeInForce;
        uint64 nonce;
    }
    struct Cancel {
        uint32 account;
        uint8 carrier;
        uint64 start;
        uint32 duration;
        uint8 side;
        uint32 arrival;
        uint64 nonce;
    }
    struct Withdraw {
        uint32 account;
        int256 amountNano;
        uint64 nonce;
    }
    struct Transfer {
        uint32 from;
        uint32 to;
        int256 amountNano;
        uint64 nonce;
    }
    struct Reading {
        uint32 meter;
        uint64 start;
        uint32 duration;
        int64 importWh;
        int64 exportWh;
        uint64 sequence;
    }
}

/// Where a record's slot stands, as far as its signer must know.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    pub account: u32,
    pub meter: u32,
    pub carrier: u8,
    pub start: u64,
    pub duration: u32,
    pub nonce: u64,
}

/// The record with its signature by this key; a record that nobody signs as it is.
pub(crate) fn signed<'a>(record: Record<'a>, terms: Terms, domain: &Hash, key: &Key) -> Record<'a> {
    let Terms { account, meter, carrier, start, duration, nonce } = terms;
    let sign = |message: [u8; 32]| -> Option<Compact> {
        let digest = keccak256(&[&[0x19, 0x01], domain.as_slice(), message.as_slice()].concat());
        Some(compact(&key.sign(&digest)))
    };
    let mut record = record;
    match &mut record {
        Record::Order { energy, limit, side, until_gate, signature, .. } => {
            let message = Order {
                account,
                meter,
                start,
                duration,
                side: *side as u8,
                energyWh: i64::from(*energy),
                limitMicroPerKwh: i64::from(*limit),
                timeInForce: u8::from(*until_gate),
                nonce,
            };
            *signature = sign(message.eip712_hash_struct().0);
        }
        Record::Cancel { arrival, side, signature, .. } => {
            let message =
                Cancel { account, carrier, start, duration, side: *side as u8, arrival: *arrival, nonce };
            *signature = sign(message.eip712_hash_struct().0);
        }
        Record::Withdraw { amount, signature, .. } => {
            let message = Withdraw { account, amountNano: (*amount as i128).try_into().unwrap(), nonce };
            *signature = sign(message.eip712_hash_struct().0);
        }
        Record::Transfer { from, to, amount, signature, .. } => {
            let amount = (*amount as i128).try_into().unwrap();
            let message = Transfer { from: *from, to: *to, amountNano: amount, nonce };
            *signature = sign(message.eip712_hash_struct().0);
        }
        Record::Reading { import, export, signature, .. } => {
            let message = Reading {
                meter,
                start,
                duration,
                importWh: i64::from(*import),
                exportWh: i64::from(*export),
                sequence: nonce,
            };
            *signature = sign(message.eip712_hash_struct().0);
        }
        _ => (),
    }
    record
}
