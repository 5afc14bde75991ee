//! Pipelines: stages over one book that know labels of energy, each working on what the stages before it left.
//!
//! A stage is a sequence of uniform-price auctions, each over some of the orders with what is left of them. The
//! claim names for every auction its lowest equilibrium price, which proves it as it would prove an auction of its
//! own; nothing is searched for. Under `satisfy_preferences` an auction is repeated without the bids whose label the
//! cleared offers cannot supply: the claim names in every round the first of them, and [`rounds`] proves all rounds
//! but the last by sums from one pass over the book.
//!
//! The premium of a bid that asks for a label raises its limit where the stage guarantees that label, and nowhere
//! else: so limit + premium bounds what it pays, and beyond the limit it pays for the label only.

mod explain;
mod outcome;
mod pairs;
mod rounds;

pub(super) use explain::{describe, explain};
pub use outcome::{Auction, Auctions, LabelShare};
pub(super) use pairs::pair;

use super::clearing::best_of;
use super::{Clearing, Cut, Stage, Stages, uniform_price};
use crate::{
    AccountId, AuctionClaim, Book, BookOrder, Details, Energy, Fraction, MeterId, Price, PriceConvention,
    Quality, Rejection, Side, TimeInForce, Witness,
};
use alloc::vec::Vec;
use core::mem;
use outcome::Part;

/// An order on its way through the stages; its index is its position in the book.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Its limit, n€/Wh.
    pub limit: Price,
    /// What is left of it, Wh, ≥ 0; without any it takes no part.
    pub open: Energy,
    /// A bid's premium for the label it asks for, n€/Wh, ≥ 0.
    pub premium: Price,
    /// Who.
    pub account: AccountId,
    /// The label it asks for or carries.
    pub label: Quality,
    /// Just before the line of `satisfy_preferences`, at the same limit.
    kept: bool,
}

impl Seat {
    /// The limit in auctions that guarantee the label, n€/Wh.
    #[must_use]
    pub const fn reach(&self) -> Price {
        Price(self.limit.0 + self.premium.0)
    }
}

/// Where the proof of every auction comes from: a claim to be checked, or a search.
pub trait Guide {
    /// What proves the auction of these bids and offers, each in order of arrival.
    ///
    /// # Errors
    /// [`Rejection::WrongStage`] if there is none.
    fn auction(&mut self, bids: &[BookOrder], offers: &[BookOrder]) -> Result<Witness, Rejection>;

    /// The rounds of `satisfy_preferences` among these bids and offers. The last, and only the last, drops nobody.
    ///
    /// # Errors
    /// [`Rejection::WrongStage`] if there are none.
    fn rounds(
        &mut self,
        bids: &[Seat],
        offers: &[Seat],
        rounds: &mut Vec<AuctionClaim>,
    ) -> Result<(), Rejection>;
}

/// Reads the claim from its first auction to its last.
struct Claimed<'a> {
    rest: &'a [AuctionClaim],
}

impl Claimed<'_> {
    fn next(&mut self) -> Result<AuctionClaim, Rejection> {
        let (first, rest) = self.rest.split_first().ok_or(Rejection::WrongStage)?;
        self.rest = rest;
        Ok(*first)
    }
}

/// Whether a round drops nobody.
const fn is_last(round: &AuctionClaim) -> bool {
    round.dropped_local == u32::MAX && round.dropped_green == u32::MAX
}

impl Guide for Claimed<'_> {
    fn auction(&mut self, _: &[BookOrder], _: &[BookOrder]) -> Result<Witness, Rejection> {
        let next = self.next()?;
        if is_last(&next) { Ok(next.witness) } else { Err(Rejection::WrongStage) }
    }

    fn rounds(&mut self, _: &[Seat], _: &[Seat], rounds: &mut Vec<AuctionClaim>) -> Result<(), Rejection> {
        loop {
            let next = self.next()?;
            rounds.push(next);
            if is_last(&next) {
                return Ok(());
            }
        }
    }
}

