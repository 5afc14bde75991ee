//! What is sent in the modes beside the calls that all contracts have.

use super::Mode;
use super::cell::Opening;
use super::read::Published;
use super::seal::Answer;
use crate::batch::{self, Header};
use crate::chain::Call;
use crate::contract::{Calls, Config, abi::IRollup};
use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use ledger::Key;
use market::{Address, Hash};

sol! {
    struct Heading {
        uint64 id; uint64 number; bytes32 parent; bytes32 dataRoot; bytes32 recordsHash; uint32 segments; bytes32 root;
        uint64 queue; bool idle; uint64 time; uint64 postedAt; uint64 block_; address operator; uint32 version;
        bytes32 blob; uint64 available;
    }
    struct SolTerms { uint64 answerSeconds; uint64 answerBlocks; uint128 deposit; }
    struct SolLeaf { bytes32 pre; bytes32 input; bytes32 post; bytes32[] path; }
    struct SolOpening { bytes elements; bytes proof; }
    struct Refutation {
        uint32 segment; uint256 secret; bytes32 point; bool odd; bytes32 hidden;
        bytes32 pre; bytes32 text; bytes32 keyHash; bytes32 post; bytes32[] path;
    }
    interface Withheld { function demands() external view returns (address); }
    interface Asking {
        function overdue(Heading header, uint32 segment, address who) external;
        function reclaim(Heading header, uint32 segment, address who) external;
        function collect() external;
    }
    interface Signatures {
        function demand(Heading header, uint32 segment) external payable;
        function show(Heading header, uint32 segment, bytes32 pre, bytes32 bare, bytes signatures, bytes32 post, bytes32[] path) external;
    }
    interface Keys {
        function admit(address reader, bytes32 point, bool odd) external;
        function demand(Heading header, uint32 segment, bytes32 point, bool odd) external payable;
        function answer(Heading header, uint32 segment, address who, bytes32 point, bool odd, bytes32 hidden) external;
        function refute(Heading header, Refutation r) external;
    }
    interface Cells {
        function mismatch(Heading header, uint32 cell, SolLeaf leaf, SolOpening opening) external view;
        function mislisted(Heading header, uint32 cell, Heading parent, SolOpening first, SolOpening second) external view;
        function altered(Heading header, uint32 cell, SolOpening first, SolOpening again) external view;
    }
    interface Disputed { function dispute(bytes call, bytes32 salt) external; }
}

/// Times and price of demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// To answer a demand, and as much again to prove what the answer shows, s; twice this is no more than a window.
    pub answer_seconds: u64,
    /// The same in blocks; both have to be over.
    pub answer_blocks: u64,
    /// What a demand costs, and pays its answer, wei.
    pub deposit: u128,
}

impl Terms {
    /// The usual ones within a community's: a quarter of a window to answer, half of its blocks, and a thousandth of what
    /// a promise costs.
    #[must_use]
    pub fn within(config: &Config) -> Self {
        Self {
            answer_seconds: (config.window_seconds / 4).max(1),
            answer_blocks: (config.window_blocks / 2).max(1),
            deposit: (config.commit_bond / 1_000).max(1),
        }
    }
}

/// The configuration among a constructor's arguments; `None` where they are not those of this mode's contract.
pub(crate) fn config(mode: Mode, arguments: &[u8]) -> Option<IRollup::Config> {
    if mode.has_demands() {
        <(IRollup::Config, SolTerms)>::abi_decode_params_validate(arguments).ok().map(|(config, _)| config)
    } else {
        IRollup::Config::abi_decode_validate(arguments).ok()
    }
}

/// The address of whoever has the key behind a public key; `None` where the bytes are no public key.
#[must_use]
pub fn address_of(public: &[u8; 33]) -> Option<Address> {
    // The product with the number 1 is the point itself.
    let mut one = [0; 32];
    one[31] = 1;
    Key::from_entropy(one)?.shared(public)
}

/// Creates a contract of a mode that has demands.
#[must_use]
pub fn create(name: &str, config: &Config, terms: &Terms) -> Option<Call> {
    let mut call = Calls::create(name)?;
    let terms = SolTerms {
        answerSeconds: terms.answer_seconds,
        answerBlocks: terms.answer_blocks,
        deposit: terms.deposit,
    };
    call.data.extend((IRollup::Config::from(config), terms).abi_encode_params());
    Some(call)
}

fn heading(header: &Header) -> Heading {
    Heading::abi_decode(&header.encode()).expect("a header is encoded as Solidity does")
}

fn address(address: Address) -> alloy_primitives::Address {
    alloy_primitives::Address::from(address.0)
}

fn words(hashes: &[Hash]) -> Vec<B256> {
    hashes.iter().copied().map(B256::from).collect()
}

/// A compressed public key as the contract takes it: first coordinate, and whether the second is odd.
fn point(public: &[u8; 33]) -> (B256, bool) {
    (B256::from_slice(&public[1..]), public[0] == 3)
}

fn to(contract: Address, call: &impl SolCall, value: u128) -> Call {
    Call { to: Some(contract), data: call.abi_encode(), value, blobs: Vec::new() }
}

/// Calls of the contract that takes demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands(pub Address);

impl Demands {
    /// Asks a rollup where its demands are made.
    #[must_use]
    pub fn whereabouts(rollup: Address) -> Call {
        to(rollup, &Withheld::demandsCall {}, 0)
    }

    /// Reads the answer.
    #[must_use]
    pub fn found(answer: &[u8]) -> Option<Self> {
        Some(Self(Address(Withheld::demandsCall::abi_decode_returns(answer).ok()?.0.0)))
    }

