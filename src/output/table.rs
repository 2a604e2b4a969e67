//! Tables for people: no borders, headers in capitals, numbers to the right, easy for awk when
//! piped.
//!
//! On a terminal that is too narrow the less important columns go, and names are cut: a line that
//! wraps cannot be read as a row. A number is never cut; without a terminal nothing is.

mod paged;

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use unicode_width::UnicodeWidthStr;

use super::cut;
use super::sanitize;
use super::screen::Screen;

pub use paged::Paged;

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// When a column is left out for want of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Never: the table is about it.
    Essential,
    /// When cutting is not enough.
    Detail,
    /// Before any name is cut.
    Extra,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    align: Align,
    rank: Rank,
    /// The fewest columns of the terminal to which its text may be cut.
    least: Option<usize>,
}

impl Column {
    /// A column of text.
    pub const fn text(name: &'static str) -> Self {
        Self { name, align: Align::Left, rank: Rank::Essential, least: None }
    }

    /// A column of names: they may be cut, to no less than can be told apart.
    pub const fn name(name: &'static str) -> Self {
        // Of `user-activity-processor` 16 columns leave `user-act…ocessor`.
        Self { least: Some(16), ..Self::text(name) }
    }

    /// A column of numbers.
    pub const fn number(name: &'static str) -> Self {
        Self { align: Align::Right, ..Self::text(name) }
    }

    /// The same column, left out where cutting names is not enough.
    #[must_use]
    pub const fn detail(self) -> Self {
        Self { rank: Rank::Detail, ..self }
    }

    /// The same column, left out before names are cut.
    #[must_use]
    pub const fn extra(self) -> Self {
        Self { rank: Rank::Extra, ..self }
    }
}

/// What stands where nothing is known, or nothing is to be said.
pub(super) const NOTHING: &str = "-";

/// What stands between two columns.
const GAP: usize = 2;

/// Lays out rows under headers, as wide as the screen allows.
pub fn layout(columns: &[Column], rows: &[Vec<String>], screen: Screen) -> String {
    let rows = shown(rows, screen);
    let widths = match screen.width {
        Some(width) => fit(columns, &rows, usize::from(width)),
        None => columns.iter().map(|_| Some(usize::MAX)).collect(),
    };
    draw(columns, &rows, &widths, &[], Header::Shown)
}

/// Makes rows safe: on a terminal, and only there, names of others must not move the cursor.
fn shown(rows: &[Vec<String>], screen: Screen) -> Vec<Vec<String>> {
    let shown = |text: &String| {
        if screen.is_terminal { sanitize::line(text.as_bytes()) } else { text.clone() }
    };
    rows.iter().map(|row| row.iter().map(shown).collect()).collect()
}

/// Whether the names of the columns stand above the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Shown,
    /// It was shown before.
    Left,
}

/// Draws rows, each column at most as wide as `widths` has it, and at least as `least` has it.
fn draw(
    columns: &[Column],
    rows: &[Vec<String>],
    widths: &Widths,
    least: &[usize],
    header: Header,
) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let kept =
        || columns.iter().zip(widths).filter_map(|(column, width)| Some((column, (*width)?)));
    if header == Header::Shown {
        table.set_header(kept().map(|(column, _)| cell(column.name, column.align)));
    }
    for row in rows {
        let cells = columns.iter().zip(widths).zip(row);
        table.add_row(cells.filter_map(|((column, width), text)| {
            Some(cell(&cut::middle(text, (*width)?), column.align))
        }));
    }
    let least = least.iter().zip(widths).filter(|(_, width)| width.is_some());
    let mut least = least.map(|(least, _)| *least);
    for index in 0..kept().count() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            let least = least.next().map_or(0, |least| least + GAP);
            let least = Width::Fixed(u16::try_from(least).unwrap_or(u16::MAX));
            column.set_constraint(ColumnConstraint::LowerBoundary(least));
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cell(text: &str, align: Align) -> Cell {
    Cell::new(text).set_alignment(match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}

/// The width of each column that is shown.
type Widths = Vec<Option<usize>>;

/// Decides how wide each column is, and which are left out, so that a row has room in `available`:
/// what says nothing goes first, then what is extra, then names are cut, then details go. What is
/// left may still be too wide: then the terminal wraps it, and nothing is lost.
fn fit(columns: &[Column], rows: &[Vec<String>], available: usize) -> Widths {
    let cells = |index: usize| rows.iter().filter_map(move |row| row.get(index));
    let mut widths: Widths = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = cells(index).map(|text| text.width());
            cells.chain([column.name.width()]).max()
        })
        .collect();
    let says_nothing = |(index, column): (usize, &Column)| {
        column.rank != Rank::Essential && cells(index).all(|text| text == NOTHING)
    };
    leave_out(columns, &mut widths, available, says_nothing);
    shorten(columns, &mut widths, available, |column| column.rank == Rank::Extra);
    leave_out(columns, &mut widths, available, |(_, column)| column.rank == Rank::Extra);
    let uncut = widths.clone();
    shorten(columns, &mut widths, available, |_| true);
    leave_out(columns, &mut widths, available, |(_, column)| column.rank == Rank::Detail);
    // Names have the room of a column that went.
    for (width, uncut) in widths.iter_mut().zip(uncut) {
        *width = width.and(uncut);
    }
    shorten(columns, &mut widths, available, |_| true);
    widths
}

