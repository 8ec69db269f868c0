//! The stack that all tests of this binary share.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use leadyard_tests::{
    proxy::{Call, Proxy},
    stack::{Profile, Stack, StackError, StackOptions, free_port},
};
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A running stack whose functions call AWS through a proxy that remembers what they put into queues.
pub struct Shared {
    stack: Stack,
    sent: Arc<Sent>,
    _proxy: Proxy,
}

/// Messages by the URL of their queue, in the order they were sent.
#[derive(Default)]
struct Sent(Mutex<Vec<(String, String)>>);

impl Shared {
    async fn start() -> Result<Self, StackError> {
        let port = free_port()?;
        let sent = Arc::<Sent>::default();
        let remember = {
            let sent = Arc::clone(&sent);
            move |call: Call| sent.0.lock().unwrap_or_else(PoisonError::into_inner).extend(call.sent_messages())
        };
        let proxy = Proxy::start(&format!("http://127.0.0.1:{port}"), remember)
            .map_err(|source| StackError::Spawn { program: "the proxy".to_owned(), source })?;
        let options =
            StackOptions::named("end-to-end").profile(Profile::Test).port(port).functions_endpoint(&proxy.url());
        Ok(Self { stack: Stack::start(options).await?, sent, _proxy: proxy })
    }

    /// Every message that the functions have sent so far, with the URL of its queue.
    pub fn sent_messages(&self) -> Vec<(String, String)> {
        self.sent.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Deref for Shared {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

/// The stack, beside other tests. It ends with this process.
pub async fn stack() -> RwLockReadGuard<'static, Shared> {
    lock().await.read().await
}

/// The stack for one test alone: all others have ended or wait.
pub async fn alone() -> RwLockWriteGuard<'static, Shared> {
    lock().await.write().await
}

#[expect(clippy::panic, reason = "without a stack there is nothing to test")]
async fn lock() -> &'static RwLock<Shared> {
    static STACK: OnceCell<Result<RwLock<Shared>, String>> = OnceCell::const_new();
    let started = STACK.get_or_init(async || {
        // Kept as it is: a stack that cannot start fails every test with the same words, once.
        Shared::start().await.map(RwLock::new).map_err(|error| error.to_string())
    });
    started.await.as_ref().unwrap_or_else(|error| panic!("{error}"))
}
