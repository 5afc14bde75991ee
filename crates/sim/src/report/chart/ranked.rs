//! Ranked bars: one value per row, from zero to either side.

use super::{Scale, Size, Svg, cut};

/// One row.
#[derive(Clone, Debug)]
pub struct Rank {
    /// What it stands for.
    pub name: String,
    /// How long its bar is; negative to the left.
    pub value: f64,
    /// The style class that colours it.
    pub class: &'static str,
    /// What is written behind it.
    pub note: String,
    /// What to say when pointed at.
    pub tip: String,
}

/// The rows from top to bottom.
#[must_use]
pub fn ranked(rows: &[Rank], size: Size, title: &str, description: &str) -> String {
    let wide = size == Size::Wide;
    let (left, right) = (size.pick(270.0, 2.0), size.width() - size.pick(130.0, 2.0));
    let (pitch, thick) = (size.pick(24.0, 36.0), 12.0);
    let ends =
        rows.iter().fold([0.0_f64, 0.0_f64], |[low, high], row| [low.min(row.value), high.max(row.value)]);
    let scale = Scale::new(ends, [left, right]);
    let mut svg = Svg::new(size, rows.len() as f64 * pitch + 6.0);
    let zero = scale.at(0.0);
    svg.line("grid zero", [zero, 0.0], [zero, rows.len() as f64 * pitch + 6.0]);
    for (number, row) in rows.iter().enumerate() {
        let y = number as f64 * pitch + size.pick(6.0, 20.0);
        let name = cut(&row.name, if wide { 38 } else { 34 });
        if wide {
            svg.text("label end", [left - 10.0, y + 11.0], &name);
            svg.text("value end", [size.width(), y + 11.0], &row.note);
        } else {
            svg.text("label start halo", [6.0, y - 5.0], &name);
            svg.text("value end halo", [size.width(), y - 5.0], &row.note);
        }
        let end = scale.at(row.value);
        let width = (end - zero).abs().max(if row.value == 0.0 { 0.0 } else { 1.0 });
        svg.rect(&format!("fill {}", row.class), [zero.min(end), y], [width, thick], &row.tip);
    }
    svg.finish(title, description)
}
