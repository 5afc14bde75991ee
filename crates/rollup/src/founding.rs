//! The founding: the transaction that creates the contract also carries the state from which everything follows.
//!
//! The contract keeps only the genesis' root, but whoever derives the secondary chain needs its leaves: markets, tariffs,
//! limits. They follow the constructor's arguments in the input of the creating transaction, where the contract does not look:
//! `creation code ‖ arguments ‖ genesis ‖ length of genesis u32`, the genesis being `head (96) ‖ count u32 ‖ leaves`, and a
//! leaf `place u32 ‖ its words` in rising order of place. The root makes them certain, so it does not matter who says them.

use crate::chain::{Call, Chain, ChainError};
use crate::contract::abi::IRollup;
use crate::contract::{Calls, Config, Contract, ContractError, Entry, Event, Token};
use crate::step::{Head, NO_WORDS, Place, State, Store};
use alloy_sol_types::SolValue;
use ledger::Key;
use market::{Address, Hash};

/// The genesis as it is published.
#[must_use]
pub fn encode(genesis: &State) -> Vec<u8> {
    let mut bytes = Vec::from(genesis.head().words().as_flattened());
    let leaves: Vec<_> = genesis.leaves().collect();
    bytes.extend((leaves.len() as u32).to_be_bytes());
    for (place, words) in leaves {
        bytes.extend(place.0.to_be_bytes());
        bytes.extend(words[..place.words()].as_flattened());
    }
    bytes
}

/// The state of these bytes; `None` where they are not exactly one.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<State> {
    let (head, mut rest) = bytes.split_first_chunk::<96>()?;
    let (words, _) = head.as_chunks::<32>();
    let head = Head::from_words(words.try_into().ok()?);
    let mut state = State::new(head);
    let mut take = |count: usize| {
        let (taken, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(taken)
    };
    let count = u32::from_be_bytes(take(4)?.try_into().ok()?);
    for _ in 0..count {
        let place = Place(u32::from_be_bytes(take(4)?.try_into().ok()?));
        let mut words = NO_WORDS;
        words[..place.words()].as_flattened_mut().copy_from_slice(take(32 * place.words())?);
        state.set_words(place, words).ok()?;
    }
    state.forget();
    (rest.is_empty() && encode(&state) == bytes).then_some(state)
}

/// Creates a rollup contract (`Rollup`, or another mode's name) and publishes the genesis with it; `config.genesis` is
/// its root.
///
/// # Errors
/// [`ContractError::Refused`] with what the constructor finds wrong with the configuration; those of the chain.
pub fn found<'a, C: Chain + ?Sized>(
    chain: &'a mut C,
    key: &Key,
    name: &'static str,
    config: &Config,
    genesis: &mut State,
) -> Result<Contract<'a, C>, ContractError> {
    let config = Config { genesis: genesis.root(), ..config.clone() };
    let missing = || ChainError::Refused(format!("there is no artefact of a contract {name}"));
    create(chain, key, Calls::create_rollup(name, &config).ok_or_else(missing)?, genesis)
}

/// The same for a rollup whose money is a token; `config`'s bonds and fees are units of it.
///
/// # Errors
/// As for [`found`].
pub fn found_with_token<'a, C: Chain + ?Sized>(
    chain: &'a mut C,
    key: &Key,
    token: Token,
    config: &Config,
    genesis: &mut State,
) -> Result<Contract<'a, C>, ContractError> {
    let config = Config { genesis: genesis.root(), ..config.clone() };
    let missing = || ChainError::Refused("there is no artefact of a contract TokenRollup".into());
    create(chain, key, token.create_rollup(&config).ok_or_else(missing)?, genesis)
}

fn create<'a, C: Chain + ?Sized>(
    chain: &'a mut C,
    key: &Key,
    mut call: Call,
    genesis: &State,
) -> Result<Contract<'a, C>, ContractError> {
    let published = encode(genesis);
    let length = (published.len() as u32).to_be_bytes();
    call.data.extend(published);
    call.data.extend(length);
    let outcome = chain.execute(key, &call)?;
    match outcome.contract {
        Some(address) if outcome.success => Ok(Contract { chain, address }),
        _ => Err(ContractError::Undone { hash: outcome.hash, block: outcome.block }),
    }
}

