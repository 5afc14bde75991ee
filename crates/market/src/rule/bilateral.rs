//! Trades between pairs, with network charges and preferences of their own (Sorin, Bobo, Pinson 2019).
//!
//! Offer j gives t_ij to bid i. Every Wh has a limit ([`Line`]), every pair a cost d_ij ([`Pairs`]). Wanted
//! is the greatest Σ limits of bids − Σ limits of offers − Σ d_ij·t_ij, and of that the most energy. By
//! duality trades are the best iff every order has a price of its own, π_i or σ_j, such that
//!
//! - each order trades what it wants at its price: every Wh with a better limit and none with a worse one;
//! - no pair would rather trade more: π_i − σ_j ≤ d_ij;
//! - those that trade are content: π_i − σ_j = d_ij where t_ij > 0.
//!
//! It is a flow with convex costs, and its limits and costs are whole n€/Wh: so there are whole prices that
//! prove it to the last n€, and nothing is left to a tolerance. Of all such prices every order gets the
//! middle between its lowest and its highest, rounded down, which belong together again (both are a shortest
//! path; the prices are an L♮-convex set, Murota 2003). So prices and volume follow from the book; who trades
//! with whom at a tie does not.
//!
//! The buyer pays π_i plus its premium for the partner, the seller gets σ_j less its own: the difference is
//! the network's charge, exactly.

use super::{Clearing, Line, Pairs, Rule, Trade};
use crate::{Book, Claim, Energy, MAX_PRICE, Money, PairClaim, Price, Rejection, Side};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::iter::zip;

/// The most orders of a side: every pair is looked at.
pub const MAX_PAIRED: usize = 2048;

/// Further than any right price from 0: a few limits, premiums and a charge.
const FAR: i64 = 16 * MAX_PRICE.0;

pub(super) fn check(
    charges: &[Price; 4],
    book: &Book,
    trades: &[PairClaim],
    prices: [&[Price]; 2],
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let pairs = Pairs::new(book, charges);
    let outcome = examine(&pairs, trades, prices).map_err(|fault| fault.rejection())?;
    out.reset(book);
    let [bid_prices, offer_prices] = prices;
    let mut paid = alloc::vec![0; bid_prices.len()];
    let mut received = alloc::vec![0; offer_prices.len()];
    for PairClaim { bid, offer, energy } in trades {
        let (at, to) = (*bid as usize, *offer as usize);
        let asked = offer_prices.get(to).copied().unwrap_or_default();
        let price = asked - pairs.premium(Side::Sell, at, to);
        let cost = pairs.cost(at, to);
        out.trades.push(Trade { bid: *bid, offer: *offer, energy: *energy, price });
        out.volume += *energy;
        out.welfare -= *energy * cost;
        for (sums, position, price) in
            [(&mut paid, at, price + pairs.charge(at, to)), (&mut received, to, price)]
        {
            sums.get_mut(position).into_iter().for_each(|sum| *sum += (*energy * price).0 as i64);
        }
    }
    for side in Side::ALL {
        let value: Money =
            zip(pairs.lines(side), outcome.fills(side)).map(|(line, fill)| line.value(*fill)).sum();
        out.welfare = if side == Side::Buy { out.welfare + value } else { out.welfare - value };
    }
    out.amounts = [paid, received];
    [out.bid_fills, out.offer_fills] = outcome.fills;
    Ok(())
}

/// Whether nothing can be traded: no bid exceeds an offer by what their pair costs.
pub(super) fn nothing(
    charges: &[Price; 4],
    book: &Book,
    (floor, cap): (Price, Price),
    out: &mut Clearing,
) -> Result<(), Rejection> {
    untraded(&Pairs::new(book, charges)).map_or(Ok(()), |fault| Err(fault.rejection()))?;
    out.reset(book);
    let (bid, offer) = super::clearing::best(book);
    out.indicative_price = bid.zip(offer).map(|(bid, offer)| Price((bid.0 + offer.0).div_euclid(2)));
    out.range = (bid.unwrap_or(floor), offer.unwrap_or(cap));
    Ok(())
}

/// Which inequality a refused claim violates.
pub(super) fn explain(rule: &Rule, book: &Book, claim: &Claim) -> Option<String> {
    let Rule::Bilateral { charges } = rule else { return None };
    let pairs = Pairs::new(book, charges);
    let fault = match claim {
        Claim::Nothing => untraded(&pairs),
        Claim::Bilateral { trades, bid_prices, offer_prices } => {
            examine(&pairs, trades, [bid_prices, offer_prices]).err()
        }
        _ => None,
    };
    fault.map(|fault| fault.words())
}

