//! Three-phase unbalanced power flow.
