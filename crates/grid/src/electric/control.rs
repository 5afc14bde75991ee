//! Newton's power flow of a network, and what reacts to its voltages: reactive limits and tap changers.
//!
//! Both are discrete: solve, look who must switch, switch, solve again from where the last one ended. Everybody
//! switches at once until a state comes back that was there before, or has no solution; from then on one at a time, the worst first; and
//! if a state comes back again, the answer is [`Reason::Cycling`].

use super::newton::Newton;
use super::{
    Circuit, Control, Convergence, Divergence, Network, NodeKind, Outcome, Reason, Rescue, Settings,
    Solution, Start, Voltages, taps::Taps,
};
use num_complex::Complex64;
use std::collections::BTreeSet;

/// The power flow of a network by Newton's method.
pub(super) fn newton(network: &Network, circuit: Circuit, settings: &Settings) -> Outcome {
    let mut run = Run::new(circuit, settings);
    let mut network = network.clone();
    let mut taps = Taps::of(&network, &run.circuit, settings.control_taps);
    let mut seen = Seen::default();
    let mut solved = run.solve();
    loop {
        if solved.is_ok() && settings.enforce_q_limits {
            solved = run.enforce_q_limits();
        }
        if let Err(divergence) = solved {
            return Outcome::Diverged(divergence);
        }
        let wishes = taps.wishes(&run.circuit, &run.voltages);
        if wishes.is_empty() {
            break;
        }
        let Some(wishes) = seen.choose(wishes, |wishes| taps.after(wishes)) else {
            let worst_bus = taps.worst_bus(&run.circuit, &run.voltages);
            let (iterations, mismatch_pu) = (run.iterations, run.mismatch_pu);
            return Outcome::Diverged(Divergence {
                iterations,
                mismatch_pu,
                worst_bus,
                reason: Reason::Cycling,
            });
        };
        taps.take(&wishes, &mut network);
        match Circuit::of(&network) {
            Ok(circuit) => solved = run.go_on_with(circuit),
            // Positions stay within their limits, and those were checked.
            Err(invalid) => unreachable!("{invalid}"),
        }
    }
    let mut solution = Solution {
        iterations: run.iterations,
        mismatch_pu: run.mismatch_pu,
        rescue: run.rescue,
        taps: taps.moved(),
        ..Solution::at(&network, &run.circuit, &run.voltages)
    };
    for (generator, flow) in network.generators.iter().zip(&mut solution.generators) {
        let node = generator.in_service.then(|| run.circuit.node(generator.bus)).flatten();
        let holds = matches!(generator.control, Control::Voltage { .. });
        flow.at_q_limit = holds && node.is_some_and(|node| run.limit[node] != Limit::Free);
    }
    Outcome::Converged(Box::new(solution))
}

/// Whether a PV node's reactive power is at a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Free,
    Least,
    Most,
}

/// A power flow under way.
struct Run<'a> {
    settings: &'a Settings,
    circuit: Circuit,
    newton: Newton,
    /// Power fed in at each node, with that of nodes at a limit.
    power: Vec<Complex64>,
    voltages: Voltages,
    limit: Vec<Limit>,
    iterations: usize,
    mismatch_pu: f64,
    rescue: Option<Rescue>,
}

impl<'a> Run<'a> {
    fn new(circuit: Circuit, settings: &'a Settings) -> Self {
        Self {
            settings,
            newton: Newton::new(&circuit),
            power: circuit.nodes.iter().map(|node| node.power_pu).collect(),
            voltages: Voltages::flat(&circuit),
            limit: vec![Limit::Free; circuit.nodes.len()],
            circuit,
            iterations: 0,
            mismatch_pu: 0.0,
            rescue: None,
        }
    }

    /// From the start that is asked for; where that leads nowhere from flat voltages, and then by shorter steps.
    fn solve(&mut self) -> Result<(), Divergence> {
        let Self { settings, newton, power, voltages, .. } = self;
        *voltages = Voltages::flat(&self.circuit);
        let from_dc = settings.start == Start::Dc && newton.start_dc(power, voltages).is_ok();
        if let Ok(convergence) = newton.solve(power, voltages, settings) {
            return self.arrived(convergence, None);
        }
        if from_dc {
            *voltages = Voltages::flat(&self.circuit);
            if let Ok(convergence) = newton.solve(power, voltages, settings) {
                return self.arrived(convergence, Some(Rescue::FlatStart));
            }
        }
        let convergence = newton.solve_damped(power, voltages, settings)?;
        self.arrived(convergence, Some(Rescue::DampedSteps))
    }

    fn arrived(&mut self, convergence: Convergence, rescue: Option<Rescue>) -> Result<(), Divergence> {
        self.iterations += convergence.iterations;
        self.mismatch_pu = convergence.mismatch_pu;
        self.rescue = self.rescue.max(rescue);
        Ok(())
    }

    /// From where the last power flow ended.
    fn solve_again(&mut self) -> Result<(), Divergence> {
        match self.newton.solve(&self.power, &mut self.voltages, self.settings) {
            Ok(convergence) => self.arrived(convergence, None),
            Err(_) => self.solve(),
        }
    }

