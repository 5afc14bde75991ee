//! Sets that grow together (union–find).

/// Disjoint sets of the numbers below a count; each is known by its least member.
pub(super) struct Sets(Vec<usize>);

impl Sets {
    /// Every number for itself.
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The least member of a set; paths are halved on the way.
    pub(super) fn find(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    /// Makes one set of two.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// Numbers the sets of the given members in the order in which they come, and tells the least member of each.
    pub(super) fn number(&mut self, of: impl Iterator<Item = usize>) -> (Vec<Option<usize>>, Vec<usize>) {
        let mut numbers = vec![None; self.0.len()];
        let mut least = Vec::new();
        for member in of {
            let root = self.find(member);
            let number = *numbers[root].get_or_insert_with(|| {
                least.push(root);
                least.len() - 1
            });
            numbers[member] = Some(number);
        }
        (numbers, least)
    }
}
