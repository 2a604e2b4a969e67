//! How results are shown: the formats that commands share.

use super::style::ErrorFormat;

/// The formats of a command with one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    #[value(alias = "table")]
    Text,
    /// One JSON document
    Json,
}

/// The formats of a command with items, one a line of JSON where they are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ListFormat {
    /// For people
    #[default]
    #[value(alias = "table")]
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
}

/// Who reads JSON reads errors as JSON too.
impl From<Format> for ErrorFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

impl From<ListFormat> for ErrorFormat {
    fn from(format: ListFormat) -> Self {
        match format {
            ListFormat::Text => Self::Text,
            ListFormat::Json | ListFormat::Jsonl => Self::Json,
        }
    }
}
