//! The page of a comparison: one HTML file with its style and pictures inside, as the report of a run.

use super::ComparisonSubject;
use super::words::{lie, words};
use crate::compare::{Comparison, Played};
use crate::report::chart::{self, Rank, Size, heat, ranked};
use crate::report::page::{NO_DATA, document, legend, section, sizes};
use crate::report::text::{self, Civil, escape};
use clearing::manipulation::Trick;
use market::{Money, Quality};

/// What only this page needs.
const OWN_STYLE: &str = "svg.half { display: block; } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }\n\
    .pair figure { margin: 0; } .plain-words { max-width: 75ch; font-size: 1.05rem; text-wrap: pretty; }\n\
    .lies tbody th { min-width: 9em; } .designs tbody th { min-width: 9em; } .designs :is(th, td) { padding: 7px; }\n\
    .lies td:last-child { min-width: 22em; }\n\
    @media (max-width: 700px) { .pair { grid-template-columns: 1fr; } }\n";

/// The most members a picture shows.
const MOST_ROWS: usize = 40;

/// What the sections share.
struct Page<'a> {
    subject: &'a ComparisonSubject,
    comparison: &'a Comparison,
    everybody: Vec<usize>,
}

/// The whole page.
pub(super) fn render(subject: &ComparisonSubject, comparison: &Comparison) -> String {
    let everybody = (0..comparison.community.members.len()).collect();
    let page = Page { subject, comparison, everybody };
    let title = format!("{}: {} market designs compared", subject.name, comparison.designs.len());
    let body = [
        page.lead(&title),
        page.savings(),
        page.members(),
        page.measures(),
        page.lies(),
        page.table(),
        page.about(),
    ]
    .concat();
    document("comparison", &title, OWN_STYLE, &body, NO_DATA, "")
}

