//! Newton–Raphson: at every node the power fed in equals the power that leaves (Tinney & Hart 1967).
//!
//! With I = Y·V, S = V ∘ I* and T_ij = V_i (Y_ij V_j)*, a step solves J·(Δθ, Δv/v) = S_given − S, where
//! ∂S_i/∂θ_j = −j·T_ij and v_j ∂S_i/∂v_j = T_ij for i ≠ j, ∂S_i/∂θ_i = j·(S_i − T_ii) and v_i ∂S_i/∂v_i = S_i + T_ii.
//! Slacks are not in the system: what they send is a current given from the start. A PV node keeps its second row as
//! Δv = 0, so that one pattern, ordered and analysed once, serves every step of a series, whoever lets go of a voltage.

use super::{
    Circuit, Convergence, Divergence, NodeKind, Reason, Settings, TwoPort, Voltages, circuit::polar,
};
use crate::sparse::{Csc, Singular, block, lu::Lu, minimum_degree_of};
use num_complex::Complex64;

mod response;

/// A circuit made ready for Newton–Raphson; nothing is allocated from one power flow to the next.
#[derive(Clone, Debug)]
pub struct Newton {
    /// Node at each place; places are in order of elimination, slacks come last.
    node: Vec<usize>,
    /// Place of each node.
    place: Vec<usize>,
    /// Bus of each place.
    bus: Vec<usize>,
    /// What is given at each place.
    kind: Vec<NodeKind>,
    /// Voltage and angle given at each place.
    held_pu: Vec<f64>,
    held_rad: Vec<f64>,
    /// Share of the power fed in that goes with |V|, at 1 per unit.
    load_current: Vec<Complex64>,
    admittance: Admittance,
    lu: block::BlockLu,
    state: State,
    step: Vec<[f64; 2]>,
    before: Vec<[f64; 2]>,
}

/// Nodal admittances by place.
#[derive(Clone, Debug)]
struct Admittance {
    diagonal: Vec<Complex64>,
    /// Between places that are not slacks: where each row starts, columns rising, values.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<Complex64>,
    /// (place, slack's place, admittance, susceptance of the DC approximation).
    to_slacks: Vec<(usize, usize, Complex64, f64)>,
    dc: Dc,
}

/// The DC approximation by place: a branch carries b·(θ_f − θ_t − φ).
#[derive(Clone, Debug)]
struct Dc {
    diagonal: Vec<f64>,
    /// At the places of the pattern, positive.
    values: Vec<f64>,
    /// What phase shifts, shunts and loads by current feed in.
    power: Vec<f64>,
}

/// Where an iteration stands, by place; slacks only in `magnitude` and `angle`.
#[derive(Clone, Debug, Default)]
struct State {
    magnitude: Vec<f64>,
    angle: Vec<f64>,
    voltage: Vec<Complex64>,
    /// Power given, without what goes with |V|.
    power: Vec<Complex64>,
    /// Current that slacks draw through their branches.
    slack_current: Vec<Complex64>,
    /// S_i: power that leaves.
    leaving: Vec<Complex64>,
    /// T_ij at the places of the pattern.
    coupling: Vec<Complex64>,
    /// Given minus leaving, in the equations that a place has.
    mismatch: Vec<[f64; 2]>,
}

/// Largest mismatch, and where.
#[derive(Clone, Copy, Debug)]
struct Worst {
    place: usize,
    mismatch_pu: f64,
}

impl Newton {
    /// The symbolic work for a circuit: order of elimination, pattern of the factors.
    #[must_use]
    pub fn new(circuit: &Circuit) -> Self {
        let (node, place, unknowns) = places(circuit);
        let admittance = Admittance::new(circuit, &place, unknowns);
        let pattern =
            block::Pattern { starts: admittance.starts.clone(), columns: admittance.columns.clone() };
        let mut newton = Self {
            bus: node.iter().map(|&node| circuit.nodes[node].bus).collect(),
            kind: node.iter().map(|&node| circuit.nodes[node].kind).collect(),
            held_pu: node.iter().map(|&node| circuit.nodes[node].voltage_pu).collect(),
            held_rad: node.iter().map(|&node| circuit.nodes[node].angle_rad).collect(),
            load_current: node.iter().map(|&node| circuit.nodes[node].current_pu).collect(),
            lu: block::BlockLu::new(pattern),
            state: State::of(unknowns, node.len(), admittance.values.len()),
            step: vec![[0.0; 2]; unknowns],
            before: vec![[0.0; 2]; unknowns],
            admittance,
            node,
            place,
        };
        newton.update(circuit);
        newton
    }

