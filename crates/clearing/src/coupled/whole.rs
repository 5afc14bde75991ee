//! From exact prices and uses to a claim in whole Wh.
//!
//! The prices say which orders, conversions and storages run fully and which not at all; what is in the basis is free to
//! balance the nodes. A node with a step in the basis has orders at its price that make up for any Wh. Every other node
//! is *stiff*: conversions and storages must meet it to the Wh. Nearly always these can be met one after the other: a
//! stiff node with one free link fixes that link, which may leave the next node with one. What a link fixes at its other
//! end is met by orders there, or by the next link.

use super::programme::{Programme, StandsFor};
use super::ratio::Ratio;
use super::repair::IMPOSSIBLE;
use super::simplex::Simplex;
use market::apportion::CumulativeFloor;
use market::rule::coupled::{Converter, Coupled, MAX_VALUE};
use market::{Claim, ConversionClaim, Energy, MAX_PRICE, NodeClaim, PPM, Price, StorageClaim};

const MILLION: i128 = PPM as i128;

/// How far from its use a link is tried, Wh.
const NEAR: [i64; 7] = [0, 1, -1, 2, -2, 3, -3];

/// A claim in the making.
pub(super) struct Whole<'a> {
    pub(super) problem: &'a Coupled<'a>,
    pub(super) programme: &'a Programme,
    pub(super) simplex: &'a Simplex<'a>,
    pub(super) nodes: Vec<Stand>,
    /// Per link, how much it does, Wh: taken by conversions and of charges, given of discharges.
    pub(super) amounts: Vec<i64>,
    /// Per link, the same in the programme's units, and of holds too.
    uses: Vec<f64>,
    /// Per link, whether it is still to be decided.
    pub(super) open: Vec<bool>,
    /// Per hold, whether a level may lie above what is used here rather than below.
    at_least: Vec<bool>,
}

/// What a price makes of a node's orders, Wh.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    price: i64,
    between: bool,
    /// Better than the price: bids and offers.
    pub(super) better: [i64; 2],
    /// At the price: bids and offers.
    pub(super) at: [i64; 2],
    /// How much better orders may lack.
    pub(super) slack: i64,
    /// What is left over after better orders have traded, and what links do; negative where it is lacking.
    pub(super) excess: i64,
    /// What the programme's optimum leaves for orders at the price, where none of them is in the basis.
    nominal: i64,
}

impl<'a> Whole<'a> {
    pub(super) fn new(
        problem: &'a Coupled<'a>,
        programme: &'a Programme,
        simplex: &'a Simplex<'a>,
        prices: &[Ratio],
    ) -> Self {
        let links = programme.links.len();
        let mut nodes: Vec<Stand> =
            (0..problem.nodes.len()).map(|node| stand(programme, simplex, node, prices[node])).collect();
        for (link, of) in programme.links.iter().enumerate() {
            match of.stands_for {
                StandsFor::Alike(group) if simplex.is_free(link) => {
                    for (node, _, factor) in &of.terms {
                        let more = if *factor < 0.0 { 1 } else { 1 + factor.ceil() as i64 };
                        nodes[*node].slack += more * programme.groups[group].len() as i64;
                    }
                }
                StandsFor::Charge(..) => nodes[of.terms[0].0].slack += 2,
                _ => {}
            }
        }
        Self {
            problem,
            programme,
            simplex,
            nodes,
            amounts: vec![0; links],
            uses: vec![0.0; links],
            open: (0..links).map(|link| simplex.balances(link)).collect(),
            at_least: vec![true; links],
        }
    }

