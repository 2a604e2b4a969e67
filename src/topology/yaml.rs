//! YAML text → a tree that keeps positions. What a topology has no use for is refused here:
//! anchors, aliases, merge keys, tags, directives, several documents, keys that are not text.
//!
//! The events come from the parser of serde-saphyr; its serde side stops at the first error and
//! would hide positions, styles and duplicate keys. `docs/decisions/0001-yaml-parser.md` says more.

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};

use super::source::{Findings, Origin, Place};

/// The largest file that is read. 10 000 flows with comments take about 5 MB.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How deep mappings may nest; the deepest legal key (a tier's config) is at 8.
const MAX_DEPTH: usize = 32;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Where it starts.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// Text; numbers and truth values are text too, exactly as they were written.
    Scalar {
        /// The text, quotes and escapes resolved.
        text: String,
        /// Whether it was written in quotes or as a block: then it is never a number.
        quoted: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order of the file, no key twice.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Kind {
    /// Names the kind for messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar { .. } => "text",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

/// Reads a text. `None` when it is not YAML, or none that a tree can be made of; the findings say
/// why.
pub(super) fn read(text: &str, findings: &mut Findings<'_>) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = Place { line: 1, column: 1, length: 1, origin: Origin::File };
    if usize::try_from(MAX_BYTES).is_ok_and(|limit| text.len() > limit) {
        let message = format!("the file is larger than {} MiB", MAX_BYTES / (1024 * 1024));
        findings.error(start, "too_large", message);
        return None;
    }
    let mut options = Options::default();
    options.block_nesting_limit = MAX_DEPTH;
    options.flow_nesting_limit = MAX_DEPTH;
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder { parser, findings };
    builder.document(start)
}

/// What follows in the events of a document.
enum Next {
    /// A value.
    Node(Node),
    /// The end of the collection that is being read.
    End,
    /// The end of the document or of the text, or an error that has been reported.
    Stop,
}

/// Builds the tree from events.
struct Builder<'t, 's, 'f> {
    parser: Parser<'t, StrInput<'t>>,
    findings: &'f mut Findings<'s>,
}

impl Builder<'_, '_, '_> {
    fn document(&mut self, start: Place) -> Option<Node> {
        let node = match self.next() {
            Next::Node(node) => node,
            Next::End | Next::Stop => {
                if !self.findings.has_errors() {
                    let hint = "the smallest topology has `apiVersion`, `project` and `flows`";
                    self.findings.error_with_hint(start, "empty", "the file is empty", hint);
                }
                return None;
            }
        };
        // What follows is read to its end, so that an error behind the document is not missed.
        while let Some(event) = self.parser.next_event() {
            match event {
                Ok((Event::DocumentStart(..), span)) => {
                    let hint = "remove the `---` and what follows it";
                    let message = "a topology file is one YAML document, this is a second one";
                    self.findings.error_with_hint(place(span), "second_document", message, hint);
                    break;
                }
                Ok(_) => {}
                Err(error) => {
                    self.syntax_error(&error);
                    return None;
                }
            }
        }
        Some(node)
    }

    /// Reads the next value, or the end of a collection. The parser's nesting limits bound the
    /// recursion.
    fn next(&mut self) -> Next {
        loop {
            let (event, span) = match self.parser.next_event() {
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    self.syntax_error(&error);
                    return Next::Stop;
                }
                None => return Next::Stop,
            };
            if let Some(tag) = span.tag_span() {
                let hint =
                    "write the value without it; text that looks like a number goes in quotes";
                self.findings.error_with_hint(
                    place(tag),
                    "tag",
                    "tags have no meaning in a topology",
                    hint,
                );
            }
            let place = place(span);
            let kind = match event {
                Event::Scalar(text, style, ..) => scalar(&text, style),
                Event::SequenceStart(..) => match self.sequence() {
                    Some(items) => Kind::Sequence(items),
                    None => return Next::Stop,
                },
                Event::MappingStart(..) => match self.mapping() {
                    Some(entries) => Kind::Mapping(entries),
                    None => return Next::Stop,
                },
                Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                    let hint = "settings that several flows share go into a class";
                    let message = "anchors and aliases are not used in a topology";
                    self.findings.error_with_hint(place, "anchor", message, hint);
                    if matches!(event, Event::Anchor(..)) {
                        continue;
                    }
                    Kind::Null
                }
                Event::SequenceEnd | Event::MappingEnd => return Next::End,
                Event::DocumentEnd | Event::StreamEnd => return Next::Stop,
                Event::StreamStart | Event::DocumentStart(..) => continue,
                _ => continue,
            };
            return Next::Node(Node { place, kind });
        }
    }

    fn sequence(&mut self) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Next::Node(node) => items.push(node),
                Next::End => return Some(items),
                Next::Stop => return None,
            }
        }
    }

    fn mapping(&mut self) -> Option<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines = std::collections::BTreeMap::new();
        loop {
            let key = match self.next() {
                Next::Node(key) => key,
                Next::End => return Some(entries),
                Next::Stop => return None,
            };
            let (Next::Node(value), place) = (self.next(), key.place) else { return None };
            let key = match key.kind {
                Kind::Scalar { text, .. } => text,
                Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => {
                    self.findings.error(place, "key_not_text", "a key must be text");
                    continue;
                }
            };
            if key == "<<" {
                let hint = "settings that several flows share go into a class";
                let message = "merge keys are not used in a topology";
                self.findings.error_with_hint(place, "merge_key", message, hint);
                continue;
            }
            if let Some(first) = lines.get(&key) {
                let message = format!("`{key}` stands here twice; the first is in line {first}");
                self.findings.error(place, "duplicate_key", message);
                continue;
            }
            lines.insert(key.clone(), place.line);
            entries.push(Entry { key, place, value });
        }
    }

    fn syntax_error(&mut self, error: &serde_saphyr::granit_parser::ScanError) {
        let mark = error.marker();
        let place =
            Place { line: mark.line(), column: mark.col() + 1, length: 1, origin: Origin::File };
        self.findings.error(place, "yaml", format!("this is not YAML: {}", error.info()));
    }
}

/// Takes the place of a span; of several lines, the first.
fn place(span: Span) -> Place {
    let (start, end) = (span.start, span.end);
    let length = if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
    Place {
        line: start.line(),
        column: start.col() + 1,
        length: length.max(1),
        origin: Origin::File,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Kind {
    let quoted = match style {
        ScalarStyle::Plain => false,
        ScalarStyle::SingleQuoted
        | ScalarStyle::DoubleQuoted
        | ScalarStyle::Literal
        | ScalarStyle::Folded => true,
    };
    if !quoted && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Kind::Null;
    }
    Kind::Scalar { text: text.to_owned(), quoted }
}