    /// Takes over what may change in a circuit whose nodes and branches stay the same ones: admittances (taps), kinds
    /// of PV and PQ nodes, voltages given, currents of loads.
    pub fn update(&mut self, circuit: &Circuit) {
        for (place, &node) in self.node.iter().enumerate() {
            let node = &circuit.nodes[node];
            debug_assert_eq!(node.kind == NodeKind::Slack, place >= self.step.len(), "slacks stay slacks");
            self.kind[place] = node.kind;
            self.held_pu[place] = node.voltage_pu;
            self.held_rad[place] = node.angle_rad;
            self.load_current[place] = node.current_pu;
        }
        self.admittance.fill(circuit, &self.place);
    }

    /// Makes a node PV, holding a voltage per unit, or PQ.
    ///
    /// # Panics
    ///
    /// If the node is a slack.
    pub fn hold(&mut self, node: usize, voltage_pu: Option<f64>) {
        let place = self.place[node];
        assert!(self.kind[place] != NodeKind::Slack, "a slack stays a slack");
        match voltage_pu {
            Some(voltage_pu) => {
                self.kind[place] = NodeKind::Pv;
                self.held_pu[place] = voltage_pu;
            }
            None => self.kind[place] = NodeKind::Pq,
        }
    }

    /// Finds the voltages at which each node's balance holds, starting from those given; slacks and PV nodes take the
    /// voltages they hold, whatever is given. `power_pu` is what is fed in at each node ([`super::Node::power_pu`]);
    /// the voltage-dependent parts come from the circuit. Of `settings` only tolerance and iterations count.
    ///
    /// # Errors
    ///
    /// If none is found; `voltages` are then as they were.
    ///
    /// # Panics
    ///
    /// If a slice does not have an entry for each node.
    pub fn solve(
        &mut self,
        power_pu: &[Complex64],
        voltages: &mut Voltages,
        settings: &Settings,
    ) -> Result<Convergence, Divergence> {
        self.iterate(power_pu, voltages, settings, false)
    }

    /// The same with steps that are halved until they bring the mismatch down (Dennis & Schnabel 1983, ch. 6): slower,
    /// and it arrives from starts where full steps run away.
    ///
    /// # Errors
    ///
    /// As [`Newton::solve`].
    ///
    /// # Panics
    ///
    /// As [`Newton::solve`].
    pub fn solve_damped(
        &mut self,
        power_pu: &[Complex64],
        voltages: &mut Voltages,
        settings: &Settings,
    ) -> Result<Convergence, Divergence> {
        self.iterate(power_pu, voltages, settings, true)
    }

    /// Reactive power, per unit, that the generators of a node must feed in beyond `power_pu` to hold its voltage, at
    /// the end of the last power flow; 0 but for the tolerance at a PQ node.
    ///
    /// # Panics
    ///
    /// If the node is a slack.
    #[must_use]
    pub fn reactive_pu(&self, node: usize) -> f64 {
        let place = self.place[node];
        let State { leaving, power, magnitude, .. } = &self.state;
        leaving[place].im - power[place].im - self.load_current[place].im * magnitude[place]
    }

    /// Angles of the DC approximation as a start, magnitudes as [`Voltages::flat`] has them: phase shifts are in it.
    ///
    /// # Errors
    ///
    /// If its matrix is singular; `voltages` are then as they were. The column is a node.
    ///
    /// # Panics
    ///
    /// If a slice does not have an entry for each node.
    pub fn start_dc(&mut self, power_pu: &[Complex64], voltages: &mut Voltages) -> Result<(), Singular> {
        assert_eq!(power_pu.len(), self.node.len(), "one power for each node");
        let dc = &self.admittance.dc;
        // The second unknown of each place is there to keep the pattern, and is 0.
        let diagonal = |i: usize| [dc.diagonal[i], 0.0, 0.0, 1.0];
        let solved = self.lu.factor(diagonal, |_, at| [-dc.values[at], 0.0, 0.0, 0.0]);
        solved.map_err(|singular| Singular { column: self.node[singular.column / 2] })?;
        for (i, step) in self.step.iter_mut().enumerate() {
            *step = [power_pu[self.node[i]].re + dc.power[i], 0.0];
        }
        for &(place, slack, _, b) in &self.admittance.to_slacks {
            self.step[place][0] += b * self.held_rad[slack];
        }
        self.lu.solve(&mut self.step);
        for (place, &node) in self.node.iter().enumerate() {
            let angle = self.step.get(place).map_or(self.held_rad[place], |step| step[0]);
            voltages.angle_rad[node] = angle;
            voltages.magnitude_pu[node] =
                if self.kind[place] == NodeKind::Pq { 1.0 } else { self.held_pu[place] };
        }
        Ok(())
    }

