//! The auctions again, slowly: sort, walk along both sides Wh by Wh (in steps), read everything off the definition.

use market::rule::{Rule, Trade};
use market::{Book, BookOrder, Claim, Energy, Fraction, Money, Price, PriceConvention};

/// What a right clearing looks like.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) volume: i64,
    pub(crate) range: Option<(i64, i64)>,
    pub(crate) last_pair: Option<(i64, i64)>,
    pub(crate) welfare: i128,
    pub(crate) bid_fills: Vec<i64>,
    pub(crate) offer_fills: Vec<i64>,
    pub(crate) bid_order: Vec<usize>,
    pub(crate) offer_order: Vec<usize>,
}

/// Canonical order of one side: price, the account's first arrival at that price, arrival.
fn canonical(orders: &[BookOrder], sign: i64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..orders.len()).collect();
    order.sort_by_key(|at| {
        let mine = orders[*at];
        let first =
            orders.iter().position(|other| (other.account, other.limit) == (mine.account, mine.limit));
        (mine.limit.0 * sign, first, *at)
    });
    order
}

/// Fills one side up to `volume`: whole price levels first, the last one by cumulative floor.
fn fill(orders: &[BookOrder], order: &[usize], mut volume: i128) -> Vec<i64> {
    let mut fills = vec![0; orders.len()];
    for level in order.chunk_by(|one, other| orders[*one].limit == orders[*other].limit) {
        let energy = |at: &usize| i128::from(orders[*at].energy.0);
        let total: i128 = level.iter().map(energy).sum();
        let amount = volume.min(total);
        let mut before = 0;
        for at in level {
            let after = before + energy(at);
            fills[*at] = ((amount * after) / total - (amount * before) / total) as i64;
            before = after;
        }
        volume -= amount;
    }
    fills
}

/// The outcome that has the greatest welfare, and of those the greatest volume.
pub(crate) fn clear(book: &Book) -> Outcome {
    let (bid_order, offer_order) = (canonical(&book.bids, -1), canonical(&book.offers, 1));
    // Along both sides from the best order on, as long as the bid is worth at least the offer.
    let (mut volume, mut i, mut j) = (0_i128, 0, 0);
    let (mut wanted, mut left) = (0_i64, 0_i64);
    while i < bid_order.len() && j < offer_order.len() {
        let (bid, offer) = (&book.bids[bid_order[i]], &book.offers[offer_order[j]]);
        if bid.limit < offer.limit {
            break;
        }
        let energy = (bid.energy.0 - wanted).min(offer.energy.0 - left);
        volume += i128::from(energy);
        wanted += energy;
        left += energy;
        if wanted == bid.energy.0 {
            (i, wanted) = (i + 1, 0);
        }
        if left == offer.energy.0 {
            (j, left) = (j + 1, 0);
        }
    }
    let bid_fills = fill(&book.bids, &bid_order, volume);
    let offer_fills = fill(&book.offers, &offer_order, volume);
    let limits = |orders: &[BookOrder], fills: &[i64], which: fn(i64, i64) -> bool| -> Vec<i64> {
        let chosen = orders.iter().zip(fills).filter(|(order, fill)| which(**fill, order.energy.0));
        chosen.map(|(order, _)| order.limit.0).collect()
    };
    let (some, not_full) = (|fill, _| fill > 0, |fill, energy| fill < energy);
    let (filled_bids, filled_offers) =
        (limits(&book.bids, &bid_fills, some), limits(&book.offers, &offer_fills, some));
    let lo = filled_offers.iter().chain(&limits(&book.bids, &bid_fills, not_full)).copied().max();
    let hi = filled_bids.iter().chain(&limits(&book.offers, &offer_fills, not_full)).copied().min();
    let value = |orders: &[BookOrder], fills: &[i64]| -> i128 {
        orders.iter().zip(fills).map(|(order, fill)| i128::from(order.limit.0) * i128::from(*fill)).sum()
    };
    let traded = volume > 0;
    let keep = |order: Vec<usize>, fills: &[i64]| order.into_iter().filter(|at| fills[*at] > 0).collect();
    Outcome {
        volume: volume as i64,
        range: if traded { lo.zip(hi) } else { None },
        last_pair: filled_offers.into_iter().max().zip(filled_bids.into_iter().min()),
        welfare: value(&book.bids, &bid_fills) - value(&book.offers, &offer_fills),
        bid_order: keep(bid_order, &bid_fills),
        offer_order: keep(offer_order, &offer_fills),
        bid_fills,
        offer_fills,
    }
}

