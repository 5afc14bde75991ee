//! From exact prices and uses to a claim in whole Wh.
//!
//! The prices say which orders, conversions and storages run fully and which not at all; what is in the basis is free to
//! balance the nodes. A node with a step in the basis has orders at its price that make up for any Wh. Every other node
//! is *stiff*: conversions and storages must meet it to the Wh. Nearly always these can be met one after the other: a
//! stiff node with one free link fixes that link, which may leave the next node with one. What a link fixes at its other
//! end is met by orders there, or by the next link.

use super::programme::{Programme, StandsFor};
use super::ratio::Ratio;
use super::simplex::Simplex;
use market::apportion::CumulativeFloor;
use market::rule::coupled::{Converter, Coupled, MAX_VALUE, Reservoir};
use market::{Claim, ConversionClaim, Energy, MAX_PRICE, NodeClaim, PPM, Price, StorageClaim};

const MILLION: i128 = PPM as i128;

/// Costs more than any Wh that better orders may lack.
const IMPOSSIBLE: i64 = 1_000;

/// How far from its use a link is tried, Wh.
const NEAR: [i64; 7] = [0, 1, -1, 2, -2, 3, -3];

/// A claim in the making.
pub(super) struct Whole<'a> {
    problem: &'a Coupled<'a>,
    programme: &'a Programme,
    simplex: &'a Simplex<'a>,
    nodes: Vec<Stand>,
    /// Per link, how much it does, Wh: taken by conversions and of charges, given of discharges.
    amounts: Vec<i64>,
    /// Per link, the same in the programme's units, and of holds too.
    uses: Vec<f64>,
    /// Per link, whether it is still to be decided.
    open: Vec<bool>,
    /// Per hold, whether a level may lie above what is used here rather than below.
    at_least: Vec<bool>,
}

/// What is lost because Wh are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The last Wh of conversions that run fully.
    Conversions,
    /// That of others too, and what a storage cannot hold or not give, as far as an idle one could do without.
    Idle,
    /// The same, however far that goes: the programme may have no solution then.
    All,
}

