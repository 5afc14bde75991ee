//! Whether a batch is right, as far as it can be known from what is on the chain and what was shown: written apart from the
//! watcher, so that these tests of the contracts do not lean on it.

use market::{Hash, keccak256};
use rollup::batch::Header;
use rollup::contract::Fraud;
use rollup::modes::demand::{SIGNATURE, merge, needed};
use rollup::modes::seal::apply;
use rollup::modes::{Content, Published, Unit, execute_assumed, fraud};
use rollup::step::{self, Context, MOST_BYTES, State, Store, Witness};
use rollup::watcher::Queue;

/// What a watcher finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Every root is the one that follows, as far as is shown.
    Right,
    /// The root after this segment does not follow: what proves it.
    Wrong(Box<Fraud>),
    /// Without the signatures, or the key, of this segment nothing can be said about it.
    Asks(usize),
    /// This leaf of the list is not the blob's cell.
    Mismatch(usize),
    /// The claimed data root is not that of the blob's list.
    Mislisted,
}

/// Judges a batch of this header, published so, from the state before it. `shown` gives the signatures of a segment, or its
/// key, where they are known. The state is as the batch says afterwards if it is right, else as before.
pub(crate) fn judge(
    state: &mut State,
    header: &Header,
    published: &Published,
    queue: &Queue,
    shown: &dyn Fn(usize) -> Option<Vec<u8>>,
) -> Finding {
    let last = published.leaves.last().map(|leaf| leaf.post);
    if published.data_root() != header.data_root || last != Some(header.root) {
        return Finding::Mislisted;
    }
    let start = state.mark();
    for (i, unit) in published.units.iter().enumerate() {
        // A leaf that is wrong is found when the segments before it are done with: they are right then.
        if published.mismatched.first().is_some_and(|&leaf| leaf <= unit.leaf) {
            break;
        }
        let finding = segment(state, header, published, queue, i, unit, shown);
        if finding != Finding::Right {
            state.undo(start);
            return finding;
        }
    }
    match published.mismatched.first() {
        Some(&leaf) => {
            state.undo(start);
            Finding::Mismatch(leaf)
        }
        None => Finding::Right,
    }
}

fn segment(
    state: &mut State,
    header: &Header,
    published: &Published,
    queue: &Queue,
    i: usize,
    unit: &Unit,
    shown: &dyn Fn(usize) -> Option<Vec<u8>>,
) -> Finding {
    let signed = state.head().is_signed();
    let (records, preimage) = match &unit.content {
        Content::Full(records) => (records.clone(), records.clone()),
        Content::Bare(bare, hash) => {
            let known = shown(i).or_else(|| (needed(bare) == Some(0)).then(Vec::new));
            match known.filter(|signatures| keccak256(signatures) == *hash) {
                Some(signatures) => {
                    let length = (bare.len() as u16).to_be_bytes();
                    let preimage = [&length[..], bare, &signatures].concat();
                    // A community without signatures posts records as they are.
                    (if signed { merge(bare, &signatures) } else { bare.clone() }, preimage)
                }
                None => {
                    let mark = state.mark();
                    let fits = needed(bare).is_some_and(|count| bare.len() + count * SIGNATURE <= MOST_BYTES);
                    let records: &[u8] = if fits { bare } else { &[0] };
                    if run(state, header, records, queue, true) == Some(unit.root) {
                        return Finding::Right;
                    }
                    state.undo(mark);
                    return Finding::Asks(i);
                }
            }
        }
        Content::Sealed(text, hash) => {
            let key = shown(i).and_then(|key| Hash::try_from(key).ok()).filter(|key| keccak256(key) == *hash);
            let Some(key) = key else { return Finding::Asks(i) };
            (apply(&key, text), [&key[..], text].concat())
        }
    };
    let mark = state.mark();
    let from = state.head().queue;
    state.take_touched();
    let root = run(state, header, &records, queue, false);
    if root == Some(unit.root) {
        return Finding::Right;
    }
    let touched = state.take_touched();
    let to = state.head().queue;
    state.undo(mark);
    let (Some(_), Some(items)) = (root, queue.items(from, to)) else { return Finding::Asks(i) };
    let witness = Witness::of(state, &touched).to_bytes();
    Finding::Wrong(Box::new(fraud(header, published, i, preimage, from, items.concat(), witness)))
}

/// Executes a segment; the root after it, or `None` where the queue is not known as far as needed.
fn run(state: &mut State, header: &Header, records: &[u8], queue: &Queue, assumed: bool) -> Option<Hash> {
    let from = state.head().queue;
    let mark = state.mark();
    let context = Context { posted_at: header.time, available: header.available, chain: queue.hash(from)? };
    // How many items are consumed shows only in the end; no more than there were.
    for count in (0..=header.available.checked_sub(from)?).rev() {
        let items = queue.items(from, from + count)?.concat();
        let done = if assumed {
            execute_assumed(state, &context, records, &items)
        } else {
            step::execute(state, &context, records, &items)
        };
        if done.is_ok() {
            return Some(state.root());
        }
        state.undo(mark);
    }
    None
}
