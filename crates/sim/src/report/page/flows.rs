//! Where the energy came from and where it went, per carrier.

use super::{Sums, capital, section as whole, sizes};
use crate::report::attribution::Flows;
use crate::report::chart::{Link, Node, sankey};
use crate::report::{Stream, text};
use market::{Carrier, Energy};
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
    let (own, peers, supplier) = (total.own_use(), total.from_peers, total.from_supplier());
    let share = |energy: Energy, by: &str| {
        let percent = text::percent(energy.0.into(), (own + peers + supplier).0.into())?;
        (!energy.is_zero()).then(|| format!("{percent} {by}"))
    };
    let made = [share(own, "made by the users themselves"), share(peers, "by neighbours")];
    let parts: Vec<String> = made.into_iter().chain([share(supplier, "by the supplier")]).flatten().collect();
    let mut caption = format!("{} used: {}.", text::energy(total.consumption), parts.join(", "));
    let (given, taken) = (total.to_peers, total.from_peers);
    if (given - taken).abs().0 * 100 > given.0.max(taken.0) {
        caption += &format!(
            " Neighbours gave {} and took {}: {}.",
            text::energy(given),
            text::energy(taken),
            match given > taken {
                true => "the rest was bought but then not needed, and went on to the supplier",
                false => "what was sold but then not there came from the supplier",
            }
        );
    }
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
    let node = |name: &str, short: &str, class, column| Node {
        name: name.into(),
        short: short.into(),
        class,
        column,
    };
    let mut nodes = vec![
        node("Used where made", "Own use", "own", 1),
        node("Neighbours", "Neighbours", "neighbours", 1),
        node("Bought from supplier", "Bought", "supplier", 1),
        node("Sold to supplier", "Sold", "feed", 1),
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
                nodes.push(node(stream.name(), stream.name(), stream.class(), column));
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
        nodes.push(node("Supplier", "Supplier", "supplier", 0));
        links.push(Link { from: nodes.len() - 1, to: 2, value: bought });
    }
    if sold > 0.0 {
        nodes.push(node("Supplier", "Supplier", "feed", 2));
        links.push(Link { from: 3, to: nodes.len() - 1, value: sold });
    }
    // Ribbons leave and arrive in the order of the nodes at their other end, so that they cross little.
    links.sort_by_key(|link| (link.from, link.to));
    (nodes, links)
}