/// What a price makes of a node's orders, Wh.
#[derive(Clone, Copy, Debug)]
struct Stand {
    price: i64,
    between: bool,
    /// Better than the price: bids and offers.
    better: [i64; 2],
    /// At the price: bids and offers.
    at: [i64; 2],
    /// How much better orders may lack.
    slack: i64,
    /// What is left over after better orders have traded, and what links do; negative where it is lacking.
    excess: i64,
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
            matches!(self.programme.links[*other].stands_for, StandsFor::Hold(..))
                && self.factor(*other, node) < 0.0
        };
        let at_least = (0..self.open.len()).find(out).is_some_and(|out| out == link || self.at_least[out]);
        self.at_least[link] = at_least;
        let up = at_least == (factor > 0.0);
        let amount =
            self.whole(link, used, |used| if up { (used - 1e-6).ceil() } else { (used + 1e-6).floor() });
        if matches!(self.programme.links[link].stands_for, StandsFor::Hold(..)) {
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
    fn most(&self, link: usize) -> i64 {
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
    fn change(&mut self, link: usize, amount: i64) {
        for (amount, sign) in [(self.amounts[link], -1), (amount, 1)] {
            for (node, energy) in self.does(link, amount) {
                self.nodes[node].excess += sign * energy;
            }
        }
        self.amounts[link] = amount;
    }

    /// What a link that does so much gives to nodes of the problem (takes, where negative), Wh.
    fn does(&self, link: usize, amount: i64) -> Vec<(usize, i64)> {
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
            StandsFor::Hold(..) => Vec::new(),
        }
    }

    /// What each of a group takes of so much, Wh.
    fn shares(&self, group: usize, amount: i64) -> Vec<i64> {
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

    fn factor(&self, link: usize, node: usize) -> f64 {
        let terms = &self.programme.links[link].terms;
        terms.iter().find(|(at, ..)| *at == node).map_or(0.0, |(.., factor)| *factor)
    }

    /// What a storage takes per interval (gives, where negative), Wh.
    fn flows(&self, storage: usize) -> Vec<Energy> {
        let mut flows = vec![Energy::ZERO; self.problem.storages[storage].nodes.len()];
        for (link, amount) in self.programme.links.iter().zip(&self.amounts) {
            match link.stands_for {
                StandsFor::Charge(of, at) if of == storage => flows[at] += Energy(*amount),
                StandsFor::Discharge(of, at) if of == storage => flows[at] -= Energy(*amount),
                _ => {}
            }
        }
        flows
    }

    /// Moves what a storage is free to do by single Wh until its levels are possible, and empty or full where they must.
    fn keep_levels(&mut self, storage: usize) {
        let offer = &self.problem.storages[storage];
        for _ in 0..4 * offer.nodes.len() {
            let Some((until, more)) = self.first_wrong_level(storage, offer) else { return };
            let mut free = Vec::new();
            for (link, of) in self.programme.links.iter().enumerate() {
                let (at, takes) = match of.stands_for {
                    StandsFor::Charge(of, at) if of == storage => (at, true),
                    StandsFor::Discharge(of, at) if of == storage => (at, false),
                    _ => continue,
                };
                let amount = self.amounts[link] + if takes == more { 1 } else { -1 };
                if at <= until && self.simplex.balances(link) && (0..=self.most(link)).contains(&amount) {
                    free.push((self.simplex.is_stiff(offer.nodes[at]), until - at, link, amount));
                }
            }
            let Some((.., link, amount)) = free.into_iter().min() else { return };
            self.change(link, amount);
        }
    }

    /// The end of the first interval at which a level is not as it must be, and whether there must be more.
    fn first_wrong_level(&self, storage: usize, offer: &Reservoir) -> Option<(usize, bool)> {
        for at in 0..offer.nodes.len() {
            let (level, least) = self.level(storage, at);
            let most = i128::from(offer.capacity.0) * MILLION;
            let hold = self.programme.link(StandsFor::Hold(storage, at))?;
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

    /// Moves what is free by single Wh, one link or two at a time, while that brings nodes nearer to balance.
    fn repair(&mut self) {
        let free = |link: &usize| {
            let held = matches!(self.programme.links[*link].stands_for, StandsFor::Hold(..));
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
                if cost >= IMPOSSIBLE && free.len() <= 24 {
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
    fn cost(&self) -> i64 {
        let node = |node: usize| {
            let Stand { excess, at, better, slack, .. } = self.nodes[node];
            let (side, off) = match excess - at[0] {
                over @ 1.. => (1, (over - self.can_lose(node)).max(0)),
                _ => (0, (-excess - at[1]).max(0)),
            };
            off + IMPOSSIBLE * (off - better[side].min(slack)).max(0)
        };
        let wrong =
            |storage: &usize| self.first_wrong_level(*storage, &self.problem.storages[*storage]).is_some();
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
        let values = |held: usize, count: usize| {
            let value = |price: &Ratio| {
                Price(price.floor().clamp(-i128::from(MAX_VALUE.0), MAX_VALUE.0.into()) as i64)
            };
            prices[held..held + count].iter().map(value).collect()
        };
        let storages = self.problem.storages.iter().enumerate().map(|(storage, offer)| StorageClaim {
            flows: self.flows(storage),
            values: values(self.programme.held[storage], offer.nodes.len()),
        });
        let storages = storages.collect();
        Claim::Coupled { nodes: stands.iter().map(Stand::claim).collect(), conversions, storages }
    }

    /// A programme less what whole Wh lose of it.
    pub(super) fn lose(&self, programme: &Programme, loss: Loss) -> Programme {
        let all = loss != Loss::Conversions;
        let mut programme = programme.clone();
        for (link, of) in self.programme.links.iter().enumerate() {
            let converts = matches!(of.stands_for, StandsFor::Alike(_));
            if converts && (all || !self.simplex.balances(link)) {
                let outputs = self.does(link, self.amounts[link]).into_iter().skip(1);
                for (node, given) in outputs {
                    programme.taken[node] +=
                        self.factor(link, node) * self.amounts[link] as f64 - given as f64;
                }
            }
        }
        for (storage, offer) in self.problem.storages.iter().enumerate().filter(|_| all) {
            let [given, kept] =
                [offer.efficiencies[1], offer.efficiencies[2]].map(|part| f64::from(part) / f64::from(PPM));
            let (mut lost, mut idle) = (0.0, offer.levels[0].0 as f64);
            for at in 0..offer.nodes.len() {
                let Some(hold) = self.programme.link(StandsFor::Hold(storage, at)) else { continue };
                let (level, least) = self.level(storage, at);
                let spare = (level - least) as f64 / f64::from(PPM);
                (lost, idle) = (lost * kept, idle * kept);
                let less = match loss {
                    Loss::Idle => spare.min(idle - least as f64 / f64::from(PPM)),
                    _ => spare,
                };
                if !self.simplex.is_free(hold) && self.simplex.is_full(hold) {
                    let link = &mut programme.links[hold];
                    link.capacity = spare.clamp(0.0, link.capacity);
                } else if less > lost && spare * given < 1.0 {
                    programme.taken[self.programme.held[storage] + at] += less - lost;
                    lost = less;
                }
            }
        }
        programme
    }

    /// A storage's level at the end of one of its intervals, and what it must be at least, millionths of a Wh.
    fn level(&self, storage: usize, at: usize) -> (i128, i128) {
        let offer = &self.problem.storages[storage];
        let before = i128::from(offer.levels[0].0) * MILLION;
        let flows = self.flows(storage);
        let level = flows[..=at].iter().fold(before, |level, flow| offer.level_after(level, *flow));
        let last = at + 1 == offer.nodes.len();
        (level, if last { i128::from(offer.levels[1].0) * MILLION } else { 0 })
    }
}

/// How much less a conversion that takes so much may give than its ratio says, in whole Wh: law S9.
fn can_lose(input: i64, ratio: u32) -> i64 {
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
