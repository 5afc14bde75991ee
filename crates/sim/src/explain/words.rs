//! The sentences.

use super::{Explanation, Point, Scene, price};
use crate::report::text::{Civil, currency, decimal, list, whole};
use crate::statement::{Billed, Contract, Item, Knowledge, Known, Names};
use market::{AccountId, Community, Energy, ImbalancePolicy, Money, PostingKind, Price, Side};

/// What one metering point took and gave, what it had traded, and each kind of line of its bill.
pub(super) fn of_point(point: &Point, scene: &Scene, community: &Community) -> Vec<String> {
    let code = community.currency;
    let bill = point.billed.iter().find(|billed| !billed.correction);
    let mut sentences = metering(point);
    sentences.extend(trading(point, bill, scene, code));
    if let Some(bill) = bill {
        sentences.extend(supply(bill, code));
        sentences.extend(deviation(bill, scene, code));
        sentences.extend(fees(bill, scene, community));
        if scene.meters.len() > 1 && bill.items.len() > 1 {
            let (verb, amount) = paid(bill.total());
            sentences.push(format!("For {} it {verb} {}.", point.carrier.name(), money(amount, code)));
        }
    } else {
        sentences.push("Nothing was paid for it.".into());
    }
    sentences.extend(
        point.billed.iter().filter(|billed| billed.correction).map(|billed| corrected(billed, community)),
    );
    sentences
}

/// Who and when, and the sum against the supplier alone.
pub(super) fn of_all(explanation: &Explanation, names: &Names, community: &Community) -> Vec<String> {
    let code = community.currency;
    let [from, until] =
        [explanation.interval.start, explanation.interval.end()].map(|at| local(at, community));
    let head = format!(
        "{}, {}, {} to {} (UTC{}):",
        names.of_account(explanation.account),
        from.date(),
        from.clock(),
        until.clock(),
        crate::calendar::format_offset(community.utc_offset)
    );
    let mut sentences = vec![head];
    for sentence in explanation.points.iter().flat_map(|point| &point.sentences) {
        // what explains the prices of all carriers together is said once
        if !(sentence.starts_with(price::TOGETHER) && sentences.contains(sentence)) {
            sentences.push(sentence.clone());
        }
    }
    if explanation.points.is_empty() {
        sentences.push("It has no metering point.".into());
        return sentences;
    }
    let (verb, amount) = paid(explanation.total);
    let (alone, amount_alone) = paid(explanation.at_tariff);
    let gain = explanation.at_tariff - explanation.total;
    let compared = match gain.0 {
        0 => "just as much".to_owned(),
        1.. => format!(
            "{}, so that the community was worth {} to it",
            money(amount_alone, code),
            money(gain, code)
        ),
        _ => format!(
            "{}, so that trading or sharing cost it {}",
            money(amount_alone, code),
            money(-gain, code)
        ),
    };
    let by_now = if explanation.points.iter().flat_map(|point| &point.billed).any(|billed| billed.correction)
    {
        " by now"
    } else {
        ""
    };
    sentences.push(format!(
        "All in all it has {verb} {}{by_now}. At its supplier’s tariff alone it would have {alone} {compared}.",
        money(amount, code)
    ));
    sentences
}

/// What was counted, and how it is known.
fn metering(point: &Point) -> Vec<String> {
    let mut sentences = Vec::new();
    let meter = point.meter.0;
    let name = point.carrier.name();
    for (place, known) in point.readings.iter().enumerate() {
        let Known { import, export, sequence, record, .. } = *known;
        let counted = flow((import, export));
        sentences.push(match known.knowledge {
            Knowledge::Metered => {
                format!("Its {name} meter (metering point {meter}) {counted}: reading {sequence}, record {record}.")
            }
            Knowledge::Substituted => format!(
                "No reading of its {name} meter (metering point {meter}) had come in time, so an estimate stood in \
                 its place: that it {counted} (record {record})."
            ),
            Knowledge::Corrected if place > 0 => {
                format!("Later the meter said that it {counted}: reading {sequence}, record {record}.")
            }
            Knowledge::Corrected => format!(
                "Its {name} meter (metering point {meter}) reported late that it {counted}: reading {sequence}, \
                 record {record}."
            ),
        });
    }
    let Some(bill) = point.billed.iter().find(|billed| !billed.correction) else {
        if point.readings.is_empty() {
            sentences.push(format!("Its {name} metering point {meter} counted nothing."));
        }
        return sentences;
    };
    let billed = bill.counted();
    match bill.reading {
        None => sentences.push(format!(
            "Its {name} metering point {meter} has no meter: it stands for a share of what another one counts, and {}.",
            flow(billed)
        )),
        Some(known) if (known.import, known.export) != billed => sentences.push(format!(
            "Part of that belongs to other metering points behind the same meter; what is left is that it {}.",
            flow(billed)
        )),
        Some(_) => {}
    }
    sentences
}