pub(super) fn check(
    (stages, k): (Stages, Fraction),
    book: &Book,
    auctions: &[AuctionClaim],
    collar: (Price, Price),
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let mut claimed = Claimed { rest: auctions };
    run((stages, k), book, collar, &mut claimed, out)?;
    if claimed.rest.is_empty() { Ok(()) } else { Err(Rejection::WrongStage) }
}

/// Runs the stages over `book`; every auction is proved by what `guide` says. If nothing is wrong, `out` holds the
/// outcome.
///
/// # Errors
/// The number of what is wrong with the first auction that is.
pub fn run(
    (stages, k): (Stages, Fraction),
    book: &Book,
    (floor, cap): (Price, Price),
    guide: &mut impl Guide,
    out: &mut Clearing,
) -> Result<(), Rejection> {
    out.reset(book);
    let mut course = mem::take(&mut out.scratch.course);
    course.enter(book, out);
    let stages = stages.as_slice();
    let done = stages.iter().try_for_each(|stage| course.stage(*stage, k, guide, out));
    if done.is_ok() {
        course.leave(book, out);
    }
    out.scratch.course = course;
    done?;
    let mut traded = out.auctions.list.iter().filter(|auction| !auction.volume.is_zero());
    match (traded.next(), traded.next()) {
        (None, _) => {
            // Labels may keep a bid and an offer apart that cross; there is no price between those.
            let (bid, offer) = best_of(&book.bids, &book.offers);
            let apart = bid.zip(offer).is_none_or(|(bid, offer)| bid < offer);
            out.range = if apart { (bid.unwrap_or(floor), offer.unwrap_or(cap)) } else { out.range };
            let middle = |(bid, offer): (Price, Price)| Price((bid.0 + offer.0).div_euclid(2));
            out.indicative_price = bid.zip(offer).filter(|_| apart).map(middle);
        }
        // One auction, one price for all: that says what everybody pays.
        (Some(only), None) => {
            (out.price, out.equilibrium, out.range) = (only.price, Some(only.range.0), only.range);
            out.amounts.iter_mut().for_each(Vec::clear);
        }
        _ => {}
    }
    Ok(())
}

/// The orders on their way, and working memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    seats: [Vec<Seat>; 2],
    /// The bids and offers of the auction at hand, at the front; `arrival` is the position in the book.
    orders: [Vec<BookOrder>; 2],
    count: [usize; 2],
    fills: Vec<Energy>,
    rounds: Vec<AuctionClaim>,
    proof: rounds::Proof,
}

/// The place of an order that was not written yet.
const VACANT: BookOrder = BookOrder {
    limit: Price::ZERO,
    energy: Energy::ZERO,
    account: AccountId::WORLD,
    meter: MeterId(0),
    arrival: 0,
    time_in_force: TimeInForce::NextClearing,
};

impl Course {
    /// Every order takes its seat.
    fn enter(&mut self, book: &Book, out: &mut Clearing) {
        for (side, seats) in Side::ALL.into_iter().zip(&mut self.seats) {
            let seat = |order: &BookOrder, details: &Details| {
                let label = details.attributes.quality;
                let pays = side == Side::Buy && label != Quality::Any;
                let premium = if pays { details.attributes.premium } else { Price::ZERO };
                Seat {
                    limit: order.limit,
                    open: order.energy,
                    premium,
                    account: order.account,
                    label,
                    kept: false,
                }
            };
            seats.clear();
            let orders = book.orders(side).iter();
            match book.details.get(side as usize).filter(|details| !details.is_empty()) {
                Some(details) => seats.extend(orders.zip(details).map(|(order, of)| seat(order, of))),
                None => seats.extend(orders.map(|order| seat(order, &Details::default()))),
            }
            for seat in &*seats {
                if let Some(share) = out.auctions.labels.get_mut(seat.label as usize) {
                    let sum = if side == Side::Buy { &mut share.asked } else { &mut share.offered };
                    *sum += seat.open;
                }
            }
            if let Some(amounts) = out.amounts.get_mut(side as usize) {
                amounts.resize(seats.len(), 0);
            }
        }
    }

