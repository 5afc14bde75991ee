//! A blob (EIP-4844) is a polynomial p of degree < 4096 over the scalar field of BLS12-381, given by its values at the
//! 4096th roots of unity in bit-reversed order; the chain keeps a hash of a commitment to it and can check one value at
//! one point for 50 000 gas. We store bytes, 31 per value, and want to show 64 neighbouring values at once.
//!
//! Such a **cell** is p on a coset h·⟨g⟩ of the 64th roots of unity. Its values are right iff X⁶⁴ − h⁶⁴ divides p − I, where
//! I is the polynomial of degree < 64 through them. We commit to the quotient q, derive a point r from everything so far,
//! and open p and q there; the contract checks p(r) − I(r) = q(r)·(r⁶⁴ − h⁶⁴). Two evaluations instead of 64. The quotient's
//! commitment is the proof that EIP-7594 sends along with a cell, so whoever samples blobs has it already.

use ark_bls12_381::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use c_kzg::{Blob, Bytes32, KzgSettings, ethereum_kzg_settings};
use market::{Hash, Keccak256};
use revm::precompile::kzg_point_evaluation::kzg_to_versioned_hash;

/// Field elements of a blob.
const ELEMENTS: usize = 4096;
/// Bytes of a blob.
pub const BLOB: usize = 32 * ELEMENTS;
/// Field elements of a cell.
const WIDTH: usize = 64;
/// Cells of a blob.
pub const CELLS: usize = ELEMENTS / WIDTH;
/// Bytes that a cell carries: 31 in each field element.
pub const CELL: usize = 31 * WIDTH;

/// What shows the contract a cell of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its field elements, 32 bytes each.
    pub elements: Vec<u8>,
    /// Commitment 48 ‖ its opening at r 48 ‖ quotient's commitment 48 ‖ its opening at r 48 ‖ p(r) 32 ‖ q(r) 32.
    pub proof: Vec<u8>,
}

/// Why a blob cannot be made or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// More than a blob has.
    #[error("{0} cells do not fit into one blob, which has 64: post fewer segments")]
    Cells(usize),
    /// More than a cell carries.
    #[error("cell {cell} has {bytes} bytes, and a cell carries 1984")]
    Long {
        /// Which, from 0.
        cell: usize,
        /// How many.
        bytes: usize,
    },
    /// Bytes that are no blob: of another length, or a field element beyond the field's order.
    #[error("these bytes are no blob: {0}")]
    Blob(String),
}

fn settings() -> &'static KzgSettings {
    ethereum_kzg_settings(0)
}

fn domain() -> Radix2EvaluationDomain<Fr> {
    Radix2EvaluationDomain::new(ELEMENTS).expect("the field has 2^32nd roots of unity")
}

/// The place in the domain's order of the i-th value of a blob: 12 bits in reverse.
fn place(i: usize) -> usize {
    i.reverse_bits() >> (usize::BITS - ELEMENTS.trailing_zeros())
}

fn number(word: &[u8]) -> Fr {
    Fr::from_be_bytes_mod_order(word)
}

fn word(value: Fr) -> [u8; 32] {
    value.into_bigint().to_bytes_be().try_into().expect("255 bits")
}

/// The blob that carries these cells, each filled up with zeros.
///
/// # Errors
/// [`CellError::Cells`] and [`CellError::Long`] where they do not fit.
pub fn pack(cells: &[Vec<u8>]) -> Result<Vec<u8>, CellError> {
    if cells.len() > CELLS {
        return Err(CellError::Cells(cells.len()));
    }
    let mut blob = vec![0; BLOB];
    for (cell, (content, elements)) in cells.iter().zip(blob.chunks_mut(32 * WIDTH)).enumerate() {
        if content.len() > CELL {
            return Err(CellError::Long { cell, bytes: content.len() });
        }
        for (bytes, element) in content.chunks(31).zip(elements.chunks_mut(32)) {
            element[1..=bytes.len()].copy_from_slice(bytes);
        }
    }
    Ok(blob)
}

/// What a cell carries: the last 31 bytes of each of its elements.
///
/// # Panics
/// Where the blob is shorter than 131 072 bytes or has no such cell.
#[must_use]
pub fn content(blob: &[u8], cell: usize) -> Vec<u8> {
    let elements = &blob[32 * WIDTH * cell..32 * WIDTH * (cell + 1)];
    elements.chunks(32).flat_map(|element| &element[1..]).copied().collect()
}

/// The versioned hash under which the chain knows a blob.
///
/// # Errors
/// [`CellError::Blob`] where it is none.
pub fn versioned_hash(blob: &[u8]) -> Result<Hash, CellError> {
    let blob = Blob::from_bytes(blob).map_err(said)?;
    let commitment = settings().blob_to_kzg_commitment(&blob).map_err(said)?;
    Ok(kzg_to_versioned_hash(commitment.to_bytes().as_slice()))
}

