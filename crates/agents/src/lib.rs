//! Prosumers: what stands in the cellar and on the roof, what it is expected to do, and how it bids.
//!
//! A device is physics inside (floats, stated formulas with their source) and bookkeeping at its border: whole Wh
//! per delivery interval, every loss an explicit integer, so that no device can create or lose a Wh (laws S9 and
//! S10). A strategy sees forecasts and history, never the future. No clock, no ambient randomness, no ledger.
//!
//! The modules in reading order:

mod ratio;
pub use ratio::Ratio;
mod impossible;
pub use impossible::Impossible;
mod random;
pub use random::Random;
mod series;
pub use series::Series;
pub mod device;
pub use device::{Device, Devices};
mod delivery;
pub use delivery::{Balance, Delivery};
mod state;
pub use state::State;
pub mod dispatch;
pub mod forecast;
mod linear;
mod outlook;
pub use outlook::{Fees, Intent, MarketOutlook, Outlook};
pub mod strategy;
pub use strategy::Strategy;
mod prosumer;
pub use prosumer::{Prosumer, ProsumerDescription};
