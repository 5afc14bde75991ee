//! The DC model: active powers and angles, no losses, voltages of 1.
//!
//! p = (θf − θt − φ) / (x·a) with ratio a and shift φ, so that the programme is linear but for quadratic costs.
//! With [`DcBranch::Susceptance`] p = (θf − θt) · x/(r² + x²), ratio and shift ignored: the convention of PowerModels'
//! `DCPPowerModel`, in which PGLib-OPF publishes its DC objectives.

use super::case::{Case, Draw, Kind, Name};
use super::conic::{Affine, Optimum, Programme, Terms, Variable};
use super::stage::{Leaving, Plan, State, angle_names};
use super::{DcBranch, Limit};
use crate::electric::{NodeKind, TwoPort};
use num_complex::Complex64;

/// The angles.
pub(super) struct Unknowns {
    angle: Vec<Variable>,
    /// Power from → to of each branch.
    flows: Vec<Affine>,
}

pub(super) fn build(
    programme: &mut Programme<Name>,
    case: &Case<'_>,
    draws: &[Draw],
    plan: &Plan<'_>,
) -> (Leaving, Unknowns) {
    let nodes = &case.circuit.nodes;
    let angle: Vec<Variable> = nodes.iter().map(|_| programme.variable(0.0)).collect();
    for (node, &angle) in nodes.iter().zip(&angle).filter(|(node, _)| node.kind == NodeKind::Slack) {
        programme.equal(vec![(angle, 1.0)], node.angle_rad);
    }
    // At a voltage of 1, what shunts and loads draw is constant.
    let mut p: Vec<Affine> = nodes
        .iter()
        .zip(draws)
        .map(|(node, draw)| (Vec::new(), node.shunt_pu.re + draw.current.re + draw.impedance.re))
        .collect();
    let mut flows = Vec::with_capacity(case.circuit.branches.len());
    for branch in &case.circuit.branches {
        let (b, shift) = slope(branch, plan.dc_branch);
        let (from, to) = (angle[branch.from], angle[branch.to]);
        let terms: Terms = vec![(from, b), (to, -b)];
        for (node, sign) in [(branch.from, 1.0), (branch.to, -1.0)] {
            p[node].0.extend(terms.iter().map(|&(variable, value)| (variable, sign * value)));
            p[node].1 -= sign * b * shift;
        }
        let [(at_from, _), (at_to, _)] = case.ratings(branch);
        let rating = at_from.min(at_to);
        let name = |limit| Name {
            element: branch.element,
            kind: Kind::Grid(limit),
            step: plan.step,
            bound: rating * case.unit_mw(),
            unit: case.unit_mw(),
        };
        let offset = b * shift;
        // Into the from end at most the rating, and into the to end too.
        programme.between(
            &terms,
            (offset - rating, name(Limit::ToPower)),
            (offset + rating, name(Limit::FromPower)),
        );
        let (min_name, max_name) = angle_names(branch, plan.step, 1.0);
        programme.between(
            &vec![(from, 1.0), (to, -1.0)],
            (branch.min_angle_rad, min_name),
            (branch.max_angle_rad, max_name),
        );
        flows.push((terms, -offset));
    }
    (Leaving { p, q: Vec::new() }, Unknowns { angle, flows })
}

/// Power per angle, and the angle at which no power flows.
fn slope(branch: &TwoPort, convention: DcBranch) -> (f64, f64) {
    match convention {
        DcBranch::RatioAndShift => (1.0 / (branch.series_pu.im * branch.ratio.norm()), branch.ratio.arg()),
        DcBranch::Susceptance => (branch.series_pu.im / branch.series_pu.norm_sqr(), 0.0),
    }
}

impl Unknowns {
    pub(super) fn state(&self, case: &Case<'_>, optimum: &Optimum) -> State {
        let flow = |(terms, constant): &Affine| {
            let p = optimum.sum(terms) + constant;
            (Complex64::new(p, 0.0), Complex64::new(-p, 0.0))
        };
        State {
            voltage_pu: vec![1.0; case.circuit.nodes.len()],
            angle_rad: self.angle.iter().map(|&angle| optimum.value(angle)).collect(),
            flows: self.flows.iter().map(flow).collect(),
            gap: 0.0,
        }
    }
}
