//! The one binary encoding of a command: what the log stores, hashes cover and a contract decodes.
//!
//! Fields follow each other without gaps, in the order in which their types list them, as Solidity's
//! `abi.encodePacked` lays them out: integers big-endian in their full width (signed ones in two's complement,
//! money in 16 bytes), numbered enums as one byte, addresses as 20 bytes. A command, a rule, a tariff's kind and a
//! claim begin with one byte that says which they are; a list with its length as `uint32`. An envelope is its
//! command, then 0, or 1 and the 65 bytes of the signature.
//!
//! Every value has exactly one encoding, and every byte string is the beginning of at most one envelope: what
//! [`decode`] accepts, [`encode`] gives back bit by bit. The vectors in `cases/encoding/` hold it fast.

mod command;
mod scalar;
mod terms;

use crate::{Command, Envelope, Rejection};
use alloc::vec::Vec;

/// Appends the encoding of `envelope` to `out`.
///
/// Reversible for what can be decoded at all: lists shorter than 2³² and delivery intervals on a grid.
pub fn encode(envelope: &Envelope, out: &mut Vec<u8>) {
    envelope.write(out);
}

/// Appends the encoding of `command`, without a signature, to `out`.
pub fn encode_command(command: &Command, out: &mut Vec<u8>) {
    command.write(out);
}

/// The envelope that `bytes` begin with, and the bytes after it.
///
/// Memory taken is at most a constant times `bytes.len()`, whatever the bytes say.
///
/// # Errors
/// [`Rejection::Malformed`] for everything that [`encode`] does not write.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<(Envelope, &[u8]), Rejection> {
    let mut reader = Reader { rest: bytes };
    let envelope = Envelope::read(&mut reader)?;
    Ok((envelope, reader.rest))
}

/// What has a canonical encoding.
trait Canonical: Sized {
    /// The fewest bytes a value takes.
    const LEAST: usize;

    /// Appends the encoding.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes a value off the reader.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection>;
}

/// Bytes still to be decoded.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Takes the next `N` bytes.
    #[inline(always)]
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Rejection> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Rejection::Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }
}

/// Structs: their fields one after the other, in the order given here.
macro_rules! fields {
    ($type:ident { $($field:ident: $of:ty),+ $(,)? }) => {
        impl $crate::encoding::Canonical for $type {
            const LEAST: usize = 0 $(+ <$of as $crate::encoding::Canonical>::LEAST)+;

            #[inline]
            fn write(&self, out: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $(<$of as $crate::encoding::Canonical>::write($field, out);)+
            }

            #[inline]
            fn read(reader: &mut $crate::encoding::Reader<'_>) -> Result<Self, Rejection> {
                Ok(Self { $($field: $crate::encoding::Canonical::read(reader)?),+ })
            }
        }
    };
}

/// Enums whose variants carry fields: the variant's number as one byte, then the fields in the order given here.
macro_rules! variants {
    ($type:ident { $($number:literal => $variant:ident $({ $($field:ident),+ })? $(($inner:ident))?),+ $(,)? }) => {
        impl $crate::encoding::Canonical for $type {
            const LEAST: usize = 1;

            #[inline]
            fn write(&self, out: &mut Vec<u8>) {
                use $crate::encoding::Canonical;
                match self {
                    $(Self::$variant $({ $($field),+ })? $(($inner))? => {
                        out.push($number);
                        $($(Canonical::write($field, out);)+)?
                        $(Canonical::write($inner, out);)?
                    })+
                }
            }

            #[inline]
            fn read(reader: &mut $crate::encoding::Reader<'_>) -> Result<Self, Rejection> {
                use $crate::encoding::Canonical;
                let [number] = reader.take()?;
                match number {
                    $($number => {
                        $($(let $field = Canonical::read(reader)?;)+)?
                        $(let $inner = Canonical::read(reader)?;)?
                        Ok(Self::$variant $({ $($field),+ })? $(($inner))?)
                    })+
                    _ => Err(Rejection::Malformed),
                }
            }
        }
    };
}

use {fields, variants};

#[cfg(test)]
mod tests;
