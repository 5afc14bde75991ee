//! The page of attributes tells of every attribute there is.

use crate::support::root;

/// Structs and enums of the model, in the page's order, and where they are.
const TYPES: [(&str, &str); 22] = [
    ("Network", "network"),
    ("Bus", "network"),
    ("Position", "network"),
    ("Line", "line"),
    ("Pi", "line"),
    ("Rating", "line"),
    ("Transformer", "transformer"),
    ("TapChanger", "transformer"),
    ("VoltageControl", "transformer"),
    ("VectorGroup", "transformer"),
    ("ThreeWindingTransformer", "transformer"),
    ("Winding", "transformer"),
    ("Switch", "switch"),
    ("Switched", "switch"),
    ("Load", "load"),
    ("Zip", "load"),
    ("Connection", "load"),
    ("Shunt", "load"),
    ("Generator", "generator"),
    ("Control", "generator"),
    ("Cost", "generator"),
    ("Storage", "generator"),
];

/// Names of a struct's public fields or of an enum's variants, as its source has them.
fn declared(source: &str, name: &str) -> Vec<String> {
    let starts = [format!("pub struct {name} {{"), format!("pub enum {name} {{")];
    let body = source.lines().skip_while(|line| !starts.iter().any(|start| line == start)).skip(1);
    body.take_while(|line| *line != "}")
        .filter_map(|line| {
            // Members are indented once; a variant's fields are indented twice.
            let member = line.strip_prefix("    ")?;
            let member = member.strip_prefix("pub ").unwrap_or(member);
            let end = member.find([':', '(', ',', ' ']).unwrap_or(member.len());
            let word = &member[..end];
            let is_name = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
            is_name.then(|| word.to_owned())
        })
        .collect()
}

/// First cells of the table under a heading.
fn described(page: &str, name: &str) -> Vec<String> {
    let heading = format!("## {name}");
    let section = page.lines().skip_while(|line| *line != heading).skip(1);
    section
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .collect()
}

#[test]
fn every_attribute_of_every_element_is_described_and_none_is_invented() {
    let page = std::fs::read_to_string(root().join("docs/grid/networks.md")).unwrap();
    for (name, file) in TYPES {
        let path = root().join(format!("crates/grid/src/electric/{file}.rs"));
        let declared = declared(&std::fs::read_to_string(path).unwrap(), name);
        assert!(!declared.is_empty(), "{name} is not in {file}.rs");
        assert_eq!(described(&page, name), declared, "{name}");
    }
}

#[test]
fn every_fault_is_described() {
    let page = std::fs::read_to_string(root().join("docs/grid/networks.md")).unwrap();
    let source = std::fs::read_to_string(root().join("crates/grid/src/electric/problem/mod.rs")).unwrap();
    assert_eq!(described(&page, "What is wrong with a network"), declared(&source, "Fault"));
}

/// The page has rows for all types of the model's files, so that a new type is noticed too.
#[test]
fn every_type_of_the_model_is_on_the_page() {
    let page = std::fs::read_to_string(root().join("docs/grid/networks.md")).unwrap();
    // Phases and sides are told where they are used.
    let elsewhere = ["Phase", "Side"];
    for file in ["network", "line", "transformer", "switch", "load", "generator"] {
        let path = root().join(format!("crates/grid/src/electric/{file}.rs"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let name = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            if let Some(name) = name.and_then(|name| name.strip_suffix(" {"))
                && !elsewhere.contains(&name)
            {
                assert!(page.contains(&format!("\n## {name}\n")), "{name} of {file}.rs");
            }
        }
    }
}
