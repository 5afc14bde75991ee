//! Branches of all kinds in one list.

use super::columns::{Column, named, numbers, texts};
use grid::electric::{BranchFlow, Element, Network, Rating};
use serde::Serialize;

/// A line, a transformer or a winding of a three-winding transformer, and what flows through it.
#[derive(Clone, Debug)]
pub(crate) struct Branch<'a> {
    /// What it is.
    pub(crate) element: Element,
    /// Its name; of a winding, the transformer's and the winding's number from 1.
    pub(crate) name: String,
    /// Name of the bus at the from end.
    pub(crate) from: &'a str,
    /// Name of the bus at the to end; empty at a star point.
    pub(crate) to: &'a str,
    /// What flows.
    pub(crate) flow: &'a BranchFlow,
    /// Loading, 1 being full; `None` where no rating is known.
    pub(crate) loading: Option<f64>,
}

/// All branches of a network with flows of its lines, transformers and windings.
pub(crate) fn branches<'a>(
    network: &'a Network,
    lines: &'a [BranchFlow],
    transformers: &'a [BranchFlow],
    windings: &'a [[BranchFlow; 3]],
) -> Vec<Branch<'a>> {
    let bus = |index: usize| network.buses[index].name.as_str();
    let known = |rating: Rating, flow: &BranchFlow| (rating != Rating::Unlimited).then_some(flow.loading);
    let mut branches = Vec::with_capacity(lines.len() + transformers.len());
    for (i, (line, flow)) in network.lines.iter().zip(lines).enumerate() {
        branches.push(Branch {
            element: Element::Line(i),
            name: line.name.clone(),
            from: bus(line.from),
            to: bus(line.to),
            flow,
            loading: known(line.rating, flow),
        });
    }
    for (i, (transformer, flow)) in network.transformers.iter().zip(transformers).enumerate() {
        branches.push(Branch {
            element: Element::Transformer(i),
            name: transformer.name.clone(),
            from: bus(transformer.from),
            to: bus(transformer.to),
            flow,
            loading: known(transformer.rating, flow),
        });
    }
    for (i, (transformer, flows)) in network.three_winding_transformers.iter().zip(windings).enumerate() {
        for (w, flow) in flows.iter().enumerate() {
            branches.push(Branch {
                element: Element::Winding(i, w),
                name: format!("{} ({})", transformer.name, w + 1),
                from: bus(transformer.windings[w].bus),
                to: "",
                flow,
                loading: Some(flow.loading),
            });
        }
    }
    branches
}

/// A branch as other programs see it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BranchForm<'a> {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) from_p_w: f64,
    pub(crate) from_q_var: f64,
    pub(crate) to_p_w: f64,
    pub(crate) to_q_var: f64,
    pub(crate) from_a: f64,
    pub(crate) to_a: f64,
    pub(crate) loading: Option<f64>,
}

impl<'a> BranchForm<'a> {
    pub(crate) fn of(branch: &Branch<'a>) -> Self {
        let flow = branch.flow;
        Self {
            kind: branch.element.kind(),
            name: branch.name.clone(),
            from: branch.from,
            to: branch.to,
            from_p_w: flow.from_p_w,
            from_q_var: flow.from_q_var,
            to_p_w: flow.to_p_w,
            to_q_var: flow.to_q_var,
            from_a: flow.from_a,
            to_a: flow.to_a,
            loading: branch.loading,
        }
    }
}

/// Branches as columns of the fields' names.
pub(crate) fn branch_columns(rows: &[BranchForm<'_>]) -> Vec<(String, Column)> {
    named([
        ("kind", texts(rows, |row| row.kind)),
        ("name", texts(rows, |row| &row.name)),
        ("from", texts(rows, |row| row.from)),
        ("to", texts(rows, |row| row.to)),
        ("from_p_w", numbers(rows, |row| row.from_p_w)),
        ("from_q_var", numbers(rows, |row| row.from_q_var)),
        ("to_p_w", numbers(rows, |row| row.to_p_w)),
        ("to_q_var", numbers(rows, |row| row.to_q_var)),
        ("from_a", numbers(rows, |row| row.from_a)),
        ("to_a", numbers(rows, |row| row.to_a)),
        ("loading", numbers(rows, |row| row.loading.unwrap_or(f64::NAN))),
    ])
}
