//! DC optimal power flow and the cone relaxation against PGLib-OPF's published objectives and gaps, and by hand.

use crate::support::{pglib, root};
use grid::electric::import::from_matpower;
use grid::electric::{Bus, Control, Cost, Element, Generator, Line, Load, Network, Rating, Transformer};
use grid::opf::{DcBranch, Limit, Model, Outcome, Settings, Solution, optimal_power_flow, tight_or_exact};
use num_complex::Complex64;

/// One case of PGLib's table.
struct Published {
    case: String,
    /// Infinite where there is no solution.
    dc: f64,
    ac: f64,
    soc_gap_percent: f64,
}

/// Rows of PGLib's table of which a case with at most so many buses is here.
fn published(largest: usize) -> Vec<Published> {
    let path = root().join("../shared/cases/pglib/baseline.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return Vec::new();
    };
    let row = |line: &str| {
        let columns: Vec<&str> = line.split(',').collect();
        let case = columns[1].strip_prefix("pglib_opf_").unwrap().to_owned();
        let here = path.with_file_name(format!("pglib_opf_{case}.m")).exists();
        let number = |column: usize| columns[column].trim_end_matches('.').parse().unwrap();
        (here && columns[2].parse::<usize>().unwrap() <= largest).then(|| Published {
            case,
            dc: number(4),
            ac: number(5),
            soc_gap_percent: number(7),
        })
    };
    text.lines().skip(1).filter_map(row).collect()
}

fn optimum(network: &Network, model: Model) -> Solution {
    match optimal_power_flow(network, model, &Settings::default()).unwrap() {
        Outcome::Optimal(solution) => *solution,
        other => panic!("{} has no optimum: {other:?}", network.name),
    }
}

/// PGLib's DC objectives are with PowerModels' susceptances.
fn pglib_dc(network: &Network) -> Outcome {
    let settings = Settings { dc_branch: DcBranch::Susceptance, ..Settings::default() };
    optimal_power_flow(network, Model::Dc, &settings).unwrap()
}

#[test]
fn dc_objectives_are_those_of_pglib() {
    for case in published(3_000) {
        match pglib_dc(&pglib(&case.case).unwrap()) {
            Outcome::Optimal(solution) => {
                let error = (solution.cost / case.dc - 1.0).abs();
                assert!(error < 1e-4, "{}: {} instead of {}", case.case, solution.cost, case.dc);
            }
            Outcome::Infeasible(infeasible) => {
                assert!(case.dc.is_infinite(), "{}: {infeasible:?}", case.case);
                assert!(!infeasible.clashes.is_empty(), "{}", case.case);
            }
            Outcome::NotConverged(steps) => panic!("{}: {:?}", case.case, steps.last()),
        }
    }
}

#[test]
fn ratios_and_shifts_change_prices_little_and_convergence_not_at_all() {
    for name in ["case118_ieee", "case300_ieee", "case1354_pegase", "case2869_pegase"] {
        let Some(network) = pglib(name) else { return };
        let Outcome::Optimal(plain) = pglib_dc(&network) else { panic!("{name}") };
        let solution = optimum(&network, Model::Dc);
        assert!((solution.cost / plain.cost - 1.0).abs() < 5e-3, "{name}: {} {}", solution.cost, plain.cost);
    }
}

#[test]
fn gaps_of_the_relaxation_are_those_of_pglib() {
    for case in published(3_000) {
        let solution = optimum(&pglib(&case.case).unwrap(), Model::Soc);
        let gap = 100.0 * (case.ac - solution.cost) / case.ac;
        let deviation = gap - case.soc_gap_percent;
        assert!(deviation.abs() < 0.05, "{}: {gap} instead of {}", case.case, case.soc_gap_percent);
        // Meshes whose loops do not close: the result must not pretend to be exact.
        assert!(!solution.is_tight(1e-3), "{}: {}", case.case, solution.relaxation_gap_pu);
    }
}

#[test]
fn the_shipped_cases_have_their_published_objectives() {
    let figures = std::fs::read_to_string(root().join("cases/opf/convex/published.csv")).unwrap();
    for line in figures.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        let path = root().join(format!("cases/opf/pglib/pglib_opf_{}.m", columns[0]));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {} is not here", path.display());
            continue;
        };
        let network = from_matpower(&text).unwrap();
        let number = |column: usize| columns[column].parse::<f64>().unwrap();
        let Outcome::Optimal(dc) = pglib_dc(&network) else { panic!("{}: no DC optimum", columns[0]) };
        assert!((dc.cost / number(1) - 1.0).abs() < 1e-4, "{}: {}", columns[0], dc.cost);
        let gap = 100.0 * (1.0 - optimum(&network, Model::Soc).cost / number(2));
        assert!((gap - number(3)).abs() < 0.05, "{}: {gap}", columns[0]);
    }
}

