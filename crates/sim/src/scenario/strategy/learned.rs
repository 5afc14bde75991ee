//! `learned:FILE`: strategies that are made elsewhere. This crate knows neither their files nor how to make them; whoever
//! loads a scenario does, and what is wrong is reported where the scenario names them.

use super::{Maker, Strategy};
use crate::scenario::member::{Context, machines};
use crate::scenario::problem::suggestion_for;
use crate::scenario::reader::Section;
use agents::Device;
use agents::strategy::NAMES;
use std::path::{Path, PathBuf};

/// A learned strategy that a member is to have.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who.
    pub member: &'a str,
    /// The policy's file.
    pub file: &'a Path,
    /// Weights of cost, peak and delay, ≥ 0, that sum to 1; none where nobody says.
    pub preference: Option<[f64; 3]>,
    /// Runs of the member's machines, Wh per interval; not empty.
    pub machines: Vec<&'a [i64]>,
    /// Length of a delivery interval, s.
    pub interval: u32,
    /// Standard time less UTC, s.
    pub offset: i32,
}

/// Makes such strategies, or says what is wrong and what to do.
pub type Learned<'a> = &'a dyn Fn(&Asked<'_>) -> Result<Maker, (String, String)>;

/// Makes none.
pub(crate) fn none(_: &Asked<'_>) -> Result<Maker, (String, String)> {
    Err(("learned strategies cannot be played here".into(), suggestion_for("", &NAMES)))
}

/// How a member bids as the file says it: a learned strategy is made when the machines are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(super) strategy: Strategy,
    policy: Option<Policy>,
}

#[derive(Clone, Debug)]
struct Policy {
    file: PathBuf,
    preference: Option<[f64; 3]>,
    /// Where the file names it.
    place: (usize, String),
    /// Whether the member does itself, and not its community.
    own: bool,
}

impl Named {
    /// What a section says; the rest stays.
    pub(super) fn read<'a>(mut self, section: &Section<'a>, field: &'a str, folder: &Path) -> Self {
        if let Some(name) = section.get::<String>(field) {
            let known = NAMES.into_iter().find(|known| *known == name);
            if let Some(file) = name.strip_prefix("learned:") {
                let (place, own) = (section.place_of(field), field == "strategy");
                self.policy = Some(Policy { file: folder.join(file), preference: None, place, own });
            } else if let Some(name) = known {
                self = Self { strategy: Strategy { name, maker: None, ..self.strategy }, policy: None };
            } else {
                let what = format!("there is no strategy `{name}`");
                section.fault(field, what, suggestion_for(&name, &NAMES));
            }
        }
        if let Some(preference) = section.get::<[f64; 3]>("preference") {
            match &mut self.policy {
                Some(policy) => policy.preference = Some(preference),
                None => {
                    let remedy = format!("write `{field} = \"learned:FILE\"`, or leave it out");
                    section.fault("preference", "only learned strategies have a preference", remedy);
                }
            }
        }
        self
    }

    /// The strategy of a member with these devices; who has no machines goes by the default.
    pub(crate) fn make(
        &self,
        section: &Section<'_>,
        context: &Context<'_>,
        member: &str,
        devices: &[Device],
    ) -> Strategy {
        let strategy = self.strategy.clone();
        let (Some(policy), Some(span)) = (&self.policy, context.place.span) else { return strategy };
        let machines = machines(devices);
        let fault = |(what, remedy): (String, String)| {
            section.source.fault(policy.place.0, &policy.place.1, what, remedy);
        };
        if machines.is_empty() {
            if policy.own && !section.has("count") {
                let remedy = "give it devices of kind \"appliance\", or another strategy";
                fault(("it has no machines that can wait".into(), remedy.into()));
            }
            return strategy;
        }
        let asked = Asked {
            member,
            file: &policy.file,
            preference: policy.preference,
            machines,
            interval: span.first.duration,
            offset: span.offset,
        };
        let made = (context.learned)(&asked).map_err(fault);
        Strategy { name: "learned", maker: made.ok(), ..strategy }
    }
}
