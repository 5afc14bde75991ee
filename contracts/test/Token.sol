// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// An ERC-20 token with permits (EIP-2612), and the ways in which tokens differ from it: none has all of them.
contract Token {
    enum Manner {
        PLAIN,
        SILENT, // returns nothing
        REFUSING, // returns false where others revert
        TAXED, // keeps a hundredth of what is moved
        CALLING, // calls back before it moves anything
        LYING // calls back and says that it moved what it did not
    }

    string public constant name = "Token";
    string public constant symbol = "TOK";
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    Manner public immutable manner;
    uint8 public immutable decimals;
    bytes32 public immutable DOMAIN_SEPARATOR;
    uint256 public totalSupply;
    mapping(address who => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address owner => uint256) public nonces;

    address private target;
    bytes private again;
    uint256 public tries;
    uint256 public worked;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error Insufficient();
    error NotSigned();

    constructor(uint8 decimals_, Manner manner_) {
        decimals = decimals_;
        manner = manner_;
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    /// Tokens for anybody.
    function mint(address to, uint256 value) external {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// What it calls back with.
    function aim(address target_, bytes calldata again_) external {
        (target, again, tries, worked) = (target_, again_, 0, 0);
    }

    function approve(address spender, uint256 value) public returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        bytes32 struct_ = keccak256(abi.encode(PERMIT, owner, spender, value, nonces[owner]++, deadline));
        address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR, struct_)), v, r, s);
        if (block.timestamp > deadline || signer == address(0) || signer != owner) revert NotSigned();
        allowance[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        return move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) return refuse();
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        return move(from, to, value);
    }

    function move(address from, address to, uint256 value) private returns (bool) {
        if (balanceOf[from] < value) return refuse();
        if (manner >= Manner.CALLING && tries == 0 && target != address(0)) {
            ++tries;
            (bool done,) = target.call(again);
            if (done) ++worked;
            if (manner == Manner.LYING) return true;
        }
        balanceOf[from] -= value;
        balanceOf[to] += manner == Manner.TAXED ? value - value / 100 : value;
        emit Transfer(from, to, value);
        if (manner == Manner.SILENT) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }

    function refuse() private view returns (bool) {
        if (manner == Manner.REFUSING) return false;
        revert Insufficient();
    }
}
