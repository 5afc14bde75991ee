//! Orders as JSON: an array of objects, or an object whose `orders` is one.

use super::form::{Columns, Reader};
use crate::failure::{Failure, Problem};
use serde_json::Value;
use std::path::Path;

/// Reads all orders of the file.
pub(super) fn read(path: &Path, reader: &mut Reader) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        Failure::Input(vec![Problem::at(
            path,
            error.line() as u64,
            &error.column().to_string(),
            format!("not JSON: {what}"),
        )])
    })?;
    let orders = value.get("orders").unwrap_or(&value);
    let Some(orders) = orders.as_array() else {
        return Err(Failure::input(
            path.display(),
            "no array of orders: write [{\"id\":…},…] or {\"orders\":[…]}",
        ));
    };
    let lines = lines_of_elements(&text, if value.is_array() { 1 } else { 2 });
    for (index, order) in orders.iter().enumerate() {
        let line = lines.get(index).copied().unwrap_or(0);
        let Some(fields) = order.as_object() else {
            reader.problem(Problem::at(path, line, "", "not an object: write {\"id\":…,\"account\":…,…}"));
            continue;
        };
        let names: Vec<String> = fields.keys().cloned().collect();
        let Some(columns) = Columns::find(path, line, &names, reader) else { continue };
        let cells: Vec<String> = fields.values().map(text_of).collect();
        reader.row(&columns, line, |column| cells[column].as_str());
    }
    Ok(())
}

/// A value as it would stand in a CSV file.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// The line on which each element of the array at this depth begins.
fn lines_of_elements(text: &str, depth: usize) -> Vec<u64> {
    let (mut line, mut open, mut quoted, mut escaped) = (1, 0_usize, false, false);
    let mut awaited = false; // an element may begin here
    let mut lines = Vec::new();
    for byte in text.bytes() {
        let closes = !quoted && matches!(byte, b']' | b'}');
        if awaited && !byte.is_ascii_whitespace() && !closes {
            lines.push(line);
            awaited = false;
        }
        match byte {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                open += 1;
                awaited = byte == b'[' && open == depth;
            }
            b'}' | b']' => open = open.saturating_sub(1),
            b',' => awaited = open == depth && depth > 0,
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_on_the_line_where_it_begins() {
        assert_eq!(lines_of_elements("[{\"a\":\"{\\\"\"},\n7,\n {\"b\":[1,2]}]", 1), [1, 2, 3]);
        assert_eq!(lines_of_elements("{\"orders\":\n[{},\n{}]}", 2), [2, 3]);
        assert!(lines_of_elements("[\n]", 1).is_empty());
    }
}
