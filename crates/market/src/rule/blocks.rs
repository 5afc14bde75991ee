//! One price for all per interval, with minimum fills and blocks: a stated procedure, here carried out.
//!
//! *Special* orders have a part that is all or none: the minimum of an order with a minimum fill, the whole of a
//! block in each of its intervals. Which of them to take is a combinatorial question; the answer is a procedure:
//!
//! 1. All special orders are taken. The all-or-none part stands before the orders of its side, whatever the price;
//!    what a minimum fill wants beyond it stands at the order's limit.
//! 2. In each interval let [lo, hi] be the equilibrium prices, a the highest limit of the special offers taken, b
//!    the lowest of the special bids, both moved into [lo, hi]; lo and hi stand in where there are none. The price
//!    is p = min(a, b) + k·|b − a|, rounded down: within the limits of all special orders where that can be.
//! 3. A special order is *violated* where the other side has less than the all-or-none parts of its own side want
//!    in one of its intervals (it is short; there p is the cap, for offers the floor), or where it is out of the
//!    money: for bids Σ (limit − p) over its intervals is negative, for offers Σ (p − limit).
//! 4. Of the violated ones, those that are short first, the one that loses most per Wh is refused; of equals the
//!    one whose interval is later, then whose position is, then the offer. Again from 2, until none is violated.
//! 5. The last that was refused gets a second chance first: it is taken again where nobody is violated then.
//!
//! So an order in the money may be refused, one out of the money is never filled, and without special orders
//! this is the auction at a uniform price. A block that reaches beyond the intervals cleared takes no part.

use super::explain::no_meeting;
use super::merit::sign;
use super::{Clearing, Cut, Rule};
use crate::{Book, BookOrder, Claim, Energy, Fraction, Money, Price, Refused, Rejection, Side, Witness};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Whether `intervals` and `refused` are what the procedure gives for these books of consecutive intervals; if so,
/// `outs`, one per book, hold the outcome. A block's welfare counts at its limit, so that of one interval may be
/// negative.
///
/// # Errors
/// [`Rejection::WrongStage`] for the refused orders or the number of intervals, [`Rejection::TradeLeft`] or
/// [`Rejection::NotEquilibrium`] for what is said of an interval.
pub fn check(
    k: Fraction,
    books: &[&Book],
    (intervals, refused): (&[Witness], &[Refused]),
    collar: (Price, Price),
    outs: &mut [Clearing],
) -> Result<(), Rejection> {
    let decisions = Decisions::of(k, books, collar);
    if intervals.len() != books.len() || refused != decisions.refused() {
        return Err(Rejection::WrongStage);
    }
    for (interval, (witness, out)) in intervals.iter().zip(outs).enumerate() {
        decisions.settle(interval, *witness, out)?;
    }
    Ok(())
}

/// Why the claim is right or wrong for these books, in words.
#[must_use]
pub fn explain(rule: &Rule, books: &[&Book], claim: &Claim, collar: (Price, Price)) -> String {
    let (Rule::UniformPriceBlocks { k }, Claim::Blocks { intervals, refused }) = (rule, claim) else {
        return format!("wrong: {}", Rejection::WrongClaim);
    };
    if intervals.len() != books.len() {
        let (said, right) = (intervals.len(), books.len());
        return format!("wrong: the claim speaks of {said} intervals, {right} are cleared together");
    }
    let decisions = Decisions::of(*k, books, collar);
    let right = decisions.refused();
    if let Some(place) = (0..right.len().max(refused.len())).find(|at| right.get(*at) != refused.get(*at)) {
        let name = |refused: Option<&Refused>| match refused {
            Some(Refused { interval, side, position }) => {
                format!("the order to {} at position {position} of interval {interval}", side.name())
            }
            None => String::from("nobody"),
        };
        let (claimed, right) = (name(refused.get(place)), name(right.get(place)));
        return format!("wrong: the claim refuses as number {place} {claimed}, the procedure {right}");
    }
    let mut out = Clearing::default();
    for (interval, witness) in intervals.iter().enumerate() {
        let Err(rejection) = decisions.settle(interval, *witness, &mut out) else { continue };
        let book = decisions.auction(interval);
        let words = match *witness {
            Witness::Equilibrium(price) if decisions.admits(price) => {
                no_meeting(&book.bids, &book.offers, price)
            }
            Witness::Equilibrium(price) => format!("{price} is outside the market's floor and cap"),
            Witness::NoTrade => format!("{rejection}"),
        };
        return format!("wrong in interval {interval}: {words}");
    }
    format!("right: {} orders are refused", refused.len())
}

