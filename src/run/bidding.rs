//! `--strategy`: all members bid by another strategy than the scenario says.

use crate::failure::Failure;
use crate::settings::Bidding;
use crate::train::load_policy;
use agents::Device;
use learning::strategy::Learned;
use sim::Scenario;
use std::sync::Arc;

/// Gives members their strategy. A learned one goes to those who own machines that can wait; their forecasts stay.
pub(super) fn apply(bidding: &Bidding, scenario: &mut Scenario) -> Result<(), Failure> {
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
    for member in &mut scenario.members {
        let machines: Vec<&[i64]> = member
            .devices
            .iter()
            .filter_map(|device| match device {
                Device::Appliance(machine) => Some(machine.profile()),
                _ => None,
            })
            .collect();
        if machines.is_empty() {
            continue;
        }
        owners += 1;
        let learned =
            Learned::new(policy.clone(), preference, &machines, interval, offset).map_err(|mismatch| {
                Failure::input(format!("{}: {}", path.display(), member.name), mismatch.to_string())
            })?;
        member.strategy.name = "learned";
        member.strategy.maker = Some(Arc::new(move || Box::new(learned.clone())));
    }
    if owners == 0 {
        let what =
            "no member of the scenario has machines that can wait: give one devices of kind \"appliance\"";
        return Err(Failure::input("--strategy", what));
    }
    Ok(())
}
