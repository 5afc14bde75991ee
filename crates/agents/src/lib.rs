//! Prosumers: what stands in the cellar and on the roof, what it is expected to do, and how it bids.
//!
//! A device is physics inside (floats, stated formulas with their source) and bookkeeping at its border: whole Wh
//! per delivery interval, every loss an explicit integer, so that no device can create or lose a Wh (laws S9 and
//! S10). A strategy sees forecasts and history, never the future. No clock, no ambient randomness, no ledger.
//!
//! A house with a roof, bidding for the next interval:
//!
//! ```
//! use agents::device::{Device, Load, Photovoltaic};
//! use agents::{Coupling, Fees, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Series, forecast::Method, strategy};
//! use market::{Carrier, DeliveryInterval, Energy, Price, Prices};
//!
//! // Two days of history, then the simulated day: step 0 is the first that is delivered.
//! let demand = Series::constant(150, -192..96); // Wh per quarter hour
//! let sun = Series::constant(500, -192..96); // W/kWp
//! let devices = [
//!     Device::Load(Load::new(Carrier::Electricity, demand)?),
//!     Device::Photovoltaic(Photovoltaic::new(8_000, 7_000, sun, 900)?),
//! ];
//! let mut house = Prosumer::new(ProsumerDescription {
//!     name: "Berger",
//!     seed: 7,
//!     devices: devices.into_iter().collect(),
//!     strategy: strategy::named("ladder").unwrap(),
//!     connected: &[Carrier::Electricity],
//!     merit: &[],
//!     forecast: Method::Smoothed,
//!     offers_storage: false,
//!     duration: 900,
//! })?;
//! let prices = [Prices { import: Price(300_000), export: Price(80_000) }];
//! let market = MarketOutlook { prices: &prices, fees: Fees::default(), held: &[], recent: &[] };
//! let first = DeliveryInterval::new(0, 900).unwrap();
//! let running = [Energy::ZERO; 3];
//! let mut orders = Vec::new();
//! let coupling = Coupling::default();
//! let markets = [Some(market), None, None];
//! house.orders(&Outlook { step: 0, first, open: 1, running, markets, coupling }, &mut orders);
//! // 8 kWp · 0.5 · ¼ h − 150 Wh
//! assert_eq!((orders[0].energy, orders[0].limit), (Energy(850), Price(80_000)));
//! let done = house.deliver(0, &[Energy(-850), Energy::ZERO, Energy::ZERO]);
//! assert_eq!(done.of(Carrier::Electricity).export, 850);
//! # Ok::<(), agents::Impossible>(())
//! ```
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
mod commitment;
pub use commitment::Commitment;
pub mod dispatch;
pub mod forecast;
pub mod linear;
mod outlook;
pub use outlook::{Coupling, Fees, Intent, MarketOutlook, Outlook};
pub mod strategy;
pub use strategy::Strategy;
mod offer;
pub use offer::{ConversionIntent, StorageIntent};
mod prosumer;
pub use prosumer::{Prosumer, ProsumerDescription};