/// Moves prices that prove these trades to the middle of all that do. For whoever searches; prices that prove
/// nothing are left as they are.
pub fn centre(pairs: &Pairs, trades: &[PairClaim], prices: &mut [Vec<Price>; 2]) {
    let [bids, offers] = &*prices;
    let Ok(outcome) = Outcome::new(pairs, trades, [bids, offers]) else { return };
    if outcome.optimal().is_err() {
        return;
    }
    let [below, above] = outcome.leeway();
    for (prices, (below, above)) in zip(prices, zip(below, above)) {
        for (price, (below, above)) in zip(prices, zip(below, above)) {
            price.0 += (above - below).div_euclid(2);
        }
    }
}

/// What is wrong with a claim.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The book is larger than pairs can be looked at.
    TooMany,
    /// The claim is no list of trades and prices for this book.
    Form(&'static str),
    /// An order does not trade what it wants at its price.
    Fill { side: Side, position: usize, fill: Energy, price: Price, least: Energy, most: Energy },
    /// A pair's prices lie further apart than its cost, or less far although it trades.
    Pair { bid: usize, offer: usize, apart: i64, cost: i64, trades: bool },
    /// More could be traded at no loss: by this very pair, or by this offer and a bid to which content pairs
    /// lead.
    Left { bid: Option<usize>, offer: usize },
    /// A price is not in the middle of those that prove the trades.
    Price { side: Side, position: usize, price: Price, below: i64, above: i64 },
}

impl Fault {
    const fn rejection(self) -> Rejection {
        match self {
            Self::TooMany => Rejection::TooMany,
            Self::Form(_) | Self::Fill { .. } | Self::Pair { .. } => Rejection::NotOptimal,
            Self::Left { .. } => Rejection::TradeLeft,
            Self::Price { .. } => Rejection::WrongPrice,
        }
    }

    fn words(self) -> String {
        match self {
            Self::TooMany => format!("wrong: a side has more than {MAX_PAIRED} orders"),
            Self::Form(words) => format!("wrong: {words}"),
            Self::Fill { side, position, fill, price, least, most } => format!(
                "wrong: order {position} to {} trades {fill}, but at its price {price} it wants between {least} and {most}",
                side.name()
            ),
            Self::Pair { bid, offer, apart, cost, trades } => format!(
                "wrong: the price of bid {bid} less that of offer {offer} is {apart}, but {} {cost} n€/Wh, their charge \
                 less premiums",
                if trades { "they trade, so it must be" } else { "it must be at most" }
            ),
            Self::Left { bid: Some(bid), offer } => {
                format!(
                    "wrong: bid {bid} and offer {offer} do not trade, but the bid exceeds the offer by their cost"
                )
            }
            Self::Left { bid: None, offer } => {
                format!("wrong: offer {offer} could give more to a bid that wants it, at no loss to anybody")
            }
            Self::Price { side, position, price, below, above } => format!(
                "wrong: the price {price} of order {position} to {} is not in the middle: it could be {below} n€/Wh lower \
                 and {above} higher",
                side.name()
            ),
        }
    }
}

/// The first pair that could trade where nothing is traded.
fn untraded(pairs: &Pairs) -> Option<Fault> {
    if Side::ALL.iter().any(|side| pairs.count(*side) > MAX_PAIRED) {
        return Some(Fault::TooMany);
    }
    let first = Energy(1);
    pairs.lines(Side::Buy).enumerate().find_map(|(bid, buyer)| {
        let crosses =
            |(offer, seller): &(usize, Line)| buyer.at(first) - seller.at(first) >= pairs.cost(bid, *offer);
        let (offer, _) = pairs.lines(Side::Sell).enumerate().find(crosses)?;
        Some(Fault::Left { bid: Some(bid), offer })
    })
}

/// All conditions of a right claim; each means something only where those before it hold.
fn examine<'a>(
    pairs: &'a Pairs,
    trades: &'a [PairClaim],
    prices: [&'a [Price]; 2],
) -> Result<Outcome<'a>, Fault> {
    let outcome = Outcome::new(pairs, trades, prices)?;
    outcome.optimal()?;
    outcome.exhausted()?;
    outcome.centred()?;
    Ok(outcome)
}