/// Returns by how much a row is too wide.
fn excess(widths: &Widths, available: usize) -> usize {
    let shown = widths.iter().flatten();
    let row = shown.map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    row.saturating_sub(available)
}

/// Leaves columns out, from the right, until there is room.
fn leave_out(
    columns: &[Column],
    widths: &mut Widths,
    available: usize,
    may_go: impl Fn((usize, &Column)) -> bool,
) {
    for (index, column) in columns.iter().enumerate().rev() {
        if excess(widths, available) > 0
            && may_go((index, column))
            && let Some(width) = widths.get_mut(index)
        {
            *width = None;
        }
    }
}

/// Cuts columns, always the widest of those that may be, until there is room.
fn shorten(
    columns: &[Column],
    widths: &mut Widths,
    available: usize,
    may_shrink: impl Fn(&Column) -> bool,
) {
    for _ in 0..excess(widths, available) {
        let shrinkable = columns.iter().zip(widths.iter_mut()).filter_map(|(column, width)| {
            let least = column.least?.max(column.name.width());
            width.as_mut().filter(|width| **width > least && may_shrink(column))
        });
        let Some(widest) = shrinkable.max_by_key(|width| **width) else { return };
        *widest -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 6] = [
        Column::name("GROUP"),
        Column::name("TOPIC"),
        Column::number("END").detail(),
        Column::number("LAG"),
        Column::text("NOTE").detail(),
        Column::name("MEMBER").extra(),
    ];

    /// Lays out one row on a terminal.
    fn on(width: u16, note: &str) -> String {
        let row = ["user-activity-processor", "user-activity-logs", "123456", "1234567", note];
        let row: Vec<_> = row.into_iter().chain(["rdkafka@127.0.0.1"]).map(str::to_owned).collect();
        let screen = Screen { is_terminal: true, width: Some(width), ..Screen::default() };
        let text = layout(&COLUMNS, &[row], screen);
        text.split_once('\n').unwrap().1.to_owned()
    }

    #[test]
    fn numbers_stand_right_and_no_line_has_trailing_space() {
        let rows = vec![
            vec!["orders".to_owned(), "7".to_owned()],
            vec!["a-much-longer-name".to_owned(), "1200".to_owned()],
        ];
        let text =
            layout(&[Column::name("TOPIC"), Column::number("LAG")], &rows, Screen::default());
        assert_eq!(
            text,
            "TOPIC                LAG\norders                 7\na-much-longer-name  1200\n"
        );
    }

    #[test]
    fn columns_give_way_by_importance_and_a_number_never() {
        let whole = "user-activity-processor  user-activity-logs  123456  1234567  reset  rdkafka@127.0.0.1\n";
        assert_eq!(on(100, "reset"), whole);
        for (width, expected) in [
            (86, whole),
            (
                85,
                "user-activity-processor  user-activity-logs  123456  1234567  reset  rdkafka@…7.0.0.1\n",
            ),
            (80, "user-activity-processor  user-activity-logs  123456  1234567  reset\n"),
            (66, "user-activi…-processor  user-activity-logs  123456  1234567  reset\n"),
            (60, "user-act…rocessor  user-act…ity-logs  123456  1234567  reset\n"),
            // Without the note names have its room.
            (55, "user-acti…rocessor  user-activity-logs  123456  1234567\n"),
            (45, "user-act…rocessor  user-act…ity-logs  1234567\n"),
            (10, "user-act…ocessor  user-act…ty-logs  1234567\n"),
        ] {
            assert_eq!(on(width, "reset"), expected, "{width}");
            assert!(width < 45 || on(width, "reset").trim_end().width() <= width.into());
        }
    }

    #[test]
    fn a_column_that_says_nothing_goes_first() {
        let with_member =
            "user-activity-processor  user-activity-logs  123456  1234567  rdkafka@127.0.0.1\n";
        assert_eq!(on(80, "-"), with_member);
        assert!(on(100, "-").contains("1234567  -     rdkafka"));
    }

    #[test]
    fn names_of_others_are_safe_on_a_terminal_of_any_width() {
        let screen = Screen { is_terminal: true, ..Screen::default() };
        let rows = [vec!["a\x1b[2J".to_owned()]];
        assert_eq!(layout(&[Column::name("TOPIC")], &rows, screen), "TOPIC\na\\x1b[2J\n");
        let piped = layout(&[Column::name("TOPIC")], &rows, Screen::default());
        assert!(piped.contains("a\x1b[2J"), "{piped:?}");
    }
}
