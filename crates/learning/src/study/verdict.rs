//! Who is better where, in one word.

use super::{Judged, Method, Paired, Study};
use crate::judgement::Interval;

/// How agents compare with another method over the held-out days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They lose less: neither the luck of seeds nor that of days explains it with 95 % confidence.
    Better,
    /// No difference, or one that luck may have made.
    Even,
    /// They lose more, beyond luck.
    Worse,
}

impl Verdict {
    /// Of the agents' loss with its interval over seeds, another's loss, and the difference day by day.
    pub(crate) fn of(agents: &Interval, other: f64, paired: &Paired) -> Self {
        if paired.difference.high < 0.0 && agents.high < other {
            Self::Better
        } else if paired.difference.low > 0.0 && agents.low > other {
            Self::Worse
        } else {
            Self::Even
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

    /// How agents compare with a method at a preference; even with themselves.
    ///
    /// # Panics
    /// Where there is no such preference.
    #[must_use]
    pub fn verdict(&self, place: usize, other: &Judged) -> Verdict {
        let agents = self.judged(Method::Learned).expect("agents are always judged");
        let at = &other.at[place];
        at.paired
            .as_ref()
            .map_or(Verdict::Even, |paired| Verdict::of(&agents.at[place].loss, at.loss.mean, paired))
    }

    /// At how many preferences agents are better than a method, even, and worse.
    #[must_use]
    pub fn verdicts(&self, other: &Judged) -> [usize; 3] {
        let all = || (0..self.grid.len()).map(|place| self.verdict(place, other));
        [Verdict::Better, Verdict::Even, Verdict::Worse].map(|one| all().filter(|each| *each == one).count())
    }
}
