//! What a function's own tests put around it: a table in an emulator inside the process, and queues and schedules that keep
//! what they are sent. Both speak over loopback with the real SDK clients.

#![expect(clippy::unwrap_used, reason = "this crate is test code: a failure here is a failure of the test")]

mod at_once;
mod lead;
mod leadsquared;
mod mutation;
mod queue;
mod receiver;
mod schedules;
mod service;
mod table;
mod timing;

use leadyard_runtime::{Aws, Settings};
use tokio::net::TcpListener;

pub use at_once::queue_at_once;
pub use lead::{assigned_lead, sold_lead};
pub use leadsquared::Leadsquared;
pub use queue::Queue;
pub use receiver::{Answered, Came, Receiver};
pub use schedules::{Scheduled, Schedules};
pub use service::{Asked, Service};
pub use table::Table;

/// SDK clients of a server on this machine, made as a function makes them.
fn clients(listener: &TcpListener) -> Aws {
    clients_of(&format!("http://{}", listener.local_addr().unwrap()))
}

fn clients_of(endpoint: &str) -> Aws {
    Aws::from_settings(&Settings::from_map([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]))
    .unwrap()
}
