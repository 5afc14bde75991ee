//! The dual simplex method with bounded variables and long steps, for few balances and many columns.
//!
//! Everything is bounded, so any prices are a start: each supply step and each link is used fully where it
//! gains at these prices, and not at all where it loses. What then fails to balance is what has to be
//! repaired. At first an *anchor* at each node takes the difference; it may not, and so the worst of them
//! leaves, which moves the prices along one direction. The dual value along it is concave and piecewise
//! linear: its slope is the imbalance that is left, and falls by what each limit that is passed brings (or
//! takes). The search goes on to where it would change sign, past as many limits as it takes (long steps, or
//! bound swapping: Maros, *A Generalized Dual Phase-2 Simplex Algorithm*, Imperial College, Departmental
//! Technical Report 2001/2), and the step or link at which it stops balances the node from then on. As a
//! curve is sorted, each limit that is passed costs a comparison; the inverse of the basis has as many rows
//! as there are nodes. That is why it is a programme of its own: a general one would not see the curves.

use super::programme::{Link, Programme};
use super::ratio::{Equation, Ratio, solve};
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// What balances a node, or could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// A node's step of this number.
    Step(usize, usize),
    /// A link.
    Link(usize),
    /// What takes a node's difference at a price of its own: nothing, unless it is free.
    Anchor(usize),
}

/// An anchor's price, n€/Wh, and whether it holds its node's price there from now on.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    price: Ratio,
    free: bool,
}

/// A basis and what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Simplex<'a> {
    programme: &'a Programme,
    /// By row; one per node.
    basis: Vec<Column>,
    /// The inverse of the basis, row by row.
    inverse: Vec<f64>,
    /// Per node, how many steps are used fully.
    filled: Vec<usize>,
    /// Per node, whether the next one is in the basis.
    marginal: Vec<bool>,
    /// Per link, whether it is used fully where it is not in the basis.
    full: Vec<bool>,
    /// Per link, the most it may be used.
    capacities: Vec<f64>,
    /// Per link, whether it is in the basis.
    balancing: Vec<bool>,
    anchors: Vec<Anchor>,
    /// Per node, n€/Wh.
    pub(super) prices: Vec<f64>,
    /// Per row, how much its column is used.
    pub(super) uses: Vec<f64>,
    /// Below this, a difference of energies is nothing, Wh.
    nothing: f64,
    /// Changes of the basis since its inverse was last computed afresh.
    updates: usize,
}

/// How a move of prices ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Something enters the basis.
    Moved,
    /// The price that was aimed at is reached and held.
    Held,
    /// Nothing stops it.
    Endless,
}

/// Where a step or link stops a move, in the order of how far that is: bits of a float ≥ 0, then which
/// column.
type Stop = Reverse<(u64, Column)>;

/// Below this, a factor is nothing.
const NOTHING: f64 = 1e-10;
/// Changes of the basis before its inverse is computed afresh.
const FRESH: usize = 64;

impl<'a> Simplex<'a> {
    /// From these prices on, whole n€/Wh.
    pub(super) fn new(programme: &'a Programme, prices: &[i64]) -> Self {
        let nodes = programme.nodes();
        let capacities: Vec<f64> = programme.links.iter().map(|link| link.capacity).collect();
        let largest = capacities.iter().copied().fold(0.0, f64::max);
        let price = |node: usize| prices.get(node).map_or(0, |price| i128::from(*price));
        let mut simplex = Self {
            programme,
            basis: (0..nodes).map(Column::Anchor).collect(),
            inverse: Vec::new(),
            filled: vec![0; nodes],
            marginal: vec![false; nodes],
            full: vec![false; programme.links.len()],
            capacities,
            balancing: vec![false; programme.links.len()],
            anchors: (0..nodes)
                .map(|node| Anchor { price: Ratio::whole(price(node)), free: false })
                .collect(),
            prices: (0..nodes).map(|node| price(node) as f64).collect(),
            uses: Vec::new(),
            nothing: 1e-6 + 1e-11 * largest,
            updates: 0,
        };
        for node in 0..nodes {
            let price = price(node);
            simplex.filled[node] =
                programme.curve(node).partition_point(|step| i128::from(step.limit) < price);
        }
        for link in 0..programme.links.len() {
            simplex.full[link] = simplex.reduced_cost(link) < 0.0;
        }
        simplex.invert();
        simplex.refresh();
        simplex
    }

