// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Demands, IWithheld} from "./Demands.sol";
import {IRollup} from "./IRollup.sol";
import {Seal} from "./Seal.sol";

/// Who may read a sealed rollup, and the keys of its segments on demand; docs/ledgers/data_modes.md.
contract Keys is Demands {
    error NotGovernor();
    error NotReader(address who);
    error NotByOperator();
    /// No point of the curve begins so.
    error NoPoint();
    /// The answer holds the key after all, or is not the one given.
    error GoodAnswer();

    /// What proves an answer wrong.
    struct Refutation {
        uint32 segment;
        uint256 secret; // of the public key that was used this once
        bytes32 point; // the answer
        bool odd;
        bytes32 hidden;
        bytes32 pre; // the leaf
        bytes32 text; // keccak256(ciphertext)
        bytes32 keyHash;
        bytes32 post;
        bytes32[] path;
    }

    /// A watcher may read from now on, or no more (point 0): the public key for which batches are wrapped, at its place.
    event Admitted(address indexed reader, uint32 place, bytes32 point, bool odd);

    /// Place in the list of wraps, from 1; 0: may not demand keys.
    mapping(address reader => uint32) public placeOf;
    /// Places given so far.
    uint32 public places;

    mapping(bytes32 id => bytes32) private _answers;
    mapping(bytes32 id => address) private _points;

    /// Admits readers, and can do nothing else.
    address public immutable governor;

    constructor(
        address rollup_,
        Terms memory terms,
        uint64 windowSeconds,
        uint64 windowBlocks,
        // slither-disable-next-line missing-zero-check (the rollup's constructor names it; zero: nobody is admitted later)
        address governor_
    ) Demands(rollup_, terms, windowSeconds, windowBlocks) {
        governor = governor_;
    }

    /// The governor admits a reader or ends its admission; a place is never given twice.
    /// @param point first coordinate of the reader's public key, `odd` whether the second is odd; 0 ends it
    function admit(address reader, bytes32 point, bool odd) external {
        if (msg.sender != governor) revert NotGovernor();
        uint32 place;
        if (point != 0) {
            _addressOf(point, odd);
            place = ++places;
        }
        placeOf[reader] = place;
        emit Admitted(reader, place, point, odd);
    }

    /// A reader demands the key of a segment, to be hidden for a public key that it uses this once.
    function demand(IRollup.Header calldata header, uint32 segment, bytes32 point, bool odd) external payable {
        if (placeOf[msg.sender] == 0) revert NotReader(msg.sender);
        bytes32 id = _ask(header, segment, abi.encode(point, odd));
        _points[id] = _addressOf(point, odd);
    }

    /// The batch's operator answers: its own one-time public key, and the segment's key ⊕ the pad of both.
    function answer(
        IRollup.Header calldata header,
        uint32 segment,
        address who,
        bytes32 point,
        bool odd,
        bytes32 hidden
    ) external {
        if (msg.sender != header.operator) revert NotByOperator();
        bytes memory given = abi.encode(point, odd, hidden);
        _answers[_answered(header, segment, who, given)] = keccak256(given);
    }

    /// Whoever demanded shows that the answer is not the key: the batch falls.
    function refute(IRollup.Header calldata header, Refutation calldata r) external {
        // slither-disable-next-line unused-return (the other values are the window's)
        (bytes32 hash,,) = IWithheld(rollup).opened(header);
        bytes32 id = _id(hash, r.segment, msg.sender);
        if (_demands[id].state != ANSWERED) revert NotDemanded();
        if (_answers[id] != keccak256(abi.encode(r.point, r.odd, r.hidden))) revert GoodAnswer();
        _checkSegment(header, r.segment, r.pre, _pair(r.text, r.keyHash), r.post, r.path);
        if (_points[id] != Seal.publicAddress(r.secret)) revert NoPoint();
        address shared = Seal.product(r.secret, uint256(r.point), r.odd);
        // Where there is no product the answer's point is none, and the answer wrong.
        if (shared != address(0)) {
            bytes32 key = r.hidden ^ Seal.pad(shared, header.parent);
            if (keccak256(abi.encodePacked(key)) == r.keyHash) revert GoodAnswer();
        }
        _default(header, hash, r.segment, msg.sender);
    }

    /// Its key is 32 zero bytes, so everybody has it.
    function voidInput() external pure override returns (bytes32) {
        bytes1 first = bytes1(keccak256(abi.encode(0, 0))); // hides the byte 00
        return _pair(keccak256(abi.encodePacked(first)), keccak256(abi.encode(0)));
    }

    /// @param shown `key ‖ ciphertext`
    function reveal(bytes calldata shown) external pure override returns (bytes32 input, bytes memory records) {
        bytes32 key = bytes32(shown[:32]);
        bytes calldata text = shown[32:];
        return (_pair(keccak256(text), keccak256(abi.encodePacked(key))), Seal.xor_(key, text));
    }

    /// What one reader may read it demands for itself.
    function _id(bytes32 hash, uint32 segment, address who) internal pure override returns (bytes32) {
        return keccak256(abi.encode(hash, segment, who));
    }

    function _addressOf(bytes32 point, bool odd) private pure returns (address found) {
        found = Seal.product(1, uint256(point), odd);
        if (found == address(0)) revert NoPoint();
    }
}
