//! What the numbers of a comparison mean, in one plain paragraph; and each lie in words.

use super::ComparisonSubject;
use crate::compare::{Comparison, Manipulation, Played};
use crate::report::text::{self, Civil};
use clearing::manipulation::{Lie, Trick};
use market::{Energy, Money, Side};

/// The paragraph, without markup.
#[must_use]
pub fn words(comparison: &Comparison, currency: [u8; 3]) -> String {
    let money = |amount: Money| text::money(amount, currency);
    let designs = &comparison.designs;
    let Some(first) = designs.first() else {
        return "No design could be played, so there is nothing to compare.".into();
    };
    let at_tariff = first.measured.at_tariff();
    let count = comparison.community.members.len();
    let mut text = if at_tariff.0 >= 0 {
        format!("With the supplier alone these {count} members would pay {}.", money(at_tariff))
    } else {
        format!("With the supplier alone these {count} members would earn {}.", money(-at_tariff))
    };
    text += &savings(designs, &money);
    text += &fairness(designs);
    text += &losers(comparison, &money);
    text += &budgets(designs, &money);
    text += &lies(comparison, &money);
    let without = comparison.community.without_market();
    text + &format!(
        " All designs are measured on the same orders and meter readings; had there been no market at all, devices would \
         have run otherwise and the bill would be {}.",
        money(without)
    )
}

/// Designs of the largest (or smallest) of something, by name; at most three are named.
fn named(designs: &[&Played]) -> String {
    let names: Vec<String> = designs.iter().take(3).map(|played| played.design.title()).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let more = format!("{} more", designs.len().saturating_sub(3));
    if designs.len() > 3 {
        names.push(&more);
    }
    text::list(&names)
}

/// All designs whose value is the largest.
fn best<T: Ord>(designs: &[Played], value: impl Fn(&Played) -> T) -> Vec<&Played> {
    let most = designs.iter().map(&value).max();
    designs.iter().filter(|played| Some(value(played)) == most).collect()
}

fn savings(designs: &[Played], money: &impl Fn(Money) -> String) -> String {
    // Whoever pays out more than it takes in can make any saving look large.
    let sound: Vec<Played> =
        designs.iter().filter(|played| played.measured.surplus.0 >= 0).cloned().collect();
    let (all_sound, pool) = match sound.is_empty() {
        true => (true, designs),
        false => (sound.len() == designs.len(), &sound[..]),
    };
    let most = best(pool, |played| played.measured.saved());
    let least = best(pool, |played| -played.measured.saved().0);
    let verb = |amount: Money| if amount.0 < 0 { "costs them" } else { "saves them" };
    let (high, low) = (most[0].measured.saved(), least[0].measured.saved());
    if high == low {
        return format!(
            " Trading with each other {} {} under {}.",
            verb(high),
            money(high.abs()),
            named(&most)
        );
    }
    let among = if all_sound { "" } else { ", the most of all designs that pay for themselves," };
    format!(
        " Trading with each other {} {} under {}{among} and {} {} under {}.",
        verb(high),
        money(high.abs()),
        named(&most),
        if low.0 < 0 { "costs them" } else { "only" },
        money(low.abs()),
        named(&least)
    )
}

fn fairness(designs: &[Played]) -> String {
    let shared: Vec<Played> =
        designs.iter().filter(|played| played.measured.jain().is_some()).cloned().collect();
    if shared.len() < 2 {
        return String::new();
    }
    let (even, uneven) = (
        best(&shared, |played| played.measured.jain()),
        best(&shared, |played| played.measured.jain().map(|index| -index)),
    );
    format!(
        " The saving is spread most evenly under {} and least evenly under {}.",
        named(&even),
        named(&uneven)
    )
}

fn losers(comparison: &Comparison, money: &impl Fn(Money) -> String) -> String {
    let designs = &comparison.designs;
    let harmless = designs.iter().filter(|played| played.measured.worse_off() == 0).count();
    if harmless == designs.len() {
        return " Nobody pays more than with the supplier under any of them.".into();
    }
    let loss = |played: &Played| played.measured.worst().map(|(member, saved)| (-saved.0, member));
    let Some((worst, (lost, member))) =
        best(designs, loss).first().and_then(|played| Some((*played, loss(played)?)))
    else {
        return String::new();
    };
    let spared = match harmless {
        0 => "Under every design somebody pays more than with the supplier".to_owned(),
        1 => "Only under one design nobody pays more than with the supplier".to_owned(),
        count => {
            format!("Under {count} of the {} designs nobody pays more than with the supplier", designs.len())
        }
    };
    let name = &comparison.community.members[member];
    let (design, lost) = (worst.design.title(), money(Money(lost)));
    format!(" {spared}; the largest loss is that of {name} under {design}, {lost}.")
}

