//! Strategies that scenarios and `--strategy` name and that `sim` does not know: the learned ones.

use crate::failure::Failure;
use crate::settings::{Bidding, PREFERENCE};
use crate::train::load_policy;
use learning::strategy::{Learned, Mismatch};
use learning::{Policy, Preference};
use sim::Scenario;
use sim::scenario::{Asked, Maker, Overrides};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A scenario with the strategies that it names.
pub(crate) fn load(name: &str, overrides: &Overrides) -> Result<Scenario, Failure> {
    let policies = RefCell::default();
    Ok(Scenario::load_with(name, overrides, &|asked| make(asked, &policies))?)
}

/// Makes one, and keeps its policy for members who name the same; otherwise what is wrong and what to do.
fn make(asked: &Asked<'_>, policies: &RefCell<BTreeMap<PathBuf, Policy>>) -> Result<Maker, (String, String)> {
    let known = policies.borrow().get(asked.file).cloned();
    let policy = match known {
        Some(policy) => policy,
        None => {
            let file = asked.file.display();
            let bytes = std::fs::read(asked.file).map_err(|error| {
                let remedy =
                    "write the path of a policy from `wattle train`, as seen from the scenario’s folder";
                (format!("`{file}` cannot be read: {error}"), remedy.to_owned())
            })?;
            let policy = Policy::from_bytes(&bytes).map_err(|error| {
                (format!("`{file}`: {error}"), "write the path of a policy from `wattle train`".to_owned())
            })?;
            policies.borrow_mut().entry(asked.file.to_owned()).or_insert(policy).clone()
        }
    };
    let preference = asked.preference.map(|[cost, peak, delay]| Preference { cost, peak, delay });
    let preference = preference.unwrap_or(PREFERENCE);
    let learned = Learned::learned(policy, preference, &asked.machines, asked.interval, asked.offset);
    learned.map(maker).map_err(|mismatch| match &mismatch {
        Mismatch::Interval { .. } => (mismatch.to_string(), "`[time]` has the market’s interval".to_owned()),
        Mismatch::Machine { .. } => {
            let remedy = "give it machines that the policy knows, or another strategy";
            (format!("{}: {mismatch}", asked.member), remedy.to_owned())
        }
    })
}

/// Makes strategies like this one.
pub(crate) fn maker(strategy: impl agents::Strategy + Clone + Sync + 'static) -> Maker {
    Arc::new(move || Box::new(strategy.clone()))
}

/// Gives members their strategy. A learned one goes to those who own machines that can wait; their forecasts stay.
pub(crate) fn apply(bidding: &Bidding, scenario: &mut Scenario) -> Result<(), Failure> {
    let (path, preference) = match bidding {
        Bidding::Named(name) => {
            for member in &mut scenario.members {
                (member.strategy.name, member.strategy.maker) = (name, None);
            }
            return Ok(());
        }
        Bidding::Learned(path, preference) => (path, *preference),
    };
    let policy = load_policy(path)?;
    let (interval, offset) = (scenario.span.first.duration, scenario.span.offset);
    let mut owners = 0;
    for member in scenario.members.iter_mut().filter(|member| !member.machines().is_empty()) {
        owners += 1;
        let learned = Learned::learned(policy.clone(), preference, &member.machines(), interval, offset);
        let learned = learned.map_err(|mismatch| {
            Failure::input(format!("{}: {}", path.display(), member.name), mismatch.to_string())
        })?;
        (member.strategy.name, member.strategy.maker) = ("learned", Some(maker(learned)));
    }
    if owners == 0 {
        let what =
            "no member of the scenario has machines that can wait: give one devices of kind \"appliance\"";
        return Err(Failure::input("--strategy", what));
    }
    Ok(())
}
