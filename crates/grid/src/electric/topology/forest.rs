//! Spanning forests: by which branch power comes to a node, and which branches close loops.
//!
//! A graph of n nodes that hangs together and has n − 1 branches is a tree; every further branch closes one loop with
//! the path between its ends. Sources count as joined: a branch between what two of them feed closes a loop too.

/// Where a node is fed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The next node towards the source.
    pub node: usize,
    /// The branch to it.
    pub branch: usize,
}

/// A breadth-first spanning forest of a graph, from its sources outwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forest {
    /// Nodes that are reached, sources first, each after its parent, depths never falling.
    pub order: Vec<usize>,
    /// Where each node is fed from; `None` for sources and for nodes that are not reached.
    pub parent: Vec<Option<Parent>>,
    /// Branches between each node and its source; `None` where it is not reached.
    pub depth: Vec<Option<usize>>,
    /// Branches between reached nodes that are not part of the forest, in order; none if the graph is radial.
    pub closing: Vec<usize>,
}

/// Branches at each node.
pub(super) struct Adjacency {
    starts: Vec<usize>,
    /// Node at the other end, and branch.
    ends: Vec<(usize, usize)>,
}

impl Adjacency {
    pub(super) fn of(nodes: usize, branches: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; nodes + 1];
        for &(from, to) in branches {
            starts[from + 1] += 1;
            starts[to + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut ends = vec![(0, 0); 2 * branches.len()];
        for (branch, &(from, to)) in branches.iter().enumerate() {
            for (at, other) in [(from, to), (to, from)] {
                ends[next[at]] = (other, branch);
                next[at] += 1;
            }
        }
        Self { starts, ends }
    }

    /// Node at the other end and number of each branch at a node, in order of the branches.
    pub(super) fn at(&self, node: usize) -> &[(usize, usize)] {
        &self.ends[self.starts[node]..self.starts[node + 1]]
    }
}

impl Forest {
    /// The forest of a graph given by the two nodes of each branch, grown from the given sources. Linear time.
    #[must_use]
    pub fn grow(nodes: usize, branches: &[(usize, usize)], sources: &[usize]) -> Self {
        let adjacency = Adjacency::of(nodes, branches);
        let mut parent: Vec<Option<Parent>> = vec![None; nodes];
        let mut depth = vec![None; nodes];
        let mut order = Vec::with_capacity(nodes);
        for &source in sources {
            if depth[source].is_none() {
                depth[source] = Some(0);
                order.push(source);
            }
        }
        let mut used = vec![false; branches.len()];
        let mut closing = Vec::new();
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            next += 1;
            for &(other, branch) in adjacency.at(node) {
                if std::mem::replace(&mut used[branch], true) {
                    continue;
                }
                if depth[other].is_some() {
                    closing.push(branch);
                    continue;
                }
                parent[other] = Some(Parent { node, branch });
                depth[other] = depth[node].map(|depth: usize| depth + 1);
                order.push(other);
            }
        }
        closing.sort_unstable();
        Self { order, parent, depth, closing }
    }

    /// Branches between two nodes, from the first to the second; `None` where either is not reached or they hang on
    /// different sources.
    #[must_use]
    pub fn path(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let (branches, meet) = self.climb(from, to)?;
        meet.then_some(branches)
    }

    /// The loop that a branch between the given nodes closes: the branch, then the way back through the forest. Where
    /// its ends hang on different sources, the way goes through both.
    #[must_use]
    pub fn cycle(&self, branch: usize, from: usize, to: usize) -> Vec<usize> {
        let back = self.climb(to, from).map_or_else(Vec::new, |(branches, _)| branches);
        std::iter::once(branch).chain(back).collect()
    }

