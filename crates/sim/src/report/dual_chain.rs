//! What posting a run to a primary chain took: batches and their roots, disputes, bonds, waiting, bytes and gas.
//!
//! Plain figures, so that a report knows nothing of chains: whoever ran the ledger fills them in. Amounts are wei of the
//! primary chain's coin, of which 10⁹ are 1 n€; times are Unix s by the primary chain's clock.

use super::text;
use ledger::posted::{Batch, Bond, Cost, Dispute};
use market::{Address, Money};
use std::fmt::Write as _;

/// A run whose ledger posts to a primary chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DualChain {
    /// The primary chain, in words: "an EVM in the process".
    pub primary: String,
    /// Its id.
    pub chain_id: u64,
    /// The contract there.
    pub contract: Address,
    /// How data reaches it: "calldata with every signature".
    pub mode: String,
    /// How long a batch can be challenged: blocks, s.
    pub window: (u64, u64),
    /// The batches whose roots stand, in order.
    pub batches: Vec<Batch>,
    /// The proofs of fraud, in order.
    pub disputes: Vec<Dispute>,
    /// What operators have at stake.
    pub bonds: Vec<Bond>,
    /// Bytes and gas by kind.
    pub costs: Vec<Cost>,
    /// From a command's arrival to its signed receipt, ns, as this machine's clock measured it; none where nobody did.
    pub soft: Option<Wait>,
    /// From a command's receipt until it can no longer be challenged, s.
    pub finality: Option<Wait>,
    /// Coins that the contract holds for accounts, wei.
    pub held: u128,
}

/// How long something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// For half of all at most.
    pub median: u64,
    /// For all at most.
    pub longest: u64,
}

impl Wait {
    /// Of these waits; none of none.
    #[must_use]
    pub fn of(mut waits: Vec<u64>) -> Option<Self> {
        waits.sort_unstable();
        let median = *waits.get(waits.len().saturating_sub(1) / 2)?;
        Some(Self { median, longest: *waits.last()? })
    }
}

/// A duration in the largest unit that leaves two digits: "at once", "42 s", "12.5 min", "3.0 h".
#[must_use]
pub fn duration(seconds: u64) -> String {
    let in_units = |unit: u64, name: &str| {
        format!("{}\u{a0}{name}", text::decimal(i128::from(seconds) * 10 / i128::from(unit), 1, 1))
    };
    match seconds {
        0 => "at once".into(),
        1..120 => format!("{seconds}\u{a0}s"),
        120..7_200 => in_units(60, "min"),
        7_200..172_800 => in_units(3_600, "h"),
        _ => in_units(86_400, "days"),
    }
}

/// A time that was measured, by its largest unit: "0.04 ms", "12.5 ms", "1.2 s".
#[must_use]
pub fn measured(nanoseconds: u64) -> String {
    let value = i128::from(nanoseconds);
    match nanoseconds {
        0..1_000_000 => format!("{}\u{a0}ms", text::decimal(value, 6, 2)),
        1_000_000..1_000_000_000 => format!("{}\u{a0}ms", text::decimal(value, 6, 1)),
        _ => format!("{}\u{a0}s", text::decimal(value, 9, 1)),
    }
}

/// Coins of the primary chain as money, rounded down to 1 n€.
#[must_use]
pub(super) fn coins(wei: u128) -> Money {
    Money((wei / 1_000_000_000).cast_signed())
}

/// `0x` and the digits.
#[must_use]
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

impl DualChain {
    /// Segments of all batches: the roots of which each can be proven wrong.
    #[must_use]
    pub fn checkpoints(&self) -> u64 {
        self.batches.iter().map(|batch| batch.checkpoints.len() as u64).sum()
    }

    /// Batches that nobody can challenge any more.
    #[must_use]
    pub fn finalised(&self) -> u64 {
        self.batches.iter().filter(|batch| batch.finalised.is_some()).count() as u64
    }

    /// Records posted.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.batches.iter().map(Batch::records).sum()
    }

    /// Bytes posted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.batches.iter().map(|batch| batch.bytes).sum()
    }

    /// Gas of all postings.
    #[must_use]
    pub fn gas(&self) -> u64 {
        self.batches.iter().map(|batch| batch.gas).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_fits() {
        for (seconds, words) in [
            (0, "at once"),
            (1, "1\u{a0}s"),
            (119, "119\u{a0}s"),
            (750, "12.5\u{a0}min"),
            (10_800, "3.0\u{a0}h"),
            (604_800, "7.0\u{a0}days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn measured_times_keep_two_digits() {
        for (nanoseconds, words) in [
            (0, "0.00\u{a0}ms"),
            (40_000, "0.04\u{a0}ms"),
            (12_500_000, "12.5\u{a0}ms"),
            (1_234_000_000, "1.2\u{a0}s"),
        ] {
            assert_eq!(measured(nanoseconds), words);
        }
    }

    #[test]
    fn half_of_all_wait_no_longer_than_the_median() {
        assert_eq!(Wait::of(vec![]), None);
        for (waits, median, longest) in [(vec![5], 5, 5), (vec![9, 1], 1, 9), (vec![3, 9, 1], 3, 9)] {
            assert_eq!(Wait::of(waits), Some(Wait { median, longest }));
        }
    }
}
