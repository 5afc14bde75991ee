//! The text of a case file: which tables it sets, and what else it does.
//!
//! A case file is a MATLAB function. Of that language only assignments of constants are read; a file that goes on to
//! change its tables says numbers in other units than the tables show, and is refused, except for the two unit
//! conversions that MATPOWER's own distribution cases end with.

use crate::electric::import::ImportError;
use std::collections::BTreeMap;

/// What a case file sets.
#[derive(Debug, Default)]
pub(super) struct Case {
    /// The function's name.
    pub(super) name: String,
    /// `mpc.baseMVA`, and its line.
    pub(super) base_mva: Option<(usize, f64)>,
    /// Tables of numbers.
    pub(super) tables: BTreeMap<String, Vec<Row>>,
    /// Tables of texts.
    pub(super) texts: BTreeMap<String, Vec<String>>,
    /// Impedances are in Ω of the first bus's base voltage.
    pub(super) branches_in_ohm: bool,
    /// Loads are in kW and kvar.
    pub(super) loads_in_kilo: bool,
    pub(super) errors: Vec<ImportError>,
    /// Statements that change tables, with their lines.
    changes: Vec<String>,
}

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row {
    /// Line of its first number, from 1.
    pub(super) line: usize,
    pub(super) values: Vec<f64>,
}

/// A table or list that is not closed yet.
struct Open {
    field: String,
    closing: char,
    line: usize,
    /// Numbers of the row so far, and the line of the first.
    row: Vec<f64>,
    row_line: usize,
}

/// Fields that are numbers or texts about the case, or of no account for a power flow.
const HARMLESS: [&str; 8] =
    ["version", "areas", "gentype", "genfuel", "dclinecost", "bus_name", "branch_name", "gen_name"];
/// Tables that are read.
const READ: [&str; 5] = ["bus", "gen", "branch", "gencost", "dcline"];

impl Case {
    /// Reads a text; what is wrong is in `errors`.
    pub(super) fn read(text: &str) -> Self {
        let mut case = Self::default();
        let mut open: Option<Open> = None;
        let mut in_comment = 0_usize;
        // A statement that goes on after `...`, and where it began.
        let mut pending: Option<(usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            match line.trim() {
                "%{" => in_comment += 1,
                "%}" => {
                    in_comment = in_comment.saturating_sub(1);
                    continue;
                }
                _ => {}
            }
            if in_comment > 0 {
                continue;
            }
            let (code, goes_on) = code_of(line);
            if let Some(mut table) = open.take() {
                if !case.body(&mut table, number, code, goes_on) {
                    open = Some(table);
                }
                continue;
            }
            let (start, statement) = match pending.take() {
                Some((start, begun)) => (start, format!("{begun} {code}")),
                None => (number, code.to_owned()),
            };
            if goes_on {
                pending = Some((start, statement));
            } else {
                open = case.statement(start, statement.trim());
            }
        }
        if let Some(table) = open {
            let closing = table.closing;
            case.wrong(table.line, format!("mpc.{} is never closed: {closing} is missing", table.field));
        }
        if case.name.is_empty() && case.tables.is_empty() && case.base_mva.is_none() {
            case.wrong(1, "this is no MATPOWER case: there is no function and no table".to_owned());
        }
        if !case.changes.is_empty() {
            let what = format!("case {}: changing tables after they are set (write them out)", case.name);
            let elements = std::mem::take(&mut case.changes);
            case.errors.push(ImportError::Unsupported { what, elements });
        }
        case
    }

    pub(super) fn wrong(&mut self, line: usize, message: String) {
        let what =
            if self.name.is_empty() { "MATPOWER case".to_owned() } else { format!("case {}", self.name) };
        self.errors.push(ImportError::Syntax { what, line, message });
    }

