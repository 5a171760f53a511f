//! What tests stand on: a database each on both engines, and the actors.

pub mod database;
pub mod facts;
pub mod gateway;
mod postgres;
pub mod world;
