//! What stands in for the outside world: emulated IdPs with real keys and a sample panel app.
//!
//! Used by `demo`, `simulate` and the tests. Talks to the product over HTTP alone and names no room but `base`.