    fn iterate(
        &mut self,
        power_pu: &[Complex64],
        voltages: &mut Voltages,
        settings: &Settings,
        damped: bool,
    ) -> Result<Convergence, Divergence> {
        self.load(power_pu, voltages);
        let mut worst = self.evaluate();
        let mut iterations = 0;
        loop {
            let Worst { place, mismatch_pu } = worst;
            let diverged = |reason, worst_bus| Divergence { iterations, mismatch_pu, worst_bus, reason };
            if mismatch_pu <= settings.tolerance_pu {
                self.store(voltages);
                return Ok(Convergence { iterations, mismatch_pu });
            }
            if !mismatch_pu.is_finite() {
                return Err(diverged(Reason::NotFinite, self.bus[place]));
            }
            if iterations == settings.max_iterations {
                return Err(diverged(Reason::IterationLimit, self.bus[place]));
            }
            if let Err(Singular { column }) = self.direct() {
                return Err(diverged(Reason::Singular, self.bus[column / 2]));
            }
            iterations += 1;
            worst = if damped { self.advance_down() } else { self.advance() };
        }
    }

    /// Takes power and start over, by place.
    fn load(&mut self, power_pu: &[Complex64], voltages: &Voltages) {
        assert_eq!(power_pu.len(), self.node.len(), "one power for each node");
        let state = &mut self.state;
        for (place, &node) in self.node.iter().enumerate() {
            let kind = self.kind[place];
            state.magnitude[place] =
                if kind == NodeKind::Pq { voltages.magnitude_pu[node] } else { self.held_pu[place] };
            state.angle[place] =
                if kind == NodeKind::Slack { self.held_rad[place] } else { voltages.angle_rad[node] };
        }
        for (place, power) in state.power.iter_mut().enumerate() {
            *power = power_pu[self.node[place]];
            state.voltage[place] = polar(state.magnitude[place], state.angle[place]);
        }
        state.slack_current.fill(Complex64::ZERO);
        for &(place, slack, y, _) in &self.admittance.to_slacks {
            state.slack_current[place] += y * polar(state.magnitude[slack], state.angle[slack]);
        }
    }

    fn store(&self, voltages: &mut Voltages) {
        for (place, &node) in self.node.iter().enumerate() {
            voltages.magnitude_pu[node] = self.state.magnitude[place];
            voltages.angle_rad[node] = self.state.angle[place];
        }
    }

    /// Powers, couplings and mismatches at the present voltages.
    fn evaluate(&mut self) -> Worst {
        let Admittance { diagonal, starts, columns, values, .. } = &self.admittance;
        let State { magnitude, voltage, power, slack_current, leaving, coupling, mismatch, .. } =
            &mut self.state;
        let mut worst = Worst { place: 0, mismatch_pu: 0.0 };
        let mut sum = 0.0;
        for i in 0..mismatch.len() {
            let v = voltage[i];
            let mut s = v * (slack_current[i] + diagonal[i] * v).conj();
            let range = starts[i]..starts[i + 1];
            let row = columns[range.clone()].iter().zip(&values[range.clone()]);
            for ((&j, &y), t) in row.zip(&mut coupling[range]) {
                *t = v * (y * voltage[j as usize]).conj();
                s += *t;
            }
            leaving[i] = s;
            let missing = power[i] + self.load_current[i] * magnitude[i] - s;
            let q = if self.kind[i] == NodeKind::Pq { missing.im } else { 0.0 };
            mismatch[i] = [missing.re, q];
            let largest = missing.re.abs().max(q.abs());
            // A maximum passes over what is no number, a sum does not.
            sum += missing.re.abs() + q.abs();
            if largest > worst.mismatch_pu {
                worst = Worst { place: i, mismatch_pu: largest };
            }
        }
        if !sum.is_finite() {
            let odd = mismatch.iter().position(|m| !(m[0].is_finite() && m[1].is_finite()));
            worst = Worst { place: odd.unwrap_or(worst.place), mismatch_pu: f64::INFINITY };
        }
        worst
    }

