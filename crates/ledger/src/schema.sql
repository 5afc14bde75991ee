-- One schema for SQLite and, with BIGINT for INTEGER and BYTEA for BLOB, for PostgreSQL: integers and bytes only.
-- Money is two integers: whole units of the currency (rounded down) and the rest in n€, 0 … 999 999 999.
-- What every table means is in docs; `segment` is the truth, the others are derived from it and can be rebuilt.

CREATE TABLE meta (
  format INTEGER NOT NULL,
  statements INTEGER NOT NULL
) STRICT;

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

CREATE TABLE clearing (
  record INTEGER PRIMARY KEY,
  carrier INTEGER NOT NULL,
  start INTEGER NOT NULL,
  volume INTEGER NOT NULL,
  price INTEGER,
  equilibrium INTEGER,
  welfare INTEGER NOT NULL,
  welfare_rest INTEGER NOT NULL
) STRICT;

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
