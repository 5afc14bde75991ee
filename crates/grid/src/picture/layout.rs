//! Where buses lie in the picture and how branches run between them.

use super::graph::{Edge, Graph};
use super::spread::part;
use super::stress;
use super::tree::Tree;
use crate::electric::{Control, Network};

/// Width of the drawing, pixels.
pub(super) const WIDTH: f64 = 1200.0;
/// Space left for the title.
const TOP: f64 = 96.0;
/// Space left at both sides.
const SIDE: f64 = 60.0;

/// Places in pixels.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Of each bus.
    pub(super) at: Vec<[f64; 2]>,
    /// Below everything.
    pub(super) bottom: f64,
    /// Of a bus's mark.
    pub(super) radius: f64,
    /// In a tree, each bus's parent; empty elsewhere.
    parent: Vec<usize>,
    /// Distance of a tree's columns.
    column: f64,
}

/// How a branch is drawn.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// The path.
    pub(super) d: String,
    /// Its middle.
    pub(super) middle: [f64; 2],
    /// Its direction there, from − to, of length 1.
    pub(super) along: [f64; 2],
    /// How long the piece around the middle is.
    pub(super) room: f64,
}

impl Layout {
    /// Lays out a network; there is at least one bus.
    pub(super) fn of(network: &Network, edges: &[Edge]) -> Self {
        if let Some(at) = mapped(network) {
            return Self::fitted(at, f64::INFINITY);
        }
        let graph = Graph::of(network, edges);
        let components = graph.components();
        if components.iter().all(|component| graph.is_tree(component)) {
            return Self::trees(network, &graph, &components);
        }
        Self::fitted(packed(&graph, &components), 150.0)
    }

    /// One tree below the other, each from its source.
    fn trees(network: &Network, graph: &Graph, components: &[Vec<usize>]) -> Self {
        let is_slack = |bus: usize| {
            network.generators.iter().any(|generator| {
                generator.in_service
                    && generator.bus == bus
                    && matches!(generator.control, Control::Slack { .. })
            })
        };
        let mut at = vec![[0.0; 2]; network.buses.len()];
        let mut parent = vec![usize::MAX; network.buses.len()];
        let (mut rows, mut columns) = (0.0, 1);
        let mut trees = Vec::new();
        for component in components {
            let root = component.iter().copied().find(|&bus| is_slack(bus)).unwrap_or_else(|| {
                let most = |&&bus: &&usize| (graph.neighbours[bus].len(), std::cmp::Reverse(bus));
                *component.iter().max_by_key(most).expect("a component has a bus")
            });
            let tree = Tree::of(graph, root);
            let (first, last, deepest) = tree.extent();
            trees.push((rows - first, tree));
            rows += last - first + 1.5;
            columns = columns.max(deepest);
        }
        let column = ((WIDTH - 2.0 * SIDE) / columns as f64).min(120.0);
        let row = (860.0 / rows).clamp(9.0, 46.0);
        let indent = (WIDTH - columns as f64 * column) / 2.0;
        for (shift, tree) in trees {
            for &(bus, depth, y) in &tree.places {
                at[bus] = [indent + depth as f64 * column, TOP + (y + shift + 0.7) * row];
                for &other in &graph.neighbours[bus] {
                    if parent[bus] != other {
                        parent[other] = bus;
                    }
                }
            }
        }
        let bottom = TOP + (rows + 0.2) * row;
        Self { at, bottom, radius: radius(row.min(column)), parent, column }
    }

