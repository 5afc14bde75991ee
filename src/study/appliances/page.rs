//! The page of the study: one HTML file with its style, pictures and numbers inside, in the manner of the reports.

mod published;

use super::foresight;
use super::form::{Form, IntervalForm, PairedForm, SchedulerForm};
use super::pictures;
use super::words::{draws, number, percent, probability, weights};
use sim::report::text::escape;
use sim::report::{NO_DATA, document, legend, section, sizes};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The preference shown until a reader chooses another: the middle.
const MIDDLE: [u32; 3] = [40, 40, 20];

/// The whole page.
pub(super) fn render(form: &Form) -> String {
    let title = "One policy for every preference: appliances that learn";
    let mut body =
        [lead(form, title), knob(form), regrets(form), front(form), learning(form), overall(form)].concat();
    body += &foresight::section(&form.foresight);
    body += &published::published(form);
    body += &places(form);
    if !form.variants.is_empty() {
        body += &variants(form);
    }
    body += &outcomes(form);
    body += &super::market::section(&form.market);
    body += &about(form);
    let data = format!("{NO_DATA},\"study\":{}", data(form));
    document("study", title, STYLE, &body, &data, SCRIPT)
}

/// What the knob needs: per preference and scheduler cost, peak, delay, loss and regret.
fn data(form: &Form) -> String {
    let at = |place: usize| -> Vec<[f64; 5]> {
        let of = |scheduler: &SchedulerForm| {
            let at = &scheduler.at[place];
            [at.cost_eur.mean, at.peak_w.mean, at.delay_h.mean, at.loss.mean, at.normalised.mean]
        };
        form.schedulers.iter().map(of).collect()
    };
    crate::output::json(&(0..form.preferences.len()).map(at).collect::<Vec<_>>())
}

/// The colour of a scheduler in all pictures.
pub(super) fn class(scheduler: &str) -> &'static str {
    match scheduler {
        "as_soon_as_possible" => "supplier",
        "off_peak" => "sun",
        "cheapest_window" => "water",
        "valley_filling" => "wind",
        "predictive" => "pump",
        "scenarios" => "car",
        "learned" => "saved",
        _ => "ink",
    }
}

fn lead(form: &Form, title: &str) -> String {
    let links = [
        ("knob", "Turn the knob"),
        ("regret", "Regret"),
        ("front", "Front"),
        ("learning", "Learning"),
        ("overall", "All together"),
        ("foresight", "Best without foresight"),
        ("published", "Published gains"),
        ("places", "Who is better where"),
        ("outcomes", "All outcomes"),
        ("market", "In a market"),
        ("about", "What it means"),
    ];
    let items: String =
        links.iter().map(|(id, name)| format!("<li><a href=\"#{id}\">{name}</a></li>")).collect();
    let words: String = form.words.iter().map(|words| format!("<li>{}</li>\n", escape(words))).collect();
    let card = |name: &str, value: String, note: &str| {
        format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
    };
    let regret = |name: &str| percent(form.scheduler(name).overall.normalised.mean, 1) + "\u{a0}%";
    let learned = form.scheduler("learned");
    let rules = form.schedulers.iter().filter(|scheduler| scheduler.rule);
    let best = rules.min_by(|a, b| a.overall.normalised.mean.total_cmp(&b.overall.normalised.mean));
    let best = best.map_or_else(String::new, |best| {
        card("Best single rule", percent(best.overall.normalised.mean, 1) + "\u{a0}%", &escape(&best.title))
    });
    let cards = [
        card("Agents’ regret", regret("learned"), "of the way from perfect foresight to the worst rule"),
        card("Predictive control", regret("predictive"), "with the same information"),
        best,
        card(
            "Front reached",
            percent(learned.overall.hypervolume.mean, 1) + "\u{a0}%",
            "of the exact Pareto front’s volume",
        ),
    ]
    .concat();
    format!(
        "<header>\n<p class=\"kicker\">Wattle · study of appliances</p>\n<h1>{title}</h1>\n<p class=\"when\">{}: {} held-out \
         days{}, {} agents, {} preferences</p>\n<ul class=\"told\">{words}</ul>\n<div class=\"cards\">\n{cards}</div>\n<nav \
         aria-label=\"Sections\"><ul>{items}</ul></nav>\n</header>\n",
        escape(&form.home),
        form.days,
        draws(form),
        form.agents.len(),
        form.preferences.len(),
    )
}

