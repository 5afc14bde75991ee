//! The page of the study: one HTML file with its style and pictures inside, as the report of a run.

use super::words::vpp_words;
use super::{VppSubject, settled};
use crate::report::chart::{self, Layer, Line, StackChart, heat};
use crate::report::page::{NO_DATA, document, legend, section, sizes};
use crate::report::text::{self, Civil, escape};
use crate::study::vpp::{Concept, DRAWN, FINE, Lie, MISSING, Outcome, PENALTY, Shortfall, Study, cost};
use clearing::game::members;
use market::{Energy, Money};

/// What only this page needs.
const OWN_STYLE: &str = ".plain-words { max-width: 75ch; font-size: 1.05rem; text-wrap: pretty; }\n\
    .concepts tbody th { min-width: 13em; } .concepts :is(th, td) { padding: 7px 9px; } .concepts .best { font-weight: 650; }\n\
    .lies tbody th, .fit tbody th, .less tbody th { min-width: 8em; } .limits li { max-width: 75ch; margin-bottom: 4px; }\n\
    td small { display: block; }\n";

/// Colours for players of a kind that is taken.
const SPARE: [&str; 7] = ["pump", "warmth", "chp", "bio", "boiler", "load", "neighbours"];

/// What the sections share.
struct Page<'a> {
    subject: &'a VppSubject,
    study: &'a Study,
    /// Per player, its colour.
    classes: Vec<&'static str>,
}

/// The whole page.
pub(super) fn render(subject: &VppSubject, study: &Study) -> String {
    let mut classes: Vec<&'static str> = Vec::new();
    for player in &study.plant.players {
        let mut choices = std::iter::once(player.class).chain(SPARE);
        let free = choices.find(|class| !classes.contains(class));
        classes.push(free.unwrap_or(player.class));
    }
    let page = Page { subject, study, classes };
    let title = format!("{}: who gains what", subject.name);
    let body = [
        page.lead(&title),
        page.day(),
        page.who(),
        page.concepts(),
        page.fit(),
        page.lies(),
        page.shortfalls(),
        page.about(),
    ];
    document("study", &title, OWN_STYLE, &body.concat(), NO_DATA, "")
}

