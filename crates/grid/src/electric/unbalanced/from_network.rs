//! From a network of positive-sequence elements to a feeder in phases.

use super::{
    Across, Bus, Feeder, Line, Load, Shunt, Source, Switch, Transformer, Windings, matrix, sections::Sections,
};
use crate::electric::{
    Connection, Control, Element, Fault, InvalidNetwork, Network, Phase, Pi, Problem, Rating, Severity,
    Switched, VectorGroup, circuit::tapped,
};
use num_complex::Complex64;

/// What to assume where a network does not say; whatever is assumed is listed in the result.
///
/// The defaults are of low voltage: in a four-core cable whose neutral is as thick as a phase, current in all three
/// phases comes back through the fourth, so that Z0 = Z1 + 3·Z_neutral = 4·Z1 (IEC TR 60909-2 gives R0/R1 = 4 and
/// X0/X1 around 4); a distribution transformer's zero-sequence impedance is close to its short-circuit impedance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumptions {
    /// Zero-sequence over positive-sequence resistance of a line; positive.
    pub line_r0_over_r1: f64,
    /// Zero-sequence over positive-sequence reactance of a line; positive.
    pub line_x0_over_x1: f64,
    /// Zero-sequence over positive-sequence shunt admittance of a line; 0 or more.
    pub line_b0_over_b1: f64,
    /// Zero-sequence over positive-sequence impedance of a transformer; positive.
    pub transformer_z0_over_z1: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { line_r0_over_r1: 4.0, line_x0_over_x1: 4.0, line_b0_over_b1: 0.6, transformer_z0_over_z1: 1.0 }
    }
}

impl Feeder {
    /// The feeder of a network. Buses, lines and transformers keep their indices; what is added comes after them. A
    /// balanced load is three equal ones to neutral, or between phases where nothing earths its section.
    ///
    /// # Errors
    ///
    /// If the network has errors, holds something that this calculation cannot represent, or leaves out zero
    /// sequences or vector groups and nothing may be assumed.
    pub fn of(network: &Network, assumptions: Option<Assumptions>) -> Result<Self, InvalidNetwork> {
        let mut problems = network.problems();
        if problems.iter().all(|problem| problem.severity != Severity::Error) {
            let mut conversion = Conversion::new(network, assumptions);
            conversion.all();
            if conversion.problems.is_empty() {
                return Ok(conversion.feeder);
            }
            problems.extend(conversion.problems);
        }
        Err(InvalidNetwork { name: network.name.clone(), problems })
    }
}

struct Conversion<'a> {
    network: &'a Network,
    assumptions: Option<Assumptions>,
    feeder: Feeder,
    problems: Vec<Problem>,
    /// Lines without zero sequence, transformers without group, and without zero sequence.
    missing: [Vec<Element>; 3],
}

impl<'a> Conversion<'a> {
    fn new(network: &'a Network, assumptions: Option<Assumptions>) -> Self {
        let mut feeder = Feeder::new(&network.name, network.base_va);
        feeder.buses = network.buses.iter().map(|bus| Bus::new(&bus.name, bus.nominal_v)).collect();
        Self { network, assumptions, feeder, problems: Vec::new(), missing: Default::default() }
    }

    fn all(&mut self) {
        self.lines();
        self.transformers();
        self.switches();
        self.sources();
        self.shunts();
        self.loads();
        self.note();
    }

    fn unsupported(&mut self, element: Element, what: &str) {
        let message = format!("{} {what}", element.describe(self.network));
        self.problems.push(Problem {
            element,
            fault: Fault::Unsupported,
            severity: Severity::Error,
            message,
        });
    }

    fn live(&self, bus: usize) -> bool {
        self.network.buses[bus].in_service
    }

    fn open(&self, switched: Switched, bus: usize) -> bool {
        let mut switches = self.network.switches.iter();
        switches.any(|switch| !switch.closed && switch.to == switched && switch.bus == bus)
    }

