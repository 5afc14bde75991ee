//! Leaves: the structures of the state, field by field as they lie in their words.

use super::word::packed;
use market::Address;

packed! {
    /// How a carrier is traded.
    pub Market = 2 {
        [
            /// Which rule ([`rule`]).
            rule: u8 = 1,
            /// k, above the line.
            numerator: u32 = 4,
            /// k, below the line.
            denominator: u32 = 4,
            /// Lowest limit accepted, n€/Wh.
            floor: i32 = 4,
            /// Highest limit accepted, n€/Wh.
            cap: i32 = 4,
            /// What a consumer pays a producer under a key, n€/Wh.
            price: i32 = 4,
            /// Metering points.
            meters: u32 = 4,
        ]
        [
            /// End of the last settled interval, Unix s.
            settled: u64 = 8,
            /// Shares of the static key given away, parts per million.
            shares: u32 = 4,
            /// The slot of the earliest open interval + 1; 0: none is open.
            first: u16 = 2,
        ]
    }
}

/// Rules by number.
pub mod rule {
    /// Not traded.
    pub const NONE: u8 = 0;
    /// Uniform price between the equilibrium prices.
    pub const EQUILIBRIUM: u8 = 1;
    /// Uniform price between the limits of the last pair.
    pub const LAST_PAIR: u8 = 2;
    /// Pay as bid.
    pub const PAY_AS_BID: u8 = 3;
    /// The static key.
    pub const STATIC: u8 = 4;
    /// The dynamic key.
    pub const DYNAMIC: u8 = 5;
}

impl Market {
    /// Whether orders are cleared before delivery; else what was metered is shared.
    #[must_use]
    pub const fn takes_orders(&self) -> bool {
        matches!(self.rule, rule::EQUILIBRIUM | rule::LAST_PAIR | rule::PAY_AS_BID)
    }

    /// from + ⌊k·(to − from)⌋, n€/Wh.
    #[must_use]
    pub fn between(&self, from: i32, to: i32) -> i32 {
        let part = (i64::from(to) - i64::from(from)) * i64::from(self.numerator);
        let whole = i64::from(self.denominator).max(1);
        from.wrapping_add(part.div_euclid(whole) as i32) // k ≤ 1: between the two
    }
}

packed! {
    /// What a supplier, the grid operator and the state take.
    pub Tariff = 1 {
        [
            /// For energy from the supplier, n€/Wh.
            import: i32 = 4,
            /// For energy to the supplier, n€/Wh.
            export: i32 = 4,
            /// Grid fee on energy from the supplier, n€/Wh, ≥ 0.
            grid_fee: i32 = 4,
            /// Grid fee on energy from peers, n€/Wh, ≥ 0.
            peer_grid_fee: i32 = 4,
            /// Levy on energy from the supplier, n€/Wh, ≥ 0.
            levy: i32 = 4,
            /// Levy on energy from peers, n€/Wh, ≥ 0.
            peer_levy: i32 = 4,
            /// Where its prices come from ([`kind`]).
            kind: u8 = 1,
        ]
    }
}

/// Kinds of tariffs by number.
pub mod kind {
    /// There is no such tariff.
    pub const NONE: u8 = 0;
    /// Always the same prices.
    pub const FLAT: u8 = 1;
    /// Prices are published per interval.
    pub const PUBLISHED: u8 = 2;
}

packed! {
    /// Who holds money.
    pub Account = 3 {
        [
            /// Whose key signs for it, and where its withdrawals go.
            address: Address = 20,
            /// The last nonce used.
            nonce: u64 = 8,
        ]
        [
            /// Money owned, n€.
            balance: i128 = 16,
            /// Part of it promised, n€, ≥ 0.
            holds: i128 = 16,
        ]
        [
            /// Owed to the guarantor, n€, ≥ 0.
            debt: i128 = 16,
            /// Bit c: it has a metering point for carrier c.
            carriers: u8 = 1,
        ]
    }
}

impl Account {
    /// What it can still promise or pay, n€.
    #[must_use]
    pub const fn available(&self) -> i128 {
        self.balance - self.holds
    }
}

packed! {
    /// A metering point.
    pub Meter = 2 {
        [
            /// The key that signs its readings.
            key: Address = 20,
            /// Who pays for it; 0: there is no such point.
            account: u32 = 4,
            /// Its number among all carriers'.
            meter: u32 = 4,
            /// Its supplier's tariff.
            tariff: u16 = 2,
        ]
        [
            /// Most it can take in an interval, Wh.
            import_capacity: u64 = 8,
            /// Most it can give in an interval, Wh.
            export_capacity: u64 = 8,
            /// Its share under the static key, parts per million.
            share: u32 = 4,
            /// Sequence number of its last reading.
            sequence: u64 = 8,
        ]
    }
}

