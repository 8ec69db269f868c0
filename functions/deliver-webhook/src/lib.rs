//! Delivers leads to webhooks: what goes out and how is in `leadyard_outbound`.

pub mod handler;
