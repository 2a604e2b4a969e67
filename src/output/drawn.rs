//! Where bars and spinners are drawn: one line of stderr, but for its end.
//!
//! A bar fills its line with spaces, so the `^C` that a terminal shows when it is typed began the
//! next one: that was cleared, and the bar stayed on the screen.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Ten times a second is as fast as eyes follow.
const HZ: u8 = 10;

/// Room for two of them: the second one stops at once.
const TYPED: u16 = 4;

/// Returns where to draw. It is asked for on a terminal only.
pub(super) fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::term_like_with_hz(Box::new(Line(Term::buffered_stderr())), HZ)
}

/// A terminal that seems narrower than it is.
#[derive(Debug)]
struct Line(Term);

impl TermLike for Line {
    fn width(&self) -> u16 {
        TermLike::width(&self.0).saturating_sub(TYPED)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.0.write_line(s)
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.0.write_str(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
