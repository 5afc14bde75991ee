//! The merit order of the filled orders, by radix sort of packed keys.

use market::rule::{Cut, MarginOrder, Standing};
use market::{Book, Side};

/// Bits sorted at a time.
const DIGIT: u32 = 10;

/// Working memory of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    keys: Vec<u64>,
    sorted: Vec<u64>,
    order: MarginOrder,
    standing: Vec<Standing>,
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
    let Memory { keys, sorted, order, standing } = memory;
    keys.clear();
    keys.resize(orders.len(), 0);
    let (mut best, mut filled) = (0, 0);
    // Every order is written and only the filled ones are kept: which they are is a coin toss to the processor.
    for (position, candidate) in (0_u64..).zip(orders) {
        let gain = (candidate.limit.0 - cut.price.0) * sign;
        best = best.max(gain);
        keys[filled] = (gain as u64) << 32 | position;
        filled += usize::from(gain >= least_gain);
    }
    keys.truncate(filled);
    let best = best as u64;
    for key in &mut *keys {
        *key = ((best << 32) - (*key & !0xFFFF_FFFF)) | (*key & 0xFFFF_FFFF);
    }
    radix_sort(keys, sorted, 32, u64::BITS - best.leading_zeros());
    standing.clear();
    standing.extend(keys.iter().map(|key| {
        let position = *key as u32;
        Standing { account: orders[position as usize].account, position }
    }));
    let mut end = 0;
    for run in keys.chunk_by(|one, other| one >> 32 == other >> 32) {
        let begin = end;
        end += run.len();
        order.sort(&mut standing[begin..end]);
    }
    let mut positions = Vec::with_capacity(standing.len() + cut.side(side).at_count);
    positions.extend(standing.iter().map(|order| order.position));
    if share != at && !share.is_zero() {
        let parts = cut.share(side, orders, order, standing);
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
