//! Transactions as they travel: typed envelopes (EIP-2718) with a fee market (EIP-1559), or with blobs beside them
//! (EIP-4844), signed with a [`Key`].

use super::{Call, ChainError, Terms, TxHash};
use alloy_consensus::{
    Blob, BlobTransactionSidecar, Bytes48, SignableTransaction, Transaction as _, TxEip1559, TxEip4844,
    TxEip4844WithSidecar, TxEnvelope,
};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_eips::eip7594::BlobTransactionSidecarVariant;
use alloy_primitives::{Bytes, Signature, TxKind, U256};
use ledger::{Key, Recoverer};
use market::Address;
use market::signing::Recover;

/// The most blobs that are taken from one transaction (EIP-7691).
const MOST_BLOBS: usize = 9;

/// A signed transaction, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) hash: TxHash,
    pub(super) from: Address,
    pub(super) kind: u8,
    pub(super) chain: Option<u64>,
    pub(super) nonce: u64,
    pub(super) to: Option<Address>,
    pub(super) value: U256,
    pub(super) input: Bytes,
    pub(super) gas: u64,
    /// wei per gas, the tip included.
    pub(super) max_fee: u128,
    /// wei per gas; none: whatever the fee leaves over the base fee.
    pub(super) tip: Option<u128>,
    pub(super) max_blob_fee: u128,
    pub(super) blob_hashes: Vec<[u8; 32]>,
    /// r ‖ s ‖ parity of y.
    pub(super) signature: [u8; 65],
    /// As it is kept: without blobs.
    pub(super) raw: Vec<u8>,
    /// As it travels if it has blobs: these, commitments and proofs included.
    pub(super) sidecar: Option<Vec<u8>>,
}

impl Envelope {
    /// As it travels.
    pub(super) fn network(&self) -> &[u8] {
        self.sidecar.as_deref().unwrap_or(&self.raw)
    }

    /// The blobs that travel along.
    pub(super) fn blobs(&self) -> Vec<Vec<u8>> {
        let tx = self.sidecar.as_deref().and_then(|bytes| TxEnvelope::decode_2718_exact(bytes).ok());
        match &tx {
            Some(TxEnvelope::Eip4844(signed)) => signed
                .tx()
                .sidecar()
                .map_or_else(Vec::new, |sidecar| sidecar.blobs().iter().map(|blob| blob.to_vec()).collect()),
            _ => Vec::new(),
        }
    }
}

/// Signs a call on complete terms (what is none counts as 0).
pub(super) fn sign(from: &Key, chain: u64, call: &Call, terms: &Terms) -> Result<Envelope, ChainError> {
    let nonce = terms.nonce.unwrap_or_default();
    let gas_limit = terms.gas.unwrap_or_default();
    let max_fee_per_gas = terms.max_fee.unwrap_or_default();
    let max_priority_fee_per_gas = terms.tip.unwrap_or_default().min(max_fee_per_gas);
    let (value, input) = (U256::from(call.value), Bytes::from(call.data.clone()));
    if call.blobs.is_empty() {
        let to = call.to.map_or(TxKind::Create, |to| TxKind::Call(to.0.into()));
        let tx = TxEip1559 {
            chain_id: chain,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            input,
            ..TxEip1559::default()
        };
        let signature = signature(from, &tx.signature_hash().0);
        return Ok(open(tx.into_signed(signature).into(), from.address()));
    }
    let Some(to) = call.to else {
        return Err(ChainError::Refused("a transaction with blobs cannot create a contract".into()));
    };
    let sidecar = sidecar(&call.blobs)?;
    let tx = TxEip4844 {
        chain_id: chain,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to: to.0.into(),
        value,
        input,
        blob_versioned_hashes: sidecar.versioned_hashes().collect(),
        max_fee_per_blob_gas: terms.max_blob_fee.unwrap_or_default(),
        ..TxEip4844::default()
    };
    let signature = signature(from, &tx.signature_hash().0);
    let tx = TxEip4844WithSidecar { tx, sidecar: BlobTransactionSidecarVariant::Eip4844(sidecar) };
    Ok(open(tx.into_signed(signature).into(), from.address()))
}

