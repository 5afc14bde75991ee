//! What an operator does next, from what the primary chain says and nothing else.
//!
//! Right roots for old inputs come before anything new; nothing is built on a root that is known to be wrong; and nobody
//! posts out of turn, as the contract would refuse it.

use market::Address;

/// When batches are posted, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Bytes from which on a batch is full; no batch has more unless a single segment does.
    pub bytes: usize,
    /// Time of the market after which what waits is posted even if it fills no batch, s; 0: at every commit.
    pub age: u64,
    /// Bytes that may wait for the chain; beyond them no command is taken.
    pub backlog: usize,
    /// Blocks on top of a deposit or forced record before it counts, as shallower ones may be taken back.
    pub confirmations: u64,
    /// How long a transaction waits before its fee is raised, and how far.
    pub patience: super::Patience,
}

impl Default for Posting {
    fn default() -> Self {
        Self {
            bytes: 32_768,
            age: 900,
            backlog: 4 << 20,
            confirmations: 0,
            patience: super::Patience::default(),
        }
    }
}

/// What the primary chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who is asking.
    pub me: Address,
    /// Whose turn it is; nobody's where no operator has a bond.
    pub turn: Address,
    /// The time of its newest block, Unix s.
    pub time: u64,
    /// Batches whose roots stand.
    pub batches: u64,
    /// Inputs, of which those beyond the batches wait for new roots.
    pub inputs: u64,
    /// The first standing batch whose root is not the one that follows, who posted it, and the segment.
    pub wrong: Option<(u64, Address, u32)>,
    /// Members can only leave any more.
    pub frozen: bool,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Bytes as posted.
    pub bytes: usize,
    /// How long the first of it has waited, s.
    pub age: u64,
    /// The market's time after the last segment that the next batch would hold.
    pub time: u64,
    /// Whether it is to be posted whatever its size.
    pub flush: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// New roots for the input of this number.
    Repost(u64),
    /// A batch.
    Post,
    /// Nothing, for this reason.
    Rest(Rest),
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub enum Rest {
    /// Everything that is due is on the chain.
    #[default]
    #[error("nothing is due")]
    Idle,
    /// A transaction waits for its block.
    #[error("a transaction waits for its block")]
    UnderWay,
    /// Another operator posts.
    #[error("it is the turn of operator {0}")]
    NotOnTurn(Hex),
    /// No operator has a bond.
    #[error("no operator has a bond: pay one to go on")]
    Unbonded,
    /// A batch below is wrong and has not fallen yet.
    #[error("batch {number} of operator {operator} is wrong at segment {segment}: it has to fall first")]
    OnWrongRoot {
        /// Its number.
        number: u64,
        /// Who posted it.
        operator: Hex,
        /// The first wrong segment, from 0.
        segment: u32,
    },
    /// The primary chain's clock is behind the market's.
    #[error(
        "the primary chain's time is {chain}, the market's {market}: a batch from its future would be wrong"
    )]
    Early {
        /// Unix s.
        chain: u64,
        /// Unix s.
        market: u64,
    },
    /// Items carried out wait to get into a block again.
    #[error(
        "the primary chain has taken items of the queue back that are carried out already: they wait for a block"
    )]
    QueueShort,
    /// The contract has ended.
    #[error("the contract is frozen: members leave by the last final root")]
    Frozen,
}

/// An address as people write it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex(pub Address);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("0x")?;
        self.0.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// The next step.
#[must_use]
pub fn plan(seen: &Seen, waiting: &Waiting, posting: &Posting) -> Step {
    if seen.frozen {
        return Step::Rest(Rest::Frozen);
    }
    let due =
        waiting.bytes > 0 && (waiting.flush || waiting.bytes >= posting.bytes || waiting.age >= posting.age);
    let open = seen.inputs > seen.batches;
    if !due && !open {
        return Step::Rest(Rest::Idle);
    }
    if seen.turn == Address::default() {
        return Step::Rest(Rest::Unbonded);
    }
    if seen.turn != seen.me {
        return Step::Rest(Rest::NotOnTurn(Hex(seen.turn)));
    }
    if let Some((number, operator, segment)) = seen.wrong {
        return Step::Rest(Rest::OnWrongRoot { number, operator: Hex(operator), segment });
    }
    if open {
        return Step::Repost(seen.batches + 1);
    }
    if waiting.time > seen.time {
        return Step::Rest(Rest::Early { chain: seen.time, market: waiting.time });
    }
    Step::Post
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Address = Address([1; 20]);
    const OTHER: Address = Address([2; 20]);

    #[test]
    fn right_roots_come_before_anything_new_and_nothing_on_a_wrong_one() {
        let seen = Seen { me: ME, turn: ME, time: 1_000, batches: 3, inputs: 3, wrong: None, frozen: false };
        let waiting = Waiting { bytes: 500, age: 10, time: 900, flush: false };
        let posting = Posting { bytes: 400, age: 60, ..Posting::default() };
        let check = |seen: Seen, waiting: Waiting, step| assert_eq!(plan(&seen, &waiting, &posting), step);
        check(seen, waiting, Step::Post);
        check(seen, Waiting { bytes: 399, ..waiting }, Step::Rest(Rest::Idle));
        check(seen, Waiting { bytes: 399, age: 60, ..waiting }, Step::Post);
        check(seen, Waiting { bytes: 399, flush: true, ..waiting }, Step::Post);
        check(seen, Waiting { bytes: 0, age: 99, flush: true, ..waiting }, Step::Rest(Rest::Idle));
        check(Seen { inputs: 5, ..seen }, waiting, Step::Repost(4));
        check(Seen { inputs: 5, ..seen }, Waiting::default(), Step::Repost(4));
        check(Seen { turn: OTHER, ..seen }, waiting, Step::Rest(Rest::NotOnTurn(Hex(OTHER))));
        check(Seen { turn: OTHER, ..seen }, Waiting::default(), Step::Rest(Rest::Idle));
        check(Seen { turn: Address::default(), ..seen }, waiting, Step::Rest(Rest::Unbonded));
        let wrong = Rest::OnWrongRoot { number: 2, operator: Hex(OTHER), segment: 7 };
        check(Seen { wrong: Some((2, OTHER, 7)), inputs: 4, ..seen }, waiting, Step::Rest(wrong));
        check(Seen { time: 899, ..seen }, waiting, Step::Rest(Rest::Early { chain: 899, market: 900 }));
        check(Seen { frozen: true, inputs: 5, ..seen }, waiting, Step::Rest(Rest::Frozen));
    }
}
