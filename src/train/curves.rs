//! How a training went on, round by round, as a table that a training taken up again goes on with.

use crate::failure::Failure;
use std::fmt::Write;
use std::path::Path;

/// Beside the page of the training.
pub(super) const FILE: &str = "training.csv";

const HEADING: &str =
    "training,round,return,loss,learning_rate,epsilon,regret,decisions_per_second,updates_per_second";

/// One round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Round {
    /// Rounds done.
    pub(super) round: usize,
    /// What the round's episodes gave, Σ wᵢ rᵢ on average, random actions included.
    pub(super) gain: f64,
    /// Mean loss of its gradient steps.
    pub(super) loss: f64,
    /// Adam's step size.
    pub(super) rate: f64,
    /// Probability of a random action.
    pub(super) epsilon: f64,
    /// What was measured after it, now and then.
    pub(super) look: Option<Look>,
}

/// A look at the agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Mean loss on the validation days beyond the optimum's.
    pub(super) regret: f64,
    /// Decisions per second since the last look.
    pub(super) acted: f64,
    /// Gradient steps per second since the last look.
    pub(super) learned: f64,
}

impl Round {
    /// The same as TensorBoard shows it.
    pub(super) fn scalars(&self) -> Vec<(&'static str, f64)> {
        let mut scalars = vec![
            ("training/return", self.gain),
            ("training/loss", self.loss),
            ("training/learning_rate", self.rate),
            ("training/epsilon", self.epsilon),
        ];
        if let Some(look) = self.look {
            scalars.extend([
                ("validation/regret", look.regret),
                ("speed/decisions_per_second", look.acted),
                ("speed/updates_per_second", look.learned),
            ]);
        }
        scalars
    }
}

/// All rounds of one training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curves {
    /// What tells this training from others.
    mark: String,
    pub(super) rounds: Vec<Round>,
}

impl Curves {
    /// Those of a training of which so many rounds are done: the rounds of an earlier part, where it is this training
    /// that the folder is about; none otherwise.
    pub(super) fn begin(folder: &Path, mark: String, done: usize) -> Self {
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        let rows = text.lines().filter_map(|line| read(line, &mark));
        let rounds = rows.filter(|round| round.round <= done).collect();
        Self { mark, rounds }
    }

    /// The looks among them: round, and what was measured.
    pub(super) fn looks(&self) -> impl Iterator<Item = (usize, Look)> {
        self.rounds.iter().filter_map(|round| Some((round.round, round.look?)))
    }

    /// As CSV.
    pub(super) fn csv(&self) -> String {
        let mut text = format!("{HEADING}\n");
        for Round { round, gain, loss, rate, epsilon, look } in &self.rounds {
            let _ = write!(text, "{},{round},{gain},{loss},{rate},{epsilon},", self.mark);
            let _ = match look {
                Some(Look { regret, acted, learned }) => writeln!(text, "{regret},{acted:.1},{learned:.1}"),
                None => writeln!(text, ",,"),
            };
        }
        text
    }
}

/// A row of this training.
fn read(line: &str, mark: &str) -> Option<Round> {
    let fields: Vec<&str> = line.split(',').collect();
    let [whose, round, rest @ ..] = &fields[..] else { return None };
    let number = |place: usize| rest.get(place)?.parse::<f64>().ok();
    let look = || Some(Look { regret: number(4)?, acted: number(5)?, learned: number(6)? });
    let row = Round {
        round: round.parse().ok()?,
        gain: number(0)?,
        loss: number(1)?,
        rate: number(2)?,
        epsilon: number(3)?,
        look: look(),
    };
    (*whose == mark).then_some(row)
}

/// Writes the table and the page as one folder.
pub(super) fn write(folder: &Path, curves: &Curves, page: &str) -> Result<(), Failure> {
    let report = sim::report::Folder::create(folder)?;
    crate::output::write_file(&report.path(FILE), &curves.csv())?;
    crate::output::write_file(&report.path("index.html"), page)?;
    report.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_training_goes_on_with_its_own_rows_and_no_others() {
        let folder = std::env::temp_dir().join(format!("wattle_curves_{}", std::process::id()));
        let look = Some(Look { regret: 0.25, acted: 1.5, learned: 100.0 });
        let round = |round, look| Round { round, gain: -0.5, loss: 1e-3, rate: 2e-3, epsilon: 0.1, look };
        let rounds = vec![round(1, None), round(2, look), round(3, None)];
        let whole = Curves { mark: "one".into(), rounds };
        write(&folder, &whole, "a page").unwrap();
        assert_eq!(Curves::begin(&folder, "one".into(), 3), whole);
        assert_eq!(Curves::begin(&folder, "one".into(), 2).rounds, whole.rounds[..2]);
        assert_eq!(Curves::begin(&folder, "one".into(), 2).looks().count(), 1);
        assert!(Curves::begin(&folder, "two".into(), 3).rounds.is_empty());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(Curves::begin(&folder, "one".into(), 3).rounds.is_empty());
    }
}
