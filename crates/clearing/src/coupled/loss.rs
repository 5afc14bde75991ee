//! A programme less what whole Wh lose of it: where orders cannot make up for that, other prices are right.

use super::programme::{Programme, StandsFor};
use super::whole::Whole;
use market::PPM;

/// What is lost because Wh are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The last Wh of conversions that run fully.
    Conversions,
    /// That of others too, and what a storage cannot hold or not give, as far as an idle one could do without.
    Idle,
    /// The same, however far that goes: the programme may have no solution then.
    All,
}

impl Whole<'_> {
    /// A programme less what whole Wh lose of it.
    pub(super) fn lose(&self, programme: &Programme, loss: Loss) -> Programme {
        let all = loss != Loss::Conversions;
        let mut programme = programme.clone();
        for (link, of) in self.programme.links.iter().enumerate() {
            let converts = matches!(of.stands_for, StandsFor::Alike(_));
            if converts && (all || !self.simplex.balances(link)) {
                let outputs = self.does(link, self.amounts[link]).into_iter().skip(1);
                for (node, given) in outputs {
                    programme.taken[node] +=
                        self.factor(link, node) * self.amounts[link] as f64 - given as f64;
                }
            }
        }
        for (storage, offer) in self.problem.storages.iter().enumerate().filter(|_| all) {
            let [given, kept] =
                [offer.efficiencies[1], offer.efficiencies[2]].map(|part| f64::from(part) / f64::from(PPM));
            let (mut lost, mut idle) = (0.0, offer.levels[0].0 as f64);
            for (at, (level, least)) in self.levels(storage).enumerate() {
                let [.., hold] = self.programme.moves(storage, at);
                let spare = (level - least) as f64 / f64::from(PPM);
                (lost, idle) = (lost * kept, idle * kept);
                let less = match loss {
                    Loss::Idle => spare.min(idle - least as f64 / f64::from(PPM)),
                    _ => spare,
                };
                let link = &mut programme.links[hold];
                if !self.simplex.is_free(hold) && self.simplex.is_full(hold) {
                    link.capacity = spare.clamp(0.0, link.capacity);
                } else {
                    if less > lost && spare * given < 1.0 {
                        programme.taken[self.programme.held(storage, at)] += less - lost;
                        lost = less;
                    }
                    // What cannot be given still takes its place.
                    link.capacity = (link.capacity - lost).max(0.0);
                }
            }
        }
        programme
    }
}
