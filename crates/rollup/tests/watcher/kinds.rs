//! Every kind of lie: what an operator posts as the root is not what follows from the records it posts.
//!
//! A lie picks a step of an honest batch. It may post another record than it carries out, carry out other records than it posts, or
//! edit the state before or after; everything after the lie is carried out honestly on the state it led to, so the
//! lie is the first wrong root and the only dishonest one. A lie that leaves the root as it is is none, and is not counted.

use crate::cast::{FIRST, Rng, Spoilt, key, member, other, signed};
use crate::day::{Batch, Step};
use market::Rejection;
use rollup::step::leaf::{Account, Delivery, Market, Meter, Order, Position, Published, Withdrawal, stage};
use rollup::step::{Head, Packed, Place, Record, State, Store};

/// Changes a state as no record would.
type Edit = Box<dyn Fn(&mut State)>;

/// A lie about one step of a batch.
#[derive(Default)]
pub(crate) struct Lie {
    /// Segment, and step in it.
    pub(crate) at: (usize, usize),
    /// What is posted in its place.
    pub(crate) posted: Option<Vec<u8>>,
    /// What is carried out in its place.
    pub(crate) executed: Option<Vec<Vec<u8>>>,
    /// Before it is carried out.
    pub(crate) before: Option<Edit>,
    /// After it.
    pub(crate) after: Option<Edit>,
    /// The root claimed after its segment, where it is not that of any state.
    pub(crate) root: Option<market::Hash>,
}

/// A kind of lie.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Finds a place for it in a batch.
    pub(crate) plant: fn(&mut Plot<'_>) -> Option<Lie>,
}

/// What a liar knows.
pub(crate) struct Plot<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) rng: &'a mut Rng,
    /// Roots that the chain has seen before.
    pub(crate) old_roots: &'a [market::Hash],
}

struct Found<'a> {
    at: (usize, usize),
    step: &'a Step,
    after: State,
}