    fn lines(&mut self) {
        let network = self.network;
        for (i, line) in network.lines.iter().enumerate() {
            let open = [line.from, line.to].map(|bus| self.open(Switched::Line(i), bus));
            let in_service =
                line.in_service && self.live(line.from) && self.live(line.to) && open != [true; 2];
            let mut ends = [line.from, line.to];
            if in_service {
                for (end, _) in ends.iter_mut().zip(open).filter(|(_, open)| *open) {
                    // The open end hangs free, and the line still charges.
                    self.feeder.buses.push(Bus {
                        name: format!("open end of {}", line.name),
                        ..self.feeder.buses[*end].clone()
                    });
                    *end = self.feeder.buses.len() - 1;
                }
            }
            let zero = line.zero_sequence.unwrap_or_else(|| {
                if in_service {
                    self.missing[0].push(Element::Line(i));
                }
                let a = self.assumptions.unwrap_or_default();
                let z = line.pi.series_ohm;
                Pi {
                    series_ohm: Complex64::new(z.re * a.line_r0_over_r1, z.im * a.line_x0_over_x1),
                    from_s: line.pi.from_s * a.line_b0_over_b1,
                    to_s: line.pi.to_s * a.line_b0_over_b1,
                }
            });
            let of =
                |zero: Complex64, positive: Complex64| matrix::from_sequences([zero, positive, positive]);
            let nominal_v = network.buses[line.from].nominal_v;
            self.feeder.lines.push(Line {
                from_s: of(zero.from_s, line.pi.from_s),
                to_s: of(zero.to_s, line.pi.to_s),
                rating_a: match line.rating {
                    Rating::Unlimited => f64::INFINITY,
                    Rating::Current(most) => most,
                    Rating::Power(va) | Rating::Rated(va) => va / (3_f64.sqrt() * nominal_v),
                },
                in_service,
                ..Line::new(&line.name, ends[0], ends[1], of(zero.series_ohm, line.pi.series_ohm))
            });
        }
    }

    fn transformers(&mut self) {
        let network = self.network;
        for (i, of) in network.transformers.iter().enumerate() {
            let switched = Switched::Transformer(i);
            let ends = [of.from, of.to];
            let in_service =
                of.in_service && ends.iter().all(|&bus| self.live(bus) && !self.open(switched, bus));
            let mut from_v = Complex64::new(of.from_v, 0.0);
            let mut to_v = Complex64::new(of.to_v, 0.0);
            let mut shift_rad = of.shift_rad;
            if let Some(tap) = &of.tap {
                tapped(tap, &mut from_v, &mut to_v, &mut shift_rad);
            }
            let angle = |v: Complex64| libm::atan2(v.im, v.re);
            shift_rad += angle(from_v) - angle(to_v);
            // A tap at the to side scales the impedances with the square of the voltage it makes.
            let scale = (to_v.norm() / of.to_v).powi(2);
            let group = of.vector_group.unwrap_or_else(|| {
                if in_service {
                    self.missing[1].push(Element::Transformer(i));
                }
                // Odd clock numbers need a delta or a zigzag on one side.
                let odd = libm::cos(6.0 * of.shift_rad) < 0.0;
                if odd { VectorGroup::Dyn } else { VectorGroup::YNyn }
            });
            let zero = of.zero_sequence_ohm.unwrap_or_else(|| {
                if in_service && !matches!(group, VectorGroup::Yd | VectorGroup::Dd) {
                    self.missing[2].push(Element::Transformer(i));
                }
                of.pi.series_ohm * self.assumptions.unwrap_or_default().transformer_z0_over_z1
            });
            self.feeder.transformers.push(Transformer {
                name: of.name.clone(),
                from: of.from,
                to: of.to,
                windings: Windings::Symmetrical {
                    group,
                    ratio: from_v.norm() / to_v.norm(),
                    shift_rad,
                    series_ohm: of.pi.series_ohm * scale,
                    zero_ohm: zero * scale,
                    from_s: of.pi.from_s / scale,
                    to_s: of.pi.to_s / scale,
                },
                rating_va: match of.rating {
                    Rating::Unlimited => f64::INFINITY,
                    Rating::Current(most) => 3_f64.sqrt() * of.from_v * most,
                    Rating::Power(va) | Rating::Rated(va) => va,
                },
                rated_v: [of.from_v, of.to_v],
                in_service,
            });
        }
        for (i, _) in network.three_winding_transformers.iter().enumerate().filter(|(_, t)| t.in_service) {
            let what = "has three windings, whose vector groups are not known: take it out of service and put a \
                        source at its low-voltage bus for an unbalanced calculation";
            self.unsupported(Element::Winding(i, 0), what);
        }
    }

    fn switches(&mut self) {
        for switch in &self.network.switches {
            if let Switched::Bus(other) = switch.to {
                let closed = switch.closed && self.live(switch.bus) && self.live(other);
                self.feeder.switches.push(Switch {
                    name: switch.name.clone(),
                    from: switch.bus,
                    to: other,
                    closed,
                });
            }
        }
    }

