//! How different the members are: the two figures by which a village of copies gives itself away.

/// Peak of the sum of all members per member, in the unit of the series (the after-diversity maximum demand).
/// Nothing for no members.
#[must_use]
pub fn after_diversity_peak(members: &[Vec<f64>]) -> Option<f64> {
    let steps = members.iter().map(Vec::len).min()?;
    let sums = (0..steps).map(|step| members.iter().map(|member| member[step]).sum::<f64>());
    sums.reduce(f64::max).map(|peak| peak / members.len() as f64)
}

/// Mean of Pearson's correlation over all pairs of members that vary at all.
#[must_use]
pub fn mean_pairwise_correlation(members: &[Vec<f64>]) -> Option<f64> {
    let steps = members.iter().map(Vec::len).min()? as f64;
    let standard: Vec<Vec<f64>> = members
        .iter()
        .filter_map(|member| {
            let mean = member.iter().sum::<f64>() / steps;
            let deviations: Vec<f64> = member.iter().map(|value| value - mean).collect();
            let norm = deviations.iter().map(|value| value * value).sum::<f64>().sqrt();
            (norm > 0.0).then(|| deviations.iter().map(|value| value / norm).collect())
        })
        .collect();
    let mut sum = 0.0;
    let mut pairs = 0_u32;
    for (index, one) in standard.iter().enumerate() {
        for other in &standard[index + 1..] {
            sum += one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
            pairs += 1;
        }
    }
    (pairs > 0).then(|| sum / f64::from(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_recognised() {
        let copies = vec![vec![1.0, 2.0, 5.0]; 4];
        assert_eq!(after_diversity_peak(&copies), Some(5.0));
        assert!((mean_pairwise_correlation(&copies).unwrap() - 1.0).abs() < 1e-12);
        let alternating = vec![vec![0.0, 4.0], vec![4.0, 0.0]];
        assert_eq!(after_diversity_peak(&alternating), Some(2.0));
        assert!((mean_pairwise_correlation(&alternating).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(mean_pairwise_correlation(&[vec![1.0, 1.0]]), None);
    }
}
