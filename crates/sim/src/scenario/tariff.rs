//! `[tariff.<name>]`: what the supplier charges and pays, and what grid and state add.

use super::problem::suggestion_for;
use super::reader::Section;
use super::series::SeriesFile;
use super::time::Span;
use super::validity::{self, Validity};
use crate::calendar::parse_clock;
use crate::data;
use market::{
    Carrier, DeliveryInterval, Fraction, Price, Prices, Tariff, TariffId, TariffKind, TariffVersion, Window,
};
use std::path::Path;

/// The community's tariffs in the order of the file, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tariffs {
    /// Names; the position is the [`TariffId`].
    pub names: Vec<String>,
    /// Which carrier each is for.
    pub carriers: Vec<Carrier>,
    /// Where the numbers of each come from, free text.
    pub sources: Vec<String>,
    /// What the community agrees on.
    pub terms: Vec<Tariff>,
    /// What is agreed on after the founding, in the order of tariffs and then of time.
    pub versions: Vec<(TariffId, TariffVersion)>,
    /// Dynamic prices, one per delivery interval of the scenario.
    pub published: Vec<(TariffId, Vec<Prices>)>,
}

impl Tariffs {
    /// The tariff of this name for a carrier, as field `field` of `section` asks for it.
    pub(crate) fn find(
        &self,
        section: &Section<'_>,
        field: &str,
        name: &str,
        carrier: Carrier,
    ) -> Option<TariffId> {
        let Some(index) = self.names.iter().position(|candidate| candidate == name) else {
            section.fault(field, format!("there is no tariff `{name}`"), suggestion_for(name, &self.names));
            return None;
        };
        if self.carriers[index] != carrier {
            let what = format!(
                "`{name}` is a tariff for {}, not for {}",
                self.carriers[index].name(),
                carrier.name()
            );
            section.fault(field, what, format!("write one whose `carrier` is \"{}\"", carrier.name()));
            return None;
        }
        Some(TariffId(index as u16))
    }

    /// The only tariff of a carrier, where there is only one.
    pub(crate) fn only(&self, carrier: Carrier) -> Option<TariffId> {
        let mut matching = (0..self.names.len()).filter(|index| self.carriers[*index] == carrier);
        let first = matching.next()?;
        matching.next().is_none().then_some(TariffId(first as u16))
    }

    /// Reads all of them.
    pub(crate) fn read(section: Option<&Section<'_>>, folder: &Path, span: Option<&Span>) -> Self {
        let mut tariffs = Self::default();
        for (name, section) in section.map(Section::entries).unwrap_or_default() {
            let carrier = section.choice("carrier", &super::market::CARRIERS);
            if !section.has("carrier") {
                section.fault(
                    "carrier",
                    "is missing",
                    "add `carrier = \"electricity\"`, \"heat\" or \"gas\"",
                );
            }
            let id = TariffId(tariffs.names.len() as u16);
            tariffs.sources.push(section.get_or("source", String::new()));
            let parts = section.sections("versions");
            let parts = if section.has("versions") { parts.iter().collect() } else { vec![&section] };
            if parts.is_empty() {
                section.fault("versions", "is empty", "add `{ valid_from = …, … }` with the prices");
            }
            let versions: Vec<_> = parts.iter().map(|part| Version::read(part, folder, span)).collect();
            let validities: Vec<_> =
                parts.iter().copied().zip(versions.iter().map(|version| version.validity)).collect();
            validity::check(name, &validities, span);
            if section.has("versions") {
                parts.iter().for_each(|part| part.finish());
            }
            section.finish();
            tariffs.names.push(name.to_owned());
            tariffs.carriers.push(carrier.unwrap_or(Carrier::Electricity));
            tariffs.add(id, versions, span);
        }
        tariffs
    }

    /// Takes the versions of a tariff, in order: the one in force at the start is what the community is founded on, and
    /// whatever else it holds, and later ones, are agreed on after.
    fn add(&mut self, id: TariffId, versions: Vec<Version>, span: Option<&Span>) {
        let (start, end) = span.map_or((0, u64::MAX), |span| (span.first.start, span.end()));
        let begins = |version: &Version| version.validity.from.unwrap_or(0);
        let first = versions.iter().rposition(|version| begins(version) <= start).unwrap_or(0);
        let mut published: Option<Vec<Prices>> = None;
        for (place, version) in versions.into_iter().enumerate().skip(first) {
            let from = begins(&version).max(start);
            let Version { terms, distance_fees, vat, prices, .. } = version;
            if place == first {
                self.terms.push(terms.clone());
            }
            if (place > first || distance_fees.is_some() || vat > 0) && from < end {
                self.versions.push((id, TariffVersion { from, tariff: terms, distance_fees, vat }));
            }
            if let (Some(prices), Some(span)) = (prices, span) {
                // Where another version holds, what is published is not asked for.
                let all = published.get_or_insert_with(|| prices.clone());
                let steps = ((from - start) / u64::from(span.first.duration)) as usize;
                let known = all.len().min(steps);
                all.truncate(known);
                all.extend(prices.into_iter().skip(known));
            }
        }
        if self.terms.len() < self.names.len() {
            self.terms.push(Version::default().terms);
        }
        self.published.extend(published.map(|prices| (id, prices)));
    }
}

