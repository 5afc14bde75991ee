//! Axes: grid lines with their texts.

use super::{Scale, Size, Svg};
use crate::report::text::Civil;

/// Horizontal grid lines from `left` to `right` with values at the left and the unit above them.
pub fn value_axis(svg: &mut Svg, scale: &Scale, [left, right]: [f64; 2], ticks: usize, unit: &str) {
    for (value, text) in scale.ticks(ticks) {
        let y = scale.at(value);
        svg.line(if value == 0.0 { "grid zero" } else { "grid" }, [left, y], [right, y]);
        svg.text("tick end", [left - 6.0, y + 4.0], &text);
    }
    svg.text("tick start", [2.0, scale.places[0].min(scale.places[1]) - 9.0], unit);
}

/// A span of time along the horizontal.
#[derive(Clone, Copy, Debug)]
pub struct TimeAxis {
    /// First and last instant, Unix s.
    pub span: [u64; 2],
    /// Where they lie.
    pub places: [f64; 2],
    /// Offset of the clock shown from UTC, s.
    pub utc_offset: i32,
}

impl TimeAxis {
    /// Where an instant lies.
    #[must_use]
    pub fn at(&self, seconds: u64) -> f64 {
        let [from, until] = self.span.map(|seconds| seconds as f64);
        Scale::new([from, until], self.places).at(seconds as f64)
    }

    /// Draws ticks below `bottom` and faint lines up to `top`.
    pub fn draw(&self, svg: &mut Svg, size: Size, [top, bottom]: [f64; 2]) {
        const HOUR: u64 = 3_600;
        const DAY: u64 = 24 * HOUR;
        let span = self.span[1].saturating_sub(self.span[0]);
        let most = size.pick(9.0, 4.5) as u64;
        let steps = [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY];
        let Some(step) = steps.into_iter().find(|step| span / step <= most) else {
            return self.months(svg, size, [top, bottom]);
        };
        let offset = i64::from(self.utc_offset);
        let first = (self.span[0].cast_signed() + offset).div_euclid(step.cast_signed());
        for number in first..=first + (span / step).cast_signed() + 1 {
            let local = number * step.cast_signed();
            let instant = (local - offset).cast_unsigned();
            if instant < self.span[0] || instant > self.span[1] {
                continue;
            }
            let civil = Civil::of(local);
            let day = match step {
                DAY.. if step < 4 * DAY => format!("{} {}", civil.weekday_name(), civil.day),
                DAY.. => format!("{} {}", civil.day, &civil.month_name()[..3]),
                _ if civil.second == 0 => format!("{} {}", civil.weekday_name(), civil.day),
                _ => civil.clock(),
            };
            self.tick(svg, instant, &day, [top, bottom]);
        }
    }

    fn months(&self, svg: &mut Svg, size: Size, ends: [f64; 2]) {
        let span = self.span[1].saturating_sub(self.span[0]);
        let every = (span / (30 * 86_400) / size.pick(12.0, 5.0) as u64 + 1) as u8;
        let mut seconds = self.span[0];
        while seconds <= self.span[1] {
            let civil = Civil::of(seconds.cast_signed() + i64::from(self.utc_offset));
            if civil.day == 1 && (civil.month - 1).is_multiple_of(every) {
                self.tick(svg, seconds, &civil.month_name()[..3], ends);
            }
            seconds += 86_400;
        }
    }

    fn tick(&self, svg: &mut Svg, instant: u64, text: &str, [top, bottom]: [f64; 2]) {
        let x = self.at(instant);
        svg.line("grid", [x, top], [x, bottom]);
        // Where the right edge would cut a text it ends there.
        if x + 22.0 <= self.places[1] {
            svg.text("tick start", [x + 3.0, bottom + 16.0], text);
        }
    }
}
