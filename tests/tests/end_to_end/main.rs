//! End to end: the real template on the local stack, from an HTTP request to what it caused.
//!
//! One stack serves all tests of this binary; each uses accounts of its own.

mod smoke;

use leadyard_tests::stack::{Profile, Stack, StackOptions};
use tokio::sync::OnceCell;

/// The stack that all tests share. It ends with this process.
#[expect(clippy::panic, reason = "without a stack there is nothing to test")]
pub async fn stack() -> &'static Stack {
    static STACK: OnceCell<Result<Stack, String>> = OnceCell::const_new();
    let started = STACK.get_or_init(async || {
        // Kept as it is: a stack that cannot start fails every test with the same words, once.
        Stack::start(StackOptions::named("end-to-end").profile(Profile::Test)).await.map_err(|error| error.to_string())
    });
    started.await.as_ref().unwrap_or_else(|error| panic!("{error}"))
}
