//! Explanations: true to the bill to the n€, whatever the rule, and in the words of the case worked by hand.

use ledger::{Central, Options};
use market::rule::RuleKind;
use sim::explain::{Explanation, explain};
use sim::scenario::Overrides;
use sim::statement::{Names, read};
use sim::{Roll, Scenario, run};
use std::path::{Path, PathBuf};

/// A scenario's ledger in a file of its own, which goes when the test is over.
struct Played {
    path: PathBuf,
    names: Names,
}

impl Played {
    fn new(label: &str, text: &str) -> Self {
        let overrides = Overrides { days: Some(1), ..Overrides::default() };
        let scenario = Scenario::parse(text, label, Path::new("."), &overrides);
        let scenario = scenario.unwrap_or_else(|problems| panic!("{label}: {problems}"));
        let file = format!("explain-{label}-{:?}.sqlite", std::thread::current().id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        let _ = std::fs::remove_file(&path); // of a test that was interrupted
        let mut ledger = Central::create(&path, Options::default()).unwrap();
        run(&scenario, &mut ledger, &mut ()).unwrap_or_else(|error| panic!("{label}: {error}"));
        let names = scenario.members.iter().enumerate();
        let names =
            Names::of(names.map(|(member, described)| (Roll::account(member), described.name.clone())));
        Self { path, names }
    }

    fn explain(&self, name: &str, instant: u64) -> Explanation {
        let account = self.names.find(name, u32::MAX).unwrap();
        explain(&self.path, &self.names, account, instant, &mut |_, _| {}).unwrap().0
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // left behind it is in target/ and harmless
    }
}

/// Instants of 21 June 2021 in the houses' standard time.
fn june(hour: u64, minute: u64) -> u64 {
    1_624_230_000 + hour * 3600 + minute * 60
}

#[test]
fn the_quarter_hour_worked_by_hand_is_told_in_its_numbers() {
    let played = Played::new("two_houses", include_str!("../../../scenarios/two_houses.toml"));
    let told = played.explain("Neighbour", june(5, 52)); // any instant within
    let text = told.sentences.join("\n").replace(['\u{a0}', '\u{202f}'], " ");
    for part in [
        "Neighbour, Mon 21 June 2021, 05:45 to 06:00 (UTC+01:00):",
        "took 323 Wh: reading 24",
        "it had bought 45 Wh from neighbours at 24.33 ct/kWh, 1.095 ct in all",
        "the limit of the bid that was filled only in part, its own",
        "It wanted 7 Wh more, at up to 24.33 ct/kWh, and found no seller.",
        "The other 278 Wh came from the supplier at 16.04 ct/kWh: 4.459 ct.",
        "Grid fees came to 3.256 ct (45 Wh at 4.71 ct/kWh and 278 Wh at 10.95 ct/kWh).",
        "All in all it has paid 12.820 ct. At its supplier’s tariff alone it would have paid just as much.",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    assert_eq!((told.total.0, told.at_tariff.0), (128_198_700, 128_198_700));

    let kept = played.explain("Sunny house", june(18, 0));
    let text = kept.sentences.join("\n");
    assert!(text.contains("It gave 124 Wh less than it had sold; the supplier, at its tariff,"), "{text}");
    assert_eq!((kept.total.0, kept.at_tariff.0), (132_244_600, 92_874_600));

    // At noon the offer is filled in part.
    let noon = played.explain("Neighbour", june(12, 0)).sentences.join("\n");
    assert!(noon.contains("the limit of the offer that was filled only in part, a seller’s"), "{noon}");
}

#[test]
fn an_explanation_is_true_to_the_statement_under_every_rule() {
    let houses = include_str!("../../../scenarios/two_houses.toml");
    let price = "price = \"12 ct/kWh\"\n";
    // `coupled` is for communities that trade several carriers
    let kinds = RuleKind::ALL.into_iter().filter(|kind| kind.may_hold_money() && *kind != RuleKind::Coupled);
    for kind in kinds {
        let more = match kind {
            RuleKind::Key(_) | RuleKind::AuctionFirst => price,
            RuleKind::Pipeline => "stages = [\"high_to_low\", \"uniform_price\"]\n",
            _ => "",
        };
        let rule = format!("rule = \"{}\"\n{more}", kind.name());
        let played = Played::new(kind.name(), &houses.replace("rule = \"uniform_price\"\n", &rule));
        let found = read(&played.path, None, &mut |_, _| {}).unwrap();
        let mut reasons = 0;
        for statement in &found.statements {
            let name = played.names.get(statement.account).unwrap();
            for billed in statement.billed.iter().skip(20).step_by(11) {
                let told = played.explain(name, billed.interval.start);
                assert_eq!(told.total, billed.total(), "{} {name}", kind.name());
                assert_eq!(told.at_tariff, billed.at_tariff);
                // what the sentences say was traded is what the bill settles
                let traded: i64 = billed.contracts.iter().map(|contract| contract.energy.0).sum();
                let text = told.sentences.join("\n");
                for contract in &billed.contracts {
                    assert!(text.contains(&format!("(record {})", contract.record)), "{text}");
                }
                assert_eq!(traded == 0, billed.contracts.is_empty());
                reasons += usize::from(traded > 0);
            }
        }
        // Of a single pair, trade reduction takes nothing.
        let none = kind == RuleKind::TradeReduction;
        assert!(none == (reasons == 0), "{}: nothing was traded in the intervals tried", kind.name());
    }
}

#[test]
fn a_price_between_the_ends_is_told_with_both() {
    // Two members whose offer and demand meet exactly: any price between their limits clears the book.
    let houses = include_str!("../../../scenarios/two_houses.toml");
    let played = Played::new("between", houses);
    let found = read(&played.path, None, &mut |_, _| {}).unwrap();
    let halfway = |billed: &&sim::statement::Billed| {
        billed.contracts.iter().any(|contract| contract.price().is_some_and(|price| price.0 == 161_350))
    };
    let Some(billed) = found.statements[1].billed.iter().find(halfway) else { return };
    let text = played.explain("Neighbour", billed.interval.start).sentences.join("\n");
    assert!(text.contains("At any price from 7.94 ct/kWh to 24.33 ct/kWh nobody"), "{text}");
}

#[test]
fn carriers_cleared_together_are_explained_together() {
    let played = Played::new("heat_and_power", include_str!("../../../scenarios/heat_and_power.toml"));
    let found = read(&played.path, None, &mut |_, _| {}).unwrap();
    let plant = &found.statements[0];
    let (mut together, mut turned) = (0, 0);
    for billed in plant.billed.iter().skip(5).step_by(29) {
        let told = played.explain(played.names.get(plant.account).unwrap(), billed.interval.start);
        let of_interval = plant.billed.iter().filter(|other| other.interval == billed.interval);
        assert_eq!(told.total, of_interval.map(|billed| billed.total()).sum());
        let text = told.sentences.join("\n");
        let times = text.matches("Orders for electricity, heat and gas are cleared together").count();
        assert!(times <= 1, "{text}");
        together += times;
        turned += usize::from(text.contains("its conversion or storage had sold"));
    }
    assert!(together > 0 && turned > 0, "{together}, {turned}");
}

#[test]
fn corrections_and_shares_are_told() {
    let played = Played::new("lime_street", include_str!("../../../scenarios/lime_street.toml"));
    let found = read(&played.path, None, &mut |_, _| {}).unwrap();
    let (mut estimates, mut corrections, mut shares) = (0, 0, 0);
    for statement in &found.statements {
        let name = played.names.get(statement.account).unwrap();
        let mut starts: Vec<u64> = statement.billed.iter().map(|billed| billed.interval.start).collect();
        starts.dedup();
        for start in starts.into_iter().step_by(7) {
            let told = played.explain(name, start);
            let of_interval = statement.billed.iter().filter(|billed| billed.interval.start == start);
            assert_eq!(told.total, of_interval.map(|billed| billed.total()).sum(), "{name}");
            let text = told.sentences.join("\n");
            estimates += usize::from(text.contains("so an estimate stood in its place"));
            corrections += usize::from(text.contains("the bill was corrected by the new reading"));
            shares +=
                usize::from(text.contains("has no meter: it stands for a share of what another one counts"));
        }
    }
    assert!(estimates > 0 && corrections > 0 && shares > 0, "{estimates}, {corrections}, {shares}");
}

#[test]
fn whoever_is_not_there_is_told_who_is() {
    let names =
        Names::of([(Roll::account(0), "Sunny house".to_owned()), (Roll::account(1), "Neighbour".to_owned())]);
    let check = |text: &str, expected: &str| assert_eq!(names.find(text, 8).unwrap_err(), expected);
    check("Neighbor", "there is no member of this name: did you mean `Neighbour`?");
    check("8", "there is no account 8: members are 6 to 7");
    check("2", "account 2 is the grid operator: members begin at 6");
    let nobody = Names::default().find("Neighbour", 8).unwrap_err();
    assert_eq!(
        nobody,
        "names are not known, since there is no report beside the ledger: give an account number, 6 or more"
    );
}