/// Opens a transaction that arrived from outside: well-formed, signed canonically, blobs proven.
pub(super) fn decode(raw: &[u8]) -> Result<Envelope, ChainError> {
    let refuse = |what: &str| ChainError::Refused(what.into());
    let tx = TxEnvelope::decode_2718_exact(raw)
        .map_err(|error| ChainError::Refused(format!("these bytes are no transaction: {error}")))?;
    if tx.is_eip7702() {
        return Err(refuse("transactions that set an account's code (EIP-7702) are not taken here"));
    }
    if tx.access_list().is_some_and(|list| !list.is_empty()) {
        return Err(refuse("access lists (EIP-2930) are not taken here"));
    }
    if let TxEnvelope::Eip4844(signed) = &tx {
        let tx = signed.tx();
        let Some(sidecar) = tx.sidecar() else {
            return Err(refuse("the blobs of the transaction are missing: send it in the network's form"));
        };
        if sidecar.blobs().len() > MOST_BLOBS {
            return Err(refuse("too many blobs"));
        }
        let BlobTransactionSidecarVariant::Eip4844(sidecar) = sidecar else {
            return Err(refuse("proofs of cells (EIP-7594) are not taken by this fork"));
        };
        sidecar.validate(&tx.tx().blob_versioned_hashes, settings()).map_err(|error| {
            ChainError::Refused(format!("blobs and their commitments do not match: {error}"))
        })?;
    }
    let mut bytes = tx.signature().as_bytes();
    bytes[64] = 27 + u8::from(tx.signature().v());
    let from = Recoverer
        .recover(&tx.signature_hash().0, &bytes)
        .ok_or_else(|| refuse("the signature is none, or not the lower of its two forms (EIP-2)"))?;
    Ok(open(tx, from))
}

fn signature(from: &Key, digest: &[u8; 32]) -> Signature {
    Signature::from_raw_array(&from.sign(digest)).expect("27 and 28 are parities")
}

fn open(tx: TxEnvelope, from: Address) -> Envelope {
    let mut envelope = Envelope {
        hash: tx.tx_hash().0,
        from,
        kind: tx.tx_type() as u8,
        chain: tx.chain_id(),
        nonce: tx.nonce(),
        to: tx.to().map(|to| Address(to.0.0)),
        value: tx.value(),
        input: tx.input().clone(),
        gas: tx.gas_limit(),
        max_fee: tx.max_fee_per_gas(),
        tip: tx.max_priority_fee_per_gas(),
        max_blob_fee: tx.max_fee_per_blob_gas().unwrap_or_default(),
        blob_hashes: tx.blob_versioned_hashes().unwrap_or_default().iter().map(|hash| hash.0).collect(),
        signature: tx.signature().as_rsy(),
        raw: tx.encoded_2718(),
        sidecar: None,
    };
    if let TxEnvelope::Eip4844(signed) = tx {
        let (tx, signature, hash) = signed.into_parts();
        let bare = alloy_consensus::TxEip4844Variant::TxEip4844(tx.tx().clone());
        let bare = alloy_consensus::Signed::new_unchecked(bare, signature, hash);
        let bare = TxEnvelope::Eip4844(bare).encoded_2718();
        envelope.sidecar = Some(std::mem::replace(&mut envelope.raw, bare));
    }
    envelope
}

/// The hash by which the chain knows a blob: of its KZG commitment (EIP-4844).
///
/// # Errors
/// [`ChainError::Refused`] unless the blob is 4 096 numbers below the field's order, 32 bytes each.
pub fn versioned_hash(blob: &[u8]) -> Result<[u8; 32], ChainError> {
    let blob = field_elements(blob)?;
    let commitment = settings().blob_to_kzg_commitment(&blob).map_err(|error| not_a_blob(&error))?;
    Ok(alloy_eips::eip4844::kzg_to_versioned_hash(commitment.to_bytes().as_slice()).0)
}

