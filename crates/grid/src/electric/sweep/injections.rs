//! What is fed in, for several solutions at once.

use crate::electric::Circuit;
use num_complex::Complex64;

/// A complex number of each lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::electric) struct Pair<const L: usize> {
    /// Real parts.
    pub(in crate::electric) re: [f64; L],
    /// Imaginary parts.
    pub(in crate::electric) im: [f64; L],
}

impl<const L: usize> Pair<L> {
    /// 0 in every lane.
    pub(in crate::electric) const ZERO: Self = Self { re: [0.0; L], im: [0.0; L] };

    /// The same in every lane.
    pub(in crate::electric) const fn splat(value: Complex64) -> Self {
        Self { re: [value.re; L], im: [value.im; L] }
    }

    /// What is in one lane.
    pub(in crate::electric) const fn lane(&self, lane: usize) -> Complex64 {
        Complex64::new(self.re[lane], self.im[lane])
    }
}

/// Complex powers fed in at places (nodes in some order), per unit: those that do not ask for the voltage, those that
/// go with |V|, those that go with |V|². Tables of the last two are empty where there are none.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::electric) struct Injections<const L: usize> {
    /// Constant powers.
    pub(in crate::electric) power: Vec<Pair<L>>,
    /// Powers at 1 per unit that go with |V|.
    pub(in crate::electric) current: Vec<Pair<L>>,
    /// Powers at 1 per unit that go with |V|² and are not among the circuit's shunts.
    pub(in crate::electric) impedance: Vec<Pair<L>>,
}

impl<const L: usize> Injections<L> {
    /// What a circuit's nodes feed in; `place` is where each node's goes.
    pub(in crate::electric) fn of(circuit: &Circuit, place: &[usize]) -> Self {
        let mut power = vec![Pair::ZERO; place.len()];
        for (node, &place) in circuit.nodes.iter().zip(place) {
            power[place] = Pair::splat(node.power_pu);
        }
        let mut injections = Self { power, current: Vec::new(), impedance: Vec::new() };
        if circuit.nodes.iter().any(|node| node.current_pu != Complex64::ZERO) {
            injections.make_room(true, false);
            for (node, &place) in circuit.nodes.iter().zip(place) {
                injections.current[place] = Pair::splat(node.current_pu);
            }
        }
        injections
    }

    /// Makes tables of what is wanted, of zeros where there was none.
    pub(in crate::electric) fn make_room(&mut self, current: bool, impedance: bool) {
        for (wanted, table) in [(current, &mut self.current), (impedance, &mut self.impedance)] {
            if wanted && table.is_empty() {
                table.resize(self.power.len(), Pair::ZERO);
            }
        }
    }

    /// One lane of them.
    pub(in crate::electric) fn lane(&self, lane: usize) -> Injections<1> {
        let one = |table: &[Pair<L>]| table.iter().map(|pair| Pair::splat(pair.lane(lane))).collect();
        Injections { power: one(&self.power), current: one(&self.current), impedance: one(&self.impedance) }
    }
}

impl Injections<1> {
    /// The same in every lane.
    pub(in crate::electric) fn widen<const L: usize>(&self) -> Injections<L> {
        let wide = |table: &[Pair<1>]| table.iter().map(|pair| Pair::splat(pair.lane(0))).collect();
        Injections {
            power: wide(&self.power),
            current: wide(&self.current),
            impedance: wide(&self.impedance),
        }
    }
}

impl<const L: usize> Injections<L> {
    /// The same in every lane, without allocating.
    pub(in crate::electric) fn start_from(&mut self, narrow: &Injections<1>) {
        let tables = [
            (&mut self.power, &narrow.power),
            (&mut self.current, &narrow.current),
            (&mut self.impedance, &narrow.impedance),
        ];
        for (wide, narrow) in tables {
            for (wide, narrow) in wide.iter_mut().zip(narrow) {
                *wide = Pair::splat(narrow.lane(0));
            }
        }
    }
}
