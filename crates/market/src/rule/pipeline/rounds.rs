//! The rounds of `satisfy_preferences`, proved by sums.
//!
//! In a round all bids that are left meet all offers. From the highest label down, the cleared bids that ask for it
//! are satisfied in merit order (limit with premium, the account's first arrival among those of this label and
//! limit, arrival) as long as the cleared offers of it or a better label, less what higher labels took, can supply
//! them wholly. The first that cannot be draws the *line* of its label: it and all worse ones leave the stage, and
//! the rest meet again.
//!
//! What a round trades and whom it drops follow from a few sums: the energy of each label beyond a limit, and at it.
//! The limits that matter are known from the claim, the prices of the rounds and the limits of the bids they drop.
//! So one pass counts every order between two of these *marks*, and each round is then checked on the sums. Prices
//! only fall from round to round and lines only rise, but nothing here relies on it.

use super::Seat;
use crate::apportion::CumulativeFloor;
use crate::rule::{MarginOrder, Standing};
use crate::{AuctionClaim, Energy, Price, Quality, Rejection, Side, Witness};
use alloc::vec::Vec;

/// Where the bids of each label end that are still there, once all rounds but the last are done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines([Price; 3]);

impl Lines {
    /// Whether a bid is still there.
    pub(super) fn is_before(&self, seat: &Seat) -> bool {
        let line = self.0.get(seat.label as usize).copied().unwrap_or_default();
        (seat.reach() > line) | seat.kept
    }
}

/// The first bid of a label that is dropped.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Which mark its limit is.
    mark: usize,
    /// How many bids of its label and limit come before it.
    place: usize,
    /// Their energy, Wh.
    before: Energy,
}

/// An order whose limit is a mark. Sorts by mark, side and arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tie {
    mark: usize,
    side: Side,
    position: u32,
}

/// Energy better than a price and at it, Wh.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    better: Energy,
    at: Energy,
}

/// Working memory of the proof.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    /// The limits that matter, from the lowest.
    marks: Vec<Price>,
    /// Energy up to each place, per side and label: below the first mark, at it, up to the second, at it …
    upto: Vec<[[Energy; 3]; 2]>,
    ties: Vec<Tie>,
    order: MarginOrder,
    standing: Vec<Standing>,
    sharing: Vec<Standing>,
    /// What the orders at the price get where they share, by position.
    parts: Vec<(u32, Energy)>,
    kept: Vec<u32>,
}

/// The labels that can be dropped, from the highest down.
const WANTED: [Quality; 2] = [Quality::GreenLocal, Quality::Local];

/// The first bid that asks for this label and is dropped.
const fn dropped(round: &AuctionClaim, label: Quality) -> Option<u32> {
    let position = match label {
        Quality::GreenLocal => round.dropped_green,
        _ => round.dropped_local,
    };
    if position == u32::MAX { None } else { Some(position) }
}

impl Proof {
    /// Checks all rounds but the last and counts them in `seen`. The last is an auction like any other, among the
    /// bids before the lines.
    pub(super) fn check(
        &mut self,
        rounds: &[AuctionClaim],
        bids: &[Seat],
        offers: &[Seat],
        seen: &mut usize,
    ) -> Result<Lines, Rejection> {
        self.kept.clear();
        let mut lines = [None; 3];
        let mut least = [Price(i64::MIN); 3];
        let Some((_, repeated)) = rounds.split_last().filter(|(_, repeated)| !repeated.is_empty()) else {
            return Ok(Lines(least));
        };
        self.marks.clear();
        for round in repeated {
            let Witness::Equilibrium(price) = round.witness else { return Err(Rejection::WrongStage) };
            self.marks.push(price);
            for label in WANTED {
                if let Some(position) = dropped(round, label) {
                    self.marks.push(asking(bids, label, position)?.reach());
                }
            }
        }
        self.marks.sort_unstable();
        self.marks.dedup();
        self.count(bids, offers);
        for round in repeated {
            self.round(round, &mut lines, bids, offers)?;
            *seen += 1;
        }
        for label in WANTED {
            let Some(Line { mark, place, .. }) = lines.get(label as usize).copied().flatten() else {
                continue;
            };
            self.rank(label, mark, bids);
            self.kept.extend(self.standing.iter().take(place).map(|bid| bid.position));
            if let (Some(least), Some(mark)) = (least.get_mut(label as usize), self.marks.get(mark)) {
                *least = *mark;
            }
        }
        Ok(Lines(least))
    }

