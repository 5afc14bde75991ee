//! Quantities as a person writes them: a decimal number and its unit in one string, read without floats.

use market::{Energy, Fraction, Money, Price};

/// Power in W; of the carrier named with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Power(pub(crate) i64);

/// A span of time in s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seconds(pub(crate) i64);

/// A temperature in tenths of a degree Celsius.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decidegrees(pub(crate) i64);

/// A height in mm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Height(pub(crate) i64);

/// A flow of water in l/s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow(pub(crate) i64);

/// A volume of water in m³.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Volume(pub(crate) i64);

/// An area of land in m².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Area(pub(crate) i64);

/// Something that is written as a number with a unit.
pub(crate) trait Quantity: Sized {
    /// What it is, with its article and an example.
    const KIND: &'static str;
    /// Units by name, each with its size in the unit that is stored.
    const UNITS: &'static [(&'static str, i128)];
    /// From the stored unit; `None` if out of range.
    fn from_base(base: i128) -> Option<Self>;
}

impl Quantity for Energy {
    const KIND: &'static str = "an energy such as \"10 kWh\"";
    const UNITS: &'static [(&'static str, i128)] =
        &[("Wh", 1), ("kWh", 1_000), ("MWh", 1_000_000), ("GWh", 1_000_000_000)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self).filter(|energy| energy.abs() <= market::MAX_ENERGY)
    }
}

impl Quantity for Power {
    const KIND: &'static str = "a power such as \"5 kW\"";
    const UNITS: &'static [(&'static str, i128)] =
        &[("W", 1), ("kW", 1_000), ("MW", 1_000_000), ("Wp", 1), ("kWp", 1_000), ("MWp", 1_000_000)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self).filter(|power| power.0.unsigned_abs() <= 1_000_000_000)
    }
}

impl Quantity for Price {
    const KIND: &'static str = "a price such as \"30 ct/kWh\"";
    const UNITS: &'static [(&'static str, i128)] = &[
        ("ct/kWh", 10_000),
        ("p/kWh", 10_000),
        ("€/kWh", 1_000_000),
        ("EUR/kWh", 1_000_000),
        ("€/MWh", 1_000),
        ("EUR/MWh", 1_000),
        ("n€/Wh", 1),
    ];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self).filter(|price| price.abs() <= market::MAX_PRICE)
    }
}

impl Quantity for Money {
    const KIND: &'static str = "an amount of money such as \"200 €\"";
    const UNITS: &'static [(&'static str, i128)] =
        &[("€", 1_000_000_000), ("EUR", 1_000_000_000), ("ct", 10_000_000), ("n€", 1)];
    fn from_base(base: i128) -> Option<Self> {
        Some(Self(base)).filter(|money| money.0.abs() <= market::MAX_MONEY.0)
    }
}

impl Quantity for Seconds {
    const KIND: &'static str = "a duration such as \"15 min\"";
    const UNITS: &'static [(&'static str, i128)] =
        &[("s", 1), ("min", 60), ("h", 3_600), ("d", 86_400), ("days", 86_400)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self)
    }
}

impl Quantity for Decidegrees {
    const KIND: &'static str = "a temperature such as \"45 °C\"";
    const UNITS: &'static [(&'static str, i128)] = &[("°C", 10)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self).filter(|value| (-2_731..=10_000).contains(&value.0))
    }
}

impl Quantity for Height {
    const KIND: &'static str = "a height such as \"3.5 m\"";
    const UNITS: &'static [(&'static str, i128)] = &[("m", 1_000), ("cm", 10)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self)
    }
}

impl Quantity for Flow {
    const KIND: &'static str = "a flow such as \"800 l/s\"";
    const UNITS: &'static [(&'static str, i128)] = &[("l/s", 1), ("m³/s", 1_000)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self)
    }
}

impl Quantity for Volume {
    const KIND: &'static str = "a volume such as \"50000 m³\"";
    const UNITS: &'static [(&'static str, i128)] = &[("m³", 1), ("hm³", 1_000_000)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self)
    }
}

impl Quantity for Area {
    const KIND: &'static str = "an area such as \"40 km²\"";
    const UNITS: &'static [(&'static str, i128)] = &[("km²", 1_000_000), ("ha", 10_000)];
    fn from_base(base: i128) -> Option<Self> {
        i64::try_from(base).ok().map(Self)
    }
}

