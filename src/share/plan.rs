//! What is shared, and how: the files beside the metered one, and the key row by row.

use super::SharedRow;
use crate::cli::ShareOptions;
use crate::failure::{Failure, Problem};
use crate::metered::{Coefficients, Factors, MeteredFile, ShareFile, Time, Trades, WHOLE};
use market::apportion::RunningFloor;
use market::rule::sharing::{self, Shares};
use market::{Energy, Money, SharingKey};

/// Everything that the options name, read and checked.
pub(super) struct Plan {
    shares: Option<ShareFile>,
    coefficients: Option<Coefficients>,
    trades: Option<Trades>,
    /// The members, whoever comes first under `priority` first.
    order: Vec<usize>,
}

const HOUR: i64 = 3_600;

impl Plan {
    /// Reads what belongs to the key, and leaves of the metered file what takes part in this community.
    pub(super) fn read(options: &ShareOptions, file: &mut MeteredFile) -> Result<Self, Failure> {
        let mut problems = contradictions(options);
        let order = order(options, file, &mut problems);
        if options.key == SharingKey::Incentive {
            let numbered = file.rows.iter().any(|row| matches!(row.time, Time::Number(_)));
            if numbered || file.length() > HOUR {
                let what = "an incentive is paid per hour: give every row an instant, and an hour at most";
                problems.push(Problem::new(options.metered.display(), what));
            }
        }
        if options.after.is_some() && file.producers.len() > 1 {
            let what = "trades do not say who sold: add the columns of generation up into one";
            problems.push(Problem::new("--after", what));
        }
        if !problems.is_empty() {
            return Err(Failure::Input(problems));
        }
        let all = [
            options.shares.as_ref().map(|path| ShareFile::read(path, &file.members).map(Part::Shares)),
            options.coefficients.as_ref().map(|path| Coefficients::read(path, file).map(Part::Coefficients)),
            options.after.as_ref().map(|path| Trades::read(path, file).map(Part::Trades)),
            options.factors.as_ref().map(|path| {
                let community = options.community.as_deref().unwrap_or_default();
                Factors::read(path, community, file).map(Part::Factors)
            }),
        ];
        let mut plan = Self { shares: None, coefficients: None, trades: None, order };
        for part in all.into_iter().flatten() {
            match part {
                Ok(Part::Shares(shares)) => plan.shares = Some(shares),
                Ok(Part::Coefficients(coefficients)) => plan.coefficients = Some(coefficients),
                Ok(Part::Trades(trades)) => plan.trades = Some(trades),
                Ok(Part::Factors(factors)) => factors.cut(file),
                Err(Failure::Input(mut more)) => problems.append(&mut more),
                Err(failure) => return Err(failure),
            }
        }
        if problems.is_empty() { Ok(plan) } else { Err(Failure::Input(problems)) }
    }

    /// The shares of a key that works with them; an incentive's shares divide money.
    pub(super) fn shares(&self, options: &ShareOptions) -> Option<&ShareFile> {
        self.shares.as_ref().filter(|_| options.key != SharingKey::Incentive)
    }

    /// Shares every row.
    pub(super) fn rows(&self, options: &ShareOptions, file: &MeteredFile) -> Vec<SharedRow> {
        if options.key == SharingKey::Incentive {
            let hours = file.rows.chunk_by(|one, other| hour(&one.time) == hour(&other.time));
            let mut first = 0;
            let rows = hours.map(|hour| {
                let row = self.row(options, file, first..first + hour.len());
                first += hour.len();
                row
            });
            return rows.collect();
        }
        (0..file.rows.len()).map(|row| self.row(options, file, row..row + 1)).collect()
    }

