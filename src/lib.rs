//! The map of the house: what lives in which room. `docs/architecture.md` says why.

pub mod approval;
pub mod clock;
pub mod commands;
pub mod config;
pub mod dlq;
pub mod error;
pub mod exit;
pub mod interrupt;
pub mod kafka;
pub mod lag;
pub mod ledger;
pub mod model;
pub mod output;
pub mod plan;
pub mod produce;
pub mod replay;
pub mod sandbox;
pub mod tail;
pub mod topology;
pub mod tour;
