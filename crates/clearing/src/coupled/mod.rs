//! `coupled`: electricity, heat and gas, over one or more intervals, cleared together with offers to convert and to store.
//!
//! The programme ([`programme`]) has one balance per node and many columns, so it is solved among prices ([`simplex`]).
//! Where several prices are as good, [`prices`] chooses; exact fractions ([`ratio`]) say what a price is that ratios
//! fix, and [`whole`] finds whole Wh that meet every balance. What is found is put to the market's own check before it is
//! claimed; floats decide where to look, never what is right.

mod prices;
mod programme;
mod ratio;
mod simplex;
mod whole;

use crate::{Workspace, selection};
use market::rule::coupled::{Coupled, check};
use market::rule::{Clearing, Cut};
use market::{Claim, ConversionClaim, Energy, Money, NodeClaim, Price, StorageClaim};
use programme::{Programme, StandsFor};
use ratio::Ratio;
use simplex::Simplex;
use whole::Whole;

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    outs: Vec<Clearing>,
}

/// The right outcome of `problem`, which [`market::rule::coupled::check`] accepts.
///
/// The orders are as the state accepts them, and idle storages keep their levels. The same for the same binary, on one
/// thread and without time limits (law C9).
#[must_use]
pub fn clear_coupled(problem: &Coupled<'_>, workspace: &mut Workspace) -> Claim {
    let mut programme = Programme::of(problem);
    let mut found = None;
    // What conversions that run fully lose of their last Wh is no part of the programme at first. Where orders cannot
    // make up for it, it is taken from the nodes and the programme solved again.
    for _ in 0..4 {
        let Some((claim, lost)) = attempt(problem, &mut programme) else { break };
        if is_right(problem, &claim, &mut workspace.coupled) {
            if !lacks(&claim) {
                return claim;
            }
            found.get_or_insert(claim);
        }
        if lost == programme.taken {
            break;
        }
        programme.taken = lost;
    }
    found.unwrap_or_else(|| idle(problem, workspace))
}

/// The welfare of `problem` with each carrier and interval cleared alone and every offer idle, n€.
#[must_use]
pub fn alone(problem: &Coupled<'_>, workspace: &mut Workspace) -> Money {
    let welfare = |node: &market::rule::coupled::Node<'_>| {
        let (lo, _) = selection::equilibrium(node.book, &mut workspace.selection)?;
        Some(Cut::at(node.book, lo).expect("the search found an equilibrium price").welfare())
    };
    problem.nodes.iter().filter_map(welfare).sum()
}

/// A claim, and what it says is to be taken from the nodes; `None` where floats came to no end.
fn attempt(problem: &Coupled<'_>, programme: &mut Programme) -> Option<(Claim, Vec<f64>)> {
    loop {
        let programme_now = programme.clone();
        let mut simplex = Simplex::new(&programme_now, &lowest(problem, programme));
        if !simplex.solve() {
            return None;
        }
        if let Some(link) = both_ways(programme, &simplex) {
            programme.links[link].capacity = 0.0;
            continue;
        }
        prices::choose(&problem.nodes, &mut simplex);
        let exact = simplex.exact().unwrap_or_else(|| rounded(&simplex.prices));
        let mut whole = Whole::new(problem, programme, &simplex, &exact);
        whole.decide();
        let mut taken = programme.taken.clone();
        taken[..problem.nodes.len()].copy_from_slice(&whole.lost()[..problem.nodes.len()]);
        return Some((whole.claim(&exact), taken));
    }
}

/// The lowest equilibrium price of each node alone; the end of the collar where there is none.
fn lowest(problem: &Coupled<'_>, programme: &Programme) -> Vec<i64> {
    let price = |(node, curve): (usize, &Vec<programme::Step>)| {
        let served = programme.served[node];
        let at = curve.partition_point(|step| step.before + step.total() < served);
        curve.get(at).map_or(problem.nodes[node].collar.0.0, |step| step.limit)
    };
    programme.curves.iter().enumerate().map(price).collect()
}