/// Trades and prices that fit the book in form.
struct Outcome<'a> {
    pairs: &'a Pairs,
    trades: &'a [PairClaim],
    prices: [&'a [Price]; 2],
    fills: [Vec<Energy>; 2],
}

impl<'a> Outcome<'a> {
    fn new(pairs: &'a Pairs, trades: &'a [PairClaim], prices: [&'a [Price]; 2]) -> Result<Self, Fault> {
        let mut fills = [Vec::new(), Vec::new()];
        for (side, (fills, prices)) in zip(Side::ALL, zip(&mut fills, prices)) {
            let count = pairs.count(side);
            if count > MAX_PAIRED {
                return Err(Fault::TooMany);
            }
            if prices.len() != count || prices.iter().any(|price| !(-FAR..=FAR).contains(&price.0)) {
                return Err(Fault::Form("there is not one price for each order, or one beyond all limits"));
            }
            fills.resize(count, Energy::ZERO);
        }
        if trades.is_empty() {
            return Err(Fault::Form("there is no trade, which another claim would say"));
        }
        let place = |trade: &PairClaim| (trade.bid, trade.offer);
        if !trades.is_sorted_by(|one, other| place(one) < place(other)) {
            return Err(Fault::Form("the trades are not by bid, then by offer, or one is there twice"));
        }
        let [bids, offers] = &mut fills;
        for PairClaim { bid, offer, energy } in trades {
            for (fills, position) in [(&mut *bids, *bid), (&mut *offers, *offer)] {
                let fill = fills.get_mut(position as usize);
                let fill = fill.ok_or(Fault::Form("a trade names an order that is not in the book"))?;
                if !(1..=crate::MAX_ENERGY.0).contains(&energy.0) {
                    return Err(Fault::Form("a trade's energy is not positive or beyond its bound"));
                }
                *fill += *energy;
            }
        }
        Ok(Self { pairs, trades, prices, fills })
    }

    fn fills(&self, side: Side) -> &[Energy] {
        let [bids, offers] = &self.fills;
        if side == Side::Buy { bids } else { offers }
    }

    fn price(&self, side: Side, position: usize) -> i64 {
        let [bids, offers] = self.prices;
        let prices = if side == Side::Buy { bids } else { offers };
        prices.get(position).map_or(0, |price| price.0)
    }

    /// The orders of a side: line, price, fill.
    fn orders(&self, side: Side) -> impl Iterator<Item = (Line, Price, Energy)> + '_ {
        let [bids, offers] = self.prices;
        let prices = if side == Side::Buy { bids } else { offers };
        zip(self.pairs.lines(side), zip(prices, self.fills(side)))
            .map(|(line, (price, fill))| (line, *price, *fill))
    }

    /// How much less far apart than their cost the prices of a pair lie, n€/Wh.
    fn slack(&self, bid: usize, offer: usize) -> i64 {
        self.pairs.cost(bid, offer).0 - (self.price(Side::Buy, bid) - self.price(Side::Sell, offer))
    }

    /// The prices prove that no trades are worth more.
    fn optimal(&self) -> Result<(), Fault> {
        for side in Side::ALL {
            for (position, (line, price, fill)) in self.orders(side).enumerate() {
                let (least, most) = line.wanted(price);
                if !(least..=most).contains(&fill) {
                    return Err(Fault::Fill { side, position, fill, price, least, most });
                }
            }
        }
        let mut trades =
            self.trades.iter().map(|trade| (trade.bid as usize, trade.offer as usize)).peekable();
        for bid in 0..self.pairs.count(Side::Buy) {
            for offer in 0..self.pairs.count(Side::Sell) {
                let slack = self.slack(bid, offer);
                let traded = trades.next_if_eq(&(bid, offer)).is_some();
                if slack < 0 || (traded && slack > 0) {
                    let cost = self.pairs.cost(bid, offer).0;
                    return Err(Fault::Pair { bid, offer, apart: cost - slack, cost, trades: traded });
                }
            }
        }
        Ok(())
    }

