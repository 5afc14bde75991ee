//! Storages take or give, not both at once.
//!
//! Where a price is negative the programme would burn energy by doing both. Without that the problem is not convex; what
//! is sought here is a solution in which no storage would rather do the other thing.

use super::programme::{Programme, StandsFor};
use super::simplex::Simplex;

/// How often a storage may change its mind in an interval.
const PATIENCE: u8 = 8;

/// Bars one of the two wherever a solved programme has a storage do both. `false` where floats came to no end.
pub(super) fn one_way(programme: &Programme, simplex: &mut Simplex<'_>) -> bool {
    let mut pairs = Vec::new(); // of taking and giving, and how often one of them was barred
    for (take, of) in programme.links.iter().enumerate() {
        // Giving follows taking. Without losses, doing both is doing the difference.
        let lossy = |link: usize| programme.links[link].terms[1].2 < 1.0;
        if matches!(of.stands_for, StandsFor::Charge(..)) && (lossy(take) || lossy(take + 1)) {
            pairs.push((take, take + 1, 0));
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (take, give, times) in &mut pairs {
            let Some((bar, unbar)) = choice(programme, simplex, *take, *give) else { continue };
            *times += 1;
            if *times > PATIENCE {
                continue;
            }
            if let Some(unbar) = unbar {
                simplex.unbar(unbar);
            }
            simplex.bar(bar);
            if !simplex.solve() {
                return false;
            }
            changed = true;
        }
    }
    // What would not be used anyway may stand in the way of prices that are chosen later.
    for link in pairs.iter().flat_map(|(take, give, _)| [*take, *give]) {
        if simplex.capacity(link) == 0.0 && simplex.reduced_cost(link) >= -1e-9 {
            simplex.unbar(link);
        }
    }
    true
}

/// Which of the two to bar, and which to use again instead.
fn choice(
    programme: &Programme,
    simplex: &Simplex<'_>,
    take: usize,
    give: usize,
) -> Option<(usize, Option<usize>)> {
    if simplex.used(take) > 1e-6 && simplex.used(give) > 1e-6 {
        // To take is what pays at a negative price.
        let node = programme.links[take].terms[0].0;
        return Some((if simplex.prices[node] < -1e-9 { give } else { take }, None));
    }
    // What is barred would gain, and the other lose.
    let wrong = |link: usize, other: usize| {
        let barred = simplex.capacity(link) == 0.0 && programme.links[link].capacity > 0.0;
        barred && simplex.reduced_cost(link) < -1e-9 && simplex.reduced_cost(other) > 1e-9
    };
    if wrong(take, give) {
        Some((give, Some(take)))
    } else if wrong(give, take) {
        Some((take, Some(give)))
    } else {
        None
    }
}
