//! What pandapower's files may say, and how they are refused.

use grid::electric::import::{ImportError, from_pandapower};
use grid::electric::{Connection, Control, Cost, Network, Phase, Switched, VectorGroup, Zip};
use num_complex::Complex64;
use serde_json::{Map, Value, json};

/// A file with tables of rows, each row an object; the index counts from 0.
fn file(tables: &[(&str, Value)]) -> String {
    let mut net = Map::new();
    net.insert("name".to_owned(), json!("test"));
    net.insert("f_hz".to_owned(), json!(50.0));
    net.insert("sn_mva".to_owned(), json!(1.0));
    for (name, rows) in tables {
        let rows = rows.as_array().unwrap();
        let mut columns: Vec<&String> = rows.iter().flat_map(|row| row.as_object().unwrap().keys()).collect();
        columns.sort();
        columns.dedup();
        let data: Vec<Vec<Value>> =
            rows.iter().map(|row| columns.iter().map(|&column| row[column].clone()).collect()).collect();
        let index: Vec<usize> = (0..rows.len()).collect();
        let split = json!({"columns": columns, "index": index, "data": data}).to_string();
        net.insert((*name).to_owned(), json!({"_class": "DataFrame", "_object": split, "orient": "split"}));
    }
    json!({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": net}).to_string()
}

/// Two buses of 20 kV, one of 0.4 kV, a source, a line, a transformer, and more tables.
fn small(more: &[(&str, Value)]) -> Result<Network, ImportError> {
    let mut tables = vec![
        (
            "bus",
            json!([
                {"name": "North", "vn_kv": 20.0, "in_service": true, "zone": null},
                {"name": "South", "vn_kv": 20.0, "in_service": true, "zone": 2.0},
                {"name": null, "vn_kv": 0.4, "in_service": true, "zone": "town"},
            ]),
        ),
        ("ext_grid", json!([{"bus": 0, "vm_pu": 1.02, "va_degree": 30.0, "in_service": true}])),
        ("line", json!([line(json!({}))])),
        ("trafo", json!([trafo(json!({}))])),
    ];
    for (name, rows) in more {
        tables.retain(|(table, _)| table != name);
        tables.push((name, rows.clone()));
    }
    from_pandapower(&file(&tables))
}

/// An object with some entries replaced.
fn with(mut base: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn line(changes: Value) -> Value {
    let base = json!({
        "name": "cable", "from_bus": 0, "to_bus": 1, "length_km": 2.0, "r_ohm_per_km": 0.2, "x_ohm_per_km": 0.1,
        "c_nf_per_km": 250.0, "g_us_per_km": 0.0, "max_i_ka": 0.3, "df": 0.9, "parallel": 2, "in_service": true,
    });
    with(base, changes)
}

fn trafo(changes: Value) -> Value {
    let base = json!({
        "name": "station", "hv_bus": 1, "lv_bus": 2, "sn_mva": 0.4, "vn_hv_kv": 20.0, "vn_lv_kv": 0.4,
        "vk_percent": 6.0, "vkr_percent": 1.425, "pfe_kw": 1.35, "i0_percent": 0.3375, "shift_degree": 150.0,
        "tap_side": "hv", "tap_neutral": 0.0, "tap_min": -2.0, "tap_max": 2.0, "tap_step_percent": 2.5,
        "tap_step_degree": 0.0, "tap_pos": 1.0, "tap_changer_type": "Ratio", "parallel": 1, "df": 1.0,
        "in_service": true,
    });
    with(base, changes)
}

fn refused(more: &[(&str, Value)]) -> String {
    small(more).unwrap_err().to_string()
}

#[test]
fn a_small_network_is_read() {
    let network = small(&[]).unwrap();
    let names: Vec<&str> = network.buses.iter().map(|bus| bus.name.as_str()).collect();
    assert_eq!(names, ["North", "South", "bus 2"]);
    assert_eq!(network.buses[1].zone, "2");
    let source = Control::Slack { voltage_pu: 1.02, angle_rad: 30_f64.to_radians() };
    assert_eq!(network.generators[0].control, source);
    // Two cables of 2 km: half of 0.4 + 0.2j Ω.
    assert!((network.lines[0].pi.series_ohm - Complex64::new(0.2, 0.1)).norm() < 1e-15);
    let tap = network.transformers[0].tap.as_ref().unwrap();
    assert_eq!((tap.position, tap.min, tap.max, tap.step), (1, -2, 2, 0.025));
}

/// R = 1.425 % and Z = 6 % of 0.4² kV²/0.4 MVA = 0.4 Ω; the magnetising branch takes 1.35 kVA, all of it losses.
#[test]
fn a_rating_plate_becomes_an_equivalent_circuit() {
    let network = small(&[("trafo", json!([trafo(json!({"pfe_kw": 0.0, "i0_percent": 0.0}))]))]).unwrap();
    let z = network.transformers[0].pi.series_ohm;
    assert!((z.re - 0.0057).abs() < 1e-15 && (z.norm() - 0.024).abs() < 1e-15, "{z}");
    let network = small(&[]).unwrap();
    let pi = &network.transformers[0].pi;
    let losses = (pi.from_s + pi.to_s) * 400.0 * 400.0;
    assert!((losses.re - 1350.0).abs() < 1.0 && losses.im.abs() < 1.0, "{losses}");
}

#[test]
fn loads_follow_the_voltage_as_either_version_says() {
    let load =
        |changes| json!([with(json!({"bus": 2, "p_mw": 0.1, "q_mvar": 0.02, "in_service": true}), changes)]);
    let zip = |changes| small(&[("load", load(changes))]).unwrap().loads[0].zip;
    assert_eq!(zip(json!({})), Zip::default());
    let both = Zip { p_impedance: 0.3, p_current: 0.2, q_impedance: 0.3, q_current: 0.2 };
    assert_eq!(zip(json!({"const_z_percent": 30.0, "const_i_percent": 20.0})), both);
    let apart = Zip { p_impedance: 0.3, q_current: 0.2, ..Zip::default() };
    assert_eq!(zip(json!({"const_z_p_percent": 30.0, "const_i_q_percent": 20.0})), apart);
    let message = refused(&[("load", load(json!({"const_z_p_percent": 70.0, "const_i_p_percent": 40.0})))]);
    assert!(message.contains("load 0: shares of constant impedance"), "{message}");
}

#[test]
fn phases_of_asymmetric_loads_are_kept() {
    let row = |kind| json!([{"bus": 2, "p_a_mw": 0.003, "q_b_mvar": 0.001, "scaling": 2.0, "type": kind, "name": "flat"}]);
    let network = small(&[("asymmetric_load", row("wye")), ("asymmetric_sgen", row("delta"))]).unwrap();
    let loads: Vec<_> = network.loads.iter().map(|load| (load.p_w, load.q_var, load.connection)).collect();
    assert_eq!(loads[0], (6e3, 0.0, Connection::Phase(Phase::A)));
    assert_eq!(loads[1], (0.0, 2e3, Connection::Phase(Phase::B)));
    assert_eq!(loads[3], (-6e3, 0.0, Connection::Between(Phase::A)));
    assert_eq!(network.loads[4].name, "flat, phase b");
}

#[test]
fn zero_sequences_and_vector_groups_are_read() {
    let lines = json!([line(json!({"r0_ohm_per_km": 0.8, "x0_ohm_per_km": 0.4, "c0_nf_per_km": 100.0}))]);
    let trafos = json!([trafo(json!({
        "vector_group": "Dyn5", "vk0_percent": 5.0, "vkr0_percent": 3.0, "xn_ohm": 0.1, "parallel": 2
    }))]);
    let network = small(&[("line", lines), ("trafo", trafos)]).unwrap();
    assert_eq!(network.lines[0].zero_sequence.unwrap().series_ohm, Complex64::new(0.8, 0.4));
    let transformer = &network.transformers[0];
    assert_eq!(transformer.vector_group, Some(VectorGroup::Dyn));
    // 3 % + 4 % j of 0.4 Ω, halved, and three times the neutral's reactance.
    let z = transformer.zero_sequence_ohm.unwrap();
    assert!((z - Complex64::new(0.006, 0.308)).norm() < 1e-15, "{z}");
}

#[test]
fn costs_are_read() {
    let generators = json!([{"bus": 1, "p_mw": 1.0, "vm_pu": 1.0, "in_service": true}]);
    let polynomial =
        json!([{"element": 0, "et": "gen", "cp0_eur": 5.0, "cp1_eur_per_mw": 40.0, "cp2_eur_per_mw2": 0.0}]);
    let pieces = json!([{"element": 0, "et": "ext_grid", "power_type": "p", "points": [[10.0, 20.0, 3.0], [20.0, 40.0, 4.0]]}]);
    let network = small(&[("gen", generators), ("poly_cost", polynomial), ("pwl_cost", pieces)]).unwrap();
    assert_eq!(network.generators[1].cost, Cost::Polynomial(vec![5.0, 40.0]));
    assert_eq!(
        network.generators[0].cost,
        Cost::PiecewiseLinear(vec![(10.0, 30.0), (20.0, 60.0), (40.0, 140.0)])
    );
}

/// A tap changer without the column of its type is of version 2.
#[test]
fn tap_changers_of_version_2_are_read() {
    let old = |changes: Value| {
        let mut row = trafo(changes);
        row.as_object_mut().unwrap().remove("tap_changer_type");
        small(&[("trafo", json!([row]))]).unwrap().transformers.remove(0).tap.unwrap()
    };
    assert_eq!(old(json!({"tap_phase_shifter": false})).step, 0.025);
    let shifter = old(json!({"tap_phase_shifter": true, "tap_step_percent": null, "tap_step_degree": 2.0}));
    assert_eq!((shifter.step, shifter.shift_per_step_rad), (0.0, 2_f64.to_radians()));
    assert!(
        small(&[("trafo", json!([trafo(json!({"tap_changer_type": null}))]))]).unwrap().transformers[0]
            .tap
            .is_none()
    );
}

#[test]
fn a_tap_between_positions_has_its_effect() {
    let network = small(&[("trafo", json!([trafo(json!({"tap_pos": 0.4}))]))]).unwrap();
    let (factor, shift) = network.transformers[0].tap.as_ref().unwrap().effect();
    assert!((factor - Complex64::new(1.01, 0.0)).norm() < 1e-15 && shift == 0.0, "{factor}");
}

#[test]
fn switches_are_read() {
    let switches = json!([
        {"bus": 0, "element": 1, "et": "b", "closed": false, "z_ohm": 0.0},
        {"bus": 1, "element": 0, "et": "l", "closed": true, "z_ohm": 0.0},
        {"bus": 2, "element": 0, "et": "t", "closed": true, "z_ohm": 0.0},
        {"bus": 0, "element": 1, "et": "b", "closed": true, "z_ohm": 0.5},
    ]);
    let network = small(&[("switch", switches)]).unwrap();
    let to: Vec<_> = network.switches.iter().map(|switch| (switch.to, switch.closed)).collect();
    assert_eq!(to, [(Switched::Bus(1), false), (Switched::Line(0), true), (Switched::Transformer(0), true)]);
    // One with an impedance is a line, R/X = 2.
    let z = network.lines[1].pi.series_ohm;
    assert!((z.norm() - 0.5).abs() < 1e-15 && (z.re - 2.0 * z.im).abs() < 1e-15);
}

#[test]
fn what_is_not_supported_is_named() {
    let dc = json!([{"name": "link", "from_bus": 0, "to_bus": 1, "in_service": true}]);
    for (table, rows, said) in [
        ("dcline", dc.clone(), "a DC line (dcline) is not supported: dcline 0 \"link\""),
        (
            "xward",
            json!([{"bus": 0, "in_service": true}]),
            "an extended ward (xward) is not supported: xward 0",
        ),
        ("controller", json!([{"in_service": true}]), "a controller"),
        ("wave_machine", json!([{"bus": 1, "in_service": true}]), "the unknown table wave_machine"),
        ("trafo", json!([trafo(json!({"tap_dependency_table": true}))]), "trafo 0 \"station\""),
        ("trafo", json!([trafo(json!({"tap2_pos": 2.0, "tap2_neutral": 0.0}))]), "a second tap changer"),
        ("shunt", json!([{"bus": 0, "q_mvar": 1.0, "step_dependency_table": true}]), "step_dependency_table"),
        (
            "impedance",
            json!([{"from_bus": 0, "to_bus": 1, "rft_pu": 0.1, "xft_pu": 0.1, "rtf_pu": 0.2, "xtf_pu": 0.1, "sn_mva": 1.0}]),
            "differs by direction",
        ),
        ("poly_cost", json!([{"element": 0, "et": "load", "cp1_eur_per_mw": 1.0}]), "a cost of load"),
        (
            "poly_cost",
            json!([{"element": 0, "et": "ext_grid", "cq1_eur_per_mvar": 1.0}]),
            "a cost of reactive power",
        ),
    ] {
        let message = refused(&[(table, rows)]);
        assert!(message.contains(said), "{table}: {message}");
    }
    // Out of service it hinders nobody.
    small(&[("dcline", json!([with(dc[0].clone(), json!({"in_service": false}))])), ("svc", json!([]))])
        .unwrap();
}

#[test]
fn what_is_wrong_is_named() {
    for (table, rows, said) in [
        (
            "line",
            json!([line(json!({"to_bus": 9}))]),
            "line 0 \"cable\": to_bus is 9, and there is no such bus",
        ),
        ("line", json!([line(json!({"r_ohm_per_km": null}))]), "r_ohm_per_km is missing"),
        ("line", json!([line(json!({"x_ohm_per_km": "much"}))]), "x_ohm_per_km is \"much\", not a number"),
        ("line", json!([line(json!({"parallel": 0}))]), "parallel is 0: it must be greater than 0"),
        ("line", json!([line(json!({"max_i_ka": -1.0}))]), "max_i_ka is -1"),
        ("trafo", json!([trafo(json!({"vkr_percent": 7.0}))]), "vkr_percent is 7"),
        ("trafo", json!([trafo(json!({"tap_side": "top"}))]), "tap_side is \"top\""),
        ("trafo", json!([trafo(json!({"tap_changer_type": "Spiral"}))]), "tap_changer_type is \"Spiral\""),
        ("switch", json!([{"bus": 0, "element": 0, "et": "x", "closed": true}]), "et is \"x\""),
        ("switch", json!([{"bus": 2, "element": 0, "et": "l", "closed": true}]), "bus is at neither end"),
        (
            "switch",
            json!([{"bus": 0, "element": 5, "et": "l", "closed": true}]),
            "element is 5, and there is no such line",
        ),
        ("poly_cost", json!([{"element": 4, "et": "gen"}]), "there is no gen 4"),
        (
            "pwl_cost",
            json!([{"element": 0, "et": "ext_grid", "points": [[0, 1, 1], [2, 3, 1]]}]),
            "follow each other",
        ),
        ("motor", json!([{"bus": 0, "pn_mech_mw": 1.0, "cos_phi": 1.5}]), "cos_phi must be in 0 … 1"),
    ] {
        let message = refused(&[(table, rows)]);
        assert!(message.contains(said), "{table}: {message}");
    }
    for (text, said) in
        [("{", "this is no JSON"), ("{}", "there is no _object"), ("{\"_object\": {}}", "table bus")]
    {
        let message = from_pandapower(text).unwrap_err().to_string();
        assert!(message.contains(said), "{text}: {message}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let more = [
        ("line", json!([line(json!({"to_bus": 9})), line(json!({"length_km": null}))])),
        ("svc", json!([{"bus": 0}, {"bus": 1}])),
    ];
    let Err(ImportError::Several(errors)) = small(&more) else { panic!("three things are wrong") };
    assert_eq!(errors.len(), 3);
    assert!(errors[2].to_string().ends_with("svc 0, svc 1"), "{}", errors[2]);
}
