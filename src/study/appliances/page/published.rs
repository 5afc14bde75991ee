//! The published comparison on the page: what is claimed and whether it holds, and the gains at every preference.

use super::super::form::{Form, GainForm, IntervalForm, PublishedForm};
use super::super::words::{CLAIMS, OBJECTIVES, number, percent, probability, weights};
use super::table;
use learning::study::Published;
use sim::report::chart::{Size, Svg};
use sim::report::section;

pub(super) fn published(form: &Form) -> String {
    let published = &form.published;
    let chosen = weights(&published.preferences[published.chosen]);
    let choice = format!(
        "chosen on validation days as the preference where the least certain of the three savings is most certain{}",
        if published.certain { "" } else { ", though not beyond luck" }
    );
    section(
        "published",
        "Gains over a naive cost rule",
        &format!(
            "A tunable deep Q-network for residential appliances is reported to save 30 % of cost, 18.2 % of the peak and 37.3 % \
             of delay against a rule on electricity cost, over a month. Its machines, prices and rule are not given there, so only \
             the question is the same here. Our naive rule starts in the first slot that is not dearer than the day’s mean. A \
             competent cost rule cannot be bettered on cost: each run’s cheapest window is the optimum. It costs {} € a day, \
             perfect foresight {} €, the naive rule {} €. The agents’ savings are those at {chosen} (cost/peak/delay), {choice}.",
            number(published.cheapest_eur, 3),
            number(published.optimum_eur, 3),
            number(published.naive_eur, 3)
        ),
        &[claims(published), maps(published), all(published)].concat(),
    )
}

/// What is claimed at the chosen preference, and whether it holds.
fn claims(published: &PublishedForm) -> String {
    let row = |objective: usize| {
        let gain = &published.gains[published.chosen][objective];
        let (class, holds) = if published.holds[objective] { ("saved", "holds") } else { ("lost", "fails") };
        format!(
            "<tr><th scope=\"row\">{}<small>{}</small></th><td class=\"{class}\">{holds}</td><td class=\"num\">{}</td><td \
             class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}<small>{}</small></td></tr>\n",
            OBJECTIVES[objective],
            CLAIMS[objective],
            percent(published.reported[objective], 1),
            percent(gain.part.mean, 1),
            ends(&gain.part),
            ends(&gain.over_days),
            probability(gain.paired.p_t),
        )
    };
    let head =
        |name: &str, unit: &str| format!("<th scope=\"col\" class=\"num\">{name}<small>{unit}</small></th>");
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table: claims\"><table class=\"plain claims\"><thead>\
         <tr><th scope=\"col\">Claim<small>at {}</small></th><th scope=\"col\">Held out</th>{}{}{}{}</tr></thead>\n\
         <tbody>\n{}</tbody></table></div>\n",
        weights(&published.preferences[published.chosen]),
        head("Reported", "% saved"),
        head("Agents", "% saved"),
        head("Seeds", "95 % interval"),
        head("Days", "95 % interval, t test"),
        (0..3).map(row).collect::<String>()
    )
}

fn ends(interval: &IntervalForm) -> String {
    format!("{} to {}", percent(interval.low, 1), percent(interval.high, 1))
}

fn maps(published: &PublishedForm) -> String {
    let figure = |objective: usize| {
        format!(
            "<figure><figcaption>{} saved, %</figcaption>\n{}</figure>\n",
            OBJECTIVES[objective],
            map(published, objective)
        )
    };
    format!(
        "<div class=\"pair gains\">\n{}<p class=\"intro\">What the agents save against the naive rule over the held-out days, mean \
         over seeds; red is what they take more. In the top row the household minds hardly anything but cost: peak and delay \
         decide between starts that cost the same. Further down they weigh more, and further to the right more of their weight \
         is the peak’s. The outlined cell is the preference that was chosen on other days.</p></div>\n",
        (0..3).map(figure).collect::<String>()
    )
}

