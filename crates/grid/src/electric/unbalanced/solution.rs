//! From voltages to what people ask for: currents, losses, unbalance, loadings.

use super::{Across, Phases, check::NOTHING, matrix, primitive::Primitive, system::System};
use crate::electric::Phase;
use num_complex::Complex64;

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A solution.
    Converged(Box<Solution>),
    /// None was found.
    Diverged(Divergence),
}

/// Why no solution was found: often loads beyond what the feeder can carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// After how many iterations.
    pub iterations: usize,
    /// Largest error left of a voltage, per unit; not finite where the iteration ran away.
    pub step_pu: f64,
    /// Bus where it is.
    pub worst_bus: usize,
    /// Phase where it is.
    pub worst_phase: Phase,
    /// In words, with the bus's name.
    pub message: String,
}

/// Voltages, currents and what they mean. What no source reaches, or what a bus lacks, is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Iterations it took.
    pub iterations: usize,
    /// Largest change of a voltage in the last one, per unit.
    pub step_pu: f64,
    /// Voltage to earth of each bus and phase, V. In a section that nothing earths (behind a delta) they are against
    /// the centroid of the three; those between phases are as everywhere.
    pub voltage_v: Vec<Phases>,
    /// The same, per unit of the bus's nominal phase voltage.
    pub voltage_pu: Vec<Phases>,
    /// Flow of each line.
    pub lines: Vec<Flow>,
    /// Flow of each transformer.
    pub transformers: Vec<Flow>,
    /// Complex power that each source feeds in, per phase, VA.
    pub sources: Vec<Phases>,
    /// Complex power that each load draws, VA.
    pub loads: Vec<Complex64>,
    /// Active power lost in lines and transformers, W.
    pub losses_w: f64,
    /// Buses no source reaches, in order.
    pub dead_buses: Vec<usize>,
    /// What had to be assumed, in words.
    pub assumed: Vec<String>,
}

/// Flow through a line or transformer; currents and powers are positive into it at either end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Current of each phase into it at the from end, A.
    pub from_a: Phases,
    /// Current of each phase into it at the to end, A.
    pub to_a: Phases,
    /// Complex power of each phase into it at the from end, VA.
    pub from_va: Phases,
    /// Complex power of each phase into it at the to end, VA.
    pub to_va: Phases,
    /// Largest phase current over the rated one, at either end; 1 is full, 0 where nothing is known.
    pub loading: f64,
}

impl Flow {
    /// Of what is out of use.
    pub const NONE: Self =
        Self { from_a: NOTHING, to_a: NOTHING, from_va: NOTHING, to_va: NOTHING, loading: 0.0 };

    /// Current back through neutral and earth at the from end, A: minus the sum of the phases.
    #[must_use]
    pub fn neutral_a(&self) -> Complex64 {
        -self.from_a.iter().sum::<Complex64>()
    }

    /// Active power lost in it, W.
    #[must_use]
    pub fn losses_w(&self) -> f64 {
        self.from_va.iter().chain(&self.to_va).map(|power| power.re).sum()
    }
}

impl Solution {
    /// Magnitude of a phase's voltage to earth, per unit.
    #[must_use]
    pub fn magnitude_pu(&self, bus: usize, phase: Phase) -> f64 {
        self.voltage_pu[bus][phase.index()].norm()
    }

    /// Angle of a phase's voltage to earth, degrees.
    #[must_use]
    pub fn angle_deg(&self, bus: usize, phase: Phase) -> f64 {
        let v = self.voltage_pu[bus][phase.index()];
        libm::atan2(v.im, v.re).to_degrees()
    }

    /// Voltage from a phase to the next (a–b, b–c, c–a), V.
    #[must_use]
    pub fn between_v(&self, bus: usize, phase: Phase) -> Complex64 {
        self.voltage_v[bus][phase.index()] - self.voltage_v[bus][phase.next().index()]
    }

    /// Voltage unbalance factor: negative over positive sequence (IEC 61000-4-30, 5.7); 0.02 is the usual limit. NaN
    /// where a phase is missing.
    #[must_use]
    pub fn unbalance(&self, bus: usize) -> f64 {
        let [_, positive, negative] = matrix::to_sequences(self.voltage_pu[bus]);
        negative.norm() / positive.norm()
    }
}