/// The lesser use of a storage that takes and gives at once. At negative prices the programme would burn energy so; a
/// storage can do only one of them.
fn both_ways(programme: &Programme, simplex: &Simplex<'_>) -> Option<usize> {
    let moves = |link: &programme::Link| matches!(link.stands_for, StandsFor::Charge(..) | StandsFor::Discharge(..));
    let links = programme.links.iter().enumerate().filter(|(_, link)| moves(link));
    let mut used = links.map(|(at, link)| (at, link, simplex.used(at))).collect::<Vec<_>>().into_iter();
    while let (Some((charge, one, taken)), Some((discharge, _, given))) = (used.next(), used.next()) {
        if taken > 1e-6 && given > 1e-6 {
            let stored = one.terms[1].2;
            return Some(if taken * stored < given { charge } else { discharge });
        }
    }
    None
}

/// Where an exact price does not fit its number: whole if it is within a millionth, else between two whole ones.
fn rounded(prices: &[f64]) -> Vec<Ratio> {
    let price = |price: &f64| {
        if (price - price.round()).abs() < 1e-6 {
            Ratio::whole(price.round() as i128)
        } else {
            Ratio::new(2 * price.floor() as i128 + 1, 2).expect("2 is not 0")
        }
    };
    prices.iter().map(price).collect()
}

fn is_right(problem: &Coupled<'_>, claim: &Claim, memory: &mut Memory) -> bool {
    let Claim::Coupled { nodes, conversions, storages } = claim else { return false };
    memory.outs.resize_with(problem.nodes.len().max(memory.outs.len()), Clearing::default);
    check(problem, (nodes, conversions, storages), &mut memory.outs).is_ok()
}

/// Whether orders better than a price lack something.
fn lacks(claim: &Claim) -> bool {
    let Claim::Coupled { nodes, .. } = claim else { return false };
    nodes.iter().any(|node| node.short != [Energy::ZERO; 2])
}

