//! What coupled clearings dispatched of a member's devices in one interval.

use crate::device::Converter;

/// Beside the net energies of its contracts, in which both are contained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// What the converters of each kind take, Wh of their input, ≥ 0.
    pub inputs: [i64; Converter::COUNT],
    /// What the battery takes (gives where negative), Wh; none where it is not offered to the market and the member
    /// uses it itself.
    pub storage: Option<i64>,
}