    /// Branches from a node up to where the paths meet (or to its source) and down to another, and whether they meet.
    fn climb(&self, from: usize, to: usize) -> Option<(Vec<usize>, bool)> {
        let (mut a, mut b) = (from, to);
        let (mut depth_a, mut depth_b) = ((*self.depth.get(a)?)?, (*self.depth.get(b)?)?);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        while a != b {
            if depth_a == 0 && depth_b == 0 {
                break;
            }
            let (at, depth, way) = if depth_a >= depth_b {
                (&mut a, &mut depth_a, &mut up)
            } else {
                (&mut b, &mut depth_b, &mut down)
            };
            let parent = self.parent[*at].expect("a node that is not a source has a parent");
            way.push(parent.branch);
            *at = parent.node;
            *depth -= 1;
        }
        let meet = a == b;
        up.extend(down.into_iter().rev());
        Some((up, meet))
    }
}

/// Branches without which a part of the graph would be cut off (Tarjan 1974: a branch is a bridge if nothing below it
/// reaches back above it). Linear time, without recursion: feeders are deep.
pub(super) fn bridges(nodes: usize, branches: &[(usize, usize)]) -> Vec<usize> {
    let adjacency = Adjacency::of(nodes, branches);
    let unseen = usize::MAX;
    // When a node was found, and the earliest node that it or what lies below it reaches.
    let mut found = vec![unseen; nodes];
    let mut reaches = vec![unseen; nodes];
    let mut clock = 0;
    let mut bridges = Vec::new();
    // Node, branch by which it was found, how many of its branches were looked at.
    let mut stack: Vec<(usize, usize, usize)> = Vec::new();
    for start in 0..nodes {
        if found[start] != unseen {
            continue;
        }
        stack.push((start, unseen, 0));
        while let Some((node, by, looked)) = stack.last_mut() {
            let (node, by) = (*node, *by);
            if found[node] == unseen {
                found[node] = clock;
                reaches[node] = clock;
                clock += 1;
            }
            if let Some(&(other, branch)) = adjacency.at(node).get(*looked) {
                *looked += 1;
                if branch == by {
                    continue;
                }
                if found[other] == unseen {
                    stack.push((other, branch, 0));
                } else {
                    reaches[node] = reaches[node].min(found[other]);
                }
                continue;
            }
            stack.pop();
            if let Some(&(above, _, _)) = stack.last() {
                reaches[above] = reaches[above].min(reaches[node]);
                if reaches[node] > found[above] {
                    bridges.push(by);
                }
            }
        }
    }
    bridges.sort_unstable();
    bridges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source at 0, a ring 0–1–2–3–0, and a spur 2–4–5.
    const RING: [(usize, usize); 6] = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (5, 4)];

    #[test]
    fn a_ring_has_one_closing_branch_and_its_spur_is_made_of_bridges() {
        let forest = Forest::grow(6, &RING, &[0]);
        assert_eq!(forest.order, [0, 1, 3, 2, 4, 5]);
        assert_eq!(forest.depth, [0, 1, 2, 1, 3, 4].map(Some));
        assert_eq!(forest.closing, [2]);
        assert_eq!(forest.cycle(2, 2, 3), [2, 3, 0, 1]);
        assert_eq!(forest.path(5, 3), Some(vec![5, 4, 1, 0, 3]));
        assert_eq!(bridges(6, &RING), [4, 5]);
    }

    #[test]
    fn two_branches_side_by_side_are_no_bridges_and_close_a_loop() {
        let branches = [(0, 1), (0, 1), (1, 2), (2, 2)];
        let forest = Forest::grow(3, &branches, &[0]);
        assert_eq!(forest.closing, [1, 3]);
        assert_eq!(forest.cycle(1, 0, 1), [1, 0]);
        assert_eq!(forest.cycle(3, 2, 2), [3]);
        assert_eq!(bridges(3, &branches), [2]);
    }

    #[test]
    fn a_branch_between_two_sources_areas_closes_a_loop_through_both() {
        // 0 and 3 are sources: 0–1–2–3.
        let branches = [(0, 1), (1, 2), (2, 3)];
        let forest = Forest::grow(5, &branches, &[0, 3]);
        assert_eq!(forest.closing, [1]);
        assert_eq!(forest.cycle(1, 1, 2), [1, 2, 0]);
        assert_eq!(forest.path(1, 2), None);
        assert_eq!(forest.path(1, 4), None);
        assert_eq!(forest.depth[4], None);
    }
}