    /// Decides everything: links that circles leave open are tried a few Wh from their use until all the rest fits.
    pub(super) fn decide(&mut self) {
        let mut best = (i64::MAX, [0; 2]);
        'trial: for one in NEAR {
            for two in NEAR {
                let circles = self.decide_with([one, two]);
                let cost = self.cost();
                if cost < best.0 {
                    best = (cost, [one, two]);
                }
                if cost < IMPOSSIBLE || circles == 0 {
                    break 'trial;
                }
                if circles == 1 {
                    break;
                }
            }
        }
        self.decide_with(best.1);
        self.repair();
        if self.cost() >= IMPOSSIBLE {
            // What gains nothing may as well stand still.
            let amounts = self.amounts.clone();
            for link in 0..self.open.len() {
                if self.simplex.is_free(link) {
                    self.change(link, 0);
                }
            }
            self.repair();
            if self.cost() >= IMPOSSIBLE {
                amounts.into_iter().enumerate().for_each(|(link, amount)| self.change(link, amount));
            }
        }
    }

    /// The same, with so many Wh more for the first two links that circles leave open; how many these are.
    fn decide_with(&mut self, more: [i64; 2]) -> usize {
        for link in 0..self.open.len() {
            self.change(link, 0);
            self.uses[link] = 0.0;
            self.open[link] = self.simplex.balances(link);
            self.at_least[link] = true;
        }
        for link in 0..self.open.len() {
            if !self.open[link] && self.simplex.is_full(link) {
                self.at_least[link] = false;
                self.fix(link, self.most(link));
            }
        }
        let stiff: Vec<usize> =
            (0..self.programme.nodes()).filter(|node| self.simplex.is_stiff(*node)).collect();
        let mut circles = 0;
        loop {
            let open = |node: &usize| {
                let touches = |link: &usize| self.open[*link] && self.factor(*link, *node) != 0.0;
                let mut touching = (0..self.open.len()).filter(touches);
                touching.next().map(|first| (*node, first, touching.next().is_some()))
            };
            let mut stuck = None;
            let mut next = None;
            for (node, link, several) in stiff.iter().filter_map(open) {
                if several {
                    stuck = stuck.or(Some(link));
                } else {
                    next = Some((node, link));
                    break;
                }
            }
            match (next, stuck) {
                (Some((node, link)), _) => self.meet(node, link),
                (None, Some(link)) => {
                    let amount = self.whole(link, self.simplex.used(link), f64::round);
                    self.fix(link, amount + more.get(circles).copied().unwrap_or(0));
                    circles += 1;
                }
                // Between nodes whose orders make up for any Wh: the nearest whole Wh.
                (None, None) => match self.open.iter().position(|open| *open) {
                    Some(link) => {
                        let amount = self.whole(link, self.simplex.used(link), f64::round);
                        self.fix(link, amount);
                    }
                    None => break,
                },
            }
        }
        for storage in 0..self.problem.storages.len() {
            self.keep_levels(storage);
        }
        circles
    }

    /// Fixes the only open link of a stiff node so that it is balanced.
    fn meet(&mut self, node: usize, link: usize) {
        let factor = self.factor(link, node);
        if let Some(Stand { excess, nominal, .. }) = self.nodes.get(node).copied() {
            let lacking = nominal - excess;
            let amount = match self.programme.links[link].stands_for {
                StandsFor::Alike(group) if factor > 0.0 => self.least(group, node, lacking),
                _ if factor > 0.0 => lacking,
                _ => -lacking,
            };
            return self.fix(link, amount);
        }
        // What is held: rounded so that there is rather more than nothing, or rather less than is full.
        let terms = |other: usize| self.factor(other, node) * self.uses[other];
        let decided: f64 = (0..self.open.len()).filter(|other| !self.open[*other]).map(terms).sum();
        let used = (self.programme.taken[node] - decided) / factor;
        let out = |other: &usize| {
            matches!(self.programme.links[*other].stands_for, StandsFor::Hold)
                && self.factor(*other, node) < 0.0
        };
        let at_least = (0..self.open.len()).find(out).is_some_and(|out| out == link || self.at_least[out]);
        self.at_least[link] = at_least;
        let up = at_least == (factor > 0.0);
        let amount =
            self.whole(link, used, |used| if up { (used - 1e-6).ceil() } else { (used + 1e-6).floor() });
        if matches!(self.programme.links[link].stands_for, StandsFor::Hold) {
            (self.uses[link], self.open[link]) = (used, false);
        } else {
            self.fix(link, amount);
        }
    }

    /// A use in whole Wh.
    fn whole(&self, link: usize, used: f64, round: impl Fn(f64) -> f64) -> i64 {
        round(used * self.unit(link)) as i64
    }

    /// Wh per unit of a link's use, as they are counted.
    fn unit(&self, link: usize) -> f64 {
        match self.programme.links[link].stands_for {
            StandsFor::Discharge(storage, _) => {
                f64::from(self.problem.storages[storage].efficiencies[1]) / f64::from(PPM)
            }
            _ => 1.0,
        }
    }

    /// The most a link can do, Wh.
    pub(super) fn most(&self, link: usize) -> i64 {
        if self.simplex.capacity(link) <= 0.0 {
            return 0;
        }
        match self.programme.links[link].stands_for {
            StandsFor::Charge(storage, _) => self.problem.storages[storage].power[0].0,
            StandsFor::Discharge(storage, _) => self.problem.storages[storage].power[1].0,
            _ => self.programme.links[link].capacity as i64,
        }
    }

    /// Lets a link do so much, as far as it can.
    fn fix(&mut self, link: usize, amount: i64) {
        let amount = amount.clamp(0, self.most(link));
        self.open[link] = false;
        self.uses[link] = amount as f64 / self.unit(link);
        self.change(link, amount);
    }

    /// Lets a link do so much instead of what it does.
    pub(super) fn change(&mut self, link: usize, amount: i64) {
        for (amount, sign) in [(self.amounts[link], -1), (amount, 1)] {
            for (node, energy) in self.does(link, amount) {
                self.nodes[node].excess += sign * energy;
            }
        }
        self.amounts[link] = amount;
    }

    /// What a link that does so much gives to nodes of the problem (takes, where negative), Wh.
    pub(super) fn does(&self, link: usize, amount: i64) -> Vec<(usize, i64)> {
        let place = |storage: usize, at: usize| self.problem.storages[storage].nodes[at];
        match self.programme.links[link].stands_for {
            StandsFor::Alike(group) => {
                let converter = &self.problem.conversions[self.programme.groups[group][0]];
                let shares = self.shares(group, amount);
                let outputs = converter.outputs.iter().map(|(node, ratio)| {
                    let given = shares.iter().map(|share| Converter::given(Energy(*share), *ratio).0);
                    (*node, given.sum())
                });
                [(converter.input, -amount)].into_iter().chain(outputs).collect()
            }
            StandsFor::Charge(storage, at) => vec![(place(storage, at), -amount)],
            StandsFor::Discharge(storage, at) => vec![(place(storage, at), amount)],
            StandsFor::Hold => Vec::new(),
        }
    }

    /// What each of a group takes of so much, Wh.
    pub(super) fn shares(&self, group: usize, amount: i64) -> Vec<i64> {
        let capacities =
            self.programme.groups[group].iter().map(|member| self.problem.conversions[*member].capacity.0);
        let total: i64 = capacities.clone().sum();
        let mut parts = CumulativeFloor::new(amount.into(), total.unsigned_abs().into());
        let share =
            |capacity: i64| parts.as_mut().map_or(0, |parts| parts.next(capacity.unsigned_abs()) as i64);
        capacities.map(share).collect()
    }

    /// The least that a group must take to give so much to a node, Wh.
    fn least(&self, group: usize, node: usize, energy: i64) -> i64 {
        let converter = &self.problem.conversions[self.programme.groups[group][0]];
        let ratio =
            converter.outputs.iter().find(|(output, _)| *output == node).map_or(PPM, |(_, ratio)| *ratio);
        let mut amount = -(-i128::from(energy) * MILLION).div_euclid(ratio.into()) as i64;
        let given = |amount: i64| -> i64 {
            self.shares(group, amount).iter().map(|share| Converter::given(Energy(*share), ratio).0).sum()
        };
        // Each of several loses the rest of its own last Wh.
        for _ in 0..=self.programme.groups[group].len() {
            let missing = energy - given(amount);
            if missing <= 0 {
                break;
            }
            amount += -(-i128::from(missing) * MILLION).div_euclid(ratio.into()) as i64;
        }
        amount
    }

    pub(super) fn factor(&self, link: usize, node: usize) -> f64 {
        let terms = &self.programme.links[link].terms;
        terms.iter().find(|(at, ..)| *at == node).map_or(0.0, |(.., factor)| *factor)
    }

    /// What a storage takes per interval (gives, where negative), Wh.
    pub(super) fn flows(&self, storage: usize) -> Vec<Energy> {
        let flow = |at: usize| {
            let [take, give, _] = self.programme.moves(storage, at);
            Energy(self.amounts[take] - self.amounts[give])
        };
        (0..self.problem.storages[storage].nodes.len()).map(flow).collect()
    }

    /// The claim, where these are the exact prices.
    pub(super) fn claim(&self, prices: &[Ratio]) -> Claim {
        let mut stands = self.nodes.clone();
        let idle = |converter: &Converter| ConversionClaim {
            input: Energy::ZERO,
            outputs: vec![Energy::ZERO; converter.outputs.len()],
        };
        let mut conversions: Vec<ConversionClaim> = self.problem.conversions.iter().map(idle).collect();
        for (link, of) in self.programme.links.iter().enumerate() {
            let StandsFor::Alike(group) = of.stands_for else { continue };
            let shares = self.shares(group, self.amounts[link]);
            for (member, share) in self.programme.groups[group].iter().zip(shares) {
                let claim = &mut conversions[*member];
                claim.input = Energy(share);
                for ((node, ratio), output) in
                    self.problem.conversions[*member].outputs.iter().zip(&mut claim.outputs)
                {
                    let stand = &mut stands[*node];
                    let lost = (stand.excess - stand.at[0]).clamp(0, can_lose(share, *ratio));
                    stand.excess -= lost;
                    *output = Energy(Converter::given(Energy(share), *ratio).0 - lost);
                }
            }
        }
        let values = |storage: usize, count: usize| {
            let held = self.programme.held(storage, 0);
            let value = |price: &Ratio| {
                Price(price.floor().clamp(-i128::from(MAX_VALUE.0), MAX_VALUE.0.into()) as i64)
            };
            prices[held..held + count].iter().map(value).collect()
        };
        let storages = self.problem.storages.iter().enumerate().map(|(storage, offer)| StorageClaim {
            flows: self.flows(storage),
            values: values(storage, offer.nodes.len()),
        });
        let storages = storages.collect();
        Claim::Coupled { nodes: stands.iter().map(Stand::claim).collect(), conversions, storages }
    }
}

