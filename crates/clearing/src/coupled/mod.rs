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
use simplex::Simplex;
use whole::{Loss, Whole};

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
    let exact = Programme::of(problem);
    let mut found = None;
    // What whole Wh lose is no part of the programme at first. Where orders cannot make up for it, it is taken from the
    // nodes and the programme solved again. Last, prices are left where the search found them.
    'ways: for (loss, canonical) in
        [(Loss::Conversions, true), (Loss::Idle, true), (Loss::All, true), (Loss::Idle, false)]
    {
        let mut programme = exact.clone();
        for _ in 0..3 {
            let lose = |whole: &Whole<'_>| whole.lose(&exact, loss);
            let Some((claim, next)) = attempt(problem, &programme, canonical, lose) else { continue 'ways };
            if is_right(problem, &claim, &mut workspace.coupled) {
                if !lacks(&claim) {
                    return claim;
                }
                found.get_or_insert(claim);
            }
            programme = next;
        }
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

/// A claim, and the programme that is left once it has lost what whole Wh lose; `None` where floats came to no end.
fn attempt(
    problem: &Coupled<'_>,
    programme: &Programme,
    canonical: bool,
    lose: impl Fn(&Whole<'_>) -> Programme,
) -> Option<(Claim, Programme)> {
    let mut simplex = Simplex::new(programme, &lowest(problem, programme));
    if !simplex.solve() || !one_way(programme, &mut simplex) {
        return None;
    }
    prices::choose(&problem.nodes, &mut simplex, |node| canonical || !programme.touches(node));
    let exact = simplex.exact();
    let mut whole = Whole::new(problem, programme, &simplex, &exact);
    whole.decide();
    Some((whole.claim(&exact), lose(&whole)))
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

/// Keeps storages from taking and giving at once, by which the programme would burn energy where a price is negative: one
/// of the two is barred. `false` where floats came to no end.
fn one_way(programme: &Programme, simplex: &mut Simplex<'_>) -> bool {
    let mut pairs = Vec::new(); // of taking and giving, and how often one of them was barred
    for (link, of) in programme.links.iter().enumerate() {
        let StandsFor::Charge(storage, at) = of.stands_for else { continue };
        let other = programme.link(StandsFor::Discharge(storage, at));
        // Without losses, doing both is doing the difference.
        pairs.extend(
            other
                .filter(|other| [link, *other].iter().any(|link| programme.links[*link].terms[1].2 < 1.0))
                .map(|other| (link, other, 0)),
        );
    }
    loop {
        let mut changed = false;
        for (take, give, times) in &mut pairs {
            let node = programme.links[*take].terms[0].0;
            let barred =
                |link: &usize| simplex.capacity(*link) == 0.0 && programme.links[*link].capacity > 0.0;
            // What is barred should be used, and the other not.
            let wrong = |link: &usize, other: &usize| {
                barred(link) && simplex.reduced_cost(*link) < -1e-9 && simplex.reduced_cost(*other) > 1e-9
            };
            let bar = if simplex.used(*take) > 1e-6 && simplex.used(*give) > 1e-6 {
                // To take is what pays at a negative price.
                if simplex.prices[node] < -1e-9 { (*give, None) } else { (*take, None) }
            } else if wrong(take, give) {
                (*give, Some(*take))
            } else if wrong(give, take) {
                (*take, Some(*give))
            } else {
                continue;
            };
            *times += 1;
            if *times > 3 {
                continue;
            }
            if let Some(unbar) = bar.1 {
                simplex.unbar(unbar);
            }
            simplex.bar(bar.0);
            if !simplex.solve() {
                return false;
            }
            changed = true;
        }
        if !changed {
            break;
        }
    }
    for (take, give, _) in pairs {
        for link in [take, give] {
            if simplex.capacity(link) == 0.0 && simplex.reduced_cost(link) >= -1e-9 {
                simplex.unbar(link);
            }
        }
    }
    true
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
        let best =
            |limits: &mut dyn Iterator<Item = Price>, fold: fn(Price, Price) -> Price| limits.reduce(fold);
        let (lo, hi) = selection::equilibrium(book, &mut workspace.selection).unwrap_or_else(|| {
            let bid = best(&mut book.bids.iter().map(|bid| bid.limit), Price::max);
            let offer = best(&mut book.offers.iter().map(|offer| offer.limit), Price::min);
            (bid.unwrap_or(node.collar.0), offer.unwrap_or(node.collar.1))
        });
        let price = Price(lo.0 + node.k.of(hi.0 - lo.0));
        let margin = Cut::at(book, price)
            .map_or([Energy::ZERO; 2], |cut| market::Side::ALL.map(|side| cut.margin(side).1));
        NodeClaim { price, between: false, margin, short: [Energy::ZERO; 2] }
    };
    let conversion =
        |outputs: usize| ConversionClaim { input: Energy::ZERO, outputs: vec![Energy::ZERO; outputs] };
    let storage =
        |steps: usize| StorageClaim { flows: vec![Energy::ZERO; steps], values: vec![Price::ZERO; steps] };
    Claim::Coupled {
        nodes: problem.nodes.iter().map(node).collect(),
        conversions: problem.conversions.iter().map(|offer| conversion(offer.outputs.len())).collect(),
        storages: problem.storages.iter().map(|offer| storage(offer.nodes.len())).collect(),
    }
}
