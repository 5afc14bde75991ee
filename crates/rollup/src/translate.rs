//! The market's commands as records, and records as the commands that members signed.
