//! The one transaction that a watcher waits for, written down before it is sent.
//!
//! A process can die between sending and remembering. The journal fixes the nonce before: after a restart the same nonce is
//! either still free, then nothing was sent, or it is not, then the transaction is awaited. So nothing is sent twice.

use crate::chain::{TxHash, synchronise_folder};
use market::Address;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What it does, see [`super::Act::name`].
    pub act: String,
    /// Its sender's nonce.
    pub nonce: u64,
    /// How often its fee was raised.
    pub raises: u32,
    /// The newest block when it was sent.
    pub block: u64,
    /// Its hash, once the node has taken it.
    pub transaction: Option<TxHash>,
}

/// Where it is written down: a file, or nowhere.
#[derive(Clone, Debug)]
pub struct Journal {
    path: Option<PathBuf>,
    /// Chain, contract and watcher that it is about.
    about: String,
    pending: Option<Pending>,
}

impl Journal {
    /// Remembers for as long as the process lives.
    #[must_use]
    pub const fn in_memory() -> Self {
        Self { path: None, about: String::new(), pending: None }
    }

    /// Opens or begins a file; it is about one watcher of one contract.
    ///
    /// # Errors
    /// Where the file cannot be read, is damaged or about something else.
    pub fn open(path: &Path, chain: u64, contract: Address, watcher: Address) -> io::Result<Self> {
        let about = format!("chain {chain}, contract {}, watcher {}", hex(&contract.0), hex(&watcher.0));
        let pending = match fs::read_to_string(path) {
            Ok(text) => read(&text, &about)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { path: Some(path.to_owned()), about, pending })
    }

    /// What is awaited.
    #[must_use]
    pub const fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// Writes down what is awaited now, durably, before it returns.
    ///
    /// # Errors
    /// Where the file cannot be written; what was written before is still there then.
    pub fn set(&mut self, pending: Option<Pending>) -> io::Result<()> {
        if let Some(path) = &self.path {
            let form = pending.as_ref().map(|pending| {
                json!({
                    "act": pending.act,
                    "nonce": pending.nonce,
                    "raises": pending.raises,
                    "block": pending.block,
                    "transaction": pending.transaction.map(|hash| hex(&hash)),
                })
            });
            let text = json!({ "about": self.about, "pending": form }).to_string();
            // A file that is replaced as a whole is never seen half written.
            let new = path.with_extension("new");
            let mut file = fs::File::create(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            synchronise_folder(path)?;
        }
        self.pending = pending;
        Ok(())
    }
}

fn read(text: &str, about: &str) -> io::Result<Option<Pending>> {
    let damaged =
        || io::Error::new(io::ErrorKind::InvalidData, "is no journal of a watcher: name another file");
    let form: Value = serde_json::from_str(text).map_err(|_| damaged())?;
    let found = form["about"].as_str().ok_or_else(damaged)?;
    if found != about {
        let what = format!("is about {found}, not {about}: name another file");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let pending = &form["pending"];
    if pending.is_null() {
        return Ok(None);
    }
    let transaction = match &pending["transaction"] {
        Value::Null => None,
        hash => Some(hash.as_str().and_then(unhex).ok_or_else(damaged)?),
    };
    Ok(Some(Pending {
        act: pending["act"].as_str().ok_or_else(damaged)?.to_owned(),
        nonce: pending["nonce"].as_u64().ok_or_else(damaged)?,
        raises: pending["raises"].as_u64().and_then(|raises| raises.try_into().ok()).ok_or_else(damaged)?,
        block: pending["block"].as_u64().ok_or_else(damaged)?,
        transaction,
    }))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn unhex(text: &str) -> Option<TxHash> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}
