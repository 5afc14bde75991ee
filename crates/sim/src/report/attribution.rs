//! From which source, by which way and to which use energy flowed.

use super::total::Row;
use super::{MemberFlow, Stream};
use market::Energy;

/// From where to where energy flowed, Wh: sources and the supplier into channels, channels into uses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flows {
    /// By source: used where it was made, given to neighbours, sold to the supplier.
    pub(super) from: [[f64; 3]; Stream::ALL.len()],
    /// By use: made where it is used, taken from neighbours, bought from the supplier.
    pub(super) to: [[f64; 3]; Stream::ALL.len()],
}

impl Flows {
    /// Attributes what happened behind one meter: what was made and used here mixes evenly.
    pub(super) fn add(&mut self, row: &Row, flow: &MemberFlow) {
        let float = |energy: Energy| energy.0 as f64;
        let (mut made, mut used) = (Energy::ZERO, Energy::ZERO);
        for stream in Stream::ALL {
            *(if stream.is_source() { &mut made } else { &mut used }) += flow.of(stream);
        }
        let out = [made - row.export, row.given_to_peers(), row.export - row.given_to_peers()];
        let into = [used - row.import, row.taken_from_peers(), row.import - row.taken_from_peers()];
        for stream in Stream::ALL {
            let (sums, channels, total) =
                if stream.is_source() { (&mut self.from, out, made) } else { (&mut self.to, into, used) };
            let amount = flow.of(stream);
            if amount.is_zero() {
                continue;
            }
            let part = float(amount) / float(total);
            for (sum, channel) in sums[stream as usize].iter_mut().zip(channels) {
                *sum += float(channel).max(0.0) * part;
            }
        }
    }
}
