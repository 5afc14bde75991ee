//! A radial network as a single-line diagram: the source at the left, each feeder's longest path straight, laterals
//! above and below it.

use super::graph::Graph;

/// Depth (columns from the root) and row of the buses of one tree.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// (bus, column, row), rows in any unit with neighbours at least 1 apart; the root first.
    pub(super) places: Vec<(usize, usize, f64)>,
}

/// Rows that a subtree takes, by column, the deepest column first; relative to its root's row.
type Contour = Vec<[f64; 2]>;

impl Tree {
    /// Lays out the tree that hangs on `root`.
    pub(super) fn of(graph: &Graph, root: usize) -> Self {
        let (order, parent, depth) = walk(graph, root);
        let count = graph.neighbours.len();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
        for &bus in order.iter().skip(1) {
            children[parent[bus]].push(bus);
        }
        let mut contours: Vec<Contour> = vec![Vec::new(); count];
        let mut offset = vec![0.0; count];
        for &bus in order.iter().rev() {
            contours[bus] = arrange(&mut children[bus], &mut contours, &mut offset);
        }
        let mut row = vec![0.0; count];
        for &bus in order.iter().skip(1) {
            row[bus] = row[parent[bus]] + offset[bus];
        }
        Self { places: order.into_iter().map(|bus| (bus, depth[bus], row[bus])).collect() }
    }

    /// First and last row, and the last column.
    pub(super) fn extent(&self) -> (f64, f64, usize) {
        self.places.iter().fold((f64::MAX, f64::MIN, 0), |(first, last, columns), &(_, column, row)| {
            (first.min(row), last.max(row), columns.max(column))
        })
    }
}

/// Buses from the root outwards, each one's parent and depth.
fn walk(graph: &Graph, root: usize) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let mut parent = vec![usize::MAX; graph.neighbours.len()];
    let mut depth = vec![0; graph.neighbours.len()];
    let mut order = vec![root];
    let mut next = 0;
    while let Some(&bus) = order.get(next) {
        next += 1;
        for &other in &graph.neighbours[bus] {
            if other != parent[bus] {
                parent[other] = bus;
                depth[other] = depth[bus] + 1;
                order.push(other);
            }
        }
    }
    (order, parent, depth)
}

/// Sets the children's rows against their parent's and gives the contour of the whole. The deepest child goes on
/// straight; the shallowest of the others lie next to it, on whichever side has room closer by.
fn arrange(children: &mut [usize], contours: &mut [Contour], offset: &mut [f64]) -> Contour {
    children.sort_by_key(|&child| (contours[child].len(), child));
    let Some((&main, laterals)) = children.split_last() else { return vec![[0.0, 0.0]] };
    let mut whole = std::mem::take(&mut contours[main]);
    let mut fan = [0.0_f64, 0.0];
    let mut below = true;
    for &child in laterals {
        let contour = std::mem::take(&mut contours[child]);
        let pairs = || whole.iter().rev().zip(contour.iter().rev());
        let down = pairs().fold(f64::MIN, |most, (taken, own)| most.max(taken[1] - own[0])) + 1.0;
        let up = pairs().fold(f64::MAX, |least, (taken, own)| least.min(taken[0] - own[1])) - 1.0;
        let shift = if down < -up || (down == -up && below) { down } else { up };
        below = shift < 0.0;
        offset[child] = shift;
        fan = [fan[0].min(shift), fan[1].max(shift)];
        for (taken, own) in whole.iter_mut().rev().zip(contour.iter().rev()) {
            *taken = [taken[0].min(own[0] + shift), taken[1].max(own[1] + shift)];
        }
    }
    // The branches to the children fan out beside the parent's column, so nothing else may lie there.
    whole.push(fan);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph {
        let mut neighbours = vec![Vec::new(); count];
        for &(a, b) in edges {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        Graph { neighbours }
    }

    #[test]
    fn the_longest_path_is_straight_and_laterals_keep_clear() {
        // 0 – 1 – 2 – 3 with laterals 4 at 1 and 5 – 6 at 0.
        let tree = Tree::of(&graph(7, &[(0, 1), (1, 2), (2, 3), (1, 4), (0, 5), (5, 6)]), 0);
        let row = |bus: usize| tree.places.iter().find(|place| place.0 == bus).unwrap().2;
        for bus in [0, 1, 2, 3] {
            assert_eq!(row(bus), 0.0);
        }
        for (a, at) in tree.places.iter().zip(1..) {
            for b in &tree.places[at..] {
                assert!(a.1 != b.1 || (a.2 - b.2).abs() >= 1.0, "{a:?} and {b:?} lie on each other");
            }
        }
        assert_eq!(tree.extent().2, 3);
    }
}
