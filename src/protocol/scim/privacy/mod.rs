//! What of a recorded call may be shown: personal values are masked by schema, passwords are taken out for good.
//!
//! Owns the table of what stays readable. What the table does not name is masked: an attribute of a custom schema is
//! nobody's business until somebody says otherwise. Must not know how a log is kept.

mod mask;
mod password;
mod text;

pub use mask::{Subject, masked, masked_address};
pub use password::{Scrubbed, query_names_password, without_password};
pub use text::{masked_query, masked_text, masked_value};

#[cfg(test)]
mod tests;