impl Page<'_> {
    fn money(&self, amount: f64) -> String {
        text::money(settled(amount), self.subject.currency)
    }

    fn name(&self, player: usize) -> &str {
        &self.study.plant.players[player].name
    }

    fn everybody(&self) -> std::ops::Range<usize> {
        0..self.study.plant.players.len()
    }

    fn lead(&self, title: &str) -> String {
        let Self { subject, study, .. } = self;
        let first = Civil::of(study.start.cast_signed() + i64::from(subject.utc_offset));
        let pace = text::span(study.duration.into());
        let length = text::span(u64::from(study.duration) * study.plant.steps() as u64);
        let mut links = vec![
            ("day", "The day"),
            ("who", "Who gains"),
            ("concepts", "All figures"),
            ("fit", "How they fit together"),
        ];
        if !study.lies.is_empty() {
            links.push(("lies", "Lying"));
        }
        links.push(("less", "Delivering less"));
        links.push(("about", "What it means"));
        let item = |(id, name): &(&str, &str)| format!("<li><a href=\"#{id}\">{name}</a></li>");
        let items: String = links.iter().map(item).collect();
        format!(
            "<header>\n<p class=\"kicker\">Wattle · study of scenario {}</p>\n<h1>{}</h1>\n<p class=\"when\">{length} from {} in \
             steps of {pace}, {} players, {} coalitions</p>\n<p class=\"plain-words\">{}</p>\n{}<nav \
             aria-label=\"Sections\"><ul>{items}</ul></nav>\n</header>\n",
            escape(&subject.scenario),
            escape(title),
            first.date(),
            study.plant.players.len(),
            (1_u64 << study.plant.players.len()) - 1,
            escape(&vpp_words(study, subject.currency)),
            self.cards(),
        )
    }

    fn cards(&self) -> String {
        let study = self.study;
        let card = |name: &str, value: &str, note: &str| {
            format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
        };
        let gain = study.game.total() - study.all_alone();
        let inside = 100.0 * study.complement.netted / study.complement.given.max(1e-9);
        let mut cards =
            card("Each alone", &self.money(study.all_alone()), "all together, trading wholesale only");
        cards +=
            &card("As one plant", &self.money(study.game.total()), &format!("{} more", self.money(gain)));
        cards +=
            &card("Stays inside", &format!("{inside:.0}\u{a0}%"), "of what players give goes to players");
        let best = study.best_lie().map_or_else(
            || ("nothing".to_owned(), "whatever was told about costs".to_owned()),
            |(lie, gain)| {
                (self.money(gain.liar), format!("{}, under {}", self.name(lie.player), gain.concept.title()))
            },
        );
        if !study.lies.is_empty() {
            cards += &card("Best lie wins", &best.0, &escape(&best.1));
        }
        format!("<div class=\"cards\">\n{cards}</div>\n")
    }

    fn day(&self) -> String {
        let study = self.study;
        let hours = f64::from(study.duration) / 3_600.0;
        let clock = |step: usize| {
            Civil::of(study.time(step).cast_signed() + i64::from(self.subject.utc_offset)).clock()
        };
        let layer = |player: usize| {
            let values: Vec<f64> = study.optimum.schedules[player].iter().map(|kwh| kwh / hours).collect();
            let tip = |(step, kw): (usize, &f64)| {
                let verb = if *kw < 0.0 { "takes" } else { "gives" };
                let price = 100.0 * study.plant.prices[step].middle();
                format!(
                    "{}, {}: {verb} {:.0}\u{a0}kW; wholesale {}",
                    clock(step),
                    self.name(player),
                    kw.abs(),
                    signed(price, 2) + "\u{a0}" + &text::price_unit(self.subject.currency)
                )
            };
            let tips = values.iter().enumerate().map(tip).collect();
            Layer { class: self.classes[player], values, tips }
        };
        let cents = |prices: Vec<f64>| prices.into_iter().map(|price| 100.0 * price).collect();
        let wholesale = study.plant.prices.iter().map(crate::study::vpp::Offer::middle).collect();
        let chart = StackChart {
            title: "What each player gives and takes over the day, and the price".into(),
            description: format!(
                "Stacked power of {} players at the joint optimum; below, the wholesale price and the price inside",
                study.plant.players.len()
            ),
            start: study.start,
            bin: study.duration.into(),
            utc_offset: self.subject.utc_offset,
            units: ["kW".into(), text::price_unit(self.subject.currency)],
            layers: self.everybody().map(layer).collect(),
            lines: vec![
                Line { class: "price", values: cents(wholesale) },
                Line { class: "demand", values: cents(study.optimum.prices.clone()) },
            ],
        };
        let mut entries: Vec<(&str, String)> =
            self.everybody().map(|player| (self.classes[player], escape(self.name(player)))).collect();
        entries.push(("price", "wholesale price (middle)".into()));
        entries.push(("demand", "price inside (dual price)".into()));
        let entries: Vec<(&str, &str)> =
            entries.iter().map(|(class, name)| (*class, name.as_str())).collect();
        let prices = match self.subject.prices.as_str() {
            "" => String::new(),
            source => format!(" Prices: {}.", escape(source)),
        };
        section(
            "day",
            "Who delivers when",
            &format!(
                "The joint optimum: above zero what players give, below what they take. What is above and below at the same time \
                 stays inside; the difference is traded wholesale.{prices}"
            ),
            &format!("<figure>\n{}{}</figure>\n", legend(&entries), sizes(|size| chart.draw(size))),
        )
    }

    fn who(&self) -> String {
        let study = self.study;
        let alone = study.game.alone();
        let columns: Vec<String> =
            study.outcomes.iter().map(|outcome| outcome.concept.title().to_owned()).collect();
        let row = |player: usize| {
            let gains: Vec<f64> =
                study.outcomes.iter().map(|outcome| outcome.payoffs[player] - alone[player]).collect();
            let most = gains.iter().map(|gain| gain.abs()).fold(0.01, f64::max);
            let cell = |(gain, outcome): (&f64, &Outcome)| {
                let verb = if *gain < -1e-4 { "loses" } else { "gains" };
                let tip = format!(
                    "{} {verb} {} against acting alone under {}",
                    self.name(player),
                    self.money(gain.abs()),
                    outcome.concept.title()
                );
                let value = if gain.abs() < 1e-4 { 0.0 } else { gain / most };
                chart::Cell { value: Some(value), tip }
            };
            (self.name(player).to_owned(), gains.iter().zip(&study.outcomes).map(cell).collect::<Vec<_>>())
        };
        let rows: Vec<_> = self.everybody().map(row).collect();
        let title = "Gain of each player under each concept against acting alone";
        let picture =
            sizes(|size| heat(&columns, &rows, size, title, "Each row is a player, each column a concept"));
        section(
            "who",
            "Who gains under which concept",
            "One row per player. The stronger the green, the closer a concept comes to this player’s best; red means that it \
             would rather act alone.",
            &format!(
                "<figure>\n{}{picture}</figure>\n",
                legend(&[("saved", "gains, against its own best"), ("lost", "less than alone")])
            ),
        )
    }

    fn concepts(&self) -> String {
        let study = self.study;
        let unit = escape(&text::currency(self.subject.currency));
        let alone = study.game.alone();
        let mut head = vec![("Concept".to_owned(), String::new(), false)];
        head.extend(self.everybody().map(|player| (escape(self.name(player)), unit.clone(), true)));
        for name in ["Operator", "All", "Complaint"] {
            head.push((name.to_owned(), unit.clone(), true));
        }
        head.push(("Rounds".to_owned(), String::new(), true));
        let amounts = alone.iter().map(|amount| number(*amount, &euros(*amount), "")).collect::<String>();
        let first = format!(
            "<tr><th scope=\"row\">Each alone<small>trading wholesale only</small></th>{amounts}{}{}{}{}</tr>\n",
            number(0.0, "–", ""),
            number(study.all_alone(), &euros(study.all_alone()), ""),
            number(0.0, "–", ""),
            number(-1.0, "–", "")
        );
        let rows: String = study.outcomes.iter().map(|outcome| self.concept(outcome, &alone)).collect();
        section(
            "concepts",
            "All figures",
            "What each player earns; beside it, how much more than alone. A complaint is the most that some group could earn more \
             by itself: none means that the division lies in the core. Choose a heading to sort.",
            &format!(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of concepts\"><table class=\"sortable \
                 concepts\"><thead><tr>{}</tr></thead>\n<tbody>\n{first}{rows}</tbody></table></div>\n",
                heads(&head)
            ),
        )
    }

    fn concept(&self, outcome: &Outcome, alone: &[f64]) -> String {
        let payoff = |(payoff, alone): (&f64, &f64)| {
            let gain = settled(payoff - alone);
            let class = if gain.0 < 0 { "lost" } else { "saved" };
            let more = format!("{}<small class=\"{class}\">{}</small>", euros(*payoff), plus(gain));
            number(*payoff, &more, "")
        };
        let payoffs: String = outcome.payoffs.iter().zip(alone).map(payoff).collect();
        let lost = outcome.total() - self.study.game.total();
        let below = match settled(lost) {
            Money(0) => "<small>the optimum</small>".to_owned(),
            lost => format!("<small>{} to the optimum</small>", plus(lost)),
        };
        let complaint = if outcome.in_core() {
            number(0.0, "none", "")
        } else {
            let names: Vec<&str> = members(outcome.objectors).map(|player| self.name(player)).collect();
            let whose = match names.len() {
                1 | 2 => escape(&names.join(" + ")),
                count => format!("{count} players"),
            };
            number(outcome.excess, &format!("{}<small>{whose}</small>", euros(outcome.excess)), "")
        };
        let rounds = outcome.iterations.map_or("–".into(), |count| count.to_string());
        format!(
            "<tr><th scope=\"row\">{}<small>{}</small></th>{payoffs}{}{}{complaint}{}</tr>\n",
            outcome.concept.title(),
            escape(outcome.concept.words()),
            number(outcome.operator, &euros(outcome.operator), ""),
            number(outcome.total(), &format!("{}{below}", euros(outcome.total())), ""),
            number(outcome.iterations.map_or(-1.0, f64::from), &rounds, ""),
        )
    }

    fn fit(&self) -> String {
        let (study, complement) = (self.study, &self.study.complement);
        let columns: Vec<String> = self.everybody().map(|player| self.name(player).to_owned()).collect();
        let row = |player: usize| {
            let cell = |other: usize| {
                let correlation = complement.correlation[player][other];
                let tip = format!(
                    "{} and {}: correlation {}",
                    self.name(player),
                    self.name(other),
                    signed(correlation, 2)
                );
                chart::Cell { value: (player != other).then_some(-correlation), tip }
            };
            (self.name(player).to_owned(), self.everybody().map(cell).collect::<Vec<_>>())
        };
        let rows: Vec<_> = self.everybody().map(row).collect();
        let title = "Correlation of what each pair of players gives";
        let picture =
            sizes(|size| heat(&columns, &rows, size, title, "Each row and each column is a player"));
        let head = [
            ("Player", "", false),
            ("Net", "kWh", true),
            ("Capacity factor", "%", true),
            ("Worth of its energy", "% of the mean price", true),
        ];
        let head: Vec<_> = head.map(|(name, unit, is)| (name.to_owned(), unit.to_owned(), is)).into();
        let part = |value: Option<f64>| match value {
            Some(value) => number(value, &format!("{:.0}", 100.0 * value), ""),
            None => number(-1.0, "–", ""),
        };
        let body: String = self
            .everybody()
            .map(|player| {
                format!(
                    "<tr><th scope=\"row\">{}<small>{}</small></th>{}{}{}</tr>\n",
                    escape(self.name(player)),
                    escape(&study.plant.players[player].kind),
                    number(complement.energy[player], &signed(complement.energy[player], 0), ""),
                    part(complement.capacity_factors[player]),
                    part(complement.capture[player]),
                )
            })
            .collect();
        section(
            "fit",
            "How the players fit together",
            &format!(
                "Together they never give more than {:.0}\u{a0}% of the sum of their own peaks; of {} that they give, {} stay \
                 inside, and {} that sun, wind and water offered are left. Green pairs complement each other: one gives when the \
                 other takes; red pairs give at the same time.",
                100.0 * complement.simultaneity,
                energy(complement.given),
                energy(complement.netted),
                energy(study.optimum.curtailed)
            ),
            &format!(
                "<figure>\n{}{picture}</figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of \
                 players\"><table class=\"sortable fit\"><thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n",
                legend(&[("saved", "complement each other"), ("lost", "give at the same time")]),
                heads(&head)
            ),
        )
    }

    fn lies(&self) -> String {
        let study = self.study;
        if study.lies.is_empty() {
            return String::new();
        }
        let unit = hundredth(self.subject.currency);
        let mut head = vec![
            ("Who lies".to_owned(), String::new(), false),
            ("Tells".to_owned(), "% of its costs".to_owned(), true),
        ];
        head.extend(Concept::ALL.map(|concept| (concept.title().to_owned(), unit.clone(), true)));
        head.push(("Others".to_owned(), format!("{unit}, at worst"), true));
        head.push(("Caught".to_owned(), format!("of {DRAWN} days"), true));
        head.push(("On average".to_owned(), format!("{unit}, at best"), true));
        head.push(("Acting it out".to_owned(), unit, true));
        let rows: String = study.lies.iter().map(|lie| self.lie(lie)).collect();
        section(
            "lies",
            "What lying about costs wins, and what an audit sees",
            &format!(
                "One player tells more or less than its true costs and acts as told, all others tell the truth: what it truly \
                 earns more in this time under each concept, and what that costs the others where it costs them most. The audit \
                 settles some days at prices that it draws evenly between nothing and twice the cost told; “caught” says on how \
                 many of {DRAWN} such days a liar who does what is best for it gives itself away. Who is caught gets no more \
                 than alone, and pays {:.0}\u{a0}% of what it sells, for all days since prices were drawn last: “on average” is what is left of the lie then. Whoever acts \
                 the lie out on those days too is not caught, and pays what the last column says for each.",
                100.0 * FINE
            ),
            &format!(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of lies\"><table class=\"sortable \
                 lies\"><thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
                heads(&head)
            ),
        )
    }

    /// Through the market's state machine: exact.
    fn shortfalls(&self) -> String {
        let study = self.study;
        let unit = escape(&text::currency(self.subject.currency));
        let head = [
            ("Who delivers less", "", false),
            ("Sold", "kWh", true),
            ("Missing", "kWh", true),
            ("Delivering all", &unit, true),
            ("Delivering less", &unit, true),
            ("Pays for it", &unit, true),
            ("of it penalty", &unit, true),
        ];
        let head: Vec<_> = head.map(|(name, unit, is)| (name.to_owned(), unit.to_owned(), is)).into();
        let money = |amount: Money, class: &str| {
            let text = text::decimal(amount.0, 9, 2);
            format!("<td class=\"num {class}\" data-value=\"{}\">{text}</td>", amount.0)
        };
        let kwh = |energy: Energy| {
            let text = text::decimal(energy.0.into(), 3, 0);
            format!("<td class=\"num\" data-value=\"{}\">{text}</td>", energy.0)
        };
        let row = |short: &Shortfall| {
            format!(
                "<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}</tr>\n",
                escape(self.name(short.player)),
                kwh(short.sold),
                kwh(short.missing),
                money(short.honest, ""),
                money(short.cheating, ""),
                money(short.honest - short.cheating, "lost"),
                money(short.penalty, ""),
            )
        };
        let rows: String = study.shortfalls.iter().map(row).collect();
        section(
            "less",
            "What delivering less than was sold costs",
            &format!(
                "Each player sells what it gives at the price inside and delivers {:.0}\u{a0}% less, through the market’s own \
                 commands: offer, match, escrow, reading, settlement. What is missing is bought wholesale at the import price; \
                 beyond 5\u{a0}% it costs {} beside. The buyers get all they bought.",
                100.0 * MISSING,
                escape(&text::price(PENALTY, self.subject.currency))
            ),
            &format!(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of shortfalls\"><table \
                 class=\"sortable less\"><thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
                heads(&head)
            ),
        )
    }

    fn lie(&self, lie: &Lie) -> String {
        let coloured = |amount: f64| {
            let class = match settled(amount).0 {
                ..0 => "lost",
                0 => "",
                1.. => "saved",
            };
            number(amount, &cents(amount), class)
        };
        // What wins the liar is a loss to all others: it is red, not green.
        let wins = |amount: f64| {
            let class = if settled(amount).0 > 0 { "lost" } else { "" };
            number(amount, &cents(amount), class)
        };
        let gains: String = lie.gains.iter().map(|gain| wins(gain.liar)).collect();
        let others = lie.gains.iter().map(|gain| gain.others).fold(f64::INFINITY, f64::min);
        let average = lie.gains.iter().map(|gain| lie.on_average(gain)).fold(f64::NEG_INFINITY, f64::max);
        format!(
            "<tr><th scope=\"row\">{}</th>{}{gains}{}{}{}{}</tr>\n",
            escape(self.name(lie.player)),
            number(lie.by, &format!("{:.0}", 100.0 * (1.0 + lie.by)), ""),
            coloured(others),
            number(lie.caught.into(), &lie.caught.to_string(), ""),
            wins(average),
            number(lie.acting, &cents(-lie.acting), ""),
        )
    }

    fn about(&self) -> String {
        let Self { subject, study, .. } = self;
        let mut rows: String = Concept::ALL
            .map(|concept| format!("<dt>{}</dt><dd>{}</dd>\n", concept.title(), escape(concept.existence())))
            .concat();
        let gap = study.game.superadditivity_gap();
        rows += &format!(
            "<dt>Superadditive</dt><dd>{}: {} pairs of groups without a common player were compared; the largest loss by joining is \
             {:.7}\u{a0}{}, the solver’s accuracy being {}</dd>\n<dt>Costs</dt><dd>assumed, per kWh: sun {}, wind {}, water {} {}; the \
             wear of batteries, of cars too, is in the scenario</dd>\n<dt>Seed</dt><dd>{}</dd>\n<dt>Version</dt><dd>Wattle \
             {}</dd>\n",
            if study.is_superadditive() { "yes" } else { "no" },
            study.pairs(),
            gap,
            escape(&text::currency(subject.currency)),
            crate::study::vpp::ACCURACY,
            100.0 * cost::SUN,
            100.0 * cost::WIND,
            100.0 * cost::WATER,
            escape(&hundredth(subject.currency)),
            subject.seed,
            escape(&subject.version),
        );
        let limits = [
            "Everybody knows the day’s prices, sun, wind and inflow beforehand: forecasts would cost something on top.",
            "Players are small and do not move the wholesale price. Grid fees and levies are the same whoever sells, so they are \
             left out, and so are grid limits.",
            "A battery ends as full as it began, a reservoir at least as full; water left beyond is worth the day’s mean price. A car leaves as full as it was asked to be; a stay that reaches over an end of the \
             study is there as full as charging evenly makes it.",
            "Chargers’ smallest power and turbines’ smallest flow are left out: a programme with them is no longer linear, and the \
             game then need not have a core.",
            "Where the scenario’s prices are of another year than its weather, a windy hour need not be a cheap one.",
        ];
        let limits: String = limits.iter().map(|limit| format!("<li>{limit}</li>\n")).collect();
        let file = |name: &str, what: &str| {
            format!(
                "<li><b>{name}</b>: {what} (<a href=\"{name}.csv\">CSV</a>, <a href=\"{name}.parquet\">Parquet</a>)</li>\n"
            )
        };
        let files = [
            file("concepts", "every concept"),
            file("payoffs", "every player under every concept"),
            file("schedule", "what every player gives in every step of the joint optimum"),
            file("prices", "wholesale and inside, in every step"),
            file("coalitions", "what every coalition earns"),
            file("lies", "every lie under every concept"),
            file("shortfalls", "every player that delivers less than it sold"),
        ]
        .concat();
        section(
            "about",
            "What it means",
            "Each coalition’s worth is the optimum of a linear programme; each concept divides what all earn together. The same \
             scenario, seed and version give the same numbers on any machine.",
            &format!(
                "<dl>\n{rows}</dl>\n<h3>What is left out</h3>\n<ul class=\"limits\">\n{limits}</ul>\n<h3>Files beside this \
                 page</h3>\n<ul>\n{files}</ul>\n"
            ),
        )
    }
}

