//! The central back end: one operator, one file.

use crate::projection::Projection;
use crate::segment::chain;
use crate::store::Store;
use crate::{Error, Key, Ledger, Receipt, Recoverer, Segment};
use market::{Command, Envelope, Event, Rejection, Sink, State, encoding};
use std::path::Path;

/// How a central ledger is created or opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Signs the receipts; must be the operator's named in the founding record.
    pub key: Option<Key>,
    /// On creation: keep a table of what every metering point traded and paid in every interval. Costs about
    /// as much space as the log.
    pub statements: bool,
    /// The SQLite file system to use instead of the operating system's, for tests.
    pub vfs: Option<String>,
}

/// A ledger in one SQLite file (or in memory), written by one process.
pub struct Central {
    store: Store,
    state: State,
    projection: Projection,
    key: Option<Key>,
    /// Canonical encodings appended since the last commit, and how many.
    bytes: Vec<u8>,
    count: u32,
    receipt: Receipt,
    stopped: bool,
}

impl Central {
    /// Creates an empty ledger where there is none; the first command must found the community.
    ///
    /// # Errors
    /// If something is there already or the file cannot be written.
    pub fn create(path: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let store = Store::create(path.as_ref(), options.vfs.as_deref(), options.statements)?;
        Ok(Self::new(store, options.key))
    }

    /// A ledger that lives as long as the process: nothing is durable, everything else is the same.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn in_memory(options: Options) -> Result<Self, Error> {
        Ok(Self::new(Store::in_memory(options.statements)?, options.key))
    }

    /// Opens a ledger and replays it from its first record, checking everything on the way.
    ///
    /// # Errors
    /// If there is none, if it is in use, or if its log is not one that the market accepts.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let store = Store::open(path.as_ref(), options.vfs.as_deref())?;
        let mut central = Self::new(store, options.key);
        central.replay()?;
        central.projection.assume_written(central.state.accounts());
        Ok(central)
    }

    fn new(store: Store, key: Option<Key>) -> Self {
        let projection = Projection::new(store.keeps_statements());
        let (state, receipt) = (State::new(), Receipt::default());
        Self { store, state, projection, key, bytes: Vec::new(), count: 0, receipt, stopped: false }
    }

    /// Folds the stored log into the state and the projection.
    fn replay(&mut self) -> Result<(), Error> {
        let Self { store, state, projection, receipt, key, .. } = self;
        let path = store.path();
        store.segments(0, &mut |segment| {
            let damaged =
                |record, what: &str| Error::Damaged { path: path.into(), record, what: what.into() };
            let first = segment.receipt.first;
            if !segment.follows(receipt) {
                return Err(damaged(receipt.end(), "its hash does not follow from what is before"));
            }
            let mut rest = segment.bytes.as_slice();
            for record in first..segment.receipt.end() {
                let (envelope, after) = encoding::decode(rest).map_err(|rejection| Error::Refused {
                    path: path.into(),
                    record,
                    rejection,
                })?;
                rest = after;
                if !may_sign_for(key.as_ref(), &envelope.command) {
                    return Err(Error::WrongKey { path: path.into() });
                }
                projection.record = record;
                state.apply(&envelope, &Recoverer, projection).map_err(|rejection| Error::Refused {
                    path: path.into(),
                    record,
                    rejection,
                })?;
            }
            if !rest.is_empty() {
                return Err(damaged(segment.receipt.end(), "there are bytes after the last record"));
            }
            if segment.receipt.root != projection.root {
                return Err(damaged(first, "its receipt names another root than the last checkpoint's"));
            }
            *receipt = segment.receipt;
            Ok(())
        })
    }

    /// Commits, and writes the derived tables anew from the log. They follow it at every commit, so this is for when
    /// somebody else has changed them.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        self.check_running()?;
        self.commit()?;
        self.state = State::new();
        self.projection = Projection::new(self.store.keeps_statements());
        self.receipt = Receipt::default();
        let result = self.replay().and_then(|()| {
            self.projection.assume_nothing_written();
            self.store.replace_projection(&mut self.projection, self.state.accounts())
        });
        self.stopped = result.is_err();
        result
    }

    /// Where it is stored.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    fn check_running(&self) -> Result<(), Error> {
        if self.stopped { Err(Error::Stopped { path: self.store.path().into() }) } else { Ok(()) }
    }
}

impl Ledger for Central {
    fn append(&mut self, envelope: &Envelope, sink: &mut dyn Sink) -> Result<Result<u64, Rejection>, Error> {
        self.check_running()?;
        if !may_sign_for(self.key.as_ref(), &envelope.command) {
            return Err(Error::WrongKey { path: self.store.path().into() });
        }
        let record = self.len();
        self.projection.record = record;
        let mut both = Both { projection: &mut self.projection, sink };
        if let Err(rejection) = self.state.apply(envelope, &Recoverer, &mut both) {
            return Ok(Err(rejection));
        }
        encoding::encode(envelope, &mut self.bytes);
        self.count += 1;
        Ok(Ok(record))
    }

    fn commit(&mut self) -> Result<Receipt, Error> {
        self.check_running()?;
        if self.count == 0 {
            return Ok(self.receipt);
        }
        let (first, count) = (self.receipt.end(), std::mem::take(&mut self.count));
        let bytes = std::mem::take(&mut self.bytes);
        let hash = chain(&self.receipt.hash, first, count, &bytes);
        let mut receipt = Receipt { first, count, hash, root: self.projection.root, signature: None };
        if let Some(key) = &self.key {
            receipt = receipt.signed(key);
        }
        let mut segment = Segment { receipt, bytes };
        // From here until the database has answered, nothing is known about what is stored.
        self.stopped = true;
        self.store.append(&segment, &mut self.projection, self.state.accounts())?;
        self.stopped = false;
        segment.bytes.clear();
        self.bytes = segment.bytes; // its memory serves the next segment
        self.receipt = receipt;
        Ok(receipt)
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn root(&mut self) -> [u8; 32] {
        self.state.root()
    }

    fn len(&self) -> u64 {
        self.receipt.end() + u64::from(self.count)
    }

    fn receipt(&self) -> Receipt {
        self.receipt
    }

    fn records(&self, from: u64, visit: &mut dyn FnMut(u64, Envelope)) -> Result<(), Error> {
        self.store.segments(from, &mut |segment| {
            let mut rest = segment.bytes.as_slice();
            for record in segment.receipt.first..segment.receipt.end() {
                let path = || self.store.path().to_path_buf();
                let (envelope, after) = encoding::decode(rest).map_err(|rejection| Error::Refused {
                    path: path(),
                    record,
                    rejection,
                })?;
                rest = after;
                if record >= from {
                    visit(record, envelope);
                }
            }
            Ok(())
        })
    }
}

/// A key that is not the operator's would sign receipts that bind nobody.
fn may_sign_for(key: Option<&Key>, command: &Command) -> bool {
    match (key, command) {
        (Some(key), Command::Found(community)) => community.operator == key.address(),
        _ => true,
    }
}

/// Hands every event to the projection and to the caller.
struct Both<'a> {
    projection: &'a mut Projection,
    sink: &'a mut dyn Sink,
}

impl Sink for Both<'_> {
    fn event(&mut self, event: Event) {
        self.projection.event(event);
        self.sink.event(event);
    }
}