/// The triangle of choices by rows of falling weight of cost, and what everybody does at the chosen one.
fn knob(form: &Form) -> String {
    let middle = form.preferences.iter().position(|preference| preference.percents() == MIDDLE);
    let middle = middle.unwrap_or_default();
    let mut costs: Vec<u32> = form.preferences.iter().map(|preference| preference.percents()[0]).collect();
    costs.dedup();
    let row = |cost: &u32| {
        let mut places: Vec<usize> = (0..form.preferences.len())
            .filter(|place| form.preferences[*place].percents()[0] == *cost)
            .collect();
        places.sort_by_key(|place| std::cmp::Reverse(form.preferences[*place].percents()[1]));
        let choice = |place: &usize| {
            let [cost, peak, delay] = form.preferences[*place].percents();
            let checked = if *place == middle { " checked" } else { "" };
            format!(
                "<label title=\"cost {cost} %, peak {peak} %, delay {delay} %\"><input type=\"radio\" name=\"preference\" \
                 value=\"{place}\"{checked} aria-label=\"cost {cost} %, peak {peak} %, delay {delay} %\"><span></span></label>"
            )
        };
        format!("<div>{}</div>\n", places.iter().map(choice).collect::<String>())
    };
    let triangle: String = costs.iter().rev().map(row).collect();
    let most = |of: fn(&super::form::AtForm) -> f64| {
        let all = form.schedulers.iter().flat_map(|scheduler| scheduler.at.iter().map(of));
        all.fold(1e-9, f64::max)
    };
    let most = [most(|at| at.cost_eur.mean), most(|at| at.peak_w.mean), most(|at| at.delay_h.mean)];
    let line = |scheduler: &SchedulerForm| {
        let at = &scheduler.at[middle];
        let values = [at.cost_eur.mean, at.peak_w.mean, at.delay_h.mean];
        let cells: String = values
            .iter()
            .zip(most)
            .zip([2, 0, 1])
            .map(|((value, most), digits)| {
                format!(
                    "<td class=\"num\"><span>{}</span><i class=\"bar\"><b class=\"chip {}\" style=\"width:{:.1}%\"></b></i></td>",
                    number(*value, digits),
                    class(&scheduler.scheduler),
                    100.0 * value.max(0.0) / most
                )
            })
            .collect();
        format!(
            "<tr><th scope=\"row\"><i class=\"chip {}\"></i>{}</th>{cells}<td class=\"num\">{}</td><td class=\"num\">{}</td></tr>\n",
            class(&scheduler.scheduler),
            escape(&scheduler.title),
            number(at.loss.mean, 3),
            percent(at.normalised.mean, 1)
        )
    };
    let rows: String = form.schedulers.iter().map(line).collect();
    let [cost, peak, delay] = form.preferences[middle].percents();
    section(
        "knob",
        "Turn the knob",
        "What a household minds, and what a day then comes to under each scheduler. The rules do the same whatever it minds; \
         one and the same learned policy follows.",
        &format!(
            "<figure class=\"knob\" data-most=\"{} {} {}\">\n<fieldset hidden><legend>Preference</legend>\n<p \
             class=\"corner\">only cost</p>\n{triangle}<p class=\"corner two\"><span>only peak</span><span>only delay</span></p>\n\
             </fieldset>\n<div class=\"values\"><p class=\"chosen\" aria-live=\"polite\">Preference: <b>cost {cost}\u{a0}%, peak \
             {peak}\u{a0}%, delay {delay}\u{a0}%</b></p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
             aria-label=\"Outcomes at the chosen preference\"><table class=\"plain\"><thead><tr><th scope=\"col\">Scheduler</th><th \
             scope=\"col\" class=\"num\">Cost<small>€ a day</small></th><th scope=\"col\" class=\"num\">Peak<small>W</small></th><th \
             scope=\"col\" class=\"num\">Delay<small>h a day</small></th><th scope=\"col\" class=\"num\">Loss</th><th scope=\"col\" \
             class=\"num\">Regret<small>%</small></th></tr></thead>\n<tbody>\n{rows}</tbody></table></div></div>\n</figure>\n",
            most[0], most[1], most[2]
        ),
    )
}