impl Quantity for Fraction {
    const KIND: &'static str = "a percentage such as \"90 %\"";
    // stored in parts per billion
    const UNITS: &'static [(&'static str, i128)] = &[("%", 10_000_000)];
    fn from_base(base: i128) -> Option<Self> {
        let mut part = u32::try_from(base).ok().filter(|part| *part <= 1_000_000_000)?;
        let mut whole = 1_000_000_000_u32;
        while part.is_multiple_of(10) && whole > 1 {
            (part, whole) = (part / 10, whole / 10);
        }
        Self::new(part, whole)
    }
}

/// Reads a number with its unit.
///
/// # Errors
/// What is wrong and what to write instead.
pub(crate) fn parse<Q: Quantity>(text: &str) -> Result<Q, (String, String)> {
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_')));
    let (number, unit) = text.split_at(split.unwrap_or(text.len()));
    let unit = unit.trim();
    let units = super::problem::listed(Q::UNITS.iter().map(|(name, _)| *name));
    let remedy = || format!("write {} (units: {units})", Q::KIND);
    let Some((_, size)) = Q::UNITS.iter().find(|(name, _)| *name == unit) else {
        let what = if unit.is_empty() {
            format!("`{text}` has no unit")
        } else {
            format!("`{unit}` is not a unit of {}", article_free(Q::KIND))
        };
        return Err((what, remedy()));
    };
    let decimal =
        decimal(number).ok_or_else(|| (format!("`{text}` is not a number with a unit"), remedy()))?;
    let scaled = decimal.0.checked_mul(*size).ok_or_else(|| (format!("`{text}` is too large"), remedy()))?;
    if scaled % decimal.1 != 0 {
        return Err((format!("`{text}` is finer than can be counted"), "write fewer decimals".into()));
    }
    Q::from_base(scaled / decimal.1)
        .ok_or_else(|| (format!("`{text}` is out of range"), format!("write {} within its bounds", Q::KIND)))
}

/// "an energy such as …" without article and example.
fn article_free(kind: &str) -> &str {
    let end = kind.find(" such").unwrap_or(kind.len());
    &kind[kind.find(' ').map_or(0, |space| space + 1)..end]
}

/// A decimal number as numerator and power of ten.
pub(crate) fn decimal(text: &str) -> Option<(i128, i128)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let joined: String = format!("{whole}{places}").replace('_', "");
    if joined.is_empty() || joined.len() > 24 || !joined.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((sign * joined.parse::<i128>().ok()?, 10_i128.pow(u32::try_from(places.len()).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_with_its_unit() {
        assert_eq!(parse::<Energy>("10 kWh"), Ok(Energy(10_000)));
        assert_eq!(parse::<Energy>("1.5MWh"), Ok(Energy(1_500_000)));
        assert_eq!(parse::<Power>("9.9 kWp"), Ok(Power(9_900)));
        assert_eq!(parse::<Price>("36.62 ct/kWh"), Ok(Price(366_200)));
        assert_eq!(parse::<Price>("-12.5 €/MWh"), Ok(Price(-12_500)));
        assert_eq!(parse::<Money>("0.01 €"), Ok(Money(10_000_000)));
        assert_eq!(parse::<Seconds>("1.5 h"), Ok(Seconds(5_400)));
        assert_eq!(parse::<Decidegrees>("-3.5 °C"), Ok(Decidegrees(-35)));
        let share = parse::<Fraction>("92.5 %").unwrap();
        assert_eq!((share.numerator(), share.denominator()), (925, 1_000));
    }

    #[test]
    fn a_wrong_unit_is_told_the_right_ones() {
        let check = |text: &str, what: &str| {
            let (found, remedy) = parse::<Energy>(text).unwrap_err();
            assert_eq!(found, what);
            assert!(
                remedy.starts_with("write fewer") || remedy.starts_with("write an energy such as"),
                "{remedy}"
            );
        };
        check("10 kW", "`kW` is not a unit of energy");
        check("10", "`10` has no unit");
        check("ten kWh", "`ten kWh` is not a unit of energy");
        check("1.2.3 kWh", "`1.2.3 kWh` is not a number with a unit");
        check("0.3 Wh", "`0.3 Wh` is finer than can be counted");
        check("101 GWh", "`101 GWh` is out of range");
        assert_eq!(parse::<Fraction>("101 %").unwrap_err().0, "`101 %` is out of range");
    }
}
