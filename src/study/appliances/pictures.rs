//! The study's pictures: a triangle of preferences, what can be had together, and how agents learned.

use super::form::{AgentForm, AtForm, Form, SchedulerForm};
use super::page::class;
use super::words::{number, percent, weights};
use sim::report::chart::{Curve, CurveChart, Level, Scale, Size, Svg};

/// Regret at each preference: the stronger the red, the more; `most` is the strongest. Top: only cost, bottom left: only
/// peak, bottom right: only delay.
pub(super) fn triangle(form: &Form, scheduler: &SchedulerForm, most: f64) -> String {
    let size = Size::Half;
    let (pitch, radius, top) = (64.0, 28.0, 50.0);
    let rows = form.preferences.iter().map(|preference| steps(form, preference.cost)).max().unwrap_or(0);
    let mut svg = Svg::new(size, top + rows as f64 * pitch * 0.9 + 56.0);
    let middle = size.width() / 2.0;
    svg.text("tick middle", [middle, 14.0], "only cost");
    for (place, preference) in form.preferences.iter().enumerate() {
        let row = rows - steps(form, preference.cost);
        // From the left: the peak's weight falls, that of delay rises.
        let column = steps(form, preference.delay) as f64 - row as f64 / 2.0;
        let at = [middle + column * pitch, top + row as f64 * pitch * 0.9];
        let regret = scheduler.at[place].normalised.mean;
        let tip = format!(
            "{} (cost/peak/delay): regret {} %, loss {}",
            weights(preference),
            percent(regret, 1),
            number(scheduler.at[place].loss.mean, 4)
        );
        svg.add(format_args!(
            "<circle class=\"fill lost\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill-opacity=\"{:.2}\" stroke=\"currentColor\" \
             stroke-opacity=\".25\" data-tip=\"\"><title>{}</title></circle>",
            at[0],
            at[1],
            0.55 * (regret / most).clamp(0.0, 1.0),
            sim::report::text::escape(&tip)
        ));
        svg.add(format_args!(
            "<text class=\"middle\" pointer-events=\"none\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            at[0],
            at[1] + 5.0,
            percent(regret, 1)
        ));
    }
    let bottom = top + rows as f64 * pitch * 0.9 + 48.0;
    svg.text("tick start", [4.0, bottom], "only peak");
    svg.text("tick end", [size.width() - 4.0, bottom], "only delay");
    let title = format!("Regret of {} by preference, per cent", scheduler.title);
    svg.finish(&title, "A triangle of preferences; each circle holds the regret there")
}

/// A weight in steps of the grid.
fn steps(form: &Form, weight: f64) -> usize {
    let step = form
        .preferences
        .iter()
        .map(|preference| preference.cost)
        .filter(|cost| *cost > 0.0)
        .fold(1.0, f64::min);
    (weight / step).round() as usize
}

/// Peak against cost, or against delay: a dot for each preference.
pub(super) fn scatter(form: &Form, size: Size, delay: bool) -> String {
    let across: fn(&AtForm) -> f64 = if delay { |at| at.delay_h.mean } else { |at| at.cost_eur.mean };
    let (name, unit) = if delay { ("Delay", "h") } else { ("Cost", "€") };
    let peak = |at: &AtForm| at.peak_w.mean / 1e3;
    let all = || form.schedulers.iter().flat_map(|scheduler| &scheduler.at);
    let [left, right, top, bottom] = [46.0, size.width() - 14.0, 26.0, size.pick(330.0, 290.0)];
    let x = Scale::nice(ends(all().map(across)), [left, right], 6);
    let y = Scale::nice(ends(all().map(peak)), [bottom, top], 5);
    let mut svg = Svg::new(size, bottom + 44.0);
    for (value, text) in y.ticks(5) {
        svg.line("grid", [left, y.at(value)], [right, y.at(value)]);
        svg.text("tick end", [left - 6.0, y.at(value) + 4.0], &text);
    }
    for (value, text) in x.ticks(size.pick(8.0, 4.0) as usize) {
        svg.line("grid", [x.at(value), top], [x.at(value), bottom]);
        svg.text("tick middle", [x.at(value).min(right - 12.0), bottom + 16.0], &text);
    }
    svg.text("tick start", [2.0, 14.0], "peak, kW");
    svg.text("tick end", [right, bottom + 36.0], &format!("{}, {unit} a day", name.to_lowercase()));
    for scheduler in &form.schedulers {
        let places = if scheduler.rule { 1 } else { form.preferences.len() };
        for (place, at) in scheduler.at.iter().enumerate().take(places) {
            let who = if scheduler.rule {
                scheduler.title.clone()
            } else {
                format!("{} at {}", scheduler.title, weights(&form.preferences[place]))
            };
            let tip = format!(
                "{who}: {} €, {} kW, {} h",
                number(at.cost_eur.mean, 2),
                number(peak(at), 2),
                number(at.delay_h.mean, 1)
            );
            let radius = if scheduler.rule { 7.0 } else { 5.0 };
            svg.dot(
                &format!("dot {}", class(&scheduler.scheduler)),
                [x.at(across(at)), y.at(peak(at))],
                radius,
                &tip,
            );
        }
    }
    svg.finish(
        &format!("{name} and peak of a day under each scheduler"),
        "A dot for each preference, and one for each rule; down and to the left is better",
    )
}

/// Loss on validation days over the rounds of learning, and what others come to there.
pub(super) fn curves(form: &Form, size: Size) -> String {
    let loss = |scheduler: &SchedulerForm| scheduler.overall.validation_loss.mean;
    let level =
        |class, name: &str, value| Level { class, value, tip: format!("{name}: {}", number(value, 4)) };
    let known = |class, name| {
        let scheduler = form.scheduler(name);
        level(class, &scheduler.title, loss(scheduler))
    };
    let rules = form.schedulers.iter().filter(|scheduler| scheduler.rule).map(loss);
    let rule = level("supplier", "the best single rule", rules.fold(f64::INFINITY, f64::min));
    let curve = |agent: &AgentForm| {
        let points: Vec<[f64; 2]> = agent.curve.iter().map(|look| [look.round as f64, look.loss]).collect();
        let last = points.last().map_or(0.0, |point| point[1]);
        Curve { class: "curve", points, tip: format!("seed {}: {} in the end", agent.seed, number(last, 4)) }
    };
    CurveChart {
        title: "Loss on validation days over the rounds of learning".into(),
        description:
            "A line for each agent, and levels of predictive control, perfect foresight and the best rule"
                .into(),
        unit: "mean loss".into(),
        across: "rounds of learning".into(),
        until: form.rounds as f64,
        curves: form.agents.iter().map(curve).collect(),
        levels: vec![rule, known("pump", "predictive"), known("ink", "optimum")],
    }
    .draw(size)
}

fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}
