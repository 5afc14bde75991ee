//! Several complex numbers side by side, so that one pass over a factorisation serves several time steps.

use num_complex::Complex64;

/// K complex numbers, real and imaginary parts apart: loops over them become vector instructions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lanes<const K: usize> {
    pub(super) re: [f64; K],
    pub(super) im: [f64; K],
}

impl<const K: usize> Lanes<K> {
    pub(super) const ZERO: Self = Self { re: [0.0; K], im: [0.0; K] };

    /// The same number in every lane.
    pub(super) const fn splat(of: Complex64) -> Self {
        Self { re: [of.re; K], im: [of.im; K] }
    }

    pub(super) const fn lane(&self, k: usize) -> Complex64 {
        Complex64::new(self.re[k], self.im[k])
    }

    pub(super) const fn set(&mut self, k: usize, to: Complex64) {
        self.re[k] = to.re;
        self.im[k] = to.im;
    }

    /// self += factor·other
    #[inline]
    pub(super) fn add_scaled(&mut self, factor: Complex64, other: &Self) {
        for k in 0..K {
            self.re[k] += factor.re * other.re[k] - factor.im * other.im[k];
            self.im[k] += factor.re * other.im[k] + factor.im * other.re[k];
        }
    }

    /// factor·self
    #[inline]
    pub(super) fn scaled(&self, factor: Complex64) -> Self {
        let mut scaled = Self::ZERO;
        scaled.add_scaled(factor, self);
        scaled
    }

    /// self + factor·other for a real factor.
    #[inline]
    pub(super) fn plus(&self, factor: f64, other: &Self) -> Self {
        let mut sum = *self;
        for k in 0..K {
            sum.re[k] += factor * other.re[k];
            sum.im[k] += factor * other.im[k];
        }
        sum
    }
}
