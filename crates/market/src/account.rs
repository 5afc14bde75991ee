//! Accounts: who holds money, and on what terms.

use crate::Money;
use alloc::vec::Vec;

/// An Ethereum-style address: the last 20 bytes of the keccak-256 of a public key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 20]);

/// An account's number, given at registration; also its leaf index in the state tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct AccountId(pub u32);

/// The accounts that exist from the beginning. Members follow.
///
/// `World`, `Supplier`, `GridOperator` and `Levies` stand for parties outside the community: their balance is
/// what the community has paid them on balance and may be negative. They may pay in as members do: where every balance
/// must be covered, the supplier has paid in beforehand what it will owe. All others must stay ≥ 0 (law S6).
impl AccountId {
    /// Where deposits come from and withdrawals go; its balance is minus the money inside.
    pub const WORLD: Self = Self(0);
    /// The supplier or retailer: the outside option for every carrier.
    pub const SUPPLIER: Self = Self(1);
    /// The grid operator, who receives the grid fees.
    pub const GRID_OPERATOR: Self = Self(2);
    /// The receiver of levies and taxes.
    pub const LEVIES: Self = Self(3);
    /// The community: the clearing house, and the owner of any surplus of a rule.
    pub const COMMUNITY: Self = Self(4);
    /// The funded guarantor, who lends where an account's balance does not suffice.
    pub const GUARANTOR: Self = Self(5);
    /// The number of the first member.
    pub const FIRST_MEMBER: Self = Self(6);

    /// Whether this account stands for a party outside the community.
    #[must_use]
    pub const fn is_external(self) -> bool {
        self.0 < Self::COMMUNITY.0
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Whose key signs for it; zero for the accounts that exist from the beginning.
    pub address: Address,
    /// Money owned, n€.
    pub balance: Money,
    /// Part of the balance promised to open orders and unsettled trades, n€, ≥ 0.
    pub holds: Money,
    /// Owed to the guarantor, n€, ≥ 0.
    pub debt: Money,
    /// The last nonce used; the next must be larger.
    pub nonce: u64,
    /// Keys that may trade for the account but not withdraw.
    pub delegates: Vec<Delegate>,
}

/// A hot key, such as a home agent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// The key's address.
    pub address: Address,
    /// First instant at which it is no longer valid, Unix seconds.
    pub expires: u64,
}