    /// The bids that stand at the limit of a line and before it.
    pub(super) fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// The one pass: energy between the marks and at them.
    fn count(&mut self, bids: &[Seat], offers: &[Seat]) {
        let Self { marks, upto, ties, .. } = self;
        upto.clear();
        upto.resize(2 * marks.len() + 1, [[Energy::ZERO; 3]; 2]);
        ties.clear();
        for (side, seats) in [(Side::Buy, bids), (Side::Sell, offers)] {
            for (position, seat) in (0..).zip(seats) {
                let limit = if side == Side::Buy { seat.reach() } else { seat.limit };
                let mark = marks.partition_point(|mark| *mark < limit);
                let at = marks.get(mark) == Some(&limit);
                let row = upto.get_mut(2 * mark + usize::from(at));
                let sum = row.and_then(|row| row.get_mut(side as usize)?.get_mut(seat.label as usize));
                if let Some(sum) = sum {
                    *sum += seat.open;
                }
                if at && !seat.open.is_zero() {
                    ties.push(Tie { mark, side, position });
                }
            }
        }
        ties.sort_unstable();
        let mut sums = [[Energy::ZERO; 3]; 2];
        for row in upto {
            for (sum, here) in sums.iter_mut().flatten().zip(row.iter_mut().flatten()) {
                *sum += *here;
                *here = *sum;
            }
        }
    }

    /// Energy of one label up to a place, Wh.
    fn upto(&self, place: usize, side: Side, label: Quality) -> Energy {
        let row = self.upto.get(place).and_then(|row| row.get(side as usize)?.get(label as usize));
        row.copied().unwrap_or_default()
    }

    /// One label of a side as seen from a mark, its line aside.
    fn seen(&self, mark: usize, side: Side, label: Quality) -> Seen {
        let (below, with) = (self.upto(2 * mark, side, label), self.upto(2 * mark + 1, side, label));
        let all = self.upto(2 * self.marks.len(), side, label);
        Seen { better: if side == Side::Buy { all - with } else { below }, at: with - below }
    }

    /// The bids of one label that are still there, as seen from a mark.
    fn seen_before(&self, mark: usize, label: Quality, line: Option<Line>) -> Seen {
        match line {
            Some(line) if line.mark > mark => {
                let better = self.seen(line.mark, Side::Buy, label).better + line.before;
                Seen { better, at: Energy::ZERO }
            }
            Some(line) if line.mark == mark => Seen { at: line.before, ..self.seen(mark, Side::Buy, label) },
            _ => self.seen(mark, Side::Buy, label),
        }
    }

    /// The orders of one side at a mark, by arrival.
    fn ties(&self, mark: usize, side: Side) -> &[Tie] {
        let begin = self.ties.partition_point(|tie| (tie.mark, tie.side) < (mark, side));
        let count = self
            .ties
            .get(begin..)
            .map_or(0, |rest| rest.partition_point(|tie| (tie.mark, tie.side) == (mark, side)));
        self.ties.get(begin..begin + count).unwrap_or(&[])
    }

    /// Brings the bids of one label at a mark into merit order: `standing`.
    fn rank(&mut self, label: Quality, mark: usize, bids: &[Seat]) {
        let mut standing = core::mem::take(&mut self.standing);
        standing.clear();
        let standings = self.ties(mark, Side::Buy).iter().filter_map(|tie| {
            let seat = bids.get(tie.position as usize).filter(|seat| seat.label == label)?;
            Some(Standing { account: seat.account, position: tie.position })
        });
        standing.extend(standings);
        self.order.sort(&mut standing);
        self.standing = standing;
    }

    /// What the orders at a mark get where they share `amount` of their energy `at`: `parts`, by position.
    fn share(
        &mut self,
        (mark, side): (usize, Side),
        seats: &[Seat],
        lines: &[Option<Line>; 3],
        (amount, at): (Energy, Energy),
    ) {
        let mut here = core::mem::take(&mut self.sharing);
        here.clear();
        let line =
            |label: Quality| lines.get(label as usize).copied().flatten().filter(|_| side == Side::Buy);
        for tie in self.ties(mark, side) {
            let Some(seat) = seats.get(tie.position as usize) else { continue };
            if line(seat.label).is_none_or(|line| line.mark < mark) {
                here.push(Standing { account: seat.account, position: tie.position });
            }
        }
        for label in WANTED {
            if let Some(line) = line(label).filter(|line| line.mark == mark) {
                self.rank(label, mark, seats);
                here.extend(self.standing.iter().take(line.place));
            }
        }
        here.sort_unstable_by_key(|order| order.position);
        self.order.sort(&mut here);
        let mut floor = CumulativeFloor::new(amount.0.into(), at.0.unsigned_abs().into());
        self.parts.clear();
        self.parts.extend(here.iter().map(|Standing { position, .. }| {
            let weight = seats.get(*position as usize).map_or(0, |seat| seat.open.0.unsigned_abs());
            (*position, Energy(floor.as_mut().map_or(0, |floor| floor.next(weight)) as i64))
        }));
        self.parts.sort_unstable_by_key(|(position, _)| *position);
        self.sharing = here;
    }

    /// Energy of one label among the parts.
    fn shared(&self, label: Quality, seats: &[Seat]) -> Energy {
        let of_label = |position: u32| seats.get(position as usize).is_some_and(|seat| seat.label == label);
        self.parts.iter().filter(|(position, _)| of_label(*position)).map(|(_, part)| *part).sum()
    }

