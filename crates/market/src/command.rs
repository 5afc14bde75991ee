//! Commands: everything that can change the state. A ledger is a sequence of them.

use crate::{
    AccountId, Address, Agreement, Attributes, Carrier, Claim, Community, Conversion, Delegate,
    DeliveryInterval, Equipment, Location, MeterId, MeterTerms, Money, Order, OrderId, Prices, Reading,
    RegisterReading, Step, StorageOffer, TariffId, TariffVersion,
};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A change of state, asked for by a member, a meter or the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Command {
    /// Operator: founds the community; always the first record, and only there.
    Found(Box<Community>) = 0,
    /// Operator: time has come to `time`, Unix s; never backwards.
    Tick {
        /// Unix seconds.
        time: u64,
    } = 1,
    /// Operator: opens a member's account.
    RegisterAccount {
        /// Whose key signs for it.
        address: Address,
    } = 2,
    /// Operator: connects a metering point.
    RegisterMeter {
        /// What is agreed.
        terms: MeterTerms,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 3,
    /// Account: lets another key trade for it (again: changes the expiry).
    Delegate {
        /// The account.
        account: AccountId,
        /// The key, and until when.
        delegate: Delegate,
        /// Larger than any the account used before.
        nonce: u64,
    } = 4,
    /// Account: withdraws that permission.
    Revoke {
        /// The account.
        account: AccountId,
        /// The key.
        address: Address,
        /// Larger than any the account used before.
        nonce: u64,
    } = 5,
    /// Operator: money has arrived from outside for an account.
    Deposit {
        /// The account.
        account: AccountId,
        /// How much, n€, > 0.
        amount: Money,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 6,
    /// Account: money leaves for the outside.
    Withdraw {
        /// The account.
        account: AccountId,
        /// How much, n€, > 0.
        amount: Money,
        /// Larger than any the account used before.
        nonce: u64,
    } = 7,
    /// Account or delegate: places an order.
    Place(Order) = 8,
    /// Account or delegate: takes back what is left of an order.
    Cancel {
        /// Whose order.
        account: AccountId,
        /// Which.
        order: OrderId,
        /// Larger than any the account used before.
        nonce: u64,
    } = 9,
    /// Operator: the dynamic prices of a tariff, one pair per delivery interval from `start` on.
    PublishPrices {
        /// Which tariff.
        tariff: TariffId,
        /// The first interval.
        start: DeliveryInterval,
        /// One per interval.
        prices: Vec<Prices>,
    } = 10,
    /// Operator: freezes a book for clearing; nothing enters or leaves it until it is cleared.
    Close {
        /// The book's carrier.
        carrier: Carrier,
        /// The book's delivery interval.
        interval: DeliveryInterval,
    } = 11,
    /// Operator: the outcome of a clearing, with its proof.
    Clear {
        /// The book's carrier.
        carrier: Carrier,
        /// The book's delivery interval.
        interval: DeliveryInterval,
        /// What is said to be right.
        claim: Claim,
    } = 12,
    /// Meter: what it counted.
    Read(Reading) = 13,
    /// Operator: turns trades and readings of an interval into transfers.
    Settle {
        /// The carrier.
        carrier: Carrier,
        /// The delivery interval.
        interval: DeliveryInterval,
    } = 14,
    /// Operator: the state's root as the operator knows it; refused unless it is right.
    Checkpoint {
        /// keccak-256 root of the state before this command.
        root: [u8; 32],
    } = 15,
    /// Account or delegate: places an order with wishes, or a step curve.
    PlaceWith {
        /// The order; of a curve, its first step.
        order: Order,
        /// What it asks for beside.
        attributes: Attributes,
        /// A curve's further steps, each with a worse limit than the one before; each becomes an order of its own.
        steps: Vec<Step>,
    } = 16,
    /// Operator: says where a metering point lies.
    Locate {
        /// Which.
        meter: MeterId,
        /// Where.
        location: Location,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 17,
    /// Account or delegate: offers to turn one carrier into others.
    Convert(Conversion) = 18,
    /// Account or delegate: offers a storage over several intervals.
    Store(StorageOffer) = 19,
    /// Operator: how deviations and readings are settled from a moment on.
    Agree {
        /// What is agreed.
        terms: Agreement,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 20,
    /// Operator: what a tariff is from a moment on.
    Reprice {
        /// Which tariff.
        tariff: TariffId,
        /// What it will be.
        version: TariffVersion,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 21,
    /// Operator: says how a metering point is metered; before its first reading only.
    Equip {
        /// Which.
        meter: MeterId,
        /// How.
        equipment: Equipment,
        /// The operator's, larger than any used before.
        nonce: u64,
    } = 22,
    /// Meter: what its cumulative register showed.
    ReadRegister(RegisterReading) = 23,
    /// Meter: a reading that comes late, or replaces another, until the correction window ends.
    Correct(Reading) = 24,
    /// Operator: posts what corrected readings change in the bills of a settled interval.
    Resettle {
        /// The carrier.
        carrier: Carrier,
        /// The delivery interval.
        interval: DeliveryInterval,
    } = 25,
    /// Account: pays another member.
    Transfer {
        /// Who pays, and signs with the account's own key: a delegate may not.
        from: AccountId,
        /// Who receives: a member, and another one.
        to: AccountId,
        /// How much, n€, > 0.
        amount: Money,
        /// Larger than any the payer used before.
        nonce: u64,
    } = 26,
}

/// A recoverable secp256k1 signature: r, s, v (27 or 28).
pub type Signature = [u8; 65];

/// A command as it travels: with its sender's signature, or none where the operator answers for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is asked for.
    pub command: Command,
    /// By whom.
    pub signature: Option<Signature>,
}
