//! Quantities over time: panels of lines, areas and bands over one axis.

use super::{Scale, Size, Svg, TimeAxis, value_axis};
use crate::report::text::json;
use std::fmt::Write as _;

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A stepped line: a value holds for its whole bin.
    Line,
    /// Filled down to nothing.
    Area,
    /// Filled between these values and the series' own.
    Band(Vec<Option<f64>>),
}

/// One quantity.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend and beside the pointer.
    pub name: String,
    /// The style class that colours it.
    pub class: &'static str,
    /// One value per bin, in the panel's unit.
    pub values: Vec<Option<f64>>,
    /// How it is drawn.
    pub shape: Shape,
}

/// Series that share a vertical axis.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The unit, above the axis.
    pub unit: String,
    /// Decimals beside the pointer.
    pub digits: usize,
    /// Its height in the drawing.
    pub height: f64,
    /// What it shows, the rearmost first.
    pub series: Vec<Series>,
}

/// Panels over one time axis.
#[derive(Clone, Debug)]
pub struct TimeChart {
    /// What it shows, in a few words.
    pub title: String,
    /// What can be seen in it, in a sentence.
    pub description: String,
    /// Start of the first bin, Unix s.
    pub start: u64,
    /// Length of a bin, s.
    pub bin: u64,
    /// How many bins.
    pub bins: usize,
    /// Offset of the clock shown from UTC, s.
    pub utc_offset: i32,
    /// From top to bottom.
    pub panels: Vec<Panel>,
}

const TOP: f64 = 26.0;
const GAP: f64 = 34.0;

impl TimeChart {
    /// The picture; `id` links it to the values of [`Self::json`].
    #[must_use]
    pub fn draw(&self, size: Size, id: &str) -> String {
        let [left, right] = [self.margin(size), size.width() - 4.0];
        let heights = self.panels.iter().map(|panel| panel.height).sum::<f64>();
        let gaps = GAP * self.panels.len().saturating_sub(1) as f64;
        let bottom = TOP + heights + gaps;
        let mut svg = Svg::new(size, bottom + 24.0);
        svg.attribute("data-time", id);
        svg.attribute("data-plot", format!("{left} {right} {TOP} {bottom}"));
        svg.attribute("tabindex", 0);

        let span = [self.start, self.start + self.bin * self.bins as u64];
        let axis = TimeAxis { span, places: [left, right], utc_offset: self.utc_offset };
        axis.draw(&mut svg, size, [TOP, bottom]);
        let mut top = TOP;
        for panel in &self.panels {
            let scale = panel.scale([top + panel.height, top]);
            value_axis(&mut svg, &scale, [left, right], panel.ticks(), &panel.unit);
            for series in &panel.series {
                let x = Scale::new([0.0, self.bins.max(1) as f64], [left, right]);
                match &series.shape {
                    Shape::Line => svg.path(&format!("line {}", series.class), &line(series, &x, &scale), ""),
                    Shape::Area => {
                        let base: Vec<_> = series.values.iter().map(|value| value.map(|_| 0.0)).collect();
                        let d = band(&series.values, &base, &x, &scale);
                        svg.path(&format!("area {}", series.class), &d, "");
                    }
                    Shape::Band(low) => {
                        let d = band(&series.values, low, &x, &scale);
                        svg.path(&format!("band {}", series.class), &d, "");
                    }
                }
            }
            top += panel.height + GAP;
        }
        svg.finish(&self.title, &self.description)
    }

    /// Room for the longest text of the vertical axes.
    fn margin(&self, size: Size) -> f64 {
        let ticks =
            self.panels.iter().flat_map(|panel| panel.scale([panel.height, 0.0]).ticks(panel.ticks()));
        let longest = ticks.map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        size.pick(52.0, 34.0_f64.max(10.0 + 7.6 * longest as f64))
    }

    /// The values for whoever points at the picture.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = format!(
            "{{\"start\":{},\"bin\":{},\"offset\":{},\"series\":[",
            self.start, self.bin, self.utc_offset
        );
        let mut first = true;
        for panel in &self.panels {
            for series in &panel.series {
                let low = match &series.shape {
                    Shape::Band(low) => values(low, panel.digits),
                    _ => "null".into(),
                };
                let _ = write!(
                    text,
                    "{}{{\"name\":{},\"class\":{},\"unit\":{},\"digits\":{},\"low\":{low},\"values\":{}}}",
                    if first { "" } else { "," },
                    json(&series.name),
                    json(series.class),
                    json(&panel.unit),
                    panel.digits,
                    values(&series.values, panel.digits),
                );
                first = false;
            }
        }
        text + "]}"
    }
}