fn regrets(form: &Form) -> String {
    let most = ["learned", "predictive"]
        .iter()
        .flat_map(|name| form.scheduler(name).at.iter().map(|at| at.normalised.mean))
        .fold(0.01, f64::max);
    let picture = |name: &str| {
        let scheduler = form.scheduler(name);
        format!(
            "<figure><figcaption>{}</figcaption>\n{}</figure>\n",
            escape(&scheduler.title),
            pictures::triangle(form, scheduler, most)
        )
    };
    section(
        "regret",
        "How far from perfect foresight, by preference",
        "Loss beyond the optimum in hindsight, in per cent of the span from there to the worst rule. Top: only cost; bottom left: \
         only peak; bottom right: only delay. Perfect foresight knows what nobody can know; nobody reaches it everywhere.",
        &format!("<div class=\"pair\">\n{}{}</div>\n", picture("learned"), picture("predictive")),
    )
}

fn front(form: &Form) -> String {
    let entries: Vec<(&str, &str)> = form
        .schedulers
        .iter()
        .map(|scheduler| (class(&scheduler.scheduler), scheduler.title.as_str()))
        .collect();
    section(
        "front",
        "What can be had together",
        "Mean outcomes of a day: one dot for each preference; a rule has one. Down and to the left is better. The exact front \
         needs all three objectives, so a dot that seems beaten here may win in the third.",
        &format!(
            "<figure>\n{}{}{}</figure>\n",
            legend(&entries),
            sizes(|size| pictures::scatter(form, size, false)),
            sizes(|size| pictures::scatter(form, size, true))
        ),
    )
}

fn learning(form: &Form) -> String {
    let entries = [
        ("saved", "an agent"),
        ("pump", "predictive control"),
        ("ink", "perfect foresight"),
        ("supplier", "the best single rule"),
    ];
    section(
        "learning",
        "How the agents learned",
        "Mean loss over all preferences on validation days, which nobody learned from. One line for each agent: they differ \
         by luck alone.",
        &format!("<figure>\n{}{}</figure>\n", legend(&entries), sizes(|size| pictures::curves(form, size))),
    )
}

fn overall(form: &Form) -> String {
    let row = |scheduler: &SchedulerForm| {
        let overall = &scheduler.overall;
        let agents = overall.agents.map_or_else(
            || "–".to_owned(),
            |agents| agents.map(|count| count.to_string()).join("\u{a0}–\u{a0}"),
        );
        let cells = [
            cell(&overall.loss, |value| number(value, 4)),
            cell(&overall.beyond_optimum, |value| number(value, 4)),
            cell(&overall.beyond_control, |value| number(value, 4)),
            cell(&overall.normalised, |value| percent(value, 2)),
            cell(&overall.hypervolume, |value| percent(value, 1)),
            cell(&overall.expected_utility_loss, |value| number(value, 4)),
            cell(&overall.maximum_utility_loss, |value| number(value, 4)),
        ];
        format!(
            "<tr><th scope=\"row\">{}</th>{}{}<td class=\"num\">{agents}</td></tr>\n",
            escape(&scheduler.title),
            cells.concat(),
            difference(overall.paired.as_ref())
        )
    };
    let heads = [
        ("Scheduler", "", false),
        ("Loss", "", true),
        ("Beyond foresight", "loss", true),
        ("Beyond control", "loss", true),
        ("Regret", "% of span", true),
        ("Front", "% of volume", true),
        ("Utility lost", "on average", true),
        ("Utility lost", "at most", true),
        ("Agents less this", "loss, day by day", true),
        ("Agents", "better – even – worse", true),
    ];
    section(
        "overall",
        "All together",
        "Means over the preferences, each as likely. Below the agents’ means: 95 % intervals over seeds. Choose a heading to \
         sort.",
        &table("overall", &heads, &form.schedulers.iter().map(row).collect::<String>()),
    )
}

