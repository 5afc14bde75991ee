//! Bills: what one metering point pays and receives for a delivery interval.
//!
//! Per metering point and register, metered energy is energy traded with peers plus energy exchanged with the
//! supplier (law S1). What was contracted but not delivered or not taken is exchanged with the supplier too, at
//! the same prices, and posted as imbalance. All energy bought from the supplier carries the tariff's full fees,
//! so selling what one does not have never pays; energy bought from peers carries the peer fees on what was taken.

use crate::{AccountId, Energy, Money, Position, PostingKind, Price, Prices, Side, Tariff};

/// Everything that fixes what one metering point pays and receives for an interval.
#[derive(Clone, Copy, Debug)]
pub struct Bill<'a> {
    /// What it traded with peers.
    pub position: Position,
    /// Energy it took, Wh, ≥ 0.
    pub import: Energy,
    /// Energy it gave, Wh, ≥ 0.
    pub export: Energy,
    /// The supplier's prices in the interval.
    pub prices: Prices,
    /// The supplier's fees.
    pub tariff: &'a Tariff,
}

/// One line of a bill, from the member's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Why.
    pub kind: PostingKind,
    /// Buy: the member pays; sell: the member receives.
    pub side: Side,
    /// Who receives or pays on the other side.
    pub with: AccountId,
    /// The energy behind it, Wh, ≥ 0.
    pub energy: Energy,
    /// How much, n€; negative where the price is.
    pub money: Money,
    /// The price behind it where a single one explains the money, n€/Wh.
    pub price: Option<Price>,
}

impl Bill<'_> {
    /// Every line there can be, those over nothing too; what the member receives comes first, so that it need not
    /// borrow what it has earned.
    #[must_use]
    pub fn lines(&self) -> [BillLine; 10] {
        let Self { position, import, export, prices, tariff } = *self;
        let more = |one: Energy, other: Energy| Energy((one - other).0.max(0));
        let taken_from_peers = position.bought.min(import);
        let supplied = more(import, position.bought);
        let short = more(position.sold, export);
        let fed_in = more(export, position.sold);
        let long = more(position.bought, import);

        let trade = |side, energy: Energy, money: i64| BillLine {
            kind: PostingKind::Trade,
            side,
            with: AccountId::COMMUNITY,
            energy,
            money: Money(money.into()),
            price: (energy.0 != 0 && money % energy.0 == 0).then(|| Price(money / energy.0)),
        };
        let line = |kind, side, with, energy: Energy, price: Price| BillLine {
            kind,
            side,
            with,
            energy,
            money: energy * price,
            price: Some(price),
        };
        use PostingKind::{GridFee, Imbalance, Levy, Supply};
        use Side::{Buy, Sell};
        let (supplier, grid, state) = (AccountId::SUPPLIER, AccountId::GRID_OPERATOR, AccountId::LEVIES);
        [
            trade(Sell, position.sold, position.received),
            line(Supply, Sell, supplier, fed_in, prices.export),
            line(Imbalance, Sell, supplier, long, prices.export),
            trade(Buy, position.bought, position.paid),
            line(Supply, Buy, supplier, supplied, prices.import),
            line(Imbalance, Buy, supplier, short, prices.import),
            line(GridFee, Buy, grid, taken_from_peers, tariff.peer_grid_fee),
            line(Levy, Buy, state, taken_from_peers, tariff.peer_levy),
            line(GridFee, Buy, grid, supplied + short, tariff.grid_fee),
            line(Levy, Buy, state, supplied + short, tariff.levy),
        ]
    }

    /// What the member pays on balance, n€; negative where it receives.
    #[must_use]
    pub fn total(&self) -> Money {
        let signed = |line: &BillLine| if line.side == Side::Buy { line.money } else { -line.money };
        self.lines().iter().map(signed).sum()
    }
}
