//! Delivers leads to webhooks, to Slack and to LeadSquared.
//!
//! [`handler`] takes one message: the gate says whether it may go, the try is claimed, the sender sends it, what came of it
//! is stored, and what follows is asked for. What goes out and how is in `leadyard_outbound`.

mod alerts;
mod gate;
pub mod handler;
mod sender;