fn sidecar(blobs: &[Vec<u8>]) -> Result<BlobTransactionSidecar, ChainError> {
    let mut sidecar = BlobTransactionSidecar::default();
    for bytes in blobs {
        let blob = field_elements(bytes)?;
        let commitment =
            settings().blob_to_kzg_commitment(&blob).map_err(|error| not_a_blob(&error))?.to_bytes();
        let proof =
            settings().compute_blob_kzg_proof(&blob, &commitment).map_err(|error| not_a_blob(&error))?;
        sidecar.blobs.push(Blob::from_slice(bytes));
        sidecar.commitments.push(Bytes48::from_slice(commitment.as_slice()));
        sidecar.proofs.push(Bytes48::from_slice(proof.to_bytes().as_slice()));
    }
    Ok(sidecar)
}

fn field_elements(blob: &[u8]) -> Result<c_kzg::Blob, ChainError> {
    c_kzg::Blob::from_bytes(blob).map_err(|error| not_a_blob(&error))
}

fn not_a_blob(error: &c_kzg::Error) -> ChainError {
    ChainError::Refused(format!("a blob is 4 096 numbers below the field's order, 32 bytes each: {error:?}"))
}

fn settings() -> &'static c_kzg::KzgSettings {
    c_kzg::ethereum_kzg_settings(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes of a blob: 4 096 field elements of 32 bytes.
    const BLOB: usize = 131_072;

    fn terms() -> Terms {
        Terms { nonce: Some(7), gas: Some(30_000), max_fee: Some(3), tip: Some(2), max_blob_fee: Some(1) }
    }

    fn call(blobs: Vec<Vec<u8>>) -> Call {
        Call { to: Some(Address([9; 20])), data: vec![1, 2, 3], value: 5, blobs }
    }

    #[test]
    fn a_transaction_survives_the_wire() {
        let key = Key::from_seed(b"wire", "anna");
        let sent = sign(&key, 31_337, &call(vec![]), &terms()).unwrap();
        assert_eq!(decode(sent.network()).unwrap(), sent);
        assert_eq!((sent.kind, sent.from, sent.nonce, sent.chain), (2, key.address(), 7, Some(31_337)));
        assert_eq!(sent.hash, market::keccak256(&sent.raw));
    }

    #[test]
    fn blobs_travel_beside_the_transaction() {
        let key = Key::from_seed(b"wire", "anna");
        let mut blob = vec![0; BLOB];
        blob[1..100].fill(7);
        let sent = sign(&key, 1, &call(vec![blob.clone()]), &terms()).unwrap();
        let arrived = decode(sent.network()).unwrap();
        assert_eq!(arrived, sent);
        assert_eq!(arrived.blob_hashes, [versioned_hash(&blob).unwrap()]);
        assert_eq!(arrived.blobs(), [blob]);
        assert_eq!(sent.hash, market::keccak256(&sent.raw), "the hash is over what stays");
        assert!(decode(&sent.raw).is_err(), "without its blobs it is refused");
    }

    #[test]
    fn a_changed_blob_is_refused() {
        let key = Key::from_seed(b"wire", "anna");
        let sent = sign(&key, 1, &call(vec![vec![0; BLOB]]), &terms()).unwrap();
        let mut network = sent.network().to_vec();
        let middle = network.len() / 2;
        network[middle] ^= 1;
        assert!(matches!(decode(&network), Err(ChainError::Refused(_))));
    }

    #[test]
    fn numbers_beyond_the_field_are_no_blob() {
        assert!(versioned_hash(&[0xff; BLOB]).is_err());
        assert!(versioned_hash(&[0; BLOB - 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_may_arrive(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0_u8..5) {
            let _ = decode(&bytes);
            let mut typed = vec![kind];
            typed.extend(bytes);
            let _ = decode(&typed);
        }

        #[test]
        fn a_changed_transaction_is_another_or_none(at in 0_usize..120, bit in 0_u32..8) {
            let sent = sign(&Key::from_seed(b"wire", "p"), 1, &call(vec![]), &terms()).unwrap();
            let mut network = sent.network().to_vec();
            let at = at % network.len();
            network[at] ^= 1 << bit;
            if let Ok(changed) = decode(&network) {
                prop_assert!(changed.hash != sent.hash && changed.from != sent.from);
            }
        }
    }
}
