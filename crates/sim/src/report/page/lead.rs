//! The first screen: what this is, what came of it, and how it works, for somebody who has never heard of it.

use super::Sums;
use crate::report::text::{self, Civil};
use market::{Carrier, Energy, Money, Rule, SharingKey};

/// What the page is about, in one line.
pub(super) fn title(sums: &Sums<'_>) -> String {
    let subject = &sums.record.subject;
    let traded: Vec<&str> =
        sums.carriers.iter().filter(|c| !sums.traded(**c).is_zero()).map(|c| c.name()).collect();
    let who = format!("{}: {} members", subject.name, subject.members.len());
    let span = text::span(sums.record.recorded * sums.duration());
    match traded.as_slice() {
        [] => format!("{who}, {span} without a trade"),
        carriers => format!("{who} traded {} for {span}", text::list(carriers)),
    }
}

/// The first screen.
pub(super) fn section(sums: &Sums<'_>) -> String {
    let subject = &sums.record.subject;
    let offset = i64::from(subject.community.utc_offset);
    let length = sums.record.recorded * sums.duration();
    let first = Civil { second: 0, ..Civil::of(subject.start.cast_signed() + offset) };
    let last = Civil::of((subject.start + length.max(1) - 1).cast_signed() + offset);
    let last = Civil { second: 0, ..last };
    let when = match (first == last, first.month == last.month && first.year == last.year) {
        (true, _) => first.date(),
        (false, true) => format!("{} {} to {}", first.weekday_name(), first.day, last.date()),
        (false, false) => format!("{} to {}", first.date(), last.date()),
    };
    let pace = text::span(sums.duration());
    format!(
        "<header>\n<p class=\"kicker\">Wattle · scenario {}</p>\n<h1>{}</h1>\n<p class=\"when\">{when}, in steps of \
         {pace}</p>\n<p class=\"result\">{}</p>\n{}<div class=\"cards\">\n{}</div>\n\
         <div class=\"how\"><h2>How the market works</h2><ol>{}</ol></div>\n{}</header>\n",
        text::escape(&subject.scenario),
        text::escape(&title(sums)),
        result(sums),
        scales(sums),
        cards(sums),
        how(sums),
        contents(sums),
    )
}

/// The main result as a sentence.
fn result(sums: &Sums<'_>) -> String {
    let code = sums.currency();
    let money = |amount: Money| format!("<strong>{}</strong>", text::money(amount, code));
    let (paid, at_tariff) = (sums.paid, sums.at_tariff);
    let saved = at_tariff - paid;
    if at_tariff.0 <= 0 {
        return format!(
            "Together the members earned {} instead of the {} the supplier alone would have paid them.",
            money(-paid),
            money(-at_tariff)
        );
    }
    let share = text::percent(saved.0.abs(), at_tariff.0).unwrap_or_default();
    let word = if saved.0 < 0 { "more" } else { "less" };
    let verdict = if saved.is_zero() {
        "the same".to_owned()
    } else {
        format!("<strong class=\"{word}\">{share} {word}</strong>")
    };
    format!(
        "The community paid {} instead of {} at the supplier’s tariff: {verdict}.",
        money(paid),
        money(at_tariff)
    )
}

/// The two sums as bars.
fn scales(sums: &Sums<'_>) -> String {
    let (paid, at_tariff) = (sums.paid.0, sums.at_tariff.0);
    if paid <= 0 || at_tariff <= 0 {
        return String::new();
    }
    let most = paid.max(at_tariff);
    let row = |class: &str, name: &str, amount: i128| {
        format!(
            "<div><span>{name}</span><b class=\"{class}\" style=\"width:{}%\"></b></div>\n",
            text::decimal(amount * 1_000 / most, 1, 1)
        )
    };
    format!(
        "<div class=\"scales\" aria-hidden=\"true\">\n{}{}</div>\n",
        row("tariff", "Supplier only", at_tariff),
        row("paid", "With neighbours", paid)
    )
}

fn cards(sums: &Sums<'_>) -> String {
    let card = |name: &str, value: &str, note: &str| {
        format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
    };
    let code = sums.currency();
    let better = sums.members.iter().filter(|member| member.saved().0 > 0).count();
    let worse = sums.members.iter().filter(|member| member.saved().0 < 0).count();
    let all = sums.members.len();
    let mut who = match better == all {
        true if all == 2 => "both members are better off".into(),
        true => format!("all {all} members are better off"),
        false => format!("{better} of {all} members are better off"),
    };
    if worse > 0 {
        who.push_str(&format!(", {worse} pay more: <a href=\"#bills\">why</a>"));
    }
    let saved = sums.at_tariff - sums.paid;
    let name = if saved.0 < 0 { "Lost" } else { "Saved together" };
    let mut cards = card(name, &text::money(saved.abs(), code), &who);

    let electricity = sums.total(Carrier::Electricity);
    let traded = |carrier: &&Carrier| !sums.traded(**carrier).is_zero();
    let mut carriers = sums.carriers.iter().filter(traded);
    let (energy, note) = match carriers.next() {
        None => (text::energy(Energy::ZERO), "no buyer and seller found each other".into()),
        Some(first) => {
            let rest = carriers
                .map(|carrier| format!("{} of {}", text::energy(sums.traded(*carrier)), carrier.name()));
            let parts: Vec<String> = [format!("of {}", first.name())].into_iter().chain(rest).collect();
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            (text::energy(sums.traded(*first)), text::list(&parts))
        }
    };
    cards += &card("Traded with neighbours", &energy, &note);

    let (own, peers, supplier) = (electricity.own_use(), electricity.from_peers, electricity.from_supplier());
    let all = i128::from((own + peers + supplier).0);
    if let Some(share) = text::percent(i128::from((own + peers).0), all) {
        let part = |energy: Energy| text::percent(energy.0.into(), all).unwrap_or_default();
        let note = format!(
            "of the electricity used: {} made by the users themselves, {} by neighbours",
            part(own),
            part(peers)
        );
        cards += &card("Self-sufficiency", &share, &note);
    }
    cards + &price_card(sums, card)
}

