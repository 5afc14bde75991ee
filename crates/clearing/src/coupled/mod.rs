//! Finding a coupled clearing.

mod prices;
mod programme;
mod ratio;
mod simplex;

use market::rule::coupled::Coupled;
use programme::Programme;
use simplex::Simplex;

/// The lowest equilibrium price of each node alone; the end of the collar where there is none.
fn alone(problem: &Coupled<'_>, programme: &Programme) -> Vec<i64> {
    let price = |(node, curve): (usize, &Vec<programme::Step>)| {
        let served = programme.served[node];
        let at = curve.partition_point(|step| step.before + step.total() < served);
        curve.get(at).map_or(problem.nodes[node].collar.0.0, |step| step.limit)
    };
    programme.curves.iter().enumerate().map(price).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::rule::coupled::{Converter, Node, Reservoir};
    use market::*;

    #[test]
    fn highs() {
        let text = std::fs::read_to_string("../../cases/coupled/random/instances.csv").unwrap();
        let mut lines = text.lines().peekable();
        let mut n = 0;
        while let Some(head) = lines.next() {
            let h: Vec<&str> = head.split(',').collect();
            let (t, c): (usize, usize) = (h[1].parse().unwrap(), h[2].parse().unwrap());
            let optimum: f64 = h[3].parse().unwrap();
            let mut books = vec![Book::default(); t * c];
            let (mut conversions, mut storages) = (vec![], vec![]);
            while let Some(line) = lines.next_if(|line| !line.starts_with('i')) {
                let f: Vec<&str> = line.split(',').collect();
                let v: Vec<i64> = f[1..].iter().map(|x| x.parse().unwrap()).collect();
                match f[0] {
                    "b" | "o" => {
                        let book = &mut books[v[0] as usize];
                        let side = if f[0] == "b" { &mut book.bids } else { &mut book.offers };
                        side.push(BookOrder {
                            limit: Price(v[1]),
                            energy: Energy(v[2]),
                            account: AccountId(6 + side.len() as u32),
                            meter: MeterId(0),
                            arrival: side.len() as u32,
                            time_in_force: TimeInForce::NextClearing,
                        });
                    }
                    "c" => conversions.push(Converter {
                        input: v[0] as usize,
                        outputs: v[3..].chunks(2).map(|p| (p[0] as usize, p[1] as u32)).collect(),
                        capacity: Energy(v[1]),
                        cost: Price(v[2]),
                    }),
                    _ => storages.push(Reservoir {
                        nodes: (0..v[1]).map(|at| (v[0] + at) as usize * c + v[2] as usize).collect(),
                        power: [Energy(v[3]), Energy(v[4])],
                        capacity: Energy(v[5]),
                        levels: [Energy(v[6]), Energy(v[7])],
                        efficiencies: [v[8] as u32, v[9] as u32, v[10] as u32],
                        cost: Price(v[11]),
                    }),
                }
            }
            let nodes = books
                .iter()
                .enumerate()
                .map(|(at, book)| Node {
                    carrier: Carrier::ALL[at % c],
                    interval: DeliveryInterval { start: (at / c) as u64 * 900, duration: 900 },
                    book,
                    k: Fraction::HALF,
                    collar: (Price(-MAX_PRICE.0), MAX_PRICE),
                })
                .collect();
            let problem = Coupled { nodes, conversions, storages };
            let programme = Programme::of(&problem);
            let mut simplex = Simplex::new(&programme, &alone(&problem, &programme));
            if !simplex.solve() { println!("{n}: unsolved"); n += 1; continue; }
            let w = simplex.welfare();
            if (w - optimum).abs() > 1e-9 * optimum.abs() + 1e-3 {
                println!("{n}: {w} {optimum}");
            }
            prices::choose(&problem.nodes, &mut simplex);
            let w2 = simplex.welfare();
            if (w - w2).abs() > 1e-9 * optimum.abs() + 1e-3 {
                println!("{n}: moved {w} {w2}");
            }
            let exact = simplex.exact();
            match exact {
                None => println!("{n}: no exact"),
                Some(p) => {
                    for (a, b) in p.iter().zip(&simplex.prices) {
                        if (a.to_f64() - b).abs() > 1e-6 { println!("{n}: exact {} {b}", a.to_f64()) }
                    }
                }
            }
            n += 1;
        }
        panic!("{n} done");
    }
}
