//! A ledger that posts what it keeps: every command is kept as a central ledger keeps it, carried out a second time as
//! records of the secondary chain, and posted in batches to a primary chain, where anybody can check it.
//!
//! A command is accepted if the market and the transition both take it. Its receipt is the soft confirmation: signed,
//! durable, given at once. Its batch makes it final once nobody has proven a wrong root within the window.
//!
//! What is durable here is the log of commands and the [`Notes`] beside it; records, segments and roots follow from them.
//! What was posted the primary chain says. So after a crash at any moment the log is carried out again, laid beside what the
//! chain has, and posting goes on from there.

mod forced;
mod found;
mod notes;
mod open;
mod queue;
mod scope;
mod summary;

pub use found::Terms;
pub use notes::{Consumed, Notes, NotesError, Place};
pub use scope::carries;
pub use summary::Summary;

use crate::chain::ChainError;
use crate::contract::ContractError;
use crate::modes::Mode;
use crate::sequencer::{Clerk, Hex, PostError, Poster, Posting, Primary, Rest};
use crate::translate::Translator;
use ledger::{Central, Error, Key, Ledger, Receipt, Recoverer};
use market::signing::Domain;
use market::{Authentication, Command, Envelope, Rejection, Sink, State};
use std::path::{Path, PathBuf};

/// How a ledger of the dual chain is created or opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The operator's: signs receipts, and transactions on the primary chain.
    pub key: Key,
    /// When batches are posted.
    pub posting: Posting,
    /// What the contract fixes; used when the community is founded.
    pub terms: Terms,
    /// How data reaches the primary chain; used when the community is founded.
    pub mode: Mode,
    /// On creation: keep a table of what every metering point traded and paid in every interval.
    pub statements: bool,
    /// The SQLite file system to use instead of the operating system's, for tests.
    pub vfs: Option<String>,
}

impl Options {
    /// The usual ones.
    #[must_use]
    pub fn new(key: Key) -> Self {
        let (posting, terms, mode) = (Posting::default(), Terms::default(), Mode::default());
        Self { key, posting, terms, mode, statements: false, vfs: None }
    }

    fn central(&self) -> ledger::Options {
        let (key, vfs) = (Some(self.key.clone()), self.vfs.clone());
        ledger::Options { key, statements: self.statements, vfs }
    }
}

/// Why the dual chain cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// The notes beside the log.
    #[error(transparent)]
    Notes(#[from] NotesError),
    /// Posting.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The rules of the community are not those of this ledger.
    #[error("{0}")]
    Scope(String),
    /// Too much waits for the primary chain.
    #[error(
        "{waiting} bytes wait to be posted, more than the {most} that may: nothing new is taken until the primary chain \
         takes batches again. Last it said: {trouble}"
    )]
    Backlog {
        /// Bytes.
        waiting: usize,
        /// Bytes.
        most: usize,
        /// Why they wait.
        trouble: String,
    },
    /// Items of the queue come first.
    #[error(
        "item {item} of the primary chain's queue comes before this deposit and does not count yet: try again after the \
         next blocks"
    )]
    QueueFirst {
        /// Its number.
        item: u64,
    },
    /// Not everything could be posted in the end.
    #[error(
        "not everything could be posted: {0}. What was acknowledged is in the file; open it again to go on"
    )]
    Unposted(String),
    /// The primary chain is another.
    #[error(
        "the ledger was founded on chain {expected}, this is chain {found}: name the right primary chain"
    )]
    OtherChain {
        /// The id noted.
        expected: u64,
        /// The id found.
        found: u64,
    },
    /// The operator cannot pay.
    #[error(
        "the operator {operator} has {has} wei on the primary chain and needs {needs}: send it coin, then try again"
    )]
    Poor {
        /// Who.
        operator: Hex,
        /// wei.
        has: u128,
        /// wei.
        needs: u128,
    },
    /// Market and transition do not agree, which is an error of this program.
    #[error(
        "the market and the transition disagree about {what}: {rejection}. Keep the file and report this"
    )]
    Apart {
        /// About what.
        what: String,
        /// What one of them says.
        rejection: Rejection,
    },
}

