//! A book as pairs see it: what a trade between this bid and that offer costs beside what it is worth.

use super::Line;
use crate::{AccountId, Book, Location, Price, Side};
use alloc::vec::Vec;

/// A book whose orders know where they are and with whom they would rather trade.
#[derive(Clone, Debug)]
pub struct Pairs {
    parties: [Vec<Party>; 2],
    charges: [Price; 4],
}

/// An order, as far as its partners matter.
#[derive(Clone, Copy, Debug)]
struct Party {
    line: Line,
    account: AccountId,
    location: Location,
    partner: AccountId,
    premium: Price,
}

impl Pairs {
    /// The orders of `book` where the network charges this per Wh, by [`crate::Distance`], n€/Wh.
    #[must_use]
    pub fn new(book: &Book, charges: &[Price; 4]) -> Self {
        let parties = Side::ALL.map(|side| {
            let party = |(position, order): (usize, &crate::BookOrder)| {
                let details = book.details(side, position);
                let (limit, energy, fall) = (order.limit, order.energy, details.attributes.fall);
                Party {
                    line: Line { side, limit, fall, energy },
                    account: order.account,
                    location: details.location,
                    partner: details.attributes.partner,
                    premium: details.attributes.premium,
                }
            };
            book.orders(side).iter().enumerate().map(party).collect()
        });
        Self { parties, charges: *charges }
    }

    /// How many orders a side has.
    #[must_use]
    pub fn count(&self, side: Side) -> usize {
        self.parties(side).len()
    }

    /// The limits of a side's orders.
    pub fn lines(&self, side: Side) -> impl Iterator<Item = Line> + '_ {
        self.parties(side).iter().map(|party| party.line)
    }

    /// What the network charges for a trade between the two, n€/Wh, ≥ 0.
    #[must_use]
    pub fn charge(&self, bid: usize, offer: usize) -> Price {
        self.pair(bid, offer).map_or(Price::ZERO, |(bid, offer)| {
            let distance = bid.location.distance(offer.location);
            self.charges.get(distance as usize).copied().unwrap_or_default()
        })
    }

    /// How much better than its limit a trade between the two is to the order of `side`, n€/Wh, ≥ 0: its
    /// premium if the other is its preferred partner.
    #[must_use]
    pub fn premium(&self, side: Side, bid: usize, offer: usize) -> Price {
        self.pair(bid, offer).map_or(Price::ZERO, |(bid, offer)| match side {
            Side::Buy => bid.premium_with(offer),
            Side::Sell => offer.premium_with(bid),
        })
    }

    /// By how much a bid must exceed an offer for the two to trade, n€/Wh: the charge, less both premiums.
    #[must_use]
    pub fn cost(&self, bid: usize, offer: usize) -> Price {
        let premium = |side| self.premium(side, bid, offer);
        self.charge(bid, offer) - premium(Side::Buy) - premium(Side::Sell)
    }

    fn parties(&self, side: Side) -> &[Party] {
        let [bids, offers] = &self.parties;
        if side == Side::Buy { bids } else { offers }
    }

    fn pair(&self, bid: usize, offer: usize) -> Option<(&Party, &Party)> {
        self.parties(Side::Buy).get(bid).zip(self.parties(Side::Sell).get(offer))
    }
}

impl Party {
    fn premium_with(&self, other: &Self) -> Price {
        if self.partner == other.account { self.premium } else { Price::ZERO }
    }
}
