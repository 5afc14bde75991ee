//! How a community's batches are read from its chain: in which mode, and with whose key.

use super::seal::Secret;
use super::{Content, Demands, Mode, Part, Published};
use crate::chain::Chain;
use crate::contract::{ContractError, Entry, Event, Posted, posted};
use ledger::Key;
use market::{Address, Hash, keccak256};

/// Reads batches of one contract.
#[derive(Clone, Debug)]
pub struct Lens {
    /// How data reaches the chain.
    pub mode: Mode,
    contract: Address,
    /// A registered watcher's, for sealed batches.
    key: Option<Key>,
    /// Where demands are made, once asked.
    demands: Option<Demands>,
}

impl Lens {
    /// For a contract of this mode; the key opens sealed batches, if it is a registered watcher's.
    #[must_use]
    pub const fn new(mode: Mode, contract: Address, key: Option<Key>) -> Self {
        Self { mode, contract, key, demands: None }
    }

    /// Whose batches.
    #[must_use]
    pub const fn contract(&self) -> Address {
        self.contract
    }

    /// Where demands are made; nowhere in modes without.
    ///
    /// # Errors
    /// Where the node cannot be asked.
    pub fn demands<C: Chain + ?Sized>(&mut self, chain: &mut C) -> Result<Option<Demands>, ContractError> {
        if self.demands.is_none() && self.mode.has_demands() {
            self.demands = Some(Demands::find(chain, self.contract)?);
        }
        Ok(self.demands)
    }

    /// What a batch was posted with; or, in words, why that cannot be had. In the blob mode `data` is the blob.
    ///
    /// # Errors
    /// Where the node cannot be asked.
    pub fn posted<C: Chain + ?Sized>(
        &self,
        chain: &mut C,
        entry: &Entry,
    ) -> Result<Result<Posted, String>, ContractError> {
        let mut found = match posted(chain, self.contract, entry) {
            Ok(found) => found,
            Err(error @ (ContractError::Indirect { .. } | ContractError::Gone { .. })) => {
                return Ok(Err(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        if self.mode == Mode::Blob
            && let Event::Posted { header, .. } | Event::Reposted { header, .. } = &entry.event
        {
            let (Posted::New { data, .. } | Posted::Again { blob: data, .. }) = &mut found;
            match chain.blob(&header.blob)? {
                Some(blob) => *data = blob,
                None => {
                    let hash: String = header.blob.iter().map(|byte| format!("{byte:02x}")).collect();
                    return Ok(Err(format!(
                        "this node no longer keeps its blob 0x{hash} (nodes keep blobs for about 18 days): ask one that \
                         archives them, or somebody who has watched since then"
                    )));
                }
            }
        }
        Ok(Ok(found))
    }

    /// The secret of a sealed batch, where this key opens it: from the batch's first segment and the wraps. `parent`: the
    /// hash of the header before the batch's first posting.
    #[must_use]
    pub fn secret(&self, parent: &Hash, first: &Content, wraps: &[u8]) -> Option<Secret> {
        let key = self.key.as_ref()?;
        let Content::Sealed(_, hash) = first else { return None };
        let places = wraps.len().checked_sub(33)? / 32;
        let mut secrets = (0..places).filter_map(|place| Secret::unwrap(key, place, parent, wraps));
        secrets.find(|secret| keccak256(&secret.key(0)) == *hash)
    }

    /// Its segments, with what can be read of them from the chain alone.
    #[must_use]
    pub fn parts(&self, parent: &Hash, published: &Published) -> Vec<Part> {
        let first = published.units.first().map(|unit| &unit.content);
        let secret = first.and_then(|first| self.secret(parent, first, &published.wraps));
        let parts = (0..).zip(&published.units).map(|(i, unit)| {
            let mut part = Part::new(unit.content.clone());
            if let Some(key) = secret.as_ref().map(|secret| secret.key(i)) {
                part.show(&keccak256(&key), &key);
            }
            part
        });
        parts.collect()
    }
}