    /// One round: its price is the lowest equilibrium price, and it drops whom it must.
    fn round(
        &mut self,
        round: &AuctionClaim,
        lines: &mut [Option<Line>; 3],
        bids: &[Seat],
        offers: &[Seat],
    ) -> Result<(), Rejection> {
        let Witness::Equilibrium(price) = round.witness else { return Err(Rejection::WrongStage) };
        let mark = self.marks.partition_point(|mark| *mark < price);
        let line = |label: Quality| lines.get(label as usize).copied().flatten();
        let bid = Quality::ALL.map(|label| self.seen_before(mark, label, line(label)));
        let offer = Quality::ALL.map(|label| self.seen(mark, Side::Sell, label));
        let sum = |seen: &[Seen; 3]| {
            let [any, local, green] = seen;
            Seen { better: any.better + local.better + green.better, at: any.at + local.at + green.at }
        };
        let (demand, supply) = (sum(&bid), sum(&offer));
        let volume = (demand.better + demand.at).min(supply.better + supply.at);
        let (wanted, given) = (volume - demand.better, volume - supply.better); // of those at the price
        let balanced = wanted >= Energy::ZERO && given >= Energy::ZERO && volume > Energy::ZERO;
        // It is the lowest if an offer at it is used, or a bid at it is not wholly filled.
        if !balanced || (given.is_zero() && wanted == demand.at) {
            return Err(Rejection::NotEquilibrium);
        }

        // What is sold of each label.
        let mut sold = offer.map(|seen| if given.is_zero() { seen.better } else { seen.better + seen.at });
        if !given.is_zero() && given != supply.at {
            self.share((mark, Side::Sell), offers, lines, (given, supply.at));
            sold = Quality::ALL.map(|label| {
                offer.get(label as usize).map_or(Energy::ZERO, |seen| seen.better)
                    + self.shared(label, offers)
            });
        }
        // Then what is bought at the price itself; the parts are now those of the bids.
        let shares = !wanted.is_zero() && wanted != demand.at;
        if shares {
            self.share((mark, Side::Buy), bids, lines, (wanted, demand.at));
        }
        let [_, local, green] = sold;
        let mut available = Energy::ZERO;
        let mut drawn = *lines;
        for (label, sold) in WANTED.into_iter().zip([green, local]) {
            available += sold;
            let seen = bid.get(label as usize).copied().unwrap_or_default();
            let Some(position) = dropped(round, label) else {
                let at = match (shares, wanted.is_zero()) {
                    (true, _) => self.shared(label, bids),
                    (false, true) => Energy::ZERO,
                    (false, false) => seen.at,
                };
                available -= seen.better + at;
                if available < Energy::ZERO {
                    return Err(Rejection::WrongStage); // somebody is to be dropped
                }
                continue;
            };
            let seat = asking(bids, label, position)?;
            let limit = self.marks.partition_point(|mark| *mark < seat.reach());
            self.rank(label, limit, bids);
            let ranked = self.standing.iter().position(|bid| bid.position == position);
            let place = ranked.ok_or(Rejection::WrongStage)?;
            let gone = line(label)
                .is_some_and(|line| limit < line.mark || (limit == line.mark && place >= line.place));
            if gone || limit < mark {
                return Err(Rejection::WrongStage); // dropped before, or not cleared
            }
            let fill = |position: u32| {
                let open = bids.get(position as usize).map_or(Energy::ZERO, |seat| seat.open);
                match (limit > mark, shares, wanted.is_zero()) {
                    (true, ..) | (false, false, false) => open,
                    (false, false, true) => Energy::ZERO,
                    (false, true, _) => {
                        let found = self.parts.binary_search_by_key(&position, |(position, _)| *position);
                        found.ok().and_then(|at| self.parts.get(at)).map_or(Energy::ZERO, |(_, part)| *part)
                    }
                }
            };
            let before = || self.standing.iter().take(place).map(|bid| bid.position);
            let satisfied = self.seen(limit, Side::Buy, label).better + before().map(fill).sum();
            if satisfied > available || satisfied + fill(position) <= available {
                return Err(Rejection::WrongStage);
            }
            available -= satisfied;
            let open = |position: u32| bids.get(position as usize).map_or(Energy::ZERO, |seat| seat.open);
            let before = before().map(open).sum();
            if let Some(drawn) = drawn.get_mut(label as usize) {
                *drawn = Some(Line { mark: limit, place, before });
            }
        }
        *lines = drawn;
        Ok(())
    }
}

/// The bid at this position, if it takes part and asks for this label.
fn asking(bids: &[Seat], label: Quality, position: u32) -> Result<&Seat, Rejection> {
    let seat = bids.get(position as usize).ok_or(Rejection::WrongStage)?;
    if seat.label == label && !seat.open.is_zero() { Ok(seat) } else { Err(Rejection::WrongStage) }
}
