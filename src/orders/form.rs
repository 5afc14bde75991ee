//! The form every kind of order file shares: names of columns, and what each value must be.

use super::value::{self, MOST_INTERVALS};
use super::{FileOrder, Interval, Intervals, OrderFile, UNKNOWN, Wishes};
use crate::failure::{Failure, Problem};
use market::rule::RuleKind;
use market::{AccountId, MAX_PRICE, Price, Side, TimeInForce, Wish};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Columns that must be there.
const NEEDED: [&str; 5] = ["id", "account", "side", "energy_wh", "limit_price"];

/// Columns that may be there.
const OPTIONAL: [&str; 11] = [
    "carrier",
    "quality",
    "premium_percent",
    "min_fill_wh",
    "partner",
    "location",
    "time_in_force",
    "interval",
    "block",
    "curve",
    "fall",
];

/// Where each column stands in the file.
#[derive(Debug)]
pub(super) struct Columns {
    needed: [usize; 5],
    optional: [Option<usize>; OPTIONAL.len()],
}

impl Columns {
    /// Finds the columns by name; reports every one that is missing, doubled or unknown
    /// on the line that names them.
    pub(super) fn find(path: &Path, line: u64, names: &[String], reader: &mut Reader) -> Option<Self> {
        let before = reader.problems.len();
        for (index, name) in names.iter().enumerate() {
            if !NEEDED.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str()) {
                reader.problem(Problem::at(path, line, name, format!("unknown column: {}", expected())));
            } else if names[..index].contains(name) {
                reader.problem(Problem::at(path, line, name, "this column is there twice: remove one"));
            }
        }
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        for name in NEEDED.into_iter().filter(|name| place(name).is_none()) {
            reader.problem(Problem::at(path, line, name, format!("this column is missing: {}", expected())));
        }
        (reader.problems.len() == before).then(|| Self {
            needed: NEEDED.map(|name| place(name).unwrap_or(0)),
            optional: OPTIONAL.map(place),
        })
    }
}

/// What a heading may hold, in words.
fn expected() -> String {
    format!("columns are {}, optional {}", NEEDED.join(","), OPTIONAL.join(","))
}

