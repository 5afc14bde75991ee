//! Pictures in SVG, made of text alone: scales and axes, then the kinds of chart a report needs.
//!
//! Colours are style classes, so that one picture serves light and dark; each is drawn for two widths, because
//! a picture that only shrinks is unreadable on a phone.

mod svg;
pub use svg::Svg;
mod scale;
pub use scale::Scale;
mod axis;
pub use axis::{TimeAxis, value_axis};
mod time;
pub use time::{Panel, Series, Shape, TimeChart};
mod steps;
pub use steps::{crossing, outcome};
mod bars;
pub use bars::{Bar, Part, bars};
mod dumbbell;
pub use dumbbell::{Pair, dumbbells};
mod ranked;
pub use ranked::{Rank, ranked};
mod heat;
pub use heat::{Cell, heat};
mod stack;
pub use stack::{Layer, Line, StackChart};
mod curves;
pub use curves::{Curve, CurveChart, Level};
mod sankey;
pub use sankey::{Link, Node, sankey};

/// For which width a picture is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A desktop or a tablet.
    Wide,
    /// A phone held upright.
    Narrow,
    /// Half of a wide page, beside another picture; the whole of a phone.
    Half,
}

impl Size {
    /// Wide and narrow, in the order in which a page holds them.
    pub const ALL: [Self; 2] = [Self::Wide, Self::Narrow];

    /// Width of the drawing in its own units, which are the page's pixels.
    #[must_use]
    pub const fn width(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 344.0,
            Self::Half => 400.0,
        }
    }

    /// One of two values.
    #[must_use]
    pub const fn pick(self, wide: f64, narrow: f64) -> f64 {
        match self {
            Self::Wide => wide,
            Self::Narrow | Self::Half => narrow,
        }
    }

    /// The style class that shows it at the right width only.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
            Self::Half => "half",
        }
    }
}

/// Cuts a text to `most` characters, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