/// One version of a tariff, as the file says it.
struct Version {
    validity: Validity,
    terms: Tariff,
    distance_fees: Option<[Price; 4]>,
    vat: u32,
    /// Dynamic prices, one per delivery interval of the scenario.
    prices: Option<Vec<Prices>>,
}

impl Default for Version {
    fn default() -> Self {
        let [grid_fee, peer_grid_fee, levy, peer_levy] = [Price::ZERO; 4];
        let kind = TariffKind::Flat(Prices::default());
        let terms = Tariff { kind, grid_fee, peer_grid_fee, levy, peer_levy };
        let validity = Validity { from: None, until: None };
        Self { validity, terms, distance_fees: None, vat: 0, prices: None }
    }
}

impl Version {
    fn read(section: &Section<'_>, folder: &Path, span: Option<&Span>) -> Self {
        let kind = section.choice("kind", &[("flat", 0), ("time_of_use", 1), ("dynamic", 2)]).unwrap_or(0);
        let mut dynamic = None;
        let kind = match kind {
            0 => prices(section).map(TariffKind::Flat),
            1 => windows(section).map(TariffKind::TimeOfUse),
            _ => {
                dynamic = published(section, folder, span);
                Some(TariffKind::Dynamic)
            }
        };
        let fee = |field: &'static str| section.has(field).then(|| not_negative(section, field)).flatten();
        let grid_fee = fee_or_zero(section, "grid_fee");
        let levy = fee_or_zero(section, "levy");
        let terms = Tariff {
            kind: kind.unwrap_or(TariffKind::Flat(Prices::default())),
            grid_fee,
            peer_grid_fee: fee("peer_grid_fee").unwrap_or(grid_fee),
            levy,
            peer_levy: fee("peer_levy").unwrap_or(levy),
        };
        Self {
            validity: Validity::read(section, span),
            terms,
            distance_fees: distance_fees(section),
            vat: section.get("vat").map_or(0, |vat: Fraction| vat.of(1_000_000) as u32),
            prices: dynamic,
        }
    }
}

/// `peer_grid_fees = { building = …, feeder = …, substation = …, elsewhere = … }`: what the grid operator takes for
/// energy from peers by how far away they are.
fn distance_fees(section: &Section<'_>) -> Option<[Price; 4]> {
    let table = section.section("peer_grid_fees")?;
    if section.has("peer_grid_fee") {
        section.fault("peer_grid_fee", "contradicts `peer_grid_fees`", "keep one of the two");
    }
    let fees = ["building", "feeder", "substation", "elsewhere"].map(|name| {
        let _: Option<Price> = table.need(name);
        not_negative(&table, name).unwrap_or_default()
    });
    table.finish();
    Some(fees)
}

fn fee_or_zero<'a>(section: &Section<'a>, field: &'a str) -> Price {
    not_negative(section, field).unwrap_or_default()
}

fn not_negative<'a>(section: &Section<'a>, field: &'a str) -> Option<Price> {
    let price = section.get(field);
    section.within(
        field,
        price,
        Price(0)..=market::MAX_PRICE,
        "is negative",
        "write a fee of at least 0 ct/kWh",
    )
}

fn prices(section: &Section<'_>) -> Option<Prices> {
    let import = section.need("import");
    let export = section.get_or("export", Price(0));
    if import.is_some_and(|import| export > import) {
        let what = "is above the import price, so buying and selling at once would earn money";
        section.fault("export", what, "write an export price of at most the import price");
    }
    Some(Prices { import: import?, export })
}

