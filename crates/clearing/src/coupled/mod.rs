//! `coupled`: electricity, heat and gas, over one or more intervals, cleared together with offers to convert and to store.
//!
//! The programme ([`programme`]) has one balance per node and many columns, so it is solved among prices
//! ([`simplex`]), a storage taking or giving, not both ([`one_way()`]). Where several prices are as good,
//! [`prices`] chooses; exact fractions ([`ratio`]) say what a price is that ratios fix, and [`whole`] finds
//! whole Wh that meet every balance, if need be by [`repair`] or by another look at the programme less what
//! whole Wh lose ([`loss`]). What is found is put to the market's own check before it is claimed: floats
//! decide where to look, never what is right.

mod idle;
mod loss;
mod one_way;
mod prices;
mod programme;
mod ratio;
mod repair;
mod simplex;
mod whole;

use crate::{Workspace, selection};
use loss::Loss;
use market::rule::coupled::{Coupled, Node, check};
use market::rule::{Clearing, Cut};
use market::{Claim, Energy, Money};
use one_way::one_way;
use programme::Programme;
use simplex::Simplex;
use whole::Whole;

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    outs: Vec<Clearing>,
}

/// The right outcome of `problem`, which [`market::rule::coupled::check`] accepts.
///
/// The orders are as the state accepts them, and a storage that does nothing ends at its least level or
/// above. The same for the same binary, on one thread and without time limits (law C9). Where nothing that
/// meets the check is found, the claim is that nothing is converted or stored; and where that is wrong too,
/// [`Claim::Nothing`], which sets the offers aside, so that the orders can be cleared without them. Of problems
/// that count single Wh there are some of which no claim is right. Without offers there always is one.
#[must_use]
pub fn clear_coupled(problem: &Coupled<'_>, workspace: &mut Workspace) -> Claim {
    let exact = Programme::of(problem);
    let mut found = None;
    // What whole Wh lose is no part of the programme at first. Where orders cannot make up for it, it is
    // taken from the nodes and the programme solved again. Last, prices are left where the search found them.
    'ways: for (loss, canonical) in
        [(Loss::Conversions, true), (Loss::Idle, true), (Loss::All, true), (Loss::Idle, false)]
    {
        let (mut programme, mut last) = (exact.clone(), None);
        for _ in 0..3 {
            let lose = |whole: &Whole<'_>| whole.lose(&exact, loss);
            let Some((claim, next)) = attempt(problem, &programme, canonical, lose) else { continue 'ways };
            if last.as_ref() == Some(&claim) {
                continue 'ways;
            }
            last = Some(claim.clone());
            if is_right(problem, &claim, &mut workspace.coupled) {
                if !lacks(&claim) {
                    return claim;
                }
                found.get_or_insert(claim);
            }
            programme = next;
        }
    }
    found.unwrap_or_else(|| {
        let claim = idle::claim(problem, workspace);
        let offers = !problem.conversions.is_empty() || !problem.storages.is_empty();
        if offers && !is_right(problem, &claim, &mut workspace.coupled) { Claim::Nothing } else { claim }
    })
}

/// The welfare of `problem` with each carrier and interval cleared alone and every offer idle, n€.
#[must_use]
pub fn alone(problem: &Coupled<'_>, workspace: &mut Workspace) -> Money {
    let welfare = |node: &Node<'_>| {
        let (lo, _) = selection::equilibrium(node.book, &mut workspace.selection)?;
        Some(Cut::at(node.book, lo).expect("the search found an equilibrium price").welfare())
    };
    problem.nodes.iter().filter_map(welfare).sum()
}

/// A claim, and the programme that is left once it has lost what whole Wh lose; `None` where floats came to
/// no end.
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
