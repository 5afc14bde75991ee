//! Newton–Raphson in polar form.