/// What it had traded with neighbours, and why at that price.
fn trading(point: &Point, bill: Option<&Billed>, scene: &Scene, code: [u8; 3]) -> Vec<String> {
    let Some(rule) = scene.rules[point.carrier as usize] else { return Vec::new() };
    let mut sentences = Vec::new();
    let own = || {
        scene.orders.iter().filter(|placed| (placed.account, placed.meter) == (scene.account, point.meter))
    };
    let contracts = bill.map_or(&[][..], |bill| &bill.contracts);
    for contract in contracts {
        let energy = wh(contract.energy);
        let ordered = own().any(|placed| placed.fills.iter().any(|(record, _)| *record == contract.record));
        let (verb, whom) = if contract.side == Side::Buy { ("bought", "from") } else { ("sold", "to") };
        let price = price_of(contract, code);
        let record = contract.record;
        let turned = price::own_turns(scene.account, point.carrier, scene);
        let by_turning = turned.contains(&(contract.side, contract.energy, contract.money.0));
        sentences.push(match (ordered, by_turning, contract.side) {
            (true, ..) => format!(
                "Before delivery it had {verb} {energy} {whom} neighbours at {price} (record {record})."
            ),
            (_, true, Side::Buy) => format!(
                "Before delivery its conversion or storage had bought {energy} at {price} \
                 (record {record})."
            ),
            (_, true, Side::Sell) => format!(
                "Before delivery its conversion or storage had sold {energy} at {price} \
                 (record {record})."
            ),
            (.., Side::Buy) => {
                format!("Its part of what neighbours gave was {energy}, at {price} (record {record}).")
            }
            (.., Side::Sell) => {
                format!("Neighbours got {energy} of what it gave, at {price} (record {record}).")
            }
        });
        let why = price::reason(&rule, contract, point.carrier, scene, code);
        if !sentences.contains(&why) {
            sentences.push(why);
        }
    }
    for side in Side::ALL {
        // what is placed again each round is told once, as it stood at the last
        let last = own().filter(|placed| placed.id.side == side).map(|placed| placed.ended).max().flatten();
        let open = own().filter(|placed| placed.id.side == side && placed.ended == last && last.is_some());
        let open: Vec<_> = open.collect();
        let unfilled: Energy = open.iter().map(|placed| placed.energy - placed.filled(u64::MAX)).sum();
        let best = open.iter().map(|placed| placed.limit);
        if unfilled.0 <= 0 {
            continue;
        }
        let sentence = match side {
            Side::Buy => best.max().map(|limit| {
                format!(
                    "It wanted {} more, at up to {}, and found no seller.",
                    wh(unfilled),
                    per_kwh(limit, code)
                )
            }),
            Side::Sell => best.min().map(|limit| {
                format!(
                    "It offered {} more, from {} on, and found no buyer.",
                    wh(unfilled),
                    per_kwh(limit, code)
                )
            }),
        };
        sentences.extend(sentence);
    }
    if contracts.is_empty() && sentences.is_empty() {
        sentences.push("It traded nothing with neighbours.".into());
    }
    sentences
}

/// "24.33 ct/kWh, 1.09 ct in all".
fn price_of(contract: &Contract, code: [u8; 3]) -> String {
    let all = money(contract.money, code);
    match contract.price() {
        Some(price) => format!("{}, {all} in all", per_kwh(price, code)),
        None => {
            let mean = Price((contract.money.0 / i128::from(contract.energy.0.max(1))) as i64);
            format!("about {}, {all} in all", per_kwh(mean, code))
        }
    }
}

/// What the supplier gave or took beyond.
fn supply(bill: &Billed, code: [u8; 3]) -> Vec<String> {
    let of =
        |side| bill.items.iter().filter(move |item| (item.kind, item.side) == (PostingKind::Supply, side));
    let mut sentences = Vec::new();
    for item in of(Side::Buy) {
        let rest = if bill.energy(PostingKind::Trade, Side::Buy).0 > 0 { "The other " } else { "" };
        sentences.push(format!(
            "{rest}{} came from the supplier at {}: {}.",
            wh(item.energy),
            item_price(item, code),
            money(item.money, code)
        ));
    }
    for item in of(Side::Sell) {
        let rest = if bill.energy(PostingKind::Trade, Side::Sell).0 > 0 { "The other " } else { "" };
        sentences.push(format!(
            "{rest}{} went to the supplier at {}: {} received.",
            wh(item.energy),
            item_price(item, code),
            money(-item.money, code)
        ));
    }
    sentences
}

/// Contracts that the meter did not bear out.
fn deviation(bill: &Billed, scene: &Scene, code: [u8; 3]) -> Vec<String> {
    let mut sentences = Vec::new();
    for item in bill.items.iter().filter(|item| item.kind == PostingKind::Imbalance) {
        let by = match (item.with, scene.policy) {
            (AccountId::SUPPLIER, _) => "the supplier, at its tariff,",
            (_, ImbalancePolicy::ProRata { .. }) => {
                "the community, which shares what deviations cost it among those who caused it,"
            }
            _ => "the community, which has one price for all deviations of an interval,",
        };
        sentences.push(match item.side {
            Side::Sell => format!(
                "It took {} less than it had bought; {by} took them back at {}: {} received.",
                wh(item.energy),
                item_price(item, code),
                money(-item.money, code)
            ),
            Side::Buy => format!(
                "It gave {} less than it had sold; {by} gave them instead at {}: {}.",
                wh(item.energy),
                item_price(item, code),
                money(item.money, code)
            ),
        });
    }
    for item in bill.items.iter().filter(|item| item.kind == PostingKind::Penalty) {
        sentences.push(format!(
            "For {} of that it paid the community the agreed penalty of {}: {}.",
            wh(item.energy),
            item_price(item, code),
            money(item.money, code)
        ));
    }
    sentences
}

