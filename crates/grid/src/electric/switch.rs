//! Switches.

use super::Network;

/// A switch or breaker without impedance.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// What people call it.
    pub name: String,
    /// Bus at which it sits.
    pub bus: usize,
    /// What it connects the bus with.
    pub to: Switched,
    /// Whether it is closed.
    pub closed: bool,
}

/// What a switch connects its bus with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched {
    /// Another bus: closed, the two are one node.
    Bus(usize),
    /// The end of a line that lies at the switch's bus: open, that end hangs free and the line still charges.
    Line(usize),
    /// A transformer's winding that lies at the switch's bus: open, it hangs free and the other still magnetises.
    Transformer(usize),
    /// A three-winding transformer: open, its winding at the switch's bus hangs free.
    ThreeWindingTransformer(usize),
}

/// Where open switches cut branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Openings {
    /// Whether each line is open at its from and at its to end.
    pub lines: Vec<[bool; 2]>,
    /// Whether each two-winding transformer is open at its from and at its to side.
    pub transformers: Vec<[bool; 2]>,
    /// Whether each winding of each three-winding transformer is disconnected.
    pub windings: Vec<[bool; 3]>,
}

impl Openings {
    /// Of a network; switches that name what is not there count for nothing.
    pub(crate) fn of(network: &Network) -> Self {
        let mut openings = Self {
            lines: vec![[false; 2]; network.lines.len()],
            transformers: vec![[false; 2]; network.transformers.len()],
            windings: vec![[false; 3]; network.three_winding_transformers.len()],
        };
        for switch in network.switches.iter().filter(|switch| !switch.closed) {
            match switch.to {
                Switched::Bus(_) => {}
                Switched::Line(i) => {
                    if let Some(line) = network.lines.get(i) {
                        openings.lines[i][0] |= switch.bus == line.from;
                        openings.lines[i][1] |= switch.bus == line.to;
                    }
                }
                Switched::Transformer(i) => {
                    if let Some(transformer) = network.transformers.get(i) {
                        openings.transformers[i][0] |= switch.bus == transformer.from;
                        openings.transformers[i][1] |= switch.bus == transformer.to;
                    }
                }
                Switched::ThreeWindingTransformer(i) => {
                    if let Some(transformer) = network.three_winding_transformers.get(i) {
                        for (open, winding) in openings.windings[i].iter_mut().zip(&transformer.windings) {
                            *open |= switch.bus == winding.bus;
                        }
                    }
                }
            }
        }
        openings
    }
}