fn windows(section: &Section<'_>) -> Option<Vec<Window>> {
    if !section.has("windows") {
        section.fault("windows", "is missing", "add `windows = [{ days = \"Mon-Sun\", from = \"00:00\", until = \"24:00\", import = …, export = … }]`");
        return None;
    }
    let mut windows = Vec::new();
    let mut complete = true;
    for entry in section.sections("windows") {
        let days = days(&entry);
        let clock = |field: &'static str| {
            let text: String = entry.need(field)?;
            let seconds = parse_clock(&text);
            if seconds.is_none() {
                entry.fault(
                    field,
                    format!("`{text}` is not a time of day"),
                    "write hours and minutes such as \"06:00\"",
                );
            }
            seconds
        };
        let (from, until) = (clock("from"), clock("until"));
        let prices = prices(&entry);
        entry.finish();
        match (days, from, until, prices) {
            (Some(days), Some(from), Some(until), Some(prices)) if from < until => {
                windows.push(Window { days, from, until, prices });
            }
            (_, Some(from), Some(until), _) if from >= until => {
                complete = false;
                entry.fault("until", "is not after `from`", "split a window that passes midnight in two");
            }
            _ => complete = false,
        }
    }
    if complete {
        covers_the_week(section, &windows);
    }
    complete.then_some(windows)
}

fn covers_the_week(section: &Section<'_>, windows: &[Window]) {
    for (day, name) in DAYS.iter().enumerate() {
        let mut spans: Vec<_> =
            windows.iter().filter(|w| w.days >> day & 1 == 1).map(|w| (w.from, w.until)).collect();
        spans.sort_unstable();
        let mut reached = 0;
        for (from, until) in spans.iter().copied().chain([(86_400, 86_400)]) {
            let clock = |s: u32| format!("{name} {:02}:{:02}", s / 3600, s / 60 % 60);
            if from > reached {
                let what =
                    format!("nothing covers {} to {:02}:{:02}", clock(reached), from / 3600, from / 60 % 60);
                section.fault("windows", what, "let the windows cover the whole week");
            } else if from < reached {
                section.fault(
                    "windows",
                    format!("two windows cover {}", clock(from)),
                    "let each instant have one price",
                );
            }
            reached = reached.max(until);
        }
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `Mon-Fri`, `Sat,Sun` or `Mon`; every day where left out.
fn days(section: &Section<'_>) -> Option<u8> {
    let Some(text) = section.get::<String>("days") else { return (!section.has("days")).then_some(0x7f) };
    let day = |name: &str| DAYS.iter().position(|day| *day == name.trim());
    let mut mask = 0;
    for part in text.split(',') {
        let (from, until) = part.split_once('-').unwrap_or((part, part));
        match (day(from), day(until)) {
            (Some(from), Some(until)) if from <= until => (from..=until).for_each(|day| mask |= 1 << day),
            _ => {
                section.fault(
                    "days",
                    format!("`{text}` is not a list of days"),
                    "write such as \"Mon-Fri\" or \"Sat,Sun\"",
                );
                return None;
            }
        }
    }
    Some(mask)
}

fn published(section: &Section<'_>, folder: &Path, span: Option<&Span>) -> Option<Vec<Prices>> {
    let shipped = section.choice("shipped", &[("de_lu", ())]).is_some();
    let file: Option<String> = if shipped { None } else { section.need("file") };
    let column: Option<String> = section.get("column");
    let unit = section
        .choice("unit", &[("€/MWh", 1_000), ("EUR/MWh", 1_000), ("ct/kWh", 10_000), ("€/kWh", 1_000_000)])
        .unwrap_or(1_000);
    let margin = section.get_or("import_margin", Price(0));
    let export = section.get::<Price>("export");
    let export_margin = section.get_or("export_margin", Price(0));
    let offered = |spot| {
        let import = spot + margin;
        Prices { import, export: export.unwrap_or(spot - export_margin).min(import) }
    };
    if shipped {
        let span = span?;
        // Hundredths of €/MWh are 10 n€/Wh.
        let spot = |step| Price(10 * data::day_ahead(span.first.later(step).start, span.offset));
        return Some((0..span.intervals()).map(|step| offered(spot(step))).collect());
    }
    let path = folder.join(file?);
    let on_error = |what, remedy| section.fault("file", what, remedy);
    let series = SeriesFile::read(section.source, &path, column.as_deref(), &on_error)?;
    let span = span?;
    let mut prices = Vec::new();
    for step in 0..span.intervals() {
        let interval: DeliveryInterval = span.first.later(step);
        let Some(spot) = series.at(interval.start, unit) else {
            let covered = format!(
                "`{}` covers {} to {}, the scenario {} to {}",
                path.display(),
                crate::calendar::format_instant(series.start, span.offset),
                crate::calendar::format_instant(series.end(), span.offset),
                crate::calendar::format_instant(span.first.start, span.offset),
                crate::calendar::format_instant(span.end(), span.offset),
            );
            section.fault("file", covered, "take prices that cover the whole scenario");
            return None;
        };
        prices.push(offered(Price(spot)));
    }
    Some(prices)
}