/// How much less a conversion that takes so much may give than its ratio says, in whole Wh: law S9.
pub(super) fn can_lose(input: i64, ratio: u32) -> i64 {
    let exact = i128::from(input) * i128::from(ratio);
    let most = (i128::from(ratio) + MILLION - 1 - exact.rem_euclid(MILLION)).div_euclid(MILLION);
    most.min(exact.div_euclid(MILLION)) as i64
}

fn stand(programme: &Programme, simplex: &Simplex<'_>, node: usize, exact: Ratio) -> Stand {
    let most = i128::from(MAX_PRICE.0);
    let price = exact.floor();
    let between = !exact.is_whole() && (-most..most).contains(&price);
    let price = price.clamp(-most, most) as i64;
    let mut stand = Stand { price, between, better: [0; 2], at: [0; 2], slack: 0, excess: 0, nominal: 0 };
    for (number, step) in programme.curve(node).iter().enumerate() {
        if step.limit == price && !between {
            stand.at = step.energy;
            stand.nominal = if simplex.is_filled(node, number) { -step.energy[1] } else { step.energy[0] };
        } else if step.limit > price {
            stand.better[0] += step.energy[0];
        } else {
            stand.better[1] += step.energy[1];
        }
    }
    stand.excess = stand.better[1] - stand.better[0];
    stand
}

impl Stand {
    /// As much as fits is traded at the price; what is left better orders lack.
    fn claim(&self) -> NodeClaim {
        let [bids, offers] = self.at;
        let bought = (offers + self.excess).clamp(0, bids);
        let sold = (bought - self.excess).clamp(0, offers);
        let left = self.excess - bought + sold;
        NodeClaim {
            price: Price(self.price),
            between: self.between,
            margin: [bought, sold].map(Energy),
            short: [(-left).max(0), left.max(0)].map(Energy),
        }
    }
}