/// Every carrier alone and every offer idle: right where nothing gains by converting or storing.
fn idle(problem: &Coupled<'_>, workspace: &mut Workspace) -> Claim {
    let node = |node: &market::rule::coupled::Node<'_>| {
        let book = node.book;
        let best = |limits: &mut dyn Iterator<Item = Price>, fold: fn(Price, Price) -> Price| limits.reduce(fold);
        let (lo, hi) = selection::equilibrium(book, &mut workspace.selection).unwrap_or_else(|| {
            let bid = best(&mut book.bids.iter().map(|bid| bid.limit), Price::max);
            let offer = best(&mut book.offers.iter().map(|offer| offer.limit), Price::min);
            (bid.unwrap_or(node.collar.0), offer.unwrap_or(node.collar.1))
        });
        let price = Price(lo.0 + node.k.of(hi.0 - lo.0));
        let margin = Cut::at(book, price).map_or([Energy::ZERO; 2], |cut| {
            market::Side::ALL.map(|side| cut.margin(side).1)
        });
        NodeClaim { price, between: false, margin, short: [Energy::ZERO; 2] }
    };
    let conversion = |outputs: usize| ConversionClaim { input: Energy::ZERO, outputs: vec![Energy::ZERO; outputs] };
    let storage = |steps: usize| StorageClaim { flows: vec![Energy::ZERO; steps], values: vec![Price::ZERO; steps] };
    Claim::Coupled {
        nodes: problem.nodes.iter().map(node).collect(),
        conversions: problem.conversions.iter().map(|offer| conversion(offer.outputs.len())).collect(),
        storages: problem.storages.iter().map(|offer| storage(offer.nodes.len())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::rule::coupled::{Converter, Node, Reservoir};
    use market::*;

    #[test]
    fn highs() {
        let text = std::fs::read_to_string("../../cases/coupled/random/instances.csv").unwrap();
        let mut lines = text.lines().peekable();
        let mut n = 0;
        while let Some(head) = lines.next() {
            let h: Vec<&str> = head.split(',').collect();
            let (t, c): (usize, usize) = (h[1].parse().unwrap(), h[2].parse().unwrap());
            let optimum: f64 = h[3].parse().unwrap();
            let mut books = vec![Book::default(); t * c];
            let (mut conversions, mut storages) = (vec![], vec![]);
            while let Some(line) = lines.next_if(|line| !line.starts_with('i')) {
                let f: Vec<&str> = line.split(',').collect();
                let v: Vec<i64> = f[1..].iter().map(|x| x.parse().unwrap()).collect();
                match f[0] {
                    "b" | "o" => {
                        let book = &mut books[v[0] as usize];
                        let side = if f[0] == "b" { &mut book.bids } else { &mut book.offers };
                        side.push(BookOrder {
                            limit: Price(v[1]),
                            energy: Energy(v[2]),
                            account: AccountId(6 + side.len() as u32),
                            meter: MeterId(0),
                            arrival: side.len() as u32,
                            time_in_force: TimeInForce::NextClearing,
                        });
                    }
                    "c" => conversions.push(Converter {
                        input: v[0] as usize,
                        outputs: v[3..].chunks(2).map(|p| (p[0] as usize, p[1] as u32)).collect(),
                        capacity: Energy(v[1]),
                        cost: Price(v[2]),
                    }),
                    _ => storages.push(Reservoir {
                        nodes: (0..v[1]).map(|at| (v[0] + at) as usize * c + v[2] as usize).collect(),
                        power: [Energy(v[3]), Energy(v[4])],
                        capacity: Energy(v[5]),
                        levels: [Energy(v[6]), Energy(v[7])],
                        efficiencies: [v[8] as u32, v[9] as u32, v[10] as u32],
                        cost: Price(v[11]),
                    }),
                }
            }
            let nodes = books
                .iter()
                .enumerate()
                .map(|(at, book)| Node {
                    carrier: Carrier::ALL[at % c],
                    interval: DeliveryInterval { start: (at / c) as u64 * 900, duration: 900 },
                    book,
                    k: Fraction::HALF,
                    collar: (Price(-MAX_PRICE.0), MAX_PRICE),
                })
                .collect();
            let problem = Coupled { nodes, conversions, storages };
            let claim = clear_coupled(&problem, &mut Workspace::new());
            let Claim::Coupled { nodes, conversions, storages } = &claim else { panic!() };
            let parts = (&nodes[..], &conversions[..], &storages[..]);
            let mut outs = vec![Clearing::default(); nodes.len()];
            if let Err(e) = check(&problem, parts, &mut outs) {
                println!("{n}: {e} {}", market::rule::coupled::explain(&problem, parts));
                let (c, _) = attempt(&problem, &mut Programme::of(&problem)).unwrap();
                let Claim::Coupled { nodes, conversions, storages } = &c else { panic!() };
                println!("   {}", market::rule::coupled::explain(&problem, (nodes, conversions, storages)));
                if [128, 236, 241, 19].contains(&n) { println!("{nodes:?}\n{:?}\n{conversions:?}\n{storages:?}", problem.conversions);
                  for b in &books { println!("{:?} {:?}", b.bids.iter().map(|x| (x.limit.0, x.energy.0)).collect::<Vec<_>>(), b.offers.iter().map(|x| (x.limit.0, x.energy.0)).collect::<Vec<_>>()) }
                }
            } else {
                let w = market::rule::coupled::welfare(&problem, parts, &outs).0 as f64;
                let gap = market::rule::coupled::gap(&problem, parts, &outs).0 as f64;
                if lacks(&claim) { println!("{n}: short {:?}", nodes.iter().map(|n| n.short).collect::<Vec<_>>()); }
                if w > optimum + 1e-3 + 1e-9 * optimum.abs() || w + gap < optimum - 1e-3 - 1e-9 * optimum.abs() {
                    println!("{n}: {w} + {gap} vs {optimum}");
                }
            }
            n += 1;
        }
        panic!("{n} done");
    }
}
