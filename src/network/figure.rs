//! Figures for people.

/// A number with so many decimal places; a dash where there is none.
pub(crate) fn fixed(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.places$}");
    // No "−0.00".
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A part of 1 in percent with one decimal place; a dash where there is none.
pub(crate) fn percent(part: Option<f64>) -> String {
    part.map_or_else(|| "–".to_owned(), |part| fixed(part * 100.0, 1))
}

/// The unit in which a network's powers are told: MW from 10 MW on, kW below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watts {
    /// 1e3.
    Kilo,
    /// 1e6.
    Mega,
}

impl Watts {
    /// The unit for powers of which the largest is this, W.
    pub(crate) fn for_largest(watts: f64) -> Self {
        if watts.abs() >= 1e7 { Self::Mega } else { Self::Kilo }
    }

    /// The unit's letter.
    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Kilo => 'k',
            Self::Mega => 'M',
        }
    }

    /// A power without its unit.
    pub(crate) fn number(self, watts: f64) -> String {
        match self {
            Self::Kilo => fixed(watts / 1e3, 2),
            Self::Mega => fixed(watts / 1e6, 2),
        }
    }

    /// A power with its unit.
    pub(crate) fn words(self, watts: f64) -> String {
        format!("{} {}W", self.number(watts), self.letter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_a_sign_only_where_they_need_one() {
        assert_eq!([fixed(-0.001, 2), fixed(-1.5, 1), fixed(f64::NAN, 2)], ["0.00", "−1.5", "–"]);
        assert_eq!(Watts::for_largest(2e7).words(1.234e6), "1.23 MW");
        assert_eq!(Watts::for_largest(9e6).words(-1.234e6), "−1234.00 kW");
        assert_eq!(percent(Some(0.5)), "50.0");
    }
}
