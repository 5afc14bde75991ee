//! The operator lies about one fill, a watcher proves it, and the next operator goes on.

use super::street::{account, interval};
use super::world::{Operator, World, posting};
use super::{LIE, Lie, NOON, StoryError};
use crate::batch::{self, Segment};
use crate::chain::{Chain, Clock};
use crate::contract::{Contract, Head};
use crate::sequencer::{Cut, PostError, Successor};
use crate::step::leaf::{Delivery, Position};
use crate::step::{Context, Packed, Place, State, Store, execute};
use crate::translate::Translator;
use crate::watcher::{Act, Verdict, derive};

/// Segments as the liar posts them, and whose fill is how much more than right.
struct Bent {
    told: Vec<Cut>,
    rank: u32,
    fill: (u64, u64),
}

/// What a watcher did.
#[derive(Default)]
struct Watched {
    wrong: Option<(u64, u32)>,
    gas: (u64, u64),
    bytes: usize,
    fees: u128,
}

impl World {
    /// The first operator clears noon, says that one order got more than it did, and is found out.
    pub(super) fn lie(&mut self) -> Result<Lie, StoryError> {
        let honest = self.operator.successor.clerk.state().clone();
        let envelopes = self.street.trade(NOON);
        self.send(&envelopes)?;
        self.until(self.operator.market.now() + 1)?;
        let clerk = &mut self.operator.successor.clerk;
        clerk.cut();
        let cuts = clerk.take();
        let Bent { told, rank, fill } = self.bend(honest, &cuts)?;
        let account = account(rank as usize);

        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let parent = derived.derivation.batches().last().map(|batch| batch.header);
        let parent = parent.ok_or_else(|| StoryError::Broken("there is no batch to go on from".into()))?;
        let queue = derived.derivation.queue().hash(parent.queue).unwrap_or_default();
        let segments: Vec<Segment> = told.iter().map(Cut::segment).collect();
        let data = batch::encode(&segments).map_err(PostError::from)?;
        let last = told.last().ok_or_else(|| StoryError::Broken("noon has no records".into()))?;
        let head = Head { words: last.head.words(), tree: last.tree };
        let liar = self.street.operator.clone();
        Contract::at(&mut self.chain, self.contract).post(&liar, &parent, &data, &head, &queue, &[])?;
        self.first = self.operator.successor.poster.done;

        let mut watched = self.watch()?;
        let (batch, segment) =
            watched.wrong.take().ok_or_else(|| StoryError::Broken("nobody saw the lie".into()))?;
        derived = derive(&mut self.chain, self.contract, None)?;
        if derived.derivation.tip() != batch - 1 {
            return Err(StoryError::Broken("the batch with the lie did not fall".into()));
        }
        let bond = self.config.bond;
        if Contract::at(&mut self.chain, self.contract).bond_of(liar.address())? != 0 {
            return Err(StoryError::Broken("the liar kept the bond".into()));
        }
        let (gas, bytes) = (watched.gas, watched.bytes);
        // The reward is paid when nobody can have been earlier any more.
        let before = self.money.balance(&mut self.chain, self.watcher_key.address())?;
        let time = self.chain.head()?.time;
        self.until(time + self.config.reveal_seconds + 1)?;
        let spent = self.money.fee(self.watch()?.fees);
        let commit_bond = self.config.commit_bond;
        let after = self.money.balance(&mut self.chain, self.watcher_key.address())?;
        let reward = (after + spent).saturating_sub(before + commit_bond);
        if reward == 0 || reward * 2 > bond {
            return Err(StoryError::Broken(format!("the watcher got {reward} wei of a bond of {bond}")));
        }
        let bond = (bond, reward, bond - reward);
        Ok(Lie { batch, segment, segments: segments.len(), account, fill, gas, bytes, bond })
    }

    /// The segments as the liar posts them: from the first filled bid on, one position has more than it bought.
    fn bend(&self, mut state: State, cuts: &[Cut]) -> Result<Bent, StoryError> {
        let start = interval(NOON).start;
        let context = Context { posted_at: (1 << 40) - 1, available: u64::MAX, ..Context::default() };
        let mut bent = None;
        let mut told = Vec::new();
        for cut in cuts {
            let carried = execute(&mut state, &context, &cut.records, &[]);
            carried.map_err(|lack| StoryError::Broken(lack.to_string()))?;
            if bent.is_none() {
                let slot =
                    (0..=255).find(|slot| state.peek::<Delivery>(Place::delivery(*slot)).start == start);
                let filled = slot.and_then(|slot| {
                    let position = |rank| state.peek::<Position>(Place::position(slot, rank));
                    let rank =
                        (0..self.street.members.len() as u32).find(|rank| position(*rank).bought > 0)?;
                    Some((slot, rank, position(rank)))
                });
                if let Some((slot, rank, position)) = filled {
                    let more = Position { bought: position.bought + LIE, ..position };
                    let put = state.set_words(Place::position(slot, rank), more.pack());
                    put.map_err(|lack| StoryError::Broken(lack.to_string()))?;
                    bent = Some((rank, (position.bought, more.bought)));
                }
            }
            let tree = state.tree().root();
            told.push(Cut { unshown: None, records: cut.records.clone(), head: *state.head(), tree });
        }
        let (rank, fill) = bent.ok_or_else(|| StoryError::Broken("nobody buys at noon".into()))?;
        Ok(Bent { told, rank, fill })
    }

    /// The watcher looks until nothing is left to do.
    fn watch(&mut self) -> Result<Watched, StoryError> {
        let mut watched = Watched::default();
        for _ in 0..12 {
            let look = self.watcher.look(&mut self.chain)?;
            if let Verdict::Wrong { number, segment, .. } = look.verdict {
                watched.wrong = Some((number, segment));
            }
            for sent in &look.sent {
                let time = self.chain.head()?.time;
                self.chain.mine_at(time + 1)?;
                let outcome = self.chain.outcome(&sent.transaction)?;
                let Some(outcome) = outcome.filter(|outcome| outcome.success) else {
                    return Err(StoryError::Broken(format!("the watcher's {:?} did nothing", sent.act)));
                };
                watched.fees += outcome.fee;
                match sent.act {
                    Act::Promise { .. } => watched.gas.0 = outcome.gas,
                    Act::Prove { .. } => {
                        watched.gas.1 = outcome.gas;
                        watched.bytes =
                            self.chain.transaction(&sent.transaction)?.map_or(0, |found| found.input.len());
                    }
                    _ => {}
                }
            }
            if look.sent.is_empty() && !look.waits {
                break;
            }
        }
        Ok(watched)
    }

    /// The second operator knows the primary chain and the log: right roots for what fell, then the day goes on.
    pub(super) fn succeed(&mut self) -> Result<(u64, u64), StoryError> {
        let window = (self.config.window_blocks, self.config.window_seconds);
        let successor =
            Successor::take_over(&mut self.chain, self.contract, self.next.clone(), posting(), window)?;
        let market = self.operator.market.clone();
        self.operator = Operator { successor, translator: Translator::new(), market };
        self.post()?;
        let done = self.operator.successor.poster.done;
        if done.reposted != 1 {
            return Err(StoryError::Broken(format!("{} inputs got right roots", done.reposted)));
        }
        self.deliver(NOON - 1)?;
        Ok((done.reposted, done.repost_gas))
    }
}
