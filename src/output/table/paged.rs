//! A table whose rows come one after the other, and may be too many to wait for: its widths are
//! those that the first page needs.

use super::{Column, GAP, Header, Screen, Widths, draw, fit, shown};

/// Most tables have fewer rows, and are as wide as all of them need.
const PAGE: usize = 1000;

/// A table under way.
#[derive(Debug)]
pub struct Paged {
    columns: Vec<Column>,
    screen: Screen,
    /// What a row may be like that comes later: it counts for the widths, and is not shown.
    sample: Vec<String>,
    held: Vec<Vec<String>>,
    decided: Option<Decided>,
}

/// The widths, once the first page has decided them.
#[derive(Debug)]
struct Decided {
    most: Widths,
    least: Vec<usize>,
}

impl Paged {
    /// Starts a table.
    pub fn new(columns: &[Column], sample: Vec<String>, screen: Screen) -> Self {
        Self { columns: columns.to_vec(), screen, sample, held: Vec::new(), decided: None }
    }

    /// Takes a row; returns the page that it ends, or nothing yet.
    pub fn row(&mut self, row: Vec<String>) -> String {
        self.held.push(row);
        if self.held.len() < PAGE { String::new() } else { self.page() }
    }

    /// Returns the rows since the last page; of a table without rows nothing.
    pub fn page(&mut self) -> String {
        if self.held.is_empty() {
            return String::new();
        }
        let rows = shown(&std::mem::take(&mut self.held), self.screen);
        let header = if self.decided.is_none() { Header::Shown } else { Header::Left };
        let (columns, sample, screen) = (&self.columns, &self.sample, self.screen);
        let Decided { most, least } =
            self.decided.get_or_insert_with(|| decide(columns, sample, &rows, screen));
        draw(columns, &rows, most, least, header)
    }
}

/// Decides the widths. Without a terminal rows that come later may be wider; on one the last column
/// has the room that is left.
fn decide(columns: &[Column], sample: &[String], rows: &[Vec<String>], screen: Screen) -> Decided {
    let mut rows = rows.to_vec();
    rows.push(sample.to_vec());
    let available = screen.width.map_or(usize::MAX, usize::from);
    let mut most = fit(columns, &rows, available);
    let least = most.iter().map(|width| width.unwrap_or(0)).collect();
    if screen.width.is_none() {
        most.fill(Some(usize::MAX));
    } else if let Some((last, others)) = most.split_last_mut()
        && let Some(last) = last
    {
        let taken: usize = others.iter().flatten().map(|width| width + GAP).sum();
        *last = available.saturating_sub(taken).max(*last);
    }
    Decided { most, least }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] =
        [Column::name("ID"), Column::name("ERROR").extra(), Column::name("TARGET")];

    fn row(id: &str, error: &str, target: &str) -> Vec<String> {
        [id, error, target].map(str::to_owned).into()
    }

    fn table(width: Option<u16>) -> Paged {
        let screen = Screen { is_terminal: width.is_some(), width, ..Screen::default() };
        Paged::new(&COLUMNS, row("orders-dlq/0/1042", "", ""), screen)
    }

    #[test]
    fn every_page_has_the_widths_of_the_first() {
        for width in [None, Some(80)] {
            let mut table = table(width);
            assert_eq!(table.row(row("orders-dlq/0/9", "TIMEOUT", "orders[0]")), "");
            assert_eq!(
                table.page(),
                "ID                 ERROR    TARGET\norders-dlq/0/9     TIMEOUT  orders[0]\n"
            );
            table.row(row("orders-dlq/0/1041", "OLD", "not sent: redriven before"));
            let second = "orders-dlq/0/1041  OLD      not sent: redriven before\n";
            assert_eq!(table.page(), second);
            assert_eq!(table.page(), "");
        }
    }

    #[test]
    fn what_comes_later_is_cut_on_a_terminal_only() {
        let later = |width| {
            let mut table = table(width);
            table.row(row("orders-dlq/0/9", "TIMEOUT", "orders[0]"));
            table.page();
            table.row(row("orders-dlq/0/10", "SCHEMA_VALIDATION", "not sent: redriven before"));
            table.page()
        };
        assert_eq!(
            later(None),
            "orders-dlq/0/10    SCHEMA_VALIDATION  not sent: redriven before\n"
        );
        assert_eq!(later(Some(45)), "orders-dlq/0/10    SCH…ION  not sent…n before\n");
    }

    #[test]
    fn a_narrow_terminal_leaves_out_the_error_and_cuts_names_then() {
        let on = |width| {
            let mut table = table(Some(width));
            table.row(row("orders-dlq/0/9", "SCHEMA_VALIDATION_FAILED", "orders[0]"));
            table.page().lines().last().unwrap().to_owned()
        };
        assert_eq!(on(54), "orders-dlq/0/9     SCHEMA_VALIDATION_FAILED  orders[0]");
        assert_eq!(on(46), "orders-dlq/0/9     SCHEMA_V…_FAILED  orders[0]");
        assert_eq!(on(45), "orders-dlq/0/9     orders[0]");
    }

    #[test]
    fn a_page_ends_with_its_last_row() {
        let mut table = table(None);
        let shown: Vec<_> = (0..PAGE).map(|_| table.row(row("a/0/0", "-", "a[0]"))).collect();
        assert!(shown[..PAGE - 1].iter().all(String::is_empty));
        assert_eq!(shown[PAGE - 1].lines().count(), PAGE + 1);
    }
}
