//! Limits of a network that its power flow breaks.

use crate::network::Branch;
use grid::electric::{Control, Element, GeneratorFlow, Network};
use serde::Serialize;

/// A value within so much of its limit keeps it, relative to the limit.
const SLACK: f64 = 1e-6;

/// A limit that is broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Violation {
    /// Kind of the element.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) name: String,
    /// Which limit: `min_voltage_pu`, `max_voltage_pu`, `loading`, `min_q_var`, `max_q_var`, `min_p_w` or `max_p_w`.
    pub(super) limit: &'static str,
    /// What it has.
    pub(super) value: f64,
    /// What it may have.
    pub(super) allowed: f64,
}

/// Every limit that is broken: of buses, then of branches, then of generators that hold a voltage.
pub(super) fn violations(
    network: &Network,
    voltage_pu: &[f64],
    branches: &[Branch<'_>],
    generators: &[GeneratorFlow],
) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut check =
        |element: Element, name: &str, names: [&'static str; 2], value: f64, [min, max]: [f64; 2]| {
            let below = value < min - SLACK * min.abs().max(1e-3);
            let above = value > max + SLACK * max.abs().max(1e-3);
            if below || above {
                let (limit, allowed) = if below { (names[0], min) } else { (names[1], max) };
                found.push(Violation { kind: element.kind(), name: name.to_owned(), limit, value, allowed });
            }
        };
    for (i, (bus, &v)) in network.buses.iter().zip(voltage_pu).enumerate() {
        let names = ["min_voltage_pu", "max_voltage_pu"];
        check(Element::Bus(i), &bus.name, names, v, [bus.min_voltage_pu, bus.max_voltage_pu]);
    }
    for branch in branches {
        let loading = branch.loading.unwrap_or_default();
        check(branch.element, &branch.name, ["", "loading"], loading, [f64::NEG_INFINITY, 1.0]);
    }
    for (i, (generator, flow)) in network.generators.iter().zip(generators).enumerate() {
        if !generator.in_service || generator.control == Control::Power {
            continue;
        }
        let (element, name) = (Element::Generator(i), generator.name.as_str());
        let q = [generator.min_q_var, generator.max_q_var];
        check(element, name, ["min_q_var", "max_q_var"], flow.q_var, q);
        if matches!(generator.control, Control::Slack { .. }) {
            let p = [generator.min_p_w, generator.max_p_w];
            check(element, name, ["min_p_w", "max_p_w"], flow.p_w, p);
        }
    }
    found
}
