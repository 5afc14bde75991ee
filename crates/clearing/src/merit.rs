//! The merit order of the filled orders, by radix sort of packed keys.

use market::rule::{Cut, MarginOrder};
use market::{Book, Side};

/// Bits sorted at a time.
const DIGIT: u32 = 10;

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    keys: Vec<u64>,
    sorted: Vec<u64>,
    order: MarginOrder,
    margin: Vec<u32>,
}

/// The positions of the orders with a fill, best price first, those of one price in canonical margin order.
pub(crate) fn filled(side: Side, book: &Book, cut: &Cut, memory: &mut Memory) -> Vec<u32> {
    let (orders, sign) = match side {
        Side::Buy => (&book.bids, 1),
        Side::Sell => (&book.offers, -1),
    };
    let (at, share) = cut.margin(side);
    let least_gain = if share == at { 0 } else { 1 };
    // A key is the distance from the price above the position. The best come first: distances are negated below.
    let Memory { keys, sorted, order, margin } = memory;
    keys.clear();
    let mut best = 0;
    for (position, candidate) in orders.iter().enumerate() {
        let gain = (candidate.limit.0 - cut.price.0) * sign;
        if gain >= least_gain {
            best = best.max(gain);
            keys.push((gain as u64) << 32 | position as u64);
        }
    }
    let best = best as u64;
    for key in &mut *keys {
        *key = ((best << 32) - (*key & !0xFFFF_FFFF)) | (*key & 0xFFFF_FFFF);
    }
    radix_sort(keys, sorted, 32, u64::BITS - best.leading_zeros());
    let mut positions = Vec::with_capacity(keys.len() + cut.side(side).at_count);
    positions.extend(keys.iter().map(|key| *key as u32));
    let mut end = 0;
    for run in keys.chunk_by(|one, other| one >> 32 == other >> 32) {
        let begin = end;
        end += run.len();
        order.sort(orders, &mut positions[begin..end]);
    }
    if share != at && !share.is_zero() {
        let parts = cut.share(side, orders, order, margin);
        positions.extend(parts.filter(|(_, part)| !part.is_zero()).map(|(position, _)| position));
    }
    positions
}

/// Sorts by the `bits` bits from `shift` up; stable. `other` is working memory.
fn radix_sort(keys: &mut Vec<u64>, other: &mut Vec<u64>, shift: u32, bits: u32) {
    other.clear();
    other.resize(keys.len(), 0);
    for shift in (shift..shift + bits).step_by(DIGIT as usize) {
        let digit = |key: u64| (key >> shift) as usize & ((1 << DIGIT) - 1);
        let mut begins = [0_u32; 1 << DIGIT];
        for key in &*keys {
            begins[digit(*key)] += 1;
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += core::mem::replace(begin, sum);
        }
        for key in &*keys {
            let place = &mut begins[digit(*key)];
            other[*place as usize] = *key;
            *place += 1;
        }
        core::mem::swap(keys, other);
    }
}
