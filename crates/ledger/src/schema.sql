-- One schema for SQLite and, with BIGINT for INTEGER and BYTEA for BLOB, for PostgreSQL: integers and bytes only.
-- Money is two integers: whole units of the currency (rounded down) and the rest in n€, 0 … 999 999 999.
-- `segment` is the truth, the tables after it are derived and can be rebuilt. Energy is in Wh, prices are in n€/Wh,
-- times in Unix seconds; accounts, metering points, carriers, kinds and sides carry their numbers in the encoding.

-- One row: the version of this file, and whether `statement` is kept.
CREATE TABLE meta (
  format INTEGER NOT NULL,
  statements INTEGER NOT NULL
) STRICT;

-- One row per commit: number of the first record, how many, their canonical encodings, the log's hash after them,
-- the root at the last checkpoint, and the operator's signature over the receipt, where it has a key.
CREATE TABLE segment (
  first INTEGER PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count > 0),
  bytes BLOB NOT NULL,
  hash BLOB NOT NULL,
  root BLOB NOT NULL,
  signature BLOB
) STRICT;

CREATE TRIGGER segment_is_never_updated BEFORE UPDATE ON segment
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER segment_is_never_deleted BEFORE DELETE ON segment
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- What every account has, has promised and owes.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  address BLOB NOT NULL,
  balance INTEGER NOT NULL,
  balance_rest INTEGER NOT NULL,
  holds INTEGER NOT NULL,
  holds_rest INTEGER NOT NULL,
  debt INTEGER NOT NULL,
  debt_rest INTEGER NOT NULL
) STRICT;

-- One row per clearing, by the number of its record and the delivery interval: books tied by blocks share a record.
CREATE TABLE clearing (
  record INTEGER NOT NULL,
  carrier INTEGER NOT NULL,
  start INTEGER NOT NULL,
  volume INTEGER NOT NULL,
  price INTEGER,
  equilibrium INTEGER,
  welfare INTEGER NOT NULL,
  welfare_rest INTEGER NOT NULL,
  PRIMARY KEY (record, start, carrier)
) STRICT;

-- Per delivery interval and metering point, what was posted for each kind of entry; money is positive where the
-- member receives it.
CREATE TABLE statement (
  start INTEGER NOT NULL,
  carrier INTEGER NOT NULL,
  meter INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  side INTEGER NOT NULL,
  energy INTEGER NOT NULL,
  money INTEGER NOT NULL,
  money_rest INTEGER NOT NULL,
  PRIMARY KEY (start, carrier, meter, kind, side)
) STRICT;
