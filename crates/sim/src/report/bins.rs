//! Time in a bounded number of equal bins: when they are full, neighbours merge and the bins are twice as wide.

use market::{Carrier, Energy, Money};

/// The most bins kept; a week of quarter hours fits unmerged.
pub(super) const MOST_BINS: usize = 672;

/// What one carrier did in one bin. Sums, so that two bins merge by adding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    /// Traded between members, Wh, and what buyers paid for it.
    pub(super) volume: Energy,
    pub(super) paid: Money,
    /// Made, used, bought from and sold to the supplier, Wh.
    pub(super) generation: Energy,
    pub(super) consumption: Energy,
    pub(super) from_supplier: Energy,
    pub(super) to_supplier: Energy,
    /// Σ over intervals of the energy stored at their end, Wh.
    pub(super) stored: Energy,
    pub(super) in_cars: Energy,
    /// Σ over intervals of the supplier's prices as a trade between members sees them, n€/Wh.
    pub(super) export_price: i64,
    pub(super) import_price: i64,
    /// How many intervals are in it.
    pub(super) intervals: i64,
}

impl Bin {
    fn plus(self, other: Self) -> Self {
        Self {
            volume: self.volume + other.volume,
            paid: self.paid + other.paid,
            generation: self.generation + other.generation,
            consumption: self.consumption + other.consumption,
            from_supplier: self.from_supplier + other.from_supplier,
            to_supplier: self.to_supplier + other.to_supplier,
            stored: self.stored + other.stored,
            in_cars: self.in_cars + other.in_cars,
            export_price: self.export_price + other.export_price,
            import_price: self.import_price + other.import_price,
            intervals: self.intervals + other.intervals,
        }
    }
}

/// All bins of all carriers.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    /// Intervals per bin: a power of two.
    pub(super) width: u64,
    /// By time, then by carrier.
    pub(super) bins: Vec<[Bin; Carrier::ALL.len()]>,
}

impl Bins {
    pub(super) fn new() -> Self {
        Self { width: 1, bins: Vec::with_capacity(MOST_BINS) }
    }

    /// The bin of the interval that is `number` after the first.
    pub(super) fn at(&mut self, number: u64) -> &mut [Bin; Carrier::ALL.len()] {
        while number / self.width >= MOST_BINS as u64 {
            self.halve();
        }
        let index = usize::try_from(number / self.width).unwrap_or(MOST_BINS - 1);
        if index >= self.bins.len() {
            self.bins.resize(index + 1, Default::default());
        }
        &mut self.bins[index]
    }

    fn halve(&mut self) {
        self.bins = self
            .bins
            .chunks(2)
            .map(|pair| {
                let second = pair.get(1).copied().unwrap_or_default();
                std::array::from_fn(|carrier| pair[0][carrier].plus(second[carrier]))
            })
            .collect();
        self.width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_its_sums_in_a_bounded_number_of_bins() {
        let mut bins = Bins::new();
        for number in 0..35_040 {
            let bin = &mut bins.at(number)[0];
            bin.volume += Energy(1);
            bin.intervals += 1;
        }
        assert!(bins.bins.len() <= MOST_BINS);
        assert_eq!(bins.width, 64);
        assert_eq!(bins.bins.iter().map(|bin| bin[0].volume.0).sum::<i64>(), 35_040);
        assert_eq!(bins.bins[3][0].intervals, 64);
    }
}
