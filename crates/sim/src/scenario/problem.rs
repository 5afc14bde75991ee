//! What is wrong with a scenario: all of it at once, each with its place and its remedy.

use std::fmt;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Path of the field, such as `member[3].device[0].capacity`; empty where the whole file is meant.
    pub field: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, field, what, remedy } = self;
        if field.is_empty() {
            write!(f, "{file}:{line}:{column}: {what}\n    {remedy}")
        } else {
            write!(f, "{file}:{line}:{column}: {field}: {what}\n    {remedy}")
        }
    }
}

/// Every mistake that was found, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// The word of `known` that was probably meant: at most a third of its letters differ.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3 + 1)
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?" or the list of what there is.
pub(crate) fn suggestion_for<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    let known = || known.iter().map(AsRef::as_ref);
    match nearest(word, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("choose {}", listed(known())),
    }
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = ["capacity", "power", "efficiency"];
        assert_eq!(nearest("capcity", known), Some("capacity"));
        assert_eq!(nearest("efficency", known), Some("efficiency"));
        assert_eq!(nearest("colour", known), None);
    }
}
