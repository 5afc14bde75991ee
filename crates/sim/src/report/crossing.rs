//! The two sides of a book as steps of price and energy, and where they cross: what a clearing looks like.

use market::{Book, BookOrder, Carrier, Energy, Price};
use std::collections::BTreeMap;

/// The most steps kept per side; a larger book is drawn coarser away from the crossing.
const MOST_STEPS: usize = 48;
/// The most bytes the page spends on crossing curves.
const MOST_BYTES: usize = 400_000;

/// A book's curves with the outcome of its clearing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crossing {
    /// Orders to buy: limit and energy (not accumulated), dearest first.
    pub demand: Vec<(Price, Energy)>,
    /// Orders to sell: limit and energy, cheapest first.
    pub supply: Vec<(Price, Energy)>,
    /// Energy traded, Wh.
    pub volume: Energy,
    /// The price paid, where there is one for all.
    pub price: Option<Price>,
}

impl Crossing {
    /// The curves of a book, not yet cleared.
    #[must_use]
    pub fn of(book: &Book) -> Self {
        let mut demand = steps(&book.bids);
        demand.reverse();
        Self { demand, supply: steps(&book.offers), ..Self::default() }
    }

    /// The same curves with at most a bounded number of steps: exact near the volume traded, merged elsewhere.
    #[must_use]
    pub fn simplified(mut self) -> Self {
        self.demand = coarser(&self.demand, self.volume);
        self.supply = coarser(&self.supply, self.volume);
        self
    }

    /// About how many bytes the page needs for it.
    fn bytes(&self) -> usize {
        24 + 14 * (self.demand.len() + self.supply.len())
    }
}

/// Orders merged by limit, cheapest first.
fn steps(orders: &[BookOrder]) -> Vec<(Price, Energy)> {
    let mut sorted: Vec<(Price, Energy)> = orders.iter().map(|order| (order.limit, order.energy)).collect();
    sorted.sort_unstable_by_key(|(limit, _)| *limit);
    let mut steps: Vec<(Price, Energy)> = Vec::new();
    for (limit, energy) in sorted {
        match steps.last_mut() {
            Some(last) if last.0 == limit => last.1 += energy,
            _ => steps.push((limit, energy)),
        }
    }
    steps
}

/// Merges neighbouring steps away from `volume` into their mean price, until few are left.
fn coarser(steps: &[(Price, Energy)], volume: Energy) -> Vec<(Price, Energy)> {
    if steps.len() <= MOST_STEPS {
        return steps.to_vec();
    }
    let total: Energy = steps.iter().map(|step| step.1).sum();
    let bucket = total.0 / (MOST_STEPS as i64 / 2) + 1;
    let mut merged: Vec<(i128, Energy, i64)> = Vec::new();
    let mut so_far = 0;
    for (limit, energy) in steps {
        let middle = so_far + energy.0 / 2;
        so_far += energy.0;
        // Twelve finer buckets lie on each side of the crossing.
        let fine = (middle - volume.0).abs() < bucket;
        let place = if fine { 12 * middle / bucket } else { -1 - middle / bucket };
        let value = i128::from(limit.0) * i128::from(energy.0);
        match merged.last_mut() {
            Some(last) if last.2 == place => {
                last.0 += value;
                last.1 += *energy;
            }
            _ => merged.push((value, *energy, place)),
        }
    }
    merged
        .into_iter()
        .map(|(value, energy, _)| {
            let price = value.div_euclid(i128::from(energy.0.max(1)));
            (Price(i64::try_from(price).unwrap_or_default()), energy)
        })
        .collect()
}

/// A choice of crossing curves that never outgrows its share of the page: when it would, every second goes.
#[derive(Clone, Debug)]
pub(super) struct Gallery {
    /// Every how many intervals one is kept.
    pub(super) stride: u64,
    kept: BTreeMap<(Carrier, u64), Crossing>,
    bytes: usize,
    /// Books that were seen but whose interval is not over.
    open: BTreeMap<(u64, Carrier), (Crossing, Option<Crossing>)>,
}

impl Gallery {
    pub(super) fn new() -> Self {
        Self { stride: 1, kept: BTreeMap::new(), bytes: 0, open: BTreeMap::new() }
    }

