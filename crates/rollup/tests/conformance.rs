//! The ledger of the dual chain keeps what every ledger promises, within its scope.

#[path = "chains/node.rs"]
mod node;

use ledger::conformance::{Backend, Folder, Scope, VARIANTS, check};
use ledger::{Error, Key, Ledger};
use market::{Command, Envelope};
use node::Node;
use rollup::chain::{self, ChainError, Connection, Evm, Rpc, Settings};
use rollup::ledger::{Options, Rollup, chain_path};
use rollup::modes::Mode;
use rollup::sequencer::Primary;
use std::any::Any;
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

/// Starts a node: what keeps it running, and where it is asked.
type Start = fn() -> (Box<dyn Any>, String);

/// A file, and beside it the primary chain in another; or, over JSON-RPC, a node for every ledger that is made.
struct Files {
    folder: Folder,
    made: u32,
    trial: Trial,
    start: Option<Start>,
    node: Option<(Box<dyn Any>, String)>,
}

impl Files {
    fn new(name: &str, start: Option<Start>) -> Self {
        Self { folder: Folder::new(name), made: 0, trial: Trial::default(), start, node: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path(&format!("{}.wattle", self.made))
    }

    fn options(&self) -> Options {
        Options { mode: self.trial.mode, ..Options::new(self.trial.key().clone()) }
    }

    fn primary(&self) -> Result<Primary, ChainError> {
        Ok(Primary::Clocked(match &self.node {
            Some((_, url)) => Box::new(Rpc::connect(Connection::to(url))?),
            None => Box::new(Evm::open(&chain_path(&self.path()), settings())?),
        }))
    }
}

impl Backend for Files {
    fn create(&mut self) -> Box<dyn Ledger> {
        self.made += 1;
        self.node = self.start.map(|start| start());
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
    check(&mut Files::new("conformance", None));
}

#[test]
fn a_file_and_our_node_keep_every_promise() {
    let start: Start = || {
        let node = chain::Node::serve(Evm::new(settings()), 0, true).unwrap();
        let url = node.url();
        (Box::new(node), url)
    };
    check(&mut Files::new("conformance-served", Some(start)));
}

#[test]
fn a_file_and_a_development_node_keep_every_promise() {
    if Node::with(&settings()).is_none() {
        return; // it has said why
    }
    let start: Start = || {
        let node = Node::with(&settings()).expect("it was there a moment ago");
        let url = node.url.clone();
        (Box::new(node), url)
    };
    check(&mut Files::new("conformance-node", Some(start)));
}

/// Signatures on demand need a community that signs, which not all of the suite's do.
#[test]
fn blobs_and_sealed_batches_beside_a_file_keep_every_promise() {
    for mode in [Mode::Blob, Mode::Sealed] {
        let trial = Trial { mode, ..Trial::default() };
        check(&mut Files { trial, ..Files::new(&format!("conformance-{}", mode.name()), None) });
    }
}
