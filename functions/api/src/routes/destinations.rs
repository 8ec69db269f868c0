//! Destinations: where leads go, and whether somebody is there.

mod sample;
pub mod trial;
