//! Doorward, the identity gateway of a multi-user panel.
//!
//! The rooms, top down; a room names only rooms below it (`tests/it/floors.rs` keeps that):
//! `cli` → `app` → `http`, `jobs` → `service` → `store`, `upstream`, `config` → `domain`, `protocol` → `base`.

pub mod app;
pub mod base;
pub mod cli;
pub mod config;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod lab;
pub mod protocol;
pub mod service;
pub mod store;
pub mod upstream;
