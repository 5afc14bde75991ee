//! A heat map: rows and columns of cells, coloured by how good they are.

use super::{Size, Svg, cut};

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// How good, from −1 to 1; none where there is nothing to tell.
    pub value: Option<f64>,
    /// What to say when pointed at.
    pub tip: String,
}

/// The rows from top to bottom, as many cells in each as there are columns.
#[must_use]
pub fn heat(
    columns: &[String],
    rows: &[(String, Vec<Cell>)],
    size: Size,
    title: &str,
    description: &str,
) -> String {
    let wide = size == Size::Wide;
    let left = size.pick(200.0, 0.0);
    let width = ((size.width() - left) / columns.len().max(1) as f64).min(64.0);
    let letters = if wide { 26 } else { 22 };
    let longest = columns.iter().map(|name| name.chars().count().min(letters)).max().unwrap_or(0);
    let top = longest as f64 * 7.0 + 12.0;
    let (pitch, thick) = (size.pick(24.0, 38.0), 20.0);
    let mut svg = Svg::new(size, top + rows.len() as f64 * pitch + 4.0);
    for (number, name) in columns.iter().enumerate() {
        let (x, y) = (left + (number as f64 + 0.5) * width + 4.0, top - 6.0);
        svg.add(format_args!(
            "<text class=\"tick start\" transform=\"translate({x:.1} {y:.1}) rotate(-90)\">{}</text>",
            crate::report::text::escape(&cut(name, letters))
        ));
    }
    for (number, (name, cells)) in rows.iter().enumerate() {
        let y = top + number as f64 * pitch + size.pick(0.0, 16.0);
        if wide {
            svg.text("label end", [left - 10.0, y + 15.0], &cut(name, 28));
        } else {
            svg.text("label start halo", [0.0, y - 4.0], &cut(name, 44));
        }
        for (place, cell) in cells.iter().enumerate() {
            let at = [left + place as f64 * width + 1.0, y];
            svg.rect("empty", at, [width - 2.0, thick], if cell.value.is_none() { &cell.tip } else { "" });
            let Some(value) = cell.value else { continue };
            let class = if value < 0.0 { "lost" } else { "saved" };
            // Its strength is told by opacity, so that it works on light and dark ground; no loss is too faint to see.
            let strength = if value < 0.0 { 0.35 - 0.65 * value } else { value };
            svg.add(format_args!(
                "<rect class=\"fill {class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{thick:.1}\" \
                 fill-opacity=\"{:.2}\" data-tip=\"\"><title>{}</title></rect>",
                at[0],
                at[1],
                width - 2.0,
                strength.min(1.0),
                crate::report::text::escape(&cell.tip)
            ));
        }
    }
    svg.finish(title, description)
}
