//! How good an outcome is: what its prices prove that no outcome can exceed, and how far it stays below.
//!
//! With any prices π of the nodes and values ν of Wh held, no outcome's welfare exceeds
//!
//! Σ Q·(ℓ − π)⁺ over bids + Σ Q·(π − ℓ)⁺ over offers + Σ capacity·(Σ ratio·π(output) − π(input) − cost)⁺ over
//! conversions + Σ over storages of what their best use would gain at these prices and values
//!
//! (weak duality: every Wh is bought and sold at the same π, so prices cancel in the sum of what all gain). The claim's
//! whole prices are such prices. By the same token the bound exceeds the welfare by what each order, conversion and
//! storage gains less than it could, and the conditions of [`super::check`] leave each of them only what whole Wh and
//! whole n€/Wh cost: that sum is [`allowance`].

use super::storage::MILLION;
use super::{Coupled, Parts, Reservoir, Span, node};
use crate::rule::Clearing;
use crate::{Energy, MAX_PRICE, Money, Price, StorageClaim};

/// Σ limit × fill over bids − the same over offers − the costs of conversions and storages, n€.
#[must_use]
pub fn welfare(problem: &Coupled<'_>, (_, conversions, storages): Parts<'_>, outs: &[Clearing]) -> Money {
    let orders: Money = outs.iter().take(problem.nodes.len()).map(|out| out.welfare).sum();
    let converted: Money =
        problem.conversions.iter().zip(conversions).map(|(offer, does)| does.input * offer.cost).sum();
    let stored: Money = problem
        .storages
        .iter()
        .zip(storages)
        .flat_map(|(offer, does)| does.flows.iter().map(|flow| (-*flow).max(Energy::ZERO) * offer.cost))
        .sum();
    orders - converted - stored
}

/// What no outcome's welfare exceeds, as the claim's prices prove, n€, rounded up.
///
/// Of a claim that [`super::check`] accepts. An outcome can exceed it by what whole Wh withhold of an output at a
/// negative price.
#[must_use]
pub fn bound(problem: &Coupled<'_>, (nodes, conversions, storages): Parts<'_>) -> Money {
    let prices: alloc::vec::Vec<Span> = nodes.iter().map(|node| Span::exact(node.price.0.into())).collect();
    let orders: i128 = problem
        .nodes
        .iter()
        .zip(nodes)
        .map(|(node, claim)| {
            // Offers are seen from the ceiling, one n€/Wh above the price where it lies between.
            let ([bids, offers], _) = node::sides(node, claim);
            let above = if claim.between { i128::from(offers.better.0) } else { 0 };
            bids.surplus + offers.surplus - above
        })
        .sum();
    let converted: i128 = problem
        .conversions
        .iter()
        .zip(conversions)
        .map(|(offer, _)| {
            let gain = offer.gain(&prices).map_or(0, |gain| gain.high.max(0));
            ceiling(i128::from(offer.capacity.0) * gain, MILLION)
        })
        .sum();
    let stored: i128 =
        problem.storages.iter().zip(storages).map(|(offer, does)| best_use(offer, does, &prices)).sum();
    Money(orders + converted + stored)
}

/// How much more welfare than the claim's outcome any could have at most, n€, ≥ 0: it is optimal within this.
#[must_use]
pub fn gap(problem: &Coupled<'_>, claim: Parts<'_>, outs: &[Clearing]) -> Money {
    (bound(problem, claim) - welfare(problem, claim, outs)).max(Money::ZERO)
}

