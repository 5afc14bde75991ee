//! `wattle compare` on the two houses.

use crate::support::Folder;

#[test]
fn the_same_days_cost_what_a_run_of_them_costs() {
    let folder = Folder::new();
    let compared =
        folder.wattle(&["compare", "two_houses", "--rules", "uniform_price,dynamic", "--json"]).json();
    let run = folder.wattle(&["run", "two_houses", "--json"]).json(); // its horizon is one interval
    assert_eq!(compared["rules"][0]["rule"], "uniform_price");
    assert_eq!(compared["rules"][0]["bill_neur"], run["bill_neur"]);
    assert_eq!(compared["at_tariff_neur"], run["at_tariff_neur"]);
    assert_eq!(compared["orders"], run["orders"]);
    for (member, own) in [(0, "Sunny house"), (1, "Neighbour")] {
        let bill = &compared["rules"][0]["saved"][member];
        assert_eq!((&bill["name"], &bill["bill_neur"]), (&own.into(), &run["members"][member]["bill_neur"]));
    }
    assert_eq!(compared["report"], "reports/two_houses_compare/index.html");
}

#[test]
fn the_table_explains_itself_and_the_folder_is_whole() {
    let folder = Folder::new();
    let run = folder.wattle(&["compare", "two_houses", "--out", "there", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in ["uniform_price", "supplier alone", "best lie", "With the supplier alone these 2 members"]
    {
        assert!(run.out.contains(expected), "{}", run.out);
    }
    let files = std::fs::read_dir(folder.path().join("there")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["compare.csv", "compare.parquet", "index.html", "members.csv", "members.parquet"]);
    let rows = std::fs::read_to_string(folder.path().join("there/compare.csv")).unwrap();
    assert!(rows.lines().count() > 8, "{rows}");
}

#[test]
fn two_comparisons_of_one_seed_are_the_same_bytes() {
    let folder = Folder::new();
    let read = |name: &str| {
        let run = folder.wattle(&[
            "compare",
            "village",
            "--days",
            "1",
            "--rules",
            "uniform_price,static",
            "--out",
            name,
        ]);
        assert_eq!(run.code, 0, "{}", run.err);
        ["index.html", "compare.parquet", "members.csv"]
            .map(|file| std::fs::read(folder.path().join(name).join(file)).unwrap())
    };
    assert!(read("first") == read("second"));
}

#[test]
fn a_wrong_choice_names_the_right_ones_and_writes_nothing() {
    let folder = Folder::new();
    let check = |arguments: &[&str], expected: &str| {
        let run = folder.wattle(&[&["compare", "two_houses"], arguments].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains(expected), "{arguments:?}: {}", run.err);
    };
    check(&["--rules", "uniform_price,fair"], "there is no rule `fair`: choose from all, uniform_price, ");
    check(&["--rules", ""], "there is no rule ``");
    check(&["--rules", "separate+fair"], "there is no rule `separate+fair`");
    check(&["--manipulation", "some"], "none, quick, full");
    check(&["--days", "none"], "--days: \"none\" is not a whole number");
    check(&["--week", "spring"], "week");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "something was written");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    folder.write("mine/letter.txt", "dear");
    let run = folder.wattle(&["compare", "two_houses", "--out", "mine"]);
    assert_eq!(run.complaints(2).len(), 1);
    assert!(run.err.contains("letter.txt is in the way"), "{}", run.err);
}
