// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// Where the leaves lie in the tree, and their fields in the leaves: the byte at which each begins and, where it is
/// written, its bits. docs/ledgers/rollup.md, State.

/// The head.
library Head {
    uint256 internal constant TIME = 0; // u40
    uint256 internal constant ACCOUNTS = 5; // u32
    uint256 internal constant METERS = 9; // u32
    uint256 internal constant WITHDRAWALS = 13; // u32
    uint256 internal constant QUEUE = 17; // u64
    uint256 internal constant WORK = 25; // u16
    uint256 internal constant DURATION = 32; // u32
    uint256 internal constant GATE_CLOSURE = 36; // u32
    uint256 internal constant HORIZON = 40; // u16
    uint256 internal constant SIGNATURES = 42; // u8
    uint256 internal constant MONEY = 43; // u128
    uint256 internal constant DOMAIN = 64;
}

/// How a carrier is traded.
library Market {
    uint256 internal constant RULE = 0; // u8
    uint256 internal constant NUMERATOR = 1; // u32
    uint256 internal constant DENOMINATOR = 5; // u32
    uint256 internal constant FLOOR = 9; // i32
    uint256 internal constant CAP = 13; // i32
    uint256 internal constant PRICE = 17; // i32
    uint256 internal constant METERS = 21; // u32
    uint256 internal constant SETTLED = 32; // u64
    uint256 internal constant SHARES = 40; // u32
    uint256 internal constant FIRST = 44; // u16

    // Rules.
    uint256 internal constant NONE = 0;
    uint256 internal constant EQUILIBRIUM = 1;
    uint256 internal constant LAST_PAIR = 2;
    uint256 internal constant PAY_AS_BID = 3;
    uint256 internal constant STATIC = 4;
    uint256 internal constant DYNAMIC = 5;

    function place(uint256 carrier) internal pure returns (uint256) {
        return carrier;
    }
}

/// What a supplier, the grid operator and the state take.
library Tariff {
    uint256 internal constant IMPORT = 0; // i32
    uint256 internal constant EXPORT = 4; // i32
    uint256 internal constant GRID_FEE = 8; // i32
    uint256 internal constant PEER_GRID_FEE = 12; // i32
    uint256 internal constant LEVY = 16; // i32
    uint256 internal constant PEER_LEVY = 20; // i32
    uint256 internal constant KIND = 24; // u8

    function place(uint256 tariff) internal pure returns (uint256) {
        unchecked {
            return 256 + tariff;
        }
    }
}

/// Who holds money.
library Account {
    uint256 internal constant ADDRESS = 0; // u160
    uint256 internal constant NONCE = 20; // u64
    uint256 internal constant BALANCE = 32; // i128
    uint256 internal constant HOLDS = 48; // i128
    uint256 internal constant DEBT = 64; // i128
    uint256 internal constant CARRIERS = 80; // u8

    // Those that exist from the beginning.
    uint256 internal constant WORLD = 0;
    uint256 internal constant SUPPLIER = 1;
    uint256 internal constant GRID_OPERATOR = 2;
    uint256 internal constant LEVIES = 3;
    uint256 internal constant COMMUNITY = 4;
    uint256 internal constant GUARANTOR = 5;
    uint256 internal constant FIRST_MEMBER = 6;

    /// Most accounts.
    uint256 internal constant MOST = 1 << 20;

    function place(uint256 account) internal pure returns (uint256) {
        return 1 << 28 | account & 0xfffff;
    }
}

/// A metering point.
library Meter {
    uint256 internal constant KEY = 0; // u160
    uint256 internal constant ACCOUNT = 20; // u32
    uint256 internal constant METER = 24; // u32
    uint256 internal constant TARIFF = 28; // u16
    uint256 internal constant IMPORT_CAPACITY = 32; // u64
    uint256 internal constant EXPORT_CAPACITY = 40; // u64
    uint256 internal constant SHARE = 48; // u32
    uint256 internal constant SEQUENCE = 52; // u64

    /// Most metering points, of all carriers together.
    uint256 internal constant MOST = 1 << 20;

    function place(uint256 carrier, uint256 rank) internal pure returns (uint256) {
        return 2 << 28 | (carrier & 3) << 20 | rank & 0xfffff;
    }
}

