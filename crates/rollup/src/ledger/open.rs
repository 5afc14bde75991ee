//! Opening: the log is carried out again and laid beside what the primary chain has.

use super::{Desk, Notes, Options, Rollup, RollupError, domain, notes_path};
use crate::chain::{Chain, ChainError};
use crate::founding::FoundingError;
use crate::modes::Part;
use crate::sequencer::{Clerk, Hex, PostError, Poster, Primary, Rest};
use crate::translate::{self, Translator};
use crate::watcher::find_founding;
use ledger::{Central, Error, Ledger, Recoverer};
use market::{Command, Envelope, State};
use std::path::Path;

impl Rollup {
    /// Opens a ledger: replays its log, makes records and roots from it again, and compares them with what the primary
    /// chain has. That chain is asked for once nobody else has the log open.
    ///
    /// # Errors
    /// If there is none, if it is in use or damaged, if the primary chain cannot be read, or if it has another batch than
    /// the log gives: the batch and its segment are named.
    pub fn open(
        path: impl AsRef<Path>,
        primary: impl FnOnce() -> Result<Primary, ChainError>,
        options: Options,
    ) -> Result<Self, Error> {
        let central = Central::open(&path, options.central())?;
        let primary = primary().map_err(RollupError::from)?;
        let notes_path = notes_path(path.as_ref());
        if central.is_empty() {
            let notes = Notes::create(&notes_path).map_err(RollupError::from)?;
            return Ok(Self { central, notes, primary, options, desk: None, stopped: false });
        }
        let notes = Notes::open(&notes_path, central.len()).map_err(RollupError::from)?;
        let mut rollup = Self { central, notes, primary, options, desk: None, stopped: false };
        rollup.desk = Some(rollup.replay()?);
        Ok(rollup)
    }

    fn replay(&mut self) -> Result<Desk, Error> {
        let mut envelopes = Vec::new();
        self.central.records(0, &mut |_, envelope| envelopes.push(envelope))?;
        let desk = self.carry_out_again(&envelopes)?;
        Ok(desk)
    }

    fn carry_out_again(&mut self, envelopes: &[Envelope]) -> Result<Desk, RollupError> {
        let missing =
            || RollupError::Scope("the log does not begin with a founding on the dual chain".into());
        let Some(Command::Found(terms)) = envelopes.first().map(|envelope| &envelope.command) else {
            return Err(missing());
        };
        let place = self.notes.place.ok_or_else(missing)?;
        let found = self.primary.chain().id()?;
        if found != place.chain {
            return Err(RollupError::OtherChain { expected: place.chain, found });
        }
        let mut genesis = translate::genesis(terms, &self.options.terms.outside)
            .map_err(|rejection| RollupError::Scope(rejection.words().into()))?;
        let founding = find_founding(self.primary.chain(), place.contract);
        let mode = match founding {
            Ok(founding) => founding.mode,
            Err(FoundingError::NoContract(contract)) => {
                return Err(PostError::NoContract { contract: Hex(contract) }.into());
            }
            Err(FoundingError::Contract(error)) => return Err(error.into()),
            Err(error) => return Err(RollupError::Scope(error.to_string())),
        };
        let (key, window) = (self.options.key.clone(), self.options.terms.window());
        let mut poster =
            Poster::new(mode, place.contract, place.block, key, self.options.posting, window, genesis.root());
        let told = lengths(self.primary.chain(), &poster)?;
        let clerk = Clerk::new(mode, genesis, told);
        let (rest, trouble) = (Rest::Idle, None);
        poster.posting = self.options.posting;
        let translator = Translator::new();
        let domain = domain(terms);
        let mut desk =
            Desk { clerk, poster, translator, place, domain, since: None, longest: 0, rest, trouble };
        let mut market = State::new();
        let mut consumed = self.notes.consumed.clone().into_iter().peekable();
        for (number, envelope) in (0..).zip(envelopes) {
            while let Some(void) = consumed.next_if(|item| item.record == number && !item.carried_out) {
                desk.consume(&void.item)?;
            }
            let carried_out = consumed.next_if(|item| item.record == number);
            let done = match carried_out {
                Some(item) => desk.consume(&item.item),
                None if number == 0 => Ok(()),
                None => desk.clerk.command(&mut desk.translator, &market, envelope).map_err(|rejection| {
                    let what = format!("record {number} of the log");
                    RollupError::Apart { what, rejection }
                }),
            };
            done?;
            desk.clerk.settle();
            let applied = market.apply(envelope, &Recoverer, &mut ());
            applied
                .map_err(|rejection| RollupError::Apart { what: format!("record {number}"), rejection })?;
        }
        for void in consumed {
            desk.consume(&void.item)?;
        }
        desk.clerk.settle();
        desk.poster.story.tell(desk.clerk.take());
        desk.poster.look(self.primary.chain())?;
        if desk.poster.story.waiting() > 0 || !desk.clerk.is_between() {
            desk.since = Some(market.now());
        }
        Ok(desk)
    }
}

/// The lengths in bytes of all segments that the chain has, with their signatures, in order.
fn lengths(chain: &mut dyn Chain, poster: &Poster) -> Result<Vec<usize>, RollupError> {
    let mut view = poster.view.clone();
    view.update(chain)?;
    let mut lengths = Vec::new();
    for (header, entry) in &view.inputs {
        let number = header.number;
        let found = poster.data().published(chain, entry)?;
        let (_, parts) = found.map_err(|why| PostError::Withheld { number, why })?;
        lengths.extend(parts.iter().filter_map(Part::length));
    }
    Ok(lengths)
}