/// What the gap of a right claim never exceeds, n€: the cost of whole Wh and whole n€/Wh.
///
/// - A Wh short costs at most how far the price lies from the market's floor or cap.
/// - A conversion that does as it likes at exact prices gains at whole ones, per Wh, at most 1 n€ less for its input or
///   its ratio in n€ more for an output than it could, and that only where those prices lie between; and it loses
///   less than ratio + 1 Wh of an output. Where a price stands for all beyond ± [`MAX_PRICE`], its whole gain.
/// - A storage likewise, and what a Wh held is worth is a whole number too; a level can end a Wh from where it should.
///   Where a negative price would have it take and give at once, the whole gain of the better of the two.
#[must_use]
pub fn allowance(problem: &Coupled<'_>, (nodes, conversions, storages): Parts<'_>) -> Money {
    let price = |node: usize| nodes.get(node).map_or(0, |claim| i128::from(claim.price.0));
    let between = |node: usize| nodes.get(node).is_some_and(|claim| claim.between);
    let beyond = |node: usize| price(node).abs() == i128::from(MAX_PRICE.0);
    let prices: alloc::vec::Vec<Span> = nodes.iter().map(|node| Span::exact(node.price.0.into())).collect();
    let short: i128 = problem
        .nodes
        .iter()
        .zip(nodes)
        .map(|(node, claim)| {
            let far = (node.collar.1.0 - claim.price.0).max(claim.price.0 - node.collar.0.0).max(0);
            claim.short.iter().map(|short| i128::from(short.0) * i128::from(far)).sum::<i128>()
        })
        .sum();
    let converted: i128 = problem
        .conversions
        .iter()
        .zip(conversions)
        .map(|(offer, does)| {
            let capacity = i128::from(offer.capacity.0);
            let sum = |counts: &dyn Fn(usize, i128) -> i128| {
                offer.outputs.iter().map(|(node, ratio)| counts(*node, (*ratio).into())).sum::<i128>()
            };
            let less = if between(offer.input) { MILLION } else { 0 };
            let more = sum(&|node, ratio| if between(node) { ratio } else { 0 });
            let lost: i128 = offer
                .outputs
                .iter()
                .zip(&does.outputs)
                .map(|((node, ratio), given)| offer.lost(does.input, *ratio, *given) * price(*node))
                .map(|lost| lost.max(0))
                .sum();
            let rationed = if beyond(offer.input) || sum(&|node, _| i128::from(beyond(node))) > 0 {
                offer.gain(&prices).map_or(0, |gain| gain.high.abs())
            } else {
                0
            };
            ceiling(capacity * (less.max(more) + rationed) + lost, MILLION)
        })
        .sum();
    let stored: i128 = problem
        .storages
        .iter()
        .zip(storages)
        .map(|(offer, does)| rounded(offer, does, &prices, &beyond))
        .sum();
    Money(short + converted + stored)
}

/// What a storage's best use gains at these prices and the claimed values, n€, rounded up.
///
/// The levels are freed by their values: what is left is to take, to give and to hold as much as each gains.
fn best_use(offer: &Reservoir, does: &StorageClaim, prices: &[Span]) -> i128 {
    let [_, given, kept] = offer.efficiencies.map(i128::from);
    let [charge, discharge] = offer.power.map(|power| i128::from(power.0));
    let (capacity, [before, least]) =
        (i128::from(offer.capacity.0), offer.levels.map(|level| i128::from(level.0)));
    let value = |interval: usize| does.values.get(interval).map_or(0, |value| i128::from(value.0));
    // Counted in n€ over 10⁶ and over the efficiency of giving.
    let mut sum = before * kept * value(0) * given;
    let last = offer.nodes.len().saturating_sub(1);
    for (interval, node) in offer.nodes.iter().enumerate() {
        let price = prices.get(*node).map_or(0, |price| price.low);
        let [take, give] = moves(offer, value(interval), price);
        sum += (charge * take * given).max(discharge * give * MILLION).max(0);
        sum += given
            * if interval < last {
                capacity * (kept * value(interval + 1) - MILLION * value(interval)).max(0)
            } else {
                -MILLION * (value(interval) * least).min(value(interval) * capacity)
            };
    }
    ceiling(sum, MILLION * given.max(1))
}

/// What a Wh taken (10⁻⁶ n€) and a Wh given (n€ over its efficiency) gain.
fn moves(offer: &Reservoir, value: i128, price: i128) -> [i128; 2] {
    let [stored, given, _] = offer.efficiencies.map(i128::from);
    [stored * value - MILLION * price, given * (price - i128::from(offer.cost.0)) - MILLION * value]
}

/// What whole numbers cost a storage at most, n€.
fn rounded(offer: &Reservoir, does: &StorageClaim, prices: &[Span], beyond: &dyn Fn(usize) -> bool) -> i128 {
    let [_, given, kept] = offer.efficiencies.map(i128::from);
    let [charge, discharge] = offer.power.map(|power| i128::from(power.0));
    let withdrawn = ceiling(MILLION, given.max(1));
    let value = |interval: usize| does.values.get(interval).map_or(0, |value: &Price| i128::from(value.0));
    let interval = |(interval, node): (usize, &usize)| {
        let held = (kept * value(interval + 1) - MILLION * value(interval)).abs();
        let level =
            i128::from(offer.capacity.0) + withdrawn * (1 + ceiling(held, MILLION)) + value(interval).abs();
        let moved = 2 * charge + discharge * (1 + withdrawn);
        let far = 3 * i128::from(MAX_PRICE.0) * withdrawn;
        // Where it would do both at once, it may do either: at most the better of them is left.
        let [take, give] = moves(offer, value(interval), prices.get(*node).map_or(0, |price| price.low));
        let both = if take.min(give) < -2 * MILLION {
            0
        } else {
            ceiling((charge * take * given).max(discharge * give * MILLION).max(0), MILLION * given.max(1))
        };
        moved + both + level + if beyond(*node) { (charge + discharge) * far } else { 0 }
    };
    offer.nodes.iter().enumerate().map(interval).sum()
}

/// ⌈number / by⌉
fn ceiling(number: i128, by: i128) -> i128 {
    -(-number).div_euclid(by)
}
