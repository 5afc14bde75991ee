//! How a member is metered: its register, the meter that it is behind, and its share of what another counts.

use super::member::{Context, Member};
use super::problem::suggestion_for;
use super::reader::Section;
use market::{Carrier, Fraction, PPM};

/// How a member's metering points are metered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metering {
    /// Its meters are cumulative and begin again after so many digits of kWh; else they report each interval.
    pub digits: Option<u32>,
    /// The member whose electricity meter counts this one's electricity too.
    pub behind: Option<String>,
    /// The member of whose metered electricity it has a share, and how much, parts per million.
    pub share: Option<(String, u32)>,
}

impl Metering {
    /// `register`, `digits`, `behind`, `share_of` and `share`.
    pub(super) fn read(section: &Section<'_>) -> Self {
        let cumulative =
            section.choice("register", &[("interval", false), ("cumulative", true)]).unwrap_or(false);
        let digits: Option<u64> = section.get("digits");
        let digits = section
            .within("digits", digits, 3..=12, "is not between 3 and 12", "choose such as 6")
            .unwrap_or(6);
        if section.has("digits") && !cumulative {
            section.fault("digits", "belongs to a cumulative register", "add `register = \"cumulative\"`");
        }
        let source: Option<String> = section.get("share_of");
        let share: Option<Fraction> = section.get("share");
        if source.is_some() != share.is_some() {
            let (missing, there) =
                if source.is_some() { ("share", "share_of") } else { ("share_of", "share") };
            if !section.has(missing) {
                section.fault(missing, format!("is missing beside `{there}`"), "write both or neither");
            }
        }
        Self {
            digits: cumulative.then_some(digits as u32),
            behind: section.get("behind"),
            share: source.zip(share).map(|(source, share)| (source, share.of(i64::from(PPM)) as u32)),
        }
    }
}

/// Checks that members are behind, and share in, what there is.
pub(super) fn check(root: &Section<'_>, context: &Context<'_>, members: &[Member]) {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let at = |name: &str| members.iter().position(|member| member.name == name);
    let connected = |member: &Member| member.connections[Carrier::Electricity as usize].is_some();
    for section in root.sections("member").iter().chain(&root.sections("group")) {
        let Some(own) = section.get::<String>("name") else { continue };
        let own = at(&own).or_else(|| at(&format!("{own} 1")));
        for field in ["behind", "share_of"] {
            let Some(other) = section.get::<String>(field) else { continue };
            let Some(place) = at(&other) else {
                let what = format!("there is no member `{other}`");
                section.fault(field, what, suggestion_for(&other, &names[..names.len().min(40)]));
                continue;
            };
            if Some(place) == own {
                section.fault(field, "is the member itself", "name another member");
            } else if !connected(&members[place]) || own.is_some_and(|own| !connected(&members[own])) {
                let what = format!("one of the two has no electricity meter: this member or `{other}`");
                section.fault(field, what, "name a member with electric devices, and give this one some");
            }
        }
        let Some(own) = own else { continue };
        let mut front = members[own].metering.behind.as_deref().and_then(at).filter(|front| *front != own);
        for _ in 0..members.len() {
            front = front.and_then(|front| members[front].metering.behind.as_deref().and_then(at));
            if front == Some(own) {
                let what = "is a circle: the member would be behind itself";
                section.fault("behind", what, "let one of them be connected to the grid");
                break;
            }
        }
        shared(section, context, members, own);
    }
}

/// Checks what others have of this member's electricity.
fn shared(section: &Section<'_>, context: &Context<'_>, members: &[Member], own: usize) {
    let parts = members.iter().filter_map(|member| member.metering.share.as_ref());
    let parts: u64 =
        parts.filter(|(source, _)| *source == members[own].name).map(|(_, part)| u64::from(*part)).sum();
    if parts > u64::from(PPM) {
        let what = format!("others have {} % of what it counts", parts * 100 / u64::from(PPM));
        section.fault("name", what, "let the shares of its members sum to at most 100 %");
    }
    let electricity = Carrier::Electricity;
    let market = context.markets.iter().find(|terms| terms.market.carrier == electricity);
    let sells = members[own].connections[electricity as usize].is_some_and(|connection| connection.sells);
    if parts > 0 && sells && market.is_some_and(|terms| terms.market.rule.takes_orders()) {
        let what = "offers on the market what belongs to those who share it";
        section.fault("name", what, "leave it out of `market.electricity.sellers`");
    }
}
