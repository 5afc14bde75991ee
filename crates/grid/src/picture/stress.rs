//! Positions whose distances are those of the graph: least stress Σ wᵢⱼ(‖xᵢ − xⱼ‖ − dᵢⱼ)² with wᵢⱼ = dᵢⱼ⁻², by
//! majorisation (Gansner, Koren & North 2004), from a start by pivots (Brandes & Pich 2006). Nothing is random.
//!
//! Large graphs keep only the terms of neighbours and of pivots, these weighted by how many buses each stands for
//! (Ortmann, Klimenta & Brandes 2016).

use super::graph::Graph;

/// The most buses of which all pairs are weighed.
const ALL_PAIRS: usize = 600;
/// The most pivots.
const PIVOTS: usize = 80;
/// Rounds over all buses.
const ROUNDS: usize = 120;

/// Positions of a component's buses, in its order, an edge being about 1 long; longest from left to right.
pub(super) fn place(graph: &Graph, component: &[usize]) -> Vec<[f64; 2]> {
    let count = component.len();
    if count < 3 {
        return (0..count).map(|i| [i as f64, 0.0]).collect();
    }
    let mut local = vec![usize::MAX; graph.neighbours.len()];
    for (i, &bus) in component.iter().enumerate() {
        local[bus] = i;
    }
    let row = |bus: usize| -> Vec<f64> {
        let distances = graph.distances(bus);
        component.iter().map(|&other| f64::from(distances[other])).collect()
    };
    let pivots = pivots(count, |i| row(component[i]));
    let mut at = start(&pivots);
    let terms: Vec<Vec<(usize, f64, f64)>> = if count <= ALL_PAIRS {
        let all = |i: usize| {
            let of = row(component[i]);
            let others = of.into_iter().enumerate().filter(move |&(j, _)| j != i);
            others.map(|(j, d)| (j, d, 1.0 / (d * d))).collect()
        };
        (0..count).map(all).collect()
    } else {
        sparse(graph, component, &local, &pivots)
    };
    for _ in 0..ROUNDS {
        for i in 0..count {
            at[i] = majorised(at[i], &at, &terms[i]);
        }
    }
    upright(&mut at);
    at
}

/// A pivot and its distance to each bus.
struct Pivot {
    index: usize,
    distance: Vec<f64>,
}

/// Each next pivot is farthest from those before.
fn pivots(count: usize, distances: impl Fn(usize) -> Vec<f64>) -> Vec<Pivot> {
    let mut pivots: Vec<Pivot> = Vec::new();
    let mut nearest = vec![f64::MAX; count];
    let mut index = 0;
    while pivots.len() < PIVOTS.min(count) {
        let distance = distances(index);
        for (nearest, &d) in nearest.iter_mut().zip(&distance) {
            *nearest = nearest.min(d);
        }
        pivots.push(Pivot { index, distance });
        index = (0..count).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(b.cmp(&a))).unwrap_or(0);
    }
    pivots
}

