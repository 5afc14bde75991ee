//! What other programs make of the same: HiGHS of days, scipy of differences, moocore of volumes. The cases say how
//! they were made.

use learning::exact::{Enumeration, Run, Task, Weights, programme};
use learning::judgement::{Interval, hypervolume, paired_t, signed_rank};
use serde_json::Value;

fn rows(case: &str) -> Vec<Value> {
    let path = format!("{}/../../cases/{case}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(found: f64, expected: f64, tolerance: f64, what: &Value) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}: {what}");
}

#[test]
fn enumeration_and_programme_find_what_highs_finds() {
    let mut enumeration = Enumeration::default();
    for day in rows("appliances/days.json") {
        let hours = day["hours"].as_f64().unwrap();
        let weights = numbers(&day["weights"]);
        let load = numbers(&day["load"]);
        let whole = |value: &Value| value.as_u64().unwrap() as usize;
        let runs = day["runs"].as_array().unwrap().iter().map(|run| Run {
            power: run["power"].as_f64().unwrap(),
            duration: whole(&run["duration"]),
            first: whole(&run["first"]),
            last: whole(&run["last"]),
            since: whole(&run["first"]),
        });
        let task = Task {
            hours,
            weights: Weights { cost: weights[0], peak: weights[1], delay: weights[2] },
            prices: numbers(&day["prices"]),
            feed_in: numbers(&day["feed_in"]),
            peak: load.iter().copied().fold(0.0, f64::max),
            load,
            runs: runs.collect(),
        };
        let least = day["least"].as_f64().unwrap();
        close(enumeration.solve(&task), least, 1e-7, &day);
        let found = programme::solve(&task, 2_000);
        close(found.loss, least, 1e-6, &day);
        close(found.bound, least, 1e-6, &day);
    }
}

#[test]
fn tests_and_intervals_are_those_of_scipy() {
    for row in rows("judgement/tests.json") {
        let differences = numbers(&row["differences"]);
        let interval = Interval::of(&differences, 0.95).unwrap();
        let expected = numbers(&row["interval"]);
        close(interval.low, expected[0], 1e-12, &row);
        close(interval.high, expected[1], 1e-12, &row);
        for (test, name) in
            [(paired_t(&differences).unwrap(), "t"), (signed_rank(&differences), "signed_rank")]
        {
            let expected = numbers(&row[name]);
            close(test.statistic, expected[0], 1e-11, &row);
            close(test.probability, expected[1], 1e-12, &row);
        }
    }
}

#[test]
fn volumes_are_those_of_moocore() {
    for row in rows("judgement/volumes.json") {
        let three = |value: &Value| <[f64; 3]>::try_from(numbers(value)).unwrap();
        let points: Vec<[f64; 3]> = row["points"].as_array().unwrap().iter().map(three).collect();
        close(hypervolume(&points, three(&row["reference"])), row["volume"].as_f64().unwrap(), 1e-13, &row);
    }
}