    fn stage(
        &mut self,
        stage: Stage,
        k: Fraction,
        guide: &mut impl Guide,
        out: &mut Clearing,
    ) -> Result<(), Rejection> {
        let [bids, offers] = &self.seats;
        if stage == Stage::SatisfyPreferences {
            self.rounds.clear();
            guide.rounds(bids, offers, &mut self.rounds)?;
            let line = self.proof.check(&self.rounds, bids, offers, &mut out.auctions.seen)?;
            self.keep(true);
            let [bids, offers] = &self.seats;
            let [bids_at, offers_at] = &mut self.orders;
            self.count = [
                gather(bids, bids_at, Seat::reach, |seat| line.is_before(seat)),
                gather(offers, offers_at, |seat| seat.limit, |_| true),
            ];
            self.keep(false);
            let witness = self.rounds.last().map_or(Witness::NoTrade, |last| last.witness);
            return self.settle((stage, None), witness, k, out);
        }
        for asked in stage.labels() {
            let [bids, offers] = &self.seats;
            let [bids_at, offers_at] = &mut self.orders;
            let bid_count = match *asked {
                Some(label) => gather(bids, bids_at, Seat::reach, |seat| seat.label == label),
                None => gather(bids, bids_at, |seat| seat.limit, |_| true),
            };
            let admitted = |seat: &Seat| stage.admits(*asked, seat.label);
            self.count = [bid_count, gather(offers, offers_at, |seat| seat.limit, admitted)];
            let witness = guide.auction(self.orders(Side::Buy), self.orders(Side::Sell))?;
            self.settle((stage, *asked), witness, k, out)?;
        }
        Ok(())
    }

    /// Marks, or forgets, the bids that stand at a line's limit and before it.
    fn keep(&mut self, kept: bool) {
        let [bids, _] = &mut self.seats;
        for position in self.proof.kept() {
            if let Some(seat) = bids.get_mut(*position as usize) {
                seat.kept = kept;
            }
        }
    }

    /// One side of the auction at hand.
    fn orders(&self, side: Side) -> &[BookOrder] {
        let count = self.count.get(side as usize).copied().unwrap_or(0);
        self.orders.get(side as usize).and_then(|orders| orders.get(..count)).unwrap_or(&[])
    }

    /// Checks the auction at hand by its witness, and takes what it trades from what is left.
    fn settle(
        &mut self,
        (stage, label): (Stage, Option<Quality>),
        witness: Witness,
        k: Fraction,
        out: &mut Clearing,
    ) -> Result<(), Rejection> {
        let (bids, offers) = (self.orders(Side::Buy), self.orders(Side::Sell));
        let ends = |out: &Clearing| out.auctions.parts.each_ref().map(Vec::len);
        let Witness::Equilibrium(equilibrium) = witness else {
            let crosses = matches!(best_of(bids, offers), (Some(bid), Some(offer)) if bid >= offer);
            if crosses {
                return Err(Rejection::TradeLeft);
            }
            let (ends, range) = (ends(out), (Price::ZERO, Price::ZERO));
            out.auctions.list.push(Auction { stage, label, price: None, range, volume: Energy::ZERO, ends });
            out.auctions.seen += 1;
            return Ok(());
        };
        let cut = Cut::of(bids, offers, equilibrium)?;
        if equilibrium != cut.lo {
            return Err(Rejection::NotEquilibrium); // one, but not the lowest: the claim must be unique
        }
        let (_, price) = cut.prices(PriceConvention::Equilibrium, k);
        let mut traded = [[Energy::ZERO; 3]; 2]; // per side and label
        for (side, traded) in Side::ALL.into_iter().zip(&mut traded) {
            self.take(side, &cut, price, traded, out);
        }
        let [bought, sold] = traded;
        if stage == Stage::SatisfyPreferences && !can_supply(sold, bought) {
            return Err(Rejection::WrongStage); // somebody is to be dropped, and another round to follow
        }
        for (asked, (share, bought)) in
            Quality::ALL.into_iter().zip(out.auctions.labels.iter_mut().zip(bought))
        {
            let delivered = stage.guarantees() || asked == Quality::Any;
            share.delivered += if delivered { bought } else { Energy::ZERO };
        }
        out.volume += cut.volume;
        out.welfare = out.welfare + cut.welfare();
        let (ends, range, price) = (ends(out), (cut.lo, cut.hi), Some(price));
        out.auctions.list.push(Auction { stage, label, price, range, volume: cut.volume, ends });
        out.auctions.seen += 1;
        Ok(())
    }

