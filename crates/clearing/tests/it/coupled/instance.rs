//! Problems: read from a file, or made from a seed.

use market::rule::coupled::{Converter, Coupled, Node, Reservoir};
use market::{
    AccountId, Book, BookOrder, Carrier, DeliveryInterval, Energy, Fraction, MeterId, Price, Side,
    TimeInForce,
};

/// A problem that owns its books.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instance {
    pub(crate) carriers: usize,
    pub(crate) books: Vec<Book>,
    pub(crate) conversions: Vec<Converter>,
    pub(crate) storages: Vec<Reservoir>,
}

impl Instance {
    pub(crate) fn new(intervals: usize, carriers: usize) -> Self {
        Self { carriers, books: vec![Book::default(); intervals * carriers], ..Self::default() }
    }

    pub(crate) fn problem(&self) -> Coupled<'_> {
        let start = DeliveryInterval { start: 0, duration: 900 };
        let node = |(place, book)| Node {
            carrier: Carrier::ALL[place % self.carriers],
            interval: start.later((place / self.carriers) as u64),
            book,
            k: Fraction::HALF,
            collar: crate::books::COLLAR,
        };
        Coupled {
            nodes: self.books.iter().enumerate().map(node).collect(),
            conversions: self.conversions.clone(),
            storages: self.storages.clone(),
        }
    }

    /// A line of `cases/coupled/random/instances.csv` that is an order or an offer.
    pub(crate) fn enter(&mut self, kind: &str, numbers: &[i64]) {
        match (kind, numbers) {
            ("b" | "o", [node, limit, energy]) => {
                let side = if kind == "b" { Side::Buy } else { Side::Sell };
                self.order(side, *node as usize, *limit, *energy);
            }
            ("c", [input, capacity, cost, outputs @ ..]) => self.conversions.push(Converter {
                input: *input as usize,
                outputs: outputs.chunks(2).map(|output| (output[0] as usize, output[1] as u32)).collect(),
                capacity: Energy(*capacity),
                cost: Price(*cost),
            }),
            (
                "s",
                [first, count, carrier, charge, discharge, capacity, level, least, stored, given, kept, cost],
            ) => {
                self.storages.push(Reservoir {
                    nodes: (*first..first + count)
                        .map(|at| at as usize * self.carriers + *carrier as usize)
                        .collect(),
                    power: [Energy(*charge), Energy(*discharge)],
                    capacity: Energy(*capacity),
                    levels: [Energy(*level), Energy(*least)],
                    efficiencies: [*stored as u32, *given as u32, *kept as u32],
                    cost: Price(*cost),
                });
            }
            other => panic!("no order and no offer: {other:?}"),
        }
    }

    fn order(&mut self, side: Side, node: usize, limit: i64, energy: i64) {
        let account =
            6 + self.books.iter().map(|book| book.bids.len() + book.offers.len()).sum::<usize>() as u32;
        let book = &mut self.books[node];
        let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
        orders.push(BookOrder {
            limit: Price(limit),
            energy: Energy(energy),
            account: AccountId(account),
            meter: MeterId(account),
            arrival: orders.len() as u32,
            time_in_force: TimeInForce::NextClearing,
        });
    }

    /// Of every kind: one carrier or three, one interval or four, ties or none, one-sided books, negative prices, round
    /// ratios or not, idle offers, offers alike, storages that lose much or nothing.
    pub(crate) fn random(seed: u64) -> Self {
        let mut random = Random(seed);
        let intervals = *random.one_of(&[1, 1, 1, 2, 3, 4]);
        let carriers = *random.one_of(&[1, 2, 3, 3, 3, 3]);
        let (low, high) = *random.one_of(&[(-3, 3), (-30, 30), (50_000, 400_000), (-100_000, 300_000)]);
        let energies = *random.one_of(&[3, 50, 5_000, 5_000, 1_000_000]);
        let mut instance = Self::new(intervals, carriers);
        let nodes = instance.books.len() as i64;
        let orders = *random.one_of(&[4, 12, 24, 48, 100]);
        for _ in 0..random.between(0, orders) {
            let side = *random.one_of(&Side::ALL);
            let node = random.between(0, nodes - 1) as usize;
            let (limit, energy) = (random.between(low, high), random.between(1, energies));
            instance.order(side, node, limit, energy);
        }
        if carriers == 3 {
            for _ in 0..*random.one_of(&[0, 1, 2, 4, 10]) {
                instance.convert(intervals, energies, high, &mut random);
            }
            instance.conversions.sort_by_key(|conversion| conversion.input / carriers);
        }
        for _ in 0..*random.one_of(&[0, 0, 1, 2, 4]) {
            instance.store(intervals, energies, high, &mut random);
        }
        instance.storages.sort_by_key(|storage| storage.nodes[0] / carriers);
        instance
    }

    fn convert(&mut self, intervals: usize, energies: i64, high: i64, random: &mut Random) {
        const ELECTRICITY: usize = Carrier::Electricity as usize;
        const HEAT: usize = Carrier::Heat as usize;
        const GAS: usize = Carrier::Gas as usize;
        let at = 3 * random.between(0, intervals as i64 - 1) as usize;
        let round = *random.one_of(&[1, 50_000]);
        let mut ratio = |low: i64, high: i64| (random.between(low / round, high / round) * round) as u32;
        let (input, outputs) = match ratio(0, 5 * round) as i64 / round {
            0 => (ELECTRICITY, vec![(HEAT, ratio(2_000_000, 5_000_000))]),
            1 => (ELECTRICITY, vec![(HEAT, ratio(900_000, 1_000_000))]),
            2 => (ELECTRICITY, vec![(GAS, ratio(600_000, 800_000))]),
            3 => (GAS, vec![(HEAT, ratio(800_000, 1_000_000))]),
            4 => (GAS, vec![(ELECTRICITY, ratio(400_000, 600_000))]),
            _ => (GAS, vec![(ELECTRICITY, ratio(250_000, 450_000)), (HEAT, ratio(400_000, 550_000))]),
        };
        let most = energies * random.between(1, 5);
        let conversion = Converter {
            input: at + input,
            outputs: outputs.into_iter().map(|(output, ratio)| (at + output, ratio)).collect(),
            capacity: Energy(random.between(1, most)),
            cost: Price(random.between(0, high / 5) * random.between(0, 1)),
        };
        if random.between(0, 5) == 0 {
            let capacity = Energy(random.between(1, energies));
            self.conversions.push(Converter { capacity, ..conversion.clone() });
        }
        self.conversions.push(conversion);
    }

    fn store(&mut self, intervals: usize, energies: i64, high: i64, random: &mut Random) {
        let first = random.between(0, intervals as i64 - 1) as usize;
        let last = random.between(first as i64, intervals as i64 - 1) as usize;
        let carrier = random.between(0, self.carriers as i64 - 1) as usize;
        let mut efficiency = || match random.between(0, 2) {
            0 => 1_000_000,
            1 => 950_000,
            _ => random.between(800_000, 1_000_000) as u32,
        };
        let efficiencies = [efficiency(), efficiency(), efficiency()];
        let capacity = random.between(1, 3 * energies);
        let level = random.between(0, capacity) * random.between(0, 1);
        // What an idle storage keeps, rounded down: it must be possible to do nothing.
        let kept = (first..=last).fold(level, |level, _| level * i64::from(efficiencies[2]) / 1_000_000);
        self.storages.push(Reservoir {
            nodes: (first..=last).map(|at| at * self.carriers + carrier).collect(),
            power: [random.between(0, 2 * energies), random.between(0, 2 * energies)].map(Energy),
            capacity: Energy(capacity),
            levels: [level, random.between(0, (kept - 1).max(0)) * random.between(0, 1)].map(Energy),
            efficiencies,
            cost: Price(random.between(0, high / 10) * random.between(0, 1)),
        });
    }
}

/// Numbers that are the same everywhere (SplitMix64, Steele et al. 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from + 1) as u64) as i64
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.between(0, of.len() as i64 - 1) as usize]
    }
}
