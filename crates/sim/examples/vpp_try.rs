use sim::{Scenario, scenario::Overrides, study::vpp::*};
fn main() {
    let scenario =
        Scenario::load("vpp", &Overrides { week: std::env::args().nth(2), ..Overrides::default() }).unwrap();
    let day = std::env::args().nth(1).map_or(0, |a| a.parse().unwrap());
    let question = Question { day, days: 1, players: vec![], lies: vec![], seed: 11 };
    let t = std::time::Instant::now();
    let study = Study::of(&scenario, &question, &mut |_| ()).unwrap();
    println!("{:?} for {} programmes", t.elapsed(), Study::steps(study.plant.players.len(), 6));
    println!(
        "gap {} v(N) {} alone {}",
        study.game.superadditivity_gap(),
        study.game.total(),
        study.all_alone()
    );
    println!("alone {:.3?}", study.game.alone());
    for o in &study.outcomes {
        println!(
            "{:22} {:.3?} op {:.3} total {:.4} excess {:.5}",
            o.concept.title(),
            o.payoffs,
            o.operator,
            o.total(),
            o.excess
        );
    }
    println!("prices {:.3?}", study.plant.prices.iter().map(|p| p.middle() * 100.0).collect::<Vec<_>>());
    println!("dual   {:.3?}", study.optimum.prices.iter().map(|p| p * 100.0).collect::<Vec<_>>());
    for (p, s) in study.plant.players.iter().zip(&study.optimum.schedules) {
        println!("{:14} {:.0?}", p.name, s);
    }
    println!("{:.3?}", study.complement);
    let t = std::time::Instant::now();
    let (q, r) = study.plant.bid(0.1, 500).unwrap();
    let sh = study.plant.share(&vec![1.0; q.len()]).unwrap();
    println!(
        "bid {r:?} far {}",
        q.iter().flatten().zip(sh.shared.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    );
    println!("{:?}", t.elapsed());
    for l in &study.lies {
        println!(
            "{} {:+.0}% day {:.4} {} caught {} acting {:.4}  gains {:?}",
            study.plant.players[l.player].name,
            l.by * 100.0,
            l.day.regret,
            l.day.detects(),
            l.caught,
            l.acting,
            l.gains
                .iter()
                .map(|g| format!("{} {:.4}/{:.4}", g.concept.name(), g.liar, g.others))
                .collect::<Vec<_>>()
        );
    }
}
