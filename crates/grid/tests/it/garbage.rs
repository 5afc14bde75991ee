//! Networks of anything: no input makes the crate panic, and what passes the inspection can be calculated with.

use crate::problems::whole;
use grid::electric::{
    Bus, Circuit, Control, Cost, Generator, Line, Load, Network, Pi, Position, Rating, Shunt, Side, Storage,
    Switch, Switched, TapChanger, ThreeWindingTransformer, Topology, Transformer, VoltageControl, Winding,
    Zip,
};
use num_complex::Complex64;
use proptest::prelude::*;

fn any_float() -> impl Strategy<Value = f64> {
    let odd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        5e-324,
        -1e-310,
        f64::MAX,
        f64::MIN,
        1.0,
        -1.0,
        0.95,
        1e15,
        1e-6,
        400.0,
        1e4,
    ];
    // Half of them sound, so that some networks pass.
    prop_oneof![prop::sample::select(odd.to_vec()), 0.5..2.0]
}

fn any_index() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..4_usize, 1 => Just(7), 1 => Just(usize::MAX)]
}

fn any_integer() -> impl Strategy<Value = i32> {
    prop::sample::select(vec![i32::MIN, -1, 0, 1, 2, i32::MAX])
}

/// Numbers and indices handed out one after the other.
#[derive(Debug)]
struct Draw {
    floats: Vec<f64>,
    indices: Vec<usize>,
    integers: Vec<i32>,
    next: usize,
}

impl Draw {
    fn float(&mut self) -> f64 {
        self.next += 1;
        self.floats[self.next % self.floats.len()]
    }

    fn complex(&mut self) -> Complex64 {
        Complex64::new(self.float(), self.float())
    }

    fn index(&mut self) -> usize {
        self.next += 1;
        self.indices[self.next % self.indices.len()]
    }

    fn integer(&mut self) -> i32 {
        self.next += 1;
        self.integers[self.next % self.integers.len()]
    }

    fn chance(&mut self) -> bool {
        self.index() % 3 != 2
    }

    fn pi(&mut self) -> Pi {
        Pi { series_ohm: self.complex(), from_s: self.complex(), to_s: self.complex() }
    }

    fn rating(&mut self) -> Rating {
        let value = self.float();
        match self.index() % 4 {
            0 => Rating::Unlimited,
            1 => Rating::Current(value),
            2 => Rating::Power(value),
            _ => Rating::Rated(value),
        }
    }

    fn tap(&mut self) -> Option<TapChanger> {
        self.chance().then(|| TapChanger {
            side: if self.chance() { Side::From } else { Side::To },
            position: self.integer(),
            min: self.integer(),
            max: self.integer(),
            neutral: self.integer(),
            step: self.float(),
            step_angle_rad: self.float(),
            shift_per_step_rad: self.float(),
            control: Some(VoltageControl {
                bus: self.index(),
                min_voltage_pu: self.float(),
                max_voltage_pu: self.float(),
            }),
        })
    }

    fn switched(&mut self) -> Switched {
        let index = self.index();
        match self.index() % 4 {
            0 => Switched::Bus(index),
            1 => Switched::Line(index),
            2 => Switched::Transformer(index),
            _ => Switched::ThreeWindingTransformer(index),
        }
    }

    fn winding(&mut self) -> Winding {
        Winding {
            bus: self.index(),
            rated_v: self.float(),
            rated_va: self.float(),
            series_ohm: self.complex(),
            bus_s: Complex64::ZERO,
            star_s: Complex64::ZERO,
            shift_rad: self.float(),
        }
    }

    fn generator(&mut self) -> Generator {
        let (voltage_pu, angle_rad) = (self.float(), self.float());
        let control = match self.index() % 3 {
            0 => Control::Slack { voltage_pu, angle_rad },
            1 => Control::Voltage { voltage_pu },
            _ => Control::Power,
        };
        let cost = if self.chance() {
            Cost::Polynomial((0..4).map(|_| self.float()).collect())
        } else {
            Cost::PiecewiseLinear((0..self.index() % 4).map(|_| (self.float(), self.float())).collect())
        };
        Generator {
            p_w: self.float(),
            q_var: self.float(),
            min_p_w: self.float(),
            max_p_w: self.float(),
            min_q_var: self.float(),
            max_q_var: self.float(),
            cost,
            in_service: self.chance(),
            ..Generator::new("g", self.index(), control)
        }
    }

