//! The documents: every relative link leads somewhere.

use crate::support::{Folder, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "reports" | ".git") {
            documents(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[test]
fn every_relative_link_in_a_document_leads_somewhere() {
    let mut found = Vec::new();
    documents(root(), &mut found);
    let mut links = 0;
    let mut broken = Vec::new();
    for document in found {
        let text = std::fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', ' ', '\n']).next().unwrap();
            let path = target.split('#').next().unwrap();
            if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            if !folder.join(path).exists() {
                broken.push(format!("{} leads to {target}, which is not there", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(links > 10, "only {links} links were found: the documents have moved");
}

#[test]
fn every_command_in_the_readme_works_in_its_order() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("examples")).unwrap();
    for example in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = example.unwrap().path();
        std::fs::copy(&path, folder.path().join("examples").join(path.file_name().unwrap())).unwrap();
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = 0;
    for line in readme.lines() {
        let Some(command) = line.strip_prefix("cargo run --release -- ") else { continue };
        let arguments: Vec<&str> = command.split('#').next().unwrap().split_whitespace().collect();
        let run = folder.wattle(&arguments);
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        commands += 1;
    }
    assert!(commands >= 7, "only {commands} commands were found in the README");
}

/// Every name of a field, at any depth.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                found.insert(name.clone());
                fields(inner, found);
            }
        }
        Value::Array(array) => array.iter().for_each(|inner| fields(inner, found)),
        _ => {}
    }
}

#[test]
fn the_forms_are_the_documented_ones() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(root().join("docs/forms.md")).unwrap();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price\nb,ann,buy,9,9\ns,ben,sell,9,9\nx,ann,buy,0,0\n",
    );
    folder.write("day.csv", "t,load.Bakery.p_w\n0,9000\n1,19000\n");
    folder.write("metered.csv", "t,generation_wh,ann\n0,10,9\n");
    let with_options = vec!["community", "premium_neur", "fund_neur", "bought_wh", "from", "producer"];
    let verbs = [
        ("clear", vec!["clear", "orders.csv", "--json"], vec![]),
        ("share", vec!["share", "metered.csv", "--json"], with_options),
        ("run", vec!["run", "village", "--days", "1", "--json"], vec!["code", "count"]), // nothing is refused there
        ("compare", vec!["compare", "two_houses", "--json"], vec!["reason"]), // nothing is left out
        (
            "study vpp",
            vec!["study", "vpp", "--players", "Solar park,Battery", "--lies", "50", "--json"],
            vec![],
        ),
        // Nothing is varied.
        ("study appliances", vec!["study", "appliances", "--quick", "--json"], vec!["variant"]),
        ("study rollup", vec!["study", "rollup", "--households", "2", "--json"], vec![]),
        ("flow", vec!["flow", "--json"], vec!["value", "limit", "allowed", "transformer", "position"]),
        ("flow --series", vec!["flow", "--series", "day.csv", "--json"], vec!["why"]), // every step is solved
        ("flow --unbalanced", vec!["flow", "--unbalanced", "--json"], vec![]),
        ("opf", vec!["opf", "--json"], vec![]),
        ("audit", vec!["audit", "reports/village.sqlite", "--json"], vec!["record", "reason"]),
        ("config", vec!["config", "--json"], vec![]),
        (
            "train --json",
            vec![
                "train",
                "--rounds",
                "1",
                "--set",
                "lanes=8",
                "--set",
                "updates=1",
                "--out",
                "policy",
                "--json",
            ],
            vec![],
        ),
        (
            "train --evaluate",
            vec!["train", "--evaluate", "policy", "--preference", "1,0,0", "--json"],
            vec![],
        ),
    ];
    for (verb, arguments, without_occasion) in verbs {
        let section =
            text.split("\n## ").find(|section| section.starts_with(&format!("`wattle {verb}"))).unwrap();
        let block = section.split("```").nth(1).unwrap();
        let documented: BTreeSet<String> = block.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let mut printed: BTreeSet<String> = without_occasion.into_iter().map(str::to_owned).collect();
        fields(&folder.wattle(&arguments).json(), &mut printed);
        assert_eq!(printed, documented, "the form of `wattle {verb}`");
    }
}