packed! {
    /// One carrier in one interval.
    pub Delivery = 6 {
        [
            /// Start, Unix s.
            start: u64 = 8,
            /// Of what.
            carrier: u8 = 1,
            /// Where it stands ([`stage`]).
            stage: u8 = 1,
            /// Clearings begun.
            round: u16 = 2,
            /// Bids that arrived.
            bids: u32 = 4,
            /// Offers that arrived.
            offers: u32 = 4,
            /// Open orders.
            live: u32 = 4,
            /// Readings in force.
            readings: u32 = 4,
            /// The slot of the carrier's next open interval + 1; 0: it is the last.
            next: u16 = 2,
        ]
        [
            /// Taken by all metering points, Wh.
            import: u64 = 8,
            /// Given by all metering points, Wh.
            export: u64 = 8,
            /// Pay as bid: how many prices merit orders have had so far.
            runs: u64 = 5,
        ]
        [
            /// What work keeps.
            work0: [u8; 32] = 32,
        ]
        [
            /// More of it.
            work1: [u8; 32] = 32,
        ]
        [
            /// More of it.
            work2: [u8; 32] = 32,
        ]
        [
            /// More of it.
            work3: [u8; 32] = 32,
        ]
    }
}

/// Where a delivery stands.
pub mod stage {
    /// No interval has this slot.
    pub const UNUSED: u8 = 0;
    /// Orders come and go, readings come in.
    pub const OPEN: u8 = 1;
    /// The book waits for its clearing.
    pub const FROZEN: u8 = 2;
    /// The claim is being checked: bids.
    pub const SCAN_BIDS: u8 = 3;
    /// The claim is being checked: offers.
    pub const SCAN_OFFERS: u8 = 4;
    /// Bids become trades.
    pub const FILL_BIDS: u8 = 5;
    /// Offers become trades.
    pub const FILL_OFFERS: u8 = 6;
    /// Bids and offers are paired (pay as bid).
    pub const PAIR: u8 = 7;
    /// Before that: the filled bids are put in merit order.
    pub const LIST_BIDS: u8 = 14;
    /// And the filled offers.
    pub const LIST_OFFERS: u8 = 15;
    /// What was metered is shared.
    pub const SHARED: u8 = 8;
    /// Who gets how much is being found.
    pub const SHARE_BOUGHT: u8 = 9;
    /// Who gave how much is being found.
    pub const SHARE_SOLD: u8 = 10;
    /// Whether the settlement can be paid is being found.
    pub const WEIGH: u8 = 11;
    /// Bills are posted.
    pub const SETTLE: u8 = 12;
    /// Open orders lapse.
    pub const LAPSE: u8 = 13;
}

packed! {
    /// What a metering point has offered, traded and metered for an interval.
    pub Position = 4 {
        [
            /// Bought from peers, Wh.
            bought: u64 = 8,
            /// Sold to peers, Wh.
            sold: u64 = 8,
            /// In open bids, Wh.
            open_buy: u64 = 8,
            /// In open offers, Wh.
            open_sell: u64 = 8,
        ]
        [
            /// Owed for what was bought, n€.
            paid: i64 = 8,
            /// Earned for what was sold, n€.
            received: i64 = 8,
            /// Held on the account, n€.
            hold: u64 = 8,
            /// 1: the reading is in.
            read: u8 = 1,
        ]
        [
            /// Metered, Wh.
            import: u64 = 8,
            /// Metered, Wh.
            export: u64 = 8,
            /// Highest limit of any bid since there was none open, n€/Wh; 0 where none is.
            highest_bid: i32 = 4,
            /// Lowest limit of any offer since there was none open, n€/Wh; 0 where none is.
            lowest_offer: i32 = 4,
        ]
        [
            /// The clearing that the next fields belong to.
            margin_round: u16 = 2,
            /// And the side.
            margin_side: u8 = 1,
            /// Energy of its orders at the price, Wh.
            margin_weight: u64 = 8,
            /// Energy of the orders before its first one there, Wh.
            margin_start: u64 = 8,
            /// Energy of its orders met so far, Wh.
            margin_used: u64 = 8,
            /// Pay as bid: the number of the price it was listed at last, in the delivery's count.
            run: u64 = 5,
        ]
    }
}

packed! {
    /// A live order.
    pub Order = 1 {
        [
            /// Worst acceptable price, n€/Wh.
            limit: i32 = 4,
            /// What is open, Wh.
            energy: u64 = 8,
            /// Its metering point's rank.
            rank: u32 = 4,
            /// Whose; 0: there is no such order.
            account: u32 = 4,
            /// 0: for the next clearing; 1: until gate closure.
            time_in_force: u8 = 1,
            /// Pay as bid, while a clearing goes on: filled and not paired yet, Wh.
            fill: u64 = 8,
            /// Likewise: place of arrival + 1 of the order before it in merit order; 0: it is the best.
            better: u32 = 3,
        ]
    }
}

packed! {
    /// Money that the contract pays out.
    pub Withdrawal = 1 {
        [
            /// To whom.
            address: Address = 20,
            /// How much, n€.
            amount: u128 = 12,
        ]
    }
}

packed! {
    /// A tariff's prices for one interval.
    pub Published = 1 {
        [
            /// For energy from the supplier, n€/Wh.
            import: i32 = 4,
            /// For energy to the supplier, n€/Wh.
            export: i32 = 4,
            /// The interval, by its start; that of another one: not published.
            start: u64 = 8,
        ]
    }
}