    /// Repairs every imbalance. `false` where that is impossible, or takes too long.
    pub(super) fn solve(&mut self) -> bool {
        let patience = 100 + 20 * (self.basis.len() + self.programme.links.len());
        for round in 0..2 * patience {
            // The worst first; should that go round in circles, the first column first, as Bland (1977) has
            // it.
            let off = (0..self.basis.len()).map(|row| (row, self.off(row))).filter(|(_, off)| *off != 0.0);
            let worst = if round < patience {
                off.max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()))
            } else {
                off.min_by_key(|(row, _)| self.basis[*row])
            };
            let Some((row, off)) = worst else { return true };
            if self.step(row, off, None) == Move::Endless {
                return false;
            }
        }
        false
    }

    /// Moves the price of `node` up (1) or down (−1) among prices that are as good, as far as that goes or to
    /// the price that is aimed at, which it then keeps: as if there were a little more demand there, or less.
    pub(super) fn push(&mut self, node: usize, up: f64, aim: Option<Ratio>) -> Move {
        let patience = 100 + 20 * (self.basis.len() + self.programme.links.len());
        for _ in 0..patience {
            let pushed = |row: &usize| {
                let change = self.at(*row, node) * up;
                let (low, high) = self.bounds(self.basis[*row]);
                (change > NOTHING && self.uses[*row] >= high - self.nothing)
                    || (change < -NOTHING && self.uses[*row] <= low + self.nothing)
            };
            let Some(row) = (0..self.basis.len()).filter(pushed).min_by_key(|row| self.basis[*row]) else {
                return Move::Moved;
            };
            let sign = (self.at(row, node) * up).signum();
            match self.step(row, sign * f64::MIN_POSITIVE, aim.map(|aim| (node, aim))) {
                Move::Moved => {}
                ended => return ended,
            }
        }
        Move::Moved
    }

    /// The prices exactly. Where a number does not fit: whole if it is within a millionth, else between two
    /// whole ones.
    pub(super) fn exact(&self) -> Vec<Ratio> {
        let equation = |column: &Column| match *column {
            Column::Step(node, step) => {
                let limit = self.programme.curve(node)[step].limit;
                Equation { terms: vec![(node, Ratio::ONE)], sum: Ratio::whole(limit.into()) }
            }
            Column::Link(link) => {
                let Link { terms, cost, .. } = &self.programme.links[link];
                let terms = terms.iter().map(|(node, factor, _)| (*node, *factor)).collect();
                Equation { terms, sum: *cost }
            }
            Column::Anchor(node) => {
                Equation { terms: vec![(node, Ratio::ONE)], sum: self.anchors[node].price }
            }
        };
        let rounded = |price: &f64| {
            if (price - price.round()).abs() < 1e-6 {
                Ratio::whole(price.round() as i128)
            } else {
                Ratio::new(2 * price.floor() as i128 + 1, 2).expect("2 is not 0")
            }
        };
        let exact = solve(self.basis.len(), self.basis.iter().map(equation).collect());
        exact
            .into_iter()
            .zip(&self.prices)
            .map(|(exact, price)| exact.unwrap_or_else(|| rounded(price)))
            .collect()
    }

    /// How much a link is used.
    pub(super) fn used(&self, link: usize) -> f64 {
        match self.basis.iter().position(|column| *column == Column::Link(link)) {
            Some(row) => self.uses[row].clamp(0.0, self.capacities[link]),
            None if self.full[link] => self.capacities[link],
            None => 0.0,
        }
    }

    /// Lets a link not be used.
    pub(super) fn bar(&mut self, link: usize) {
        self.capacities[link] = 0.0;
        self.full[link] = false;
        self.refresh();
    }

    /// Lets a link that was barred be used again.
    pub(super) fn unbar(&mut self, link: usize) {
        self.capacities[link] = self.programme.links[link].capacity;
        self.full[link] = !self.balancing[link] && self.reduced_cost(link) < -1e-9;
        self.refresh();
    }

    /// The most a link may be used.
    pub(super) fn capacity(&self, link: usize) -> f64 {
        self.capacities[link]
    }

    /// Whether a link is in the basis.
    pub(super) fn balances(&self, link: usize) -> bool {
        self.balancing[link]
    }

    /// Whether a link that is not in the basis is used fully.
    pub(super) fn is_full(&self, link: usize) -> bool {
        self.full[link]
    }

    /// Whether using a link more or less changes nothing.
    pub(super) fn is_free(&self, link: usize) -> bool {
        self.balancing[link]
            || self.reduced_cost(link).abs() <= 1e-9 * (1.0 + self.programme.links[link].cost.to_f64())
    }

    /// Whether no step of a node is in the basis.
    pub(super) fn is_stiff(&self, node: usize) -> bool {
        !self.marginal[node]
    }

    /// Whether a node's step is used fully.
    pub(super) fn is_filled(&self, node: usize, step: usize) -> bool {
        step < self.filled[node]
    }

    /// How far a row's column is used beyond its bounds; negative below.
    fn off(&self, row: usize) -> f64 {
        let (low, high) = self.bounds(self.basis[row]);
        let used = self.uses[row];
        if used > high + self.nothing {
            used - high
        } else if used < low - self.nothing {
            used - low
        } else {
            0.0
        }
    }

    fn bounds(&self, column: Column) -> (f64, f64) {
        match column {
            Column::Step(node, step) => (0.0, self.programme.curve(node)[step].total() as f64),
            Column::Link(link) => (0.0, self.capacities[link]),
            Column::Anchor(node) if self.anchors[node].free => (f64::NEG_INFINITY, f64::INFINITY),
            Column::Anchor(_) => (0.0, 0.0),
        }
    }

    /// Lets the column of `row` leave the basis, used `off` too much (too little, where negative).
    fn step(&mut self, row: usize, off: f64, aim: Option<(usize, Ratio)>) -> Move {
        let nodes = self.basis.len();
        let leaving = self.basis[row];
        let direction: Vec<f64> = (0..nodes).map(|node| self.at(row, node) * off.signum()).collect();
        let mut stops = BinaryHeap::<Stop>::new();
        for node in 0..nodes {
            let next = self.filled[node] + usize::from(self.marginal[node]);
            let holds = self.marginal[node] && leaving != Column::Step(node, self.filled[node]);
            if holds || direction[node].abs() <= NOTHING {
                continue;
            }
            let next = if direction[node] > 0.0 { Some(next) } else { self.filled[node].checked_sub(1) };
            stops.extend(next.and_then(|next| self.stop(node, next, &direction)));
        }
        for (link, Link { terms, .. }) in self.programme.links.iter().enumerate() {
            let gain: f64 = terms.iter().map(|(node, _, factor)| factor * direction[*node]).sum();
            let full = self.full[link];
            let turns = if full { gain < -NOTHING } else { gain > NOTHING };
            if turns && self.capacities[link] > 0.0 && !self.balancing[link] {
                let far = (self.reduced_cost(link) / gain).max(0.0);
                stops.push(Reverse((far.to_bits(), Column::Link(link))));
            }
        }
        let mut left = off.abs();
        let mut passed = Vec::new();
        let entering = loop {
            let stop = stops.pop();
            if let Some((node, price)) = aim {
                let far = (price.to_f64() - self.prices[node]) / direction[node];
                if stop.is_none_or(|Reverse((bits, _))| far <= f64::from_bits(bits) + 1e-9) {
                    let anchor = Column::Anchor(node);
                    self.anchors[node] = Anchor { price, free: true };
                    if leaving == anchor {
                        self.refresh();
                    } else {
                        self.exchange(row, off > 0.0, &passed, anchor);
                    }
                    return Move::Held;
                }
            }
            let Some(Reverse((_, column))) = stop else { return Move::Endless };
            let (brings, next) = match column {
                Column::Step(node, step) => {
                    let up = direction[node] > 0.0;
                    let next = if up { Some(step + 1) } else { step.checked_sub(1) };
                    let total = self.programme.curve(node)[step].total() as f64;
                    (total * direction[node].abs(), next.and_then(|next| self.stop(node, next, &direction)))
                }
                Column::Link(link) => {
                    let terms = &self.programme.links[link].terms;
                    let gain: f64 = terms.iter().map(|(node, _, factor)| factor * direction[*node]).sum();
                    (self.capacities[link] * gain.abs(), None)
                }
                Column::Anchor(_) => (f64::INFINITY, None), // is never among the stops
            };
            // What is left because floats round would find nothing to stop at.
            if brings >= left - 1e-9 * off.abs() {
                break column;
            }
            left -= brings;
            passed.push(column);
            stops.extend(next);
        };
        self.exchange(row, off > 0.0, &passed, entering);
        Move::Moved
    }

    /// Where a node's step stops a move.
    fn stop(&self, node: usize, step: usize, direction: &[f64]) -> Option<Stop> {
        let limit = self.programme.curve(node).get(step)?.limit;
        let far = ((limit as f64 - self.prices[node]) / direction[node]).max(0.0);
        Some(Reverse((far.to_bits(), Column::Step(node, step))))
    }

    /// What a unit of a link's use costs beyond what it brings, n€.
    pub(super) fn reduced_cost(&self, link: usize) -> f64 {
        let Link { terms, cost, .. } = &self.programme.links[link];
        cost.to_f64() - terms.iter().map(|(node, _, factor)| factor * self.prices[*node]).sum::<f64>()
    }

    fn at(&self, row: usize, node: usize) -> f64 {
        self.inverse[row * self.basis.len() + node]
    }

    /// The column of `row` leaves, used fully or not at all; those passed turn; `entering` takes the row.
    fn exchange(&mut self, row: usize, full: bool, passed: &[Column], entering: Column) {
        match self.basis[row] {
            Column::Step(node, step) => {
                self.marginal[node] = false;
                self.filled[node] = step + usize::from(full);
            }
            Column::Link(link) => (self.full[link], self.balancing[link]) = (full, false),
            Column::Anchor(_) => {}
        }
        for column in passed {
            match *column {
                // Upward the next step is filled, downward the last one is not any more.
                Column::Step(node, step) => {
                    self.filled[node] = if step == self.filled[node] { step + 1 } else { step };
                }
                Column::Link(link) => self.full[link] = !self.full[link],
                Column::Anchor(_) => {}
            }
        }
        match entering {
            Column::Step(node, step) => (self.filled[node], self.marginal[node]) = (step, true),
            Column::Link(link) => self.balancing[link] = true,
            Column::Anchor(_) => {}
        }
        self.basis[row] = entering;
        self.updates += 1;
        if self.updates >= FRESH {
            self.invert();
        } else {
            let mut column = vec![0.0; self.basis.len()];
            for (node, factor) in self.terms(entering) {
                for (at, cell) in column.iter_mut().enumerate() {
                    *cell += self.at(at, node) * factor;
                }
            }
            self.eliminate(row, &column);
        }
        self.refresh();
    }

    /// What a unit of a column adds to nodes.
    fn terms(&self, column: Column) -> Vec<(usize, f64)> {
        match column {
            Column::Step(node, _) | Column::Anchor(node) => vec![(node, 1.0)],
            Column::Link(link) => {
                self.programme.links[link].terms.iter().map(|(node, _, factor)| (*node, *factor)).collect()
            }
        }
    }

    /// Makes `column`, as the inverse sees it, the unit vector of `row`.
    fn eliminate(&mut self, row: usize, column: &[f64]) {
        let nodes = self.basis.len();
        let begin = row * nodes;
        for cell in &mut self.inverse[begin..begin + nodes] {
            *cell /= column[row];
        }
        let pivot = self.inverse[begin..begin + nodes].to_vec();
        for (at, factor) in column.iter().enumerate() {
            if at != row && *factor != 0.0 {
                let cells = &mut self.inverse[at * nodes..(at + 1) * nodes];
                cells.iter_mut().zip(&pivot).for_each(|(cell, above)| *cell -= factor * above);
            }
        }
    }

    /// The inverse afresh, by Gauss and Jordan with the largest pivot of each column.
    fn invert(&mut self) {
        let nodes = self.basis.len();
        let mut rows = vec![vec![0.0; 2 * nodes]; nodes]; // of the basis, a row per node, beside the unit matrix
        for (place, column) in self.basis.iter().enumerate() {
            for (node, factor) in self.terms(*column) {
                rows[node][place] += factor;
            }
        }
        for (node, row) in rows.iter_mut().enumerate() {
            row[nodes + node] = 1.0;
        }
        for place in 0..nodes {
            let largest =
                |one: &usize, other: &usize| rows[*one][place].abs().total_cmp(&rows[*other][place].abs());
            let pivot = (place..nodes).max_by(largest).expect("as many rows as columns");
            rows.swap(place, pivot);
            let head = rows[place].clone();
            for (at, row) in rows.iter_mut().enumerate() {
                let factor = row[place] / head[place];
                if at == place {
                    row.iter_mut().for_each(|cell| *cell /= head[place]);
                } else if factor != 0.0 {
                    row.iter_mut().zip(&head).for_each(|(cell, above)| *cell -= factor * above);
                }
            }
        }
        self.inverse = rows.into_iter().flat_map(|row| row.into_iter().skip(nodes)).collect();
        self.updates = 0;
    }

    /// Prices and uses that follow from the basis.
    fn refresh(&mut self) {
        let nodes = self.basis.len();
        self.prices = vec![0.0; nodes];
        for (row, column) in self.basis.iter().enumerate() {
            let cost = match *column {
                Column::Step(node, step) => self.programme.curve(node)[step].limit as f64,
                Column::Link(link) => self.programme.links[link].cost.to_f64(),
                Column::Anchor(node) => self.anchors[node].price.to_f64(),
            };
            for (node, price) in self.prices.iter_mut().enumerate() {
                *price += cost * self.inverse[row * nodes + node];
            }
        }
        // What the basis has to bring.
        let mut lacking = self.programme.taken.clone();
        for (node, served) in self.programme.served.iter().enumerate() {
            let last = self.filled[node].checked_sub(1).map(|last| self.programme.curves[node][last]);
            lacking[node] += (served - last.map_or(0, |last| last.before + last.total())) as f64;
        }
        for (link, Link { terms, .. }) in self.programme.links.iter().enumerate() {
            if self.full[link] && !self.balancing[link] {
                terms.iter().for_each(|(node, _, factor)| lacking[*node] -= factor * self.capacities[link]);
            }
        }
        let use_of = |row: usize| (0..nodes).map(|node| self.at(row, node) * lacking[node]).sum();
        self.uses = (0..nodes).map(use_of).collect();
    }
}
