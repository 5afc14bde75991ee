//! The village under other market designs, played and audited.

use ledger::{Central, Evidence, Options, audit};
use sim::scenario::{EMBEDDED, Overrides};
use sim::{Scenario, Summary, run};

/// A day in the village with electricity traded by this rule, heat and gas cleared together; audited from its file.
fn day(rule: &str) -> Summary {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "village").unwrap().1;
    let market = "[market.electricity]\nrule = ";
    let text = text.replace(&format!("{market}\"coupled\""), &format!("{market}\"{rule}\""));
    assert!(text.contains(&format!("{market}\"{rule}\"")));
    let overrides = Overrides { days: Some(1), ..Overrides::default() };
    let scenario = Scenario::parse(&text, "village", ".".as_ref(), &overrides).unwrap();
    let path = std::env::temp_dir().join(format!("wattle-{rule}-{}.sqlite", std::process::id()));
    let mut ledger = Central::create(&path, Options::default()).unwrap();
    let summary = run(&scenario, &mut ledger, &mut ()).unwrap();
    drop(ledger);
    let audit = audit(&path, &Evidence::default(), &mut |_, _| {}).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(audit.first_violation, None, "{rule}");
    assert_eq!(audit.root, summary.root);
    summary
}

#[test]
fn an_open_book_trades_all_day() {
    let summary = day("continuous");
    assert!(summary.carriers[0].traded.0 > 0);
    assert!(summary.bill() < summary.at_tariff());
}

#[test]
fn books_cleared_together_without_blocks_are_auctions_at_a_uniform_price() {
    let (together, alone) = (day("uniform_price_blocks"), day("uniform_price"));
    assert_eq!(together.carriers, alone.carriers);
    assert_eq!(together.members, alone.members);
}
