//! Pipelines: stages over one book that know labels of energy, each working on what the stages before it left.
//!
//! A stage is a sequence of uniform-price auctions, each over some of the orders with what is left of them. The
//! claim names for every auction its lowest equilibrium price, which proves it as it would prove an auction of its
//! own; nothing is searched for. Under `satisfy_preferences` an auction is repeated without the bids whose label the
//! cleared offers cannot supply: the claim names in every round the first of them, and the module `rounds` proves all
//! rounds but the last by sums from one pass over the book.
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
use super::{Clearing, Cut, Stage, Stages, merit::sign};
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
    /// Whether the outcome is wanted order by order. A search only needs what each auction leaves to the next.
    const WANTS_OUTCOME: bool;

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
    const WANTS_OUTCOME: bool = true;

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

/// Runs the stages over `book`; every auction is proved by what `guide` says. If nothing is wrong, and the guide
/// wants it, `out` holds the outcome.
///
/// # Errors
/// The number of what is wrong with the first auction that is.
pub fn run<G: Guide>(
    (stages, k): (Stages, Fraction),
    book: &Book,
    (floor, cap): (Price, Price),
    guide: &mut G,
    out: &mut Clearing,
) -> Result<(), Rejection> {
    out.reset(book);
    let mut course = mem::take(&mut out.scratch.course);
    course.enter(book);
    let stages = stages.as_slice();
    let mut numbered = (1..).zip(stages);
    let done = numbered
        .try_for_each(|(number, stage)| course.stage((*stage, number == stages.len()), k, guide, out));
    if done.is_ok() && G::WANTS_OUTCOME {
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
            }
            _ => {}
        }
        course.leave(out);
    }
    out.scratch.course = course;
    done
}

