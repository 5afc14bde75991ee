//! What the contract that takes demands says: its notices, how a demand stands, who may read.

use super::Demands;
use super::seal::Answer;
use crate::chain::{Chain, TxHash};
use crate::contract::ContractError;
use alloy_sol_types::{SolCall, SolEvent, SolValue, sol};
use market::{Address, Hash};

sol! {
    interface Notices {
        event Demanded(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes question, uint64 until);
        event Answered(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes answer);
        event Defaulted(bytes32 indexed hash, uint32 indexed segment, address indexed who);
        event Admitted(address indexed reader, uint32 place, bytes32 point, bool odd);
        function demandOf(bytes32 hash, uint32 segment, address who) external view
            returns (uint8 state, uint64 until, uint64 untilBlock);
        function deposit() external view returns (uint256);
        function claimable(address who) external view returns (uint256);
    }
}

/// A demand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The hash of the batch's header.
    pub batch: Hash,
    /// The segment.
    pub segment: u32,
    /// Who demanded.
    pub who: Address,
}

/// Something that the contract logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody demanded; for keys, with this one-time public key.
    Demanded(Asked, Option<[u8; 33]>),
    /// It was answered: with signatures, or with a hidden key.
    Answered(Asked, Vec<u8>),
    /// It was not, and the batch fell; by this transaction.
    Defaulted(Asked, TxHash),
    /// The next reader, with its public key; or one whose admission ended.
    Admitted(Address, Option<[u8; 33]>),
}

/// How a demand stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    #[default]
    None,
    /// It waits for its answer until this second and this block, both.
    Open(u64, u64),
    /// It is answered.
    Answered,
    /// It is over.
    Settled,
}

impl Demands {
    /// Asks a rollup where its demands are made.
    ///
    /// # Errors
    /// Where the node cannot be asked, or the contract has none.
    pub fn find<C: Chain + ?Sized>(chain: &mut C, rollup: Address) -> Result<Self, ContractError> {
        let answer = chain.call(Address::default(), &Self::whereabouts(rollup))?;
        Self::found(&answer).ok_or(ContractError::Undecodable { what: "demands" })
    }

    /// What it logged in these blocks, both ends included, in order.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn notices<C: Chain + ?Sized>(
        self,
        chain: &mut C,
        from: u64,
        to: u64,
    ) -> Result<Vec<Notice>, ContractError> {
        let logs = chain.logs(self.0, from, to)?;
        Ok(logs.iter().filter_map(read).collect())
    }

    /// How a demand stands.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn standing<C: Chain + ?Sized>(
        self,
        chain: &mut C,
        asked: &Asked,
    ) -> Result<Standing, ContractError> {
        let (hash, who) = (asked.batch.into(), alloy_primitives::Address::from(asked.who.0));
        let found =
            self.ask(chain, &Notices::demandOfCall { hash, segment: asked.segment, who }, "demandOf")?;
        Ok(match found.state {
            0 => Standing::None,
            1 => Standing::Open(found.until, found.untilBlock),
            2 => Standing::Answered,
            _ => Standing::Settled,
        })
    }

    /// What a demand costs, wei.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn deposit<C: Chain + ?Sized>(self, chain: &mut C) -> Result<u128, ContractError> {
        Ok(self.ask(chain, &Notices::depositCall {}, "deposit")?.saturating_to())
    }

    /// What the contract owes somebody, wei.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn claimable<C: Chain + ?Sized>(self, chain: &mut C, who: Address) -> Result<u128, ContractError> {
        let who = alloy_primitives::Address::from(who.0);
        Ok(self.ask(chain, &Notices::claimableCall { who }, "claimable")?.saturating_to())
    }

    /// The readers' public keys in the order of their places; zeros for one whose admission ended.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn readers<C: Chain + ?Sized>(
        self,
        chain: &mut C,
        from: u64,
        to: u64,
    ) -> Result<Vec<[u8; 33]>, ContractError> {
        let mut readers: Vec<(Address, [u8; 33])> = Vec::new();
        for notice in self.notices(chain, from, to)? {
            let Notice::Admitted(reader, public) = notice else { continue };
            // A place is never given twice; another admission, or its end, takes the one before away.
            readers.iter_mut().filter(|(who, _)| *who == reader).for_each(|(_, public)| *public = [0; 33]);
            readers.extend(public.map(|public| (reader, public)));
        }
        Ok(readers.into_iter().map(|(_, public)| public).collect())
    }

    fn ask<C: Chain + ?Sized, T: SolCall>(
        self,
        chain: &mut C,
        call: &T,
        what: &'static str,
    ) -> Result<T::Return, ContractError> {
        let call = crate::chain::Call { to: Some(self.0), data: call.abi_encode(), ..Default::default() };
        let answer = chain.call(Address::default(), &call)?;
        T::abi_decode_returns_validate(&answer).map_err(|_| ContractError::Undecodable { what })
    }
}

impl Answer {
    /// The answer in a notice; `None` where it is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        type Given = (alloy_primitives::B256, bool, alloy_primitives::B256);
        let (point, odd, hidden) = Given::abi_decode_params_validate(bytes).ok()?;
        Some(Self { point: public(&point.0, odd), hidden: hidden.0 })
    }
}

/// A compressed public key from its first coordinate and whether the second is odd.
fn public(point: &Hash, odd: bool) -> [u8; 33] {
    let mut bytes = [2 + u8::from(odd); 33];
    bytes[1..].copy_from_slice(point);
    bytes
}

fn read(log: &crate::chain::Log) -> Option<Notice> {
    let topics: Vec<alloy_primitives::B256> = log.topics.iter().map(|topic| (*topic).into()).collect();
    let (first, topics, data) = (*topics.first()?, topics.iter().copied(), &log.data);
    let asked = |hash: alloy_primitives::B256, segment, who: alloy_primitives::Address| Asked {
        batch: hash.0,
        segment,
        who: Address(who.0.0),
    };
    if first == Notices::Demanded::SIGNATURE_HASH {
        let e = Notices::Demanded::decode_raw_log(topics, data).ok()?;
        let point = <(alloy_primitives::B256, bool)>::abi_decode_params_validate(&e.question).ok();
        return Some(Notice::Demanded(
            asked(e.hash, e.segment, e.who),
            point.map(|(point, odd)| public(&point.0, odd)),
        ));
    }
    if first == Notices::Answered::SIGNATURE_HASH {
        let e = Notices::Answered::decode_raw_log(topics, data).ok()?;
        return Some(Notice::Answered(asked(e.hash, e.segment, e.who), e.answer.to_vec()));
    }
    if first == Notices::Defaulted::SIGNATURE_HASH {
        let e = Notices::Defaulted::decode_raw_log(topics, data).ok()?;
        return Some(Notice::Defaulted(asked(e.hash, e.segment, e.who), log.transaction));
    }
    let e = Notices::Admitted::decode_raw_log(topics, data).ok()?;
    let admitted = (e.point.0 != [0; 32]).then(|| public(&e.point.0, e.odd));
    Some(Notice::Admitted(Address(e.reader.0.0), admitted))
}
