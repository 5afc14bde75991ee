//! How long one warm power flow of a MATPOWER case takes: `flow_time CASE.m [flat|dc] [REPETITIONS] [STATE]`.
//!
//! "Warm": the symbolic work is done; a solve includes its start. Prints the least CPU time of a solve in ms. STATE is
//! a reference: lines of bus number, voltage per unit, angle in rad; printed is the largest difference of voltages.

use cpu_time::ThreadTime;
use grid::electric::newton::Newton;
use grid::electric::{Circuit, Outcome, Settings, Start, Voltages, import::from_matpower, power_flow};
use num_complex::Complex64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("which case? flow_time CASE.m [flat|dc] [REPETITIONS] [STATE]")?;
    let start = match arguments.get(1).map(String::as_str) {
        Some("flat") => Start::Flat,
        Some("dc") | None => Start::Dc,
        Some(other) => return Err(format!("{other:?} is no start: flat or dc").into()),
    };
    let repetitions: usize = arguments.get(2).map_or(Ok(20), |text| text.parse())?;
    let network = from_matpower(&std::fs::read_to_string(path)?)?;
    let circuit = Circuit::of(&network)?;
    let settings = Settings { start, ..Settings::default() };
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let flat = Voltages::flat(&circuit);

    let began = ThreadTime::now();
    let mut newton = Newton::new(&circuit);
    let symbolic = began.elapsed();
    let mut least = f64::INFINITY;
    let mut ended = Err("no repetition".to_owned());
    for _ in 0..repetitions {
        let mut voltages = flat.clone();
        let began = ThreadTime::now();
        if start == Start::Dc {
            newton.start_dc(&power, &mut voltages)?;
        }
        let solved = newton.solve(&power, &mut voltages, &settings);
        least = least.min(began.elapsed().as_secs_f64());
        ended = solved.map_err(|divergence| format!("{divergence:?}"));
    }
    let convergence = ended?;
    println!(
        "{} nodes, {} iterations, mismatch {:.1e}, symbolic {:.3} ms, solve {:.4} ms",
        circuit.nodes.len(),
        convergence.iterations,
        convergence.mismatch_pu,
        symbolic.as_secs_f64() * 1e3,
        least * 1e3
    );
    let Some(state) = arguments.get(3) else { return Ok(()) };
    let solution = match power_flow(&network, &settings)? {
        Outcome::Converged(solution) => solution,
        Outcome::Diverged(divergence) => return Err(format!("{divergence:?}").into()),
    };
    let mut largest: f64 = 0.0;
    for line in std::fs::read_to_string(state)?.lines() {
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let numbers = numbers?;
        let name = (numbers[0] as i64).to_string();
        let bus = network.buses.iter().position(|bus| bus.name == name).ok_or("no such bus")?;
        let ours = Complex64::from_polar(solution.voltage_pu[bus], solution.angle_rad[bus]);
        largest = largest.max((ours - Complex64::from_polar(numbers[1], numbers[2])).norm());
    }
    println!(
        "largest difference {largest:.2e} p.u.; losses {:.4} MW, least voltage {:.5}",
        solution.losses_w / 1e6,
        solution.voltage_pu.iter().copied().fold(f64::INFINITY, f64::min)
    );
    Ok(())
}
