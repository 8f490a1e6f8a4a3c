//! How far long work has come, as a bar on standard error: on a terminal alone.

use std::cell::Cell;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work on the rows of a file.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    began: Instant,
    rows: Cell<u64>,
}

impl Progress {
    /// Work on a file of so many bytes.
    pub(crate) fn over(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, began: Instant::now(), rows: Cell::default() }
    }

    /// Work of which nobody knows how much there is.
    pub(crate) fn without_end() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::default_spinner());
        Self { bar, began: Instant::now(), rows: Cell::default() }
    }

    /// So many are done.
    pub(crate) fn counted(&self, done: usize, of_what: &str) {
        self.bar.set_message(format!("{done} {of_what}"));
        self.bar.tick();
    }

    /// Another row is done; the file is done up to a byte.
    pub(crate) fn row_done(&self, up_to: u64) {
        self.rows.set(self.rows.get() + 1);
        if self.bar.is_hidden() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let per_second = self.rows.get() as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{} rows, {per_second:.1} a second", self.rows.get()));
        self.bar.set_position(up_to);
    }

    /// There is nothing to do but wait.
    pub(crate) fn waits(&self, why: &str) {
        tracing::info!(why, "waiting");
        self.bar.set_message(format!("{} rows; waiting: {why}", self.rows.get()));
    }

    /// Takes the bar off the terminal.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
