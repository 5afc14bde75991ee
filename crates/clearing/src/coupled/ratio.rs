//! Exact fractions: prices that ratios of conversions fix are rarely whole.

use core::cmp::Ordering;

/// A fraction in lowest terms. Every operation says `None` where its result does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    over: i128,
    /// > 0.
    under: i128,
}

impl Ratio {
    pub(super) const ZERO: Self = Self::whole(0);
    pub(super) const ONE: Self = Self::whole(1);

    pub(super) const fn whole(number: i128) -> Self {
        Self { over: number, under: 1 }
    }

    /// `over / under`; `None` where `under` is 0.
    pub(super) fn new(over: i128, under: i128) -> Option<Self> {
        let (mut divisor, mut rest) = (over.checked_abs()?, under.checked_abs()?);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        if under == 0 {
            return None;
        }
        let divisor = if under < 0 { -divisor } else { divisor };
        Some(Self { over: over / divisor, under: under / divisor })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        if self.under == other.under {
            return Self::new(self.over.checked_add(other.over)?, self.under);
        }
        let left = self.over.checked_mul(other.under)?;
        let right = other.over.checked_mul(self.under)?;
        Self::new(left.checked_add(right)?, self.under.checked_mul(other.under)?)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { over: -other.over, ..other })
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        // Across first, so that the products are no larger than the result.
        let (one, two) = (Self::new(self.over, other.under)?, Self::new(other.over, self.under)?);
        Some(Self { over: one.over.checked_mul(two.over)?, under: one.under.checked_mul(two.under)? })
    }

    pub(super) fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.under, other.over)?)
    }

    /// ⌊self⌋.
    pub(super) const fn floor(self) -> i128 {
        self.over.div_euclid(self.under)
    }

    pub(super) const fn is_whole(self) -> bool {
        self.under == 1
    }

    /// Compared with nothing.
    pub(super) fn sign(self) -> Ordering {
        self.over.cmp(&0)
    }

    pub(super) fn to_f64(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// A row of a system of equations: what multiplies each unknown, and what the sum is.
pub(super) struct Equation {
    pub(super) terms: Vec<(usize, Ratio)>,
    pub(super) sum: Ratio,
}

/// The values that as many equations leave `count` unknowns, where they leave one and it fits its number.
///
/// Prices hang together in chains: an equation with one unknown left is solved, the others see its value, and
/// only what hangs together in circles is eliminated (Gauss).
pub(super) fn solve(count: usize, mut equations: Vec<Equation>) -> Vec<Option<Ratio>> {
    let mut values = vec![None::<Ratio>; count];
    let mut found = true;
    while found {
        found = false;
        equations.retain_mut(|equation| {
            if equation.insert(&values).is_none() {
                return false; // a number does not fit: what it alone would say stays unknown
            }
            let [(unknown, factor)] = equation.terms[..] else { return true };
            if let Some(value) = equation.sum.over(factor) {
                (values[unknown], found) = (Some(value), true);
            }
            false
        });
    }
    eliminate(&mut values, &equations);
    values
}

impl Equation {
    /// Puts in the values that are known.
    fn insert(&mut self, values: &[Option<Ratio>]) -> Option<()> {
        let mut sum = self.sum;
        for (unknown, factor) in &self.terms {
            if let Some(value) = values[*unknown] {
                sum = sum.minus(factor.times(value)?)?;
            }
        }
        self.sum = sum;
        self.terms.retain(|(unknown, _)| values[*unknown].is_none());
        Some(())
    }
}

/// What is left, densely.
fn eliminate(values: &mut [Option<Ratio>], equations: &[Equation]) -> Option<()> {
    let unknowns: Vec<usize> = (0..values.len()).filter(|unknown| values[*unknown].is_none()).collect();
    let width = unknowns.len();
    let mut rows: Vec<Vec<Ratio>> = Vec::new();
    for equation in equations {
        let mut row = vec![Ratio::ZERO; width + 1];
        for (unknown, factor) in &equation.terms {
            let place = unknowns.binary_search(unknown).ok()?;
            row[place] = row[place].plus(*factor)?;
        }
        row[width] = equation.sum;
        rows.push(row);
    }
    for column in 0..width {
        let pivot = (column..rows.len()).find(|row| rows[*row][column] != Ratio::ZERO)?;
        rows.swap(column, pivot);
        let head = rows[column].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != column && row[column] != Ratio::ZERO {
                let factor = row[column].over(head[column])?;
                for (cell, above) in row.iter_mut().zip(&head).skip(column) {
                    *cell = cell.minus(factor.times(*above)?)?;
                }
            }
        }
    }
    for (place, unknown) in unknowns.iter().enumerate() {
        values[*unknown] = rows[place][width].over(rows[place][place]);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_or_say_that_they_do_not_fit() {
        let third = Ratio::new(1, -3).unwrap();
        assert_eq!((third.floor(), third.is_whole(), third.sign()), (-1, false, Ordering::Less));
        assert_eq!(third.plus(Ratio::new(4, 3).unwrap()), Some(Ratio::ONE));
        assert_eq!(third.over(Ratio::ZERO), None);
        let huge = Ratio::whole(i128::MAX);
        assert_eq!((huge.plus(Ratio::ONE), huge.times(huge)), (None, None));
        assert_eq!(huge.times(Ratio::new(1, i128::MAX).unwrap()), Some(Ratio::ONE));
    }

    #[test]
    fn chains_and_circles_are_solved() {
        let equation = |terms: &[(usize, i128)], sum| Equation {
            terms: terms.iter().map(|(unknown, factor)| (*unknown, Ratio::whole(*factor))).collect(),
            sum: Ratio::whole(sum),
        };
        // x = 2, 3y + x = 3; z + w = 1, z − w = 2
        let rows = || {
            vec![
                equation(&[(1, 3), (0, 1)], 3),
                equation(&[(0, 1)], 2),
                equation(&[(2, 1), (3, 1)], 1),
                equation(&[(2, 1), (3, -1)], 2),
            ]
        };
        let ratio = |over, under| Ratio::new(over, under).unwrap();
        assert_eq!(solve(4, rows()), [ratio(2, 1), ratio(1, 3), ratio(3, 2), ratio(-1, 2)].map(Some));
        let mut dependent = rows();
        dependent[3] = equation(&[(2, 2), (3, 2)], 2);
        assert_eq!(solve(4, dependent), [Some(ratio(2, 1)), Some(ratio(1, 3)), None, None]);
    }
}