/// The two principal axes of the doubly centred squared distances.
fn start(pivots: &[Pivot]) -> Vec<[f64; 2]> {
    let (count, k) = (pivots[0].distance.len(), pivots.len());
    let square = |i: usize, p: usize| pivots[p].distance[i] * pivots[p].distance[i];
    let of_bus: Vec<f64> = (0..count).map(|i| (0..k).map(|p| square(i, p)).sum::<f64>() / k as f64).collect();
    let of_pivot: Vec<f64> =
        (0..k).map(|p| (0..count).map(|i| square(i, p)).sum::<f64>() / count as f64).collect();
    let mean = of_bus.iter().sum::<f64>() / count as f64;
    let c = |i: usize, p: usize| (of_bus[i] + of_pivot[p] - square(i, p) - mean) / 2.0;
    let c: Vec<Vec<f64>> = (0..count).map(|i| (0..k).map(|p| c(i, p)).collect()).collect();
    let times = |v: &[f64]| -> Vec<f64> {
        let mut product = vec![0.0; k];
        for row in &c {
            let x = dot(row, v);
            product.iter_mut().zip(row).for_each(|(sum, c)| *sum += c * x);
        }
        product
    };
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for axis in 0..2 {
        let mut v: Vec<f64> = (0..k).map(|p| libm::cos(1.0 + (p * (axis + 2)) as f64)).collect();
        for _ in 0..60 {
            for other in &axes {
                let along = dot(&v, other);
                v.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
            let product = times(&v);
            let length = dot(&product, &product).sqrt().max(1e-300);
            v = product.iter().map(|x| x / length).collect();
        }
        axes.push(v);
    }
    let place = |(i, row): (usize, &Vec<f64>)| {
        // Buses with the same distances must not lie on each other, or nothing would ever part them.
        let (sin, cos) = libm::sincos(2.4 * i as f64);
        [
            dot(row, &axes[0]) / (k as f64).sqrt() + 0.02 * cos,
            dot(row, &axes[1]) / (k as f64).sqrt() + 0.02 * sin,
        ]
    };
    c.iter().enumerate().map(place).collect()
}

/// Terms (bus, distance, weight) of neighbours and of pivots.
fn sparse(
    graph: &Graph,
    component: &[usize],
    local: &[usize],
    pivots: &[Pivot],
) -> Vec<Vec<(usize, f64, f64)>> {
    let count = component.len();
    // How many buses of each pivot's region lie within each distance of it.
    let mut within: Vec<Vec<f64>> = vec![Vec::new(); pivots.len()];
    for i in 0..count {
        let nearest = (0..pivots.len())
            .min_by(|&a, &b| pivots[a].distance[i].total_cmp(&pivots[b].distance[i]))
            .expect("there is a pivot");
        let d = pivots[nearest].distance[i] as usize;
        if within[nearest].len() <= d {
            within[nearest].resize(d + 1, 0.0);
        }
        within[nearest][d] += 1.0;
    }
    for counts in &mut within {
        for d in 1..counts.len() {
            counts[d] += counts[d - 1];
        }
    }
    let terms = |i: usize| {
        let neighbours = graph.neighbours[component[i]].iter().map(|&other| (local[other], 1.0, 1.0));
        let of_pivots = pivots.iter().zip(&within).filter(|(pivot, _)| pivot.distance[i] > 1.0);
        let of_pivots = of_pivots.map(|(pivot, within)| {
            let d = pivot.distance[i];
            let stands_for = within.get((d / 2.0) as usize).or(within.last()).copied().unwrap_or(1.0);
            (pivot.index, d, stands_for / (d * d))
        });
        neighbours.chain(of_pivots).collect()
    };
    (0..count).map(terms).collect()
}

/// Where one bus has least stress, the others staying (Gansner, Koren & North 2004, eq. 11).
fn majorised(own: [f64; 2], at: &[[f64; 2]], terms: &[(usize, f64, f64)]) -> [f64; 2] {
    let mut sum = [0.0; 2];
    let mut weights = 0.0;
    for &(other, d, w) in terms {
        let apart = [own[0] - at[other][0], own[1] - at[other][1]];
        let scale = d / (apart[0] * apart[0] + apart[1] * apart[1]).sqrt().max(1e-9);
        sum[0] += w * (at[other][0] + apart[0] * scale);
        sum[1] += w * (at[other][1] + apart[1] * scale);
        weights += w;
    }
    [sum[0] / weights, sum[1] / weights]
}

/// Turns positions so that they extend most from left to right.
fn upright(at: &mut [[f64; 2]]) {
    let count = at.len() as f64;
    let mean = [0, 1].map(|axis| at.iter().map(|p| p[axis]).sum::<f64>() / count);
    let moment =
        |a: usize, b: usize| at.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>() / count;
    let (sin, cos) = libm::sincos(libm::atan2(2.0 * moment(0, 1), moment(0, 0) - moment(1, 1)) / 2.0);
    for p in at {
        let [x, y] = [p[0] - mean[0], p[1] - mean[1]];
        *p = [cos * x + sin * y, cos * y - sin * x];
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(count: usize) -> Graph {
        Graph { neighbours: (0..count).map(|i| vec![(i + count - 1) % count, (i + 1) % count]).collect() }
    }

    #[test]
    fn a_ring_is_drawn_round_whether_small_or_large() {
        for count in [12, ALL_PAIRS + 100] {
            let at = place(&ring(count), &(0..count).collect::<Vec<_>>());
            let radii: Vec<f64> = at.iter().map(|p| dot(p, p).sqrt()).collect();
            let (least, most) = radii.iter().fold((f64::MAX, 0.0_f64), |(a, b), &r| (a.min(r), b.max(r)));
            assert!(least > 0.8 * most, "{count}: radii from {least} to {most}");
        }
    }
}