    fn sources(&mut self) {
        let generators = self.network.generators.iter().enumerate();
        for (i, generator) in generators.filter(|(_, generator)| generator.in_service) {
            if !self.live(generator.bus) {
                continue;
            }
            match generator.control {
                Control::Power => {}
                Control::Voltage { .. } => {
                    let what = "holds a voltage, which an unbalanced calculation does not: let it hold its reactive \
                                power (control by power)";
                    self.unsupported(Element::Generator(i), what);
                }
                Control::Slack { voltage_pu, angle_rad } => {
                    let voltage_v = voltage_pu * self.network.buses[generator.bus].nominal_v;
                    let source = Source::symmetrical(&generator.name, generator.bus, voltage_v, angle_rad);
                    self.feeder.sources.push(source);
                }
            }
        }
    }

    fn shunts(&mut self) {
        let network = self.network;
        let in_use =
            |shunt: &&crate::electric::Shunt| shunt.in_service && network.buses[shunt.bus].in_service;
        for shunt in network.shunts.iter().filter(in_use) {
            self.feeder.shunts.extend(Phase::ALL.map(|phase| Shunt {
                name: shunt.name.clone(),
                bus: shunt.bus,
                across: Across::Neutral(phase),
                admittance_s: shunt.admittance_s,
            }));
        }
    }

    fn loads(&mut self) {
        let network = self.network;
        let sections = Sections::of(&self.feeder);
        // What is the same in all phases needs no neutral.
        let alike = |bus: usize| {
            let across = if sections.earthed(bus) { Across::Neutral } else { Across::Next };
            Phase::ALL.map(across)
        };
        let mut loads = Vec::new();
        for (i, load) in network.loads.iter().enumerate().filter(|(_, load)| load.in_service) {
            let power_va = Complex64::new(load.p_w, load.q_var);
            let of = Some(Element::Load(i));
            let one = |across: Across, power_va: Complex64| Load {
                zip: load.zip,
                of,
                ..Load::new(&load.name, load.bus, across, power_va)
            };
            match load.connection {
                Connection::Balanced => {
                    loads.extend(alike(load.bus).map(|across| one(across, power_va / 3.0)));
                }
                Connection::Phase(phase) => loads.push(one(Across::Neutral(phase), power_va)),
                Connection::Between(phase) => loads.push(one(Across::Next(phase), power_va)),
            }
        }
        let generators = network.generators.iter().enumerate();
        for (i, of) in generators.filter(|(_, of)| of.in_service && of.control == Control::Power) {
            loads.extend(alike(of.bus).map(|across| Load {
                of: Some(Element::Generator(i)),
                ..Load::new(&of.name, of.bus, across, -Complex64::new(of.p_w, of.q_var) / 3.0)
            }));
        }
        for (i, of) in network.storages.iter().enumerate().filter(|(_, of)| of.in_service) {
            loads.extend(alike(of.bus).map(|across| Load {
                of: Some(Element::Storage(i)),
                ..Load::new(&of.name, of.bus, across, Complex64::new(of.p_w, of.q_var) / 3.0)
            }));
        }
        loads.retain(|load| network.buses[load.bus].in_service);
        self.feeder.loads = loads;
    }

    /// Says what was assumed, or refuses.
    fn note(&mut self) {
        let a = self.assumptions.unwrap_or_default();
        let texts = [
            (
                "zero-sequence impedance of the line",
                format!(
                    "R0/R1 = {}, X0/X1 = {}, B0/B1 = {}",
                    a.line_r0_over_r1, a.line_x0_over_x1, a.line_b0_over_b1
                ),
            ),
            ("vector group", "Dyn for odd clock numbers, YNyn for even ones".to_owned()),
            ("zero-sequence impedance of the transformer", format!("Z0/Z1 = {}", a.transformer_z0_over_z1)),
        ];
        for ((what, assumed), elements) in texts.into_iter().zip(std::mem::take(&mut self.missing)) {
            let Some(&first) = elements.first() else { continue };
            let name = first.describe(self.network);
            let others = match elements.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            if self.assumptions.is_some() {
                self.feeder.assumed.push(format!("{what} not given for {name}{others}: assumed {assumed}"));
                continue;
            }
            for element in elements {
                let name = element.describe(self.network);
                let message = format!("{name} has no {what}: give it, or allow assumptions ({assumed})");
                let fault = Fault::Unsupported;
                self.problems.push(Problem { element, fault, severity: Severity::Error, message });
            }
        }
    }
}
