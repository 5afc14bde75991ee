//! The equilibrium prices of a book, by selection.
//!
//! Let T be the energy of all bids. p is an equilibrium price only if the energy bid above p is no more than that
//! offered up to p: T − (bids up to p) ≤ (offers up to p). So the lowest equilibrium price is the lowest p up to
//! which *all orders, bids and offers alike*, hold at least T: the limit of the order in which the T-th Wh of the
//! whole book lies. That is a weighted selection, and needs neither side sorted. If the T-th Wh is the last of its
//! price, every price up to the next order's is an equilibrium too.
//!
//! Only limits between the best offer and the best bid matter. They are dropped into buckets, equal spans of
//! price; the bucket with the T-th Wh is searched again, with finer ones, until it is a single price.

use market::{Book, BookOrder, Price};

/// Their sums fit the first-level cache beside the orders that stream past.
const BUCKETS: usize = 2048;

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Energy per bucket, Wh.
    sums: Vec<i64>,
    /// The orders of the bucket that is searched next.
    orders: Vec<Limit>,
}

/// An order, as far as it matters here.
#[derive(Clone, Copy, Debug)]
struct Limit {
    price: i64,
    energy: i64,
}

impl From<&BookOrder> for Limit {
    fn from(order: &BookOrder) -> Self {
        Self { price: order.limit.0, energy: order.energy.0 }
    }
}

/// Prices from `first` to `last`.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: i64,
    last: i64,
}

impl Span {
    fn holds(self, price: i64) -> bool {
        self.first <= price && price <= self.last
    }
}

/// Lowest and highest equilibrium price, n€/Wh; `None` if no bid reaches an offer.
pub(crate) fn equilibrium(book: &Book, memory: &mut Memory) -> Option<(Price, Price)> {
    equilibrium_of(&book.bids, &book.offers, memory)
}

/// The same for two sides that are no book of their own.
pub(crate) fn equilibrium_of(
    bids: &[BookOrder],
    offers: &[BookOrder],
    memory: &mut Memory,
) -> Option<(Price, Price)> {
    among(bids, offers, |_| true, memory)
}

/// The same, of those orders only that `counts`.
pub(crate) fn among(
    bids: &[BookOrder],
    offers: &[BookOrder],
    counts: impl Fn(&BookOrder) -> bool + Copy,
    memory: &mut Memory,
) -> Option<(Price, Price)> {
    let (mut best_bid, mut rank) = (i64::MIN, 0); // `rank`: which Wh is looked for, counted from the span's begin
    for bid in bids.iter().filter(|bid| counts(bid)) {
        best_bid = best_bid.max(bid.limit.0);
        rank += bid.energy.0;
    }
    let best_offer = offers.iter().filter(|offer| counts(offer)).map(|offer| offer.limit.0).min()?;
    if best_bid < best_offer {
        return None;
    }
    let Memory { sums, orders } = memory;
    let all = || bids.iter().chain(offers).filter(move |order| counts(order)).map(Limit::from);
    let mut span = narrow(Span { first: best_offer, last: best_bid }, all(), &mut rank, sums);
    orders.clear();
    let mut next = i64::MAX; // the lowest limit above the span
    all().for_each(|order| {
        if span.holds(order.price) {
            orders.push(order);
        }
        next = next.min(if order.price > span.last { order.price } else { i64::MAX });
    });
    while span.first < span.last {
        span = narrow(span, orders.iter().copied(), &mut rank, sums);
        orders.retain(|order| {
            next = next.min(if order.price > span.last { order.price } else { i64::MAX });
            span.holds(order.price)
        });
    }
    let lo = span.first;
    let at: i64 = orders.iter().map(|order| order.energy).sum();
    Some((Price(lo), Price(if at > rank { lo } else { next })))
}

/// The bucket of `span` that holds the `rank`-th Wh of the orders; `rank` then counts from where that one begins.
/// Orders below the span count.
fn narrow(span: Span, orders: impl Iterator<Item = Limit>, rank: &mut i64, sums: &mut Vec<i64>) -> Span {
    let bits = u64::BITS - ((span.last - span.first) as u64).leading_zeros();
    let shift = bits.saturating_sub(BUCKETS.trailing_zeros());
    sums.clear();
    sums.resize(BUCKETS + 2, 0); // the first is for all below the span, the last for all above
    orders.for_each(|order| {
        let bucket = ((order.price - span.first) >> shift).clamp(-1, BUCKETS as i64);
        sums[(bucket + 1) as usize] += order.energy;
    });
    let mut bucket = 0;
    while sums[bucket] < *rank {
        *rank -= sums[bucket];
        bucket += 1;
    }
    let first = span.first + ((bucket as i64 - 1) << shift);
    Span { first, last: first + (1 << shift) - 1 }
}