impl<'a> Plot<'a> {
    /// A random step for which this is so.
    fn step(&mut self, so: impl Fn(&Record<'_>, &Step) -> bool) -> Option<Found<'a>> {
        let signed = self.batch.after.head().is_signed();
        let fits =
            |step: &Step| Record::decode(&step.bytes, signed).is_some_and(|(record, _)| so(&record, step));
        let found: Vec<_> = self.batch.steps().filter(|(_, _, step)| fits(step)).collect();
        let &(segment, index, step) = self.rng.pick(&found)?;
        let mut following = self.batch.steps().skip_while(|(s, r, _)| (*s, *r) <= (segment, index));
        let after = following.next().map_or(&self.batch.after, |(_, _, step)| &step.before).clone();
        Some(Found { at: (segment, index), step, after })
    }

    /// A random step that was carried out and for which this is so.
    fn done(&mut self, so: impl Fn(&Record<'_>) -> bool) -> Option<Found<'a>> {
        self.step(|record, step| step.refused.is_none() && so(record))
    }

    /// A random step that was refused for this reason and for which this is so.
    fn refused(&mut self, why: Rejection, so: impl Fn(&Record<'_>) -> bool) -> Option<Found<'a>> {
        self.step(|record, step| step.refused == Some(why) && so(record))
    }

    /// Edits a leaf that a step changed, after it.
    fn edit<T: Packed + PartialEq + 'static>(
        &mut self,
        section: u32,
        so: impl Fn(&Record<'_>) -> bool,
        change: fn(&mut T, &T),
    ) -> Option<Lie> {
        let found = self.done(so)?;
        let changed: Vec<_> = changed(&found.step.before, &found.after)
            .into_iter()
            .filter(|place| place.0 >> 28 == section)
            .collect();
        let place = *self.rng.pick(&changed)?;
        let before: T = found.step.before.peek(place);
        Some(Lie { after: Some(edit(place, move |leaf: &mut T| change(leaf, &before))), ..found.lie() })
    }

    /// Carries out another record than was posted.
    fn instead(
        &mut self,
        so: impl Fn(&Record<'_>) -> bool,
        change: fn(Record<'_>, &mut Rng) -> Option<Record<'static>>,
    ) -> Option<Lie> {
        let found = self.done(so)?;
        let state = &found.step.before;
        let (record, _) = Record::decode(&found.step.bytes, state.head().is_signed())?;
        let other = signed(state, change(record, self.rng)?, Spoilt::No);
        Some(Lie { executed: Some(vec![other.to_bytes()]), ..found.lie() })
    }

    /// Carries out a record that would be refused, as if what is in the way were not.
    fn in_spite_of(
        &mut self,
        why: Rejection,
        so: impl Fn(&Record<'_>) -> bool,
        record: fn(Record<'_>) -> Record<'_>,
    ) -> Option<Lie> {
        let found = self.refused(why, so)?;
        let state = &found.step.before;
        let (posted, _) = Record::decode(&found.step.bytes, state.head().is_signed())?;
        let right = signed(state, record(posted), Spoilt::No);
        Some(Lie { executed: Some(vec![right.to_bytes()]), ..found.lie() })
    }
}

impl Found<'_> {
    fn lie(&self) -> Lie {
        Lie { at: self.at, ..Lie::default() }
    }
}

/// The places whose leaves differ.
fn changed(before: &State, after: &State) -> Vec<Place> {
    let (mut a, mut b) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
    a.extend(before.leaves());
    b.extend(after.leaves());
    let mut places: Vec<_> =
        a.keys().chain(b.keys()).copied().filter(|place| a.get(place) != b.get(place)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn edit<T: Packed + 'static>(place: Place, change: impl Fn(&mut T) + 'static) -> Edit {
    Box::new(move |state| {
        let mut leaf: T = state.peek(place);
        change(&mut leaf);
        state.set_words(place, leaf.pack()).unwrap();
    })
}

fn edit_head(change: impl Fn(&mut Head) + 'static) -> Option<Edit> {
    Some(Box::new(move |state: &mut State| {
        let mut head = *state.head();
        change(&mut head);
        state.set_head(head);
    }))
}

const MARKET: u32 = 0;
const ACCOUNT: u32 = 1;
const METER: u32 = 2;
const DELIVERY: u32 = 3;
const POSITION: u32 = 4;
const ORDER: u32 = 5;
const WITHDRAWAL: u32 = 6;
const PUBLISHED: u32 = 7;

fn is_order(record: &Record<'_>) -> bool {
    matches!(record, Record::Order { .. })
}

fn is_cancel(record: &Record<'_>) -> bool {
    matches!(record, Record::Cancel { .. })
}

fn is_advance(record: &Record<'_>) -> bool {
    matches!(record, Record::Advance { .. })
}

fn is_queue(record: &Record<'_>) -> bool {
    matches!(record, Record::Queue { .. })
}

fn is_reading(record: &Record<'_>) -> bool {
    matches!(record, Record::Reading { .. })
}

fn is_withdraw(record: &Record<'_>) -> bool {
    matches!(record, Record::Withdraw { .. })
}

fn is_transfer(record: &Record<'_>) -> bool {
    matches!(record, Record::Transfer { .. })
}

/// A random `advance` in one of these stages.
fn working(plot: &mut Plot<'_>, stages: &[u8]) -> Option<Work> {
    let found = plot.step(|record, step| {
        let work = step.before.head().work;
        work != 0 && is_advance(record) && {
            let delivery: Delivery = step.before.peek(Place::delivery((work - 1) as u8));
            stages.contains(&delivery.stage)
        }
    })?;
    Some(Work { at: found.at, before: found.step.before.clone(), after: found.after })
}

/// What an `advance` did.
struct Work {
    at: (usize, usize),
    before: State,
    after: State,
}

impl Work {
    /// Edits a leaf that the work changed.
    fn edit<T: Packed + 'static>(self, rng: &mut Rng, section: u32, change: fn(&mut T, &T)) -> Option<Lie> {
        let places = changed(&self.before, &self.after).into_iter().filter(|place| place.0 >> 28 == section);
        let places: Vec<_> = places.collect();
        let place = *rng.pick(&places)?;
        let before: T = self.before.peek(place);
        let after = Some(edit(place, move |leaf: &mut T| change(leaf, &before)));
        Some(Lie { at: self.at, after, ..Lie::default() })
    }

    /// Takes back what the work did to a party outside.
    fn keep_from(self, party: u32) -> Option<Lie> {
        let account = |state: &State| state.peek::<Account>(Place::account(party));
        let flow = account(&self.after).balance - account(&self.before).balance;
        if flow == 0 {
            return None;
        }
        // Somebody whose bill it was on keeps it.
        let members = changed(&self.before, &self.after);
        let payer =
            members.into_iter().find(|place| place.0 >> 28 == ACCOUNT && place.0 & 0xfffff >= FIRST)?;
        let after: Edit = Box::new(move |state| {
            edit(Place::account(party), move |account: &mut Account| account.balance -= flow)(state);
            edit(payer, move |account: &mut Account| account.balance += flow)(state);
        });
        Some(Lie { at: self.at, after: Some(after), ..Lie::default() })
    }
}

const FILLING: &[u8] = &[stage::SCAN_OFFERS, stage::FILL_BIDS, stage::FILL_OFFERS];
const SHARING: &[u8] = &[stage::SHARE_BOUGHT, stage::SHARE_SOLD];
const SETTLING: &[u8] = &[stage::WEIGH, stage::SETTLE];

macro_rules! kinds {
    ($($name:literal => |$plot:ident| $body:expr;)*) => {
        /// Every kind.
        pub(crate) const KINDS: &[Kind] = &[$(Kind { name: $name, plant: |$plot| $body }),*];
    };
}

fn unsigned(record: Record<'_>) -> Record<'_> {
    record
}

kinds! {
    // Roots that nothing led to.
    "random root" => |plot| {
        let root = Some(plot.rng.hash());
        plot.step(|_, _| true).map(|found| Lie { root, ..found.lie() })
    };
    "stale root: that before the segment" => |plot| {
        let found = plot.done(|_| true)?;
        let root = Some(plot.batch.segments[found.at.0][0].before.clone().root());
        Some(Lie { root, ..found.lie() })
    };
    "root of another batch" => |plot| {
        let root = Some(*plot.rng.pick(plot.old_roots)?);
        plot.step(|_, _| true).map(|found| Lie { root, ..found.lie() })
    };
    "root of a later segment" => |plot| {
        let last = plot.batch.segments.len().checked_sub(1)?;
        let at = plot.rng.below(last as u64) as usize;
        let root = Some(plot.batch.after.clone().root());
        (last > 0).then(|| Lie { at: (at, 0), root, ..Lie::default() })
    };
    "one bit of the root" => |plot| {
        let found = plot.step(|_, _| true)?;
        let mut root = plot.batch.posted()[found.at.0].root;
        root[plot.rng.below(32) as usize] ^= 1 << plot.rng.below(8);
        Some(Lie { root: Some(root), ..found.lie() })
    };

    // The head's counters.
    "accounts miscounted" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.accounts += 1), ..found.lie() })
    };
    "meters miscounted" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.meters += 1), ..found.lie() })
    };
    "withdrawals miscounted" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.withdrawals += 1), ..found.lie() })
    };
    "sum of the money off by one" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.money ^= 1), ..found.lie() })
    };
    "signatures switched off" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.signatures ^= 1), ..found.lie() })
    };
    "another domain" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.domain[31] ^= 1), ..found.lie() })
    };
    "gate closure moved" => |plot| {
        plot.done(|_| true).map(|found| Lie { after: edit_head(|head| head.gate_closure -= 1), ..found.lie() })
    };
    "work left half done claimed idle" => |plot| {
        let found = plot.step(|_, _| true)?;
        (found.after.head().work != 0)
            .then(|| Lie { after: edit_head(|head| head.work = 0), ..found.lie() })
    };
    "idle claimed at work" => |plot| {
        let found = plot.step(|_, _| true)?;
        (found.after.head().work == 0)
            .then(|| Lie { after: edit_head(|head| head.work = 4), ..found.lie() })
    };

    // Time.
    "tick backwards accepted" => |plot| {
        let found = plot.refused(Rejection::TimeRunsBackwards, |_| true)?;
        Some(Lie { after: edit_head(|head| head.time = 1), ..found.lie() })
    };
    "tick beyond the posting accepted" => |plot| {
        let found = plot.refused(Rejection::TooEarly, |record| matches!(record, Record::Tick { .. }))?;
        Some(Lie { after: edit_head(|head| head.time += 1_000), ..found.lie() })
    };
    "tick ignored" => |plot| {
        let found = plot.done(|record| matches!(record, Record::Tick { .. }))?;
        Some(Lie { executed: Some(vec![]), ..found.lie() })
    };

    // Orders.
    "order left out" => |plot| {
        plot.done(is_order).map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };
    "order invented" => |plot| {
        let found = plot.done(is_order)?;
        let (record, _) = Record::decode(&found.step.bytes, found.after.head().is_signed())?;
        let again = match record {
            Record::Order { slot, rank, side, limit, until_gate, .. } =>
                Record::Order { slot, rank, side, limit, until_gate, energy: 1, nonce: None, signature: None },
            _ => return None,
        };
        let again = signed(&found.after, again, Spoilt::No).to_bytes();
        Some(Lie { executed: Some(vec![found.step.bytes.clone(), again]), ..found.lie() })
    };
    "order for more energy" => |plot| plot.instead(is_order, |record, rng| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => Some(Record::Order {
            slot, rank, energy: energy + 1 + rng.below(5) as u32, limit, side, until_gate, nonce, signature: None,
        }),
        _ => None,
    });
    "order at another limit" => |plot| plot.instead(is_order, |record, _| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => Some(Record::Order {
            slot, rank, energy, limit: limit - 1, side, until_gate, nonce, signature: None,
        }),
        _ => None,
    });
    "order on the other side" => |plot| plot.instead(is_order, |record, _| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => Some(Record::Order {
            slot, rank, energy, limit, side: other(side), until_gate, nonce, signature: None,
        }),
        _ => None,
    });
    "order that stays longer" => |plot| plot.instead(is_order, |record, _| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => Some(Record::Order {
            slot, rank, energy, limit, side, until_gate: !until_gate, nonce, signature: None,
        }),
        _ => None,
    });
    "order for another metering point" => |plot| plot.instead(is_order, |record, _| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, .. } => Some(Record::Order {
            slot, rank: if rank == 0 { 1 } else { 0 }, energy, limit, side, until_gate, nonce: None, signature: None,
        }),
        _ => None,
    });
    "order in another interval" => |plot| plot.instead(is_order, |record, _| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => Some(Record::Order {
            slot: if slot == 3 { 9 } else { 3 }, rank, energy, limit, side, until_gate, nonce, signature: None,
        }),
        _ => None,
    });
    "forged, foreign or mirrored signature accepted" => |plot| {
        plot.in_spite_of(Rejection::BadSignature, |_| true, unsigned)
    };
    "stale nonce accepted" => |plot| plot.in_spite_of(Rejection::StaleNonce, is_order, |record| match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, signature, .. } =>
            Record::Order { slot, rank, energy, limit, side, until_gate, nonce: None, signature },
        record => record,
    });
    "nonce not taken" => |plot| plot.edit(ACCOUNT, is_order, |account: &mut Account, before| {
        account.nonce = before.nonce;
    });
    "order beyond the capacity accepted" => |plot| {
        let found = plot.refused(Rejection::BeyondCapacity, is_order)?;
        let places: Vec<_> = found.step.before.leaves().map(|(place, _)| place).collect();
        let meters: Vec<_> = places.into_iter().filter(|place| place.0 >> 28 == METER).collect();
        let change = move |by: i64| -> Edit {
            let meters = meters.clone();
            Box::new(move |state| {
                for place in &meters {
                    edit(*place, move |meter: &mut Meter| {
                        meter.import_capacity = meter.import_capacity.wrapping_add_signed(by);
                        meter.export_capacity = meter.export_capacity.wrapping_add_signed(by);
                    })(state);
                }
            })
        };
        Some(Lie { before: Some(change(100_000)), after: Some(change(-100_000)), ..found.lie() })
    };
    "order after gate closure accepted" => |plot| {
        let found = plot.refused(Rejection::GateClosed, is_order)?;
        let time = found.step.before.head().time;
        Some(Lie {
            before: edit_head(|head| head.time -= 600),
            after: edit_head(move |head| head.time = time),
            ..found.lie()
        })
    };
    "wrong hold on the account" => |plot| plot.edit(ACCOUNT, is_order, |account: &mut Account, _| account.holds += 1);
    "wrong hold on the position" => |plot| {
        plot.edit(POSITION, is_order, |position: &mut Position, _| position.hold += 1)
    };
    "no hold" => |plot| plot.edit(ACCOUNT, is_order, |account: &mut Account, before| account.holds = before.holds);
    "order written down with another owner" => |plot| {
        plot.edit(ORDER, is_order, |order: &mut Order, _| order.account ^= 1)
    };
    "arrival miscounted" => |plot| {
        plot.edit(DELIVERY, is_order, |delivery: &mut Delivery, _| delivery.bids += 1)
    };
    "cancellation ignored" => |plot| {
        plot.done(is_cancel).map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };
    "hold not released" => |plot| {
        plot.edit(ACCOUNT, is_cancel, |account: &mut Account, before| account.holds = before.holds)
    };
    "hold released twice" => |plot| plot.edit(ACCOUNT, is_cancel, |account: &mut Account, before| {
        account.holds -= before.holds - account.holds;
    });
    "another's order cancelled" => |plot| plot.instead(is_cancel, |record, _| match record {
        Record::Cancel { slot, arrival, side, .. } =>
            Some(Record::Cancel { slot, arrival: arrival ^ 1, side, nonce: None, signature: None }),
        _ => None,
    });

    // Clearing.
    "wrong fill" => |plot| working(plot, FILLING)?.edit(plot.rng, POSITION, |position: &mut Position, _| {
        position.bought += 1;
    });
    "fill beyond the order's energy" => |plot| {
        working(plot, FILLING)?.edit(plot.rng, POSITION, |position: &mut Position, before| {
            position.sold += before.open_sell + 1;
        })
    };
    "wrong price paid" => |plot| working(plot, FILLING)?.edit(plot.rng, POSITION, |position: &mut Position, _| {
        position.paid += 1;
    });
    "wrong price earned" => |plot| working(plot, FILLING)?.edit(plot.rng, POSITION, |position: &mut Position, _| {
        position.received += 1;
    });
    "fill left out" => |plot| {
        let found = working(plot, FILLING)?;
        Some(Lie { at: found.at, executed: Some(vec![]), ..Lie::default() })
    };
    "margin's rounding off by one" => |plot| {
        working(plot, FILLING)?.edit(plot.rng, POSITION, |position: &mut Position, before| {
            if position.bought > before.bought {
                position.bought -= 1;
            } else {
                position.margin_used += 1;
            }
        })
    };
    "filled order still open" => |plot| {
        working(plot, FILLING)?.edit(plot.rng, ORDER, |order: &mut Order, before| *order = *before)
    };
    "work carried on by more items" => |plot| {
        let found = working(plot, &[FILLING, SETTLING, SHARING].concat())?;
        let more = Record::Advance { items: 9 }.to_bytes();
        Some(Lie { at: found.at, executed: Some(vec![more]), ..Lie::default() })
    };
    "claim at another price carried out" => |plot| {
        let found = plot.done(|record| matches!(record, Record::Clear { .. }))?;
        let (record, _) = Record::decode(&found.step.bytes, true)?;
        let Record::Clear { slot, equilibrium, price } = record else { return None };
        let other = Record::Clear { slot, equilibrium, price: price + 1 }.to_bytes();
        Some(Lie { executed: Some(vec![other]), ..found.lie() })
    };
    "claim of nothing instead of a price" => |plot| {
        let found = plot.done(|record| matches!(record, Record::Clear { .. }))?;
        let other = Record::Nothing { slot: 3 }.to_bytes();
        Some(Lie { executed: Some(vec![other]), ..found.lie() })
    };
    "book not frozen" => |plot| {
        plot.done(|record| matches!(record, Record::Close { .. })).map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };

    // Metering, sharing, settlement.
    "wrong meter reading" => |plot| plot.instead(is_reading, |record, _| match record {
        Record::Reading { slot, rank, import, export, sequence, .. } =>
            Some(Record::Reading { slot, rank, import: import + 1, export, sequence, signature: None }),
        _ => None,
    });
    "reading left out" => |plot| {
        plot.done(is_reading).map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };
    "reading counted twice" => |plot| {
        let again = |record: &Record<'_>| is_reading(record);
        let found = plot.step(|record, step| step.refused == Some(Rejection::ReadingTwice) && again(record))?;
        Some(Lie {
            after: Some(edit(Place::delivery(3), |delivery: &mut Delivery| delivery.readings += 1)),
            ..found.lie()
        })
    };
    "sequence of a meter not taken" => |plot| plot.edit(METER, is_reading, |meter: &mut Meter, before| {
        meter.sequence = before.sequence;
    });
    "sharing off by one Wh" => |plot| working(plot, SHARING)?.edit(plot.rng, POSITION, |position: &mut Position, _| {
        position.bought += 1;
    });
    "sharing gives more than was given" => |plot| {
        working(plot, SHARING)?.edit(plot.rng, POSITION, |position: &mut Position, _| position.sold += 1)
    };
    "shared energy priced wrongly" => |plot| {
        working(plot, SHARING)?.edit(plot.rng, POSITION, |position: &mut Position, _| position.received += 1)
    };
    "settlement leaves the imbalance out" => |plot| working(plot, SETTLING)?.keep_from(1);
    "settlement leaves the grid fee out" => |plot| working(plot, SETTLING)?.keep_from(2);
    "settlement leaves the levy out" => |plot| working(plot, SETTLING)?.keep_from(3);
    "settlement leaves the guarantor's loan out" => |plot| working(plot, SETTLING)?.keep_from(5);
    "wrong settlement price: a bill off by one" => |plot| {
        working(plot, SETTLING)?.edit(plot.rng, ACCOUNT, |account: &mut Account, _| account.balance += 1)
    };
    "debt forgotten" => |plot| working(plot, SETTLING)?.edit(plot.rng, ACCOUNT, |account: &mut Account, _| {
        account.debt ^= 1;
    });
    "hold kept after settlement" => |plot| {
        working(plot, SETTLING)?.edit(plot.rng, ACCOUNT, |account: &mut Account, before| account.holds = before.holds + 1)
    };
    "position kept after settlement" => |plot| {
        working(plot, SETTLING)?.edit(plot.rng, POSITION, |position: &mut Position, before| *position = *before)
    };
    "interval settled that was not" => |plot| {
        plot.edit(MARKET, |record| matches!(record, Record::Open { .. }), |market: &mut Market, _| market.settled += 900)
    };
    "published price altered" => |plot| {
        plot.edit(PUBLISHED, |record| matches!(record, Record::Publish { .. }), |published: &mut Published, _| {
            published.import += 1;
        })
    };

    // Money.
    "double deposit" => |plot| plot.edit(ACCOUNT, is_queue, |account: &mut Account, before| {
        account.balance += account.balance - before.balance;
    });
    "deposit skipped" => |plot| plot.edit(ACCOUNT, is_queue, |account: &mut Account, before| *account = *before);
    "deposit to another account" => |plot| {
        let found = plot.done(is_queue)?;
        let account = changed(&found.step.before, &found.after).into_iter().find(|place| place.0 >> 28 == ACCOUNT)?;
        let balance = |state: &State| state.peek::<Account>(account).balance;
        let amount = balance(&found.after) - balance(&found.step.before);
        let other = Place(account.0 ^ 1);
        let after: Edit = Box::new(move |state| {
            edit(account, move |account: &mut Account| account.balance -= amount)(state);
            edit(other, move |account: &mut Account| account.balance += amount)(state);
        });
        (amount > 0).then(|| Lie { after: Some(after), ..found.lie() })
    };
    "deposit of another amount" => |plot| {
        plot.edit(ACCOUNT, is_queue, |account: &mut Account, _| account.balance += 1)
    };
    "queue item skipped" => |plot| {
        let found = plot.done(is_queue)?;
        let state = found.step.before.clone();
        let queue = found.after.head().queue;
        let after: Edit = Box::new(move |now| {
            // As if nothing had happened, but for the cursor.
            for place in changed(now, &state) {
                now.set_words(place, words(&state, place)).unwrap();
            }
            now.set_head(Head { queue, ..*state.head() });
        });
        Some(Lie { after: Some(after), ..found.lie() })
    };
    "queue item not consumed" => |plot| {
        plot.done(is_queue).map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };
    "queue item invented" => |plot| {
        let found = plot.refused(Rejection::TooMany, is_queue)?;
        Some(Lie {
            after: Some(edit(Place::account(FIRST), |account: &mut Account| account.balance += 1_000_000)),
            ..found.lie()
        })
    };
    "withdrawal without funds" => |plot| {
        let found = plot.refused(Rejection::InsufficientFunds, is_withdraw)?;
        let fund = |by: i128| -> Option<Edit> {
            Some(Box::new(move |state: &mut State| {
                for account in FIRST..FIRST + 4 {
                    edit(Place::account(account), move |account: &mut Account| account.balance += by)(state);
                }
                let mut head = *state.head();
                head.money = head.money.wrapping_add_signed(4 * by);
                state.set_head(head);
            }))
        };
        Some(Lie { before: fund(1 << 61), after: fund(-(1 << 61)), ..found.lie() })
    };
    "withdrawal paid twice" => |plot| {
        let found = plot.done(is_withdraw)?;
        let number = found.after.head().withdrawals;
        let paid: Withdrawal = found.after.peek(Place::withdrawal(number - 1));
        let after: Edit = Box::new(move |state| {
            state.set_words(Place::withdrawal(number), paid.pack()).unwrap();
            let mut head = *state.head();
            head.withdrawals += 1;
            state.set_head(head);
        });
        Some(Lie { after: Some(after), ..found.lie() })
    };
    "withdrawal to another address" => |plot| {
        plot.edit(WITHDRAWAL, is_withdraw, |withdrawal: &mut Withdrawal, _| withdrawal.address = key("a thief").address())
    };
    "withdrawal of another amount" => |plot| {
        plot.edit(WITHDRAWAL, is_withdraw, |withdrawal: &mut Withdrawal, _| withdrawal.amount += 1)
    };
    "withdrawal that leaves the balance" => |plot| {
        plot.edit(ACCOUNT, is_withdraw, |account: &mut Account, before| account.balance = before.balance)
    };
    "withdrawal never written down" => |plot| {
        plot.edit(WITHDRAWAL, is_withdraw, |withdrawal: &mut Withdrawal, before| *withdrawal = *before)
    };
    "transfer of more" => |plot| plot.instead(is_transfer, |record, _| match record {
        Record::Transfer { from, to, amount, nonce, .. } =>
            Some(Record::Transfer { from, to, amount: amount + 1, nonce, signature: None }),
        _ => None,
    });
    "transfer to somebody else" => |plot| {
        let found = plot.done(is_transfer)?;
        let (record, _) = Record::decode(&found.step.bytes, found.after.head().is_signed())?;
        let Record::Transfer { from, to, amount, .. } = record else { return None };
        let third = (FIRST..FIRST + 3).find(|third| *third != from && *third != to)?;
        let after: Edit = Box::new(move |state| {
            edit(Place::account(to), move |account: &mut Account| account.balance -= amount as i128)(state);
            edit(Place::account(third), move |account: &mut Account| account.balance += amount as i128)(state);
        });
        Some(Lie { after: Some(after), ..found.lie() })
    };
    "account opened for somebody else" => |plot| {
        plot.edit(ACCOUNT, |record| matches!(record, Record::Account { .. }), |account: &mut Account, _| {
            account.address = member(99).address();
        })
    };
    "meter with another key" => |plot| {
        plot.edit(METER, |record| matches!(record, Record::Meter { .. }), |meter: &mut Meter, _| {
            meter.key = member(99).address();
        })
    };
    "meter with another tariff" => |plot| {
        plot.edit(METER, |record| matches!(record, Record::Meter { .. }), |meter: &mut Meter, _| meter.tariff ^= 1)
    };

    // Records and segments that mean nothing.
    "void segment carried out: too heavy" => |plot| {
        let found = plot.done(|_| true)?;
        let heavy = Record::Tick { time: 1 }.to_bytes().repeat(40);
        let posted = [found.step.bytes.clone(), heavy].concat();
        let executed = Some(vec![found.step.bytes.clone()]);
        Some(Lie { posted: Some(posted), executed, ..found.lie() })
    };
    "void segment carried out: no record" => |plot| {
        let found = plot.done(|_| true)?;
        let posted = [found.step.bytes.clone(), vec![0xee]].concat();
        let executed = Some(vec![found.step.bytes.clone()]);
        Some(Lie { posted: Some(posted), executed, ..found.lie() })
    };
    "record declared refused" => |plot| {
        plot.done(|record| !matches!(record, Record::Tick { .. }))
            .map(|found| Lie { executed: Some(vec![]), ..found.lie() })
    };
    "refused record carried out" => |plot| plot.in_spite_of(Rejection::InsufficientFunds, is_transfer, |record| match record {
        Record::Transfer { from, to, nonce, signature, .. } =>
            Record::Transfer { from, to, amount: 1, nonce, signature },
        record => record,
    });
    "an account nobody touched" => |plot| {
        let found = plot.step(|_, _| true)?;
        let account = Place::account(FIRST + plot.rng.below(3) as u32);
        Some(Lie { after: Some(edit(account, |account: &mut Account| account.balance += 1)), ..found.lie() })
    };
}

fn words(state: &State, place: Place) -> rollup::step::Words {
    state.leaves().find(|(other, _)| *other == place).map_or(rollup::step::NO_WORDS, |(_, words)| *words)
}
