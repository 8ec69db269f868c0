//! What the end-to-end tests, the demo and the benchmarks share: the local stack, a client of it, and a receiver.

pub mod bench;
pub mod client;
pub mod demo;
pub mod proxy;
pub mod receiver;
pub mod stack;
