//! What whole Wh leave open: levels beyond their ends, nodes that lack a Wh or have one too many.

use super::programme::StandsFor;
use super::whole::{Stand, Whole, can_lose};
use market::PPM;

const MILLION: i128 = PPM as i128;

/// Costs more than any Wh that better orders may lack.
pub(super) const IMPOSSIBLE: i64 = 1_000;

/// So many free links at most are moved two at a time: every two of them are tried.
const FEW: usize = 24;

impl Whole<'_> {
    /// Moves what a storage is free to do by single Wh until its levels are possible, and empty or full where they must.
    pub(super) fn keep_levels(&mut self, storage: usize) {
        let offer = &self.problem.storages[storage];
        for _ in 0..4 * offer.nodes.len() {
            let Some((until, more)) = self.first_wrong_level(storage) else { return };
            let mut free = Vec::new();
            for at in 0..=until {
                let [take, give, _] = self.programme.moves(storage, at);
                for (link, takes) in [(take, true), (give, false)] {
                    let amount = self.amounts[link] + if takes == more { 1 } else { -1 };
                    if self.simplex.balances(link) && (0..=self.most(link)).contains(&amount) {
                        free.push((self.simplex.is_stiff(offer.nodes[at]), until - at, link, amount));
                    }
                }
            }
            let Some((.., link, amount)) = free.into_iter().min() else { return };
            self.change(link, amount);
        }
    }

    /// The end of the first interval at which a level is not as it must be, and whether there must be more.
    fn first_wrong_level(&self, storage: usize) -> Option<(usize, bool)> {
        let offer = &self.problem.storages[storage];
        let most = i128::from(offer.capacity.0) * MILLION;
        for (at, (level, least)) in self.levels(storage).enumerate() {
            let [.., hold] = self.programme.moves(storage, at);
            let must = !self.simplex.is_free(hold);
            let (empty, full) = (must && !self.simplex.is_full(hold), must && self.simplex.is_full(hold));
            let spare = (level - least) * i128::from(offer.efficiencies[1]);
            if level < least || (full && most - level >= MILLION) {
                return Some((at, true));
            }
            if level > most || (empty && spare >= MILLION * MILLION) {
                return Some((at, false));
            }
        }
        None
    }

    /// A storage's level at the end of each of its intervals, and what it must be at least, millionths of a Wh.
    pub(super) fn levels(&self, storage: usize) -> impl Iterator<Item = (i128, i128)> {
        let offer = &self.problem.storages[storage];
        let flows = self.flows(storage);
        let (last, mut level) = (flows.len() - 1, i128::from(offer.levels[0].0) * MILLION);
        flows.into_iter().enumerate().map(move |(at, flow)| {
            level = offer.level_after(level, flow);
            (level, if at == last { i128::from(offer.levels[1].0) * MILLION } else { 0 })
        })
    }

    /// Moves what is free by single Wh, one link or two at a time, while that brings nodes nearer to balance.
    pub(super) fn repair(&mut self) {
        let free = |link: &usize| {
            let held = matches!(self.programme.links[*link].stands_for, StandsFor::Hold);
            !held && self.most(*link) > 0 && self.simplex.is_free(*link)
        };
        let free: Vec<usize> = (0..self.open.len()).filter(free).collect();
        for _ in 0..64 {
            let cost = self.cost();
            if cost == 0 {
                return;
            }
            let mut best = (cost, Vec::new());
            for (at, one) in free.iter().enumerate() {
                self.try_moves(&[*one], &mut best);
                if cost >= IMPOSSIBLE && free.len() <= FEW {
                    for other in &free[at + 1..] {
                        self.try_moves(&[*one, *other], &mut best);
                    }
                }
            }
            if best.1.is_empty() {
                return;
            }
            for (link, amount) in best.1 {
                self.change(link, amount);
            }
        }
    }

    /// Tries to move these links by a few Wh; `best` holds the least cost and what leads there.
    fn try_moves(&mut self, links: &[usize], best: &mut (i64, Vec<(usize, i64)>)) {
        let Some((link, others)) = links.split_first() else {
            let cost = self.cost();
            if cost < best.0 {
                best.0 = cost;
            }
            return;
        };
        let amount = self.amounts[*link];
        for other in (amount - 3).max(0)..=(amount + 3).min(self.most(*link)) {
            if other != amount {
                self.change(*link, other);
                let before = best.0;
                self.try_moves(others, best);
                if best.0 < before {
                    if others.is_empty() {
                        best.1.clear();
                    }
                    best.1.push((*link, other));
                }
            }
        }
        self.change(*link, amount);
    }

    /// How far all is from a right claim: Wh that better orders lack, and more than anything for what cannot be.
    pub(super) fn cost(&self) -> i64 {
        let node = |node: usize| {
            let Stand { excess, at, better, slack, .. } = self.nodes[node];
            let (side, off) = match excess - at[0] {
                over @ 1.. => (1, (over - self.can_lose(node)).max(0)),
                _ => (0, (-excess - at[1]).max(0)),
            };
            off + IMPOSSIBLE * (off - better[side].min(slack)).max(0)
        };
        let wrong = |storage: &usize| self.first_wrong_level(*storage).is_some();
        let wrong = (0..self.problem.storages.len()).filter(wrong).count() as i64;
        (0..self.nodes.len()).map(node).sum::<i64>() + 100 * IMPOSSIBLE * wrong
    }

    /// How much less the conversions may give to a node than they do, Wh.
    fn can_lose(&self, node: usize) -> i64 {
        let mut sum = 0;
        for (link, of) in self.programme.links.iter().enumerate() {
            if let StandsFor::Alike(group) = of.stands_for {
                let converter = &self.problem.conversions[self.programme.groups[group][0]];
                for (_, ratio) in converter.outputs.iter().filter(|(output, _)| *output == node) {
                    let shares = self.shares(group, self.amounts[link]);
                    sum += shares.iter().map(|share| can_lose(*share, *ratio)).sum::<i64>();
                }
            }
        }
        sum
    }
}
