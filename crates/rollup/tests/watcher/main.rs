//! The watcher against operators that lie in every way, challengers that lie about honest operators, nodes that fail and
//! chains that change their mind. Everything runs on the EVM in the process, with the contract and the transition as they are deployed.

mod cast;
mod day;
mod kinds;
mod world;

mod frauds;
mod honest;
