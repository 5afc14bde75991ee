//! The head: what is always there.

use super::word::{Packed, Word, packed};
use market::{Hash, keccak256};

packed! {
    /// What every record may need; three words.
    pub Head = 3 {
        [
            /// The time of the last tick, Unix s.
            time: u64 = 5,
            /// Accounts, those that exist from the beginning included.
            accounts: u32 = 4,
            /// Metering points of all carriers.
            meters: u32 = 4,
            /// Withdrawals so far.
            withdrawals: u32 = 4,
            /// Items of the primary chain's queue consumed.
            queue: u64 = 8,
            /// 0: idle; else the slot at work + 1.
            work: u16 = 2,
        ]
        [
            /// Length of a delivery interval, s.
            duration: u32 = 4,
            /// Orders are accepted until this long before delivery, s.
            gate_closure: u32 = 4,
            /// How far ahead orders are accepted, in intervals.
            horizon: u16 = 2,
            /// 1: every member's and meter's record is signed.
            signatures: u8 = 1,
            /// Σ of all balances, n€.
            money: u128 = 16,
        ]
        [
            /// The EIP-712 domain separator.
            domain: [u8; 32] = 32,
        ]
    }
}

impl Head {
    /// As three words.
    #[must_use]
    pub fn words(&self) -> [Word; 3] {
        let [one, two, three, ..] = self.pack();
        [one, two, three]
    }

    /// From three words.
    #[must_use]
    pub fn from_words(words: &[Word; 3]) -> Self {
        let mut all = super::word::NO_WORDS;
        all[..3].copy_from_slice(words);
        Self::unpack(&all)
    }

    /// The state's root: keccak256( keccak256(head) ‖ root of the tree ).
    #[must_use]
    pub fn root(&self, tree: &Hash) -> Hash {
        let head = keccak256(self.words().as_flattened());
        keccak256([head, *tree].as_flattened())
    }

    /// Whether signatures are asked for.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.signatures != 0
    }
}
