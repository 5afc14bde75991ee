//! Crossing curves: demand falls, supply rises, and where they meet is the price.
//!
//! `page.js` draws the same picture for the interval the reader chooses; a browser test compares the two.

use super::{Scale, Size, Svg, value_axis};
use crate::report::Crossing;
use crate::report::text;
use market::{Energy, Price};
use std::fmt::Write as _;

/// The crossing curves of one clearing, energy in kWh to the right and price per kWh upward.
#[must_use]
pub fn crossing(crossing: &Crossing, currency: [u8; 3], size: Size, id: &str) -> String {
    let height = size.pick(360.0, 300.0);
    let [left, right, top, bottom] = [size.pick(52.0, 40.0), size.width() - 12.0, 30.0, height - 44.0];
    let mut svg = Svg::new(size, height);
    svg.attribute("data-crossing", id);
    svg.attribute("data-plot", format!("{left} {right} {top} {bottom}"));

    let x = Scale::new([0.0, reach(crossing) * 1e-3], [left, right]);
    let y = Scale::nice(prices(crossing), [bottom, top], 5);
    svg.add(format_args!("<g data-axes=\"\">"));
    value_axis(&mut svg, &y, [left, right], 5, &text::price_unit(currency));
    for (value, text) in x.ticks(size.pick(8.0, 4.0) as usize) {
        svg.text("tick middle", [x.at(value), bottom + 18.0], &text);
    }
    svg.add(format_args!("</g>"));
    svg.text("tick end", [right, bottom + 36.0], "energy, kWh");

    let tip = |side: &str, steps: &[(Price, Energy)]| {
        let total: Energy = steps.iter().map(|step| step.1).sum();
        format!("{side}: {} in all", text::energy(total))
    };
    svg.path("gain", &gain(crossing, &x, &y), "");
    svg.path("line demand", &curve(&crossing.demand, &x, &y, bottom), &tip("Wanted", &crossing.demand));
    svg.path("line supply", &curve(&crossing.supply, &x, &y, top), &tip("Offered", &crossing.supply));
    let px = x.at(kwh(crossing.volume));
    if crossing.price.is_none() && !crossing.volume.is_zero() {
        svg.path("clearing", &format!("M{px:.1} {top:.1}V{bottom:.1}"), "");
    }
    if let Some(price) = crossing.price.filter(|_| !crossing.volume.is_zero()) {
        let py = y.at(cents(price));
        svg.path("clearing", &format!("M{left:.1} {py:.1}H{px:.1}V{bottom:.1}"), "");
        let tip = format!("{} at {}", text::energy(crossing.volume), text::price(price, currency));
        svg.dot("clearing", [px, py], 5.0, &tip);
    }
    svg.finish("Crossing curves: what was wanted and offered at each price", &outcome(crossing, currency))
}

/// The outcome in words.
#[must_use]
pub fn outcome(crossing: &Crossing, currency: [u8; 3]) -> String {
    let Crossing { demand, supply, volume, price } = crossing;
    if !volume.is_zero() {
        let price = price.map(|price| format!(" at {}", text::price(price, currency))).unwrap_or_default();
        return format!("{} traded{price}.", text::energy(*volume));
    }
    match (demand.is_empty(), supply.is_empty()) {
        (true, true) => "Nobody wanted to trade.",
        (false, true) => "Nobody offered any: nothing was traded.",
        (true, false) => "Nobody wanted any: nothing was traded.",
        (false, false) => "No buyer's price reached a seller's: nothing was traded.",
    }
    .into()
}

fn kwh(energy: Energy) -> f64 {
    energy.0 as f64 / 1e3
}

fn cents(price: Price) -> f64 {
    price.0 as f64 / 1e4
}

/// Up to which energy (Wh) the curves are drawn: the crossing should lie inside, a long tail need not.
fn reach(crossing: &Crossing) -> f64 {
    let total = |steps: &[(Price, Energy)]| steps.iter().map(|step| step.1.0 as f64).sum::<f64>();
    let (demand, supply) = (total(&crossing.demand), total(&crossing.supply));
    let short = if demand.min(supply) > 0.0 { demand.min(supply) } else { demand.max(supply) };
    (short * 1.25).max(crossing.volume.0 as f64 * 1.6).min(demand.max(supply) * 1.04).max(1.0)
}

/// The lowest and highest price in the picture.
fn prices(crossing: &Crossing) -> [f64; 2] {
    let limits = crossing.demand.iter().chain(&crossing.supply).map(|step| step.0);
    limits
        .chain(crossing.price)
        .map(cents)
        .fold([0.0, 0.0], |[low, high], price| [low.min(price), high.max(price)])
}

/// A stepped curve over accumulated energy, cut where the picture ends; where it ends before, it runs on to `end`:
/// nobody wants more even for nothing, nobody offers more at any price.
fn curve(steps: &[(Price, Energy)], x: &Scale, y: &Scale, end: f64) -> String {
    let (mut d, mut so_far) = (String::new(), 0);
    for (limit, energy) in steps {
        let height = y.at(cents(*limit));
        if so_far == 0 {
            let _ = write!(d, "M{:.1} {height:.1}", x.places[0]);
        } else {
            let _ = write!(d, "V{height:.1}");
        }
        so_far += energy.0;
        let place = x.at(so_far as f64 / 1e3);
        let _ = write!(d, "H{:.1}", place.min(x.places[1]));
        if place >= x.places[1] {
            return d;
        }
    }
    if so_far > 0 {
        let _ = write!(d, "V{end:.1}");
    }
    d
}

/// The surface between the two curves up to the energy traded: what both sides gain together.
fn gain(crossing: &Crossing, x: &Scale, y: &Scale) -> String {
    if crossing.volume.is_zero() {
        return String::new();
    }
    let corners = |steps: &[(Price, Energy)]| {
        let (mut corners, mut so_far) = (Vec::new(), 0);
        for (limit, energy) in steps {
            if so_far >= crossing.volume.0 {
                break;
            }
            let height = y.at(cents(*limit));
            let until = (so_far + energy.0).min(crossing.volume.0);
            corners.push([x.at(so_far as f64 / 1e3), height]);
            corners.push([x.at(until as f64 / 1e3), height]);
            so_far = until;
        }
        corners
    };
    let back = corners(&crossing.supply).into_iter().rev();
    let mut d = String::new();
    for [x, y] in corners(&crossing.demand).into_iter().chain(back) {
        let _ = write!(d, "{}{x:.1} {y:.1}", if d.is_empty() { "M" } else { "L" });
    }
    d + "Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_shows_both_sides_and_the_price() {
        let crossed = Crossing {
            demand: vec![(Price(300_000), Energy(2_000)), (Price(100_000), Energy(1_000))],
            supply: vec![(Price(80_000), Energy(1_500))],
            volume: Energy(1_500),
            price: Some(Price(190_000)),
        };
        let svg = crossing(&crossed, *b"EUR", Size::Wide, "electricity");
        assert!(svg.contains("1.50\u{a0}kWh traded at 19.00\u{a0}ct/kWh."));
        assert_eq!(svg.matches("<circle").count(), 1);
        let empty = crossing(&Crossing::default(), *b"EUR", Size::Narrow, "gas");
        assert!(empty.contains("Nobody wanted to trade."), "{empty}");
    }
}
