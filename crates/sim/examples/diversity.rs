//! How different the members of a community are, beside measured homes: the figures of `docs/data.md`.
//!
//! ```sh
//! cargo run --release -p sim --example diversity -- SOURCES
//! ```
//!
//! `SOURCES` may hold `citylearn2022/homes17_hourly.csv` (17 homes in Fontana, California) and
//! `simbench/simbench_profiles_15min_2016.csv`; what is not there is left out.

use sim::data::{Household, Member, Profile, after_diversity_peak, mean_pairwise_correlation};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let sources = std::env::args().nth(1).unwrap_or_default();
    println!(
        "| homes | step | own peak, kW | after-diversity peak, kW | ratio | mean pairwise correlation |"
    );
    println!("|---|---|---:|---:|---:|---:|");
    for (name, mixed, count) in
        [("shipped series as they are", false, 20), ("members", true, 20), ("members", true, 100)]
    {
        let homes = members(count, mixed);
        row(&format!("{count} {name}"), "15 min", &homes);
        row(&format!("{count} {name}"), "1 h", &hourly(&homes));
    }
    if let Ok(homes) =
        columns(&Path::new(&sources).join("simbench/simbench_profiles_15min_2016.csv"), "load_H0-")
    {
        // normalised to their maximum there; brought to 3 000 kWh a year, about the members' mean
        let scaled: Vec<Vec<f64>> = homes
            .iter()
            .map(|home| {
                let factor = 3_000.0 * 4.0 / home.iter().sum::<f64>();
                home.iter().map(|value| value * factor).collect()
            })
            .collect();
        row("6 SimBench households (H0), 3 000 kWh a year each", "15 min", &scaled);
        row("6 SimBench households (H0), 3 000 kWh a year each", "1 h", &hourly(&scaled));
    }
    if let Ok(homes) = columns(&Path::new(&sources).join("citylearn2022/homes17_hourly.csv"), "_load_kwh") {
        row("17 measured homes, Fontana CA, 9 979 kWh a year on average", "1 h", &homes);
    }
    Ok(())
}

/// Households of all four kinds in turn, a year of quarter hours, kW.
fn members(count: usize, mixed: bool) -> Vec<Vec<f64>> {
    let names: Vec<String> = (0..count).map(|number| format!("home {number}")).collect();
    let demand = |(index, name): (usize, &String)| {
        let member = Member { name, seed: 1, mixed, start: 1_609_455_600, duration: 900, offset: 3600 };
        let profile = Profile::Household(Household::ALL[index % 4]);
        profile.demand(&member, 0..35_040, profile.annual()).iter().map(|wh| f64::from(*wh) / 250.0).collect()
    };
    names.iter().enumerate().map(demand).collect()
}

fn hourly(homes: &[Vec<f64>]) -> Vec<Vec<f64>> {
    homes.iter().map(|home| home.chunks(4).map(|hour| hour.iter().sum::<f64>() / 4.0).collect()).collect()
}

fn row(name: &str, step: &str, homes: &[Vec<f64>]) {
    let own = homes.iter().filter_map(|home| home.iter().copied().reduce(f64::max)).sum::<f64>()
        / homes.len() as f64;
    let (Some(peak), Some(correlation)) = (after_diversity_peak(homes), mean_pairwise_correlation(homes))
    else {
        return;
    };
    println!("| {name} | {step} | {own:.2} | {peak:.2} | {:.2} | {correlation:.2} |", peak / own);
}

/// The columns of a CSV file whose names hold `part`.
fn columns(path: &Path, part: &str) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let wanted: Vec<usize> = reader
        .headers()?
        .iter()
        .enumerate()
        .filter(|(_, name)| name.contains(part))
        .map(|(i, _)| i)
        .collect();
    let mut columns = vec![Vec::new(); wanted.len()];
    for record in reader.records() {
        let record = record?;
        for (column, index) in columns.iter_mut().zip(&wanted) {
            column.push(record[*index].parse()?);
        }
    }
    Ok(columns)
}
