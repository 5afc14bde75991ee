//! How long a series takes: `batch_time CASE.m SERIES.csv [sweep|newton|auto] [THREADS] [REPETITIONS]`.
//!
//! SERIES has a column of W for each `p:BUS` and of var for each `q:BUS`, drawn at the bus of that number, and a row for
//! each step. Prints the least wall time per step in µs, and figures that other programs can be compared with.

use grid::electric::batch::{Batch, Power, Series, Settings, Summary};
use grid::electric::{Element, Load, Method, import::from_matpower};

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, table, options @ ..] = &arguments[..] else {
        return Err("batch_time CASE.m SERIES.csv [sweep|newton|auto] [THREADS] [REPETITIONS]".into());
    };
    let method = match options.first().map(String::as_str) {
        None | Some("auto") => None,
        Some("sweep") => Some(Method::Sweep),
        Some("newton") => Some(Method::Newton),
        Some(other) => return Err(format!("{other:?} is no method: sweep, newton or auto").into()),
    };
    let threads: usize = options.get(1).map_or(Ok(0), |text| text.parse())?;
    let repetitions: usize = options.get(2).map_or(Ok(5), |text| text.parse())?;
    let mut network = from_matpower(&std::fs::read_to_string(case)?)?;
    network.loads.clear();

    let mut reader = csv::Reader::from_path(table)?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for row in reader.records() {
        for (column, text) in columns.iter_mut().zip(&row?) {
            column.push(text.parse()?);
        }
    }
    let mut series = Series::new(columns.first().map_or(0, Vec::len), 0.25);
    for (name, values) in names.iter().zip(columns) {
        let (power, number) = name.split_once(':').ok_or("a column is named p:BUS or q:BUS")?;
        let bus = network.buses.iter().position(|bus| bus.name == number).ok_or("no such bus")?;
        let load = network.loads.iter().position(|load| load.bus == bus).unwrap_or(network.loads.len());
        if load == network.loads.len() {
            network.loads.push(Load::new(number, bus, 0.0, 0.0));
        }
        let power = if power == "p" { Power::Active } else { Power::Reactive };
        series.drive(Element::Load(load), power, name, values);
    }

    let settings = Settings { method, threads, ..Settings::default() };
    let mut least = f64::INFINITY;
    let mut last = None;
    for _ in 0..repetitions {
        let began = std::time::Instant::now();
        let batch = Batch::new(&network, &series, &settings)?;
        let mut summary = Summary::new(&batch);
        batch.run(|chunk| summary.add(chunk));
        least = least.min(began.elapsed().as_secs_f64());
        last = Some((batch.method(), summary));
    }
    let (method, summary) = last.ok_or("no repetition")?;
    let lowest = summary.lowest_voltage.map_or(f64::NAN, |peak| peak.value);
    let highest = summary.highest_loading.map_or(f64::NAN, |peak| peak.value);
    println!(
        "{method:?} buses {} steps {} failed {} us_per_step {:.4} seconds {:.5} vmin {lowest:.9} losses_wh {:.6} loading {highest:.6}",
        network.buses.len(),
        series.steps,
        summary.failures.len(),
        least / series.steps as f64 * 1e6,
        least,
        summary.losses_wh
    );
    Ok(())
}
