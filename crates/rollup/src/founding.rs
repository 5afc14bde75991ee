//! The founding: the transaction that creates the contract also carries the state from which everything follows.
//!
//! The contract keeps only the genesis' root, but whoever derives the secondary chain needs its leaves: markets, tariffs,
//! limits. They follow the constructor's arguments in the input of the creating transaction, where the contract does not look:
//! `creation code ‖ arguments ‖ genesis ‖ length of genesis u32`, the genesis being `head (96) ‖ count u32 ‖ leaves`, and a
//! leaf `place u32 ‖ its words` in rising order of place. The root makes them certain, so it does not matter who says them.

use crate::chain::{Call, Chain, ChainError};
use crate::contract::abi::IRollup;
use crate::contract::{Artefact, Calls, Config, Contract, ContractError, Entry, Event, Token};
use crate::modes::{self, Mode};
use crate::step::{Head, NO_WORDS, Place, State, Store};
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

/// The call that creates the contract of a mode and publishes the genesis with it; `config.genesis` becomes its root.
/// `None` where there is no such artefact.
#[must_use]
pub fn creation(name: &str, config: &Config, genesis: &mut State) -> Option<Call> {
    let config = Config { genesis: genesis.root(), ..config.clone() };
    Some(with_genesis(Calls::create_rollup(name, &config)?, genesis))
}

fn creation_with_token(token: Token, config: &Config, genesis: &mut State) -> Option<Call> {
    let config = Config { genesis: genesis.root(), ..config.clone() };
    Some(with_genesis(token.create_rollup(&config)?, genesis))
}

fn with_genesis(mut call: Call, genesis: &State) -> Call {
    let published = encode(genesis);
    let length = (published.len() as u32).to_be_bytes();
    call.data.extend(published);
    call.data.extend(length);
    call
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
    let missing = || ChainError::Refused(format!("there is no artefact of a contract {name}"));
    let call = creation(name, config, genesis).ok_or_else(missing)?;
    create(chain, key, &call)
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
    let missing = || ChainError::Refused(format!("there is no artefact of a contract {}", Token::CONTRACT));
    let call = creation_with_token(token, config, genesis).ok_or_else(missing)?;
    create(chain, key, &call)
}

fn create<'a, C: Chain + ?Sized>(
    chain: &'a mut C,
    key: &Key,
    call: &Call,
) -> Result<Contract<'a, C>, ContractError> {
    let outcome = chain.execute(key, call)?;
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
    /// The creating transaction does not create any contract known here.
    #[error(
        "the contract was created from code that this program does not know, so nothing can be said about it: use the \
         version of the program that founded it, or a later one that still knows it"
    )]
    Stranger,
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
    /// How data reaches the chain.
    pub mode: Mode,
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
    published(&found.input, &root)
}

/// The founding in a creating transaction's input: the code says which contract it is, and the genesis at the end must
/// have this root.
fn published(input: &[u8], root: &Hash) -> Result<Founding, FoundingError> {
    let names = Mode::ALL.map(|mode| (mode.contract(), mode));
    let created = names.into_iter().chain([(Token::CONTRACT, Mode::Calldata)]).find_map(|(name, mode)| {
        let code = &Artefact::named(name)?.creation;
        Some((name, mode, input.strip_prefix(code.as_slice())?))
    });
    let (name, mode, rest) = created.ok_or(FoundingError::Stranger)?;
    let config = |arguments: &[u8]| match name {
        Token::CONTRACT => Token::config(arguments),
        _ => modes::config(mode, arguments),
    };
    read(rest, root, mode, config).ok_or(FoundingError::Unpublished)
}

/// `arguments ‖ genesis ‖ length of genesis u32`.
fn read(
    input: &[u8],
    root: &Hash,
    mode: Mode,
    config: impl Fn(&[u8]) -> Option<IRollup::Config>,
) -> Option<Founding> {
    let (rest, length) = input.split_last_chunk::<4>()?;
    let (arguments, genesis) = rest.split_at(rest.len().checked_sub(u32::from_be_bytes(*length) as usize)?);
    let mut genesis = decode(genesis)?;
    let config = config(arguments).filter(|config| config.genesis.0 == *root)?;
    (genesis.root() == *root).then_some(Founding { genesis, window: config.windowSeconds, mode })
}

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
        let token = creation_with_token(Token(Address([9; 20])), &config, &mut state).unwrap();
        let mut calls = vec![(Mode::Calldata, token)];
        calls.extend(Mode::ALL.map(|mode| (mode, creation(mode.contract(), &config, &mut state).unwrap())));
        for (mode, Call { data: input, .. }) in calls {
            let mut found = published(&input, &root).unwrap();
            assert_eq!((found.genesis.root(), found.window, found.mode), (root, 3_600, mode));
            let unpublished = |input, root| matches!(published(input, root), Err(FoundingError::Unpublished));
            assert!(unpublished(&input, &[0; 32]), "another community's");
            assert!(unpublished(&input[..input.len() - 1], &root));
            assert!(matches!(published(&input[1..], &root), Err(FoundingError::Stranger)));
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
