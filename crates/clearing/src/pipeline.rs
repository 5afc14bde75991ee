//! The auctions of a pipeline: one equilibrium after the other, on what the stages before have left.
//!
//! `satisfy_preferences` repeats its auction while it drops bids. Rounds are many (a dozen on a large random book)
//! and differ little, so its orders are sorted once per label; a round then takes some binary searches.

use crate::Workspace;
use crate::selection::{self, equilibrium_of};
use market::apportion::CumulativeFloor;
use market::rule::pipeline::{Guide, Seat, run};
use market::rule::{Clearing, MarginOrder, Stages, Standing};
use market::{
    AuctionClaim, Book, BookOrder, Claim, Energy, Fraction, Price, Quality, Rejection, Side, Witness,
};

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    outcome: Clearing,
    bids: [Ladder; 3],
    offers: [Ladder; 3],
    keys: Vec<u64>,
    margin: Margin,
}

/// The right claim for a pipeline.
pub(crate) fn clear(
    rule: (Stages, Fraction),
    book: &Book,
    collar: (Price, Price),
    workspace: &mut Workspace,
) -> Claim {
    let Workspace { selection, pipeline, .. } = workspace;
    let mut outcome = std::mem::take(&mut pipeline.outcome);
    let mut search = Search { selection, memory: pipeline, auctions: Vec::new() };
    run(rule, book, collar, &mut search, &mut outcome).expect("every auction has an equilibrium or none");
    let auctions = search.auctions;
    pipeline.outcome = outcome;
    Claim::Pipeline { auctions }
}

/// Finds the proof of one auction after the other, and writes them down.
struct Search<'a> {
    selection: &'a mut selection::Memory,
    memory: &'a mut Memory,
    auctions: Vec<AuctionClaim>,
}

/// The position of no bid.
const NOBODY: u32 = u32::MAX;

impl Guide for Search<'_> {
    const WANTS_OUTCOME: bool = false;

    fn auction(&mut self, bids: &[BookOrder], offers: &[BookOrder]) -> Result<Witness, Rejection> {
        let witness = match equilibrium_of(bids, offers, self.selection) {
            Some((lo, _)) => Witness::Equilibrium(lo),
            None => Witness::NoTrade,
        };
        self.auctions.push(AuctionClaim { witness, dropped_local: NOBODY, dropped_green: NOBODY });
        Ok(witness)
    }

    fn rounds(
        &mut self,
        bids: &[Seat],
        offers: &[Seat],
        rounds: &mut Vec<AuctionClaim>,
    ) -> Result<(), Rejection> {
        self.memory.sort(bids, offers);
        let mut last = None;
        loop {
            let round = self.memory.round(bids, offers, &mut last);
            rounds.push(round);
            self.auctions.push(round);
            if (round.dropped_local, round.dropped_green) == (NOBODY, NOBODY) {
                return Ok(());
            }
        }
    }
}

/// The orders of one side and label, best first, those of one limit in canonical margin order.
#[derive(Clone, Debug, Default)]
struct Ladder {
    /// Limits, made such that the best are the lowest: negated for bids.
    limits: Vec<i64>,
    standing: Vec<Standing>,
    /// Energy up to and including each, Wh; after a nought.
    until: Vec<i64>,
    /// How many are still there; the others were dropped.
    count: usize,
}

/// Those at the price that share, and what each gets.
#[derive(Clone, Debug, Default)]
struct Margin {
    order: MarginOrder,
    standing: Vec<Standing>,
    /// By position.
    parts: Vec<(u32, i64)>,
}

impl Ladder {
    fn fill(
        &mut self,
        side: Side,
        label: Quality,
        seats: &[Seat],
        keys: &mut Vec<u64>,
        order: &mut MarginOrder,
    ) {
        // A key is the limit above the position, the best lowest; the bit flipped makes negative ones sort first.
        keys.clear();
        keys.resize(seats.len(), 0);
        let mut found = 0;
        for (position, seat) in (0_u32..).zip(seats) {
            let merit = if side == Side::Buy { -seat.reach().0 } else { seat.limit.0 };
            keys[found] = u64::from(merit as i32 as u32 ^ 1 << 31) << 32 | u64::from(position);
            found += usize::from((seat.label == label) & (seat.open > Energy::ZERO));
        }
        keys.truncate(found);
        keys.sort_unstable();
        let Self { limits, standing, until, count } = self;
        limits.clear();
        limits.extend(keys.iter().map(|key| i64::from(((key >> 32) as u32 ^ 1 << 31) as i32)));
        standing.clear();
        until.clear();
        until.push(0);
        // One visit to each order: keys come in no order of memory.
        for key in &*keys {
            let position = *key as u32;
            let Seat { account, open, .. } = seats[position as usize];
            standing.push(Standing { account, position });
            until.push(open.0);
        }
        let mut end = 0;
        for run in limits.chunk_by(|one, other| one == other) {
            let begin = end;
            end += run.len();
            if run.len() > 2 {
                order.sort(&mut standing[begin..end]);
                for (energy, order) in until[begin + 1..].iter_mut().zip(&standing[begin..end]) {
                    *energy = seats[order.position as usize].open.0;
                }
            }
        }
        let mut sum = 0;
        for until in until {
            sum += *until;
            *until = sum;
        }
        *count = found;
    }