/// What flows at the voltages of all slots.
pub(super) fn at(system: &System<'_>, voltages: &[Complex64], powers: &[Complex64]) -> Solution {
    let feeder = system.feeder;
    let voltage_pu: Vec<Phases> = system
        .conductors
        .iter()
        .map(|conductors| {
            conductors.map(|conductor| {
                if conductor.factor.is_nan() {
                    Complex64::new(f64::NAN, f64::NAN)
                } else {
                    voltages[conductor.slot] * conductor.factor
                }
            })
        })
        .collect();
    let flow = |primitive: &Option<Primitive>, from: usize, to: usize| {
        let Some(primitive) = primitive else { return Flow::NONE };
        let [vf, vt] =
            [from, to].map(|bus| voltage_pu[bus].map(|v| if v.is_nan() { Complex64::ZERO } else { v }));
        let current = |near: &super::Matrix3, far: &super::Matrix3, v_near: &Phases, v_far: &Phases| {
            let (near, far) = (matrix::times(near, v_near), matrix::times(far, v_far));
            [0, 1, 2].map(|phase| near[phase] + far[phase])
        };
        let from_pu = current(&primitive.ff, &primitive.ft, &vf, &vt);
        let to_pu = current(&primitive.tt, &primitive.tf, &vt, &vf);
        let base = system.base_va();
        let power = |v: &Phases, i: &Phases| [0, 1, 2].map(|phase| v[phase] * i[phase].conj() * base);
        Flow {
            from_a: from_pu.map(|i| i * (base / system.base_v(from))),
            to_a: to_pu.map(|i| i * (base / system.base_v(to))),
            from_va: power(&vf, &from_pu),
            to_va: power(&vt, &to_pu),
            loading: 0.0,
        }
    };
    let largest = |of: &Phases| of.iter().map(|current| current.norm()).fold(0.0, f64::max);
    let lines: Vec<Flow> = feeder
        .lines
        .iter()
        .zip(&system.lines)
        .map(|(line, primitive)| {
            let flow = flow(primitive, line.from, line.to);
            Flow { loading: largest(&flow.from_a).max(largest(&flow.to_a)) / line.rating_a, ..flow }
        })
        .collect();
    let transformers: Vec<Flow> = feeder
        .transformers
        .iter()
        .zip(&system.transformers)
        .map(|(transformer, primitive)| {
            let flow = flow(primitive, transformer.from, transformer.to);
            let [from_v, to_v] = transformer.rated_v;
            let side = (largest(&flow.from_a) * from_v).max(largest(&flow.to_a) * to_v);
            Flow { loading: 3_f64.sqrt() * side / transformer.rating_va, ..flow }
        })
        .collect();
    let mut loads = vec![Complex64::ZERO; feeder.loads.len()];
    for (draw, &power) in system.draws.iter().zip(powers) {
        let over =
            voltages[draw.plus.slot] * draw.plus.factor - voltages[draw.minus.slot] * draw.minus.factor;
        let zip = feeder.loads[draw.load].zip;
        let relative = over.norm() / draw.nominal;
        let share = |impedance: f64, current: f64| {
            1.0 - impedance - current + current * relative + impedance * relative * relative
        };
        let (p, q) = (share(zip.p_impedance, zip.p_current), share(zip.q_impedance, zip.q_current));
        loads[draw.load] = Complex64::new(power.re * p, power.im * q) * system.base_va();
    }
    let losses_w = lines.iter().chain(&transformers).map(Flow::losses_w).sum();
    let sources = sources(system, voltages, &voltage_pu, &lines, &transformers, powers);
    Solution {
        iterations: 0,
        step_pu: 0.0,
        voltage_v: (0..voltage_pu.len()).map(|bus| voltage_pu[bus].map(|v| v * system.base_v(bus))).collect(),
        dead_buses: (0..voltage_pu.len()).filter(|&bus| voltage_pu[bus].iter().all(|v| v.is_nan())).collect(),
        voltage_pu,
        lines,
        transformers,
        sources,
        loads,
        losses_w,
        assumed: feeder.assumed.clone(),
    }
}

