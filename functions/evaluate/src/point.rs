//! Where a process may end: before and after each of its effects. Nothing happens there but in a test that ends it, to see
//! that the message, when it comes again, leads to the same history.

use std::fmt;
use std::sync::Arc;

/// A place before or after an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// Nothing is durable yet.
    BeforeCommit,
    /// The decision is; nobody has been told.
    AfterCommit,
    /// A lead is erased; its activities are not.
    BeforeErasing,
    /// Before messages go to a queue.
    BeforeSend,
    /// The queue has them.
    AfterSend,
    /// Before a schedule is made.
    BeforeSchedule,
    /// It is made; the message is not deleted yet.
    AfterSchedule,
}

impl Point {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::BeforeErasing,
        Self::BeforeSend,
        Self::AfterSend,
        Self::BeforeSchedule,
        Self::AfterSchedule,
    ];
}

/// What happens at each point: nothing, unless a test says so.
#[derive(Clone, Default)]
pub struct Points(Option<Arc<dyn Fn(Point) + Send + Sync>>);

impl Points {
    /// Calls this at every point.
    pub fn calling(at: impl Fn(Point) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(at)))
    }

    /// Says that a point is reached.
    pub fn reach(&self, point: Point) {
        if let Some(at) = &self.0 {
            at(point);
        }
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Points(watched)" } else { "Points" })
    }
}
