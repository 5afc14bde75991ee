//! Drawing: branches, then buses over them, then names, then the legend.

use super::graph::{Edge, edges};
use super::label;
use super::layout::{Layout, Route, WIDTH};
use super::shade::{LOADINGS, Scale, loading};
use super::{Picture, Shade};
use crate::electric::{BranchFlow, Control, Element, Rating};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The colours, for light and dark.
const STYLE: &str = include_str!("style.css");
/// Up to so many buses every name is tried; beyond, only those that matter.
const ALL_NAMES: usize = 130;
/// Names that matter beyond that: so many of the lowest and of the highest values.
const EXTREMES: usize = 5;
/// Up to so many buses arrows show where power goes.
const ARROWS: usize = 150;

/// The picture.
pub(super) fn svg(picture: &Picture<'_>) -> String {
    let mut drawing = Drawing::new(picture);
    if !picture.network.buses.is_empty() {
        drawing.branches();
        drawing.buses();
        drawing.names();
    }
    drawing.legend();
    drawing.finish()
}

/// What is at a bus, the more important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Source,
    Generator,
    Plain,
}

struct Drawing<'a> {
    picture: &'a Picture<'a>,
    edges: Vec<Edge>,
    layout: Layout,
    scale: Scale,
    marks: Vec<Mark>,
    /// Where transformers' coils lie.
    coils: Vec<[f64; 2]>,
    body: String,
}

impl<'a> Drawing<'a> {
    fn new(picture: &'a Picture<'a>) -> Self {
        let network = picture.network;
        let edges = edges(network);
        let mut marks = vec![Mark::Plain; network.buses.len()];
        for generator in network.generators.iter().filter(|generator| generator.in_service) {
            let mark = match generator.control {
                Control::Slack { .. } => Mark::Source,
                Control::Voltage { .. } | Control::Power => Mark::Generator,
            };
            marks[generator.bus] = marks[generator.bus].min(mark);
        }
        Self {
            picture,
            layout: Layout::of(network, &edges),
            edges,
            scale: Scale::of(picture.shade, picture.values),
            marks,
            coils: Vec::new(),
            body: String::new(),
        }
    }

    fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        let _ = self.body.write_fmt(markup); // writing to a string cannot fail
    }

    fn branches(&mut self) {
        let mut parallel: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        let ends = |edge: &Edge| [edge.from.min(edge.to), edge.from.max(edge.to)];
        for edge in &self.edges {
            *parallel.entry(ends(edge)).or_default() += 1;
        }
        let mut drawn: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        let routes: Vec<(Edge, Route)> = self
            .edges
            .iter()
            .map(|edge| {
                let number = drawn.entry(ends(edge)).or_default();
                *number += 1;
                (*edge, self.layout.route(edge, *number - 1, parallel[&ends(edge)]))
            })
            .collect();
        // What is out of use lies lowest, what is loaded most lies highest.
        let height =
            |edge: &Edge| if edge.closed { self.flow(edge.element).map_or(0.0, |f| f.loading) } else { -1.0 };
        let mut order: Vec<&(Edge, Route)> = routes.iter().collect();
        order.sort_by(|a, b| height(&a.0).total_cmp(&height(&b.0)));
        for (edge, route) in order {
            self.branch(edge, route);
        }
    }

    fn flow(&self, element: Element) -> Option<&'a BranchFlow> {
        match element {
            Element::Line(i) => self.picture.lines.get(i),
            Element::Transformer(i) => self.picture.transformers.get(i),
            Element::Winding(i, w) => self.picture.windings.get(i).map(|windings| &windings[w]),
            _ => None,
        }
    }

    fn branch(&mut self, edge: &Edge, route: &Route) {
        let network = self.picture.network;
        let flow = self.flow(edge.element);
        let class = match (edge.closed, flow) {
            (false, _) => "branch open".to_owned(),
            (true, None) => "branch joint".to_owned(),
            (true, Some(flow)) => format!("branch {}", loading(flow.loading)),
        };
        let [from, to] = [edge.from, edge.to].map(|bus| network.buses[bus].name.as_str());
        let mut tip = edge.element.describe(network);
        match flow {
            _ if !edge.closed => {
                tip += " between {} and {}: open or out of use"
                    .replacen("{}", from, 1)
                    .replacen("{}", to, 1)
                    .as_str()
            }
            None => tip += &format!(" between {from} and {to}: closed"),
            Some(flow) => {
                let power = flow.from_p_w.abs().max(flow.to_p_w.abs());
                let (start, end) = if flow.from_p_w >= flow.to_p_w { (from, to) } else { (to, from) };
                tip += &format!(": {} from {start} to {end}, {}", watts(power), amperes(flow));
                if rated(network, edge.element) {
                    tip += &format!(", {:.0} % of its rating", flow.loading * 100.0);
                }
            }
        }
        let tip = escape(&tip);
        self.add(format_args!("<g><title>{tip}</title><path class=\"{class}\" d=\"{}\"/>", route.d));
        let is_transformer = matches!(edge.element, Element::Transformer(_) | Element::Winding(..));
        let r = self.layout.radius * 0.85;
        if is_transformer {
            let [x, y] = route.middle;
            for side in [-0.62, 0.62] {
                let (cx, cy) = (x + side * r * route.along[0], y + side * r * route.along[1]);
                let kind = class.replacen("branch", "coil", 1);
                self.add(format_args!(
                    "<circle class=\"{kind}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{r:.1}\"/>"
                ));
            }
            self.coils.push(route.middle);
        } else if let Some(flow) = flow
            && edge.closed
            && network.buses.len() <= ARROWS
            && route.room > 5.0 * self.layout.radius
            && flow.from_p_w.abs().max(flow.from_q_var.abs()) > 0.0
        {
            let sign = if flow.from_p_w >= flow.to_p_w { 1.0 } else { -1.0 };
            let [ax, ay] = route.along.map(|x| x * sign * r * 0.8);
            let [x, y] = route.middle;
            let class = loading(flow.loading);
            self.add(format_args!(
                "<path class=\"arrow {class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
                x + ax,
                y + ay,
                x - ax - ay,
                y - ay + ax,
                x - ax + ay,
                y - ay - ax
            ));
        }
        self.add(format_args!("</g>"));
    }

    fn is_outside(&self, bus: usize) -> bool {
        let (v, of) = (self.picture.voltage_pu[bus], &self.picture.network.buses[bus]);
        // An optimum lies on a binding limit within a solver's accuracy.
        v < of.min_voltage_pu - 1e-5 || v > of.max_voltage_pu + 1e-5
    }

    fn buses(&mut self) {
        for bus in 0..self.picture.network.buses.len() {
            let class = self.scale.of_value(self.picture.values[bus]);
            let outside = if self.is_outside(bus) { " outside" } else { "" };
            let tip = escape(&self.bus_tip(bus));
            let [x, y] = self.layout.at[bus];
            self.mark(self.marks[bus], &format!("bus {class}{outside}"), [x, y], &tip);
        }
    }

    fn mark(&mut self, mark: Mark, class: &str, [x, y]: [f64; 2], tip: &str) {
        let r = self.layout.radius;
        let title = if tip.is_empty() { String::new() } else { format!("<title>{tip}</title>") };
        match mark {
            Mark::Plain => self.add(format_args!(
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\">{title}</circle>"
            )),
            Mark::Generator => {
                let r = 1.35 * r;
                self.add(format_args!(
                    "<path class=\"{class}\" d=\"M{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}Z\">{title}</path>",
                    x - r,
                    y - r,
                    x + r,
                    y + r
                ));
            }
            Mark::Source => self.add(format_args!(
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\">{title}</rect>",
                x - 1.25 * r,
                y - 1.25 * r,
                2.5 * r,
                2.5 * r
            )),
        }
    }

    fn bus_tip(&self, bus: usize) -> String {
        let Picture { network, shade, values, voltage_pu, .. } = self.picture;
        let of = &network.buses[bus];
        let mut tip = format!("bus \"{}\"", of.name);
        if voltage_pu[bus].is_finite() {
            tip += &format!(": {:.4} per unit of {}", voltage_pu[bus], volts(of.nominal_v));
        } else {
            tip += ": no source reaches it";
        }
        if *shade == Shade::Price && values[bus].is_finite() {
            tip += &format!(", {} per MWh", self.scale.tick(values[bus]));
        }
        if of.min_voltage_pu > 0.0 || of.max_voltage_pu.is_finite() {
            tip += &format!("; allowed {} to {}", of.min_voltage_pu, of.max_voltage_pu);
        }
        tip
    }

    fn names(&mut self) {
        let network = self.picture.network;
        let count = network.buses.len();
        let values = self.picture.values;
        let mut by_value: Vec<usize> = (0..count).filter(|&bus| values[bus].is_finite()).collect();
        by_value.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let extremes = by_value.iter().take(EXTREMES).chain(by_value.iter().rev().take(EXTREMES)).copied();
        let sources = (0..count).filter(|&bus| self.marks[bus] == Mark::Source).take(20);
        let outside = (0..count).filter(|&bus| self.is_outside(bus)).take(40);
        let rest = if count <= ALL_NAMES { 0..count } else { 0..0 };
        let mut wanted = Vec::new();
        let mut seen = vec![false; count];
        for bus in sources.chain(extremes).chain(outside).chain(rest) {
            if !std::mem::replace(&mut seen[bus], true) {
                wanted.push(bus);
            }
        }
        let names: Vec<String> = network.buses.iter().map(|bus| bus.name.clone()).collect();
        let radius = 1.3 * self.layout.radius;
        for label in label::place(&self.layout.at, &self.coils, radius, &wanted, &names, WIDTH) {
            let [x, y] = label.at;
            let name = escape(&names[label.index]);
            self.add(format_args!(
                "<text class=\"name {}\" x=\"{x:.1}\" y=\"{y:.1}\">{name}</text>",
                label.anchor
            ));
        }
    }

    /// Two rows: the scales, then the marks that occur.
    fn legend(&mut self) {
        let y = self.layout.bottom + 34.0;
        let (x, wide) = (40.0, 22.0);
        let colours = self.scale.colours();
        let words = self.scale.words();
        self.add(format_args!("<text class=\"soft\" x=\"{x}\" y=\"{:.1}\">{words}</text>", y - 8.0));
        for number in 0..colours {
            let class = self.scale.class(number);
            let x = x + wide * number as f64;
            self.add(format_args!(
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide}\" height=\"14\"/>"
            ));
        }
        let Scale { low, high, .. } = self.scale;
        let ticks = if colours == 1 { vec![low] } else { vec![low, (low + high) / 2.0, high] };
        for (number, value) in ticks.iter().enumerate() {
            let part = (number as f64 + if colours == 1 { 1.0 } else { 0.0 }) / 2.0;
            let anchor = if colours == 1 { "middle" } else { ["start", "middle", "end"][number] };
            let x = x + wide * colours as f64 * part;
            let tick = self.scale.tick(*value);
            self.add(format_args!(
                "<text class=\"soft {anchor}\" x=\"{x:.1}\" y=\"{:.1}\">{tick}</text>",
                y + 29.0
            ));
        }
        let x = 400.0;
        self.add(format_args!(
            "<text class=\"soft\" x=\"{x}\" y=\"{:.1}\">loading of lines and transformers</text>",
            y - 8.0
        ));
        for (number, (class, words)) in LOADINGS.into_iter().enumerate() {
            let left = x + 84.0 * number as f64;
            self.add(format_args!(
                "<path class=\"branch {class}\" d=\"M{left:.1} {0:.1}H{1:.1}\"/><text class=\"soft\" x=\"{left:.1}\" y=\"{2:.1}\">{words}</text>",
                y + 7.0,
                left + 66.0,
                y + 29.0
            ));
        }
        self.symbols(y + 62.0);
    }

    fn symbols(&mut self, y: f64) {
        let mut x = 40.0;
        let radius = std::mem::replace(&mut self.layout.radius, 6.0);
        let has = |mark: Mark| self.marks.contains(&mark);
        let marks = [
            (has(Mark::Source), Mark::Source, "bus sample", "source that sets voltage and angle"),
            (has(Mark::Generator), Mark::Generator, "bus sample", "bus with a generator"),
            (true, Mark::Plain, "bus sample", "bus"),
            (
                (0..self.marks.len()).any(|bus| self.is_outside(bus)),
                Mark::Plain,
                "bus sample outside",
                "voltage outside its limits",
            ),
            (
                self.picture.voltage_pu.iter().any(|v| !v.is_finite()),
                Mark::Plain,
                "bus none",
                "no source reaches it",
            ),
        ];
        for (occurs, mark, class, words) in marks {
            if occurs {
                self.mark(mark, class, [x + 8.0, y - 4.0], "");
                self.add(format_args!(
                    "<text class=\"soft\" x=\"{:.1}\" y=\"{y:.1}\">{words}</text>",
                    x + 22.0
                ));
                x += 46.0 + 6.6 * words.chars().count() as f64;
            }
        }
        if !self.coils.is_empty() {
            for side in [4.0, 12.0] {
                self.add(format_args!(
                    "<circle class=\"coil l2\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"6\"/>",
                    x + side,
                    y - 4.0
                ));
            }
            self.add(format_args!(
                "<text class=\"soft\" x=\"{:.1}\" y=\"{y:.1}\">transformer</text>",
                x + 26.0
            ));
            x += 122.0;
        }
        if self.edges.iter().any(|edge| !edge.closed) {
            self.add(format_args!(
                "<path class=\"branch open\" d=\"M{x:.1} {0:.1}h28\"/><text class=\"soft\" x=\"{1:.1}\" y=\"{y:.1}\">open or out of use</text>",
                y - 4.0,
                x + 36.0
            ));
        }
        self.layout.radius = radius;
    }

    fn finish(self) -> String {
        let Picture { title, note, .. } = self.picture;
        let (title, note) = (escape(title), escape(note));
        let height = self.layout.bottom + 116.0;
        let unit = (self.layout.radius / 5.0).clamp(0.5, 1.2);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" \
             aria-label=\"{title}\" style=\"--unit:{unit:.2}\"><desc>{note}</desc><style>{STYLE}</style>\
             <text class=\"title\" x=\"40\" y=\"42\">{title}</text>\
             <text class=\"soft\" x=\"40\" y=\"66\">{note}</text>{}</svg>\n",
            self.body
        )
    }
}

fn rated(network: &crate::electric::Network, element: Element) -> bool {
    match element {
        Element::Line(i) => network.lines[i].rating != Rating::Unlimited,
        Element::Transformer(i) => network.transformers[i].rating != Rating::Unlimited,
        _ => true,
    }
}

fn watts(w: f64) -> String {
    match w {
        w if w >= 1e6 => format!("{:.2} MW", w / 1e6),
        w if w >= 1e3 => format!("{:.2} kW", w / 1e3),
        w => format!("{w:.0} W"),
    }
}

fn amperes(flow: &BranchFlow) -> String {
    format!("{:.1} A", flow.from_a.max(flow.to_a))
}

fn volts(v: f64) -> String {
    if v >= 1e3 { format!("{} kV", v / 1e3) } else { format!("{v} V") }
}

/// Text as it may stand in markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