fn budgets(designs: &[Played], money: &impl Fn(Money) -> String) -> String {
    let told = |played: &&Played| played.measured.surplus.0 != 0;
    let item = |played: &Played| {
        let (name, surplus) = (played.design.title(), played.measured.surplus);
        match surplus.0 < 0 {
            true => format!("{name} pays out {} more than it takes in", money(-surplus)),
            false => format!("{name} keeps {} for the community", money(surplus)),
        }
    };
    let items: Vec<String> = designs.iter().filter(told).map(item).collect();
    match items.as_slice() {
        [] => " What buyers pay is what sellers receive under all of them.".into(),
        items => {
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            format!(" What buyers pay is what sellers receive, except that {}.", text::list(&items))
        }
    }
}

fn lies(comparison: &Comparison, money: &impl Fn(Money) -> String) -> String {
    let searched: Vec<&Played> = comparison.designs.iter().filter(|played| played.searched).collect();
    if searched.is_empty() {
        return String::new();
    }
    let most =
        |played: &Played| played.manipulation.iter().map(|found| found.gain.money).max().unwrap_or_default();
    let Some(worst) = searched.iter().max_by_key(|played| most(played)) else { return String::new() };
    let proof: Vec<&Played> = searched.iter().copied().filter(|played| most(played) == Money::ZERO).collect();
    let safe = if proof.is_empty() {
        String::new()
    } else {
        format!("; under {} no lie that was tried won anything", named(&proof))
    };
    if most(worst) == Money::ZERO {
        return " Whatever lie was tried, none won anything.".into();
    }
    format!(
        " The most that one member could win with one lie in one interval was {} under {}{safe}.",
        money(most(worst)),
        worst.design.title()
    )
}

/// A lie in words: who says what, when.
#[must_use]
pub fn lie(found: &Manipulation, comparison: &Comparison, subject: &ComparisonSubject) -> String {
    let when = Civil::of(found.interval.start.cast_signed() + subject.utc_offset);
    let name = &comparison.community.members[found.member];
    let carrier = found.carrier.name();
    format!("{name}, {carrier}, {} {}: {}", when.date(), when.clock(), told(found, subject.currency))
}

fn told(found: &Manipulation, currency: [u8; 3]) -> String {
    let price = |price| text::price(price, currency);
    let does = |side: Side| if side == Side::Buy { "buy" } else { "sell" };
    match found.gain.lie {
        Lie::Price { side, limit } => format!("would {} only at {}", does(side), price(limit)),
        Lie::Energy { side, told, truth } if told == Energy::ZERO => {
            format!("does not {} its {}", does(side), text::energy(truth))
        }
        Lie::Energy { side, told, truth } => {
            format!("{}s {} instead of {}", does(side), text::energy(told), text::energy(truth))
        }
        Lie::Split { names, limit: None, .. } => format!("comes under {names} names"),
        Lie::Split { side, limit: Some(limit), .. } => {
            format!("comes under two names, one of which would {} at {}", does(side), price(limit))
        }
        Lie::Extra { side, energy, limit } => {
            let own = match (found.gain.trick, side) {
                (Trick::Wash, Side::Buy) => ", from itself",
                (Trick::Wash, Side::Sell) => ", to itself",
                _ => "",
            };
            let (does, energy, price) = (does(side), text::energy(energy), price(limit));
            format!("would also {does} {energy} at {price} under another name{own}")
        }
        Lie::Wash { energy, limit: Some(limit) } => {
            format!("would sell itself {} at {} under two more names", text::energy(energy), price(limit))
        }
        Lie::Wash { energy, limit: None } => {
            format!("would sell itself {} at any price under two more names", text::energy(energy))
        }
        Lie::Circle { energy } => {
            format!("takes {} at one meter and gives them at another", text::energy(energy))
        }
    }
}
