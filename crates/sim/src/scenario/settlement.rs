//! `[settlement]` and `[metering]`: how deviations are settled, and how readings go astray.

use super::market::MarketTerms;
use super::quantity::Seconds;
use super::reader::Section;
use super::tariff::Tariffs;
use super::time::Span;
use market::{Agreement, Fraction, ImbalancePolicy, PPM, Price};

/// How often readings go astray, drawn for each by the seed; parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The meter never reports the interval.
    pub missing: u32,
    /// It reports late.
    pub late: u32,
    /// It reports in time, wrongly, and corrects itself later.
    pub corrected: u32,
    /// The latest that a late or corrected reading comes, in delivery intervals, ≥ 1.
    pub late_by: u64,
}

/// Most that a settlement waits and that corrections are open, s.
const LONGEST: i64 = 400 * 86_400;

/// Reads `[settlement]`; without it, nothing is agreed on after the founding.
pub(crate) fn agreement(
    section: &Section<'_>,
    tariffs: &Tariffs,
    markets: &[MarketTerms],
    span: &Span,
) -> Agreement {
    let policies = [("dual", 0), ("single", 1), ("pro_rata", 2)];
    let policy = section.choice("imbalance", &policies).unwrap_or(0);
    let together = policy > 0;
    let name: Option<String> = section.get("tariff");
    let [market, others @ ..] = markets else { return nothing_agreed(span) };
    if together && !others.is_empty() {
        let what = "names one price for deviations, but several carriers are traded here";
        section.fault("imbalance", what, "write \"dual\"");
    }
    let tariff = match name {
        Some(name) => tariffs.find(section, "tariff", &name, market.market.carrier),
        None => market.tariff,
    };
    if together && tariff.is_none() && !section.has("tariff") {
        section.fault("tariff", "is missing", "name the tariff at whose prices deviations are settled");
    }
    let tariff = tariff.unwrap_or_default();
    let span_of = |name: &'static str, default: i64| {
        let seconds = section.get(name).or(Some(Seconds(default))).map(|Seconds(seconds)| seconds);
        let remedy = "write a span of time such as \"28 days\"";
        let seconds = section.within(name, seconds, 0..=LONGEST, "is not between 0 and 400 days", remedy);
        seconds.unwrap_or(default) as u32
    };
    let penalty = section.get_or("penalty", Price::ZERO);
    if penalty < Price::ZERO {
        section.fault("penalty", "is negative", "write a price of at least 0 ct/kWh");
    }
    let agreement = Agreement {
        from: span.first.start,
        imbalance: match policy {
            0 => ImbalancePolicy::Dual,
            1 => ImbalancePolicy::Single { tariff },
            _ => ImbalancePolicy::ProRata { tariff },
        },
        penalty,
        tolerance: parts(section, "tolerance"),
        grace: span_of("grace", 0),
        correction_window: span_of("correction_window", 28 * 86_400),
    };
    section.finish();
    agreement
}

fn nothing_agreed(span: &Span) -> Agreement {
    let (penalty, tolerance, grace, correction_window) = (Price::ZERO, 0, 0, 0);
    let imbalance = ImbalancePolicy::Dual;
    Agreement { from: span.first.start, imbalance, penalty, tolerance, grace, correction_window }
}

/// Reads `[metering]`.
pub(crate) fn faults(section: &Section<'_>, agreement: Option<&Agreement>, span: &Span) -> Faults {
    let duration = i64::from(span.first.duration);
    let Seconds(latest) = section.get_or("late_by", Seconds(86_400));
    let window = agreement.map_or(0, |terms| i64::from(terms.correction_window));
    if agreement.is_none() {
        let what = "needs an agreement on late readings";
        section.fault("late_by", what, "add `[settlement]` with a `correction_window`");
    } else if latest < duration || latest > window {
        let what = "is not between one interval and the correction window";
        section.fault("late_by", what, "write such as \"1 d\", or enlarge `settlement.correction_window`");
    }
    let faults = Faults {
        missing: parts(section, "missing"),
        late: parts(section, "late"),
        corrected: parts(section, "corrected"),
        late_by: (latest / duration.max(1)).max(1) as u64,
    };
    if faults.missing + faults.late + faults.corrected > PPM {
        section.fault("missing", "and the other faults exceed the whole", "let them sum to at most 100 %");
    }
    section.finish();
    faults
}

/// A percentage in parts per million; none where it is left out.
fn parts(section: &Section<'_>, field: &'static str) -> u32 {
    section.get(field).map_or(0, |part: Fraction| part.of(i64::from(PPM)) as u32)
}
