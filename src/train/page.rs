//! The page of a training: what was learned, how fast, and how far it is. It is written anew at every look at the agents,
//! and loads itself again while the training goes on.

use super::curves::{Curves, Look, Round};
use crate::show::number;
use sim::report::chart::{Curve, CurveChart, Level};
use sim::report::text::{escape, whole};
use sim::report::{NO_DATA, document, legend, section, sizes};

const STYLE: &str = ".told { padding-left: 20px; max-width: 80ch; }\nsvg .ink, .chip.ink { fill: var(--ink); background: var(--ink); }\n\
                     svg .line.curve { stroke: var(--own); }\n";
/// Seconds until the page looks whether there is a newer one.
const AGAIN: &str = "setTimeout(() => location.reload(), 5000);";

/// What the page tells beside the curves.
pub(super) struct Told<'a> {
    /// The home in words.
    pub(super) home: String,
    pub(super) seed: u64,
    pub(super) of_rounds: usize,
    /// Mean loss of the optimum on the validation days, and how much predictive control loses beyond it.
    pub(super) optimum: f64,
    pub(super) control: f64,
    /// Whether the training still goes on, and for how many seconds more.
    pub(super) left: Option<f64>,
    pub(super) policy: &'a str,
}

/// The whole page.
pub(super) fn render(curves: &Curves, told: &Told<'_>) -> String {
    let title = "Machines that learn when to run";
    let body =
        [lead(curves, told, title), regret(curves, told), returns(curves, told), looks(curves), about()]
            .concat();
    document("training", title, STYLE, &body, NO_DATA, if told.left.is_some() { AGAIN } else { "" })
}

fn lead(curves: &Curves, told: &Told<'_>, title: &str) -> String {
    let card = |name: &str, value: String, note: String| {
        format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
    };
    let rounds = curves.rounds.last().map_or(0, |round| round.round);
    let state = match told.left {
        Some(seconds) => format!("about {} s left; this page follows", number(seconds, 0)),
        None if rounds < told.of_rounds => "ended before its last round".into(),
        None => "all done".into(),
    };
    let last = curves.looks().last().map(|(_, look)| look);
    let of_look = |text: &dyn Fn(Look) -> String| last.map_or_else(|| "–".into(), text);
    let beside = format!(
        "mean loss beyond the optimum’s, {}; predictive control {}",
        number(told.optimum, 4),
        number(told.control, 4)
    );
    let cards = [
        card("Rounds", format!("{rounds} of {}", told.of_rounds), state),
        card("Regret", of_look(&|look| number(look.regret, 4)), beside),
        card("Gradient steps", of_look(&|look| count(look.learned)), "a second".into()),
        card("Decisions", of_look(&|look| count(look.acted)), "a second".into()),
    ];
    format!(
        "<header>\n<p class=\"kicker\">Wattle · training</p>\n<h1>{title}</h1>\n<p class=\"when\">{}, seed {}; the policy is kept in {}</p>\n\
         <div class=\"cards\">\n{}</div>\n</header>\n",
        escape(&told.home),
        told.seed,
        escape(told.policy),
        cards.concat()
    )
}

/// A rate to the whole, its thousands in groups.
fn count(rate: f64) -> String {
    whole(rate.round() as i128)
}

/// One number of every round as a curve.
fn chart(
    curves: &Curves,
    told: &Told<'_>,
    title: &str,
    unit: &str,
    value: impl Fn(&Round) -> Option<f64>,
) -> CurveChart {
    let point = |round: &Round| Some([round.round as f64, value(round)?]);
    let points: Vec<[f64; 2]> = curves.rounds.iter().filter_map(point).collect();
    let tip = points
        .last()
        .map_or_else(String::new, |[round, value]| format!("{} after {round} rounds", number(*value, 4)));
    CurveChart {
        title: title.into(),
        description: "A line over the rounds of the training".into(),
        unit: unit.into(),
        across: "rounds".into(),
        until: told.of_rounds as f64,
        curves: vec![Curve { class: "curve", points, tip }],
        levels: vec![],
    }
}

fn regret(curves: &Curves, told: &Told<'_>) -> String {
    let mut chart =
        chart(curves, told, "Regret on the validation days", "loss", |round| Some(round.look?.regret));
    let level =
        |class, value, name: &str| Level { class, value, tip: format!("{name}: {}", number(value, 4)) };
    chart.levels =
        vec![level("pump", told.control, "predictive control"), level("ink", 0.0, "perfect foresight")];
    let entries = [("own", "the agents"), ("pump", "predictive control"), ("ink", "perfect foresight")];
    section(
        "regret",
        "What they have learned",
        "Mean loss on the validation days beyond the optimum in hindsight, over six preferences: the corners and what lies \
         between two of them. Nothing is learned from these days.",
        &format!("<figure>\n{}{}</figure>\n", legend(&entries), sizes(|size| chart.draw(size))),
    )
}

fn returns(curves: &Curves, told: &Told<'_>) -> String {
    let gain = chart(curves, told, "Return by round", "return", |round| Some(round.gain));
    let loss = chart(
        curves,
        told,
        "Loss of the gradient steps by round, thousandths",
        "loss, thousandths",
        |round| Some(1e3 * round.loss),
    );
    let figure = |chart: &CurveChart| {
        format!(
            "<figure><figcaption>{}</figcaption>\n{}</figure>\n",
            chart.title,
            sizes(|size| chart.draw(size))
        )
    };
    section(
        "rounds",
        "Round by round",
        "The return is Σ wᵢ rᵢ of a round’s episodes, random actions included; preferences, days and requests are drawn anew in \
         each. The loss is that of the temporal difference.",
        &(figure(&gain) + &figure(&loss)),
    )
}

fn looks(curves: &Curves) -> String {
    let row = |round: &Round| {
        let look = round.look?;
        Some(format!(
            "<tr><th scope=\"row\" class=\"num\">{}</th><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>\
             <td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td></tr>\n",
            round.round,
            number(look.regret, 4),
            number(round.gain, 4),
            number(round.loss, 6),
            number(100.0 * round.epsilon, 1),
            count(look.acted),
            count(look.learned)
        ))
    };
    let heads = [
        "Round",
        "Regret",
        "Return",
        "Loss",
        "Random actions, %",
        "Decisions a second",
        "Gradient steps a second",
    ];
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\" class=\"num\">{head}</th>")).collect();
    section(
        "looks",
        "Every look",
        "",
        &format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of looks\"><table class=\"plain\"><thead><tr>{heads}</tr></thead>\n\
             <tbody>\n{}</tbody></table></div>\n",
            curves.rounds.iter().filter_map(row).collect::<String>()
        ),
    )
}

fn about() -> String {
    section(
        "about",
        "What to do with it",
        "",
        "<ul class=\"told\">\n<li><code>wattle train --evaluate FILE</code> judges the policy on October, beside rules, control and the \
         optimum; <code>wattle study appliances</code> trains several agents and tests the differences.</li>\n<li><code>wattle run SCENARIO \
         --strategy learned:FILE --preference COST,PEAK,DELAY</code> lets members of a market start their machines by it.</li>\n<li>Every \
         round stands in training.csv.</li>\n</ul>\n",
    )
}
