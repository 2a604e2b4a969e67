//! What is printed: one file a view, human and JSON side by side. Nobody else prints.

pub mod json;
pub mod streams;
pub mod table;

pub use streams::{Output, StreamError};