impl Outcome {
    pub(crate) fn between(k: Fraction, (from, to): (i64, i64)) -> i64 {
        let product = i128::from(k.numerator()) * i128::from(to - from);
        from + product.div_euclid(k.denominator().into()) as i64
    }

    /// The claim that says so.
    pub(crate) fn claim(&self, rule: &Rule) -> Claim {
        let (Some(range), Some(pair)) = (self.range, self.last_pair) else { return Claim::Nothing };
        let positions = |order: &[usize]| order.iter().map(|at| *at as u32).collect();
        match rule {
            Rule::UniformPrice { convention: PriceConvention::Equilibrium, k } => {
                let price = Price(Self::between(*k, range));
                Claim::UniformPrice { equilibrium: price, price }
            }
            Rule::UniformPrice { convention: PriceConvention::LastPair, k } => {
                Claim::UniformPrice { equilibrium: Price(range.0), price: Price(Self::between(*k, pair)) }
            }
            _ => Claim::PayAsBid {
                equilibrium: Price(range.0),
                bids: positions(&self.bid_order),
                offers: positions(&self.offer_order),
            },
        }
    }

    /// Every pair whose stretches of Wh overlap; `price` from the limits of bid and offer.
    pub(crate) fn trades(&self, book: &Book, price: impl Fn(i64, i64) -> i64) -> Vec<Trade> {
        let stretches = |order: &[usize], fills: &[i64]| -> Vec<(usize, i64, i64)> {
            let mut end = 0;
            order
                .iter()
                .map(|at| {
                    (*at, end, {
                        end += fills[*at];
                        end
                    })
                })
                .collect()
        };
        let (bids, offers) =
            (stretches(&self.bid_order, &self.bid_fills), stretches(&self.offer_order, &self.offer_fills));
        let mut trades = Vec::new();
        for (bid, bid_from, bid_to) in bids {
            for (offer, offer_from, offer_to) in &offers {
                let energy = bid_to.min(*offer_to) - bid_from.max(*offer_from);
                if energy > 0 {
                    let price = price(book.bids[bid].limit.0, book.offers[*offer].limit.0);
                    trades.push(Trade {
                        bid: bid as u32,
                        offer: *offer as u32,
                        energy: Energy(energy),
                        price: Price(price),
                    });
                }
            }
        }
        trades
    }

    /// The pairs of `pay_as_bid`.
    pub(crate) fn pay_as_bid(&self, book: &Book, k: Fraction) -> Vec<Trade> {
        self.trades(book, |bid, offer| Self::between(k, (offer, bid)))
    }

    /// Whether a checked clearing is this one.
    pub(crate) fn assert_is(&self, out: &market::rule::Clearing) {
        let fills = |fills: &[i64]| fills.iter().map(|fill| Energy(*fill)).collect::<Vec<_>>();
        assert_eq!(out.volume, Energy(self.volume));
        assert_eq!(out.welfare, Money(self.welfare));
        assert_eq!(out.bid_fills, fills(&self.bid_fills));
        assert_eq!(out.offer_fills, fills(&self.offer_fills));
        if let Some((lo, hi)) = self.range {
            assert_eq!(out.range, (Price(lo), Price(hi)));
        }
    }
}
