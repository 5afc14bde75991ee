//! Small dense blocks, of which sparse matrices are made.

/// A dense block, by rows.
pub type Block<const N: usize> = [[f64; N]; N];

/// Signs of the eigenvalues of a factorised matrix; the rest is positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inertia {
    /// Negative ones.
    pub negative: usize,
    /// Pivots that were zero to working accuracy and have been replaced by a small positive one.
    pub zero: usize,
}

/// Inverts a symmetric block in place by symmetric sweeps with complete pivoting: the largest diagonal entry, or a
/// 2 × 2 pivot where an entry off the diagonal is larger by (√17 − 1)/8 (Bunch & Parlett 1971).
pub(super) fn invert<const N: usize>(a: &mut Block<N>) -> Inertia {
    const GROWTH: f64 = 0.640_388_203_202_208_4;
    let sizes: [f64; N] = std::array::from_fn(|i| a[i].iter().fold(0.0, |most: f64, v| most.max(v.abs())));
    let mut swept = [false; N];
    let mut inertia = Inertia::default();
    let mut left = N;
    while left > 0 {
        let (mut p, mut diagonal) = (0, -1.0);
        let (mut pair, mut off) = ((0, 0), -1.0);
        let mut least = f64::INFINITY;
        for i in (0..N).filter(|&i| !swept[i]) {
            least = least.min(sizes[i]);
            if a[i][i].abs() > diagonal {
                (p, diagonal) = (i, a[i][i].abs());
            }
            for j in (i + 1..N).filter(|&j| !swept[j]) {
                if a[i][j].abs() > off {
                    (pair, off) = ((i, j), a[i][j].abs());
                }
            }
        }
        if diagonal < 0.0 {
            // Only not-a-numbers are left.
            inertia.zero += left;
            break;
        }
        let tiny = 1e-14 * least;
        if diagonal.max(off) <= tiny {
            a[p][p] = tiny.max(1e-100);
            inertia.zero += 1;
            sweep_one(a, p);
            swept[p] = true;
            left -= 1;
        } else if diagonal >= GROWTH * off {
            inertia.negative += usize::from(a[p][p] < 0.0);
            sweep_one(a, p);
            swept[p] = true;
            left -= 1;
        } else {
            let (p, q) = pair;
            // The determinant is negative: |diagonal| < 0.65·|off|.
            inertia.negative += 1;
            sweep_two(a, p, q);
            (swept[p], swept[q]) = (true, true);
            left -= 2;
        }
    }
    // All swept, the block is −A⁻¹.
    for value in a.as_flattened_mut() {
        *value = -*value;
    }
    inertia
}

/// A_RR −= A_RP·A_PP⁻¹·A_PR, A_RP = A_RP·A_PP⁻¹, A_PP = −A_PP⁻¹ for one pivot.
fn sweep_one<const N: usize>(a: &mut Block<N>, p: usize) {
    let pivot = 1.0 / a[p][p];
    let row = a[p];
    for i in (0..N).filter(|&i| i != p) {
        let factor = row[i] * pivot;
        for j in (0..N).filter(|&j| j != p) {
            a[i][j] -= factor * row[j];
        }
        a[i][p] = factor;
        a[p][i] = factor;
    }
    a[p][p] = -pivot;
}

/// The same for a pivot of two.
fn sweep_two<const N: usize>(a: &mut Block<N>, p: usize, q: usize) {
    let (row_p, row_q) = (a[p], a[q]);
    // Divided by the entry off the diagonal first, which is the largest: no overflow, no cancellation.
    let off = row_p[q];
    let (u, v) = (row_p[p] / off, row_q[q] / off);
    let determinant = (u * v - 1.0) * off;
    let (pp, pq, qq) = (v / determinant, -1.0 / determinant, u / determinant);
    for i in (0..N).filter(|&i| i != p && i != q) {
        let factor_p = row_p[i] * pp + row_q[i] * pq;
        let factor_q = row_p[i] * pq + row_q[i] * qq;
        for j in (0..N).filter(|&j| j != p && j != q) {
            a[i][j] -= factor_p * row_p[j] + factor_q * row_q[j];
        }
        (a[i][p], a[p][i]) = (factor_p, factor_p);
        (a[i][q], a[q][i]) = (factor_q, factor_q);
    }
    (a[p][p], a[p][q], a[q][p], a[q][q]) = (-pp, -pq, -pq, -qq);
}

/// A·B.
#[inline]
pub(super) fn multiply<const N: usize>(a: &Block<N>, b: &Block<N>) -> Block<N> {
    let mut product = [[0.0; N]; N];
    for (row, a) in product.iter_mut().zip(a) {
        for (a, b) in a.iter().zip(b) {
            for (value, b) in row.iter_mut().zip(b) {
                *value += a * b;
            }
        }
    }
    product
}

/// C −= A·Bᵀ.
#[inline]
pub(super) fn subtract_product<const N: usize>(a: &Block<N>, b: &Block<N>, c: &mut Block<N>) {
    let mut transposed = [[0.0; N]; N];
    for (i, row) in b.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            transposed[j][i] = *value;
        }
    }
    for (row, a) in c.iter_mut().zip(a) {
        for (a, b) in a.iter().zip(&transposed) {
            for (value, b) in row.iter_mut().zip(b) {
                *value -= a * b;
            }
        }
    }
}

/// y −= A·x.
#[inline]
pub(super) fn subtract<const N: usize>(a: &Block<N>, x: &[f64; N], y: &mut [f64; N]) {
    for (a, y) in a.iter().zip(y) {
        for (a, x) in a.iter().zip(x) {
            *y -= a * x;
        }
    }
}

/// y −= Aᵀ·x.
#[inline]
pub(super) fn subtract_transposed<const N: usize>(a: &Block<N>, x: &[f64; N], y: &mut [f64; N]) {
    for (a, x) in a.iter().zip(x) {
        for (a, y) in a.iter().zip(y.iter_mut()) {
            *y -= a * x;
        }
    }
}
