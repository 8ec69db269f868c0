//! Our rules against other rule engines: the same rules and leads, in one process.

pub mod engine;
pub mod lead;
pub mod measure;
pub mod rule;
pub mod sets;
