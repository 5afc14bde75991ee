//! A ledger that posts what it keeps.
