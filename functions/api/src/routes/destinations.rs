//! Destinations: where leads go, and whether somebody is there.

pub mod health;
mod sample;
pub mod trial;
