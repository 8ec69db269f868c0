//! Delivers leads by email through SES: [`compose`] makes the mail, [`post`] hands it to SES, [`handler`] keeps the record,
//! [`feedback`] takes down what SES tells of it later. It also tells people what is wrong with a destination (`alerts`).

mod alerts;
pub mod compose;
pub mod event;
pub mod feedback;
pub mod handler;
pub mod post;
pub mod tags;
