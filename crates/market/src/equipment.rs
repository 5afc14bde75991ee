//! How a metering point is metered: its register, and whose energy its meter counts too.

use crate::MeterId;

/// What is installed at a metering point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equipment {
    /// What its readings say.
    pub register: Register,
    /// Whose energy is behind it.
    pub arrangement: Arrangement,
}

impl Equipment {
    /// Whether the point has no meter of its own.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        matches!(self.arrangement, Arrangement::Virtual { .. })
    }
}

/// What a meter's readings say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Register {
    /// The energy of one delivery interval ([`crate::Reading`]).
    #[default]
    Interval,
    /// Everything counted so far ([`crate::RegisterReading`]).
    Cumulative {
        /// After this many Wh the register begins at 0 again, > 0.
        modulus: u64,
    },
}

/// Whose energy is behind a metering point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrangement {
    /// Its own.
    #[default]
    Direct,
    /// Its own; the main meter counts it too, and is billed for the rest.
    Sub {
        /// The main meter.
        main: MeterId,
    },
    /// No meter: a share of what another metering point counts, which is billed for the rest.
    Virtual {
        /// The metering point that counts.
        source: MeterId,
        /// The share, parts per million; the shares of a source sum to at most 10⁶.
        share: u32,
    },
}

/// What a cumulative meter showed at the end of a delivery interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterReading {
    /// Which meter.
    pub meter: MeterId,
    /// When, Unix s: the end of a delivery interval.
    pub time: u64,
    /// Energy taken so far, Wh, below the register's modulus.
    pub import: u64,
    /// Energy given so far, Wh, below the register's modulus.
    pub export: u64,
    /// Larger than the meter's last.
    pub sequence: u64,
}
