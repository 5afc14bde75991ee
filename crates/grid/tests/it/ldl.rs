//! Sparse LDLᵀ against dense arithmetic.

use grid::sparse::ldl::{Ldl, SymmetricBlocks, Workspace};
use proptest::prelude::*;

/// A symmetric matrix of saddle-point form with zeros on its diagonal, on a random graph of blocks.
fn saddle<const N: usize>(groups: usize, edges: &[(usize, usize)], values: &[f64]) -> SymmetricBlocks<N> {
    let mut pairs: Vec<(usize, usize)> =
        edges.iter().map(|&(a, b)| (a % groups, b % groups)).filter(|&(a, b)| a != b).collect();
    pairs.sort_unstable_by_key(|&(a, b)| (a.min(b), a.max(b)));
    pairs.dedup_by_key(|&mut (a, b)| (a.min(b), a.max(b)));
    let mut matrix = SymmetricBlocks::<N>::zeros(groups, pairs);
    let mut values = values.iter().copied().cycle();
    let mut next = || values.next().unwrap();
    // First half of a group: unknowns with a Hessian; second half: multipliers with none.
    for block in &mut matrix.diagonal {
        for i in 0..N {
            for j in 0..=i {
                let multipliers = 2 * i.min(j) >= N && N > 1;
                let value = if multipliers { 0.0 } else { next() };
                (block[i][j], block[j][i]) = (value, value);
            }
        }
        for i in 0..N / 2 {
            // The Jacobian's diagonal outweighs the rest of its row.
            block[i][i + N / 2] += 4.0;
            block[i + N / 2][i] += 4.0;
        }
        if N == 1 {
            block[0][0] += if block[0][0] < 0.0 { -9.0 } else { 9.0 };
        }
    }
    for block in &mut matrix.off_diagonal {
        for (i, row) in block.iter_mut().enumerate() {
            for (j, value) in row.iter_mut().enumerate() {
                let multipliers = 2 * i >= N && 2 * j >= N && N > 1;
                *value = if multipliers { 0.0 } else { next() * 0.3 };
            }
        }
    }
    matrix
}

/// Signs of pivots and the solution, by dense elimination with symmetric complete pivoting in twice the care: the
/// matrix is first made dense, then swept one or two unknowns at a time by the caller's own arithmetic.
fn dense_solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let best = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, best);
        b.swap(k, best);
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            for j in k..n {
                a[i][j] -= factor * a[k][j];
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        for j in k + 1..n {
            b[k] -= a[k][j] * b[j];
        }
        b[k] /= a[k][k];
    }
    b
}

/// Eigenvalues by Jacobi rotations.
fn eigenvalues(mut a: Vec<Vec<f64>>) -> Vec<f64> {
    let n = a.len();
    for _ in 0..60 {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() < 1e-14 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = if theta == 0.0 { 1.0 } else { theta.signum() / (theta.abs() + theta.hypot(1.0)) };
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (low, high) = a.split_at_mut(q);
                for (x, y) in low[p].iter_mut().zip(&mut high[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    (0..n).map(|i| a[i][i]).collect()
}

fn dense<const N: usize>(matrix: &SymmetricBlocks<N>) -> Vec<Vec<f64>> {
    let n = matrix.diagonal.len() * N;
    let mut a = vec![vec![0.0; n]; n];
    for (group, block) in matrix.diagonal.iter().enumerate() {
        for i in 0..N {
            for j in 0..N {
                a[group * N + i][group * N + j] = block[i][j];
            }
        }
    }
    for (block, &(row, column)) in matrix.off_diagonal.iter().zip(&matrix.pairs) {
        for i in 0..N {
            for j in 0..N {
                a[row * N + i][column * N + j] = block[i][j];
                a[column * N + j][row * N + i] = block[i][j];
            }
        }
    }
    a
}

fn check<const N: usize>(matrix: &SymmetricBlocks<N>, b: &[f64]) -> Result<(), TestCaseError> {
    let n = matrix.diagonal.len() * N;
    let b: Vec<f64> = b.iter().copied().cycle().take(n).collect();
    let a = dense(matrix);
    let expected = dense_solve(a.clone(), b.clone());
    let eigenvalues = eigenvalues(a);
    let least = eigenvalues.iter().fold(f64::INFINITY, |least: f64, v| least.min(v.abs()));
    prop_assume!(least > 1e-3);
    let mut ldl = Ldl::analyse(matrix);
    // Twice, for nothing may be left over from an earlier matrix.
    ldl.factorise(matrix);
    let inertia = ldl.factorise(matrix);
    prop_assert_eq!(inertia.zero, 0);
    prop_assert_eq!(inertia.negative, eigenvalues.iter().filter(|&&v| v < 0.0).count());
    let blocks: Vec<[f64; N]> = b.chunks(N).map(|chunk| chunk.try_into().unwrap()).collect();
    let mut x = blocks.clone();
    let mut room = Workspace::new(matrix.diagonal.len());
    let left = ldl.solve_refined(matrix, &blocks, &mut x, &mut room, 1e-13);
    prop_assert!(left < 1e-11, "{left} is left over");
    for (x, expected) in x.as_flattened().iter().zip(&expected) {
        prop_assert!((x - expected).abs() < 1e-8 * (1.0 + expected.abs()), "{x} is not {expected}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocks_of_four_solve_like_dense_elimination_and_count_negative_eigenvalues(
        groups in 1_usize..9,
        edges in prop::collection::vec((0_usize..9, 0_usize..9), 0..20),
        values in prop::collection::vec(-1.0..1.0, 97),
        b in prop::collection::vec(-1.0..1.0, 13),
    ) {
        check(&saddle::<4>(groups, &edges, &values), &b)?;
    }

    #[test]
    fn single_unknowns_solve_like_dense_elimination_and_count_negative_eigenvalues(
        groups in 1_usize..25,
        edges in prop::collection::vec((0_usize..25, 0_usize..25), 0..60),
        values in prop::collection::vec(-1.0..1.0, 97),
        b in prop::collection::vec(-1.0..1.0, 13),
    ) {
        check(&saddle::<1>(groups, &edges, &values), &b)?;
    }
}

#[test]
fn a_singular_matrix_has_a_zero_pivot() {
    // Two groups, the second a copy of the first: [[1, 1], [1, 1]].
    let mut matrix = SymmetricBlocks::<1>::zeros(2, vec![(1, 0)]);
    matrix.diagonal = vec![[[1.0]], [[1.0]]];
    matrix.off_diagonal = vec![[[1.0]]];
    let inertia = Ldl::analyse(&matrix).factorise(&matrix);
    assert_eq!((inertia.negative, inertia.zero), (0, 1));
}

#[test]
fn a_block_with_zeros_on_its_diagonal_is_a_pivot() {
    // [[0, 2], [2, 0]] x = [2, 4] has x = [2, 1] and eigenvalues ±2.
    let mut matrix = SymmetricBlocks::<2>::zeros(1, Vec::new());
    matrix.diagonal = vec![[[0.0, 2.0], [2.0, 0.0]]];
    let mut ldl = Ldl::analyse(&matrix);
    assert_eq!(ldl.factorise(&matrix).negative, 1);
    let mut x = [[2.0, 4.0]];
    ldl.solve(&mut x);
    assert_eq!(x, [[2.0, 1.0]]);
}