/// The headings of a table that can be sorted: name, unit, whether a number.
fn heads(heads: &[(String, String, bool)]) -> String {
    let cell = |(name, unit, number): &(String, String, bool)| {
        let unit = if unit.is_empty() { String::new() } else { format!("<small> {unit}</small>") };
        let class = if *number { " class=\"num\"" } else { "" };
        format!("<th scope=\"col\"{class}><button type=\"button\">{name}{unit}</button></th>")
    };
    heads.iter().map(cell).collect()
}

/// A cell that sorts by `value`.
fn number(value: f64, text: &str, class: &str) -> String {
    let value = (value * 1e6).round() as i64;
    format!("<td class=\"num {class}\" data-value=\"{value}\">{text}</td>")
}

/// Money with two decimals, without its unit.
fn euros(amount: f64) -> String {
    text::decimal(settled(amount).0, 9, 2)
}

/// Money in hundredths with two decimals, without its unit.
fn cents(amount: f64) -> String {
    text::decimal(settled(amount).0, 7, 2)
}

/// Money with its sign.
fn plus(amount: Money) -> String {
    let sign = if amount.0 > 0 { "+" } else { "" };
    format!("{sign}{}", text::decimal(amount.0, 9, 2))
}

/// A number with a true minus.
fn signed(value: f64, digits: u32) -> String {
    text::decimal((value * 1e6).round() as i128, 6, digits)
}

fn energy(kwh: f64) -> String {
    format!("{}\u{a0}kWh", text::whole(kwh.round() as i128))
}

/// A hundredth of the currency.
fn hundredth(code: [u8; 3]) -> String {
    text::price_unit(code).trim_end_matches("/kWh").trim_end_matches(" kWh").into()
}
