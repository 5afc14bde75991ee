use sim::{Scenario, scenario::Overrides, study::vpp::*};
fn main() {
    let scenario = Scenario::load("vpp", &Overrides{week: std::env::args().nth(2), ..Overrides::default()}).unwrap();
    let day = std::env::args().nth(1).map_or(0, |a| a.parse().unwrap());
    let question = Question { day, days: 1, players: vec![], lies: vec![-0.5, 0.5] };
    let t = std::time::Instant::now();
    let study = Study::of(&scenario, &question, &mut |_| ()).unwrap();
    println!("{:?} for {} programmes", t.elapsed(), Study::steps(study.plant.players.len(), 2));
    println!("gap {} v(N) {} alone {}", study.game.superadditivity_gap(), study.game.total(), study.all_alone());
    println!("alone {:.3?}", study.game.alone());
    for o in &study.outcomes { println!("{:22} {:.3?} op {:.3} total {:.4} excess {:.5}", o.concept.title(), o.payoffs, o.operator, o.total(), o.excess); }
    println!("prices {:.3?}", study.plant.prices.iter().map(|p| p.middle()*100.0).collect::<Vec<_>>());
    println!("dual   {:.3?}", study.optimum.prices.iter().map(|p| p*100.0).collect::<Vec<_>>());
    for (p, s) in study.plant.players.iter().zip(&study.optimum.schedules) { println!("{:14} {:.0?}", p.name, s); }
    println!("{:.3?}", study.complement);
    let t = std::time::Instant::now();
    println!("bid {:?}", study.plant.bid(1e-5, 200).map(|b| b.1));
    println!("{:?}", t.elapsed());
    for l in &study.lies { println!("{} {:+.0}% regret {:.4} > {:.4}: {}  gains {:?}", study.plant.players[l.player].name, l.by*100.0, l.verdict.regret, l.verdict.tolerated, l.verdict.detects(), l.gains.iter().map(|g| format!("{} {:.4}/{:.4}", g.concept.name(), g.liar, g.others)).collect::<Vec<_>>()); }
}
