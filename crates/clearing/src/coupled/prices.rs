//! Which of the prices that are as good: carrier by carrier in canonical order, a share k of the way from the
//! lowest to the highest, given those before.

use super::ratio::Ratio;
use super::simplex::{Move, Simplex};
use core::cmp::Ordering;
use market::rule::coupled::Node;

/// Leads a solved programme to these prices, at the nodes that count.
pub(super) fn choose(nodes: &[Node<'_>], simplex: &mut Simplex<'_>, counts: impl Fn(usize) -> bool) {
    for (place, node) in nodes.iter().enumerate().filter(|(place, _)| counts(*place)) {
        let before = simplex.prices[place];
        let lowest = simplex.push(place, -1.0, None);
        let lo = simplex.prices[place];
        let low = (lowest != Move::Endless).then(|| simplex.exact()[place]);
        let highest = simplex.push(place, 1.0, None);
        let hi = simplex.prices[place];
        if lowest != Move::Endless && highest != Move::Endless && hi - lo <= 1e-9 * (1.0 + before.abs()) {
            continue; // what balances the node leaves no choice
        }
        let high = (highest != Move::Endless).then(|| simplex.exact()[place]);
        // Where a number does not fit, the search stays where it is: the same every time.
        let Some(price) = between(node, low, high) else { continue };
        let up = if price.to_f64() > simplex.prices[place] { 1.0 } else { -1.0 };
        if simplex.push(place, up, Some(price)) != Move::Held {
            simplex.push(place, -up, Some(price));
        }
    }
}

/// The price in this range, the collar standing in for an end that it has not; a whole one where there is
/// one.
fn between(node: &Node<'_>, low: Option<Ratio>, high: Option<Ratio>) -> Option<Ratio> {
    let [floor, cap] = [node.collar.0, node.collar.1].map(|price| Ratio::whole(price.0.into()));
    let below = |one: Ratio, other: Ratio| Some(one.minus(other)?.sign() == Ordering::Less);
    let (mut low, mut high) = (low.unwrap_or(floor), high.unwrap_or(cap));
    if below(low, floor)? && !below(high, floor)? {
        low = floor;
    }
    if below(cap, high)? && !below(cap, low)? {
        high = cap;
    }
    if below(high, low)? {
        // Of a range beyond the collar, what is nearest to it.
        return Some(if below(high, floor)? { high } else { low });
    }
    let k = Ratio::new(node.k.numerator().into(), node.k.denominator().into())?;
    let whole = Ratio::whole(low.plus(high.minus(low)?.times(k)?)?.floor());
    Some(if below(whole, low)? { low } else { whole })
}
