//! Curves over a count: how something went on, step by step.

use super::{Scale, Size, Svg, value_axis};

/// One line.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its style class.
    pub class: &'static str,
    /// Steps and values, in the order of steps.
    pub points: Vec<[f64; 2]>,
    /// What a pointer is told.
    pub tip: String,
}

/// A value that does not change.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its style class.
    pub class: &'static str,
    /// Where it lies.
    pub value: f64,
    /// What a pointer is told.
    pub tip: String,
}

/// A chart of curves and levels.
#[derive(Clone, Debug)]
pub struct CurveChart {
    /// For those who cannot see it.
    pub title: String,
    /// The same, longer.
    pub description: String,
    /// What is shown, with its unit.
    pub unit: String,
    /// What is counted.
    pub across: String,
    /// The count at the right end.
    pub until: f64,
    /// The lines; later ones lie above.
    pub curves: Vec<Curve>,
    /// Levels, below the lines.
    pub levels: Vec<Level>,
}

impl CurveChart {
    /// The picture.
    #[must_use]
    pub fn draw(&self, size: Size) -> String {
        let [left, right, top, bottom] = [52.0, size.width() - 14.0, 26.0, size.pick(300.0, 260.0)];
        let values = || {
            let points = self.curves.iter().flat_map(|curve| &curve.points).map(|point| point[1]);
            points.chain(self.levels.iter().map(|level| level.value))
        };
        let ends = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
        let ends = if ends[0] <= ends[1] { ends } else { [0.0, 1.0] };
        let y = Scale::nice(ends, [bottom, top], 5);
        let x = Scale::new([0.0, self.until], [left, right]);
        let mut svg = Svg::new(size, bottom + 44.0);
        value_axis(&mut svg, &y, [left, right], 5, &self.unit);
        for (value, text) in x.ticks(size.pick(8.0, 4.0) as usize) {
            svg.text("tick middle", [x.at(value).clamp(left + 8.0, right - 14.0), bottom + 16.0], &text);
        }
        svg.text("tick end", [right, bottom + 36.0], &self.across);
        for level in &self.levels {
            svg.rect(level.class, [left, y.at(level.value) - 1.0], [right - left, 2.0], &level.tip);
        }
        for curve in &self.curves {
            match &curve.points[..] {
                [] => {}
                // A line of one point has no length.
                [[step, value]] => {
                    svg.dot(&format!("dot {}", curve.class), [x.at(*step), y.at(*value)], 4.0, &curve.tip);
                }
                points => {
                    let point = |[step, value]: &[f64; 2]| format!("{:.1} {:.1}", x.at(*step), y.at(*value));
                    let d: Vec<String> = points.iter().map(point).collect();
                    svg.path(&format!("line {}", curve.class), &format!("M{}", d.join("L")), &curve.tip);
                }
            }
        }
        svg.finish(&self.title, &self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_from_end_to_end_and_a_level_lies_where_it_says() {
        let chart = CurveChart {
            title: "Loss".into(),
            description: "by round".into(),
            unit: "loss".into(),
            across: "rounds".into(),
            until: 10.0,
            curves: vec![Curve { class: "curve", points: vec![[0.0, 0.0], [10.0, 1.0]], tip: "one".into() }],
            levels: vec![Level { class: "ink", value: 0.5, tip: "half".into() }],
        };
        let drawn = chart.draw(Size::Wide);
        assert!(drawn.contains("M52.0 300.0L946.0 26.0"), "{drawn}");
        // Two pixels around the middle.
        assert!(drawn.contains("y=\"162\"") || drawn.contains("y=\"162.0\""), "{drawn}");
        let empty = CurveChart { curves: vec![], levels: vec![], ..chart };
        assert!(!empty.draw(Size::Narrow).contains("NaN"));
    }
}
