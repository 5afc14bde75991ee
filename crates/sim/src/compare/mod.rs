//! The same orders and readings under every market design: what would each member pay?
//!
//! 1. [`record()`] plays the scenario once, with every book auctioned once, and keeps each book, each reading and each
//!    price;
//! 2. these books are cleared, or these readings shared, under one [`Design`] after the other, and settled with the
//!    bill that the ledger posts ([`market::Bill`]);
//! 3. a search finds what lying would win ([`clearing::manipulation`]).
//!
//! Nothing is settled twice or otherwise than on a ledger: what differs between two designs is the design.

mod design;
pub use design::{Design, Designs, PointWishes, UnknownDesign};
mod manipulation;
pub use manipulation::{Effort, Manipulation};
mod measure;
pub use measure::{Account, Community, Measured};
mod play;
mod record;
pub use record::{Exchange, PointTerms, Recorded, Recording, record};

use crate::{RunError, Scenario};
use market::Rejection;
use market::rule::RuleKind;

/// What every design made of the same days.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What all designs share.
    pub community: Community,
    /// One entry per design that was played, in the order asked for.
    pub designs: Vec<Played>,
    /// Designs that could not be played, and why.
    pub skipped: Vec<(Design, String)>,
}

/// One design's result.
#[derive(Clone, Debug)]
pub struct Played {
    /// Which design.
    pub design: Design,
    /// What came of it.
    pub measured: Measured,
    /// Whether lies were looked for.
    pub searched: bool,
    /// The best lies found, one of each kind at most.
    pub manipulation: Vec<Manipulation>,
}

impl Played {
    /// The lie that wins most; none where none wins.
    #[must_use]
    pub fn best_lie(&self) -> Option<&Manipulation> {
        self.manipulation.iter().max_by_key(|found| found.gain.money)
    }
}

/// Plays a scenario and every design on what was recorded. `progress` hears how many of how many steps are done.
///
/// # Errors
/// Where the scenario cannot be played.
pub fn compare(
    scenario: &Scenario,
    designs: &[Design],
    effort: Effort,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Comparison, RunError> {
    let steps = 2 + 2 * designs.len() as u64;
    let mut done = 0;
    let mut step = |progress: &mut dyn FnMut(u64, u64)| {
        done += 1;
        progress(done, steps);
    };
    let recording = record(scenario, true)?;
    step(progress);
    let without = record(scenario, false)?;
    step(progress);
    let community = Community::of(scenario, &recording, &without);
    let mut played = Vec::new();
    let mut skipped = Vec::new();
    for design in designs {
        let large = || too_large(design, &recording).filter(|_| designs.len() > 1);
        if let Some(reason) = not_comparable(design).or_else(large) {
            skipped.push((*design, reason));
            (0..2).for_each(|_| step(progress));
            continue;
        }
        match play::play(design, &recording) {
            Ok(measured) => {
                step(progress);
                let lies = manipulation::search(design, &recording, effort).ok().flatten();
                let (searched, manipulation) = (lies.is_some(), lies.unwrap_or_default());
                played.push(Played { design: *design, measured, searched, manipulation });
            }
            Err(rejection) => {
                step(progress);
                skipped.push((*design, reason(rejection)));
            }
        }
        step(progress);
    }
    Ok(Comparison { community, designs: played, skipped })
}

/// Why a design cannot be compared on orders that were placed for carriers that are cleared one by one.
fn not_comparable(design: &Design) -> Option<String> {
    (design.kind() == RuleKind::Coupled).then(|| {
        "the recorded orders hold no offers to convert or to store, which members place only where carriers are cleared \
         together, and then beside other orders; on these orders it is uniform_price: `wattle run` says what coupling is \
         worth"
            .into()
    })
}

/// More pairs than this take minutes.
const MOST_PAIRS: u64 = 5_000_000;

/// Why a design is not played among others: its search goes by pairs, and there are too many in the books.
fn too_large(design: &Design, recording: &Recording) -> Option<String> {
    let exchanges = recording.intervals.iter().flat_map(|recorded| &recorded.exchanges);
    let pairs = exchanges.map(|exchange| exchange.book.bids.len() as u64 * exchange.book.offers.len() as u64);
    let millions = pairs.sum::<u64>() / 1_000_000;
    (design.kind() == RuleKind::Bilateral && millions * 1_000_000 > MOST_PAIRS).then(|| {
        format!(
            "its search would try {millions} million pairs, which takes minutes: name it alone to play it"
        )
    })
}

fn reason(rejection: Rejection) -> String {
    match rejection {
        Rejection::WrongClaim => "this version has no search for it".into(),
        other => format!("its clearing was refused: {other}"),
    }
}
