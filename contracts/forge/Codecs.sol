// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Batches} from "../src/Batches.sol";
import {Merkle} from "../src/Merkle.sol";
import {Records} from "../src/Records.sol";
import {Head} from "../src/State.sol";
import {Transition} from "../src/Transition.sol";
import {Typed} from "../src/Typed.sol";
import {Known} from "../src/Witness.sol";
import {vm} from "./Vm.sol";

/// Records, trees, batches and signatures against what their pages say, written down a second time and slowly.
contract Codecs {
    uint256 internal constant ORDER_OF_CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    bytes internal constant KINDS = hex"010203040506101112131415161720212425282c3034383c4041424344454647";

    bytes32[33] internal zeros;
    Transition internal transition;

    function setUp() public {
        for (uint256 level; level < 32; ++level) {
            zeros[level + 1] = keccak256(abi.encodePacked(zeros[level], zeros[level]));
        }
        transition = new Transition();
    }

    // Records.

    /// The page's table: the widths of a record's fields in bits; none: no record begins with this byte.
    function fields(uint256 kind) internal pure returns (bytes memory bits, bool personal) {
        if (kind == 0x01) return (abi.encodePacked(uint8(40)), false);
        if (kind == 0x02) return (abi.encodePacked(uint8(8)), false);
        if (kind == 0x03) return (abi.encodePacked(uint8(160)), false);
        if (kind == 0x04) return (hex"2008a040401020", false);
        if (kind == 0x05) return (hex"08082808", false);
        if (kind == 0x06) return (hex"08102020", false);
        if (kind >= 0x10 && kind <= 0x17) return (hex"08182018", true);
        if (kind == 0x20 || kind == 0x21 || kind == 0x24 || kind == 0x25) return (hex"0818", true);
        if (kind == 0x28 || kind == 0x2c) return (hex"2080", true);
        if (kind == 0x30 || kind == 0x34) return (hex"202080", true);
        if (kind == 0x38 || kind == 0x3c) return (hex"08181818", true);
        if (kind == 0x40 || kind == 0x42 || kind == 0x43 || kind == 0x44 || kind == 0x47) return (hex"08", false);
        if (kind == 0x41) return (hex"082020", false);
        if (kind == 0x45) return (hex"10", false);
        if (kind == 0x46) return (hex"08", false);
    }

    /// A record of this kind with these fields' values; `values` gets a word for each field.
    function encode(uint256 kind, bool signed, uint256 seed)
        internal
        pure
        returns (bytes memory record, uint256[] memory widths, uint256[] memory values)
    {
        (bytes memory bits, bool personal) = fields(kind);
        uint256 nonce = personal && kind & 4 != 0 ? 1 : 0;
        uint256 arrivals = kind == 0x46 ? seed % 22 : 0;
        uint256 count = bits.length + nonce + arrivals + (personal && signed ? 2 : 0);
        (widths, values) = (new uint256[](count), new uint256[](count));
        record = abi.encodePacked(uint8(kind));
        for (uint256 i; i < count; ++i) {
            if (i < bits.length) widths[i] = uint8(bits[i]);
            else if (i < bits.length + nonce) widths[i] = 64;
            else if (i < bits.length + nonce + arrivals) widths[i] = 24;
            else widths[i] = 256;
            values[i] = uint256(keccak256(abi.encode(seed, i))) >> (256 - widths[i]);
            if (kind == 0x46 && i == 0) values[i] = arrivals;
            if ((kind == 0x02 || kind == 0x45) && i == 0 && seed & 1 == 0) values[i] %= 8; // mostly too many
            record = abi.encodePacked(record, cut(values[i], widths[i]));
        }
    }

    /// The lowest bits of a value as bytes.
    function cut(uint256 value, uint256 bits) internal pure returns (bytes memory out) {
        out = new bytes(bits / 8);
        for (uint256 i; i < out.length; ++i) out[i] = bytes1(uint8(value >> (bits - 8 * (i + 1))));
    }

    /// Where the next record begins, in bytes, as the library sees it; 0: here is none.
    function next(bytes calldata data, uint256 length, bool signed) external pure returns (uint256 after_) {
        (after_,) = Records.next(at(data), at(data) + length, signed);
        if (after_ != 0) after_ -= at(data);
    }

    function bounded(bytes calldata data, bool signed) external pure returns (bool) {
        return Records.bounded(at(data), at(data) + data.length, signed);
    }

    function read(bytes calldata data, uint256 offset, uint256 bits) external pure returns (uint256, int256) {
        return (Records.field(at(data), offset, bits), Records.signedField(at(data), offset, bits));
    }

    function at(bytes calldata data) internal pure returns (uint256 where_) {
        assembly ("memory-safe") {
            where_ := data.offset
        }
    }

    /// What is written is read: the size, and every field. Whatever follows is another's, and a byte less is no record.
    function test_a_record_is_read_as_it_was_written(uint256 seed, uint8 kind, bool signed, bytes calldata behind) public view {
        (bytes memory bits,) = fields(kind);
        bytes memory kinds = KINDS;
        if (bits.length == 0) kind = uint8(kinds[seed % kinds.length]);
        (bytes memory record, uint256[] memory widths, uint256[] memory values) = encode(kind, signed, seed);
        bytes memory data = abi.encodePacked(record, behind);
        require(this.next(data, data.length, signed) == record.length, "size");
        require(this.next(data, record.length, signed) == record.length, "nothing behind");
        require(this.next(data, record.length - 1 - seed % record.length, signed) == 0, "cut off");
        uint256 offset = 1;
        for (uint256 i; i < widths.length; ++i) {
            (uint256 value, int256 number) = this.read(data, offset, widths[i]);
            require(value == values[i], "field");
            int256 sign = values[i] >> (widths[i] - 1) == 1 && widths[i] < 256 ? int256(1) << widths[i] : int256(0);
            require(number == int256(values[i]) - sign, "signed field");
            offset += widths[i] / 8;
        }
        require(offset == record.length, "no gaps");
    }

    /// All 256 first bytes: those of the table are records, all others are none whatever follows.
    function test_no_other_byte_begins_a_record(bytes32 behind, bool signed) public view {
        bytes memory data = new bytes(1024);
        for (uint256 i = 1; i < 1024; ++i) data[i] = behind[i % 32];
        for (uint256 kind; kind < 256; ++kind) {
            data[0] = bytes1(uint8(kind));
            (bytes memory bits,) = fields(kind);
            require((this.next(data, 1024, signed) != 0) == (bits.length != 0), "known");
        }
    }

    /// Segments of whole records are within bounds until their bytes or their weight are too many; cut off, they are not.
    function test_a_segment_is_whole_records_within_bounds(uint256 seed, uint8 count, bool signed, uint16 less) public view {
        bytes memory kinds = KINDS;
        bytes memory data;
        uint256 weight;
        for (uint256 i; i < uint256(count) % 24 + 1; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, i)));
            uint256 kind = uint8(kinds[drawn % kinds.length]);
            (bytes memory record,, uint256[] memory values) = encode(kind, signed, drawn);
            weight += weigh(kind, values[0]);
            data = abi.encodePacked(data, record);
        }
        require(this.bounded(data, signed) == (weight <= 64 && data.length <= 2048), "bounds");
        // Without its last bytes the last record is none, unless that takes it away as a whole.
        uint256 rest = data.length - 1 - less % data.length;
        uint256 whole;
        for (uint256 end; whole < rest;) {
            end = this.next(slice(data, whole, data.length), data.length - whole, signed);
            if (whole + end > rest) break;
            whole += end;
        }
        if (whole < rest) require(!this.bounded(slice(data, 0, rest), signed), "cut off");
    }

    /// The page's table of weights.
    function weigh(uint256 kind, uint256 first) internal pure returns (uint256) {
        if (kind == 0x02) return first == 0 ? 2 : 4 * first;
        if (kind == 0x45 || kind == 0x46) return first == 0 ? 2 : 3 * first;
        if (kind == 0x03 || kind & 0xf8 == 0x28 || kind & 0xf8 == 0x30 || kind & 0xf8 == 0x38) return 3;
        if (kind == 0x04 || kind & 0xf8 == 0x10 || kind & 0xf8 == 0x20) return 4;
        return 2;
    }

    function slice(bytes memory data, uint256 from, uint256 to) internal pure returns (bytes memory out) {
        out = new bytes(to - from);
        for (uint256 i; i < out.length; ++i) out[i] = data[from + i];
    }

    /// A segment that is no records changes nothing, and a witness with any bit changed proves nothing.
    function test_what_is_no_segment_changes_nothing(uint256 seed, bytes calldata tail) public view {
        bytes memory head = new bytes(96);
        for (uint256 i = 5; i < 21; ++i) head[i] = bytes1(uint8(seed >> i)); // counts; no work, no signatures
        bytes memory words = abi.encodePacked(seed | 1, seed >> 128 << 100, uint256(0));
        // One leaf, or two beside each other, for which one bit of the siblings' bits is spare.
        uint32[] memory places = new uint32[](1 + (seed >> 255));
        bytes32[] memory leaves = new bytes32[](places.length);
        bytes memory written;
        for (uint32 i; i < places.length; ++i) {
            (places[i], leaves[i]) = (1 << 28 | uint32(seed % 1000) << 1 | i, keccak256(words));
            written = abi.encodePacked(written, places[i], words);
        }
        bytes memory witness = abi.encodePacked(head, uint16(places.length), written, uint16(4), uint32(0));
        bytes32 pre = pair(keccak256(head), sparse(places, leaves, 32, 0));
        bytes memory records = abi.encodePacked(uint8(seed % 256), tail);
        if (!this.bounded(records, false)) {
            (bytes32 post, uint64 from, uint64 to,) = transition.execute(pre, 0, 0, records, "", 0, witness);
            require(post == pre && from == to, "nothing happened");
        }
        proves(pre, witness, true);
        uint256 bit = (seed >> 200) % (8 * witness.length);
        witness[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        proves(pre, witness, false);
        witness[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        witness[witness.length - 1] ^= 0x01; // the spare bit, or that of the highest sibling
        proves(pre, witness, false);
        witness[witness.length - 1] ^= 0x01;
        proves(pre, abi.encodePacked(witness, uint8(seed)), false);
        proves(pre, slice(witness, 0, witness.length - 1), false);
    }

    function proves(bytes32 pre, bytes memory witness, bool right) internal view {
        try transition.execute(pre, 0, 0, "", "", 0, witness) {
            require(right, "another witness");
        } catch {
            require(!right, "the witness");
        }
    }

    // Trees.

    function pair(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    /// The root of the dense tree, level by level; a last node alone moves up.
    function dense(bytes32[] memory nodes) internal pure returns (bytes32) {
        while (nodes.length > 1) {
            bytes32[] memory above = new bytes32[]((nodes.length + 1) / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = 2 * i + 1 < nodes.length ? pair(nodes[2 * i], nodes[2 * i + 1]) : nodes[2 * i];
            }
            nodes = above;
        }
        return nodes[0];
    }

    /// The siblings of a leaf of the dense tree.
    function pathOf(bytes32[] memory nodes, uint256 index) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](0);
        while (nodes.length > 1) {
            uint256 other = index % 2 == 0 ? index + 1 : index - 1;
            if (other < nodes.length) path = append(path, nodes[other]);
            bytes32[] memory above = new bytes32[]((nodes.length + 1) / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = 2 * i + 1 < nodes.length ? pair(nodes[2 * i], nodes[2 * i + 1]) : nodes[2 * i];
            }
            (nodes, index) = (above, index / 2);
        }
    }

    function append(bytes32[] memory list, bytes32 more) internal pure returns (bytes32[] memory out) {
        out = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) out[i] = list[i];
        out[list.length] = more;
    }

    function leavesOf(uint256 seed, uint256 width) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](width);
        for (uint256 i; i < width; ++i) leaves[i] = keccak256(abi.encode(seed, i));
    }

    function follow(bytes32 node, uint256 index, uint256 width, bytes32[] calldata path) external pure returns (bytes32) {
        return Merkle.follow(node, index, width, path);
    }

    function climb(bytes32 node, uint32 place, bytes calldata proof) external pure returns (bytes32) {
        return Merkle.climb(node, place, proof);
    }

    /// A leaf's path leads to the root, from no other place and for no other leaf, and neither longer nor shorter.
    function test_a_path_leads_to_the_root_of_its_leaf_alone(uint256 seed, uint8 many, uint8 which, uint8 other) public view {
        uint256 width = uint256(many) % 100 + 1;
        uint256 index = which % width;
        bytes32[] memory leaves = leavesOf(seed, width);
        bytes32 root = dense(leaves);
        bytes32[] memory path = pathOf(leaves, index);
        bytes32 leaf = leaves[index];
        require(this.follow(leaf, index, width, path) == root, "follow");
        require(this.follow(~leaf, index, width, path) != root, "another leaf");
        uint256 elsewhere = other % width;
        if (elsewhere != index) require(!leads(leaf, elsewhere, width, path, root), "another place");
        require(!leads(leaf, index, width, append(path, leaf), root), "longer");
        if (path.length > 0) {
            path[other % path.length] = leaf;
            require(!leads(leaf, index, width, path, root), "another sibling");
            assembly ("memory-safe") {
                mstore(path, sub(mload(path), 1))
            }
            require(!leads(leaf, index, width, path, root), "shorter");
        }
        require(Merkle.root(leaves) == root, "root");
    }

    function leads(bytes32 leaf, uint256 index, uint256 width, bytes32[] memory path, bytes32 root) internal view returns (bool) {
        try this.follow(leaf, index, width, path) returns (bytes32 found) {
            return found == root;
        } catch {
            return false;
        }
    }

    /// A node of the sparse tree over these leaves, asked for by level and index.
    function sparse(uint32[] memory places, bytes32[] memory leaves, uint256 level, uint256 index) internal view returns (bytes32) {
        bool some;
        for (uint256 i; i < places.length; ++i) {
            if (uint256(places[i]) >> level != index) continue;
            if (level == 0) return leaves[i];
            some = true;
        }
        if (!some) return zeros[level];
        return pair(sparse(places, leaves, level - 1, 2 * index), sparse(places, leaves, level - 1, 2 * index + 1));
    }

    /// A proof in the sparse tree leads to the root; with one bit changed it does not, or is no proof.
    /// forge-config: default.fuzz.runs = 500
    function test_a_proof_in_the_state_is_that_of_its_leaf_alone(uint256 seed, uint8 many, uint16 bit, uint32 other) public view {
        uint256 count = uint256(many) % 7 + 1;
        uint32[] memory places = new uint32[](count);
        bytes32[] memory leaves = leavesOf(seed, count);
        // Near to each other and far apart; twice at one place the first counts.
        for (uint256 i; i < count; ++i) places[i] = uint32(uint256(leaves[i]) >> (uint256(leaves[i]) % 30 + 192));
        bytes32 root = sparse(places, leaves, 32, 0);
        uint32 bits;
        bytes memory siblings;
        for (uint256 level; level < 32; ++level) {
            bytes32 sibling = sparse(places, leaves, level, (places[0] >> level) ^ 1);
            if (sibling == zeros[level]) continue;
            bits |= uint32(1) << uint32(31 - level);
            siblings = abi.encodePacked(siblings, sibling);
        }
        bytes memory proof = abi.encodePacked(bits, siblings);
        require(this.climb(leaves[0], places[0], proof) == root, "climb");
        require(this.climb(~leaves[0], places[0], proof) != root, "another leaf");
        if (other != places[0]) require(this.climb(leaves[0], other, proof) != root, "another place");
        uint256 which = bit % (8 * proof.length);
        proof[which / 8] ^= bytes1(uint8(1 << (which % 8)));
        try this.climb(leaves[0], places[0], proof) returns (bytes32 found) {
            require(found != root, "another proof");
        } catch {}
    }

    // Batches.

    function walk(bytes calldata data, bytes32 pre) external pure returns (Batches.Commitment memory) {
        return Batches.walk(data, pre);
    }

    function build(bytes32[] calldata records, bytes32[] calldata roots, bytes32 pre)
        external
        pure
        returns (Batches.Commitment memory)
    {
        return Batches.build(records, roots, pre);
    }

    /// Walking over a batch's bytes and building it from its hashes commit to the same, which is what the page says.
    function test_a_batch_walked_and_built_is_the_same(uint256 seed, uint8 many, bytes32 pre) public view {
        uint256 count = uint256(many) % 40 + 1;
        (bytes32[] memory records, bytes32[] memory roots) = (new bytes32[](count), new bytes32[](count));
        bytes32[] memory leaves = new bytes32[](count);
        bytes memory data;
        bytes32 before = pre;
        for (uint256 i; i < count; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, i)));
            bytes memory segment = new bytes(drawn % 16 == 0 ? 2048 : drawn % 60);
            for (uint256 j; j < segment.length; ++j) segment[j] = bytes1(uint8(drawn >> (j % 32)));
            (records[i], roots[i]) = (keccak256(segment), keccak256(abi.encode(drawn)));
            leaves[i] = keccak256(abi.encodePacked(before, records[i], roots[i]));
            before = roots[i];
            data = abi.encodePacked(data, uint16(segment.length), segment, roots[i]);
        }
        Batches.Commitment memory made = this.walk(data, pre);
        require(made.segments == count && made.root == before, "count and root");
        require(made.dataRoot == dense(leaves), "data");
        require(made.recordsHash == keccak256(abi.encodePacked(records)), "records");
        bytes memory built = abi.encode(this.build(records, roots, pre));
        require(keccak256(abi.encode(made)) == keccak256(built), "built");
        // One byte less, or a length beyond the longest, is malformed.
        require(!walks(slice(data, 0, data.length - 1 - seed % 32), pre), "cut off");
        require(!walks(abi.encodePacked(uint16(2049), new bytes(2049), pre), pre), "too long");
        require(!walks("", pre), "empty");
    }

    function walks(bytes memory data, bytes32 pre) internal view returns (bool) {
        try this.walk(data, pre) {
            return true;
        } catch {
            return false;
        }
    }

    // Signatures.

    function verifies(bytes calldata signature, bytes32 domain, uint256[] memory values, address signer) external view returns (bool) {
        Known memory known;
        uint256 head;
        uint256 from;
        assembly ("memory-safe") {
            head := mload(64)
            mstore(64, add(head, 96))
            from := signature.offset
        }
        known.head = head;
        uint256 place = head + Head.DOMAIN;
        assembly ("memory-safe") {
            mstore(place, domain)
        }
        uint256 words = Typed.begin(values[0]);
        for (uint256 i = 1; i < values.length; ++i) Typed.field(words, i, values[i]);
        return Typed.signed(words, values.length, known, from, uint160(signer));
    }

    function digest(bytes32 domain, uint256[] memory values) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encodePacked(values))));
    }

    /// The key's compact signature is its holder's; with any bit of it or of what was signed changed it is not.
    function test_a_compact_signature_is_its_signers_alone(uint256 key, bytes32 domain, uint256 seed, uint16 bit) public view {
        key = key % (ORDER_OF_CURVE - 1) + 1;
        uint256[] memory values = new uint256[](seed % 9 + 1);
        for (uint256 i; i < values.length; ++i) values[i] = uint256(keccak256(abi.encode(seed, i)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest(domain, values));
        bytes memory signature = abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
        address signer = vm.addr(key);
        require(this.verifies(signature, domain, values, signer), "signed");
        require(!this.verifies(signature, domain, values, address(uint160(signer) ^ 1)), "another signer");
        require(!this.verifies(signature, domain, values, address(0)), "nobody");
        require(!this.verifies(signature, ~domain, values, signer), "another domain");
        signature[bit / 8 % 64] ^= bytes1(uint8(1 << (bit % 8)));
        require(!this.verifies(signature, domain, values, signer), "another signature");
        signature[bit / 8 % 64] ^= bytes1(uint8(1 << (bit % 8)));
        values[bit % values.length] ^= 1 << (seed >> 248);
        require(!this.verifies(signature, domain, values, signer), "something else");
    }

    /// Of the two signatures that one can be made into the other, that with the larger s counts for nobody: s up to half
    /// of the group's order is good, the next above is not, though the key recovered from it would be right.
    function test_a_large_s_is_nobodys_signature(uint256 seed, bytes32 domain, uint64 beyond, bool odd) public view {
        uint256[] memory values = new uint256[](1);
        values[0] = seed;
        uint256 half = ORDER_OF_CURVE / 2;
        bytes32 r = bytes32(seed % ORDER_OF_CURVE);
        uint256 parity = odd ? 1 << 255 : 0;
        // A number is the x of a point about every second time; then some key has made this signature.
        for (uint256 i; i < 2; ++i) {
            uint256 s = i == 0 ? half - beyond : half + 1 + beyond;
            address signer = ecrecover(digest(domain, values), odd ? 28 : 27, r, bytes32(s));
            bytes memory signature = abi.encodePacked(r, s | parity);
            require(s < 1 << 255, "compact");
            require(this.verifies(signature, domain, values, signer) == (i == 0 && signer != address(0)), "half");
        }
    }
}
