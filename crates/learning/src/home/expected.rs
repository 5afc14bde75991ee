//! What a home expects in the morning of its demand, or of its panels, from the days before alone.

use super::Invalid;
use agents::forecast::{Forecaster, Method};

/// The expectation of every day of a flow, W: what `method` makes of the days before it.
///
/// `flow` is ≥ 0 with `slots` values a day; demand and generation are expected one by one and then
/// subtracted. Nothing is expected on the first day, and little that is right in the first week: leave them
/// out of the records.
pub fn expected(flow: &[f64], slots: usize, method: Method) -> Result<Vec<f64>, Invalid> {
    if slots == 0 || !flow.len().is_multiple_of(slots) {
        return Err(Invalid::Days { length: flow.len(), slots });
    }
    if let Some(index) = flow.iter().position(|value| !(*value >= 0.0 && value.is_finite())) {
        return Err(Invalid::Flow { day: index / slots, slot: index % slots, value: flow[index] });
    }
    let mut forecaster = Forecaster::new(method, slots);
    let mut expected = Vec::with_capacity(flow.len());
    for (day, values) in flow.chunks_exact(slots).enumerate() {
        let steps = || (day * slots) as i64..;
        expected.extend(steps().take(slots).map(|step| forecaster.expected(step) as f64));
        // Forecasters count in whole numbers; a watt is fine enough.
        steps().zip(values).for_each(|(step, value)| forecaster.observe(step, value.round() as i64));
    }
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Random;

    #[test]
    fn nothing_expected_depends_on_what_comes_later() {
        let mut random = Random::of(1, "flow");
        let flow: Vec<f64> = (0..20 * 24).map(|_| random.unit() * 3e3).collect();
        for method in Method::ALL {
            let before = expected(&flow, 24, method).unwrap();
            for day in 0..20 {
                let mut changed = flow.clone();
                changed[day * 24..].iter_mut().for_each(|value| *value = random.unit() * 9e3);
                let after = expected(&changed, 24, method).unwrap();
                assert_eq!(before[..(day + 1) * 24], after[..(day + 1) * 24], "{} {day}", method.name());
                // What was known a week before at the latest does count.
                assert!(day > 12 || before != after, "{} {day}", method.name());
            }
        }
    }

    #[test]
    fn what_happens_every_day_is_expected() {
        let day: Vec<f64> = (0..96).map(|slot| f64::from(slot) * 10.0).collect();
        let flow = day.repeat(9);
        for method in [Method::LastWeek, Method::Smoothed] {
            assert_eq!(expected(&flow, 96, method).unwrap()[8 * 96..], day, "{}", method.name());
        }
    }

    #[test]
    fn flows_that_are_none_are_refused() {
        let said = |flow: &[f64], slots| expected(flow, slots, Method::Smoothed).unwrap_err().to_string();
        assert!(said(&[1.0; 3], 2).contains("3 values"));
        assert!(said(&[1.0; 3], 0).contains("3 values"));
        assert!(said(&[1.0, 1.0, 1.0, -5.0], 2).contains("day 1, slot 1 is -5"));
    }
}