    /// The same nodes and branches with other admittances.
    fn go_on_with(&mut self, circuit: Circuit) -> Result<(), Divergence> {
        self.circuit = circuit;
        self.newton.update(&self.circuit);
        for node in 0..self.limit.len() {
            self.set(node, self.limit[node]);
        }
        self.solve_again()
    }

    fn set(&mut self, node: usize, limit: Limit) {
        let given = &self.circuit.nodes[node];
        self.limit[node] = limit;
        if given.kind == NodeKind::Pv {
            self.power[node].im = given.power_pu.im
                + match limit {
                    Limit::Free => 0.0,
                    Limit::Least => given.min_q_pu,
                    Limit::Most => given.max_q_pu,
                };
            self.newton.hold(node, (limit == Limit::Free).then_some(given.voltage_pu));
        }
    }

    /// Lets generators beyond a limit of reactive power go of their voltage, and take it up again where the voltage
    /// shows that they could hold it.
    fn enforce_q_limits(&mut self) -> Result<(), Divergence> {
        let mut seen = Seen::default();
        loop {
            let wishes = self.wishes();
            if wishes.is_empty() {
                return Ok(());
            }
            let worst_node =
                wishes.iter().max_by(|a, b| a.urgency.total_cmp(&b.urgency)).map(|wish| wish.who);
            let limit = &self.limit;
            let chosen = seen.choose(wishes, |wishes| {
                let mut limit = limit.clone();
                wishes.iter().for_each(|wish| limit[wish.who] = wish.what);
                limit
            });
            let Some(chosen) = chosen else {
                return Err(Divergence {
                    iterations: self.iterations,
                    mismatch_pu: self.mismatch_pu,
                    worst_bus: self.circuit.nodes[worst_node.unwrap_or(0)].bus,
                    reason: Reason::Cycling,
                });
            };
            let before = self.voltages.clone();
            let reversed: Vec<(usize, Limit)> =
                chosen.iter().map(|wish| (wish.who, self.limit[wish.who])).collect();
            for wish in &chosen {
                self.set(wish.who, wish.what);
            }
            match self.solve_again() {
                Ok(()) => {}
                Err(divergence) if chosen.len() == 1 => return Err(divergence),
                // All at once may be more than the network bears where one after the other is not.
                Err(_) => {
                    reversed.into_iter().for_each(|(node, limit)| self.set(node, limit));
                    self.voltages = before;
                    self.solve_again()?;
                    seen.go_one_at_a_time();
                }
            }
        }
    }

    fn wishes(&self) -> Vec<Wish<Limit>> {
        let tolerance = self.settings.tolerance_pu;
        let pv = self.circuit.nodes.iter().enumerate().filter(|(_, node)| node.kind == NodeKind::Pv);
        let wish = |(who, node): (usize, &super::Node)| {
            let excess = self.voltages.magnitude_pu[who] - node.voltage_pu;
            let (what, urgency) = match self.limit[who] {
                Limit::Free => {
                    let q = self.newton.reactive_pu(who);
                    let (below, above) = (node.min_q_pu - q, q - node.max_q_pu);
                    // Who breaks a limit comes before who could hold a voltage again.
                    if below > above { (Limit::Least, below + 1e3) } else { (Limit::Most, above + 1e3) }
                }
                Limit::Least => (Limit::Free, -excess),
                Limit::Most => (Limit::Free, excess),
            };
            let least = if what == Limit::Free { tolerance } else { tolerance + 1e3 };
            (urgency > least).then_some(Wish { who, what, urgency })
        };
        pv.filter_map(wish).collect()
    }
}

/// Somebody wants to switch.
#[derive(Clone, Debug)]
pub(super) struct Wish<T> {
    /// Index among those who can.
    pub(super) who: usize,
    /// To what.
    pub(super) what: T,
    /// How far it is from where it ought to be.
    pub(super) urgency: f64,
}

/// States that were there before.
struct Seen<S> {
    states: BTreeSet<S>,
    one_at_a_time: bool,
}

impl<S> Default for Seen<S> {
    fn default() -> Self {
        Self { states: BTreeSet::new(), one_at_a_time: false }
    }
}

impl<S: Ord> Seen<S> {
    fn go_one_at_a_time(&mut self) {
        self.one_at_a_time = true;
        self.states.clear();
    }

    /// Which wishes to grant, `after` telling the state that follows; none where all lead in a circle.
    fn choose<T: Clone>(
        &mut self,
        wishes: Vec<Wish<T>>,
        after: impl Fn(&[Wish<T>]) -> S,
    ) -> Option<Vec<Wish<T>>> {
        if !self.one_at_a_time {
            if self.states.insert(after(&wishes)) {
                return Some(wishes);
            }
            self.go_one_at_a_time();
        }
        let worst = wishes.into_iter().max_by(|a, b| a.urgency.total_cmp(&b.urgency))?;
        let worst = vec![worst];
        self.states.insert(after(&worst)).then_some(worst)
    }
}
