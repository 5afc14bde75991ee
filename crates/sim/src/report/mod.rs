//! The report: what happened in the community, as one page for people and as tables for programs.
//!
//! A [`Recorder`] listens to the market's events and to what the devices did, writes every row as it comes to
//! CSV and Parquet, and keeps only totals, at most some hundred bins of time and a bounded choice of crossing
//! curves, so that its memory does not grow with the length of a run. At the end it draws `index.html`: one file
//! without any reference to the outside, readable without a network and without scripts.
//!
//! The modules in reading order:

mod error;
pub use error::ReportError;
mod subject;
pub use subject::{LawCheck, MemberInfo, Outcome, PointInfo, Subject};
mod dual_chain;
pub use dual_chain::{DualChain, Wait, duration, measured};
mod flow;
pub use flow::{MemberFlow, Stream};
mod total;
pub use total::Total;
mod attribution;
mod bins;
mod crossing;
pub use crossing::Crossing;
mod recorder;
pub use recorder::Recorder;
mod reporter;
pub use reporter::Reporter;
mod columns;
mod folder;
pub use folder::Folder;
mod table;
pub mod text;

pub mod chart;
mod page;
pub use page::{NO_DATA, crossing_curves, document, legend, section, sizes};
mod comparison;
pub use comparison::{ComparisonReport, ComparisonSubject, lie, words};
mod vpp;
pub use vpp::{VppReport, VppSubject, settled, vpp_words};
#[cfg(test)]
mod tests;
