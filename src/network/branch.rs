//! Branches of all kinds in one list.

use grid::electric::{BranchFlow, Element, Network, Rating};

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
