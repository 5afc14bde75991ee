//! The linear programme: few balances, many columns.
//!
//! A bid of Q is written as a demand of Q that is always served, and as a supply of Q at the bid's limit: whatever of
//! that supply runs is the part of the bid that stays unfilled. So a node's orders of both sides are *one* supply
//! curve, sorted by limit, against one fixed demand, as in [`crate::selection`]. Storage is conversion too: between a
//! carrier in an interval and what is held at that interval's end. With a supply z of each step, a use x of each link:
//!
//! minimise Σ limit·z + Σ cost·x, so that at each node Σ z + Σ a·x = demand, 0 ≤ z ≤ energy, 0 ≤ x ≤ capacity.

use super::ratio::Ratio;
use market::rule::coupled::{Converter, Coupled, Reservoir};
use market::{BookOrder, PPM, Side};

/// All orders of one node with one limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// n€/Wh.
    pub(super) limit: i64,
    /// Of bids and of offers, Wh.
    pub(super) energy: [i64; 2],
    /// Of the steps before, Wh.
    pub(super) before: i64,
}

impl Step {
    pub(super) const fn total(&self) -> i64 {
        self.energy[0] + self.energy[1]
    }
}

/// Energy turned into other energy.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// What a unit of use adds to nodes (takes, where negative), exactly and as a float.
    pub(super) terms: Vec<(usize, Ratio, f64)>,
    /// Of a unit of use, n€.
    pub(super) cost: Ratio,
    /// Most use.
    pub(super) capacity: f64,
    /// What it stands for.
    pub(super) stands_for: StandsFor,
}

/// What a link stands for in the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandsFor {
    /// Conversion offers that are alike: the place of their group.
    Alike(usize),
    /// A storage offer takes, in one of its intervals; a unit is a Wh taken.
    Charge(usize, usize),
    /// It gives; a unit is a Wh withdrawn.
    Discharge(usize, usize),
    /// It holds from the end of one of its intervals to the next.
    Hold,
}

/// A coupled problem as a linear programme.
#[derive(Clone, Debug, Default)]
pub(super) struct Programme {
    /// Per node of the problem, its supply curve from the lowest limit up.
    pub(super) curves: Vec<Vec<Step>>,
    /// Per node of the problem, its bids, which are always served, Wh.
    pub(super) served: Vec<i64>,
    /// Per node, what is taken beside, Wh: of what storages hold, what must be left less what is there.
    pub(super) taken: Vec<f64>,
    /// Conversions and storages.
    pub(super) links: Vec<Link>,
    /// Conversion offers with the same input, outputs and cost, by the first; places in the problem.
    pub(super) groups: Vec<Vec<usize>>,
    /// Per storage offer, of its first interval: the node of what it holds at the end, and the link that takes; the others
    /// follow.
    stores: Vec<(usize, usize)>,
}

impl Programme {
    pub(super) fn of(problem: &Coupled<'_>) -> Self {
        let mut programme = Self::default();
        let mut limits = Vec::new();
        for node in &problem.nodes {
            programme.curves.push(curve([&node.book.bids, &node.book.offers], &mut limits));
            programme.served.push(node.book.bids.iter().map(|bid| bid.energy.0).sum());
            programme.taken.push(0.0);
        }
        programme.groups = alike(&problem.conversions);
        for (group, members) in programme.groups.iter().enumerate() {
            let Converter { input, outputs, cost, .. } = &problem.conversions[members[0]];
            let mut terms = vec![term(*input, Ratio::whole(-1))];
            terms.extend(outputs.iter().map(|(node, ratio)| term(*node, parts(*ratio))));
            let capacity = members.iter().map(|member| problem.conversions[*member].capacity.0).sum::<i64>();
            programme.links.push(Link {
                terms,
                cost: Ratio::whole(cost.0.into()),
                capacity: capacity as f64,
                stands_for: StandsFor::Alike(group),
            });
        }
        for (place, storage) in problem.storages.iter().enumerate() {
            programme.store(place, storage);
        }
        programme
    }

    /// How many nodes, those of what storages hold among them.
    pub(super) fn nodes(&self) -> usize {
        self.taken.len()
    }

