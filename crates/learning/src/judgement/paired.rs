//! Whether two schedulers differ on the same days by more than chance.
//!
//! Both tests take the differences day by day. The paired t test asks whether their mean is 0; Wilcoxon's signed-rank
//! test (Wilcoxon 1945) whether they lie symmetrically about 0, whatever their distribution.

use super::student;

/// Up to so many differences the distribution of the rank sum is counted; beyond it is close to normal.
const COUNTED: usize = 50;

/// What a test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// t of the t test; of the signed-rank test the smaller sum of ranks, W.
    pub statistic: f64,
    /// Two-sided probability of a statistic as extreme where there is no difference; 1 where nothing differs.
    pub probability: f64,
}

/// The paired t test. Nothing for fewer than two differences.
#[must_use]
pub fn paired_t(differences: &[f64]) -> Option<Test> {
    let count = differences.len() as f64;
    if differences.len() < 2 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / count;
    let squares: f64 = differences.iter().map(|value| (value - mean) * (value - mean)).sum();
    if squares == 0.0 && mean == 0.0 {
        return Some(Test { statistic: 0.0, probability: 1.0 });
    }
    let statistic = mean / (squares / (count - 1.0) / count).sqrt();
    let probability =
        if statistic.is_finite() { student::two_sided(statistic.abs(), count - 1.0) } else { 0.0 };
    Some(Test { statistic, probability })
}

/// Wilcoxon's signed-rank test. Differences of 0 are left out (Wilcoxon 1945); equal ones share the mean of their
/// ranks. For up to 50 differences the probability is exact given these ranks, beyond it is that of the normal
/// approximation with the variance corrected for equal ranks (Lehmann 1975, ch. 3), without continuity correction.
#[must_use]
pub fn signed_rank(differences: &[f64]) -> Test {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|value| *value != 0.0).collect();
    if sorted.is_empty() {
        return Test { statistic: 0.0, probability: 1.0 };
    }
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let count = sorted.len();
    // Twice the ranks, so that shared ones are whole.
    let mut ranks = Vec::with_capacity(count);
    let mut corrected = 0.0;
    while ranks.len() < count {
        let first = ranks.len();
        let equal = sorted[first..].iter().take_while(|value| value.abs() == sorted[first].abs()).count();
        ranks.resize(first + equal, 2 * first + equal + 1);
        let equal = equal as f64;
        corrected += equal * equal * equal - equal;
    }
    let all = count * (count + 1);
    let positive: usize =
        sorted.iter().zip(&ranks).filter(|(value, _)| **value > 0.0).map(|(_, rank)| rank).sum();
    let smaller = positive.min(all - positive);
    let statistic = smaller as f64 / 2.0;
    let probability = if count <= COUNTED {
        counted(&ranks, smaller)
    } else {
        let count = count as f64;
        let variance = (count * (count + 1.0) * (2.0 * count + 1.0) - corrected / 2.0) / 24.0;
        student::normal_two_sided((statistic - all as f64 / 4.0) / variance.sqrt())
    };
    Test { statistic, probability }
}

/// Twice the share of all 2ⁿ choices of signs whose (doubled) ranks sum to at most `sum`.
fn counted(ranks: &[usize], sum: usize) -> f64 {
    let mut shares = vec![0.0; sum + 1];
    shares[0] = 1.0;
    for rank in ranks {
        for total in (0..=sum).rev() {
            let with = if total >= *rank { shares[total - rank] } else { 0.0 };
            shares[total] = f64::midpoint(shares[total], with);
        }
    }
    (2.0 * shares.iter().sum::<f64>()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_t_test_is_that_of_the_worked_example() {
        // Student 1908 as in R: t.test(extra ~ group, paired): t = 4.0621, 9 degrees of freedom, p = 0.002833.
        let test = paired_t(&[1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]).unwrap();
        assert!((test.statistic - 4.0621).abs() < 5e-5 && (test.probability - 0.002_833).abs() < 5e-7);
        assert_eq!(paired_t(&[0.0, 0.0]).unwrap().probability, 1.0);
        assert_eq!(paired_t(&[1.0]), None);
    }

    #[test]
    fn the_signed_rank_test_is_that_of_the_worked_example() {
        // Heights of Darwin's cross- and self-fertilised maize: the smaller sum of ranks is 24, and 1 352 of 2¹⁵
        // choices of signs are as extreme: p = 0.041 259 765 625, as in scipy's documentation of `wilcoxon`.
        let maize = [6., 8., 14., 16., 23., 24., 28., 29., 41., -48., 49., 56., 60., -67., 75.];
        let test = signed_rank(&maize);
        assert_eq!(test, Test { statistic: 24.0, probability: 1352.0 / 32768.0 });
        assert_eq!(signed_rank(&[0.0, 0.0]).probability, 1.0);
        // Three of one sign: 2 of 8 choices.
        assert_eq!(signed_rank(&[2.0, 2.0, 2.0, 0.0]), Test { statistic: 0.0, probability: 0.25 });
    }
}