/// One carrier in one interval.
library Delivery {
    uint256 internal constant START = 0; // u64
    uint256 internal constant CARRIER = 8; // u8
    uint256 internal constant STAGE = 9; // u8
    uint256 internal constant ROUND = 10; // u16
    uint256 internal constant BIDS = 12; // u32
    uint256 internal constant OFFERS = 16; // u32
    uint256 internal constant LIVE = 20; // u32
    uint256 internal constant READINGS = 24; // u32
    uint256 internal constant NEXT = 28; // u16
    uint256 internal constant IMPORT = 32; // u64
    uint256 internal constant EXPORT = 40; // u64
    uint256 internal constant WORK = 64; // four words

    // Stages.
    uint256 internal constant UNUSED = 0;
    uint256 internal constant OPEN = 1;
    uint256 internal constant FROZEN = 2;
    uint256 internal constant SCAN_BIDS = 3;
    uint256 internal constant SCAN_OFFERS = 4;
    uint256 internal constant FILL_BIDS = 5;
    uint256 internal constant FILL_OFFERS = 6;
    uint256 internal constant PAIR = 7;
    uint256 internal constant SHARED = 8;
    uint256 internal constant SHARE_BOUGHT = 9;
    uint256 internal constant SHARE_SOLD = 10;
    uint256 internal constant WEIGH = 11;
    uint256 internal constant SETTLE = 12;
    uint256 internal constant LAPSE = 13;

    function place(uint256 slot) internal pure returns (uint256) {
        return 3 << 28 | slot;
    }
}

/// What a metering point has offered, traded and metered for an interval.
library Position {
    uint256 internal constant BOUGHT = 0; // u64
    uint256 internal constant SOLD = 8; // u64
    uint256 internal constant OPEN_BUY = 16; // u64
    uint256 internal constant OPEN_SELL = 24; // u64
    uint256 internal constant PAID = 32; // i64
    uint256 internal constant RECEIVED = 40; // i64
    uint256 internal constant HOLD = 48; // u64
    uint256 internal constant READ = 56; // u8
    uint256 internal constant IMPORT = 64; // u64
    uint256 internal constant EXPORT = 72; // u64
    uint256 internal constant HIGHEST_BID = 80; // i32
    uint256 internal constant LOWEST_OFFER = 84; // i32
    uint256 internal constant MARGIN_ROUND = 96; // u16
    uint256 internal constant MARGIN_SIDE = 98; // u8
    uint256 internal constant MARGIN_WEIGHT = 99; // u64
    uint256 internal constant MARGIN_START = 107; // u64
    uint256 internal constant MARGIN_USED = 115; // u64
    uint256 internal constant RUN = 123; // u40

    function place(uint256 slot, uint256 rank) internal pure returns (uint256) {
        return 4 << 28 | slot << 20 | rank & 0xfffff;
    }
}

/// A live order.
library Order {
    uint256 internal constant LIMIT = 0; // i32
    uint256 internal constant ENERGY = 4; // u64
    uint256 internal constant RANK = 12; // u32
    uint256 internal constant ACCOUNT = 16; // u32
    uint256 internal constant TIME_IN_FORCE = 20; // u8
    uint256 internal constant FILL = 21; // u64

    /// Most orders that may arrive on one side of a book.
    uint256 internal constant MOST = 1 << 19;

    function place(uint256 slot, uint256 side, uint256 arrival) internal pure returns (uint256) {
        return 5 << 28 | slot << 20 | side << 19 | arrival & 0x7ffff;
    }
}

/// Money that the contract pays out.
library Withdrawal {
    uint256 internal constant ADDRESS = 0; // u160
    uint256 internal constant AMOUNT = 20; // u96

    /// Most withdrawals.
    uint256 internal constant MOST = 1 << 28;

    function place(uint256 number) internal pure returns (uint256) {
        return 6 << 28 | number & 0xfffffff;
    }
}

/// A tariff's prices for one interval.
library Published {
    uint256 internal constant IMPORT = 0; // i32
    uint256 internal constant EXPORT = 4; // i32
    uint256 internal constant START = 8; // u64

    function place(uint256 slot, uint256 tariff) internal pure returns (uint256) {
        return 7 << 28 | slot << 16 | tariff;
    }
}
