//! Where the energy came from and where it went, per carrier.

use super::{Sums, capital, section as whole, sizes};
use crate::report::chart::{Link, Node, sankey};
use crate::report::recorder::Flows;
use crate::report::{Stream, text};
use market::Carrier;
use std::collections::BTreeMap;

/// The section.
pub(super) fn section(sums: &Sums<'_>) -> String {
    let figures: String = sums.carriers.iter().map(|carrier| figure(sums, *carrier)).collect();
    whole(
        "flows",
        "Where the energy came from and where it went",
        "From left to right: the source, the way it took, and its use. The wider a ribbon, the more energy.",
        &figures,
    )
}

fn figure(sums: &Sums<'_>, carrier: Carrier) -> String {
    let total = sums.total(carrier);
    let flows = &sums.record.flows[carrier as usize];
    let badge = match sums.untraded(carrier) {
        Some(reason) => format!("<p class=\"untraded\"><b>Not traded.</b> {}</p>\n", text::escape(&reason)),
        None => String::new(),
    };
    let caption = format!(
        "{} used; {} where it was made, {} from neighbours, {} from the supplier.",
        text::energy(total.consumption),
        text::energy(total.own_use()),
        text::energy(total.from_peers),
        text::energy(total.from_supplier()),
    );
    let (nodes, links) = graph(flows);
    let title = format!("Flows of {}", carrier.name());
    let picture = sizes(|size| sankey(&nodes, &links, size, &title, &caption));
    format!(
        "<figure>\n<h3>{}</h3>\n{badge}<figcaption>{caption}</figcaption>\n{picture}</figure>\n",
        capital(carrier)
    )
}

/// Sources and the supplier at the left, the ways in the middle, uses and the supplier at the right.
fn graph(flows: &Flows) -> (Vec<Node>, Vec<Link>) {
    const OWN: usize = 0;
    let mut nodes = vec![
        Node { name: "Used where made".into(), class: "own", column: 1 },
        Node { name: "Neighbours".into(), class: "neighbours", column: 1 },
        Node { name: "Bought from supplier".into(), class: "supplier", column: 1 },
        Node { name: "Sold to supplier".into(), class: "feed", column: 1 },
    ];
    let mut links = Vec::new();
    // Streams with one name share a node.
    let mut places: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for stream in Stream::ALL {
        let source = stream.is_source();
        let amounts = if source { flows.from[stream as usize] } else { flows.to[stream as usize] };
        let column = if source { 0 } else { 2 };
        for (channel, value) in amounts.into_iter().enumerate().filter(|(_, value)| *value >= 0.5) {
            let node = *places.entry((column, stream.name())).or_insert_with(|| {
                nodes.push(Node { name: stream.name().into(), class: stream.class(), column });
                nodes.len() - 1
            });
            links.push(if source {
                Link { from: node, to: if channel == 2 { 3 } else { OWN + channel }, value }
            } else {
                Link { from: OWN + channel, to: node, value }
            });
        }
    }
    let sum =
        |of: &dyn Fn(&Link) -> bool| links.iter().filter(|link| of(link)).map(|link| link.value).sum::<f64>();
    let (bought, sold) = (sum(&|link| link.from == 2), sum(&|link| link.to == 3));
    if bought > 0.0 {
        nodes.push(Node { name: "Supplier".into(), class: "supplier", column: 0 });
        links.push(Link { from: nodes.len() - 1, to: 2, value: bought });
    }
    if sold > 0.0 {
        nodes.push(Node { name: "Supplier".into(), class: "feed", column: 2 });
        links.push(Link { from: 3, to: nodes.len() - 1, value: sold });
    }
    // Ribbons leave and arrive in the order of the nodes at their other end, so that they cross little.
    links.sort_by_key(|link| (link.from, link.to));
    (nodes, links)
}
