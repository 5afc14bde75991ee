//! Sources: whether there are any, what they reach, whether they agree.

use super::inspection::{Inspection, power};
use super::{Fault, Purpose, Severity};
use crate::electric::{Control, Element, Rating, Topology};

/// Setpoints that differ by less are one, rounded.
const SAME: f64 = 1e-6;

/// How many buses of an island a message names.
const NAMED: usize = 5;

/// Loads that are more than so many times what all branches at their node carry are of the wrong unit.
const OVERLOAD: f64 = 10.0;

/// What hangs on an island.
#[derive(Clone, Copy, Default)]
struct Hanging {
    loads: usize,
    load_w: f64,
    generators: usize,
    generator_w: f64,
    storages: usize,
}

impl Inspection<'_> {
    pub(super) fn sources(&mut self) {
        let topology = Topology::of(self.network);
        self.conflicts(&topology);
        self.overloads(&topology);
        if topology.sources.is_empty() {
            self.no_source();
            return;
        }
        let mut hanging = vec![Hanging::default(); topology.energised.len()];
        self.unreached(&topology, &mut hanging);
        self.islands(&topology, &hanging);
    }

    fn no_source(&mut self) {
        let generators = &self.network.generators;
        if self.network.buses.is_empty() {
            return;
        }
        let candidate = generators
            .iter()
            .position(|g| g.in_service && matches!(g.control, Control::Voltage { .. }))
            .or_else(|| generators.iter().position(|g| matches!(g.control, Control::Slack { .. })));
        let remedy = match candidate.map(|i| (Element::Generator(i).describe(self.network), &generators[i])) {
            Some((name, generator)) if !generator.in_service => format!("put {name} into service"),
            Some((name, generator)) if matches!(generator.control, Control::Slack { .. }) => {
                format!("put the bus of {name} into service")
            }
            Some((name, _)) => format!("make {name}, which holds a voltage, a slack"),
            None => "add an external grid or a generator that is a slack".to_owned(),
        };
        let message = format!("no source holds voltage and angle anywhere in the network: {remedy}");
        self.whole(Fault::NoSource, Severity::Error, message);
    }

    /// Warns of everything in use that no source reaches, and adds it up by islands.
    fn unreached(&mut self, topology: &Topology, hanging: &mut [Hanging]) {
        let network = self.network;
        let dead = |bus: usize| bus < network.buses.len() && !topology.reaches(bus);
        let island = |bus: usize| topology.node(bus).map(|node| topology.island_of_node[node]);
        for (i, load) in network.loads.iter().enumerate().filter(|(_, e)| e.in_service && dead(e.bus)) {
            if let Some(island) = island(load.bus) {
                hanging[island].loads += 1;
                hanging[island].load_w += load.p_w;
            }
            self.left_out(Element::Load(i), Some(load.p_w), load.bus);
        }
        for (i, generator) in
            network.generators.iter().enumerate().filter(|(_, e)| e.in_service && dead(e.bus))
        {
            if let Some(island) = island(generator.bus) {
                hanging[island].generators += 1;
                hanging[island].generator_w += generator.p_w;
            }
            self.left_out(Element::Generator(i), Some(generator.p_w), generator.bus);
        }
        for (i, storage) in network.storages.iter().enumerate().filter(|(_, e)| e.in_service && dead(e.bus)) {
            if let Some(island) = island(storage.bus) {
                hanging[island].storages += 1;
            }
            self.left_out(Element::Storage(i), Some(storage.p_w), storage.bus);
        }
        for (i, shunt) in network.shunts.iter().enumerate().filter(|(_, e)| e.in_service && dead(e.bus)) {
            self.left_out(Element::Shunt(i), None, shunt.bus);
        }
    }

    fn left_out(&mut self, element: Element, p_w: Option<f64>, bus: usize) {
        let how_much = p_w.map_or_else(String::new, |p_w| format!("({}) ", power(p_w, "W")));
        let why = if self.network.buses[bus].in_service { "no source reaches" } else { "is out of service" };
        let message = format!(
            "{how_much}hangs on {}, which {why}: results leave it out",
            Element::Bus(bus).describe(self.network)
        );
        self.warn(element, Fault::Island, &message);
    }

    /// Warns of islands without a source.
    fn islands(&mut self, topology: &Topology, hanging: &[Hanging]) {
        let islands = topology.islands();
        for (island, hanging) in islands.iter().zip(hanging).filter(|(island, _)| island.sources == 0) {
            let first = island.buses[0];
            let mut names: Vec<String> = island
                .buses
                .iter()
                .take(NAMED)
                .map(|&bus| Element::Bus(bus).describe(self.network))
                .collect();
            if island.buses.len() > NAMED {
                names.push(format!("{} more", island.buses.len() - NAMED));
            }
            let plural = |count: usize, what: &str| match count {
                1 => format!("1 {what}"),
                _ => format!("{count} {what}s"),
            };
            let mut what = Vec::new();
            if hanging.loads > 0 {
                what.push(format!("{} ({})", plural(hanging.loads, "load"), power(hanging.load_w, "W")));
            }
            if hanging.generators > 0 {
                let generators = plural(hanging.generators, "generator");
                what.push(format!("{generators} ({})", power(hanging.generator_w, "W")));
            }
            if hanging.storages > 0 {
                what.push(plural(hanging.storages, "storage"));
            }
            let what = if what.is_empty() { "nothing in use".to_owned() } else { what.join(", ") };
            let message = format!(
                "an island of {} has no source: {}; on it {} {what}; results leave it out: close a switch or \
                 add a slack",
                if island.buses.len() == 1 {
                    "1 bus".to_owned()
                } else {
                    format!("{} buses", island.buses.len())
                },
                names.join(", "),
                if hanging.loads + hanging.generators + hanging.storages == 1 { "hangs" } else { "hang" },
            );
            self.push(Element::Bus(first), Fault::Island, Severity::Warning, message);
        }
    }

    /// Generators at one node that hold different voltages, or slacks of different angles.
    fn conflicts(&mut self, topology: &Topology) {
        let severity = match self.purpose {
            Purpose::PowerFlow => Severity::Error,
            // There voltages are sought, not given.
            Purpose::OptimalPowerFlow => Severity::Warning,
        };
        let mut voltages: Vec<Option<(usize, f64)>> = vec![None; topology.bus_of_node.len()];
        let mut angles = voltages.clone();
        for (i, generator) in self.network.generators.iter().enumerate().filter(|(_, g)| g.in_service) {
            let Some(node) = topology.node(generator.bus) else { continue };
            let (voltage, angle) = match generator.control {
                Control::Power => continue,
                Control::Voltage { voltage_pu } => (voltage_pu, None),
                Control::Slack { voltage_pu, angle_rad } => (voltage_pu, Some(angle_rad)),
            };
            let mut clash = |held: &mut Option<(usize, f64)>, value: f64, what: &str, unit: &str| {
                let &mut (other, held) = held.get_or_insert((i, value));
                if (held - value).abs() > SAME {
                    let message = format!(
                        "holds {what} of {value} {unit} where {} holds {held}, at {}: give both the same",
                        Element::Generator(other).describe(self.network),
                        Element::Bus(generator.bus).describe(self.network),
                    );
                    self.note(Element::Generator(i), Fault::Conflict, severity, &message);
                }
            };
            clash(&mut voltages[node], voltage, "a voltage", "per unit");
            if let Some(angle) = angle {
                clash(&mut angles[node], angle, "an angle", "rad");
            }
        }
    }

    /// Loads far beyond what the branches at their node carry.
    fn overloads(&mut self, topology: &Topology) {
        let network = self.network;
        // What branches carry to each node; not finite where one of them has no rating.
        let mut carried_va = vec![0.0; topology.bus_of_node.len()];
        for branch in &topology.branches {
            let (rating, nominal_v) = match branch.element {
                Element::Line(i) => (network.lines[i].rating, self.nominal_v(network.lines[i].from)),
                Element::Transformer(i) => {
                    (network.transformers[i].rating, self.nominal_v(network.transformers[i].to))
                }
                Element::Winding(i, winding) => {
                    let winding = &network.three_winding_transformers[i].windings[winding];
                    (Rating::Rated(winding.rated_va), Some(winding.rated_v))
                }
                _ => (Rating::Unlimited, None),
            };
            let va = match rating {
                Rating::Unlimited => f64::INFINITY,
                Rating::Current(ampere) => {
                    nominal_v.map_or(f64::INFINITY, |nominal_v| 3_f64.sqrt() * nominal_v * ampere)
                }
                Rating::Power(va) | Rating::Rated(va) => va,
            };
            carried_va[branch.from] += va;
            carried_va[branch.to] += va;
        }
        for generator in network.generators.iter().filter(|generator| generator.in_service) {
            if let Some(node) = topology.node(generator.bus) {
                carried_va[node] = f64::INFINITY;
            }
        }
        for (i, load) in network.loads.iter().enumerate().filter(|(_, load)| load.in_service) {
            let Some(node) = topology.node(load.bus) else { continue };
            let (size, carried) = (libm::hypot(load.p_w, load.q_var), carried_va[node]);
            if carried > 0.0 && size > OVERLOAD * carried {
                let message = format!(
                    "draws {} where all branches together carry {}: check its unit or their ratings",
                    power(size, "VA"),
                    power(carried, "VA")
                );
                self.warn(Element::Load(i), Fault::Magnitude, &message);
            }
        }
    }
}