#[test]
fn the_relaxation_is_a_lower_bound() {
    for name in ["case3_lmbd", "case5_pjm", "case14_ieee", "case30_ieee"] {
        let Some(network) = pglib(name) else { return };
        let Outcome::Optimal(exact) = optimal_power_flow(&network, Model::Ac, &Settings::default()).unwrap()
        else {
            panic!("{name}: no exact optimum")
        };
        let relaxed = optimum(&network, Model::Soc);
        assert!(relaxed.cost < exact.cost * (1.0 + 1e-6), "{name}: {} {}", relaxed.cost, exact.cost);
    }
}

/// Buses at 100 kV on 100 MVA, a source at the first.
fn buses(count: usize) -> Network {
    let mut network = Network::new("by hand", 100e6);
    for i in 0..count {
        network.buses.push(Bus {
            min_voltage_pu: 0.9,
            max_voltage_pu: 1.1,
            ..Bus::new(&format!("{}", i + 1), 100e3)
        });
    }
    network
}

fn generator(bus: usize, cost: f64, most_mw: f64) -> Generator {
    let control = if bus == 0 { Control::Slack { voltage_pu: 1.0, angle_rad: 0.0 } } else { Control::Power };
    Generator {
        min_p_w: 0.0,
        max_p_w: most_mw * 1e6,
        min_q_var: -300e6,
        max_q_var: 300e6,
        cost: Cost::Polynomial(vec![0.0, cost]),
        ..Generator::new(&format!("plant {}", bus + 1), bus, control)
    }
}

/// A line of r + jx per unit, with a limit in MVA.
fn line(from: usize, to: usize, r: f64, x: f64, limit_mva: f64) -> Line {
    Line {
        rating: Rating::Power(limit_mva * 1e6),
        ..Line::new(&format!("{}-{}", from + 1, to + 1), from, to, Complex64::new(r, x) * 100.0, 0.0)
    }
}

#[test]
fn a_congested_line_splits_the_price() {
    // 150 MW at bus 2; the line brings 100 MW at 20, the plant there must give 50 MW at 35.
    let mut network = buses(2);
    network.generators = vec![generator(0, 20.0, 500.0), generator(1, 35.0, 500.0)];
    network.loads.push(Load::new("town", 1, 150e6, 0.0));
    network.lines.push(line(0, 1, 0.0, 0.1, 100.0));
    let solution = optimum(&network, Model::Dc);
    assert!((solution.cost - (100.0 * 20.0 + 50.0 * 35.0)).abs() < 1e-2, "{}", solution.cost);
    assert!((solution.price_p[0] - 20.0).abs() < 1e-4 && (solution.price_p[1] - 35.0).abs() < 1e-4);
    assert_eq!(solution.binding.len(), 1, "{:?}", solution.binding);
    let binding = &solution.binding[0];
    assert_eq!((binding.element, binding.limit), (Element::Line(0), Limit::FromPower));
    assert!((binding.price - 15.0).abs() < 1e-4);
    assert!((solution.lines[0].loading - 1.0).abs() < 1e-6);
}

#[test]
fn the_outer_pieces_of_a_cost_go_on() {
    // 30 MW at 10, then 20 MW at 25: 40 MW cost 300 + 250, and the next MWh 25.
    let mut network = buses(1);
    network.generators.push(Generator {
        cost: Cost::PiecewiseLinear(vec![(0.0, 0.0), (30.0, 300.0), (50.0, 800.0)]),
        ..generator(0, 0.0, 500.0)
    });
    for (load_mw, cost, price) in [(40.0, 550.0, 25.0), (10.0, 100.0, 10.0), (70.0, 1300.0, 25.0)] {
        network.loads = vec![Load::new("town", 0, load_mw * 1e6, 0.0)];
        let solution = optimum(&network, Model::Dc);
        assert!((solution.cost - cost).abs() < 1e-2, "{load_mw} MW: {}", solution.cost);
        assert!((solution.price_p[0] - price).abs() < 1e-3, "{load_mw} MW: {}", solution.price_p[0]);
    }
}

