//! For tests, here and in other crates (feature `testing`): any command, and any way to tamper with one.

#![allow(clippy::expect_used)]

mod arbitrary;
mod examples;
mod tampering;

pub use arbitrary::{arbitrary_command, arbitrary_envelope, arbitrary_interval};
pub use examples::{COMMAND_CASES, EIP712_CASES, example_community, examples};
pub use tampering::tamperings;

use alloc::vec::Vec;

/// The bytes that hexadecimal digits spell, with or without `0x`.
///
/// # Panics
/// Where they are not pairs of hexadecimal digits.
#[must_use]
pub fn hex(digits: &str) -> Vec<u8> {
    let digits = digits.strip_prefix("0x").unwrap_or(digits).as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    assert!(digits.len().is_multiple_of(2), "hexadecimal digits come in pairs");
    digits.chunks(2).map(|pair| byte(pair).expect("hexadecimal digits")).collect()
}
