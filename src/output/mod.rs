//! What is printed: one file a view, human and JSON side by side. Nobody else prints.

mod cut;
pub mod diagnostics;
pub mod dlq;
mod drawn;
mod error_text;
mod format;
pub mod json;
pub mod lag;
mod lost;
mod outlet;
pub mod phrases;
pub mod plan;
pub mod produce;
pub mod progress;
pub mod prompt;
pub mod record;
pub mod replay;
pub mod sanitize;
mod screen;
pub mod spinner;
pub mod streams;
pub mod style;
pub mod table;
pub mod tail;
pub mod tour;
pub mod validate;
pub mod waiting;

pub use format::{Format, ListFormat};
pub use screen::Screen;
pub use streams::{Output, StreamError};
