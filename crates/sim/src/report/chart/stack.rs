//! Parts stacked over time, above zero what is given and below what is taken, with a line on a scale of its own below.

use super::{Scale, Size, Svg, TimeAxis, value_axis};

/// One part of the stack.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The style class that colours it.
    pub class: &'static str,
    /// One value per bin; below zero it hangs.
    pub values: Vec<f64>,
    /// What to say of a bin when pointed at.
    pub tips: Vec<String>,
}

/// A stepped line in the panel below.
#[derive(Clone, Debug)]
pub struct Line {
    /// The style class that colours it.
    pub class: &'static str,
    /// One value per bin.
    pub values: Vec<f64>,
}

/// Layers over lines, bin by bin.
#[derive(Clone, Debug)]
pub struct StackChart {
    /// What it shows, in a few words.
    pub title: String,
    /// What can be seen in it, in a sentence.
    pub description: String,
    /// Start of the first bin, Unix s.
    pub start: u64,
    /// Length of a bin, s.
    pub bin: u64,
    /// Offset of the clock shown from UTC, s.
    pub utc_offset: i32,
    /// The units of layers and lines.
    pub units: [String; 2],
    /// From zero outwards.
    pub layers: Vec<Layer>,
    /// The rearmost first.
    pub lines: Vec<Line>,
}

const TOP: f64 = 26.0;
const STACK: f64 = 240.0;
const GAP: f64 = 34.0;
const LINES: f64 = 110.0;

impl StackChart {
    /// The picture.
    #[must_use]
    pub fn draw(&self, size: Size) -> String {
        let bins = self.layers.iter().map(|layer| layer.values.len()).max().unwrap_or(0);
        let [left, right] = [size.pick(52.0, 40.0), size.width() - 4.0];
        let bottom = TOP + STACK + GAP + LINES;
        let mut svg = Svg::new(size, bottom + 24.0);
        let span = [self.start, self.start + self.bin * bins as u64];
        let axis = TimeAxis { span, places: [left, right], utc_offset: self.utc_offset };
        axis.draw(&mut svg, size, [TOP, bottom]);
        let x = Scale::new([0.0, bins.max(1) as f64], [left, right]);

        let side = |bin: usize, sign: f64| -> f64 {
            self.layers.iter().map(|layer| (sign * layer.values[bin]).max(0.0)).sum()
        };
        let most = (0..bins).map(|bin| side(bin, 1.0)).fold(0.0, f64::max);
        let least = (0..bins).map(|bin| -side(bin, -1.0)).fold(0.0, f64::min);
        let scale = Scale::nice([least, most], [TOP + STACK, TOP], 5);
        value_axis(&mut svg, &scale, [left, right], 5, &self.units[0]);
        for bin in 0..bins {
            let (mut above, mut below) = (0.0_f64, 0.0_f64);
            for layer in &self.layers {
                let value = layer.values[bin];
                let from = if value < 0.0 { &mut below } else { &mut above };
                let base = *from;
                *from += value;
                let (low, high) = (base.min(*from), base.max(*from));
                let height = scale.at(low) - scale.at(high);
                if height < 0.2 {
                    continue;
                }
                // A hair's breadth between bins, so that steps can be told apart.
                let width = x.at((bin + 1) as f64) - x.at(bin as f64);
                let place = [x.at(bin as f64) + 0.04 * width, scale.at(high)];
                svg.rect(&format!("fill {}", layer.class), place, [0.92 * width, height], &layer.tips[bin]);
            }
        }

        let top = TOP + STACK + GAP;
        let values = || self.lines.iter().flat_map(|line| &line.values).copied();
        let ends = [values().fold(0.0, f64::min), values().fold(0.0, f64::max)];
        let scale = Scale::nice(ends, [top + LINES, top], 3);
        value_axis(&mut svg, &scale, [left, right], 3, &self.units[1]);
        for line in &self.lines {
            let mut d = String::new();
            for (bin, value) in line.values.iter().enumerate() {
                let letter = if bin == 0 { 'M' } else { 'L' };
                let (from, until, y) = (x.at(bin as f64), x.at((bin + 1) as f64), scale.at(*value));
                d += &format!("{letter}{from:.1} {y:.1}H{until:.1}");
            }
            svg.path(&format!("line {}", line.class), &d, "");
        }
        svg.finish(&self.title, &self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_hangs_below_what_is_given() {
        let layer = |class, values: [f64; 2]| Layer {
            class,
            values: values.into(),
            tips: vec!["first".into(), "second".into()],
        };
        let chart = StackChart {
            title: "Day".into(),
            description: "Two bins".into(),
            start: 0,
            bin: 3_600,
            utc_offset: 0,
            units: ["kW".into(), "ct/kWh".into()],
            layers: vec![layer("sun", [100.0, 0.0]), layer("car", [-50.0, 100.0])],
            lines: vec![Line { class: "price", values: vec![1.0, 2.0] }],
        };
        let svg = chart.draw(Size::Wide);
        // From −60, the next round number, to 100 on 240 units: zero lies at 26 + 150. Nothing is drawn where nothing is given.
        assert_eq!(svg.matches("<rect class=\"fill").count(), 3);
        assert!(
            svg.contains("class=\"fill sun\" x=\"70.1\" y=\"26.0\" width=\"415.8\" height=\"150.0\""),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"fill car\" x=\"70.1\" y=\"176.0\" width=\"415.8\" height=\"75.0\""),
            "{svg}"
        );
    }
}
