//! Demand: profiles, series from files, appliances.

use super::{Make, Place, capacity, made};
use crate::calendar::parse_clock;
use crate::data::{self, Profile};
use crate::scenario::market::CARRIERS;
use crate::scenario::problem::suggestion_for;
use crate::scenario::quantity::Seconds;
use crate::scenario::reader::Section;
use crate::scenario::series::SeriesFile;
use agents::device::{Appliance, Load, Request};
use agents::{Device, Series};
use market::{Carrier, Energy};

pub(super) fn load(section: &Section<'_>, place: &Place<'_>) -> Option<Make> {
    let mixed = section.get_or("mixed", true);
    if section.has("file") {
        return load_from_file(section, place);
    }
    let name: Option<String> = section.need("profile");
    let own = if section.has("annual") { Some(capacity(section, "annual")) } else { None };
    let name = name?;
    let names = Profile::NAMES.map(|(name, _)| name);
    let Some((_, profile)) = Profile::NAMES.into_iter().find(|(candidate, _)| *candidate == name) else {
        section.fault("profile", format!("there is no profile `{name}`"), suggestion_for(&name, &names));
        return None;
    };
    let annual = match (own, profile) {
        (Some(annual), _) => annual?,
        (None, Profile::Standard(_)) => section.need::<Energy>("annual")?.0,
        (None, _) => profile.annual(),
    };
    let carrier = if profile.is_heat() { Carrier::Heat } else { Carrier::Electricity };
    Some(Box::new(move |owner| {
        let member = data::Member { mixed: owner.member.mixed && mixed, ..owner.member };
        let demand = profile.demand(&member, owner.weather.steps.clone(), owner.scaled(annual));
        let most = demand.iter().copied().max().unwrap_or(0);
        let mut takes = [0; 3];
        takes[carrier as usize] = i64::from(most);
        made(
            Device::Load(Load::new(carrier, Series::new(demand.into(), owner.weather.steps.start))?),
            takes,
            [0; 3],
        )
    }))
}

fn load_from_file(section: &Section<'_>, place: &Place<'_>) -> Option<Make> {
    let file: Option<String> = section.need("file");
    let column: Option<String> = section.get("column");
    let carrier = section.choice("carrier", &CARRIERS).unwrap_or(Carrier::Electricity);
    // milliwatts per unit, or milliwatt-hours per row
    let units = [
        ("W", (1_000, false)),
        ("kW", (1_000_000, false)),
        ("Wh", (1_000, true)),
        ("kWh", (1_000_000, true)),
    ];
    if !section.has("unit") {
        section.fault(
            "unit",
            "is missing",
            "say whether the numbers are \"W\", \"kW\", \"Wh\" or \"kWh\" (energy per row)",
        );
    }
    let unit = section.choice("unit", &units);
    let path = place.folder.join(file?);
    let on_error = |what, remedy| section.fault("file", what, remedy);
    let series = SeriesFile::read(section.source, &path, column.as_deref(), &on_error)?;
    let (span, (factor, per_row)) = (place.span?, unit?);
    if series.start > span.first.start || series.end() < span.end() {
        let clock = |unix| crate::calendar::format_instant(unix, span.offset);
        let what = format!(
            "`{}` covers {} to {}, the scenario {} to {}",
            path.display(),
            clock(series.start),
            clock(series.end()),
            clock(span.first.start),
            clock(span.end())
        );
        section.fault("file", what, "take a series that covers the whole scenario");
        return None;
    }
    let duration = u64::from(span.first.duration);
    if series.step % duration != 0 && duration % series.step != 0 {
        let what =
            format!("its rows are {} s apart, which does not fit intervals of {duration} s", series.step);
        section.fault("file", what, "resample the file");
        return None;
    }
    let step = series.step.min(duration);
    let energy = move |start: u64| -> Option<i64> {
        // power (or a row's energy as power) summed over the parts of the interval
        let mut milliwatt_seconds = 0_i128;
        for second in (start..start + duration).step_by(step as usize) {
            let value = i128::from(series.at(second, factor)?);
            milliwatt_seconds += if per_row {
                value * 3600 * i128::from(step) / i128::from(series.step)
            } else {
                value * i128::from(step)
            };
        }
        i64::try_from(milliwatt_seconds / 3_600_000).ok()
    };
    Some(Box::new(move |owner| {
        let start = owner.member.start as i64;
        let unix = |step: i64| start + step * i64::from(owner.member.duration);
        let steps = owner.weather.steps.clone();
        let inside = |step: &i64| u64::try_from(unix(*step)).ok().and_then(&energy).is_some();
        let first = steps.clone().find(inside).unwrap_or(0);
        // beyond the file's end, which only plans look at, the last day is repeated
        let per_day = 86_400 / i64::from(owner.member.duration);
        let mut demand: Vec<i32> = Vec::new();
        for step in first..steps.end {
            let value = match u64::try_from(unix(step)).ok().and_then(&energy) {
                Some(value) => owner.scaled(value) as i32,
                None => demand[demand.len() - per_day.min(demand.len() as i64) as usize],
            };
            demand.push(value);
        }
        let mut takes = [0; 3];
        takes[carrier as usize] = demand.iter().copied().max().map_or(0, i64::from);
        made(Device::Load(Load::new(carrier, Series::new(demand.into(), first))?), takes, [0; 3])
    }))
}

pub(super) fn appliance(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let energy = capacity(section, "energy");
    let duration: Option<Seconds> = section.need("duration");
    let runs = section.get_or("runs_per_week", 4_u64);
    let clock = |name: &'static str, default: &str| {
        let text = section.get_or(name, default.to_owned());
        let seconds = parse_clock(&text);
        if seconds.is_none() {
            section.fault(
                name,
                format!("`{text}` is not a time of day"),
                "write hours and minutes such as \"18:00\"",
            );
        }
        seconds.map(i64::from)
    };
    let (from, window) = (clock("from", "18:00"), section.get_or("window", Seconds(8 * 3600)));
    let (energy, duration, from) = (energy?, duration?, from?);
    if window.0 + duration.0 > 23 * 3600 {
        section.fault(
            "window",
            "is too long for a run every day",
            "keep window and duration below 23 h together",
        );
        return None;
    }
    if runs == 0 || runs > 7 {
        section.fault("runs_per_week", "is not between 1 and 7", "choose how often it runs, such as 4");
        return None;
    }
    Some(Box::new(move |owner| {
        let step = i64::from(owner.member.duration);
        // an even run whose parts sum to the energy exactly; one that does not fill its last step is stretched to
        let length = (duration.0.max(1) as u64).div_ceil(step as u64) as i64;
        let profile: Vec<i64> =
            (0..length).map(|i| energy * (i + 1) / length - energy * i / length).collect();
        let per_day = 86_400 / step;
        let steps = owner.weather.steps.clone();
        let mut luck = owner.luck("appliance");
        let mut requests = Vec::new();
        for day in steps.start.div_euclid(per_day)..steps.end.div_euclid(per_day) {
            if luck.between(1, 7) <= runs as i64 {
                let requested = day * per_day + from / step + luck.between(0, 3600 / step);
                requests.push(Request { requested, latest: requested + window.0 / step });
            }
        }
        let most = profile.iter().copied().max().unwrap_or(0);
        made(Device::Appliance(Appliance::new(profile.into(), requests.into())?), [most, 0, 0], [0; 3])
    }))
}