    /// Fills one side of the auction at hand and writes down who pays or receives what.
    fn take(&mut self, side: Side, cut: &Cut, price: Price, traded: &mut [Energy; 3], out: &mut Clearing) {
        let mut fills = mem::take(&mut self.fills);
        uniform_price::fill(cut, side, self.orders(side), &mut fills, &mut out.scratch);
        let Auctions { parts: [bid_parts, offer_parts], .. } = &mut out.auctions;
        let [bid_amounts, offer_amounts] = &mut out.amounts;
        let [bids, offers] = &mut self.seats;
        let [bid_orders, offer_orders] = &self.orders;
        let (parts, amounts, seats, orders) = match side {
            Side::Buy => (bid_parts, bid_amounts, bids, bid_orders),
            Side::Sell => (offer_parts, offer_amounts, offers, offer_orders),
        };
        let vacant = Part { position: 0, energy: Energy::ZERO };
        let mut end = parts.len();
        parts.resize(end + fills.len(), vacant);
        // Without branches, as in a cut: whether an order is filled is a coin toss to the processor.
        for (order, fill) in orders.iter().zip(&fills) {
            let position = order.arrival as usize;
            let (Some(seat), Some(amount)) = (seats.get_mut(position), amounts.get_mut(position)) else {
                continue;
            };
            seat.open -= *fill;
            *amount += fill.0 * price.0;
            if let Some(sum) = traded.get_mut(seat.label as usize) {
                *sum += *fill;
            }
            if let Some(part) = parts.get_mut(end) {
                *part = Part { position: order.arrival, energy: *fill };
            }
            end += usize::from(!fill.is_zero() | (order.limit == cut.price));
        }
        parts.truncate(end);
        self.fills = fills;
    }

    /// What was filled of every order is what is no longer left of it.
    fn leave(&self, book: &Book, out: &mut Clearing) {
        let Clearing { bid_fills, offer_fills, auctions, .. } = out;
        for ((side, fills), seats) in Side::ALL.into_iter().zip([bid_fills, offer_fills]).zip(&self.seats) {
            for ((fill, order), seat) in fills.iter_mut().zip(book.orders(side)).zip(seats) {
                *fill = order.energy - seat.open;
                if let Some(share) = auctions.labels.get_mut(seat.label as usize) {
                    let sum = if side == Side::Buy { &mut share.bought } else { &mut share.sold };
                    *sum += *fill;
                }
            }
        }
    }
}

/// Whether offers that sold so much per label can have served bids that bought so much: every label by itself or a
/// better one.
fn can_supply([_, local, green]: [Energy; 3], [_, local_asked, green_asked]: [Energy; 3]) -> bool {
    green_asked <= green && local_asked <= local + green - green_asked
}

/// Writes the orders that take part to the front of `out` and returns how many they are.
fn gather(
    seats: &[Seat],
    out: &mut Vec<BookOrder>,
    limit: impl Fn(&Seat) -> Price,
    takes_part: impl Fn(&Seat) -> bool,
) -> usize {
    if out.len() < seats.len() {
        out.resize(seats.len(), VACANT);
    }
    let mut count = 0;
    for (position, seat) in (0_u32..).zip(seats) {
        if let Some(place) = out.get_mut(count) {
            let (limit, energy, account) = (limit(seat), seat.open, seat.account);
            *place = BookOrder { limit, energy, account, arrival: position, ..VACANT };
        }
        count += usize::from(!seat.open.is_zero() & takes_part(seat));
    }
    count
}
