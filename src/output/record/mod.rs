//! Records as they are shown: raw, by a template, as the envelope, for people, as a table.
//!
//! A [`RecordFormat`] is made once and appends each record to a buffer. On a terminal what others
//! wrote is made safe; on a pipe bytes stay bytes.

mod json_text;
mod pretty;
mod table;
mod template;
#[cfg(test)]
mod tests;

use super::Screen;
use super::sanitize;
use crate::model::envelope;
use crate::model::name::TopicName;
use crate::model::record::RecordView;
use pretty::Paint;
use table::Table;
use template::Template;

/// What is shown of a record, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// The value, with what `fields` adds before it.
    Raw {
        /// What is shown besides the value.
        fields: Fields,
        /// What stands between them.
        separator: Vec<u8>,
        /// What ends a record.
        delimiter: Vec<u8>,
        /// What stands for a null key or value.
        null: Vec<u8>,
    },
    /// A template in kcat's language.
    Template {
        /// The template.
        template: String,
        /// What stands for a null key or value.
        null: Vec<u8>,
    },
    /// The envelope, one line a record: all of it, without loss.
    Jsonl,
    /// For people: everything, JSON indented.
    Pretty,
    /// For people: one line a record.
    Table {
        /// Whether there is a column for headers.
        with_headers: bool,
    },
}

/// What is shown besides the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields {
    /// The timestamp.
    pub timestamp: bool,
    /// The headers.
    pub headers: bool,
    /// The key.
    pub key: bool,
}

/// Shows records.
#[derive(Debug)]
pub struct RecordFormat {
    kind: Kind,
    /// Where JSON is written first when it must be made safe.
    scratch: Vec<u8>,
    is_terminal: bool,
}

#[derive(Debug)]
enum Kind {
    Template(Template),
    Jsonl,
    Pretty(Paint),
    Table(Table),
}

impl RecordFormat {
    /// Prepares a format; the error says what is wrong with a template.
    pub fn new(layout: &Layout, screen: Screen) -> Result<Self, String> {
        let Screen { is_terminal, has_color, width } = screen;
        let kind = match layout {
            Layout::Raw { fields, separator, delimiter, null } => {
                Kind::Template(Template::raw(*fields, separator, delimiter, null))
            }
            Layout::Template { template, null } => {
                Kind::Template(Template::compile(template, null)?)
            }
            Layout::Jsonl => Kind::Jsonl,
            Layout::Pretty => Kind::Pretty(Paint::new(has_color)),
            Layout::Table { with_headers } => Kind::Table(Table::new(*with_headers, width)),
        };
        Ok(Self { kind, scratch: Vec::new(), is_terminal })
    }

    /// Appends what stands above the first record.
    pub fn write_heading(&self, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::Table(table) => table.write_heading(out),
            Kind::Template(_) | Kind::Jsonl | Kind::Pretty(_) => {}
        }
    }

    /// Appends a record.
    pub fn write(
        &mut self,
        topic: &TopicName,
        partition: i32,
        record: &RecordView<'_>,
        out: &mut Vec<u8>,
    ) {
        match &self.kind {
            Kind::Template(template) => {
                template.write(topic, partition, record, self.is_terminal, out);
            }
            Kind::Jsonl if self.is_terminal => {
                self.scratch.clear();
                envelope::write(topic, partition, record, &mut self.scratch);
                sanitize::write_json(&String::from_utf8_lossy(&self.scratch), out);
                out.push(b'\n');
            }
            Kind::Jsonl => {
                envelope::write(topic, partition, record, out);
                out.push(b'\n');
            }
            Kind::Pretty(paint) => {
                pretty::write(topic, partition, record, *paint, self.is_terminal, out);
            }
            Kind::Table(table) => table.write(partition, record, out),
        }
    }
}