/// Why the genesis cannot be had from the chain.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// Nothing was ever logged at this address.
    #[error("no contract at {0:?} has logged anything: check the address and the chain")]
    NoContract(Address),
    /// The creating transaction has no genesis with the contract's root.
    #[error("the transaction that created the contract does not carry the genesis: name a file with it")]
    Unpublished,
    /// The node did not answer.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

/// What the transaction that created a contract says.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The state before the first batch.
    pub genesis: State,
    /// How long a batch can be challenged, s.
    pub window: u64,
}

/// The founding of a contract by its first events.
///
/// # Errors
/// [`FoundingError`] where it is not there.
pub fn founding<C: Chain + ?Sized>(
    chain: &mut C,
    address: Address,
    first: &[Entry],
) -> Result<Founding, FoundingError> {
    let created = first.iter().find_map(|entry| match &entry.event {
        Event::Posted { number: 0, header, .. } => Some((header.root, entry.transaction)),
        _ => None,
    });
    let (root, transaction) = created.ok_or(FoundingError::NoContract(address))?;
    let found = chain.transaction(&transaction).map_err(ContractError::from)?;
    let found = found.ok_or(ContractError::Gone { transaction })?;
    published(&found.input, &root).ok_or(FoundingError::Unpublished)
}

/// The founding at the end of a creating transaction's input, if the genesis' root is this.
fn published(input: &[u8], root: &Hash) -> Option<Founding> {
    let (rest, length) = input.split_last_chunk::<4>()?;
    let (before, genesis) = rest.split_at(rest.len().checked_sub(u32::from_be_bytes(*length) as usize)?);
    let mut genesis = decode(genesis)?;
    if genesis.root() != *root {
        return None;
    }
    // The configuration is the last of the arguments, whatever else a constructor takes: 15 words, and the operators with
    // their number.
    let config = (1..=MOST_OPERATORS).find_map(|operators| {
        let fields = &before[before.len().checked_sub(32 * (16 + operators))?..];
        IRollup::Config::abi_decode_params_validate(fields).ok().filter(|config| config.genesis.0 == *root)
    });
    Some(Founding { genesis, window: config?.windowSeconds })
}

/// As in `Operators.sol`.
const MOST_OPERATORS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn genesis() -> State {
        let mut state = State::new(Head { time: 7, accounts: 3, duration: 900, ..Head::default() });
        let mut words = NO_WORDS;
        words[0] = [1; 32];
        state.set_words(Place(256), words).unwrap();
        words[1] = [2; 32];
        state.set_words(Place(0), words).unwrap();
        words[2] = [3; 32];
        state.set_words(Place(0x1000_0002), words).unwrap();
        state
    }

    #[test]
    fn a_published_genesis_is_read_back() {
        let mut state = genesis();
        let bytes = encode(&state);
        assert_eq!(bytes.len(), 96 + 4 + (4 + 64) + (4 + 32) + (4 + 96));
        let mut read = decode(&bytes).unwrap();
        assert_eq!(read.root(), state.root());
        let root = state.root();
        let config = Config {
            genesis: root,
            window_seconds: 3_600,
            operators: vec![Address([7; 20]); 3],
            ..Config::default()
        };
        let length = (bytes.len() as u32).to_be_bytes();
        let token = Token(Address([9; 20])).create_rollup(&config).unwrap();
        for call in [Calls::create_rollup("Rollup", &config).unwrap(), token] {
            let input = [&call.data[..], &bytes, &length].concat();
            let mut found = published(&input, &root).unwrap();
            assert_eq!((found.genesis.root(), found.window), (root, 3_600));
            assert!(published(&input, &[0; 32]).is_none(), "another community's");
            assert!(published(&input[..input.len() - 1], &root).is_none());
        }
    }

    #[test]
    fn changed_bytes_are_no_genesis_or_another() {
        let mut state = genesis();
        let (bytes, root) = (encode(&state), state.root());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(decode(&changed).is_none_or(|mut other| other.root() != root), "byte {at}");
            assert!(decode(&bytes[..at]).is_none());
        }
        assert!(decode(&[bytes, vec![0]].concat()).is_none());
    }
}
