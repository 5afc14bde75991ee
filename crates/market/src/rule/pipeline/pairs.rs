//! The pairs of a pipeline: within each auction, at its price, labels first.

use super::{Auction, Part};
use crate::rule::merit::{Rung, ladder};
use crate::rule::{Clearing, Trade};
use crate::{AccountId, Book, BookOrder, Energy, MeterId, Price, Quality, Side, TimeInForce};
use alloc::vec::Vec;

/// The pairs of every auction in turn: bids from the highest label down, each label in merit order, take from the
/// offers in merit order that their stage lets serve them.
pub(in crate::rule) fn pair(book: &Book, clearing: &Clearing, out: &mut Vec<Trade>) {
    for (number, auction) in clearing.auctions.list.iter().enumerate() {
        let Some(price) = auction.price else { continue };
        let [bids, offers] =
            Side::ALL.map(|side| rungs(book, side, auction, clearing.auctions.parts_of(number, side)));
        let mut supply = offers;
        if auction.label.is_some() || !auction.stage.guarantees() {
            merge(bids.into_iter(), supply.iter_mut(), price, out);
            continue;
        }
        let label = |side, rung: &Rung| book.details(side, rung.position as usize).attributes.quality;
        for asked in Quality::ALL.into_iter().rev() {
            let bids = bids.iter().copied().filter(|bid| label(Side::Buy, bid) == asked);
            let offers = supply.iter_mut().filter(|offer| label(Side::Sell, offer) >= asked);
            merge(bids, offers, price, out);
        }
    }
}

/// What an auction filled on one side, in merit order.
fn rungs(book: &Book, side: Side, auction: &Auction, parts: &[Part]) -> Vec<Rung> {
    let order = |part: &Part| {
        let position = part.position as usize;
        let order = book.orders(side).get(position);
        let asked = book.details(side, position).attributes;
        let counts = auction.stage.guarantees() && side == Side::Buy && asked.quality != Quality::Any;
        let premium = if counts { asked.premium } else { Price::ZERO };
        BookOrder {
            limit: order.map_or(Price::ZERO, |order| order.limit) + premium,
            energy: part.energy,
            account: order.map_or(AccountId::WORLD, |order| order.account),
            meter: MeterId(0),
            arrival: part.position,
            time_in_force: TimeInForce::NextClearing,
        }
    };
    let mut parts = parts.to_vec();
    parts.sort_unstable_by_key(|part| part.position);
    let orders: Vec<BookOrder> = parts.iter().map(order).collect();
    let fills: Vec<Energy> = parts.iter().map(|part| part.energy).collect();
    let position = |rung: Rung| {
        let part = parts.get(rung.position as usize);
        rung.at(part.map_or(0, |part| part.position))
    };
    ladder(side, &orders, &fills).into_iter().map(position).collect()
}

/// Lays bids and offers side by side, and takes from the offers what they give.
fn merge<'a>(
    bids: impl Iterator<Item = Rung>,
    mut offers: impl Iterator<Item = &'a mut Rung>,
    price: Price,
    out: &mut Vec<Trade>,
) {
    let mut offer = offers.next();
    for bid in bids {
        let mut wanted = bid.energy;
        while let Some(supply) = offer.as_mut().filter(|_| !wanted.is_zero()) {
            let energy = wanted.min(supply.energy);
            if !energy.is_zero() {
                out.push(Trade { bid: bid.position, offer: supply.position, energy, price });
            }
            wanted -= energy;
            supply.energy -= energy;
            if supply.energy.is_zero() {
                offer = offers.next();
            }
        }
    }
}