    /// A book as it is about to be cleared, for the interval that is `number` after the first.
    pub(super) fn book(&mut self, carrier: Carrier, number: u64, book: &Book) {
        if number.is_multiple_of(self.stride) {
            self.open.entry((number, carrier)).or_default().0 = Crossing::of(book);
        }
    }

    /// Its outcome. Of several clearings the one that traded most is kept, the latest among equals.
    pub(super) fn cleared(&mut self, carrier: Carrier, number: u64, volume: Energy, price: Option<Price>) {
        let Some((pending, best)) = self.open.get_mut(&(number, carrier)) else { return };
        let crossing = Crossing { volume, price, ..std::mem::take(pending) };
        let empty = crossing.demand.is_empty() && crossing.supply.is_empty();
        if !empty && best.as_ref().is_none_or(|best| best.volume <= volume) {
            *best = Some(crossing.simplified());
        }
    }

    /// The interval is over: nothing more will be cleared for it.
    pub(super) fn close(&mut self, number: u64) {
        for carrier in Carrier::ALL {
            let Some((_, Some(crossing))) = self.open.remove(&(number, carrier)) else { continue };
            if number.is_multiple_of(self.stride) {
                self.bytes += crossing.bytes();
                self.kept.insert((carrier, number), crossing);
            }
        }
        while self.bytes > MOST_BYTES {
            self.stride *= 2;
            self.kept.retain(|(_, number), _| number.is_multiple_of(self.stride));
            self.bytes = self.kept.values().map(Crossing::bytes).sum();
        }
    }

    /// Those kept of one carrier, by interval.
    pub(super) fn of(&self, carrier: Carrier) -> impl Iterator<Item = (u64, &Crossing)> {
        self.kept.range((carrier, 0)..=(carrier, u64::MAX)).map(|((_, number), crossing)| (*number, crossing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::{AccountId, MeterId, TimeInForce};

    fn order(limit: i64, energy: i64) -> BookOrder {
        BookOrder {
            limit: Price(limit),
            energy: Energy(energy),
            account: AccountId(6),
            meter: MeterId(0),
            arrival: 0,
            time_in_force: TimeInForce::NextClearing,
        }
    }

    #[test]
    fn orders_with_one_limit_make_one_step() {
        let book = Book {
            bids: vec![order(5, 10), order(9, 1), order(5, 4)],
            offers: vec![order(3, 2)],
            ..Book::default()
        };
        let crossing = Crossing::of(&book);
        assert_eq!(crossing.demand, [(Price(9), Energy(1)), (Price(5), Energy(14))]);
        assert_eq!(crossing.supply, [(Price(3), Energy(2))]);
    }

    #[test]
    fn a_large_book_is_drawn_with_few_steps_and_all_its_energy() {
        let offers: Vec<_> = (0..5_000).map(|limit| order(limit, 100 + limit % 7)).collect();
        let energy: i64 = offers.iter().map(|order| order.energy.0).sum();
        let crossing = Crossing {
            volume: Energy(energy / 3),
            ..Crossing::of(&Book { bids: vec![], offers, ..Book::default() })
        };
        let simple = crossing.simplified();
        assert!(simple.supply.len() <= MOST_STEPS + 8, "{}", simple.supply.len());
        assert_eq!(simple.supply.iter().map(|step| step.1.0).sum::<i64>(), energy);
        assert!(simple.supply.is_sorted());
    }

    #[test]
    fn a_long_run_keeps_a_bounded_choice_of_curves() {
        let mut gallery = Gallery::new();
        let book = Book {
            bids: (0..30).map(|n| order(n, 5)).collect(),
            offers: vec![order(4, 10)],
            ..Book::default()
        };
        for number in 0..5_000 {
            gallery.book(Carrier::Heat, number, &book);
            gallery.cleared(Carrier::Heat, number, Energy(10), Some(Price(4)));
            gallery.close(number);
        }
        assert!(gallery.bytes <= MOST_BYTES && gallery.of(Carrier::Heat).count() > 300);
        assert_eq!(gallery.of(Carrier::Gas).count(), 0);
        assert!(gallery.open.is_empty());
    }
}