/// Collects orders and problems from whatever reads the file.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    rule: RuleKind,
    file: OrderFile,
    lines: Vec<u64>,
    accounts: BTreeMap<String, u32>,
    /// The delivery interval of every order up to the last that names one.
    intervals: Vec<Option<Interval>>,
    /// The partners that orders name, by place of the order: an account may appear later.
    partners: Vec<(usize, String)>,
    problems: Vec<Problem>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub(super) fn new(path: &Path, rule: RuleKind) -> Self {
        Self {
            path: path.to_owned(),
            rule,
            file: OrderFile::default(),
            lines: Vec::new(),
            accounts: BTreeMap::new(),
            intervals: Vec::new(),
            partners: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// One more thing to mend.
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// One row, `cell` giving its text by column; an absent value is empty.
    pub(super) fn row<'a>(&mut self, columns: &Columns, line: u64, cell: impl Fn(usize) -> &'a str) {
        let [id, account, side, energy, limit] = columns.needed.map(&cell);
        let before = self.problems.len();
        let problems = &mut self.problems;
        let path = &self.path;
        let mut problem = |field: &str, what: String| problems.push(Problem::at(path, line, field, what));
        for (name, value) in [("id", id), ("account", account)] {
            if value.is_empty() {
                problem(name, "this is empty: give every order a name of its own and an account".to_owned());
            }
        }
        let side = Side::ALL.into_iter().find(|known| known.name() == side).or_else(|| {
            problem("side", format!("\"{side}\" is neither buy nor sell"));
            None
        });
        let energy = value::energy(energy).map_err(|what| problem("energy_wh", what)).ok();
        let at_market = limit.is_empty() && self.rule == RuleKind::Continuous;
        let limit = match side {
            Some(Side::Buy) if at_market => Some(MAX_PRICE),
            Some(Side::Sell) if at_market => Some(Price(-MAX_PRICE.0)),
            _ if at_market => None,
            _ => value::price(limit).map_err(|what| problem("limit_price", what)).ok(),
        };
        let mut wishes = Wishes::NONE.clone();
        let (mut percent, mut interval, mut partner, mut waits) = (0, None, None, None);
        for (name, column) in OPTIONAL.into_iter().zip(columns.optional) {
            let text = column.map_or("", &cell);
            if text.is_empty() {
                continue;
            }
            let read = match name {
                "carrier" => self.file.carrier_named(text),
                "quality" => value::quality(text).map(|quality| wishes.attributes.quality = quality),
                "premium_percent" => value::percent(text).map(|parts| percent = parts),
                "min_fill_wh" => value::energy(text).map(|energy| wishes.attributes.minimum = energy),
                "partner" => {
                    partner = Some(text);
                    Ok(())
                }
                "location" => value::location(text).map(|location| wishes.location = location),
                "time_in_force" => value::time_in_force(text).map(|kind| waits = Some(kind)),
                "interval" => value::interval(text).map(|named| interval = Some(named)),
                "block" => value::further(text).map(|further| wishes.attributes.further = further),
                "curve" => value::steps(text, side, limit).map(|steps| wishes.steps = steps),
                _ => value::price(text).map(|fall| wishes.attributes.fall = fall),
            };
            if let Err(what) = read {
                problem(name, what);
            }
        }
        match waits {
            None if at_market => wishes.time_in_force = TimeInForce::ImmediateOrCancel,
            Some(TimeInForce::NextClearing | TimeInForce::GateClosure) if at_market => {
                let remedy = "write ioc or fok, or a limit_price";
                problem(
                    "time_in_force",
                    format!("an order without a limit does not wait in the book: {remedy}"),
                );
            }
            _ => wishes.time_in_force = waits.unwrap_or(TimeInForce::NextClearing),
        }
        if at_market && percent > 0 {
            problem("premium_percent", "a premium is a part of the limit_price: write one".to_owned());
        }
        let (Some(side), Some(energy), Some(limit)) = (side, energy, limit) else { return };
        if self.problems.len() > before {
            return;
        }
        let account = match self.accounts.get(account) {
            Some(known) => *known,
            None => {
                let number = self.file.accounts.len() as u32;
                self.accounts.insert(account.to_owned(), number);
                self.file.accounts.push(account.to_owned());
                number
            }
        };
        wishes.attributes.premium = value::premium(limit, percent);
        if let Some(partner) = partner {
            wishes.attributes.partner = UNKNOWN;
            self.partners.push((self.file.orders.len(), partner.to_owned()));
        }
        if interval.is_some() {
            self.intervals.resize(self.file.orders.len(), None); // rows above that name none
            self.intervals.push(interval);
        }
        let wishes = (wishes != *Wishes::NONE).then(|| Box::new(wishes));
        let id = id.to_owned();
        self.file.orders.push(FileOrder { id, account, side, energy, limit, interval: 0, wishes });
        self.lines.push(line);
    }

    /// The file, unless anything is to be mended.
    pub(super) fn finish(mut self) -> Result<OrderFile, Failure> {
        let mut by_id: Vec<usize> = (0..self.file.orders.len()).collect();
        by_id.sort_by_key(|&index| &self.file.orders[index].id); // stable: the first of a name stays first
        for pair in by_id.windows(2) {
            let [first, second] = [pair[0], pair[1]];
            if self.file.orders[first].id == self.file.orders[second].id {
                let id = &self.file.orders[second].id;
                let what =
                    format!("\"{id}\" names the order on line {} too: ids are unique", self.lines[first]);
                self.problems.push(Problem::at(&self.path, self.lines[second], "id", what));
            }
        }
        for (place, partner) in std::mem::take(&mut self.partners) {
            if let (Some(known), Some(wishes)) =
                (self.accounts.get(&partner), &mut self.file.orders[place].wishes)
            {
                wishes.attributes.partner = AccountId(AccountId::FIRST_MEMBER.0 + known);
            }
        }
        self.place_in_time();
        if self.problems.is_empty() { Ok(self.file) } else { Err(Failure::Input(self.problems)) }
    }

    /// Numbers the delivery intervals from the earliest; only some rules clear more than one at a time.
    fn place_in_time(&mut self) {
        let Some(&above) = self.intervals.first() else { return };
        self.intervals.resize(self.file.orders.len(), None);
        let several = self.rule.grants(Wish::Block);
        for (place, interval) in self.intervals.iter().enumerate() {
            let what = match (above, interval) {
                _ if above == *interval => continue,
                (Some(Interval::Number(_)), Some(Interval::Number(_)))
                | (Some(Interval::Start(_)), Some(Interval::Start(_)))
                    if several =>
                {
                    continue;
                }
                (_, None) | (None, _) => {
                    "only some rows say their interval: write it in all of them or in none"
                }
                _ if several => {
                    "some rows number their intervals and some say an instant: write one of the two"
                }
                _ => {
                    "another interval than above: an auction clears one, so split the file, or clear \
                     consecutive ones together with --rule uniform_price_blocks"
                }
            };
            self.problems.push(Problem::at(&self.path, self.lines[place], "interval", what));
        }
        let Some(first) = self.intervals.iter().flatten().min().copied().filter(|_| self.problems.is_empty())
        else {
            return;
        };
        let since = |interval: &Option<Interval>| interval.map_or(0, |interval| interval.since(first));
        let step = match first {
            Interval::Number(_) => 1,
            Interval::Start(_) => self.intervals.iter().map(since).fold(0, greatest_common_divisor).max(1),
        };
        for (place, interval) in self.intervals.iter().enumerate() {
            let later = since(interval) / step;
            if later >= u64::from(MOST_INTERVALS) {
                let what = format!("more than {MOST_INTERVALS} intervals after the first: split the file");
                self.problems.push(Problem::at(&self.path, self.lines[place], "interval", what));
            }
            self.file.orders[place].interval = later as u32;
        }
        self.file.intervals = Some(Intervals { first, step });
    }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}