    /// Shares one row, or the rows of one hour together.
    fn row(&self, options: &ShareOptions, file: &MeteredFile, rows: std::ops::Range<usize>) -> SharedRow {
        let ShareOptions { key, rounding, premium, .. } = *options;
        let first = rows.start;
        let mut generation = vec![Energy::ZERO; file.producers.len()];
        let mut rest = vec![Energy::ZERO; file.members.len()];
        let mut bought = Vec::new();
        for index in rows {
            let row = &file.rows[index];
            add(&mut generation, &row.generation);
            add(&mut rest, &row.consumption);
            if let Some(trades) = &self.trades {
                bought.resize(file.members.len(), Energy::ZERO);
                add(&mut bought, trades.of(index));
            }
        }
        // What was bought before is not shared again; what was bought and not used is no generation either.
        if !bought.is_empty() {
            let sold: Energy = bought.iter().copied().sum();
            generation.iter_mut().for_each(|energy| *energy = less(*energy, sold));
            rest.iter_mut().zip(&bought).for_each(|(rest, bought)| *rest = less(*rest, *bought));
        }
        let number = match &file.rows[first].time {
            Time::Instant(_, seconds) if key == SharingKey::Incentive => {
                seconds.div_euclid(HOUR).unsigned_abs()
            }
            _ => file.interval(first),
        };
        let mut energy = vec![Energy::ZERO; file.members.len()];
        let mut from = vec![Vec::new(); if generation.len() > 1 { file.members.len() } else { 0 }];
        let mut parts = Vec::new();
        let mut give = |shares: Shares<'_>, generation: Energy, rest: &mut [Energy]| {
            let asked: Vec<Energy> = self.order.iter().map(|member| rest[*member]).collect();
            sharing::share(key, shares, &asked, generation, number, rounding, &mut parts);
            for (member, part) in self.order.iter().zip(&parts) {
                energy[*member] += *part;
                rest[*member] -= *part;
            }
            parts.clone()
        };
        if let Some(coefficients) = &self.coefficients {
            for (producer, generation) in generation.iter().enumerate() {
                let given = give(coefficients.shares(first, producer), *generation, &mut rest);
                from.iter_mut().zip(given).for_each(|(from, part)| from.push(part));
            }
        } else {
            let shares = self.shares(options).map_or(Shares::NONE, ShareFile::shares);
            give(shares, generation.iter().copied().sum(), &mut rest);
            from.clear();
        }
        let generation = generation.into_iter().sum();
        let mut row = SharedRow {
            first,
            generation,
            energy,
            rest,
            from,
            bought,
            premium: Vec::new(),
            fund: Money::ZERO,
        };
        if let Some(price) = premium {
            let total = row.energy.iter().copied().sum::<Energy>() * price;
            row.premium = self.premium(total, &row.energy, price);
            row.fund = total - row.premium.iter().copied().sum();
        }
        row
    }

    /// A premium by statute, or for what each has shared.
    fn premium(&self, total: Money, energy: &[Energy], price: market::Price) -> Vec<Money> {
        let Some(shares) = &self.shares else {
            return energy.iter().map(|energy| *energy * price).collect();
        };
        let mut parts = RunningFloor::at((total.0.unsigned_abs(), WHOLE.into()));
        shares.parts.iter().map(|part| Money(parts.next((*part).into()) as i128)).collect()
    }
}

/// One of the files beside the metered one.
enum Part {
    Shares(ShareFile),
    Coefficients(Coefficients),
    Trades(Trades),
    Factors(Factors),
}

fn hour(time: &Time) -> i64 {
    time.value().div_euclid(HOUR)
}

fn add(sums: &mut [Energy], energies: &[Energy]) {
    sums.iter_mut().zip(energies).for_each(|(sum, energy)| *sum += *energy);
}

/// One less the other, at least nothing.
fn less(one: Energy, other: Energy) -> Energy {
    Energy((one - other).0.max(0))
}

/// What the key lacks, and what it has no use for.
fn contradictions(options: &ShareOptions) -> Vec<Problem> {
    use SharingKey::{Cascade, FullDynamic, Hybrid, Incentive, Priority, Static};
    let key = options.key;
    let mut problems = Vec::new();
    let mut needs = |given: bool, wanted: bool, what: &str| {
        if wanted && !given {
            let what = format!("the {} key needs {what}", key.name());
            problems.push(Problem::new(format_args!("--key {}", key.name()), what));
        }
    };
    let shares = "every member's share: add --shares FILE with the columns member,share";
    needs(options.shares.is_some(), matches!(key, Static | Hybrid | Cascade), shares);
    let pairs = "a coefficient for every pair: add --coefficients FILE with the columns t,member,coefficient";
    needs(options.coefficients.is_some(), key == FullDynamic, pairs);
    let premium = "what is paid for shared energy: add --premium PRICE in n€/Wh";
    needs(options.premium.is_some(), key == Incentive, premium);
    let mut useless = |given: bool, used: bool, option: &str, what: &str| {
        if given && !used {
            let what = format!("the key {} takes no {what}: leave {option} out", key.name());
            problems.push(Problem::new(option, what));
        }
    };
    let shares = matches!(key, Static | Hybrid | Cascade | Incentive);
    useless(options.shares.is_some(), shares, "--shares", "shares");
    useless(options.coefficients.is_some(), key == FullDynamic, "--coefficients", "coefficients");
    useless(options.premium.is_some(), key == Incentive, "--premium", "premium");
    useless(!options.priority.is_empty(), key == Priority, "--priority", "order of members");
    if options.export.is_some() && key == Incentive {
        let what = "an incentive is paid and shares no energy at the meters: leave --export out";
        problems.push(Problem::new("--export", what));
    }
    problems
}

/// The members in the order of `--priority`; whoever is not named follows in the file's order.
fn order(options: &ShareOptions, file: &MeteredFile, problems: &mut Vec<Problem>) -> Vec<usize> {
    let mut order = Vec::with_capacity(file.members.len());
    for name in &options.priority {
        match file.members.iter().position(|member| member == name) {
            None => {
                let what = format!("\"{name}\" has no column in the metered file");
                problems.push(Problem::new("--priority", what));
            }
            Some(member) if order.contains(&member) => {
                problems.push(Problem::new("--priority", format!("\"{name}\" is named twice: remove one")));
            }
            Some(member) => order.push(member),
        }
    }
    let others: Vec<usize> = (0..file.members.len()).filter(|member| !order.contains(member)).collect();
    order.extend(others);
    order
}
