//! One thread's share of a batch.

use super::chunk::{Chunk, Failure, Shape};
use super::meter::{Meter, Reading};
use super::plan::Plan;
use crate::electric::newton::Newton;
use crate::electric::sweep::{Injections, Pair, Workspace};
use crate::electric::{Circuit, Convergence, Divergence, Method, Voltages};
use num_complex::Complex64;

/// Steps side by side. Four doubles are two instructions' width on every x86-64 and aarch64, enough to hide divisions,
/// and a feeder of a hundred buses still fits the first-level cache.
const LANES: usize = 4;

/// What a thread works on.
pub(super) struct Worker<'a> {
    plan: &'a Plan<'a>,
    meter: &'a Meter,
    shape: &'a Shape,
    injections: Injections<LANES>,
    /// V of each node.
    voltage: Vec<Pair<LANES>>,
    reading: Reading<LANES>,
    sweep: Option<Workspace<LANES>>,
    /// Newton's method, once it is needed.
    newton: Option<Single>,
}

type Found = Result<(Method, Convergence), Failure>;

impl<'a> Worker<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, meter: &'a Meter, shape: &'a Shape) -> Self {
        let nodes = plan.circuit.nodes.len();
        let sweep = plan.sweep.as_ref().map(|sweep| {
            let start: Vec<Complex64> = (0..nodes).map(|node| plan.start.complex(node)).collect();
            let mut workspace = Workspace::new(sweep);
            workspace.begin(sweep, &start);
            workspace
        });
        Self {
            plan,
            meter,
            shape,
            injections: plan.injections(),
            voltage: vec![Pair::ZERO; nodes],
            reading: meter.reading(nodes, shape),
            sweep,
            newton: None,
        }
    }

    /// Solves the steps of the chunk with a number.
    pub(super) fn fill(&mut self, index: usize, chunk: &mut Chunk) {
        let mut range = chunk.restart(self.shape, index);
        while !range.is_empty() {
            let used = range.len().min(LANES);
            let found = self.block(range.start, used);
            self.meter.read(&self.voltage, &self.injections, &self.plan.place, &mut self.reading);
            for (lane, found) in found.into_iter().enumerate().take(used) {
                let row = chunk.steps.len();
                let step = found.map(|(method, convergence)| {
                    self.meter.write(&self.reading, &self.voltage, lane, row, self.shape, chunk);
                    self.meter.step(&self.reading, lane, method, convergence)
                });
                chunk.steps.push(step);
            }
            range.start += used;
        }
    }

    /// Solves a few steps side by side.
    fn block(&mut self, first: usize, used: usize) -> [Found; LANES] {
        let plan = self.plan;
        let sums = plan.fill(first, used, &mut self.injections);
        let swept = match (&plan.sweep, &mut self.sweep) {
            (Some(sweep), Some(workspace)) => {
                let (tolerance, most) = (plan.settings.tolerance_pu, plan.settings.max_iterations);
                let outcomes =
                    workspace.solve(sweep, &self.injections, tolerance, most, used, &mut self.voltage);
                outcomes.map(|outcome| Some(outcome.map_err(|failure| failure.at(sweep, &plan.circuit))))
            }
            _ => [const { None }; LANES],
        };
        let mut lane = 0;
        swept.map(|swept| {
            let (at, this) = (first + lane, lane);
            lane += 1;
            if this >= used {
                // Nobody looks at a lane that is not in use.
                return Err(Failure::Input { profile: 0 });
            }
            if !sums[this].is_finite()
                && let Some(profile) = plan.gap(at)
            {
                return Err(Failure::Input { profile });
            }
            match swept {
                Some(Ok(convergence)) => Ok((Method::Sweep, convergence)),
                Some(Err(divergence)) if !plan.fall_back => Err(Failure::Diverged(divergence)),
                // The sweep's answer stands where both fail: it has stayed near the trouble.
                Some(Err(divergence)) => self.newton(this).map_err(|_| Failure::Diverged(divergence)),
                None => self.newton(this),
            }
        })
    }

    /// Solves one lane by Newton's method.
    fn newton(&mut self, lane: usize) -> Found {
        let plan = self.plan;
        let single = self.newton.get_or_insert_with(|| Single::new(plan));
        match single.solve(plan, &self.injections, lane) {
            Ok(convergence) => {
                for (node, pair) in self.voltage.iter_mut().enumerate() {
                    let v = single.voltages.complex(node);
                    (pair.re[lane], pair.im[lane]) = (v.re, v.im);
                }
                Ok((Method::Newton, convergence))
            }
            Err(divergence) => Err(Failure::Diverged(divergence)),
        }
    }
}

/// Newton's method, one step at a time.
struct Single {
    newton: Newton,
    power: Vec<Complex64>,
    voltages: Voltages,
    /// The circuit as it is at a step, where more than powers follow the series.
    circuit: Option<Circuit>,
}

impl Single {
    fn new(plan: &Plan<'_>) -> Self {
        Self {
            newton: Newton::new(&plan.circuit),
            power: vec![Complex64::ZERO; plan.circuit.nodes.len()],
            voltages: plan.start.clone(),
            circuit: plan.varying.then(|| plan.circuit.clone()),
        }
    }

    fn solve<const L: usize>(
        &mut self,
        plan: &Plan<'_>,
        injections: &Injections<L>,
        lane: usize,
    ) -> Result<Convergence, Divergence> {
        for (power, &place) in self.power.iter_mut().zip(&plan.place) {
            *power = injections.power[place].lane(lane);
        }
        if let Some(circuit) = &mut self.circuit {
            let nodes = circuit.nodes.iter_mut().zip(&plan.circuit.nodes);
            for ((node, fixed), &place) in nodes.zip(&plan.place) {
                if let Some(current) = injections.current.get(place) {
                    node.current_pu = current.lane(lane);
                }
                if let Some(impedance) = injections.impedance.get(place) {
                    // Feeding in S·|V|² is an admittance −S*.
                    node.shunt_pu = fixed.shunt_pu - impedance.lane(lane).conj();
                }
            }
            self.newton.update(circuit);
        }
        self.start(&plan.start);
        let settings = &plan.settings;
        self.newton.solve(&self.power, &mut self.voltages, settings).or_else(|divergence| {
            // Far from the network as it is: once more from the linear angles, with care.
            let begun = self.newton.start_dc(&self.power, &mut self.voltages);
            begun.map_err(|_| divergence)?;
            self.newton.solve_damped(&self.power, &mut self.voltages, settings)
        })
    }

    fn start(&mut self, from: &Voltages) {
        self.voltages.magnitude_pu.copy_from_slice(&from.magnitude_pu);
        self.voltages.angle_rad.copy_from_slice(&from.angle_rad);
    }
}
