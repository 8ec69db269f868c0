//! Destinations: where leads go, and whether somebody is there.

pub mod health;
pub(in crate::routes) mod sample;
pub mod trial;