    /// One statement; a table that it opens is returned.
    fn statement(&mut self, line: usize, code: &str) -> Option<Open> {
        if code.is_empty() {
            return None;
        }
        let first = code.split([' ', '\t', ';', ',', '(']).next().unwrap_or_default();
        match first {
            "function" => {
                self.function(line, code);
                return None;
            }
            "end" | "return" | "define_constants" | "endfunction" | "clc" | "clear" => return None,
            "if" | "for" | "while" | "switch" | "try" | "else" | "elseif" => {
                self.changes.push(format!("{first:?} in line {line}"));
                return None;
            }
            _ => {}
        }
        let Some((left, right)) = code.split_once('=') else {
            if code.contains("mpc") {
                self.changes.push(format!("{code:?} in line {line}"));
            }
            return None;
        };
        let (left, right) = (left.trim(), right.trim());
        match left.strip_prefix("mpc.") {
            Some(field) if field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                self.assign(line, field, right)
            }
            Some(_) => {
                self.change(line, code);
                None
            }
            None if left == "mpc" || left.contains("mpc.") || left.contains("mpc,") => {
                self.change(line, code);
                None
            }
            // Other variables change no table by themselves.
            None => None,
        }
    }

    fn function(&mut self, line: usize, code: &str) {
        let Some((left, right)) = code.split_once('=') else {
            self.wrong(line, format!("{code:?} returns nothing: a case is \"function mpc = NAME\""));
            return;
        };
        let returned = left.trim_start_matches("function").trim();
        right.trim().trim_end_matches([';', ',']).clone_into(&mut self.name);
        if returned != "mpc" && returned.trim_matches(['[', ']']).trim() != "mpc" {
            let message = format!(
                "the function returns {returned}, not mpc: only case format version 2 is read (MATPOWER's savecase \
                 writes it)"
            );
            self.wrong(line, message);
        }
    }

    /// `mpc.field = right`.
    fn assign(&mut self, line: usize, field: &str, right: &str) -> Option<Open> {
        let constant = right.trim_end_matches([';', ',']).trim();
        if let Some(body) = right.strip_prefix('[') {
            if self.tables.contains_key(field) {
                self.wrong(line, format!("mpc.{field} is set a second time: leave one"));
            }
            self.tables.entry(field.to_owned()).or_default();
            return self.opened(line, field, ']', body);
        }
        if let Some(body) = right.strip_prefix('{') {
            self.texts.entry(field.to_owned()).or_default();
            return self.opened(line, field, '}', body);
        }
        match field {
            "baseMVA" => match number(constant) {
                Some(value) if value > 0.0 && value.is_finite() => self.base_mva = Some((line, value)),
                _ => self
                    .wrong(line, format!("mpc.baseMVA is {constant:?}: it must be a number greater than 0")),
            },
            "version" => {
                let version = constant.trim_matches(['\'', '"']);
                if version != "2" {
                    let message = format!("version {version:?} is not known: only version 2 is read");
                    self.wrong(line, message);
                }
            }
            _ if READ.contains(&field) => self.change(line, &format!("mpc.{field} = {right}")),
            _ => {}
        }
        None
    }

    fn opened(&mut self, line: usize, field: &str, closing: char, body: &str) -> Option<Open> {
        let mut table = Open { field: field.to_owned(), closing, line, row: Vec::new(), row_line: line };
        if self.body(&mut table, line, body, false) { None } else { Some(table) }
    }

    /// A line within a table; whether it closes it.
    fn body(&mut self, table: &mut Open, line: usize, code: &str, goes_on: bool) -> bool {
        if table.closing == '}' {
            return self.list(table, line, code);
        }
        let (body, closed) = match code.split_once(']') {
            Some((body, rest)) => (body, Some(rest)),
            None => (code, None),
        };
        for (i, part) in body.split(';').enumerate() {
            if i > 0 {
                self.end_row(table);
            }
            for word in part.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
                if table.row.is_empty() {
                    table.row_line = line;
                }
                match number(word) {
                    Some(value) => table.row.push(value),
                    None => {
                        self.wrong(
                            line,
                            format!("{word:?} in mpc.{} is not a number: write out its value", table.field),
                        );
                        table.row.push(0.0);
                    }
                }
            }
        }
        // The end of a line ends a row, as a semicolon does.
        if !goes_on {
            self.end_row(table);
        }
        if let Some(rest) = closed {
            let rest = rest.trim().trim_end_matches([';', ',']).trim();
            if !rest.is_empty() {
                self.changes.push(format!("{rest:?} after mpc.{} in line {line}", table.field));
            }
        }
        closed.is_some()
    }

    fn end_row(&mut self, table: &mut Open) {
        if !table.row.is_empty() {
            let row = Row { line: table.row_line, values: std::mem::take(&mut table.row) };
            if let Some(rows) = self.tables.get_mut(&table.field) {
                rows.push(row);
            }
        }
    }

    /// A line within a list of texts: those in quotation marks.
    fn list(&mut self, table: &Open, line: usize, code: &str) -> bool {
        let mut rest = code;
        loop {
            let Some(at) = rest.find(['\'', '"', '}']) else { return false };
            let mark = rest[at..].chars().next().unwrap_or('}');
            rest = &rest[at + 1..];
            if mark == '}' {
                return true;
            }
            let Some(end) = rest.find(mark) else {
                self.wrong(line, format!("a text in mpc.{} is not closed: {mark} is missing", table.field));
                return false;
            };
            if let Some(texts) = self.texts.get_mut(&table.field) {
                texts.push(rest[..end].to_owned());
            }
            rest = &rest[end + 1..];
        }
    }

    /// A statement that changes tables: one of the two known unit conversions, or one more that is refused.
    fn change(&mut self, line: usize, code: &str) {
        let bare: String = code.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != ';').collect();
        match bare.as_str() {
            "mpc.branch(:[BR_RBR_X])=mpc.branch(:[BR_RBR_X])/(Vbase^2/Sbase)" => self.branches_in_ohm = true,
            "mpc.bus(:[PDQD])=mpc.bus(:[PDQD])/1e3" => self.loads_in_kilo = true,
            _ => self.changes.push(format!("{code:?} in line {line}")),
        }
    }

    /// Rows of a table, each of at least so many columns, with finite or infinite numbers in them.
    pub(super) fn take(&mut self, field: &str, columns: usize) -> Vec<Row> {
        let Some(rows) = self.tables.remove(field) else { return Vec::new() };
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            if row.values.len() < columns {
                let message =
                    format!("a row of mpc.{field} has {} columns, {columns} are needed", row.values.len());
                self.wrong(row.line, message);
            } else if let Some(column) = row.values[..columns].iter().position(|value| value.is_nan()) {
                self.wrong(row.line, format!("column {} of mpc.{field} is NaN: give it a value", column + 1));
            } else {
                good.push(row);
            }
        }
        good
    }

    /// Refuses what is left: tables that are not known, so that nothing is dropped silently.
    pub(super) fn refuse_rest(&mut self) {
        let left = std::mem::take(&mut self.tables).into_iter();
        let elements: Vec<String> = left
            .filter(|(field, rows)| !rows.is_empty() && !HARMLESS.contains(&field.as_str()))
            .map(|(field, rows)| format!("mpc.{field} ({} rows)", rows.len()))
            .collect();
        if !elements.is_empty() {
            let what =
                format!("case {}: a table that is not known (remove it if it is of no account)", self.name);
            self.errors.push(ImportError::Unsupported { what, elements });
        }
    }
}

/// The code of a line without comments, and whether it goes on in the next line (`...`).
fn code_of(line: &str) -> (&str, bool) {
    let mut quoted = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quoted {
            Some(mark) if c == mark => quoted = None,
            Some(_) => {}
            // A quotation mark after a name or a bracket transposes.
            None if c == '"' || c == '\'' && !(before.is_alphanumeric() || ")]}'_.".contains(before)) => {
                quoted = Some(c);
            }
            None if c == '%' || c == '#' => return (&line[..at], false),
            None if line[at..].starts_with("...") => return (&line[..at], true),
            None => {}
        }
        before = c;
    }
    (line, false)
}

/// A constant; no expressions.
fn number(word: &str) -> Option<f64> {
    match word {
        "Inf" | "inf" | "+Inf" => Some(f64::INFINITY),
        "-Inf" | "-inf" => Some(f64::NEG_INFINITY),
        "NaN" | "nan" => Some(f64::NAN),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            let word = word.replace(['d', 'D'], "e");
            word.parse().ok().filter(|value: &f64| value.is_finite())
        }
        _ => None,
    }
}
