//! A picture of an auction: what would be bought and sold at every price, and where the two curves cross.

use crate::show::{cents, kwh};
use clearing::{Curve, Step};
use market::rule::Clearing;
use market::{Book, Energy, Price};
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Left, top, right, bottom.
const MARGIN: [f64; 4] = [64.0, 24.0, 24.0, 48.0];

/// The crossing curves as an SVG that stands alone and reads in the dark.
pub(crate) fn crossing_curves(book: &Book, clearing: &Clearing) -> String {
    let Curve { demand, supply } = Curve::of(book);
    let all = || demand.iter().chain(&supply);
    let widest = all().map(|step| step.until.0).max().unwrap_or(0).max(1) as f64;
    let lowest = all().map(|step| step.price.0).min().unwrap_or(0).min(0) as f64;
    let highest = all().map(|step| step.price.0).max().unwrap_or(1).max(lowest as i64 + 1) as f64 * 1.05;
    let [left, top, right, bottom] = MARGIN;
    let x = |energy: f64| left + energy / widest * (WIDTH - left - right);
    let y = |price: f64| HEIGHT - bottom - (price - lowest) / (highest - lowest) * (HEIGHT - top - bottom);
    let path = |steps: &[Step]| {
        let (mut path, mut from) = (String::new(), 0.0);
        for (index, step) in steps.iter().enumerate() {
            let (height, upto) = (y(step.price.0 as f64), step.until.0 as f64);
            let start = if index == 0 { "M" } else { "L" };
            let _ = write!(path, "{start}{:.1} {height:.1}L{:.1} {height:.1}", x(from), x(upto));
            from = upto;
        }
        path
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<title>Price and quantity of all orders</title>\n<style>\n\
         svg {{ background: #fff; color: #222 }} text {{ fill: currentColor }}\n\
         .axis {{ stroke: currentColor; opacity: .4 }} .buy {{ stroke: #1668b8 }} .sell {{ stroke: #b8560f }}\n\
         .buy, .sell {{ fill: none; stroke-width: 2 }} .price {{ stroke: currentColor; stroke-dasharray: 4 4 }}\n\
         @media (prefers-color-scheme: dark) {{ svg {{ background: #16181d; color: #e6e6e6 }} \
         .buy {{ stroke: #6fb3f2 }} .sell {{ stroke: #f2a565 }} }}\n</style>\n"
    );
    let (floor, end) = (HEIGHT - bottom, WIDTH - right);
    let _ = writeln!(svg, "<path class=\"axis\" fill=\"none\" d=\"M{left} {top}V{floor}H{end}\"/>");
    for tenth in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let energy = Energy((widest * tenth) as i64);
        let (place, foot) = (x(widest * tenth), floor + 18.0);
        let _ = writeln!(
            svg,
            "<text x=\"{place:.1}\" y=\"{foot}\" text-anchor=\"middle\">{}</text>",
            kwh(energy)
        );
        let price = lowest + (highest - lowest) * tenth;
        let (side, line) = (left - 8.0, y(price) + 4.0);
        let price = cents(Price(price as i64));
        let _ = writeln!(svg, "<text x=\"{side}\" y=\"{line:.1}\" text-anchor=\"end\">{price}</text>");
    }
    let (middle, foot) = (WIDTH / 2.0, HEIGHT - 10.0);
    let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{foot}\" text-anchor=\"middle\">kWh, cumulated</text>");
    let _ = writeln!(svg, "<text x=\"8\" y=\"14\">ct/kWh</text>");
    let _ = writeln!(svg, "<path class=\"buy\" d=\"{}\"><title>buyers</title></path>", path(&demand));
    let _ = writeln!(svg, "<path class=\"sell\" d=\"{}\"><title>sellers</title></path>", path(&supply));
    for (row, class, name) in
        [(20.0, "buy", "buyers, highest limit first"), (38.0, "sell", "sellers, lowest limit first")]
    {
        let (from, to, line) = (WIDTH - 250.0, WIDTH - 226.0, row - 4.0 + top - 10.0);
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{from} {line}H{to}\"/>");
        let (at, baseline) = (WIDTH - 218.0, line + 4.0);
        let _ = writeln!(svg, "<text x=\"{at}\" y=\"{baseline}\">{name}</text>");
    }
    if let Some(price) = clearing.price.or(clearing.equilibrium) {
        let (height, volume) = (y(price.0 as f64), x(clearing.volume.0 as f64));
        let _ = writeln!(
            svg,
            "<path class=\"price\" fill=\"none\" d=\"M{left} {height:.1}H{volume:.1}V{floor}\"/>"
        );
        let _ =
            writeln!(svg, "<circle cx=\"{volume:.1}\" cy=\"{height:.1}\" r=\"4\" fill=\"currentColor\"/>");
        let label = format!("{} kWh at {} ct/kWh", kwh(clearing.volume), cents(price));
        let (at, line) = (left + 8.0, height - 8.0);
        let _ = writeln!(svg, "<text x=\"{at}\" y=\"{line:.1}\" font-weight=\"bold\">{label}</text>");
    }
    svg + "</svg>\n"
}
