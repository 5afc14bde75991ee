// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Seal} from "./Seal.sol";
import {Withheld} from "./Withheld.sol";

/// The dual chain with batches that only registered watchers can read; docs/ledgers/data_modes.md. A proof shows the
/// key of one segment, and with it that segment's records.
contract SealedRollup is Withheld {
    error NotReader(address who);
    error NotByOperator();
    /// The answer holds the key after all, or is not the one given.
    error GoodAnswer();

    /// A watcher may read from now on (or no more: point 0); the key for which batches are wrapped, at its place.
    event Admitted(address indexed reader, uint32 place, bytes32 point, bool odd);

    /// Who may demand keys: place in the list of wraps, from 1.
    mapping(address reader => uint32 place) public placeOf;
    uint32 public places;

    mapping(bytes32 id => bytes32) private _answers;
    mapping(bytes32 id => bytes32) private _points;

    constructor(Config memory config, Terms memory terms) Withheld(config, terms) {}

    /// The governor admits a reader, changes its key, or ends its admission; nobody else's data is touched by that.
    /// @param point first coordinate of its public key, `odd` whether the second is odd
    function admit(address reader, bytes32 point, bool odd) external {
        if (msg.sender != governor) revert NotGovernor();
        uint32 place = placeOf[reader];
        if (place == 0) place = ++places;
        placeOf[reader] = place;
        if (point == 0) delete placeOf[reader];
        emit Admitted(reader, place, point, odd);
    }

    /// @param data `length u16 ‖ wraps`, which the contract does not look at, then for each segment
    ///        `length u16 ‖ ciphertext ‖ keccak256(key) ‖ root`
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        bytes calldata segments = data[2 + uint256(uint16(bytes2(data))):];
        _append(parent, _walk(segments, parent.root), head, chain, next, 0);
    }

    /// A reader demands the key of a segment, hidden for a public key that it uses this once.
    function demand(Header calldata header, uint32 segment, bytes32 point, bool odd) external payable {
        if (placeOf[msg.sender] == 0) revert NotReader(msg.sender);
        _ask(header, segment, point, odd);
        _points[_id(_open(header), segment, msg.sender)] = _point(point, odd);
    }

    /// The operator answers: its one-time public key, and the segment's key ⊕ the pad of both.
    function answer(Header calldata header, uint32 segment, address who, bytes32 point, bool odd, bytes32 hidden)
        external
    {
        if (msg.sender != header.operator) revert NotByOperator();
        bytes32 id = _answered(header, segment, who, abi.encode(point, odd, hidden));
        _answers[id] = keccak256(abi.encode(point, odd, hidden));
    }

    /// What proves an answer wrong.
    struct Refutation {
        uint32 segment;
        uint256 secret; // of the public key that was used this once
        bytes32 point; // the answer
        bool odd;
        bytes32 hidden;
        bytes32 pre; // the leaf
        bytes32 sealed_; // keccak256(ciphertext)
        bytes32 keyHash;
        bytes32 post;
        bytes32[] path;
    }

    /// Whoever demanded shows that the answer to it is not the key: the batch falls.
    function refute(Header calldata header, Refutation calldata r) external {
        bytes32 hash = _open(header);
        bytes32 id = _id(hash, r.segment, msg.sender);
        if (_demands[id].state != ANSWERED) revert NotDemanded();
        if (_answers[id] != keccak256(abi.encode(r.point, r.odd, r.hidden))) revert GoodAnswer();
        _checkSegment(header, r.segment, r.pre, _pair(r.sealed_, r.keyHash), r.post, r.path);
        // The secret is that of the demand's public key: its parity and first coordinate follow from its address alone.
        if (_points[id] != bytes32(uint256(uint160(Seal.publicAddress(r.secret))))) revert NotDemanded();
        address shared = Seal.product(r.secret, uint256(r.point), r.odd);
        // No address: the answer's point is none.
        if (shared != address(0)) {
            bytes32 key = r.hidden ^ Seal.pad(shared, header.parent);
            if (keccak256(abi.encodePacked(key)) == r.keyHash) revert GoodAnswer();
        }
        _gone_(header, hash, r.segment, msg.sender);
    }

    /// The key is 32 zero bytes, so everybody has it.
    function _voidInput() internal pure override returns (bytes32) {
        bytes1 first = bytes1(keccak256(abi.encode(0, 0))); // hides the byte 00
        return _pair(keccak256(abi.encodePacked(first)), keccak256(abi.encode(0)));
    }

    /// A proof shows `key ‖ ciphertext`.
    function _reveal(bytes calldata shown) internal pure override returns (bytes32 input, bytes memory records) {
        bytes32 key = bytes32(shown[:32]);
        bytes calldata text = shown[32:];
        return (_pair(keccak256(text), keccak256(abi.encodePacked(key))), Seal.apply_(key, text));
    }

    function _id(bytes32 hash, uint32 segment, address who) internal pure override returns (bytes32) {
        return keccak256(abi.encode(hash, segment, who));
    }

    /// The address of a point; reverts where there is none.
    function _point(bytes32 point, bool odd) private pure returns (bytes32) {
        address at_ = Seal.product(1, uint256(point), odd);
        if (at_ == address(0)) revert GoodAnswer();
        return bytes32(uint256(uint160(at_)));
    }
}
