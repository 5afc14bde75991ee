//! The procedure, slow and read off its description.

use super::*;

/// A special order as the naive procedure sees it, with its position in each of its intervals.
#[derive(Clone, Debug)]
pub(super) struct Special {
    pub(super) side: Side,
    pub(super) limit: i64,
    pub(super) whole: i64,
    pub(super) first: usize,
    pub(super) positions: Vec<usize>,
}

impl Special {
    pub(super) fn sign(&self) -> i64 {
        if self.side == Side::Buy { 1 } else { -1 }
    }

    pub(super) fn intervals(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.positions.len()
    }

    pub(super) fn refusal(&self) -> Refused {
        Refused { interval: self.first as u16, side: self.side, position: self.positions[0] as u32 }
    }
}

/// What is outside the cap or floor by one, and so before everything that is inside.
pub(super) fn front(side: Side) -> Price {
    if side == Side::Buy { Price(COLLAR.1.0 + 1) } else { Price(COLLAR.0.0 - 1) }
}

/// One interval's outcome for a set of special orders.
pub(super) struct Auction {
    pub(super) outcome: reference::Outcome,
    pub(super) price: Option<i64>,
    pub(super) short: [bool; 2],
    /// Per side, by position in the book.
    pub(super) fills: [Vec<i64>; 2],
}

/// The procedure, read off its description; every auction by the slow reference.
pub(super) struct Naive<'a> {
    pub(super) k: Fraction,
    pub(super) books: &'a [Book],
    pub(super) specials: Vec<Special>,
}

impl<'a> Naive<'a> {
    pub(super) fn new(k: Fraction, books: &'a [Book]) -> Self {
        let mut specials = Vec::new();
        for (first, book) in books.iter().enumerate() {
            for side in Side::ALL {
                for (position, order) in book.orders(side).iter().enumerate() {
                    let kept = book.details(side, position);
                    let further = usize::from(kept.attributes.further);
                    let special = |whole: Energy, positions| Special {
                        side,
                        limit: order.limit.0,
                        whole: whole.0,
                        first,
                        positions,
                    };
                    if further == 0 && kept.attributes.minimum > Energy::ZERO {
                        specials.push(special(kept.attributes.minimum, vec![position]));
                    }
                    if further > 0 && kept.part == 0 && first + further < books.len() {
                        let part = |part: usize| {
                            let other = &books[first + part];
                            let mine = |at: &usize| {
                                let other = other.details(side, *at);
                                (other.attributes.further > 0)
                                    && (other.block, usize::from(other.part)) == (kept.block, part)
                            };
                            (0..other.orders(side).len()).find(mine).unwrap()
                        };
                        specials.push(special(order.energy, (0..=further).map(part).collect()));
                    }
                }
            }
        }
        Self { k, books, specials }
    }

    pub(super) fn auction(&self, interval: usize, taken: &[bool]) -> Auction {
        let book = &self.books[interval];
        let mut left = Book::default();
        let mut from: [Vec<usize>; 2] = Default::default();
        let here = |side: Side| {
            let specials = self.specials.iter().zip(taken);
            specials
                .filter(move |(special, _)| special.side == side && special.intervals().contains(&interval))
        };
        for side in Side::ALL {
            let orders = if side == Side::Buy { &mut left.bids } else { &mut left.offers };
            let position = |special: &Special| special.positions[interval - special.first];
            for (at, order) in book.orders(side).iter().enumerate() {
                let special = here(side).find(|(special, _)| position(special) == at);
                let beyond = special.is_none() && book.details(side, at).attributes.further > 0;
                let energy = match special {
                    _ if beyond => 0,
                    None => order.energy.0,
                    Some((special, true)) => order.energy.0 - special.whole,
                    Some((_, false)) => 0,
                };
                if energy > 0 {
                    orders.push(BookOrder { energy: Energy(energy), ..*order });
                    from[side as usize].push(at);
                }
            }
            for (special, _) in here(side).filter(|(_, taken)| **taken) {
                let order = book.orders(side)[position(special)];
                orders.push(BookOrder { energy: Energy(special.whole), limit: front(side), ..order });
                from[side as usize].push(position(special));
            }
        }
        let outcome = reference::clear(&left);
        let limits = |side| here(side).filter(|(_, taken)| **taken).map(|(special, _)| special.limit);
        let price = outcome.range.map(|(lo, hi)| {
            let (lo, hi) = (lo.max(COLLAR.0.0), hi.min(COLLAR.1.0));
            let a = limits(Side::Sell).max().map_or(lo, |limit| limit.max(lo).min(hi));
            let b = limits(Side::Buy).min().map_or(hi, |limit| limit.max(lo).min(hi));
            let width = i128::from((b - a).abs()) * i128::from(self.k.numerator());
            a.min(b) + (width / i128::from(self.k.denominator())) as i64
        });
        let mut fills = Side::ALL.map(|side| vec![0; book.orders(side).len()]);
        let parts = [&outcome.bid_fills, &outcome.offer_fills];
        for side in 0..2 {
            for (at, fill) in from[side].iter().zip(parts[side]) {
                fills[side][*at] += fill;
            }
        }
        let short = Side::ALL.map(|side| {
            let wanted: i64 = here(side).filter(|(_, taken)| **taken).map(|(special, _)| special.whole).sum();
            outcome.volume < wanted
        });
        Auction { outcome, price, short, fills }
    }

    pub(super) fn auctions(&self, taken: &[bool]) -> Vec<Auction> {
        (0..self.books.len()).map(|interval| self.auction(interval, taken)).collect()
    }

    /// The violated order to refuse, if there is one.
    pub(super) fn worst(&self, taken: &[bool]) -> Option<usize> {
        let auctions = self.auctions(taken);
        let violated = (0..self.specials.len()).filter(|at| taken[*at]).filter_map(|at| {
            let special = &self.specials[at];
            let mut short = false;
            let mut loss = 0;
            for auction in &auctions[special.intervals()] {
                short |= auction.short[special.side as usize];
                let price = match auction.short {
                    [true, _] => COLLAR.1.0,
                    [_, true] => COLLAR.0.0,
                    _ => auction.price.unwrap(),
                };
                loss += (price - special.limit) * special.sign();
            }
            let key = (special.first, special.positions[0], special.side);
            // Blocks here have two or three parts: six times the loss per Wh is an integer.
            (short || loss > 0).then_some((short, 6 * loss / special.positions.len() as i64, key, at))
        });
        violated.max().map(|(.., at)| at)
    }

    /// Who is taken in the end, and who was refused in which order.
    pub(super) fn decide(&self) -> (Vec<bool>, Vec<Refused>) {
        let mut taken = vec![true; self.specials.len()];
        let mut refused = Vec::new();
        while let Some(at) = self.worst(&taken) {
            taken[at] = false;
            refused.push(at);
        }
        for at in refused.iter().rev() {
            taken[*at] = true;
            taken[*at] = self.worst(&taken).is_none();
        }
        refused.retain(|at| !taken[*at]);
        let refused = refused.iter().map(|at| self.specials[*at].refusal()).collect();
        (taken, refused)
    }
}
