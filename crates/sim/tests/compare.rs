//! What `compare` says a design costs is what a ledger under that design posts, to the last n€.

use ledger::{Central, Options};
use market::rule::RuleKind;
use market::{Carrier, Fraction, Price, PriceConvention, Quality, Rule};
use sim::compare::{Comparison, Design, Designs, Effort, compare, record};
use sim::scenario::{Overrides, Wishes};
use sim::{Scenario, Summary, run};

fn scenario(name: &str, days: u32) -> Scenario {
    Scenario::load(name, &Overrides { days: Some(days), ..Overrides::default() }).unwrap()
}

fn compared(scenario: &Scenario, designs: &str) -> Comparison {
    let designs = Designs::parse(designs).unwrap().0;
    let comparison = compare(scenario, &designs, Effort::None, &mut |_, _| {}).unwrap();
    assert_eq!(comparison.skipped, []);
    comparison
}

/// A run on a ledger whose books are auctioned once, under a rule of one's choice.
fn ledger(scenario: &Scenario, rule: Option<Rule>) -> Summary {
    let mut scenario = scenario.clone();
    scenario.community.horizon = 1;
    if let Some(rule) = rule {
        scenario.community.markets.iter_mut().for_each(|market| market.rule = rule);
    }
    run(&scenario, &mut Central::in_memory(Options::default()).unwrap(), &mut ()).unwrap()
}

fn check(comparison: &Comparison, ledger: &Summary) {
    let design = &comparison.designs[0];
    assert_eq!(comparison.community.members.len(), ledger.members.len());
    for (account, member) in design.measured.members.iter().zip(&ledger.members) {
        assert_eq!((account.bill, account.at_tariff), (member.bill, member.at_tariff), "{}", member.name);
        let sum = |energies: [market::Energy; 3]| energies.into_iter().sum::<market::Energy>();
        assert_eq!([sum(account.bought), sum(account.sold)], member.traded, "{}", member.name);
    }
    let traded = design.measured.bill() != design.measured.at_tariff();
    // A pair alone is the marginal pair, which stays out.
    assert!(traded || design.design.kind() == RuleKind::TradeReduction, "{}", design.design.name());
}

#[test]
fn the_village_pays_what_its_ledger_posts() {
    let scenario = scenario("village", 2);
    let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    check(&compared(&scenario, "uniform_price"), &ledger(&scenario, Some(rule)));
}

#[test]
fn offers_that_nobody_recorded_cannot_be_compared() {
    let scenario = scenario("two_houses", 1);
    let designs = Designs::parse("uniform_price,coupled").unwrap().0;
    let comparison = compare(&scenario, &designs, Effort::None, &mut |_, _| {}).unwrap();
    assert_eq!(comparison.designs.len(), 1);
    let (design, why) = &comparison.skipped[0];
    assert!(
        design.kind() == RuleKind::Coupled && why.starts_with("the recorded orders hold no offers"),
        "{why}"
    );
}

// Nothing in these two houses reacts to trades, so orders and readings are the same under every rule.
#[test]
fn two_houses_pay_what_their_ledger_posts_under_every_rule_that_a_ledger_takes() {
    let mut scenario = scenario("two_houses", 1);
    scenario.members[1].wishes = Wishes { wants: Quality::Local, premium: Price(9_000), ..Wishes::default() };
    let recording = record(&scenario, true).unwrap();
    let mut checked = 0;
    let ours = |design: &Design| design.kind().may_hold_money() && design.kind() != RuleKind::Coupled;
    for design in Designs::all().0.into_iter().filter(ours) {
        let ledger = ledger(&scenario, Some(design.rule(Carrier::Electricity, &recording)));
        check(&compared(&scenario, &design.name()), &ledger);
        checked += 1;
    }
    assert!(checked >= 18, "{checked}");
}

#[test]
fn a_premium_from_outside_leaves_every_bill_at_the_supplier_less_the_premium() {
    let scenario = scenario("two_houses", 1);
    let comparison = compared(&scenario, "incentive");
    let measured = &comparison.designs[0].measured;
    // Nothing is delivered among members; what they save is what somebody outside pays.
    assert_eq!((measured.traded(Carrier::Electricity).0, measured.saved()), (0, -measured.surplus));
    assert!(measured.saved().0 > 0);
}

#[test]
fn welfare_and_budget_add_up() {
    let scenario = scenario("village", 1);
    let comparison = compared(&scenario, "uniform_price,pay_as_bid,dynamic");
    let [uniform, pay_as_bid, dynamic] = [0, 1, 2].map(|number| &comparison.designs[number].measured);
    // Both auctions trade the same energy, so all that differs is who gets the gain.
    assert_eq!((uniform.welfare(), uniform.saved()), (pay_as_bid.welfare(), pay_as_bid.saved()));
    assert!(uniform.members != pay_as_bid.members);
    assert!(uniform.welfare().0 > 0);
    for measured in [uniform, pay_as_bid, dynamic] {
        assert_eq!(measured.surplus.0, 0);
        assert_eq!(measured.at_tariff(), uniform.at_tariff());
    }
}

#[test]
fn the_same_seed_gives_the_same_comparison() {
    let scenario = scenario("two_houses", 1);
    let designs: Vec<Design> = Designs::parse("uniform_price,pay_as_bid,static").unwrap().0;
    let run = || format!("{:?}", compare(&scenario, &designs, Effort::Quick, &mut |_, _| {}).unwrap());
    assert_eq!(run(), run());
}