impl Panel {
    /// About how many grid lines it has.
    fn ticks(&self) -> usize {
        if self.height > 130.0 { 5 } else { 3 }
    }

    fn scale(&self, places: [f64; 2]) -> Scale {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for series in &self.series {
            let lows = match &series.shape {
                Shape::Band(low) => low.as_slice(),
                _ => &[],
            };
            for value in series.values.iter().chain(lows).flatten() {
                low = low.min(*value);
                high = high.max(*value);
            }
        }
        Scale::nice([low, high], places, 4)
    }
}

fn values(values: &[Option<f64>], digits: usize) -> String {
    let texts: Vec<String> =
        values.iter().map(|value| value.map_or("null".into(), |value| format!("{value:.digits$}"))).collect();
    format!("[{}]", texts.join(","))
}

/// A stepped line, broken where there is no value.
fn line(series: &Series, x: &Scale, y: &Scale) -> String {
    let mut d = String::new();
    let mut last = None;
    for (bin, value) in series.values.iter().enumerate() {
        if let Some(value) = value {
            let from = x.at(bin as f64);
            match last {
                None => {
                    let _ = write!(d, "M{from:.1} {:.1}", y.at(*value));
                }
                Some(last) if last != *value => {
                    let _ = write!(d, "V{:.1}", y.at(*value));
                }
                Some(_) => {}
            }
            let same = series.values.get(bin + 1).copied().flatten() == Some(*value);
            if !same {
                let _ = write!(d, "H{:.1}", x.at((bin + 1) as f64));
            }
        }
        last = *value;
    }
    d
}

/// The surface between two stepped lines, one piece per run of values.
fn band(high: &[Option<f64>], low: &[Option<f64>], x: &Scale, y: &Scale) -> String {
    let mut d = String::new();
    let pairs: Vec<Option<(f64, f64)>> =
        high.iter().zip(low).map(|(high, low)| Some(((*high)?, (*low)?))).collect();
    let mut start = 0;
    while start < pairs.len() {
        let run = pairs[start..].iter().take_while(|pair| pair.is_some()).count();
        if run == 0 {
            start += 1;
            continue;
        }
        let ends = |bin: usize| [x.at(bin as f64), x.at((bin + 1) as f64)];
        let there = (start..start + run).map(|bin| (ends(bin)[0], pairs[bin].unwrap_or_default().0));
        let back = (start..start + run).rev().map(|bin| (ends(bin)[1], pairs[bin].unwrap_or_default().1));
        let _ = write!(d, "M{:.1} {:.1}", ends(start)[0], y.at(pairs[start].unwrap_or_default().1));
        stairs(&mut d, there, y);
        let _ = write!(d, "H{:.1}", ends(start + run - 1)[1]);
        stairs(&mut d, back, y);
        d.push('Z');
        start += run;
    }
    d
}

/// Steps to each new value, at the place where it begins.
fn stairs(d: &mut String, steps: impl Iterator<Item = (f64, f64)>, y: &Scale) {
    let mut held = None;
    for (place, value) in steps {
        if held != Some(value) {
            let _ = write!(d, "H{place:.1}V{:.1}", y.at(value));
        }
        held = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_nothing_was_traded() {
        let series = Series {
            name: "price".into(),
            class: "price",
            values: vec![Some(1.0), Some(1.0), None, Some(2.0)],
            shape: Shape::Line,
        };
        let scale = Scale::new([0.0, 4.0], [0.0, 4.0]);
        assert_eq!(line(&series, &scale, &scale), "M0.0 1.0H2.0M3.0 2.0H4.0");
    }

    #[test]
    fn a_band_closes_around_each_run() {
        let scale = Scale::new([0.0, 4.0], [0.0, 4.0]);
        let d = band(&[Some(3.0), None, Some(2.0)], &[Some(1.0), None, Some(1.0)], &scale, &scale);
        assert_eq!(d, "M0.0 1.0H0.0V3.0H1.0H1.0V1.0ZM2.0 1.0H2.0V2.0H3.0H3.0V1.0Z");
    }
}