/// What sources feed in: behind an impedance what it passes, ideal ones what their conductors' balances lack, evenly
/// where several share one.
fn sources(
    system: &System<'_>,
    voltages: &[Complex64],
    voltage_pu: &[Phases],
    lines: &[Flow],
    transformers: &[Flow],
    powers: &[Complex64],
) -> Vec<Phases> {
    let feeder = system.feeder;
    let base = system.base_va();
    // Current that leaves each slot, per unit.
    let mut leaving = vec![Complex64::ZERO; voltages.len()];
    let mut leave = |bus: usize, phase: usize, current: Complex64| {
        let conductor = system.conductors[bus][phase];
        if !conductor.factor.is_nan() {
            leaving[conductor.slot] += current * conductor.factor;
        }
    };
    let ends = feeder.lines.iter().map(|line| (line.from, line.to)).zip(lines);
    let others = feeder.transformers.iter().map(|of| (of.from, of.to)).zip(transformers);
    for ((from, to), flow) in ends.chain(others) {
        for phase in 0..3 {
            leave(from, phase, flow.from_a[phase] * (system.base_v(from) / base));
            leave(to, phase, flow.to_a[phase] * (system.base_v(to) / base));
        }
    }
    let mut across = |bus: usize, across: Across, y: Complex64| {
        let (plus, minus) = across.ends();
        let v = |phase: usize| voltage_pu[bus][phase];
        let current = y * (v(plus) - minus.map_or(Complex64::ZERO, v));
        if current.is_finite() {
            leave(bus, plus, current);
            if let Some(minus) = minus {
                leave(bus, minus, -current);
            }
        }
    };
    for shunt in &feeder.shunts {
        let nominal_v = feeder.buses[shunt.bus].nominal_v;
        across(shunt.bus, shunt.across, shunt.admittance_s * (nominal_v * nominal_v / feeder.base_va));
    }
    for load in &feeder.loads {
        across(load.bus, load.across, super::system::held(feeder, load));
    }
    let mut injected = vec![super::lanes::Lanes::<1>::ZERO; voltages.len()];
    let lanes = |of: &[Complex64]| of.iter().map(|&v| super::lanes::Lanes::splat(v)).collect::<Vec<_>>();
    super::fixed_point::inject(system, &lanes(voltages), &lanes(powers), &mut injected);
    for (leaving, injected) in leaving.iter_mut().zip(&injected) {
        *leaving -= injected.lane(0);
    }
    let mut behind = vec![NOTHING; feeder.sources.len()];
    for (source, current) in feeder.sources.iter().zip(&mut behind) {
        let Some(z) = &source.impedance_ohm else { continue };
        let y = matrix::inverse(z, [true; 3]).expect("a source's impedance was checked");
        let base_v = system.base_v(source.bus);
        let over = [0, 1, 2].map(|phase| source.voltage_v[phase] - voltage_pu[source.bus][phase] * base_v);
        *current = matrix::times(&y, &over).map(|ampere| ampere * (base_v / base));
        for phase in 0..3 {
            let conductor = system.conductors[source.bus][phase];
            leaving[conductor.slot] -= current[phase] * conductor.factor;
        }
    }
    let slot = |bus: usize| system.conductors[bus].map(|conductor| conductor.slot);
    let ideal = |bus: usize| {
        feeder
            .sources
            .iter()
            .filter(|other| other.impedance_ohm.is_none() && slot(other.bus) == slot(bus))
            .count()
    };
    feeder
        .sources
        .iter()
        .zip(behind)
        .map(|(source, behind)| {
            [0, 1, 2].map(|phase| {
                let v = voltage_pu[source.bus][phase];
                let conductor = system.conductors[source.bus][phase];
                if source.impedance_ohm.is_some() {
                    return v * behind[phase].conj() * base;
                }
                #[expect(clippy::cast_precision_loss, reason = "a handful of sources")]
                let share = ideal(source.bus) as f64;
                v * (leaving[conductor.slot] / conductor.factor / share).conj() * base
            })
        })
        .collect()
}
