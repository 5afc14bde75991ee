//! Electric networks: what they are made of, what is wrong with them, and how they carry power.
//!
//! The modules in reading order:

mod network;
pub use network::{Bus, Network, Position};
mod line;
pub use line::{Line, Pi, Rating};
mod transformer;
pub use transformer::{
    Side, TapChanger, ThreeWindingTransformer, Transformer, VectorGroup, VoltageControl, Winding,
};
mod switch;
pub(crate) use switch::Openings;
pub use switch::{Switch, Switched};
mod load;
pub use load::{Connection, Load, Phase, Shunt, Zip};
mod generator;
pub use generator::{Control, Cost, Generator, Storage};
mod element;
pub use element::Element;

pub mod import;

mod problem;
pub use problem::{Fault, InvalidNetwork, Problem, Severity};
mod topology;
pub use topology::{Branch, Forest, Island, Mesh, Parent, Topology};
mod circuit;
pub use circuit::{Circuit, Node, NodeKind, TwoPort};

mod flow;
pub use flow::{
    BranchFlow, Divergence, GeneratorFlow, Method, Outcome, Reason, Rescue, Settings, Solution, Start,
    power_flow,
};
pub mod batch;
pub mod linear;
mod voltages;
pub use voltages::{Convergence, Voltages};
mod control;
pub mod newton;
mod solution;
pub mod sweep;
mod taps;
pub mod unbalanced;
