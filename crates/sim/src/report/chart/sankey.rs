//! Where something came from and where it went: nodes in columns, ribbons as wide as what flows.

use super::{Size, Svg};
use crate::report::text::energy;
use market::Energy;

/// A place through which something flows.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// A shorter one, for a narrow picture.
    pub short: String,
    /// The style class that colours it and the ribbons that leave it.
    pub class: &'static str,
    /// Its column, 0 at the left.
    pub column: usize,
}

/// What flows between two nodes.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Where it comes from, a place in the list of nodes.
    pub from: usize,
    /// Where it goes.
    pub to: usize,
    /// How much, Wh, > 0.
    pub value: f64,
}

/// A node as it is placed.
#[derive(Clone, Copy, Default)]
struct Placed {
    x: f64,
    y: f64,
    height: f64,
    value: f64,
    /// How far ribbons already reach down its right and its left side.
    leaving: f64,
    arriving: f64,
}

const THICK: f64 = 12.0;

/// The picture of nodes (in their order within each column) and links. Nodes without any flow are left out.
#[must_use]
pub fn sankey(nodes: &[Node], links: &[Link], size: Size, title: &str, description: &str) -> String {
    let (placed, height) = place(nodes, links, size);
    let mut svg = Svg::new(size, height + 10.0);
    svg.class("sankey");
    ribbons(&mut svg, nodes, links, placed.clone());
    let columns = nodes.iter().map(|node| node.column).max().unwrap_or(0);
    for (node, place) in nodes.iter().zip(&placed).filter(|(_, place)| place.value > 0.0) {
        let amount = amount(place.value);
        let tip = format!("{}: {amount}", node.name);
        svg.rect(&format!("fill {}", node.class), [place.x, place.y], [THICK, place.height.max(1.5)], &tip);
        let (anchor, x) = match node.column {
            0 => ("end", place.x - 7.0),
            _ => ("start", place.x + THICK + 7.0),
        };
        let halo = if node.column == 0 || node.column == columns { "" } else { " halo" };
        let lines = lines(node, size);
        let line = size.pick(16.0, 14.0);
        let block = (lines.len() + 1) as f64 * line;
        let mut y = place.y + place.height / 2.0 - block / 2.0 + line * 0.75;
        for text in &lines {
            svg.text(&format!("label {anchor}{halo}"), [x, y], text);
            y += line;
        }
        svg.text(&format!("value {anchor}{halo}"), [x, y], &amount);
    }
    svg.finish(title, description)
}

fn place(nodes: &[Node], links: &[Link], size: Size) -> (Vec<Placed>, f64) {
    let mut placed = vec![Placed::default(); nodes.len()];
    for (number, place) in placed.iter_mut().enumerate() {
        let sum = |of: &dyn Fn(&Link) -> usize| -> f64 {
            links.iter().filter(|link| of(link) == number).map(|link| link.value).sum()
        };
        place.value = sum(&|link| link.from).max(sum(&|link| link.to));
    }
    let columns = nodes.iter().map(|node| node.column).max().unwrap_or(0) + 1;
    let column = |index: usize| (0..nodes.len()).filter(move |number| nodes[*number].column == index);
    let sums = (0..columns).map(|index| column(index).map(|number| placed[number].value).sum::<f64>());
    let largest = sums.fold(1.0, f64::max);
    let scale = size.pick(300.0, 330.0) / largest;

    // Every node gets room for its lines of text.
    let line = size.pick(16.0, 14.0);
    let mut heights = vec![0.0; columns];
    for (index, height) in heights.iter_mut().enumerate() {
        for number in column(index).filter(|number| placed[*number].value > 0.0).collect::<Vec<_>>() {
            placed[number].height = placed[number].value * scale;
            *height += slot(&placed[number], &nodes[number], size, line);
        }
    }
    let total = heights.iter().copied().fold(0.0, f64::max);
    let (left, right) = (size.pick(170.0, 78.0), size.width() - size.pick(182.0, 92.0));
    for (index, height) in heights.iter().enumerate() {
        let mut y = (total - height) / 2.0;
        let x = left + (right - left) * index as f64 / (columns.max(2) - 1) as f64;
        for number in column(index).filter(|number| placed[*number].value > 0.0).collect::<Vec<_>>() {
            let slot = slot(&placed[number], &nodes[number], size, line);
            placed[number].x = x;
            placed[number].y = y + (slot - placed[number].height) / 2.0 + 3.0;
            y += slot;
        }
    }
    (placed, total)
}

/// The height a node takes in its column, label included.
fn slot(place: &Placed, node: &Node, size: Size, line: f64) -> f64 {
    let lines = lines(node, size).len() + 1;
    place.height.max(lines as f64 * line) + 8.0
}

fn ribbons(svg: &mut Svg, nodes: &[Node], links: &[Link], mut placed: Vec<Placed>) {
    for link in links.iter().filter(|link| link.value > 0.0) {
        let scale = placed[link.from].height / placed[link.from].value;
        let thick = link.value * scale;
        let from = &mut placed[link.from];
        let [x1, y1] = [from.x + THICK, from.y + from.leaving];
        from.leaving += thick;
        let to = &mut placed[link.to];
        let [x2, y2] = [to.x, to.y + to.arriving];
        to.arriving += thick;
        let middle = (x1 + x2) / 2.0;
        let shown = thick.max(0.8);
        let d = format!(
            "M{x1:.1} {y1:.1}C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1}V{:.1}\
             C{middle:.1} {:.1} {middle:.1} {:.1} {x1:.1} {:.1}Z",
            y2 + shown,
            y2 + shown,
            y1 + shown,
            y1 + shown
        );
        let tip = format!("{} → {}: {}", nodes[link.from].name, nodes[link.to].name, amount(link.value));
        svg.path(&format!("ribbon {}", nodes[link.from].class), &d, &tip);
    }
}

/// A node's name in lines.
fn lines(node: &Node, size: Size) -> Vec<String> {
    match size {
        Size::Wide => wrap(&node.name, 24),
        Size::Narrow | Size::Half => wrap(&node.short, 12),
    }
}

fn amount(value: f64) -> String {
    energy(Energy(value.round() as i64))
}

/// Words in lines of at most `most` characters, where they allow it.
fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_enters_a_node_leaves_it_at_the_same_width() {
        let node = |name: &str, column| Node { name: name.into(), short: name.into(), class: "own", column };
        let nodes = [node("Sun", 0), node("Own use", 1), node("Car", 2), node("Idle", 2)];
        let links = [Link { from: 0, to: 1, value: 500.0 }, Link { from: 1, to: 2, value: 500.0 }];
        let (placed, _) = place(&nodes, &links, Size::Wide);
        assert!((placed[0].height - placed[2].height).abs() < 1e-9 && placed[3].value == 0.0);
        let svg = sankey(&nodes, &links, Size::Narrow, "Flows", "From sun to car");
        assert_eq!(svg.matches("class=\"ribbon").count(), 2);
        assert!(svg.contains("Sun → Own use: 0.50\u{a0}kWh") && !svg.contains("Idle"));
    }
}
