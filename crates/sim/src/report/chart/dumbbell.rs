//! Dumbbells: for each row two values on a shared scale, and the way from one to the other.

use super::{Scale, Size, Svg, cut};

/// One row.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What it stands for.
    pub name: String,
    /// Where it would be without the market.
    pub before: f64,
    /// Where it is.
    pub after: f64,
    /// What is written at the right.
    pub note: String,
    /// What to say when pointed at.
    pub tip: String,
}

/// The rows from top to bottom; `after` left of `before` is the good direction. `gain` heads the notes.
#[must_use]
pub fn dumbbells(
    rows: &[Pair],
    [unit, gain]: [&str; 2],
    size: Size,
    title: &str,
    description: &str,
) -> String {
    let narrow = size == Size::Narrow;
    let (left, right) = (size.pick(210.0, 6.0), size.width() - size.pick(150.0, 14.0));
    let pitch = size.pick(26.0, 42.0);
    let (top, bottom) = (26.0, 30.0 + rows.len() as f64 * pitch);
    let values = rows.iter().flat_map(|row| [row.before, row.after]);
    let ends = values.fold([0.0_f64, 0.0_f64], |[low, high], value| [low.min(value), high.max(value)]);
    let scale = Scale::nice(ends, [left, right], 5);
    let mut svg = Svg::new(size, bottom + 6.0);
    if !narrow {
        svg.text("tick end", [size.width(), 12.0], gain);
    }
    for (value, text) in scale.ticks(size.pick(8.0, 4.0) as usize) {
        let x = scale.at(value);
        svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [x, top - 6.0], [x, bottom]);
        // Where an edge would cut a text it begins or ends there.
        let anchor = match x {
            x if x < 24.0 => "start",
            x if x > size.width() - 24.0 => "end",
            _ => "middle",
        };
        svg.text(&format!("tick {anchor}"), [x, 12.0], &format!("{text}\u{a0}{unit}"));
    }
    for (number, row) in rows.iter().enumerate() {
        let y = top + number as f64 * pitch + size.pick(10.0, 24.0);
        let name = cut(&row.name, if narrow { 28 } else { 30 });
        if narrow {
            svg.text("label start halo", [0.0, y - 9.0], &name);
            svg.text("value end halo", [size.width(), y - 9.0], &row.note);
        } else {
            svg.text("label end", [left - 10.0, y + 4.0], &name);
            svg.text("value end", [size.width(), y + 4.0], &row.note);
        }
        let [before, after] = [scale.at(row.before), scale.at(row.after)];
        let better = row.after <= row.before;
        let [from, to] = [before.min(after), before.max(after)];
        let class = if better { "fill saved" } else { "fill lost" };
        svg.rect(class, [from, y - 2.5], [to - from, 5.0], &row.tip);
        svg.dot("dot tariff", [before, y], 5.0, &row.tip);
        svg.dot(if better { "dot saved" } else { "dot lost" }, [after, y], 5.0, &row.tip);
    }
    svg.finish(title, description)
}