    /// A network of anything.
    fn network(&mut self, size: usize) -> Network {
        let mut network = Network::new("garbage", self.float());
        network.frequency_hz = self.float();
        for i in 0..size {
            network.buses.push(Bus {
                min_voltage_pu: self.float(),
                max_voltage_pu: self.float(),
                position: Some(Position { x: self.float(), y: self.float() }),
                in_service: self.chance(),
                ..Bus::new("b", self.float())
            });
            network.lines.push(Line {
                pi: self.pi(),
                zero_sequence: Some(self.pi()),
                length_m: self.float(),
                rating: self.rating(),
                min_angle_rad: self.float(),
                max_angle_rad: self.float(),
                in_service: self.chance(),
                ..Line::new("l", self.index(), self.index(), Complex64::ONE, 0.0)
            });
            network.transformers.push(Transformer {
                name: "t".to_owned(),
                from: self.index(),
                to: self.index(),
                from_v: self.float(),
                to_v: self.float(),
                shift_rad: self.float(),
                pi: self.pi(),
                tap: self.tap(),
                rating: self.rating(),
                vector_group: None,
                zero_sequence_ohm: Some(self.complex()),
                min_angle_rad: self.float(),
                max_angle_rad: self.float(),
                in_service: self.chance(),
            });
            network.three_winding_transformers.push(ThreeWindingTransformer {
                name: format!("w{i}"),
                windings: [self.winding(), self.winding(), self.winding()],
                magnetising_s: self.complex(),
                tap: self.tap().map(|tap| (self.index(), tap)),
                in_service: self.chance(),
            });
            network.switches.push(Switch {
                name: String::new(),
                bus: self.index(),
                to: self.switched(),
                closed: self.chance(),
            });
            network.shunts.push(Shunt {
                name: String::new(),
                bus: self.index(),
                admittance_s: self.complex(),
                in_service: self.chance(),
            });
            network.loads.push(Load {
                zip: Zip {
                    p_impedance: self.float(),
                    p_current: self.float(),
                    q_impedance: self.float(),
                    q_current: self.float(),
                },
                in_service: self.chance(),
                ..Load::new("d", self.index(), self.float(), self.float())
            });
            network.generators.push(self.generator());
            network.storages.push(Storage {
                name: String::new(),
                bus: self.index(),
                p_w: self.float(),
                q_var: self.float(),
                energy_wh: self.float(),
                stored_wh: self.float(),
                max_charge_w: self.float(),
                max_discharge_w: self.float(),
                charge_efficiency: self.float(),
                discharge_efficiency: self.float(),
                in_service: self.chance(),
            });
        }
        network
    }
}

fn draw() -> impl Strategy<Value = Draw> {
    let floats = prop::collection::vec(any_float(), 23..90);
    let indices = prop::collection::vec(any_index(), 7..60);
    let integers = prop::collection::vec(any_integer(), 3..9);
    (floats, indices, integers).prop_map(|(floats, indices, integers)| Draw {
        floats,
        indices,
        integers,
        next: 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever comes in, an answer comes out.
    #[test]
    fn no_network_makes_the_inspection_panic(mut draw in draw(), size in 0..5_usize) {
        let network = draw.network(size);
        for problem in network.problems().iter().chain(&network.problems_for_opf()) {
            prop_assert!(!problem.message.is_empty());
        }
        let topology = Topology::of(&network);
        let _ = (topology.islands(), topology.meshes(), topology.bridges(), topology.radial().is_ok());
        if let Err(invalid) = Circuit::of(&network) {
            prop_assert!(invalid.to_string().starts_with("the network garbage cannot be calculated: "));
        }
    }

    /// One field of a sound network made odd: the circuit, if there is one, is of finite numbers.
    #[test]
    fn a_network_that_passes_makes_a_finite_circuit(
        value in any_float(), field in 0..22_usize, integer in any_integer(), index in any_index()
    ) {
        let mut n = whole();
        let tap = n.transformers[0].tap.as_mut().unwrap();
        match field {
            0 => n.base_va = value,
            1 => n.buses[1].nominal_v = value,
            2 => n.lines[0].pi.series_ohm = Complex64::new(value, value),
            3 => n.lines[0].pi.from_s.re = value,
            4 => n.transformers[0].from_v = value,
            5 => n.transformers[0].to_v = value,
            6 => n.transformers[0].pi.series_ohm.im = value,
            7 => n.transformers[0].shift_rad = value,
            8 => tap.step = value,
            9 => tap.step_angle_rad = value,
            10 => tap.shift_per_step_rad = value,
            11 => tap.position = integer,
            12 => tap.min = integer,
            13 => tap.neutral = integer,
            14 => n.three_winding_transformers[0].windings[1].rated_v = value,
            15 => n.three_winding_transformers[0].windings[2].series_ohm.im = value,
            16 => n.three_winding_transformers[0].magnetising_s.re = value,
            17 => n.loads[0].zip.p_current = value,
            18 => n.shunts[0].admittance_s.im = value,
            19 => n.generators[1].p_w = value,
            20 => n.storages[0].q_var = value,
            _ => n.lines[0].to = index,
        }
        if let Ok(circuit) = Circuit::of(&n) {
            for branch in &circuit.branches {
                prop_assert!(branch.admittances().iter().all(|y| y.is_finite()), "{branch:?}");
            }
            for node in &circuit.nodes {
                prop_assert!(node.shunt_pu.is_finite() && node.power_pu.is_finite() && node.current_pu.is_finite());
            }
        }
    }
}
