// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// A cell of a blob, proven by two calls of the point-evaluation precompile instead of 64; docs/ledgers/data_modes.md.
///
/// A blob is a polynomial p of degree < 4096, given by its values at the 4096th roots of unity in bit-reversed order, so
/// 64 neighbours that begin at a multiple of 64 are its values on a coset h·⟨g⟩, g a 64th root of unity. They are d₀ … d₆₃ iff
/// X⁶⁴ − h⁶⁴ divides p − I, I being the polynomial of degree < 64 through them. The prover commits to the quotient q; at a point r that
/// depends on everything before, the precompile opens p and q, and p(r) − I(r) = q(r)·(r⁶⁴ − h⁶⁴) is checked here
/// (Kate, Zaverucha, Goldberg 2010; batching as Boneh, Drake, Fisch, Gabizon 2020).
library Cell {
    /// Field elements of a cell.
    uint256 internal constant ELEMENTS = 64;
    /// Bytes that they carry: 31 each, the first byte of an element is ignored.
    uint256 internal constant BYTES = 31 * ELEMENTS;
    /// Cells of a blob,
    uint256 internal constant COUNT = 64;
    /// those of them that carry segments; the two after them list, for each, its hash and the root after it.
    uint256 internal constant DATA = 62;

    /// Order of the scalar field of BLS12-381.
    // slither-disable-next-line too-many-digits (the order of the field)
    uint256 private constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// A primitive 4096th root of unity there, 7^((ORDER − 1) / 4096), as EIP-4844 takes it.
    uint256 private constant ROOT = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    /// Its 64th power, g.
    uint256 private constant STEP = 0x45af6345ec055e4d14a1e27164d8fdbd2d967f4be2f951558140d032f0a9ee53;

    /// Six bits in reverse, a byte each: of 0 to 31, and of 32 to 63.
    uint256 private constant REVERSED_LOW = 0x0020103008281838042414340c2c1c3c022212320a2a1a3a062616360e2e1e3e;
    uint256 private constant REVERSED_HIGH = 0x0121113109291939052515350d2d1d3d032313330b2b1b3b072717370f2f1f3f;

    /// The proof does not show what is in the cell; says nothing about anybody.
    error NotOpened();

    /// What a cell of a blob carries; reverts where the proof does not prove it.
    /// @param blob the blob's versioned hash
    /// @param cell which, from 0
    /// @param elements its field elements, 32 bytes each
    /// @param proof commitment 48 ‖ its opening at r 48 ‖ quotient's commitment 48 ‖ its opening at r 48 ‖ p(r) 32 ‖ q(r) 32
    /// @return content the 31 bytes of each element, one after the other
    function open(bytes32 blob, uint256 cell, bytes calldata elements, bytes calldata proof)
        internal
        view
        returns (bytes memory content)
    {
        if (cell >= COUNT || elements.length != 32 * ELEMENTS || proof.length != 256) revert NotOpened();
        bytes calldata quotient = proof[96:144];
        bytes32 p = bytes32(proof[192:224]);
        bytes32 q = bytes32(proof[224:256]);
        uint256 r = uint256(keccak256(abi.encodePacked(blob, cell, elements, quotient))) % ORDER;
        evaluate(blob, bytes32(r), p, proof[0:48], proof[48:96]);
        bytes32 versioned = (sha256(quotient) & bytes32(type(uint256).max >> 8)) | bytes32(uint256(1) << 248);
        evaluate(versioned, bytes32(r), q, quotient, proof[144:192]);

        // N = Σ dᵢ·xᵢ·Π_{j≠i} (r − xⱼ) and Z = Π (r − xᵢ) = r⁶⁴ − h⁶⁴ in one pass. The weights of Lagrange's formula on a
        // coset are xᵢ / (64·h⁶⁴), so I(r) = N / (64·h⁶⁴), and nothing has to be inverted.
        uint256 n;
        uint256 z;
        uint256 x = power(ROOT, reversed(cell));
        uint256 canonical;
        assembly ("memory-safe") {
            z := 1
            canonical := 1
            for { let j := 0 } lt(j, 64) { j := add(j, 1) } {
                // Places in a cell are bit-reversed.
                let place := or(byte(j, REVERSED_LOW), byte(sub(j, 32), REVERSED_HIGH))
                let d := calldataload(add(elements.offset, shl(5, place)))
                // A second name for the same element would carry other bytes.
                canonical := and(canonical, lt(d, ORDER))
                let difference := addmod(r, sub(ORDER, x), ORDER)
                n := addmod(mulmod(n, difference, ORDER), mulmod(mulmod(d, x, ORDER), z, ORDER), ORDER)
                z := mulmod(z, difference, ORDER)
                x := mulmod(x, STEP, ORDER)
            }
        }
        if (canonical == 0) revert NotOpened();
        uint256 rest = addmod(uint256(p), ORDER - mulmod(uint256(q), z, ORDER), ORDER);
        uint256 weight = mulmod(64, power(STEP, reversed(cell)), ORDER); // h⁶⁴ = ROOT^(64·reversed)
        if (mulmod(rest, weight, ORDER) != n) revert NotOpened();
        return bytesOf(elements);
    }

    /// The bytes that field elements carry.
    function bytesOf(bytes calldata elements) internal pure returns (bytes memory content) {
        content = new bytes(BYTES + 1); // one more, because the last word's end lies beyond
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, 64) { i := add(i, 1) } {
                mstore(add(add(content, 32), mul(31, i)), shl(8, calldataload(add(elements.offset, shl(5, i)))))
            }
            mstore(content, 1984)
        }
    }

    /// EIP-4844's point evaluation: the polynomial behind the commitment, whose hash this is, has value y at z.
    function evaluate(bytes32 versioned, bytes32 z, bytes32 y, bytes calldata commitment, bytes calldata proof)
        private
        view
    {
        // A wrong proof burns what is sent along, so no more than the precompile's price.
        // slither-disable-next-line low-level-calls (a precompile has no interface)
        (bool success, bytes memory answer) =
            address(0x0a).staticcall{gas: 50_000}(abi.encodePacked(versioned, z, y, commitment, proof));
        if (!success || answer.length != 64) revert NotOpened();
    }

    /// Six bits in reverse.
    function reversed(uint256 bits) private pure returns (uint256 other) {
        for (uint256 i = 0; i < 6; ++i) {
            other = (other << 1) | ((bits >> i) & 1);
        }
    }

    function power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 != 0) result = mulmod(result, base, ORDER);
            base = mulmod(base, base, ORDER);
        }
    }
}
