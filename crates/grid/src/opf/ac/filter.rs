//! The filter of the line search: pairs of violation and barrier cost that no later point may be worse than.

/// Entries (violation, cost).
#[derive(Clone, Debug)]
pub(super) struct Filter {
    most_violation: f64,
    entries: Vec<(f64, f64)>,
}

impl Filter {
    /// An empty filter that refuses violations beyond `most_violation`.
    pub(super) fn new(most_violation: f64) -> Self {
        Self { most_violation, entries: Vec::with_capacity(64) }
    }

    /// Whether a point is better than every entry in one respect.
    pub(super) fn accepts(&self, violation: f64, cost: f64) -> bool {
        violation < self.most_violation
            && self.entries.iter().all(|entry| violation < entry.0 || cost < entry.1)
    }

    /// From now on points have to be better than this one, by a margin (Wächter & Biegler 2006, eq. 22).
    pub(super) fn add(&mut self, violation: f64, cost: f64) {
        let entry = ((1.0 - 1e-5) * violation, cost - 1e-8 * violation);
        self.entries.retain(|old| old.0 < entry.0 || old.1 < entry.1);
        self.entries.push(entry);
    }

    /// Forgets all entries, as for a new barrier.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
