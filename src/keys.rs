//! Keys in files: a private key, or the public keys of those who may read.

use crate::failure::{Failure, Problem};
use ledger::Key;
use std::path::Path;

/// A private key: 64 hexadecimal digits in a file of their own.
pub(crate) fn read(path: &Path) -> Result<Key, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    let what = "no private key: write its 64 hexadecimal digits";
    bytes(text.trim()).and_then(Key::from_entropy).ok_or_else(|| Failure::input(path.display(), what))
}

/// Public keys: 66 hexadecimal digits each (02 or 03, then the first coordinate), one a line.
pub(crate) fn read_public(path: &Path) -> Result<Vec<[u8; 33]>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    let (mut keys, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match bytes(line.trim()).filter(|key| rollup::modes::address_of(key).is_some()) {
            Some(key) => keys.push(key),
            None => problems.push(Problem::new(
                format!("{}:{number}", path.display()),
                "no public key: write 66 hexadecimal digits that begin with 02 or 03 (wattle watch --key shows those of a \
                 private key)",
            )),
        }
    }
    if problems.is_empty() { Ok(keys) } else { Err(Failure::Input(problems)) }
}

/// So many bytes of hexadecimal digits, with or without 0x.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut found = [0; N];
    for (i, byte) in found.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(found)
}
