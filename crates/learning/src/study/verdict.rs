//! Who is better where, in one word.

use super::{Judged, Method, Paired, Study};

/// How agents compare with another method over the held-out days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They lose less, by an interval that excludes zero.
    Better,
    /// No difference, or one that days alone may have made.
    Even,
    /// They lose more, by an interval that excludes zero.
    Worse,
}

impl From<&Paired> for Verdict {
    fn from(paired: &Paired) -> Self {
        match paired {
            paired if paired.agents_win() => Self::Better,
            paired if paired.agents_lose() => Self::Worse,
            _ => Self::Even,
        }
    }
}

impl Study {
    /// What a method came to; nothing where it was left out.
    #[must_use]
    pub fn judged(&self, method: Method) -> Option<&Judged> {
        self.methods.iter().find(|judged| judged.method == method)
    }

    /// The rule that loses least at a preference, an index of the grid; the simplest of equals.
    ///
    /// # Panics
    /// Where there is no such preference.
    #[must_use]
    pub fn best_rule(&self, place: usize) -> &Judged {
        let rules = self.methods.iter().filter(|judged| judged.method.is_rule());
        let loss = |judged: &Judged| judged.at[place].loss.mean;
        // Differences that are only rounding do not make a rule the better one.
        rules
            .reduce(|best, other| if loss(other) < loss(best) - 1e-9 { other } else { best })
            .expect("rules are always judged")
    }

    /// At how many preferences agents are better than a method, even, and worse.
    #[must_use]
    pub fn verdicts(&self, method: &Judged) -> [usize; 3] {
        let count = |verdict: Verdict| {
            let paired = method.at.iter().filter_map(|at| at.paired.as_ref());
            paired.filter(|paired| Verdict::from(*paired) == verdict).count()
        };
        [Verdict::Better, Verdict::Even, Verdict::Worse].map(count)
    }
}
