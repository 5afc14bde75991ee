//! Plays a scenario, on a ledger in memory unless a file is named, and prints what came of it.
//!
//! ```sh
//! cargo run --release -p sim --example play -- village winter
//! ```
//!
//! Arguments: scenario, then any of a week's name, `days=N`, `seed=N`, `signed`, `report=FOLDER`,
//! `ledger=FILE`.

use ledger::{Central, Options};
use sim::report::{Outcome, Reporter};
use sim::scenario::Overrides;
use sim::{Scenario, run};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "village".into());
    let mut overrides = Overrides::default();
    let (mut folder, mut file) = (None, None);
    for argument in arguments {
        match argument.split_once('=') {
            Some(("days", days)) => overrides.days = Some(days.parse()?),
            Some(("ledger", name)) => file = Some(name.to_owned()),
            Some(("report", name)) => folder = Some(name.to_owned()),
            Some(("seed", seed)) => overrides.seed = Some(seed.parse()?),
            _ if argument == "signed" => overrides.signed = true,
            _ => overrides.week = Some(argument),
        }
    }
    #[expect(clippy::disallowed_methods, reason = "an example that measures")]
    let now = std::time::Instant::now;
    let began = now();
    let scenario = match Scenario::load(&name, &overrides) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let loaded = began.elapsed();
    let mut ledger = match file {
        None => Central::in_memory(Options::default())?,
        Some(file) => Central::create(file, Options::default())?,
    };
    let began = now();
    let summary = match folder {
        None => run(&scenario, &mut ledger, &mut ())?,
        Some(folder) => {
            let mut reporter = Reporter::create(folder.as_ref(), &scenario, &name, "example")?;
            let summary = run(&scenario, &mut ledger, &mut reporter)?;
            let outcome = Outcome { root: summary.root, ..Outcome::default() };
            println!("report: {}", reporter.finish(&outcome)?.display());
            summary
        }
    };
    println!("loaded in {loaded:?}, ran in {:?}", began.elapsed());
    let kwh = |energy: market::Energy| energy.0 as f64 / 1000.0;
    let euro = |money: market::Money| money.0 as f64 / 1e9;
    for carrier in &summary.carriers {
        let price = carrier.mean_price().map_or(f64::NAN, |price| price.0 as f64 / 10_000.0);
        println!(
            "{:<12} traded {:>10.1} kWh at {price:.2} ct, taken {:>10.1}, given {:>10.1} kWh {}",
            carrier.carrier.name(),
            kwh(carrier.traded),
            kwh(carrier.import),
            kwh(carrier.export),
            carrier.untraded.unwrap_or("")
        );
    }
    for member in summary.members.iter().take(40) {
        println!(
            "{:<18} {:>9.2} € instead of {:>9.2} €: {:>7.2} € saved, bought {:>8.1} sold {:>8.1} kWh, deviations {:>6.2} € {}",
            member.name,
            euro(member.bill),
            euro(member.at_tariff),
            euro(member.saved()),
            kwh(member.traded[0]),
            kwh(member.traded[1]),
            euro(member.deviation),
            member.reason().unwrap_or_default()
        );
    }
    let more = summary.members.iter().filter(|member| member.saved().0 < 0);
    println!(
        "{} members pay more, {:.2} € together",
        more.clone().count(),
        -more.map(|m| euro(m.saved())).sum::<f64>()
    );
    println!(
        "{} members, {} intervals, {} commands, {} orders; {:.2} € instead of {:.2} €",
        summary.members.len(),
        summary.intervals,
        summary.commands,
        summary.orders,
        euro(summary.bill()),
        euro(summary.at_tariff())
    );
    for (rejection, count) in &summary.refused {
        println!("{count} orders refused: {rejection}");
    }
    println!("root {}", summary.root.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    Ok(())
}
