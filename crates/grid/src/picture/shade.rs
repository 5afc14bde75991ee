//! From values to colours, by style classes so that light and dark differ; all of them told apart by the colour-blind.

/// What colours the buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Voltage around 1: blue below, orange above (Brewer's PuOr and Blues, bent).
    Voltage,
    /// Price from the lowest to the highest (viridis).
    Price,
}

/// Colours of a scale.
const VOLTAGES: usize = 11;
const PRICES: usize = 9;

/// A scale with its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    shade: Shade,
    /// Value at the lower end.
    pub(super) low: f64,
    /// Value at the upper end.
    pub(super) high: f64,
}

impl Scale {
    /// The scale that holds all values that are there.
    pub(super) fn of(shade: Shade, values: &[f64]) -> Self {
        let known = || values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = match shade {
            Shade::Voltage => {
                let most = known().fold(0.0_f64, |most, v| most.max((v - 1.0).abs()));
                let half = [0.01, 0.02, 0.05, 0.1, 0.2].into_iter().find(|&half| most <= half * 1.001);
                (1.0 - half.unwrap_or(0.5), 1.0 + half.unwrap_or(0.5))
            }
            Shade::Price => known().fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p), high.max(p))),
        };
        if low <= high { Self { shade, low, high } } else { Self { shade, low: 0.0, high: 0.0 } }
    }

    /// How many colours it has: one where all prices are alike.
    pub(super) fn colours(&self) -> usize {
        match self.shade {
            Shade::Voltage => VOLTAGES,
            Shade::Price if self.high - self.low <= 1e-4 * self.high.abs().max(1e-9) => 1,
            Shade::Price => PRICES,
        }
    }

    /// Class of the colour with a number.
    pub(super) fn class(&self, number: usize) -> String {
        match self.shade {
            Shade::Voltage => format!("v{number}"),
            Shade::Price if self.colours() == 1 => format!("p{}", PRICES / 2),
            Shade::Price => format!("p{number}"),
        }
    }

    /// Class of a value's colour; `none` where there is no value.
    pub(super) fn of_value(&self, value: f64) -> String {
        if !value.is_finite() {
            return "none".to_owned();
        }
        let last = self.colours() - 1;
        if last == 0 {
            return self.class(0);
        }
        let number = (value - self.low) / (self.high - self.low) * (last as f64);
        self.class((number.round().max(0.0) as usize).min(last))
    }

    /// What it measures.
    pub(super) const fn words(&self) -> &'static str {
        match self.shade {
            Shade::Voltage => "voltage, per unit",
            Shade::Price => "price per MWh",
        }
    }

    /// A value in words.
    pub(super) fn tick(&self, value: f64) -> String {
        match self.shade {
            Shade::Voltage => format!("{value:.2}"),
            Shade::Price => format!("{value:.2}").replace('-', "−"),
        }
    }
}

/// Words for the classes of loading; the last but one is at its limit, the last over it.
pub(super) const LOADINGS: [(&str, &str); 6] = [
    ("l0", "to 20 %"),
    ("l1", "40 %"),
    ("l2", "60 %"),
    ("l3", "80 %"),
    ("l4", "100 %"),
    ("l5", "over its rating"),
];

/// Class of a loading, 1 being full; 0 is unknown or unloaded.
pub(super) fn loading(loading: f64) -> &'static str {
    // An optimum loads a binding branch to 1 within a solver's accuracy: full, not over.
    let number = if loading > 1.0005 { 5 } else { ((loading * 5.0) as usize).min(4) };
    LOADINGS[number].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_colours() {
        let scale = Scale::of(Shade::Voltage, &[0.96, 1.01, f64::NAN]);
        assert_eq!((scale.low, scale.high), (0.95, 1.05));
        assert_eq!([0.95, 1.0, 1.05, f64::NAN].map(|v| scale.of_value(v)), ["v0", "v5", "v10", "none"]);
        let scale = Scale::of(Shade::Price, &[10.0, 30.0]);
        assert_eq!([10.0, 20.0, 30.0].map(|p| scale.of_value(p)), ["p0", "p4", "p8"]);
        assert_eq!(Scale::of(Shade::Price, &[10.0, 10.0]).of_value(10.0), "p4");
        assert_eq!([0.0, 0.5, 0.99, 1.0, 1.1].map(loading), ["l0", "l2", "l4", "l4", "l5"]);
    }
}