    /// Solves J·step = mismatch.
    fn direct(&mut self) -> Result<(), Singular> {
        let Self { kind, load_current, admittance, lu, state, step, .. } = self;
        let jacobian = Jacobian { kind, load_current, admittance, state };
        match lu.factor(|i| jacobian.diagonal(i), |i, at| jacobian.entry(i, at)) {
            Ok(()) => {
                step.copy_from_slice(&state.mismatch);
                lu.solve(step);
                Ok(())
            }
            // A block on the diagonal may vanish where the matrix is regular, as behind a series capacitor.
            Err(_) => jacobian.solve_with_search(step),
        }
    }

    /// Takes the full step.
    fn advance(&mut self) -> Worst {
        self.walk(1.0);
        self.evaluate()
    }

    /// Halves the step until the mismatch is smaller than before.
    fn advance_down(&mut self) -> Worst {
        let norm = |mismatch: &[[f64; 2]]| mismatch.iter().flatten().map(|m| m * m).sum::<f64>();
        let places = self.step.len();
        for (place, before) in self.before.iter_mut().enumerate() {
            *before = [self.state.magnitude[place], self.state.angle[place]];
        }
        let start = norm(&self.state.mismatch);
        let mut length = 1.0;
        loop {
            self.walk(length);
            let worst = self.evaluate();
            // Armijo's condition: the slope of ‖F‖² along the step is −2‖F‖².
            if norm(&self.state.mismatch) <= (1.0 - 2e-4 * length) * start || length < SHORTEST_STEP {
                return worst;
            }
            length /= 2.0;
            for place in 0..places {
                let [magnitude, angle] = self.before[place];
                self.state.magnitude[place] = magnitude;
                self.state.angle[place] = angle;
                self.state.voltage[place] = polar(magnitude, angle);
            }
        }
    }

    fn walk(&mut self, length: f64) {
        let State { magnitude, angle, voltage, .. } = &mut self.state;
        for (i, &[turn, grow]) in self.step.iter().enumerate() {
            // A magnitude is positive: it halves or doubles at most.
            let factor = 1.0 + (length * grow).clamp(-0.5, 1.0);
            angle[i] += length * turn;
            magnitude[i] *= factor;
            // Turning by a small angle is cheaper, and as exact, as the sine of a large one.
            voltage[i] *= polar(factor, length * turn);
        }
    }
}

/// Susceptance b and phase shift φ of a branch in the DC approximation. Where resistance counts, the magnitude of the
/// admittance with the sign of the reactance stands in for 1/x, which need not be finite.
fn susceptance(branch: &TwoPort) -> (f64, f64) {
    let magnitude = 1.0 / (branch.series_pu.norm() * branch.ratio.norm());
    (magnitude.copysign(branch.series_pu.im), branch.ratio.arg())
}

/// The derivatives of the powers that leave by (θ, ln v), a block for each pair of places.
#[derive(Clone, Copy)]
struct Jacobian<'a> {
    kind: &'a [NodeKind],
    load_current: &'a [Complex64],
    admittance: &'a Admittance,
    state: &'a State,
}

impl Jacobian<'_> {
    #[inline(always)]
    fn diagonal(self, i: usize) -> block::Block {
        let magnitude = self.state.magnitude[i];
        let own = self.admittance.diagonal[i].conj() * (magnitude * magnitude);
        let turn = self.state.leaving[i] - own;
        let grow = self.state.leaving[i] + own - self.load_current[i] * magnitude;
        if self.kind[i] == NodeKind::Pq {
            [-turn.im, grow.re, turn.re, grow.im]
        } else {
            [-turn.im, grow.re, 0.0, 1.0]
        }
    }

    #[inline(always)]
    fn entry(self, i: usize, at: usize) -> block::Block {
        let t = self.state.coupling[at];
        if self.kind[i] == NodeKind::Pq { [t.im, t.re, -t.re, t.im] } else { [t.im, t.re, 0.0, 0.0] }
    }

    /// Solves J·step = mismatch by a factorisation that may exchange rows.
    fn solve_with_search(self, step: &mut [[f64; 2]]) -> Result<(), Singular> {
        let size = 2 * step.len();
        let mut entries = Vec::with_capacity(4 * (self.state.coupling.len() + step.len()));
        let mut put = |i: usize, j: usize, [a, b, c, d]: block::Block| {
            let (i, j) = (2 * i, 2 * j);
            entries.extend([(i, j, a), (i, j + 1, b), (i + 1, j, c), (i + 1, j + 1, d)]);
        };
        for i in 0..step.len() {
            put(i, i, self.diagonal(i));
            for at in self.admittance.starts[i]..self.admittance.starts[i + 1] {
                put(i, self.admittance.columns[at] as usize, self.entry(i, at));
            }
        }
        let (matrix, _) = Csc::from_entries(size, size, &entries);
        // Places are in order of elimination already.
        let order: Vec<usize> = (0..size).collect();
        let mut lu = Lu::factor(&matrix, &order)?;
        let mut b: Vec<f64> = self.state.mismatch.iter().flatten().copied().collect();
        lu.solve(&mut b);
        step.iter_mut().zip(b.chunks(2)).for_each(|(step, pair)| *step = [pair[0], pair[1]]);
        Ok(())
    }
}

