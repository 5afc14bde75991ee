//! What a checked claim means for every order.

use super::merit::Scratch;
use crate::{Book, BookOrder, Energy, Money, Price, Rejection};
use alloc::vec::Vec;

/// The outcome of one clearing, order by order. Reused from clearing to clearing, it allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// Energy traded, Wh, ≥ 0.
    pub volume: Energy,
    /// The price for all, where the rule has one and something is traded, n€/Wh.
    pub price: Option<Price>,
    /// The equilibrium price that proves the allocation, n€/Wh; none where nothing is traded.
    pub equilibrium: Option<Price>,
    /// The prices at which nobody wants to trade more or less, n€/Wh: [lo, hi].
    ///
    /// Where nothing is traded: from the best bid to the best offer, the collar standing in for a missing side.
    pub range: (Price, Price),
    /// Where nothing is traded but both sides exist: the middle of best bid and best offer, rounded down, n€/Wh.
    pub indicative_price: Option<Price>,
    /// Σ limit × fill over bids − the same over offers, n€, ≥ 0.
    pub welfare: Money,
    /// What each bid gets, Wh; same index as [`Book::bids`].
    pub bid_fills: Vec<Energy>,
    /// What each offer gives, Wh; same index as [`Book::offers`].
    pub offer_fills: Vec<Energy>,
    /// The pairs, where the rule makes them (`pay_as_bid`).
    pub trades: Vec<Trade>,
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
        for (fills, orders) in [(&mut self.bid_fills, &book.bids), (&mut self.offer_fills, &book.offers)] {
            fills.clear();
            fills.resize(orders.len(), Energy::ZERO);
        }
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

/// The highest bid and the lowest offer.
pub(crate) fn best(book: &Book) -> (Option<Price>, Option<Price>) {
    let limit = |order: &BookOrder| order.limit;
    (book.bids.iter().map(limit).max(), book.offers.iter().map(limit).min())
}
