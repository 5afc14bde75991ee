//! The best trades in integers: successive shortest paths over blocks that are halved.
//!
//! A flow with convex costs (Ahuja, Magnanti, Orlin 1993, ch. 14): prices are kept at which no pair would
//! rather trade more, trades are kept only where a pair is content, and every order wants at its price what
//! it has been given to trade. What an order wants beyond its trades, its surplus, is pushed along the pairs
//! with the least loss to an order of the other side that wants it too or comes to want it, or to one of its
//! own side that gives way; prices follow the lengths of the ways. First in blocks as large as the largest
//! order, each with the limit of its last Wh, then in halves, down to single Wh: after every halving no order
//! is off by more than two blocks, so that few pushes remain whatever the energies are.

use super::listed;
use market::rule::{Line, Pairs};
use market::{Energy, PairClaim, Price, Side};

/// The best trades, by bid, then by offer, and prices of bids and offers that prove it.
///
/// `offer_prices` are where to begin; if they are `near`, it begins with single Wh.
pub(super) fn best(pairs: &Pairs, offer_prices: Vec<i64>, near: bool) -> (Vec<PairClaim>, [Vec<Price>; 2]) {
    let mut flow = Flow::new(pairs, offer_prices);
    let largest = flow.lines.iter().flatten().map(|line| line.energy.0).max().unwrap_or(1);
    flow.block = if near { 1 } else { 1 << largest.ilog2() };
    loop {
        flow.want();
        for side in [Side::Sell, Side::Buy] {
            for position in 0..flow.lines[side as usize].len() {
                flow.settle(side, position);
            }
        }
        if flow.block == 1 {
            break;
        }
        flow.block /= 2;
    }
    flow.extend();
    (listed(&flow.trades, flow.offers), flow.prices.map(|prices| prices.into_iter().map(Price).collect()))
}

struct Flow {
    /// How many offers: the length of a row of the tables, one row per bid.
    offers: usize,
    costs: Vec<i64>,
    trades: Vec<i64>,
    lines: [Vec<Line>; 2],
    prices: [Vec<i64>; 2],
    /// What each order is to trade, Wh.
    wanted: [Vec<i64>; 2],
    /// What it trades, Wh.
    traded: [Vec<i64>; 2],
    /// What is moved at a time, Wh.
    block: i64,
    ways: [Ways; 2],
}

/// The shortest ways to the orders of one side.
#[derive(Clone, Debug, Default)]
struct Ways {
    length: Vec<i64>,
    from: Vec<usize>,
    done: Vec<bool>,
}

impl Ways {
    fn begin(&mut self, count: usize) {
        self.length.clear();
        self.length.resize(count, i64::MAX);
        self.from.clear();
        self.from.resize(count, usize::MAX);
        self.done.clear();
        self.done.resize(count, false);
    }

    fn closest(&self) -> Option<(i64, usize)> {
        let open = self.length.iter().zip(&self.done).enumerate();
        open.filter(|(_, (length, done))| !**done && **length < i64::MAX)
            .map(|(at, (way, _))| (*way, at))
            .min()
    }

    fn reach(&mut self, at: usize, length: i64, from: usize) {
        if length < self.length[at] {
            (self.length[at], self.from[at]) = (length, from);
        }
    }
}

/// Where a push ends, the best first where several are equally far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// An order of the other side has a surplus too.
    Match,
    /// An order of the other side comes to want more.
    Raise,
    /// An order of the own side gives way.
    Lower,
}

impl Flow {
    fn new(pairs: &Pairs, offer_prices: Vec<i64>) -> Self {
        let lines = Side::ALL.map(|side| pairs.lines(side).collect::<Vec<_>>());
        let [bids, offers] = [lines[0].len(), lines[1].len()];
        let cell = |bid| (0..offers).map(move |offer| pairs.cost(bid, offer).0);
        let costs: Vec<i64> = (0..bids).flat_map(cell).collect();
        // The highest prices at which no pair would rather trade more.
        let bid_price = |row: &[i64]| row.iter().zip(&offer_prices).map(|(cost, price)| cost + price).min();
        let bid_prices = costs.chunks(offers).map(|row| bid_price(row).unwrap_or(0)).collect();
        Self {
            offers,
            trades: vec![0; costs.len()],
            costs,
            wanted: [vec![0; bids], vec![0; offers]],
            traded: [vec![0; bids], vec![0; offers]],
            lines,
            prices: [bid_prices, offer_prices],
            block: 1,
            ways: Default::default(),
        }
    }

    /// Whole blocks of this much energy.
    fn blocks(&self, energy: Energy) -> i64 {
        energy.0 - energy.0 % self.block
    }

    /// What an order wants at a price at least and at most, in whole blocks, Wh.
    fn range(&self, side: usize, position: usize, price: i64) -> (i64, i64) {
        let (least, most) = self.lines[side][position].wanted(Price(price));
        (self.blocks(least), self.blocks(most))
    }

    /// Every order wants at least the blocks that are better than its price.
    fn want(&mut self) {
        for side in 0..2 {
            for position in 0..self.lines[side].len() {
                let least = self.range(side, position, self.prices[side][position]).0;
                let wanted = &mut self.wanted[side][position];
                *wanted = least.max(*wanted);
            }
        }
    }

    fn surplus(&self, side: usize, position: usize) -> i64 {
        self.wanted[side][position] - self.traded[side][position]
    }

