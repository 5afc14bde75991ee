//! Cases worked by hand: the search finds exactly the claim that the working says.

use super::Cleared;
use super::instance::Instance;
use crate::cases::{integer, json, root};
use market::{Carrier, ConversionClaim, Energy, Fraction, Money, NodeClaim, Price, StorageClaim};
use serde_json::Value;

#[test]
fn the_claims_worked_by_hand_are_found() {
    let mut cases = 0;
    for folder in std::fs::read_dir(root().join("cases/coupled")).unwrap().map(|entry| entry.unwrap().path())
    {
        if !folder.join("input.json").is_file() {
            continue;
        }
        println!("{}", folder.display());
        let (input, expected) = (json(&folder.join("input.json")), json(&folder.join("expected.json")));
        let (instance, k) = (read(&input), Fraction::parse(input["k"].as_str().unwrap()).unwrap());
        let mut problem = instance.problem();
        for node in &mut problem.nodes {
            (node.k, node.collar) =
                (k, (Price(number(&input["collar"][0])), Price(number(&input["collar"][1]))));
        }
        let cleared = Cleared::of(&problem).unwrap();
        assert_eq!(cleared.welfare(&problem), Money(number(&expected["welfare"]).into()));
        assert_eq!(cleared.surplus(), Money(number(&expected["surplus"]).into()));
        assert_eq!(cleared.nodes, list(&expected["nodes"], node));
        assert_eq!(cleared.conversions, list(&expected["conversions"], conversion));
        assert_eq!(cleared.storages, list(&expected["storages"], storage));
        cases += 1;
    }
    assert!(cases >= 6, "{cases}");
}

/// An input as the rows of the random instances would say it.
fn read(input: &Value) -> Instance {
    let names = list(&input["carriers"], |name| name.as_str().unwrap().to_owned());
    let carriers: Vec<Carrier> =
        Carrier::ALL.into_iter().filter(|carrier| names.iter().any(|name| name == carrier.name())).collect();
    let carrier = |name: &Value| {
        carriers.iter().position(|carrier| carrier.name() == name.as_str().unwrap()).unwrap() as i64
    };
    let mut instance = Instance::new(number(&input["intervals"]) as usize, carriers.len());
    let place = |interval: &Value, of: &Value| number(interval) * carriers.len() as i64 + carrier(of);
    for order in input["orders"].as_array().unwrap() {
        let kind = if order["side"] == "buy" { "b" } else { "o" };
        let node = place(&order["interval"], &order["carrier"]);
        instance.enter(kind, &[node, number(&order["limit_price"]), number(&order["energy_wh"])]);
    }
    for of in input["conversions"].as_array().unwrap() {
        let mut row =
            vec![place(&of["interval"], &of["input"]), number(&of["capacity_wh"]), number(&of["cost"])];
        for output in of["outputs"].as_array().unwrap() {
            row.extend([place(&of["interval"], &output["carrier"]), number(&output["ratio_ppm"])]);
        }
        instance.enter("c", &row);
    }
    for of in input["storages"].as_array().unwrap() {
        let fields = ["charge_wh", "discharge_wh", "capacity_wh", "level_wh", "least_wh"];
        let efficiencies = ["charge_efficiency_ppm", "discharge_efficiency_ppm", "kept_ppm", "cost"];
        let mut row = vec![number(&of["interval"]), 1 + number(&of["further"]), carrier(&of["carrier"])];
        row.extend(fields.iter().chain(&efficiencies).map(|field| number(&of[field])));
        instance.enter("s", &row);
    }
    instance
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| integer(&value.to_string()))
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(each).collect()
}

fn energies(value: &Value) -> Vec<Energy> {
    list(value, |energy| Energy(number(energy)))
}

fn node(of: &Value) -> NodeClaim {
    NodeClaim {
        price: Price(number(&of["price"])),
        between: of["between"].as_bool().unwrap(),
        margin: energies(&of["margin_wh"]).try_into().unwrap(),
        short: energies(&of["short_wh"]).try_into().unwrap(),
    }
}

fn conversion(of: &Value) -> ConversionClaim {
    ConversionClaim { input: Energy(number(&of["input_wh"])), outputs: energies(&of["outputs_wh"]) }
}

fn storage(of: &Value) -> StorageClaim {
    StorageClaim {
        flows: energies(&of["flows_wh"]),
        values: list(&of["values"], |value| Price(number(value))),
    }
}