/// Which special orders the procedure takes.
#[derive(Clone, Debug)]
pub struct Decisions<'a> {
    k: Fraction,
    books: &'a [&'a Book],
    collar: (Price, Price),
    specials: Vec<Special>,
    /// Per book and side, by position; empty for books without special orders.
    roles: Vec<[Vec<Role>; 2]>,
    refused: Vec<Refused>,
}

#[derive(Clone, Debug)]
struct Special {
    /// Its first interval.
    first: usize,
    side: Side,
    /// Its position in each of its intervals.
    positions: Vec<u32>,
    limit: Price,
    /// What is all or none, Wh, > 0, in each of its intervals.
    whole: Energy,
    taken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Stands at its limit.
    Ordinary,
    /// One of the special orders, by index.
    Special(usize),
    /// Part of a block that reaches beyond.
    Beyond,
}

/// Per side, the orders that stand at a limit, best first: limit, energy and role.
type Ladders = [Vec<(i64, Energy, Role)>; 2];

/// An interval's price and who is short there.
#[derive(Clone, Copy, Debug, Default)]
struct Quote {
    /// n€/Wh.
    price: i64,
    /// Per side, whether the all-or-none parts want more than the other side has.
    short: [bool; 2],
}

impl<'a> Decisions<'a> {
    /// Carries the procedure out for the books of consecutive intervals.
    #[must_use]
    pub fn of(k: Fraction, books: &'a [&'a Book], collar: (Price, Price)) -> Self {
        let mut decisions = Self {
            k,
            books,
            collar,
            specials: Vec::new(),
            roles: alloc::vec![<[Vec<Role>; 2]>::default(); books.len()],
            refused: Vec::new(),
        };
        decisions.find_specials();
        if !decisions.specials.is_empty() {
            decisions.refuse();
        }
        decisions
    }

    /// The special orders that are left out, in the order of their refusal.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// The book that an interval's auction clears once all is decided: orders that take no part are gone, and the
    /// all-or-none parts of those taken follow the others at limits just beyond the collar.
    #[must_use]
    pub fn auction(&self, interval: usize) -> Cow<'a, Book> {
        let Some(book) = self.books.get(interval) else { return Cow::Owned(Book::default()) };
        if !self.is_special(interval) {
            return Cow::Borrowed(book);
        }
        let [bids, offers] =
            Side::ALL.map(|side| self.parts(interval, side).map(|(_, order)| order).collect());
        Cow::Owned(Book { bids, offers, ..Book::default() })
    }

    /// Orders with a minimum fill, and blocks all of whose parts are here.
    fn find_specials(&mut self) {
        let mut blocks: BTreeMap<(usize, Side, u32), Vec<(usize, u32)>> = BTreeMap::new();
        for (interval, (book, roles)) in self.books.iter().zip(&mut self.roles).enumerate() {
            if book
                .details
                .iter()
                .flatten()
                .all(|kept| kept.attributes.minimum.is_zero() && kept.attributes.further == 0)
            {
                continue;
            }
            for (side, roles) in Side::ALL.into_iter().zip(roles) {
                for (position, order) in (0_u32..).zip(book.orders(side)) {
                    let kept = book.details(side, position as usize);
                    let whole = kept.attributes.minimum;
                    roles.push(if kept.attributes.further > 0 {
                        if let Some(first) = interval.checked_sub(kept.part.into()) {
                            blocks.entry((first, side, kept.block)).or_default().push((interval, position));
                        }
                        Role::Beyond
                    } else if whole.is_zero() {
                        Role::Ordinary
                    } else {
                        let (positions, limit) = (alloc::vec![position], order.limit);
                        let special = Special { first: interval, side, positions, limit, whole, taken: true };
                        self.specials.push(special);
                        Role::Special(self.specials.len() - 1)
                    });
                }
            }
        }
        for ((first, side, _), parts) in blocks {
            let Some(book) = self.books.get(first) else { continue };
            let Some((_, position)) = parts.first().filter(|(interval, _)| *interval == first) else {
                continue;
            };
            let Some(order) = book.orders(side).get(*position as usize) else { continue };
            let further = book.details(side, *position as usize).attributes.further;
            if parts.len() != usize::from(further) + 1 {
                continue;
            }
            for (interval, position) in &parts {
                let roles = self.roles.get_mut(*interval).and_then(|roles| roles.get_mut(side as usize));
                if let Some(role) = roles.and_then(|roles| roles.get_mut(*position as usize)) {
                    *role = Role::Special(self.specials.len());
                }
            }
            let positions = parts.iter().map(|(_, position)| *position).collect();
            let (limit, whole) = (order.limit, order.energy);
            self.specials.push(Special { first, side, positions, limit, whole, taken: true });
        }
    }

    /// Refuses one violated order after the other, then gives each a second chance.
    fn refuse(&mut self) {
        let ladders: Vec<_> =
            (0..self.books.len()).map(|interval| Side::ALL.map(|side| self.ladder(interval, side))).collect();
        let mut quotes: Vec<_> =
            ladders.iter().enumerate().map(|(interval, ladders)| self.quote(interval, ladders)).collect();
        let mut refused = Vec::new();
        while let Some(worst) = self.worst(&quotes) {
            self.decide(worst, false, &ladders, &mut quotes);
            refused.push(worst);
        }
        for index in refused.iter().rev() {
            self.decide(*index, true, &ladders, &mut quotes);
            if self.worst(&quotes).is_some() {
                self.decide(*index, false, &ladders, &mut quotes);
            }
        }
        let specials = refused.iter().filter_map(|index| self.specials.get(*index));
        let left_out = specials.filter(|special| !special.taken).map(|special| Refused {
            interval: special.first as u16,
            side: special.side,
            position: special.positions.first().copied().unwrap_or(0),
        });
        self.refused = left_out.collect();
    }

    /// Takes a special order or leaves it out, and sees what that does to the intervals it has a part in.
    fn decide(&mut self, index: usize, taken: bool, ladders: &[Ladders], quotes: &mut [Quote]) {
        let Some(special) = self.specials.get_mut(index) else { return };
        special.taken = taken;
        let (first, length) = (special.first, special.positions.len());
        let here = quotes.iter_mut().enumerate().zip(ladders).skip(first).take(length);
        for ((interval, quote), ladders) in here {
            *quote = self.quote(interval, ladders);
        }
    }

    /// The special order to refuse next.
    fn worst(&self, quotes: &[Quote]) -> Option<usize> {
        let mut worst: Option<(usize, (bool, i64, i64))> = None;
        for (index, special) in self.specials.iter().enumerate().filter(|(_, special)| special.taken) {
            let quotes = || quotes.iter().skip(special.first).take(special.positions.len());
            let short = quotes().any(|quote| quote.short.get(special.side as usize) == Some(&true));
            let loss: i64 = quotes().map(|quote| (quote.price - special.limit.0) * sign(special.side)).sum();
            if !short && loss <= 0 {
                continue;
            }
            let length = special.positions.len() as i64;
            // The losses per Wh are loss/length; both are bounded, so that the products are exact.
            let beats = worst.is_none_or(|(other, (other_short, other_loss, other_length))| {
                let (mine, its) = (loss * other_length, other_loss * length);
                let place =
                    |special: &Special| (special.first, special.positions.first().copied(), special.side);
                let later = || self.specials.get(other).is_some_and(|other| place(special) > place(other));
                (short, mine) > (other_short, its) || ((short, mine) == (other_short, its) && later())
            });
            if beats {
                worst = Some((index, (short, loss, length)));
            }
        }
        worst.map(|(index, _)| index)
    }

    /// The orders of one side that stand at a limit, best first: with it, their energy and role.
    fn ladder(&self, interval: usize, side: Side) -> Vec<(i64, Energy, Role)> {
        let Some(book) = self.books.get(interval).filter(|_| self.is_special(interval)) else {
            return Vec::new();
        };
        let role = |(order, role): (&BookOrder, &Role)| match *role {
            Role::Ordinary => Some((order.limit.0, order.energy, *role)),
            Role::Special(index) => {
                let whole = self.specials.get(index)?.whole;
                Some((order.limit.0, order.energy - whole, *role)).filter(|(_, rest, _)| !rest.is_zero())
            }
            Role::Beyond => None,
        };
        let roles = self.roles.get(interval).and_then(|roles| roles.get(side as usize));
        let roles = roles.map_or(&[][..], Vec::as_slice);
        let mut ladder: Vec<_> = book.orders(side).iter().zip(roles).filter_map(role).collect();
        ladder.sort_by_key(|(limit, ..)| -limit * sign(side));
        ladder
    }

    /// An interval's price, and who is short, as long as the orders taken are taken.
    fn quote(&self, interval: usize, ladders: &Ladders) -> Quote {
        let [bids, offers] = ladders;
        let wholes = Side::ALL.map(|side| {
            self.taken(interval).filter(|special| special.side == side).map(|special| special.whole).sum()
        });
        let [whole_bids, whole_offers]: [Energy; 2] = wholes;
        let (floor, cap) = self.collar;
        // From the best bid and offer on, as long as they meet.
        let mut bids = self.standing((cap.0 + 1, whole_bids), bids);
        let mut offers = self.standing((floor.0 - 1, whole_offers), offers);
        let (mut bid, mut offer) = (bids.next(), offers.next());
        let (mut volume, mut last) = (Energy::ZERO, None);
        while let (Some((limit, wanted)), Some((asked, there))) = (&mut bid, &mut offer)
            && *limit >= *asked
        {
            let energy = (*wanted).min(*there);
            volume += energy;
            last = Some((*limit, *asked));
            *wanted -= energy;
            *there -= energy;
            let (met, used) = (wanted.is_zero(), there.is_zero());
            if met {
                bid = bids.next();
            }
            if used {
                offer = offers.next();
            }
        }
        let short = [volume < whole_bids, volume < whole_offers];
        let price = match (short, last) {
            ([true, _], _) => cap.0,
            ([_, true], _) => floor.0,
            (_, None) => 0, // nobody asks
            (_, Some((limit, asked))) => {
                let lo = bid.map_or(asked, |(next, _)| next.max(asked));
                let hi = offer.map_or(limit, |(next, _)| next.min(limit));
                self.price(interval, self.inside((Price(lo), Price(hi)))).0
            }
        };
        Quote { price, short }
    }

    /// What wants to trade on one side, best first: the all-or-none parts, then the ladder without what was refused.
    fn standing<'b>(
        &'b self,
        whole: (i64, Energy),
        ladder: &'b [(i64, Energy, Role)],
    ) -> impl Iterator<Item = (i64, Energy)> + use<'a, 'b> {
        let taken = |role: &Role| match role {
            Role::Special(index) => self.specials.get(*index).is_some_and(|special| special.taken),
            _ => true,
        };
        let ladder =
            ladder.iter().filter(move |(.., role)| taken(role)).map(|(limit, energy, _)| (*limit, *energy));
        core::iter::once(whole).filter(|(_, energy)| !energy.is_zero()).chain(ladder)
    }

    /// The price paid, where these are the equilibrium prices.
    fn price(&self, interval: usize, (lo, hi): (Price, Price)) -> Price {
        let limits = |side: Side| {
            self.taken(interval).filter(move |special| special.side == side).map(|special| special.limit)
        };
        let offers = limits(Side::Sell).max().map_or(lo, |limit| limit.max(lo).min(hi));
        let bids = limits(Side::Buy).min().map_or(hi, |limit| limit.max(lo).min(hi));
        let (from, to) = (offers.min(bids), offers.max(bids));
        Price(from.0 + self.k.of(to.0 - from.0))
    }

    /// Equilibrium prices within the collar: the all-or-none parts stand just outside.
    fn inside(&self, (lo, hi): (Price, Price)) -> (Price, Price) {
        let (floor, cap) = self.collar;
        (lo.max(floor), hi.min(cap))
    }

    /// Whether a price lies within the collar.
    fn admits(&self, price: Price) -> bool {
        (self.collar.0..=self.collar.1).contains(&price)
    }

    /// The special orders that are taken and have a part in this interval.
    fn taken(&self, interval: usize) -> impl Iterator<Item = &Special> {
        let here = move |special: &&Special| {
            special.taken && (special.first..special.first + special.positions.len()).contains(&interval)
        };
        self.specials.iter().filter(here)
    }

    fn is_special(&self, interval: usize) -> bool {
        self.roles.get(interval).is_some_and(|roles| roles.iter().any(|roles| !roles.is_empty()))
    }

    /// What stands on one side of an interval's auction, each with the position of its order in the book.
    fn parts(&self, interval: usize, side: Side) -> impl Iterator<Item = (u32, BookOrder)> {
        let orders = self.books.get(interval).map_or(&[][..], |book| book.orders(side));
        let roles = self.roles.get(interval).and_then(|roles| roles.get(side as usize));
        let roles = roles.map_or(&[][..], Vec::as_slice);
        let (floor, cap) = self.collar;
        let first = if side == Side::Buy { Price(cap.0 + 1) } else { Price(floor.0 - 1) };
        let special = |role: &Role| match role {
            Role::Special(index) => self.specials.get(*index).filter(|special| special.taken),
            _ => None,
        };
        let part = move |all_or_none: bool| {
            (0_u32..).zip(orders.iter().zip(roles)).filter_map(move |(position, (order, role))| {
                let order = match (special(role), all_or_none) {
                    (None, false) if *role == Role::Ordinary => *order,
                    (Some(special), false) => BookOrder { energy: order.energy - special.whole, ..*order },
                    (Some(special), true) => BookOrder { energy: special.whole, limit: first, ..*order },
                    (None, _) => return None,
                };
                (!order.energy.is_zero()).then_some((position, order))
            })
        };
        part(false).chain(part(true))
    }

    /// Writes down the outcome of one interval, if the witness is right.
    fn settle(&self, interval: usize, witness: Witness, out: &mut Clearing) -> Result<(), Rejection> {
        let book = self.auction(interval);
        match witness {
            Witness::NoTrade => out.nothing(&book, self.collar)?,
            Witness::Equilibrium(equilibrium) => {
                if !self.admits(equilibrium) {
                    return Err(Rejection::NotEquilibrium);
                }
                let cut = Cut::at(&book, equilibrium)?;
                let range = self.inside((cut.lo, cut.hi));
                if equilibrium != range.0 {
                    return Err(Rejection::NotEquilibrium);
                }
                cut.allocate(&book, out);
                out.range = range;
                out.price = Some(self.price(interval, range));
            }
        }
        if !self.is_special(interval) {
            return Ok(());
        }
        let Some(all) = self.books.get(interval) else { return Ok(()) };
        out.welfare = Money::ZERO;
        for side in Side::ALL {
            let fills = if side == Side::Buy { &mut out.bid_fills } else { &mut out.offer_fills };
            let parts = core::mem::take(fills);
            fills.resize(all.orders(side).len(), Energy::ZERO);
            for ((position, _), part) in self.parts(interval, side).zip(parts) {
                if let (Some(fill), Some(order)) =
                    (fills.get_mut(position as usize), all.orders(side).get(position as usize))
                {
                    *fill += part;
                    out.welfare += part * Price(order.limit.0 * sign(side));
                }
            }
        }
        Ok(())
    }
}
