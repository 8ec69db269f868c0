//! Doing something to everything that a filter has: a count first, then as much as one call can.
//!
//! Who asks names how many they expect: a filter that is wider than was thought, or a receiver that went down since they
//! looked, must not turn into ten thousand requests to somebody.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use leadyard_store::{Cursor, Page};
use tokio::time::Instant;

use crate::problem::{Kind, Problem};

/// Up to how many are counted.
pub(crate) const COUNT_MAX: usize = 10_000;
/// Most that one call does.
const DONE_MAX: usize = 500;
/// Rows that are read together to be counted: the most that the store gives.
const COUNTED_TOGETHER: usize = 1_000;
/// Those between two looks at the clock. A call ends behind a whole page only, so that its cursor leaves nothing out.
const PAGE: usize = 50;
/// Those that are done at once.
const CONCURRENCY: usize = 10;
/// The function ends within 29 s. Counting may take so much of it,
const COUNTING_MAX: Duration = Duration::from_secs(10);
/// and after so much of it no page is begun; one takes about a second.
const DOING_MAX: Duration = Duration::from_secs(20);

/// What a filter has, and what is to be done to each.
pub(crate) trait Many: Sync {
    /// One of them.
    type Row: Send;
    /// What they are called, all of them: `deliveries`.
    const NAME: &'static str;

    /// One page of them.
    fn page(
        &self,
        limit: usize,
        cursor: Option<Cursor>,
    ) -> impl Future<Output = Result<Page<Self::Row>, Problem>> + Send;

    /// Does it to one of them; answers its id and why it was not done.
    fn one(&self, row: Self::Row) -> impl Future<Output = (String, Result<(), Problem>)> + Send;
}

/// What is asked.
pub(crate) struct Wish {
    /// Only counts.
    pub(crate) dry_run: bool,
    /// How many there are, by the count before or by `left` of the call before.
    pub(crate) expected: Option<usize>,
    /// Where to go on.
    pub(crate) cursor: Option<Cursor>,
}

/// What a call came to.
pub(crate) enum Came {
    /// Of a dry run.
    Counted {
        /// How many there are, up to [`COUNT_MAX`].
        count: usize,
        /// Whether there are more than that.
        more: bool,
    },
    /// Of a real one.
    Done(Report),
}

/// What became of them.
#[derive(Default)]
pub(crate) struct Report {
    /// Those that it was done to.
    pub(crate) done: usize,
    /// Those that are no longer as the filter asks, or that it can't be done to as things stand.
    pub(crate) skipped: usize,
    /// Those that a service behind the API kept it from.
    pub(crate) failed: usize,
    /// Those that were skipped or failed.
    pub(crate) problems: Vec<NotDone>,
    /// How many are left behind `next`, up to [`COUNT_MAX`].
    pub(crate) left: usize,
    /// Where to go on; `None` when nothing is left.
    pub(crate) next: Option<String>,
}

/// One that it was not done to.
pub(crate) struct NotDone {
    /// Its id.
    pub(crate) id: String,
    /// Whether a service failed; else it was skipped.
    pub(crate) failed: bool,
    /// Why.
    pub(crate) reason: String,
}

/// Counts them, and does it unless that is all that was asked or there are not as many as was expected.
///
/// # Errors
/// Nothing was done: no number or another one was expected, there is too much to be counted, or the table failed.
pub(crate) async fn run<M: Many>(many: &M, wish: Wish, started: Instant) -> Result<Came, Problem> {
    let Wish { dry_run, expected, cursor } = wish;
    let found = count(many, cursor.clone(), started).await?;
    let (count, more) = (found.min(COUNT_MAX), found > COUNT_MAX);
    if dry_run {
        return Ok(Came::Counted { count, more });
    }
    let Some(expected) = expected else {
        let detail = "'expected' is missing: ask with {\"dry_run\": true} how many there are, and name that number.";
        return Err(Problem::new(Kind::BadRequest, detail));
    };
    if expected != count {
        let detail = format!(
            "{count}{} {} fit the filter now, not {expected}: nothing was done. Look at them, and ask with \
             \"expected\": {count}.",
            if more { " and more" } else { "" },
            M::NAME
        );
        return Err(Problem::new(Kind::WrongState, detail));
    }
    Ok(Came::Done(carry_out(many, cursor, found, started).await?))
}

/// How many there are, up to as many as can be told apart after a call has done its share.
async fn count<M: Many>(many: &M, mut cursor: Option<Cursor>, started: Instant) -> Result<usize, Problem> {
    let mut count = 0;
    loop {
        let page = many.page(COUNTED_TOGETHER, cursor).await?;
        count += page.rows.len();
        cursor = page.next;
        if cursor.is_none() || count >= COUNT_MAX + DONE_MAX {
            return Ok(count);
        }
        if started.elapsed() > COUNTING_MAX {
            let detail = format!("These days hold too many {} to look through at once: ask for fewer days.", M::NAME);
            return Err(Problem::new(Kind::Unprocessable, detail));
        }
    }
}

/// Does it to what there is behind the cursor, as far as one call goes.
async fn carry_out<M: Many>(
    many: &M,
    mut cursor: Option<Cursor>,
    found: usize,
    started: Instant,
) -> Result<Report, Problem> {
    let mut report = Report::default();
    let mut looked_at = 0;
    loop {
        let page = match many.page(PAGE, cursor.clone()).await {
            Ok(page) => page,
            // What was done so far is told.
            Err(problem) if looked_at > 0 => {
                tracing::warn!(kind = ?problem.kind(), what = M::NAME, "a call over many ends early");
                break;
            }
            Err(problem) => return Err(problem),
        };
        cursor = page.next;
        looked_at += page.rows.len();
        let tries = stream::iter(page.rows).map(|row| many.one(row));
        let became: Vec<(String, Result<(), Problem>)> = tries.buffered(CONCURRENCY).collect().await;
        became.into_iter().for_each(|(id, became)| report.note(id, became, M::NAME));
        let enough = looked_at + PAGE > DONE_MAX || started.elapsed() > DOING_MAX || report.failed > 0;
        if cursor.is_none() || enough {
            break;
        }
    }
    if cursor.is_some() {
        report.left = found.saturating_sub(looked_at).min(COUNT_MAX);
    }
    // The last page may end exactly with the last one, and its cursor then leads to nothing.
    report.next = cursor.filter(|_| report.left > 0).map(|cursor| cursor.to_string());
    Ok(report)
}

impl Report {
    fn note(&mut self, id: String, became: Result<(), Problem>, what: &'static str) {
        let Err(problem) = became else {
            self.done += 1;
            return;
        };
        let failed = !matches!(problem.kind(), Kind::WrongState | Kind::NotFound);
        if failed {
            self.failed += 1;
            tracing::warn!(id, what, kind = ?problem.kind(), "a service kept one of many from being done");
        } else {
            self.skipped += 1;
        }
        self.problems.push(NotDone { id, failed, reason: problem.detail().to_owned() });
    }
}