    /// Scales positions, y upwards, into the drawing; a unit becomes at most `most` pixels.
    fn fitted(mut at: Vec<[f64; 2]>, most: f64) -> Self {
        let extent = |axis: usize| {
            at.iter().fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])))
        };
        let ([left, right], [low, high]) = (<[f64; 2]>::from(extent(0)), <[f64; 2]>::from(extent(1)));
        let tallest = (360.0 + 5.0 * at.len() as f64).min(1_000.0);
        let room = |space: f64, of: f64| if of > 0.0 { space / of } else { f64::INFINITY };
        let scale = room(WIDTH - 2.0 * SIDE, right - left).min(room(tallest, high - low)).min(most);
        let scale = if scale.is_finite() { scale } else { 1.0 };
        let indent = (WIDTH - (right - left) * scale) / 2.0;
        for p in &mut at {
            *p = [indent + (p[0] - left) * scale, TOP + 24.0 + (high - p[1]) * scale];
        }
        let area = (right - left).max(1e-9) * (high - low).max(1e-9) * scale * scale;
        let radius = radius((area / at.len() as f64).sqrt() * 0.7);
        part(&mut at, 3.2 * radius);
        // Parting may have pushed some beyond the edge.
        let top = at.iter().fold(f64::MAX, |top, p| top.min(p[1]));
        for p in &mut at {
            p[1] += TOP + 24.0 - top;
        }
        let bottom = at.iter().fold(0.0_f64, |bottom, p| bottom.max(p[1])) + 36.0;
        Self { at, bottom, radius, parent: Vec::new(), column: 0.0 }
    }

    /// The path of an edge that is the `number`-th (from 0) of `count` between the same buses.
    pub(super) fn route(&self, edge: &Edge, number: usize, count: usize) -> Route {
        let (a, b) = (self.at[edge.from], self.at[edge.to]);
        // Parallel edges bow to either side; from and to may be exchanged among them.
        let side = if edge.from < edge.to { 1.0 } else { -1.0 };
        let mut bow = (number as f64 - (count as f64 - 1.0) / 2.0) * 3.0 * self.radius * side;
        let of_tree = |child: usize, parent: usize| self.parent.get(child) == Some(&parent);
        if edge.closed && count == 1 {
            if of_tree(edge.to, edge.from) {
                return self.elbow(a, b, 1.0);
            }
            if of_tree(edge.from, edge.to) {
                return self.elbow(b, a, -1.0);
            }
        } else if !edge.closed && !self.parent.is_empty() {
            bow += 2.0 * self.radius;
        }
        let apart = [b[0] - a[0], b[1] - a[1]];
        let length = (apart[0] * apart[0] + apart[1] * apart[1]).sqrt().max(1e-9);
        let along = apart.map(|x| x / length);
        let middle = [(a[0] + b[0]) / 2.0 - along[1] * bow, (a[1] + b[1]) / 2.0 + along[0] * bow];
        let [[ax, ay], [bx, by]] = [a, b];
        let d = if bow == 0.0 {
            format!("M{ax:.1} {ay:.1}L{bx:.1} {by:.1}")
        } else {
            let (cx, cy) = (2.0 * middle[0] - (ax + bx) / 2.0, 2.0 * middle[1] - (ay + by) / 2.0);
            format!("M{ax:.1} {ay:.1}Q{cx:.1} {cy:.1} {bx:.1} {by:.1}")
        };
        Route { d, middle, along, room: length }
    }

    /// From a tree's parent slanting to the child's row, then along it.
    fn elbow(&self, parent: [f64; 2], child: [f64; 2], sign: f64) -> Route {
        let [[px, py], [cx, cy]] = [parent, child];
        let bend = if (py - cy).abs() < 0.1 { 0.0 } else { 0.42 * self.column };
        let d = format!("M{px:.1} {py:.1}L{:.1} {cy:.1}L{cx:.1} {cy:.1}", px + bend);
        Route { d, middle: [(px + bend + cx) / 2.0, cy], along: [sign, 0.0], room: cx - px - bend }
    }
}

/// A mark's radius where marks are so far apart.
fn radius(pitch: f64) -> f64 {
    (0.2 * pitch).clamp(1.6, 7.0)
}

/// The buses' own positions, where each has one and they are not all the same.
fn mapped(network: &Network) -> Option<Vec<[f64; 2]>> {
    let at: Option<Vec<[f64; 2]>> =
        network.buses.iter().map(|bus| bus.position.map(|position| [position.x, position.y])).collect();
    let mut at = at?;
    if at.iter().any(|p| !p[0].is_finite() || !p[1].is_finite()) || at.iter().all(|p| *p == at[0]) {
        return None;
    }
    // Degrees of longitude are shorter than those of latitude.
    if at.iter().all(|p| p[0].abs() <= 180.0 && p[1].abs() <= 90.0) {
        let mean = at.iter().map(|p| p[1]).sum::<f64>() / at.len() as f64;
        let shrunk = libm::cos(mean.to_radians());
        at.iter_mut().for_each(|p| p[0] *= shrunk);
    }
    Some(at)
}

/// Components one beside the other in rows, the largest first.
fn packed(graph: &Graph, components: &[Vec<usize>]) -> Vec<[f64; 2]> {
    let mut at = vec![[0.0; 2]; graph.neighbours.len()];
    let mut widest = 0.0_f64;
    let (mut x, mut y, mut lowest) = (0.0, 0.0, 0.0_f64);
    for component in components {
        let places = stress::place(graph, component);
        let extent = |axis: usize| {
            places.iter().fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])))
        };
        let ((left, right), (low, high)) = (extent(0), extent(1));
        if x > 0.0 && x + right - left > widest {
            (x, y) = (0.0, lowest - 1.5);
        }
        for (&bus, p) in component.iter().zip(&places) {
            at[bus] = [x + p[0] - left, y - (high - p[1])];
        }
        lowest = lowest.min(y - (high - low));
        x += right - left + 1.5;
        widest = widest.max(x);
    }
    at
}
