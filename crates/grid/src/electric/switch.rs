//! Switches.

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
