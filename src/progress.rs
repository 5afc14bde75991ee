//! Progress of long work: a bar on a terminal, lines in a log, nothing when quiet.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};

/// How far a piece of work is.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    lines: bool,
    name: &'static str,
    /// What else there is to say.
    note: String,
    total: u64,
    tenths: u64,
}

impl Progress {
    /// Work of `total` steps; a total of 0 is shown as a count.
    pub(crate) fn new(name: &'static str, total: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::new(total);
        if quiet || !terminal {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = if total == 0 { "  {msg} {pos}" } else { "  {msg} {wide_bar} {percent} % {eta} left" };
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_message(name);
        Self { bar, lines: !quiet && !terminal, name, note: String::new(), total, tenths: 0 }
    }

    /// Something to say beside how far it is, until something else is said.
    pub(crate) fn note(&mut self, note: &str) {
        self.note = format!(": {note}");
        self.bar.set_message(format!("{}{}", self.name, self.note));
    }

    /// `done` of the steps are behind us.
    pub(crate) fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        let tenths = (done * 10).checked_div(self.total).unwrap_or(0);
        if self.lines && tenths > self.tenths {
            self.tenths = tenths;
            let _ = writeln!(std::io::stderr(), "{} {} %{}", self.name, tenths * 10, self.note); // progress may be lost
        }
    }

    /// Nothing is left; the bar goes away.
    pub(crate) fn done(self) {
        self.bar.finish_and_clear();
    }
}
