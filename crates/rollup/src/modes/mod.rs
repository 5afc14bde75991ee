//! Data modes: signatures in the calldata, signatures on demand, blobs, batches encrypted to watchers.
