//! From values to places in a drawing.

/// A linear scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The values at the two ends.
    pub values: [f64; 2],
    /// Where they lie, in the drawing's units.
    pub places: [f64; 2],
}

impl Scale {
    /// A scale over `values`, which are spread where they coincide.
    #[must_use]
    pub fn new([low, high]: [f64; 2], places: [f64; 2]) -> Self {
        let high = if high - low > 1e-9 { high } else { low + 1.0 };
        Self { values: [low, high], places }
    }

    /// The same, its ends moved outward to round numbers.
    #[must_use]
    pub fn nice(values: [f64; 2], places: [f64; 2], ticks: usize) -> Self {
        let scale = Self::new(values, places);
        let step = scale.step(ticks);
        let [low, high] = scale.values;
        Self { values: [(low / step).floor() * step, (high / step).ceil() * step], places }
    }

    /// Where a value lies.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let [low, high] = self.values;
        let [start, end] = self.places;
        start + (value - low) / (high - low) * (end - start)
    }

    /// A round distance (1, 2 or 5 times a power of ten) that gives about `count` ticks.
    #[must_use]
    pub fn step(&self, count: usize) -> f64 {
        let rough = (self.values[1] - self.values[0]) / count.max(1) as f64;
        let mut power = 1.0;
        while power > rough {
            power /= 10.0;
        }
        while power * 10.0 <= rough {
            power *= 10.0;
        }
        power
            * match rough / power {
                ratio if ratio <= 1.5 => 1.0,
                ratio if ratio <= 3.5 => 2.0,
                ratio if ratio <= 7.5 => 5.0,
                _ => 10.0,
            }
    }

    /// Round values inside the scale with their texts.
    #[must_use]
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let step = self.step(count);
        let digits = [1.0, 0.1, 0.01].iter().position(|unit| step > unit * 0.999).unwrap_or(3);
        let first = (self.values[0] / step - 1e-6).ceil();
        let mut ticks = Vec::new();
        let mut number = first;
        while number * step <= self.values[1] + step * 1e-6 {
            let value = number * step;
            ticks.push((value, label(value, digits)));
            number += 1.0;
        }
        ticks
    }
}

/// A tick's text: no negative zero, a true minus, thousands in groups.
fn label(value: f64, digits: usize) -> String {
    let whole = value.abs();
    let text = if digits == 0 && whole >= 10_000.0 {
        crate::report::text::whole(whole.round() as i128)
    } else {
        format!("{whole:.digits$}")
    };
    if value < -1e-9 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let texts = |values, count| -> Vec<String> {
            Scale::new(values, [0.0, 1.0]).ticks(count).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts([0.0, 32.0], 4), ["0", "10", "20", "30"]);
        assert_eq!(texts([-3.0, 3.0], 3), ["−2", "0", "2"]);
        assert_eq!(texts([0.0, 0.42], 4), ["0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(texts([0.0, 30_000.0], 3), ["0", "10\u{202f}000", "20\u{202f}000", "30\u{202f}000"]);
        assert_eq!(texts([5.0, 5.0], 2).len(), 3);
    }
}
