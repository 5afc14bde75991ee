//! Radial networks for tests, made up.

use grid::electric::{
    Bus, Circuit, Control, Generator, Line, Load, Network, NodeKind, Pi, Rating, Shunt, Storage, Transformer,
    Zip,
};
use num_complex::Complex64;

/// A small generator (SplitMix64, Steele et al. 2014).
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.between(0.0, 1.0) < share
    }
}

/// A radial network with everything that a sweep knows: several sources, transformers either way round with ratio and
/// shift, charging, shunts, loads that follow the voltage, generators, storages. `features` 0 is lines and loads only.
pub(crate) fn random_radial(seed: u64, buses: usize, features: bool) -> Network {
    let mut random = Random(seed);
    let mut network = Network::new("made up", 1e6);
    let sources = if features { 1 + random.below(3).min(buses - 1) } else { 1 };
    for bus in 0..buses {
        let nominal_v = 400.0;
        network.buses.push(Bus {
            min_voltage_pu: 0.95,
            max_voltage_pu: 1.05,
            ..Bus::new(&format!("b{bus}"), nominal_v)
        });
    }
    for source in 0..sources {
        let voltage_pu = random.between(0.98, 1.03);
        let angle_rad = if features { random.between(-0.5, 0.5) } else { 0.0 };
        let control = Control::Slack { voltage_pu, angle_rad };
        network.generators.push(Generator::new(&format!("source {source}"), source, control));
    }
    // About 10 kW a bus at the end of some hundred metres, scaled so that the last bus keeps most of its voltage.
    let length = 8.0 / buses as f64;
    for bus in sources..buses {
        let parent = bus - 1 - random.below(bus.min(4));
        let series = Complex64::new(random.between(0.005, 0.03), random.between(0.002, 0.02)) * length;
        let (from, to) = if random.chance(0.5) { (parent, bus) } else { (bus, parent) };
        let rating = match random.below(3) {
            0 => Rating::Current(random.between(50.0, 250.0)),
            1 => Rating::Power(random.between(5e4, 2e5)),
            _ => Rating::Unlimited,
        };
        let name = format!("w{bus}");
        if features && random.chance(0.2) {
            let half = Complex64::new(1e-5, -2e-5);
            network.transformers.push(Transformer {
                shift_rad: random.between(-1.0, 1.0),
                rating: Rating::Rated(random.between(1e5, 2e5)),
                ..Transformer::new(
                    &name,
                    [from, to],
                    [400.0 * random.between(0.97, 1.03), 400.0],
                    Pi { series_ohm: series, from_s: half, to_s: half },
                )
            });
        } else {
            let charging = if features { random.between(0.0, 2e-2) } else { 1e-6 };
            network.lines.push(Line { rating, ..Line::new(&name, from, to, series, charging) });
        }
    }
    for bus in 0..buses {
        let (p_w, q_var) = (random.between(0.0, 4e3), random.between(-5e2, 1.5e3));
        let mut load = Load::new(&format!("house {bus}"), bus, p_w, q_var);
        if features && random.chance(0.4) {
            load.zip = Zip { p_impedance: 0.3, p_current: 0.4, q_impedance: 0.5, q_current: 0.2 };
        }
        network.loads.push(load);
        if features && random.chance(0.2) {
            let generator = Generator::new(&format!("roof {bus}"), bus, Control::Power);
            network.generators.push(Generator { p_w: random.between(0.0, 8e3), q_var: 200.0, ..generator });
        }
        if features && random.chance(0.1) {
            network.storages.push(Storage {
                name: format!("battery {bus}"),
                bus,
                p_w: random.between(-3e3, 3e3),
                q_var: 0.0,
                energy_wh: 1e4,
                stored_wh: 5e3,
                max_charge_w: 5e3,
                max_discharge_w: 5e3,
                charge_efficiency: 0.95,
                discharge_efficiency: 0.95,
                in_service: true,
            });
        }
        if features && random.chance(0.1) {
            let admittance_s = Complex64::new(1e-3, random.between(-1e-2, 1e-2));
            network.shunts.push(Shunt { name: format!("bank {bus}"), bus, admittance_s, in_service: true });
        }
    }
    network
}

/// Largest difference, per unit, between what a node is given and what leaves it at the given voltages: the nodal
/// equations, written once more.
pub(crate) fn mismatch(circuit: &Circuit, v: &[Complex64]) -> f64 {
    let mut left: Vec<Complex64> = circuit
        .nodes
        .iter()
        .zip(v)
        .map(|(node, v)| node.power_pu + node.current_pu * v.norm() - node.shunt_pu.conj() * v.norm_sqr())
        .collect();
    for branch in &circuit.branches {
        let (from, to) = (v[branch.from], v[branch.to]);
        let y = branch.series_pu.inv();
        let inside = from / branch.ratio;
        let current = (inside - to) * y;
        left[branch.from] -= inside * (current + inside * branch.from_shunt_pu).conj();
        left[branch.to] -= to * (to * branch.to_shunt_pu - current).conj();
    }
    let free = circuit.nodes.iter().zip(&left).filter(|(node, _)| node.kind != NodeKind::Slack);
    free.map(|(_, left)| left.norm()).fold(0.0, f64::max)
}