impl Page<'_> {
    fn money(&self, money: Money) -> String {
        text::money(money, self.subject.currency)
    }

    fn designs(&self) -> &[Played] {
        &self.comparison.designs
    }

    fn lead(&self, title: &str) -> String {
        let Self { subject, comparison, .. } = self;
        let community = &comparison.community;
        let first = Civil::of(subject.start.cast_signed() + subject.utc_offset);
        let length = text::span(community.intervals * subject.duration);
        let pace = text::span(subject.duration);
        let orders = text::whole(community.orders.into());
        let links = [
            ("savings", "Savings"),
            ("who", "Who gains"),
            ("measures", "Fairness and use"),
            ("lies", "Lying"),
            ("all", "All figures"),
            ("about", "What it means"),
        ];
        let item = |(id, name): &(&str, &str)| format!("<li><a href=\"#{id}\">{name}</a></li>");
        let items: String = links.iter().map(item).collect();
        format!(
            "<header>\n<p class=\"kicker\">Wattle · scenario {}</p>\n<h1>{}</h1>\n<p class=\"when\">{length} from {}, in \
             steps of {pace}: the same {orders} orders and the same meter readings under every design</p>\n\
             <p class=\"plain-words\">{}</p>\n{}<nav aria-label=\"Sections\"><ul>{items}</ul></nav>\n</header>\n",
            escape(&subject.scenario),
            escape(title),
            first.date(),
            escape(&words(comparison, subject.currency)),
            self.cards(),
        )
    }

    fn cards(&self) -> String {
        let card = |name: &str, value: &str, note: &str| {
            format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
        };
        let Some(first) = self.designs().first() else { return String::new() };
        let best = |value: &dyn Fn(&Played) -> i128| {
            let most = self.designs().iter().map(value).max();
            self.designs().iter().find(|played| Some(value(played)) == most).unwrap_or(first)
        };
        // Not counted: savings that somebody outside pays for.
        let saver = best(&|played| (played.measured.saved() + played.measured.surplus.min(Money::ZERO)).0);
        let even = best(&|played| played.measured.jain().unwrap_or(-1).into());
        let at_tariff = first.measured.at_tariff();
        let mut cards =
            card("Supplier alone", &self.money(at_tariff), "the same readings without neighbours");
        let share =
            text::percent(saver.measured.saved().0, at_tariff.0).map(|share| format!("{share} less, "));
        let note = format!("{}under {}", share.unwrap_or_default(), escape(&saver.design.title()));
        cards += &card("Largest saving", &self.money(saver.measured.saved()), &note);
        if let Some(jain) = even.measured.jain() {
            let note = format!("of 1 where all save the same: {}", escape(&even.design.title()));
            cards += &card("Most even", &text::decimal(jain.into(), 6, 2), &note);
        }
        let lies =
            self.designs().iter().flat_map(|played| played.manipulation.iter().map(move |l| (played, l)));
        if let Some((played, found)) = lies.max_by_key(|(_, found)| found.gain.money) {
            let note = format!("in one interval, under {}", escape(&played.design.title()));
            cards += &card("Best lie found", &self.money(found.gain.money), &note);
        }
        format!("<div class=\"cards\">\n{cards}</div>\n")
    }

    fn savings(&self) -> String {
        let mut order: Vec<&Played> = self.designs().iter().collect();
        order.sort_by_key(|played| -played.measured.saved().0);
        let rank = |played: &&Played| {
            let (saved, at_tariff) = (played.measured.saved(), played.measured.at_tariff());
            let share = text::percent(saved.0.abs(), at_tariff.0).map(|share| format!(" · {share}"));
            Rank {
                name: played.design.title(),
                value: saved.0 as f64,
                class: if saved.0 < 0 { "lost" } else { "saved" },
                note: format!("{}{}", self.money(saved), share.unwrap_or_default()),
                tip: format!("{}: {}", played.design.title(), played.design.words()),
            }
        };
        let rows: Vec<Rank> = order.iter().map(rank).collect();
        let title = "What the members save together under each design";
        let description = ends(&rows);
        let picture = sizes(|size| ranked(&rows, size, title, &description));
        section(
            "savings",
            "What all save together",
            "Bills with the supplier alone less bills under the design, for energy, fees and levies. A surplus that a \
             design keeps for the community is not in it.",
            &format!("<figure>\n{picture}</figure>\n"),
        )
    }

    fn members(&self) -> String {
        let community = &self.comparison.community;
        let columns: Vec<String> = self.designs().iter().map(|played| played.design.title()).collect();
        let saved = |played: &Played, member: usize| played.measured.members[member].saved();
        let largest = |member: usize| {
            self.designs().iter().map(|played| saved(played, member).0.abs()).max().unwrap_or_default()
        };
        let mut order = self.everybody.clone();
        order.sort_by_key(|member| (-largest(*member), *member));
        let left_out = order.len().saturating_sub(MOST_ROWS);
        order.truncate(MOST_ROWS);
        let row = |member: &usize| {
            let cell = |played: &Played| {
                let amount = saved(played, *member);
                let share = amount.0 as f64 / largest(*member).max(1) as f64;
                let verb = if amount.0 < 0 { "loses" } else { "saves" };
                let name = &community.members[*member];
                let tip =
                    format!("{name} {verb} {} under {}", self.money(amount.abs()), played.design.title());
                chart::Cell { value: Some(share), tip }
            };
            (community.members[*member].clone(), self.designs().iter().map(cell).collect::<Vec<_>>())
        };
        let rows: Vec<_> = order.iter().map(row).collect();
        let title = "Savings of each member under each design";
        let description = "Each row is a member, each column a design; the table members.csv has the numbers";
        let picture = sizes(|size| heat(&columns, &rows, size, title, description));
        let more = if left_out > 0 {
            format!("<p>{left_out} members for whom less is at stake are in members.csv.</p>\n")
        } else {
            String::new()
        };
        section(
            "who",
            "Who gains under which design",
            "One row per member, those for whom most is at stake first. The stronger the green, the closer a design comes to \
             this member’s best; red means that it pays more than with the supplier.",
            &format!(
                "<figure>\n{}{picture}{more}</figure>\n",
                legend(&[
                    ("saved", "saves, against its own best"),
                    ("lost", "pays more than with the supplier")
                ])
            ),
        )
    }

    /// Small multiples: one picture per measure, the designs in the same order in each.
    fn measures(&self) -> String {
        let community = &self.comparison.community;
        let panel = |title: &str,
                     words: &str,
                     value: &dyn Fn(&Played) -> (Option<f64>, String),
                     class: &'static str| {
            let rank = |played: &Played| {
                let (value, note) = value(played);
                let name = played.design.title();
                let tip = format!("{name}: {note}");
                Rank { name, value: value.unwrap_or(0.0), class, note, tip }
            };
            let rows: Vec<Rank> = self.designs().iter().map(rank).collect();
            let picture = ranked(&rows, Size::Half, title, &ends(&rows));
            format!("<figure>\n<h3>{title}</h3>\n<p class=\"small\">{words}</p>\n{picture}</figure>\n")
        };
        let ppm = |value: Option<i64>, digits: u32| {
            let note = value.map_or("–".into(), |value| text::decimal(value.into(), 6, digits));
            (value.map(|value| value as f64), note)
        };
        let percent = |value: Option<i64>| {
            let note =
                value.map_or("–".into(), |value| format!("{}\u{a0}%", text::decimal(value.into(), 4, 1)));
            (value.map(|value| value as f64), note)
        };
        let carrier = community.carrier.name();
        let panels = [
            panel(
                "Evenness of savings (Jain)",
                "1 where all save the same, 1/n where one has it all; a loss counts as no saving",
                &|played| ppm(played.measured.jain(), 2),
                "own",
            ),
            panel(
                "Members who pay more",
                "than with the supplier alone, over the whole time",
                &|played| (Some(played.measured.worse_off() as f64), played.measured.worse_off().to_string()),
                "lost",
            ),
            panel(
                "Self-sufficiency",
                &format!("part of the {carrier} used that did not come from the supplier"),
                &|played| percent(community.self_sufficiency(&played.measured, &self.everybody)),
                "neighbours",
            ),
            panel(
                "Welfare",
                "gains from trade by the members’ own limits",
                &|played| {
                    let welfare = played.measured.welfare();
                    (Some(welfare.0 as f64), self.money(welfare))
                },
                "store",
            ),
        ];
        section(
            "measures",
            "Fairness and use",
            "Four measures, the designs in the same order in each picture.",
            &format!("<div class=\"pair\">\n{}</div>\n", panels.concat()),
        )
    }

    fn lies(&self) -> String {
        if !self.designs().iter().any(|played| played.searched) {
            return String::new();
        }
        let searched: Vec<&Played> = self.designs().iter().filter(|played| played.searched).collect();
        let mut order = searched.clone();
        order.sort_by_key(|played| -played.best_lie().map_or(0, |found| found.gain.money.0));
        let rank = |played: &&Played| {
            let found = played.best_lie();
            let gain = found.map_or(Money::ZERO, |found| found.gain.money);
            let name = played.design.title();
            let tip = found.map_or_else(
                || format!("{name}: nothing that was tried wins"),
                |found| lie(found, self.comparison, self.subject),
            );
            Rank { name, value: gain.0 as f64, class: "chp", note: cents(gain, self.subject.currency), tip }
        };
        let rows: Vec<Rank> = order.iter().map(rank).collect();
        let title = "The most one lie wins in one interval";
        let picture = sizes(|size| ranked(&rows, size, title, &ends(&rows)));
        let row = |played: &Played, trick: Trick| {
            let Some(found) = played.manipulation.iter().find(|found| found.gain.trick == trick) else {
                return String::new();
            };
            let per_kwh = found.gain.money.0 * 1_000 / i128::from(found.gain.energy.0.max(1));
            let number =
                |value: i128, text: &str| format!("<td class=\"num\" data-value=\"{value}\">{text}</td>");
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td>{}{}<td>{}</td></tr>\n",
                escape(&played.design.title()),
                trick.name().replace('_', " "),
                number(found.gain.money.0, &text::decimal(found.gain.money.0, 7, 3)),
                number(per_kwh, &text::decimal(per_kwh, 7, 2)),
                escape(&lie(found, self.comparison, self.subject))
            )
        };
        let body: String =
            order.iter().flat_map(|played| Trick::ALL.map(|trick| row(played, trick))).collect();
        let unit = escape(&hundredth(self.subject.currency));
        let head = heads(&[
            ("Design", "", false),
            ("Kind of lie", "", false),
            ("Wins", &unit, true),
            ("per kWh", &unit, true),
            ("Who says what", "", false),
        ]);
        section(
            "lies",
            "What lying would win",
            "One member lies, all others tell the truth. Tried were other prices, more or less energy, several names for one \
             member, and trading with oneself, in the intervals in which most could be traded and some others. What is \
             bought without need goes to the supplier at the feed-in price; what is sold without having it is bought from \
             the supplier.",
            &format!(
                "<figure>\n{picture}</figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of \
                 lies\"><table class=\"sortable lies\"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
            ),
        )
    }

    fn table(&self) -> String {
        let unit = escape(&text::currency(self.subject.currency));
        let head = heads(&[
            ("Design", "", false),
            ("Bill", &unit, true),
            ("Saved", &unit, true),
            ("Surplus", &unit, true),
            ("Welfare", &unit, true),
            ("Traded", "kWh", true),
            ("Self-suff.", "%", true),
            ("Self-cons.", "%", true),
            ("Jain", "", true),
            ("Gini", "", true),
            ("Worse off", "", true),
            ("Worst", &unit, true),
        ]);
        let rows: String = self.designs().iter().map(|played| self.row(played)).collect();
        section(
            "all",
            "All figures",
            "Traded is over all carriers. Choose a heading to sort.",
            &format!(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of designs\"><table \
                 class=\"sortable designs\"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
            ),
        )
    }

    fn row(&self, played: &Played) -> String {
        let (measured, community) = (&played.measured, &self.comparison.community);
        let number =
            |value: i128, text: &str| format!("<td class=\"num\" data-value=\"{value}\">{text}</td>");
        let money = |money: Money| number(money.0, &text::decimal(money.0, 9, 2));
        let optional = |value: Option<i64>, scale, digits| match value {
            Some(value) => number(value.into(), &text::decimal(value.into(), scale, digits)),
            None => number(-1, "–"),
        };
        let traded: i64 = market::Carrier::ALL.into_iter().map(|carrier| measured.traded(carrier).0).sum();
        let (worst, saved) = measured.worst().unwrap_or_default();
        let class = if saved.0 < 0 { "num lost" } else { "num saved" };
        let [asked, _, delivered] = measured.labels[Quality::GreenLocal as usize];
        let labels = match text::percent(delivered.0.into(), asked.0.into()) {
            Some(share) => format!("; {share} of the green energy asked for is delivered"),
            None => String::new(),
        };
        format!(
            "<tr><th scope=\"row\">{}<small>{}</small></th>{}{}{}{}{}{}{}{}{}{}<td class=\"{class}\" data-value=\"{}\">\
             {}<small> {}</small></td></tr>\n",
            escape(&played.design.title()),
            escape(&(played.design.words() + &labels)),
            money(measured.bill()),
            money(measured.saved()),
            money(measured.surplus),
            money(measured.welfare()),
            number(traded.into(), &text::decimal(traded.into(), 3, 0)),
            optional(community.self_sufficiency(measured, &self.everybody), 4, 0),
            optional(community.self_consumption(measured, &self.everybody), 4, 0),
            optional(measured.jain(), 6, 2),
            optional(measured.gini(), 6, 2),
            number(measured.worse_off() as i128, &measured.worse_off().to_string()),
            saved.0,
            text::decimal(saved.0, 9, 2),
            escape(community.members.get(worst).map_or("", String::as_str)),
        )
    }

    fn about(&self) -> String {
        let Self { subject, comparison, .. } = self;
        let carrier = comparison.community.carrier.name();
        let terms = [
            (
                "Saved",
                "the bill with the supplier alone less the bill under the design, for the same readings",
            ),
            ("Surplus", "what buyers pay less what sellers receive; below zero somebody outside must pay it"),
            (
                "Welfare",
                "what the energy traded is worth to buyers by their own limits, less what it costs sellers by theirs; \
                 energy beyond anybody’s orders counts at the supplier’s price",
            ),
            ("Jain, Gini", "how evenly the savings are spread; a loss counts as no saving"),
            ("Worse off", "members whose bill is above the one with the supplier alone"),
        ];
        let mut rows: String =
            terms.iter().map(|(name, what)| format!("<dt>{name}</dt><dd>{what}</dd>\n")).collect();
        let labels = match comparison.community.assumed_wishes {
            true => {
                "pipelines know them; as the scenario says of nobody what it would like to buy, every second member is taken \
                 to ask for green energy and to pay 5 % of its limit more for it"
            }
            false => "pipelines know them; who asks for which, and pays how much more, the scenario says",
        };
        rows += &format!(
            "<dt>Self-sufficiency, self-consumption</dt><dd>the part of the {carrier} used that is not bought from, and \
             of the {carrier} made that is not sold to, the supplier</dd>\n<dt>Labels</dt><dd>{labels}</dd>\n\
             <dt>Keys</dt><dd>at the middle of the supplier’s prices, in equal shares, in the order of registration; \
             under incentive all energy is settled with the supplier and somebody outside pays as much per kWh that \
             could have been shared as fees between neighbours are lower</dd>\n<dt>Seed</dt><dd>{}</dd>\n\
             <dt>Version</dt><dd>Wattle {}</dd>\n",
            subject.seed,
            escape(&subject.version)
        );
        let skipped: String = comparison
            .skipped
            .iter()
            .map(|(design, reason)| {
                format!("<li><b>{}</b>: {}</li>\n", escape(&design.title()), escape(reason))
            })
            .collect();
        let skipped = if skipped.is_empty() {
            skipped
        } else {
            format!("<h3>Not compared</h3>\n<ul>\n{skipped}</ul>\n")
        };
        let file = |name: &str, what: &str| {
            format!(
                "<li><b>{name}</b>: {what} (<a href=\"{name}.csv\">CSV</a>, <a href=\"{name}.parquet\">Parquet</a>)</li>\n"
            )
        };
        let files =
            [file("compare", "every design"), file("members", "every member under every design")].concat();
        section(
            "about",
            "What it means",
            "The scenario was played once, each book being auctioned once; then every design was applied to the orders and \
             meter readings of that run. The same scenario, seed and version give the same numbers on any machine.",
            &format!("<dl>\n{rows}</dl>\n{skipped}<h3>Files beside this page</h3>\n<ul>\n{files}</ul>\n"),
        )
    }
}