impl From<ContractError> for RollupError {
    fn from(error: ContractError) -> Self {
        Self::Post(error.into())
    }
}

impl From<ChainError> for RollupError {
    fn from(error: ChainError) -> Self {
        Self::Post(error.into())
    }
}

impl From<RollupError> for Error {
    fn from(error: RollupError) -> Self {
        Self::Beside(Box::new(error))
    }
}

/// For how many blocks the end of a run waits for what is under way.
const BEATS: u32 = 100;

/// A ledger whose log a primary chain makes final.
pub struct Rollup {
    central: Central,
    notes: Notes,
    primary: Primary,
    options: Options,
    /// Once founded.
    desk: Option<Desk>,
    stopped: bool,
}

/// What the operator works with.
struct Desk {
    clerk: Clerk,
    poster: Poster,
    translator: Translator,
    place: Place,
    domain: Option<Domain>,
    /// The market's time at the first record that is not posted.
    since: Option<u64>,
    /// The longest that a record waited for its batch, s.
    longest: u64,
    rest: Rest,
    /// What went wrong with the primary chain last, in words.
    trouble: Option<String>,
}

impl Rollup {
    /// Creates an empty ledger where there is none, and its notes beside it. The primary chain is asked for once that is done.
    ///
    /// # Errors
    /// If something is there already or cannot be written, or there is no primary chain.
    pub fn create(
        path: impl AsRef<Path>,
        primary: impl FnOnce() -> Result<Primary, ChainError>,
        options: Options,
    ) -> Result<Self, Error> {
        let central = Central::create(&path, options.central())?;
        let notes = Notes::create(&notes_path(path.as_ref())).map_err(RollupError::from)?;
        let primary = primary().map_err(RollupError::from)?;
        Ok(Self { central, notes, primary, options, desk: None, stopped: false })
    }

