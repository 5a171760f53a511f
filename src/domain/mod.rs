//! Plain types and pure rules: who is who, what a group gives, what enforcement forbids.
//!
//! Owns decisions, each as a function of stored facts. Must not know async, IO, SQL, HTTP or a protocol's JSON.
