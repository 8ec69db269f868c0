//! Delivers leads by email through SES: [`compose`] makes the mail, [`post`] hands it to SES, [`handler`] keeps the record.

pub mod compose;
pub mod handler;
pub mod post;
