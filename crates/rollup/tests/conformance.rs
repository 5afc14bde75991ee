//! The ledger of the dual chain keeps what every ledger promises, within its scope.

mod folder;

use folder::Folder;
use ledger::conformance::{Backend, Scope, VARIANTS, check};
use ledger::{Error, Key, Ledger};
use market::{Command, Envelope};
use rollup::chain::{ChainError, Evm, Settings};
use rollup::ledger::{Options, Rollup, chain_path};
use rollup::modes::Mode;
use rollup::sequencer::Primary;
use std::path::PathBuf;

fn settings() -> Settings {
    Settings { time: 1_717_000_000, ..Settings::default() }
}

fn in_memory(mode: Mode, key: &Key) -> Rollup {
    let primary = Primary::Clocked(Box::new(Evm::new(settings())));
    Rollup::in_memory(primary, Options { mode, ..Options::new(key.clone()) }).unwrap()
}

/// The operator's key of the example that founds this.
fn operator(envelope: &Envelope) -> Option<Key> {
    let Command::Found(terms) = &envelope.command else { return None };
    let keys = (0..VARIANTS).map(|seed| Key::from_seed(&seed.to_be_bytes(), "operator"));
    keys.into_iter().find(|key| key.address() == terms.operator)
}

/// Finds out what the ledger takes by carrying it out.
#[derive(Default)]
struct Trial {
    mode: Mode,
    ledger: Option<Rollup>,
    key: Option<Key>,
}

impl Trial {
    fn takes(&mut self, envelope: &Envelope) -> bool {
        if let Some(key) = operator(envelope) {
            self.ledger = Some(in_memory(self.mode, &key));
            self.key = Some(key);
        }
        let ledger = self.ledger.as_mut().expect("a founding comes first");
        ledger.append(envelope, &mut ()).unwrap().is_ok()
    }

    fn key(&self) -> &Key {
        self.key.as_ref().expect("a founding came first")
    }
}

#[derive(Default)]
struct Memory(Trial);

impl Backend for Memory {
    fn create(&mut self) -> Box<dyn Ledger> {
        Box::new(in_memory(self.0.mode, self.0.key()))
    }

    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>> {
        None
    }

    fn scope(&self) -> Scope {
        Scope::DualChain
    }

    fn takes(&mut self, envelope: &Envelope) -> bool {
        self.0.takes(envelope)
    }
}

struct Files {
    folder: Folder,
    made: u32,
    trial: Trial,
}

impl Files {
    fn path(&self) -> PathBuf {
        self.folder.path(&format!("{}.wattle", self.made))
    }

    fn options(&self) -> Options {
        Options { mode: self.trial.mode, ..Options::new(self.trial.key().clone()) }
    }

    fn primary(&self) -> Result<Primary, ChainError> {
        Ok(Primary::Clocked(Box::new(Evm::open(&chain_path(&self.path()), settings())?)))
    }
}

impl Backend for Files {
    fn create(&mut self) -> Box<dyn Ledger> {
        self.made += 1;
        Box::new(Rollup::create(self.path(), || self.primary(), self.options()).unwrap())
    }

    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>> {
        let opened = Rollup::open(self.path(), || self.primary(), self.options());
        Some(opened.map(|ledger| Box::new(ledger) as Box<dyn Ledger>))
    }

    fn scope(&self) -> Scope {
        Scope::DualChain
    }

    fn takes(&mut self, envelope: &Envelope) -> bool {
        self.trial.takes(envelope)
    }
}

#[test]
fn memory_keeps_every_promise() {
    check(&mut Memory::default());
}

#[test]
fn a_file_and_the_chain_beside_it_keep_every_promise() {
    check(&mut Files { folder: Folder::new("conformance"), made: 0, trial: Trial::default() });
}

/// Signatures on demand need a community that signs, which not all of the suite's do.
#[test]
fn blobs_and_sealed_batches_beside_a_file_keep_every_promise() {
    for mode in [Mode::Blob, Mode::Sealed] {
        let trial = Trial { mode, ..Trial::default() };
        check(&mut Files { folder: Folder::new(&format!("conformance-{}", mode.name())), made: 0, trial });
    }
}