    /// No more energy can be traded at no loss: from no bid that would take more at its price do content
    /// pairs lead to an offer that would give more.
    fn exhausted(&self) -> Result<(), Fault> {
        let room = |side| self.orders(side).map(|(line, price, fill)| fill < line.wanted(price).1);
        let starts = room(Side::Buy).map(|room| if room { 0 } else { i64::MAX }).collect();
        let none = alloc::vec![i64::MAX; self.pairs.count(Side::Sell)];
        let [_, offers] = self.shortest(Side::Buy, [starts, none]);
        match zip(offers, room(Side::Sell)).position(|(distance, room)| room && distance == 0) {
            Some(offer) => Err(Fault::Left { bid: None, offer }),
            None => Ok(()),
        }
    }

    /// Every price lies in the middle of those that prove the trades.
    fn centred(&self) -> Result<(), Fault> {
        let [below, above] = self.leeway();
        for (side, (below, above)) in zip(Side::ALL, zip(below, above)) {
            for (position, (below, above)) in zip(below, above).enumerate() {
                if !(0..=1).contains(&(above - below)) {
                    let price = Price(self.price(side, position));
                    return Err(Fault::Price { side, position, price, below, above });
                }
            }
        }
        Ok(())
    }

    /// How much lower and how much higher every price could be, n€/Wh, ≥ 0.
    ///
    /// A price can fall until its order wants more (a bid that is not full) or less (an offer), or until a
    /// pair's slack is used up, from where on the two fall together: a shortest path. Likewise upwards.
    fn leeway(&self) -> [[Vec<i64>; 2]; 2] {
        let towards = |side: Side, more: bool| {
            let bound = move |(line, price, fill): (Line, Price, Energy)| match more {
                true if fill < line.energy => (line.at(fill + Energy(1)) - price).0.abs(),
                false if fill > Energy::ZERO => (line.at(fill) - price).0.abs(),
                _ => i64::MAX,
            };
            self.orders(side).map(bound).collect()
        };
        [
            self.shortest(Side::Buy, [towards(Side::Buy, true), towards(Side::Sell, false)]),
            self.shortest(Side::Sell, [towards(Side::Buy, false), towards(Side::Sell, true)]),
        ]
    }

    /// Per bid and per offer, the shortest way from any start, n€/Wh: from orders of the side `from` to any
    /// of the other side over the slack of the pair, and back at no cost where they trade. `starts` is what
    /// it takes to begin there, `i64::MAX` where one cannot. Dijkstra 1959.
    fn shortest(&self, from: Side, starts: [Vec<i64>; 2]) -> [Vec<i64>; 2] {
        let oriented =
            |[bids, offers]: [Vec<i64>; 2]| if from == Side::Buy { [bids, offers] } else { [offers, bids] };
        let slack = |near, far| if from == Side::Buy { self.slack(near, far) } else { self.slack(far, near) };
        let mut back: Vec<(usize, usize)> = self
            .trades
            .iter()
            .map(|trade| (trade.bid as usize, trade.offer as usize))
            .map(|(bid, offer)| if from == Side::Buy { (offer, bid) } else { (bid, offer) })
            .collect();
        back.sort_unstable();
        let [mut near, mut far] = oriented(starts);
        let [mut near_done, mut far_done] = [&near, &far].map(|list| alloc::vec![false; list.len()]);
        loop {
            let one = closest(&near, &near_done);
            let other = closest(&far, &far_done);
            match (one, other) {
                (Some((way, at)), other) if other.is_none_or(|(farther, _)| way <= farther) => {
                    near_done.get_mut(at).into_iter().for_each(|done| *done = true);
                    for (to, known) in far.iter_mut().enumerate() {
                        *known = way.saturating_add(slack(at, to)).min(*known);
                    }
                }
                (_, Some((way, at))) => {
                    far_done.get_mut(at).into_iter().for_each(|done| *done = true);
                    let first = back.partition_point(|(far, _)| *far < at);
                    let partners = back.iter().skip(first).take_while(|(far, _)| *far == at);
                    for (_, to) in partners {
                        near.get_mut(*to).into_iter().for_each(|known| *known = way.min(*known));
                    }
                }
                _ => return oriented([near, far]),
            }
        }
    }
}

/// The reached but not yet finished order with the shortest way, and that way.
fn closest(ways: &[i64], done: &[bool]) -> Option<(i64, usize)> {
    let open = zip(ways, done).enumerate().filter(|(_, (way, done))| !**done && **way < i64::MAX);
    open.map(|(at, (way, _))| (*way, at)).min()
}
