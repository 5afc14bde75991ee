//! An SVG drawing in the making.

use super::Size;
use crate::report::text::escape;
use std::fmt::{self, Write as _};

/// A drawing: shapes in the order in which they cover each other.
#[derive(Clone, Debug)]
pub struct Svg {
    size: Size,
    height: f64,
    class: &'static str,
    attributes: String,
    body: String,
}

impl Svg {
    /// An empty drawing of this height.
    #[must_use]
    pub fn new(size: Size, height: f64) -> Self {
        Self { size, height, class: "", attributes: String::new(), body: String::new() }
    }

    /// Gives the drawing a style class of its own.
    pub fn class(&mut self, class: &'static str) {
        self.class = class;
    }

    /// Gives the drawing an attribute.
    pub fn attribute(&mut self, name: &str, value: impl fmt::Display) {
        let _ = write!(self.attributes, " {name}=\"{}\"", escape(&value.to_string()));
    }

    /// Adds markup as it is.
    pub fn add(&mut self, markup: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(markup);
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A rectangle that says `tip` when pointed at.
    pub fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2], tip: &str) {
        self.add(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\""
        ));
        self.close("rect", tip);
    }

    /// A dot that says `tip` when pointed at.
    pub fn dot(&mut self, class: &str, [x, y]: [f64; 2], radius: f64, tip: &str) {
        self.add(format_args!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\""));
        self.close("circle", tip);
    }

    /// A path that says `tip` when pointed at.
    pub fn path(&mut self, class: &str, d: &str, tip: &str) {
        self.add(format_args!("<path class=\"{class}\" d=\"{d}\""));
        self.close("path", tip);
    }

    fn close(&mut self, tag: &str, tip: &str) {
        if tip.is_empty() {
            self.body.push_str("/>");
        } else {
            self.add(format_args!(" data-tip=\"\"><title>{}</title></{tag}>", escape(tip)));
        }
    }

    /// A text; `class` may hold `start`, `middle` or `end` for its anchor.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], text: &str) {
        self.add(format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(text)));
    }

    /// The drawing with its title and description for those who cannot see it.
    #[must_use]
    pub fn finish(self, title: &str, description: &str) -> String {
        let Self { size, height, class, attributes, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{} {class}\" viewBox=\"0 0 {:.0} {height:.0}\" \
             role=\"img\" aria-label=\"{}\"{attributes}><desc>{}</desc>{body}</svg>",
            size.class(),
            size.width(),
            escape(title),
            escape(description),
        )
    }
}