#[test]
fn a_phase_shifter_drives_power_around_a_loop() {
    // Beside a line of x = 0.1 lies a transformer of x = 0.1, ratio 0.8 and shift 0.036. With no load
    // Δ/0.1 + (Δ − 0.036)/(0.1·0.8) = 0, so Δ = 0.02 and 20 MW go around.
    let mut network = buses(2);
    network.generators.push(generator(0, 1.0, 500.0));
    network.lines.push(line(0, 1, 0.0, 0.1, 500.0));
    let like = line(0, 1, 0.0, 0.1, 500.0);
    network.transformers.push(Transformer {
        shift_rad: 0.036,
        ..Transformer::new("shifter", [0, 1], [80e3, 100e3], like.pi)
    });
    let solution = optimum(&network, Model::Dc);
    assert!((solution.angle_rad[1] + 0.02).abs() < 1e-6, "{:?}", solution.angle_rad);
    assert!((solution.lines[0].from_p_w - 20e6).abs() < 1e2);
    assert!((solution.transformers[0].from_p_w + 20e6).abs() < 1e2);
}

#[test]
fn prices_are_those_of_the_distribution_factors() {
    // λ_n = λ_1 − Σ_l μ_l · PTDF_ln: what a withdrawal does to the lines that bind. PTDFs by elimination here.
    let Some(network) = pglib("case5_pjm") else { return };
    let Outcome::Optimal(solution) = pglib_dc(&network) else { panic!("no optimum") };
    let susceptance: Vec<f64> = network
        .lines
        .iter()
        .map(|line| {
            let z = line.pi.series_ohm;
            z.im / z.norm_sqr()
        })
        .collect();
    let reference =
        network.generators.iter().find(|g| matches!(g.control, Control::Slack { .. })).unwrap().bus;
    assert!(!solution.binding.is_empty());
    for bus in (0..5).filter(|&bus| bus != reference) {
        let mut injection = vec![0.0; 5];
        injection[bus] = 1.0;
        let angle = angles(&network, &susceptance, reference, injection);
        let mut expected = solution.price_p[reference];
        for binding in &solution.binding {
            let Element::Line(l) = binding.element else { panic!("{binding:?}") };
            let sign = if binding.limit == Limit::FromPower { 1.0 } else { -1.0 };
            let line = &network.lines[l];
            let factor = susceptance[l] * (angle[line.from] - angle[line.to]);
            expected -= sign * binding.price * factor;
        }
        assert!(
            (solution.price_p[bus] - expected).abs() < 1e-3,
            "{bus}: {} {expected}",
            solution.price_p[bus]
        );
    }
}

/// Angles of a DC network for injections whose balance the reference makes, by Gauss–Seidel: slow and plain.
fn angles(network: &Network, susceptance: &[f64], reference: usize, injection: Vec<f64>) -> Vec<f64> {
    let mut angle = vec![0.0; injection.len()];
    for _ in 0..5_000 {
        for bus in (0..injection.len()).filter(|&bus| bus != reference) {
            let (mut sum, mut diagonal) = (injection[bus], 0.0);
            for (line, b) in network.lines.iter().zip(susceptance) {
                let other = if line.from == bus {
                    line.to
                } else if line.to == bus {
                    line.from
                } else {
                    continue;
                };
                sum += b * angle[other];
                diagonal += b;
            }
            angle[bus] = sum / diagonal;
        }
    }
    angle
}

#[test]
fn a_price_is_what_one_more_megawatt_hour_costs() {
    let Some(network) = pglib("case14_ieee__api") else { return };
    for model in [Model::Dc, Model::Soc] {
        let at = optimum(&network, model);
        for bus in [3, 8, 13] {
            let costs = [-0.5, 0.5].map(|more_mw| {
                let mut network = network.clone();
                network.loads.push(Load::new("more", bus, more_mw * 1e6, 0.0));
                optimum(&network, model).cost
            });
            let slope = costs[1] - costs[0];
            let price = at.price_p[bus];
            assert!((slope - price).abs() < 2e-3 * price.abs(), "{model:?} {bus}: {slope} {price}");
        }
    }
}

#[test]
fn reactive_power_has_a_price_where_it_is_scarce() {
    // One more Mvar costs more losses and more of the plant's limit.
    let Some(network) = pglib("case14_ieee__api") else { return };
    let at = optimum(&network, Model::Soc);
    let bus = 13;
    let costs = [-0.2, 0.2].map(|more_mvar| {
        let mut network = network.clone();
        network.loads.push(Load::new("more", bus, 0.0, more_mvar * 1e6));
        optimum(&network, Model::Soc).cost
    });
    let slope = (costs[1] - costs[0]) / 0.4;
    assert!((slope - at.price_q[bus]).abs() < 1e-2 * slope.abs().max(1.0), "{slope} {}", at.price_q[bus]);
}