/// A step that is shorter than this part of the full one leads nowhere.
const SHORTEST_STEP: f64 = 1e-3;

/// Nodes in order of elimination with slacks last, the place of each node, and how many are no slacks.
fn places(circuit: &Circuit) -> (Vec<usize>, Vec<usize>, usize) {
    let is_slack = |node: usize| circuit.nodes[node].kind == NodeKind::Slack;
    let unknowns: Vec<usize> = (0..circuit.nodes.len()).filter(|&node| !is_slack(node)).collect();
    let mut number = vec![usize::MAX; circuit.nodes.len()];
    for (i, &node) in unknowns.iter().enumerate() {
        number[node] = i;
    }
    let (starts, columns) = neighbours(circuit, &number, unknowns.len());
    let order = minimum_degree_of(&starts, &columns);
    let mut node: Vec<usize> = order.into_iter().map(|i| unknowns[i]).collect();
    node.extend((0..circuit.nodes.len()).filter(|&node| is_slack(node)));
    let mut place = vec![0; node.len()];
    for (at, &node) in node.iter().enumerate() {
        place[node] = at;
    }
    (node, place, unknowns.len())
}

/// Neighbours of each of the first `count` numbers, rising, without itself.
fn neighbours(circuit: &Circuit, number: &[usize], count: usize) -> (Vec<usize>, Vec<usize>) {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); count];
    for branch in &circuit.branches {
        let (from, to) = (number[branch.from], number[branch.to]);
        if from != to && from < count && to < count {
            rows[from].push(to);
            rows[to].push(from);
        }
    }
    let mut starts = vec![0];
    let mut columns = Vec::new();
    for mut row in rows {
        row.sort_unstable();
        row.dedup();
        columns.extend(row);
        starts.push(columns.len());
    }
    (starts, columns)
}

impl Admittance {
    fn new(circuit: &Circuit, place: &[usize], unknowns: usize) -> Self {
        let (starts, columns) = neighbours(circuit, place, unknowns);
        let entries = columns.len();
        Self {
            diagonal: vec![Complex64::ZERO; unknowns],
            starts,
            values: vec![Complex64::ZERO; columns.len()],
            columns: columns.into_iter().map(|column| column as u32).collect(),
            to_slacks: Vec::new(),
            dc: Dc { diagonal: vec![0.0; unknowns], values: vec![0.0; entries], power: vec![0.0; unknowns] },
        }
    }

    fn fill(&mut self, circuit: &Circuit, place: &[usize]) {
        let unknowns = self.diagonal.len();
        self.values.fill(Complex64::ZERO);
        self.to_slacks.clear();
        self.dc.values.fill(0.0);
        for (node, &place) in circuit.nodes.iter().zip(place) {
            if place < unknowns {
                self.diagonal[place] = node.shunt_pu;
                self.dc.diagonal[place] = 0.0;
                self.dc.power[place] = node.current_pu.re - node.shunt_pu.re;
            }
        }
        for branch in &circuit.branches {
            let [ff, ft, tf, tt] = branch.admittances();
            let (from, to) = (place[branch.from], place[branch.to]);
            let (b, shift) = susceptance(branch);
            for (own, other, own_y, other_y, shift) in [(from, to, ff, ft, shift), (to, from, tt, tf, -shift)]
            {
                if own >= unknowns {
                    continue;
                }
                self.diagonal[own] += own_y;
                self.dc.power[own] += b * shift;
                if other == own {
                    self.diagonal[own] += other_y;
                    continue;
                }
                self.dc.diagonal[own] += b;
                if other >= unknowns {
                    self.to_slacks.push((own, other, other_y, b));
                } else {
                    let row = &self.columns[self.starts[own]..self.starts[own + 1]];
                    let at = row.binary_search(&(other as u32)).expect("the pattern has every branch");
                    self.values[self.starts[own] + at] += other_y;
                    self.dc.values[self.starts[own] + at] += b;
                }
            }
        }
    }
}

