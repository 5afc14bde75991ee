//! A network as a picture: buses coloured by voltage or price, branches by loading.
//!
//! One SVG without scripts and without any reference to the outside, for light and dark. Buses lie where the network
//! says they lie; where it does not say so, a radial network is drawn as a tree from its source and a meshed one so
//! that distances in the picture are those along the branches (`layout`).

mod draw;
mod graph;
mod label;
mod layout;
mod shade;
mod spread;
mod stress;
mod tree;

pub use shade::Shade;

use crate::electric::{BranchFlow, Network};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The network.
    pub network: &'a Network,
    /// What stands above it.
    pub title: &'a str,
    /// A sentence below the title.
    pub note: &'a str,
    /// What colours the buses.
    pub shade: Shade,
    /// Value of each bus for the colours: voltage in per unit, or a price per MWh; NaN where there is none.
    pub values: &'a [f64],
    /// Voltage of each bus, per unit; NaN where no source reaches it.
    pub voltage_pu: &'a [f64],
    /// Flow of each line.
    pub lines: &'a [BranchFlow],
    /// Flow of each two-winding transformer.
    pub transformers: &'a [BranchFlow],
    /// Flow of each winding of each three-winding transformer.
    pub windings: &'a [[BranchFlow; 3]],
}

impl Picture<'_> {
    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        draw::svg(self)
    }
}
