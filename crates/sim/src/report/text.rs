//! Numbers and times as people read them, from exact integers.

use crate::calendar::{civil_from_days, weekday};
use market::{Energy, Money, Price};

/// A thin space between groups of three digits.
const GROUP: char = '\u{202f}';

/// The sign of a currency, or its ISO code where it has none of its own.
#[must_use]
pub fn currency(code: [u8; 3]) -> String {
    match &code {
        b"EUR" => "€".into(),
        b"GBP" => "£".into(),
        _ => code.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A whole number with its digits in groups: 12 345.
#[must_use]
pub fn whole(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 4 {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// `number` / 10^`scale` with `digits` decimals, halves away from zero; no sign on what rounds to nothing.
#[must_use]
pub fn decimal(number: i128, scale: u32, digits: u32) -> String {
    let unit = 10_i128.pow(scale.saturating_sub(digits));
    let rounded = (number.abs() + unit / 2) / unit;
    let fraction = 10_i128.pow(digits);
    let sign = if number < 0 && rounded > 0 { "−" } else { "" };
    let whole = whole(rounded / fraction);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{:0width$}", rounded % fraction, width = digits as usize)
}

/// Money to the cent: "412.10 €".
#[must_use]
pub fn money(money: Money, code: [u8; 3]) -> String {
    format!("{}\u{a0}{}", decimal(money.0, 9, 2), currency(code))
}

/// Energy in kWh: two decimals below ten, one below a hundred, none above.
#[must_use]
pub fn energy(energy: Energy) -> String {
    let digits = match energy.0.unsigned_abs() {
        0 => 0,
        1..10_000 => 2,
        10_000..100_000 => 1,
        _ => 0,
    };
    format!("{}\u{a0}kWh", decimal(i128::from(energy.0), 3, digits))
}

/// A price in hundredths of the currency per kWh: "14.25 ct/kWh".
#[must_use]
pub fn price(price: Price, code: [u8; 3]) -> String {
    format!("{}\u{a0}{}", decimal(i128::from(price.0), 4, 2), price_unit(code))
}

/// The unit of [`price`].
#[must_use]
pub fn price_unit(code: [u8; 3]) -> String {
    match &code {
        b"EUR" => "ct/kWh".into(),
        b"GBP" => "p/kWh".into(),
        _ => format!("{}/100 kWh", currency(code)),
    }
}

/// `part` of `whole` in whole per cent; nothing where there is no whole.
#[must_use]
pub fn percent(part: i128, whole: i128) -> Option<String> {
    (whole > 0).then(|| format!("{}\u{a0}%", decimal(part * 100_000 / whole, 3, 0)))
}

/// A date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// 1 = January.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 = Monday.
    pub weekday: u8,
    /// Seconds since midnight.
    pub second: u32,
}

impl Civil {
    /// The calendar's name for `seconds` since 1970 began.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        Self {
            year,
            month: u8::try_from(month).unwrap_or_default(),
            day: u8::try_from(day).unwrap_or_default(),
            weekday: u8::try_from(weekday(days)).unwrap_or_default(),
            second: u32::try_from(seconds.rem_euclid(86_400)).unwrap_or_default(),
        }
    }

    /// "Mon".
    #[must_use]
    pub fn weekday_name(self) -> &'static str {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][usize::from(self.weekday % 7)]
    }

    /// "June".
    #[must_use]
    pub fn month_name(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        NAMES[usize::from(self.month.clamp(1, 12)) - 1]
    }

    /// "14:15".
    #[must_use]
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.second / 3600, self.second / 60 % 60)
    }

    /// "Mon 7 June 2021".
    #[must_use]
    pub fn date(self) -> String {
        format!("{} {} {} {}", self.weekday_name(), self.day, self.month_name(), self.year)
    }

    /// ISO 8601 with the zone of UTC: "2021-06-07T14:15:00Z".
    #[must_use]
    pub fn iso(self) -> String {
        let Self { year, month, day, second, .. } = self;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A span of time in words: "a week", "3 days", "6 hours".
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        s if s.is_multiple_of(604_800) && s > 0 => counted(s / 604_800, "a week", "weeks"),
        s if s >= 86_400 && s.is_multiple_of(86_400) => counted(s / 86_400, "a day", "days"),
        s if s >= 3_600 && s.is_multiple_of(3_600) => counted(s / 3_600, "an hour", "hours"),
        900 => "a quarter of an hour".into(),
        s => counted(s.div_ceil(60), "a minute", "minutes"),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { one.into() } else { format!("{} {many}", whole(i128::from(count))) }
}

/// Text that is safe between tags and inside quoted attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// A JSON string that may also stand inside a script element.
#[must_use]
pub fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '<' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

/// "a, b and c".
#[must_use]
pub fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_rounded_to_the_cent_once_and_exactly() {
        let rows = [
            (412_100_000_000, "412.10\u{a0}€"),
            (-5_000_000, "−0.01\u{a0}€"),
            (-4_999_999, "0.00\u{a0}€"),
            (12_345_678_994_999_999, "12\u{202f}345\u{202f}678.99\u{a0}€"),
            (9_999_995_000_000, "10\u{202f}000.00\u{a0}€"),
        ];
        for (neur, text) in rows {
            assert_eq!(money(Money(neur), *b"EUR"), text);
        }
    }

    #[test]
    fn energy_shows_what_matters() {
        let rows =
            [(0, "0"), (50, "0.05"), (12_345, "12.3"), (123_456, "123"), (12_345_678, "12\u{202f}346")];
        for (wh, text) in rows {
            assert_eq!(energy(Energy(wh)), format!("{text}\u{a0}kWh"));
        }
        assert_eq!(price(Price(-12_345), *b"EUR"), "−1.23\u{a0}ct/kWh");
    }

    #[test]
    fn the_calendar_is_right() {
        let rows = [
            (0, "1970-01-01T00:00:00Z", "Thu"),
            (951_782_400, "2000-02-29T00:00:00Z", "Tue"),
            (1_623_024_900, "2021-06-07T00:15:00Z", "Mon"),
            (-1, "1969-12-31T23:59:59Z", "Wed"),
        ];
        for (seconds, iso, weekday) in rows {
            assert_eq!(
                (Civil::of(seconds).iso().as_str(), Civil::of(seconds).weekday_name()),
                (iso, weekday)
            );
        }
        assert_eq!((span(604_800), span(259_200)), ("a week".into(), "3 days".into()));
    }

    #[test]
    fn nothing_from_a_scenario_becomes_markup() {
        assert_eq!(json("</script>\n\"\\"), "\"\\u003c/script>\\u000a\\\"\\\\\"");
        assert_eq!(escape("<b onclick='x'>&\""), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;");
    }
}
