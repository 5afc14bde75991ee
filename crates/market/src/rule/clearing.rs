//! What a checked claim means for every order.

use super::Auctions;
use super::merit::Scratch;
use crate::{Book, BookOrder, Energy, Money, Price, Rejection, Side};
use alloc::vec::Vec;

/// The outcome of one clearing, order by order. Reused from clearing to clearing, it allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// Energy traded, Wh, ≥ 0.
    pub volume: Energy,
    /// The price for all, where the rule has one and something is traded, n€/Wh.
    pub price: Option<Price>,
    /// The equilibrium price that proves the allocation, n€/Wh; none where no bid reaches an offer.
    pub equilibrium: Option<Price>,
    /// The prices at which nobody wants to trade more or less, n€/Wh: [lo, hi].
    ///
    /// Where nothing is traded: from the best bid to the best offer, the collar standing in for a missing side.
    pub range: (Price, Price),
    /// Where nothing is traded but both sides exist: the middle of best bid and best offer, rounded down, n€/Wh.
    pub indicative_price: Option<Price>,
    /// Σ limit × fill over bids − the same over offers, n€, ≥ 0, but where energy is turned into another carrier's or
    /// kept for another interval (`coupled`); premiums count where a pipeline delivers the label.
    pub welfare: Money,
    /// What each bid gets, Wh; same index as [`Book::bids`].
    pub bid_fills: Vec<Energy>,
    /// What each offer gives, Wh; same index as [`Book::offers`].
    pub offer_fills: Vec<Energy>,
    /// The pairs, where the rule makes them (`pay_as_bid`).
    pub trades: Vec<Trade>,
    /// What every buyer pays and every seller receives, n€/Wh, where these are two prices (`trade_reduction`,
    /// `coupled`).
    pub side_prices: Option<(Price, Price)>,
    /// Per side, what each order pays or receives, n€, where neither prices nor pairs say it; else empty.
    pub amounts: [Vec<i64>; 2],
    /// The auctions of a pipeline.
    pub auctions: Auctions,
    pub(super) scratch: Scratch,
}

/// A bid and an offer that were matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Position of the bid in [`Book::bids`].
    pub bid: u32,
    /// Position of the offer in [`Book::offers`].
    pub offer: u32,
    /// How much, Wh, > 0.
    pub energy: Energy,
    /// What the buyer pays the seller, n€/Wh.
    pub price: Price,
}

impl Clearing {
    /// Back to an outcome in which nothing is traded.
    pub(crate) fn reset(&mut self, book: &Book) {
        self.volume = Energy::ZERO;
        self.price = None;
        self.equilibrium = None;
        self.range = (Price::ZERO, Price::ZERO);
        self.indicative_price = None;
        self.welfare = Money::ZERO;
        self.trades.clear();
        self.side_prices = None;
        self.amounts.iter_mut().for_each(Vec::clear);
        self.auctions.clear();
        for (fills, orders) in [(&mut self.bid_fills, &book.bids), (&mut self.offer_fills, &book.offers)] {
            fills.clear();
            fills.resize(orders.len(), Energy::ZERO);
        }
    }

    /// The fills of one side.
    #[must_use]
    pub fn fills(&self, side: Side) -> &[Energy] {
        match side {
            Side::Buy => &self.bid_fills,
            Side::Sell => &self.offer_fills,
        }
    }

    /// What the orders of one side pay (bids) or receive (offers).
    #[must_use]
    pub fn money(&self, side: Side) -> Amounts<'_> {
        let own = self.amounts.get(side as usize).filter(|own| !own.is_empty());
        match (self.price, self.side_prices, own) {
            (Some(price), ..) => Amounts::Price(price),
            (None, Some((buyers, sellers)), _) => {
                Amounts::Price(if side == Side::Buy { buyers } else { sellers })
            }
            (None, None, Some(own)) => Amounts::Own(own),
            (None, None, None) => Amounts::Pairs(self.of_pairs(side)),
        }
    }

    /// Per order of a side, what its pairs pay, n€.
    fn of_pairs(&self, side: Side) -> Vec<i64> {
        if self.trades.is_empty() {
            return Vec::new();
        }
        let mut money = alloc::vec![0; self.fills(side).len()];
        for trade in &self.trades {
            let position = if side == Side::Buy { trade.bid } else { trade.offer };
            if let Some(sum) = money.get_mut(position as usize) {
                *sum += (trade.energy * trade.price).0 as i64;
            }
        }
        money
    }

    /// The outcome of a book in which no bid reaches an offer.
    pub(crate) fn nothing(&mut self, book: &Book, (floor, cap): (Price, Price)) -> Result<(), Rejection> {
        self.reset(book);
        let best = best(book);
        if let (Some(bid), Some(offer)) = best {
            if bid >= offer {
                return Err(Rejection::TradeLeft);
            }
            self.indicative_price = Some(Price((bid.0 + offer.0).div_euclid(2)));
        }
        self.range = (best.0.unwrap_or(floor), best.1.unwrap_or(cap));
        Ok(())
    }
}

/// What the orders of one side of a clearing pay or receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amounts<'a> {
    /// One price for all.
    Price(Price),
    /// Each order its own amount, n€.
    Own(&'a [i64]),
    /// The sums of each order's pairs, n€.
    Pairs(Vec<i64>),
}

impl Amounts<'_> {
    /// What the order at this position pays or receives for its fill, n€.
    #[must_use]
    pub fn of(&self, position: usize, fill: Energy) -> i64 {
        match self {
            Self::Price(price) => (fill * *price).0 as i64,
            Self::Own(own) => own.get(position).copied().unwrap_or(0),
            Self::Pairs(sums) => sums.get(position).copied().unwrap_or(0),
        }
    }
}

/// The highest bid and the lowest offer.
pub(crate) fn best(book: &Book) -> (Option<Price>, Option<Price>) {
    best_of(&book.bids, &book.offers)
}

/// The same of two sides.
pub(crate) fn best_of(bids: &[BookOrder], offers: &[BookOrder]) -> (Option<Price>, Option<Price>) {
    let limit = |order: &BookOrder| order.limit;
    (bids.iter().map(limit).max(), offers.iter().map(limit).min())
}

/// The same, of those orders only that `counts`.
pub(crate) fn best_among(book: &Book, counts: impl Fn(&BookOrder) -> bool) -> (Option<Price>, Option<Price>) {
    let bids = book.bids.iter().filter(|order| counts(order)).map(|order| order.limit);
    let offers = book.offers.iter().filter(|order| counts(order)).map(|order| order.limit);
    (bids.max(), offers.min())
}
