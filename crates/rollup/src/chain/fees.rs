//! What a transaction pays: EIP-1559 for gas, EIP-4844 for blobs.

/// Prices of the next block, wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Per gas, burnt.
    pub base: u128,
    /// Per gas to whoever makes the block; what usually suffices.
    pub tip: u128,
    /// Per blob gas (131 072 for a blob), burnt; 0 where the chain has no blobs.
    pub blob: u128,
}

/// What a sender offers; the chain's own estimates fill in what is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Which of the sender's transactions it is.
    pub nonce: Option<u64>,
    /// The most gas it may use.
    pub gas: Option<u64>,
    /// The most it pays per gas, tip included, wei.
    pub max_fee: Option<u128>,
    /// The tip per gas, wei.
    pub tip: Option<u128>,
    /// The most it pays per blob gas, wei.
    pub max_blob_fee: Option<u128>,
}

impl Terms {
    /// Terms that nodes accept in place of these: every fee raised by an eighth (geth asks for a tenth; blobs must
    /// double), or to what is asked now if that is more; none above `cap` wei per gas.
    ///
    /// The nonce and the gas stay. Returns none where the cap leaves no room for the raise that nodes ask for.
    #[must_use]
    pub fn raised(&self, now: &Fees, cap: u128) -> Option<Self> {
        let eighth = |fee: u128| fee.saturating_add(fee.div_ceil(8)).saturating_add(1);
        let tip = eighth(self.tip.unwrap_or(now.tip)).max(now.tip);
        let old = self.max_fee.unwrap_or_default();
        let least = eighth(old);
        let fee = least.max(now.base.saturating_mul(2).saturating_add(tip)).min(cap);
        if fee < least || tip > fee {
            return None;
        }
        let blob = self.max_blob_fee.map(|fee| fee.saturating_mul(2).max(now.blob.saturating_mul(2)));
        Some(Self { max_fee: Some(fee), tip: Some(tip), max_blob_fee: blob, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(max_fee: u128, tip: u128) -> Terms {
        Terms {
            nonce: Some(3),
            gas: Some(21_000),
            max_fee: Some(max_fee),
            tip: Some(tip),
            max_blob_fee: Some(1),
        }
    }

    #[test]
    fn a_raise_is_at_least_an_eighth() {
        let raised = terms(1_000, 80).raised(&Fees { base: 10, tip: 1, blob: 1 }, 10_000).unwrap();
        assert_eq!((raised.max_fee, raised.tip, raised.max_blob_fee), (Some(1_126), Some(91), Some(2)));
        assert_eq!((raised.nonce, raised.gas), (Some(3), Some(21_000)));
    }

    #[test]
    fn a_raise_follows_the_chain_up() {
        let raised = terms(1_000, 80).raised(&Fees { base: 5_000, tip: 200, blob: 7 }, 20_000).unwrap();
        assert_eq!((raised.max_fee, raised.tip, raised.max_blob_fee), (Some(10_200), Some(200), Some(14)));
    }

    #[test]
    fn nothing_is_raised_above_the_cap() {
        assert_eq!(terms(1_000, 80).raised(&Fees::default(), 1_125), None);
        assert!(terms(1_000, 80).raised(&Fees::default(), 1_126).is_some());
        let low = terms(1_000, 80).raised(&Fees { base: 5_000, tip: 1, blob: 1 }, 2_000).unwrap();
        assert_eq!(low.max_fee, Some(2_000), "as much as the cap allows");
    }
}
