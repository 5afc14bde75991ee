//! Stacked horizontal bars: how a whole divides, one row each.

use super::{Size, Svg, cut};

/// A part of a bar.
#[derive(Clone, Debug)]
pub struct Part {
    /// The style class that colours it.
    pub class: &'static str,
    /// Its size, in the unit of the others of its bar, ≥ 0.
    pub value: f64,
    /// What to say when pointed at.
    pub tip: String,
}

/// One row: as long as the picture is wide, divided by its parts.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// What is written behind it.
    pub note: String,
    /// Its parts from left to right; empty where there is nothing to divide.
    pub parts: Vec<Part>,
}

/// The rows from top to bottom.
#[must_use]
pub fn bars(rows: &[Bar], size: Size, title: &str, description: &str) -> String {
    let narrow = size == Size::Narrow;
    let (left, right) = (size.pick(210.0, 0.0), size.width() - size.pick(64.0, 54.0));
    let (pitch, thick) = (size.pick(24.0, 38.0), 14.0);
    let mut svg = Svg::new(size, rows.len() as f64 * pitch + 4.0);
    for (number, row) in rows.iter().enumerate() {
        let y = number as f64 * pitch + size.pick(4.0, 20.0);
        let (anchor, place) =
            if narrow { ("label start", [0.0, y - 5.0]) } else { ("label end", [left - 10.0, y + 12.0]) };
        svg.text(anchor, place, &cut(&row.name, if narrow { 40 } else { 30 }));
        let total: f64 = row.parts.iter().map(|part| part.value).sum();
        let mut x = left;
        svg.rect("empty", [left, y], [right - left, thick], "");
        for part in row.parts.iter().filter(|part| part.value > 0.0) {
            let width = part.value / total * (right - left);
            svg.rect(&format!("fill {}", part.class), [x, y], [width, thick], &part.tip);
            x += width;
        }
        svg.text("value start", [right + 8.0, y + 12.0], &row.note);
    }
    svg.finish(title, description)
}
