//! A day in the community, from scenario to report.
//!
//! The modules in reading order:

pub mod calendar;
pub mod data;
pub mod scenario;
pub use scenario::Scenario;
mod roll;
pub use roll::{Point, Roll, founding, operator_key};
mod observer;
pub use observer::{Both, Lived, Observer, Terms};
mod run;
pub use run::{CoupledClearing, Dispatched, RunError, run};
mod summary;
pub use summary::{CarrierSummary, CouplingSummary, MemberSummary, Summary};
pub mod compare;
pub mod explain;
pub mod invoice;
pub mod report;
pub mod statement;
pub mod study;