fn places(form: &Form) -> String {
    let row = |place: usize| {
        let verdict = &form.verdicts[place];
        let of = |name: &str| &form.scheduler(name).at[place];
        let (learned, rule, control) = (of("learned"), of(&verdict.rule), of("predictive"));
        let (class, word) = match verdict.agents.as_str() {
            "better" => ("saved", "agents"),
            "worse" => ("lost", "the rule"),
            _ => ("", "even"),
        };
        let preference = weights(&form.preferences[place]);
        format!(
            "<tr><th scope=\"row\" data-value=\"{preference}\">{preference}</th>{}{}<td class=\"num\" data-value=\"{}\">{}<small>{}</small></td>\
             {}<td class=\"{class}\">{word}</td>{}{}{}{}</tr>\n",
            cell(&of("optimum").loss, |value| number(value, 4)),
            cell(&learned.loss, |value| number(value, 4)),
            rule.loss.mean,
            number(rule.loss.mean, 4),
            escape(&form.scheduler(&verdict.rule).title),
            difference(rule.paired.as_ref()),
            cell(&control.loss, |value| number(value, 4)),
            difference(control.paired.as_ref()),
            cell(&learned.normalised, |value| percent(value, 1)),
            cell(&control.normalised, |value| percent(value, 1)),
        )
    };
    let heads = [
        ("Preference", "cost/peak/delay", false),
        ("Foresight", "loss", true),
        ("Agents", "loss", true),
        ("Best rule there", "loss", true),
        ("Agents less rule", "loss", true),
        ("Better", "", false),
        ("Control", "loss", true),
        ("Agents less control", "loss", true),
        ("Agents", "regret %", true),
        ("Control", "regret %", true),
    ];
    let rows: String = (0..form.preferences.len()).rev().map(row).collect();
    section(
        "places",
        "Who is better where",
        "By preference: the agents against whichever rule is best there, and against predictive control with the same \
         information. Differences are day by day with 95 % intervals over days. Better means that neither the luck of seeds nor \
         that of days explains it with 95 % confidence.",
        &table("places", &heads, &rows),
    )
}

fn variants(form: &Form) -> String {
    let row = |variant: &super::form::VariantForm| {
        let name = escape(&variant.variant);
        let cells = cell(&variant.loss, |value| number(value, 4)) + &difference(Some(&variant.paired));
        format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>\n")
    };
    let heads = [
        ("Way to learn", "", false),
        ("Loss", "", true),
        ("More than the agents", "same seeds, day by day", true),
    ];
    section(
        "variants",
        "What each part is good for",
        "The same training with one thing changed, three seeds each, on the held-out days.",
        &table("variants", &heads, &form.variants.iter().map(row).collect::<String>()),
    )
}