    /// Demands the signatures of a segment.
    #[must_use]
    pub fn demand_signatures(self, header: &Header, segment: u32, deposit: u128) -> Call {
        to(self.0, &Signatures::demandCall { header: heading(header), segment }, deposit)
    }

    /// Shows them.
    #[must_use]
    pub fn show(
        self,
        header: &Header,
        published: &Published,
        segment: u32,
        bare: &Hash,
        signatures: &[u8],
    ) -> Call {
        let leaf = published.leaves[segment as usize];
        let call = Signatures::showCall {
            header: heading(header),
            segment,
            pre: leaf.pre.into(),
            bare: (*bare).into(),
            signatures: signatures.to_vec().into(),
            post: leaf.post.into(),
            path: words(&batch::path(&published.hashes(), segment as usize)),
        };
        to(self.0, &call, 0)
    }

    /// Admits a reader with this public key; the governor's call.
    #[must_use]
    pub fn admit(self, reader: Address, public: &[u8; 33]) -> Call {
        let (point, odd) = point(public);
        to(self.0, &Keys::admitCall { reader: address(reader), point, odd }, 0)
    }

    /// Demands the key of a segment, hidden for a public key that is used this once.
    #[must_use]
    pub fn demand_key(self, header: &Header, segment: u32, public: &[u8; 33], deposit: u128) -> Call {
        let (point, odd) = point(public);
        to(self.0, &Keys::demandCall { header: heading(header), segment, point, odd }, deposit)
    }

    /// Answers with it.
    #[must_use]
    pub fn answer(self, header: &Header, segment: u32, who: Address, answer: &Answer) -> Call {
        let (point, odd) = point(&answer.point);
        let (header, who, hidden) = (heading(header), address(who), answer.hidden.into());
        to(self.0, &Keys::answerCall { header, segment, who, point, odd, hidden }, 0)
    }

    /// Shows that an answer was wrong: the secret of the one-time key, and the leaf's ciphertext and key hash.
    #[must_use]
    pub fn refute(
        self,
        header: &Header,
        published: &Published,
        segment: u32,
        secret: &Hash,
        answer: &Answer,
        parts: (&Hash, &Hash),
    ) -> Call {
        let leaf = published.leaves[segment as usize];
        let (point, odd) = point(&answer.point);
        let r = Refutation {
            segment,
            secret: U256::from_be_bytes(*secret),
            point,
            odd,
            hidden: answer.hidden.into(),
            pre: leaf.pre.into(),
            text: (*parts.0).into(),
            keyHash: (*parts.1).into(),
            post: leaf.post.into(),
            path: words(&batch::path(&published.hashes(), segment as usize)),
        };
        to(self.0, &Keys::refuteCall { header: heading(header), r }, 0)
    }

    /// An answer is overdue.
    #[must_use]
    pub fn overdue(self, header: &Header, segment: u32, who: Address) -> Call {
        to(self.0, &Asking::overdueCall { header: heading(header), segment, who: address(who) }, 0)
    }

    /// The deposit of a demand whose batch fell otherwise goes back.
    #[must_use]
    pub fn reclaim(self, header: &Header, segment: u32, who: Address) -> Call {
        to(self.0, &Asking::reclaimCall { header: heading(header), segment, who: address(who) }, 0)
    }

    /// Pays what is owed to the sender.
    #[must_use]
    pub fn collect(self) -> Call {
        to(self.0, &Asking::collectCall {}, 0)
    }
}

/// Disputes about what a batch claims of its blob; calls of `BlobRollup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disputes(pub Address);

impl Disputes {
    fn send(self, call: &impl SolCall, salt: &Hash) -> Call {
        to(self.0, &Disputed::disputeCall { call: call.abi_encode().into(), salt: (*salt).into() }, 0)
    }

    /// A leaf is not the blob's cell.
    #[must_use]
    pub fn mismatch(
        self,
        header: &Header,
        published: &Published,
        cell: usize,
        opening: Opening,
        salt: &Hash,
    ) -> Call {
        let found = published.leaves[cell];
        let leaf = SolLeaf {
            pre: found.pre.into(),
            input: found.input.into(),
            post: found.post.into(),
            path: words(&batch::path(&published.hashes(), cell)),
        };
        let header = heading(header);
        self.send(&Cells::mismatchCall { header, cell: cell as u32, leaf, opening: opening.into() }, salt)
    }

    /// The data root is not that of the blob's list, which its last two cells carry.
    #[must_use]
    pub fn mislisted(self, header: &Header, parent: &Header, list: [Opening; 2], salt: &Hash) -> Call {
        let [first, second] = list.map(Into::into);
        let (header, parent) = (heading(header), heading(parent));
        let cell = super::compose::DATA_CELLS as u32;
        self.send(&Cells::mislistedCall { header, cell, parent, first, second }, salt)
    }

    /// A repost's blob has other records in this cell than the first one.
    #[must_use]
    pub fn altered(self, header: &Header, cell: usize, first: Opening, again: Opening, salt: &Hash) -> Call {
        let (header, first, again) = (heading(header), first.into(), again.into());
        self.send(&Cells::alteredCall { header, cell: cell as u32, first, again }, salt)
    }
}

impl From<Opening> for SolOpening {
    fn from(opening: Opening) -> Self {
        Self { elements: opening.elements.into(), proof: opening.proof.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_the_public_key() {
        for name in ["anna", "bert"] {
            let key = Key::from_seed(b"readers", name);
            assert_eq!(address_of(&key.public()), Some(key.address()));
        }
        assert_eq!(address_of(&[0; 33]), None);
    }
}
