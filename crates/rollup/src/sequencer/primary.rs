//! The primary chain as an operator holds it: one whose clock can be moved, or a real one that has its own.

use crate::chain::{Block, Chain, ChainError, Clock};

/// A primary chain.
pub enum Primary {
    /// Its clock follows the market's, and it makes blocks when told: a simulation, or a development node.
    Clocked(Box<dyn Clock + Send>),
    /// It has a clock of its own.
    Own(Box<dyn Chain + Send>),
}

impl Primary {
    /// The chain.
    pub fn chain(&mut self) -> &mut dyn Chain {
        match self {
            Self::Clocked(clock) => &mut **clock,
            Self::Own(chain) => &mut **chain,
        }
    }

    /// Lets its time be at least this from the next block on, where its clock can be moved.
    ///
    /// # Errors
    /// Where the node refuses.
    pub fn follow(&mut self, time: u64) -> Result<(), ChainError> {
        if let Self::Clocked(clock) = self
            && clock.head()?.time < time
        {
            clock.next_at(time)?;
        }
        Ok(())
    }

    /// Lets a block pass, at this time or as soon after as there can be one: makes it, or waits a moment for it.
    ///
    /// # Errors
    /// Where the node refuses.
    pub fn beat(&mut self, time: u64) -> Result<Block, ChainError> {
        match self {
            Self::Clocked(clock) => {
                let head = clock.head()?;
                clock.mine_at(time.max(head.time + 1))
            }
            Self::Own(chain) => {
                std::thread::sleep(std::time::Duration::from_millis(100));
                chain.head()
            }
        }
    }

    /// Whether its clock can be moved.
    #[must_use]
    pub const fn is_clocked(&self) -> bool {
        matches!(self, Self::Clocked(_))
    }
}
