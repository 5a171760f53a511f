//! What kind of failure something is: all that an edge needs to choose a status.

/// The class of a failure. Only an edge turns it into a status of its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The caller sent something that the rules refuse; sending it again will not help.
    BadInput,
    /// Nobody has been proved to be calling.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, or it is a neighbour's (law 3).
    NotFound,
    /// The state of things stands against it.
    Conflict,
    /// Too much at once; the caller may come again after a pause.
    Busy,
    /// A fault of ours. The caller is shown the request id and no more.
    Bug,
}

/// Says which [`Class`] a failure belongs to. Implementations match every variant by name, without `_`.
pub trait Classify {
    /// The class of this failure.
    fn class(&self) -> Class;
}