    /// A ledger that lives as long as the process; the primary chain is as durable as it is.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn in_memory(primary: Primary, options: Options) -> Result<Self, Error> {
        let (central, notes) = (Central::in_memory(options.central())?, Notes::in_memory());
        Ok(Self { central, notes, primary, options, desk: None, stopped: false })
    }

    /// What it posted, what became of it, and what it cost.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        self.desk.as_ref().map(|desk| Summary::of(desk, &self.options))
    }

    /// Why nothing is posted right now, and what went wrong last with the primary chain.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        let desk = self.desk.as_ref()?;
        desk.trouble.clone().or_else(|| (desk.rest != Rest::Idle).then(|| desk.rest.to_string()))
    }

    /// The secondary chain's state.
    #[must_use]
    pub fn secondary(&self) -> Option<&crate::step::State> {
        self.desk.as_ref().map(|desk| desk.clerk.state())
    }

    /// The operator's hand on the primary chain.
    #[must_use]
    pub fn poster(&self) -> Option<&Poster> {
        self.desk.as_ref().map(|desk| &desk.poster)
    }

    /// Where the contract is.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.desk.as_ref().map(|desk| desk.place)
    }

    /// The primary chain.
    pub fn primary(&mut self) -> &mut Primary {
        &mut self.primary
    }

    /// Gives the primary chain back, for whoever looks at it afterwards.
    #[must_use]
    pub fn into_primary(self) -> Primary {
        self.primary
    }

    fn check_running(&self) -> Result<(), Error> {
        if self.stopped { Err(Error::Stopped { path: self.central.path().into() }) } else { Ok(()) }
    }

    /// Posts everything, and where the primary chain's clock can be moved, moves it until everything is final.
    ///
    /// # Errors
    /// As [`Ledger::commit`]; and where the primary chain does not take what waits.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.commit()?;
        let Some(window) = self.desk.is_some().then_some(self.options.terms.window()) else { return Ok(()) };
        self.post(true)?;
        for _ in 0..BEATS {
            if self.waits_for().is_none() || !self.primary.is_clocked() {
                break;
            }
            self.primary.beat(self.central.state().now()).map_err(RollupError::from)?;
            self.post(true)?;
        }
        if let Some(trouble) = self.waits_for().filter(|_| self.primary.is_clocked()) {
            return Err(RollupError::Unposted(trouble).into());
        }
        if self.primary.is_clocked() {
            let head = self.primary.chain().head().map_err(RollupError::from)?;
            for _ in 0..=window.0 {
                self.primary.beat(head.time + window.1 + 1).map_err(RollupError::from)?;
            }
            // A node may take a moment from a transaction to its block.
            for _ in 0..BEATS {
                self.post(true)?;
                if self.is_final() {
                    break;
                }
                self.primary.beat(0).map_err(RollupError::from)?;
            }
        }
        Ok(())
    }

    /// Whether nobody can challenge any batch any more.
    fn is_final(&self) -> bool {
        self.desk.as_ref().is_none_or(|desk| {
            let view = &desk.poster.view;
            view.finalised + 1 >= view.batches.len() as u64
        })
    }

    /// Posts what becomes due long before this time while no command comes, as far as it is durable. Where the next command
    /// comes within another such age, what waits goes along with it, in one batch instead of two.
    fn post_before(&mut self, time: u64) -> Result<(), Error> {
        let receipt = self.central.receipt();
        let durable = receipt.first + u64::from(receipt.count) == self.central.len();
        let since = self.desk.as_ref().and_then(|desk| desk.since).filter(|_| durable);
        let age = self.options.posting.age;
        let due = since.map(|since| since.saturating_add(age));
        let Some(due) = due.filter(|due| due.saturating_add(age) < time) else { return Ok(()) };
        // Whether that went well shows when something is posted.
        let _ = self.primary.follow(due);
        self.post_at(due.max(self.central.state().now()), false)
    }

    /// Posts what is due now.
    fn post(&mut self, flush: bool) -> Result<(), Error> {
        self.post_at(self.central.state().now(), flush)
    }

    /// Posts what is due. A primary chain that is away is no failure of the ledger: it is tried again at the next commit.
    fn post_at(&mut self, now: u64, flush: bool) -> Result<(), Error> {
        let posting = self.options.posting;
        let Some(desk) = &mut self.desk else { return Ok(()) };
        let age = desk.since.map_or(0, |since| now.saturating_sub(since));
        let due = flush || age >= posting.age;
        if due {
            desk.clerk.cut();
        }
        desk.poster.story.tell(desk.clerk.take());
        desk.trouble = None;
        match desk.poster.drive(self.primary.chain(), age, flush) {
            Ok(rest) => desk.rest = rest,
            Err(PostError::Contract(ContractError::Chain(error))) => desk.trouble = Some(error.to_string()),
            Err(error) => {
                self.stopped = true;
                return Err(RollupError::from(error).into());
            }
        }
        if desk.poster.story.waiting() == 0 && desk.clerk.is_between() {
            desk.longest = desk.longest.max(age);
            desk.since = None;
        }
        Ok(())
    }
}

impl Desk {
    fn check_backlog(&self) -> Result<(), RollupError> {
        let (waiting, most) = (self.poster.story.waiting_bytes(), self.poster.posting.backlog);
        if waiting <= most {
            return Ok(());
        }
        let trouble = self.trouble.clone().unwrap_or_else(|| self.rest.to_string());
        Err(RollupError::Backlog { waiting, most, trouble })
    }
}

