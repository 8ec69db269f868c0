//! Delivers leads by email through SES.

pub mod compose;