    /// Pushes an order's surplus until it has none.
    fn settle(&mut self, side: Side, position: usize) {
        let own = side as usize;
        while self.surplus(own, position) > 0 {
            let (length, end, at) =
                self.shortest(side, position, i64::MAX, true).expect("an order can give its own surplus up");
            let (sign, other) = (if side == Side::Buy { 1 } else { -1 }, 1 - own);
            // What is nearer than the end follows: a bid with a surplus bids more, an offer asks for less.
            for (ways, prices) in self.ways.iter().zip(&mut self.prices) {
                for (way, price) in ways.length.iter().zip(prices) {
                    *price += sign * (length - way).max(0);
                }
            }
            let surplus = self.surplus(own, position);
            let amount = match end {
                End::Match => surplus.min(self.surplus(other, at)),
                End::Raise => {
                    surplus.min(self.range(other, at, self.prices[other][at]).1 - self.wanted[other][at])
                }
                End::Lower => surplus.min(self.wanted[own][at] - self.range(own, at, self.prices[own][at]).0),
            };
            let moved = self.push(own, position, end, at, amount);
            match end {
                End::Match => {}
                End::Raise => self.wanted[other][at] += moved,
                End::Lower => self.wanted[own][at] -= moved,
            }
        }
    }

    /// More energy at no loss: from bids that would take more at their price to offers that would give more.
    fn extend(&mut self) {
        for position in 0..self.lines[0].len() {
            loop {
                let room = |flow: &Self, side: usize, at: usize| {
                    flow.range(side, at, flow.prices[side][at]).1 - flow.wanted[side][at]
                };
                let own = room(self, 0, position);
                if own == 0 {
                    break;
                }
                let Some((_, end, at)) = self.shortest(Side::Buy, position, 0, false) else { break };
                let moved = self.push(0, position, end, at, own.min(room(self, 1, at)));
                self.wanted[0][position] += moved;
                self.wanted[1][at] += moved;
            }
        }
    }

    /// The nearest end of a push from an order, no further than `within`: how far, of which kind, and which
    /// order.
    fn shortest(&mut self, side: Side, start: usize, within: i64, lower: bool) -> Option<(i64, End, usize)> {
        let (own, other) = (side as usize, 1 - side as usize);
        let mut ways = std::mem::take(&mut self.ways);
        for (ways, lines) in ways.iter_mut().zip(&self.lines) {
            ways.begin(lines.len());
        }
        ways[own].length[start] = 0;
        let mut best: Option<(i64, End, usize)> = None;
        loop {
            let limit = best.map_or(within, |(length, ..)| length);
            let (near, far) = (ways[own].closest(), ways[other].closest());
            // At the length of the best end, only an order of the other side may be a better one.
            let far_first = far.is_some_and(|(far, _)| near.is_none_or(|(near, _)| far <= near));
            let Some((length, at)) = (if far_first { far } else { near }) else { break };
            if length > limit || (length == limit && best.is_some() && !far_first) {
                break;
            }
            let of = if far_first { other } else { own };
            let (price, line) = (self.prices[of][at], self.lines[of][at]);
            if far_first {
                ways[other].done[at] = true;
                let wanted = self.wanted[other][at];
                let end = if self.surplus(other, at) > 0 {
                    Some((length, End::Match, at))
                } else {
                    let next = Energy(wanted + self.block);
                    let dearer = || (line.at(next).0 - price).abs();
                    (next <= line.energy).then(|| (length + dearer(), End::Raise, at))
                };
                best = best.into_iter().chain(end.filter(|end| end.0 <= within)).min();
                for to in 0..self.lines[own].len() {
                    if self.trades[self.cell(own, to, at)] > 0 {
                        ways[own].reach(to, length, at);
                    }
                }
            } else {
                ways[own].done[at] = true;
                let wanted = Energy(self.wanted[own][at]);
                if lower && wanted.0 > 0 {
                    let cheaper = (line.at(wanted).0 - price).abs();
                    best = best.into_iter().chain([(length + cheaper, End::Lower, at)]).min();
                }
                for to in 0..self.lines[other].len() {
                    let (bid, offer) = if own == 0 { (at, to) } else { (to, at) };
                    let apart = self.prices[0][bid] - self.prices[1][offer];
                    let slack = self.costs[bid * self.offers + offer] - apart;
                    ways[other].reach(to, length + slack, at);
                }
            }
        }
        self.ways = ways;
        best
    }

    /// Moves up to `most` Wh from a start to an end along the way found; returns how much.
    fn push(&mut self, own: usize, start: usize, end: End, at: usize, most: i64) -> i64 {
        let other = 1 - own;
        // The way backwards, in pairs of the own and the other side: those that trade more and those that
        // trade less.
        let (mut more, mut less) = (Vec::new(), Vec::new());
        let mut near = at;
        if end != End::Lower {
            near = self.ways[other].from[at];
            more.push(self.cell(own, near, at));
        }
        while near != start {
            let far = self.ways[own].from[near];
            less.push(self.cell(own, near, far));
            near = self.ways[other].from[far];
            more.push(self.cell(own, near, far));
        }
        let moved = less.iter().map(|cell| self.trades[*cell]).min().unwrap_or(most).min(most);
        more.into_iter().for_each(|cell| self.trades[cell] += moved);
        less.into_iter().for_each(|cell| self.trades[cell] -= moved);
        match end {
            End::Lower => {
                self.traded[own][at] -= moved;
                self.traded[own][start] += moved;
            }
            End::Match | End::Raise => {
                self.traded[other][at] += moved;
                self.traded[own][start] += moved;
            }
        }
        moved
    }

    /// The place of a pair in the tables, given by its orders of the own and of the other side.
    fn cell(&self, own: usize, near: usize, far: usize) -> usize {
        let (bid, offer) = if own == Side::Buy as usize { (near, far) } else { (far, near) };
        bid * self.offers + offer
    }
}
