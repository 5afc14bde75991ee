use agents::Random;
use learning::home::tariff;
use learning::study::Foresight;
use learning::study::foresight::Question;
use learning::{Home, Options, Records, Series, Tariff};
fn main() {
    let arg = |n: usize| std::env::args().nth(n).unwrap();
    let n = |k: usize| arg(k).parse::<usize>().unwrap();
    let home = Home::standard(1);
    let text = std::fs::read_to_string("/tmp/fs_data.csv").unwrap();
    let rows: Vec<[f64; 3]> = text
        .lines()
        .map(|l| {
            let mut f = l.split(',').map(|x| x.parse().unwrap());
            [f.next().unwrap(), f.next().unwrap(), f.next().unwrap()]
        })
        .collect();
    let prices = Tariff::London.prices(&home, 364, 2021);
    let feed_in = tariff::feed_in(&prices);
    let part = |kind: f64| {
        let days: Vec<usize> = (0..364).filter(|d| rows[d * 24][0] == kind).collect();
        let col = |v: &dyn Fn(usize) -> f64| {
            days.iter().flat_map(|d| (d * 24..d * 24 + 24).map(v)).collect::<Vec<f64>>()
        };
        let (p, f, net, e) =
            (col(&|i| prices[i]), col(&|i| feed_in[i]), col(&|i| rows[i][1]), col(&|i| rows[i][2]));
        Records::new(24, Series { prices: &p, feed_in: &f, net: &net, expected: &e }).unwrap()
    };
    let training = part(0.0);
    // validation days, so that nothing is chosen by October
    let held_out = part(1.0).part(0..n(1)).unwrap();
    let options = Options { rounds: n(3), ..Options::home(false) };
    let q = Question {
        home,
        machines: n(6),
        training,
        held_out,
        draws: n(2),
        options,
        lanes: n(4),
        seeds: n(5),
        seed: 1,
        futures: 8,
        grid: n(7),
    };
    let _ = Random::of(1, "");
    let start = cpu_time::ProcessTime::now();
    let f = Foresight::of(&q, 2, &|_| {}).unwrap();
    println!("cpu {:?}", start.elapsed());
    for h in &f.homes {
        println!("{:?}", h.machines);
        let best: f64 = h.best.iter().map(|b| b.1).sum::<f64>() / h.best.len() as f64;
        for o in &h.others {
            let p = |v: f64| 100.0 * v / best;
            println!(
                "  {:22} {:.4} {:+.3} ({:+.3} {:+.3}) ({:+.3} {:+.3}) {:?}",
                o.method.title(),
                o.overall.loss,
                p(o.overall.over_days.mean),
                p(o.overall.over_days.low),
                p(o.overall.over_days.high),
                p(o.overall.over_seeds.low),
                p(o.overall.over_seeds.high),
                o.agreed
            );
        }
    }
}