    fn limits(&self) -> &[i64] {
        &self.limits[..self.count]
    }

    /// How many are better than a limit, and how many are not worse.
    fn reach(&self, limit: i64) -> (usize, usize) {
        let better = self.limits().partition_point(|other| *other < limit);
        (better, better + self.limits()[better..].partition_point(|other| *other == limit))
    }
}

/// What the orders of one side want at a price, Wh.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    better: i64,
    at: i64,
}

impl Wanted {
    fn of(ladders: &[Ladder; 3], limit: i64) -> Self {
        let mut wanted = Self { better: 0, at: 0 };
        for ladder in ladders {
            let (better, reached) = ladder.reach(limit);
            wanted.better += ladder.until[better];
            wanted.at += ladder.until[reached] - ladder.until[better];
        }
        wanted
    }
}

impl Memory {
    fn sort(&mut self, bids: &[Seat], offers: &[Seat]) {
        let Self { keys, margin, .. } = self;
        for (label, (bid, offer)) in Quality::ALL.into_iter().zip(self.bids.iter_mut().zip(&mut self.offers))
        {
            bid.fill(Side::Buy, label, bids, keys, &mut margin.order);
            offer.fill(Side::Sell, label, offers, keys, &mut margin.order);
        }
    }

    /// One round: its price, and the first bid of each label that cannot be supplied, which leaves with all worse
    /// ones. `last` is the price of the round before; with fewer bids it can only fall.
    fn round(&mut self, bids: &[Seat], offers: &[Seat], last: &mut Option<i64>) -> AuctionClaim {
        let nobody = |witness| AuctionClaim { witness, dropped_local: NOBODY, dropped_green: NOBODY };
        let best = |ladders: &[Ladder; 3]| {
            ladders.iter().filter_map(|ladder| ladder.limits().first()).min().copied()
        };
        let (Some(minus_bid), Some(offer)) = (best(&self.bids), best(&self.offers)) else {
            return nobody(Witness::NoTrade);
        };
        if -minus_bid < offer {
            return nobody(Witness::NoTrade);
        }
        // The lowest price up to which as much is offered as is bid above it.
        let enough = |price: i64| {
            let offered = Wanted::of(&self.offers, price);
            offered.better + offered.at >= Wanted::of(&self.bids, -price).better
        };
        let (mut low, mut high) = (offer, last.map_or(-minus_bid, |last| last.min(-minus_bid)));
        while low < high {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle + 1 }
        }
        let price = low;
        *last = Some(price);

        let (demand, supply) = (Wanted::of(&self.bids, -price), Wanted::of(&self.offers, price));
        let volume = (demand.better + demand.at).min(supply.better + supply.at);
        self.margin.share(&self.offers, price, (volume - supply.better, supply.at), offers);
        let sold = self.offers.each_ref().map(|ladder| {
            let (better, reached) = ladder.reach(price);
            let parts = ladder.standing[better..reached].iter().map(|order| self.margin.part(order.position));
            ladder.until[better] + parts.sum::<i64>()
        });
        self.margin.share(&self.bids, -price, (volume - demand.better, demand.at), bids);
        let (mut available, mut round) = (0, nobody(Witness::Equilibrium(Price(price))));
        for label in [Quality::GreenLocal, Quality::Local] {
            available += sold[label as usize];
            let ladder = &mut self.bids[label as usize];
            let (better, reached) = ladder.reach(-price);
            let mut place = ladder.until[..=better].partition_point(|until| *until <= available) - 1;
            let mut satisfied = ladder.until[place];
            while (better..reached).contains(&place) {
                let part = self.margin.part(ladder.standing[place].position);
                if satisfied + part > available {
                    break;
                }
                satisfied += part;
                place += 1;
            }
            available -= satisfied;
            if place < reached {
                ladder.count = place;
                let dropped = match label {
                    Quality::GreenLocal => &mut round.dropped_green,
                    _ => &mut round.dropped_local,
                };
                *dropped = ladder.standing[place].position;
            }
        }
        round
    }
}

impl Margin {
    /// Shares `amount` among the orders at a limit, which hold `at`, by cumulative floor apportionment.
    fn share(&mut self, ladders: &[Ladder; 3], limit: i64, (amount, at): (i64, i64), seats: &[Seat]) {
        let Self { order, standing, parts } = self;
        standing.clear();
        for ladder in ladders {
            let (better, reached) = ladder.reach(limit);
            standing.extend_from_slice(&ladder.standing[better..reached]);
        }
        standing.sort_unstable_by_key(|order| order.position);
        order.sort(standing);
        let mut floor =
            CumulativeFloor::new(amount.into(), at.unsigned_abs().into()).expect("no more than they hold");
        parts.clear();
        parts.extend(standing.iter().map(|order| {
            let weight = seats[order.position as usize].open.0.unsigned_abs();
            (order.position, floor.next(weight) as i64)
        }));
        parts.sort_unstable();
    }

    fn part(&self, position: u32) -> i64 {
        let found = self.parts.binary_search_by_key(&position, |(position, _)| *position);
        found.map_or(0, |at| self.parts[at].1)
    }
}
