//! Tap changers that hold a voltage: a step at a time, until it lies in its dead band.

use super::control::Wish;
use super::{Circuit, Element, Network, Side, TapChanger, VoltageControl, Voltages};

/// The tap changers of a network that move by themselves.
pub(super) struct Taps {
    taps: Vec<Tap>,
}

struct Tap {
    element: Element,
    control: VoltageControl,
    position: i32,
    start: i32,
    min: i32,
    max: i32,
    /// By how much a step up raises the voltage that is held, per unit, without what the network does to it.
    effect: f64,
}

impl Taps {
    /// Those with a control, in service, of a transformer that is in the circuit; none unless `moving`.
    pub(super) fn of(network: &Network, circuit: &Circuit, moving: bool) -> Self {
        let two = network
            .transformers
            .iter()
            .enumerate()
            .filter_map(|(i, transformer)| Some((Element::Transformer(i), transformer.tap.as_ref()?)));
        let three = network.three_winding_transformers.iter().enumerate();
        let three = three.filter_map(|(i, transformer)| {
            let (winding, tap) = transformer.tap.as_ref()?;
            Some((Element::Winding(i, *winding), tap))
        });
        let tap = |(element, tap): (Element, &TapChanger)| {
            let control = tap.control.filter(|_| moving)?;
            let held = circuit.node(control.bus)?;
            let at = circuit.branches.iter().position(|branch| branch.element == element)?;
            let (from, to) = (circuit.branches[at].from, circuit.branches[at].to);
            // A higher ratio lowers what is beyond the to side and raises what is beyond the from side.
            let of_ratio = if nearer(circuit, at, held, from, to) { 1.0 } else { -1.0 };
            let on_ratio = match (element, tap.side) {
                (Element::Transformer(_), Side::To) => -1.0,
                _ => 1.0,
            };
            let effect = tap.step * libm::cos(tap.step_angle_rad) * of_ratio * on_ratio;
            let TapChanger { position, min, max, .. } = *tap;
            let start = position;
            (effect != 0.0).then_some(Tap { element, control, position, start, min, max, effect })
        };
        Self { taps: two.chain(three).filter_map(tap).collect() }
    }

    /// Where each wants to stand whose voltage lies outside its band and that can move towards it.
    pub(super) fn wishes(&self, circuit: &Circuit, voltages: &Voltages) -> Vec<Wish<i32>> {
        let wish = |(who, tap): (usize, &Tap)| {
            let missing = tap.missing(circuit, voltages);
            // At least one step; several only as far as the nearer edge of the band.
            let steps = (missing / tap.effect).trunc() as i32;
            let direction = if (missing > 0.0) == (tap.effect > 0.0) { 1 } else { -1 };
            let steps = if steps == 0 { direction } else { steps };
            let what = tap.position.saturating_add(steps).clamp(tap.min, tap.max);
            (missing != 0.0 && what != tap.position).then_some(Wish { who, what, urgency: missing.abs() })
        };
        self.taps.iter().enumerate().filter_map(wish).collect()
    }

    /// Positions as they would be.
    pub(super) fn after(&self, wishes: &[Wish<i32>]) -> Vec<i32> {
        let mut positions: Vec<i32> = self.taps.iter().map(|tap| tap.position).collect();
        wishes.iter().for_each(|wish| positions[wish.who] = wish.what);
        positions
    }

    /// Moves taps, in the network too.
    pub(super) fn take(&mut self, wishes: &[Wish<i32>], network: &mut Network) {
        for wish in wishes {
            let tap = &mut self.taps[wish.who];
            tap.position = wish.what;
            let changer = match tap.element {
                Element::Transformer(i) => network.transformers[i].tap.as_mut(),
                Element::Winding(i, _) => {
                    network.three_winding_transformers[i].tap.as_mut().map(|(_, changer)| changer)
                }
                other => unreachable!("{other} has no taps"),
            };
            changer.expect("it had one").position = wish.what;
        }
    }

    /// Those that stand elsewhere than at the start.
    pub(super) fn moved(&self) -> Vec<(Element, i32)> {
        let moved = self.taps.iter().filter(|tap| tap.position != tap.start);
        moved.map(|tap| (tap.element, tap.position)).collect()
    }

    /// The held bus that is farthest from its band.
    pub(super) fn worst_bus(&self, circuit: &Circuit, voltages: &Voltages) -> usize {
        let missing = |tap: &Tap| tap.missing(circuit, voltages).abs();
        let worst = self.taps.iter().max_by(|a, b| missing(a).total_cmp(&missing(b)));
        worst.map_or(0, |tap| tap.control.bus)
    }
}

impl Tap {
    /// By how much the voltage must rise to lie in the band; 0 inside.
    fn missing(&self, circuit: &Circuit, voltages: &Voltages) -> f64 {
        let Some(node) = circuit.node(self.control.bus) else { return 0.0 };
        let voltage = voltages.magnitude_pu[node];
        if voltage < self.control.min_voltage_pu {
            self.control.min_voltage_pu - voltage
        } else if voltage > self.control.max_voltage_pu {
            self.control.max_voltage_pu - voltage
        } else {
            0.0
        }
    }
}

/// Whether a node lies nearer to `from` than to `to` when the branch `without` is taken away.
fn nearer(circuit: &Circuit, without: usize, node: usize, from: usize, to: usize) -> bool {
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); circuit.nodes.len()];
    for (_, branch) in circuit.branches.iter().enumerate().filter(|&(at, _)| at != without) {
        ends[branch.from].push(branch.to);
        ends[branch.to].push(branch.from);
    }
    let mut queue = vec![node];
    let mut seen = vec![false; circuit.nodes.len()];
    seen[node] = true;
    let mut next = 0;
    while let Some(&at) = queue.get(next) {
        next += 1;
        if at == from || at == to {
            return at == from;
        }
        for &other in &ends[at] {
            if !seen[other] {
                seen[other] = true;
                queue.push(other);
            }
        }
    }
    false
}
