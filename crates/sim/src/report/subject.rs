//! What a report is about: who took part, on which terms, and what came out in the end.

use market::{AccountId, Carrier, Community, Energy, Law, MeterId, TariffId};

/// Everything that is known before the first interval.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The scenario, as given on the command line.
    pub scenario: String,
    /// The community's name: "Wattle village".
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The seed from which all luck descends.
    pub seed: u64,
    /// Start of the first delivery interval, Unix s.
    pub start: u64,
    /// How many delivery intervals.
    pub intervals: u64,
    /// The terms: markets, tariffs, length of an interval, authentication.
    pub community: Community,
    /// Who takes part.
    pub members: Vec<MemberInfo>,
    /// Carriers that cannot be traded, with the reason in a sentence.
    pub untraded: Vec<(Carrier, String)>,
    /// Whose data was used, one sentence each.
    pub attributions: Vec<String>,
}

/// One member, as the report names it.
#[derive(Clone, Debug)]
pub struct MemberInfo {
    /// Its name, unique in the community.
    pub name: String,
    /// What it is: "household", "bakery", "wind turbine".
    pub kind: String,
    /// Its account.
    pub account: AccountId,
    /// What it owns, in words: "PV 8 kW", "battery 10 kWh".
    pub devices: Vec<String>,
    /// Its uses of energy, at most one per carrier.
    pub points: Vec<PointInfo>,
    /// The metering point that stands for its share of another's electricity, counted with its own.
    pub share: Option<MeterId>,
}

/// One carrier of a member.
#[derive(Clone, Copy, Debug)]
pub struct PointInfo {
    /// Which carrier.
    pub carrier: Carrier,
    /// Its meter and the supplier's tariff; none where the member makes all it uses behind another meter, such as
    /// a home's own heat.
    pub meter: Option<(MeterId, TariffId)>,
    /// What its stores can hold, Wh, ≥ 0; cars do not count.
    pub storage: Energy,
}

/// Everything that is known only after the last interval.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The root of the final state.
    pub root: [u8; 32],
    /// Where the record is kept, in words: "central ledger, 12 345 commands".
    pub ledger: String,
    /// Laws that were checked, if any were.
    pub laws: Vec<LawCheck>,
    /// What posting took, where the ledger posts to a primary chain.
    pub chain: Option<super::DualChain>,
}

/// How often a law was checked, and with which result.
#[derive(Clone, Copy, Debug)]
pub struct LawCheck {
    /// Which.
    pub law: Law,
    /// How often.
    pub checked: u64,
    /// How often it did not hold.
    pub violations: u64,
}
