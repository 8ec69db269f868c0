//! What every function of Leadyard needs to start and to run, and nothing about leads.
//!
//! - [`start`](mod@start): the first lines of each `main`, and the loop that serves an SQS event source
//! - [`settings`]: environment variables, with errors that a person can act on
//! - [`aws`]: the SDK clients
//! - [`batch`]: the one SQS batch loop; a bad record harms only itself
//! - [`queue`] and [`schedule`]: messages out, now or later
//! - [`backoff`]: how long to wait before another try
//! - [`follow_up`]: asking for the next try of a delivery
//! - [`logging`] and [`metrics`]: what an operator sees
//! - [`clock`]: the only place that asks what time it is
//!
//! The message types of the batch loop are type parameters: it knows no lead, no account and no rule.

pub mod aws;
pub mod backoff;
pub mod batch;
pub mod clock;
mod fit;
pub mod follow_up;
pub mod logging;
pub mod metrics;
pub mod queue;
pub mod schedule;
pub mod settings;
pub mod start;

pub use aws::Aws;
pub use batch::{Limits, Record, RecordResult};
pub use clock::now;
pub use follow_up::{FollowUpError, FollowUps};
pub use metrics::Metrics;
pub use queue::{DELAY_SECONDS_MAX, Outgoing, QueueSender, SendError};
pub use schedule::{ScheduleError, Scheduler};
pub use settings::{Settings, SettingsError};
pub use start::{Start, StartError, start};