/// The orders on their way, and working memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    seats: [Vec<Seat>; 2],
    /// The bids and offers of the auction at hand, at the front; `arrival` is the position in the book.
    orders: [Vec<BookOrder>; 2],
    count: [usize; 2],
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
    fn enter(&mut self, book: &Book) {
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
        }
    }

    /// One stage; nothing follows the `last` one.
    fn stage<G: Guide>(
        &mut self,
        (stage, last): (Stage, bool),
        k: Fraction,
        guide: &mut G,
        out: &mut Clearing,
    ) -> Result<(), Rejection> {
        if stage == Stage::SatisfyPreferences {
            let [bids, offers] = &self.seats;
            self.rounds.clear();
            guide.rounds(bids, offers, &mut self.rounds)?;
            if last && !G::WANTS_OUTCOME {
                return Ok(());
            }
            let lines = self.proof.check(&self.rounds, bids, offers, &mut out.auctions.seen)?;
            self.keep(true);
            let ([bids, offers], [bids_at, offers_at]) = (&self.seats, &mut self.orders);
            self.count = [
                gather(bids, bids_at, Seat::reach, |seat| lines.is_before(seat)),
                gather(offers, offers_at, |seat| seat.limit, |_| true),
            ];
            self.keep(false);
            let witness = self.rounds.last().map_or(Witness::NoTrade, |last| last.witness);
            return self.settle::<G>((stage, None), witness, k, out);
        }
        for (number, asked) in (1..).zip(stage.labels()) {
            let ([bids, offers], [bids_at, offers_at]) = (&self.seats, &mut self.orders);
            let bid_count = match *asked {
                Some(label) => gather(bids, bids_at, Seat::reach, |seat| seat.label == label),
                None => gather(bids, bids_at, |seat| seat.limit, |_| true),
            };
            let admitted = |seat: &Seat| stage.admits(*asked, seat.label);
            self.count = [bid_count, gather(offers, offers_at, |seat| seat.limit, admitted)];
            let witness = guide.auction(self.orders(Side::Buy), self.orders(Side::Sell))?;
            if last && number == stage.labels().len() && !G::WANTS_OUTCOME {
                return Ok(());
            }
            self.settle::<G>((stage, *asked), witness, k, out)?;
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
    fn settle<G: Guide>(
        &mut self,
        (stage, label): (Stage, Option<Quality>),
        witness: Witness,
        k: Fraction,
        out: &mut Clearing,
    ) -> Result<(), Rejection> {
        let (bids, offers) = (self.orders(Side::Buy), self.orders(Side::Sell));
        let range = (Price::ZERO, Price::ZERO);
        let begins = out.auctions.parts.each_ref().map(Vec::len);
        let mut auction = Auction { stage, label, price: None, range, volume: Energy::ZERO, ends: [0; 2] };
        if let Witness::Equilibrium(equilibrium) = witness {
            let cut = Cut::of(bids, offers, equilibrium)?;
            if equilibrium != cut.lo {
                return Err(Rejection::NotEquilibrium); // one, but not the lowest: the claim must be unique
            }
            for side in Side::ALL {
                self.take(side, &cut, G::WANTS_OUTCOME, out);
            }
            (auction.price, auction.volume) =
                (Some(cut.prices(PriceConvention::Equilibrium, k).1), cut.volume);
            auction.range = (cut.lo, cut.hi);
            out.volume += cut.volume;
            out.welfare += cut.welfare();
        } else if matches!(best_of(bids, offers), (Some(bid), Some(offer)) if bid >= offer) {
            return Err(Rejection::TradeLeft);
        }
        if stage == Stage::SatisfyPreferences && !self.is_supplied(&out.auctions, begins) {
            return Err(Rejection::WrongStage); // somebody is to be dropped, and another round to follow
        }
        auction.ends = out.auctions.parts.each_ref().map(Vec::len);
        out.auctions.list.push(auction);
        out.auctions.seen += 1;
        Ok(())
    }

    /// Fills one side of the auction at hand, as a uniform price does, and writes down what of which order.
    fn take(&mut self, side: Side, cut: &Cut, written: bool, out: &mut Clearing) {
        let Clearing { auctions: Auctions { parts: [bid_parts, offer_parts], .. }, scratch, .. } = out;
        let ([bids, offers], [bid_orders, offer_orders]) = (&mut self.seats, &self.orders);
        let [bid_count, offer_count] = self.count;
        let [bid_margin, offer_margin] = &mut scratch.margins;
        let (parts, seats, orders, margin) = match side {
            Side::Buy => (bid_parts, bids, bid_orders.get(..bid_count), bid_margin),
            Side::Sell => (offer_parts, offers, offer_orders.get(..offer_count), offer_margin),
        };
        let orders = orders.unwrap_or(&[]);
        let mut end = parts.len();
        if written {
            parts.resize(end + orders.len(), Part { position: 0, energy: Energy::ZERO });
        }
        let mut take = |position: u32, energy: Energy, shares: bool| {
            if let Some(seat) = seats.get_mut(position as usize) {
                seat.open -= energy;
            }
            if let Some(part) = parts.get_mut(end) {
                *part = Part { position, energy };
            }
            end += usize::from(shares | !energy.is_zero());
        };
        let (at, share) = cut.margin(side);
        let least_gain = if share == at { 0 } else { 1 };
        // Without branches, as in a cut: whether an order is filled is a coin toss to the processor.
        for order in orders {
            let gain = (order.limit.0 - cut.price.0) * sign(side);
            take(order.arrival, if gain >= least_gain { order.energy } else { Energy::ZERO }, false);
        }
        if share != at && !share.is_zero() {
            for (place, energy) in cut.share(side, orders, &mut scratch.order, margin) {
                if let Some(order) = orders.get(place as usize) {
                    take(order.arrival, energy, true);
                }
            }
        }
        parts.truncate(end);
    }

    /// Whether the offers that an auction cleared can serve its bids, every label by itself or a better one; its parts
    /// are those from `begins` on.
    fn is_supplied(&self, auctions: &Auctions, begins: [usize; 2]) -> bool {
        let mut sums = [[Energy::ZERO; 3]; 2];
        let sides = auctions.parts.iter().zip(begins).zip(&mut sums).zip(&self.seats);
        for (((parts, begin), sums), seats) in sides {
            for part in parts.get(begin..).unwrap_or(&[]) {
                let label = seats.get(part.position as usize).map_or(Quality::Any, |seat| seat.label);
                if let Some(sum) = sums.get_mut(label as usize) {
                    *sum += part.energy;
                }
            }
        }
        let [[_, local_asked, green_asked], [_, local, green]] = sums;
        green_asked <= green && local_asked <= local + green - green_asked
    }

    /// What the auctions filled is what every order gets; what it pays or receives, where they have several prices.
    fn leave(&self, out: &mut Clearing) {
        let Clearing { bid_fills, offer_fills, amounts, auctions, price, .. } = out;
        let Auctions { list, labels, parts, .. } = auctions;
        let sides =
            Side::ALL.into_iter().zip([bid_fills, offer_fills]).zip(amounts).zip(&self.seats).zip(parts);
        for ((((side, fills), amounts), seats), parts) in sides {
            if price.is_none() && !parts.is_empty() {
                amounts.resize(seats.len(), 0);
            }
            for seat in seats {
                if let Some(share) = labels.get_mut(seat.label as usize) {
                    let sum = if side == Side::Buy { &mut share.asked } else { &mut share.offered };
                    *sum += seat.open; // and what was taken of it, below
                }
            }
            let mut parts = parts.iter();
            let mut begin = 0;
            for auction in &*list {
                let end = auction.ends.get(side as usize).copied().unwrap_or(begin);
                let paid = auction.price.unwrap_or_default();
                let mut sums = [Energy::ZERO; 3];
                for Part { position, energy } in parts.by_ref().take(end - begin) {
                    let position = *position as usize;
                    let (Some(fill), Some(seat)) = (fills.get_mut(position), seats.get(position)) else {
                        continue;
                    };
                    *fill += *energy;
                    if let Some(amount) = amounts.get_mut(position) {
                        *amount += energy.0 * paid.0;
                    }
                    if let Some(sum) = sums.get_mut(seat.label as usize) {
                        *sum += *energy;
                    }
                }
                begin = end;
                for ((label, share), sum) in Quality::ALL.into_iter().zip(&mut *labels).zip(sums) {
                    match side {
                        Side::Buy => {
                            share.bought += sum;
                            share.asked += sum;
                            let delivered = auction.stage.guarantees() || label == Quality::Any;
                            share.delivered += if delivered { sum } else { Energy::ZERO };
                        }
                        Side::Sell => {
                            share.sold += sum;
                            share.offered += sum;
                        }
                    }
                }
            }
        }
    }
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