/// A cell for each preference: by row the weight of cost, by column the part of the rest that is the peak's.
fn map(published: &PublishedForm, objective: usize) -> String {
    let (size, columns) = (Size::Half, Published::PARTS + 1);
    let rows = published.preferences.len() / columns;
    let (left, top, thick) = (34.0, 38.0, 26.0);
    let width = (size.width() - left) / columns as f64;
    let mut svg = Svg::new(size, top + rows as f64 * thick + 2.0);
    svg.text("tick start", [0.0, 12.0], "cost’s weight, %; to the right the peak’s part of the rest, %");
    for column in (0..columns).step_by(columns / 2) {
        let part = percent(column as f64 / Published::PARTS as f64, 0);
        svg.text("tick middle", [left + (column as f64 + 0.5) * width, top - 7.0], &part);
    }
    let gains = || published.gains.iter().map(|gains| gains[objective].part.mean);
    let most = gains().fold(1e-3, |most: f64, gain| most.max(gain.abs()));
    let mut outline = String::new();
    for (place, gain) in gains().enumerate() {
        let [row, column] = [place / columns, place % columns].map(|index| index as f64);
        let [x, y] = [left + column * width, top + row * thick];
        if column == 0.0 {
            let cost = percent(published.preferences[place].cost, 0);
            svg.text("tick end", [left - 6.0, y + 17.0], &cost);
        }
        let class = if gain < 0.0 { "lost" } else { "saved" };
        svg.add(format_args!(
            "<rect class=\"fill {class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill-opacity=\"{:.2}\" \
             data-tip=\"\"><title>{} (cost/peak/delay): {} % saved</title></rect>",
            x + 1.0,
            y + 1.0,
            width - 2.0,
            thick - 2.0,
            0.55 * gain.abs() / most,
            weights(&published.preferences[place]),
            percent(gain, 1)
        ));
        svg.add(format_args!(
            "<text class=\"middle\" pointer-events=\"none\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + width / 2.0,
            y + 17.5,
            percent(gain, if gain.abs() < 0.0995 { 1 } else { 0 })
        ));
        if place == published.chosen {
            outline = format!(
                "<rect class=\"outline\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                x + 1.0,
                y + 1.0,
                width - 2.0,
                thick - 2.0
            );
        }
    }
    // Over its neighbours.
    svg.add(format_args!("{outline}"));
    let title = format!("{} saved against the naive rule by preference, per cent", OBJECTIVES[objective]);
    svg.finish(&title, "A cell for each preference; the chosen one is outlined")
}

/// All preferences, for those who want to look closer.
fn all(published: &PublishedForm) -> String {
    let cell = |gain: &GainForm| {
        // Neither the luck of seeds nor that of days explains what is coloured.
        let class = if gain.over_days.low > 0.0 && gain.part.low > 0.0 {
            "saved"
        } else if gain.over_days.high < 0.0 && gain.part.high < 0.0 {
            "lost"
        } else {
            ""
        };
        format!(
            "<td class=\"num {class}\" data-value=\"{}\">{}<small>{}; {}</small></td>",
            gain.part.mean,
            percent(gain.part.mean, 1),
            ends(&gain.part),
            probability(gain.paired.p_t)
        )
    };
    let row = |place: usize| {
        let preference = weights(&published.preferences[place]);
        let chosen = if place == published.chosen { "<small>chosen</small>" } else { "" };
        let cells: String = published.gains[place].iter().map(cell).collect();
        format!("<tr><th scope=\"row\" data-value=\"{preference}\">{preference}{chosen}</th>{cells}</tr>\n")
    };
    let heads = [
        ("Preference", "cost/peak/delay", false),
        ("Cost", "% saved", true),
        ("Peak", "% saved", true),
        ("Delay", "% saved", true),
    ];
    let rows: String = (0..published.preferences.len()).map(row).collect();
    format!(
        "<details><summary>All {} preferences, with 95 % intervals over seeds and the paired t test over days</summary>\n{}\
         </details>\n",
        published.preferences.len(),
        table("gains", &heads, &rows)
    )
}
