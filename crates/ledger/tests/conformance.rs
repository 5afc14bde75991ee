//! Both forms of the central ledger keep what every ledger promises.

use ledger::conformance::{Backend, Folder, check};
use ledger::{Central, Error, Key, Ledger, Options};
use std::path::PathBuf;

struct Files {
    folder: Folder,
    made: u32,
    options: Options,
}

impl Files {
    fn path(&self) -> PathBuf {
        self.folder.path(&format!("{}.wattle", self.made))
    }
}

impl Backend for Files {
    fn create(&mut self) -> Box<dyn Ledger> {
        self.made += 1;
        Box::new(Central::create(self.path(), self.options.clone()).unwrap())
    }

    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>> {
        let reopened = Central::open(self.path(), self.options.clone());
        Some(reopened.map(|ledger| Box::new(ledger) as Box<dyn Ledger>))
    }
}

struct Memory;

impl Backend for Memory {
    fn create(&mut self) -> Box<dyn Ledger> {
        Box::new(Central::in_memory(Options::default()).unwrap())
    }

    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>> {
        None
    }
}

#[test]
fn a_file_keeps_every_promise() {
    check(&mut Files { folder: Folder::new("plain"), made: 0, options: Options::default() });
}

#[test]
fn a_file_with_a_key_and_statements_keeps_every_promise() {
    let key = Some(Key::from_seed(&1_u64.to_be_bytes(), "operator"));
    let options = Options { key, statements: true, ..Options::default() };
    check(&mut Files { folder: Folder::new("key"), made: 0, options });
}

#[test]
fn memory_keeps_every_promise() {
    check(&mut Memory);
}
