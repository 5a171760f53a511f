//! What operators and administrators do: organizations, directories, connections, apps, people, tokens.
//!
//! Owns each as one unit of work with its audit events; hands on rows and views. Must not know HTTP or the command line.

pub mod apply;
pub mod apps;
pub mod aside;
pub mod connections;
pub mod directories;
pub mod directory_clients;
pub mod directory_tokens;
mod error;
pub mod events;
pub mod find;
pub mod organizations;
pub mod schemas;
pub mod scim_log;
pub mod tokens;
pub mod users;
pub mod why;

pub use error::ConsoleError;