impl Ledger for Rollup {
    /// # Errors
    /// As for every ledger; and where too much waits for the primary chain, or a deposit cannot be paid there.
    fn append(&mut self, envelope: &Envelope, sink: &mut dyn Sink) -> Result<Result<u64, Rejection>, Error> {
        self.check_running()?;
        if self.desk.is_none() {
            return self.found(envelope, sink);
        }
        if let Command::Deposit { account, amount, .. } = envelope.command {
            return self.deposit(account, amount, envelope, sink);
        }
        if let Command::Tick { time } = envelope.command {
            self.post_before(time)?;
        }
        let Some(desk) = &mut self.desk else { return Ok(Err(Rejection::NotFounded)) };
        if let Command::Tick { time } = envelope.command
            && let Err(error) = self.primary.follow(time)
        {
            desk.trouble = Some(error.to_string());
        }
        desk.check_backlog()?;
        let moment = desk.clerk.now();
        if desk.clerk.command(&mut desk.translator, self.central.state(), envelope).is_err() {
            desk.clerk.go_back(moment);
            return Ok(Err(refusal(self.central.state(), envelope)));
        }
        match self.central.append(envelope, sink) {
            Ok(Ok(number)) => {
                desk.clerk.settle();
                desk.since.get_or_insert(self.central.state().now());
                Ok(Ok(number))
            }
            refused => {
                desk.clerk.go_back(moment);
                refused
            }
        }
    }

    /// # Errors
    /// As for every ledger; and where what the primary chain has is not what this ledger would post.
    fn commit(&mut self) -> Result<Receipt, Error> {
        self.check_running()?;
        self.take_in(&mut ())?;
        self.notes.sync().map_err(|error| {
            self.stopped = true;
            RollupError::from(error)
        })?;
        let receipt = self.central.commit()?;
        if self.desk.is_some() {
            if self.primary.is_clocked() {
                // Whether that went well shows when something is posted.
                let _ = self.primary.beat(self.central.state().now());
            }
            self.post(false)?;
        }
        Ok(receipt)
    }

    fn state(&self) -> &State {
        self.central.state()
    }

    fn root(&mut self) -> [u8; 32] {
        self.central.root()
    }

    fn len(&self) -> u64 {
        self.central.len()
    }

    fn receipt(&self) -> Receipt {
        self.central.receipt()
    }

    fn records(&self, from: u64, visit: &mut dyn FnMut(u64, Envelope)) -> Result<(), Error> {
        self.central.records(from, visit)
    }
}

/// Why a command is refused that the transition does not take: the market's reason if it has one, tried on a copy.
fn refusal(market: &State, envelope: &Envelope) -> Rejection {
    let tried = market.clone().apply(envelope, &Recoverer, &mut ());
    tried.err().unwrap_or(Rejection::NotOnThisLedger)
}

/// The notes' file of a ledger's file.
fn notes_path(path: &Path) -> PathBuf {
    with_ending(path, ".notes")
}

/// Where the chain in the process of a ledger's file is kept.
#[must_use]
pub fn chain_path(path: &Path) -> PathBuf {
    with_ending(path, ".chain")
}

/// The contract of the ledger whose chain in the process is kept in this file, by the notes beside it.
#[must_use]
pub fn contract_of(chain: &Path) -> Option<market::Address> {
    let ledger = chain.to_str()?.strip_suffix(".chain")?;
    Notes::read_place(&notes_path(Path::new(ledger))).map(|place| place.contract)
}

/// Every file that lies beside a ledger's.
#[must_use]
pub fn beside(path: &Path) -> [PathBuf; 2] {
    [notes_path(path), chain_path(path)]
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The operator's command as it travels.
fn seal(command: Command, key: &Key, domain: Option<&Domain>) -> Envelope {
    let signature = domain.map(|domain| key.sign(&domain.digest(&command)));
    Envelope { command, signature }
}

/// The domain under which commands are signed, where they are.
fn domain(terms: &market::Community) -> Option<Domain> {
    (terms.authentication == Authentication::Signature).then(|| Domain::of(terms))
}
