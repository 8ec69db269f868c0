//! The function that delivers leads to webhooks.

fn main() {}
