// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// A receiver of coin that calls back with what it was told to, and keeps whether that worked; or one that takes none.
contract Thief {
    address private target;
    bytes private again;
    uint256 public tries;
    uint256 public worked;
    bool private closed;

    error Closed();

    function aim(address target_, bytes calldata again_) external {
        target = target_;
        again = again_;
    }

    function close() external {
        closed = true;
    }

    function act(address to, bytes calldata data) external payable {
        (bool done, bytes memory why) = to.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(why, 32), mload(why))
            }
        }
    }

    receive() external payable {
        if (closed) revert Closed();
        if (tries >= 3) return;
        ++tries;
        (bool done,) = target.call(again);
        if (done) ++worked;
    }
}
