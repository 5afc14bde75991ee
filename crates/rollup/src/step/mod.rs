//! The transition of the secondary chain, a total function on bytes.
//!
//! `execute` takes a state and a segment's records and gives the state after; what is refused changes nothing. It
//! is the reference for `contracts/src/Transition.sol`.