#[test]
fn limits_that_clash_are_named_with_figures() {
    // 150 MW at bus 2, and the line brings 100 MW.
    let mut network = buses(2);
    network.generators.push(generator(0, 20.0, 500.0));
    network.loads.push(Load::new("town", 1, 150e6, 0.0));
    network.lines.push(line(0, 1, 0.0, 0.1, 100.0));
    let clashes = |network: &Network, model| match optimal_power_flow(network, model, &Settings::default()) {
        Ok(Outcome::Infeasible(infeasible)) => infeasible.clashes,
        other => panic!("{other:?}"),
    };
    let found = clashes(&network, Model::Dc);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].element, Element::Line(0));
    assert_eq!(
        found[0].message,
        "line \"1-2\": the limit of power at its from end, 100 MVA, must give way by 50 MVA"
    );
    // Under AC models the voltages and both ends take part; the line is still among them.
    for model in [Model::LinDistFlow, Model::Soc] {
        let found = clashes(&network, model);
        assert!(found.iter().any(|clash| clash.element == Element::Line(0)), "{model:?}: {found:?}");
    }
    // Without the limit, the plant is too small.
    network.lines[0].rating = Rating::Unlimited;
    network.generators[0].max_p_w = 120e6;
    let found = clashes(&network, Model::Dc);
    assert_eq!(found[0].element, Element::Generator(0));
    assert!(found[0].message.contains("120 MW, must give way by 30 MW"), "{}", found[0].message);
}

#[test]
fn a_cost_without_end_is_not_an_optimum() {
    let mut network = buses(1);
    network.generators = vec![
        generator(0, 20.0, f64::INFINITY),
        Generator { min_p_w: f64::NEG_INFINITY, ..generator(0, 30.0, 10.0) },
    ];
    let outcome = optimal_power_flow(&network, Model::Dc, &Settings::default()).unwrap();
    assert!(matches!(outcome, Outcome::NotConverged(_)), "{outcome:?}");
}

#[test]
fn costs_that_are_not_convex_are_refused_by_name() {
    let mut network = buses(1);
    for (cost, words) in [
        (Cost::Polynomial(vec![0.0, 1.0, -0.1]), "falls with the square"),
        (Cost::Polynomial(vec![0.0, 1.0, 0.0, 2.0]), "degree 3"),
        (Cost::PiecewiseLinear(vec![(0.0, 0.0), (1.0, 5.0), (2.0, 6.0)]), "not convex"),
    ] {
        network.generators = vec![Generator { cost, ..generator(0, 0.0, 10.0) }];
        let error = optimal_power_flow(&network, Model::Dc, &Settings::default()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("plant 1"), "{error}");
    }
}

#[test]
fn a_relaxation_that_is_not_tight_says_so_and_the_exact_model_is_asked() {
    // The source pays for what it takes in: the relaxation would burn power in the line, physics cannot.
    let mut network = buses(2);
    network.generators = vec![
        Generator { min_p_w: -100e6, ..generator(0, -10.0, 100.0) },
        Generator { cost: Cost::Polynomial(vec![0.0, -20.0]), ..generator(1, 0.0, 80.0) },
    ];
    network.lines.push(line(0, 1, 0.02, 0.05, 200.0));
    let relaxed = optimum(&network, Model::Soc);
    assert!(relaxed.relaxation_gap_pu > 1e-2, "{}", relaxed.relaxation_gap_pu);
    assert!(!relaxed.is_tight(1e-4));
    let (model, outcome) = tight_or_exact(&network, 1e-4, &Settings::default()).unwrap();
    assert_eq!(model, Model::Ac);
    let Outcome::Optimal(exact) = outcome else { panic!("{outcome:?}") };
    assert!(exact.cost > relaxed.cost + 1.0, "{} {}", exact.cost, relaxed.cost);
    // Where losses cost, the same network is tight, and no second calculation is made.
    network.generators = vec![generator(0, 10.0, 200.0)];
    network.loads.push(Load::new("town", 1, 80e6, 20e6));
    let (model, outcome) = tight_or_exact(&network, 1e-4, &Settings::default()).unwrap();
    assert_eq!(model, Model::Soc);
    let Outcome::Optimal(tight) = outcome else { panic!("{outcome:?}") };
    let Outcome::Optimal(exact) = optimal_power_flow(&network, Model::Ac, &Settings::default()).unwrap()
    else {
        panic!("no exact optimum")
    };
    assert!((tight.cost / exact.cost - 1.0).abs() < 1e-6, "{} {}", tight.cost, exact.cost);
}
