//! Electric cars.

use super::{Make, Owner, Place, at, capacity, made, part, power};
use crate::data::year;
use crate::scenario::quantity::Power;
use crate::scenario::reader::Section;
use agents::device::{Car, CarDescription, Session};
use agents::{Device, Series};
use market::{Fraction, Price};

/// When a car is at home, and what it drives in between.
enum Habit {
    /// Read off a shipped series of charging demand.
    Profile(&'static str),
    /// The same every day, a quarter of an hour more or less: arrival and departure in seconds since midnight, Wh driven.
    Daily(i64, i64, i64),
}

pub(super) fn car(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let profiles = [("commuter", ("ev_tesla_home_w", 75_000)), ("compact", ("ev_eup_home_w", 18_700))];
    let daily = ["arrival", "departure", "driven"].iter().any(|field| section.has(field));
    if !section.has("profile") && !daily {
        let remedy = "add `profile = \"commuter\"` or \"compact\", or `arrival`, `departure` and `driven`";
        section.fault("profile", "is missing", remedy);
    } else if section.has("profile") && daily {
        section.fault("profile", "says when the car is at home, and so do its times", "keep one of them");
    }
    let profile = section.choice("profile", &profiles);
    let habit = if daily {
        let times = (time(section, "arrival"), time(section, "departure"), capacity(section, "driven"));
        times.0.zip(times.1).zip(times.2).map(|((home, away), driven)| Habit::Daily(home, away, driven))
    } else {
        profile.map(|(series, _)| Habit::Profile(series))
    };
    let own = if section.has("capacity") || daily { Some(capacity(section, "capacity")) } else { None };
    let power_w = power(section, "power");
    let charge_w = power_w.unwrap_or(1);
    let target: Option<Fraction> = section.get("departure_charge");
    let is = CarDescription {
        capacity_wh: own.flatten().or(profile.map(|(_, usual)| usual)).unwrap_or(1),
        charge_w,
        minimum_w: section.get_or("minimum_power", Power(1_380.min(charge_w))).0,
        discharge_w: section.get_or("discharge_power", Power(0)).0,
        charge_efficiency: part(section, "charge_efficiency", 0.9),
        discharge_efficiency: part(section, "discharge_efficiency", 0.9),
        initial_charge: part(section, "initial_charge", 1.0),
        degradation_cost: section.get_or("degradation_cost", Price(0)).0,
    };
    let (habit, _) = habit.zip(power_w)?;
    if own == Some(None) {
        return None;
    }
    Some(Box::new(move |owner| {
        let required = target.map_or(is.capacity_wh, |part| part.of(is.capacity_wh));
        let mut sessions = match habit {
            Habit::Profile(series) => from_profile(owner, series, &is),
            Habit::Daily(arrival, departure, driven) => {
                let duration = i64::from(owner.member.duration);
                // steps count from the run's first midnight
                let (steps, per_day) = (owner.weather.steps.clone(), 86_400 / duration);
                let times = (arrival / duration, departure / duration, (900 / duration).max(1));
                Session::daily(steps, per_day, times, (driven, required), &mut owner.luck("car"))
            }
        };
        for session in &mut sessions {
            session.driven = session.driven.min(is.capacity_wh);
            session.required = required;
        }
        let device = Car::new(is, sessions.into(), owner.member.duration)?;
        // A target that somebody wrote must be possible; by default it is as full as it gets.
        if target.is_some() {
            device.keeps_its_targets()?;
        }
        let most = owner.energy(is.charge_w);
        let back = owner.energy(is.discharge_w);
        Ok(made(Device::Car(device), [most, 0, 0], [back, 0, 0])?.called(
            "electric car",
            is.capacity_wh,
            "kWh",
        ))
    }))
}

/// The stays behind a shipped series of charging demand.
fn from_profile(owner: &Owner<'_>, series: &str, is: &CarDescription) -> Vec<Session> {
    let duration = owner.member.duration;
    let steps = owner.weather.steps.clone();
    // another week of the year and some quarter hours earlier or later, the same for all of a member's days
    let mut luck = owner.luck("car");
    let (weeks, quarters) =
        if owner.member.mixed { (luck.between(-4, 4), luck.between(-4, 4)) } else { (0, 0) };
    let local = owner.member.local(0) + weeks * 7 * 86_400 + quarters * 900;
    let source = year().synpro(series).unwrap_or(&[]);
    let demand = steps.clone().map(|step| {
        let second = local + step * i64::from(duration);
        let count = (i64::from(duration) / 900).max(1);
        let sum: i64 = (0..count).map(|quarter| i64::from(at(source, second + 900 * quarter))).sum();
        (sum / count * i64::from(duration) / 3600) as i32
    });
    let demand = Series::new(demand.collect(), steps.start);
    let hours = |hours: i64| (hours * 3600 / i64::from(duration)).max(1);
    let pauses = (hours(1), hours(12), hours(1));
    Session::from_charging(&demand, is.capacity_wh, is.charge_efficiency, pauses)
}

/// A time of day, s since midnight.
fn time<'a>(section: &Section<'a>, name: &'a str) -> Option<i64> {
    let text: String = section.need(name)?;
    let parsed = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
        ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 3_600 + minutes * 60)
    });
    if parsed.is_none() {
        section.fault(
            name,
            format!("`{text}` is not a time of day"),
            "write hours and minutes, such as \"18:30\"",
        );
    }
    parsed
}
