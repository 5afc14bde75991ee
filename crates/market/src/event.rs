//! What applying a command did: the stream that reports, projections and the audit listen to.
//!
//! Events are derived, never stored: replaying the commands gives them again.

use crate::{AccountId, Carrier, DeliveryInterval, Energy, MeterId, Money, OrderId, Price, Reading, Side};

/// One effect of an accepted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An account was opened.
    AccountOpened(AccountId),
    /// A metering point was connected.
    MeterConnected(MeterId),
    /// An order is in the book.
    OrderAccepted {
        /// Where it lies.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// How much, Wh.
        energy: Energy,
        /// At which limit, n€/Wh.
        limit: Price,
    },
    /// What was left of an order is out of the book: taken back, or lapsed at a clearing.
    OrderEnded {
        /// Which.
        id: OrderId,
        /// What was left, Wh.
        unfilled: Energy,
    },
    /// An order was filled, wholly or in part.
    Filled {
        /// Which.
        id: OrderId,
        /// Whose.
        account: AccountId,
        /// At which metering point.
        meter: MeterId,
        /// Its limit, n€/Wh.
        limit: Price,
        /// How much of it, Wh.
        energy: Energy,
        /// What a buyer pays or a seller receives, n€, for this energy.
        money: Money,
    },
    /// A pair was matched (only where the rule pairs).
    Paired {
        /// Place of arrival of the bid.
        bid: u32,
        /// Place of arrival of the offer.
        offer: u32,
        /// How much, Wh.
        energy: Energy,
        /// At which price, n€/Wh.
        price: Price,
    },
    /// A book was cleared.
    Cleared {
        /// The book's carrier.
        carrier: Carrier,
        /// The book's delivery interval.
        interval: DeliveryInterval,
        /// Energy traded, Wh.
        volume: Energy,
        /// The price for all, where there is one, n€/Wh.
        price: Option<Price>,
        /// The equilibrium price that proves the allocation, n€/Wh.
        equilibrium: Option<Price>,
        /// Σ limit × fill over bids − the same over offers, n€.
        welfare: Money,
        /// Orders to buy and to sell that took part.
        orders: [u32; 2],
    },
    /// A conversion or a storage takes (buys) or gives (sells) energy in a coupled clearing.
    Converted {
        /// Whose.
        account: AccountId,
        /// At which metering point.
        meter: MeterId,
        /// Of what.
        carrier: Carrier,
        /// When.
        interval: DeliveryInterval,
        /// Taken or given.
        side: Side,
        /// How much, Wh, > 0.
        energy: Energy,
        /// What is paid for it or received, n€.
        money: Money,
    },
    /// The offers to convert and to store in a row of frozen books are over, and no clearing decided them.
    OffersLapsed {
        /// The first interval of the row.
        interval: DeliveryInterval,
        /// How many conversions.
        conversions: u32,
        /// How many storages.
        storages: u32,
    },
    /// A reading is in force.
    Metered(Reading),
    /// A reading was missing at the settlement and stands substituted until it is corrected; its sequence is 0.
    Substituted(Reading),
    /// A reading replaces what stood for its interval.
    Corrected(Reading),
    /// Money and energy moved. The debited account pays, the credited one receives.
    Posted(Posting),
    /// All transfers of an interval are posted.
    Settled {
        /// The carrier.
        carrier: Carrier,
        /// The delivery interval.
        interval: DeliveryInterval,
    },
    /// The bills of a settled interval say what its corrected readings say.
    Resettled {
        /// The carrier.
        carrier: Carrier,
        /// The delivery interval.
        interval: DeliveryInterval,
    },
    /// The root was confirmed.
    Checkpoint([u8; 32]),
}

/// One entry of the journal: two sides by construction (law S3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Why.
    pub kind: PostingKind,
    /// Who pays.
    pub debit: AccountId,
    /// Who receives.
    pub credit: AccountId,
    /// How much, n€, ≥ 0 (a negative price turns the two sides around).
    pub money: Money,
    /// The metering point behind it, where there is one.
    pub meter: Option<MeterId>,
    /// The energy behind it, Wh, ≥ 0; nothing where only money moves; negative where a correction takes it back.
    pub energy: Energy,
    /// The price behind it where a single one explains the money, n€/Wh.
    pub price: Option<Price>,
    /// The delivery interval it belongs to; none for deposits, withdrawals and transfers.
    pub interval: Option<DeliveryInterval>,
    /// The carrier; none for deposits, withdrawals and transfers.
    pub carrier: Option<Carrier>,
    /// Which way the energy went, seen from the metering point.
    pub side: Option<Side>,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PostingKind {
    /// From outside into the community.
    Deposit,
    /// Out of the community.
    Withdrawal,
    /// Energy traded with peers.
    Trade,
    /// Energy exchanged with the supplier.
    Supply,
    /// Energy traded but not delivered or not taken, exchanged with the supplier.
    Imbalance,
    /// The grid operator's fee.
    GridFee,
    /// Levies and taxes.
    Levy,
    /// A loan from the guarantor.
    Loan,
    /// A loan paid back.
    Repayment,
    /// What a rule leaves over, to the community.
    Surplus,
    /// Value added tax.
    Vat,
    /// For energy sold and not delivered, to the community.
    Penalty,
    /// From one member to another.
    Transfer,
}

impl PostingKind {
    /// Every kind, in order.
    pub const ALL: [Self; 13] = [
        Self::Deposit,
        Self::Withdrawal,
        Self::Trade,
        Self::Supply,
        Self::Imbalance,
        Self::GridFee,
        Self::Levy,
        Self::Loan,
        Self::Repayment,
        Self::Surplus,
        Self::Vat,
        Self::Penalty,
        Self::Transfer,
    ];

    /// Whether money moved for no energy: such a posting is no part of a bill.
    #[must_use]
    pub const fn is_payment(self) -> bool {
        matches!(self, Self::Deposit | Self::Withdrawal | Self::Loan | Self::Repayment | Self::Transfer)
    }
}

/// Whoever listens to events.
pub trait Sink {
    /// Takes one event, in the order of the commands.
    fn event(&mut self, event: Event);
}

/// Listens to nothing, at no cost.
impl Sink for () {
    fn event(&mut self, _: Event) {}
}

impl Sink for alloc::vec::Vec<Event> {
    fn event(&mut self, event: Event) {
        self.push(event);
    }
}