fn said(error: c_kzg::Error) -> CellError {
    CellError::Blob(format!("{error:?}"))
}

/// What shows the contract a cell of a blob.
///
/// # Errors
/// [`CellError::Blob`] where the bytes are no blob; [`CellError::Cells`] where it has no such cell.
pub fn open(blob: &[u8], cell: usize) -> Result<Opening, CellError> {
    if cell >= CELLS {
        return Err(CellError::Cells(cell + 1));
    }
    let whole = Blob::from_bytes(blob).map_err(said)?;
    let commitment = settings().blob_to_kzg_commitment(&whole).map_err(said)?.to_bytes();
    let versioned = kzg_to_versioned_hash(commitment.as_slice());
    let elements = &blob[32 * WIDTH * cell..32 * WIDTH * (cell + 1)];

    let quotient = quotient(blob, cell);
    let other = settings().blob_to_kzg_commitment(&quotient).map_err(said)?.to_bytes();
    let mut number_of_cell = [0; 32];
    number_of_cell[31] = u8::try_from(cell).expect("below 64");
    let r = Keccak256::new()
        .with(&versioned)
        .with(&number_of_cell)
        .with(elements)
        .with(other.as_slice())
        .finish();
    let r = Bytes32::new(word(number(&r)));
    let (first, p) = settings().compute_kzg_proof(&whole, &r).map_err(said)?;
    let (second, q) = settings().compute_kzg_proof(&quotient, &r).map_err(said)?;
    let (first, second) = (first.to_bytes(), second.to_bytes());
    let proof = [
        commitment.as_slice(),
        first.as_slice(),
        other.as_slice(),
        second.as_slice(),
        p.as_slice(),
        q.as_slice(),
    ];
    Ok(Opening { elements: elements.to_vec(), proof: proof.concat() })
}

/// q = (p − I) / (X⁶⁴ − h⁶⁴), as a blob.
fn quotient(blob: &[u8], cell: usize) -> Blob {
    let domain = domain();
    let mut values = vec![Fr::ZERO; ELEMENTS];
    for (i, element) in blob.chunks(32).enumerate() {
        values[place(i)] = number(element);
    }
    let mut rest = domain.ifft(&values);
    // Division by X⁶⁴ − c from the highest power down; what remains below X⁶⁴ is I.
    let c = domain.group_gen.pow([(WIDTH * place(WIDTH * cell)) as u64]);
    let mut coefficients = vec![Fr::ZERO; ELEMENTS];
    for i in (WIDTH..ELEMENTS).rev() {
        let leading = rest[i];
        coefficients[i - WIDTH] = leading;
        rest[i - WIDTH] += leading * c;
    }
    let values = domain.fft(&coefficients);
    let mut bytes = vec![0; BLOB];
    for (i, element) in bytes.chunks_mut(32).enumerate() {
        element.copy_from_slice(&word(values[place(i)]));
    }
    Blob::from_bytes(&bytes).expect("4096 elements below the order")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blob whose elements are as different as a hash makes them; `seed` chooses it.
    fn blob(seed: u8) -> Vec<u8> {
        let bytes: Vec<u8> = (0..CELLS * CELL / 31)
            .flat_map(|i| market::keccak256(&[&[seed][..], &i.to_be_bytes()].concat())[1..].to_vec())
            .collect();
        pack(&bytes.chunks(CELL).map(<[u8]>::to_vec).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_was_packed_is_in_the_cells() {
        let cells = [vec![7; CELL], vec![], vec![1, 2, 3]];
        let packed = pack(&cells).unwrap();
        for (i, cell) in cells.iter().enumerate() {
            let mut expected = cell.clone();
            expected.resize(CELL, 0);
            assert_eq!(content(&packed, i), expected);
        }
        assert_eq!(content(&packed, 63), [0; CELL]);
        assert_eq!(pack(&vec![vec![]; 65]), Err(CellError::Cells(65)));
        assert_eq!(pack(&[vec![], vec![0; CELL + 1]]), Err(CellError::Long { cell: 1, bytes: CELL + 1 }));
    }

    #[test]
    fn the_quotients_commitment_is_the_cells_proof_of_peer_das() {
        let bytes = blob(1);
        let (_, proofs) =
            settings().compute_cells_and_kzg_proofs(&Blob::from_bytes(&bytes).unwrap()).unwrap();
        for cell in [0, 1, 5, 32, 63] {
            let opening = open(&bytes, cell).unwrap();
            assert_eq!(opening.proof[96..144], proofs[cell].to_bytes().as_slice()[..], "cell {cell}");
        }
    }
}