fn outcomes(form: &Form) -> String {
    let row = |(place, scheduler): (usize, &SchedulerForm)| {
        let at = &scheduler.at[place];
        let preference = weights(&form.preferences[place]);
        format!(
            "<tr><th scope=\"row\" data-value=\"{preference}\">{preference}</th><td>{}</td>{}{}{}{}</tr>\n",
            escape(&scheduler.title),
            cell(&at.cost_eur, |value| number(value, 3)),
            cell(&at.peak_w, |value| number(value, 0)),
            cell(&at.delay_h, |value| number(value, 2)),
            cell(&at.loss, |value| number(value, 4)),
        )
    };
    let all = (0..form.preferences.len()).rev();
    let rows: String = all
        .flat_map(|place| form.schedulers.iter().map(move |scheduler| (place, scheduler)))
        .map(row)
        .collect();
    let heads = [
        ("Preference", "cost/peak/delay", false),
        ("Scheduler", "", false),
        ("Cost", "€ a day", true),
        ("Peak", "W", true),
        ("Delay", "h a day", true),
        ("Loss", "", true),
    ];
    section(
        "outcomes",
        "All outcomes",
        "Means over the held-out days; the agents’ over their seeds too, with 95 % intervals over seeds.",
        &format!(
            "<details><summary>All {} rows</summary>\n{}</details>\n",
            form.preferences.len() * form.schedulers.len(),
            table("outcomes", &heads, &rows)
        ),
    )
}

fn about(form: &Form) -> String {
    let scales = &form.scales;
    section(
        "about",
        "What it means",
        "",
        &format!(
            "<ul class=\"limits\">\n<li>Loss is Σ wᵢ oᵢ / sᵢ, where one counts as much as {} € of the machines’ cost, {} W of the day’s \
             peak or {} h of waiting: means of starting everything at once, and of the time that could be waited, on the training \
             days.</li>\n<li>All play the same days with the same requests. Prices are known for the day, the net load is expected \
             in the morning and known when its slot is over, a request is known when it is made. Only perfect foresight knows \
             more.</li>\n<li>Intervals over seeds say how much luck in learning matters; paired tests over days how much the choice \
             of days does. Days follow one another and are not quite independent. With {} preferences one in twenty differences \
             seems certain by chance.</li>\n<li>One home, one household, one month: a month in another season or another tariff \
             gives other numbers.</li>\n<li>Seed {}, {} rounds of learning; the same seed gives the same numbers whatever the number \
             of threads.</li>\n</ul>\n",
            number(scales.cost_eur, 2),
            number(scales.peak_w, 0),
            number(scales.delay_h, 1),
            form.preferences.len(),
            form.seed,
            form.rounds
        ),
    )
}

/// A sortable table: heads are name, unit and whether they head numbers.
pub(super) fn table(class: &str, heads: &[(&str, &str, bool)], rows: &str) -> String {
    let head = |(name, unit, number): &(&str, &str, bool)| {
        let class = if *number { " class=\"num\"" } else { "" };
        format!("<th scope=\"col\"{class}><button type=\"button\">{name}<small> {unit}</small></button></th>")
    };
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table: {class}\"><table class=\"sortable plain {class}\"><thead><tr>{}\
         </tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        heads.iter().map(head).collect::<String>()
    )
}

/// A mean with its interval below, where it has one.
pub(super) fn cell(interval: &IntervalForm, text: impl Fn(f64) -> String) -> String {
    let IntervalForm { mean, low, high } = *interval;
    let spread =
        if low < high { format!("<small>{} to {}</small>", text(low), text(high)) } else { String::new() };
    format!("<td class=\"num\" data-value=\"{mean}\">{}{spread}</td>", text(mean))
}

/// A difference day by day.
fn difference(paired: Option<&PairedForm>) -> String {
    let Some(paired) = paired else { return "<td class=\"num\" data-value=\"0\">–</td>".into() };
    let IntervalForm { mean, low, high } = paired.difference;
    let class = if high < 0.0 {
        "saved"
    } else if low > 0.0 {
        "lost"
    } else {
        ""
    };
    format!(
        "<td class=\"num {class}\" data-value=\"{mean}\">{}<small>{} to {}; {}</small></td>",
        number(mean, 4),
        number(low, 4),
        number(high, 4),
        probability(paired.p_t)
    )
}