    fn store(&mut self, place: usize, storage: &Reservoir) {
        let first = self.nodes();
        self.stores.push((first, self.links.len()));
        let [stored, given, left] = storage.efficiencies.map(parts);
        let last = storage.nodes.len() - 1;
        let mut link = |terms: Vec<_>, cost, capacity, stands_for| {
            self.links.push(Link { terms, cost, capacity, stands_for });
        };
        for (at, node) in storage.nodes.iter().enumerate() {
            let (held, next) = (first + at, first + at + 1);
            let charge = vec![term(*node, Ratio::whole(-1)), term(held, stored)];
            link(charge, Ratio::ZERO, storage.power[0].0 as f64, StandsFor::Charge(place, at));
            let discharge = vec![term(held, Ratio::whole(-1)), term(*node, given)];
            let wear =
                Ratio::new(i128::from(storage.cost.0) * i128::from(storage.efficiencies[1]), PPM.into());
            let most = storage.power[1].0 as f64 / given.to_f64();
            link(discharge, wear.expect("parts per million"), most, StandsFor::Discharge(place, at));
            let mut hold = vec![term(held, Ratio::whole(-1))];
            let mut least = 0;
            if at < last {
                hold.push(term(next, left));
            } else {
                least = storage.levels[1].0;
            }
            link(hold, Ratio::ZERO, (storage.capacity.0 - least) as f64, StandsFor::Hold);
        }
        let begin = storage.levels[0].0 as f64 * left.to_f64();
        for at in 0..=last {
            let brought = if at == 0 { begin } else { 0.0 };
            let least = if at == last { storage.levels[1].0 as f64 } else { 0.0 };
            self.taken.push(least - brought);
        }
    }

    /// The node of what a storage holds at the end of one of its intervals.
    pub(super) fn held(&self, storage: usize, at: usize) -> usize {
        self.stores[storage].0 + at
    }

    /// The links by which a storage takes, gives and holds in one of its intervals.
    pub(super) fn moves(&self, storage: usize, at: usize) -> [usize; 3] {
        [0, 1, 2].map(|link| self.stores[storage].1 + 3 * at + link)
    }

    /// Whether an offer touches a node.
    pub(super) fn touches(&self, node: usize) -> bool {
        self.links.iter().any(|link| link.terms.iter().any(|(at, ..)| *at == node))
    }

    /// The curve of a node; none where only storages touch it.
    pub(super) fn curve(&self, node: usize) -> &[Step] {
        self.curves.get(node).map_or(&[], Vec::as_slice)
    }
}

fn parts(parts: u32) -> Ratio {
    Ratio::new(parts.into(), PPM.into()).expect("parts per million")
}

fn term(node: usize, factor: Ratio) -> (usize, Ratio, f64) {
    (node, factor, factor.to_f64())
}

/// The supply curve of a node; `limits` is working memory.
fn curve(sides: [&Vec<BookOrder>; 2], limits: &mut Vec<(i64, i64, Side)>) -> Vec<Step> {
    limits.clear();
    for (side, orders) in Side::ALL.into_iter().zip(sides) {
        limits.extend(orders.iter().map(|order| (order.limit.0, order.energy.0, side)));
    }
    limits.sort_unstable_by_key(|(limit, ..)| *limit);
    let mut before = 0;
    let step = |run: &[(i64, i64, Side)]| {
        let mut energy = [0; 2];
        for (_, part, side) in run {
            energy[*side as usize] += part;
        }
        let step = Step { limit: run[0].0, energy, before };
        before += step.total();
        step
    };
    limits.chunk_by(|one, other| one.0 == other.0).map(step).collect()
}

/// Offers that differ in nothing but account and capacity are one to the programme, and share what it finds.
fn alike(conversions: &[Converter]) -> Vec<Vec<usize>> {
    let kind = |at: usize| {
        let Converter { input, outputs, cost, .. } = &conversions[at];
        (*input, outputs, *cost)
    };
    let mut places: Vec<usize> = (0..conversions.len()).collect();
    places.sort_by(|one, other| kind(*one).cmp(&kind(*other)));
    let mut groups: Vec<_> =
        places.chunk_by(|one, other| kind(*one) == kind(*other)).map(<[usize]>::to_vec).collect();
    groups.sort_unstable();
    groups
}