/// The headings of a table that can be sorted: name, unit, whether a number.
fn heads(heads: &[(&str, &str, bool)]) -> String {
    let cell = |(name, unit, number): &(&str, &str, bool)| {
        let unit = if unit.is_empty() { String::new() } else { format!("<small> {unit}</small>") };
        let class = if *number { " class=\"num\"" } else { "" };
        format!("<th scope=\"col\"{class}><button type=\"button\">{name}{unit}</button></th>")
    };
    heads.iter().map(cell).collect()
}

/// First and last row of a picture, for those who cannot see it.
fn ends(rows: &[Rank]) -> String {
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => {
            format!("From {} ({}) to {} ({})", first.name, first.note, last.name, last.note)
        }
        _ => "Nothing to show".into(),
    }
}

/// A hundredth of the currency.
fn hundredth(code: [u8; 3]) -> String {
    text::price_unit(code).trim_end_matches("/kWh").trim_end_matches(" kWh").into()
}

/// A mostly small amount of money: "1.23 ct", "4.56 €".
fn cents(money: Money, code: [u8; 3]) -> String {
    if money.0 >= 1_000_000_000 {
        return text::money(money, code);
    }
    format!("{}\u{a0}{}", text::decimal(money.0, 7, 2), hundredth(code))
}