impl State {
    fn of(unknowns: usize, nodes: usize, entries: usize) -> Self {
        let none = vec![Complex64::ZERO; unknowns];
        Self {
            magnitude: vec![1.0; nodes],
            angle: vec![0.0; nodes],
            voltage: none.clone(),
            power: none.clone(),
            slack_current: none.clone(),
            leaving: none,
            coupling: vec![Complex64::ZERO; entries],
            mismatch: vec![[0.0; 2]; unknowns],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::electric::{Bus, Control, Generator, Line, Load, Network};

    /// A wheel: a slack at the hub, a generator at the rim, loads elsewhere.
    fn wheel() -> Newton {
        let mut network = Network::new("wheel", 1e6);
        network.buses = (0..7).map(|i| Bus::new(&i.to_string(), 1e4)).collect();
        network.generators = vec![
            Generator::slack("hub", 0, 1.02),
            Generator { p_w: 4e5, ..Generator::new("rim", 3, Control::Voltage { voltage_pu: 1.01 }) },
        ];
        for rim in 1..7 {
            let series = Complex64::new(1.0, 5.0 + rim as f64);
            network.lines.push(Line::new("spoke", 0, rim, series, 1e-5));
            network.lines.push(Line::new("rim", rim, rim % 6 + 1, series * 2.0, 1e-5));
            network.loads.push(Load::new("load", rim, 2e5 * rim as f64, 5e4));
        }
        let circuit = Circuit::of(&network).unwrap();
        let mut newton = Newton::new(&circuit);
        let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
        newton.load(&power, &Voltages::flat(&circuit));
        newton.evaluate();
        newton
    }

    #[test]
    fn the_jacobian_is_the_derivative_of_the_mismatch() {
        let mut newton = wheel();
        let unknowns = newton.step.len();
        let h = 1e-6;
        for column in 0..unknowns {
            for which in 0..2 {
                if which == 1 && newton.kind[column] == NodeKind::Pv {
                    continue;
                }
                let mut moved = [newton.clone(), newton.clone()];
                for (newton, h) in moved.iter_mut().zip([h, -h]) {
                    newton.step.fill([0.0; 2]);
                    newton.step[column][which] = h;
                    newton.advance();
                }
                let jacobian = Jacobian {
                    kind: &newton.kind,
                    load_current: &newton.load_current,
                    admittance: &newton.admittance,
                    state: &newton.state,
                };
                for row in 0..unknowns {
                    let range = newton.admittance.starts[row]..newton.admittance.starts[row + 1];
                    let found = range.clone().find(|&at| newton.admittance.columns[at] as usize == column);
                    let block = match found {
                        _ if row == column => jacobian.diagonal(row),
                        Some(at) => jacobian.entry(row, at),
                        None => [0.0; 4],
                    };
                    for equation in 0..2 {
                        if equation == 1 && newton.kind[row] == NodeKind::Pv {
                            continue;
                        }
                        let [up, down] = [0, 1].map(|i| moved[i].state.mismatch[row][equation]);
                        let slope = -(up - down) / (2.0 * h);
                        let ours = block[2 * equation + which];
                        assert!(
                            (ours - slope).abs() < 1e-7 * (1.0 + slope.abs()),
                            "{row} {column}: {ours} {slope}"
                        );
                    }
                }
            }
        }
        assert!(newton.direct().is_ok());
    }

    #[test]
    fn a_step_with_search_is_the_step_without() {
        let mut newton = wheel();
        newton.direct().unwrap();
        let without = newton.step.clone();
        let Newton { kind, load_current, admittance, state, step, .. } = &mut newton;
        Jacobian { kind, load_current, admittance, state }.solve_with_search(step).unwrap();
        for (with, without) in newton.step.iter().flatten().zip(without.iter().flatten()) {
            assert!((with - without).abs() < 1e-13);
        }
    }
}
