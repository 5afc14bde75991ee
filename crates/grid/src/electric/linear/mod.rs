//! Linear power flows, and what one more watt does.
//!
//! - [`dc()`]: active powers and angles; resistances, reactive powers and differences of voltage are left out.
//! - [`dist_flow()`]: LinDistFlow for radial networks; active and reactive power and voltages, losses left out.
//! - Sensitivities: how branch flows follow the powers fed in ([`Ptdf`]), how voltages do ([`VoltageRows`], by
//!   LinDistFlow), and how everything does at an operating point ([`Sensitivities`]).

mod dc;
pub use dc::dc;
mod ptdf;
pub use ptdf::Ptdf;
mod dist_flow;
pub use dist_flow::{DistFlow, Flow, VoltageRows, dist_flow};
mod sensitivities;
pub use sensitivities::{Response, Sensitivities};