fn price_card(sums: &Sums<'_>, card: impl Fn(&str, &str, &str) -> String) -> String {
    let bins = sums.record.bins.bins.iter().map(|bin| &bin[Carrier::Electricity as usize]);
    let (mut paid, mut volume, mut low, mut high, mut count) = (Money::ZERO, 0_i128, 0_i128, 0_i128, 0_i128);
    for bin in bins {
        paid += bin.paid;
        volume += i128::from(bin.volume.0);
        low += i128::from(bin.export_price);
        high += i128::from(bin.import_price);
        count += i128::from(bin.intervals);
    }
    if volume == 0 || count == 0 {
        return String::new();
    }
    let unit = text::price_unit(sums.currency());
    let value = |sum: i128, over: i128| text::decimal(sum / over, 4, 1);
    card(
        "Price between neighbours",
        &format!("{}\u{a0}{unit}", value(paid.0, volume)),
        &format!(
            "for electricity, before fees; between {} and {} both sides can do better than with the supplier",
            value(low, count),
            value(high, count)
        ),
    )
}

/// How the first market works, in three steps.
fn how(sums: &Sums<'_>) -> String {
    let pace = match sums.duration() {
        900 => "quarter of an hour".into(),
        3_600 => "hour".into(),
        1_800 => "half hour".into(),
        seconds => format!("span of {}", text::span(seconds)),
    };
    let asks = format!(
        "Before every {pace} each member says how much energy it would like to buy or sell, and at which price."
    );
    let meters = format!("After every {pace} the meters say who had energy to spare and who needed some.");
    let rest = "Whatever is left over comes from the supplier or goes to it, at its usual prices.";
    let steps = match sums.record.subject.community.markets.first().map(|market| market.rule) {
        Some(Rule::UniformPrice { .. }) => [
            asks,
            "The market finds the one price at which demand meets supply. Everybody who trades pays or gets this \
             price; it is never worse than what they asked for."
                .into(),
            rest.into(),
        ],
        Some(Rule::PayAsBid { .. }) => [
            asks,
            "The buyers who pay most meet the sellers who ask least, and each pair trades at a price between its \
             two."
                .into(),
            rest.into(),
        ],
        Some(Rule::MidMarketRate { .. }) => [
            meters,
            "It changes hands midway between what the supplier pays and what it charges, so both sides gain.".into(),
            rest.into(),
        ],
        Some(Rule::Sharing { key, price }) => {
            let price = text::price(price, sums.currency());
            [meters, format!("What there is to spare is shared, {}, at {price}.", shared(key)), rest.into()]
        }
        Some(Rule::AuctionFirst { key, price, .. }) => {
            let price = text::price(price, sums.currency());
            let key = format!(
                "One price at which demand meets supply decides what is agreed before. What the meters show beyond it \
                 is shared, {}, at {price}.",
                shared(key)
            );
            [asks, key, rest.into()]
        }
        Some(Rule::Coupled { .. }) => [
            asks + " Heat pumps, boilers and plants offer to turn one kind of energy into another.",
            "The market finds prices for all kinds together. Everybody who trades one pays or gets its price, and a plant \
             runs where what it makes is worth more than what it takes."
                .into(),
            rest.into(),
        ],
        Some(rule) => {
            let begin = if rule.takes_orders() { asks } else { meters };
            let words = rule.kind().words();
            let sentence = words[..1].to_uppercase() + &words[1..] + ".";
            [begin, sentence, rest.into()]
        }
        None => return "<li>There was no market: everybody used the supplier.</li>".into(),
    };
    steps.map(|step| format!("<li>{step}</li>")).concat()
}

/// How a key shares, within a sentence.
const fn shared(key: SharingKey) -> &'static str {
    match key {
        SharingKey::Static => "in fixed shares",
        SharingKey::Dynamic | SharingKey::Incentive => "in proportion to what each used",
        SharingKey::Equal => "in equal parts",
        SharingKey::Hybrid => "in fixed shares first and the rest by what each still lacks",
        SharingKey::Cascade => "in fixed shares, round after round until nobody can use more",
        SharingKey::Priority => "to one member after the other",
        SharingKey::FullDynamic => "by a coefficient for each pair",
    }
}

fn contents(sums: &Sums<'_>) -> String {
    let mut links = vec![("flows", "Energy flows"), ("coupling", "Conversion"), ("prices", "Prices")];
    links.extend([
        ("curves", "An auction"),
        ("bills", "Bills"),
        ("people", "Self-sufficiency"),
        ("stores", "Stores"),
        ("members", "Members"),
        ("about", "About this run"),
    ]);
    let kept = |id: &str| match id {
        "coupling" => sums.record.coupling.is_some(),
        "prices" => sums.carriers.iter().any(|carrier| !sums.traded(*carrier).is_zero()),
        "curves" => sums.carriers.iter().any(|carrier| sums.record.gallery.of(*carrier).next().is_some()),
        "stores" => sums.record.bins.bins.iter().flatten().any(|bin| !(bin.stored + bin.in_cars).is_zero()),
        _ => true,
    };
    let item = |(id, name): (&str, &str)| format!("<li><a href=\"#{id}\">{name}</a></li>");
    let items: String = links.into_iter().filter(|(id, _)| kept(id)).map(item).collect();
    format!("<nav aria-label=\"Sections\"><ul>{items}</ul></nav>\n")
}