/// Fees, levies and value added tax by their rates, and whose rates these are.
fn fees(bill: &Billed, scene: &Scene, community: &Community) -> Vec<String> {
    let code = community.currency;
    let of = |kind: PostingKind, what: &str| {
        let items: Vec<&Item> = bill.items.iter().filter(|item| item.kind == kind).collect();
        let sum: Money = items.iter().map(|item| item.money).sum();
        let parts: Vec<String> = items
            .iter()
            .filter_map(|item| Some(format!("{} at {}", wh(item.energy), per_kwh(item.price?, code))))
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let by = if parts.is_empty() { String::new() } else { format!(" ({})", list(&parts)) };
        (!items.is_empty()).then(|| format!("{what} came to {}{by}.", money(sum, code)))
    };
    let tariff = scene.tariffs.get(&bill.meter);
    let vat = tariff.map_or(0, |(.., vat)| *vat);
    let vat =
        format!("Value added tax, {} % of what it paid,", decimal(vat.into(), 4, 2).trim_end_matches(".00"));
    let kinds = [
        (PostingKind::GridFee, "Grid fees"),
        (PostingKind::Levy, "Levies and taxes"),
        (PostingKind::Vat, vat.as_str()),
    ];
    let mut sentences: Vec<String> = kinds.into_iter().filter_map(|(kind, what)| of(kind, what)).collect();
    if let Some((id, from, _)) = tariff.filter(|_| !sentences.is_empty()) {
        let since = match *from {
            0 => String::new(),
            from => format!(", as it holds from {} on", local(from, community).date()),
        };
        sentences.push(format!("These are the rates of its tariff, number {}{since}.", id.0));
    }
    sentences.extend(of(PostingKind::Surplus, "What the market leaves over"));
    sentences
}

/// What a correction changed, and when.
fn corrected(correction: &Billed, community: &Community) -> String {
    let code = community.currency;
    let when = local(correction.posted, community);
    let why =
        if correction.replaces.is_some() { "by the new reading" } else { "since others’ readings changed" };
    let change = correction.total();
    let effect = match change.0 {
        0 => "nothing in the sum".to_owned(),
        1.. => format!("{} more to pay", money(change, code)),
        _ => format!("{} given back", money(-change, code)),
    };
    format!(
        "On {} at {} the bill was corrected {why}: {effect} (record {}).",
        when.date(),
        when.clock(),
        correction.record
    )
}

/// The verb and the amount for a sum: "paid" or "received".
fn paid(sum: Money) -> (&'static str, Money) {
    if sum.0 < 0 { ("received", -sum) } else { ("paid", sum) }
}

fn item_price(item: &Item, code: [u8; 3]) -> String {
    match item.price {
        Some(price) => per_kwh(price, code),
        None => {
            let mean = item.money.0.abs() / i128::from(item.energy.0.abs().max(1));
            format!("about {}", per_kwh(Price(mean as i64), code))
        }
    }
}

/// "took 323 Wh".
fn flow((import, export): (Energy, Energy)) -> String {
    match (import.0, export.0) {
        (0, 0) => "took nothing and gave nothing".into(),
        (_, 0) => format!("took {}", wh(import)),
        (0, _) => format!("gave {}", wh(export)),
        _ => format!("took {} and gave {}", wh(import), wh(export)),
    }
}

/// "323 Wh", or "12.345 kWh".
pub(super) fn wh(energy: Energy) -> String {
    if energy.0.unsigned_abs() < 10_000 {
        format!("{} Wh", whole(energy.0.into()))
    } else {
        format!("{} kWh", decimal(energy.0.into(), 3, 3))
    }
}

/// "24.33 ct/kWh", with as many places as the price has.
pub(super) fn per_kwh(price: Price, code: [u8; 3]) -> String {
    let digits = match price.0 {
        exact if exact % 100 == 0 => 2,
        exact if exact % 10 == 0 => 3,
        _ => 4,
    };
    format!("{} {}", decimal(price.0.into(), 4, digits), crate::report::text::price_unit(code))
}

/// Money below one unit of the currency in hundredths where those have a name, to a thousandth of a cent.
pub(super) fn money(amount: Money, code: [u8; 3]) -> String {
    let cents = match &code {
        b"EUR" => Some("ct"),
        b"GBP" => Some("p"),
        _ => None,
    };
    match cents {
        Some(cents) if amount.0.abs() < 1_000_000_000 => format!("{} {cents}", decimal(amount.0, 7, 3)),
        _ => format!("{} {}", decimal(amount.0, 9, 5), currency(code)),
    }
}

fn local(instant: u64, community: &Community) -> Civil {
    Civil::of(instant as i64 + i64::from(community.utc_offset))
}
