//! Every call of the contract, as a [`Call`] that any chain can send.

use super::abi::IRollup;
use super::types::{address, word, words};
use super::{Artefact, Config, Fraud, Head};
use crate::batch::Header;
use crate::chain::Call;
use crate::modes::{self, Mode};
use alloy_sol_types::{SolCall, SolValue};
use market::{Address, Hash};

/// Calls of the contract at an address. What each does, and who may, is in `contracts/src/IRollup.sol`; amounts are wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls(pub Address);

impl Calls {
    /// Creates a contract without arguments from its committed artefact; none where there is no such artefact.
    #[must_use]
    pub fn create(name: &str) -> Option<Call> {
        Artefact::named(name).map(|artefact| Call { data: artefact.creation.clone(), ..Call::default() })
    }

    /// Creates the contract of a mode, by its name; demands have the usual terms ([`modes::Terms::within`]). None where
    /// there is no such artefact.
    #[must_use]
    pub fn create_rollup(name: &str, config: &Config) -> Option<Call> {
        let mode = Mode::ALL.into_iter().find(|mode| mode.contract() == name)?;
        if mode.has_demands() {
            return modes::create(name, config, &modes::Terms::within(config));
        }
        let mut call = Self::create(name)?;
        call.data.extend(IRollup::Config::from(config).abi_encode());
        Some(call)
    }

    pub(super) fn to(self, call: &impl SolCall, value: u128) -> Call {
        Call { to: Some(self.0), data: call.abi_encode(), value, blobs: Vec::new() }
    }

    /// Puts coin into the queue for an account.
    #[must_use]
    pub fn deposit(self, account: u32, value: u128) -> Call {
        self.to(&IRollup::depositCall { account }, value)
    }

    /// Puts a signed record into the queue; `value` is the operator's fee.
    #[must_use]
    pub fn force(self, record: &[u8], value: u128) -> Call {
        self.to(&IRollup::forceCall { record: record.to_vec().into() }, value)
    }

    /// Pays a withdrawal that the last final root holds.
    #[must_use]
    pub fn withdraw(self, withdrawal: u32, to: Address, amount: u128, head: &Head, proof: &[u8]) -> Call {
        let (to, head, proof) = (address(to), head.into(), proof.to_vec().into());
        self.to(&IRollup::withdrawCall { withdrawal, to, amount, head, proof }, 0)
    }

    /// Pays what the contract owes the sender.
    #[must_use]
    pub fn collect(self) -> Call {
        self.to(&IRollup::collectCall {}, 0)
    }

    /// Pays an operator's bond.
    #[must_use]
    pub fn bond(self, value: u128) -> Call {
        self.to(&IRollup::bondCall {}, value)
    }

    /// An operator leaves, and later gets its bond back.
    #[must_use]
    pub fn unbond(self) -> Call {
        self.to(&IRollup::unbondCall {}, 0)
    }

    /// Posts a batch: its parent, its data, the head after it, the queue's hash where it stops and the first item it
    /// leaves there (empty if none).
    #[must_use]
    pub fn post(self, parent: &Header, data: &[u8], head: &Head, chain: &Hash, next: &[u8]) -> Call {
        let (data, next) = (data.to_vec().into(), next.to_vec().into());
        let (parent, head, chain) = (parent.into(), head.into(), word(chain));
        self.to(&IRollup::postCall { parent, data, head, chain, next }, 0)
    }

    /// Gives the oldest input whose roots fell new roots: the header it stood under last, keccak256 of each segment's
    /// records, the roots after each.
    #[must_use]
    pub fn repost(
        self,
        parent: &Header,
        voided: &Header,
        records: &[Hash],
        roots: &[Hash],
        head: &Head,
        chain: &Hash,
    ) -> Call {
        let (records, roots) = (words(records), words(roots));
        let (parent, voided, head, chain) = (parent.into(), voided.into(), head.into(), word(chain));
        self.to(&IRollup::repostCall { parent, voided, records, roots, head, chain }, 0)
    }

    /// Credits the fees of forced records that a final batch consumed.
    #[must_use]
    pub fn earn(self, parent: &Header, header: &Header, items: &[u64]) -> Call {
        let (parent, header, items) = (parent.into(), header.into(), items.to_vec());
        self.to(&IRollup::earnCall { parent, header, items }, 0)
    }

    /// Promises a proof ([`Calls::promise`]), with the commit bond.
    #[must_use]
    pub fn commit(self, promise: &Hash, value: u128) -> Call {
        self.to(&IRollup::commitCall { promise_: word(promise) }, value)
    }

    /// Proves one segment wrong; the salt is that of the promise, anything where there was none.
    #[must_use]
    pub fn prove(self, fraud: &Fraud, salt: &Hash) -> Call {
        self.to(&IRollup::proveCall { fraud: fraud.into(), salt: word(salt) }, 0)
    }

    /// Returns the bond of a promise whose batch fell, or takes the reward over with an older promise.
    #[must_use]
    pub fn claim(self, hash: &Hash, segment: u32, salt: &Hash) -> Call {
        self.to(&IRollup::claimCall { hash: word(hash), segment, salt: word(salt) }, 0)
    }

    /// Credits the reward of a proof once it is settled.
    #[must_use]
    pub fn reward(self, hash: &Hash) -> Call {
        self.to(&IRollup::rewardCall { hash: word(hash) }, 0)
    }

    /// Makes batches final, in order.
    #[must_use]
    pub fn finalise(self, headers: &[Header]) -> Call {
        self.to(&IRollup::finaliseCall { headers: headers.iter().map(Into::into).collect() }, 0)
    }

    /// A watcher shows that it holds the state of a batch.
    #[must_use]
    pub fn attest(self, header: &Header, head: &Head, words: &[Hash; 3], proof: &[u8]) -> Call {
        let (header, head, words, proof) =
            (header.into(), head.into(), words.map(|w| word(&w)), proof.to_vec().into());
        self.to(&IRollup::attestCall { header, head, words, proof }, 0)
    }

    /// Ends everything but withdrawals and exits, when no operator posts any more.
    #[must_use]
    pub fn freeze(self, newest: &Header) -> Call {
        self.to(&IRollup::freezeCall { newest: newest.into() }, 0)
    }

    /// After the end: pays an account's balance.
    #[must_use]
    pub fn exit(self, account: u32, words: &[Hash; 3], head: &Head, proof: &[u8]) -> Call {
        let (words, head, proof) = (words.map(|w| word(&w)), head.into(), proof.to_vec().into());
        self.to(&IRollup::exitCall { account, words, head, proof }, 0)
    }

    /// After the end: gives the money of an item that was never consumed back.
    #[must_use]
    pub fn refund(self, item: u64, preimage: &[u8], head: &Head) -> Call {
        let (preimage, head) = (preimage.to_vec().into(), head.into());
        self.to(&IRollup::refundCall { item, preimage, head }, 0)
    }

    /// Announces the next transition.
    #[must_use]
    pub fn announce(self, transition: Address) -> Call {
        self.to(&IRollup::announceCall { transition: address(transition) }, 0)
    }

    /// Stops posting, finalisation and the window's clock for so many seconds.
    #[must_use]
    pub fn pause(self, seconds: u64) -> Call {
        self.to(&IRollup::pauseCall { seconds_: seconds }, 0)
    }

    /// The promise of a proof: keccak256(abi.encode(challenger, hash of the header, segment, salt)).
    #[must_use]
    pub fn promise(challenger: Address, header: &Hash, segment: u32, salt: &Hash) -> Hash {
        market::keccak256(&(address(challenger), word(header), segment, word(salt)).abi_encode())
    }
}
