use sim::{Scenario, scenario::Overrides, study::vpp::*};
fn main() {
  for week in ["summer","winter"] {
    let scenario = Scenario::load("vpp", &Overrides{week: Some(week.into()), ..Overrides::default()}).unwrap();
    for day in 0..7 {
    let question = Question { day, days: 1, players: vec![], lies: vec![] };
    let study = Study::of(&scenario, &question, &mut |_| ()).unwrap();
    println!("{week} {day} gap {:.6} v(N) {:.2} alone {:.2} superadd gap {:.1e}", study.game.total()-study.all_alone(), study.game.total(), study.all_alone(), study.game.superadditivity_gap());
    println!("   energy {:.0?} netted {:.0} of {:.0}, ex {:?}", study.complement.energy, study.complement.netted, study.complement.given,study.outcomes.iter().map(|o| format!("{:.3}", o.excess)).collect::<Vec<_>>());
    let (p, r) = study.plant.bid(1e-5, 300).unwrap();
    let far = p.iter().zip(study.outcomes[1].prices.as_ref().unwrap()).map(|(a,b)| (a-b).abs()).fold(0.0, f64::max);
    println!("   rounds {r:?} far {far:.6} sharing loss {:.6} ", study.game.total() - study.outcomes[1].total());
    }
  }
}
