//! The form every kind of order file shares: names of columns, and what each value must be.

use super::{FileOrder, OrderFile};
use crate::failure::{Failure, Problem};
use market::{Carrier, Energy, Price, Side};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Columns that must be there.
const NEEDED: [&str; 5] = ["id", "account", "side", "energy_wh", "limit_price"];

/// Columns that may be there: the carrier, then wishes, with the value that wishes nothing.
const OPTIONAL: [(&str, &str); 6] = [
    ("carrier", ""),
    ("quality", "any"),
    ("premium_percent", "0"),
    ("min_fill_wh", "0"),
    ("partner", ""),
    ("location", ""),
];

/// Where each column stands in the file.
#[derive(Debug)]
pub(super) struct Columns {
    needed: [usize; 5],
    optional: [Option<usize>; 6],
}

impl Columns {
    /// Finds the columns by name; reports every one that is missing, doubled or unknown
    /// on the line that names them.
    pub(super) fn find(path: &Path, line: u64, names: &[String], reader: &mut Reader) -> Option<Self> {
        let before = reader.problems.len();
        for (index, name) in names.iter().enumerate() {
            let known = NEEDED.contains(&name.as_str()) || OPTIONAL.iter().any(|(known, _)| known == name);
            if !known {
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
            optional: OPTIONAL.map(|(name, _)| place(name)),
        })
    }
}

/// What a heading may hold, in words.
fn expected() -> String {
    let optional: Vec<&str> = OPTIONAL.iter().map(|(name, _)| *name).collect();
    format!("columns are {}, optional {}", NEEDED.join(","), optional.join(","))
}

/// Collects orders and problems from whatever reads the file.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    file: OrderFile,
    lines: Vec<u64>,
    accounts: BTreeMap<String, u32>,
    problems: Vec<Problem>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: OrderFile::default(),
            lines: Vec::new(),
            accounts: BTreeMap::new(),
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
        let path = self.path.clone();
        let mut problem = |field: &str, what: String| {
            self.problems.push(Problem::at(&path, line, field, what));
        };
        for (name, value) in [("id", id), ("account", account)] {
            if value.is_empty() {
                problem(name, "this is empty: give every order a name of its own and an account".to_owned());
            }
        }
        let side = Side::ALL.into_iter().find(|known| known.name() == side).or_else(|| {
            problem("side", format!("\"{side}\" is neither buy nor sell"));
            None
        });
        let mut integer = |name: &str, value: &str, unit: &str, example: &str| {
            value.parse::<i64>().ok().or_else(|| {
                problem(name, format!("\"{value}\" is not a whole number of {unit}: write {example}"));
                None
            })
        };
        let energy = integer("energy_wh", energy, "Wh", "1500 for 1.5 kWh");
        let limit = integer("limit_price", limit, "n€/Wh", "123000 for 12.3 ct/kWh");
        let mut wish = None;
        for ((name, nothing), column) in OPTIONAL.into_iter().zip(columns.optional) {
            let value = column.map_or("", &cell);
            if value.is_empty() || value == nothing {
                continue;
            }
            match name {
                "carrier" => match Carrier::ALL.into_iter().find(|known| known.name() == value) {
                    None => problem(name, format!("\"{value}\" is not electricity, heat or gas")),
                    Some(carrier) if *self.file.carrier.get_or_insert(carrier) != carrier => {
                        problem(
                            name,
                            "another carrier than above: an auction has one, so split the file".into(),
                        );
                    }
                    Some(_) => {}
                },
                "premium_percent" | "min_fill_wh" if value.parse::<f64>().is_err() => {
                    problem(name, format!("\"{value}\" is not a number"));
                }
                _ => wish = Some(name),
            }
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
        let (energy, limit) = (Energy(energy), Price(limit));
        self.file.orders.push(FileOrder { id: id.to_owned(), account, side, energy, limit, wish });
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
        if self.problems.is_empty() { Ok(self.file) } else { Err(Failure::Input(self.problems)) }
    }
}
